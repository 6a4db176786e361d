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
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256

from evaltools.indicators.engine.language import KINDS, Compiled, Foreign, RuleType, compile_expression, literal, quoted
from evaltools.intake import Contract, contract_names, load_contract
from evaltools.standards import Block, Fields
from evaltools.terms import CITIES

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


_ALL = {
    "count": "CAST(count(*) AS DOUBLE)",
    "sum": "CASE WHEN count(v) < count(*) THEN NULL ELSE CAST(sum(CAST(v AS DECIMAL(38, 9))) AS DOUBLE) END",
    "first": "CASE WHEN count(v) < count(*) THEN NULL ELSE min(v) END",
    "last": "CASE WHEN count(v) < count(*) THEN NULL ELSE max(v) END",
    "median": "median(v)",
    "any": "CASE WHEN bool_or(v) THEN TRUE WHEN count(v) < count(*) THEN NULL ELSE FALSE END",
}
"""The same where every row of the key counts."""


@dataclass(frozen=True)
class Gathered:
    """A join that depends on our row by its key alone: their rows are grouped once and then looked up.

    theirs, ours : SQL of the keys, of theirs over `j` and of ours over `p`; condition : None for all rows
    """

    theirs: tuple[str, ...]
    ours: tuple[str, ...]
    condition: str | None
    value: str
    how: str


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
    gathered: Gathered | None = None
    """How to gather it for all keys at once, where nothing of our row but its key matters."""

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

    def compiled_as(text: str, key: str, kind: str | None) -> Compiled:
        where = f"{f.file}, line {f.block.line}, join {f.entry}, key {key}"
        return compile_expression(text, theirs, types, where=where, kind=kind, foreign=rows)

    def compiled(key: str, kind: str | None) -> Compiled:
        return compiled_as(f.text(key), key, kind)

    condition = compiled("where", "boolean") if "where" in f.block else None
    value = compiled(how, _WANTS.get(how)) if how != "count" else None
    parts = [e for e in (condition, value) if e is not None]
    read = frozenset().union(*(e.columns for e in parts)) | key_columns
    outer = frozenset(n.removeprefix("row_") for e in parts for n in e.foreign) | frozenset(own_keys)
    filters = [f"{a} = {b}" for a, b in keys]
    filters += [f"({part.sql}) IS NOT FALSE" for part in _settled(condition, compiled_as) if not _needs_our_row(part)]
    inner = (
        f"SELECT {condition.sql if condition else 'TRUE'} AS hit, {value.sql if value else 'NULL'} AS v"
        f" FROM {joined_name(theirs.table)} AS j WHERE {' AND '.join(filters)}"
    )
    unknown = " OR ".join(f"p.{quoted(k)} IS NULL" for k in own_keys)
    sql = f"CASE WHEN {unknown} THEN NULL ELSE (SELECT {_SQL[how]} FROM ({inner})) END"
    column = next((c for c in theirs.columns.values() if value and c.output == value.text), None)
    return Join(
        name, theirs.table, value.kind if value else "number", column.values if column else {}, sql, outer, read,
        frozenset().union(*(e.rules for e in parts)),
        None if not keys or any(_needs_our_row(e) for e in parts) else Gathered(
            tuple(a for a, _ in keys), tuple(b for _, b in keys), condition.sql if condition else None,
            value.sql if value else "NULL", how,
        ),
    )  # fmt: skip


def _needs_our_row(e: Compiled) -> bool:
    """Whether it reads our row, or a rule, which is that of our row's city and year."""
    return bool(e.foreign) or '"rule:' in e.sql


def _settled(condition: Compiled | None, compiled_as: Callable[[str, str, str | None], Compiled]) -> list[Compiled]:
    """The parts of a conjunction: a row that is known to fail one of them needs no further look."""
    tree = ast.parse(condition.text, mode="eval").body if condition else None
    if not isinstance(tree, ast.BoolOp) or not isinstance(tree.op, ast.And):
        return [condition] if condition else []
    return [compiled_as(ast.unparse(part), "where", "boolean") for part in tree.values]


def gathered_joins(joins: Iterable[Join]) -> tuple[str, str]:
    """SQL of the columns of these joins and of the lookups they need: one grouping per table and key.

    Rows are `p`; the columns come as ", expression AS name". Joins that need our row stay subqueries of each row.
    """
    columns, groups = [], {}
    for join in joins:
        g = join.gathered
        if g is None:
            columns.append(f", {join.sql} AS {join.column}")
        else:
            groups.setdefault((join.table, g.theirs, g.ours), []).append(join)
    lookups = []
    for n, ((table, theirs, ours), members) in enumerate(groups.items()):
        keys = [f"k{i}" for i in range(len(theirs))]
        rows = ", ".join(f"{a} AS {k}" for a, k in zip(theirs, keys, strict=True))
        conditions = list(dict.fromkeys(m.gathered.condition for m in members if m.gathered.condition))
        hits = {sql: f"h{i}" for i, sql in enumerate(conditions)}
        values = {sql: f"v{i}" for i, sql in enumerate(dict.fromkeys(m.gathered.value for m in members))}
        rows += "".join(f", {sql} AS {name}" for sql, name in (hits | values).items())
        found = ", ".join(f"{_gather(m.gathered, hits, values)} AS c{i}" for i, m in enumerate(members))
        there = " AND ".join(f"{k} IS NOT NULL" for k in keys)
        # A row that fails every condition changes nothing: it need not be grouped.
        useful = "" if len(hits) < len({m.gathered.condition for m in members}) else " OR ".join(
            f"({sql}) IS NOT FALSE" for sql in hits)
        inner = f"SELECT {rows} FROM {joined_name(table)} AS j" + (f" WHERE {useful}" if useful else "")
        on = " AND ".join(f"g{n}.{k} = {b}" for k, b in zip(keys, ours, strict=True))
        lookups.append(
            f"\n  LEFT JOIN (SELECT {', '.join(keys)}, {found} FROM ({inner}) WHERE {there} GROUP BY {', '.join(keys)})"
            f" AS g{n} ON {on}"
        )
        unknown = " OR ".join(f"{b} IS NULL" for b in ours)
        for i, m in enumerate(members):
            shown = f"g{n}.c{i}"
            if m.gathered.how in ("count", "sum"):
                shown = f"CASE WHEN {unknown} THEN NULL WHEN g{n}.k0 IS NULL THEN 0::DOUBLE ELSE {shown} END"
            columns.append(f", {shown} AS {m.column}")
    return "".join(columns), "".join(lookups)


def _gather(g: Gathered, hits: Mapping[str, str], values: Mapping[str, str]) -> str:
    """The aggregate of one gathered column over rows with the named conditions and values."""
    v = values[g.value]
    if g.condition is not None:
        return re.sub(r"\b(hit|v)\b", lambda m: hits[str(g.condition)] if m[0] == "hit" else v, _SQL[g.how])
    return re.sub(r"\bv\b", v, _ALL[g.how])


def _keys(f: Fields, own: Contract, theirs: Contract) -> tuple[list[tuple[str, str]], list[str], frozenset[str]]:
    """SQL of their keys and ours, columns of ours and of theirs that they compare."""
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
    sql = [(f"j.{quoted(a)}", f"p.{quoted(b)}") for a, b in pairs]
    if "lag" in f.block:
        years, lag = (theirs.year_column, own.year_column), f.text("lag")
        if not lag.isdecimal() or lag == "0" or not all(years) or any(a == years[0] for a, _ in pairs):
            f.fail("lag", f"{lag!r} cannot be used here", expected="a whole number of years, both tables with a year")
        pairs.append((str(years[0]), str(years[1])))
        sql.append((f"j.{quoted(pairs[-1][0])}", f"p.{quoted(pairs[-1][1])} - {int(lag)}"))
    return sql, [b for _, b in pairs], frozenset(a for a, _ in pairs)


def joined_name(table: str) -> str:
    """Name of the common table expression that holds a joined table."""
    return f"joined_{table}"


def joined_tables(
    joins: Iterable[Join], relations: Mapping[str, str], cities: Sequence[str] | None = None
) -> list[str]:
    """Common table expressions of the joined tables: only the columns read, in the language's kinds.

    cities : those the tables were opened for; rows of other cities are left out, rows of none are not, as in `intake`.
    """
    columns: dict[str, set[str]] = {}
    for join in joins:
        columns.setdefault(join.table, set()).update(join.theirs)
    return [
        f"{joined_name(table)} AS (SELECT {typed_columns(load_contract(table), sorted(names))}"
        f" FROM {relations[table]} AS t{_of_cities(load_contract(table), cities)})"
        for table, names in sorted(columns.items())
    ]


def _of_cities(contract: Contract, cities: Sequence[str] | None) -> str:
    if cities is None or not contract.city_column or not contract.columns[contract.city_column].required:
        return ""
    city = f"t.{quoted(contract.city_column)}"
    chosen, others = (", ".join(literal(c) for c in codes) for codes in (cities, (c.code for c in CITIES)))
    return f" WHERE {city} IN ({chosen}) OR {city} IS NULL OR {city} NOT IN ({others})"


def typed_columns(contract: Contract, names: Iterable[str]) -> str:
    """SQL of columns in the language's kinds; NaN is missing."""
    casts = {"number": "nullif(CAST(t.{0} AS DOUBLE), 'NaN'::DOUBLE)", "boolean": "CAST(t.{0} AS BOOLEAN)",
             "date": "CAST(t.{0} AS DATE)", "text": "CAST(t.{0} AS VARCHAR)"}  # fmt: skip
    return ", ".join(
        f"{casts[KINDS[contract.column_of_output(n).type]].format(quoted(n))} AS {quoted(n)}" for n in names
    )
