"""Where the engine gets its rows and its rules from."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from evaltools.indicators.engine.entry import Indicator
from evaltools.indicators.engine.language import literal, rule_column
from evaltools.indicators.engine.statement import InlinedRules
from evaltools.indicators.kleene import Limit, binds, target_of
from evaltools.standards import RuleBook, Rules
from evaltools.terms import CITIES

_ARROW = {
    "number": pa.float64(),
    "boolean": pa.bool_(),
    "date": pa.date32(),
    "text": pa.string(),
    "list": pa.list_(pa.string()),
}


def columns_of(tables: Any, table: str) -> frozenset[str]:
    """The columns a table really has. A column that the file lacks is absent, not a column of unknown values."""
    path = tables.path(table)
    names = pq.read_schema(path).names if path is not None else list(tables.load(table).columns)
    quality = getattr(tables, "quality", None)
    ledger = quality.tables.get(table) if quality is not None else None
    return frozenset(names) - frozenset(ledger.absent_columns if ledger is not None else ())


def relation(db: duckdb.DuckDBPyConnection, tables: Any, table: str) -> str:
    """A SQL relation of a table: its Parquet file, or the checked frame."""
    path = tables.path(table)
    if path is not None:
        return f"read_parquet('{str(path).replace(chr(39), chr(39) * 2)}')"
    name = f"frame_{table}"
    db.register(name, tables.load(table))
    return name


def relations(db: duckdb.DuckDBPyConnection, tables: Any, entries: Sequence[Indicator]) -> dict[str, str]:
    """SQL relations of the tables that the joins of these entries read."""
    wanted = sorted({j.table for e in entries for j in e.joins})
    return {table: relation(db, tables, table) for table in wanted}


def cities_of(tables: Any) -> tuple[str, ...] | None:
    """Codes of the cities the tables were opened for; None for all."""
    return getattr(tables, "cities", None)


def snapshots(
    book: RuleBook, day: str, years: Sequence[int], cities: Sequence[str] | None
) -> dict[tuple[int, str], Rules]:
    """Rules by (year, city code); "" is the province. The report's year stands at `day`, others at their last day."""
    codes = ["", *(cities if cities is not None else [c.code for c in CITIES])]
    dates = {y: day if y == int(day[:4]) else f"{y}-12-31" for y in years}
    return {(y, c): book.at(dates[y], city=c or None) for y in years for c in codes}


def values(
    snaps: dict[tuple[int, str], Rules], wanted: Sequence[str], day: str, catalogue_types: dict[str, str]
) -> pa.Table:
    """The relation `rule_values`: year, city, one column per rule read, the date of the evaluation and its year."""
    rows = list(snaps.items())
    columns: dict[str, pa.Array] = {
        "year": pa.array([k[0] for k, _ in rows], pa.int32()),
        "city": pa.array([k[1] for k, _ in rows], pa.string()),
        "rule:as_of": pa.array([date.fromisoformat(r.as_of) for _, r in rows], pa.date32()),
        "rule:report_year": pa.array([float(k[0]) for k, _ in rows], pa.float64()),
    }
    for rule_id in wanted:
        kind = catalogue_types[rule_id]
        found = [_plain(r[rule_id].value, kind) if r[rule_id].is_defined else None for _, r in rows]
        columns[rule_column(rule_id).strip('"')] = pa.array(found, _ARROW[kind])
    return pa.table(columns)


def split_rules(table: pa.Table) -> InlinedRules:
    """Of `rule_values`: the SQL of those that no city has to itself, and the names of the others.

    A value that all rows share is a constant, and the engine computes with it once; joining it to each of a few million
    rows would cost more than the indicators themselves.
    """
    years = table.column("year").to_pylist()
    inlined: dict[str, str] = {}
    for name in table.column_names[2:]:
        column = table.column(name)
        kind = str(column.type)
        found = [_sql(v, kind) for v in column.to_pylist()]
        by_year = dict(zip(years, found, strict=True))
        if len(set(found)) == 1:
            inlined[name] = found[0]
        elif all(by_year[y] == v for y, v in zip(years, found, strict=True)):
            arms = " ".join(f"WHEN {y} THEN {v}" for y, v in by_year.items())
            inlined[name] = f"CASE area_year {arms} END"
    return InlinedRules(inlined, tuple(n for n in table.column_names[2:] if n not in inlined))


def _sql(value: Any, kind: str) -> str:
    """A rule's value as SQL constant of its kind."""
    types = {"double": "DOUBLE", "bool": "BOOLEAN", "date32[day]": "DATE", "string": "VARCHAR"}
    if isinstance(value, list):
        return "[" + ", ".join(literal(v) for v in value) + "]"
    if value is None:
        return f"NULL::{types.get(kind, 'VARCHAR[]')}"
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, float):
        return f"{value!r}::DOUBLE"
    return f"DATE '{value.isoformat()}'" if isinstance(value, date) else literal(value)


def _plain(value: Any, kind: str) -> Any:
    """A rule's value as the language sees it."""
    if kind == "number":
        return float(value)
    if kind == "date":
        return date.fromisoformat(str(value))
    return list(value) if kind == "list" else value


def _limit(entry: Indicator, rules: Rules) -> Limit | None:
    """What an entry is held against: the rule's value, or 100 % of units where the rule speaks of each of them."""
    if entry.rule is None:
        return None
    rule = rules[entry.rule]
    if not entry.is_every:
        return target_of(rule)
    return Limit(1.0, ">=") if rule.is_defined and binds(rule) else None


def limits_of(
    entries: Sequence[Indicator], snaps: dict[tuple[int, str], Rules]
) -> tuple[dict[tuple[int, str], dict[str, Limit | None]], dict[tuple[int, str], frozenset[str]]]:
    """Limit of each entry, and which entries read a rule that is undefined, by year and city."""
    limits, undefined = {}, {}
    for key, rules in snaps.items():
        limits[key] = {e.id: _limit(e, rules) for e in entries}
        undefined[key] = frozenset(e.id for e in entries if any(not rules[r].is_defined for r in e.rules_read))
    return limits, undefined
