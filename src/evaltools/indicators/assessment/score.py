"""Scores as functions of arrays: how far an indicator is on the way to its rule's value, means by rule and chapter.

No document says how a score is made. This one can be worked out by hand: value over limit where higher is better, limit
over value where lower is better, never above one.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


def score_of(value: Array, limit: Array, is_lower_better: NDArray[np.bool_], is_share: NDArray[np.bool_]) -> Array:
    """(n,) share of the way to the rule's value, 0 to 1; NaN where value or limit is unknown.

    Higher is better: value / limit. Lower is better: limit / value, so that twice the limit scores one half; where
    nothing is tolerated (limit 0) a share scores the share of units that comply, 1 - value. A limit that no ratio can
    be taken of is reached or not: 1 or 0. value, limit : (n,) in the unit of the rule; shares are fractions.
    """
    v, target = np.asarray(value, float), np.asarray(limit, float)
    with np.errstate(divide="ignore", invalid="ignore"):
        up = np.where(target > 0, v / target, (v >= target).astype(float))
        beyond = np.where(target > 0, target / v, np.where(is_share & (target == 0), 1.0 - v, 0.0))
        down = np.where(v <= target, 1.0, beyond)
    out = np.where(is_lower_better, down, up)
    return np.where(np.isnan(v) | np.isnan(target), np.nan, np.clip(out, 0.0, 1.0))


def at(u: Array, value: Array, low: Array, high: Array, is_lower_better: NDArray[np.bool_], z: float) -> Array:
    """Values u standard deviations to the good side: low at -z, high at +z where higher is better, and turned round.

    Two halves of a normal curve, one as wide as value - low, one as high - value, so that its 5 % and 95 % points are
    the ends of a 90 % interval even where the interval is lopsided or the estimate lies on its end.
    u : (B,); value, low, high : (n,) -> (B, n)
    """
    good = np.where(is_lower_better, value - low, high - value) / z
    bad = np.where(is_lower_better, high - value, value - low) / z
    sign = np.where(is_lower_better, -1.0, 1.0)
    step = np.where(u[:, None] >= 0, u[:, None] * good, u[:, None] * bad)
    return value + sign * step


def group_means(x: Array, group: NDArray[np.intp], size: int) -> Array:
    """(..., size) means of x over the positions of each group, NaN for a group without any. x : (..., n), no NaN."""
    onto = np.zeros((x.shape[-1], size))
    onto[np.arange(x.shape[-1]), group] = 1.0
    counts = onto.sum(axis=0)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(counts > 0, (x @ onto) / counts, np.nan)


def weighted(chapters: Array, weights: Array) -> Array:
    """Weighted means over chapters that have a score; NaN where none has, or all weights there are zero.

    chapters : (..., K), weights : (..., K) not negative, broadcast against each other
    """
    known = ~np.isnan(chapters)
    w = np.where(known, weights, 0.0)
    total = w.sum(axis=-1)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(total > 0, (np.where(known, chapters, 0.0) * w).sum(axis=-1) / total, np.nan)


def simplex(draws: int, chapters: int, rng: np.random.Generator) -> Array:
    """(draws, chapters) weights uniform on the simplex: exponentials over their sum (flat Dirichlet)."""
    raw = rng.standard_exponential((draws, chapters))
    return raw / raw.sum(axis=1, keepdims=True)
