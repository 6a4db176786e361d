"""What the assessment leaves behind: `CityAssessment` for a city, `Assessment` for all that were compared."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import pandas as pd

from evaltools.errors import ScopeError, nearest
from evaltools.indicators.assessment.funnel import Funnel
from evaltools.indicators.assessment.settings import Grade, Settings
from evaltools.indicators.assessment.triggers import Trigger
from evaltools.indicators.targeting.result import Gate
from evaltools.terms import City, Term
from evaltools.terms import city as find_city


class AssessmentState(Term):
    """Whether a city was graded, and why not."""

    GRADED = "graded", "已评等", "graded"
    EVIDENCE_MISSING = "evidence_missing", "证据不足，不评等", "too little evidence for a grade"
    NOT_APPLICABLE = "not_applicable", "不适用", "not applicable"


@dataclass(frozen=True)
class Rank:
    """Place of a city among `of` that were compared, 1 is best, each interval of the settings' level.

    sample : what the sample allows; weights : under random weights; low, high : both together
    """

    rank: int
    of: int
    sample: tuple[int, int]
    weights: tuple[int, int]
    low: int
    high: int


@dataclass(frozen=True)
class CityAssessment:
    """The assessment of one city.

    score : 0 to 1 over the chapters that have evidence, None without; low, high : all surveyed indicators at the bad or
        good end of their interval and all unknown answers of registers counted against or for the city
    comparable : the same over the rules that every compared city has a score for; ranks rest on it
    grade : None unless graded; grade_low, grade_high : grades of low and high
    by_weights, by_both : share of draws with each grade, under random weights, and with redrawn samples too
    bound, scored : rules that bind the city, and those with evidence; coverage : scored / bound
    chapters : chapter, label_zh, label_en, weight (sums to one over chapters with a score), bound, scored, met,
        not_met, open, score, low, high; items : the rows of `items.collect`
    """

    city: City
    state: AssessmentState
    score: float | None = None
    low: float | None = None
    high: float | None = None
    comparable: float | None = None
    grade: Grade | None = None
    grade_low: Grade | None = None
    grade_high: Grade | None = None
    by_weights: Mapping[Grade, float] = field(default_factory=dict)
    by_both: Mapping[Grade, float] = field(default_factory=dict)
    bound: int = 0
    scored: int = 0
    coverage: float = 0.0
    chapters: pd.DataFrame = field(default_factory=pd.DataFrame)
    items: pd.DataFrame = field(default_factory=pd.DataFrame)
    rank: Rank | None = None
    triggers: tuple[Trigger, ...] = ()


@dataclass(frozen=True)
class Assessment:
    """The assessment of a province's cities, by city code.

    common : indicators every compared city has a score for; gate_ranks : gate -> city_code, rate, low, high, rank,
    rank_low, rank_high; funnels : gate -> Funnel
    """

    year: int
    as_of: str
    settings: Settings
    cities: Mapping[str, CityAssessment]
    common: tuple[str, ...] = ()
    gate_ranks: Mapping[Gate, pd.DataFrame] = field(default_factory=dict)
    funnels: Mapping[Gate, Funnel] = field(default_factory=dict)

    def city(self, name: City | str) -> CityAssessment:
        """The assessment of a city in any of its names. Errors: ScopeError for one that was not assessed."""
        code = find_city(name).code
        if code not in self.cities:
            known = [c.city.key for c in self.cities.values()]
            raise ScopeError(f"{find_city(name).key} was not assessed", expected=nearest(find_city(name).key, known))
        return self.cities[code]

    @property
    def ranked(self) -> tuple[CityAssessment, ...]:
        """The compared cities, best first; ties by code."""
        found = [(c.rank.rank, code, c) for code, c in self.cities.items() if c.rank is not None]
        return tuple(c for _, _, c in sorted(found, key=lambda x: x[:2]))

    def pairs(self) -> tuple[int, int]:
        """(pairs of compared cities whose rank intervals do not overlap, all pairs): only the first may be ordered."""
        found = [c.rank for c in self.cities.values() if c.rank is not None]
        pairs = [(a, b) for i, a in enumerate(found) for b in found[i + 1 :]]
        return sum(a.high < b.low or b.high < a.low for a, b in pairs), len(pairs)

    def to_frame(self) -> pd.DataFrame:
        """One row per city, unrounded."""
        rows = []
        for code, c in sorted(self.cities.items()):
            r = c.rank
            rows.append({
                "city_code": code, "state": c.state.value, "score": c.score, "low": c.low, "high": c.high,
                "comparable": c.comparable, "grade": c.grade.value if c.grade else None, "bound": c.bound,
                "scored": c.scored, "rank": r.rank if r else None, "rank_low": r.low if r else None,
                "rank_high": r.high if r else None,
                **{f"trigger_{t.kind}": t.state.value for t in c.triggers},
            })  # fmt: skip
        return pd.DataFrame(rows)

    def __repr__(self) -> str:
        sure, all_ = self.pairs()
        return f"Assessment({self.year}: {len(self.ranked)} cities compared, {sure} of {all_} pairs may be ordered)"

    def _repr_html_(self) -> str:
        from evaltools.indicators.assessment.display import html_of

        return html_of(self)
