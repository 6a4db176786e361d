"""The closed language of catalogue entries, compiled to steps over columns: one row in, one value out, three-valued.

Text is parsed with Python's grammar; only the forms below are accepted, nothing is evaluated as Python, and a name can
only be a column of the entry's own table, so that an expression reads neither files nor other tables.

    columns and names the file defines, numbers, 'texts', True, False
    + - * /   (a division by zero is unknown)
    == != < <= > >=   in ['a', 'b']   not in   and   or   not    a < b < c
    is_missing(x)  abs(x)  floor(x)  min(a, b, ...)  max(a, b, ...)  when(condition, value, ..., otherwise)
    year(date)  month(date)  days(a, b)  months(a, b)  date('2020-12-31')  prefix(text, n)  month_day(date)
    rule('id')        the rule's value for the row's city and year; unknown where it is undefined
    passes(x, 'id')   x compared with the rule's value the way the rule says
    as_of()  report_year()      the date of the evaluation and its year

Logic is Kleene's: unknown and false is false, unknown or true is true, else unknown stays unknown.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any, NoReturn

import numpy as np

from evaltools.errors import RuleBookError, nearest
from evaltools.indicators.engine import values as v
from evaltools.indicators.engine.functions import FUNCTIONS
from evaltools.indicators.engine.step import Step
from evaltools.intake import Contract

MAX_LENGTH, MAX_DEPTH = 1000, 30
_SHOWN = 300
KINDS = {
    "integer": "number",
    "number": "number",
    "boolean": "boolean",
    "date": "date",
    "text": "text",
    "category": "text",
}
RULE_KINDS = {
    "number": "number",
    "boolean": "boolean",
    "date": "date",
    "month_day": "text",
    "code": "text",
    "list": "list",
}
_ARITHMETIC: dict[type, tuple[str, Callable[..., Any]]] = {
    ast.Add: ("+", np.add), ast.Sub: ("-", np.subtract), ast.Mult: ("*", np.multiply), ast.Div: ("/", v.divided),
}  # fmt: skip
_COMPARE = {ast.Eq: "=", ast.NotEq: "<>", ast.Lt: "<", ast.LtE: "<=", ast.Gt: ">", ast.GtE: ">="}


@dataclass(frozen=True)
class RuleType:
    """What the language needs to know of a rule: the kind of its values and its comparison."""

    kind: str
    comparison: str


@dataclass(frozen=True)
class Compiled:
    """An expression as a step over the columns of one row. `columns`, `rules`: what it reads; `kind` of its result."""

    text: str
    step: Step
    kind: str
    columns: frozenset[str]
    rules: frozenset[str]
    foreign: frozenset[str] = frozenset()
    """Names it uses that are no columns of its table (see `joins`)."""


@dataclass(frozen=True)
class Foreign:
    """A name that stands for something outside the table's own columns: its kind, what the rows know it by, the values
    of a category."""

    kind: str
    name: str
    values: Mapping[str, str] = field(default_factory=dict)


def compile_expression(
    text: str,
    contract: Contract,
    rules: Mapping[str, RuleType],
    *,
    where: str,
    kind: str | None = None,
    names: Mapping[str, str] | None = None,
    foreign: Mapping[str, Foreign] | None = None,
) -> Compiled:
    """Parse, check and compile. Raises RuleBookError with the place for anything unknown, mixed or not allowed.

    contract : of the entry's table; rules : id -> type; where : file, entry, key; kind : what the result must be;
    names : expressions that the file gave a name (`define:`), usable like columns; foreign : columns from elsewhere
    """
    compiler = _Compiler(text, contract, rules, where, names or {}, foreign or {})
    found, step = compiler.run()
    if kind is not None and found != kind:
        compiler.fail(f"it gives {found}", expected=f"an expression that gives {kind}")
    return Compiled(
        text, step, found, frozenset(compiler.columns), frozenset(compiler.used), frozenset(compiler.foreign_used)
    )  # fmt: skip


@dataclass
class _Compiler:
    text: str
    contract: Contract
    rules: Mapping[str, RuleType]
    where: str
    names: Mapping[str, str] = field(default_factory=dict)
    foreign: Mapping[str, Foreign] = field(default_factory=dict)
    columns: set[str] = field(default_factory=set)
    used: set[str] = field(default_factory=set)
    foreign_used: set[str] = field(default_factory=set)

    def fail(self, seen: str, *, expected: str = "") -> NoReturn:
        text = self.text if len(self.text) <= _SHOWN else f"{self.text[:_SHOWN]}…"
        raise RuleBookError(f"{seen} in the expression {text!r}", where=self.where, expected=expected)

    def run(self) -> tuple[str, Step]:
        return self.node(self.parse(self.text), 0)

    def parse(self, text: str) -> ast.expr:
        """The tree of one text."""
        if len(text) > MAX_LENGTH:
            self.fail(f"more than {MAX_LENGTH} characters")
        try:
            return ast.parse(text.strip(), mode="eval").body
        except (SyntaxError, ValueError, RecursionError, MemoryError) as exc:
            self.fail(f"it does not parse ({getattr(exc, 'msg', 'too deep')})", expected="e.g. persons >= 3")

    def node(self, node: ast.expr, depth: int) -> tuple[str, Step]:
        """(kind, step) of a node."""
        if depth > MAX_DEPTH:
            self.fail(f"nested deeper than {MAX_DEPTH}")
        method = _FORMS.get(type(node))
        if method is None:
            self.fail(f"{type(node).__name__} is not allowed", expected="columns, constants, + - * /, comparisons, functions")
        return method(self, node, depth + 1)

    def want(self, kind: str, node: ast.expr, depth: int) -> Step:
        """The step of a node that must have this kind."""
        found, step = self.node(node, depth)
        if found != kind:
            self.fail(f"{ast.unparse(node)} is {found}", expected=kind)
        return step

    def constant(self, node: ast.Constant, depth: int) -> tuple[str, Step]:
        value = node.value
        if isinstance(value, bool):
            return "boolean", Step.constant(value)
        if isinstance(value, int | float):
            return "number", Step.constant(float(value))
        if not isinstance(value, str):
            self.fail(f"a constant of type {type(value).__name__}", expected="a number, a text, True or False")
        return "text", Step.constant(value)

    def name(self, node: ast.Name, depth: int) -> tuple[str, Step]:
        columns = {c.output: c for c in self.contract.columns.values() if not c.identifying}
        if node.id in self.names:
            return self.node(self.parse(self.names[node.id]), depth)
        if node.id in self.foreign:
            foreign = self.foreign[node.id]
            self.foreign_used.add(node.id)
            return foreign.kind, Step.leaf("foreign", foreign.name)
        if node.id not in columns:
            self.fail(f"unknown column {node.id!r}", expected=nearest(node.id, [*columns, *self.names, *self.foreign]))
        self.columns.add(node.id)
        return KINDS[columns[node.id].type], Step.leaf("column", node.id)

    def boolop(self, node: ast.BoolOp, depth: int) -> tuple[str, Step]:
        word, apply = ("and", v.both) if isinstance(node.op, ast.And) else ("or", v.either)
        return "boolean", Step.of(word, apply, *(self.want("boolean", part, depth) for part in node.values))

    def unaryop(self, node: ast.UnaryOp, depth: int) -> tuple[str, Step]:
        if isinstance(node.op, ast.Not):
            return "boolean", Step.of("not", v.negated, self.want("boolean", node.operand, depth))
        if not isinstance(node.op, ast.USub):
            self.fail("this operator is not allowed", expected="not, or a minus sign")
        return "number", Step.of("minus", np.negative, self.want("number", node.operand, depth))

    def binop(self, node: ast.BinOp, depth: int) -> tuple[str, Step]:
        found = _ARITHMETIC.get(type(node.op))
        if found is None:
            self.fail("this operator is not allowed", expected="+ - * /")
        left, right = self.want("number", node.left, depth), self.want("number", node.right, depth)
        return "number", Step.of(found[0], found[1], left, right)

    def compare(self, node: ast.Compare, depth: int) -> tuple[str, Step]:
        parts, left = [], node.left
        for op, right in zip(node.ops, node.comparators, strict=True):
            parts.append(self.pair(op, left, right, depth))
            left = right
        return "boolean", parts[0] if len(parts) == 1 else Step.of("and", v.both, *parts)

    def pair(self, op: ast.cmpop, left: ast.expr, right: ast.expr, depth: int) -> Step:
        """One comparison."""
        kind, one = self.node(left, depth)
        if isinstance(op, ast.In | ast.NotIn):
            members = self.members(right, kind, left)
            inside = Step.of(f"in {members!r}", partial(v.member, members), one)
            return Step.of("not", v.negated, inside) if isinstance(op, ast.NotIn) else inside
        sign = _COMPARE.get(type(op))
        if sign is None:
            self.fail("this comparison is not allowed", expected="== != < <= > >= in; is_missing(x) for unknown")
        other, two = self.node(right, depth)
        if kind != other:
            self.fail(f"{kind} compared with {other}", expected="two values of one kind; is_missing(x) for unknown")
        if kind in ("boolean", "list") and sign not in ("=", "<>"):
            self.fail(f"{kind} values have no order", expected="== or !=")
        self.known_value(left, right)
        self.known_value(right, left)
        return Step.of(sign, partial(v.compare, sign), one, two)

    def members(self, node: ast.expr, kind: str, column: ast.expr) -> list[Any]:
        """The constants of a list."""
        if not isinstance(node, ast.List | ast.Tuple) or not node.elts:
            self.fail("'in' needs a list", expected="x in ['a', 'b']")
        out = []
        for item in node.elts:
            if not isinstance(item, ast.Constant):
                self.fail("a list of constants is needed")
            found, _ = self.constant(item, 0)
            if found != kind:
                self.fail(f"the list holds {found}", expected=kind)
            self.known_value(column, item)
            out.append(item.value)
        return out

    def known_value(self, column: ast.expr, constant: ast.expr) -> None:
        """Refuse a value that a category cannot have: it would silently never be true."""
        if not isinstance(column, ast.Name) or not isinstance(constant, ast.Constant):
            return
        allowed: Mapping[str, str] = next((c.values for c in self.contract.columns.values() if c.output == column.id), {})
        if column.id in self.foreign:
            allowed = self.foreign[column.id].values
        if allowed and isinstance(constant.value, str) and constant.value not in allowed:
            self.fail(f"{column.id} is never {constant.value!r}", expected=nearest(constant.value, allowed))

    def call(self, node: ast.Call, depth: int) -> tuple[str, Step]:
        if not isinstance(node.func, ast.Name) or node.keywords:
            self.fail("only plain function calls are allowed", expected="e.g. days(paid_date, due_date)")
        function = FUNCTIONS.get(node.func.id)
        if function is None:
            self.fail(f"unknown function {node.func.id!r}", expected=nearest(node.func.id, FUNCTIONS))
        return function(self, node.args, depth)

    def arity(self, args: list[ast.expr], least: int, most: int, name: str) -> None:
        if not least <= len(args) <= most:
            self.fail(f"{name} takes {least} to {most} values, {len(args)} given")

    def rule_type(self, node: ast.expr) -> tuple[str, RuleType]:
        """Id and type of the rule a constant names."""
        rule_id = node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else None
        if rule_id is None or rule_id not in self.rules:
            self.fail(f"unknown rule {ast.unparse(node)}", expected=nearest(str(rule_id), self.rules))
        self.used.add(rule_id)
        return rule_id, self.rules[rule_id]


_FORMS: dict[type, Any] = {
    ast.Constant: _Compiler.constant, ast.Name: _Compiler.name, ast.BoolOp: _Compiler.boolop,
    ast.UnaryOp: _Compiler.unaryop, ast.BinOp: _Compiler.binop, ast.Compare: _Compiler.compare,
    ast.Call: _Compiler.call,
}  # fmt: skip
