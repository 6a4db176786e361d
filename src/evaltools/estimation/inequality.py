"""Gini, quintile share ratio and Lorenz curve: functions of sorted arrays, and their public faces."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from evaltools.errors import EstimationError
from evaltools.estimation.assembly import Options
from evaltools.estimation.cells import Data
from evaltools.estimation.design import Names, SurveyDesign
from evaltools.estimation.expr import Array
from evaltools.estimation.quantiles import RULES, quantile_sorted
from evaltools.estimation.ranked import ranked
from evaltools.estimation.results import Estimates

NONE = np.zeros(1)


def gini(data: Data, y: str, design: SurveyDesign, by: Names = None, *, where: str | None = None,
         overall: bool = False, level: float = 0.95, deff: str = "wor") -> Estimates:  # fmt: skip
    """Gini coefficient (a fraction). NaN where the total of y is not positive."""
    options = Options(where, overall, level, deff)
    return ranked(data, y, design, by, gini_curve, ("gini",), kind="index", options=options)


def qsr(data: Data, y: str, design: SurveyDesign, by: Names = None, *, where: str | None = None,
        overall: bool = False, level: float = 0.95, deff: str = "wor", share: float = 0.2,
        rule: str = "math") -> Estimates:  # fmt: skip
    """Quintile share ratio S80/S20: total of y above the 80 % quantile over the total up to the 20 % quantile.

    NaN where the lower total is not positive. rule: of quantiles where F(x) = p exactly; R's laeken 0.5 takes "upper",
    which of ten equally weighted persons puts three into the lower fifth and one into the upper.
    """
    if not 0 < share < 0.5 or rule not in RULES:
        raise EstimationError(f"share={share}, rule={rule!r}", expected=f"a share between 0 and 0.5, one of {RULES}")
    options = Options(where, overall, level, deff)

    def curve(ys: Array, w: Array, _: float):
        return share_ratio(ys, w, share, rule)

    return ranked(data, y, design, by, curve, ("qsr",), kind="index", options=options)


def lorenz(data: Data, y: str, design: SurveyDesign, by: Names = None, *, points: Sequence[float] | None = None,
           where: str | None = None, overall: bool = False, level: float = 0.95,
           deff: str = "wor") -> Estimates:  # fmt: skip
    """Lorenz curve L(p), the share of y held by the poorest p; by default at 0.1, ..., 0.9."""
    at = tuple(np.round(np.arange(0.1, 0.91, 0.1), 12)) if points is None else tuple(float(p) for p in points)
    if not at or not all(0 < p < 1 for p in at):
        raise EstimationError(f"points={points}", expected="shares of the population between 0 and 1")

    def curve(ys: Array, w: Array, _: float):
        return lorenz_curve(ys, w, np.array(at))

    labels = tuple(f"L({p:g})" for p in at)
    options = Options(where, overall, level, deff)
    return ranked(data, y, design, by, curve, labels, kind="index", options=options)


def gini_curve(y: Array, w: Array, _: float = np.nan) -> tuple[Array, Array, Array]:
    """Gini and its influences (n, 1).

    G = (2 sum w N y - sum w^2 y) / (N Y) - 1 with N_k the weight up to k (laeken's form). Influence (Langel &
    Tillé 2013, JRSS A 176, 521-540): [2 (N_k y_k - Y_k) + Y - N y_k - G (Y + N y_k)] / (N Y), Y_k the total of y
    up to k.
    """
    n_to, y_to = np.cumsum(w), np.cumsum(w * y)
    n, total = n_to[-1], y_to[-1]
    if not total > 0:
        return np.full(1, np.nan), np.full((len(y), 1), np.nan), NONE
    g = (2 * (w * y) @ n_to - (w * w) @ y) / (n * total) - 1
    u = 2 * n_to  # the formula above, gathered by y, in place: millions of rows pass here
    u -= n * (1 + g)
    u *= y
    u -= 2 * y_to
    u += total * (1 - g)
    u /= n * total
    return np.array([g]), u[:, None], NONE


def share_ratio(y: Array, w: Array, share: float = 0.2, rule: str = "math") -> tuple[Array, Array, Array]:
    """Upper over lower share total and its influences (n, 1).

    With U = sum over y > q_hi, S = sum over y <= q_lo: u_U = y 1(y > q) + q (1(y <= q) - F), u_S = y 1(y <= q) - q
    (1(y <= q) - F) (Langel & Tillé 2011, Survey Methodology 37; the density of y cancels).
    """
    f = np.cumsum(w) / w.sum()
    low, high = (quantile_sorted(y, f, p, rule) for p in (share, 1 - share))
    under_low, under_high = (y <= low).astype(float), (y <= high).astype(float)
    bottom, top = (w * y) @ under_low, (w * y) @ (1 - under_high)
    if not bottom > 0:
        return np.full(1, np.nan), np.full((len(y), 1), np.nan), NONE
    u_top = y * (1 - under_high) + high * (under_high - w @ under_high / w.sum())
    u_bottom = y * under_low - low * (under_low - w @ under_low / w.sum())
    ratio = top / bottom
    return np.array([ratio]), ((u_top - ratio * u_bottom) / bottom)[:, None], NONE


def lorenz_curve(y: Array, w: Array, p: Array) -> tuple[Array, Array, Array]:
    """L(p) with the last person counted in part, and its influences (n, m).

    u = [(y - q) 1(y <= q) + p q - L(p) y] / Y (Langel & Tillé 2011; Kovačević & Binder 1997).
    """
    n_to, y_to = np.cumsum(w), np.cumsum(w * y)
    n, total = n_to[-1], y_to[-1]
    if not total > 0:
        return np.full(len(p), np.nan), np.full((len(y), len(p)), np.nan), np.zeros(len(p))
    value = np.interp(p * n, np.concatenate([[0.0], n_to]), np.concatenate([[0.0], y_to])) / total
    q = np.array([quantile_sorted(y, n_to / n, v) for v in p])
    u = ((y[:, None] - q) * (y[:, None] <= q) + p * q - value * y[:, None]) / total
    return value, u, np.zeros(len(p))
