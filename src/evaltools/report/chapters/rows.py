"""Rows of published tables as plain dictionaries; a withheld number is NA and never counts as zero."""

from __future__ import annotations

from typing import Any

import pandas as pd

CITY = ""
"""County code of the row that holds the city's sums."""

Row = dict[str, Any]


def row_where(table: pd.DataFrame, column: str, value: Any) -> Row:
    """The first row whose `column` is `value`. Errors: KeyError when there is none."""
    found = table[table[column] == value]
    if found.empty:
        raise KeyError(f"no row with {column} = {value!r}")
    return as_rows(found)[0]


def as_rows(table: pd.DataFrame) -> list[Row]:
    """Every row, column names as text."""
    return [{str(k): v for k, v in row.items()} for row in table.to_dict("records")]


def is_withheld(n: Any) -> bool:
    """Whether disclosure control took the number away."""
    return bool(pd.isna(n))


def is_some(n: Any) -> bool:
    """Whether there is something to report: a withheld count is not zero."""
    return is_withheld(n) or int(n) > 0


def is_zero(n: Any) -> bool:
    return not is_withheld(n) and int(n) == 0


def counties(table: pd.DataFrame) -> list[Row]:
    """The rows of counties, without the city's sums."""
    return as_rows(table[table["county_code"] != CITY])


def largest_share(rows: list[Row], part: str, whole: str = "households") -> Row | None:
    """The row with the largest published share part / whole; None where all are zero or withheld."""
    known = [r for r in rows if not is_withheld(r[part]) and not is_withheld(r[whole]) and r[whole] and r[part]]
    return max(known, key=lambda r: float(r[part]) / float(r[whole]), default=None)
