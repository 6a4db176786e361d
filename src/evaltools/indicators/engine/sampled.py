"""The rows of a sampled table: what an indicator finds in each, and which areas it lies in."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from evaltools.estimation import Item
from evaltools.indicators.engine.entry import Indicator, Statistic
from evaltools.indicators.engine.language import Compiled
from evaltools.indicators.engine.rows import Block
from evaltools.indicators.engine.values import Coded, Truth

Array = NDArray[np.float64]
SURVEY_LEVELS = ("province", "city", "county", "city_split")
_KIND = {Statistic.SHARE: "rate", Statistic.MEAN: "mean", Statistic.TOTAL: "total", Statistic.COUNT: "total"}
_NOWHERE = -1


def numbers(found: Any) -> Any:
    """Floats of an evaluated expression, NaN where unknown; yes is 1."""
    if isinstance(found, Truth):
        found = np.where(found.yes, 1.0, np.where(found.no, 0.0, np.nan))
    return np.asarray(found, dtype=np.float64)


def categories(found: Coded) -> pd.Categorical:
    """Texts in sorted order."""
    words = sorted(found.values)
    place = {word: i for i, word in enumerate(words)}
    return pd.Categorical.from_codes(found.spread([place[w] for w in found.values], _NOWHERE, np.int64), words)


@dataclass(frozen=True)
class Sampled:
    """One indicator on n interviews. y, x : (n,) NaN outside the known; known, open, unsure : (n,) masks."""

    entry: Indicator
    y: Array
    x: Array
    known: NDArray[np.bool_]
    open: NDArray[np.bool_]
    unsure: NDArray[np.bool_]

    @classmethod
    def of(cls, e: Indicator, block: Block, rows: NDArray[np.bool_]) -> Sampled:
        """Evaluated on the rows of a block that `rows` marks."""

        def of_rows(x: Compiled | None) -> Array:
            found = numbers(block.value(x.step)) if x else np.float64(1)
            return np.broadcast_to(found, (block.count,))[rows]

        population, y, x = of_rows(e.population), of_rows(e.measure), of_rows(e.of)
        member, unsure = population == 1, np.isnan(population)
        known = member & ~np.isnan(y) & ~np.isnan(x)
        return cls(e, np.where(known, y, np.nan), np.where(known, x, np.nan), known, member & ~known, unsure)

    @property
    def masks(self) -> tuple[NDArray[np.bool_], ...]:
        """Rows with a known answer, without one, and perhaps outside the population."""
        return self.known, self.open, self.unsure

    def treated(self, *, is_judged: bool) -> dict[str, Array]:
        """By name: known answers, and for shares that are judged and have unknown ones, these all no and all yes."""
        name, unknown = self.entry.id, self.open | self.unsure
        if not is_judged or self.entry.statistic is not Statistic.SHARE or not unknown.any():
            return {name: self.y}
        return {
            name: self.y, f"{name} low": np.where(unknown, 0.0, self.y), f"{name} high": np.where(unknown, 1.0, self.y)
        }  # fmt: skip

    def items(self, names: Iterable[str]) -> list[Item]:
        """What is estimated of its columns of these names; the denominator of a ratio is called after it."""
        kind = _KIND.get(self.entry.statistic, "ratio")
        return [Item(kind, name, f"{name} of" if kind == "ratio" else "") for name in names]


@dataclass(frozen=True)
class SampledAreas:
    """The areas of n interviews.

    frame : one row an area, level after level; small : (n,) smallest area of each interview
    codes : level -> (smallest areas,) number of the area at that level that holds each, -1 where none is known
    at : level -> rows of `frame`
    """

    frame: pd.DataFrame
    small: NDArray[np.int64]
    codes: Mapping[str, NDArray[np.int64]]
    at: Mapping[str, slice]

    @classmethod
    def of(cls, small: NDArray[np.int64], places: pd.DataFrame, levels: Sequence[str], year: int) -> SampledAreas:
        """small : (n,) number of each interview's smallest area; places : these areas, as `Places.small` gives them"""
        last = np.full(len(places), _NOWHERE)
        last[small] = np.arange(len(small))  # of several interviews in an area, the last
        codes, at, frames = {}, {}, []
        start = 0
        for level in levels:
            labels = np.where(last >= 0, _labels(places, level), None)
            words = sorted({x for x in labels if x is not None})
            place = {x: i for i, x in enumerate(words)}
            codes[level] = np.array([place.get(x, _NOWHERE) for x in labels], dtype=np.int64)
            frames.append(_frame(words, codes[level], places["city"].to_numpy(), last, level, year))
            at[level] = slice(start, start := start + len(words))
        frame = pd.concat(frames, ignore_index=True)
        return cls(frame, small, codes, at)

    def rows(self, level: str) -> NDArray[np.int64]:
        """(n,) number of each interview's area at a level, -1 where none is known."""
        return self.codes[level][self.small]

    def counts(self, masks: Sequence[NDArray[np.bool_]]) -> NDArray[np.float64]:
        """(m, areas) how many interviews each of m (n,) masks marks in each area."""
        size = max((len(c) for c in self.codes.values()), default=0)
        small = np.array([np.bincount(self.small[mask], minlength=size) for mask in masks], dtype=np.float64)
        found = np.zeros((len(self.frame), len(masks)))
        for level, codes in self.codes.items():
            there = codes >= 0
            np.add.at(found[self.at[level]], codes[there], small.T[there])
        return found.T


def _labels(places: pd.DataFrame, level: str) -> Any:
    """(S,) what identifies an area of the level, None where it is not known."""
    city, county, inside = (places[k].to_numpy(dtype=object) for k in ("city", "county", "inside"))
    if level == "province":
        return np.full(len(places), "", dtype=object)
    told, label = pd.notna(city), city
    if level == "county":
        told, label = told & pd.notna(county), county
    elif level == "city_split":
        told, label = told & pd.notna(inside), np.array([f"{c}|{'in' if i else 'out'}" for c, i in zip(city, inside, strict=True)])
    return np.where(told, label, None)


def _frame(words: Sequence[str], codes: Any, city: Any, last: Any, level: str, year: int) -> pd.DataFrame:
    """The areas of one level. The city of a county is that of its last interview."""
    newest = np.full(len(words), _NOWHERE)
    np.maximum.at(newest, codes[codes >= 0], last[codes >= 0])
    of_interview = dict(zip(last.tolist(), city.tolist(), strict=True))
    inside = [None if level != "city_split" else word.endswith("|in") for word in words]
    return pd.DataFrame(
        {
            "year": year, "level": level,
            "city_code": ["" if level == "province" else of_interview[i] for i in newest.tolist()],
            "area_code": [word.split("|")[0] for word in words], "inside": pd.array(inside, dtype="boolean"),
        }
    )  # fmt: skip
