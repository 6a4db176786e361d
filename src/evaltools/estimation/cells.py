"""Rows of a survey as arrays, and their sums by domain and unit: one pass, never a loop over domains."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from scipy import sparse

from evaltools.errors import DataMissingError, EstimationError, nearest
from evaltools.estimation.design import SurveyDesign
from evaltools.estimation.expr import Array, Expr
from evaltools.estimation.parallel import each
from evaltools.estimation.units import Codes, Units, build_units, factorize, pair, rows_text

if TYPE_CHECKING:
    from evaltools.estimation.calibration import Controls

Data = pd.DataFrame | str | Path
ALL = "all"  # label of the row over all domains


@dataclass(frozen=True)
class Sum:
    """sum of value x weight^power over the rows that hold all columns in `needs` and where `inside` is 1."""

    value: Expr
    power: int
    needs: frozenset[str]
    inside: Expr | None = None

    @property
    def key(self) -> tuple:
        return (self.value.sql, self.power, self.needs, self.inside.sql if self.inside else "")


@dataclass(frozen=True)
class Layout:
    """The (domain, last-stage unit) pairs that hold rows. domains: (D, by columns); unit, domain: (C,) codes."""

    units: Units
    domains: pd.DataFrame
    unit: Codes
    domain: Codes


@dataclass(frozen=True)
class Rows:
    """Rows as arrays. cell: (n,) into the layout, -1 outside `where`; unit: (n,) last-stage unit; weight: (n,)
    analysis weight; size: (n,) persons per row; columns: numeric columns, NaN missing; controls: of a calibrated
    design."""

    layout: Layout
    cell: Codes
    unit: Codes
    weight: Array
    size: Array
    columns: dict[str, Array]
    controls: Controls | None = None

    @cached_property
    def domain(self) -> Codes:
        """(n,) domain of each row, -1 outside."""
        return np.where(self.cell >= 0, self.layout.domain[self.cell], -1)


def read_rows(
    data: pd.DataFrame, design: SurveyDesign, columns: Sequence[str], by: Sequence[str], where: str | None
) -> Rows:
    """What an estimator needs of a frame, checked; the frame is not changed."""
    wanted = (*design.key_columns, *design.weight_columns, *by, *columns, *([where] if where else []))
    missing_columns(data.columns, wanted)
    weight, size = np.ones(len(data)), np.ones(len(data))
    if design.size is not None:
        size = numeric(data, design.size)
        check_weights(size, data.index, design.size)
    if design.weight is not None:
        weight = numeric(data, design.weight)
    check_weights(weight * size, data.index, " x ".join(design.weight_columns) or "weight")
    units, unit = drawn_units(data, design, weight)
    code, domains = domain_codes(data, by)
    cell, first = pair(unit, code)
    layout = Layout(units, domains, unit[first], code[first])
    if where is not None:
        cell = np.where(numeric(data, where) == 1.0, cell, -1)
        if (cell < 0).all():
            raise EstimationError(f"no row has {where!r} true", expected="a domain with at least one row")
    return Rows(layout, cell, unit, weight * size, size, {c: numeric(data, c) for c in columns})


def drawn_units(data: pd.DataFrame, design: SurveyDesign, weight: Array) -> tuple[Units, Codes]:
    """The units of a design and the last-stage unit of each row; without PSUs rows are known by their weights."""
    token = b"" if design.psus else np.ascontiguousarray(weight).tobytes()
    return build_units(data[list(design.key_columns)], design, token)


def sum_rows(rows: Rows, sums: Sequence[Sum]) -> Array:
    """(C, S) sums of values of rows by cell."""
    count = len(rows.layout.unit)
    inside = rows.cell >= 0
    everything = bool(inside.all())
    pick = slice(None) if everything else inside
    cell, weight = rows.cell[pick], rows.weight[pick]
    columns = {name: values[pick] for name, values in rows.columns.items()}
    powers = {0: (weight > 0).astype(np.float64), 1: weight, 2: weight**2}
    distinct = list({one.key: one for one in sums}.values())
    table = np.zeros((count, len(distinct)))
    groups: dict[tuple, list[int]] = {}
    for s, one in enumerate(distinct):
        groups.setdefault((one.needs, one.inside.sql if one.inside else ""), []).append(s)
    for some in groups.values():
        _add(table, some, distinct, cell, powers, columns)
    place = {one.key: s for s, one in enumerate(distinct)}
    return table[:, [place[one.key] for one in sums]]


def _add(table: Array, some: Sequence[int], sums: Sequence[Sum], cell: Codes, powers: dict[int, Array],
         columns: dict[str, Array]) -> None:  # fmt: skip
    """The sums numbered `some`, which are over the same rows, in the columns of a table. powers: of the weight"""
    with np.errstate(all="ignore"):
        valid = valid_rows(columns, sums[some[0]], len(cell))
    if not valid.all():
        needed = frozenset().union(*(sums[s].value.columns | sums[s].needs for s in some))
        cell, columns = cell[valid], {name: columns[name][valid] for name in needed}
        powers = {power: weight[valid] for power, weight in powers.items()}

    def add(i: int) -> None:
        with np.errstate(all="ignore"):
            value = sums[some[i]].value.array(columns) * powers[sums[some[i]].power]
        table[:, some[i]] = np.bincount(cell, value, len(table))

    each(len(some), add, len(cell))


def valid_rows(columns: dict[str, Array], one: Sum, n: int) -> np.ndarray:
    """(n,) whether a row counts for a sum: all columns present, and inside."""
    valid = np.ones(n, bool)
    for name in one.needs:
        valid &= ~np.isnan(columns[name])
    if one.inside is not None:
        valid &= one.inside.array(columns) == 1.0
    return valid


def domain_totals(layout: Layout, sums: Array) -> Array:
    """(D, S) sums by domain of (C, S) sums by cell."""
    incidence = sparse.csr_matrix(
        (np.ones(len(layout.domain)), (layout.domain, np.arange(len(layout.domain)))),
        shape=(len(layout.domains), len(layout.domain)),
    )
    return incidence @ sums


def with_overall(layout: Layout, sums: Array) -> tuple[Layout, Array]:
    """The same cells with one more domain, the whole, added up from the others."""
    count = len(layout.domains)
    units, index = np.unique(layout.unit, return_inverse=True)
    whole = np.zeros((len(units), sums.shape[1]))
    np.add.at(whole, index, sums)
    return Layout(
        layout.units, with_all(layout.domains), np.concatenate([layout.unit, units]),
        np.concatenate([layout.domain, np.full(len(units), count)]),
    ), np.vstack([sums, whole])  # fmt: skip


def with_all(domains: pd.DataFrame) -> pd.DataFrame:
    """Domain labels with a last row "all"."""
    if (domains == ALL).all(axis=1).any():
        raise EstimationError(
            f"a group is called {ALL!r}, as the row over all groups is", todo="rename the group, or leave out overall=True"
        )
    out = domains.astype(object)
    out.loc[len(domains)] = ALL
    return out


def numeric(data: pd.DataFrame, name: str) -> Array:
    """A column as float64, missing as NaN; text is an error, and so are infinite values."""
    missing_columns(data.columns, [name])
    column = data[name]
    try:
        is_number = pd.api.types.is_numeric_dtype(column) and not pd.api.types.is_complex_dtype(column)
        is_object = column.dtype == object and str not in {type(v) for v in column.dropna().head(1000)}
        if not (is_number or is_object):  # dates and durations are refused: their numbers mean nothing here
            raise TypeError
        values = column.to_numpy(dtype=np.float64, na_value=np.nan)
    except (TypeError, ValueError):
        raise EstimationError(
            f"column {name!r} is not numeric but {column.dtype}", expected="numbers or true/false",
            todo="convert it where it is read (intake contracts do), so that bad values are counted",
        ) from None  # fmt: skip
    return finite(values, data.index, name)


def finite(values: Array, index: pd.Index, name: str) -> Array:
    """Values of which none is infinite."""
    infinite = np.isinf(values)
    if infinite.any():
        raise EstimationError(f"column {name!r} holds infinite values", where=rows_text(index[infinite]))
    return values


def check_weights(weight: Array, index: pd.Index, name: str) -> None:
    """Weights are finite, not negative and not all zero."""
    for bad, what in ((np.isnan(weight), "missing"), (weight < 0, "negative")):
        if bad.any():
            raise EstimationError(
                f"weight {name} is {what} in {int(bad.sum())} rows", where=rows_text(index[bad]),
                expected="a finite weight of 0 or more in every row",
            )  # fmt: skip
    if not weight.sum() > 0:
        raise EstimationError(f"weight {name} sums to zero", expected="at least one row with a positive weight")


def domain_codes(data: pd.DataFrame, by: Sequence[str]) -> tuple[Codes, pd.DataFrame]:
    """Domain of each row and the (D, by) labels in sorted order; a missing value is a domain of its own, last."""
    code = np.zeros(len(data), np.int64)
    first = np.zeros(1, np.int64)
    for name in by:
        part, labels = factorize(data[name], "by", allow_missing=True)
        code, first = pair(code, np.where(part < 0, len(labels), part))
    return code, data.iloc[first][list(by)].reset_index(drop=True)


def missing_columns(present, wanted: Sequence[str]) -> None:
    """Raise for the first column asked for that is not there, or there twice."""
    twice = set(present[present.duplicated()]) if isinstance(present, pd.Index) else set()
    for name in wanted:
        if name in twice:
            raise EstimationError(f"two columns are called {name!r}", expected="one column of each name")
        if name not in present:
            raise DataMissingError(
                f"no column {name!r}", expected=nearest(name, [str(c) for c in present]), todo="check the spelling"
            )
