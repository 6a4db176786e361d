"""A small, closed language for row rules and mappings: arithmetic, comparison, and/or/not, when-then, a few functions.

Text is parsed with Python's grammar, then only the node types listed here are accepted; nothing is ever evaluated as
Python. There are no attributes, no subscripts, no names but columns, so an expression can read nothing but its row.

Unknown values follow three-valued logic: a comparison with an unknown value is unknown, `unknown and false` is false,
`unknown or true` is true. A division by zero is unknown.
"""

from __future__ import annotations

import ast
import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, NoReturn

import numpy as np
import pandas as pd

from evaltools.errors import EvaltoolsError, RuleBookError, nearest
from evaltools.intake.contract import Contract
from evaltools.intake.vectors import (
    FUNCTIONS,
    Truth,
    Vector,
    arithmetic,
    compare,
    constant,
    invert,
    membership,
    vector,
    where,
)

MAX_LENGTH, MAX_DEPTH = 2000, 40
Kind = str
"""number, text, boolean or date."""
_ARITHMETIC = {ast.Add: "+", ast.Sub: "-", ast.Mult: "*", ast.Div: "/", ast.Mod: "%", ast.FloorDiv: "//"}
_COMPARE = {ast.Eq: "==", ast.NotEq: "!=", ast.Lt: "<", ast.LtE: "<=", ast.Gt: ">", ast.GtE: ">="}
Run = Callable[[Mapping[str, Vector], int], Vector]


@dataclass(frozen=True)
class Expression:
    """A checked expression. `kind` of the result; `columns` it reads."""

    text: str
    kind: Kind
    columns: frozenset[str]
    run: Run

    def values(self, frame: pd.DataFrame) -> Vector:
        """The result for each row of `frame`, (n,)."""
        return self.run({c: vector(frame[c]) for c in self.columns}, len(frame))

    def is_false(self, frame: pd.DataFrame) -> np.ndarray:
        """(n,) rows where the rule is known to be broken; unknown is not broken."""
        return self._truth(frame).false

    def is_true(self, frame: pd.DataFrame) -> np.ndarray:
        """(n,) rows where the rule is known to hold."""
        return self._truth(frame).true

    def _truth(self, frame: pd.DataFrame) -> Truth:
        result = self.values(frame)
        assert isinstance(result, Truth)  # compile_expression has checked the kind
        return result


def kinds_of(contract: Contract) -> dict[str, Kind]:
    """Kind of each output column of a contract."""
    names = {"integer": "number", "number": "number", "boolean": "boolean", "date": "date"}
    return {c.output: names.get(c.type, "text") for c in contract.columns.values()}


def compile_expression(
    text: str,
    kinds: Mapping[str, Kind],
    *,
    where: str,
    kind: Kind | None = None,
    error: type[EvaltoolsError] = RuleBookError,
) -> Expression:
    """Parse and check an expression. `kinds`: the columns it may name; `kind`: what it must give, if that matters.

    Raises `error` with the place for a syntax error, an unknown column or function, mixed kinds, what is not allowed.
    """
    return _Compiler(text, kinds, where, error).compile(kind)


class _Compiler:
    def __init__(self, text: str, kinds: Mapping[str, Kind], where: str, error: type[EvaltoolsError]) -> None:
        self.text, self.kinds, self.where, self.error = text, kinds, where, error
        self.columns: set[str] = set()

    def fail(self, seen: str, *, expected: str = "") -> NoReturn:
        raise self.error(f"{seen} in the expression {self.text!r}", where=self.where, expected=expected)

    def compile(self, kind: Kind | None) -> Expression:
        if len(self.text) > MAX_LENGTH:
            self.fail(f"more than {MAX_LENGTH} characters")
        try:
            tree = ast.parse(self.text.strip(), mode="eval")
        except (SyntaxError, ValueError, RecursionError, MemoryError) as exc:
            self.fail(f"it does not parse ({getattr(exc, 'msg', 'too deep')})", expected="e.g. income / persons < 4000")
        got, run = self.node(tree.body, 0)
        if kind is not None and got not in (kind, "missing"):
            self.fail(f"it gives {got}", expected=f"an expression that gives {kind}")
        return Expression(self.text, got, frozenset(self.columns), run)

    def node(self, node: ast.expr, depth: int) -> tuple[Kind, Run]:
        if depth > MAX_DEPTH:
            self.fail(f"nested deeper than {MAX_DEPTH}")
        method = getattr(self, "_" + type(node).__name__.lower(), None)
        if method is None:
            self.fail(
                f"{type(node).__name__} is not allowed",
                expected="columns, constants, + - * / % //, comparisons, and or not, functions",
            )
        return method(node, depth + 1)

    def _constant(self, node: ast.Constant, depth: int) -> tuple[Kind, Run]:
        value = node.value
        if value is None:
            return "missing", lambda _, n: constant(None, n)
        kinds = {bool: "boolean", int: "number", float: "number", str: "text"}
        if type(value) not in kinds:
            self.fail(f"a constant of type {type(value).__name__}")
        return kinds[type(value)], lambda _, n: constant(value, n)

    def _name(self, node: ast.Name, depth: int) -> tuple[Kind, Run]:
        return self._column(node.id)

    def _column(self, name: str) -> tuple[Kind, Run]:
        if name not in self.kinds:
            self.fail(f"unknown column {name!r}", expected=nearest(name, self.kinds))
        self.columns.add(name)
        return self.kinds[name], lambda env, _: env[name]

    def _boolop(self, node: ast.BoolOp, depth: int) -> tuple[Kind, Run]:
        runs = [self.want("boolean", v, depth) for v in node.values]
        is_and = isinstance(node.op, ast.And)

        def run(env: Mapping[str, Vector], n: int) -> Vector:
            parts: list[Any] = [r(env, n) for r in runs]
            result = parts[0]
            for part in parts[1:]:
                result = result & part if is_and else result | part
            return result

        return "boolean", run

    def _unaryop(self, node: ast.UnaryOp, depth: int) -> tuple[Kind, Run]:
        if isinstance(node.op, ast.Not):
            inner = self.want("boolean", node.operand, depth)
            return "boolean", lambda env, n: invert(inner(env, n))
        if not isinstance(node.op, ast.USub):
            self.fail("this operator is not allowed", expected="not, or a minus sign")
        number = self.want("number", node.operand, depth)
        return "number", lambda env, n: -number(env, n)

    def _binop(self, node: ast.BinOp, depth: int) -> tuple[Kind, Run]:
        symbol = _ARITHMETIC.get(type(node.op))
        if symbol is None:
            self.fail("this operator is not allowed", expected="+ - * / % //")
        left, right = self.want("number", node.left, depth), self.want("number", node.right, depth)
        return "number", lambda env, n: arithmetic(symbol, left(env, n), right(env, n))

    def _compare(self, node: ast.Compare, depth: int) -> tuple[Kind, Run]:
        runs: list[Run] = []
        left = node.left
        for op, right in zip(node.ops, node.comparators, strict=True):
            runs.append(self.pair(op, left, right, depth))
            left = right

        def run(env: Mapping[str, Vector], n: int) -> Vector:
            result: Any = runs[0](env, n)
            for other in runs[1:]:
                result = result & other(env, n)
            return result

        return "boolean", run

    def pair(self, op: ast.cmpop, left: ast.expr, right: ast.expr, depth: int) -> Run:
        kind, one = self.node(left, depth)
        if isinstance(op, ast.In | ast.NotIn):
            allowed = self.constants(right, kind)
            negate = isinstance(op, ast.NotIn)
            return lambda env, n: (
                invert(membership(one(env, n), allowed)) if negate else membership(one(env, n), allowed)
            )
        symbol = _COMPARE.get(type(op))
        if symbol is None:
            self.fail(
                "this comparison is not allowed", expected="== != < <= > >= in, not in; is_missing(x) for unknown"
            )
        other, two = self.node(right, depth)
        if kind != other:
            self.fail(f"{kind} compared with {other}", expected="two values of one kind; is_missing(x) for unknown")
        if kind == "boolean" and symbol not in ("==", "!="):
            self.fail("yes/no values have no order", expected="== or !=")
        return lambda env, n: compare(symbol, one(env, n), two(env, n))

    def constants(self, node: ast.expr, kind: Kind) -> list[Any]:
        if not isinstance(node, ast.List | ast.Tuple | ast.Set):
            self.fail("'in' needs a list", expected="x in ['a', 'b']")
        types = {"number": int | float, "text": str}.get(kind)
        values = [
            e.value if isinstance(e, ast.Constant) else self.fail("a list of constants is needed") for e in node.elts
        ]
        if types is None or not all(isinstance(v, types) and not isinstance(v, bool) for v in values):
            self.fail(f"the list does not hold {kind} values", expected="numbers or texts of the column's kind")
        return values

    def _ifexp(self, node: ast.IfExp, depth: int) -> tuple[Kind, Run]:
        return self.choose([node.test, node.body, node.orelse], depth)

    def _call(self, node: ast.Call, depth: int) -> tuple[Kind, Run]:
        if not isinstance(node.func, ast.Name) or node.keywords:
            self.fail("only plain function calls are allowed", expected="e.g. round(x, 2)")
        name, args = node.func.id, node.args
        if name == "column":
            if len(args) != 1 or not isinstance(args[0], ast.Constant) or not isinstance(args[0].value, str):
                self.fail("column() needs one text", expected="column('年收入（元）')")
            return self._column(args[0].value)
        if name == "when":
            return self.choose(args, depth)
        if name not in FUNCTIONS:
            self.fail(f"unknown function {name!r}", expected=nearest(name, [*FUNCTIONS, "when", "column"]))
        function = FUNCTIONS[name]
        if not function.least <= len(args) <= function.most:
            self.fail(f"{name} takes {function.least} to {function.most} values, {len(args)} given")
        runs, kinds = [], []
        for i, arg in enumerate(args):
            kind, run = self.node(arg, depth)
            wanted = function.kinds[min(i, len(function.kinds) - 1)]
            if wanted == "constant":
                self._check_constant(name, arg)
            elif wanted == "same":
                if kind not in (kinds[0] if kinds else kind, "missing"):
                    self.fail(f"{name} mixes {kinds[0]} and {kind}")
            elif wanted not in ("any", kind):
                self.fail(f"value {i + 1} of {name} is {kind}", expected=wanted)
            runs.append(run)
            kinds.append(kind)
        result = kinds[0] if function.result == "same" else function.result
        return result, lambda env, n: function.call(n, *[r(env, n) for r in runs])

    def _check_constant(self, name: str, node: ast.expr) -> None:
        """date() takes a written date; widths and digits are whole numbers."""
        value = node.value if isinstance(node, ast.Constant) else None
        if name == "date":
            try:
                dt.date.fromisoformat(value if isinstance(value, str) else "")
            except ValueError:
                self.fail("not a date", expected="date('2020-12-31')")
        elif type(value) is not int or not 0 <= value <= 100:
            self.fail(f"{name} needs a whole number", expected=f"{name}(x, 2)")

    def choose(self, args: list[ast.expr], depth: int) -> tuple[Kind, Run]:
        """when(condition, value, [condition, value, ...] otherwise): the first condition that is true decides."""
        if len(args) < 3 or len(args) % 2 == 0:
            self.fail("when() needs condition, value, ..., otherwise", expected="when(a > 1, 'x', 'y')")
        tests = [self.want("boolean", a, depth) for a in args[:-1:2]]
        nodes = [self.node(a, depth) for a in [*args[1:-1:2], args[-1]]]
        kinds = {k for k, _ in nodes} - {"missing"}
        if len(kinds) > 1:
            self.fail(f"when() gives {' or '.join(sorted(kinds))}", expected="values of one kind")
        kind = kinds.pop() if kinds else "missing"

        def run(env: Mapping[str, Vector], n: int) -> Vector:
            return where([t(env, n) for t in tests], [r(env, n) for _, r in nodes], kind, n)

        return kind, run

    def want(self, kind: Kind, node: ast.expr, depth: int) -> Run:
        got, run = self.node(node, depth)
        if got != kind:
            self.fail(f"{ast.unparse(node)} is {got}", expected=kind)
        return run
