"""Rows of another table by key: which of theirs belong to each row of ours."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from evaltools.indicators.engine.columns import Columns
from evaltools.indicators.engine.joins import Key
from evaltools.indicators.engine.levels import NO_KEY, NO_ROWS, Level
from evaltools.indicators.engine.rows import Block
from evaltools.indicators.engine.values import ordered

_DENSE = 8


def _combined(codes: Sequence[NDArray[np.int64]], levels: Sequence[Level]) -> NDArray[np.int64]:
    """Several keys as one number."""
    out = codes[0]
    for code, level in zip(codes[1:], levels[1:], strict=True):
        lost = np.minimum(np.minimum(out, code), 0)
        out = np.where(lost < 0, lost, out * len(level) + code)
    return out


@dataclass(frozen=True)
class Index:
    """Rows of another table by key. order : their rows, key after key (a slice of all where they stand so);
    size : (K,) rows of each key"""

    theirs: Columns
    levels: Mapping[Key, Level]
    combined: NDArray[np.int64]
    order: NDArray[np.int64] | slice
    size: NDArray[np.int64]

    @classmethod
    def of(cls, theirs: Columns, levels: Mapping[Key, Level]) -> Index:
        """Sort them; rows with an unknown key are out."""
        codes = _combined([x.of_theirs(theirs) for x in levels.values()], list(levels.values()))
        order = _order(codes, math.prod(len(x) for x in levels.values()))
        codes = codes[order]
        first = np.flatnonzero(np.diff(codes, prepend=-1))
        return cls(theirs, levels, codes[first], order, np.diff(first, append=len(codes)))

    def without_rows(self) -> Index:
        """The keys alone."""
        return replace(self, theirs=Columns({}, {}, 0), order=slice(0))

    @property
    def groups(self) -> NDArray[np.int64]:
        """(n,) number of the key of each row in `order`."""
        return np.repeat(np.arange(len(self.size)), self.size)

    @cached_property
    def place(self) -> NDArray[np.int64] | None:
        """Number of each combined key, where there are not too many possible ones; then NO_KEY and NO_ROWS, which counted from
        the end stand for themselves."""
        possible = math.prod(len(x) for x in self.levels.values())
        if possible > _DENSE * (int(self.size.sum()) + _DENSE):
            return None
        place = np.full(possible + 2, NO_ROWS)
        place[self.combined] = np.arange(len(self.combined))
        place[NO_KEY] = NO_KEY
        return place

    def find(self, block: Block) -> NDArray[np.int64]:
        """(n,) number of the key of each of our rows, or NO_ROWS, NO_KEY."""
        name = f"keys of {id(self)}"
        if name not in block.known:
            block.known[name] = self._find(block)
        return block.known[name]

    def _find(self, block: Block) -> NDArray[np.int64]:
        wanted = _combined([x.of_ours(block, k) for k, x in self.levels.items()], list(self.levels.values()))
        if not len(self.combined):
            return np.where(wanted == NO_KEY, NO_KEY, NO_ROWS)
        if self.place is not None:
            return self.place[wanted]
        at = np.minimum(np.searchsorted(self.combined, wanted), len(self.combined) - 1)
        return np.where(wanted < 0, wanted, np.where(self.combined[at] == wanted, at, NO_ROWS))


def _order(codes: NDArray[np.int64], possible: int) -> NDArray[np.int64] | slice:
    """The rows in the order of their codes (a slice of all where they stand so); codes below 0 are out."""
    known = codes >= 0
    if not known.all():
        rows = np.flatnonzero(known)
        return rows[ordered(codes[rows], possible)]
    return slice(None) if (codes[1:] >= codes[:-1]).all() else ordered(codes, possible)
