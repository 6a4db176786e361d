"""Two lists against each other: who is entitled and who is listed; registry and survey.

Generic: nothing here says what poor means. `entitled` and `listed` are 0/1 columns of the same rows.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from evaltools.errors import EstimationError
from evaltools.estimation.assembly import Options
from evaltools.estimation.cells import Data
from evaltools.estimation.design import Names, SurveyDesign, names
from evaltools.estimation.engine import Stat, estimate
from evaltools.estimation.expr import ONE, Expr, col, lit
from evaltools.estimation.linear import check_indicators, counted
from evaltools.estimation.results import Estimates, derive
from evaltools.estimation.source import as_frame


def exclusion_error(data: Data, entitled: str, listed: str, design: SurveyDesign, by: Names = None, *,
                    where: str | None = None, overall: bool = False, level: float = 0.95,
                    interval: str = "logit") -> Estimates:  # fmt: skip
    """Share of the entitled who are not listed."""
    options = Options(where, overall, level)
    return _share(data, "exclusion_error", 1 - col(listed), entitled, (entitled, listed), design, by, options, interval)


def inclusion_error(data: Data, entitled: str, listed: str, design: SurveyDesign, by: Names = None, *,
                    where: str | None = None, overall: bool = False, level: float = 0.95,
                    interval: str = "logit") -> Estimates:  # fmt: skip
    """Share of the listed who are not entitled."""
    options = Options(where, overall, level)
    return _share(data, "inclusion_error", 1 - col(entitled), listed, (entitled, listed), design, by, options, interval)


def coverage(data: Data, entitled: str, listed: str, design: SurveyDesign, by: Names = None, *,
             where: str | None = None, overall: bool = False, level: float = 0.95,
             interval: str = "logit") -> Estimates:  # fmt: skip
    """Share of the entitled who are listed."""
    options = Options(where, overall, level)
    return _share(data, "coverage", col(listed), entitled, (entitled, listed), design, by, options, interval)


def _share(data, label, num: Expr, inside: str, both, design, by, options, interval) -> Estimates:
    check_indicators(data, both)
    stat = Stat(label, num, ONE, inside=col(inside).equals(1.0), square=num)
    return estimate(data, [stat], design, by, kind="rate", options=options, interval=interval)


def cgh_ratio(data: Data, entitled: str, benefit: str, design: SurveyDesign, by: Names = None, *,
              where: str | None = None, overall: bool = False, level: float = 0.95) -> Estimates:  # fmt: skip
    """Share of benefits that reach the entitled, over their share of the population.

    Coady, Grosh & Hoddinott (2004), Targeting of Transfers in Developing Countries: 1 is what handing out at
    random gives. benefit: a 0/1 list or an amount per unit.
    """
    base, t = _two_lists(data, entitled, benefit, design, by, Options(where, overall, level))
    n, e, b, eb = t
    value = eb * n / (b * e)
    return _derived(base, value, (value / n, -value / e, -value / b, value / eb), "cgh_ratio")


def targeting_differential(data: Data, entitled: str, listed: str, design: SurveyDesign, by: Names = None, *,
                           where: str | None = None, overall: bool = False,
                           level: float = 0.95) -> Estimates:  # fmt: skip
    """Coverage of the entitled less coverage of the others (Ravallion 2009, World Bank Research Observer 24)."""
    check_indicators(data, (listed,))
    base, t = _two_lists(data, entitled, listed, design, by, Options(where, overall, level))
    n, e, b, eb = t
    others, wrong = n - e, b - eb
    gradient = (wrong / others**2, -eb / e**2 - wrong / others**2, -1 / others, 1 / e + 1 / others)
    return _derived(base, eb / e - wrong / others, gradient, "targeting_differential")


def _two_lists(data, entitled, benefit, design, by, options):
    """Totals of units, entitled, benefits and benefits of the entitled, by domain."""
    check_indicators(data, (entitled,))
    both = col(entitled) * col(benefit)
    parts = {"units": ONE, "entitled": col(entitled), "benefit": col(benefit), "both": both}
    stats = [Stat(k, counted(v, both.columns), is_total=True) for k, v in parts.items()]
    base = estimate(data, stats, design, by, kind="total", options=options)
    return base, base.estimate.reshape(-1, 4).T


def _derived(base: Estimates, value, gradient, label: str) -> Estimates:
    count = len(value)
    jacobian = np.zeros((4 * count, count))
    for i, g in enumerate(gradient):
        jacobian[np.arange(count) * 4 + i, np.arange(count)] = g
    return derive(base, np.arange(count) * 4, np.where(np.isfinite(value), value, np.nan), jacobian, (label,) * count,
                  vanishing=True)  # fmt: skip


def agreement(data: Data, a: str, b: str, design: SurveyDesign, by: Names = None, *, where: str | None = None,
              overall: bool = False, level: float = 0.95) -> Estimates:  # fmt: skip
    """Share of rows on which two classifications agree, and Cohen's kappa (1960), with the delta method (R: svykappa).

    A row with either missing is outside the domain. Categories are those that occur in either column.
    """
    extra = (*names(by), *([where] if where else []), *design.key_columns, *design.weight_columns)
    more = (
        *(design.calibration.columns if design.calibration else ()),
        *(design.replicates.columns if design.replicates else ()),
    )
    frame = as_frame(data, (a, b, *extra, *more))
    labels = pd.unique(pd.concat([frame[a].dropna().astype(object), frame[b].dropna().astype(object)]))
    if len(labels) > 100:
        raise EstimationError(f"{len(labels)} categories in {a!r} and {b!r}", expected="classifications, at most 100")
    place = {label: float(i) for i, label in enumerate(labels)}
    first, second = "(first)", "(second)"
    for code, name in ((first, a), (second, b)):
        frame[code] = [np.nan if pd.isna(v) else place[v] for v in frame[name]]
    x, y = col(first), col(second)
    needs = x.columns | y.columns
    stats = [Stat("units", counted(ONE, needs), is_total=True), Stat("agree", x.equals(y), is_total=True)]
    for i in range(len(labels)):
        for one in (x, y):
            stats.append(Stat(f"m{i}", counted(one.equals(lit(i)), needs), is_total=True))
    base = estimate(frame, stats, design, by, kind="total", options=Options(where, overall, level))
    m = len(stats)
    t = base.estimate.reshape(-1, m)
    n, agree, rows, columns = t[:, 0], t[:, 1], t[:, 2::2], t[:, 3::2]
    with np.errstate(divide="ignore", invalid="ignore"):
        po, pe = agree / n, (rows * columns).sum(axis=1) / n**2
        kappa = (po - pe) / (1 - pe)
        d_po, d_pe = 1 / (1 - pe), (po - 1) / (1 - pe) ** 2
        gradient = np.zeros((len(n), m, 2))
        gradient[:, 0, 0], gradient[:, 1, 0] = -po / n, 1 / n
        gradient[:, 0, 1] = -d_po * po / n - 2 * d_pe * pe / n
        gradient[:, 1, 1] = d_po / n
        gradient[:, 2::2, 1] = (d_pe / n**2)[:, None] * columns
        gradient[:, 3::2, 1] = (d_pe / n**2)[:, None] * rows
    count = len(n)
    jacobian = np.zeros((count * m, count * 2))
    for d in range(count):
        jacobian[d * m : (d + 1) * m, d * 2 : (d + 1) * 2] = gradient[d]
    value = np.column_stack([po, kappa]).ravel()
    return derive(
        base, np.repeat(np.arange(count) * m, 2), value, jacobian, ("agreement", "kappa") * count, vanishing=True
    )
