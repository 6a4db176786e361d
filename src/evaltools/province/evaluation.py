"""The face for people in a notebook: the whole province in one year, answers on demand, the cities' work shared.

The tables are opened once for all cities and handed out city by city; the catalogue runs once for all of them.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from functools import cached_property
from typing import TYPE_CHECKING, TypeVar

from evaltools import terms
from evaltools.errors import DataInvalidError, EvaltoolsError
from evaltools.paths import resolve, shown
from evaltools.province.report_input import judged, report_input
from evaltools.province.slices import CitySlice, Slices
from evaltools.standards import RuleBook, Rules, evaluation_date

if TYPE_CHECKING:
    from evaltools.indicators import ExitVerdicts, Gates, IndicatorTable, VillageVerdicts
    from evaltools.indicators.assessment import Assessment, Evidence, Settings
    from evaltools.intake import QualityReport, Tables
    from evaltools.report.province import ProvinceReport

T = TypeVar("T")


class ProvinceEvaluation:
    """The evaluation of the province in one year.

    >>> guangdong = ProvinceEvaluation.open("data/demo", year=2020)   # doctest: +SKIP
    >>> guangdong.assessment                                          # doctest: +SKIP

    `rules`, `quality`, `gates`, `exits`, `villages`, `indicators`, `assessment`, `report`: computed when asked for.
    """

    def __init__(self, data: str, year: int, as_of: date, lang: str, book: RuleBook, settings: Settings) -> None:
        self.data, self.year, self.as_of, self.lang = data, year, as_of, lang
        self.book, self.settings, self.has_own_settings = book, settings, False

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
        found.has_own_settings = settings is not None
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
    def places(self) -> dict[str, str]:
        """Names of counties, towns and villages."""
        if not self.tables.has("regions"):
            return {}
        frame = self.tables.load("regions", columns=["region_code", "name"])
        return {str(code): str(name) for code, name in zip(frame["region_code"], frame["name"], strict=True)}

    @cached_property
    def failures(self) -> dict[str, str]:
        """City code -> the first reason why a result of it is absent. Filled as results are asked for."""
        return {}

    @cached_property
    def invalid(self) -> set[str]:
        """Codes of the cities in `failures` because a table breaks its contract: their own, or another city's rows in it."""
        return set()

    @cached_property
    def broken(self) -> dict[str, str]:
        """Code of each city whose own tables break their contracts -> the first line of the error. Reads them all."""
        from evaltools.wide import broken_cities

        return broken_cities(self.data, self.cities)

    @cached_property
    def sound(self) -> ProvinceEvaluation:
        """The same evaluation without the cities in `broken`, which are in its `failures`; itself where that is no help."""
        rest = [c for c in self.cities if c.code not in self.broken]
        if not self.broken or not rest:
            return self
        found = self.only(rest)
        found.failures.update(self.broken)
        return found

    def each_city(self, make: Callable[[CitySlice, terms.City], T]) -> dict[str, T]:
        """A result of every city with tasks, by code; a city whose data cannot give it is in `failures`, stopping no
        other."""
        found = {}
        for city in self.cities:
            try:
                found[city.code] = make(self.slices.city(city.code), city)
            except EvaltoolsError as err:
                self.failures.setdefault(city.code, str(err).splitlines()[0])
                if isinstance(err, DataInvalidError):
                    self.invalid.add(city.code)
        return found

    @cached_property
    def gates(self) -> Mapping[str, Gates]:
        """The gates of the cities with tasks, by code; cities whose data cannot be judged are in `failures`."""
        from evaltools.indicators import gates

        return self.each_city(lambda tables, city: gates(tables, self.rules_of(city)))

    @cached_property
    def exits(self) -> Mapping[str, ExitVerdicts]:
        """Household exit verdicts of the cities with tasks, by code."""
        from evaltools.indicators import household_exits

        if not self.tables.has("households"):
            return {}
        return self.each_city(lambda tables, city: household_exits(tables, self.rules_of(city)))

    @cached_property
    def villages(self) -> Mapping[str, VillageVerdicts]:
        """Village exit verdicts of the cities with tasks, by code."""
        from evaltools.indicators import village_exits

        if not self.tables.has("villages"):
            return {}
        return self.each_city(lambda tables, city: village_exits(tables, self.rules_of(city)))

    @cached_property
    def indicators(self) -> IndicatorTable:
        """The catalogue's indicators that are held against a rule, measure a published figure or stand in the cities'
        reports, of the province, its cities and counties, in one scan."""
        from evaltools.indicators import Catalogue, compute_indicators
        from evaltools.indicators.assessment import scorable
        from evaltools.indicators.assessment.observed import measures
        from evaltools.standards import Claims

        catalogue = Catalogue.load()
        wanted = [*(e.id for e in scorable(catalogue)), *measures(Claims.load(), catalogue).values(), *judged(catalogue)]
        return compute_indicators(
            self.tables, self.book, as_of=self.as_of, catalogue=catalogue, levels=("province", "city", "county"),
            only=wanted,
        )  # fmt: skip

    @cached_property
    def assessment(self) -> Assessment:
        """Scores, grades, ranks and triggers of the cities with tasks; weights are our own."""
        from evaltools.indicators.assessment import assess

        return assess(self.indicators, self.evidence, self.book, self.as_of.isoformat(), self.settings)

    @cached_property
    def evidence(self) -> Mapping[str, Evidence]:
        """What the triggers of admonition read of each city with tasks, by code."""
        from evaltools.indicators.assessment import evidence_of

        day = self.as_of.isoformat()
        return self.each_city(lambda tables, city: evidence_of(tables, self.gates.get(city.code), day))

    @cached_property
    def report(self) -> ProvinceReport:
        """The report: chapters to look at, `report.save("reports/province", formats=("html", "docx"))` to keep."""
        from evaltools.report.province import build_province_report

        return build_province_report(report_input(self))

    def only(self, cities: Sequence[terms.City]) -> ProvinceEvaluation:
        """The same evaluation over some cities. Only their rows are read: a fault in another city's stops nothing."""
        from evaltools.intake import open_tables

        found = ProvinceEvaluation(self.data, self.year, self.as_of, self.lang, self.book, self.settings)
        tables = open_tables(resolve(self.data), city=list(cities))
        found.__dict__.update(cities=tuple(cities), tables=tables)  # in place of what the properties would make
        found.has_own_settings = self.has_own_settings
        return found

    def with_rules(self, book: RuleBook) -> ProvinceEvaluation:
        """The same year and data under another rule book (a changed copy)."""
        found = ProvinceEvaluation(self.data, self.year, self.as_of, self.lang, book, self.settings)
        found.has_own_settings = self.has_own_settings
        return found

    def __repr__(self) -> str:
        head = f"广东省 {self.year}，规则日期 {self.as_of.isoformat()}，数据 {shown(resolve(self.data))}"
        mark = "（合成数据）" if self.tables.is_synthetic else ""
        return head + mark + "\n可看：.rules .quality .gates .exits .villages .indicators .assessment .report"
