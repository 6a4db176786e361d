"""What published figures say about each other, and figures computed from them: data, checked for sense when read."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

from evaltools.errors import RuleBookError, nearest
from evaltools.standards.facts import Claims
from evaltools.standards.pairings import FOLDER
from evaltools.standards.yamlfile import Block, Fields, load_yaml, read_number

TWO_SIDED = ("partition", "sum", "product", "share", "mean", "equal", "conflict", "at_most", "reaches")
RELATION_KINDS = (*TWO_SIDED, "growth", "not_comparable")
OPERATIONS = ("sum", "product", "quotient", "difference")
_KEYS = ("id", "kind", "label", "left", "right", "claims", "current", "multiple", "reason", "inventory")
_DERIVED_KEYS = ("id", "label", "value", "unit", "entity", "rule", "note", "inventory")


@dataclass(frozen=True)
class Expression:
    """A claim, a number, or an operation on expressions."""

    operation: str
    """claim, number, sum, product, quotient or difference."""
    claim: str = ""
    number: Fraction = Fraction(0)
    terms: tuple[Expression, ...] = ()

    def claims(self) -> Iterator[str]:
        """Ids of the claims it stands on."""
        if self.claim:
            yield self.claim
        for term in self.terms:
            yield from term.claims()


@dataclass(frozen=True)
class Relation:
    """One statement between published figures. `sides` has two expressions, or the claims compared."""

    id: str
    kind: str
    label_zh: str
    label_en: str
    sides: tuple[Expression, ...]
    reason: str
    inventory: tuple[str, ...]

    def claims(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(c for side in self.sides for c in side.claims()))


@dataclass(frozen=True)
class Derived:
    """A figure computed from published ones; it was not published."""

    id: str
    label_zh: str
    label_en: str
    value: Expression
    unit: str
    entity: str
    rule: str
    note: str
    inventory: tuple[str, ...]


@dataclass(frozen=True)
class Relations:
    """All relations and derived figures, in the order of their file."""

    relations: tuple[Relation, ...]
    derived: tuple[Derived, ...]

    @staticmethod
    def load(claims: Claims, path: Path | str | None = None) -> Relations:
        """Read `relations.yaml`, packaged or a user's own. Raises RuleBookError for what cannot be compared."""
        path = Path(path) if path is not None else FOLDER / "claims" / "relations.yaml"
        top = Fields(load_yaml(path), path.name, "relations")
        top.only(("relations", "derived"))
        blocks, computed = top.block.get("relations", []), top.block.get("derived", [])
        relations = tuple(_relation(Fields(b, path.name, f"relation {i}"), claims) for i, b in enumerate(blocks, 1))
        derived = tuple(_derived(Fields(b, path.name, f"derived {i}"), claims) for i, b in enumerate(computed, 1))
        ids = [r.id for r in relations] + [d.id for d in derived]
        if len(set(ids)) < len(ids):
            twice = sorted({i for i in ids if ids.count(i) > 1})
            raise RuleBookError(f"defined twice: {', '.join(twice)}", where=path.name, expected="each id once")
        return Relations(relations, derived)


def _relation(fields: Fields, claims: Claims) -> Relation:
    fields.entry = fields.text("id")
    fields.only(_KEYS)
    kind = fields.choice("kind", RELATION_KINDS)
    zh, en = fields.labels()
    needed = {"growth": ("current", "multiple"), "not_comparable": ("claims",)}.get(kind, ("left", "right"))
    for key in ("left", "right", "current", "multiple", "claims"):
        if (key in fields.block) != (key in needed):
            fields.fail(key, f"{key!r} in a relation of kind {kind}", expected="the keys " + ", ".join(needed))
    if kind == "not_comparable":
        sides = tuple(_expression(c, "claims", fields, claims) for c in fields.texts("claims"))
    else:
        sides = tuple(_expression(fields.block[key], key, fields, claims) for key in needed)
    relation = Relation(fields.entry, kind, zh, en, sides, fields.text("reason", ""), fields.texts("inventory"))
    _check_sense(relation, fields, claims)
    return relation


def _derived(fields: Fields, claims: Claims) -> Derived:
    fields.entry = fields.text("id")
    fields.only(_DERIVED_KEYS)
    zh, en = fields.labels()
    return Derived(
        fields.entry, zh, en, _expression(fields.block.get("value"), "value", fields, claims),
        fields.choice("unit", claims.vocabulary.units), fields.text("entity"), fields.text("rule", ""),
        fields.text("note", ""), fields.texts("inventory"),
    )  # fmt: skip


def _expression(written: Any, key: str, fields: Fields, claims: Claims) -> Expression:
    if isinstance(written, Block):
        return _operation(written, key, fields, claims)
    if not isinstance(written, str) or not written:
        fields.fail(key, f"{written!r} is not an expression", expected="a claim, a number, or {sum: [...]}")
    if written in claims:
        if claims[written].value is None and fields.block.get("kind") != "not_comparable":
            fields.fail(key, f"claim {written!r} is wording without a number", expected="a claim with a value")
        return Expression("claim", claim=written)
    try:
        read_number(written)
    except ValueError:
        fields.fail(key, f"unknown claim {written!r}", expected=nearest(written, claims))
    return Expression("number", number=Fraction(written))


def _operation(block: Block, key: str, fields: Fields, claims: Claims) -> Expression:
    if len(block) != 1 or next(iter(block)) not in OPERATIONS:
        fields.fail(key, f"unknown operation {', '.join(block)}", expected="one of " + ", ".join(OPERATIONS))
    operation, written = next(iter(block.items()))
    if not isinstance(written, list) or len(written) < 2 or (operation in OPERATIONS[2:] and len(written) != 2):
        fields.fail(key, f"{operation} of {written!r}", expected="a list of terms; two for quotient and difference")
    terms = tuple(_expression(term, key, fields, claims) for term in written)
    if operation in ("sum", "difference"):
        _same_kind([t.claim for t in terms if t.claim], key, fields, claims)
    return Expression(operation, terms=terms)


def _same_kind(ids: list[str], key: str, fields: Fields, claims: Claims) -> None:
    """Numbers are joined only when they count the same thing in the same unit."""
    for a, b in itertools.pairwise(ids):
        one, two = claims[a], claims[b]
        if (one.unit, one.entity) != (two.unit, two.entity):
            fields.fail(
                key, f"{a} ({one.entity}, {one.unit}) and {b} ({two.entity}, {two.unit}) are not the same thing",
                expected="figures of one unit and entity", todo="numbers that merely coincide must not be joined",
            )  # fmt: skip


def _added(side: Expression) -> Iterator[str]:
    """Claims that a side consists of: itself, or the terms of a sum or difference."""
    if side.claim:
        yield side.claim
    elif side.operation in ("sum", "difference"):
        yield from (t.claim for t in side.terms if t.claim)


def _check_sense(relation: Relation, fields: Fields, claims: Claims) -> None:
    ids = [side.claim for side in relation.sides if side.claim]
    if relation.kind in ("equal", "conflict", "at_most", "reaches", "sum", "partition"):
        _same_kind([c for side in relation.sides for c in _added(side)], relation.kind, fields, claims)
    if relation.kind in ("conflict", "growth", "not_comparable") and not relation.reason:
        fields.fail("reason", f"a relation of kind {relation.kind} gives no reason", expected="reason: ...")
    if relation.kind != "not_comparable":
        return
    if len(ids) < 2:
        fields.fail("claims", "fewer than two claims", expected="claims: [a, b]")
    for a, b in itertools.combinations(ids, 2):
        one, two = claims[a], claims[b]
        if (one.unit, one.entity, one.scope) == (two.unit, two.entity, two.scope) and one.as_of == two.as_of:
            fields.fail("claims", f"{a} and {b} have one unit, entity, scope and date", expected="claims that differ")
