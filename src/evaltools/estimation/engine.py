"""The engine: statistics that are ratios of two sums, by domain, in one pass.

R = sum w y / sum w x,  influence of a unit  z = (sum w y - R sum w x) / sum_domain w x   (Taylor linearization;
Särndal, Swensson & Wretman 1992, section 5.6; a total has z = sum w y).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from evaltools.errors import EstimationError
from evaltools.estimation import batches, calibration, parquet, replicates
from evaltools.estimation.assembly import Options, assemble, srs_variance
from evaltools.estimation.cells import (
    Data,
    Layout,
    Rows,
    Sum,
    domain_totals,
    read_rows,
    sum_rows,
    valid_rows,
    with_overall,
)
from evaltools.estimation.design import Names, SurveyDesign, names
from evaltools.estimation.expr import ONE, Array, Expr
from evaltools.estimation.results import Estimates
from evaltools.estimation.units import Codes
from evaltools.estimation.variance import Variation


@dataclass(frozen=True)
class Stat:
    """One statistic: sum w num / sum w den, or sum w num itself where `is_total`, over the rows where `inside` is 1.

    pivot : a constant already taken from `num` (with `den` = 1), so that large means do not cancel
    square: num^2 where a cheaper expression is known (an indicator is its own square)
    """

    name: str
    num: Expr
    den: Expr = ONE
    inside: Expr | None = None
    is_total: bool = False
    pivot: float = 0.0
    square: Expr | None = None

    @property
    def needs(self) -> frozenset[str]:
        return self.num.columns | self.den.columns | (self.inside.columns if self.inside else frozenset())

    @property
    def sums(self) -> tuple[Sum, ...]:
        """n, w, w^2, num, den, num^2, num den, den^2 over the rows that hold all columns."""
        y, x, needs = self.num, self.den, self.needs
        yy = self.square or y * y
        yx, xx = (y, x) if x is ONE else (y * x, x * x)
        values = ((ONE, 0), (ONE, 1), (ONE, 2), (y, 1), (x, 1), (yy, 1), (yx, 1), (xx, 1))
        return tuple(Sum(v, power, needs, self.inside) for v, power in values)


WIDTH = 8


def estimate(data: Data, stats: Sequence[Stat], design: SurveyDesign, by: Names = None, *, kind: str | Sequence[str],
             options: Options, interval: str = "t") -> Estimates:  # fmt: skip
    """Estimate statistics by domain in one pass over the data."""
    sums = [s for stat in stats for s in stat.sums]
    columns = sorted(frozenset().union(*(stat.needs for stat in stats)))
    rows = None
    if parquet.can_sum(data, design):
        layout, table = parquet.sum_file(data, design, sums, columns, names(by), options.where)
    else:
        rows = load_rows(data, design, columns, names(by), options.where)
        layout, table = rows.layout, sum_rows(rows, sums)
    added = options.overall and bool(names(by))
    if added:
        layout, table = with_overall(layout, table)
    linear = linearize(layout, stats, table)
    variation = None
    if rows is not None and design.replicates is not None:
        variation = replicates.replicate_ratios(rows, design, layout, stats, table, linear.value)
    elif rows is not None and design.calibration is not None:
        own = [rows.domain] + ([np.where(rows.domain >= 0, len(layout.domains) - 1, -1)] if added else [])
        den = linear.totals[:, :, 4]
        u = [(domain, _row_influence(rows, stats, linear.rate, den, domain)) for domain in own]
        variation = calibration.residual_scores(rows, layout, linear.z, u)
    return linear.estimates(kind=kind, options=options, interval=interval, variation=variation)


@dataclass(frozen=True)
class Linear:
    """m statistics over a layout with C cells and D domains.

    parts: (C, m, WIDTH) sums by cell; totals: (D, m, WIDTH) by domain; value, rate: (D, m) estimates, and the ratios
    without pivot; z: (C, m) influence totals
    """

    layout: Layout
    stats: Sequence[Stat]
    parts: Array
    totals: Array
    value: Array
    rate: Array
    z: Array

    def estimates(self, *, kind: str | Sequence[str], options: Options, interval: str,
                  variation: Variation | None = None) -> Estimates:  # fmt: skip
        """With their errors; `variation` where these do not follow from the influence totals alone."""
        return assemble(
            self.layout, tuple(s.name for s in self.stats), self.value, self.z, self.parts[:, :, :3], kind=kind,
            options=options, interval=interval, srs=_srs_variance(self.stats, self.totals, self.rate, options.deff),
            variation=variation, vanishing=np.array([not s.is_total for s in self.stats]), den=self.totals[:, :, 4],
        )  # fmt: skip


def linearize(layout: Layout, stats: Sequence[Stat], table: Array) -> Linear:
    """Statistics and influences from the (C, m WIDTH) sums of each one's `sums` by cell."""
    parts = table.reshape(len(layout.unit), len(stats), WIDTH)
    totals = domain_totals(layout, table).reshape(len(layout.domains), len(stats), WIDTH)
    value, rate = _values(stats, totals)
    return Linear(layout, stats, parts, totals, value, rate, _influence(stats, parts, totals, rate, layout))


def load_rows(data: Data, design: SurveyDesign, columns: Sequence[str], by: Sequence[str], where: str | None) -> Rows:
    """Rows as arrays from wherever the data is, with the columns that replicates or calibration need."""
    extra = design.replicates.columns if design.replicates is not None else ()
    wanted = sorted({*columns, *extra})
    if isinstance(data, pd.DataFrame):
        if data.empty:
            raise EstimationError("the data has no rows", expected="at least one sampled row")
        return calibration.attach(read_rows(data, design, wanted, by, where), data, design)
    return batches.load_rows(data, design, wanted, by, where)


def _values(stats: Sequence[Stat], totals: Array) -> tuple[Array, Array]:
    """(D, m) estimates, and the ratios without pivot."""
    is_total, pivot = np.array([s.is_total for s in stats]), np.array([s.pivot for s in stats])
    w, num, den = totals[:, :, 1], totals[:, :, 3], totals[:, :, 4]
    with np.errstate(divide="ignore", invalid="ignore"):
        rate = num / den
    return np.where(is_total, num + pivot * w, rate + pivot), rate


def _influence(stats: Sequence[Stat], parts: Array, totals: Array, rate: Array, layout: Layout) -> Array:
    """(C, m) influence totals of the cells."""
    is_total, pivot = np.array([s.is_total for s in stats]), np.array([s.pivot for s in stats])
    with np.errstate(divide="ignore", invalid="ignore"):
        z = (parts[:, :, 3] - rate[layout.domain] * parts[:, :, 4]) / totals[layout.domain][:, :, 4]
    return np.where(is_total, parts[:, :, 3] + pivot * parts[:, :, 1], z)


def _row_influence(rows: Rows, stats: Sequence[Stat], rate: Array, den: Array, domain: Codes) -> Array:
    """(n, m) influence of each row per unit of its analysis weight, for the domain given."""
    out = np.zeros((len(rows.weight), len(stats)))
    for k, stat in enumerate(stats):
        with np.errstate(all="ignore"):
            y, x = stat.num.array(rows.columns), stat.den.array(rows.columns)
            u = y + stat.pivot if stat.is_total else (y - rate[domain, k] * x) / den[domain, k]
        valid = valid_rows(rows.columns, stat.sums[0], len(out)) & (domain >= 0)
        out[:, k] = np.where(valid, u, 0.0)
    return out


def _srs_variance(stats: Sequence[Stat], t: Array, rate: Array, deff: str) -> Array:
    """(D, m) variance of the statistic under a simple random sample of n rows; t: (D, m, WIDTH) domain totals."""
    is_total = np.array([s.is_total for s in stats])
    n, w, _, num, den, yy, yx, xx = (t[:, :, i] for i in range(WIDTH))
    with np.errstate(divide="ignore", invalid="ignore"):
        spread = np.where(is_total, yy - num**2 / w, yy - 2 * rate * yx + rate**2 * xx)
        return srs_variance(spread, n, w, deff) / np.where(is_total, 1.0, den**2)
