"""How small areas add up to the areas of all levels: villages to towns, towns to counties, and so on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from evaltools.indicators.engine.areas import LEVELS, PLACES, SmallAreas
from evaltools.indicators.engine.medians import medians
from evaltools.indicators.engine.shown import Words, shown_areas

_FINEST_FIRST = ("village", "town", "county", "city_split", "city", "province_split", "province")
_FITS = 2.0**31
_MANY = 500


@dataclass(frozen=True)
class Level:
    """The areas of one level, made of finer ones: those of the level `base` before it, or the small areas (None).

    order : the finer ones, area after area (None: as they stand); first : (A,) where each area begins among these;
    at : (A,) a small area in each; of : (S,) area in which each small one lies
    """

    base: int | None
    order: NDArray[np.int64] | None
    first: NDArray[np.int64]
    at: NDArray[np.int64]
    of: NDArray[np.int64]

    def add(self, finer: NDArray[Any], out: NDArray[Any]) -> None:
        """Put the sums of the finer areas (R, F) into `out` (R, A)."""
        rows = finer if self.order is None else np.take(finer, self.order, axis=-1)
        if len(self.first) == rows.shape[-1]:
            out[...] = rows
        else:
            np.add.reduceat(rows, self.first, axis=-1, dtype=out.dtype, out=out)


@dataclass(frozen=True)
class Rollup:
    """How small areas add up to the areas of all levels.

    sorting : (S,) the small areas by year and place; levels : over these; areas : one row an area, in a fixed order;
    order : where each stands in the levels put one after the other
    """

    sorting: NDArray[np.int64]
    levels: tuple[Level, ...]
    areas: pd.DataFrame
    order: NDArray[np.int64]

    @classmethod
    def of(cls, small: Sequence[SmallAreas], levels: Sequence[str]) -> Rollup:
        """small : those of one part of the table after the other"""
        year = np.concatenate([np.empty(0, dtype=np.int64), *(s.year for s in small)])
        words = {p: Words.of([s.places.get(p) for s in small], [s.count for s in small]) for p in PLACES}
        sorting = np.lexsort([*(words[p].codes for p in reversed(PLACES)), year])
        words = {p: w.take(sorting) for p, w in words.items()}
        codes = {"year": year[sorting], **{p: w.codes for p, w in words.items()}}
        found: list[Level] = []
        names = sorted(levels, key=_FINEST_FIRST.index)
        for level in names:
            found.append(_level(codes, level, found, names))
        areas, order = shown_areas(codes["year"], words, [(k, one.at) for k, one in zip(names, found, strict=True)])
        return cls(sorting, tuple(found), areas, order)

    @cached_property
    def starts(self) -> NDArray[np.int64]:
        """(L + 1,) where the areas of each level begin if the levels are put one after the other."""
        return np.cumsum([0, *(len(level.first) for level in self.levels)])

    @cached_property
    def place(self) -> NDArray[np.int64]:
        """(S,) where each small area stands in `sorting`."""
        place = np.empty_like(self.sorting)
        place[self.sorting] = np.arange(len(place))
        return place

    def added(self, small: NDArray[Any]) -> NDArray[Any]:
        """(..., A) sums of (..., S) in the order in which the small areas were given; in 32 bits where these hold them."""
        levels = self._levels(small)
        if len(self.runs) > _MANY:
            return np.take(levels, self.order, axis=-1)
        out = np.empty((*levels.shape[:-1], len(self.order)), dtype=levels.dtype)
        for at, start, stop in self.runs:
            out[..., at : at + stop - start] = levels[..., start:stop]
        return out

    @cached_property
    def runs(self) -> list[tuple[int, int, int]]:
        """Pieces of the levels that stay together in `order`: where each goes, begins and ends. Each year of each level is one,
        as a rule: copying a few pieces takes a fraction of the time of taking area after area."""
        at = np.flatnonzero(np.diff(self.order, prepend=-2) != 1)
        starts, sizes = self.order[at], np.diff(at, append=len(self.order))
        return list(zip(at.tolist(), starts.tolist(), (starts + sizes).tolist(), strict=True))

    def _levels(self, small: NDArray[Any]) -> NDArray[Any]:
        """(..., sum of A) the areas of all levels, one level after the other."""
        kind = np.int32 if largest_sum(small) < _FITS else np.int64
        rows = small.reshape(int(np.prod(small.shape[:-1])), small.shape[-1]).astype(kind, copy=False)
        rows = np.take(rows, self.sorting, axis=-1)
        out = np.empty((len(rows), self.starts[-1]), dtype=kind)
        parts = [out[:, a:b] for a, b in zip(self.starts[:-1], self.starts[1:], strict=True)]
        for level, part in zip(self.levels, parts, strict=True):
            level.add(rows if level.base is None else parts[level.base], part)
        return out.reshape(*small.shape[:-1], out.shape[-1])

    def medians(self, values: NDArray[np.float64], small: NDArray[np.int64]) -> NDArray[np.float64]:
        """(A,) median of the values in each area, NaN without any. small : (n,) small area of each"""
        of = [level.of + start for level, start in zip(self.levels, self.starts, strict=False)]
        places = [of_level[self.place] for of_level in of]
        return medians(values, small, places, self._levels, int(self.starts[-1]))[self.order]


def largest_sum(small: NDArray[Any]) -> float:
    """What no sum of some of (..., S) whole numbers exceeds: the greatest of them all S times, where that is enough."""
    size = small.shape[-1]
    bound = max(float(small.max(initial=0)), -float(small.min(initial=0))) * size
    if bound < _FITS:
        return bound
    return float(np.abs(small.astype(np.float64)).sum(axis=-1).max(initial=0))


def _level(codes: Mapping[str, NDArray[np.int64]], level: str, before: Sequence[Level], names: Sequence[str]) -> Level:
    """The areas of a level, from the coarsest of those before it that is finer. codes : of the small areas, which are
    sorted by year and place; before : the levels that are finished, `names` theirs and those to come"""
    keys = ("year", *LEVELS[level])
    base = next((i for i in reversed(range(len(before))) if set(keys) <= {"year", *LEVELS[names[i]]}), None)
    at = np.arange(len(codes["year"])) if base is None else before[base].at
    # Places sort the areas: as they stand, unless the first keys are not those they are sorted by.
    order = None if "inside" not in keys else np.lexsort([codes[k][at] for k in reversed(keys)])
    at = at if order is None else at[order]
    changes = np.arange(len(at)) == 0
    for k in keys:
        code = codes[k][at]
        changes[1:] |= code[1:] != code[:-1]
    of = np.cumsum(changes) - 1
    if order is not None:
        of[order] = of.copy()
    return Level(base, order, np.flatnonzero(changes), at[changes], of if base is None else of[before[base].of])
