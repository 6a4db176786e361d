"""Means, totals, ratios and proportions."""

from __future__ import annotations

import numpy as np
import pandas as pd

from evaltools.errors import EstimationError
from evaltools.estimation import intervals, source
from evaltools.estimation.assembly import Options
from evaltools.estimation.cells import Data, numeric
from evaltools.estimation.design import Names, SurveyDesign, names
from evaltools.estimation.engine import Stat, estimate
from evaltools.estimation.expr import ONE, Array, Expr, col
from evaltools.estimation.results import Estimates


def mean(data: Data, y: Names, design: SurveyDesign, by: Names = None, *, where: str | None = None,
         overall: bool = False, level: float = 0.95, deff: str = "wor") -> Estimates:  # fmt: skip
    """Weighted mean of one or several numeric columns, by the columns `by`.

    A row with y missing is outside the domain, not dropped: its PSU still counts. `where` names a true/false
    column that restricts the domain. overall=True adds a row over all domains. deff: "wor" or "replace", as R's
    svymean.
    """
    return _simple(data, y, design, by, Options(where, overall, level, deff), "mean")


def total(data: Data, y: Names, design: SurveyDesign, by: Names = None, *, where: str | None = None,
          overall: bool = False, level: float = 0.95, deff: str = "wor") -> Estimates:  # fmt: skip
    """Estimated population total of one or several numeric columns. Options as for `mean`."""
    return _simple(data, y, design, by, Options(where, overall, level, deff), "total")


def ratio(data: Data, numerator: str, denominator: str, design: SurveyDesign, by: Names = None, *,
          where: str | None = None, overall: bool = False, level: float = 0.95,
          deff: str = "wor") -> Estimates:  # fmt: skip
    """Ratio of two estimated totals. Options as for `mean`."""
    options = Options(where, overall, level, deff)
    return estimate(data, [ratio_stat(numerator, denominator)], design, by, kind="ratio", options=options)


def proportion(data: Data, y: Names, design: SurveyDesign, by: Names = None, *, where: str | None = None,
               overall: bool = False, level: float = 0.95, deff: str = "wor",
               interval: str = "logit") -> Estimates:  # fmt: skip
    """Share of rows (of persons, with `design.size`) with y = 1; y is boolean or 0/1. Options as for `mean`.

    interval: "logit", "wilson" (on the effective n), "beta" (Korn-Graubard) or "t"
    """
    if interval not in intervals.METHODS:
        raise EstimationError(f"interval={interval!r} is unknown", expected=f"one of {', '.join(intervals.METHODS)}")
    check_indicators(data, names(y))
    stats = [rate_stat(name) for name in names(y)]
    options = Options(where, overall, level, deff)
    return estimate(data, stats, design, by, kind="rate", options=options, interval=interval)


def counted(expr: Expr, needs: frozenset[str]) -> Expr:
    """`expr`, missing wherever one of `needs` is."""
    return Expr(expr.sql, expr.array, expr.columns | needs)


def rate_stat(name: str) -> Stat:
    """The share of rows with a 1 in a column that holds 0 and 1."""
    return Stat(name, col(name), square=col(name))


def ratio_stat(numerator: str, denominator: str) -> Stat:
    """The ratio of the totals of two columns."""
    return Stat(f"{numerator}/{denominator}", col(numerator), col(denominator))


def mean_stat(name: str, pivot: float, *, is_total: bool = False) -> Stat:
    """The mean or the total of a column; `pivot`: a number near its middle."""
    return Stat(name, col(name) - pivot if pivot else col(name), ONE, is_total=is_total, pivot=pivot)


def _simple(data: Data, y: Names, design: SurveyDesign, by: Names, options: Options, kind: str) -> Estimates:
    stats = [mean_stat(name, _pivot(data, name), is_total=kind == "total") for name in names(y)]
    return estimate(data, stats, design, by, kind=kind, options=options)


def _pivot(data: Data, name: str) -> float:
    """A value near the middle of the column."""
    return middle(numeric(data, name)) if isinstance(data, pd.DataFrame) else source.middle(data, name)


def middle(values: Array) -> float:
    """The mean of the values that are there."""
    present = values[~np.isnan(values)]
    return float(present.mean()) if len(present) else 0.0


def check_indicators(data: Data, columns: tuple[str, ...]) -> None:
    """Columns hold 0, 1 or missing."""
    for name in columns:
        if isinstance(data, pd.DataFrame):
            values = numeric(data, name)
            values = values[~(np.isnan(values) | (values == 0) | (values == 1))]
            seen = sorted({float(v) for v in values[:1000]})[:5]
        else:
            seen = source.not_zero_one(data, name)
        if seen:
            raise EstimationError(
                f"column {name!r} is no indicator: it holds {seen}", expected="0/1 or true/false",
                todo="use mean() for quantities, or make an indicator column",
            )  # fmt: skip
