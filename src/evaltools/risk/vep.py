"""Vulnerability as expected poverty (Chaudhuri, Jalan and Suryahadi 2002): a description of a year, never a ranking.

Measured on a later wave of a real panel it ranked worse than income alone: it explains income by what changes slowly
and forgets the income itself. It is reported because readers of the literature ask for it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.stats import norm

from evaltools.risk.columns import make_plan
from evaltools.risk.design import build, make_pieces
from evaltools.risk.faults import RiskInputError
from evaltools.risk.logit import independent
from evaltools.risk.simple import log_ratio

HALF = 0.5  # the literature's cut between vulnerable and not
FLOOR = 0.01  # share of the mean variance that a fitted variance may not fall below


@dataclass(frozen=True)
class Vulnerability:
    """value : (n,) probability that next year's log income lies under the line, from this year's cross-section.
    floored: households whose fitted variance was not positive and was set to the floor. r2: of the income equation."""

    value: np.ndarray
    floored: int
    r2: float

    def by(self, groups: dict[str, np.ndarray], cut: float = HALF) -> pd.DataFrame:
        """group, n, mean vulnerability, share at or above `cut` (the literature's one half)."""
        rows = []
        for name, g in {"all": np.ones(len(self.value), bool), **groups}.items():
            v = self.value[g]
            if len(v):
                rows.append({"group": name, "n": len(v), "mean": v.mean(), "vulnerable_share": (v >= cut).mean()})
        return pd.DataFrame(rows)


def described(X: pd.DataFrame, *, welfare: str, line: str) -> dict[str, float]:
    """The measure over one year's households, as numbers for a sentence: n, left_out (income not known), mean,
    vulnerable (how many at or above one half), r2. Empty where no household's income is known."""
    known = X[X[welfare].notna()].reset_index(drop=True)
    if known.empty or known[welfare].nunique() < 2:
        return {}
    found = vulnerability(known, welfare=welfare, line=line)
    return {"n": len(known), "left_out": len(X) - len(known), "mean": float(found.value.mean()),
            "vulnerable": int((found.value >= HALF).sum()), "r2": found.r2}  # fmt: skip


def vulnerability(frame: pd.DataFrame, *, welfare: str, line: str) -> Vulnerability:
    """The three steps on one cross-section: OLS of log(income / line) on the other columns; OLS of the squared
    residual, repeated with its own fit as weights; GLS of income with the fitted variance. Every income must be known.
    """
    y = log_ratio(frame, welfare, line)
    if np.isnan(y).any():
        raise RiskInputError(
            f"income is missing in {int(np.isnan(y).sum())} row(s)", todo="describe the others, and say how many"
        )
    rest = frame.drop(columns=[welfare])
    plan = make_plan(rest.drop(columns=[line]), welfare=None, line=None, money=())
    terms = plan.read(rest)
    ones = np.ones(len(y))
    pieces = make_pieces(plan, terms, (y < np.median(y)).astype(float), ones, bends=False)
    X = build(plan, pieces, terms)
    X = X[:, independent(X)]
    residual = y - X @ _ols(X, y, ones)
    variance, _ = _variance(X, residual**2, ones)
    variance, floored = _variance(X, residual**2, 1 / variance**2)
    beta = _ols(X, y, 1 / variance)
    value = norm.cdf(-(X @ beta) / np.sqrt(variance))
    return Vulnerability(value, floored, float(1 - residual.var() / y.var()))


def _ols(X: np.ndarray, y: np.ndarray, w: np.ndarray) -> np.ndarray:
    root = np.sqrt(w)
    return np.linalg.lstsq(X * root[:, None], y * root, rcond=None)[0]


def _variance(X: np.ndarray, squared: np.ndarray, w: np.ndarray) -> tuple[np.ndarray, int]:
    fitted = X @ _ols(X, squared, w)
    least = FLOOR * squared.mean()
    return np.maximum(fitted, least), int((fitted < least).sum())
