"""Means, totals, ratios and proportions: everything that is a ratio of two sums.

    R = sum w y / sum w x,  influence of a unit  z = (sum w y - R sum w x) / sum_domain w x   (Taylor linearization;
    Särndal, Swensson & Wretman 1992, section 5.6; a total has z = sum w y).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import sparse

from evaltools.errors import EstimationError
from evaltools.estimation import intervals
from evaltools.estimation.cells import Cells, Data, Rows, Sum, numeric, read_rows, sum_rows, with_overall
from evaltools.estimation.design import Names, SurveyDesign, names
from evaltools.estimation.expr import ONE, Array, Expr, col
from evaltools.estimation.results import Estimates
from evaltools.estimation.units import Stage, Units
from evaltools.estimation.variance import Scores

DEFF_REFERENCES = {
    "wor": "simple random sample without replacement of the same size (R: deff=TRUE)",
    "replace": "simple random sample with replacement of the same size (R: deff='replace')",
}


@dataclass(frozen=True)
class Stat:
    """One statistic: sum w num / sum w den, or the sum w num itself where `is_total`.

    pivot: a constant already taken from `num` (per unit of `den` = 1) so that large means do not cancel
    """

    name: str
    num: Expr
    den: Expr = ONE
    is_total: bool = False
    pivot: float = 0.0

    @property
    def needs(self) -> frozenset[str]:
        return self.num.columns | self.den.columns

    @property
    def sums(self) -> tuple[Sum, ...]:
        """n, w, w^2, num, den, num^2, num den, den^2 over the rows that hold all columns."""
        y, x, needs = self.num, self.den, self.needs
        return (
            Sum(ONE, 0, needs), Sum(ONE, 1, needs), Sum(ONE, 2, needs), Sum(y, 1, needs), Sum(x, 1, needs),
            Sum(y * y, 1, needs), Sum(y * x if x is not ONE else y, 1, needs), Sum(x * x if x is not ONE else x, 1, needs),
        )  # fmt: skip


WIDTH = 8


def mean(data: Data, y: Names, design: SurveyDesign, by: Names = None, *, where: str | None = None,
         overall: bool = False, level: float = 0.95, deff: str = "wor") -> Estimates:  # fmt: skip
    """Weighted mean of one or several numeric columns. Rows with y missing are outside the domain, not dropped."""
    return _simple(data, y, design, by, where, overall, level, deff, "mean")


def total(data: Data, y: Names, design: SurveyDesign, by: Names = None, *, where: str | None = None,
          overall: bool = False, level: float = 0.95, deff: str = "wor") -> Estimates:  # fmt: skip
    """Estimated population total of one or several numeric columns."""
    return _simple(data, y, design, by, where, overall, level, deff, "total")


def ratio(data: Data, numerator: str, denominator: str, design: SurveyDesign, by: Names = None, *,
          where: str | None = None, overall: bool = False, level: float = 0.95, deff: str = "wor") -> Estimates:  # fmt: skip
    """Ratio of two estimated totals."""
    stat = Stat(f"{numerator}/{denominator}", col(numerator), col(denominator))
    return estimate(data, [stat], design, by, where=where, overall=overall, level=level, deff=deff, kind="ratio")


def proportion(data: Data, y: str, design: SurveyDesign, by: Names = None, *, where: str | None = None,
               overall: bool = False, level: float = 0.95, deff: str = "wor", interval: str = "logit") -> Estimates:  # fmt: skip
    """Share of rows (of persons, with `design.size`) with y = 1. y is boolean or 0/1.

    interval: "logit", "wilson" (on the effective n), "beta" (Korn-Graubard) or "t"
    """
    if interval not in intervals.METHODS:
        raise EstimationError(f"interval={interval!r} is unknown", expected=f"one of {', '.join(intervals.METHODS)}")
    _check_zero_one(data, y)
    return estimate(data, [Stat(y, col(y))], design, by, where=where, overall=overall, level=level, deff=deff,
                    kind="rate", interval=interval)  # fmt: skip


def estimate(data: Data, stats: Sequence[Stat], design: SurveyDesign, by: Names = None, *, kind: str,
             where: str | None = None, overall: bool = False, level: float = 0.95, deff: str = "wor",
             interval: str = "t") -> Estimates:  # fmt: skip
    """Estimate statistics by domain in one pass over the data; the engine under all ratio-like estimators."""
    if deff not in DEFF_REFERENCES:
        raise EstimationError(f"deff={deff!r} is unknown", expected=f"one of {', '.join(DEFF_REFERENCES)}")
    if not 0 < level < 1:
        raise EstimationError(f"level={level!r}", expected="a number between 0 and 1, such as 0.95")
    cells = collect(data, design, [s for stat in stats for s in stat.sums], stats, names(by), where)
    if overall and names(by):
        cells = with_overall(cells)
    return _assemble(cells, stats, kind, level, deff, interval)


def collect(data: Data, design: SurveyDesign, sums: Sequence[Sum], stats: Sequence[Stat], by: Sequence[str],
            where: str | None) -> Cells:  # fmt: skip
    """Sums by domain and unit from wherever the data is."""
    columns = sorted(frozenset().union(*(s.needs for s in stats)))
    return sum_rows(read_rows(_frame(data), design, columns, by, where), sums)


def _frame(data: Data) -> pd.DataFrame:
    if not isinstance(data, pd.DataFrame):
        raise EstimationError(f"data is a {type(data).__name__}", expected="a DataFrame")
    if data.empty:
        raise EstimationError("the data has no rows", expected="at least one sampled row")
    return data


def _simple(data, y, design, by, where, overall, level, deff, kind) -> Estimates:
    stats = []
    for name in names(y):
        pivot = _pivot(data, name)
        stats.append(Stat(name, col(name) - pivot if pivot else col(name), is_total=kind == "total", pivot=pivot))
    return estimate(data, stats, design, by, where=where, overall=overall, level=level, deff=deff, kind=kind)


def _pivot(data: Data, name: str) -> float:
    """A value near the middle of the column."""
    if name not in _frame(data):
        return 0.0  # the missing column is reported where columns are read
    values = numeric(_frame(data), name)
    present = values[~np.isnan(values)]
    return float(present.mean()) if len(present) else 0.0


def _check_zero_one(data: Data, y: str) -> None:
    if y not in _frame(data):
        return
    values = numeric(_frame(data), y)
    wrong = ~(np.isnan(values) | (values == 0) | (values == 1))
    if wrong.any():
        seen = sorted({float(v) for v in values[wrong][:1000]})[:5]
        raise EstimationError(f"column {y!r} is no indicator: it holds {seen}", expected="0/1 or true/false",
                              todo="use mean() for quantities, or make an indicator column")  # fmt: skip


def _assemble(cells: Cells, stats: Sequence[Stat], kind: str, level: float, deff: str, interval: str) -> Estimates:
    """From sums by cell to estimates; arrays are (D, m) until they are laid out domain by domain."""
    d_count, m = len(cells.domains), len(stats)
    parts = cells.sums.reshape(len(cells.unit), m, WIDTH)
    total_by_domain = cells.totals().reshape(d_count, m, WIDTH)
    n, w, w2, num, den = (total_by_domain[:, :, i] for i in range(5))
    is_total = np.array([s.is_total for s in stats])
    pivot = np.array([s.pivot for s in stats])
    with np.errstate(divide="ignore", invalid="ignore"):
        rate = num / den
        value = np.where(is_total, num + pivot * w, rate + pivot)
        z = parts[:, :, 3] - rate[cells.domain] * parts[:, :, 4]
        z = np.where(is_total, parts[:, :, 3] + pivot * parts[:, :, 1], z / den[cells.domain])
    column = (cells.domain[:, None] * m + np.arange(m)).ravel()
    row = np.repeat(cells.unit, m)
    shape = (cells.units.count, d_count * m)
    scores = Scores(cells.units, _table(z.ravel(), row, column, shape))
    psu_weight = _by_psu(cells.units, _table(parts[:, :, 1].ravel(), row, column, shape))
    n_psu, df, unseen = _counts(cells.units, parts[:, :, 0].ravel() > 0, row, column, shape[1])
    reason = _reasons(n.ravel(), den.ravel(), unseen, np.tile(is_total, d_count))
    value, se = value.ravel(), np.sqrt(scores.variance())
    value[(n.ravel() == 0) | ~np.isfinite(value)] = np.nan
    se[np.array([r != "" for r in reason])] = np.nan
    low, high = (intervals.rate_interval(interval, value, se, n.ravel(), df, level) if kind == "rate"
                 else intervals.t_interval(value, se, df, level))  # fmt: skip
    reason = tuple(r or _interval_reason(*x) for r, *x in zip(reason, value, se, df, low, strict=True))
    with np.errstate(divide="ignore", invalid="ignore"):
        simple = _srs_variance(total_by_domain, rate, is_total, deff).ravel()
        weighting = (n * w2 / w**2).ravel()
        cluster = np.asarray(psu_weight.multiply(psu_weight).sum(axis=0)).ravel() / w2.ravel()
        effect = np.where(simple > 0, se**2 / simple, np.nan)
    return Estimates(
        domains=cells.domains.loc[np.repeat(np.arange(d_count), m)].reset_index(drop=True),
        statistic=tuple(s.name for s in stats) * d_count, kind=kind, estimate=value, se=se, ci_low=low, ci_high=high,
        df=df, deff=effect, n=n.ravel().astype(np.int64), n_psu=n_psu, reason=reason, weighting=weighting,
        cluster_size=cluster, variation=scores, psu_weight=psu_weight, level=level,
        deff_reference=DEFF_REFERENCES[deff], notes=cells.units.notes,
    )  # fmt: skip


def _table(values: Array, row, column, shape) -> sparse.csr_matrix:
    good = np.where(np.isfinite(values), values, 0.0)
    return sparse.csr_matrix((good, (row, column)), shape=shape)


def _by_psu(units: Units, table: sparse.csr_matrix) -> sparse.csc_matrix:
    first: Stage = units.stages[0]
    count = len(first.of_unit)
    incidence = sparse.csr_matrix((np.ones(count), (first.of_unit, np.arange(count))), shape=(len(first.stratum), count))
    return sparse.csc_matrix(incidence @ table)


def _counts(units: Units, has_rows, row, column, k_count: int) -> tuple[Array, Array, np.ndarray]:
    """First-stage units and df of each estimate's domain, and whether its variance cannot be seen.

    It cannot where one unit alone holds the domain and is not certain: residuals sum to zero within it. Certainty
    units pass the question on to their next stage.
    """
    row, column = row[has_rows], column[has_rows]
    n_psu, df, unseen = np.zeros(k_count, np.int64), np.zeros(k_count), np.zeros(k_count, bool)
    open_ = np.ones(k_count, bool)
    for s, stage in enumerate(units.stages):
        pairs = np.unique(column * len(stage.stratum) + stage.of_unit[row])
        k, unit = pairs // len(stage.stratum), pairs % len(stage.stratum)
        h = stage.stratum[unit]
        count = np.bincount(k, minlength=k_count)
        if s == 0:
            n_psu = count
            strata = np.unique(k * len(stage.sampled) + h) // len(stage.sampled)
            df = (count - np.bincount(strata, minlength=k_count)).astype(np.float64)
        certain = np.bincount(k, stage.is_certain[h], k_count).astype(np.int64)
        unseen |= open_ & (count == 1) & (certain == 0)
        open_ &= (certain == count) & (count == 1)
    return n_psu, df, unseen


def _reasons(n: Array, den: Array, unseen: np.ndarray, is_total: np.ndarray) -> list[str]:
    out = []
    for i in range(len(n)):
        if n[i] == 0:
            out.append("no row in this domain")
        elif not is_total[i] and den[i] == 0:
            out.append("the denominator is zero")
        elif unseen[i] and not is_total[i]:
            out.append("one PSU holds the whole domain: its variance cannot be estimated")
        else:
            out.append("")
    return out


def _interval_reason(value: float, se: float, df: float, low: float) -> str:
    if np.isfinite(low) or not np.isfinite(se):
        return ""
    if df < 1:
        return "no degrees of freedom in this domain: no interval"
    return f"this interval is not defined at {value:g} with a standard error of {se:g}"


def _srs_variance(t: Array, rate: Array, is_total: np.ndarray, deff: str) -> Array:
    """(D, m) variance of the statistic under a simple random sample of n rows; t: (D, m, WIDTH) domain totals."""
    n, w, _, num, den, yy, yx, xx = (t[:, :, i] for i in range(WIDTH))
    spread = np.where(is_total, yy - num**2 / w, yy - 2 * rate * yx + rate**2 * xx) / w * n / (n - 1)
    rest = 1 / n if deff == "replace" else np.where(w >= n, 1 / n - 1 / w, np.nan)
    return np.where(is_total, spread * w**2, spread * w**2 / den**2) * rest
