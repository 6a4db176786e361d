"""Read CSV: encoding and separator found out, titles above the header skipped, broken rows listed, all values text."""

from __future__ import annotations

import codecs
import csv
import io
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.csv as pacsv

from evaltools.errors import DataInvalidError, DataMissingError
from evaltools.intake.contract import Contract
from evaltools.intake.grid import FileProblem, Grid
from evaltools.intake.headers import MAX_HEADER_ROWS, SCAN_ROWS, HeaderPlace, find_header

SEPARATORS = (",", "\t", ";", "|")
_BOMS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))


def decode(data: bytes, file: str) -> tuple[str, str]:
    """(text, encoding): by byte-order mark, else UTF-8 where every byte fits, else GB18030 (which holds GBK)."""
    for mark, encoding in _BOMS:
        if data.startswith(mark):
            return data.decode(encoding), encoding
    for encoding in ("utf-8", "gb18030"):
        try:
            return data.decode(encoding), encoding
        except UnicodeDecodeError:
            continue
    raise DataInvalidError(
        "the file is neither UTF-8 nor GB18030", where=file, expected="a text file",
        todo="in Excel: save as 'CSV UTF-8', or give the .xlsx itself",
    ) from None  # fmt: skip


def read_csv(path: Path, contract: Contract) -> Grid:
    """A CSV file as a `Grid` of text. Rows with too few or too many fields are listed, not guessed at.

    Errors: DataMissingError for an empty file or one without a known header; DataInvalidError where it cannot be read.
    """
    data = path.read_bytes()
    text, encoding = decode(data, path.name)
    if not text.strip():
        raise empty_file(path.name)
    if text.count('"') % 2:
        raise _apart(path.name)
    separator, place, lines = _header(text, contract, path.name)
    names = [f"c{i}" for i in range(len(place.parts))]
    broken: list[tuple[int, int, int]] = []
    blank: list[int] = []

    def invalid(row: pacsv.InvalidRow) -> str:
        number = int(row.number or 0) - lines + place.last + 1
        if row.text.strip(separator + " \r\n"):
            broken.append((number, row.actual_columns, row.expected_columns))
        else:
            blank.append(number)
        return "skip"

    try:
        table = pacsv.read_csv(
            io.BytesIO(text.encode("utf-8")),
            read_options=pacsv.ReadOptions(use_threads=False, skip_rows=lines, column_names=names, block_size=1 << 24),
            parse_options=pacsv.ParseOptions(
                delimiter=separator, newlines_in_values=True, ignore_empty_lines=False, invalid_row_handler=invalid
            ),
            convert_options=pacsv.ConvertOptions(
                column_types=dict.fromkeys(names, pa.string()), strings_can_be_null=True, null_values=[""],
                quoted_strings_can_be_null=True,
            ),
        )  # fmt: skip
        columns = [table.column(n).to_pandas().astype("str") for n in names]
        count = table.num_rows
    except pa.ArrowInvalid as exc:
        if "Empty CSV" not in str(exc):  # the text of other messages may quote a row, and a row may hold a name
            raise _apart(path.name) from None
        columns, count = [pd.Series([], dtype="str") for _ in names], 0
    numbers = _row_numbers(place.last + 2, count, {n for n, _, _ in broken} | set(blank))
    grid = Grid(path.name, list(place.parts), place.stated, columns, numbers, unreadable_rows=len(broken))
    grid.problems = [
        FileProblem(n, "", "broken-row", f"{seen} fields where the header has {expected}")
        for n, seen, expected in broken
    ]
    grid.problems += _swallowed(grid, separator)
    if encoding != "utf-8":
        grid.notes[f"read as {encoding}"] = 1
    return without_blank_rows(grid)


def _apart(file: str) -> DataInvalidError:
    """Nothing of the file is quoted: what a quotation mark swallows are rows of people."""
    return DataInvalidError(
        "the file cannot be taken apart into rows", where=file, expected="rows of equal length",
        todo="look for an unclosed quotation mark; in a cell, a quotation mark is written twice",
    )  # fmt: skip


def _swallowed(grid: Grid, separator: str) -> list[FileProblem]:
    """Cells that hold what looks like whole rows: two stray quotation marks join everything between them."""
    found = []
    fewest = max(2, len(grid.parts) - 1)
    for column in grid.columns:
        for i in np.flatnonzero(column.str.contains("\n", regex=False, na=False).to_numpy()).tolist():
            if any(line.count(separator) >= fewest for line in str(column.iloc[i]).split("\n")[1:]):
                message = "a cell that holds whole rows: look for a stray quotation mark"
                found.append(FileProblem(int(grid.rows[i]), "", "broken-row", message))
    return found


def _header(text: str, contract: Contract, file: str) -> tuple[str, HeaderPlace, int]:
    """(separator, place of the header, physical lines to skip): the separator under which most headers are known."""
    head = text[: 1 << 18]
    best: tuple[int, str, HeaderPlace, int] | None = None
    for separator in SEPARATORS:
        reader = csv.reader(io.StringIO(head), delimiter=separator)
        rows, ends = [], []
        for row in reader:
            rows.append(row)
            ends.append(reader.line_num)
            if len(rows) >= SCAN_ROWS + MAX_HEADER_ROWS:
                break
        place = find_header(rows, contract)
        if place is not None:
            score = sum(any(p) for p in place.parts)
            if best is None or score > best[0]:
                best = score, separator, place, ends[place.last]
    if best is None:
        raise no_header(file, contract)
    return best[1], best[2], best[3]


def _row_numbers(first: int, count: int, missing: set[int]) -> np.ndarray:
    """Numbers of the rows that were kept: counting from `first`, leaving out those in `missing`."""
    candidates = np.arange(first, first + count + len(missing))
    return candidates[~np.isin(candidates, list(missing))][:count]


def without_blank_rows(grid: Grid) -> Grid:
    """Leave out rows where every cell is empty; they keep their number, so later rows are still found."""
    if not len(grid.rows):
        return grid
    empty = np.ones(len(grid.rows), dtype=bool)
    for column in grid.columns:
        empty &= column.isna().to_numpy()
    if empty.any():
        grid.columns = [c[~empty].reset_index(drop=True) for c in grid.columns]
        grid.rows = grid.rows[~empty]
    return grid


def empty_file(file: str) -> DataMissingError:
    return DataMissingError(
        "the file is empty", where=file, expected="a header and rows", todo="export the table again, or remove the file"
    )


def no_header(file: str, contract: Contract) -> DataMissingError:
    """The first rows are not quoted: in a file without a header they hold people."""
    return DataMissingError(
        f"no row of the first {SCAN_ROWS} names a column of {contract.table}", where=file,
        expected=f"headers such as {', '.join(c.zh for c in list(contract.columns.values())[:6])}",
        todo=f"put the headers of the template for {contract.zh} above the data",
    )  # fmt: skip
