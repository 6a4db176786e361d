"""The different values of a key of another table, and where those of our rows stand among them."""

from __future__ import annotations

from functools import cached_property
from typing import Any, Protocol

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from evaltools.indicators.engine import values as v
from evaltools.indicators.engine.columns import Columns
from evaltools.indicators.engine.joins import Key
from evaltools.indicators.engine.rows import Block
from evaltools.intake.arrow import compute

NO_ROWS, NO_KEY = -1, -2
"""In place of a key's number: no row of theirs has our key; our key is unknown."""
_FAR = 1 << 16
_FEWER = 4
_UNSEEN = -3


class Level(Protocol):
    """The different values of a key."""

    def __len__(self) -> int: ...

    def of_theirs(self, theirs: Columns) -> NDArray[np.int64]:
        """(n,) place of each of their rows' value, NO_KEY where it is unknown."""
        ...

    def of_ours(self, block: Block, key: Key) -> NDArray[np.int64]:
        """(n,) place of each of our rows' value, NO_ROWS where they have no such value, NO_KEY where it is unknown."""
        ...


def level_of(theirs: Columns, key: Key, table: str) -> Level:
    """The values of a key from their rows. table : name of theirs"""
    return Texts(theirs, key.theirs, table) if key.kind == "text" else Numbers(theirs, key.theirs)


class Texts:
    """The texts of a column, in the order of its dictionary."""

    def __init__(self, theirs: Columns, name: str, table: str) -> None:
        self._table = table
        self._name, self._dictionary, self._groups = name, theirs.dictionary(name), theirs.groups.get(name, {})
        self._last: tuple[Any, NDArray[np.int64]] | None = None

    def __len__(self) -> int:
        return len(self._dictionary)

    def of_theirs(self, theirs: Columns) -> NDArray[np.int64]:
        """See `Level`."""
        codes = theirs.text_codes(self._name).astype(np.int64)
        codes[codes < 0] = NO_KEY
        return codes

    def of_ours(self, block: Block, key: Key) -> NDArray[np.int64]:
        """See `Level`."""
        columns, name = block.columns, key.ours
        place = columns.codes.get((name, id(self)))
        if place is None:
            place = np.append(self._found(columns, key, block.contract.table == self._table), NO_KEY)
            columns.codes[name, id(self)] = place
        return place[columns.text_codes(name)[block.start : block.stop].astype(np.intp)]

    def _found(self, columns: Columns, key: Key, same: bool) -> NDArray[np.int64]:
        """Place of each text of our dictionary. Row groups of one file have the same dictionary for both: only what is in
        none of theirs is looked up."""
        words = columns.dictionary(key.ours)
        if self._last is not None and self._last[0].equals(words):  # the years of a city often have the same
            return self._last[1]
        place = np.full(len(words), _UNSEEN, dtype=np.int64)
        for group, own in columns.groups.get(key.ours, {}).items() if same and key.ours == key.theirs else ():
            if group in self._groups:
                place[own] = self._groups[group]
        unseen = np.flatnonzero(place == _UNSEEN)
        if len(unseen):
            place[unseen] = self._looked_up(words if len(unseen) == len(words) else words.take(unseen))
        self._last = words, place
        return place

    def _looked_up(self, words: Any) -> NDArray[np.integer[Any]]:
        """(W,) place of each word, -1, NO_ROWS, where it is not there."""
        if _FEWER * len(words) > len(self._dictionary):  # worth hashing all of theirs anew
            return np.asarray(compute.fill_null(compute.index_in(words, self._dictionary), NO_ROWS))
        return self._index.get_indexer(_objects(words))

    @cached_property
    def _index(self) -> pd.Index:
        return _objects(self._dictionary)


def _objects(words: Any) -> pd.Index:
    return pd.Index(words.to_pylist(), dtype=object)


class Numbers:
    """The numbers, days or flags of a column, in ascending order."""

    def __init__(self, theirs: Columns, name: str) -> None:
        found = pd.unique(_numbers(theirs.value(name)))
        self._name, self._values = name, np.sort(found[~np.isnan(found)])

    def __len__(self) -> int:
        return len(self._values)

    def of_theirs(self, theirs: Columns) -> NDArray[np.int64]:
        """See `Level`."""
        return self._found(_numbers(theirs.value(self._name)))

    def of_ours(self, block: Block, key: Key) -> NDArray[np.int64]:
        """See `Level`."""
        return self._found(_numbers(block.column(key.ours)) - key.lag)

    def _found(self, wanted: NDArray[np.float64]) -> NDArray[np.int64]:
        unknown = np.isnan(wanted)
        if not len(self._values):
            return np.where(unknown, NO_KEY, NO_ROWS)
        if self._table is None:
            at = np.minimum(np.searchsorted(self._values, wanted), len(self._values) - 1)
            return np.where(unknown, NO_KEY, np.where(self._values[at] == wanted, at, NO_ROWS))
        # Years and flags are looked up by their distance from the least; a fraction is none of them.
        far = np.where(unknown, -1.0, wanted - self._values[0])
        near = np.clip(far, -1, len(self._table) - 1).astype(np.int64)
        return np.where(unknown, NO_KEY, np.where(near == far, self._table[near], NO_ROWS))

    @cached_property
    def _table(self) -> NDArray[np.int64] | None:
        """Place of each whole number from the least on, and NO_ROWS at the end; None where they are too far apart."""
        span = self._values[-1] - self._values[0]
        if span > _FAR or (self._values % 1 != 0).any():
            return None
        table = np.full(int(span) + 2, NO_ROWS)
        table[(self._values - self._values[0]).astype(np.int64)] = np.arange(len(self._values))
        return table


def _numbers(found: Any) -> Any:
    return np.where(found.yes, 1.0, np.where(found.no, 0.0, np.nan)) if isinstance(found, v.Truth) else found
