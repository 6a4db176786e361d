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
_FINEST_FIRST = ("village", "town", "county", "city_split", "city", "province_split", "province")
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
        parts.append(("year", year, kinds.tolist()))
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
    """The areas of one level, made of finer ones: those of the level `base` before it, or the small areas (None).

    order : the finer ones, area after area (None: as they stand); first : (A,) where each area begins among these;
    at : (A,) a small area in each
    """

    base: int | None
    order: NDArray[np.int64] | None
    first: NDArray[np.int64]
    at: NDArray[np.int64]

    def added(self, finer: NDArray[np.int64]) -> NDArray[np.int64]:
        """(..., A) sums of the finer areas."""
        rows = finer if self.order is None else finer[..., self.order]
        return np.add.reduceat(rows, self.first, axis=-1) if len(self.first) else rows[..., :0]

    def numbers(self, small: NDArray[np.int64]) -> NDArray[np.int64]:
        """(n,) area in which a finer one lies. small : (n,) number of the finer area"""
        place = small if self.order is None else np.argsort(self.order)[small]
        return np.searchsorted(self.first, place, side="right") - 1


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
        rows = {p: small[p].to_numpy()[sorting] for p in ("year", *PLACES)}
        found: list[Level] = []
        names = sorted(levels, key=_FINEST_FIRST.index)
        for level in names:
            found.append(_level(codes, level, found, names))
        areas, order = _areas(rows, [(k, one.at) for k, one in zip(names, found, strict=True)])
        return cls(sorting, tuple(found), areas, order)

    def added(self, small: NDArray[np.int64]) -> NDArray[Any]:
        """(..., A) sums of (..., S): in 32 bits where they fit, for there are many."""
        parts: list[NDArray[np.int64]] = []
        for level in self.levels:
            parts.append(level.added(small if level.base is None else parts[level.base]))
        fits = not small.size or max(int(np.abs(p).max(initial=0)) for p in parts) < 2**31
        return np.concatenate([p.astype(np.int32) if fits else p for p in parts], axis=-1)[..., self.order]

    def medians(self, values: NDArray[np.float64], small: NDArray[np.int64]) -> NDArray[np.float64]:
        """(A,) median of the values in each area. small : (n,) small area of each"""
        order = np.argsort(values, kind="stable")
        values, small = values[order], small[order]
        parts, ids = [], []
        for level in self.levels:
            ids.append(level.numbers(small if level.base is None else ids[level.base]))
            parts.append(_medians(values, ids[-1], len(level.first)))
        return np.concatenate(parts)[self.order]


def _medians(values: NDArray[np.float64], ids: NDArray[np.int64], count: int) -> NDArray[np.float64]:
    """(count,) median by area, NaN without values. values : ascending"""
    size = np.bincount(ids, minlength=count)
    # Numbers of 16 bits are sorted by their digits, in a tenth of the time.
    order = np.argsort(ids.astype(np.uint16) if count <= 1 << 16 else ids, kind="stable")
    first = np.cumsum(size) - size
    out, there = np.full(count, np.nan), size > 0
    low, high = (values[order[first[there] + (size[there] - more) // 2]] for more in (1, 0))
    out[there] = low * 0.5 + high * 0.5
    return out


def _level(codes: Mapping[str, NDArray[np.int64]], level: str, before: Sequence[Level], names: Sequence[str]) -> Level:
    """The areas of a level, from the coarsest of those before it that is finer. codes : of the small areas, which are
    sorted by year and place; before : the levels that are finished, `names` theirs and those to come"""
    keys = ("year", *LEVELS[level])
    base = next((i for i in reversed(range(len(before))) if set(keys) <= {"year", *LEVELS[names[i]]}), None)
    at = np.arange(len(codes["year"])) if base is None else before[base].at
    # Places sort the areas: as they stand, unless the first keys are not those they are sorted by.
    order = None if "inside" not in keys else np.lexsort([codes[k][at] for k in reversed(keys)])
    at = at if order is None else at[order]
    changes = np.zeros(len(at), dtype=bool)
    for k in keys:
        changes |= np.diff(codes[k][at], prepend=-2) != 0
    first = np.flatnonzero(changes)
    return Level(base, order, first, at[first])


def _areas(
    rows: Mapping[str, NDArray[Any]], levels: Sequence[tuple[str, NDArray[np.int64]]]
) -> tuple[pd.DataFrame, NDArray[np.int64]]:
    """The areas in a fixed order, and where each stands in the levels put one after the other.

    rows : year and places of the small areas; levels : each with a small area in each of its areas
    """
    rank = {k: i for i, k in enumerate(LEVELS)}
    parts = [_level_areas(rows, level, at) for level, at in levels]
    keys = {k: np.concatenate([np.empty(0, object), *(p[k] for p in parts)]) for k in ("year", "level", *_SHOWN)}
    inside = keys["inside"]
    flag = np.where(inside == True, 0, np.where(inside == False, 1, 2))  # noqa: E712 it may be None
    codes = [pd.factorize(keys[k], sort=True)[0] for k in ("area_code", "city_code")]
    order = np.lexsort([flag, *codes, np.array([rank[k] for k in keys["level"]], dtype=np.int64), keys["year"].astype(np.int64)])
    is_split = np.isin(keys["level"].astype(str), ("province_split", "city_split"))
    order = order[~(is_split & (flag == 2))[order]]
    return pd.DataFrame(
        {
            "year": keys["year"][order].astype(np.int32),
            **{k: pd.array(keys[k][order], dtype="str") for k in ("level", "city_code", "area_code")},
            "inside": pd.Series(inside[order], dtype=object),
        }
    ), order


_SHOWN = ("city_code", "area_code", "inside")


def _level_areas(rows: Mapping[str, NDArray[Any]], level: str, at: NDArray[np.int64]) -> dict[str, NDArray[Any]]:
    """Year, codes and side of the areas of a level.

    A payment without a county is counted in its city and shown as unplaced below it: nothing vanishes.
    """
    need = LEVELS[level]
    code = city = np.full(len(at), "", dtype=object)
    unplaced = np.zeros(len(at), dtype=bool)
    for place in [p for p in PLACES if p in need and p != "inside"]:
        found = rows[place][at]
        unplaced = pd.isna(found)
        code = np.where(unplaced, code, found)
        city = code if place == "city" else city
    if need and need[-1] in ("county", "town", "village"):
        code = np.where(unplaced, code + "?", code)
    inside = rows["inside"][at] if "inside" in need else np.full(len(at), None, dtype=object)
    return {"year": rows["year"][at].astype(object), "level": np.full(len(at), level, dtype=object),
            "city_code": city, "area_code": code, "inside": inside}  # fmt: skip
