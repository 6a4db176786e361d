"""The face for people in a notebook: one city, one year, answers on demand.

Binds rules, tables, city and year; every answer is computed once, when asked for.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import TYPE_CHECKING, Any

import pandas as pd

from evaltools import provenance, terms
from evaltools.errors import EvaltoolsError
from evaltools.paths import resolve, shown
from evaltools.standards import RuleBook, Rules, evaluation_date

if TYPE_CHECKING:
    from evaltools.indicators import ExitVerdicts, Gates, HelpedGates, IndicatorTable, StockFlow, VillageVerdicts
    from evaltools.indicators.assessment import Assessment
    from evaltools.intake import QualityReport, Tables
    from evaltools.report import CityReport, HelpedCity, Provenance, ReportInput
    from evaltools.report.model import FundTables, IndicatorTables
    from evaltools.risk.published import RiskTables
    from evaltools.wide import Shared


class CityEvaluation:
    """The evaluation of one city in one year.

    >>> meizhou = CityEvaluation.open("data/demo", city="梅州", year=2020)   # doctest: +SKIP
    >>> meizhou.gates                                                         # doctest: +SKIP

    `rules`, `quality`, `exits`, `villages`, `gates`, `account`, `report` each show themselves in Jupyter.
    """

    def __init__(self, data: str, city: terms.City, year: int, as_of: date, lang: str, book: RuleBook) -> None:
        self.data, self.city, self.year, self.as_of, self.lang, self.book = data, city, year, as_of, lang, book

    @classmethod
    def open(
        cls, data: str | os.PathLike[str] = "data/demo", city: str | terms.City = "meizhou", year: int = 2020,
        as_of: str | date | None = None, *, lang: str = "zh", rules: RuleBook | None = None,
    ) -> CityEvaluation:  # fmt: skip
        """Open a city's evaluation.

        `data`: folder with the tables, relative to the project root; `city`: 梅州, 梅州市, meizhou or 441400;
        `as_of`: the date whose rules are used, by default 31 December of `year`; `rules`: a changed copy of the
        rule book. Errors: ScopeError for city, year or date; DataMissingError for the folder.
        """
        where, day = terms.city(city), evaluation_date(as_of, year)
        book = rules or RuleBook.load()
        found = cls(os.fspath(data), where, int(year), day, lang, book)
        _ = found.rules, found.tables  # a wrong year, date or folder is refused here, not three cells later
        return found

    @cached_property
    def rules(self) -> Rules:
        """The rules in force for this city on this date."""
        return self.book.at(self.as_of, city=self.city)

    @cached_property
    def tables(self) -> Tables:
        """The city's tables; each is read, checked and recorded when first used."""
        from evaltools.intake import open_tables

        return open_tables(resolve(self.data), city=self.city.code)

    @property
    def quality(self) -> QualityReport:
        """What was read, dropped and why. Tables not used yet are read now."""
        return self.tables.read_all()

    @cached_property
    def exits(self) -> ExitVerdicts:
        """Household exit verdicts with their trace: `exits.trace(household_id)`."""
        from evaltools.indicators import household_exits

        return household_exits(self.tables, self.rules)

    @cached_property
    def villages(self) -> VillageVerdicts:
        """Village exit verdicts, collective income and coverage."""
        from evaltools.indicators import village_exits

        return village_exits(self.tables, self.rules)

    @cached_property
    def gates(self) -> Gates | HelpedGates:
        """The five gates with interval and verdict; for a helping city, those of the cities it helps."""
        from evaltools.indicators import HelpedGates

        if _is_helping(self):
            return HelpedGates(self.city, self.year, {h.city.code: h.own.own_gates for h in self.helped if h.own})
        return self.own_gates

    @cached_property
    def own_gates(self) -> Gates:
        """The five gates of this city itself, whatever its role."""
        from evaltools.indicators import gates

        return gates(self.tables, self.rules)

    @cached_property
    def account(self) -> StockFlow:
        """The registry's stock-flow account by county and year."""
        from evaltools.indicators import stock_flow

        return stock_flow(self.tables, self.rules)

    @cached_property
    def indicators(self) -> IndicatorTable:
        """All indicators of the catalogue for this city and its places: `indicators.value("housing.safe_share")`.

        The report computes those it shows; this computes every one.
        """
        from evaltools.indicators import Catalogue, compute_indicators

        return compute_indicators(self.tables, self.book, as_of=self.as_of, catalogue=Catalogue.load())

    @cached_property
    def helped(self) -> tuple[Helped, ...]:
        """The cities this one helps, each evaluated under its own rules; a broken one says why and stops nothing."""
        codes = self.book.pairings.helped_by(self.city.code, self.as_of)
        return tuple(_helped(self, terms.city(code)) for code in codes)

    @cached_property
    def assessment(self) -> Shared[Assessment]:
        """The assessment of the whole province, in which this city stands; made once for all cities, and kept.

        `.value`: as it may be published, None where it could not be made, and `.reason`: why not.
        """
        from evaltools.shared import assessment

        return assessment(self.data, self.year, self.as_of, self.book)

    @cached_property
    def risk(self) -> Shared[RiskTables]:
        """The model of returns to poverty of the whole province, as it may be published; made once for all cities, and
        kept. `.value.city("441400")`: a city's results, or why there are none.
        """
        from evaltools.shared import risk

        return risk(self.data, self.year, self.as_of, self.book)

    @cached_property
    def report(self) -> CityReport:
        """The report: chapters to look at, `report.save("reports/", formats=("html", "docx"))` to keep."""
        from evaltools.report import build_city_report

        return build_city_report(_report_input(self))

    def with_rules(self, book: RuleBook) -> CityEvaluation:
        """The same city, year and data under another rule book (a changed copy): what would the verdict be?"""
        return CityEvaluation.open(self.data, self.city, self.year, self.as_of, lang=self.lang, rules=book)

    def __repr__(self) -> str:
        head = f"{self.city.name} {self.year}，规则日期 {self.as_of.isoformat()}，数据 {shown(resolve(self.data))}"
        mark = "（合成数据）" if self.tables.is_synthetic else ""
        return head + mark + "\n可看：.rules .quality .exits .villages .gates .account .indicators .report"


@dataclass(frozen=True)
class Helped:
    """One city that a helping city is paired with: its evaluation, or the reason why there is none."""

    city: terms.City
    own: CityEvaluation | None
    failure: str = ""


def _helped(helper: CityEvaluation, city: terms.City) -> Helped:
    own = CityEvaluation.open(helper.data, city, helper.year, helper.as_of, lang=helper.lang, rules=helper.book)
    try:
        _ = own.own_gates, own.exits, own.villages  # computed here: a fault is known before it is used
    except EvaltoolsError as err:
        return Helped(city, None, str(err).splitlines()[0])
    return Helped(city, own)


def _report_input(one: CityEvaluation) -> ReportInput:
    """Results that passed disclosure control, and how they were made. The report sees nothing else."""
    from evaltools.report import ReportInput

    helper = one.book.pairings.helper_of(one.city.code, one.as_of)
    common: dict[str, Any] = {
        "city": one.city, "year": one.year, "as_of": one.as_of, "lang": one.lang, "rules": one.rules,
        "quality": one.quality, "provenance": _provenance(one), "meta": one.tables.meta, "places": _places(one),
        "helper": terms.city(helper) if helper else None, "pairings": one.book.pairings,
    }  # fmt: skip
    if _is_helping(one):
        return ReportInput(
            **common, helped=tuple(_published(h) for h in one.helped), funds=_funds(one),
            indicators=_shown(one, EASTWEST), **(_outlook(one) if one.helped else {}),
        )  # fmt: skip
    more = {"indicators": _shown(one, OWN), **_series(one), **_compared(one), **_outlook(one)} if one.city.has_tasks else {}
    return ReportInput(**common, **_results(one), **more)


OWN = ("two", "three", "five", "six", "seven", "eight", "nine", "ten")
EASTWEST = ("helping_three",)
HELPED = ("helping_five", "helping_six", "helping_eight")
"""Parts of the list of shown indicators: of a city's own report, of a helping city, of the cities that one helps."""


def _shown(one: CityEvaluation, parts: tuple[str, ...]) -> IndicatorTables:
    """The indicators that the report shows, as they may be published."""
    from evaltools.indicators import Catalogue, compute_indicators
    from evaltools.report.chapters.shown import ids
    from evaltools.report.publish_indicators import publish_indicators

    wanted = (*ids(*parts), *_measures(one))
    table = one.__dict__.get("indicators") or compute_indicators(
        one.tables, one.book, as_of=one.as_of, catalogue=Catalogue.load(), levels=("city", "county"), only=wanted
    )
    return publish_indicators(table, one.rules, wanted)


def _measures(one: CityEvaluation) -> list[str]:
    """Indicators that measure a figure published of this city (appendix D)."""
    from evaltools.indicators import Catalogue
    from evaltools.standards import Claims

    known = Catalogue.load()
    return [c.measure for c in Claims.load().of(one.city) if c.measure in known]


def _compared(one: CityEvaluation) -> dict[str, Any]:
    """The assessment of the province, why there is none, and the cities it had to leave out."""
    made = one.assessment
    left_out = tuple(terms.city(code) for code in made.left_out)
    return {"assessment": made.value, "assessment_reason": made.reason, "not_compared": left_out}


def _outlook(one: CityEvaluation) -> dict[str, Any]:
    """The model of returns of the province, and why there is none."""
    return {"risk": one.risk.value, "risk_reason": one.risk.reason}


def _series(one: CityEvaluation) -> dict[str, Any]:
    """Series behind two charts; a table that is absent leaves its series out."""
    from evaltools.report.publish_support import publish_arrivals, publish_teams

    out: dict[str, Any] = {}
    if one.tables.has("fund_flows"):
        out["arrivals"] = publish_arrivals(one.tables.fund_flows, one.rules)
    if one.tables.has("teams") and one.tables.has("villages"):
        out["teams"] = publish_teams(one.tables.teams, one.tables.load("villages", year=one.year), one.rules)
    return out


def _results(one: CityEvaluation) -> dict[str, Any]:
    from evaltools.report.publish import publish_account, publish_exits, publish_gates

    return {
        "exits": publish_exits(one.exits, one.rules), "villages": one.villages,
        "gates": publish_gates(one.own_gates, one.rules), "account": publish_account(one.account, one.year, one.rules),
    }  # fmt: skip


def _published(helped: Helped) -> HelpedCity:
    from evaltools.report import HelpedCity

    if helped.own is None:
        return HelpedCity(helped.city, failure=helped.failure)
    results = _results(helped.own)
    shown = _shown(helped.own, HELPED)
    return HelpedCity(helped.city, results["gates"], results["exits"], results["villages"], indicators=shown)


def _funds(one: CityEvaluation) -> FundTables | None:
    """What the helping city paid, from the ledgers of the cities it helps; None where they hold no payments."""
    from evaltools.report.publish_support import publish_funds

    own = [h.own for h in one.helped if h.own and h.own.tables.has("fund_flows")]
    if not own:
        return None
    flows = pd.concat([o.tables.fund_flows for o in own], ignore_index=True)
    villages = pd.concat([o.tables.load("villages", year=one.year) for o in own], ignore_index=True)
    return publish_funds(flows, villages, one.rules, one.city.code, one.year)


def _places(one: CityEvaluation) -> dict[str, str]:
    """Names of counties, towns and villages; a helping city also shows those of the cities it helps."""
    tables = [one.tables, *(h.own.tables for h in one.helped if h.own)] if _is_helping(one) else [one.tables]
    frames = [t.load("regions", columns=["region_code", "name"]) for t in tables if t.has("regions")]
    return {str(code): str(name) for f in frames for code, name in zip(f["region_code"], f["name"], strict=True)}


def _is_helping(one: CityEvaluation) -> bool:
    return one.city.role is terms.CityRole.HELPING


def _provenance(one: CityEvaluation) -> Provenance:
    from evaltools.report import Provenance

    head, modified = provenance.commit()
    options = f"--data {shown(resolve(one.data))}" + (f" --lang {one.lang}" if one.lang != "zh" else "")
    return Provenance(
        commit=head, is_modified=modified, versions=provenance.versions(), rules_digest=one.book.digest,
        parameters={"city": one.city.key, "year": one.year, "as_of": one.as_of.isoformat(),
                    "data": shown(resolve(one.data)), "lang": one.lang},
        inputs=provenance.hash_inputs(resolve(one.data)), changed_rules=tuple(c.id for c in one.book.changes),
        command=f"evaltools report --city {one.city.key} --year {one.year} --as-of {one.as_of.isoformat()} {options}",
    )  # fmt: skip
