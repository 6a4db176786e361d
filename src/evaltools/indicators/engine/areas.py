"""The areas of a table: which small one each row lies in, and how small ones add up to all the others."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from evaltools.indicators.engine import values as v
from evaltools.indicators.engine.reading import Columns
from evaltools.intake import Contract

PLACES: tuple[str, ...] = ("city", "county", "town", "village", "inside")
LEVELS: dict[str, tuple[str, ...]] = {
    "province": (),
    "city": ("city",),
    "county": ("city", "county"),
    "town": ("city", "county", "town"),
    "village": ("city", "county", "town", "village"),
    "province_split": ("inside",),
    "city_split": ("city", "inside"),
}
"""Level -> what identifies an area of it. The splits are inside and outside poor villages."""
_WIDTHS = (("county", "county_code", 6), ("town", "town_code", 9), ("village", "village_code", 12))
_INSIDE = ("is_poor_village", "is_in_poor_village")
KEYS: tuple[str, ...] = ("county_code", "town_code", "village_code", *_INSIDE)
"""Columns that tell where a row lies, beside its city."""


@dataclass(frozen=True)
class Places:
    """How the rows of a table tell where they lie. A town or county follows from the code of the village.

    columns : place -> (column, characters of its code); poor_villages : code -> whether poor, where the rows do not say
    whether theirs is
    """

    columns: Mapping[str, tuple[str, int]]
    inside: str | None
    poor_villages: Mapping[str, bool]

    @classmethod
    def of(cls, contract: Contract, present: frozenset[str], poor_villages: Callable[[], Mapping[str, bool]]) -> Places:
        """From the columns that are there."""
        found: dict[str, tuple[str, int]] = {}
        if contract.city_column:
            found["city"] = contract.city_column, 0
        for place, column, width in _WIDTHS:
            own = column if column in present else "village_code" if "village_code" in present else None
            if own is not None:
                found[place] = own, width
        inside = next((c for c in _INSIDE if c in present), None)
        return cls(found, inside, poor_villages() if inside is None and "village_code" in present else {})

    @property
    def names(self) -> frozenset[str]:
        """The places that are told."""
        return frozenset(self.columns) | ({"inside"} if self.inside or self.poor_villages else set())

    def levels(self, wanted: Sequence[str] | None) -> list[str]:
        """The levels whose areas can be told, of those wanted (None: all)."""
        return [k for k, need in LEVELS.items() if set(need) <= self.names and (wanted is None or k in wanted)]

    def small(self, columns: Columns, years: NDArray[np.int64] | int) -> tuple[NDArray[np.int64], pd.DataFrame]:
        """(count,) number of the smallest area that each row lies in, and these areas: year and places."""
        parts: list[tuple[str, Any, Sequence[Any]]] = []
        year, kinds = pd.factorize(np.broadcast_to(np.asarray(years), (columns.count,)))
        parts.append(("year", year, kinds))
        for place, (column, width) in self.columns.items():
            text = columns.value(column)
            text = v.prefix(width, text) if width else text
            parts.append((place, text.codes, text.values))
        if self.inside:
            flag = columns.value(self.inside)
            parts.append(("inside", np.where(flag.yes, 0, np.where(flag.no, 1, -1)), (True, False)))
        elif self.poor_villages:
            village = columns.value("village_code")
            codes = [{True: 0, False: 1, None: -1}[self.poor_villages.get(c)] for c in village.values]
            parts.append(("inside", village.spread(codes, -1, np.int64), (True, False)))
        mixed = np.zeros(columns.count, dtype=np.int64)
        for _, codes, words in parts:
            mixed = mixed * (len(words) + 1) + codes + 1
        ids, first = _numbered(mixed)
        shown = {name: np.array([*words, None], dtype=object)[codes[first]] for name, codes, words in parts}
        return ids, pd.DataFrame({"year": shown["year"].astype(np.int32), **{p: shown.get(p) for p in PLACES}})


def _numbered(keys: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """(n,) number of each key, and where each number comes first."""
    ids, unique = pd.factorize(keys)
    first = np.full(len(unique), len(ids), dtype=np.int64)
    first[ids[::-1]] = np.arange(len(ids))[::-1]
    return ids.astype(np.int64), first


@dataclass(frozen=True)
class Level:
    """The areas of one level. order : the small areas, area after area; first : where each begins in `order`, None
    where `order` is that of the small areas themselves"""

    order: NDArray[np.int64] | None
    first: NDArray[np.int64]

    def added(self, found: NDArray[Any]) -> NDArray[np.int64]:
        """(..., A) sums of (..., small areas)."""
        rows = found if self.order is None else found[..., self.order]
        if not len(self.first):
            return np.zeros((*found.shape[:-1], 0), dtype=np.int64)
        return np.add.reduceat(rows, self.first, axis=-1, dtype=np.int64)

    def numbers(self, count: int) -> NDArray[np.int64]:
        """(count,) number of the area that each small one lies in."""
        size = np.diff(np.append(self.first, count))
        out = np.empty(count, dtype=np.int64)
        out[slice(None) if self.order is None else self.order] = np.repeat(np.arange(len(self.first)), size)
        return out


@dataclass(frozen=True)
class Rollup:
    """How small areas add up to the areas of all levels.

    sorting : (S,) the small areas by year and place, as all sums must be given; levels : over these;
    areas : one row an area, in a fixed order; order : where each stands in the levels put one after the other
    """

    sorting: NDArray[np.int64]
    levels: tuple[Level, ...]
    areas: pd.DataFrame
    order: NDArray[np.int64]

    @classmethod
    def of(cls, small: pd.DataFrame, levels: Sequence[str]) -> Rollup:
        """small : year and places of the small areas"""
        codes = {p: pd.factorize(small[p], sort=True)[0].astype(np.int64) for p in ("year", *PLACES)}
        sorting = np.lexsort([codes[p] for p in reversed(("year", *PLACES))])
        codes = {p: c[sorting] for p, c in codes.items()}
        rows = small.iloc[sorting].reset_index(drop=True)
        found, frames = [], []
        for level in levels:
            keys = ("year", *LEVELS[level])
            one = _level(codes, keys)
            found.append(one)
            at = one.first if one.order is None else one.order[one.first]
            frames.append(pd.DataFrame({"level": level, **{p: rows[p].to_numpy()[at] if p in keys else None
                                                           for p in ("year", *PLACES)}}))  # fmt: skip
        areas, order = _areas(pd.concat(frames, ignore_index=True))
        return cls(sorting, tuple(found), areas, order)

    def added(self, found: NDArray[Any]) -> NDArray[Any]:
        """(..., A) sums of (..., S): in 32 bits where they fit, for there are many."""
        out = np.concatenate([level.added(found) for level in self.levels], axis=-1)[..., self.order]
        return out.astype(np.int32) if not out.size or np.abs(out).max() < 2**31 else out

    def medians(self, values: NDArray[np.float64], small: NDArray[np.int64]) -> NDArray[np.float64]:
        """(A,) median of the values in each area. small : (n,) small area of each"""
        order = np.argsort(values, kind="stable")
        values, small = values[order], small[order]
        parts = [_medians(values, level.numbers(len(self.sorting))[small], len(level.first)) for level in self.levels]
        return np.concatenate(parts)[self.order]


def _medians(values: NDArray[np.float64], ids: NDArray[np.int64], count: int) -> NDArray[np.float64]:
    """(count,) median by area, NaN without values. values : ascending"""
    size = np.bincount(ids, minlength=count)
    order = np.argsort(ids, kind="stable")
    first = np.cumsum(size) - size
    out, there = np.full(count, np.nan), size > 0
    low, high = (values[order[first[there] + (size[there] - more) // 2]] for more in (1, 0))
    out[there] = low * 0.5 + high * 0.5
    return out


def _level(codes: Mapping[str, NDArray[np.int64]], keys: Sequence[str]) -> Level:
    """The areas of a level; its keys begin those the small areas are sorted by, unless it is a split."""
    count = len(codes["year"])
    order = None
    if "inside" in keys:
        order = np.lexsort([codes[k] for k in reversed(keys)])
    changes = np.zeros(count, dtype=bool)
    for k in keys:
        column = codes[k] if order is None else codes[k][order]
        changes |= np.diff(column, prepend=-2) != 0
    return Level(order, np.flatnonzero(changes))


def _areas(keys: pd.DataFrame) -> tuple[pd.DataFrame, NDArray[np.int64]]:
    """The areas in a fixed order, and where each stands among those given."""
    deepest = {k: need[-1] if need else "" for k, need in LEVELS.items()}
    code = keys["village"].fillna(keys["town"]).fillna(keys["county"]).fillna(keys["city"]).fillna("").astype(str)
    # A payment without a county is counted in its city and shown as unplaced below it: nothing vanishes.
    unplaced = pd.Series(False, index=keys.index)
    for place in ("county", "town", "village"):
        unplaced |= (keys["level"].map(deepest) == place) & keys[place].isna()
    keys["area_code"] = code.where(~unplaced, code + "?")
    keys["city_code"] = keys["city"].fillna("").astype(str)
    split = keys["level"].isin(["province_split", "city_split"])
    keys = keys[~split | keys["inside"].notna()]
    rank = {k: i for i, k in enumerate(LEVELS)}
    keys = keys.assign(rank=keys["level"].map(rank), flag=keys["inside"].map({True: 0, False: 1}).fillna(2))
    keys = keys.sort_values(["year", "rank", "city_code", "area_code", "flag"], kind="stable")
    out = keys[["year", "level", "city_code", "area_code", "inside"]].reset_index(drop=True)
    return out.astype({"year": np.int32}), keys.index.to_numpy()
