"""Logistic regression by Newton's method, with a ridge penalty and cluster-robust covariance. Functions of arrays."""

from __future__ import annotations

import numpy as np
from scipy import sparse
from scipy.linalg import cho_factor, cho_solve
from scipy.special import expit

from evaltools.risk.faults import RiskInputError


def ridge_logit(
    X: np.ndarray,
    y: np.ndarray,
    w: np.ndarray,
    penalty: np.ndarray,
    *,
    offset: np.ndarray | None = None,
    start: np.ndarray | None = None,
    tol: float = 1e-8,
) -> np.ndarray:
    """Coefficients maximising sum w (y eta - log(1 + e^eta)) - sum penalty beta^2 / 2, eta = offset + X beta.

    X : (n, p) with its own column of ones where an intercept is wanted. y : (n,) 0/1. w : (n,) >= 0.
    penalty : (p,) >= 0, 0 for the intercept. start : (p,) where to begin (zero by default). Returns (p,).
    Raises RiskInputError when 60 steps do not converge: the sign of separation.
    """
    off = np.zeros(len(y)) if offset is None else offset
    beta = np.zeros(X.shape[1]) if start is None else start.astype(float)
    value = _objective(X, y, w, penalty, off, beta)
    for _ in range(60):
        p = expit(off + X @ beta)
        gradient = X.T @ (w * (y - p)) - penalty * beta
        step = cho_solve(cho_factor(information(X, w * p * (1 - p), penalty)), gradient)
        if gradient @ step <= tol * (1 + abs(value)) * 1e-2:
            return beta + step
        scale, new = 1.0, value
        while scale > 1e-6:  # step halving keeps Newton inside the concave region
            candidate = beta + scale * step
            new = _objective(X, y, w, penalty, off, candidate)
            if new >= value:
                break
            scale /= 2
        beta, value = beta + scale * step, max(new, value)
    raise RiskInputError(
        "the logistic regression does not converge", expected="events and non-events that overlap on every column",
        todo="look for columns that foretell the label (separation) and leave them out",
    )  # fmt: skip


def information(X: np.ndarray, weights: np.ndarray, penalty: np.ndarray) -> np.ndarray:
    """X' diag(weights) X + diag(penalty), with a jitter far below any real curvature. Shape (p, p)."""
    root = np.sqrt(weights)[:, None] * X
    out = root.T @ root
    out.flat[:: len(out) + 1] += penalty + 1e-10 * max(float(weights.sum()), 1e-12)
    return out


def _objective(
    X: np.ndarray, y: np.ndarray, w: np.ndarray, penalty: np.ndarray, off: np.ndarray, beta: np.ndarray
) -> float:
    eta = off + X @ beta
    return float(w @ (y * eta - np.logaddexp(0, eta)) - 0.5 * penalty @ beta**2)


def sandwich(
    X: np.ndarray, y: np.ndarray, w: np.ndarray, penalty: np.ndarray, beta: np.ndarray, clusters: np.ndarray, *,
    offset: np.ndarray | None = None,
) -> np.ndarray:  # fmt: skip
    """Cluster-robust covariance of `beta`, (p, p): bread x meat x bread. clusters : (n,) integers 0..G-1.

    Small-sample factor G/(G-1) * (n-1)/(n-p), the default of statsmodels (Liang and Zeger 1986). Under a penalty its
    expected squared bias is added (Marra and Wood 2012), so that what was shrunk is not taken for sure.
    """
    p = expit(X @ beta if offset is None else offset + X @ beta)
    bread = np.linalg.inv(information(X, w * p * (1 - p), penalty))
    scores = (w * (y - p))[:, None] * X
    groups, rows = int(clusters.max()) + 1, np.arange(len(y))
    sums = sparse.csr_array((np.ones(len(y)), (clusters, rows)), shape=(groups, len(y))) @ scores
    n, k = X.shape
    factor = groups / max(groups - 1, 1) * (n - 1) / max(n - k, 1)
    return bread @ (factor * (sums.T @ sums) + np.diag(penalty)) @ bread
