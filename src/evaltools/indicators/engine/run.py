"""Run the catalogue over a data folder: registers are counted in one scan each, surveys estimated by their design."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date
from functools import partial
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from evaltools.indicators.engine.areas import KEYS, Places, SmallAreas
from evaltools.indicators.engine.entry import Catalogue, Indicator
from evaltools.indicators.engine.gather import Gatherer
from evaltools.indicators.engine.memory import give_back, uncollected
from evaltools.indicators.engine.plan import Plan, must_fit
from evaltools.indicators.engine.reading import Selection
from evaltools.indicators.engine.result import IndicatorTable, MeasuredOf, TableSums
from evaltools.indicators.engine.rollup import Rollup, largest_sum
from evaltools.indicators.engine.rows import BLOCK, Block
from evaltools.indicators.engine.source import Setting
from evaltools.indicators.engine.survey import estimate_survey
from evaltools.indicators.engine.tally import Sums, Tally
from evaltools.indicators.engine.values import ordered
from evaltools.standards import RuleBook

THREADS = 2
_CELLS = 1 << 20
_CHECKED = 2.0**60
Job = tuple[str, int, Callable[[], TableSums]]
"""What to compute: name of the result, rows of its table, and how."""


def compute_indicators(
    tables: Any,
    book: RuleBook | None = None,
    *,
    as_of: str | date = "2020-12-31",
    years: Iterable[int] | None = None,
    catalogue: Catalogue | None = None,
    levels: Sequence[str] | None = None,
    only: Iterable[str] | None = None,
) -> IndicatorTable:
    """All indicators of a data folder, for all areas of its cities.

    tables : intake.Tables; book : rules whose values and limits are used (default: the packaged ones)
    as_of : date of the evaluation; its year is the report's; years : further years (each judged by its 31 December)
    catalogue : default the packaged one; levels : of `areas.LEVELS`; only : ids wanted
    A table or column that is absent makes its indicators "not available": listed in `.missing` with the reason.
    DataInvalidError where amounts are too large to be added up exactly.
    """
    catalogue = catalogue or Catalogue.load(book=book)
    day = as_of if isinstance(as_of, str) else as_of.isoformat()
    wanted = tuple(sorted({int(day[:4]), *(years or ())}))
    chosen = None if only is None else set(only)
    setting = Setting(tables, book or catalogue.book, day, wanted, catalogue.keys)
    _open_all(setting, {t for e in catalogue.values() for t in e.tables} if chosen is None else ())
    jobs: list[Job] = []
    lost: list[dict[str, str]] = []
    for table in catalogue.tables:
        entries = [e for e in catalogue.of_table(table) if chosen is None or e.id in chosen]
        entries, absent = _available(setting, table, entries)
        lost += absent
        if entries:
            jobs += _jobs(setting, entries, levels)
    missing = pd.DataFrame(lost, columns=["indicator", "table", "reason"])
    with uncollected():
        done = _done(jobs)
    return IndicatorTable(catalogue, setting.year, done, missing)


def _open_all(setting: Setting, tables: Iterable[str]) -> None:
    """Look at the files of several tables at once: each is searched for identifiers."""
    with ThreadPoolExecutor(THREADS) as pool:
        list(pool.map(setting.reader, [t for t in sorted(tables) if setting.tables.has(t)]))


def _jobs(setting: Setting, entries: Sequence[Indicator], levels: Sequence[str] | None) -> list[Job]:
    """What to compute of one table."""
    table = entries[0].table
    size = setting.reader(table).count
    if entries[0].is_survey:
        return [(table, size, partial(estimate_survey, setting, entries, levels))]
    yearly = [e for e in entries if e.period == "year"]
    summed = [e for e in entries if e.period == "cumulative"]
    jobs: list[Job] = [(table, size, partial(_count, setting, yearly, levels))] if yearly else []
    if summed:
        jobs += [(f"{table} to {y}", size, partial(_count, setting, summed, levels, y)) for y in setting.years]
    return jobs


def _done(jobs: Sequence[Job]) -> dict[str, TableSums]:
    """The results in the order of the jobs; the largest are begun first, two at a time."""
    with ThreadPoolExecutor(THREADS) as pool:
        begun = {name: pool.submit(job) for name, _, job in sorted(jobs, key=lambda j: -j[1])}
        return {name: begun[name].result() for name, _, _ in jobs}


def _available(setting: Setting, table: str, entries: Sequence[Indicator]) -> tuple[list[Indicator], list[dict[str, str]]]:
    """Entries whose table and columns are there, and the others with the reason."""
    if not entries:
        return [], []
    if not setting.tables.has(table):
        return [], [{"indicator": e.id, "table": table, "reason": f"table {table} is absent"} for e in entries]
    present = {t: setting.columns(t) for t in {t for e in entries for t in e.tables} if setting.tables.has(t)}
    good, lost = [], []
    for e in entries:
        reason = _reason(e, present)
        if reason:
            lost.append({"indicator": e.id, "table": table, "reason": reason})
        else:
            good.append(e)
    return good, lost


def _reason(e: Indicator, present: dict[str, frozenset[str]]) -> str:
    """Why an entry cannot be computed from the columns that are there; empty where it can."""
    for table in e.tables[1:]:
        if table not in present:
            return f"table {table} is absent"
    absent = sorted(e.columns - present[e.table])
    absent += [f"{j.table}.{c}" for j in e.joins for c in sorted(j.theirs - present[j.table])]
    return f"columns absent: {', '.join(dict.fromkeys(absent))}" if absent else ""


def _count(setting: Setting, entries: Sequence[Indicator], levels: Sequence[str] | None, up_to: int | None = None) -> TableSums:
    """The indicators of one register. up_to : all rows up to this year, as of it; None for the rows of each year"""
    table = entries[0].table
    reader = setting.reader(table)
    contract, present = reader.contract, setting.columns(table)
    as_of = up_to if contract.year_column else setting.year
    years = setting.years if as_of is None else (as_of,)
    rules = setting.rules(years)
    joins = [j for e in entries for j in e.joins]
    gather = Gatherer(setting, contract, joins, years if as_of is None else None)
    is_whole = setting.cities is None  # of single cities little is held, and giving it back takes longer than they do
    if is_whole:
        give_back()
    places = Places.of(contract, present, lambda: setting.poor_villages)
    plan = Plan.of(entries, contract)
    selection = Selection(years=None if up_to else years, up_to=up_to, cities=setting.cities)
    names = {n for e in entries for n in e.columns} | (set(KEYS) & present)
    names |= {c for c in (contract.city_column, contract.year_column) if c}

    def counted(part: tuple[int, ...]) -> tuple[Tally, SmallAreas] | None:
        columns = reader.part(part, names, selection)
        return _tally(plan, Block(contract, columns, rules, gather, as_of), places) if columns.count else None

    done = [x for x in map(counted, reader.parts(selection)) if x is not None]
    if is_whole:
        give_back()
    sums, areas = _rolled(done, plan, places.levels(levels), table)
    measured = MeasuredOf(entries, sums)
    limits, undefined = rules.limits(entries)
    return TableSums(areas, measured, limits, undefined)


def _tally(plan: Plan, rows: Block, places: Places) -> tuple[Tally, SmallAreas]:
    """The sums of some rows by their smallest areas, and these. What is computed for a block is dropped with it."""
    contract, columns = rows.contract, rows.columns
    years = columns.value(str(contract.year_column)).astype(np.int64) if rows.year is None else rows.year
    ids, areas = places.numbered(columns, years)
    rows, ids = _by_area(rows, ids)
    tally = Tally(plan, areas.count, contract.table)
    for start in range(0, len(ids), BLOCK):
        stop = min(start + BLOCK, len(ids))
        tally.add(replace(rows, start=start, stop=stop, known={}), ids[start:stop])
    return tally, areas


def _by_area(rows: Block, ids: np.ndarray) -> tuple[Block, np.ndarray]:
    """The rows in the order of their areas, and the area of each. ids : (n,) number of each row's area, without a gap"""
    if (ids[1:] >= ids[:-1]).all():
        return rows, ids
    order = ordered(ids, int(ids.max()) + 1)
    return replace(rows, columns=rows.columns.taken(order)), ids[order]


def _rolled(done: Sequence[tuple[Tally, SmallAreas]], plan: Plan, levels: Sequence[str], table: str) -> tuple[Sums, pd.DataFrame]:
    """The sums of all areas of the levels, and these areas. The tallies are emptied on the way."""
    rollup = Rollup.of([areas for _, areas in done], levels)
    starts = np.cumsum([0, *(areas.count for _, areas in done)])
    tallies = [t for t, _ in done]
    medians = {}
    for name in plan.values:
        known = [t.known(name) for t in tallies]
        values = np.concatenate([np.empty(0), *(x for x, _ in known)])
        small = [at + start for (_, at), start in zip(known, starts, strict=False)]
        medians[name] = rollup.medians(values, np.concatenate([np.empty(0, dtype=np.int64), *small]))
    return Sums(
        table,
        _summed(rollup, [t.counts for t in tallies], plan.answers, (4,), table),
        _summed(rollup, [t.weights for t in tallies], plan.weights, (4,), table),
        _summed(rollup, [t.amounts for t in tallies], plan.amounts, (), table),
        medians,
    ), rollup.areas


def _summed(
    rollup: Rollup, parts: Sequence[dict[str, NDArray[Any]]], names: Iterable[str], shape: tuple[int, ...], table: str
) -> dict[str, NDArray[Any]]:
    """Name -> (*shape, A) sums of all areas, from (*shape, S) of the small ones in each part of the table.

    A few names are added up at once: so many that they stay in the processor's cache.
    """
    count = len(rollup.sorting)
    wanted, found = list(names), {}
    many = max(1, _CELLS // max(1, count * math.prod(shape)))
    for start in range(0, len(wanted), many):
        some = wanted[start : start + many]
        small = np.empty((len(some), *shape, count), dtype=parts[0][some[0]].dtype if parts else np.int32)
        for at, name in enumerate(some):
            np.concatenate([p.pop(name) for p in parts] or [small[at]], axis=-1, out=small[at])
        if largest_sum(small) >= _CHECKED:
            for amounts in small:
                must_fit(amounts, table)
        found.update(zip(some, rollup.added(small), strict=True))
    return found
