"""Yes/no of many rows at eight rows a byte, and how many hold in each run of rows.

Rows stand in the order of their areas, so that an area is a run of them. Counting ones between two places takes one sum over
words of 64 rows for all runs: a small part of what it takes to look at every row.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Bits = NDArray[np.uint8]
"""(ceil(n / 8),) the first row in the lowest bit; what stands after the last row means nothing."""
_WORD = np.dtype("<u8")


def packed(mask: Any, count: int) -> Bits:
    """A mask (n,), or one answer for all rows, as bits."""
    if np.ndim(mask) == 0:
        return np.full(-(-count // 8), 255 if mask else 0, dtype=np.uint8)
    return np.packbits(mask, bitorder="little")


def unpacked(bits: Bits, count: int) -> NDArray[np.bool_]:
    """(n,) mask."""
    return np.unpackbits(bits, count=count, bitorder="little").view(np.bool_)


@dataclass(frozen=True)
class Runs:
    """Consecutive rows of one area each. starts : (A,) where they begin, the first at 0; count : n, all rows"""

    starts: NDArray[np.int64]
    count: int

    @classmethod
    def of(cls, areas: NDArray[np.int64]) -> Runs:
        """areas : (n,) area of each row, ascending"""
        return cls(np.flatnonzero(np.diff(areas, prepend=-1)), len(areas))

    def ones(self, bits: Sequence[Bits]) -> NDArray[np.int32]:
        """(M, A) how many rows hold in each run, for each of M masks."""
        ends = np.append(self.starts, self.count)
        word, before = ends >> 6, ((np.uint64(1) << (ends & 63).astype(np.uint64)) - np.uint64(1)).astype(_WORD)
        rows = np.zeros((len(bits), (self.count >> 6) + 1), dtype=_WORD)
        each = rows.view(np.uint8)
        for row, one in zip(each, bits, strict=True):
            row[: len(one)] = one
        sums = np.zeros((len(bits), rows.shape[1] + 1), dtype=np.int32)
        np.cumsum(np.bitwise_count(rows), axis=1, dtype=np.int32, out=sums[:, 1:])
        below = np.take(sums, word, axis=1)  # ones before the word in which a run ends, and in it
        below += np.bitwise_count(np.take(rows, word, axis=1) & before)
        return np.diff(below, axis=1)

    def added(self, amounts: NDArray[np.int64]) -> NDArray[np.int64]:
        """(A,) exact sums of whole numbers (n,)."""
        return np.add.reduceat(amounts, self.starts)
