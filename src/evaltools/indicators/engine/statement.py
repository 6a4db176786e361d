"""All indicators of a table as one SQL statement: one scan, sums by the smallest area, then rolled up to all areas."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from evaltools.indicators.engine.entry import Indicator
from evaltools.indicators.engine.joins import gathered_joins, joined_tables, typed_columns
from evaltools.indicators.engine.language import literal, quoted
from evaltools.indicators.engine.sums import WIDE, Packing, Shared, answers, is_whole, sums_of, votes
from evaltools.intake import Contract

DESIGN_COLUMNS = ("design", "is_responded", "weight", "stratum", "village_code")
PLACES: tuple[str, ...] = ("city", "county", "town", "village", "inside")
LEVELS: dict[str, tuple[str, ...]] = {
    "province": (),
    "city": ("city",),
    "county": ("city", "county"),
    "town": ("city", "county", "town"),
    "village": ("city", "county", "town", "village"),
    "province_split": ("inside",),
    "city_split": ("city", "inside"),
}
"""Level -> what identifies an area of it. The splits are inside and outside poor villages."""


@dataclass(frozen=True)
class InlinedRules:
    """Rule columns: `inlined`: name -> SQL of those that all cities share; `by_city`: those that must be joined."""

    inlined: Mapping[str, str]
    by_city: tuple[str, ...]


@dataclass(frozen=True)
class Statement:
    """SQL for one table. Its result has year, the places, `level_bits`, and `columns`: (indicator id, part) -> names of
    columns to add up."""

    table: str
    sql: str
    levels: tuple[str, ...]
    columns: dict[tuple[str, str], tuple[str, ...]]


def build(
    contract: Contract, entries: Sequence[Indicator], source: str, present: frozenset[str], *, villages: str | None,
    years: Sequence[int], cities: Sequence[str] | None, levels: Sequence[str] | None = None,
    joined: Mapping[str, str] | None = None, cumulative: bool = False, rules: InlinedRules | None = None,
    packing: Packing = WIDE,
) -> Statement:  # fmt: skip
    """The statement of one table.

    source : SQL relation with the canonical columns; present : those it has; villages : relation of the table villages,
    to tell poor villages from others where the rows do not; years : the years wanted (a table without years is taken as
    of the last); cities : codes, None for all; joined : relations of the tables that joins read; cumulative : all rows
    up to the last year, as of that year; rules : the rule columns, those of `by_city` from a relation `rule_values`;
    packing : one that the rows of the smallest areas fit (`largest_area`).
    """
    places = place_columns(contract, present, villages is not None)
    chosen = [k for k, need in LEVELS.items() if all(p in places for p in need) and (levels is None or k in levels)]
    shared = Shared.of(entries)
    sums = [sums_of(i, e, contract, shared, packing) for i, e in enumerate(entries)]
    aggregates = _named(dict(x for fine, _ in sums for x in fine.items()))
    rolled = _named(dict(x for _, roll in sums for part in roll.values() for x in part))
    columns = {
        (e.id, part): tuple(n for n, _ in found)
        for i, e in enumerate(entries) for part, found in sums[i][1].items()
    }  # fmt: skip
    flags = _named(dict(x for i, e in enumerate(entries) for x in answers(i, e, shared, contract, packing)))
    made_of = _named(votes(entries, shared, packing))
    keys = ["area_year", *_key_columns(contract, present)]
    rows = _known(
        contract, entries, source, present, years, cities, joined or {}, rules or InlinedRules({}, ()), cumulative
    )
    sql = f"""WITH {rows}, defined AS (
  SELECT *{shared.definitions_sql} FROM known
), asked AS (
  SELECT {", ".join([*keys, *shared.weights])}{shared.expressions_sql} FROM defined
), voted AS (
  SELECT *{"".join(", " + v for v in made_of)} FROM asked
), flagged AS (
  SELECT {", ".join(keys)}{"".join(", " + f for f in flags)}
  FROM voted
), fine AS (
  SELECT {", ".join(keys)}, {", ".join(aggregates)}
  FROM flagged GROUP BY {", ".join(keys)}
), placed AS (
  SELECT t.area_year AS year, {_placed(places)}, t.* EXCLUDE ({", ".join(keys)})
  FROM fine AS t{_village_join(present, villages)}
)
SELECT year, {_shown_places(chosen)}, {_level_bits(chosen)} AS level_bits, {", ".join(rolled)}
FROM placed
GROUP BY GROUPING SETS ({", ".join("(" + ", ".join(["year", *LEVELS[k]]) + ")" for k in chosen)})"""
    return Statement(contract.table, sql, tuple(chosen), columns)


def _named(columns: Mapping[str, str]) -> list[str]:
    return [f"{sql} AS {quoted(name)}" for name, sql in columns.items()]


def largest_area(
    contract: Contract, entries: Sequence[Indicator], source: str, present: frozenset[str], years: Sequence[int],
    cities: Sequence[str] | None, *, cumulative: bool = False,
) -> str:  # fmt: skip
    """SQL of the most rows, and the most of each whole weight, that a smallest area has: what a `Packing` must hold."""
    keys = ", ".join([*(f"t.{k}" for k in _key_columns(contract, present)), *_year_key(contract, cumulative)])
    weights = sorted({e.weight for e in entries if e.weight and is_whole(e, contract)})
    sizes = ["count(*)", *(f"sum(abs(t.{quoted(w)}))" for w in weights)]
    one = ", ".join(f"{sql} AS s{i}" for i, sql in enumerate(sizes))
    most = ", ".join(f"max(s{i})" for i in range(len(sizes)))
    grouped = f" GROUP BY {keys}" if keys else ""
    return f"SELECT greatest({most}) FROM (SELECT {one} FROM {source} AS t{_where(contract, years, cities, cumulative)}{grouped})"


def _year_key(contract: Contract, cumulative: bool) -> list[str]:
    return [f"t.{quoted(contract.year_column)}"] if contract.year_column and not cumulative else []


def rows_statement(
    contract: Contract, entries: Sequence[Indicator], source: str, present: frozenset[str], *, villages: str | None,
    years: Sequence[int], cities: Sequence[str] | None, joined: Mapping[str, str] | None = None,
    rules: InlinedRules | None = None,
) -> str:  # fmt: skip
    """The entries evaluated row by row, with what a sample's design needs; for tables that are estimated."""
    places = place_columns(contract, present, villages is not None)
    flags = [f"{sql} AS {alias}" for i, e in enumerate(entries) for alias, sql in _flags(i, e)]
    design = [c for c in DESIGN_COLUMNS if c in contract.output_columns]
    known = _known(
        contract, entries, source, present, years, cities, joined or {}, rules or InlinedRules({}, ()), False, design
    )
    return f"""WITH {known}
SELECT {", ".join("t." + c for c in design)}, {_placed(places)}{"".join(", " + f for f in flags)}
FROM known AS t{_village_join(present, villages)}"""


def _known(
    contract: Contract, entries: Sequence[Indicator], source: str, present: frozenset[str], years: Sequence[int],
    cities: Sequence[str] | None, joined: Mapping[str, str], rules: InlinedRules, cumulative: bool,
    design: Sequence[str] = (),
) -> str:  # fmt: skip
    """The rows typed, with the rules of their city and year and with what is gathered for them."""
    joins = {j.column: j for e in entries for j in e.joins}
    others = "".join(f"{sql}, " for sql in joined_tables(joins.values(), joined, cities))
    own_year = contract.year_column and not cumulative
    year = f"CAST({quoted(str(contract.year_column))} AS INTEGER)" if own_year else str(int(max(years)))
    city = quoted(contract.city_column) if contract.city_column else "NULL::VARCHAR"
    constants = "".join(f", {sql} AS {quoted(name)}" for name, sql in rules.inlined.items())
    constants += "".join(f", r.{quoted(name)}" for name in rules.by_city)
    local = "LEFT JOIN rule_values AS r ON r.year = t.area_year AND r.city = t.area_city" if rules.by_city else ""
    gathered, lookups = gathered_joins(joins.values())
    return f"""{others}typed AS (
  SELECT {typed_columns(contract, _needed(contract, entries, present, design))}
  FROM {source} AS t{_where(contract, years, cities, cumulative)}
), dated AS (
  SELECT *, {year} AS area_year, {city} AS area_city FROM typed
), ruled AS (
  SELECT t.*{constants}
  FROM dated AS t {local}
), known AS (
  SELECT p.*{gathered}
  FROM ruled AS p{lookups}
)"""


def _grouped(levels: Sequence[str]) -> list[str]:
    """Places that some level tells apart."""
    return [p for p in PLACES if any(p in LEVELS[k] for k in levels)]


def _shown_places(levels: Sequence[str]) -> str:
    """The places of the result; those that no level tells apart are missing."""
    used = _grouped(levels)
    return ", ".join(p if p in used else f"NULL AS {p}" for p in PLACES)


def _level_bits(levels: Sequence[str]) -> str:
    """SQL that tells the levels of the result apart."""
    used = _grouped(levels)
    return f"grouping({', '.join(used)})" if used else "0"


def level_bits(level: str, levels: Sequence[str]) -> int:
    """What SQL's grouping() gives for one of the levels asked for: a 1 for each place that is summed over."""
    return int("".join("0" if p in LEVELS[level] else "1" for p in _grouped(levels)) or "0", 2)


def place_columns(contract: Contract, present: frozenset[str], has_villages: bool) -> dict[str, str]:
    """SQL of each place that the rows can tell; a town or county follows from the code of the village."""
    found: dict[str, str] = {}
    if contract.city_column:
        found["city"] = f"t.{quoted(contract.city_column)}"
    for place, column, width in (
        ("county", "county_code", 6),
        ("town", "town_code", 9),
        ("village", "village_code", 12),
    ):
        if column in present:
            found[place] = f"left(t.{quoted(column)}, {width})"
        elif "village_code" in present:
            found[place] = f"left(t.village_code, {width})"
    for column in ("is_in_poor_village", "is_poor_village"):
        if column in present:
            found["inside"] = f"t.{column}"
    if "inside" not in found and "village_code" in present and has_villages:
        found["inside"] = "v.is_poor_village"
    return found


def _needed(
    contract: Contract, entries: Sequence[Indicator], present: frozenset[str], design: Sequence[str]
) -> list[str]:
    """Columns to read: those of the entries, the places, city and year, and of a sample's design."""
    wanted = frozenset().union(*(e.columns for e in entries))
    wanted |= {c for c in (contract.city_column, contract.year_column, *design) if c}
    wanted |= {"county_code", "town_code", "village_code", "is_in_poor_village", "is_poor_village"} & present
    return [c for c in contract.output_columns if c in wanted]


def _where(contract: Contract, years: Sequence[int], cities: Sequence[str] | None, cumulative: bool) -> str:
    """Only the years and cities wanted; the scan skips the rest."""
    parts = []
    if contract.year_column and cumulative:
        parts.append(f"t.{quoted(contract.year_column)} <= {int(max(years))}")
    elif contract.year_column:
        parts.append(f"t.{quoted(contract.year_column)} IN ({', '.join(str(int(y)) for y in years)})")
    if cities is not None and contract.city_column:
        parts.append(f"t.{quoted(contract.city_column)} IN ({', '.join(literal(c) for c in cities)})")
    return "\n  WHERE " + " AND ".join(parts) if parts else ""


def _key_columns(contract: Contract, present: frozenset[str]) -> list[str]:
    """Columns of the rows that tell the smallest area; towns and counties follow from the village afterwards."""
    wanted = {c for c in (contract.city_column, "village_code", "is_in_poor_village", "is_poor_village") if c}
    wanted |= {"county_code", "town_code"}
    return [quoted(c) for c in contract.output_columns if c in wanted and c in present]


def _placed(places: dict[str, str]) -> str:
    """The places of a row or of a smallest area, from its keys."""
    kinds = dict.fromkeys(PLACES, "VARCHAR") | {"inside": "BOOLEAN"}
    return ", ".join(f"CAST({places.get(p, 'NULL')} AS {kinds[p]}) AS {p}" for p in PLACES)


def _village_join(present: frozenset[str], villages: str | None) -> str:
    """The villages, where the rows themselves do not say whether theirs is a poor one."""
    if villages is None or "village_code" not in present or {"is_in_poor_village", "is_poor_village"} & present:
        return ""
    # The status of a poor village was fixed in 2016: any year of it will do.
    dimension = (
        f"(SELECT village_code, bool_or(is_poor_village) AS is_poor_village FROM {villages} GROUP BY village_code)"
    )
    return f"\n  LEFT JOIN {dimension} AS v ON v.village_code = t.village_code"


def _flags(i: int, e: Indicator) -> list[tuple[str, str]]:
    """Per row: population, measure, `of` and weight of one indicator."""
    out = [(f"p{i}", e.population.sql if e.population else "TRUE")]
    if e.measure:
        out.append((f"m{i}", e.measure.sql))
    if e.of:
        out.append((f"o{i}", e.of.sql))
    if e.weight:
        out.append((f"w{i}", quoted(e.weight)))
    return out


def rules_of(entries: Sequence[Indicator]) -> tuple[str, ...]:
    """Rules whose values the expressions of these entries read, in a fixed order."""
    return tuple(sorted(frozenset().union(*(e.rules_read for e in entries))))
