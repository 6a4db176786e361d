"""Statistics that need the rows of a domain in order: quantiles, Gini, shares, relative lines.

A `Curve` is a function of sorted arrays. Here it is applied to every domain and turned into estimates; rows are
sorted once, domain by domain in one array, and replicate weights reuse that order.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from evaltools.estimation import batches, calibration, parquet, replicates
from evaltools.estimation.assembly import Options, assemble, srs_variance
from evaltools.estimation.cells import Data, Layout, Rows, Sum, domain_totals, sum_rows, with_overall
from evaltools.estimation.design import Names, SurveyDesign, names
from evaltools.estimation.engine import load_rows
from evaltools.estimation.expr import ONE, Array
from evaltools.estimation.parallel import each
from evaltools.estimation.results import Estimates, joined
from evaltools.estimation.source import FileData
from evaltools.estimation.units import Codes
from evaltools.estimation.variance import Scores, Variation

# f(y, w, line) -> values (m,), influences (n, m), slopes d value / d line (m,); y sorted, w > 0
Curve = Callable[[Array, Array, float], tuple[Array, Array, Array]]
# f(y, w) -> a line and the influences (n,) of the line
LineCurve = Callable[[Array, Array], tuple[float, Array]]


Common = tuple[float, Array]
"""A line over all rows, and what the rows of each last-stage unit do to it: sum w u (U,)."""


@dataclass(frozen=True)
class Line:
    """A line estimated from the data: `curve` on all rows, or on each domain's own where `is_own`; `of_file`: the line
    over all rows of a file that is never held (None: all must be)."""

    curve: LineCurve
    of_file: Callable[[FileData, str, SurveyDesign], Common] | None = None
    is_own: bool = False


@dataclass(frozen=True)
class Sorted:
    """Rows with y and a positive weight, by domain and then by y. row: (k,) row numbers; start: (D + 1,) of each
    domain; y: (k,) values."""

    row: Codes
    start: Codes
    y: Array

    @property
    def count(self) -> int:
        return len(self.start) - 1

    @property
    def domain(self) -> Codes:
        """(k,) domain of each sorted row."""
        return np.repeat(np.arange(self.count), np.diff(self.start))

    def kept(self, keep: np.ndarray) -> Sorted:
        """The same order without the rows that `keep` (n,) leaves out."""
        inside = keep[self.row]
        before = np.concatenate([[0], np.cumsum(inside)])
        return Sorted(self.row[inside], before[self.start], self.y[inside])


def sort_rows(y: Array, weight: Array, domain: Codes, count: int, *, stable: bool = False) -> Sorted:
    """Order rows within domains; rows outside (-1), without y or without weight are left out.

    stable: equal values keep the order of the rows (several times slower)
    """
    row = np.flatnonzero((domain >= 0) & ~np.isnan(y) & (weight > 0))
    place = domain[row]
    if count > 1 and (place[1:] < place[:-1]).any():
        order = np.argsort(place, kind="stable")
        row, place = row[order], place[order]
    start = np.searchsorted(place, np.arange(count + 1))
    values = y[row]

    def sort(d: int) -> None:
        mine = slice(start[d], start[d + 1])
        order = np.argsort(values[mine], kind="stable" if stable else None)
        row[mine], values[mine] = row[mine][order], values[mine][order]

    each(count, sort, len(row))
    return Sorted(row, start, values)


@dataclass(frozen=True)
class Pass:
    """One way of giving rows to domains (their own, or all to one): values, slopes and spreads (D, m), influences
    (k, m) in sorted order."""

    order: Sorted
    value: Array
    slope: Array
    spread: Array
    influence: Array


def ranked(data: Data, y: str, design: SurveyDesign, by: Names, curve: Curve, labels: tuple[str, ...], *, kind: str,
           options: Options, line: Line | None = None) -> Estimates:  # fmt: skip
    """Estimates of a curve's statistics by domain."""

    def one(rows: Rows, common: Common | None) -> Estimates:
        has_by = bool(names(by))
        return estimate_ranked(rows, y, design, curve, labels, has_by, kind=kind, options=options, line=line, common=common)[0]

    return by_domains(data, y, design, by, options, one, line)


def by_domains(data: Data, y: str, design: SurveyDesign, by: Names, options: Options,
               one: Callable[[Rows, Common | None], Estimates], line: Line | None = None) -> Estimates:  # fmt: skip
    """`one` on all rows; of a file with more rows than are held at once, on whole domains at a time."""
    shared = None if line is None or line.is_own else line
    is_whole = options.overall or not names(by) or (shared is not None and shared.of_file is None)
    if is_whole or isinstance(data, pd.DataFrame) or not parquet.is_long(data, design, batches.HELD):
        return one(load_rows(data, design, [y], names(by), options.where), None)
    common = shared.of_file(data, y, design) if shared is not None and shared.of_file is not None else None
    parts = batches.load_batches(data, design, [y], names(by), options.where)
    return joined([one(rows, common) for rows in parts])


def estimate_ranked(rows: Rows, y: str, design: SurveyDesign, curve: Curve, labels: tuple[str, ...], has_by: bool, *,
                    kind: str, options: Options, line: Line | None = None,
                    is_share: bool = False, stable: bool = False,
                    common: Common | None = None) -> tuple[Estimates, list[Pass]]:  # fmt: skip
    """As `ranked`, on rows already read; the passes come along for what needs the order again.

    is_share: the values are weighted means at fixed thresholds, so that replicates do not look for thresholds anew
    stable: see `sort_rows`; common: the line over all rows, where `rows` are only some of them
    """
    values, domain = rows.columns[y], rows.domain
    orders = [sort_rows(values, rows.weight, domain, len(rows.layout.domains), stable=stable)]
    if options.overall and has_by:
        orders.append(sort_rows(values, rows.weight, np.where(domain >= 0, 0, -1), 1, stable=stable))
    is_common = line is not None and not line.is_own and common is None
    at, line_u = _common_line(values, rows.weight, line) if is_common else (np.nan, None)
    if common is not None:
        at = common[0]
    passes = [_apply(rows.weight, order, curve, line, at, len(labels)) for order in orders]
    layout, z, counts = _layout(rows, y, passes)
    value, slope = np.vstack([p.value for p in passes]), np.vstack([p.slope for p in passes])
    if design.replicates is not None:
        make = _replicated_shares if is_share else _replicated
        variation: Variation = make(rows, design, layout, passes, value, curve, line, values)
    else:
        by_unit = common[1] if common is not None else None
        variation = _linearized(rows, layout, z, passes, line_u, slope, by_unit)
    n, w = (domain_totals(layout, counts[:, :1, i]) for i in (0, 1))
    spread = np.vstack([p.spread for p in passes])
    made = assemble(
        layout, labels, value, z, counts, kind=kind, options=options, variation=variation,
        den=np.broadcast_to(w, value.shape), srs=srs_variance(spread, n, w, options.deff),
        vanishing=np.ones(len(labels), bool),
    )  # fmt: skip
    return made, passes


def _common_line(y: Array, weight: Array, line: Line | None) -> tuple[float, Array]:
    """A line over all rows and the influences (n,) of the rows on it."""
    counts = (weight > 0) & ~np.isnan(y)
    if line is None or not counts.any():
        return np.nan, np.full(len(y), np.nan)
    if counts.all():
        return line.curve(y, weight)
    influence = np.zeros(len(y))
    at, influence[counts] = line.curve(y[counts], weight[counts])
    return at, influence


def _apply(weight: Array, order: Sorted, curve: Curve, line: Line | None, at: float, m: int) -> Pass:
    """The curve in every domain."""
    value, slope, spread = np.full((order.count, m), np.nan), np.zeros((order.count, m)), np.zeros((order.count, m))
    influence, w = np.zeros((len(order.row), m)), weight[order.row]

    def apply(d: int) -> None:
        mine = slice(order.start[d], order.start[d + 1])
        if mine.start == mine.stop:
            return
        if line is not None and line.is_own:
            own_at, own = line.curve(order.y[mine], w[mine])
            value[d], u, own_slope = curve(order.y[mine], w[mine], own_at)
            u = u + own[:, None] * own_slope
        else:
            value[d], u, slope[d] = curve(order.y[mine], w[mine], at)
        influence[mine], spread[d] = u, w[mine] @ (u * u)

    each(order.count, apply, len(order.row))
    return Pass(order, value, slope, spread, influence)


def _layout(rows: Rows, y: str, passes: list[Pass]) -> tuple[Layout, Array, Array]:
    """The layout with the overall row, (C, m) influence totals and (C, m, 3) counts."""
    layout, m = rows.layout, passes[0].value.shape[1]
    z = _sums(rows.cell, rows.weight, passes[0], len(layout.unit))
    counts = sum_rows(rows, [Sum(ONE, p, frozenset({y})) for p in (0, 1, 2)])
    if len(passes) > 1:
        whole = _sums(rows.unit, rows.weight, passes[1], layout.units.count)[np.unique(layout.unit)]
        layout, counts = with_overall(layout, counts)
        z = np.vstack([z, whole])
    return layout, z, np.repeat(counts[:, None, :], m, axis=1)


def _sums(code: Codes, weight: Array, one: Pass, count: int) -> Array:
    """(count, m) sums of weight x influence by code."""
    place, w, m = code[one.order.row], weight[one.order.row], one.influence.shape[1]
    out = np.zeros((count, m))

    def add(k: int) -> None:
        out[:, k] = np.bincount(place, w * one.influence[:, k], count)

    each(m, add, len(w))
    return out


def _linearized(rows: Rows, layout: Layout, z: Array, passes: list[Pass], line_u: Array | None, slope: Array,
                by_unit: Array | None = None) -> Scores:  # fmt: skip
    """Scores of direct influences, plus those of a common line times each estimate's slope.

    line_u: (n,) influences on the line; by_unit: (U,) their weighted sums, where they are known already
    """
    scores = calibration.residual_scores(rows, layout, z, _by_row(rows, passes) if rows.controls is not None else [])
    load = slope.ravel()[None, :]
    if by_unit is not None:
        return replace(scores, common=by_unit[:, None], load=load)
    if line_u is None:
        return scores
    common = np.bincount(rows.unit, rows.weight * line_u, layout.units.count)[:, None]
    if rows.controls is not None:
        own = calibration.spread(np.zeros(len(line_u), np.int64), (line_u * rows.size)[:, None], 1)
        common = common - calibration.control_totals(rows) @ calibration.project(rows.controls, own)
    if scores.common is not None and scores.load is not None:
        common, load = np.hstack([scores.common, common]), np.vstack([scores.load, load])
    return replace(scores, common=common, load=load)


def _by_row(rows: Rows, passes: list[Pass]) -> list[tuple[Codes, Array]]:
    """Domains and influences in the order of the rows, once for each pass."""
    out, offset = [], 0
    for one in passes:
        domain, u = np.full(len(rows.weight), -1, np.int64), np.zeros((len(rows.weight), one.value.shape[1]))
        domain[one.order.row], u[one.order.row] = one.order.domain + offset, one.influence
        out.append((domain, u))
        offset += one.order.count
    return out


def _replicated(rows: Rows, design: SurveyDesign, layout: Layout, passes: list[Pass], value: Array, curve: Curve,
                line: Line | None, y: Array) -> replicates.Replicated:  # fmt: skip
    """The curve under every replicate weight, in the order already found."""
    base, code, m = replicates.row_factors(rows, design)
    theta = np.empty((m.table.shape[1], value.size))
    for r in range(len(theta)):
        weight = base * m.table[code, r]
        there = weight > 0
        at = _common_line(y, weight, line)[0] if line is not None and not line.is_own else np.nan
        found = [_apply(weight, p.order.kept(there), curve, line, at, value.shape[1]).value for p in passes]
        theta[r] = np.concatenate(found).ravel()
    return replicates.deviations(theta, value.ravel(), m, design, _replicated_df(rows, layout, code, m, y, value))


def _replicated_df(rows: Rows, layout: Layout, code: Codes, m: replicates.Multipliers, y: Array, value: Array) -> Array:
    return np.repeat(replicates.domain_df(rows, layout, code, m, ~np.isnan(y))[:, None], value.shape[1], axis=1)


def _replicated_shares(rows: Rows, design: SurveyDesign, layout: Layout, passes: list[Pass], value: Array,
                       _curve: Curve, _line: Line | None, y: Array) -> replicates.Replicated:  # fmt: skip
    """Weighted means under every replicate weight: value + sum w_r u W / sum w_r, u of the full sample."""
    base, code, m = replicates.row_factors(rows, design)
    stacked = []
    for one in passes:
        row, domain, count = one.order.row, one.order.domain, one.order.count
        full = np.bincount(domain, rows.weight[row], count)[:, None, None]
        weight = replicates.replicate_totals(domain, code[row], base[row], count, m.table)[:, None, :]
        moved = np.stack(
            [replicates.replicate_totals(domain, code[row], base[row] * u, count, m.table) for u in one.influence.T],
            axis=1,
        )
        with np.errstate(divide="ignore", invalid="ignore"):
            stacked.append(one.value[:, :, None] + moved * full / weight)
    theta = np.concatenate(stacked).reshape(value.size, -1).T
    return replicates.deviations(theta, value.ravel(), m, design, _replicated_df(rows, layout, code, m, y, value))
