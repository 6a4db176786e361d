"""Run the catalogue over a data folder: registers are counted in one scan each, surveys estimated by their design."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import date
from functools import partial
from typing import Any

import pandas as pd

from evaltools.indicators.engine import beside
from evaltools.indicators.engine.ahead import ready
from evaltools.indicators.engine.areas import Places
from evaltools.indicators.engine.catalogue import Catalogue
from evaltools.indicators.engine.entry import Indicator
from evaltools.indicators.engine.memory import uncollected
from evaltools.indicators.engine.result import IndicatorTable, TableSums
from evaltools.indicators.engine.scan import Added, Scan, added_up, indicators_of
from evaltools.indicators.engine.source import Setting
from evaltools.indicators.engine.survey import estimate_survey
from evaltools.intake import load_contract
from evaltools.standards import RuleBook

THREADS = 2
LARGE = 1 << 21
"""Rows that two processes share; of fewer, threads are done sooner than a process is copied."""
LARGE_FILES = 1 << 26
"""And bytes of files of which single cities are read."""
LARGE_FILE = 1 << 20
"""Bytes from which on a file is opened before the process is copied: what reads none but such takes most of the time."""
Entries = Mapping[str, Sequence[Indicator]]
Found = dict[str, dict[str, TableSums]]
Lost = dict[str, list[dict[str, str]]]
TableResults = tuple[dict[str, TableSums], list[dict[str, str]]]


@dataclass(frozen=True)
class Job:
    """What to compute: name of the result, its table and how many rows this has, ids of the entries; up_to : see `Scan`"""

    name: str
    table: str
    size: int
    ids: frozenset[str]
    up_to: int | None = None


TableAdded = tuple[list[tuple[Job, Added | TableSums]], list[dict[str, str]]]
"""The jobs of a table with what they gave, and the entries that cannot be computed."""


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
    run = Run(setting, entries, levels)
    with uncollected():
        found, lost = run.of_all() if setting.cities is None else run.of_cities()
    missing = pd.DataFrame([x for t in entries for x in lost[t]], columns=["indicator", "table", "reason"])
    return IndicatorTable(catalogue, setting.year, {k: x for t in entries for k, x in found[t].items()}, missing)


@dataclass(frozen=True)
class Run:
    """Which entries are computed, by table, of what and for which levels of areas. scans : what each job reads, once known"""

    setting: Setting
    entries: Entries
    levels: Sequence[str] | None
    scans: dict[str, Scan] = field(default_factory=dict)

    def of_all(self) -> tuple[Found, Lost]:
        """Results and what cannot be computed, by table, for the whole province: two jobs at a time, the largest first."""
        self.open_beside(self.tables(self.entries))
        planned = {t: self.planned(t) for t in self.entries}
        jobs = {j.name: j for j in sorted((j for some, _ in planned.values() for j in some), key=lambda j: -j.size)}
        work = {name: partial(self.added, j) for name, j in jobs.items()}
        if sum(j.size for j in jobs.values()) > LARGE and beside.is_possible():
            self.find_poor_villages(self.entries)
            done = beside.done(work, lambda name, added: self.result(jobs[name], added))
        else:
            with ThreadPoolExecutor(THREADS) as pool:
                begun = {name: pool.submit(job) for name, job in work.items()}
                done = {name: self.result(jobs[name], job.result()) for name, job in begun.items()}
        found = {t: {j.name: done[j.name] for j in some} for t, (some, _) in planned.items()}
        return found, {t: lost for t, (_, lost) in planned.items()}

    def of_cities(self) -> tuple[Found, Lost]:
        """The same for single cities: with large files in two processes, else table after table as they have been read."""
        sizes = {t: self.setting.tables.files[t].stat().st_size for t in self.tables(self.entries)}
        smallest_first = sorted(self.entries, key=lambda t: sizes.get(t, 0))
        if sum(sizes.get(t, 0) for t in self.entries) > LARGE_FILES and beside.is_possible():
            done = self.of_large(smallest_first[::-1], {t for t, size in sizes.items() if size > LARGE_FILE})
        else:
            done = {t: self.results(t, self.of_table(t)) for t in ready(self.setting, self.entries, smallest_first)}
        return {t: found for t, (found, _) in done.items()}, {t: lost for t, (_, lost) in done.items()}

    def of_large(self, tables: Sequence[str], large: Collection[str]) -> dict[str, TableResults]:
        """The results by table: what reads large files alone is shared by two processes; the first opens the small ones and does
        what reads them while the second has begun. tables : the largest first"""
        self.open_beside(large)
        shared = [t for t in tables if set(self.tables([t])) <= set(large)]
        self.find_poor_villages(shared)

        def own() -> Iterator[tuple[str, Any]]:
            self.open(self.tables(self.entries))
            yield from ((t, partial(self.of_table, t)) for t in tables if t not in shared)

        return beside.done({t: partial(self.of_table, t) for t in shared}, self.results, own())

    def tables(self, tables: Iterable[str]) -> list[str]:
        """What the entries of some tables read, as far as it is there."""
        return sorted({t for table in tables for e in self.entries[table] for t in e.tables if self.setting.tables.has(t)})

    def open(self, tables: Iterable[str]) -> None:
        """Open tables: each is searched for identifiers. A second process opens none: what this leaves behind (the ledger, the
        key of pseudonyms, checked copies of files) belongs to the first one."""
        for table in tables:
            self.setting.reader(table)

    def open_beside(self, tables: Iterable[str]) -> None:
        """The same before there is a second process, two at a time."""
        with ThreadPoolExecutor(THREADS) as pool:
            list(pool.map(self.setting.reader, tables))

    def find_poor_villages(self, tables: Iterable[str]) -> None:
        """Read which villages are poor before there is a second process, which opens no table, where one of these needs it."""
        for table in filter(self.setting.tables.has, tables):
            Places.of(load_contract(table), self.setting.columns(table), lambda: self.setting.poor_villages)

    def of_table(self, table: str) -> TableAdded:
        """All jobs of a table with what they gave, and the entries that cannot be computed, with the reason."""
        jobs, lost = self.planned(table)
        return [(j, self.added(j)) for j in jobs], lost

    def results(self, table: str, done: TableAdded) -> TableResults:
        """The results of a table, by name, and the entries that cannot be computed."""
        found, lost = done
        return {j.name: self.result(j, added) for j, added in found}, lost

    def planned(self, table: str) -> tuple[list[Job], list[dict[str, str]]]:
        """What to compute of one table, and the entries that cannot be, with the reason."""
        good, lost = _available(self.setting, table, self.entries[table])
        if not good:
            return [], lost
        size = self.setting.reader(table).count
        summed = frozenset(e.id for e in good if e.period == "cumulative" and not e.is_survey)
        yearly = frozenset(e.id for e in good) - summed
        jobs = [Job(table, table, size, yearly)] if yearly else []
        return jobs + [Job(f"{table} to {y}", table, size, summed, y) for y in self.setting.years if summed], lost

    def scan(self, job: Job) -> Scan:
        """What a job reads."""
        if job.name not in self.scans:
            self.scans[job.name] = Scan(self.setting, [e for e in self.entries[job.table] if e.id in job.ids], job.up_to)
        return self.scans[job.name]

    def added(self, job: Job) -> Added | TableSums:
        """What can be done in another process: the sums of a register, the estimates of a survey."""
        scan = self.scan(job)
        is_survey = scan.entries[0].is_survey
        return estimate_survey(self.setting, scan.entries, self.levels) if is_survey else added_up(scan, self.levels)

    def result(self, job: Job, added: Added | TableSums) -> TableSums:
        """The indicators."""
        return added if isinstance(added, TableSums) else indicators_of(self.scan(job), added)


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
