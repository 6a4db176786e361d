"""Does the last update still hold? Answered by outcomes as they arrive; feature drift is shown beside, never instead.

On the real panel the largest population-stability index was .018 while twice as many fell into poverty as predicted.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from evaltools.risk import metrics as m
from evaltools.risk.classifier import ReturnRiskClassifier
from evaltools.risk.columns import MISSING
from evaltools.risk.performance import Task, measure
from evaltools.risk.published import UpdateState
from evaltools.risk.validation import make_sample

TOLERANCE = (0.85, 1.15)  # observed / expected that an update is good for


@dataclass(frozen=True)
class Monitor:
    """table: one row a period: n, events, O/E, calibration intercept and slope with 95 % intervals, ECE and its
    quantile when perfect. state: of the newest period. advice: the rate for `recalibrate`, None unless broken.
    drift: feature, psi."""

    table: pd.DataFrame
    state: UpdateState
    advice: float | None
    drift: pd.DataFrame

    @property
    def is_alarm(self) -> bool:
        """Whether the model must be updated before it is used again."""
        return self.state is UpdateState.BROKEN


def monitor(
    model: ReturnRiskClassifier, X: pd.DataFrame, y: Any, period: Any, *, sample_weight: Any = None, groups: Any = None,
    reference: pd.DataFrame | None = None, draws: int = 200, seed: int = 0,
) -> Monitor:  # fmt: skip
    """Measure a fitted model, as last updated, on outcomes that arrived after it.

    reference: the training table, for the population-stability index of each feature against the newest period.
    """
    sample = make_sample(X, y, sample_weight=sample_weight, groups=groups, period=period)
    when = np.asarray(sample.period)
    newest = sample.X[when == when.max()]
    drift = pd.DataFrame() if reference is None else stability(model, reference, newest)
    p = model.predict_proba(sample.X)[:, 1]
    return monitor_scores(p, sample.y, when, sample.w, sample.clusters, drift=drift, draws=draws, seed=seed)


def monitor_scores(
    p: np.ndarray, y: np.ndarray, when: np.ndarray, w: np.ndarray, clusters: np.ndarray, *,
    drift: pd.DataFrame | None = None, draws: int = 200, seed: int = 0,
) -> Monitor:  # fmt: skip
    """The same from probabilities that were given before the outcomes were known. All arguments (n,)."""
    rows = []
    for value in np.unique(when):
        at = np.flatnonzero(when == value)
        rows.append({"period": value, **_row(y[at], p[at], w[at], clusters[at], draws, seed)})
    table = pd.DataFrame(rows)
    last = table.iloc[-1]
    state = judge_update(float(last["observed_to_expected_low"]), float(last["observed_to_expected_high"]))
    newest = when == when.max()
    rate = float(np.average(y[newest], weights=w[newest]))
    advice = rate if state is UpdateState.BROKEN else None
    return Monitor(table, state, advice, pd.DataFrame() if drift is None else drift)


def judge_update(low: float, high: float) -> UpdateState:
    """HOLDS when the interval of O/E lies within 0.85 to 1.15, BROKEN when it excludes 1 and reaches beyond that band,
    UNDECIDED otherwise (too few outcomes, or none)."""
    if np.isnan(low) or np.isnan(high):
        return UpdateState.UNDECIDED
    if TOLERANCE[0] <= low and high <= TOLERANCE[1]:
        return UpdateState.HOLDS
    return UpdateState.BROKEN if low > 1 or high < 1 else UpdateState.UNDECIDED


def _row(y: np.ndarray, p: np.ndarray, w: np.ndarray, clusters: np.ndarray, draws: int, seed: int) -> dict[str, Any]:
    names = ["observed_to_expected", "calibration_intercept", "calibration_slope", "ece"]
    own = Task(y, w, clusters, {"model": p}, frozenset({"model"}))
    done = measure(own, budgets=(), thresholds=(), draws=draws, seed=seed).set_index("metric")
    row: dict[str, Any] = {"n": len(y), "events": int(y.sum()), "expected": float(w @ p / w.mean())}
    for name in names:
        for column, suffix in (("estimate", ""), ("low", "_low"), ("high", "_high")):
            row[name + suffix] = float(done.loc[name, column])  # pyright: ignore[reportArgumentType]
    return row | {"ece_when_perfect": m.ece_when_perfect(p, w, seed=seed)}


def stability(model: ReturnRiskClassifier, before: pd.DataFrame, after: pd.DataFrame) -> pd.DataFrame:
    """Population-stability index of each term, largest first: sum (a - b) log(a / b) over tenths or levels."""
    plan = model.model_.plan
    a, b = plan.read(before), plan.read(after)
    out = []
    for term, x, z in zip(plan.numbers, a.numbers.T, b.numbers.T, strict=True):
        cuts = np.unique(np.quantile(x[~np.isnan(x)], np.arange(0.1, 1, 0.1))) if (~np.isnan(x)).any() else np.zeros(0)
        out.append((term.name, _psi(_binned(x, cuts), _binned(z, cuts), len(cuts) + 2)))
    for term, x, z in zip(plan.categories, a.codes.T, b.codes.T, strict=True):
        out.append((term.name, _psi(x - MISSING + 1, z - MISSING + 1, len(term.levels) + 3)))
    return pd.DataFrame(out, columns=["term", "psi"]).sort_values("psi", ascending=False, ignore_index=True)


def _binned(x: np.ndarray, cuts: np.ndarray) -> np.ndarray:
    return np.where(np.isnan(x), len(cuts) + 1, np.searchsorted(cuts, x, side="right"))


def _psi(a: np.ndarray, b: np.ndarray, count: int) -> float:
    pa = (np.bincount(a, minlength=count) + 0.5) / (len(a) + 0.5 * count)
    pb = (np.bincount(b, minlength=count) + 0.5) / (len(b) + 0.5 * count)
    return float(((pb - pa) * np.log(pb / pa)).sum())
