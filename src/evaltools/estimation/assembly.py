"""From influence totals to estimates with errors, df, design effects, intervals and reasons: what every estimator shares."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import sparse

from evaltools.errors import EstimationError
from evaltools.estimation import intervals
from evaltools.estimation.cells import Layout
from evaltools.estimation.expr import Array
from evaltools.estimation.results import Estimates
from evaltools.estimation.units import Units
from evaltools.estimation.variance import Replicated, Scores, Variation

DEFF_REFERENCES = {
    "wor": "simple random sample without replacement of the same size (R: deff=TRUE)",
    "replace": "simple random sample with replacement of the same size (R: deff='replace')",
}


@dataclass(frozen=True)
class Options:
    """What all estimators take: level of the intervals, deff reference, whether to add the row over all domains."""

    where: str | None = None
    overall: bool = False
    level: float = 0.95
    deff: str = "wor"

    def __post_init__(self) -> None:
        if self.deff not in DEFF_REFERENCES:
            raise EstimationError(f"deff={self.deff!r} is unknown", expected=f"one of {', '.join(DEFF_REFERENCES)}")
        if not 0 < self.level < 1:
            raise EstimationError(f"level={self.level!r}", expected="a number between 0 and 1, such as 0.95")


def srs_variance(spread: Array, n: Array, w: Array, deff: str) -> Array:
    """Variance of sum w u under simple random sampling, given spread = sum w (u - mean)^2."""
    with np.errstate(divide="ignore", invalid="ignore"):
        rest = 1 / n if deff == "replace" else np.where(w >= n, 1 / n - 1 / w, np.nan)
        return np.where(n > 1, spread * w * n / (n - 1) * rest, np.nan)


def assemble(layout: Layout, labels: Sequence[str], value: Array, z: Array, counts: Array, *,
             kind: str | Sequence[str], options: Options, srs: Array, vanishing: np.ndarray, den: Array,
             variation: Variation | None = None, interval: str = "t") -> Estimates:  # fmt: skip
    """Estimates from values and influence totals; (D, m) is laid out domain by domain.

    value, srs, den: (D, m); z: (C, m); counts: (C, m, 3) rows with weight, sum w, sum w^2
    vanishing: (m,) whether influences sum to zero over a domain, so that a domain of one PSU shows no variance
    variation: where the variance does not follow from z alone (replicates, calibration, an estimated line)
    """
    d_count, m = value.shape
    column = (layout.domain[:, None] * m + np.arange(m)).ravel()
    row, shape = np.repeat(layout.unit, m), (layout.units.count, d_count * m)
    variation = variation or Scores(layout.units, table(z.ravel(), row, column, shape))
    psu_weight = _by_psu(layout.units, table(counts[:, :, 1].ravel(), row, column, shape))
    n, w, w2 = (np.bincount(column, counts[:, :, i].ravel(), shape[1]) for i in range(3))
    n_psu, df, unseen = _counts(layout.units, counts[:, :, 0].ravel() > 0, row, column, shape[1])
    if isinstance(variation, Replicated) and variation.df is not None:
        df = variation.df.ravel()
    reason = _reasons(n, den.ravel(), unseen & np.tile(vanishing, d_count), value.ravel())
    value, se = value.ravel().copy(), np.sqrt(variation.variance())
    value[(n == 0) | ~np.isfinite(value)] = np.nan
    se[reason != ""] = np.nan
    kinds = ((kind,) * m if isinstance(kind, str) else tuple(kind)) * d_count
    low, high = intervals.t_interval(value, se, df, options.level)
    if "rate" in kinds:
        is_rate = np.array([k == "rate" for k in kinds])
        exact = intervals.rate_interval(interval, value, se, n, df, options.level)
        low, high = (np.where(is_rate, r, t) for r, t in zip(exact, (low, high), strict=True))
    for i in np.flatnonzero(~np.isfinite(low) & np.isfinite(se)):  # se is there: no reason yet
        reason[i] = _interval_reason(value[i], se[i], df[i])
    with np.errstate(divide="ignore", invalid="ignore"):
        weighting = n * w2 / w**2
        cluster = np.asarray(psu_weight.multiply(psu_weight).sum(axis=0)).ravel() / w2
        effect = np.where(srs.ravel() > 0, se**2 / srs.ravel(), np.nan)
    return Estimates(
        domains=layout.domains.loc[np.repeat(np.arange(d_count), m)].reset_index(drop=True),
        statistic=tuple(labels) * d_count, kinds=kinds, estimate=value, se=se, ci_low=low, ci_high=high, df=df,
        deff=effect, n=n.astype(np.int64), n_psu=n_psu, reason=tuple(reason), weighting=weighting, cluster_size=cluster,
        variation=variation, is_single=unseen, psu_weight=psu_weight, level=options.level, notes=layout.units.notes,
        deff_reference=DEFF_REFERENCES[options.deff],
    )  # fmt: skip


def table(values: Array, row, column, shape) -> sparse.csr_matrix:
    """Sparse sums of values at (row, column); NaN (an undefined ratio) counts as 0 and is reported by its reason."""
    return sparse.csr_matrix((np.where(np.isfinite(values), values, 0.0), (row, column)), shape=shape)


def _by_psu(units: Units, by_unit: sparse.csr_matrix) -> sparse.csc_matrix:
    first = units.stages[0]
    count = len(first.of_unit)
    shape = (len(first.stratum), count)
    return sparse.csc_matrix(
        sparse.csr_matrix((np.ones(count), (first.of_unit, np.arange(count))), shape=shape) @ by_unit
    )


def _counts(units: Units, has_rows, row, column, k_count: int) -> tuple[Array, Array, np.ndarray]:
    """First-stage units and df of each estimate's domain, and whether its variance cannot be seen.

    It cannot where one unit alone holds the domain and is not certain: residuals sum to zero within it. A certainty
    unit passes the question on to its next stage.
    """
    row, column = row[has_rows], column[has_rows]
    n_psu, df = np.zeros(k_count, np.int64), np.zeros(k_count)
    unseen, asked = np.zeros(k_count, bool), np.ones(k_count, bool)
    for s, stage in enumerate(units.stages):
        pairs = pd.unique(column * len(stage.stratum) + stage.of_unit[row])  # in any order: what follows adds
        k, unit = pairs // len(stage.stratum), pairs % len(stage.stratum)
        h = stage.stratum[unit]
        count = np.bincount(k, minlength=k_count)
        if s == 0:
            n_psu = count
            strata = np.unique(k * len(stage.sampled) + h) // len(stage.sampled)
            df = (count - np.bincount(strata, minlength=k_count)).astype(np.float64)
        certain = np.bincount(k, stage.is_certain[h], k_count).astype(np.int64)
        unseen |= asked & (count == 1) & (certain == 0)
        asked &= (certain == count) & (count == 1)
    return n_psu, df, unseen


def _reasons(n: Array, den: Array, unseen: np.ndarray, value: Array) -> np.ndarray:
    words = np.full(len(n), "", object)
    words[~np.isfinite(value)] = "not defined for these values"
    words[unseen] = "one PSU holds the whole domain: its variance cannot be estimated"
    words[den == 0] = "the denominator is zero"
    words[n == 0] = "no row in this domain"
    return words


def _interval_reason(value: float, se: float, df: float) -> str:
    """Why an estimate with a standard error has no interval."""
    if df < 1:
        return "no degrees of freedom in this domain: no interval"
    return f"this interval is not defined at {value:g} with a standard error of {se:g}"
