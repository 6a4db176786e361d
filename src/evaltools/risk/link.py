"""From a sum of shapes to calibrated log-odds: level + slope * s + bend * max(s - knot, 0).

The bend is there because risks saturate: on every split by time, region and dwelling the straight line over-predicted
the riskiest tenth (docs/risk-evidence.md).
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from scipy.special import expit

from evaltools.risk.irls import ridge_logit, sandwich

SLOPE_PRIOR, BEND_PRIOR = 0.2, 0.3  # slope 1 and bend 0, give or take these, before the held-back rows speak
KNOT_SHARE, LEAST_KNOT = 0.85, 0.25  # the bend begins at this quantile of the scores, always above the average
LEAST_SLOPE = 0.2  # however sharp the bend, a riskier score never has a lower probability


@dataclass(frozen=True)
class Link:
    """From a sum of shapes to log-odds. cov : (3, 3) covariance of (level, slope, bend)."""

    level: float = 0.0
    slope: float = 1.0
    bend: float = 0.0
    knot: float = LEAST_KNOT
    cov: np.ndarray = field(default_factory=lambda: np.zeros((3, 3)))

    def __call__(self, s: np.ndarray) -> np.ndarray:
        """Calibrated log-odds, (n,); never falls as s grows."""
        return self.level + self.slope * s + self.bend * np.maximum(s - self.knot, 0.0)

    def stretch(self, s: np.ndarray) -> np.ndarray:
        """(n,) what one unit of a shape counts in this household's log-odds: the mean slope from the average household
        (s = 0) to this one. Parts times stretch add up to the log-odds less the level (integrated gradients)."""
        beyond = np.maximum(s - self.knot, 0.0)
        return self.slope + self.bend * np.divide(beyond, s, out=np.zeros(len(s)), where=beyond > 0)

    def local(self, s: np.ndarray) -> np.ndarray:
        """(n,) slope at s."""
        return self.slope + self.bend * (s > self.knot)

    def variance(self, s: np.ndarray) -> np.ndarray:
        """(n,) variance of the log-odds from the link's own coefficients."""
        X = np.column_stack([np.ones(len(s)), s, np.maximum(s - self.knot, 0.0)])
        return np.einsum("ij,ij->i", X @ self.cov, X)


def level_for(eta: np.ndarray, w: np.ndarray, rate: float) -> float:
    """The constant that, added to log-odds `eta`, makes the weighted mean probability `rate` (bisection)."""
    low, high = -60.0, 60.0
    for _ in range(80):
        middle = (low + high) / 2
        low, high = (middle, high) if np.average(expit(eta + middle), weights=w) < rate else (low, middle)
    return (low + high) / 2


def calibrated_link(scores: np.ndarray, y: np.ndarray, w: np.ndarray, clusters: np.ndarray) -> Link:
    """The link from held-back scores: a logistic regression on score and bend, both shrunk to a straight slope of 1."""
    order = np.argsort(scores, kind="stable")
    place = np.searchsorted(np.cumsum(w[order]), KNOT_SHARE * w.sum())
    knot = max(float(scores[order][min(place, len(order) - 1)]), LEAST_KNOT)
    X = np.column_stack([np.ones(len(scores)), scores, np.maximum(scores - knot, 0.0)])
    ridge = np.array([0.0, 1 / SLOPE_PRIOR**2, 1 / BEND_PRIOR**2])
    beta = ridge_logit(X, y, w, ridge, offset=scores)
    cov = sandwich(X, y, w, ridge, beta, np.unique(clusters, return_inverse=True)[1], offset=scores)
    slope = max(1.0 + beta[1], LEAST_SLOPE)
    return Link(float(beta[0]), float(slope), float(max(beta[2], LEAST_SLOPE - slope)), knot, cov)
