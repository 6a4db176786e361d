"""One table on disk, whatever its format: its columns, the rows of the cities asked for, their raw values."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

import numpy as np
import pandas as pd

from evaltools.errors import DataInvalidError
from evaltools.intake.contract import Contract
from evaltools.intake.convert import convert
from evaltools.intake.csv_reader import read_csv
from evaltools.intake.grid import FileProblem, Grid
from evaltools.intake.headers import HeaderMatch, match_headers
from evaltools.intake.parquet_source import ALL_CITIES, ParquetSource

SUFFIXES = (".parquet", ".csv", ".xlsx")


class Source(Protocol):
    """`rows`: (n,) row numbers of the selection as the user sees them; `count`: n; `rows_in_file`: all rows of the file."""

    file: str
    match: HeaderMatch
    rows_in_file: int
    rows_broken: int
    problems: list[FileProblem]
    notes: Counter[str]
    is_lazy: bool

    @property
    def count(self) -> int: ...

    @property
    def rows(self) -> np.ndarray: ...

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

    @property
    def count(self) -> int:
        """How many rows are selected."""
        return len(self.rows)

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

    @property
    def count(self) -> int:
        """How many rows there are."""
        return len(self.rows)

    def read(self, names: Sequence[str]) -> dict[str, pd.Series]:
        return {name: self.frame[name] for name in names}
