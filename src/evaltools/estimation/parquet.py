"""Parquet files and folders, read by column through DuckDB and never whole.

Sums by domain and unit are made inside DuckDB; where rows themselves are needed (ranks), their unit and domain
come as one integer from a join with the distinct keys, so that no text leaves the file.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NoReturn

import numpy as np
import pandas as pd

from evaltools.errors import EstimationError
from evaltools.estimation.cells import Data, Layout, Sum, domain_codes, missing_columns
from evaltools.estimation.design import SurveyDesign
from evaltools.estimation.expr import ONE, Array, Expr, quoted
from evaltools.estimation.source import FileData, Source
from evaltools.estimation.units import build_units

W = '"(weight)"'  # names of our own in SQL stand in brackets: a file may have columns called w, s1 or cell
CELL = '"(cell)"'


def can_sum(data: Data, design: SurveyDesign) -> bool:
    """Whether sums can be made inside DuckDB: a file, linearized, with PSUs."""
    return not isinstance(data, pd.DataFrame) and bool(design.psus) and not (design.replicates or design.calibration)


def is_long(data: FileData, design: SurveyDesign, held: int) -> bool:
    """Whether a file has more rows than are held at once, and a design whose domains can be taken one after another."""
    if not can_sum(data, design):
        return False
    with Source(data) as source:
        return source.count > held


def key_names(design: SurveyDesign, by: Sequence[str], where: str | None) -> list[str]:
    """Columns that place a row: of the design, the domains and `where`."""
    return list(dict.fromkeys((*design.key_columns, *by, *([where] if where else []))))


def check_keys(source: Source, keys: Sequence[str], where: str | None) -> None:
    """The keys are columns of the file, and `where` is a number or true/false."""
    missing_columns(source.types, keys)
    if where is not None:
        source.number(where)


def weight_sql(source: Source, design: SurveyDesign, of: str = "") -> str:
    """SQL of the analysis weight."""
    return " * ".join(source.number(c, of) for c in design.weight_columns) or "1.0::DOUBLE"


def bad_weights(source: Source, design: SurveyDesign) -> NoReturn:
    """Name the rows of the file whose weights are missing, negative or infinite."""
    w = weight_sql(source, design)
    count, where = source.rows(f"{w} IS NULL OR NOT isfinite({w}) OR {w} < 0")
    raise EstimationError(
        f"weight {' x '.join(design.weight_columns)} is missing, negative or infinite in {count} rows",
        where=where, expected="a finite weight of 0 or more in every row",
    )  # fmt: skip


def check_finite(source: Source, columns: Sequence[str]) -> NoReturn:
    """Name the column that holds infinite values, and their rows."""
    for c in columns:
        count, where = source.rows(f"NOT isfinite({source.number(c)})")
        if count:
            raise EstimationError(f"column {c!r} holds infinite values in {count} rows", where=where)
    raise EstimationError(f"sums of the columns {list(columns)} are beyond what a double holds")


def sum_file(data: Data, design: SurveyDesign, sums: Sequence[Sum], columns: Sequence[str], by: Sequence[str],
             where: str | None) -> tuple[Layout, Array]:  # fmt: skip
    """The layout and (C, S) sums by domain and unit, from one aggregation over the file."""
    with Source(data) as source:  # type: ignore[arg-type]
        keys = key_names(design, by, where)
        check_keys(source, keys, where)
        unique = {s.key: s for s in sums}
        inner = [quoted(k) for k in keys if k not in columns] + [f"{source.number(c)} AS {quoted(c)}" for c in columns]
        shared = [k for k in keys if k in columns]  # a column that is both key and value keeps its own copy
        inner += [f"{quoted(k)} AS {quoted(k + ' as key')}" for k in shared]
        named = {k: quoted(k + " as key" if k in shared else k) for k in keys}
        sql_keys = ", ".join(f"{text} AS {quoted(k)}" for k, text in named.items())
        weights = {key: f'"(weight {i})"' for i, key in enumerate(dict.fromkeys((s.needs, s.inside) for s in unique.values()))}
        parts = {name: sql for s in unique.values() for e in (s.value, s.inside or ONE) for name, sql in e.shared}
        middle_columns = ", ".join(
            [*(f"{sql} AS {name}" for name, sql in parts.items()),
             *(f"{_valid_weight(*key)} AS {name}" for key, name in weights.items())]
        )  # fmt: skip
        values = ", ".join(f"{_sql(s, weights[s.needs, s.inside])} AS \"(sum {i})\"" for i, s in enumerate(unique.values()))
        table = source.frame(
            f'SELECT {sql_keys}, {values}, min({W}) AS "(least)", max({W}) AS "(most)", count(*) - count({W}) AS "(without)" '
            f"FROM (SELECT *, {middle_columns} FROM "
            f"(SELECT {weight_sql(source, design)} AS {W}, {', '.join(inner)} FROM {source.relation})) "
            f"GROUP BY {', '.join(named.values())} ORDER BY {', '.join(named.values())}"
        )
        if table.empty:
            raise EstimationError("the data has no rows", expected="at least one sampled row")
        if table["(without)"].any() or not (table["(least)"].min() >= 0 and np.isfinite(table["(most)"].max())):
            bad_weights(source, design)
        if not table["(most)"].max() > 0:
            raise EstimationError("weights sum to zero", expected="at least one row with a positive weight")
    layout, inside = key_layout(data, table, design, by, where)
    order = {key: f"(sum {i})" for i, key in enumerate(unique)}
    out = table[[order[s.key] for s in sums]].to_numpy(np.float64, na_value=0.0)
    if not np.isfinite(out).all():
        with Source(data) as source:  # type: ignore[arg-type]
            check_finite(source, columns)
    return layout, np.where(inside[:, None], out, 0.0)


def _valid_weight(needs: frozenset[str], inside: Expr | None) -> str:
    """The weight where a row counts, else NULL: aggregates then pass over it, faster than a FILTER on each."""
    conditions = [f"{quoted(c)} IS NOT NULL" for c in sorted(needs)]
    conditions += [inside.condition or f"{inside.sql} = 1.0"] if inside else []
    return f"CASE WHEN {' AND '.join(conditions)} THEN {W} END" if conditions else W


def _sql(one: Sum, weight: str) -> str:
    if one.power == 0:
        return f"count(nullif({weight}, 0))"
    factor = weight if one.power == 1 else f"{weight} * {weight}"
    if one.value.condition:  # an indicator: adding the weight where it holds is cheaper than weight x (1 or 0)
        return f"sum(CASE WHEN {one.value.condition} THEN {factor} END)"
    return f"sum({factor})" if one.value.sql == ONE.sql else f"sum({factor} * {one.value.sql})"


def key_layout(data: Data, keys: pd.DataFrame, design: SurveyDesign, by: Sequence[str], where: str | None):
    """Layout of the distinct keys, each a cell of its own, and which of them are inside `where`."""
    try:
        units, unit = build_units(keys[list(design.key_columns)], design)
    except EstimationError:  # once more, with the rows of the file as labels, so that the error names them
        with Source(data) as source:  # type: ignore[arg-type]
            keys.index = source.first_rows(key_names(design, by, where))
        units, unit = build_units(keys[list(design.key_columns)], design)
    code, domains = domain_codes(keys, by)
    inside = np.ones(len(keys), bool)
    if where is not None:
        inside = keys[where].to_numpy(dtype=np.float64, na_value=np.nan) == 1.0
        if not inside.any():
            raise EstimationError(f"no row has {where!r} true", expected="a domain with at least one row")
    return Layout(units, domains, unit, code), inside
