"""What the province's report is made from: results that passed disclosure control, and nothing else."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from functools import cached_property
from typing import TYPE_CHECKING, Any

import pandas as pd

from evaltools.errors import ReportError
from evaltools.report.blocks import Chapter
from evaltools.report.model import LANGUAGES, CityReport, Provenance, ReportInput
from evaltools.terms import City, CityRole

if TYPE_CHECKING:
    from evaltools.indicators import Gates
    from evaltools.indicators.assessment import Assessment
    from evaltools.indicators.assessment.observed import Reconciled
    from evaltools.indicators.claims import ClaimChecks
    from evaltools.intake import QualityReport
    from evaltools.risk.published import RiskTables
    from evaltools.standards import Claim, Pairings, Rules

NUMBERS = {"一": "1", "二": "2", "三": "3", "四": "4", "五": "5", "六": "6", "七": "7"} | {
    f"附录{c}": f"Appendix {c}" for c in "ABCDE"
}
"""Chapter number in a Chinese report -> in an English one."""
PROVINCE = City("440000", "guangdong", "广东", "Guangdong", CityRole.HELPED, False)


@dataclass(frozen=True)
class MoneyTables:
    """Money by receiving city, cumulated up to the report's year (sums of payments: no household is in them).

    `input`: city_code, province, helping_city, local_city, other (yuan that arrived of the per-capita input), total,
        surely, eligible (persons at the end of the year that it is meant for: known to belong, and with the unknown);
    `guidance`: helper_code, city_code, villages, due_yuan, arrived_yuan, on_time_yuan of the report's year;
    `rows`: payments read.
    """

    input: pd.DataFrame
    guidance: pd.DataFrame
    rows: int


@dataclass(frozen=True)
class ClaimTables:
    """Published figures: `checks` of their relations; `figures`: each with its verdicts."""

    checks: ClaimChecks
    figures: tuple[Reconciled, ...]

    @cached_property
    def by_id(self) -> dict[str, Claim]:
        """The figures by id."""
        return {f.claim.id: f.claim for f in self.figures}


@dataclass(frozen=True)
class ProvinceInput:
    """Everything the province's report needs.

    `rules`: the province's snapshot; `gates`, `assessment`: published; `failures`: city code -> why it has no gates;
    `left_out`: city code -> how its tables break their contract, so that none of its rows was read;
    `cities`: city code -> the input of that city's own report, for its findings; `money`, `claims`: None without data;
    `risk`: the model of returns as it may be published, None where there is none, and `risk_reason`: why.
    """

    year: int
    as_of: date
    lang: str
    rules: Rules
    quality: QualityReport
    gates: Mapping[str, Gates]
    assessment: Assessment
    cities: Mapping[str, ReportInput]
    failures: Mapping[str, str] = field(default_factory=dict)
    money: MoneyTables | None = None
    claims: ClaimTables | None = None
    provenance: Provenance = field(default_factory=Provenance)
    meta: Mapping[str, Any] = field(default_factory=dict)
    places: Mapping[str, str] = field(default_factory=dict)
    pairings: Pairings | None = None
    left_out: Mapping[str, str] = field(default_factory=dict)
    risk: RiskTables | None = None
    risk_reason: str = ""

    def __post_init__(self) -> None:
        if self.lang not in LANGUAGES:
            raise ReportError(f"language {self.lang!r}", expected="zh or en", where="ProvinceInput.lang")

    @property
    def city(self) -> City:
        """The province where a chapter of a city's report names its city."""
        return PROVINCE

    @property
    def is_synthetic(self) -> bool:
        """Whether the data says that it is synthetic."""
        return bool(self.meta.get("synthetic", False))


@dataclass(frozen=True)
class ProvinceReport(CityReport):
    """The province's report; the same face as a city's."""

    def chapter(self, name: str) -> Chapter:
        """The chapter called `name`: its number (一, 附录A) in either language, or its title. Errors: ReportError."""
        found = [c for c in self.chapters if c.number and NUMBERS.get(name) == c.number]
        return found[0] if found else super().chapter(name)


def in_language(chapters: tuple[Chapter, ...], lang: str) -> tuple[Chapter, ...]:
    """The chapters with the numbers of the language."""
    return chapters if lang == "zh" else tuple(replace(c, number=NUMBERS.get(c.number, c.number)) for c in chapters)
