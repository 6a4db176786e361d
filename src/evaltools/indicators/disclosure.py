"""Disclosure control: what the report may print.

Every count of households from 1 to 9 (rule `method.min_cell_households`) is withheld together with its complement, and
as many further cells as it takes that no withheld count follows from the printed ones by adding and subtracting. A zero
is printed: that no household fails names nobody. A full adverse cell is not: that all of a place's households fail says
so of each of them. Method: primary and complementary cell suppression (Willenborg and de Waal 2001, Elements of
Statistical Disclosure Control, ch. 1 and 8), checked exactly by linear algebra.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from evaltools.errors import DataInvalidError

MIN_CELL = "method.min_cell_households"
AUDIT_COLUMNS = ["table", "row", "column", "reason"]
Mask = NDArray[np.bool_]


@dataclass(frozen=True)
class Protected:
    """A table that may be published.

    frame : the table with withheld cells missing; withheld : (rows, columns) mask of them, columns as in `frame`
    audit : one row per withheld cell: table, row, column, reason (small | small_total | full | complement | companion);
        no value is in it
    """

    frame: pd.DataFrame
    withheld: pd.DataFrame
    audit: pd.DataFrame


@dataclass
class _Grid:
    """Counts as a matrix: rows of the table x (parts, then their total); a last row per section for its sums.

    values : (r, c) counts; lines : index arrays into the flat matrix, the last of each being the sum of the others;
    given : (r, c) cells that exist in the table; sums that a reader knows from elsewhere cannot be withheld here, but
        are taken as withheld there by the same rules
    """

    values: NDArray[np.float64]
    lines: list[NDArray[np.intp]]
    given: Mask


def protect(
    frame: pd.DataFrame,
    rules: Any,
    *,
    counts: Sequence[str],
    total: str | None = None,
    within: Sequence[str] = (),
    total_row: Mapping[str, Any] | None = None,
    sums_known: bool = True,
    companions: Mapping[str, Sequence[str]] | None = None,
    adverse: Sequence[str] = (),
    name: str = "",
) -> Protected:
    """Withhold small counts of a table, and what would give them away.

    counts : columns that count households and together make up `total` (a partition); without `total` each stands alone
    within : columns that divide the table into sections (e.g. registry status), each with its own sums
    total_row : column -> value that marks the row of a section's sums, e.g. {"county_code": ""}; None: no such row
    sums_known : whether a reader knows the sums over rows though no row prints them (True is careful)
    companions : count column -> columns that go with it (persons, shares): withheld where it is
    adverse : count columns for which a full cell is withheld too
    Raises DataInvalidError for a count that is missing, negative or not whole, or for parts that miss their total.
    """
    min_cell = int(rules[MIN_CELL].value)
    columns = [*counts, *([total] if total else [])]
    frame = frame.reset_index(drop=True)
    values = _whole(frame, columns)
    if total:
        _check_sums(values, name or total)
    reasons = np.full(values.shape, "", dtype=object)
    is_total = _is_total(frame, total_row)
    for rows, printed in _sections(frame, within, is_total):
        grid = _grid(values[np.r_[rows, printed]], len(rows), len(printed) > 0, total is not None, sums_known)
        found = _withhold(grid, min_cell, [columns.index(a) for a in adverse], total is not None)
        reasons[np.r_[rows, printed]] = found[: len(rows) + len(printed)]
    return _publish(frame, columns, reasons, companions or {}, name)


def _whole(frame: pd.DataFrame, columns: Sequence[str]) -> NDArray[np.float64]:
    """(r, c) the counts as floats; refuses what is not a count."""
    values = frame[list(columns)].astype("Float64").to_numpy(dtype=float, na_value=np.nan)
    bad = ~(values >= 0) | (values != np.floor(values))
    if bad.any():
        row, column = (int(i) for i in np.argwhere(bad)[0])
        raise DataInvalidError(
            f"{columns[column]} = {values[row, column]} in row {row} is no count of households",
            expected="whole numbers from 0 up, none missing", where="disclosure.protect",
            todo="count first, protect once: protecting a protected table cannot be checked",
        )  # fmt: skip
    return values


def _check_sums(values: NDArray[np.float64], name: str) -> None:
    """Refuse parts that do not make up their total: suppression by differences would not hold."""
    off = np.flatnonzero(values[:, :-1].sum(axis=1) != values[:, -1])
    if off.size:
        raise DataInvalidError(
            f"in {off.size} rows of table {name!r} the parts do not add up to the total",
            expected="parts that partition their total", where=f"disclosure.protect, row {int(off[0])}",
            todo="name all parts, or leave `total` out",
        )  # fmt: skip


def _is_total(frame: pd.DataFrame, total_row: Mapping[str, Any] | None) -> Mask:
    """(r,) rows that hold sums over the others."""
    if not total_row:
        return np.zeros(len(frame), dtype=bool)
    return np.logical_and.reduce([(frame[c] == v).to_numpy(dtype=bool) for c, v in total_row.items()])


def _sections(
    frame: pd.DataFrame, within: Sequence[str], is_total: Mask
) -> Iterator[tuple[NDArray[np.intp], NDArray[np.intp]]]:
    """Positions of the plain rows and of the row of sums, section by section."""
    keys = np.zeros(len(frame))
    if within:
        keys = frame.groupby(list(within), dropna=False, sort=False).ngroup().to_numpy()
    for key in np.unique(keys):
        rows = np.flatnonzero((keys == key) & ~is_total)
        printed = np.flatnonzero((keys == key) & is_total)
        if printed.size > 1:
            raise DataInvalidError("a section of the table has two rows of sums", where="disclosure.protect")
        yield rows, printed


def _grid(values: NDArray[np.float64], plain: int, has_row: bool, has_total: bool, sums_known: bool) -> _Grid:
    """The section as a matrix with its lines; sums over rows are added where a reader knows them from elsewhere."""
    given = np.ones(values.shape, dtype=bool)
    use_sums = (has_row and plain > 0) or (sums_known and plain > 1)
    if use_sums and not has_row:
        values = np.vstack([values, values.sum(axis=0)])
        given = np.vstack([given, np.zeros(values.shape[1], dtype=bool)])
    cells = np.arange(values.size).reshape(values.shape)
    lines = [cells[i] for i in range(len(values))] if has_total else []
    if use_sums:
        lines += [cells[:, j] for j in range(values.shape[1])]
    return _Grid(values, lines, given)


def _withhold(grid: _Grid, min_cell: int, adverse: list[int], has_total: bool) -> NDArray[Any]:
    """(r, c) why each cell is withheld, "" where it is printed."""
    values = grid.values
    reasons = np.full(values.shape, "", dtype=object)
    reasons[(values > 0) & (values < min_cell)] = "small"
    if has_total:
        small = (values[:, -1] > 0) & (values[:, -1] < min_cell)
        reasons[small[:, None] & (reasons == "")] = "small_total"
        for column in adverse:
            full = (values[:, column] == values[:, -1]) & (values[:, -1] > 0)
            reasons[full & (reasons[:, column] == ""), column] = "full"
    elsewhere = ~grid.given[-1].all() and len(values) > 1
    if elsewhere:
        alone = _grid(values[-1:], 1, False, has_total, False)
        reasons[-1] = _withhold(alone, min_cell, adverse, has_total)[0]
    flat, hidden = values.ravel(), (reasons != "").ravel()
    given, why = grid.given.ravel(), reasons.ravel()
    while True:
        extra = _next_cell(flat, hidden, given, grid.lines, min_cell)
        if extra is None:
            return why.reshape(values.shape)
        hidden[extra] = True
        why[extra] = "complement"


def _next_cell(
    flat: NDArray[np.float64], hidden: Mask, given: Mask, lines: list[NDArray[np.intp]], min_cell: int
) -> int | None:
    """One more cell to withhold, or None when nothing can be derived any more.

    A line (parts and their sum) is open when one cell of it is withheld, or when its sum is printed and the withheld
    parts together stay below the limit.
    """
    for line in lines:
        inside = line[hidden[line]]
        if not inside.size:
            continue
        sum_shown = not hidden[line[-1]]
        if inside.size == 1 or (sum_shown and flat[inside].sum() < min_cell):
            chosen = _smallest(flat, line, hidden, given, min_cell - (flat[inside].sum() if sum_shown else 0))
            if chosen is not None:
                return chosen
    known = _derivable(hidden, lines)
    for cell in known:
        for line in lines:
            if cell in line:
                chosen = _smallest(flat, line, hidden, given, 0)
                if chosen is not None:
                    return chosen
    return None


def _smallest(flat: NDArray[np.float64], line: NDArray[np.intp], hidden: Mask, given: Mask, wanted: float):
    """The printed part that costs least: the smallest reaching `wanted`, else the largest; the sum only at last."""
    free = np.array([c for c in line[:-1] if not hidden[c] and given[c]], dtype=np.intp)
    if free.size:
        enough = free[flat[free] >= max(wanted, 1)]
        return int(enough[np.argmin(flat[enough])]) if enough.size else int(free[np.argmax(flat[free])])
    last = line[-1]
    return int(last) if not hidden[last] and given[last] else None


def _derivable(hidden: Mask, lines: list[NDArray[np.intp]]) -> list[int]:
    """Withheld cells whose value the printed cells determine: those no solution of the lines can move."""
    cells = np.flatnonzero(hidden)
    place = {int(c): i for i, c in enumerate(cells)}
    rows = []
    for line in lines:
        row = np.zeros(cells.size)
        for c in line:
            if int(c) in place:
                row[place[int(c)]] = -1.0 if c == line[-1] else 1.0
        if row.any():
            rows.append(row)
    if not rows:
        return []
    _, sizes, basis = np.linalg.svd(np.array(rows))
    rank = int((sizes > 1e-9 * sizes[0]).sum())
    free = basis[rank:]
    moves = np.abs(free).max(axis=0) if len(free) else np.zeros(cells.size)
    in_line = np.abs(np.array(rows)).max(axis=0) > 0
    return [int(cells[i]) for i in np.flatnonzero((moves < 1e-9) & in_line)]


def _publish(
    frame: pd.DataFrame, columns: list[str], reasons: NDArray[Any], companions: Mapping[str, Sequence[str]], name: str
) -> Protected:
    """The frame without the withheld cells, and the record of them."""
    out = frame.copy()
    withheld = pd.DataFrame(False, index=frame.index, columns=frame.columns)
    log: list[tuple[str, int, str, str]] = []
    for j, column in enumerate(columns):
        mask = reasons[:, j] != ""
        out[column] = out[column].astype("Int64").mask(mask)
        withheld.loc[mask, column] = True
        log += [(name, int(i), column, str(reasons[i, j])) for i in np.flatnonzero(mask)]
        for other in companions.get(column, ()):
            whole = pd.api.types.is_integer_dtype(out[other].dtype)
            out[other] = out[other].astype("Int64" if whole else "Float64").mask(mask)
            withheld.loc[mask, other] = True
            log += [(name, int(i), other, "companion") for i in np.flatnonzero(mask)]
    return Protected(out, withheld, pd.DataFrame(log, columns=AUDIT_COLUMNS))
