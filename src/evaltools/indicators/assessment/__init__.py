"""Assessment of cities (成效考核): scores, grades, ranks with their uncertainty, funnels, triggers of admonition.

    settings = Settings.load()
    assessment = assess(compute_indicators(...), {code: evidence_of(...)}, book, "2020-12-31", settings)
"""

from evaltools.indicators.assessment.assess import assess, funnels, gate_ranks
from evaltools.indicators.assessment.evidence import Evidence, Ledger, Remaining, evidence_of
from evaltools.indicators.assessment.funnel import Funnel, funnel
from evaltools.indicators.assessment.items import ItemStatus, collect, scorable
from evaltools.indicators.assessment.published import publish_assessment
from evaltools.indicators.assessment.result import Assessment, AssessmentState, CityAssessment, Rank
from evaltools.indicators.assessment.settings import Grade, Settings
from evaltools.indicators.assessment.triggers import Part, Standing, Trigger, TriggerState, triggers

__all__ = [
    "Assessment", "AssessmentState", "CityAssessment", "Evidence", "Funnel", "Grade", "ItemStatus", "Ledger", "Part",
    "Rank", "Remaining", "Settings", "Standing", "Trigger", "TriggerState", "assess", "collect", "evidence_of",
    "funnel", "funnels", "gate_ranks", "publish_assessment", "scorable", "triggers",
]  # fmt: skip
