"""Sums by domain and unit, from a DataFrame here and from Parquet in `parquet`: one pass, never a loop over domains."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from evaltools.errors import DataMissingError, EstimationError, nearest
from evaltools.estimation.design import SurveyDesign
from evaltools.estimation.expr import Array, Expr
from evaltools.estimation.units import Codes, Units, build_units, pair, rows_text

Data = pd.DataFrame | str | Path
ALL = "all"  # label of the row over all domains


@dataclass(frozen=True)
class Sum:
    """sum of value x weight^power over the rows of a domain that hold all columns in `needs`."""

    value: Expr
    power: int
    needs: frozenset[str]


@dataclass(frozen=True)
class Cells:
    """Sums over the rows of each (domain, last-stage unit) that has any.

    domains: (D, by columns); unit, domain: (C,) codes; sums: (C, S) in the order asked for
    """

    units: Units
    domains: pd.DataFrame
    unit: Codes
    domain: Codes
    sums: Array

    def totals(self) -> Array:
        """(D, S) sums by domain."""
        out = np.zeros((len(self.domains), self.sums.shape[1]))
        for s in range(self.sums.shape[1]):
            out[:, s] = np.bincount(self.domain, self.sums[:, s], len(out))
        return out


@dataclass(frozen=True)
class Rows:
    """A DataFrame read for one call: analysis weight, units, domains (-1 outside `where`) and numeric columns."""

    weight: Array
    units: Units
    unit: Codes
    domain: Codes
    domains: pd.DataFrame
    columns: dict[str, Array]


def read_rows(
    data: pd.DataFrame, design: SurveyDesign, columns: Sequence[str], by: Sequence[str], where: str | None
) -> Rows:
    """What an estimator needs of a frame, checked; the frame is not changed."""
    missing_columns(data.columns, (*design.key_columns, *design.weight_columns, *by, *columns, *([where] if where else [])))
    weight = np.ones(len(data))
    for name in design.weight_columns:
        weight = weight * numeric(data, name)
    check_weights(weight, data.index, design)
    token = b"" if design.psus else np.ascontiguousarray(weight).tobytes()
    units, unit = build_units(data[list(design.key_columns)], design, token)
    domain, domains = domain_codes(data, by)
    if where is not None:
        domain = np.where(numeric(data, where) == 1.0, domain, -1)
        if (domain < 0).all():
            raise EstimationError(f"no row has {where!r} true", expected="a domain with at least one row")
    return Rows(weight, units, unit, domain, domains, {c: numeric(data, c) for c in columns})


def sum_rows(rows: Rows, sums: Sequence[Sum]) -> Cells:
    """Sum values of rows by domain and unit."""
    inside = rows.domain >= 0
    unit, domain = rows.unit[inside], rows.domain[inside]
    code, first = pair(unit, domain)
    weight = rows.weight[inside]
    columns = {name: values[inside] for name, values in rows.columns.items()}
    powers = {0: (weight > 0).astype(np.float64), 1: weight, 2: weight**2}
    valid = {needs: _valid(columns, needs, len(weight)) for needs in {s.needs for s in sums}}
    table = np.zeros((len(first), len(sums)))
    for s, one in enumerate(sums):
        with np.errstate(all="ignore"):
            value = np.where(valid[one.needs], one.value.array(columns), 0.0) * powers[one.power]
        table[:, s] = np.bincount(code, value, len(first))
    return Cells(rows.units, rows.domains, unit[first], domain[first], table)


def with_overall(cells: Cells) -> Cells:
    """The same cells with one more domain, the whole, added up from the others."""
    count = len(cells.domains)
    units, index = np.unique(cells.unit, return_inverse=True)
    whole = np.zeros((len(units), cells.sums.shape[1]))
    np.add.at(whole, index, cells.sums)
    names = cells.domains.astype(object)
    names.loc[count] = ALL
    return Cells(
        cells.units, names, np.concatenate([cells.unit, units]),
        np.concatenate([cells.domain, np.full(len(units), count)]), np.vstack([cells.sums, whole]),
    )  # fmt: skip


def numeric(data: pd.DataFrame, name: str) -> Array:
    """A column as float64, missing as NaN; text is an error, and so are infinite values."""
    column = data[name]
    if not (pd.api.types.is_numeric_dtype(column) or pd.api.types.is_bool_dtype(column)):
        kinds = {type(v).__name__ for v in column.dropna().head(1000)}
        if not kinds <= {"bool", "int", "float", "Decimal", "bool_", "int64", "float64"}:
            raise EstimationError(
                f"column {name!r} is not numeric but {column.dtype}", expected="numbers or true/false",
                todo="convert it where it is read (intake contracts do), so that bad values are counted",
            )  # fmt: skip
    values = column.to_numpy(dtype=np.float64, na_value=np.nan)
    infinite = np.isinf(values)
    if infinite.any():
        raise EstimationError(f"column {name!r} holds infinite values", where=rows_text(data.index[infinite]))
    return values


def check_weights(weight: Array, index: pd.Index, design: SurveyDesign) -> None:
    """Weights are finite, not negative and not all zero."""
    name = " x ".join(design.weight_columns) or "weight"
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
    for name in by:
        part, labels = pd.factorize(data[name], sort=True)
        code, _ = pair(code, np.where(part < 0, len(labels), part).astype(np.int64))
    _, first = np.unique(code, return_index=True)
    return code, data.iloc[first][list(by)].reset_index(drop=True)


def missing_columns(present, wanted: Sequence[str]) -> None:
    """Raise for the first column asked for that is not there."""
    for name in wanted:
        if name not in present:
            raise DataMissingError(
                f"no column {name!r}", expected=nearest(name, [str(c) for c in present]), todo="check the spelling"
            )


def _valid(columns: dict[str, Array], needs: frozenset[str], n: int) -> np.ndarray:
    valid = np.ones(n, bool)
    for name in needs:
        valid &= ~np.isnan(columns[name])
    return valid
