"""The face for people in a notebook: one city, one year, answers on demand.

Binds rules, tables, city and year; every answer is computed once, when asked for.
"""

from __future__ import annotations

import os
from datetime import date
from functools import cached_property
from typing import TYPE_CHECKING, Any

from evaltools import terms
from evaltools.errors import EvaltoolsError, ScopeError
from evaltools.paths import resolve, shown
from evaltools.standards import RuleBook, Rules

if TYPE_CHECKING:
    from evaltools.indicators import ExitVerdicts, Gates, HelpedGates, StockFlow, VillageVerdicts
    from evaltools.intake import QualityReport, Tables
    from evaltools.report import CityReport


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
        found.rules  # a year or date outside the rules is refused here, not three cells later  # noqa: B018
        found.tables  # noqa: B018
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
        self.tables.read_all()
        return self.tables.quality

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
        from evaltools.indicators import HelpedGates, gates

        if self.city.role is not terms.CityRole.HELPING:
            return gates(self.tables, self.rules)
        return HelpedGates(self.city, self.year, {c.city.code: c.gates for c in self.helped if not c.failure})

    @cached_property
    def account(self) -> StockFlow:
        """The registry's stock-flow account by county and year."""
        from evaltools.indicators import stock_flow

        return stock_flow(self.tables, self.rules)

    @cached_property
    def helped(self) -> tuple[HelpedEvaluation, ...]:
        """The cities this one helps, each evaluated under its own rules; a broken one says why and stops nothing."""
        return tuple(HelpedEvaluation(self, code) for code in self.book.pairings.helped_by(self.city.code))

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
        return head + mark + "\n可看：.rules .quality .exits .villages .gates .account .report"


def _report_input(one: CityEvaluation) -> ReportInput:
    """Results that passed disclosure control, and how they were made. The report sees nothing else."""
    from evaltools.indicators import protected
    from evaltools.report import HelpedCity, ReportInput

    common = {
        "city": one.city, "year": one.year, "as_of": one.as_of, "lang": one.lang, "rules": one.rules,
        "quality": one.quality, "provenance": _provenance(one), "meta": one.tables.meta,
        "helper": _helper(one),
    }  # fmt: skip
    if one.city.role is terms.CityRole.HELPING:
        helped = tuple(HelpedCity(h.city, h.gates, protected(h.exits, one.rules), h.failure) for h in one.helped)
        return ReportInput(**common, helped=helped)
    return ReportInput(
        **common, exits=protected(one.exits, one.rules), villages=protected(one.villages, one.rules),
        gates=protected(one.gates, one.rules), account=protected(one.account, one.rules),
    )  # fmt: skip


class HelpedEvaluation:
    """One city that a helping city is paired with; `failure` is the error's text when its data are broken."""

    def __init__(self, helper: CityEvaluation, code: str) -> None:
        self.city = terms.city(code)
        self.failure = ""
        self.gates: Any = None
        self.exits: Any = None
        self.villages: Any = None
        try:
            own = CityEvaluation.open(
                helper.data, self.city, helper.year, helper.as_of, lang=helper.lang, rules=helper.book
            )
            self.gates, self.exits, self.villages = own.gates, own.exits, own.villages
        except EvaltoolsError as err:
            self.failure = str(err)


def evaluation_date(as_of: str | date | None, year: int) -> date:
    text = as_of.isoformat()[:10] if isinstance(as_of, date) else (as_of or "").strip()
    text = text or f"{year}-12-31"
    try:
        day = date.fromisoformat(text)
    except ValueError:
        raise ScopeError(
            f"as_of = {as_of!r} is not a date", expected="YYYY-MM-DD, such as 2020-12-31, or nothing",
            todo="write the date as text with year, month and day",
        ) from None  # fmt: skip
    if day.year != int(year):
        raise ScopeError(
            f"as_of {text} does not lie in the year {year} that is evaluated",
            expected=f"a date from {year}-01-01 to {year}-12-31: lines are those of the year itself (当年)",
            todo="leave as_of empty for 31 December of the year",
        )  # fmt: skip
    return day
