"""The dated update of a model by the newest outcomes, and whether it holds where it was not made.

Labels arrive a year late and levels move between years. So the model that was made before the newest outcomes is held
against them (`drift`), its level is then moved to their rate with a date, and the move itself is checked: the rate is
taken from one half of the villages, and the moved probabilities are held against the other half. An alarm is due only
where that fails: then the order of households may be used, their probabilities may not. What no check can show is the
level of a year whose outcomes are not known.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import expit, logit

from evaltools.risk import metrics as m
from evaltools.risk.classifier import ReturnRiskClassifier
from evaltools.risk.drift import judge_update
from evaltools.risk.features import ReturnSample
from evaltools.risk.folds import row_hash
from evaltools.risk.link import level_for
from evaltools.risk.performance import Task, measure
from evaltools.risk.published import UpdateState

MOST_ECE = 0.02
"""Calibration error by group that an update may leave (or what n rows alone produce, where that is more)."""
NOTHING = float("nan")


@dataclass(frozen=True)
class DatedUpdate:
    """as_of: the day the newest outcomes were complete. period: the year whose households they are of. rate: their share
    of events, the new level; expected: the mean probability they had been given before. The rest is measured on the
    half of the clusters that the level was not taken from (NaN where nothing could be)."""

    as_of: str
    period: int
    rate: float
    expected: float
    observed_to_expected: float
    observed_to_expected_low: float
    observed_to_expected_high: float
    ece: float
    ece_when_perfect: float
    state: UpdateState


def apply_update(model: ReturnRiskClassifier, newest: ReturnSample, as_of: str) -> float:
    """Set the level of `model` to the rate of `newest` (one year's households with their outcomes); returns the rate."""
    rate = float(newest.y.mean())
    model.recalibrate(rate=rate, as_of=as_of, X=newest.X)
    return rate


def check_update(
    p: np.ndarray, y: np.ndarray, clusters: np.ndarray, *, as_of: str, period: int, draws: int = 200, seed: int = 0
) -> DatedUpdate:
    """Move the level of `p`, probabilities given before the outcomes `y` were known, and measure the move.

    p, y : (n,). clusters : (n,) 0..G-1, drawn into halves by their number and the seed.
    """
    rate, expected = float(y.mean()), float(p.mean())
    known = (row_hash([clusters.astype(float)], seed) >> np.uint64(32)) % np.uint64(2) == 0
    if min(y[known].sum(), (1 - y[known]).sum(), y[~known].sum(), (1 - y[~known]).sum()) < 1:
        return DatedUpdate(as_of, period, rate, expected, NOTHING, NOTHING, NOTHING, NOTHING, NOTHING, UpdateState.UNDECIDED)
    eta = logit(np.clip(p, m.EPS, 1 - m.EPS))
    moved = expit(eta[~known] + level_for(eta[known], np.ones(known.sum()), float(y[known].mean())))
    ones = np.ones(len(moved))
    task = Task(y[~known], ones, np.unique(clusters[~known], return_inverse=True)[1], {"model": moved}, frozenset({"model"}))
    found = measure(task, budgets=(), thresholds=(), draws=draws, seed=seed).set_index("metric")
    oe, low, high = (float(found[c]["observed_to_expected"]) for c in ("estimate", "low", "high"))
    ece, perfect = float(found["estimate"]["ece"]), m.ece_when_perfect(moved, ones, seed=seed)
    state = judge_shape(judge_update(low, high), ece, perfect)
    return DatedUpdate(as_of, period, rate, expected, oe, low, high, ece, perfect, state)


def judge_shape(state: UpdateState, ece: float, perfect: float) -> UpdateState:
    """The state of an update whose total is judged `state`: a level may be right and its groups wrong."""
    return UpdateState.BROKEN if ece > max(MOST_ECE, perfect) else state
