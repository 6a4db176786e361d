"""Turn raw values into the contract's types. What cannot be turned is a problem with its position, never a guess.

Text is normalised (full-width digits, blanks) and a few marks for "not known" are read as missing; both are counted.
"""

from __future__ import annotations

import datetime as dt
import re
import unicodedata
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from evaltools.intake.arrow import matches
from evaltools.intake.contract import Column

MISSING_MARKS = frozenset(
    {"na", "n/a", "nan", "null", "none", "-", "--", "—", "——", "/", "不详", "缺失", "未知", "未填", "不清楚", "unknown"}
)
TRUE = frozenset({"是", "有", "1", "true", "yes", "y", "t", "√", "✓", "对"})
FALSE = frozenset({"否", "无", "0", "false", "no", "n", "f", "×", "✗", "x", "错"})
SPREADSHEET_ERRORS = frozenset({"#N/A", "#REF!", "#DIV/0!", "#VALUE!", "#NAME?", "#NUM!", "#NULL!"})
EXACT = 10**15
"""Excel keeps 15 digits: a whole number from here on has lost its last ones."""
_FLOAT_ID = re.compile(r"\d+\.0+|\d(\.\d+)?[eE]\+?\d+")
_LOOK = r"^$|^\s|\s$|^#|^\d+\.0+$|^\d(\.\d+)?[eE]\+?\d+$|[^\x00-\x7F]"
"""Text that `_text` may change or refuse: blanks around it, error values, numbers in disguise, wide characters."""
_NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?")
_THOUSANDS = re.compile(r"[+-]?\d{1,3}(,\d{3})+(\.\d+)?")
_DATES = ("%Y-%m-%d", "%Y/%m/%d", "%Y.%m.%d", "%Y年%m月%d日", "%Y%m%d", "%Y-%m-%d %H:%M:%S", "%Y/%m/%d %H:%M:%S")


@dataclass
class Problem:
    """`positions`: rows of the column (0-based) that break `rule`."""

    positions: np.ndarray
    rule: str
    message: str
    severity: str = "error"


@dataclass
class Converted:
    """`values`: (n,) in the contract's dtype, missing where a problem is."""

    values: pd.Series
    problems: list[Problem] = field(default_factory=list)
    notes: Counter[str] = field(default_factory=Counter)


class _Bad(Exception):  # noqa: N818 - a signal between two functions, never seen outside
    def __init__(self, rule: str, message: str) -> None:
        self.rule, self.message = rule, message


def convert(raw: pd.Series, column: Column, factor: float = 1.0) -> Converted:
    """Convert one column. `raw`: (n,) as read; `factor`: what the header's unit multiplies by."""
    fast = _typed(raw, column, factor)
    if fast is not None:
        return fast
    one = {"text": _text, "category": _category, "boolean": _boolean, "date": _date}.get(column.type, _number)
    return _by_distinct_value(raw, column, factor, one)


def _typed(raw: pd.Series, column: Column, factor: float) -> Converted | None:
    """Columns that come in the right type already (Parquet), or None."""
    kind = column.type
    if kind == "boolean" and (raw.dtype == bool or str(raw.dtype) == "boolean"):
        return Converted(raw.astype("boolean"))
    if kind == "date" and pd.api.types.is_datetime64_any_dtype(raw):
        return Converted(raw.dt.tz_localize(None).dt.normalize().astype("datetime64[us]"))
    if kind in ("number", "integer") and pd.api.types.is_numeric_dtype(raw) and raw.dtype != bool:
        values = pd.to_numeric(raw).astype("Float64").to_numpy("float64", na_value=np.nan)
        values = values if factor == 1.0 else _scaled(values, factor)
        return _numbers(pd.Series(values, index=raw.index), column)
    if kind == "number" and str(raw.dtype) == "str":
        values = pd.to_numeric(raw, errors="coerce")
        if bool((values.notna() == raw.notna()).all()):
            return _numbers(pd.Series(_scaled(values.to_numpy("float64"), factor), index=raw.index), column)
    if kind in ("text", "category") and isinstance(raw.dtype, pd.CategoricalDtype):
        return convert(raw.astype("str"), column, factor)
    if kind == "text" and raw.dtype == "str":
        return _plain_text(raw, column)
    return None


def _scaled(values: Any, factor: float) -> Any:
    """Multiply by a unit's factor without binary dust: 1.1 万元 are 11000 yuan, not 11000.000000000002."""
    return values if factor == 1.0 else np.round(values * factor, 6)


def _plain_text(raw: pd.Series, column: Column) -> Converted:
    """Text that is text already: only the values that need a look are taken one by one."""
    values, part = raw.copy(), np.flatnonzero(matches(raw, _LOOK))
    if not len(part):
        return Converted(values)
    done = _by_distinct_value(raw.iloc[part].reset_index(drop=True), column, 1.0, _text)
    values.iloc[part] = done.values.to_numpy()
    for problem in done.problems:
        problem.positions = part[problem.positions]
    return Converted(values, done.problems, done.notes)


def _numbers(values: pd.Series, column: Column) -> Converted:
    """float64 -> the column's dtype; infinite and, for integers, fractional values are problems."""
    problems = []
    infinite = np.isinf(values.to_numpy())
    if infinite.any():
        problems.append(Problem(np.flatnonzero(infinite), "not-a-number", "infinite"))
        values = values.where(~infinite)
    if column.type == "integer":
        fractional = values.notna().to_numpy() & (values.to_numpy() != np.round(values.to_numpy()))
        if fractional.any():
            problems.append(Problem(np.flatnonzero(fractional), "not-a-whole-number", "a whole number is expected"))
            values = values.where(~fractional)
        return Converted(values.astype("Int64"), problems)
    return Converted(values, problems)


def _by_distinct_value(
    raw: pd.Series, column: Column, factor: float, one: Callable[[Any, Column, float, Counter[str]], Any]
) -> Converted:
    """Convert each distinct value once and spread it over the rows."""
    keys = raw.map(lambda v: (type(v).__name__, v), na_action="ignore") if raw.dtype == object else raw
    codes, distinct = pd.factorize(keys, use_na_sentinel=True)
    weights = np.bincount(codes[codes >= 0], minlength=len(distinct))
    results = np.empty(len(distinct), dtype=object)
    bad: dict[tuple[str, str], list[int]] = {}
    notes: Counter[str] = Counter()
    for i, key in enumerate(distinct):
        seen: Counter[str] = Counter()
        try:
            results[i] = one(key[1] if raw.dtype == object else key, column, factor, seen)
        except _Bad as problem:
            bad.setdefault((problem.rule, problem.message), []).append(i)
        for note in seen:
            notes[f"{note}: {column.name}"] += int(weights[i])
    results = np.append(results, np.array([None], dtype=object))  # code -1 is missing
    values = pd.Series(results[codes], index=raw.index, dtype=object)
    problems = [Problem(np.flatnonzero(np.isin(codes, where)), *key) for key, where in bad.items()]
    dtype = "Int64" if column.type == "integer" else column.dtype
    if column.type == "number":
        values = values.astype("Float64").astype("float64")
    return Converted(values.astype(dtype), problems, notes)  # type: ignore[arg-type]


def _clean(value: Any, notes: Counter[str], *, marks: bool) -> str | None:
    """Normalised text, or None for a mark that means 'not known'."""
    text = str(value).strip()
    if text in SPREADSHEET_ERRORS:
        raise _Bad("spreadsheet-error", "an error value of the spreadsheet: correct the formula")
    plain = unicodedata.normalize("NFKC", text) if marks else text
    if plain != text:
        notes["full-width characters normalised"] += 1
    if marks and plain.lower() in MISSING_MARKS:
        notes["marks read as missing"] += 1
        return None
    return plain or None


def _text(value: Any, column: Column, factor: float, notes: Counter[str]) -> str | None:
    if isinstance(value, bool):
        raise _Bad("wrong-type", "yes/no where text is expected")
    if isinstance(value, dt.datetime | dt.date | dt.time):
        raise _Bad("date-in-text", "the spreadsheet turned this into a date: format the column as text and retype it")
    if isinstance(value, int | float | np.number):
        number = float(value)
        if number != round(number) or abs(number) >= EXACT:
            raise _Bad("float-id", "a code stored as a number, digits are lost: format the column as text, paste again")
        notes["codes stored as numbers, read as text"] += 1
        return str(int(value))
    text = _clean(value, notes, marks=False)
    if text is not None and (column.pattern or column.name.endswith("_id") or column.identifying):
        text = unicodedata.normalize("NFKC", text)
        if _FLOAT_ID.fullmatch(text):
            raise _Bad("float-id", "a code that went through a number: take it from the source as text")
    return text


def _category(value: Any, column: Column, factor: float, notes: Counter[str]) -> str | None:
    """The stored value of a code or label. The vocabulary goes first: "none" is an answer where the contract has it."""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    labels = {unicodedata.normalize("NFKC", zh): stored for stored, zh in column.values.items()}
    plain = re.sub(r"\s", "", unicodedata.normalize("NFKC", str(value)))
    if plain in column.values:
        return plain
    if plain in labels:
        return labels[plain]
    if _clean(value, notes, marks=True) is None:
        return None
    raise _Bad("not-an-allowed-value", "allowed: " + ", ".join(f"{v} ({zh})" for v, zh in column.values.items()))


def _boolean(value: Any, column: Column, factor: float, notes: Counter[str]) -> bool | None:
    if isinstance(value, bool | np.bool_):
        return bool(value)
    text = _clean(int(value) if isinstance(value, float) and value == int(value) else value, notes, marks=True)
    if text is None:
        return None
    if text.lower() in TRUE:
        return True
    if text.lower() in FALSE:
        return False
    raise _Bad("not-yes-or-no", "是 or 否 (1/0, true/false) is expected; empty means unknown")


def _date(value: Any, column: Column, factor: float, notes: Counter[str]) -> dt.datetime | None:
    if isinstance(value, dt.datetime):
        return value.replace(hour=0, minute=0, second=0, microsecond=0, tzinfo=None)
    if isinstance(value, dt.date):
        return dt.datetime(value.year, value.month, value.day)
    text = _clean(value, notes, marks=True) if isinstance(value, str) else None if value is None else "?"
    if text is None:
        return None
    for form in _DATES:
        try:
            return dt.datetime.strptime(text, form).replace(hour=0, minute=0, second=0)
        except ValueError:
            continue
    raise _Bad("not-a-date", "a date such as 2020-04-30 is expected")


def _number(value: Any, column: Column, factor: float, notes: Counter[str]) -> float | int | None:
    if isinstance(value, bool | dt.datetime | dt.date | dt.time):
        raise _Bad("not-a-number", "a number is expected; the cell holds a date or yes/no")
    if isinstance(value, int | float | np.number):
        return _whole(float(_scaled(float(value), factor)), column)
    text = _clean(value, notes, marks=True)
    if text is None:
        return None
    if _THOUSANDS.fullmatch(text):
        notes["thousands separators removed"] += 1
        text = text.replace(",", "")
    if column.unit == "share" and factor == 1.0 and text.endswith("%") and _NUMBER.fullmatch(text[:-1]):
        notes["percent turned into shares"] += 1
        return float(text[:-1]) / 100
    if not _NUMBER.fullmatch(text):
        raise _Bad("not-a-number", "text in a number" + _unit_hint(text, column))
    return _whole(float(_scaled(float(text), factor)), column)


def _whole(number: float, column: Column) -> float | int:
    if not np.isfinite(number):
        raise _Bad("not-a-number", "infinite")
    if column.type != "integer":
        return number
    if number != round(number):
        raise _Bad("not-a-whole-number", "a whole number is expected")
    return int(number)


def _unit_hint(text: str, column: Column) -> str:
    """Say where a unit belongs when one was typed into the cell."""
    if re.search(r"\d\s*(万|千|亿)?\s*(元|人|户|%|岁|年|个|月)?$", text) and re.search(r"\d", text):
        return f": write the number alone and the unit into the header, e.g. {column.zh}（万元）"
    return ""
