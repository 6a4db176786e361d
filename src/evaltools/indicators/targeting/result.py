"""What the gates leave behind: one `GateResult` per rate and area, `Gates` for a city."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import pandas as pd

from evaltools.indicators.value import Source, Value
from evaltools.terms import City, Term, VerdictState


class Gate(Term):
    """三率一度 and the wrong-inclusion rate, in the order of the report."""

    OMISSION = "omission_rate", "漏评率", "omission rate"
    WRONGFUL_EXIT = "wrongful_exit_rate", "错退率", "wrongful-exit rate"
    WRONG_INCLUSION = "wrong_inclusion_rate", "错评率", "wrong-inclusion rate"
    COMPOSITE = "composite_poverty_incidence", "综合贫困发生率", "composite poverty incidence"
    APPROVAL = "public_approval_rate", "群众认可度", "public approval rate"


RULE_OF_GATE: dict[Gate, str] = {
    Gate.OMISSION: "gate.omission_rate_max",
    Gate.WRONGFUL_EXIT: "gate.wrongful_exit_rate_max",
    Gate.WRONG_INCLUSION: "gate.wrong_inclusion_rate",
    Gate.COMPOSITE: "gate.composite_incidence_max",
    Gate.APPROVAL: "gate.public_approval_min",
}


class Variant(Term):
    """Which test a rate used. Only omission has two: the documents give none, so both are shown."""

    DEFAULT = "default", "基本口径", "default test"
    INCOME = "income", "收入口径", "income test"
    INCOME_OR_GUARANTEE = "income_or_guarantee", "收入或保障口径", "income-or-guarantee test"


@dataclass(frozen=True)
class Unknowns:
    """Answers that could not be judged, and what the verdict would be under the two extreme treatments of them.

    households : surveyed households of the population with an unknown answer (None: withheld)
    share : their weighted share of the population, in the unit of the rate (persons or households); 0 to 1
    rate_low, rate_high : the rate with all unknowns counted on the low and on the high side
    state_low, state_high : the verdicts those two rates would have
    reasons : why unknown -> households, e.g. {"income": 3, "labour_capacity": 1}
    """

    households: int | None = 0
    share: float = 0.0
    rate_low: float = float("nan")
    rate_high: float = float("nan")
    state_low: VerdictState | None = None
    state_high: VerdictState | None = None
    reasons: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class GateResult:
    """A rate, its interval, its verdict.

    rate, se : fraction and its design-based standard error; NaN where nothing could be computed
    low, high : interval of two-sided confidence `level` (0.90): the one the verdict used
    state : met / not_met / undecided; evidence_missing; not_applicable; rule_undefined (no limit exists)
    limit, comparison : the rule's value and direction; None where no limit exists
    unit : "persons" or "households": what the rate counts
    n : surveyed households of the population; n_known : those with a known answer, on which rate and interval rest;
        n_counted : those in the numerator. None where disclosure control withheld the number
    n_persons : persons in the n households (unweighted); n_psu : villages with a known answer
    n_effective : households the interval rests on (never more than n); rho : intraclass correlation assumed
    deff : design effect of the estimate; df : degrees of freedom
    households_needed : smallest total number of households that would decide, None if none or not undecided
    unknown : the unjudged answers and the extremes
    rule : the rule entry (label, clause, status) or None; reason_zh/en : why there is no verdict, or why it is missing
    """

    gate: Gate
    variant: Variant
    area_code: str
    area_level: str
    unit: str
    state: VerdictState
    rate: float = float("nan")
    se: float = float("nan")
    low: float = float("nan")
    high: float = float("nan")
    level: float = 0.90
    limit: float | None = None
    comparison: str | None = None
    n: int | None = 0
    n_known: int | None = 0
    n_counted: int | None = 0
    n_persons: int | None = 0
    n_psu: int = 0
    n_effective: float = float("nan")
    deff: float = float("nan")
    df: float = float("nan")
    rho: float = float("nan")
    households_needed: int | None = None
    unknown: Unknowns = field(default_factory=Unknowns)
    rule: Any = None
    reason_zh: str = ""
    reason_en: str = ""
    source: Source = field(default_factory=Source)

    def reason(self, lang: str = "zh") -> str:
        """Why there is no verdict or no number, in one sentence; empty where there is nothing to explain."""
        return self.reason_zh if lang == "zh" else self.reason_en

    def clause(self, lang: str = "zh") -> str:
        """The citation of the limit, empty where there is none."""
        return self.rule.cite(lang) if self.rule is not None else ""

    def to_value(self) -> Value:
        """The rate as a `Value`; its verdict and interval go with it."""
        return Value(
            id=f"gate.{self.gate.value}.{self.variant.value}.{self.area_code}",
            value=self.rate, unit="fraction", label_zh=self.gate.zh, label_en=self.gate.en, source=self.source,
            low=self.low, high=self.high, level=self.level, n=self.n, n_psu=self.n_psu, verdict=self.state,
            note=self.reason_zh,
        )  # fmt: skip


@dataclass(frozen=True)
class Gates:
    """The gates of one city and year. In Jupyter: a table. `gates["omission_rate"]` is one result.

    results : the five rates of the city, default test each, in the order of `Gate`
    variants : further tests of the same rates (omission by income or guarantee)
    counties : default results by county; where the sample is too small to judge, undecided with a reason
    overall : not_met if any rate with a limit is; met only if all are; else evidence_missing or undecided
    response : approached, responded, by group (DataFrame: group, approached, responded, response_rate)
    notes_zh, notes_en : what a reader must know (missing price index, assumed rho, ...)
    """

    city: City
    year: int
    results: tuple[GateResult, ...]
    variants: tuple[GateResult, ...] = ()
    counties: tuple[GateResult, ...] = ()
    overall: VerdictState = VerdictState.UNDECIDED
    response: pd.DataFrame = field(default_factory=pd.DataFrame)
    notes_zh: tuple[str, ...] = ()
    notes_en: tuple[str, ...] = ()

    def __getitem__(self, gate: str) -> GateResult:
        """The default result of a gate, by `Gate` or its value."""
        found = {r.gate.value: r for r in self.results}
        if str(gate) not in found:
            raise KeyError(f"no gate {gate!r}; one of {', '.join(found)}")
        return found[str(gate)]

    def to_frame(self) -> pd.DataFrame:
        """One row per result (city, variants, counties), unrounded; states and gates as stored values."""
        from evaltools.indicators.targeting.display import frame_of

        return frame_of(self)

    def __repr__(self) -> str:
        from evaltools.indicators.targeting.display import text_of

        return text_of(self)

    def _repr_html_(self) -> str:
        from evaltools.indicators.targeting.display import html_of

        return html_of(self)


@dataclass(frozen=True)
class HelpedGates:
    """For a helping city: the gates of the cities it helps, each under its own rules.

    helper : the helping city; cities : city code -> Gates
    """

    helper: City
    year: int
    cities: Mapping[str, Gates]

    def to_frame(self) -> pd.DataFrame:
        """The rows of all helped cities, one below the other."""
        frames = [g.to_frame() for g in self.cities.values()]
        return pd.concat(frames, ignore_index=True) if frames else pd.DataFrame()

    def __repr__(self) -> str:
        return "\n\n".join(repr(g) for g in self.cities.values())

    def _repr_html_(self) -> str:
        return "".join(g._repr_html_() for g in self.cities.values())
