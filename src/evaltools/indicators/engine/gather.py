"""What the joins of a catalogue file gather: rows of another table found by key, then counted, summed or ranked."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from evaltools.indicators.engine import values as v
from evaltools.indicators.engine.groups import gathered
from evaltools.indicators.engine.index import Index
from evaltools.indicators.engine.joins import Join, Key
from evaltools.indicators.engine.levels import NO_KEY, Level, level_of
from evaltools.indicators.engine.reading import Selection
from evaltools.indicators.engine.rows import Block, Pairs
from evaltools.indicators.engine.source import Setting
from evaltools.intake import Contract

MOST_PAIRS = 1 << 21
_MUCH_LARGER = 4
Keys = tuple[str, tuple[Key, ...]]


class Gatherer:
    """Gathers the joins of one table's entries. Each other table is read once, and sorted once for every set of keys."""

    def __init__(self, setting: Setting, contract: Contract, joins: Sequence[Join], years: Sequence[int] | None) -> None:
        """contract : of the table whose rows are ours; years : theirs, None for more than one can tell"""
        self._joins = {j.column: j for j in joins}
        self._setting, self._contract = setting, contract
        self._indices: dict[Keys, Index] = {}
        self._found: dict[str, Any] = {}
        for (table, selection), some in lookups(setting, contract, joins, years).items():
            self._read(table, selection, some)

    def _read(self, table: str, selection: Selection, joins: Sequence[Join]) -> None:
        """Sort the rows of a table and gather what can be gathered of them before ours are known."""
        names = frozenset().union(*(j.theirs for j in joins))
        theirs = self._setting.reader(table).whole(names, selection, self._wanted(table, joins))
        levels: dict[str, Level] = {}
        for keys in dict.fromkeys(j.keys for j in joins):
            levels |= {k.theirs: level_of(theirs, k, table) for k in keys if k.theirs not in levels}
            index = Index.of(theirs, {k: levels[k.theirs] for k in keys})
            some = [j for j in joins if j.keys == keys]
            self._gather_by_key(index, some)
            is_done = not any(j.reads_our_row for j in some)  # their rows are not looked at again
            self._indices[table, keys] = index.without_rows() if is_done else index

    def _wanted(self, table: str, joins: Sequence[Join]) -> tuple[str, Any] | None:
        """Their column of texts and those among ours, where their table is much larger: no other row will be found."""
        own, other = self._setting.reader(self._contract.table), self._setting.reader(table)
        if _MUCH_LARGER * own.count > other.count:
            return None
        pairs = [{(k.theirs, k.ours) for k in j.keys if k.kind == "text"} for j in joins]
        common = sorted(set.intersection(*pairs))
        return (common[0][0], own.words(common[0][1], Selection(cities=self._setting.cities))) if common else None

    def _gather_by_key(self, index: Index, joins: Sequence[Join]) -> None:
        """For joins of our key alone the result of every key; for the others their rows that may count."""
        groups = index.groups
        for j in joins:
            rows = Pairs(index.theirs, index.order)  # anew for each: columns of millions of rows are not kept
            if j.reads_our_row:
                self._found[j.column] = _few(j, index, rows, groups)
            elif j.how in ("first", "last") and j.condition is None and j.value and (index.size == 1).all():
                self._found[j.column] = _with_two_unknown(rows.value(j.value.step), len(groups))
            else:  # two groups without rows at the end, for NO_KEY and NO_ROWS: what is gathered of none
                self._found[j.column] = _known_key(j, gathered(j, rows, groups, len(index.size) + 2), [-2])

    def __call__(self, name: str, block: Block) -> Any:
        """A gathered column for the rows of a block."""
        join = self._joins[name]
        index = self._indices[join.table, join.keys]
        found = index.find(block)
        if not join.reads_our_row:
            return v.take(self._found[name], found)
        return self._paired(join, index, block, found)

    def _paired(self, join: Join, index: Index, block: Block, found: NDArray[np.int64]) -> Any:
        """Each of our rows with all of theirs that may count."""
        order, first, size = self._found[join.column]
        sizes, starts = size[found], first[found]
        pieces = []
        for begin, end in _pieces(sizes):
            some = sizes[begin:end]
            groups = np.repeat(np.arange(end - begin), some)
            within = np.arange(len(groups)) - np.repeat(np.cumsum(some) - some, some)
            theirs = order[np.repeat(starts[begin:end], some) + within]
            pairs = Pairs(index.theirs, theirs, block, groups + begin)
            pieces.append(gathered(join, pairs, groups, end - begin))
        return _known_key(join, _joined(pieces, join.kind), found == NO_KEY)


def lookups(
    setting: Setting, contract: Contract, joins: Sequence[Join], years: Sequence[int] | None
) -> dict[tuple[str, Selection], list[Join]]:
    """Which rows of which other tables joins look at, and the joins for which these are read at once. See `Gatherer`"""
    found: dict[tuple[str, Selection], list[Join]] = {}
    for j in {j.column: j for j in joins}.values():
        found.setdefault((j.table, _selection(setting, j.table, contract, j.keys, years)), []).append(j)
    return found


def _few(join: Join, index: Index, rows: Pairs, groups: NDArray[np.int64]) -> tuple[Any, Any, Any]:
    """Their rows that may count, key after key, and the first and number of each key's among them; at the end those of
    NO_KEY and NO_ROWS, which are none."""
    keep = np.ones(len(groups), dtype=bool)
    for part in join.needed:
        keep &= ~np.broadcast_to(rows.value(part.step).no, keep.shape)
    size = np.bincount(groups[keep], minlength=len(index.size) + 2)
    order = np.flatnonzero(keep) if isinstance(index.order, slice) else index.order[keep]
    return order, np.cumsum(size) - size, size


def _selection(setting: Setting, table: str, own: Contract, keys: Sequence[Key], years: Sequence[int] | None) -> Selection:
    """Rows of other cities than those opened are left out, rows of none are not, as in `intake`. Where the year is a
    key, only years that ours can have are read; and ours, where the table is the same: its keys are then known by where
    they were read. To select all years there are is to select none, so that such rows are read with others."""
    contract = setting.reader(table).contract
    city = contract.city_column
    is_limited = city is not None and contract.columns[city].required
    lag = next((k.lag for k in keys if (k.theirs, k.ours) == (contract.year_column, own.year_column)), None)
    theirs = None
    if years is not None and lag is not None:
        theirs = tuple(sorted({y - lag for y in years} | (set(years) if table == own.table else set())))
        theirs = None if setting.reader(table).is_within(theirs) else theirs
    return Selection(theirs, cities=setting.cities if is_limited else None, is_partner=True)


def _pieces(sizes: NDArray[np.int64]) -> Iterator[tuple[int, int]]:
    """Stretches of rows with at most MOST_PAIRS pairs each, or one row."""
    total, begin = np.cumsum(sizes), 0
    while begin < len(sizes) or begin == 0:
        done = total[begin - 1] if begin else 0
        end = max(begin + 1, int(np.searchsorted(total, done + MOST_PAIRS, side="right")))
        end = min(end, len(sizes))
        yield begin, end
        begin = max(end, 1)


def _with_two_unknown(value: Any, count: int) -> Any:
    """(count + 2,) the value of the one row of each key, then that of no row, twice."""
    if isinstance(value, v.Truth):
        return v.Truth(*(np.append(np.broadcast_to(x, count), [False, False]) for x in (value.yes, value.no)))
    if isinstance(value, v.Coded):
        return v.Coded(np.append(np.broadcast_to(value.codes, count), [-1, -1]).astype(np.int32), value.values)
    return np.append(np.broadcast_to(value, count), [np.nan, np.nan])


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


