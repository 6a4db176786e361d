"""Bounds of rates and quantities, and where they stand to a limit: functions of arrays.

The interval of a rate is Clopper-Pearson's on an effective number of households, the smaller of
  * Korn & Graubard's (1998), from the estimated variance; unknown when nothing (or everything) was found; and
  * n / (K (1 + (b - 1) rho)), what clustering and weighting allow whatever was found: K is Kish's n sum w^2 / (sum
    w)^2 and b = sum over PSUs of W^2 / sum w^2 (Gabler, Häder & Lahiri 1999, Survey Methodology 25, 105-106). With
    equal weights K = 1 and b = sum m^2 / sum m, which is never below the mean cluster size: unequal clusters count
    against us.
Zero findings carry no estimate of clustering, so rho is a parameter and is printed beside the verdict.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from evaltools.errors import EstimationError
from evaltools.estimation.expr import Array
from evaltools.estimation.intervals import clopper_pearson, korn_graubard_n, quantile_t
from evaltools.terms import VerdictState

UPPER, LOWER = ("<", "<="), (">", ">=")


def effective_households(n: Array, weighting: Array, cluster_size: Array, rho: float) -> Array:
    """n / (K (1 + (b - 1) rho)): the households that clustering and weighting leave."""
    return np.asarray(n) / (np.maximum(weighting, 1.0) * (1 + (np.maximum(cluster_size, 1.0) - 1) * rho))


def effective_n(rate: Array, se: Array, n: Array, df: Array, weighting: Array, cluster_size: Array, *, rho: float,
                level: float = 0.95) -> Array:  # fmt: skip
    """The smaller of Korn-Graubard's effective n and what clustering and weighting leave. `level` is one-sided."""
    seen = korn_graubard_n(np.asarray(rate), np.asarray(se), np.asarray(n), np.asarray(df), 2 * level - 1)
    return np.fmin(seen, effective_households(n, weighting, cluster_size, rho))


def rate_limits(rate: Array | float, n_effective: Array | float, level: float = 0.95) -> tuple[Array, Array]:
    """Both one-sided `level` bounds of a rate."""
    return clopper_pearson(rate, n_effective, 2 * level - 1)


def rate_bounds(rate: Array, se: Array, n: Array, df: Array, weighting: Array, cluster_size: Array, *, rho: float,
                level: float = 0.95) -> tuple[Array, Array, Array]:  # fmt: skip
    """Both one-sided `level` bounds of rates and the effective n they follow from; NaN where there is no rate."""
    n_effective = effective_n(rate, se, n, df, weighting, cluster_size, rho=rho, level=level)
    n_effective = np.where(np.isfinite(rate), n_effective, np.nan)
    return *rate_limits(rate, n_effective, level), n_effective


def half_width(se: Array | float, df: Array | float, level: float = 0.95) -> Array:
    """From a quantity that is no rate to its one-sided `level` bounds, by Student's t; NaN without a standard error."""
    half = quantile_t(np.asarray(df), 2 * level - 1) * se
    return np.where(half > 0, half, np.nan)  # a standard error of 0 is no certainty


def judge_limits(low: Array | float, high: Array | float, limit: float, comparison: str) -> np.ndarray:
    """+1 met (the whole interval satisfies the comparison), -1 not met (none of it does), 0 undecided."""
    low, high = np.asarray(low), np.asarray(high)
    if comparison in UPPER:
        met, failed = (high <= limit, low > limit) if comparison == "<=" else (high < limit, low >= limit)
    elif comparison in LOWER:
        met, failed = (low >= limit, high < limit) if comparison == ">=" else (low > limit, high <= limit)
    else:
        raise EstimationError(f"no verdict for comparison {comparison!r}", expected="one of < <= > >=")
    return met.astype(int) - failed.astype(int)


def verdict_states(low: Array | float, high: Array | float, limit: float, comparison: str,
           unknown: VerdictState = VerdictState.UNDECIDED) -> Any:  # fmt: skip
    """The sign of `judge_limits` in words, one state for one interval; `unknown` where an interval is not known."""
    words = np.array([VerdictState.UNDECIDED, VerdictState.MET, unknown, VerdictState.NOT_MET], dtype=object)
    return words[np.where(np.isfinite(low), judge_limits(low, high, limit, comparison), 2)]  # not met, -1, is the last


def judge_rate(
    rate: Array, n_effective: Array, limit: float, comparison: str = "<=", level: float = 0.95
) -> np.ndarray:
    """+1 met, -1 not met, 0 undecided, for rates on effective numbers of households."""
    return judge_limits(*rate_limits(rate, n_effective, level), limit, comparison)
