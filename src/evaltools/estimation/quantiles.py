"""Quantiles by Woodruff's method, with the tie rules of R's survey, and the median as a line.

F is the weighted distribution function. Rules where F(x_k) = p exactly (within 1e-12):
  "math"  : the smallest x with F(x) >= p
  "school": the mean of that x and the next
  "upper" : the next, the smallest x with F(x) > p, as R's laeken (0.5) takes medians and quintiles
  "hf7"   : linear between the points (F(x_{k-1}) / F(x_{n-1}), x_k), R's default type 7; among rows with equal x and
            unequal weights it depends on their order, here as in R
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from scipy import sparse

from evaltools.errors import EstimationError
from evaltools.estimation import intervals
from evaltools.estimation.assembly import Options
from evaltools.estimation.cells import Data, Rows
from evaltools.estimation.design import Names, SurveyDesign, names
from evaltools.estimation.expr import Array
from evaltools.estimation.ranked import Common, by_domains, estimate_ranked
from evaltools.estimation.results import Estimates

RULES = ("math", "school", "hf7", "upper")
INTERVALS = ("mean", "beta", "xlogit")
TIE = 1e-12
MANY, NARROWEST = 250_000, 0.002  # rows beyond which the density is the slope over this stretch of F to each side


def quantile(data: Data, y: str, design: SurveyDesign, p: float | Sequence[float] = 0.5, by: Names = None, *,
             where: str | None = None, overall: bool = False, level: float = 0.95, rule: str = "math",
             interval: str = "mean") -> Estimates:  # fmt: skip
    """Quantiles of a column. Woodruff (1952, JASA 47, 635-646): invert the interval of F(q) at its two ends.

    se is the width of the interval over 2 t(df), as R's svyquantile states it. interval: how F(q) is bounded,
    "mean" (t), "beta" (Korn-Graubard) or "xlogit". An end outside [0, 1] is NaN with a reason.
    """
    points = [float(p)] if isinstance(p, int | float) else [float(v) for v in p]
    if not points or not all(0 < v < 1 for v in points):
        raise EstimationError(f"p={p}", expected="probabilities between 0 and 1")
    if rule not in RULES or interval not in INTERVALS:
        raise EstimationError(f"rule={rule!r}, interval={interval!r}", expected=f"one of {RULES} and one of {INTERVALS}")
    options = Options(where, overall, level)

    def one(rows: Rows, _: Common | None) -> Estimates:
        return quantiles_of_rows(rows, y, design, points, bool(names(by)), options, rule, interval)

    return by_domains(data, y, design, by, options, one)


def quantiles_of_rows(rows: Rows, y: str, design: SurveyDesign, points: Sequence[float], has_by: bool, options: Options,
                      rule: str, interval: str) -> Estimates:  # fmt: skip
    """Quantiles of rows already read: shares below them, and where the ends of their intervals fall."""

    def share(ys: Array, w: Array, _: float):
        to = np.cumsum(w)
        at = [quantile_sorted(ys, to / to[-1], v, rule) for v in points]
        below = np.searchsorted(ys, at, "right")
        value = to[below - 1] / to[-1]
        u = np.empty((len(ys), len(points)))
        for k in range(len(points)):
            u[: below[k], k], u[below[k] :, k] = (1 - value[k]) / to[-1], -value[k] / to[-1]
        return value, u, np.zeros(len(points))

    labels = tuple(f"q{v:g}" for v in points)
    shares, passes = estimate_ranked(rows, y, design, share, labels, has_by, kind="rate", options=options,
                                     is_share=True, stable=rule == "hf7")  # fmt: skip
    bound = {"mean": "t", "beta": "beta", "xlogit": "logit"}[interval]
    low_p, high_p = intervals.rate_interval(
        bound, shares.estimate, shares.se, shares.n, shares.df, options.level
    )  # fmt: skip
    m, i, out = len(points), 0, np.full((3, len(shares)), np.nan)
    for one in passes:
        for d in range(one.order.count):
            mine = slice(one.order.start[d], one.order.start[d + 1])
            ys, w = one.order.y[mine], rows.weight[one.order.row[mine]]
            f = np.cumsum(w) / w.sum() if len(w) else w
            for k in range(m):
                ends = (points[k], low_p[i], high_p[i])
                out[:, i] = [quantile_sorted(ys, f, v, rule) if len(w) else np.nan for v in ends]
                i += 1
    return _woodruff(shares, out[0], out[1], out[2], options.level)


def _woodruff(shares: Estimates, value: Array, low: Array, high: Array, level: float) -> Estimates:
    """Quantiles from the shares below them; influences are rescaled so that variances agree with se."""
    se = (high - low) / (2 * intervals.quantile_t(shares.df, level))
    with np.errstate(divide="ignore", invalid="ignore"):
        factor = np.where(shares.se > 0, -se / shares.se, 0.0)
    reason = tuple(
        r if not np.isfinite(s) or np.isfinite(x)
        else "an end of the interval of F(q) lies outside [0, 1], or is not defined"
        for r, s, x in zip(shares.reason, shares.se, se, strict=True)
    )  # fmt: skip
    jacobian = sparse.csr_matrix(sparse.diags_array(np.nan_to_num(factor)))
    return replace(
        shares, kinds=("quantile",) * len(se), estimate=value, se=se, ci_low=low, ci_high=high,
        deff=np.full(len(se), np.nan), reason=reason, variation=shares.variation.transform(jacobian),
    )  # fmt: skip


def quantile_sorted(y: Array, f: Array, p: float, rule: str = "math") -> float:
    """The p-quantile of sorted y with distribution function f at each; NaN for p outside [0, 1]."""
    if not 0 <= p <= 1:
        return np.nan
    n = len(y)
    if rule == "hf7":
        if n == 1:
            return float(y[0])
        at = np.concatenate([[0.0], f[:-1]]) / f[-2]
        k = min(int(np.searchsorted(at, p - TIE)), n - 1)
        return float(y[k]) if abs(at[k] - p) <= TIE else float(np.interp(p, at, y))  # rounding moves no knot
    k = min(int(np.searchsorted(f, p - TIE)), n - 1)
    if rule == "upper" and abs(f[k] - p) <= TIE:
        return float(y[min(k + 1, n - 1)])
    if rule == "school" and abs(f[k] - p) <= TIE and k + 1 < n:
        return float(y[k] + y[k + 1]) / 2
    return float(y[k])


def density(y: Array, w: Array, at: float) -> float:
    """Density of sorted y at one point: the slope of F over two simple standard errors of F(at) to each side.

    This is Woodruff's interval turned round (Francisco & Fuller 1991, Annals of Statistics 19, 454-469). Against
    samples from lognormal and from lumpy real incomes it stays within about 10 % of the true variance of a rate
    under an estimated line, where a kernel of fixed width was 20 to 80 % off in the lower tail.
    """
    to = np.cumsum(w)
    return slope_at(y, to / to[-1], at, len(y) > MANY)


def slope_at(y: Array, f: Array, at: float, is_many: bool) -> float:
    """The density from sorted y and F at each. The n of the standard error is Kish's over distinct values, not rows: a
    row split in two says no more than before. Of many rows, of which y may be only a part, NARROWEST is enough."""
    p = f[int(np.searchsorted(y, max(at, y[0]), "right")) - 1]
    for reach in (10 * NARROWEST, 1.0) if is_many else (1.0,):  # heaped values may need a wider look
        part = slice(max(int(np.searchsorted(f, p - reach)) - 1, 0), int(np.searchsorted(f, p + reach)) + 1)
        ys, fs = y[part], f[part]
        last = np.flatnonzero(np.append(ys[1:] > ys[:-1], True))
        ys, fs, half = ys[last], fs[last], NARROWEST
        if not is_many:
            n = 1 / (np.diff(fs, prepend=0.0) ** 2).sum()
            half = max(half, 2 * np.sqrt(max(p * (1 - p), 1 / n) / n))
        while half < reach:
            low, high = max(p - half, fs[0]), min(p + half, 1.0)
            a, b = np.interp([low, high], fs, ys)
            if b > a:
                return float((high - low) / (b - a))
            half *= 2
    return 0.0
