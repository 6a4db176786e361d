"""Statistics that need the rows of a domain in order: quantiles, Gini, shares, relative lines.

A `Curve` is a function of sorted arrays. Here it is applied to every domain and turned into estimates; rows are sorted once,
domain by domain in one array, and replicate weights reuse that order.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import numpy as np

from evaltools.estimation import calibration, replicates
from evaltools.estimation.cells import Data, Layout, Rows, Sum, domain_totals, sum_rows, with_overall
from evaltools.estimation.design import Names, SurveyDesign, names
from evaltools.estimation.engine import Options, assemble, load_rows, srs_variance
from evaltools.estimation.expr import ONE, Array
from evaltools.estimation.results import Estimates
from evaltools.estimation.units import Codes
from evaltools.estimation.variance import Scores, Variation

# f(y, w, line) -> values (m,), influences (n, m), slopes d value / d line (m,); y sorted, w > 0
Curve = Callable[[Array, Array, float], tuple[Array, Array, Array]]
# f(y, w) -> a line and the influences (n,) of the line
LineCurve = Callable[[Array, Array], tuple[float, Array]]


@dataclass(frozen=True)
class Line:
    """A line estimated from the data: `curve` on all rows, or on each domain's own where `is_own`."""

    curve: LineCurve
    is_own: bool = False


@dataclass(frozen=True)
class Sorted:
    """Rows with y and a positive weight, sorted by domain and y. row: (k,) row numbers; start: (D + 1,) of each domain."""

    row: Codes
    start: Codes

    def slices(self) -> Iterator[tuple[int, Codes]]:
        for d in range(len(self.start) - 1):
            yield d, self.row[self.start[d] : self.start[d + 1]]


def sort_rows(y: Array, weight: Array, domain: Codes, count: int) -> Sorted:
    """Order rows within domains; rows outside, without y or without weight are left out."""
    row = np.flatnonzero((domain >= 0) & ~np.isnan(y) & (weight > 0))
    if count > 1:
        row = row[np.argsort(domain[row], kind="stable")]
    start = np.searchsorted(domain[row], np.arange(count + 1))
    for d in range(count):
        part = row[start[d] : start[d + 1]]
        row[start[d] : start[d + 1]] = part[np.argsort(y[part], kind="stable")]
    return Sorted(row, start)


@dataclass(frozen=True)
class Pass:
    """One way of giving rows to domains (their own, or all to one), with its values and influences."""

    domain: Codes
    order: Sorted
    value: Array
    influence: Array
    slope: Array


def ranked(data: Data, y: str, design: SurveyDesign, by: Names, curve: Curve, labels: tuple[str, ...], *, kind: str,
           options: Options, line: Line | None = None, vanishing: bool = True) -> Estimates:  # fmt: skip
    """Estimates of a curve's statistics by domain."""
    rows = load_rows(data, design, [y], names(by), options.where)
    return estimate_ranked(rows, y, design, curve, labels, bool(names(by)), kind=kind, options=options, line=line,
                           vanishing=vanishing)[0]  # fmt: skip


def estimate_ranked(rows: Rows, y: str, design: SurveyDesign, curve: Curve, labels: tuple[str, ...], has_by: bool, *,
                    kind: str, options: Options, line: Line | None = None, vanishing: bool = True,
                    is_share: bool = False) -> tuple[Estimates, list[Pass]]:  # fmt: skip
    """As `ranked`, on rows already read; the passes come along for what needs the order again.

    is_share: the values are weighted means at fixed thresholds, so that replicates do not look for thresholds anew
    """
    values, domain = rows.columns[y], rows.domain
    ways = [(domain, len(rows.layout.domains))]
    if options.overall and has_by:
        ways.append((np.where(domain >= 0, 0, -1), 1))
    orders = [sort_rows(values, rows.weight, d, count) for d, count in ways]
    whole = None
    if line is not None and not line.is_own:
        whole = sort_rows(values, rows.weight, np.zeros(len(values), np.int64), 1).row
    at, line_u = _common_line(values, rows.weight, line, whole)
    passes = [
        Pass(d, order, *_apply(values, rows.weight, order, curve, line, at, len(labels)))
        for (d, _), order in zip(ways, orders, strict=True)
    ]
    layout, z, counts = _layout(rows, y, passes)
    value, slope = np.vstack([p.value for p in passes]), np.vstack([p.slope for p in passes])
    if design.replicates is not None and is_share:
        variation: Variation = _replicated_shares(rows, design, layout, passes, value)
    elif design.replicates is not None:
        variation = _replicated(rows, design, layout, values, orders, curve, line, whole, value)
    else:
        variation = _linearized(rows, layout, z, passes, line_u, slope)
    spread = _spread(rows, passes, len(labels))
    n, w = (domain_totals(layout, counts[:, :1, i]) for i in (0, 1))
    made = assemble(
        layout, labels, value, z, counts, kind=kind, options=options, variation=variation, den=np.broadcast_to(w, value.shape),
        srs=srs_variance(spread, n, w, options.deff), vanishing=np.full(len(labels), vanishing),
    )  # fmt: skip
    return made, passes


def _common_line(y: Array, weight: Array, line: Line | None, whole: Codes | None) -> tuple[float, Array | None]:
    if line is None or whole is None:
        return np.nan, None
    at, u = line.curve(y[whole], weight[whole])
    influence = np.zeros(len(y))
    influence[whole] = u
    return at, influence


def _apply(y: Array, weight: Array, order: Sorted, curve: Curve, line: Line | None, at: float, m: int):
    """Values (D, m), influences (n, m) and slopes (D, m) of the curve in every domain."""
    count = len(order.start) - 1
    value, slope = np.full((count, m), np.nan), np.zeros((count, m))
    influence = np.zeros((len(y), m))
    for d, row in order.slices():
        if not len(row):
            continue
        yd, wd = y[row], weight[row]
        if line is not None and line.is_own:
            at, own = line.curve(yd, wd)
            value[d], u, own_slope = curve(yd, wd, at)
            u = u + own[:, None] * own_slope
        else:
            value[d], u, slope[d] = curve(yd, wd, at)
        influence[row] = u
    return value, influence, slope


def _layout(rows: Rows, y: str, passes: list[Pass]) -> tuple[Layout, Array, Array]:
    """The layout with the overall row, (C, m) influence totals and (C, m, 3) counts."""
    own = passes[0]
    m, layout = own.value.shape[1], rows.layout
    inside = rows.cell >= 0
    cell, weight = rows.cell[inside], rows.weight[inside]
    z = np.column_stack([np.bincount(cell, weight * own.influence[inside, k], len(layout.unit)) for k in range(m)])
    counts = sum_rows(rows, [Sum(ONE, p, frozenset({y})) for p in (0, 1, 2)])
    if len(passes) > 1:
        unit, used = rows.unit[inside], np.unique(layout.unit)
        whole = [np.bincount(unit, weight * passes[1].influence[inside, k], layout.units.count)[used] for k in range(m)]
        layout, counts = with_overall(layout, counts)
        z = np.vstack([z, np.column_stack(whole)])
    return layout, z, np.repeat(counts[:, None, :], m, axis=1)


def _linearized(rows: Rows, layout: Layout, z: Array, passes: list[Pass], line_u: Array | None, slope: Array) -> Scores:
    """Scores of direct influences, plus those of a common line times each estimate's slope."""
    offsets = [0, len(rows.layout.domains)]
    u = [(np.where(p.domain >= 0, p.domain + offset, -1), p.influence) for p, offset in zip(passes, offsets, strict=False)]
    scores = calibration.residual_scores(rows, layout, z, u)
    if line_u is None:
        return scores
    load = slope.ravel()[None, :]
    common = np.bincount(rows.unit, rows.weight * line_u, layout.units.count)[:, None]
    if rows.controls is not None:
        own = calibration.spread(np.zeros(len(line_u), np.int64), (line_u * rows.size)[:, None], 1)
        common = common - calibration.control_totals(rows) @ calibration.project(rows.controls, own)
    if scores.common is not None and scores.load is not None:
        common, load = np.hstack([scores.common, common]), np.vstack([scores.load, load])
    return replace(scores, common=common, load=load)


def _replicated(rows: Rows, design: SurveyDesign, layout: Layout, y: Array, orders: list[Sorted], curve: Curve,
                line: Line | None, whole: Codes | None, value: Array) -> replicates.Replicated:  # fmt: skip
    """The curve under every replicate weight, in the order already found."""
    base, code, m = replicates.row_factors(rows, design)
    theta = np.empty((m.table.shape[1], value.size))
    for r in range(len(theta)):
        weight = base * m.table[code, r]
        there = [replace_rows(order, weight > 0) for order in orders]
        at, _ = _common_line(y, weight, line, None if whole is None else whole[weight[whole] > 0])
        theta[r] = np.concatenate(
            [_apply(y, weight, order, curve, line, at, value.shape[1])[0].ravel() for order in there]
        )
    return replicates.deviations(theta, value.ravel(), m, design, replicates.domain_df(rows, layout, code, m))


def _replicated_shares(rows: Rows, design: SurveyDesign, layout: Layout, passes: list[Pass],
                       value: Array) -> replicates.Replicated:  # fmt: skip
    """Weighted means under every replicate weight: value + sum w_r u W / sum w_r, u the influences of the full sample."""
    base, code, m = replicates.row_factors(rows, design)
    theta = []
    for one in passes:
        row, count = one.order.row, len(one.value)
        d, w, f = one.domain[row], base[row], code[row]
        full = np.bincount(d, rows.weight[row], count)
        weight = replicates.replicate_totals(d, f, w, count, m.table)
        for k in range(value.shape[1]):
            moved = replicates.replicate_totals(d, f, w * one.influence[row, k], count, m.table)
            with np.errstate(divide="ignore", invalid="ignore"):
                theta.append(one.value[:, k, None] + moved * full[:, None] / weight)
    stacked = np.concatenate([np.stack(theta[i : i + value.shape[1]], axis=1).reshape(-1, len(m.root))
                              for i in range(0, len(theta), value.shape[1])])  # fmt: skip
    return replicates.deviations(stacked.T, value.ravel(), m, design, replicates.domain_df(rows, layout, code, m))


def replace_rows(order: Sorted, keep: np.ndarray) -> Sorted:
    """The same order without the rows that `keep` leaves out."""
    kept = keep[order.row]
    before = np.concatenate([[0], np.cumsum(kept)])
    return Sorted(order.row[kept], before[order.start])


def _spread(rows: Rows, passes: list[Pass], m: int) -> Array:
    """(D, m) sum w (u - mean u)^2 by domain; influences have mean zero but for a common line."""
    out = []
    for p in passes:
        inside, count = p.domain >= 0, len(p.value)
        d, w = p.domain[inside], rows.weight[inside]
        out.append(np.column_stack([np.bincount(d, w * p.influence[inside, k] ** 2, count) for k in range(m)]))
    return np.vstack(out)

