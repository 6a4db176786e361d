"""Where the engine gets its rows and its rules from: one `Setting` for all tables of a run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from typing import Any

import numpy as np

from evaltools.indicators.engine import values as v
from evaltools.indicators.engine.catalogue_files import rule_types
from evaltools.indicators.engine.entry import Indicator
from evaltools.indicators.engine.functions import days_of
from evaltools.indicators.engine.reading import Reader, Selection
from evaltools.indicators.kleene import Limit, binds, target_of
from evaltools.standards import RuleBook, Rules
from evaltools.terms import CITIES

Place = tuple[int, str]
"""A year and the code of a city; "" is the province."""


@dataclass(frozen=True)
class Setting:
    """What the indicators of all tables are computed from: the data, the rules of each year and city, the date.

    day : ISO date of the evaluation; years : those wanted, each judged by its last day, that of `day` by `day`
    keys : table -> columns of texts by which others look its rows up
    """

    tables: Any
    book: RuleBook
    day: str
    years: tuple[int, ...]
    keys: Mapping[str, frozenset[str]] = field(default_factory=dict)
    readers: dict[str, Reader] = field(default_factory=dict)
    rule_values: dict[tuple[int, ...], RuleValues] = field(default_factory=dict)
    present: dict[str, frozenset[str]] = field(default_factory=dict)

    @property
    def year(self) -> int:
        """The year of the report."""
        return int(self.day[:4])

    @property
    def cities(self) -> tuple[str, ...] | None:
        """Codes of the cities the tables were opened for; None for all."""
        return getattr(self.tables, "cities", None)

    def reader(self, table: str) -> Reader:
        """Access to the rows of a table: its Parquet file, or the checked frame."""
        if table not in self.readers:
            self.readers[table] = Reader.open(self.tables, table, self.keys.get(table, frozenset()), self.cities is not None)
        return self.readers[table]

    def columns(self, table: str) -> frozenset[str]:
        """The columns a table really has. A column that the file lacks is absent, not a column of unknown values."""
        if table not in self.present:
            ledger = getattr(self.tables, "quality", None)
            absent = ledger.tables[table].absent_columns if ledger is not None and table in ledger.tables else ()
            self.present[table] = frozenset(self.reader(table).names) - frozenset(absent)
        return self.present[table]

    @cached_property
    def poor_villages(self) -> Mapping[str, bool]:
        """Village code -> whether it is a poor one; empty without the table of villages.

        The status of a poor village was fixed in 2016: any year of it will do.
        """
        if not self.tables.has("villages"):
            return {}
        found: dict[str, bool] = {}
        wanted = Selection(cities=self.cities, is_partner=True)
        for columns in self.reader("villages").read(("village_code", "is_poor_village"), wanted):
            codes, poor = columns.value("village_code"), columns.value("is_poor_village")
            for answer, mask in ((False, poor.no), (True, poor.yes)):
                for i in np.flatnonzero(np.bincount(codes.codes[mask] + 1, minlength=len(codes.values) + 1)[1:]):
                    code = codes.values[i]
                    found[code] = found.get(code, False) or answer
        return found

    def rules(self, years: Sequence[int]) -> RuleValues:
        """The rules of these years and all cities."""
        key = tuple(years)
        if key not in self.rule_values:
            codes = ["", *(self.cities if self.cities is not None else [c.code for c in CITIES])]
            dates = {y: self.day if y == self.year else f"{y}-12-31" for y in years}
            snaps = {(y, c): self.book.at(dates[y], city=c or None) for y in years for c in codes}
            kinds = {k: t.kind for k, t in rule_types(self.book).items()}
            self.rule_values[key] = RuleValues(key, tuple(codes), snaps, kinds)
        return self.rule_values[key]


@dataclass(frozen=True)
class RuleValues:
    """The rules of some years and cities. snaps : by (year, city code)"""

    years: tuple[int, ...]
    cities: tuple[str, ...]
    snaps: Mapping[Place, Rules]
    kinds: Mapping[str, str]
    known: dict[str, tuple[str, Any]] = field(default_factory=dict)

    def places(self, year: Any, city: v.Coded | None) -> Any:
        """(n,) place of each row in the values of a rule; the last is that of rows of no city.

        year : (n,) or one number: position in `years`; city : of each row
        """
        position = {c: i for i, c in enumerate(self.cities)}
        nowhere = len(self.years) * len(self.cities)
        if city is None:
            return nowhere
        found = city.spread([position.get(c, -1) for c in city.values], -1, np.int64)
        return np.where(found < 0, nowhere, year * len(self.cities) + found)

    def values(self, rule: str) -> tuple[str, Any]:
        """The values of a rule, and what they depend on: "nothing" (one value), the "year" or the "place".

        A value that all cities share is a constant: computing with one is cheaper than with a column.
        """
        if rule not in self.known:
            self.known[rule] = self._values(rule)
        return self.known[rule]

    def _values(self, rule: str) -> tuple[str, Any]:
        kind = {"as_of": "date", "report_year": "number"}.get(rule) or self.kinds[rule]
        found = [[_plain(self.snaps[y, c], rule, kind) for c in self.cities] for y in self.years]
        if all(x == found[0][0] for row in found for x in row):
            return "nothing", _column([found[0][0]], kind, 0)
        if all(x == row[0] for row in found for x in row):
            return "year", _column([row[0] for row in found], kind)
        return "place", _column([x for row in found for x in row] + [None], kind)

    def limits(self, entries: Sequence[Indicator]) -> tuple[dict[Place, dict[str, Limit | None]], dict[Place, frozenset[str]]]:
        """Limit of each entry, and which entries read a rule that is undefined, by year and city."""
        limits, undefined = {}, {}
        read = {e.id: e.rules_read for e in entries}
        for key, rules in self.snaps.items():
            limits[key] = {e.id: _limit(e, rules) for e in entries}
            lost = {r for r in frozenset().union(*read.values()) if not rules[r].is_defined}
            undefined[key] = frozenset(i for i, some in read.items() if some & lost)
        return limits, undefined


def _plain(rules: Rules, rule: str, kind: str) -> Any:
    """A rule's value as the language sees it; None where it is undefined."""
    if rule == "as_of":
        return days_of(date.fromisoformat(rules.as_of))
    if rule == "report_year":
        return float(rules.as_of[:4])
    if not rules[rule].is_defined:
        return None
    value = rules[rule].value
    if kind == "number":
        return float(value)
    if kind == "date":
        return days_of(date.fromisoformat(str(value)))
    return tuple(value) if kind == "list" else value


def _column(found: Sequence[Any], kind: str, only: int | None = None) -> Any:
    """The values of a rule as a column of the language's kind; `only` : the one value at that position instead."""
    rows = slice(None) if only is None else only
    if kind in ("text", "list"):
        place = {x: i for i, x in enumerate(dict.fromkeys(x for x in found if x is not None))}
        return v.Coded(np.array([-1 if x is None else place[x] for x in found], dtype=np.int32), tuple(place)).take(rows)
    if kind == "boolean":
        return v.Truth(np.array([x is True for x in found]), np.array([x is False for x in found])).take(rows)
    return np.array([np.nan if x is None else x for x in found], dtype=np.float64)[rows]


def _limit(entry: Indicator, rules: Rules) -> Limit | None:
    """What an entry is held against: the rule's value, or 100 % of units where the rule speaks of each of them."""
    if entry.rule is None:
        return None
    rule = rules[entry.rule]
    if not entry.is_every:
        return target_of(rule)
    return Limit(1.0, ">=") if rule.is_defined and binds(rule) else None
