"""Run the catalogue over a data folder: registers are counted in one scan each, surveys estimated by their design."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import date
from functools import partial
from typing import Any

import pandas as pd

from evaltools.indicators.engine import beside
from evaltools.indicators.engine.ahead import ready
from evaltools.indicators.engine.entry import Catalogue, Indicator
from evaltools.indicators.engine.memory import uncollected
from evaltools.indicators.engine.result import IndicatorTable, TableSums
from evaltools.indicators.engine.scan import Added, Scan, added_up, indicators_of
from evaltools.indicators.engine.source import Setting
from evaltools.indicators.engine.survey import estimate_survey
from evaltools.standards import RuleBook

THREADS = 2
LARGE = 1 << 21
"""Rows that two processes share; of fewer, threads are done sooner than a process is copied."""
LARGE_FILES = 1 << 26
"""And bytes of files of which single cities are read."""
Entries = Mapping[str, Sequence[Indicator]]
Found = dict[str, dict[str, TableSums]]
Lost = dict[str, list[dict[str, str]]]


@dataclass(frozen=True)
class Job:
    """What to compute: name of the result, its table and how many rows this has, ids of the entries; up_to : see `Scan`"""

    name: str
    table: str
    size: int
    ids: frozenset[str]
    up_to: int | None = None

    def of(self, entries: Entries) -> list[Indicator]:
        """The entries."""
        return [e for e in entries[self.table] if e.id in self.ids]

    def done(self, setting: Setting, entries: Entries, levels: Sequence[str] | None) -> Added | TableSums:
        """What can be done in another process: the sums of a register, the estimates of a survey."""
        some = self.of(entries)
        return estimate_survey(setting, some, levels) if some[0].is_survey else added_up(Scan(setting, some, self.up_to), levels)

    def result(self, setting: Setting, entries: Entries, done: Added | TableSums) -> TableSums:
        """The indicators."""
        return done if isinstance(done, TableSums) else indicators_of(Scan(setting, self.of(entries), self.up_to), done)


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
    setting = Setting(tables, book or catalogue.book, day, wanted, catalogue.looked_up_by)
    entries = {t: [e for e in catalogue.of_table(t) if chosen is None or e.id in chosen] for t in catalogue.tables}
    entries = {t: some for t, some in entries.items() if some}
    with uncollected():
        found, lost = (_of_all if setting.cities is None else _of_cities)(setting, entries, levels)
    missing = pd.DataFrame([x for t in entries for x in lost[t]], columns=["indicator", "table", "reason"])
    return IndicatorTable(catalogue, setting.year, {k: x for t in entries for k, x in found[t].items()}, missing)


def _of_all(setting: Setting, entries: Entries, levels: Sequence[str] | None) -> tuple[Found, Lost]:
    """The results of each table and what cannot be computed, for the whole province: two jobs at a time, the largest first."""
    _open(setting, entries)
    planned = {t: _planned(setting, some) for t, some in entries.items()}
    jobs = sorted((j for some, _ in planned.values() for j in some), key=lambda j: -j.size)
    work = {j.name: partial(j.done, setting, entries, levels) for j in jobs}
    if sum(j.size for j in jobs) > LARGE and beside.is_possible():
        done = beside.done(work)
    else:
        with ThreadPoolExecutor(THREADS) as pool:
            begun = {name: pool.submit(job) for name, job in work.items()}
            done = {name: job.result() for name, job in begun.items()}
    found = {t: {j.name: j.result(setting, entries, done[j.name]) for j in some} for t, (some, _) in planned.items()}
    return found, {t: lost for t, (_, lost) in planned.items()}


def _open(setting: Setting, entries: Entries) -> None:
    """Open the tables that some entries read: each is searched for identifiers. This is done before a process is copied: what
    opening leaves behind (the ledger, the key of pseudonyms, checked copies of files) belongs to the first one."""
    tables = sorted({t for some in entries.values() for e in some for t in e.tables if setting.tables.has(t)})
    with ThreadPoolExecutor(THREADS) as pool:
        list(pool.map(setting.reader, tables))


def _of_cities(setting: Setting, entries: Entries, levels: Sequence[str] | None) -> tuple[Found, Lost]:
    """The same for single cities: with large files in two processes, else table after table as they have been read."""
    sizes = {t: setting.tables.files[t].stat().st_size if setting.tables.has(t) else 0 for t in entries}
    smallest_first = sorted(entries, key=lambda t: sizes[t])
    if sum(sizes.values()) > LARGE_FILES and beside.is_possible():
        _open(setting, entries)
        done = beside.done({t: partial(_of_table, setting, entries, t, levels) for t in reversed(smallest_first)})
    else:
        done = {t: _of_table(setting, entries, t, levels) for t in ready(setting, entries, smallest_first)}
    found = {t: {j.name: j.result(setting, entries, x) for j, x in some} for t, (some, _) in done.items()}
    return found, {t: lost for t, (_, lost) in done.items()}


def _of_table(
    setting: Setting, entries: Entries, table: str, levels: Sequence[str] | None
) -> tuple[list[tuple[Job, Added | TableSums]], list[dict[str, str]]]:
    """All jobs of a table with what they gave, and the entries that cannot be computed, with the reason."""
    jobs, lost = _planned(setting, entries[table])
    return [(j, j.done(setting, entries, levels)) for j in jobs], lost


def _planned(setting: Setting, entries: Sequence[Indicator]) -> tuple[list[Job], list[dict[str, str]]]:
    """What to compute of one table, and the entries that cannot be, with the reason."""
    table = entries[0].table
    good, lost = _available(setting, table, entries)
    if not good:
        return [], lost
    size = setting.reader(table).count
    summed = frozenset(e.id for e in good if e.period == "cumulative" and not e.is_survey)
    yearly = frozenset(e.id for e in good) - summed
    jobs = [Job(table, table, size, yearly)] if yearly else []
    return jobs + [Job(f"{table} to {y}", table, size, summed, y) for y in setting.years if summed], lost


def _available(setting: Setting, table: str, entries: Sequence[Indicator]) -> tuple[list[Indicator], list[dict[str, str]]]:
    """Entries whose table and columns are there, and the others with the reason."""
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
