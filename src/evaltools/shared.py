"""Results of the whole province that every city's report reads: made once, kept on disk, and honest when they failed."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from evaltools import terms
from evaltools.paths import resolve
from evaltools.province import ProvinceEvaluation
from evaltools.standards import RuleBook
from evaltools.wide import Shared, assessment_of, province_wide

if TYPE_CHECKING:
    from evaltools.indicators.assessment import Assessment
    from evaltools.risk.published import RiskTables


def assessment(data: str, year: int, as_of: date, book: RuleBook) -> Shared[Assessment]:
    """The assessment of the cities with tasks as it may be published: scores, ranks and triggers of every one.

    Where the tables of one city break their contracts, the others are compared without it.
    """
    return assessment_of(data, year, as_of, book, lambda: ProvinceEvaluation.open(data, year, as_of, rules=book))


def risk(data: str, year: int, as_of: date, book: RuleBook) -> Shared[RiskTables]:
    """The model of returns of the cities with tasks, as it may be published: fitted once on the panels of all of them.

    The tables of each city are read apart, so that a broken one costs its own city alone. Where there is no model the
    result is there all the same and says why (`RiskTables.absences`).
    """
    return province_wide("risk", data, year, as_of, book, lambda: _risk(data, year, as_of, book))


def _risk(data: str, year: int, as_of: date, book: RuleBook) -> Shared[RiskTables]:
    from evaltools.intake import open_tables
    from evaltools.risk.results import risk_tables

    cities = [c.code for c in terms.CITIES if c.has_tasks]
    found = risk_tables(lambda code: open_tables(resolve(data), city=code), cities, book, book.at(as_of), year)
    left_out = {code: f"{a.kind}: {a.what}" for code, a in found.absences.items() if code}
    return Shared(found, left_out=left_out)
