"""Row values written once and computed in two places: by numpy on arrays, by DuckDB on Parquet.

An `Expr` is a number per row. Missing in, missing out: NaN in arrays, NULL in SQL. Indicators are 1.0 or 0.0.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]
Columns = Mapping[str, Array]


def quoted(name: str) -> str:
    """A column name as SQL identifier."""
    return '"' + name.replace('"', '""') + '"'


@dataclass(frozen=True)
class Expr:
    """`sql`: DuckDB expression; `array`: the same of (n,) columns; `columns`: the numeric columns it reads;
    `condition`: of an indicator, the SQL condition that it states; `shared`: parts that SQL computes once a row, (name, SQL),
    of which `sql` and later parts know the names."""

    sql: str
    array: Callable[[Columns], Array]
    columns: frozenset[str] = frozenset()
    condition: str | None = None
    shared: tuple[tuple[str, str], ...] = ()

    def __add__(self, other: Expr | float) -> Expr:
        return _binary("+", np.add, self, other)

    def __sub__(self, other: Expr | float) -> Expr:
        return _binary("-", np.subtract, self, other)

    def __rsub__(self, other: float) -> Expr:
        return _binary("-", np.subtract, other, self)

    def __mul__(self, other: Expr | float) -> Expr:
        return _binary("*", np.multiply, self, other)

    def __truediv__(self, other: Expr | float) -> Expr:
        return _binary("/", np.divide, self, other)

    def below(self, other: Expr | float) -> Expr:
        """1 where self < other."""
        return _indicator("<", np.less, self, other)

    def at_most(self, other: Expr | float) -> Expr:
        """1 where self <= other."""
        return _indicator("<=", np.less_equal, self, other)

    def equals(self, other: Expr | float) -> Expr:
        """1 where self = other."""
        return _indicator("=", np.equal, self, other)

    def power(self, exponent: float) -> Expr:
        sql = f"pow({self.sql}, {exponent!r})"
        return Expr(sql, lambda c: np.power(self.array(c), exponent), self.columns, shared=self.shared)

    def once(self) -> Expr:
        """The same, computed once a row however many sums use it: a CASE in six sums is evaluated six times."""
        name = quoted("once " + self.sql)
        return Expr(name, self.array, self.columns, self.condition, (*self.shared, (name, self.sql)))

    def where(self, condition: Expr) -> Expr:
        """self where the indicator `condition` is 1, else 0 (self is not looked at there)."""
        return Expr(
            f"CASE WHEN {condition.condition or condition.sql + ' = 1'} THEN {self.sql} ELSE 0.0 END",
            lambda c: np.where(condition.array(c) == 1.0, self.array(c), 0.0),
            self.columns | condition.columns,
            shared=(*self.shared, *condition.shared),
        )


def col(name: str) -> Expr:
    """A numeric column as float64; NaN and NULL are missing."""
    return Expr(f"{quoted(name)}", lambda c: c[name], frozenset({name}))


def lit(value: float) -> Expr:
    number = float(value)
    return Expr(f"{number!r}::DOUBLE", lambda c: np.float64(number), frozenset())  # type: ignore[arg-type, return-value]


ONE = lit(1.0)


def as_expr(value: Expr | str | float) -> Expr:
    """A column name, a number or an expression, as an expression."""
    if isinstance(value, Expr):
        return value
    return col(value) if isinstance(value, str) else lit(value)


def _binary(sign: str, function: Callable, left: Expr | float, right: Expr | float) -> Expr:
    a, b = as_expr(left), as_expr(right)
    return Expr(
        f"({a.sql} {sign} {b.sql})", lambda c: function(a.array(c), b.array(c)), a.columns | b.columns,
        shared=(*a.shared, *b.shared),
    )  # fmt: skip


def _indicator(sign: str, function: Callable, left: Expr, right: Expr | float) -> Expr:
    a, b = as_expr(left), as_expr(right)
    condition = f"{a.sql} {sign} {b.sql}"
    return Expr(
        f"CASE WHEN {condition} THEN 1.0 ELSE 0.0 END",
        lambda c: function(a.array(c), b.array(c)).astype(np.float64),
        a.columns | b.columns,
        condition,
        (*a.shared, *b.shared),
    )
