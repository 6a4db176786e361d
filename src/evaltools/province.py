"""The face for people in a notebook: the whole province in one year, answers on demand, the cities' work shared.

The tables are opened once for all cities and handed out city by city; the catalogue runs once for all of them.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from datetime import date
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from evaltools import terms
from evaltools.errors import EvaltoolsError
from evaltools.paths import resolve, shown
from evaltools.standards import RuleBook, Rules, evaluation_date

if TYPE_CHECKING:
    from evaltools.indicators import ExitVerdicts, Gates, IndicatorTable, VillageVerdicts
    from evaltools.indicators.assessment import Assessment, Settings
    from evaltools.intake import QualityReport, Tables

Key = tuple[str, tuple[str, ...] | None, int | None]


class Slices:
    """The province's tables cut by city: each table is read and grouped once, whatever the number of cities."""

    def __init__(self, whole: Tables) -> None:
        self.whole = whole
        self._frames: dict[Key, tuple[pd.DataFrame, dict[str, np.ndarray] | None]] = {}

    def city(self, code: str) -> CitySlice:
        """The tables of one city."""
        return CitySlice(self, code)

    def load(self, code: str, table: str, columns: Sequence[str] | None, year: int | None) -> pd.DataFrame:
        """Rows of one city, index 0..n-1; a table without a city column (price_index) is the same for all."""
        from evaltools.intake import load_contract

        key = (table, None if columns is None else tuple(columns), year)
        if key not in self._frames:
            where = load_contract(table).city_column
            wanted = None if columns is None else [*columns, *([where] if where and where not in columns else [])]
            frame = self.whole.load(table, wanted, year)
            groups = frame.groupby(frame[where].astype("string")).indices if where else {}
            rows = {str(k): np.asarray(v) for k, v in groups.items()} if where else None
            self._frames[key] = (frame if columns is None else frame[list(columns)], rows)
        frame, rows = self._frames[key]
        if rows is None:
            return frame
        return frame.iloc[rows.get(code, np.zeros(0, dtype=np.intp))].reset_index(drop=True)


class CitySlice:
    """One city's part of the province's tables: what results need of `Tables`."""

    def __init__(self, slices: Slices, code: str) -> None:
        self._slices, self.cities = slices, (code,)

    def has(self, table: str) -> bool:
        """Whether the folder holds the table."""
        return self._slices.whole.has(table)

    def load(self, table: str, columns: Sequence[str] | None = None, year: int | None = None) -> pd.DataFrame:
        """Rows of the city; see `Tables.load`."""
        return self._slices.load(self.cities[0], table, columns, year)


class ProvinceEvaluation:
    """The evaluation of the province in one year.

    >>> guangdong = ProvinceEvaluation.open("data/demo", year=2020)   # doctest: +SKIP
    >>> guangdong.assessment                                          # doctest: +SKIP

    `rules`, `quality`, `gates`, `exits`, `villages`, `indicators`, `assessment`, `report`: computed when asked for.
    """

    def __init__(self, data: str, year: int, as_of: date, lang: str, book: RuleBook, settings: Settings) -> None:
        self.data, self.year, self.as_of, self.lang = data, year, as_of, lang
        self.book, self.settings = book, settings

    @classmethod
    def open(
        cls, data: str | os.PathLike[str] = "data/demo", year: int = 2020, as_of: str | date | None = None,
        lang: str = "zh", *, rules: RuleBook | None = None, settings: Settings | None = None,
    ) -> ProvinceEvaluation:  # fmt: skip
        """Open the province's evaluation.

        `data`: folder with the tables of all cities, relative to the project root; `as_of`: the date whose rules are
        used, by default 31 December of `year`; `rules`: a changed copy of the rule book; `settings`: of the assessment,
        by default `params/assessment.yaml`. Errors: ScopeError for year or date, DataMissingError for the folder,
        ParameterError for the settings.
        """
        from evaltools.indicators.assessment import Settings

        book = rules or RuleBook.load()
        chosen = settings or Settings.load(chapters=book.chapters)
        found = cls(os.fspath(data), int(year), evaluation_date(as_of, year), lang, book, chosen)
        _ = found.rules, found.tables  # a wrong year, date or folder is refused here
        return found

    @cached_property
    def rules(self) -> Rules:
        """The rules of the province on this date; each city is judged by its own."""
        return self.book.at(self.as_of)

    def rules_of(self, city: terms.City) -> Rules:
        """The rules in force for a city on this date."""
        return self.book.at(self.as_of, city=city)

    @cached_property
    def tables(self) -> Tables:
        """The tables of all cities; each is read, checked and recorded when first used."""
        from evaltools.intake import open_tables

        return open_tables(resolve(self.data))

    @cached_property
    def slices(self) -> Slices:
        """The tables cut by city."""
        return Slices(self.tables)

    @property
    def quality(self) -> QualityReport:
        """What was read so far, dropped and why."""
        return self.tables.quality

    @cached_property
    def cities(self) -> tuple[terms.City, ...]:
        """The cities with poverty-alleviation tasks, in the order of their codes."""
        return tuple(c for c in terms.CITIES if c.has_tasks)

    @cached_property
    def failures(self) -> dict[str, str]:
        """City code -> why it has no gates. Filled by `gates`; a city that fails stops no other."""
        return {}

    @cached_property
    def gates(self) -> Mapping[str, Gates]:
        """The gates of the cities with tasks, by code; cities whose data cannot be judged are in `failures`."""
        from evaltools.indicators import gates

        found = {}
        for city in self.cities:
            try:
                found[city.code] = gates(self.slices.city(city.code), self.rules_of(city))
            except EvaltoolsError as err:
                self.failures[city.code] = str(err).splitlines()[0]
        return found

    @cached_property
    def exits(self) -> Mapping[str, ExitVerdicts]:
        """Household exit verdicts of the cities with tasks, by code."""
        from evaltools.indicators import household_exits

        if not self.tables.has("households"):
            return {}
        return {c.code: household_exits(self.slices.city(c.code), self.rules_of(c)) for c in self.cities}

    @cached_property
    def villages(self) -> Mapping[str, VillageVerdicts]:
        """Village exit verdicts of the cities with tasks, by code."""
        from evaltools.indicators import village_exits

        if not self.tables.has("villages"):
            return {}
        return {c.code: village_exits(self.slices.city(c.code), self.rules_of(c)) for c in self.cities}

    @cached_property
    def indicators(self) -> IndicatorTable:
        """The catalogue's indicators that are held against a rule, of the province and its cities, in one scan."""
        from evaltools.indicators import Catalogue, compute_indicators
        from evaltools.indicators.assessment import scorable

        catalogue = Catalogue.load()
        wanted = [e.id for e in scorable(catalogue)]
        return compute_indicators(
            self.tables, self.book, as_of=self.as_of, catalogue=catalogue, levels=("province", "city"), only=wanted
        )

    @cached_property
    def assessment(self) -> Assessment:
        """Scores, grades, ranks and triggers of the cities with tasks; weights are our own."""
        from evaltools.indicators.assessment import assess, evidence_of

        day = self.as_of.isoformat()
        evidence = {c.code: evidence_of(self.slices.city(c.code), self.gates.get(c.code), day) for c in self.cities}
        return assess(self.indicators, evidence, self.book, day, self.settings)

    def only(self, cities: Sequence[terms.City]) -> ProvinceEvaluation:
        """The same evaluation over some cities. Only their rows are read: a fault in another city's stops nothing."""
        from evaltools.intake import open_tables

        found = ProvinceEvaluation(self.data, self.year, self.as_of, self.lang, self.book, self.settings)
        tables = open_tables(resolve(self.data), city=list(cities))
        found.__dict__.update(cities=tuple(cities), tables=tables)  # in place of what the properties would make
        return found

    def with_rules(self, book: RuleBook) -> ProvinceEvaluation:
        """The same year and data under another rule book (a changed copy)."""
        return ProvinceEvaluation(self.data, self.year, self.as_of, self.lang, book, self.settings)

    def __repr__(self) -> str:
        head = f"广东省 {self.year}，规则日期 {self.as_of.isoformat()}，数据 {shown(resolve(self.data))}"
        mark = "（合成数据）" if self.tables.is_synthetic else ""
        return head + mark + "\n可看：.rules .quality .gates .exits .villages .indicators .assessment .report"
