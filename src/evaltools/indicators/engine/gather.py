"""What the joins of a catalogue file gather: rows of another table found by key, then counted, summed or ranked."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from evaltools.indicators.engine import values as v
from evaltools.indicators.engine.joins import Join, Key
from evaltools.indicators.engine.reading import Columns, Selection
from evaltools.indicators.engine.rows import Block, Pairs
from evaltools.indicators.engine.source import Setting
from evaltools.intake import Contract

MOST_PAIRS = 1 << 21
NO_ROWS, NO_KEY = -1, -2
"""In place of a key's number: no row of theirs has our key; our key is unknown."""
_SUM_PARTS = 10**9
_DENSE = 8


@dataclass(frozen=True)
class Index:
    """Rows of another table by key. order : their rows, key after key; first, size : (K,) of each key in `order`"""

    theirs: Columns
    keys: tuple[Key, ...]
    levels: tuple[Any, ...]
    combined: NDArray[np.int64]
    order: NDArray[np.int64]
    first: NDArray[np.int64]
    size: NDArray[np.int64]
    place: NDArray[np.int64] | None
    """Number of each combined key, where there are not too many possible ones."""

    @classmethod
    def of(cls, theirs: Columns, keys: tuple[Key, ...]) -> Index:
        """Sort them; rows with an unknown key are out."""
        levels = tuple(_levels(theirs, k) for k in keys)
        codes = _combined(
            [_codes(theirs, k.theirs, k, at, 0, theirs.count, 0) for k, at in zip(keys, levels, strict=True)], levels
        )
        order = np.argsort(codes, kind="stable")
        order = order[np.searchsorted(codes[order], 0) :]
        codes = codes[order]
        first = np.flatnonzero(np.diff(codes, prepend=-1))
        combined, size = codes[first], np.diff(first, append=len(codes))
        possible, place = math.prod(len(x) for x in levels), None
        if possible <= _DENSE * (len(codes) + _DENSE):
            place = np.full(possible, NO_ROWS)
            place[combined] = np.arange(len(combined))
        return cls(theirs, keys, levels, combined, order, first, size, place)

    def without_rows(self) -> Index:
        """The keys alone."""
        return replace(self, theirs=Columns({}, {}, 0), order=np.empty(0, dtype=np.int64))

    def find(self, block: Block) -> NDArray[np.int64]:
        """(n,) number of the key of each of our rows, or NO_ROWS, NO_KEY."""
        name = f"keys of {id(self)}"
        if name not in block.known:
            block.known[name] = self._find(block)
        return block.known[name]

    def _find(self, block: Block) -> NDArray[np.int64]:
        codes = [_codes(block.columns, k.ours, k, level, block.start, block.stop, k.lag)
                 for k, level in zip(self.keys, self.levels, strict=True)]  # fmt: skip
        wanted = _combined(codes, self.levels)
        if not len(self.combined):
            return np.where(wanted == NO_KEY, NO_KEY, NO_ROWS)
        if self.place is not None:
            return np.where(wanted < 0, wanted, self.place[np.maximum(wanted, 0)])
        at = np.minimum(np.searchsorted(self.combined, wanted), len(self.combined) - 1)
        return np.where(wanted < 0, wanted, np.where(self.combined[at] == wanted, at, NO_ROWS))


def _levels(theirs: Columns, key: Key) -> Any:
    """The different values of a key."""
    if key.kind == "text":
        return pd.Index(theirs.dictionary(key.theirs).to_pylist(), dtype=object)
    found = _numbers(theirs.value(key.theirs))
    return np.unique(found[~np.isnan(found)])


def _numbers(found: Any) -> Any:
    return np.where(found.yes, 1.0, np.where(found.no, 0.0, np.nan)) if isinstance(found, v.Truth) else found


def _codes(columns: Columns, name: str, key: Key, levels: Any, start: int, stop: int, lag: int) -> NDArray[np.int64]:
    """(n,) place of a column's values among the levels of a key, NO_ROWS, or NO_KEY where it is unknown."""
    if key.kind == "text":
        place = columns.codes.get((name, id(levels)))
        if place is None:
            words = pd.Index(columns.dictionary(name).to_pylist(), dtype=object)
            place = np.append(levels.get_indexer(words), NO_KEY).astype(np.int64)  # -1, NO_ROWS, where it is not there
            columns.codes[name, id(levels)] = place
        return place[columns.text_codes(name)[start:stop]]
    wanted = _numbers(columns.value(name, start, stop)) - lag
    if not len(levels):
        return np.where(np.isnan(wanted), NO_KEY, NO_ROWS)
    at = np.minimum(np.searchsorted(levels, wanted), len(levels) - 1)
    return np.where(np.isnan(wanted), NO_KEY, np.where(levels[at] == wanted, at, NO_ROWS))


def _combined(codes: Sequence[NDArray[np.int64]], levels: Sequence[Any]) -> NDArray[np.int64]:
    """Several keys as one number."""
    out = codes[0]
    for code, level in zip(codes[1:], levels[1:], strict=True):
        lost = np.minimum(np.minimum(out, code), 0)
        out = np.where(lost < 0, lost, out * len(level) + code)
    return out


class Gatherer:
    """Gathers the joins of one table's entries. Each other table is read and sorted once for every set of keys."""

    def __init__(self, setting: Setting, contract: Contract, joins: Sequence[Join], years: Sequence[int] | None) -> None:
        """contract : of the table whose rows are ours; years : theirs, None for more than one can tell"""
        self._joins = {j.column: j for j in joins}
        self._setting = setting
        self._indices: dict[tuple[str, tuple[Key, ...]], Index] = {}
        self._found: dict[str, Any] = {}
        for table, keys in dict.fromkeys((j.table, j.keys) for j in joins):
            names = frozenset().union(*(j.theirs for j in joins if (j.table, j.keys) == (table, keys)))
            rows = setting.reader(table).whole(names, _selection(setting, table, contract, keys, years))
            self._indices[table, keys] = Index.of(rows, keys)
        for j in joins:
            self._found[j.column] = self._few(j) if j.reads_our_row else self._grouped(j)
        paired = {(j.table, j.keys) for j in joins if j.reads_our_row}
        for key in self._indices.keys() - paired:  # their rows are not looked at again
            self._indices[key] = self._indices[key].without_rows()

    def __call__(self, name: str, block: Block) -> Any:
        """A gathered column for the rows of a block."""
        join = self._joins[name]
        index = self._indices[join.table, join.keys]
        found = index.find(block)
        if not join.reads_our_row:
            return v.take(self._found[name], found)
        return self._paired(join, index, block, found)

    def _grouped(self, join: Join) -> Any:
        """(K + 2,) for every key, then for NO_KEY and NO_ROWS, where nothing of our row but its key matters."""
        index = self._indices[join.table, join.keys]
        rows = Pairs(index.theirs, index.order)
        groups = np.repeat(np.arange(len(index.size)), index.size)
        # Two groups without rows at the end: what is gathered of none.
        return _known_key(join, _gathered(join, rows, groups, len(index.size) + 2), [-2])

    def _few(self, join: Join) -> tuple[Any, Any, Any]:
        """Their rows that may count, by key: `order`, and the first and number of each key's in it."""
        index = self._indices[join.table, join.keys]
        keep = np.ones(len(index.order), dtype=bool)
        rows = Pairs(index.theirs, index.order)
        for part in join.needed:
            keep &= ~np.broadcast_to(rows.value(part.step).no, keep.shape)
        groups = np.repeat(np.arange(len(index.size)), index.size)[keep]
        size = np.bincount(groups, minlength=len(index.size))
        return index.order[keep], np.cumsum(size) - size, size

    def _paired(self, join: Join, index: Index, block: Block, found: NDArray[np.int64]) -> Any:
        """Each of our rows with all of theirs that may count."""
        order, first, size = self._found[join.column]
        sizes = np.append(size, [0, 0])[found]
        starts = np.append(first, [0, 0])[found]
        pieces = []
        for begin, end in _pieces(sizes):
            some = sizes[begin:end]
            groups = np.repeat(np.arange(end - begin), some)
            within = np.arange(len(groups)) - np.repeat(np.cumsum(some) - some, some)
            theirs = order[np.repeat(starts[begin:end], some) + within]
            pairs = Pairs(index.theirs, theirs, block, groups + begin)
            pieces.append(_gathered(join, pairs, groups, end - begin))
        return _known_key(join, _joined(pieces, join.kind), found == NO_KEY)


def _selection(setting: Setting, table: str, own: Contract, keys: Sequence[Key], years: Sequence[int] | None) -> Selection:
    """Rows of other cities than those opened are left out, rows of none are not, as in `intake`. Where the year is a
    key, only years that ours can have are read."""
    contract = setting.reader(table).contract
    city = contract.city_column
    is_limited = city is not None and contract.columns[city].required
    lag = next((k.lag for k in keys if (k.theirs, k.ours) == (contract.year_column, own.year_column)), None)
    return Selection(
        years=None if years is None or lag is None else tuple(y - lag for y in years),
        cities=setting.cities if is_limited else None, is_partner=True,
    )  # fmt: skip


def _pieces(sizes: NDArray[np.int64]) -> Iterator[tuple[int, int]]:
    """Stretches of rows with at most MOST_PAIRS pairs each, or one row."""
    total, begin = np.cumsum(sizes), 0
    while begin < len(sizes) or begin == 0:
        done = total[begin - 1] if begin else 0
        end = max(begin + 1, int(np.searchsorted(total, done + MOST_PAIRS, side="right")))
        end = min(end, len(sizes))
        yield begin, end
        begin = max(end, 1)


def _joined(pieces: Sequence[Any], kind: str) -> Any:
    if len(pieces) == 1:
        return pieces[0]
    if kind == "boolean":
        return v.Truth(np.concatenate([p.yes for p in pieces]), np.concatenate([p.no for p in pieces]))
    if kind == "text":
        return v.Coded(np.concatenate([p.codes for p in pieces]), pieces[0].values)
    return np.concatenate(pieces)


def _known_key(join: Join, found: Any, lost: Any) -> Any:
    """The same, unknown where our key is."""
    if join.kind == "boolean":
        found.yes[lost] = found.no[lost] = False
    elif join.kind == "text":
        found.codes[lost] = -1
    else:
        found[lost] = np.nan
    return found


def _gathered(join: Join, rows: Pairs, groups: NDArray[np.int64], count: int) -> Any:
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
    return v.Coded(np.where(is_open | np.isnan(found), -1, np.nan_to_num(found)).astype(np.int64), words)


def _starts(groups: NDArray[np.int64]) -> NDArray[np.int64]:
    """Where each group begins; groups : ascending"""
    return np.flatnonzero(np.diff(groups, prepend=-1))


def _extreme(how: str, value: Any, groups: NDArray[np.int64], count: int) -> Any:
    """(count,) least, greatest or middle value of each group, NaN without any."""
    out = np.full(count, np.nan)
    if not len(groups):
        return out
    if how == "median":
        return medians(value, groups, count)
    starts = _starts(groups)
    out[groups[starts]] = (np.minimum if how == "first" else np.maximum).reduceat(value, starts)
    return out


def medians(value: Any, groups: NDArray[np.int64], count: int) -> Any:
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
