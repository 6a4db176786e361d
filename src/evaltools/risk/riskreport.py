"""`RiskReport`: what the model is worth on rows it has not seen, beside the simple rules, by time, area and group."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from evaltools.risk import fairness
from evaltools.risk.classifier import ReturnRiskClassifier
from evaltools.risk.metrics import ece_when_perfect
from evaltools.risk.performance import BUDGETS, Task, curve, measure
from evaltools.risk.validation import HeldOut, Sample, held_out, make_sample

LEAST_EVENTS = 10  # a domain with fewer events gets counts and O/E, no ranking metrics


@dataclass(frozen=True)
class RiskReport:
    """overall: how (time|area), score, metric, estimate, low, high, difference to the model with interval, n, events.
    domains: the same for each period and area. curves: calibration curve by how. groups: fairness table by how.
    findings: groups the list fails. held: the held-out predictions. record: what was done, as plain values."""

    overall: pd.DataFrame
    domains: pd.DataFrame
    curves: pd.DataFrame
    groups: pd.DataFrame
    findings: tuple[fairness.GroupFinding, ...]
    held: Mapping[str, HeldOut]
    record: Mapping[str, Any]

    @classmethod
    def make(
        cls, model: ReturnRiskClassifier, X: pd.DataFrame, y: Any, *, sample_weight: Any = None, groups: Any = None,
        period: Any = None, area: Any = None, by: Mapping[str, Any] | None = None, multiple: float | None = None,
        monitored: Any = None, budgets: tuple[float, ...] = BUDGETS, draws: int = 200, seed: int = 0,
        most_fits: int | None = None,
    ) -> RiskReport:  # fmt: skip
        """Validate a model's specification (it is cloned and refitted, never used as fitted).

        period : (n,) orders the rows in time; area : (n,) city. groups : (n,) clusters of the bootstrap. by: group
        name -> (n,) boolean, the groups of the fairness table. multiple, monitored: see `simple_rules`. most_fits: see
        `held_out`; None leaves out one area at a time.
        """
        sample = make_sample(
            X, y, sample_weight=sample_weight, groups=groups, period=period, area=area, multiple=multiple,
            monitored=monitored,
        )  # fmt: skip
        asked = [how for how, key in (("time", period), ("area", area)) if key is not None]
        held = {how: held_out(model, sample, how, most_fits=most_fits) for how in asked}
        return cls.of(held, sample, by=by, budgets=budgets, draws=draws, seed=seed)

    @classmethod
    def of(
        cls, held: Mapping[str, HeldOut], sample: Sample, *, by: Mapping[str, Any] | None = None,
        budgets: tuple[float, ...] = BUDGETS, draws: int = 200, seed: int = 0,
    ) -> RiskReport:  # fmt: skip
        """The report of predictions that are already held out."""
        overall, domains, curves, tables, findings, record = [], [], [], [], [], {}
        for how, one in held.items():
            task = _task(one, sample)
            overall.append(measure(task, budgets=budgets, draws=draws, seed=seed).assign(how=how))
            domains.append(_by_domain(one, task, budgets, draws, seed).assign(how=how))
            p = one.scores["model"]
            curves.append(curve(task.y, p, task.w, task.clusters, draws=draws, seed=seed).assign(how=how))
            record[f"{how}_ece_when_perfect"] = ece_when_perfect(p, task.w, seed=seed)
            record[f"{how}_skipped"] = dict(one.skipped)
            if by:
                member = {k: np.asarray(v)[one.rows].astype(bool) for k, v in by.items()}
                table = fairness.by_group(task, member, share=fairness.SHARE, draws=draws, seed=seed)
                tables.append(table.assign(how=how))
                findings += fairness.findings(table)
        empty = pd.DataFrame()
        return cls(
            pd.concat(overall, ignore_index=True), pd.concat(domains, ignore_index=True),
            pd.concat(curves, ignore_index=True), pd.concat(tables, ignore_index=True) if tables else empty,
            tuple(findings), held, record,
        )  # fmt: skip

    def value(self, metric: str, *, how: str = "time", score: str = "model") -> tuple[float, float, float]:
        """(estimate, low, high) of one metric."""
        found = self.overall.query("how == @how and score == @score and metric == @metric")
        if not len(found):
            return np.nan, np.nan, np.nan
        row = found.iloc[0]
        return float(row["estimate"]), float(row["low"]), float(row["high"])

    def earns_its_place(self, *, how: str = "time", metric: str = "average_precision") -> dict[str, bool]:
        """Per simple rule: whether the rule is worse than the model beyond its paired 95 % interval."""
        found = self.overall.query("how == @how and metric == @metric and score != 'model'")
        return {str(r["score"]): bool(r["difference_high"] < 0) for r in found.to_dict("records")}


def _task(one: HeldOut, sample: Sample) -> Task:
    probabilities = frozenset({"model"} | {r.id for r in one.rules if r.is_probability})
    return Task(sample.y[one.rows], sample.w[one.rows], sample.clusters[one.rows], dict(one.scores), probabilities)


def _by_domain(one: HeldOut, task: Task, budgets: tuple[float, ...], draws: int, seed: int) -> pd.DataFrame:
    out = []
    for value in np.unique(one.domain):
        at = one.domain == value
        if min(task.y[at].sum(), (1 - task.y[at]).sum()) < LEAST_EVENTS:
            continue
        part = Task(
            task.y[at], task.w[at], task.clusters[at], {k: v[at] for k, v in task.scores.items()}, task.probabilities
        )
        out.append(measure(part, budgets=budgets, draws=draws, seed=seed).assign(domain=value))
    return pd.concat(out, ignore_index=True) if out else pd.DataFrame()
