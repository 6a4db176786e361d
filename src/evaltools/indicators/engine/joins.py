"""Columns that gather rows of another table for each row of an entry's own: `joins:` at the top of a catalogue file.

    joins:
      leader_visits:
        table: visits
        on: {village_code: village_code, year: year}    # theirs: ours; a row with an unknown key of ours stays unknown
        where: "kind == 'leader_visit'"                 # over their columns; ours as row_<column>
        count: true                                     # or one of sum, first, last, median, any: an expression
      income_before: {table: villages, on: {village_code: village_code}, lag: 1, first: collective_income_yuan}

`lag: 1` takes their rows of the year before ours. A count or sum over no rows is 0; first (the least), last (the
greatest), median and any of no rows are unknown. One row that may or may not belong, or whose value is unknown, leaves
the result unknown, but for `any` once a known row is true, and for the median, which is over the known values.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from hashlib import sha256

from evaltools.indicators.engine.language import KINDS, Compiled, Foreign, RuleType, compile_expression
from evaltools.intake import Contract, contract_names, load_contract
from evaltools.standards import Block, Fields

HOW: tuple[str, ...] = ("count", "sum", "first", "last", "median", "any")
OURS = "row_"
"""Before the name of a column of ours, in the condition on theirs."""
_WANTS = {"sum": "number", "median": "number", "any": "boolean"}


@dataclass(frozen=True)
class Key:
    """A column of theirs that must equal one of ours, less `lag`."""

    theirs: str
    ours: str
    kind: str
    lag: int = 0


@dataclass(frozen=True)
class Join:
    """One gathered column: what `how` makes of `value` over their rows with our keys for which `condition` holds.

    kind : of its values; needed : parts of the condition that speak of their row alone: one that fails them is out;
    own, theirs : columns it reads of our and of the other table; values : of a category
    """

    name: str
    table: str
    kind: str
    how: str
    keys: tuple[Key, ...]
    condition: Compiled | None
    value: Compiled | None
    needed: tuple[Compiled, ...]
    values: Mapping[str, str]
    own: frozenset[str]
    theirs: frozenset[str]

    @cached_property
    def rules(self) -> frozenset[str]:
        """Rules whose values it reads: those of our row's city and year."""
        return frozenset().union(*(e.rules for e in (self.condition, self.value) if e))

    @cached_property
    def column(self) -> str:
        """Name of the gathered column; two files may give one name to different joins."""
        steps = [e.step.key if e else "" for e in (self.condition, self.value)]
        text = repr((self.table, self.how, self.keys, steps))
        return f"{self.name}:{sha256(text.encode()).hexdigest()[:8]}"

    @property
    def foreign(self) -> Foreign:
        """What the language needs to know of it."""
        return Foreign(self.kind, self.column, self.values)

    @property
    def reads_our_row(self) -> bool:
        """Whether more of our row matters than its keys."""
        return any(_needs_our_row(e) for e in (self.condition, self.value) if e)


def read_joins(block: Block, file: str, contract: Contract, types: Mapping[str, RuleType]) -> dict[str, Join]:
    """The joins of a file whose entries read the table of `contract`. Raises RuleBookError with file, join and key."""
    found: dict[str, Join] = {}
    for name, entry in block.items():
        f = Fields(entry if isinstance(entry, Block) else Block(), file, str(name))
        if not isinstance(entry, Block) or not str(name).isidentifier() or name in contract.output_columns:
            f.fail("joins", f"{name!r} is no new name with a mapping", expected="joins: {name: {table: ..., on: ...}}")
        found[name] = _join(f, name, contract, types)
    return found


def _join(f: Fields, name: str, own: Contract, types: Mapping[str, RuleType]) -> Join:
    f.only(("table", "on", "lag", "where", *HOW))
    theirs = load_contract(f.choice("table", contract_names()))
    chosen = [h for h in HOW if h in f.block]
    if len(chosen) != 1 or (chosen == ["count"] and f.block["count"] != "true"):
        f.fail("count", "not exactly one way to gather", expected=f"count: true, or one of {', '.join(HOW[1:])}: column")
    how = chosen[0]
    keys = _keys(f, own, theirs)
    rows = {f"{OURS}{c.output}": Foreign(KINDS[c.type], f"{OURS}{c.output}", c.values)
            for c in own.columns.values() if not c.identifying}  # fmt: skip

    def compiled_as(text: str, key: str, kind: str | None) -> Compiled:
        where = f"{f.file}, line {f.block.line}, join {f.entry}, key {key}"
        return compile_expression(text, theirs, types, where=where, kind=kind, foreign=rows)

    condition = compiled_as(f.text("where"), "where", "boolean") if "where" in f.block else None
    value = compiled_as(f.text(how), how, _WANTS.get(how)) if how != "count" else None
    parts = [e for e in (condition, value) if e is not None]
    column = next((c for c in theirs.columns.values() if value and c.output == value.text), None)
    return Join(
        name, theirs.table, value.kind if value else "number", how, keys, condition, value,
        tuple(p for p in _parts(condition, compiled_as) if not _needs_our_row(p)), column.values if column else {},
        own=frozenset(n.removeprefix(OURS) for e in parts for n in e.foreign) | {k.ours for k in keys},
        theirs=frozenset().union(*(e.columns for e in parts)) | {k.theirs for k in keys},
    )  # fmt: skip


def _needs_our_row(e: Compiled) -> bool:
    """Whether it reads our row, or a rule, which is that of our row's city and year."""
    return not e.step.sources <= {"column"}


def _parts(condition: Compiled | None, compiled_as: Callable[[str, str, str | None], Compiled]) -> list[Compiled]:
    """The parts of a conjunction: a row that is known to fail one of them needs no further look."""
    tree = ast.parse(condition.text, mode="eval").body if condition else None
    if not isinstance(tree, ast.BoolOp) or not isinstance(tree.op, ast.And):
        return [condition] if condition else []
    return [compiled_as(ast.unparse(part), "where", "boolean") for part in tree.values]


def _keys(f: Fields, own: Contract, theirs: Contract) -> tuple[Key, ...]:
    """The columns of theirs and ours that must be equal."""
    on = f.block.get("on", {})
    if not isinstance(on, dict) or not (on or "lag" in f.block):
        f.fail("on", "no keys", expected="on: {their column: our column}")
    pairs = [(str(a), str(b)) for a, b in on.items()]
    for column, contract in [(a, theirs) for a, _ in pairs] + [(b, own) for _, b in pairs]:
        if column not in contract.output_columns:
            f.fail("on", f"table {contract.table} has no column {column!r}", expected="on: {their column: our column}")
    for a, b in pairs:
        if KINDS[theirs.column_of_output(a).type] != KINDS[own.column_of_output(b).type]:
            f.fail("on", f"{a} and {b} are of different kinds", expected="two columns of one kind")
    keys = [Key(a, b, KINDS[theirs.column_of_output(a).type]) for a, b in pairs]
    if "lag" in f.block:
        years, lag = (theirs.year_column, own.year_column), f.text("lag")
        if not lag.isdecimal() or lag == "0" or not all(years) or any(a == years[0] for a, _ in pairs):
            f.fail("lag", f"{lag!r} cannot be used here", expected="a whole number of years, both tables with a year")
        keys.append(Key(str(years[0]), str(years[1]), "number", int(lag)))
    return tuple(keys)
