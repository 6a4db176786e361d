"""How good scores are: every metric with a cluster-bootstrap interval and its paired distance to the model."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from evaltools.risk import metrics as m
from evaltools.risk.bootstrap import intervals

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
    ranks = {k: m.Ranked.of(p) for k, p in task.scores.items()}
    grades = {k: m.Graded.of(task.scores[k]) for k in task.probabilities}
    bins = {k: m.bins_of(p, task.w, 10) for k, p in task.scores.items() if k in task.probabilities}

    def statistic(w: np.ndarray) -> dict[str, float]:
        found = {}
        for name, p in task.scores.items():
            found |= {f"{name}|{k}": v for k, v in ranks[name].ranking(task.y, w, budgets).items()}
            if name in task.probabilities:
                found |= {
                    f"{name}|{k}": v
                    for k, v in _calibration(task.y, p, w, bins[name], grades[name], thresholds).items()
                }
        gaps = {
            f"{k}|less": v - found["model|" + k.split("|")[1]] for k, v in found.items() if not k.startswith("model|")
        }
        return found | gaps

    done = intervals(statistic, task.w, _dense(task.clusters), draws=draws, seed=seed)
    nothing = (np.nan, np.nan, np.nan)
    rows = []
    for key, value in done.items():
        if not key.endswith("|less"):
            rows.append((*key.split("|"), *value, *done.get(f"{key}|less", nothing), len(task.y), int(task.y.sum())))
    return pd.DataFrame(rows, columns=list(COLUMNS))


def _calibration(
    y: np.ndarray,
    p: np.ndarray,
    w: np.ndarray,
    bins: np.ndarray,
    grades: m.Graded,
    thresholds: tuple[float, ...],
) -> dict[str, float]:
    intercept, slope = grades.line(y, w)
    found = {
        "brier": m.brier(y, p, w), "brier_skill": m.brier_skill(y, p, w),
        "observed_to_expected": m.observed_to_expected(y, p, w), "calibration_intercept": intercept,
        "calibration_slope": slope, "ece": m.ece(y, p, w, bins),
    }  # fmt: skip
    return found | {f"net_benefit@{t:g}": m.net_benefit(y, p, w, t) for t in thresholds}


def _dense(clusters: np.ndarray) -> np.ndarray:
    return np.unique(clusters, return_inverse=True)[1]


def curve(
    y: np.ndarray, p: np.ndarray, w: np.ndarray, clusters: np.ndarray, *, draws: int, seed: int, count: int = 10
) -> pd.DataFrame:
    """The calibration curve: bin, predicted, observed, low, high (95 % band), n, events."""
    bins = m.bins_of(p, w, count)

    def statistic(weights: np.ndarray) -> dict[str, float]:
        _, seen, _ = m.calibration_curve(y, p, weights, bins, count)
        return {str(b): float(v) for b, v in enumerate(seen)}

    band = intervals(statistic, w, _dense(clusters), draws=draws, seed=seed)
    mean, seen, _ = m.calibration_curve(y, p, w, bins, count)
    out = pd.DataFrame(
        {
            "bin": np.arange(count), "predicted": mean, "observed": seen,
            "low": [band[str(b)][1] for b in range(count)], "high": [band[str(b)][2] for b in range(count)],
            "n": np.bincount(bins, minlength=count), "events": np.bincount(bins, y, count).astype(int),
        }
    )  # fmt: skip
    return out[out["n"] > 0].reset_index(drop=True)
