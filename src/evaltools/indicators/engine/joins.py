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

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from hashlib import sha256

from evaltools.indicators.engine.language import KINDS, Compiled, Foreign, RuleType, compile_expression, quoted
from evaltools.intake import Contract, contract_names, load_contract
from evaltools.standards import Block, Fields

HOW: tuple[str, ...] = ("count", "sum", "first", "last", "median", "any")
_WANTS = {"sum": "number", "median": "number", "any": "boolean"}
OPEN = "coalesce(bool_or(hit IS NULL OR (hit AND v IS NULL)), FALSE)"
_SQL = {
    "count": "CASE WHEN coalesce(bool_or(hit IS NULL), FALSE) THEN NULL"
    " ELSE CAST(count(*) FILTER (WHERE hit) AS DOUBLE) END",
    "sum": f"CASE WHEN {OPEN} THEN NULL ELSE"
    " coalesce(CAST(sum(CAST(v AS DECIMAL(38, 9))) FILTER (WHERE hit) AS DOUBLE), 0) END",
    "first": f"CASE WHEN {OPEN} THEN NULL ELSE min(v) FILTER (WHERE hit) END",
    "last": f"CASE WHEN {OPEN} THEN NULL ELSE max(v) FILTER (WHERE hit) END",
    "median": "median(v) FILTER (WHERE hit)",
    "any": f"CASE WHEN coalesce(bool_or(hit AND v), FALSE) THEN TRUE WHEN {OPEN} THEN NULL"
    " WHEN count(*) FILTER (WHERE hit) > 0 THEN FALSE END",
}


@dataclass(frozen=True)
class Join:
    """One gathered column. `kind` of its values; `own`, `theirs`: columns it reads of our and of the other table."""

    name: str
    table: str
    kind: str
    values: Mapping[str, str]
    sql: str
    own: frozenset[str]
    theirs: frozenset[str]
    rules: frozenset[str]

    @property
    def column(self) -> str:
        """SQL name of the gathered column; two files may give one name to different joins."""
        return quoted(f"join:{self.name}:{sha256(self.sql.encode()).hexdigest()[:8]}")

    @property
    def foreign(self) -> Foreign:
        """What the language needs to know of it."""
        return Foreign(self.kind, self.column, self.values)


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
        f.fail(
            "count", "not exactly one way to gather", expected=f"count: true, or one of {', '.join(HOW[1:])}: column"
        )
    how = chosen[0]
    keys, own_keys, key_columns = _keys(f, own, theirs)
    rows = {f"row_{c.output}": Foreign(KINDS[c.type], f"p.{quoted(c.output)}", c.values)
            for c in own.columns.values() if not c.identifying}  # fmt: skip

    def compiled(key: str, kind: str | None) -> Compiled:
        where = f"{f.file}, line {f.block.line}, join {f.entry}, key {key}"
        return compile_expression(f.text(key), theirs, types, where=where, kind=kind, foreign=rows)

    condition = compiled("where", "boolean") if "where" in f.block else None
    value = compiled(how, _WANTS.get(how)) if how != "count" else None
    parts = [e for e in (condition, value) if e is not None]
    read = frozenset().union(*(e.columns for e in parts)) | key_columns
    outer = frozenset(n.removeprefix("row_") for e in parts for n in e.foreign) | frozenset(own_keys)
    inner = (
        f"SELECT {condition.sql if condition else 'TRUE'} AS hit, {value.sql if value else 'NULL'} AS v"
        f" FROM {joined_name(theirs.table)} AS j WHERE {' AND '.join(keys)}"
    )
    unknown = " OR ".join(f"p.{quoted(k)} IS NULL" for k in own_keys)
    sql = f"CASE WHEN {unknown} THEN NULL ELSE (SELECT {_SQL[how]} FROM ({inner})) END"
    column = next((c for c in theirs.columns.values() if value and c.output == value.text), None)
    return Join(
        name, theirs.table, value.kind if value else "number", column.values if column else {}, sql, outer, read,
        frozenset().union(*(e.rules for e in parts)),
    )  # fmt: skip


def _keys(f: Fields, own: Contract, theirs: Contract) -> tuple[list[str], list[str], frozenset[str]]:
    """SQL equalities, columns of ours and of theirs that they compare."""
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
    sql = [f"j.{quoted(a)} = p.{quoted(b)}" for a, b in pairs]
    if "lag" in f.block:
        years, lag = (theirs.year_column, own.year_column), f.text("lag")
        if not lag.isdecimal() or lag == "0" or not all(years) or any(a == years[0] for a, _ in pairs):
            f.fail("lag", f"{lag!r} cannot be used here", expected="a whole number of years, both tables with a year")
        pairs.append((str(years[0]), str(years[1])))
        sql.append(f"j.{quoted(pairs[-1][0])} = p.{quoted(pairs[-1][1])} - {int(lag)}")
    return sql, [b for _, b in pairs], frozenset(a for a, _ in pairs)


def joined_name(table: str) -> str:
    """Name of the common table expression that holds a joined table."""
    return f"joined_{table}"


def joined_tables(joins: Iterable[Join], relations: Mapping[str, str]) -> list[str]:
    """Common table expressions of the joined tables: only the columns read, in the language's kinds."""
    columns: dict[str, set[str]] = {}
    for join in joins:
        columns.setdefault(join.table, set()).update(join.theirs)
    return [
        f"{joined_name(table)} AS (SELECT {typed_columns(load_contract(table), sorted(names))}"
        f" FROM {relations[table]} AS t)"
        for table, names in sorted(columns.items())
    ]


def typed_columns(contract: Contract, names: Iterable[str]) -> str:
    """SQL of columns in the language's kinds; NaN is missing."""
    casts = {"number": "nullif(CAST(t.{0} AS DOUBLE), 'NaN'::DOUBLE)", "boolean": "CAST(t.{0} AS BOOLEAN)",
             "date": "CAST(t.{0} AS DATE)", "text": "CAST(t.{0} AS VARCHAR)"}  # fmt: skip
    return ", ".join(
        f"{casts[KINDS[contract.column_of_output(n).type]].format(quoted(n))} AS {quoted(n)}" for n in names
    )
