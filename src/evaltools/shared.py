"""Results of the whole province that every city's report reads: made once, kept on disk, and honest when they failed."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from evaltools.province import ProvinceEvaluation
from evaltools.standards import RuleBook
from evaltools.wide import Shared, assessment_of, risk

__all__ = ["Shared", "assessment", "risk"]

if TYPE_CHECKING:
    from evaltools.indicators.assessment import Assessment


def assessment(data: str, year: int, as_of: date, book: RuleBook) -> Shared[Assessment]:
    """The assessment of the cities with tasks as it may be published: scores, ranks and triggers of every one.

    Where the tables of one city break their contracts, the others are compared without it.
    """
    return assessment_of(data, year, as_of, book, lambda: ProvinceEvaluation.open(data, year, as_of, rules=book))
