"""How good scores are: every metric with a cluster-bootstrap interval and its paired distance to the model."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from evaltools.risk import metrics as m
from evaltools.risk import replicates as many

BUDGETS = (0.05, 0.10, 0.20)
THRESHOLDS = (0.02, 0.05, 0.10, 0.20)
COLUMNS = (
    "score",
    "metric",
    "estimate",
    "low",
    "high",
    "difference",
    "difference_low",
    "difference_high",
    "n",
    "events",
)


@dataclass(frozen=True)
class Task:
    """Rows to measure on. scores: id -> (n,). probabilities: which scores are probabilities. clusters : 0..G-1."""

    y: np.ndarray
    w: np.ndarray
    clusters: np.ndarray
    scores: dict[str, np.ndarray]
    probabilities: frozenset[str]


def measure(
    task: Task, *, budgets: tuple[float, ...] = BUDGETS, thresholds: tuple[float, ...] = THRESHOLDS, draws: int = 200,
    seed: int = 0,
) -> pd.DataFrame:  # fmt: skip
    """One row per score and metric; `difference` is the score less the model (same replicates), 95 % intervals."""
    clusters = _dense(task.clusters)
    multiples = many.multiplicities(clusters, draws, seed)
    point = {name: _point(task, name, budgets, thresholds) for name in task.scores}
    draws_of = {name: _replicates(task, name, clusters, multiples, budgets, thresholds) for name in task.scores}
    nothing, rows = (np.nan, np.nan, np.nan), []
    for name, found in point.items():
        for metric, value in found.items():
            v = draws_of[name][metric]
            gap = nothing
            if name != "model" and metric in point["model"]:
                gap = (value - point["model"][metric], *many.limits(v - draws_of["model"][metric]))
            rows.append((name, metric, value, *many.limits(v), *gap, len(task.y), int(task.y.sum())))
    return pd.DataFrame(rows, columns=list(COLUMNS))


def _point(task: Task, name: str, budgets: tuple[float, ...], thresholds: tuple[float, ...]) -> dict[str, float]:
    p, y, w = task.scores[name], task.y, task.w
    found = m.Ranked.of(p).ranking(y, w, budgets)
    if name not in task.probabilities:
        return found
    intercept, slope = m.calibration_line(y, p, w)
    found |= {
        "brier": m.brier(y, p, w), "brier_skill": m.brier_skill(y, p, w),
        "observed_to_expected": m.observed_to_expected(y, p, w), "calibration_intercept": intercept,
        "calibration_slope": slope, "ece": m.ece(y, p, w),
    }  # fmt: skip
    return found | {f"net_benefit@{t:g}": m.net_benefit(y, p, w, t) for t in thresholds}


def _replicates(
    task: Task, name: str, clusters: np.ndarray, multiples: np.ndarray, budgets: tuple[float, ...],
    thresholds: tuple[float, ...],
) -> dict[str, np.ndarray]:  # fmt: skip
    """The same for every replicate, (draws,) each."""
    p, y, w = task.scores[name], task.y, task.w
    grades = many.Grades.of(p)
    hit, every = (many.drawn_by(multiples, clusters, grades.grade, grades.count, v) for v in (w * y, w))
    found = many.ranking(hit, every - hit, budgets)
    if name not in task.probabilities:
        return found
    seen = [p >= t for t in thresholds]
    columns = [w, w * y, w * p, w * (y - p) ** 2, *(w * y * s for s in seen), *(w * (1 - y) * s for s in seen)]
    total, events, expected, square, *use = many.drawn(multiples, clusters, np.column_stack(columns)).T
    rate = events / total
    with np.errstate(divide="ignore", invalid="ignore"):
        skill = np.where((rate > 0) & (rate < 1), 1 - square / total / (rate * (1 - rate)), np.nan)
    gap = many.drawn_by(multiples, clusters, m.bins_of(p, w, 10), 10, w * (y - p))
    intercept, slope = calibration_lines(y, p, w, clusters, multiples)
    found |= {
        "brier": square / total, "brier_skill": skill, "observed_to_expected": events / np.maximum(expected, m.EPS),
        "calibration_intercept": intercept, "calibration_slope": slope, "ece": np.abs(gap).sum(axis=1) / total,
    }  # fmt: skip
    for t, yes, no in zip(thresholds, use[: len(seen)], use[len(seen) :], strict=True):
        found[f"net_benefit@{t:g}"] = (yes - no * t / (1 - t)) / total
    return found


def calibration_lines(
    y: np.ndarray, p: np.ndarray, w: np.ndarray, clusters: np.ndarray, multiples: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """(intercept with slope 1, slope) of every replicate, (draws,) each."""
    grades, eta = many.line_grades(p)
    weight, hit = (many.drawn_by(multiples, clusters, grades.grade, grades.count, v) for v in (w, w * y))
    return many.lines(eta, weight, hit)


def _dense(clusters: np.ndarray) -> np.ndarray:
    return np.unique(clusters, return_inverse=True)[1]


def curve(
    y: np.ndarray, p: np.ndarray, w: np.ndarray, clusters: np.ndarray, *, draws: int, seed: int, count: int = 10,
    bins: np.ndarray | None = None,
) -> pd.DataFrame:  # fmt: skip
    """The calibration curve: bin, predicted, observed, low, high (95 % band), n, events. bins : (n,) 0..count-1, by
    default groups of equal weight."""
    bins, dense = m.bins_of(p, w, count) if bins is None else bins, _dense(clusters)
    multiples = many.multiplicities(dense, draws, seed)
    hit, every = (many.drawn_by(multiples, dense, bins, count, v) for v in (w * y, w))
    seen_drawn = np.divide(hit, every, out=np.full(hit.shape, np.nan), where=every > m.EPS)
    band = np.array([many.limits(column) for column in seen_drawn.T])
    mean, seen, _ = m.calibration_curve(y, p, w, bins, count)
    out = pd.DataFrame(
        {
            "bin": np.arange(count), "predicted": mean, "observed": seen, "low": band[:, 0], "high": band[:, 1],
            "n": np.bincount(bins, minlength=count), "events": np.bincount(bins, y, count).astype(int),
        }
    )  # fmt: skip
    return out[out["n"] > 0].reset_index(drop=True)
