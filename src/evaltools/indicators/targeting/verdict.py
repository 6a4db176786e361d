"""From findings to results: estimate, interval, verdict, and what the unknown answers could change."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from evaltools.estimation import (
    Combination,
    Estimate,
    Estimates,
    SurveyDesign,
    judge,
    proportion,
    rate_bounds,
    verdict_states,
)  # fmt: skip
from evaltools.indicators.kleene import UNKNOWN, YES
from evaltools.indicators.targeting.findings import Finding
from evaltools.indicators.targeting.result import RULE_OF_GATE, GateResult, Unknowns
from evaltools.indicators.value import Source
from evaltools.terms import VerdictState

CITY = "all"  # the label of estimation's row over all domains
TREATMENTS = ("known", "low", "high")


@dataclass(frozen=True)
class Method:
    """How verdicts are made. rho : intraclass correlation assumed; level : one-sided; min_cell : households."""

    rho: float
    level: float
    min_cell: int

    @classmethod
    def of(cls, rules: Any) -> Method:
        """The parameters of the method from the rule book."""
        return cls(
            float(rules["method.design_rho"].value),
            float(rules["method.confidence_one_sided"].value),
            int(rules["method.min_cell_households"].value),
        )


@dataclass(frozen=True)
class Rates:
    """One finding, estimated: by treatment of the unknowns ("known", "low", "high"), all counties and the city.

    frame : the interviews with county_code; weight : (n,) analysis weights in the unit of the rate
    """

    finding: Finding
    estimates: dict[str, Estimates]
    frame: pd.DataFrame
    weight: np.ndarray

    def at(self, area: str, treatment: str) -> Estimate:
        """The estimate of a county (its code) or of the city (CITY)."""
        return self.estimates[treatment].one(area=area)

    def inside(self, area: str) -> np.ndarray:
        """(n,) interviews of the population in the area."""
        here = np.ones(len(self.frame), bool) if area == CITY else (self.frame["county_code"] == area).to_numpy(bool)
        return here & self.finding.population


def design_of(frame: pd.DataFrame, unit: str) -> tuple[SurveyDesign, tuple[str, ...]]:
    """The survey's design, and the strata of one village, which are joined with their neighbours.

    Villages are drawn within strata; weights are households; a rate of persons weights each household by its persons.
    """
    villages = frame.groupby("stratum")["village_code"].nunique()
    lonely = tuple(str(s) for s in villages.index[villages == 1])
    size = "persons" if unit == "persons" else None
    can_join = len(villages) > 1
    rule = "error" if not lonely else ("collapse" if can_join else "certainty")
    return SurveyDesign(weight="weight", stratum="stratum", psu="village_code", size=size, singleton=rule), lonely


def estimate_rates(finding: Finding, frame: pd.DataFrame) -> Rates:
    """The rate with the unknown answers left out, all counted low, all counted high; by county and for the city."""
    design, _ = design_of(frame, finding.unit)
    data = frame[["weight", "stratum", "village_code", "persons"]].copy()
    data["area"] = frame["county_code"].astype(str)
    counts = finding.counts.astype(float)
    unknown = finding.counts == UNKNOWN
    columns = {
        "known": np.where(unknown, np.nan, counts),
        "low": np.where(unknown, 0.0, counts),
        "high": np.where(unknown, 1.0, counts),
    }
    has_unknown = bool((unknown & finding.population).any())
    wanted = TREATMENTS if has_unknown else ("known",)  # with nothing unknown all treatments are one
    for name in wanted:
        data[name] = np.where(finding.population, columns[name], np.nan)
    found = proportion(data, list(wanted), design, by="area", overall=True)
    estimates = {t: found.where(statistic=t) for t in wanted}
    estimates |= {t: estimates["known"] for t in TREATMENTS if t not in wanted}
    weight = frame["weight"].to_numpy(float)
    weight = weight * frame["persons"].to_numpy(float) if finding.unit == "persons" else weight
    return Rates(finding, estimates, frame, weight)


def result_of(rates: Rates, area: str, area_code: str, rules: Any, method: Method) -> GateResult:
    """The result of one finding in one area."""
    finding = rates.finding
    inside = rates.inside(area)
    unknown = inside & (finding.counts == UNKNOWN)
    known = inside & ~unknown
    parts = {t: rates.at(area, t) for t in TREATMENTS}
    weight = rates.weight
    total = float(weight[inside].sum())
    blank = GateResult(
        gate=finding.gate, variant=finding.variant, area_code=area_code,
        area_level="city" if area == CITY else "county", unit=finding.unit, state=VerdictState.UNDECIDED,
        n=int(inside.sum()), n_known=int(known.sum()), n_counted=int((known & (finding.counts == YES)).sum()),
        n_persons=int(rates.frame["persons"].to_numpy()[inside].sum()),
        unknown=Unknowns(
            int(unknown.sum()), float(weight[unknown].sum()) / total if total else 0.0,
            reasons=dict(sorted(Counter(finding.reasons[unknown]).items())),
        ),
        source=Source(finding.tables, finding.formula, int(inside.sum()), finding.rules),
    )  # fmt: skip
    return settle(blank, parts, rules, method, finding.missing_zh, finding.missing_en)


def settle(
    blank: GateResult, parts: dict[str, Any], rules: Any, method: Method, missing_zh: str = "", missing_en: str = ""
) -> GateResult:
    """Fill in estimate, interval and verdict. parts : treatment -> Estimate or Combination."""
    rule = rules.get(RULE_OF_GATE[blank.gate])
    main = parts["known"]
    low, high, n_effective = interval_of(main, method)
    result = replace(
        blank, rule=rule, rate=main.estimate, se=main.se, low=low, high=high, level=round(2 * method.level - 1, 12),
        n_psu=main.n_psu, n_effective=n_effective, rho=method.rho, df=getattr(main, "df", float("nan")),
        deff=getattr(main, "deff", float("nan")),
        source=replace(blank.source, rules=(*blank.source.rules, RULE_OF_GATE[blank.gate])),
    )  # fmt: skip
    if result.n == 0 and blank.area_level == "county":
        return _without(result, VerdictState.UNDECIDED, "本县（市、区）无此类样本户", "no such household surveyed here")
    if rule is None or not rule.is_defined:
        return _without(result, VerdictState.RULE_UNDEFINED, "没有上限，只报告不判定", "reported; no limit is set")
    result = replace(result, limit=float(rule.value), comparison=str(rule.comparison))
    if blank.area_level == "county" and (main.n_psu < 2 or (result.n or 0) < method.min_cell):
        return _without(
            replace(result, low=float("nan"), high=float("nan")), VerdictState.UNDECIDED,
            "样本过小，只作描述不作判定", "the sample is too small: described, not judged",
        )  # fmt: skip
    return _with_unknowns(result, parts, rule, method, missing_zh, missing_en)


def _with_unknowns(
    result: GateResult, parts: dict[str, Any], rule: Any, method: Method, missing_zh: str, missing_en: str
) -> GateResult:
    """The verdict that survives both extreme treatments of the unknown answers, or the word for why there is none."""
    states = {t: state_of_rate(e, rule, method) for t, e in parts.items()}
    unknown = replace(
        result.unknown, rate_low=parts["low"].estimate, rate_high=parts["high"].estimate,
        state_low=states["low"], state_high=states["high"],
    )  # fmt: skip
    result = replace(result, unknown=unknown)
    if result.area_level == "city":  # the search for the sample that would decide is for the city alone
        needed = judge(parts["known"], rule, rho=method.rho, level=method.level).households_needed
        result = replace(result, households_needed=needed)
    if result.n == 0 and result.unit == "households":
        return _without(result, VerdictState.EVIDENCE_MISSING, "没有调查样本", "no household was surveyed")
    state = surviving(states["known"], states["low"], states["high"])
    if state is not VerdictState.EVIDENCE_MISSING:
        return replace(result, state=state)
    if missing_zh:
        return _without(result, state, missing_zh, missing_en)
    if not np.isfinite(parts["known"].estimate):
        return _without(result, state, "没有可用的答案", "no usable answer")
    return _without(
        result, state,
        f"结论取决于未明答案：全部计入与全部不计入时分别为“{states['high'].zh}”与“{states['low'].zh}”",
        f"the verdict hangs on the unknown answers: {states['high'].en} if all counted, {states['low'].en} if none",
    )  # fmt: skip


def state_of_rate(e: Estimate | Combination, rule: Any, method: Method) -> VerdictState:
    """The state `judge` gives: met or not met when the whole interval says so, else undecided."""
    low, high, _ = interval_of(e, method)
    return rate_states(low, high, rule)


def rate_states(low: Any, high: Any, rule: Any) -> Any:
    """The states of intervals of rates, one for one interval; without an interval evidence is missing."""
    return verdict_states(low, high, float(rule.value), rule.comparison, unknown=VerdictState.EVIDENCE_MISSING)


def surviving(known: VerdictState, low: VerdictState, high: VerdictState) -> VerdictState:
    """The verdict that holds whatever the unknown answers are.

    Both extremes agree: that verdict. They differ and the known answers alone leave it open: undecided. They differ and
    the known answers alone would decide: evidence is missing, because the answers not given could turn the verdict.
    """
    if known is VerdictState.EVIDENCE_MISSING:
        return known
    if low is high:
        return low
    return VerdictState.UNDECIDED if known is VerdictState.UNDECIDED else VerdictState.EVIDENCE_MISSING


def interval_of(e: Estimate | Combination, method: Method) -> tuple[float, float, float]:
    """low, high and effective households of a rate, with or without a limit to judge by: the interval of `judge`."""
    if isinstance(e, Combination):
        pieces = [interval_of(p, method)[2] for p in e.pieces]
        return e.low, e.high, float(sum(pieces))
    counts = map(np.asarray, (e.estimate, e.se, e.n, e.df, e.weighting, e.cluster_size))
    low, high, n_effective = rate_bounds(*counts, rho=method.rho, level=method.level)
    return float(low), float(high), float(n_effective)


def _without(result: GateResult, state: VerdictState, zh: str, en: str) -> GateResult:
    """The result with a state that needs a reason."""
    return replace(result, state=state, reason_zh=zh, reason_en=en)


def overall(results: Iterable[GateResult]) -> VerdictState:
    """Not met if any gate with a limit is not met; met only if all are; else what is lacking: evidence, or sample."""
    states = {r.state for r in results if r.limit is not None}
    if not states:
        return VerdictState.RULE_UNDEFINED
    if VerdictState.NOT_MET in states:
        return VerdictState.NOT_MET
    if states == {VerdictState.MET}:
        return VerdictState.MET
    lacking = VerdictState.EVIDENCE_MISSING
    return lacking if lacking in states else VerdictState.UNDECIDED
