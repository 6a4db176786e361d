"""The rows of a sampled table: what an indicator finds in each, and which areas it lies in."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from evaltools.estimation import Item
from evaltools.indicators.engine.entry import Indicator, Statistic
from evaltools.indicators.engine.rows import Block
from evaltools.indicators.engine.values import Coded, Truth, constant, missing

Array = NDArray[np.float64]
Rows = NDArray[np.bool_] | slice
SURVEY_LEVELS = ("province", "city", "county", "city_split")
_KIND = {Statistic.SHARE: "rate", Statistic.MEAN: "mean", Statistic.TOTAL: "total", Statistic.COUNT: "total"}
_NOWHERE = -1


def numbers(found: Any) -> Any:
    """Floats of an evaluated expression, NaN where unknown; yes is 1."""
    if isinstance(found, Truth):
        found = np.where(found.yes, 1.0, np.where(found.no, 0.0, np.nan))
    return np.asarray(found, dtype=np.float64)


def categories(found: Coded) -> Any:
    """Texts as a pandas Categorical: those that occur, in sorted order."""
    used = np.unique(found.codes[found.codes >= 0]).tolist()
    used.sort(key=lambda code: found.values[code])
    place = np.full(len(found.values) + 1, _NOWHERE)
    place[used] = np.arange(len(used))
    return pd.Categorical.from_codes(place[found.codes], dtype=pd.CategoricalDtype([found.values[code] for code in used]))


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
    def of(cls, e: Indicator, block: Block, rows: Rows) -> Sampled:
        """Evaluated on the rows of a block that `rows` picks."""

        def picked(found: Any) -> Any:
            return np.broadcast_to(found, (block.count,))[rows]

        population = block.value(e.population.step) if e.population else constant(True)
        member, unsure = picked(population.yes), picked(population.unknown)
        y, x = (block.value(part.step) if part else np.float64(1) for part in (e.measure, e.of))
        known = member & ~picked(missing(y) | missing(x))
        y, x = (np.where(known, picked(numbers(part)), np.nan) for part in (y, x))
        return cls(e, y, x, known, member & ~known, unsure)

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
        city = places["city"].to_numpy(dtype=object)
        codes, at, keys, start = {}, {}, [], 0
        for level in levels:
            labels = _labels(places, level)
            labels[last < 0] = None
            words = sorted({x for x in labels if x is not None})
            place = {x: i for i, x in enumerate(words)}
            codes[level] = np.array([place.get(x, _NOWHERE) for x in labels], dtype=np.int64)
            at[level] = slice(start, start := start + len(words))
            keys += zip([level] * len(words), words, _newest(codes[level], last, city, len(words)), strict=True)
        frame = pd.DataFrame({
            "year": np.full(len(keys), year), "level": pd.array([level for level, _, _ in keys], dtype="str"),
            "city_code": pd.array(["" if level == "province" else own for level, _, own in keys], dtype="str"),
            "area_code": pd.array([word.split("|")[0] for _, word, _ in keys], dtype="str"),
            "inside": pd.array([None if k != "city_split" else w.endswith("|in") for k, w, _ in keys], dtype="boolean"),
        })  # fmt: skip
        return cls(frame, small, codes, at)

    def same_rows(self) -> Iterator[tuple[list[str], NDArray[np.bool_]]]:
        """Levels whose areas hold the same smallest areas, and (smallest areas,) which these are."""
        found: dict[bytes, tuple[list[str], NDArray[np.bool_]]] = {}
        for level, codes in self.codes.items():
            found.setdefault((codes >= 0).tobytes(), ([], codes >= 0))[0].append(level)
        yield from found.values()

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
    told, label = pd.notna(city), city.copy()
    if level == "county":
        told, label = told & pd.notna(county), county.copy()
    elif level == "city_split":
        told &= pd.notna(inside)
        label = np.array([f"{c}|{'in' if i is True else 'out'}" for c, i in zip(city, inside, strict=True)], dtype=object)
    label[~told] = None
    return label


def _newest(codes: Any, last: Any, city: Any, count: int) -> list[Any]:
    """The city of each area: that of its last interview."""
    newest = np.full(count, _NOWHERE)
    np.maximum.at(newest, codes[codes >= 0], last[codes >= 0])
    of_interview = dict(zip(last.tolist(), city.tolist(), strict=True))
    return [of_interview[i] for i in newest.tolist()]
