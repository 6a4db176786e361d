"""Arrays with unknown values, for `expression`: numbers (NaN), texts (None), dates (NaT) and truth in three values."""

from __future__ import annotations

import operator
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd


@dataclass(frozen=True)
class Truth:
    """Three-valued truth: `true` and `false` are (n,) masks; where neither holds the value is unknown."""

    true: np.ndarray
    false: np.ndarray

    def __and__(self, other: Truth) -> Truth:
        return Truth(self.true & other.true, self.false | other.false)

    def __or__(self, other: Truth) -> Truth:
        return Truth(self.true | other.true, self.false & other.false)

    @property
    def known(self) -> np.ndarray:
        return self.true | self.false

    def to_series(self) -> pd.Series:
        return pd.Series(pd.array(np.where(self.true, 1, 0).astype(bool), dtype="boolean")).mask(~self.known)


Vector = Any
"""float64 array, object array of str or None, datetime64[D] array, or Truth."""


def vector(values: pd.Series) -> Vector:
    """A column as a vector."""
    if str(values.dtype) in ("bool", "boolean"):
        flags = values.astype("boolean")
        return Truth(flags.fillna(False).to_numpy(bool), (~flags).fillna(False).to_numpy(bool))
    if pd.api.types.is_datetime64_any_dtype(values):
        return values.to_numpy("datetime64[D]")
    if pd.api.types.is_numeric_dtype(values):
        return values.astype("Float64").to_numpy("float64", na_value=np.nan)
    return values.astype(object).where(values.notna(), None).to_numpy(object)


def series(values: Vector) -> pd.Series:
    """A vector as a column: float64, str, boolean or datetime64."""
    if isinstance(values, Truth):
        return values.to_series()
    if values.dtype == object:
        return pd.Series(values, dtype="str")
    return pd.Series(values.astype("datetime64[us]") if values.dtype.kind == "M" else values)


def constant(value: Any, n: int) -> Vector:
    if isinstance(value, bool):
        return Truth(np.full(n, value), np.full(n, not value))
    if value is None or isinstance(value, str):
        return np.full(n, value, dtype=object)
    return np.full(n, float(value))


def known(values: Vector) -> np.ndarray:
    """(n,) where a value is known."""
    if isinstance(values, Truth):
        return values.known
    if values.dtype == object:
        return np.array([v is not None for v in values], dtype=bool)
    return ~np.isnat(values) if values.dtype.kind == "M" else ~np.isnan(values)


def invert(values: Truth) -> Truth:
    return Truth(values.false, values.true)


def arithmetic(symbol: str, a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """a symbol b; what is not finite (a division by zero) is unknown."""
    call = {"+": np.add, "-": np.subtract, "*": np.multiply, "/": np.divide, "%": np.mod, "//": np.floor_divide}[symbol]
    with np.errstate(all="ignore"):
        result = call(a, b)
    return np.where(np.isfinite(result), result, np.nan)


def compare(symbol: str, a: Vector, b: Vector) -> Truth:
    """Compare two vectors of one kind; unknown where one of them is."""
    both = known(a) & known(b)
    if isinstance(a, Truth):
        same = (a.true == b.true) & both
        return Truth(same, both & ~same) if symbol == "==" else Truth(both & ~same, same)
    call = {
        "==": operator.eq,
        "!=": operator.ne,
        "<": operator.lt,
        "<=": operator.le,
        ">": operator.gt,
        ">=": operator.ge,
    }[symbol]
    result = np.zeros(len(both), dtype=bool)
    result[both] = call(a[both], b[both]).astype(bool)
    return Truth(result, both & ~result)


def membership(values: Vector, allowed: Sequence[Any]) -> Truth:
    there = known(values)
    inside = np.isin(values, np.array(list(allowed), dtype=values.dtype)) & there
    return Truth(inside, there & ~inside)


def where(tests: Sequence[Truth], values: Sequence[Vector], kind: str, n: int) -> Vector:
    """The value of the first true test; the last value where all are false; unknown after a test that is unknown."""
    if kind == "boolean":
        parts = [v if isinstance(v, Truth) else Truth(np.zeros(n, bool), np.zeros(n, bool)) for v in values]
        true = _pick(tests, [p.true for p in parts], False)
        return Truth(true, _pick(tests, [p.false for p in parts], False))
    empty: Any = {"number": np.nan, "date": np.datetime64("NaT", "D")}.get(kind)
    dtype = {"number": np.float64, "date": "datetime64[D]"}.get(kind, object)
    parts = [v if v.dtype == dtype else np.full(n, empty, dtype=dtype) for v in values]
    return _pick(tests, parts, empty)


def _pick(tests: Sequence[Truth], values: Sequence[np.ndarray], empty: Any) -> np.ndarray:
    result = np.full(len(values[-1]), empty, dtype=values[-1].dtype)
    open_rows = np.ones(len(result), dtype=bool)
    for test, value in zip(tests, values, strict=False):
        take = open_rows & test.true
        result[take] = value[take]
        open_rows &= test.false
    result[open_rows] = values[-1][open_rows]
    return result


@dataclass(frozen=True)
class Function:
    """`kinds` of the arguments (the last one repeats): number, text, boolean, date, any, same, constant."""

    call: Callable[..., Vector]
    kinds: tuple[str, ...]
    result: str
    least: int = 1
    most: int = 1


def _texts(values: Vector, call: Callable[[str], Any], empty: Any = None, dtype: Any = object) -> np.ndarray:
    done = {v: empty if v is None else call(v) for v in set(values)}
    return np.array([done[v] for v in values], dtype=dtype)


def _to_number(_: int, values: Vector) -> np.ndarray:
    """Numbers written as text; other text is unknown."""
    return pd.to_numeric(pd.Series(values, dtype=object), errors="coerce").to_numpy("float64")


def _to_text(_: int, values: Vector) -> np.ndarray:
    """As text: whole numbers without a point, dates in ISO form, true and false."""
    if isinstance(values, Truth):
        words = np.where(values.true, "true", "false").astype(object)
        words[~values.known] = None
        return words
    if values.dtype == object:
        return values
    distinct, places = np.unique(values, return_inverse=True)
    return np.array([_word(v) for v in distinct], dtype=object)[places]


def _word(value: Any) -> str | None:
    if isinstance(value, np.datetime64):
        return None if np.isnat(value) else str(value)
    number = float(value)
    return None if np.isnan(number) else f"{number:.0f}" if number.is_integer() else repr(number)


def _least(_: int, *values: np.ndarray) -> np.ndarray:
    return np.minimum.reduce(values)


def _most(_: int, *values: np.ndarray) -> np.ndarray:
    return np.maximum.reduce(values)


def _coalesce(n: int, *values: Vector) -> Vector:
    result = values[0]
    for other in values[1:]:
        there = known(result)
        if isinstance(result, Truth):
            other = other if isinstance(other, Truth) else Truth(np.zeros(n, bool), np.zeros(n, bool))
            result = Truth(np.where(there, result.true, other.true), np.where(there, result.false, other.false))
        elif other.dtype == result.dtype:
            result = np.where(there, result, other)
    return result


def _concat(n: int, *values: Vector) -> np.ndarray:
    rows = zip(*(_to_text(n, v) for v in values), strict=True)
    return np.array([None if None in row else "".join(row) for row in rows], dtype=object)


def _round(_: int, values: np.ndarray, digits: np.ndarray | None = None) -> np.ndarray:
    return np.round(values, 0 if digits is None or not len(digits) else int(digits[0]))


def _first(values: Vector) -> Any:
    return values[0] if len(values) else 0


def _pad(_: int, values: Vector, width: np.ndarray) -> np.ndarray:
    return _texts(values, lambda v: v.rjust(int(_first(width)), "0"))


def _years(values: np.ndarray) -> np.ndarray:
    out = values.astype("datetime64[Y]").astype(float) + 1970
    return np.where(np.isnat(values), np.nan, out)


def _months(values: np.ndarray) -> np.ndarray:
    out = values.astype("datetime64[M]").astype(float) % 12 + 1
    return np.where(np.isnat(values), np.nan, out)


def _days(_: int, a: np.ndarray, b: np.ndarray) -> np.ndarray:
    return np.where(np.isnat(a) | np.isnat(b), np.nan, (a - b).astype(float))


def _date(n: int, text: Vector) -> np.ndarray:
    return np.full(n, np.datetime64(_first(text) or "1970-01-01", "D"))


FUNCTIONS: dict[str, Function] = {
    "abs": Function(lambda _, v: np.abs(v), ("number",), "number"),
    "floor": Function(lambda _, v: np.floor(v), ("number",), "number"),
    "round": Function(_round, ("number", "constant"), "number", 1, 2),
    "min": Function(_least, ("number",), "number", 2, 20),
    "max": Function(_most, ("number",), "number", 2, 20),
    "number": Function(_to_number, ("text",), "number"),
    "text": Function(_to_text, ("any",), "text"),
    "is_missing": Function(lambda _, v: Truth(~known(v), known(v)), ("any",), "boolean"),
    "coalesce": Function(_coalesce, ("same",), "same", 2, 20),
    "concat": Function(_concat, ("any",), "text", 2, 20),
    "prefix": Function(lambda _, v, k: _texts(v, lambda t: t[: int(_first(k))]), ("text", "constant"), "text", 2, 2),
    "suffix": Function(lambda _, v, k: _texts(v, lambda t: t[-int(_first(k)) :]), ("text", "constant"), "text", 2, 2),
    "pad": Function(_pad, ("text", "constant"), "text", 2, 2),
    "strip": Function(lambda _, v: _texts(v, str.strip), ("text",), "text"),
    "lower": Function(lambda _, v: _texts(v, str.lower), ("text",), "text"),
    "year": Function(lambda _, v: _years(v), ("date",), "number"),
    "month": Function(lambda _, v: _months(v), ("date",), "number"),
    "days": Function(_days, ("date",), "number", 2, 2),
    "date": Function(_date, ("constant",), "date"),
}
"""days(a, b) is a - b in days. `number` of a text that is none is unknown."""
