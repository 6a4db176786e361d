"""What a join makes of the rows of each group: counted, summed, the least, the greatest, the middle one."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from evaltools.indicators.engine import values as v
from evaltools.indicators.engine.joins import Join
from evaltools.indicators.engine.rows import Pairs

_SUM_PARTS = 10**9


def gathered(join: Join, rows: Pairs, groups: NDArray[np.int64], count: int) -> Any:
    """What a join makes of rows in `count` groups. groups : (n,) number of each row's, ascending"""
    everything = np.ones(len(groups), dtype=bool)
    condition = rows.value(join.condition.step) if join.condition else v.Truth(everything, ~everything)
    hit, maybe = (np.broadcast_to(x, everything.shape) for x in (condition.yes, condition.unknown))
    value = rows.value(join.value.step) if join.value else None
    if value is not None and join.how != "median":
        maybe = maybe | (hit & v.missing(value))
    is_open = np.bincount(groups[maybe], minlength=count) > 0
    if join.how == "count":
        return np.where(is_open, np.nan, np.bincount(groups[hit], minlength=count))
    assert value is not None  # all but a count have one
    if join.how == "any":
        yes = np.bincount(groups[hit & value.yes], minlength=count) > 0
        return v.Truth(yes, ~yes & ~is_open & (np.bincount(groups[hit], minlength=count) > 0))
    kept = np.flatnonzero(np.broadcast_to(hit & ~v.missing(value), everything.shape))
    if join.how == "sum":
        return np.where(is_open, np.nan, _sums(_spread(value, everything.shape)[kept], groups[kept], count))
    if isinstance(value, v.Coded):
        return _extreme_text(join.how, value, kept, groups[kept], count, is_open)
    if isinstance(value, v.Truth):
        number = _extreme(join.how, _spread(value.yes, everything.shape)[kept].astype(float), groups[kept], count)
        return v.Truth((number == 1) & ~is_open, (number == 0) & ~is_open)
    found = _extreme(join.how, _spread(value, everything.shape)[kept], groups[kept], count)
    return found if join.how == "median" else np.where(is_open, np.nan, found)


def _spread(value: Any, shape: tuple[int, ...]) -> Any:
    return np.broadcast_to(value, shape)


def _extreme_text(how: str, value: v.Coded, kept: Any, groups: Any, count: int, is_open: Any) -> v.Coded:
    """The first or last text of each group."""
    words = tuple(sorted(value.values))
    rank = {w: float(i) for i, w in enumerate(words)}
    codes = value.spread([rank[w] for w in value.values], np.nan, np.float64)
    found = _extreme(how, codes[kept] if np.ndim(codes) else np.full(len(kept), codes), groups, count)
    return v.Coded(np.where(is_open | np.isnan(found), -1, np.nan_to_num(found)).astype(np.int32), words)


def _starts(groups: NDArray[np.int64]) -> NDArray[np.int64]:
    """Where each group begins; groups : ascending"""
    return np.flatnonzero(np.diff(groups, prepend=-1))


def _extreme(how: str, value: Any, groups: NDArray[np.int64], count: int) -> Any:
    """(count,) least, greatest or middle value of each group, NaN without any."""
    out = np.full(count, np.nan)
    if not len(groups):
        return out
    if how == "median":
        return _medians(value, groups, count)
    starts = _starts(groups)
    out[groups[starts]] = (np.minimum if how == "first" else np.maximum).reduceat(value, starts)
    return out


def _medians(value: Any, groups: NDArray[np.int64], count: int) -> Any:
    """(count,) median of the values of each group, NaN without any. groups : (n,) in any order"""
    order = np.lexsort((value, groups))
    size = np.bincount(groups, minlength=count)
    first = np.cumsum(size) - size
    out = np.full(count, np.nan)
    there = size > 0
    low, high = (value[order[first[there] + (size[there] - more) // 2]] for more in (1, 0))
    out[there] = low * 0.5 + high * 0.5
    return out


def _sums(value: Any, groups: NDArray[np.int64], count: int) -> Any:
    """(count,) sums to a thousand millionth, whatever the order of the rows; 0 without any."""
    out = np.zeros(count)
    if not len(groups):
        return out
    starts = _starts(groups)
    whole = np.floor(value)
    parts = np.rint((value - whole) * _SUM_PARTS).astype(np.int64)
    total, rest = (np.add.reduceat(x, starts) for x in (whole.astype(np.int64), parts))
    total, rest = total + rest // _SUM_PARTS, rest % _SUM_PARTS
    small = np.abs(total) < 2**53 // _SUM_PARTS
    one = np.where(small, total, 0) * _SUM_PARTS + rest
    out[groups[starts]] = np.where(small, one / _SUM_PARTS, total + rest / _SUM_PARTS)
    return out
