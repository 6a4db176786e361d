"""A sample whose design is built once, estimated from arrays for several sets of domains (cities, counties) at once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from scipy import sparse

from evaltools.errors import EstimationError
from evaltools.estimation.assembly import Options
from evaltools.estimation.cells import (
    Layout,
    Rows,
    check_weights,
    drawn_units,
    finite,
    missing_columns,
    numeric,
    sum_rows,
)
from evaltools.estimation.design import SurveyDesign
from evaltools.estimation.engine import Stat, linearize
from evaltools.estimation.expr import Array
from evaltools.estimation.linear import mean_stat, middle, rate_stat, ratio_stat
from evaltools.estimation.quantiles import quantiles_of_rows
from evaltools.estimation.results import Estimates
from evaltools.estimation.units import Codes, pair


@dataclass(frozen=True)
class Item:
    """One statistic of a column `y`: a "rate" (of 0 and 1), "mean", "total", or a "ratio" to the column `x`."""

    kind: str
    y: str
    x: str = ""

    def stat(self, columns: Mapping[str, Array]) -> Stat:
        """How it is estimated from (n,) columns."""
        if self.kind == "rate":
            return rate_stat(self.y)
        if self.kind == "ratio":
            return ratio_stat(self.y, self.x)
        if self.kind not in ("mean", "total"):
            raise EstimationError(f"kind={self.kind!r} is unknown", expected="one of rate, mean, total, ratio")
        return mean_stat(self.y, middle(columns[self.y]), is_total=self.kind == "total")


@dataclass(frozen=True)
class Sample:
    """n rows of a design, and S sets of domains; in each set every row has its domain.

    rows  : without columns; their cells are of the smallest domains, which no set divides
    layout: the domains of all sets, set after set, with their cells
    adds  : (cells of `layout`, cells of `rows`) 1 where the first holds the second
    starts: (S + 1,) where the domains of each set begin
    part  : (S, cells of `rows`) the cell of `layout` that holds each
    index : of the frame, for errors
    """

    design: SurveyDesign
    rows: Rows
    layout: Layout
    adds: sparse.csr_matrix
    starts: Codes
    part: Codes
    index: pd.Index

    @classmethod
    def of(cls, frame: pd.DataFrame, design: SurveyDesign, small: Codes, sets: Sequence[Codes]) -> Sample:
        """The design's columns of a frame.

        small: (n,) number of each row's smallest domain; sets: for each set, the domain that holds each of the smallest;
        domains are numbered from 0, none without rows. EstimationError as for any estimate: a weight, stratum or PSU that is
        missing, a PSU in two strata.
        """
        if design.weight is None or design.size or design.replicates or design.calibration:
            raise EstimationError("a sample from arrays has weights, and no size, replicates or calibration of its own")
        missing_columns(frame.columns, [*design.key_columns, design.weight])
        weight = numeric(frame, design.weight)
        check_weights(weight, frame.index, design.weight)
        units, unit = drawn_units(frame, design, weight)
        cell, one = pair(unit, small)  # one: a row of each cell
        unit_of, small_of = unit[one], small[one]
        found = [pair(unit_of, codes[small_of]) for codes in sets]
        starts = np.cumsum([0, *(int(codes.max(initial=-1)) + 1 for codes in sets)])
        before = np.cumsum([0, *(len(head) for _, head in found)])
        part = np.stack([of_set + b for (of_set, _), b in zip(found, before, strict=False)])
        domain = np.concatenate([codes[small_of][h] + s for codes, (_, h), s in zip(sets, found, starts, strict=False)])
        layout = Layout(units, _labels(starts), unit_of[np.concatenate([head for _, head in found])], domain)
        adds = sparse.csr_matrix(
            (np.ones(part.size), (part.ravel(), np.tile(np.arange(len(one)), len(sets)))), shape=(before[-1], len(one))
        )
        smallest = Layout(units, pd.DataFrame({"domain": np.arange(len(sets[0]))}), unit_of, small_of)
        rows = Rows(smallest, cell, unit, weight, np.ones(len(frame)), {})
        return cls(design, rows, layout, adds, starts, part, frame.index)

    def estimate(self, items: Sequence[Item], columns: Mapping[str, Array], size: tuple[str, Array] | None = None,
                 level: float = 0.95) -> Estimates:  # fmt: skip
        """Estimates of m items for all domains of all sets, domain by domain.

        columns: (n,) numbers, NaN missing; size: name and (n,) numbers of the persons that each row stands for
        """
        rows = self._with(columns, size)
        stats = [item.stat(rows.columns) for item in items]
        table = self.adds @ sum_rows(rows, [s for stat in stats for s in stat.sums])
        kinds = [item.kind for item in items]
        return linearize(self.layout, stats, table).estimates(kind=kinds, options=Options(level=level), interval="logit")

    def medians(self, name: str, values: Array, level: float = 0.95) -> list[Estimates]:
        """The median of a column, (n,) numbers, for the domains of each set."""
        rows, options, found = self._with({name: values}, None), Options(level=level), []
        for part, start, stop in zip(self.part, self.starts, self.starts[1:], strict=False):
            own = replace(rows, layout=self.layout, cell=part[rows.cell])
            every = quantiles_of_rows(own, name, self.design, [0.5], True, options, "math", "mean")
            found.append(every[start:stop])
        return found

    def _with(self, columns: Mapping[str, Array], size: tuple[str, Array] | None) -> Rows:
        checked = {name: finite(values, self.index, name) for name, values in columns.items()}
        if size is None:
            return replace(self.rows, columns=checked)
        check_weights(size[1], self.index, size[0])
        weight = self.rows.weight * size[1]
        check_weights(weight, self.index, f"{self.design.weight} x {size[0]}")
        return replace(self.rows, columns=checked, weight=weight, size=size[1])


def _labels(starts: Codes) -> pd.DataFrame:
    """Which set a domain belongs to, and its number there."""
    count = np.diff(starts)
    return pd.DataFrame({
        "set": np.repeat(np.arange(len(count)), count), "domain": np.arange(starts[-1]) - np.repeat(starts[:-1], count),
    })  # fmt: skip
