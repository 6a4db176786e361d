"""The interpretable member: a logistic regression, linear in every number but bent in income, monotone in income."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from evaltools.risk.columns import Plan, Term, Terms
from evaltools.risk.design import Piece, build, make_pieces
from evaltools.risk.irls import ridge_logit, sandwich
from evaltools.risk.shapes import LevelShape, NumberShape, Shape

NOTHING = np.zeros(0)


@dataclass(frozen=True)
class LogitMember:
    """beta : (1 + p,) on the centred and scaled pieces, intercept first. cov : (1 + p, 1 + p) cluster-robust.
    penalty : ridge weight on each scaled piece (0: plain maximum likelihood)."""

    pieces: tuple[Piece, ...]
    beta: np.ndarray
    cov: np.ndarray
    penalty: float

    def shapes(self, plan: Plan) -> list[Shape]:
        """One shape per term of the plan; an unused term is flat."""
        return [self._shape(j, term) for j, term in enumerate(plan.terms)]

    def _shape(self, j: int, term: Term) -> Shape:
        parts = [(p, float(b) / p.scale) for p, b in zip(self.pieces, self.beta[1:], strict=True) if p.term == j]
        if term.is_category:
            values, missing = np.zeros(len(term.levels)), 0.0
            for piece, slope in parts:
                for code in piece.codes:
                    if code >= 0:
                        values[code] = slope
                    else:
                        missing = slope
            return LevelShape(values, missing)
        return _curve(parts)

    def variance(self, X: np.ndarray) -> np.ndarray:
        """Variance of the log-odds of each design row, (n,)."""
        return np.einsum("ij,ij->i", X @ self.cov, X)


def _curve(parts: list[tuple[Piece, float]]) -> NumberShape:
    ramps = sorted(((p, s) for p, s in parts if p.kind == "ramp"), key=lambda ps: ps[0].low)
    gone = sum(s for p, s in parts if p.kind == "missing")
    if not ramps:
        return NumberShape(np.array([0.0]), np.array([0.0]), NOTHING, NOTHING, gone)
    knots = np.array([v for p, _ in ramps for v in (p.low, p.high)])
    rises = np.array([v for p, s in ramps for v in (0.0, s * (p.high - p.low))])
    heights = np.cumsum(rises)
    keep = np.r_[True, np.diff(knots) > 0]
    at_mean = sum(s * p.mean for p, s in ramps)
    return NumberShape(knots[keep], heights[keep], NOTHING, NOTHING, at_mean + gone)


def fit_logit(
    plan: Plan, terms: Terms, y: np.ndarray, w: np.ndarray, clusters: np.ndarray, *, penalty: float, bends: bool,
    only: frozenset[int] | None = None,
) -> LogitMember:  # fmt: skip
    """Fit on rows of positive weight. only: indices of plan.terms to use (all by default).

    Income slopes that come out upward are taken out one by one, the worst first, and the rest refitted: more income
    never raises risk.
    """
    pieces = make_pieces(plan, terms, y, w, bends=bends)
    if only is not None:
        pieces = [p for p in pieces if p.term in only]
    X = build(plan, pieces, terms)
    keep = independent(X)
    pieces, X = [p for p, k in zip(pieces, keep[1:], strict=True) if k], X[:, keep]
    rate = np.average(y, weights=w)
    beta = np.r_[np.log(rate / (1 - rate)), np.zeros(len(pieces))]  # rare events: most of the way is the level
    while True:
        ridge = np.r_[0.0, np.full(len(pieces), penalty)]
        beta = ridge_logit(X, y, w, ridge, start=beta)
        upward = [(b, k) for k, (p, b) in enumerate(zip(pieces, beta[1:], strict=True))
                  if p.kind == "ramp" and plan.terms[p.term].is_monotone and b > 0]  # fmt: skip
        if not upward:
            break
        worst = max(upward)[1]
        pieces.pop(worst)
        X, beta = np.delete(X, worst + 1, axis=1), np.delete(beta, worst + 1)
    return LogitMember(tuple(pieces), beta, sandwich(X, y, w, ridge, beta, clusters), penalty)


def independent(X: np.ndarray, tolerance: float = 1e-9) -> np.ndarray:
    """Which columns are not (numerically) sums of earlier ones, (p,) bool. The first of an alias pair stays.

    A Cholesky sweep of the Gram matrix: what is left of a column's variance after the kept ones are taken out.
    """
    gram = X.T @ X
    size = np.sqrt(np.maximum(np.diag(gram), 1e-300))
    gram /= np.outer(size, size)
    keep = np.zeros(len(gram), bool)
    for j in range(len(gram)):
        pivot = gram[j, j]
        if pivot > tolerance:
            keep[j] = True
            gram[j + 1 :, j + 1 :] -= np.outer(gram[j + 1 :, j], gram[j, j + 1 :]) / pivot
    return keep
