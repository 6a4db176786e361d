"""Alkire-Foster measures, and the decomposition of poverty by group."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from evaltools.errors import EstimationError
from evaltools.estimation.assembly import Options
from evaltools.estimation.cells import Data
from evaltools.estimation.design import Names, SurveyDesign, names
from evaltools.estimation.engine import Stat, estimate
from evaltools.estimation.expr import ONE, Expr, col, lit
from evaltools.estimation.linear import check_indicators, counted
from evaltools.estimation.poverty import gap
from evaltools.estimation.results import Estimates, derive

TIE = 1e-9  # a score this close to k reaches it: 1/3 + 1/3 + 1/3 need not add to 1 in binary


def alkire_foster(data: Data, indicators: Sequence[str] | Mapping[str, float], k: float, design: SurveyDesign,
                  by: Names = None, *, where: str | None = None, overall: bool = False, level: float = 0.95,
                  deff: str = "wor") -> Estimates:  # fmt: skip
    """Alkire & Foster (2011, Journal of Public Economics 95, 476-487).

    indicators: columns that are 1 where deprived, with weights (equal if not given; they are scaled to sum to 1)
    k         : a unit is poor where its weighted score is at least k

    Statistics: H (headcount), A (mean score of the poor), M0 = H A; for each indicator its headcount ("raw:x"), its
    censored headcount ("censored:x", deprived and poor) and its contribution to M0 ("contribution:x"). A row with an
    indicator missing is outside the domain.
    """
    weights, score, poor = _poor(data, indicators, k)
    censored, one = score * poor, counted(ONE, score.columns)
    stats = [
        Stat("H", poor, one, square=poor), Stat("A", censored, poor, square=score * censored),
        Stat("M0", censored, one, square=score * censored),
    ]  # fmt: skip
    kinds = ["rate", "index", "index"]
    for name, w in weights.items():
        both = col(name) * poor
        raw = counted(col(name), score.columns)
        stats += [
            Stat(f"raw:{name}", raw, one, square=raw), Stat(f"censored:{name}", both, one, square=both),
            Stat(f"contribution:{name}", both * w, censored),
        ]  # fmt: skip
        kinds += ["rate", "rate", "index"]
    options = Options(where, overall, level, deff)
    return estimate(data, stats, design, by, kind=kinds, options=options, interval="logit")


def _poor(data: Data, indicators: Sequence[str] | Mapping[str, float], k: float) -> tuple[dict[str, float], Expr, Expr]:
    """Weights that sum to 1, the weighted score of a row, and whether it reaches k."""
    weights = dict(indicators) if isinstance(indicators, Mapping) else dict.fromkeys(indicators, 1.0)
    total = sum(weights.values())
    if not weights or not total > 0 or any(w < 0 for w in weights.values()):
        raise EstimationError(f"indicator weights {weights}", expected="weights of 0 or more with a positive sum")
    if not 0 < k <= 1:
        raise EstimationError(f"k={k}", expected="a share of the weighted indicators, above 0 and up to 1")
    check_indicators(data, tuple(weights))
    score: Expr = lit(0.0)
    for name, w in weights.items():
        score = score + col(name) * (w / total)
    return {name: w / total for name, w in weights.items()}, score, lit(k - TIE).at_most(score)


def decompose(data: Data, y: str, line: float | str, design: SurveyDesign, by: Names, *, alpha: float = 0.0,
              where: str | None = None, level: float = 0.95) -> Estimates:  # fmt: skip
    """FGT by group: "value", "population_share", "contribution" = share x value, and its "relative" part of the whole.

    Contributions add up to the measure of the whole, relative ones to 1 (Foster, Greer & Thorbecke 1984). Errors
    by the delta method over all groups together.
    """
    return _by_group(data, gap(y, line, alpha), design, by, where, level)


def decompose_m0(data: Data, indicators: Sequence[str] | Mapping[str, float], k: float, design: SurveyDesign, by: Names,
                 *, where: str | None = None, level: float = 0.95) -> Estimates:  # fmt: skip
    """Alkire & Foster's M0 by group, as `decompose` does it for FGT: M0 is a mean, so contributions add up to it."""
    _, score, poor = _poor(data, indicators, k)
    return _by_group(data, score * poor, design, by, where, level)


def _by_group(data: Data, g: Expr, design: SurveyDesign, by: Names, where: str | None, level: float) -> Estimates:
    """Value, population share, contribution and relative contribution of each group to the mean of g."""
    if not names(by):
        raise EstimationError("no group to decompose by", expected="one or several columns in by")
    stats = [Stat("units", counted(ONE, g.columns), is_total=True), Stat("poor", g, is_total=True)]
    base = estimate(data, stats, design, by, kind="total", options=Options(where, False, level))
    count = len(base) // 2
    n, p = base.estimate[0::2], base.estimate[1::2]
    whole_n, whole_p, eye = n.sum(), p.sum(), np.eye(count)
    with np.errstate(divide="ignore", invalid="ignore"):
        value = np.column_stack([p / n, n / whole_n, p / whole_n, p / whole_p])
        d_n = np.stack(
            [-eye * p / n**2, eye / whole_n - n / whole_n**2, np.tile(-p / whole_n**2, (count, 1)), 0 * eye], 2
        )
        d_p = np.stack([eye / n, 0 * eye, eye / whole_n, eye / whole_p - p / whole_p**2], 2)
    jacobian = np.empty((2 * count, 4 * count))
    jacobian[0::2], jacobian[1::2] = d_n.reshape(count, -1), d_p.reshape(count, -1)
    labels = ("value", "population_share", "contribution", "relative") * count
    source = np.repeat(np.arange(count) * 2, 4)
    return derive(base, source, value.ravel(), jacobian, labels, vanishing=np.tile([True, False, False, False], count))
