"""Interval arithmetic on published figures: a value, and how far its printing lets it lie on either side."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction

from evaltools.errors import RuleBookError
from evaltools.standards.facts import Bound, Claim
from evaltools.standards.relations import Expression


@dataclass(frozen=True)
class Span:
    """A value with the interval around it, low <= value <= high; `step` is one unit of the last printed digit."""

    value: Fraction
    low: Bound
    high: Bound
    step: Fraction = Fraction(0)

    def overlaps(self, other: Span) -> bool:
        return self.low <= other.high and other.low <= self.high


def evaluate(expression: Expression, claims: Mapping[str, Claim]) -> Span:
    """The value of an expression with the interval that its terms allow."""
    if expression.operation == "number":
        return Span(expression.number, expression.number, expression.number)
    if expression.operation == "claim":
        claim = claims[expression.claim]
        if claim.value is None or claim.low is None or claim.high is None:
            raise RuleBookError(f"claim {claim.id!r} is wording without a number", where="claims")
        return Span(claim.value, claim.low, claim.high, claim.resolution)
    spans = [evaluate(term, claims) for term in expression.terms]
    result = spans[0]
    for span in spans[1:]:
        result = _OPERATIONS[expression.operation](result, span)
    return result


def _add(a: Span, b: Span) -> Span:
    return Span(a.value + b.value, a.low + b.low, a.high + b.high)


def _subtract(a: Span, b: Span) -> Span:
    return Span(a.value - b.value, a.low - b.high, a.high - b.low)


def _multiply(a: Span, b: Span) -> Span:
    ends = [x * y if x and y else Fraction(0) for x in (a.low, a.high) for y in (b.low, b.high)]
    return Span(a.value * b.value, min(ends), max(ends))


def _divide(a: Span, b: Span) -> Span:
    if b.low <= 0 <= b.high:
        seen = f"division by an interval that holds zero: [{float(b.low)}, {float(b.high)}]"
        raise RuleBookError(seen, where="claims", expected="a denominator that cannot be zero")
    inverse = [Fraction(0) if x == math.inf else 1 / Fraction(x) for x in (b.low, b.high)]
    return _multiply(a, Span(1 / b.value, min(inverse), max(inverse)))


_OPERATIONS = {"sum": _add, "difference": _subtract, "product": _multiply, "quotient": _divide}


def written(expression: Expression, claims: Mapping[str, Claim]) -> str:
    """The expression with the figures as they are printed: 172亿 + 379亿 + 120亿."""
    if expression.operation == "number":
        return f"{float(expression.number):g}"
    if expression.operation == "claim":
        return claims[expression.claim].written
    sign = {"sum": " + ", "difference": " − ", "product": " × ", "quotient": " ÷ "}[expression.operation]
    inner = [written(t, claims) for t in expression.terms]
    nested = [f"({w})" if t.terms and sign != " + " else w for w, t in zip(inner, expression.terms, strict=True)]
    return sign.join(nested)


def plain(span: Span, *, percent: bool = False) -> str:
    """A span as digits: the value, and the interval where there is one. percent : shares as per cent"""
    if span.low == span.high:
        return _shown(span.value, percent)
    top = "∞" if span.high == math.inf else _shown(span.high, percent)
    return f"{_shown(span.value, percent)} [{_shown(span.low, percent)}, {top}]"


def _shown(number: Bound, percent: bool) -> str:
    value = float(number)
    if percent:
        return f"{100 * value:.6g}%"
    for limit, scale, name in ((1e8, 1e8, "亿"), (1e4, 1e4, "万")):
        if abs(value) >= limit:
            return f"{value / scale:,.6g}{name}"
    return f"{value:,.6g}"
