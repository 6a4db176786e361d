"""Run the catalogue over a data folder: one statement per register, the design's estimators for surveys."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any

import duckdb
import numpy as np
import pandas as pd
import pyarrow as pa

from evaltools.indicators.engine.entry import Catalogue, Indicator, rule_types
from evaltools.indicators.engine.result import IndicatorTable, TableSums, measure
from evaltools.indicators.engine.source import (
    cities_of,
    columns_of,
    limits_of,
    relation,
    relations,
    snapshots,
    split_rules,
    values,
)
from evaltools.indicators.engine.statement import LEVELS, build, largest_area, level_bits, rules_of
from evaltools.indicators.engine.sums import NARROW, WIDE
from evaltools.indicators.engine.survey import estimate_survey
from evaltools.intake import load_contract
from evaltools.standards import RuleBook


def compute_indicators(
    tables: Any,
    book: RuleBook | None = None,
    *,
    as_of: str | date = "2020-12-31",
    years: Iterable[int] | None = None,
    catalogue: Catalogue | None = None,
    levels: Sequence[str] | None = None,
    only: Iterable[str] | None = None,
) -> IndicatorTable:
    """All indicators of a data folder, for all areas of its cities.

    tables : intake.Tables; book : rules whose values and limits are used (default: the packaged ones)
    as_of : date of the evaluation; its year is the report's; years : further years (each judged by its 31 December)
    catalogue : default the packaged one; levels : of `statement.LEVELS`; only : ids wanted
    A table or column that is absent makes its indicators "not available": listed in `.missing` with the reason.
    """
    catalogue = catalogue or Catalogue.load(book=book)
    book = book or catalogue.book
    day = as_of if isinstance(as_of, str) else as_of.isoformat()
    report_year = int(day[:4])
    wanted = sorted({report_year, *(years or ())})
    chosen = None if only is None else set(only)
    found: dict[str, TableSums] = {}
    lost: list[dict[str, str]] = []
    with duckdb.connect() as db:
        db.execute("SET threads = 2; SET preserve_insertion_order = false")
        for table in catalogue.tables:
            entries = [e for e in catalogue.of_table(table) if chosen is None or e.id in chosen]
            entries, absent = _available(tables, table, entries)
            lost += absent
            if not entries:
                continue
            if entries[0].is_survey:
                found[table] = estimate_survey(db, tables, entries, book, day, levels)
                continue
            yearly = [e for e in entries if e.period == "year"]
            if yearly:
                found[table] = _count(db, tables, yearly, book, day, wanted, levels)
            summed = [e for e in entries if e.period == "cumulative"]
            for year in wanted if summed else ():
                found[f"{table} to {year}"] = _count(db, tables, summed, book, day, [year], levels, cumulative=True)
    missing = pd.DataFrame(lost, columns=["indicator", "table", "reason"])
    return IndicatorTable(catalogue, report_year, found, missing)


def _available(tables: Any, table: str, entries: Sequence[Indicator]) -> tuple[list[Indicator], list[dict[str, str]]]:
    """Entries whose table and columns are there, and the others with the reason."""
    if not entries:
        return [], []
    if not tables.has(table):
        return [], [{"indicator": e.id, "table": table, "reason": f"table {table} is absent"} for e in entries]
    present = {t: columns_of(tables, t) for t in {t for e in entries for t in e.tables} if tables.has(t)}
    good, lost = [], []
    for e in entries:
        reason = _reason(e, present)
        if reason:
            lost.append({"indicator": e.id, "table": table, "reason": reason})
        else:
            good.append(e)
    return good, lost


def _reason(e: Indicator, present: dict[str, frozenset[str]]) -> str:
    """Why an entry cannot be computed from the columns that are there; empty where it can."""
    for table in e.tables[1:]:
        if table not in present:
            return f"table {table} is absent"
    absent = sorted(e.columns - present[e.table])
    absent += [f"{j.table}.{c}" for j in e.joins for c in sorted(j.theirs - present[j.table])]
    return f"columns absent: {', '.join(dict.fromkeys(absent))}" if absent else ""


def _count(
    db: duckdb.DuckDBPyConnection, tables: Any, entries: Sequence[Indicator], book: RuleBook, day: str,
    years: Sequence[int], levels: Sequence[str] | None, *, cumulative: bool = False,
) -> TableSums:  # fmt: skip
    """The registers: one statement, then arrays. cumulative : all rows up to the one year given, as of that year."""
    table = entries[0].table
    contract = load_contract(table)
    cities = cities_of(tables)
    years = years if contract.year_column else [int(day[:4])]
    snaps = snapshots(book, day, years, cities)
    types = {k: t.kind for k, t in rule_types(book).items()}
    rule_values = values(snaps, rules_of(entries), day, types)
    db.register("rule_values", rule_values)
    villages = relation(db, tables, "villages") if tables.has("villages") else None
    source, present = relation(db, tables, table), columns_of(tables, table)
    size = largest_area(contract, entries, source, present, years, cities, cumulative=cumulative)
    most = db.sql(size).fetchall()[0][0]
    fits = most is None or most <= NARROW.most
    statement = build(
        contract, entries, source, present, villages=villages, years=years,
        cities=cities, levels=levels, joined=relations(db, tables, entries), cumulative=cumulative,
        rules=split_rules(rule_values), packing=NARROW if fits else WIDE,
    )  # fmt: skip
    raw = db.sql(statement.sql).to_arrow_table()
    areas, order = _areas(raw, statement.levels)
    measured = {}
    for e in entries:
        parts = {part: names for (id_, part), names in statement.columns.items() if id_ == e.id}
        sums = {part: np.sum([_floats(raw, n, part)[order] for n in names], axis=0) for part, names in parts.items()}
        measured[e.id] = measure(e.statistic, sums)
    limits, undefined = limits_of(entries, snaps)
    return TableSums(areas, measured, limits, undefined)


def _floats(raw: pa.Table, name: str, part: str) -> np.ndarray:
    """A column of sums as floats; no rows sum to zero, a median of nothing stays unknown."""
    out = raw.column(name).to_numpy().astype(np.float64)
    return out if part == "values" else np.nan_to_num(out, nan=0.0)


def _areas(raw: pa.Table, levels: Sequence[str]) -> tuple[pd.DataFrame, np.ndarray]:
    """The areas in a fixed order, and where each stands in the raw result."""
    keys = raw.select(["year", "city", "county", "town", "village", "inside", "level_bits"]).to_pandas()
    bits = {level_bits(k, levels): k for k in levels}
    keys["level"] = keys["level_bits"].map(bits)
    code = keys["village"].fillna(keys["town"]).fillna(keys["county"]).fillna(keys["city"]).fillna("")
    # A payment without a county is counted in its city and shown as unplaced below it: nothing vanishes.
    deepest = keys["level"].map({k: v[-1] if v else "" for k, v in LEVELS.items()})
    unplaced = pd.Series(False, index=keys.index)
    for place in ("county", "town", "village"):
        unplaced |= (deepest == place) & keys[place].isna()
    keys["area_code"] = code.where(~unplaced, code + "?")
    keys["city_code"] = keys["city"].fillna("")
    split = keys["level"].isin(["province_split", "city_split"])
    keys = keys[~split | keys["inside"].notna()]
    rank = {k: i for i, k in enumerate(LEVELS)}
    keys = keys.assign(rank=keys["level"].map(rank), flag=keys["inside"].map({True: 0, False: 1}).fillna(2))
    keys = keys.sort_values(["year", "rank", "city_code", "area_code", "flag"], kind="stable")
    out = keys[["year", "level", "city_code", "area_code", "inside"]].reset_index(drop=True)
    return out, keys.index.to_numpy()
