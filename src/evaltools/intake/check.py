"""`check_folder`: everything that is wrong with somebody's data, in one go."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

import pyarrow.parquet as pq

from evaltools import terms
from evaltools.intake.contract import load_contract
from evaltools.intake.quality import QualityReport, TableQuality, Violation
from evaltools.intake.tables import CityChoice, Tables, open_tables, read_table

WHOLE_ROWS = 1_500_000
"""A folder with more rows of Parquet is checked city by city, so that memory follows the largest city."""


def check_folder(
    path: str | os.PathLike[str], mapping: str | os.PathLike[str] | None = None, *, city: CityChoice = None,
    key_file: str | os.PathLike[str] | None = None,
) -> QualityReport:  # fmt: skip
    """Read and check a data folder, one file named after its table, or a foreign file through a mapping.

    Lists every violation of every table and never stops at the first; tables that cannot be opened at all are listed
    too. Raises only where there is nothing to check: no such folder or file, an unknown city, a mapping that is wrong.
    """
    given = Path(path)
    if mapping is not None:
        from evaltools.intake.mapping import Mapping

        return Mapping.load(mapping).apply(given, on_violation="report", key_file=key_file).quality
    if given.is_file():
        return read_table(given, city=city, on_violation="report", key_file=key_file)[1]
    tables = open_tables(given, city, on_violation="report", key_file=key_file)
    if city is None and _rows(tables) > WHOLE_ROWS:
        return _city_by_city(given, key_file)
    return tables.read_all()


def _rows(tables: Tables) -> int:
    """Rows in the Parquet files of the folder; a file that cannot be read counts nothing here and is listed later."""
    total = 0
    for file in tables.files.values():
        if file.suffix.lower() == ".parquet":
            try:
                total += pq.read_metadata(file).num_rows
            except (OSError, ValueError):
                continue
    return total


def _city_by_city(folder: Path, key_file: str | os.PathLike[str] | None) -> QualityReport:
    """One report from 21: rows and counts add up, missing shares are weighted by rows, each violation is named once."""
    whole = QualityReport()
    for city in terms.CITIES:
        part = open_tables(folder, city, on_violation="report", key_file=key_file).read_all()
        whole.absent_tables, whole.ignored_files = part.absent_tables, part.ignored_files
        whole.unchecked |= part.unchecked
        _add_new(whole, part.violations)
        for name, table in part.tables.items():
            whole.tables[name] = _added(whole.tables.get(name), table)
    for table in whole.tables.values():  # rows without a known city came along with every city
        table.rows_elsewhere = 0
        table.rows_read, table.rows_kept = table.rows_in_file, table.rows_in_file - table.rows_dropped
    keys = open_tables(folder, on_violation="report", key_file=key_file)
    for name in whole.tables:
        keys.load(name, load_contract(name).key)
    _add_new(whole, [v for v in keys.quality.violations if v.rule == "duplicate-key"])
    return whole


def _add_new(whole: QualityReport, violations: Iterable[Violation]) -> None:
    """Rows that belong to no city are reported with each: once is enough."""
    seen = {(v.table, v.row, v.column, v.rule) for v in whole.violations}
    whole.add(v for v in violations if (v.table, v.row, v.column, v.rule) not in seen)


def _added(total: TableQuality | None, part: TableQuality) -> TableQuality:
    if total is None:
        return part
    if part.rows_read == part.rows_in_file:  # a table that is not cut by city has been counted with the first
        return total
    n, m = total.rows_kept, part.rows_kept
    if n + m:
        total.missing = {c: (total.missing[c] * n + share * m) / (n + m) for c, share in part.missing.items()}
    total.rows_read, total.rows_kept = total.rows_read + part.rows_read, n + m
    total.dropped.update(part.dropped)
    total.notes.update(part.notes)
    return total
