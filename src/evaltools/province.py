"""The face for people in a notebook: the whole province in one year, answers on demand, the cities' work shared.

The tables are opened once for all cities and handed out city by city; the catalogue runs once for all of them.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from functools import cached_property
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np
import pandas as pd

from evaltools import provenance, terms
from evaltools.errors import DataInvalidError, EvaltoolsError
from evaltools.paths import resolve, shown
from evaltools.standards import RuleBook, Rules, evaluation_date

if TYPE_CHECKING:
    from evaltools.indicators import Catalogue, ExitVerdicts, Gates, IndicatorTable, VillageVerdicts
    from evaltools.indicators.assessment import Assessment, Evidence, Settings
    from evaltools.intake import QualityReport, Tables
    from evaltools.report import Provenance, ReportInput
    from evaltools.report.province import ClaimTables, MoneyTables, ProvinceInput, ProvinceReport

T = TypeVar("T")
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
        wanted = [*(e.id for e in scorable(catalogue)), *measures(Claims.load(), catalogue).values(), *_judged(catalogue)]
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

        return build_province_report(_report_input(self))

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


def _report_input(one: ProvinceEvaluation) -> ProvinceInput:
    """Results that passed disclosure control, and how they were made. The report sees nothing else.

    Where tables of some cities break their contracts, the others go on without them, and the report says so.
    """
    kept = _kept_assessment(one)
    try:
        found = _input_of(one, kept)
        if not one.invalid or one.sound is one:
            return found
    except DataInvalidError:
        if one.sound is one:
            raise
    return _input_of(one.sound, kept, one.broken)


def _kept_assessment(one: ProvinceEvaluation) -> Assessment | None:
    """The assessment that the cities' reports read too, made from `one` where none is kept; None where there is none, or
    where `one` has settings of its own or is not the whole province."""
    from evaltools.wide import assessment_of

    if one.has_own_settings or one.cities != tuple(c for c in terms.CITIES if c.has_tasks):
        return None
    return assessment_of(one.data, one.year, one.as_of, one.book, lambda: one).value


def _input_of(
    one: ProvinceEvaluation, kept: Assessment | None, left_out: Mapping[str, str] | None = None
) -> ProvinceInput:  # fmt: skip
    from evaltools.indicators import protect_gates
    from evaltools.indicators.assessment import publish_assessment
    from evaltools.report.province import ProvinceInput

    gates = {code: protect_gates(g, one.rules) for code, g in one.gates.items()}
    cities = {c.code: _city_input(one, c, gates.get(c.code)) for c in terms.CITIES if c.has_tasks}
    _ = one.indicators, one.evidence  # the ledger tells the same whether the assessment is kept or made now
    assessment = kept or publish_assessment(one.assessment, one.rules)
    money, claims = _money(one), _claims(one)
    return ProvinceInput(
        one.year, one.as_of, one.lang, one.rules, one.quality, gates, assessment, cities, dict(one.failures), money,
        claims, _provenance(one), one.tables.meta, pairings=one.book.pairings, left_out=dict(left_out or {}),
        **_risk(one),
    )  # fmt: skip


def _risk(one: ProvinceEvaluation) -> dict[str, Any]:
    """The model of returns that the cities' reports read too, and why there is none."""
    from evaltools.wide import risk

    made = risk(one.data, one.year, one.as_of, one.book)
    return {"risk": made.value, "risk_reason": made.reason}


def _city_input(one: ProvinceEvaluation, city: terms.City, gates: Gates | None) -> ReportInput:
    """What a city's findings need: its published gates and household verdicts, its village verdicts, its own rules."""
    from evaltools.report import ReportInput
    from evaltools.report.publish import publish_exits
    from evaltools.report.publish_indicators import of_city, publish_indicators

    rules = one.rules_of(city)
    exits = publish_exits(one.exits[city.code], rules) if city.code in one.exits else None
    return ReportInput(
        city, one.year, one.as_of, one.lang, rules, one.quality, meta=one.tables.meta, places=one.places,
        exits=exits, villages=one.villages.get(city.code), gates=gates, pairings=one.book.pairings,
        indicators=publish_indicators(of_city(one.indicators, city.code), rules, _judged(one.indicators.catalogue)),
    )  # fmt: skip


def _judged(catalogue: Catalogue) -> list[str]:
    """The indicators with a rule that the cities' reports show: what they find to be a problem."""
    from evaltools.report.chapters.shown import ids

    return [i for i in ids("three", "five", "six", "eight") if catalogue[i].rule]


def _money(one: ProvinceEvaluation) -> MoneyTables | None:
    from evaltools.report.province.publish import persons_of, publish_money

    tables = one.tables
    if not all(tables.has(t) for t in ("fund_flows", "villages", "households")):
        return None
    persons = pd.DataFrame(one.each_city(lambda tables, city: persons_of(tables, city, one.year)).values())
    helping = [c for c in terms.CITIES if c.role is terms.CityRole.HELPING]
    helpers = {c.code: (one.rules_of(c), one.book.pairings.helped_by(c.code, one.as_of)) for c in helping}
    return publish_money(tables.load("fund_flows"), tables.load("villages", year=one.year), persons, helpers, one.as_of)


def _claims(one: ProvinceEvaluation) -> ClaimTables:
    from evaltools.indicators.assessment.observed import observe, reconcile
    from evaltools.indicators.claims import check_relations
    from evaltools.report.province import ClaimTables
    from evaltools.standards import Claims, Relations

    claims = Claims.load()
    checks = check_relations(claims, Relations.load(claims))
    seen = observe(claims, one.indicators, one.rules, one.as_of.isoformat())
    return ClaimTables(checks, reconcile(claims, checks, seen, is_synthetic=one.tables.is_synthetic))


def _provenance(one: ProvinceEvaluation) -> Provenance:
    from evaltools.indicators.assessment.settings import FILE
    from evaltools.report import Provenance

    head, modified = provenance.commit()
    inputs = provenance.hash_inputs(resolve(one.data))
    given = resolve(FILE)
    inputs |= {shown(given): provenance.file_digest(given)} if given.is_file() else {}
    where = shown(resolve(one.data))
    options = f"-p year {one.year} -p as_of {one.as_of.isoformat()} -p data {where} -p lang {one.lang}"
    return Provenance(
        commit=head, is_modified=modified, versions=provenance.versions(), rules_digest=one.book.digest,
        parameters={"year": one.year, "as_of": one.as_of.isoformat(), "data": where, "lang": one.lang},
        inputs=inputs, changed_rules=tuple(c.id for c in one.book.changes),
        command=f"papermill notebooks/province_report.ipynb out.ipynb {options}",
    )  # fmt: skip
