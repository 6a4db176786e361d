"""Medians by area for areas that overlap: of a village, its town, its county and so on, without sorting all values."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

_BINS = 64
_CELLS = 1 << 10
_SAMPLE = 1 << 12


def medians(
    values: NDArray[np.float64],
    small: NDArray[np.int64],
    of: Sequence[NDArray[np.int64]],
    added: Callable[[NDArray[Any]], NDArray[Any]],
    count: int,
) -> NDArray[np.float64]:
    """(count,) median by area, NaN without values; the mean of the two in the middle where their number is even.

    values : (n,) finite; small : (n,) small area of each; of : for each level the (S,) area in which each small one lies;
    added : (..., S) -> (..., count) sums over the areas of all levels
    Values are counted by bins that follow each other: only those in the bin that holds the middle of their area are sorted.
    """
    if not len(values):
        return np.full(count, np.nan)
    size = len(of[0]) if of else 1
    bins, many = _bins(values, min(_BINS, 2 * len(values) // size + 1))
    cell = bins * size + small
    counts = added(np.bincount(cell, minlength=many * size).reshape(many, size))
    below = np.cumsum(counts, axis=0, dtype=counts.dtype)
    total = below[-1]
    low, high = ((total - 1) // 2, total // 2)
    low_bin, high_bin = (np.minimum((below <= k).sum(axis=0), many - 1) for k in (low, high))
    wanted, place = np.zeros(many * size, dtype=np.uint8), np.arange(size)
    for bit, areas in enumerate(of):
        for at in (low_bin, high_bin):
            wanted[at[areas] * size + place] |= np.uint8(1 << bit)
    chosen = wanted[cell]
    some = np.flatnonzero(chosen)
    rows = [some[(chosen[some] & np.uint8(1 << bit)) != 0] for bit in range(len(of))]
    areas = np.concatenate([np.empty(0, dtype=np.int64), *(a[small[r]] for a, r in zip(of, rows, strict=True))])
    found = _sorted(areas, np.concatenate([np.empty(0), *(values[r] for r in rows)]))
    here = np.bincount(areas, minlength=count)
    before = np.take_along_axis(below - counts, low_bin[None], axis=0)[0]
    start, there = np.cumsum(here) - here - before, total > 0
    out = np.full(count, np.nan)
    out[there] = found[(start + low)[there]] * 0.5 + found[(start + high)[there]] * 0.5
    return out


def _bins(values: NDArray[np.float64], many: int) -> tuple[NDArray[np.int64], int]:
    """(n,) bin of each value, and how many there are: of about the same size, and each above the one before."""
    sample = np.sort(values[:: len(values) // _SAMPLE + 1])
    low, high = sample[len(sample) // 100], sample[-1 - len(sample) // 100]
    if many == 1 or not 0 < high - low < np.inf:
        return np.zeros(len(values), dtype=np.int64), 1
    cells = ((np.clip(values, low, high) - low) * ((_CELLS - 1) / (high - low))).astype(np.int64)
    size = np.bincount(cells, minlength=_CELLS)
    return ((np.cumsum(size) - size) * many // len(values))[cells], many


def _sorted(areas: NDArray[np.int64], values: NDArray[np.float64]) -> NDArray[np.float64]:
    """The values sorted by area, and within it by themselves."""
    order = np.argsort(values)
    # One sort of whole numbers takes a tenth of the time of np.lexsort.
    keys = np.sort((areas[order] << 32) + np.arange(len(areas)))
    return values[order[keys & 0xFFFFFFFF]]
