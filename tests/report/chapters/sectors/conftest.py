"""Readings, series and an assessment written by hand, and ways to look into a chapter."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from evaltools import terms
from evaltools.indicators import Catalogue
from evaltools.indicators.assessment import (
    Assessment,
    AssessmentState,
    CityAssessment,
    Grade,
    Part,
    Rank,
    Settings,
    Trigger,
    TriggerState,
)
from evaltools.report.blocks import Callout, Figure, Paragraph, Table, plain_text
from evaltools.report.model import ArrivalTables, IndicatorTables, Reading, ReportInput, TeamTables
from evaltools.terms import VerdictState as State


def reading(name: str, value: float | None = None, state: State = State.RULE_UNDEFINED, **more: Any) -> Reading:
    """One indicator of the catalogue with the numbers given; counted from 120 rows unless said otherwise."""
    base = {"bound": None, "low": None, "high": None, "n": 120, "missing_share": 0.0, "limit": None, "comparison": "",
            "is_withheld": False, "best": None, "worst": None}  # fmt: skip
    return Reading(entry=Catalogue.load()[name], value=value, state=state, **(base | more))


def table(*rows: Reading, **missing: str) -> IndicatorTables:
    return IndicatorTables({r.entry.id: r for r in rows}, {k.replace("__", "."): v for k, v in missing.items()})


LIMIT = {"limit": 1.0, "comparison": ">="}


def city_indicators() -> IndicatorTables:
    """梅州: an indicator in each state in chapter 三, the lines of health, money by payer, loans, teams, voices."""
    share = 0.25
    return table(
        reading("industry.linked_share", None, State.NOT_MET, bound=(">=", 0.983), is_withheld=True, **LIMIT),
        reading("industry.support_share", 0.984),
        reading("industry.dividend_share", 0.664, State.NOT_MET, numerator=79.0, denominator=119.0,
                best=("441402", 0.753), worst=("441424", 0.556), **LIMIT),
        reading("industry.insured_share", None, State.EVIDENCE_MISSING, missing_share=1.0, n=0),
        reading("projects.tracked_share", 1.0, State.MET, **LIMIT),
        reading("housing.no_dwelling", None, is_withheld=True, n=None),
        *(reading(f"health.{k}", share) for k in ("basic_paid_ratio", "serious_paid_ratio", "aid_paid_ratio",
                                                   "own_cost_ratio")),
        *(reading(f"counties.input_{p}_to_due", 1.5, numerator=1.5e7, denominator=1e7, n=4)
          for p in ("province", "helping", "local")),
        reading("finance.loan_amount_ok_share", None, State.NOT_MET, bound=(">=", 0.871), is_withheld=True, **LIMIT),
        reading("assets.titled_share", 0.99, State.NOT_MET, **LIMIT),
        reading("villages.team_and_secretary_share", 1.0, State.MET, **LIMIT),
        reading("survey.approval_share", 0.871, State.NOT_MET, low=0.845, high=0.889, limit=0.9, comparison=">=", n=1106),
        reading("survey.approval_alone_share", 0.958, low=0.941, high=0.974, n=981),
        employment__skilled_share="table persons is absent",
    )  # fmt: skip


def teams(shares: tuple[float, ...] = (0.5, 1.0, 0.75)) -> TeamTables:
    months = pd.date_range("2020-10-01", periods=len(shares), freq="MS")
    return TeamTables(pd.DataFrame({"month": months, "villages": [4 * s for s in shares], "share": shares}), 4, 9)


def arrivals() -> ArrivalTables:
    rows = [(2018, "province", 6e6), (2018, "helping_city", 3e6), (2019, "province", 1e6)]
    return ArrivalTables(pd.DataFrame(rows, columns=["year", "payer", "yuan"]), 11)


def assessment(book: Any, *, state: AssessmentState = AssessmentState.GRADED) -> Assessment:
    """梅州 and 清远 compared, their rank intervals overlap; a chapter score of 梅州 is withheld."""
    cities = {code: _assessed(book, code, i, state) for i, code in enumerate(("441400", "441800"), 1)}
    return Assessment(2020, "2020-12-31", Settings(draws=400), cities, common=("a", "b", "c"))


def _assessed(book: Any, code: str, place: int, state: AssessmentState) -> CityAssessment:
    chapters = pd.DataFrame([
        {"chapter": "health", "label_zh": "健康", "label_en": "health", "weight": 0.5, "bound": 4, "scored": 4, "met": 3,
         "not_met": 1, "open": 0, "score": 0.914, "low": 0.9, "high": 0.95, "withheld": False, "floor": np.nan},
        {"chapter": "housing", "label_zh": "住房", "label_en": "housing", "weight": 0.5, "bound": 2, "scored": 1, "met": 1,
         "not_met": 0, "open": 1, "score": np.nan, "low": np.nan, "high": np.nan, "withheld": True, "floor": 0.8714},
    ])  # fmt: skip
    items = pd.DataFrame([
        {"indicator": "health.aid_ratio", "label_zh": "医疗救助", "label_en": "aid", "status": "scored", "score": 0.55,
         "value": 0.44, "limit": 0.8, "unit": "share", "comparison": ">=", "kind": "register",
         "rule": "housing.eligibility",
         "state": "not_met", "withheld": False},
        {"indicator": "housing.safe_share", "label_zh": "安全住房", "label_en": "safe", "status": "scored",
         "score": np.nan, "value": np.nan, "limit": 1.0, "unit": "share", "comparison": ">=", "kind": "register",
         "rule": "housing.eligibility",
         "state": "not_met", "withheld": True},
    ])  # fmt: skip
    rules = book.at("2020-12-31", city=code)
    graded = state is AssessmentState.GRADED
    draws = dict.fromkeys(Grade, 0.25)
    part = Part("backward", TriggerState.RULE_UNDEFINED, rules["assessment.admonition_backward_rank"],
                {"rank": place, "low": 1, "high": 2, "of": 2})  # fmt: skip
    grade = Grade.GOOD if graded else None
    return CityAssessment(
        terms.city(code), state, 0.934, 0.911, 0.957, 0.93, grade, grade, grade, draws, draws, 6, 5 if graded else 1,
        5 / 6 if graded else 1 / 6, chapters, items, Rank(place, 2, (1, 2), (1, 2), 1, 2) if graded else None,
        (Trigger("backward", (part,)),),
    )  # fmt: skip


class Made:
    """The makers and the ways to look, as one fixture."""

    reading, table, teams, assessment = (staticmethod(f) for f in (reading, table, teams, assessment))
    city_indicators = staticmethod(city_indicators)

    @staticmethod
    def rows(chapter: Any, key: str) -> list[list[str]]:
        """Cells of a table as text, by its key."""
        (found,) = [b for b in chapter.blocks if isinstance(b, Table) and b.key == key]
        return [[plain_text(c) for c in row] for row in found.rows]

    @staticmethod
    def words(chapter: Any) -> str:
        """Paragraphs and callouts."""
        return "\n".join(plain_text(b.parts) for b in chapter.blocks if isinstance(b, Paragraph | Callout))

    @staticmethod
    def figures(chapter: Any) -> dict[str, Figure]:
        return {b.key: b for b in chapter.blocks if isinstance(b, Figure)}


@pytest.fixture(scope="session")
def made() -> type[Made]:
    return Made


@pytest.fixture(scope="session")
def sector_input(helped_input, book):
    """梅州 with results for the sector chapters; keywords replace its parts."""

    def make(lang="zh", **changes) -> ReportInput:
        given = {"indicators": city_indicators(), "teams": teams(), "arrivals": arrivals(),
                 "assessment": assessment(book)}  # fmt: skip
        return helped_input(lang=lang, **(given | changes))

    return make


@pytest.fixture(scope="session")
def report(sector_input):
    from evaltools.report.chapters import build_city_report

    return build_city_report(sector_input())
