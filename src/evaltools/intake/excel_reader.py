"""Read Excel: the right sheet, merged cells filled, titles above the header skipped, cells as they are stored."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import openpyxl
import openpyxl.utils
import pandas as pd

from evaltools.errors import DataInvalidError, DataMissingError
from evaltools.intake.contract import Contract
from evaltools.intake.csv_reader import empty_file, no_header, without_blank_rows
from evaltools.intake.grid import FileProblem, Grid
from evaltools.intake.headers import MAX_HEADER_ROWS, SCAN_ROWS, find_header, plain

_FORMULA = re.compile(rb"<f[ >]")


def read_excel(path: Path, contract: Contract) -> Grid:
    """A workbook's sheet as a `Grid` of Python objects (text, numbers, dates, booleans as stored).

    The sheet named after the table, else the only one with a known header. Cells merged over several rows give their
    value to each of them. Formulas count with their stored value. Errors: DataMissingError (no sheet, empty, no
    header), DataInvalidError (not a workbook, several sheets that fit).
    """
    book = _open(path, data_only=True)
    sheet = _choose(book, contract, path.name)
    cells, filled = _cells(sheet)
    if not any(any(v is not None for v in row) for row in cells):
        raise empty_file(path.name)
    place = find_header(cells[: SCAN_ROWS + MAX_HEADER_ROWS], contract)
    if place is None:
        raise no_header(path.name, contract)
    body = cells[place.last + 1 :]
    columns = [pd.Series([_value(row[i]) for row in body], dtype=object) for i in range(len(place.parts))]
    rows = np.arange(place.last + 2, place.last + 2 + len(body))
    grid = Grid(path.name, list(place.parts), place.stated, columns, rows)
    data_fills = sum(n for row, n in filled if row > place.last)
    if data_fills:
        grid.notes["cells filled from merged cells"] = data_fills
    grid.problems += _formulas_without_value(path, sheet.title, cells, place.last + 1)
    return without_blank_rows(grid)


def _open(path: Path, *, data_only: bool) -> openpyxl.Workbook:
    try:
        return openpyxl.load_workbook(path, data_only=data_only)
    except (zipfile.BadZipFile, KeyError, ValueError, OSError, TypeError):
        raise DataInvalidError(
            "the file is not a readable .xlsx workbook", where=path.name, expected="a workbook saved as .xlsx",
            todo="open it in Excel or WPS and save it as .xlsx (without a password)",
        ) from None  # fmt: skip


def _choose(book: openpyxl.Workbook, contract: Contract, file: str) -> Any:
    wanted = {plain(name) for name in (contract.table, contract.zh, *contract.aliases)}
    named = [s for s in book.worksheets if plain(s.title) in wanted]
    if not any(v is not None for s in book.worksheets for row in s.iter_rows(values_only=True) for v in row):
        raise empty_file(file)
    fitting = named or [
        s for s in book.worksheets
        if find_header(list(s.iter_rows(max_row=SCAN_ROWS + MAX_HEADER_ROWS, values_only=True)), contract)
    ]  # fmt: skip
    if len(fitting) > 1:
        raise DataInvalidError(
            f"{len(fitting)} sheets could be {contract.table}: {', '.join(s.title for s in fitting)}", where=file,
            expected="one sheet", todo=f"name the right one {contract.zh}",
        )  # fmt: skip
    if fitting:
        return fitting[0]
    raise no_header(file, contract) if len(book.worksheets) == 1 else DataMissingError(
        f"no sheet is named {contract.zh} or {contract.table}, and none has its headers", where=file,
        expected=f"a sheet {contract.zh}", todo="rename the sheet that holds the table",
    )  # fmt: skip


def _cells(sheet: Any) -> tuple[list[list[Any]], list[tuple[int, int]]]:
    """All cells, merged ranges filled with their top left value; and (row, number of cells filled)."""
    cells = [list(row) for row in sheet.iter_rows(values_only=True)]
    while cells and all(v is None for v in cells[-1]):
        cells.pop()
    filled = []
    for area in sheet.merged_cells.ranges:
        value = sheet.cell(area.min_row, area.min_col).value
        for r in range(area.min_row - 1, min(area.max_row, len(cells))):
            for c in range(area.min_col - 1, area.max_col):
                cells[r][c] = value
            filled.append((r, (area.max_col - area.min_col + 1) if r >= area.min_row else 0))
    return cells, filled


def _value(cell: Any) -> Any:
    """A stored value; blank text counts as no value."""
    return None if isinstance(cell, str) and not cell.strip() else cell


def _formulas_without_value(path: Path, title: str, cells: Sequence[Sequence[Any]], first: int) -> list[FileProblem]:
    """Formulas that were never calculated: they would read as empty cells, silently."""
    with zipfile.ZipFile(path) as archive:
        sheets = [n for n in archive.namelist() if n.startswith("xl/worksheets/") and n.endswith(".xml")]
        if not any(_FORMULA.search(archive.read(n)) for n in sheets):
            return []
    formulas = _open(path, data_only=False)[title]
    problems = []
    for r, row in enumerate(formulas.iter_rows(min_row=first + 1, values_only=True), start=first):
        for c, value in enumerate(row):
            if isinstance(value, str) and value.startswith("=") and r < len(cells) and cells[r][c] is None:
                problems.append(
                    FileProblem(
                        r + 1, openpyxl.utils.get_column_letter(c + 1), "formula-without-value",
                        "a formula without a stored value: open the file in Excel or WPS, let it calculate, save",
                    )
                )  # fmt: skip
    return problems
