"""Foster-Greer-Thorbecke measures under fixed, own and estimated lines, ARPR, and the gap at the median."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from evaltools.errors import EstimationError
from evaltools.estimation.assembly import Options
from evaltools.estimation.cells import Data
from evaltools.estimation.design import Names, SurveyDesign
from evaltools.estimation.engine import Stat, estimate
from evaltools.estimation.expr import Array, Expr, as_expr, col
from evaltools.estimation.lines import mean_line, mean_line_of_file, median_line, median_line_of_file
from evaltools.estimation.quantiles import RULES, density, quantile_sorted
from evaltools.estimation.ranked import Line, ranked
from evaltools.estimation.results import Estimates
from evaltools.estimation.source import FileData


@dataclass(frozen=True)
class RelativeLine:
    """A line estimated from the data: `share` of the median or of the mean.

    within: "all" takes it over all rows with a value (a national line, also for domains); "domain" over each
    domain's own
    rule: of the median where F = 1/2 exactly, see `quantiles`; the default is that of R's laeken
    """

    share: float = 0.6
    of: str = "median"
    within: str = "all"
    rule: str = "upper"

    def __post_init__(self) -> None:
        if self.of not in ("median", "mean") or self.within not in ("all", "domain") or self.rule not in RULES:
            raise EstimationError(f"{self}", expected=f"of: median or mean; within: all or domain; rule: {', '.join(RULES)}")
        if not self.share > 0:
            raise EstimationError(f"share={self.share}", expected="a positive share of the median or mean")

    def line(self) -> Line:
        def curve(y: Array, w: Array) -> tuple[float, Array]:
            if not len(y):
                return np.nan, np.zeros(0)
            return median_line(y, w, self.share, self.rule) if self.of == "median" else mean_line(y, w, self.share)

        def of_file(data: FileData, y: str, design: SurveyDesign) -> tuple[float, Array]:
            if self.of == "median":
                return median_line_of_file(data, y, design, self.share, self.rule)
            return mean_line_of_file(data, y, design, self.share)

        is_held = self.of == "median" and self.rule == "hf7"
        return Line(curve, None if is_held else of_file, self.within == "domain")


def fgt(data: Data, y: str, line: float | str | RelativeLine, design: SurveyDesign, by: Names = None, *,
        alpha: float | Sequence[float] = (0, 1, 2), where: str | None = None, overall: bool = False,
        level: float = 0.95, deff: str = "wor") -> Estimates:  # fmt: skip
    """Mean of ((line - y) / line)^alpha over the units with y < line (Foster, Greer & Thorbecke 1984, Econometrica
    52).

    line: a number, a column with a line per row, or a `RelativeLine`, whose own variance is carried. Statistics
    are named fgt0, fgt1, fgt2. A row with y or its line missing is outside the domain. Negative y has a gap above 1.
    """
    alphas = [float(alpha)] if isinstance(alpha, int | float) else [float(a) for a in alpha]
    if not alphas or any(a < 0 for a in alphas):
        raise EstimationError(f"alpha={alpha}", expected="0 (headcount), 1 (gap), 2 (severity) or another number >= 0")
    options = Options(where, overall, level, deff)
    kinds = ["rate" if a == 0 else "index" for a in alphas]
    labels = tuple(f"fgt{a:g}" for a in alphas)
    if isinstance(line, RelativeLine):

        def curve(ys: Array, w: Array, at: float):
            return fgt_curve(ys, w, at, alphas)

        return ranked(data, y, design, by, curve, labels, kind="index", options=options, line=line.line())
    if isinstance(line, int | float) and not line > 0:
        raise EstimationError(f"line={line}", expected="a positive poverty line")
    stats = [Stat(label, gap(y, line, a), square=gap(y, line, 2 * a)) for label, a in zip(labels, alphas, strict=True)]
    return estimate(data, stats, design, by, kind=kinds, options=options, interval="logit")


def gap(y: str | Expr, line: float | str | Expr, alpha: float) -> Expr:
    """((line - y) / line)^alpha where y < line, else 0."""
    income, z = (col(y) if isinstance(y, str) else y), as_expr(line)
    poor = income.below(z)
    if alpha == 0:
        return poor
    depth = (1 - income / z).where(poor).once()
    if alpha in (1, 2, 4):  # products: pow() is several times slower
        return {1: depth, 2: depth * depth, 4: (depth * depth) * (depth * depth)}[int(alpha)]
    return depth.power(alpha)


def arpr(data: Data, y: str, design: SurveyDesign, by: Names = None, *, share: float = 0.6, within: str = "all",
         rule: str = "upper", where: str | None = None, overall: bool = False, level: float = 0.95,
         deff: str = "wor") -> Estimates:  # fmt: skip
    """At-risk-of-poverty rate: units with y below `share` of the median; the median's variance is carried.

    within="all": one line for all domains; "domain": each domain's own median.
    """
    line = RelativeLine(share, "median", within, rule)

    def curve(ys: Array, w: Array, at: float):
        return fgt_curve(ys, w, at, [0.0])

    options = Options(where, overall, level, deff)
    return ranked(data, y, design, by, curve, ("arpr",), kind="index", options=options, line=line.line())


def poverty_gap_at_median(data: Data, y: str, design: SurveyDesign, by: Names = None, *, share: float = 0.6,
                          within: str = "all", rule: str = "upper", where: str | None = None, overall: bool = False,
                          level: float = 0.95, deff: str = "wor") -> Estimates:  # fmt: skip
    """Relative median at-risk-of-poverty gap: (line - median of those below it) / line."""
    line = RelativeLine(share, "median", within, rule)

    def curve(ys: Array, w: Array, at: float):
        return median_gap_curve(ys, w, at, rule)

    options = Options(where, overall, level, deff)
    return ranked(data, y, design, by, curve, ("rmpg",), kind="index", options=options, line=line.line())


def fgt_curve(y: Array, w: Array, line: float, alphas: Sequence[float]) -> tuple[Array, Array, Array]:
    """FGT values (m,), influences (n, m) at a given line, and slopes d value / d line (m,).

    The slope is the density at the line for alpha = 0 and alpha mean((1 - y/L)^(alpha - 1) y / L^2 1(y < L)) above
    (Osier 2009, Survey Research Methods 3, 167-195; Deville 1999, Survey Methodology 25, 193-203).
    """
    total, m = w.sum(), len(alphas)
    value, slope, u = np.full(m, np.nan), np.zeros(m), np.zeros((len(y), m))
    if not line > 0:
        return value, np.full((len(y), m), np.nan), slope
    poor = np.searchsorted(y, line)  # y < line
    depth, wp = 1 - y[:poor] / line, w[:poor]
    for k, alpha in enumerate(alphas):
        g = np.ones(poor) if alpha == 0 else depth**alpha
        value[k] = wp @ g / total
        u[poor:, k] = -value[k] / total
        u[:poor, k] = (g - value[k]) / total
        if alpha == 0:
            slope[k] = density(y, w, line)
        else:
            below = np.ones(poor) if alpha == 1 else depth ** (alpha - 1)
            slope[k] = alpha * (wp @ (below * y[:poor])) / line**2 / total
    return value, u, slope


def median_gap_curve(y: Array, w: Array, line: float, rule: str) -> tuple[Array, Array, Array]:
    """1 - m / L with m the median of y below L, influences and slope.

    m solves F(m) = F(L) / 2: u_m = [u_F(L) / 2 - (1(y <= m) - F(m)) / N] / f(m), dm / dL = f(L) / (2 f(m)) (Osier
    2009).
    """
    total, poor = w.sum(), np.searchsorted(y, line)
    if not (line > 0 and poor):
        return np.full(1, np.nan), np.full((len(y), 1), np.nan), np.zeros(1)
    middle = quantile_sorted(y[:poor], np.cumsum(w[:poor]) / w[:poor].sum(), 0.5, rule)
    at_middle, at_line = density(y, w, middle), density(y, w, line)
    is_poor, below = (np.arange(len(y)) < poor).astype(float), (y <= middle).astype(float)
    u_rate, u_below = (is_poor - w @ is_poor / total) / total, (below - w @ below / total) / total
    u = (u_rate / 2 - u_below) / at_middle if at_middle > 0 else np.full(len(y), np.nan)
    slope = -at_line / (2 * at_middle * line) + middle / line**2 if at_middle > 0 else np.nan
    return np.array([1 - middle / line]), (-u / line)[:, None], np.array([slope])
