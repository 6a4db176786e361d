"""From a table of any columns to terms the model can use, by stated rules; and back again for new tables.

Rules. `welfare` and `line` become one term, log(welfare / line). Money columns are divided by the line, so that
inflation between years does no harm; so is every other column that carries the welfare column's unit as its last
word (`labour_income_ars` beside `household_income_ars`). A column whose name ends in `_code` holds codes, never
numbers. Text and categories are levels. Constant and all-missing columns, identifiers and sampling weights (by name) are
left out, with a warning.
Missing is a state of its own; it is never filled.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from evaltools.errors import nearest
from evaltools.risk.faults import RiskInputError, RiskTypeError

MAX_LEVELS = 100  # more levels than this name households or villages rather than describe them
RATIO_FLOOR = 0.01  # income at or below 1 % of the line, zero or negative, counts as 1 % of the line
SECOND_LINE = 0.1  # standard deviation of log(amount / line) below which the amount is itself a line
RATIO = "log_welfare_to_line"
DESIGN = frozenset(f"{kind}weight" for kind in ("", "sample_", "sampling_", "survey_", "design_", "household_"))
"""Names of sampling weights: they tell how the sample was drawn where it was drawn, not what a household is like."""
MISSING, UNSEEN = -1, -2


@dataclass(frozen=True)
class Term:
    """One input of the model. `levels` holds the categories known at fit, () for numbers."""

    name: str
    source: str
    kind: str  # ratio | welfare | money | number | category
    levels: tuple[str, ...] = ()

    @property
    def is_category(self) -> bool:
        return self.kind == "category"

    @property
    def is_monotone(self) -> bool:
        """More income never raises risk."""
        return self.kind in ("ratio", "welfare")


@dataclass(frozen=True)
class Plan:
    """How a table becomes terms; fixed at fit. `left_out`: column -> why it is not used."""

    terms: tuple[Term, ...]
    line: str | None
    columns: tuple[str, ...]
    left_out: dict[str, str] = field(default_factory=dict)

    @property
    def numbers(self) -> tuple[Term, ...]:
        return tuple(t for t in self.terms if not t.is_category)

    @property
    def categories(self) -> tuple[Term, ...]:
        return tuple(t for t in self.terms if t.is_category)

    def read(self, frame: pd.DataFrame) -> Terms:
        """The terms of `frame`'s rows.

        Raises RiskInputError for missing columns, infinite values, text where numbers were, or a line at or below zero.
        """
        needed = [t.source for t in self.terms] + ([] if self.line is None else [self.line])
        absent = sorted({c for c in needed if c not in frame.columns}, key=str)
        if absent:
            raise RiskInputError(
                f"{len(absent)} column(s) of the fitted model are missing: {', '.join(map(str, absent))}",
                expected=nearest(absent[0], frame.columns), todo="give the columns the model was fitted on",
            )  # fmt: skip
        line = None if self.line is None else read_line(frame[self.line])
        numbers = np.empty((len(frame), len(self.numbers)))
        for j, term in enumerate(self.numbers):
            numbers[:, j] = _number_term(frame[term.source], term, line)
        codes = np.empty((len(frame), len(self.categories)), dtype=np.int32)
        for j, term in enumerate(self.categories):
            codes[:, j] = _codes(frame[term.source], term.levels)
        return Terms(numbers, codes)


@dataclass(frozen=True)
class Terms:
    """`numbers` : (n, k) float, NaN where missing. `codes` : (n, m) level index, MISSING or UNSEEN."""

    numbers: np.ndarray
    codes: np.ndarray

    def __len__(self) -> int:
        return len(self.numbers)

    def take(self, rows: np.ndarray) -> Terms:
        return Terms(self.numbers[rows], self.codes[rows])


def make_plan(
    frame: pd.DataFrame, *, welfare: str | None, line: str | None, money: Sequence[str], skip: Sequence[str] = ()
) -> Plan:
    """Study the training table. Raises RiskInputError when a named column is absent or nothing usable is left."""
    _check_names(frame, welfare, line, money)
    unit = _unit(welfare) if line is not None else None
    left_out = {str(c): "the period of the row, used to order the rows in time" for c in skip}
    terms: list[Term] = []
    for column in frame.columns:
        if column == line or column in skip:
            continue
        kind = _kind(column, frame[column], welfare, line, money, unit)
        if kind == "number" and str(column).lower() in DESIGN:
            left_out[str(column)] = "a sampling weight tells how the sample was drawn; pass it as sample_weight="
            continue
        term, reason = _term(column, frame[column], kind)
        if kind == "money" and term is not None and _is_line(frame[column], frame[line]):
            term, reason = None, "another line rather than an amount: it hardly differs relative to the line"
        if term is None:
            left_out[str(column)] = reason
        else:
            terms.append(term)
    if not terms:
        raise RiskInputError(
            "no column is left to learn from", detail=[f"{c}: {r}" for c, r in left_out.items()],
            todo="give columns that differ between households",
        )  # fmt: skip
    terms.sort(key=lambda t: not t.is_monotone)  # income first; the others keep their order
    return Plan(tuple(terms), line, tuple(map(str, frame.columns)), left_out)


def _check_names(frame: pd.DataFrame, welfare: str | None, line: str | None, money: Sequence[str]) -> None:
    if isinstance(money, str):
        raise RiskInputError(
            f"money={money!r} is one text", expected="a list of column names", todo=f"pass [{money!r}]"
        )
    for name in [c for c in (welfare, line, *money) if c is not None]:
        if name not in frame.columns:
            raise RiskInputError(
                f"column {name!r} is not in the table", expected=nearest(str(name), map(str, frame.columns)),
                todo="correct welfare=, line= or money=",
            )  # fmt: skip
    if line is not None and welfare is None:
        raise RiskInputError("line= is given without welfare=", todo="name the income column with welfare=")
    if len(money) and line is None:
        raise RiskInputError(
            "money= is given without line=", expected="a poverty line that the amounts are taken relative to",
            todo="name the line with line=, or leave money= empty and give amounts free of inflation",
        )  # fmt: skip


def _is_line(values: pd.Series, line: pd.Series) -> bool:
    """A price level: always positive, and within 10 % of one multiple of the line. It tells the calendar, not the
    household, and lies outside what was learned as soon as prices move."""
    share = to_numbers(values) / read_line(line)
    known = share[~np.isnan(share)]
    return bool((known > 0).all() and np.std(np.log(known)) < SECOND_LINE)


def _unit(name: str | None) -> str | None:
    parts = str(name).rsplit("_", 1)
    return parts[1] if len(parts) == 2 and parts[1] else None


def _kind(
    column: Any, values: pd.Series, welfare: str | None, line: str | None, money: Sequence[str], unit: str | None
) -> str:
    if column == welfare:
        return "ratio" if line is not None else "welfare"
    if column in money:
        return "money"
    if str(column).endswith("_code") or not _is_numeric(column, values):
        return "category"
    return "money" if unit and _unit(str(column)) == unit else "number"


def _is_numeric(column: Any, values: pd.Series) -> bool:
    if pd.api.types.is_bool_dtype(values.dtype) or pd.api.types.is_numeric_dtype(values.dtype):
        if pd.api.types.is_complex_dtype(values.dtype):
            raise RiskInputError(f"Complex data not supported: column {column!r}", todo="give real numbers")
        return True
    if pd.api.types.is_datetime64_any_dtype(values.dtype) or isinstance(values.dtype, pd.PeriodDtype):
        raise RiskTypeError(
            f"column {column!r} holds dates", expected="numbers or categories",
            todo="give a duration (years since exit, age) instead of a date",
        )  # fmt: skip
    if values.dtype != object:
        return False
    known = values[values.notna()]
    texts = known.map(lambda v: isinstance(v, str)).to_numpy(bool)
    reals = known.map(lambda v: isinstance(v, (bool, int, float, np.number, np.bool_))).to_numpy(bool)
    if not (texts | reals).all():
        bad = known[~(texts | reals)].iloc[0]
        raise RiskTypeError(
            f"column {column!r} holds a {type(bad).__name__}: each argument must be a string or a number",
            todo="give one value a cell",
        )
    return bool(len(known)) and bool(reals.all())


def _term(column: Any, values: pd.Series, kind: str) -> tuple[Term | None, str]:
    if values.notna().sum() == 0:
        return None, "every value is missing"
    if kind != "category":
        numbers = to_numbers(values)
        known = numbers[~np.isnan(numbers)]
        if kind not in ("ratio", "money") and known.min() == known.max() and len(known) == len(numbers):
            return None, "constant"
        return Term(RATIO if kind == "ratio" else str(column), column, kind), ""
    levels = sorted(_labels(values).dropna().unique())
    if len(levels) > MAX_LEVELS:
        return None, f"{len(levels)} levels: an identifier rather than a category (at most {MAX_LEVELS})"
    if len(levels) == 1 and values.notna().all():
        return None, "constant"
    return Term(str(column), column, "category", tuple(levels)), ""


def to_numbers(values: pd.Series) -> np.ndarray:
    """A column as floats, NaN where missing. Raises RiskInputError for text and for infinite values."""
    try:
        out = values.to_numpy(dtype=float, na_value=np.nan)
    except (TypeError, ValueError) as error:
        raise RiskInputError(
            f"column {values.name!r} holds text where numbers were expected ({error})",
            todo="clean the column or its name",
        ) from None
    if np.isinf(out).any():
        raise RiskInputError(
            f"column {values.name!r} holds {int(np.isinf(out).sum())} infinite value(s) (infinity, inf)",
            where=_first_row(values, np.isinf(out)),
            todo="correct them, or leave the cell empty if the value is not known",
        )  # fmt: skip
    return out


def read_line(values: pd.Series) -> np.ndarray:
    """The poverty line of each row, NaN where unknown. Raises RiskInputError at or below zero."""
    line = to_numbers(values)
    if (line <= 0).any():
        raise RiskInputError(
            f"the poverty line {values.name!r} is zero or negative in {int((line <= 0).sum())} row(s)",
            where=_first_row(values, line <= 0), todo="give the household's own line of that year",
        )  # fmt: skip
    return line


def _first_row(values: pd.Series, bad: np.ndarray) -> str:
    return f"column {values.name!r}, first at row {values.index[int(np.argmax(bad))]!r}"


def _number_term(values: pd.Series, term: Term, line: np.ndarray | None) -> np.ndarray:
    x = to_numbers(values)
    if term.kind == "ratio":
        return np.log(np.maximum(x / line, RATIO_FLOOR))
    if term.kind == "money":
        share = x / line
        return np.sign(share) * np.log1p(np.abs(share))
    return x


def _labels(values: pd.Series) -> pd.Series:
    """Levels as text; 1, 1.0 and "1" are one level."""
    names, place = _worded(values)
    return pd.Series(names[place], index=values.index, dtype=object)


def _worded(values: pd.Series) -> tuple[np.ndarray, np.ndarray]:
    """(texts of the distinct levels with None for a missing one, (n,) place of each row among them): each level is
    worded once, however many rows show it."""
    if isinstance(values.dtype, pd.CategoricalDtype):
        values = values.astype(object)
    if pd.api.types.is_bool_dtype(values.dtype) or pd.api.types.is_numeric_dtype(values.dtype):
        place, uniques = pd.factorize(to_numbers(values), use_na_sentinel=True)
        texts = [f"{u:g}" if u != int(u) else str(int(u)) for u in uniques]
    else:
        place, uniques = pd.factorize(values.astype(object).to_numpy())
        texts = [_text(u) for u in uniques]
    return np.array([*texts, None], dtype=object), place  # the sentinel -1 is the last


def _text(value: Any) -> str:
    if isinstance(value, (float, np.floating)) and value == int(value):
        return str(int(value))
    return str(value)


def _codes(values: pd.Series, levels: tuple[str, ...]) -> np.ndarray:
    """(n,) place of each row's level among `levels`, MISSING or UNSEEN."""
    names, place = _worded(values)
    known = {level: code for code, level in enumerate(levels)}
    codes = np.array([MISSING if n is None else known.get(n, UNSEEN) for n in names], dtype=np.int32)
    return codes[place]
