"""The areas of a table: in which small one each row lies. How these add up to all others is in `rollup`."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from evaltools.indicators.engine import values as v
from evaltools.indicators.engine.columns import Columns
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
_SIDES = (True, False)
KEYS: tuple[str, ...] = ("county_code", "town_code", "village_code", *_INSIDE)
"""Columns that tell where a row lies, beside its city."""
_TABLE = 1 << 16


@dataclass(frozen=True)
class SmallAreas:
    """The smallest areas of some rows. year : (S,); places : place -> (S,) its codes, or whether inside poor villages
    (of which a word may stand twice among the values); a place that is not told is not in it"""

    year: NDArray[np.int64]
    places: Mapping[str, v.Coded]

    @property
    def count(self) -> int:
        """How many areas."""
        return len(self.year)

    def frame(self) -> pd.DataFrame:
        """One row an area: year and PLACES, None where unknown."""
        shown = {p: np.array([*c.values, None], dtype=object)[c.codes] for p, c in self.places.items()}
        return pd.DataFrame({"year": self.year.astype(np.int32), **{p: shown.get(p) for p in PLACES}})


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
        ids, areas = self.numbered(columns, years)
        return ids, areas.frame()

    def numbered(self, columns: Columns, years: NDArray[np.int64] | int) -> tuple[NDArray[np.int64], SmallAreas]:
        """(count,) number of the smallest area that each row lies in, and these areas.

        Rows are told apart by the words of their columns; what follows from a word is worked out once an area.
        """
        texts = {c: columns.value(c) for c in dict.fromkeys(c for c, _ in self.columns.values())}
        parts: list[tuple[str, Any, int]] = [(name, text.codes, len(text.values)) for name, text in texts.items()]
        if self.inside:
            flag = columns.value(self.inside)
            parts.append((self.inside, flag.yes + 2 * flag.no.astype(np.int8) - 1, 2))
        first = int(np.min(years)) if columns.count else 0
        if np.ndim(years):  # last, so that rows that stand by place need not be moved far to stand by area
            parts.append(("year", years - first, int(np.max(years, initial=first)) - first + 1))
        ids, codes, count = _numbered(parts, columns.count)
        year = codes["year"] + first if np.ndim(years) else np.full(count, years, dtype=np.int64)
        here = {name: v.Coded(codes[name], text.values) for name, text in texts.items()}
        places = {p: _prefix(here[c], width) if width else here[c] for p, (c, width) in self.columns.items()}
        if self.inside:
            places["inside"] = v.Coded(codes[self.inside], _SIDES)
        elif self.poor_villages:
            village, side = here["village_code"], {True: 0, False: 1, None: -1}
            sides = [side[self.poor_villages.get(c)] for c in village.values]
            places["inside"] = v.Coded(village.spread(sides, -1, np.int64), _SIDES)
        return ids, SmallAreas(year, places)


def _prefix(text: v.Coded, width: int) -> v.Coded:
    """The first characters of a text; two places of one word remain two."""
    return v.Coded(text.codes, tuple([word[:width] for word in text.values]))


def _numbered(parts: Iterable[tuple[str, Any, int]], count: int) -> tuple[NDArray[np.int64], dict[str, NDArray[np.int64]], int]:
    """(count,) number of the combination of codes of each row; name -> (S,) code in each combination, which ascend; S.

    parts : name, (count,) codes from -1, and how many there are from 0
    """
    keys, space, pending, same = np.zeros(count, dtype=np.int64), min(count, 1), [], []
    found: dict[str, NDArray[np.int64]] = {}
    for name, codes, size in parts:
        if size == 1 and not np.any(codes):  # the same in all rows
            same.append(name)
            continue
        if pending and space * (size + 1) > max(count, _TABLE):
            keys, space, found = _closed(keys, space, pending, found)
            pending = []
        keys = keys * (size + 1) if pending or found else keys
        keys += codes
        keys += 1
        space *= size + 1
        pending.append((name, size + 1))
    keys, space, found = _closed(keys, space, pending, found)
    return keys, found | {name: np.zeros(space, dtype=np.int64) for name in same}, space


def _closed(
    keys: NDArray[np.int64], space: int, mixed: Sequence[tuple[str, int]], found: Mapping[str, NDArray[np.int64]]
) -> tuple[NDArray[np.int64], int, dict[str, NDArray[np.int64]]]:
    """Keys numbered without a gap, how many there are, and the codes they were mixed of.

    mixed : name and kinds of code, the unknown among them, in the order of mixing; found : codes by what stands before them
    """
    ids, rest = _dense(keys, space)
    codes = {}
    for name, kinds in reversed(mixed):
        rest, code = np.divmod(rest, kinds)
        codes[name] = code - 1
    return ids, len(rest), {k: c[rest] for k, c in found.items()} | codes


def _dense(keys: NDArray[np.int64], space: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """(n,) place of each key among those there are, and these in order. keys : from 0 up to below `space`"""
    if space > max(len(keys), _TABLE):
        unique, ids = np.unique(keys, return_inverse=True)
        return ids, unique
    there = np.zeros(space, dtype=bool)  # a table of all keys is faster than sorting or hashing the rows
    there[keys] = True
    return (np.cumsum(there) - 1)[keys], np.flatnonzero(there)
