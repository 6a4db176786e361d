"""Lines estimated from all rows: a share of the median or of the mean, and what each row does to them.

In memory from arrays; of a file too long to hold, from a look at the rows around the median and sums by unit.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from evaltools.errors import EstimationError
from evaltools.estimation.cells import Sum
from evaltools.estimation.design import SurveyDesign
from evaltools.estimation.expr import ONE, Array, Expr, col
from evaltools.estimation.parquet import sum_file, weight_sql
from evaltools.estimation.quantiles import MANY, quantile_sorted, slope_at
from evaltools.estimation.source import FileData, Source


def median_line(y: Array, w: Array, share: float, rule: str) -> tuple[float, Array]:
    """share x median and its influences (n,): -share (1(y <= m) - F(m)) / (f(m) N). Osier (2009), Deville (1999).

    y need not be sorted.
    """
    total = w.sum()
    near, f = _window(y, w, 0.5) if rule != "hf7" else _sorted(y, w)  # hf7 asks for the ends of F too
    middle = quantile_sorted(near, f, 0.5, rule)
    at = slope_at(near, f, middle, len(y) > MANY)
    if not at > 0:
        return share * middle, np.full(len(y), np.nan)
    below = (y <= middle).astype(np.float64)
    return share * middle, (w @ below / total - below) * (share / (at * total))


def median_line_of_file(data: FileData, y: str, design: SurveyDesign, share: float, rule: str) -> tuple[float, Array]:
    """As `median_line` on all rows of a file that is never held: the line, and sum w u by unit (U,).

    rule: any but hf7, which asks for the ends of F too
    """
    with Source(data) as source:
        column = WeightedColumn(source, y, design)
        low, high, margin = _bounds(*_by_size(*column.sample(SAMPLE)), 0.5)
        near, to = _by_size(*column.between(low, high))
        total, before = column.sums(low)
    f = (before + to) / total
    if not _is_inside(f, 0.5, margin):
        raise EstimationError(
            f"the median of {y!r} was not found around the middle of a sample of the rows", where=f"{low:g} to {high:g}",
            expected="a file whose order does not depend on this column", todo="estimate from the data as a DataFrame",
        )  # fmt: skip
    middle = quantile_sorted(near, f, 0.5, rule)
    at = slope_at(near, f, middle, True)
    weight, below = sums_by_unit(data, design, y, (ONE, col(y).at_most(middle)))
    u = below.sum() / total * weight - below
    return share * middle, u * (share / (at * total)) if at > 0 else np.full(len(u), np.nan)


SAMPLE = 50_000
"""Rows that tell where to look for a quantile of many rows (Floyd & Rivest 1975); what they say is verified."""


def _window(y: Array, w: Array, p: float) -> tuple[Array, Array]:
    """Sorted values around the p-quantile and F at each; all of them where there are few."""
    if len(y) > MANY:
        step = len(y) // SAMPLE
        low, high, margin = _bounds(*_by_size(y[::step], w[::step]), p)
        inside = (y >= low) & (y <= high)
        near, to = _by_size(y[inside], w[inside])
        f = (w @ (y < low) + to) / w.sum()
        if _is_inside(f, p, margin):
            return near, f
    return _sorted(y, w)


def _sorted(y: Array, w: Array) -> tuple[Array, Array]:
    near, to = _by_size(y, w)
    return near, to / to[-1]


def _by_size(y: Array, w: Array) -> tuple[Array, Array]:
    """Values in order, and the weight up to each."""
    order = np.argsort(y)
    return y[order], np.cumsum(w[order])


def _bounds(sample: Array, to: Array, p: float) -> tuple[float, float, float]:
    """Values six standard errors of F(p) of the sample to each side of its quantile, and that margin of F."""
    squares = float((np.diff(to, prepend=0.0) ** 2).sum())
    margin = 6 * np.sqrt(squares / to[-1] ** 2 * p * (1 - p))
    low, high = np.interp([max(p - margin, 0.0), min(p + margin, 1.0)], to / to[-1], sample)
    return float(low), float(high), float(margin)


def _is_inside(f: Array, p: float, margin: float) -> bool:
    """Whether the values found reach far enough to both sides."""
    return len(f) > 0 and bool(f[0] < p - margin / 3 and f[-1] > p + margin / 3)


def mean_line(y: Array, w: Array, share: float) -> tuple[float, Array]:
    """share x mean and its influences (n,)."""
    total = w.sum()
    centre = w @ y / total
    return share * centre, share * (y - centre) / total


def mean_line_of_file(data: FileData, y: str, design: SurveyDesign, share: float) -> tuple[float, Array]:
    """As `mean_line` on all rows of a file that is never held: the line, and sum w u by unit (U,)."""
    weight, amount = sums_by_unit(data, design, y, (ONE, col(y)))
    total = weight.sum()
    centre = amount.sum() / total
    return share * centre, share * (amount - centre * weight) / total


@dataclass(frozen=True)
class WeightedColumn:
    """A column of a file and the analysis weights, over the rows that have both."""

    source: Source
    y: str
    design: SurveyDesign

    @property
    def _rows(self) -> str:
        y, w = self.source.number(self.y), weight_sql(self.source, self.design)
        return f"(SELECT {y} AS y, {w} AS w, file_row_number AS i FROM {self.source.relation}) WHERE y IS NOT NULL AND w > 0"

    def _pairs(self, condition: str) -> tuple[Array, Array]:
        found = self.source.connection.execute(f"SELECT y, w FROM {self._rows} AND {condition}").fetchnumpy()
        return np.asarray(found["y"], np.float64), np.asarray(found["w"], np.float64)

    def sample(self, size: int) -> tuple[Array, Array]:
        """(about size,) values and weights of every so many-th row."""
        rows = self.source.count
        return self._pairs(f"i % {max(rows // size, 1)} = 0")

    def between(self, low: float, high: float) -> tuple[Array, Array]:
        """Values from low to high, both included, and their weights."""
        return self._pairs(f"y >= {low!r} AND y <= {high!r}")

    def sums(self, low: float) -> tuple[float, float]:
        """sum w, and sum w of the values below low."""
        sql = f"SELECT sum(w), coalesce(sum(w) FILTER (y < {low!r}), 0) FROM {self._rows}"
        total, before = self.source.connection.execute(sql).fetchall()[0]
        return float(total), float(before)


def sums_by_unit(data: FileData, design: SurveyDesign, y: str, values: tuple[Expr, ...]) -> Array:
    """(len(values), U) weighted sums by last-stage unit over the rows of a file that have y."""
    sums = [Sum(v, 1, frozenset({y})) for v in values]
    layout, table = sum_file(data, design, sums, [y], (), None)
    return np.array([np.bincount(layout.unit, part, layout.units.count) for part in table.T])
