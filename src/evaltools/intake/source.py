"""One table on disk, whatever its format: its columns, the rows of the cities asked for, their raw values."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

import duckdb
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from evaltools import terms
from evaltools.errors import DataInvalidError
from evaltools.intake.contract import Column, Contract
from evaltools.intake.convert import convert
from evaltools.intake.csv_reader import no_header, read_csv
from evaltools.intake.grid import FileProblem, Grid
from evaltools.intake.headers import HeaderMatch, match_headers

SUFFIXES = (".parquet", ".csv", ".xlsx")
_ROW = "file_row_number"
ALL_CITIES = tuple(c.code for c in terms.CITIES)


class Source(Protocol):
    """`rows`: (n,) row numbers of the selection as the user sees them; `rows_in_file`: all rows of the file."""

    file: str
    match: HeaderMatch
    rows_in_file: int
    rows_broken: int
    rows: np.ndarray
    problems: list[FileProblem]
    notes: Counter[str]
    is_lazy: bool

    def read(self, names: Sequence[str]) -> dict[str, pd.Series]:
        """Raw values of contract columns for the selected rows, each (n,) with index 0..n-1."""
        ...


def open_source(path: Path, contract: Contract, cities: Sequence[str] | None) -> Source:
    """Open a table. `cities`: codes whose rows are selected (rows without a known city come along, to be reported)."""
    suffix = path.suffix.lower()
    if suffix == ".parquet":
        return ParquetSource(path, contract, cities)
    if suffix in (".csv", ".xlsx"):
        return GridSource(path, contract, cities)
    raise DataInvalidError(
        f"files of type {suffix or '(none)'} are not read", where=path.name, expected=", ".join(SUFFIXES),
        todo="save the table as .xlsx, .csv or .parquet",
    )  # fmt: skip


class GridSource:
    """CSV and Excel: read whole, then cut by city."""

    is_lazy = False

    def __init__(self, path: Path, contract: Contract, cities: Sequence[str] | None) -> None:
        grid = read_csv(path, contract) if path.suffix.lower() == ".csv" else _excel(path, contract)
        self.file, self.match = path.name, match_headers(grid.parts, contract, grid.stated)
        self.problems, self.notes = grid.problems, grid.notes
        self.rows_broken = grid.unreadable_rows
        self.rows_in_file = len(grid.rows) + grid.unreadable_rows
        self._columns = grid.columns
        self.rows = grid.rows
        if cities is not None and contract.city_column in self.match.positions:
            city = contract.columns[contract.city_column or ""]
            codes = convert(self._raw(city.name), city).values
            inside = (codes.isin(list(cities)) | ~codes.isin(ALL_CITIES)).to_numpy()
            self.rows = grid.rows[inside]
            self._columns = [c[inside].reset_index(drop=True) for c in self._columns]

    def _raw(self, name: str) -> pd.Series:
        return self._columns[self.match.positions[name]]

    def read(self, names: Sequence[str]) -> dict[str, pd.Series]:
        return {name: self._raw(name) for name in names}


def _excel(path: Path, contract: Contract) -> Grid:
    from evaltools.intake.excel_reader import read_excel  # openpyxl is slow to import and seldom needed

    return read_excel(path, contract)


class FrameSource:
    """A table made in memory by a mapping: values under the contract's names, row numbers of the foreign file."""

    is_lazy = False

    def __init__(self, frame: pd.DataFrame, rows: np.ndarray, file: str, rows_in_file: int, rows_broken: int) -> None:
        self.frame, self.rows, self.file = frame, rows, file
        self.rows_in_file, self.rows_broken = rows_in_file, rows_broken
        self.match = HeaderMatch(positions={name: i for i, name in enumerate(frame.columns)})
        self.problems: list[FileProblem] = []
        self.notes: Counter[str] = Counter()

    def read(self, names: Sequence[str]) -> dict[str, pd.Series]:
        return {name: self.frame[name] for name in names}


class ParquetSource:
    """Parquet: only the columns and cities that are asked for leave the disk, in one scan by DuckDB."""

    is_lazy = True

    def __init__(self, path: Path, contract: Contract, cities: Sequence[str] | None) -> None:
        try:
            file = pq.ParquetFile(path)
            self.schema, self.rows_in_file = file.schema_arrow, file.metadata.num_rows
        except (pa.ArrowInvalid, OSError):
            raise DataInvalidError(
                "the file is not readable Parquet", where=path.name, expected="a Parquet file", todo="write it again"
            ) from None
        self.path, self.contract, self.file = path, contract, path.name
        self.match = match_headers([(name,) for name in self.schema.names], contract)
        if not self.match.positions:
            raise no_header(path.name, contract)
        self.problems: list[FileProblem] = []
        self.notes: Counter[str] = Counter()
        self.rows_broken = 0
        self._where, self._parameters = self._selection(cities)
        self._connection: duckdb.DuckDBPyConnection | None = None
        everything = not self._where
        self.rows = np.arange(1, self.rows_in_file + 1) if everything else self._scan([])[_ROW].to_numpy() + 1

    def _selection(self, cities: Sequence[str] | None) -> tuple[str, list[object]]:
        name = self.contract.city_column
        if cities is None or name not in self.match.positions:
            return "", []
        column = f"CAST({self._quoted(name or '')} AS VARCHAR)"
        field = self.schema.field(self.match.positions[name or ""])
        if pa.types.is_string(field.type) or pa.types.is_large_string(field.type):
            column = self._quoted(name or "")  # no cast, so that row groups of other cities are skipped
        return f"WHERE {column} IN (SELECT unnest(?)) OR {column} IS NULL OR {column} NOT IN (SELECT unnest(?))", [
            list(cities), list(ALL_CITIES),
        ]  # fmt: skip

    def _quoted(self, name: str) -> str:
        physical = self.schema.names[self.match.positions[name]]
        return '"' + physical.replace('"', '""') + '"'

    def _scan(self, names: Sequence[str]) -> pa.Table:
        chosen = ", ".join([_ROW, *(f'{self._quoted(n)} AS "{n}"' for n in names)])
        sql = f"SELECT {chosen} FROM read_parquet(?, file_row_number = true) {self._where} ORDER BY file_row_number"
        if self._connection is None:
            self._connection = duckdb.connect()
        return self._connection.sql(sql, params=[str(self.path), *self._parameters]).to_arrow_table()

    def read(self, names: Sequence[str]) -> dict[str, pd.Series]:
        table = self._scan(names)
        return {name: _to_pandas(table.column(name), self.contract.columns[name]) for name in names}


def _to_pandas(values: pa.ChunkedArray, column: Column) -> pd.Series:
    """Integers and booleans with gaps stay what they are instead of becoming floats or objects."""
    if pa.types.is_dictionary(values.type):
        values = values.cast(values.type.value_type)
    if pa.types.is_integer(values.type):
        return values.cast(pa.int64()).to_pandas(types_mapper={pa.int64(): pd.Int64Dtype()}.get)
    if pa.types.is_boolean(values.type):
        return values.to_pandas(types_mapper={pa.bool_(): pd.BooleanDtype()}.get)
    if pa.types.is_date(values.type):
        return values.cast(pa.timestamp("us")).to_pandas()
    if pa.types.is_string(values.type) or pa.types.is_large_string(values.type):
        return values.to_pandas().astype("str")
    return values.to_pandas()
