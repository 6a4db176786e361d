"""Rows of a Parquet file as arrays: all at once, or whole domains at a time where all would be too many to hold."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from evaltools.errors import EstimationError
from evaltools.estimation import calibration
from evaltools.estimation.cells import Layout, Rows, missing_columns, read_rows
from evaltools.estimation.design import SurveyDesign
from evaltools.estimation.expr import Array, quoted
from evaltools.estimation.parquet import CELL, W, bad_weights, check_finite, check_keys, key_layout, key_names, weight_sql
from evaltools.estimation.source import FileData, Source
from evaltools.estimation.units import pair

HELD = 8_000_000
"""Rows held at once, about 1 GiB. A domain with more is held whole: its rows must be put in order."""


def load_rows(data: FileData, design: SurveyDesign, columns: Sequence[str], by: Sequence[str], where: str | None) -> Rows:
    """All rows, with integer cells; designs without PSUs or with calibration read their columns as a frame."""
    with Source(data) as source:
        if not design.psus or design.calibration is not None:
            extra = design.calibration.columns if design.calibration is not None else ()
            wanted = dict.fromkeys((*key_names(design, by, where), *design.weight_columns, *columns, *extra))
            missing_columns(source.types, list(wanted))
            frame = source.frame(f"SELECT {', '.join(map(quoted, wanted))} FROM {source.relation}")
            return calibration.attach(read_rows(frame, design, columns, by, where), frame, design)
        rows = _read(source, _number_cells(source, data, design, by, where), design, columns)
    if not rows.weight.sum() > 0:
        raise _no_weight()
    return rows


def load_batches(
    data: FileData, design: SurveyDesign, columns: Sequence[str], by: Sequence[str], where: str | None
) -> Iterator[Rows]:
    """The rows in batches of whole domains, in the order of the domains; all batches share their units."""
    weight = 0.0
    with Source(data) as source:
        cells = _number_cells(source, data, design, by, where)
        for domains in _batches(np.bincount(cells.layout.domain, cells.rows * cells.inside, len(cells.layout.domains))):
            rows = _read(source, cells, design, columns, domains)
            weight += float(rows.weight.sum())
            yield rows
    if not weight > 0:
        raise _no_weight()


def _no_weight() -> EstimationError:
    return EstimationError("weights sum to zero", expected="at least one row with a positive weight")


def _batches(size: Array) -> list[slice]:
    """Runs of domains with at most HELD rows together, or of one domain."""
    out, start, held = [], 0, 0.0
    for d, rows in enumerate(size):
        if d > start and held + rows > HELD:
            out.append(slice(start, d))
            start, held = d, 0.0
        held += rows
    return [*out, slice(start, len(size))]


@dataclass(frozen=True)
class _Cells:
    """The distinct keys of a file, numbered in the temporary table `cell`.

    layout: with a cell for each key; inside: (K,) whether `where` holds; rows: (K,); join: SQL of what tells them apart
    """

    layout: Layout
    inside: np.ndarray
    rows: Array
    join: str


def _number_cells(source: Source, data: FileData, design: SurveyDesign, by: Sequence[str], where: str | None) -> _Cells:
    keys = key_names(design, by, where)
    check_keys(source, keys, where)
    text = ", ".join(map(quoted, keys))
    source.connection.execute(
        f"CREATE TEMP TABLE cell AS SELECT *, (row_number() OVER (ORDER BY {text}) - 1)::INTEGER AS {CELL} "
        f'FROM (SELECT {text}, count(*) AS "(rows)" FROM {source.relation} GROUP BY {text})'
    )
    table = source.frame(f"SELECT * FROM cell ORDER BY {CELL}")
    if table.empty:
        raise EstimationError("the data has no rows", expected="at least one sampled row")
    on = " AND ".join(f"r.{quoted(k)} IS NOT DISTINCT FROM cell.{quoted(k)}" for k in _enough(table, keys))
    layout, inside = key_layout(data, table, design, by, where)
    return _Cells(layout, inside, table["(rows)"].to_numpy(np.float64), on)


def _enough(cells: pd.DataFrame, keys: Sequence[str]) -> Sequence[str]:
    """One key that tells all cells apart, if there is one (PSU codes mostly do): a join on it is much faster."""
    alone = [k for k in keys if cells[k].nunique(dropna=False) == len(cells)]
    return alone[:1] or keys


def _read(source: Source, cells: _Cells, design: SurveyDesign, columns: Sequence[str], domains: slice | None = None) -> Rows:
    """The rows of all cells, or of those inside `where` in a run of domains."""
    keyed, inside, table = cells.layout, cells.inside, "cell"
    mine = np.ones(len(inside), bool)
    if domains is not None:
        mine = (keyed.domain >= domains.start) & (keyed.domain < domains.stop)
        source.connection.register("chosen", pd.DataFrame({"number": np.flatnonzero(mine & inside)}))
        table = f"(SELECT * FROM cell WHERE {CELL} IN (SELECT number FROM chosen)) AS cell"
    values = "".join(f', {source.number(c, "r.")} AS "(value {i})"' for i, c in enumerate(columns))
    size = f', {source.number(design.size, "r.")} AS "(size)"' if design.size else ""
    arrays = source.connection.execute(
        f"SELECT cell.{CELL}, {weight_sql(source, design, 'r.')} AS {W}{size}{values} "
        f"FROM {source.relation} r JOIN {table} ON {cells.join}"
    ).fetchnumpy()
    weight = _filled(arrays["(weight)"])
    if not (np.isfinite(weight).all() and (weight >= 0).all()):
        bad_weights(source, design)
    first_domain = 0 if domains is None else domains.start
    code, first = pair(keyed.unit[mine], keyed.domain[mine] - first_domain)
    layout = Layout(
        keyed.units, keyed.domains if domains is None else keyed.domains.iloc[domains].reset_index(drop=True),
        keyed.unit[mine][first], keyed.domain[mine][first] - first_domain,
    )  # fmt: skip
    key, cell = arrays["(cell)"], np.full(len(inside), -1, np.int32)
    cell[mine] = np.where(inside[mine], code, -1)
    size = _filled(arrays["(size)"]) if design.size else np.broadcast_to(1.0, weight.shape)
    loaded = {c: _filled(arrays[f"(value {i})"]) for i, c in enumerate(columns)}
    if any(np.isinf(found).any() for found in loaded.values()):
        check_finite(source, columns)
    return Rows(layout, cell[key], keyed.unit.astype(np.int32)[key], weight, size, loaded)


def _filled(values: Any) -> Array:
    if isinstance(values, np.ma.MaskedArray):
        return np.ma.filled(values.astype(np.float64), np.nan)
    return np.asarray(values, dtype=np.float64)
