"""Confidence intervals as functions of arrays. `level` is the two-sided level.

Each returns (low, high); where an interval is not defined both are NaN and the caller states why.
"""

from __future__ import annotations

import numpy as np
from scipy import special

from evaltools.estimation.expr import Array

METHODS = ("t", "logit", "wilson", "beta")


def t_interval(estimate: Array, se: Array, df: Array, level: float) -> tuple[Array, Array]:
    """estimate +- t(df) se; df < 1 gives NaN."""
    half = quantile_t(df, level) * se
    return estimate - half, estimate + half


def logit_interval(rate: Array, se: Array, df: Array, level: float) -> tuple[Array, Array]:
    """Back-transformed logit +- t(df) se / (p (1 - p)); undefined at 0 and 1 (R: svyciprop method "logit")."""
    with np.errstate(divide="ignore", invalid="ignore"):
        inside = (rate > 0) & (rate < 1)
        centre = np.where(inside, special.logit(rate), np.nan)
        half = quantile_t(df, level) * se / (rate * (1 - rate))
        return special.expit(centre - half), special.expit(centre + half)


def wilson_interval(rate: Array, n_effective: Array, level: float) -> tuple[Array, Array]:
    """Wilson (1927) score interval with an effective number of observations."""
    z2 = special.ndtri((1 + level) / 2) ** 2
    with np.errstate(divide="ignore", invalid="ignore"):
        middle = (rate + z2 / (2 * n_effective)) / (1 + z2 / n_effective)
        spread = rate * (1 - rate) / n_effective + z2 / (4 * n_effective**2)
        half = np.sqrt(z2 * spread) / (1 + z2 / n_effective)
        return np.maximum(middle - half, 0.0), np.minimum(middle + half, 1.0)


def clopper_pearson(rate: Array | float, n_effective: Array | float, level: float) -> tuple[Array, Array]:
    """Clopper-Pearson (1934) limits for rate x n_effective findings in n_effective trials, not necessarily whole.

    Each side carries (1 - level) / 2, so that level 0.90 gives the two one-sided 95 % bounds. At rate 0 the lower
    limit is 0, at rate 1 the upper limit is 1.
    """
    rate, n_effective = np.broadcast_arrays(np.asarray(rate, float), np.asarray(n_effective, float))
    tail = (1 - level) / 2
    found = rate * n_effective
    rest = n_effective - found
    good = (n_effective > 0) & np.isfinite(rate)
    low, high = np.where(good, 0.0, np.nan), np.where(good, 1.0, np.nan)
    special.betaincinv(np.maximum(found, 1e-300), rest + 1, tail, out=low, where=good & (rate > 0))
    special.betaincinv(found + 1, np.maximum(rest, 1e-300), 1 - tail, out=high, where=good & (rate < 1))
    return low, high


def korn_graubard_n(rate: Array, se: Array, n: Array, df: Array, level: float) -> Array:
    """Effective number of observations: p (1 - p) / V, times (t(n - 1) / t(df))^2.

    Korn & Graubard (1998), Survey Methodology 24, 193-201; as R's svyciprop(method="beta"). NaN where V is 0 or
    unknown: zero findings carry no estimate of the design effect.
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        n_effective = rate * (1 - rate) / se**2
        n_effective = n_effective * (quantile_t(n - 1, level) / quantile_t(df, level)) ** 2
    return np.where((se > 0) & (rate > 0) & (rate < 1), n_effective, np.nan)


def quantile_t(df: Array, level: float) -> Array:
    """Two-sided critical value of Student's t; NaN where df < 1."""
    some, place = np.unique(np.asarray(df, float), return_inverse=True)  # many domains, few different numbers
    found = np.where(some >= 1, special.stdtrit(np.maximum(some, 1.0), (1 + level) / 2), np.nan)
    return found[place].reshape(np.shape(df))


def rate_interval(method: str, rate: Array, se: Array, n: Array, df: Array, level: float) -> tuple[Array, Array]:
    """The interval of a proportion by name: "t", "logit", "wilson" or "beta" (Korn-Graubard)."""
    if method == "t":
        return t_interval(rate, se, df, level)
    if method == "logit":
        return logit_interval(rate, se, df, level)
    n_effective = korn_graubard_n(rate, se, n, df, level)
    interval = wilson_interval if method == "wilson" else clopper_pearson
    return interval(rate, n_effective, level)
