"""The functions of the catalogue's language: what each takes, and the step it becomes."""

from __future__ import annotations

import ast
import datetime as dt
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, NoReturn, Protocol

from evaltools.indicators.engine import values as v
from evaltools.indicators.engine.step import Step

if TYPE_CHECKING:
    from evaltools.indicators.engine.language import RuleType

_RULE_SIGN = {">=": ">=", ">": ">", "<=": "<=", "<": "<", "==": "="}


class Compiler(Protocol):
    """What compiling a function needs of the expression around it. See `language`"""

    def arity(self, args: list[ast.expr], least: int, most: int, name: str) -> None:
        """Refuse another number of values."""
        ...

    def rule_type(self, node: ast.expr) -> tuple[str, RuleType]:
        """Id and type of the rule a constant names."""
        ...

    def want(self, kind: str, node: ast.expr, depth: int) -> Step:
        """A part that must give a kind."""
        ...

    def node(self, node: ast.expr, depth: int) -> tuple[str, Step]:
        """Kind and step of a part."""
        ...

    def fail(self, seen: str, *, expected: str = "") -> NoReturn:
        """Refuse the expression."""
        ...


def _rule(c: Compiler, args: list[ast.expr], depth: int) -> tuple[str, Step]:
    c.arity(args, 1, 1, "rule")
    rule_id, rule = c.rule_type(args[0])
    return rule.kind, Step.leaf("rule", rule_id)


def _passes(c: Compiler, args: list[ast.expr], depth: int) -> tuple[str, Step]:
    c.arity(args, 2, 2, "passes")
    rule_id, rule = c.rule_type(args[1])
    limit = Step.leaf("rule", rule_id)
    if rule.comparison == "in":
        return "boolean", Step.of("listed", v.listed, limit, c.want("text", args[0], depth))
    if rule.comparison not in _RULE_SIGN or rule.kind == "list":
        c.fail(f"rule {rule_id} is no comparison of one value", expected="a rule with >= > <= < == or in")
    sign = _RULE_SIGN[rule.comparison]
    return "boolean", Step.of(sign, partial(v.compare, sign), c.want(rule.kind, args[0], depth), limit)


def _simple(name: str, kinds: tuple[str, ...], result: str) -> Callable[..., tuple[str, Step]]:
    def build(c: Compiler, args: list[ast.expr], depth: int) -> tuple[str, Step]:
        c.arity(args, len(kinds), len(kinds), name)
        return result, Step.of(name, v.FUNCTIONS[name], *(c.want(k, a, depth) for k, a in zip(kinds, args, strict=True)))

    return build


def _is_missing(c: Compiler, args: list[ast.expr], depth: int) -> tuple[str, Step]:
    c.arity(args, 1, 1, "is_missing")
    return "boolean", Step.of("is_missing", v.is_missing, c.node(args[0], depth)[1])


def _extreme(name: str) -> Callable[..., tuple[str, Step]]:
    def build(c: Compiler, args: list[ast.expr], depth: int) -> tuple[str, Step]:
        c.arity(args, 2, 10, name)
        return "number", Step.of(name, v.FUNCTIONS[name], *(c.want("number", a, depth) for a in args))

    return build


def _when(c: Compiler, args: list[ast.expr], depth: int) -> tuple[str, Step]:
    """The first condition that is true decides; one that is unknown before it leaves the result unknown."""
    if len(args) < 3 or len(args) % 2 == 0:
        c.fail("when() needs condition, value, ..., otherwise", expected="when(a > 1, 'x', 'y')")
    tests = [c.want("boolean", a, depth) for a in args[:-1:2]]
    values = [c.node(a, depth) for a in [*args[1:-1:2], args[-1]]]
    kinds = {k for k, _ in values}
    if len(kinds) > 1:
        c.fail(f"when() gives {' or '.join(sorted(kinds))}", expected="values of one kind")
    arms = [step for test, (_, value) in zip(tests, values, strict=False) for step in (test, value)]
    return kinds.pop(), Step.of("when", v.chosen, *arms, values[-1][1])


def _unknown_if(c: Compiler, args: list[ast.expr], depth: int) -> tuple[str, Step]:
    c.arity(args, 2, 2, "unknown_if")
    test = c.want("boolean", args[0], depth)
    kind, value = c.node(args[1], depth)
    return kind, Step.of("unknown_if", v.unknown_if, test, value)


def _date(c: Compiler, args: list[ast.expr], depth: int) -> tuple[str, Step]:
    c.arity(args, 1, 1, "date")
    value = args[0].value if isinstance(args[0], ast.Constant) else None
    try:
        day = dt.date.fromisoformat(value if isinstance(value, str) else "")
    except ValueError:
        c.fail("not a date", expected="date('2020-12-31')")
    return "date", Step.constant(days_of(day))


def days_of(day: dt.date) -> float:
    """A date as the language counts it: days since 1970-01-01."""
    return float((day - dt.date(1970, 1, 1)).days)


def _prefix(c: Compiler, args: list[ast.expr], depth: int) -> tuple[str, Step]:
    c.arity(args, 2, 2, "prefix")
    width = args[1].value if isinstance(args[1], ast.Constant) else None
    if type(width) is not int or not 0 < width < 100:
        c.fail("prefix needs a whole number", expected="prefix(village_code, 6)")
    return "text", Step.of(f"prefix {width}", partial(v.prefix, width), c.want("text", args[0], depth))


def _of_the_evaluation(name: str, kind: str) -> Callable[..., tuple[str, Step]]:
    def build(c: Compiler, args: list[ast.expr], depth: int) -> tuple[str, Step]:
        c.arity(args, 0, 0, name)
        return kind, Step.leaf("rule", name)

    return build


FUNCTIONS: dict[str, Callable[..., tuple[str, Step]]] = {
    "rule": _rule, "passes": _passes, "is_missing": _is_missing, "when": _when, "unknown_if": _unknown_if,
    "date": _date, "prefix": _prefix,
    "min": _extreme("min"), "max": _extreme("max"),
    "abs": _simple("abs", ("number",), "number"),
    "floor": _simple("floor", ("number",), "number"),
    "year": _simple("year", ("date",), "number"),
    "month": _simple("month", ("date",), "number"),
    "month_day": _simple("month_day", ("date",), "text"),
    "days": _simple("days", ("date", "date"), "number"),
    "months": _simple("months", ("date", "date"), "number"),
    "as_of": _of_the_evaluation("as_of", "date"),
    "report_year": _of_the_evaluation("report_year", "number"),
}  # fmt: skip
"""days(a, b) and months(a, b) count from b to a; months are whole ones completed."""
