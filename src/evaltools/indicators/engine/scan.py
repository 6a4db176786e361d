"""One register, counted in one scan: the sums of its smallest areas, and of these all others."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from evaltools.indicators.engine.areas import KEYS, Places, SmallAreas
from evaltools.indicators.engine.entry import Indicator
from evaltools.indicators.engine.gather import Gatherer
from evaltools.indicators.engine.joins import Join
from evaltools.indicators.engine.memory import give_back
from evaltools.indicators.engine.plan import Plan, must_fit
from evaltools.indicators.engine.reading import Selection
from evaltools.indicators.engine.result import MeasuredOf, TableSums
from evaltools.indicators.engine.rollup import Rollup, largest_sum
from evaltools.indicators.engine.rows import BLOCK, Block
from evaltools.indicators.engine.source import Setting
from evaltools.indicators.engine.tally import Key, Sums, Tally, kind_of
from evaltools.indicators.engine.values import ordered
from evaltools.intake import Contract, load_contract

_CELLS = 1 << 20
_CHECKED = 2.0**60
_LARGE = 1 << 20


@dataclass(frozen=True)
class Scan:
    """What the indicators of one register read. up_to : all rows up to this year, as of it; None for the rows of each year"""

    setting: Setting
    entries: Sequence[Indicator]
    up_to: int | None = None

    @property
    def table(self) -> str:
        """The register."""
        return self.entries[0].table

    @property
    def contract(self) -> Contract:
        """Its contract."""
        return load_contract(self.table)

    @property
    def as_of(self) -> int | None:
        """The year that all rows are taken as of; None for each row's own."""
        return self.up_to if self.contract.year_column else self.setting.year

    @property
    def joins(self) -> list[Join]:
        """What is gathered of other tables."""
        return [j for e in self.entries for j in e.joins]

    @property
    def years(self) -> tuple[int, ...] | None:
        """The years of the rows; None for more than one can tell."""
        return self.setting.years if self.as_of is None else None

    @property
    def years_judged(self) -> tuple[int, ...]:
        """The years whose rules hold."""
        return self.setting.years if self.as_of is None else (self.as_of,)

    @property
    def selection(self) -> Selection:
        """The rows."""
        years = None if self.up_to else self.setting.years
        return Selection(years=years, up_to=self.up_to, cities=self.setting.cities)

    @cached_property
    def plan(self) -> Plan:
        """What is summed."""
        return Plan.of(self.entries, self.contract)

    @property
    def names(self) -> set[str]:
        """The columns."""
        found = {n for e in self.entries for n in e.columns} | (set(KEYS) & self.setting.columns(self.table))
        return found | {c for c in (self.contract.city_column, self.contract.year_column) if c}


@dataclass(frozen=True)
class Added:
    """What a scan has added up: numbers alone, so that another process can hand them over. See `Sums`"""

    areas: pd.DataFrame
    found: Mapping[Key, NDArray[Any]]
    medians: Mapping[str, NDArray[np.float64]]


def indicators_of(scan: Scan, added: Added) -> TableSums:
    """The indicators of a register from what was added up."""
    rules = scan.setting.rules(scan.years_judged)
    sums = Sums(scan.table, scan.plan, len(added.areas), added.found, added.medians)
    return TableSums(added.areas, MeasuredOf(scan.entries, sums), *rules.limits(scan.entries))


def added_up(scan: Scan, levels: Sequence[str] | None) -> Added:
    """The sums of a register in all areas."""
    setting, contract, selection, names = scan.setting, scan.contract, scan.selection, scan.names
    reader = setting.reader(scan.table)
    rules = setting.rules(scan.years_judged)
    gather = Gatherer(setting, contract, scan.joins, scan.years)
    is_large = setting.cities is None and reader.count > _LARGE  # of small ones little is free, and giving it back takes longer
    if is_large:
        give_back()
    places = Places.of(contract, setting.columns(scan.table), lambda: setting.poor_villages)
    plan = scan.plan

    def of_part(part: tuple[int, ...]) -> tuple[Tally, SmallAreas] | None:
        columns = reader.part(part, names, selection)
        return _tally(plan, Block(contract, columns, rules, gather, scan.as_of), places) if columns.count else None

    done = [x for x in map(of_part, reader.parts(selection)) if x is not None]
    if is_large:
        give_back()
    return _rolled(done, plan, places.levels(levels), scan.table)


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


def _rolled(done: Sequence[tuple[Tally, SmallAreas]], plan: Plan, levels: Sequence[str], table: str) -> Added:
    """The sums of all areas of the levels. The tallies are emptied on the way."""
    rollup = Rollup.of([areas for _, areas in done], levels)
    starts = np.cumsum([0, *(areas.count for _, areas in done)])
    tallies = [t for t, _ in done]
    medians = {}
    for name in plan.values:
        known = [t.known(name) for t in tallies]
        values = np.concatenate([np.empty(0), *(x for x, _ in known)])
        small = [at + start for (_, at), start in zip(known, starts, strict=False)]
        medians[name] = rollup.medians(values, np.concatenate([np.empty(0, dtype=np.int64), *small]))
    return Added(rollup.areas, _summed(rollup, [t.sums for t in tallies], starts, table), medians)


def _summed(
    rollup: Rollup, parts: Sequence[dict[Key, NDArray[Any]]], starts: NDArray[np.int64], table: str
) -> dict[Key, NDArray[Any]]:
    """Key -> (A,) sums of all areas, from those of the small ones in each part of the table. starts : of these parts

    A few keys are added up at once: so many that they stay in the processor's cache.
    """
    keys: dict[Any, list[Key]] = {}
    for key in dict.fromkeys(k for p in parts for k in p):
        keys.setdefault(kind_of(key), []).append(key)
    found: dict[Key, NDArray[Any]] = {}
    many = max(1, _CELLS // max(1, int(starts[-1])))
    for kind, wanted in keys.items():
        for some in (wanted[i : i + many] for i in range(0, len(wanted), many)):
            small = np.zeros((len(some), starts[-1]), dtype=kind)
            for row, key in zip(small, some, strict=True):
                for p, start, stop in zip(parts, starts[:-1], starts[1:], strict=True):
                    if key in p:
                        row[start:stop] = p.pop(key)
            if largest_sum(small) >= _CHECKED:
                for amounts in small:
                    must_fit(amounts, table)
            found.update(zip(some, rollup.added(small), strict=True))
    return found
