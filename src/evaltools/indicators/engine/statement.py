"""All indicators of a table as one SQL statement: one scan, sums by the smallest area, then rolled up to all areas."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from evaltools.indicators.engine.entry import Indicator, Statistic
from evaltools.indicators.engine.joins import joined_tables, typed_columns
from evaltools.indicators.engine.language import literal, quoted
from evaltools.intake import Contract

EXACT = "DECIMAL(38, 9)"
"""Sums are exact decimals: floating sums depend on which thread came first, and two runs must give the same bytes."""
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

_PARTS: dict[Statistic, tuple[str, ...]] = {
    Statistic.SHARE: ("rows", "open_rows", "unsure_rows", "yes", "no", "open", "unsure"),
    Statistic.COUNT: ("rows", "open_rows", "unsure_rows", "yes", "no", "open", "unsure"),
    Statistic.MEAN: ("rows", "open_rows", "unsure_rows", "sum", "base"),
    Statistic.TOTAL: ("rows", "open_rows", "unsure_rows", "sum"),
    Statistic.MEDIAN: ("rows", "open_rows", "unsure_rows", "values"),
    Statistic.RATIO: ("rows", "open_rows", "unsure_rows", "sum", "base"),
    Statistic.COVERAGE: ("rows", "open_rows", "unsure_rows", "sum", "base", "open", "unsure", "unsized"),
}
"""What is summed for each statistic.

rows : rows of the population with a known answer; open_rows : with an unknown one; unsure_rows : rows that may or may
not belong to the population. yes, no, open, unsure : the same in weights, yes and no apart. sum, base : numerator and
denominator over known rows. For coverage, open and unsure are units due whose state is unknown, unsized the rows that
do not even tell how many units are due.
"""


@dataclass(frozen=True)
class Statement:
    """SQL for one table. Its result has year, the places, `level_bits`, and `columns`: (indicator id, part) -> name."""

    table: str
    sql: str
    levels: tuple[str, ...]
    columns: dict[tuple[str, str], str]


def build(
    contract: Contract, entries: Sequence[Indicator], source: str, present: frozenset[str], *, villages: str | None,
    years: Sequence[int], cities: Sequence[str] | None, levels: Sequence[str] | None = None,
    joined: Mapping[str, str] | None = None, cumulative: bool = False,
) -> Statement:  # fmt: skip
    """The statement of one table.

    source : SQL relation with the canonical columns; present : those it has; villages : relation of the table villages,
    to tell poor villages from others where the rows do not; years : the years wanted (a table without years is taken as
    of the last); cities : codes, None for all; joined : relations of the tables that joins read; cumulative : all rows
    up to the last year, as of that year. A relation `rule_values` must exist when it runs (see `engine.values`).
    """
    places = place_columns(contract, present, villages is not None)
    chosen = [k for k, need in LEVELS.items() if all(p in places for p in need) and (levels is None or k in levels)]
    aggregates, rolled, columns = _aggregates(entries)
    flags = [f"{sql} AS {alias}" for e_i, e in enumerate(entries) for alias, sql in _flags(e_i, e)]
    keys = ["year", *PLACES]
    rows = _known(contract, entries, source, present, places, villages, years, cities, joined or {}, cumulative)
    sql = f"""WITH {rows}, flagged AS (
  SELECT area_year AS year, {", ".join(f"area_{p} AS {p}" for p in PLACES)}{"".join(", " + f for f in flags)}
  FROM known
), fine AS (
  SELECT {", ".join(keys)}, {", ".join(aggregates)}
  FROM flagged GROUP BY {", ".join(keys)}
)
SELECT year, {_shown_places(chosen)}, {_level_bits(chosen)} AS level_bits, {", ".join(rolled)}
FROM fine
GROUP BY GROUPING SETS ({", ".join("(" + ", ".join(["year", *LEVELS[k]]) + ")" for k in chosen)})"""
    return Statement(contract.table, sql, tuple(chosen), columns)


def rows_statement(
    contract: Contract, entries: Sequence[Indicator], source: str, present: frozenset[str], *, villages: str | None,
    years: Sequence[int], cities: Sequence[str] | None, joined: Mapping[str, str] | None = None,
) -> str:  # fmt: skip
    """The entries evaluated row by row, with what a sample's design needs; for tables that are estimated."""
    places = place_columns(contract, present, villages is not None)
    flags = [f"{sql} AS {alias}" for i, e in enumerate(entries) for alias, sql in _flags(i, e)]
    design = [c for c in DESIGN_COLUMNS if c in contract.output_columns]
    known = _known(contract, entries, source, present, places, villages, years, cities, joined or {}, False, design)
    return f"""WITH {known}
SELECT {", ".join(design)}, {", ".join(f"area_{p} AS {p}" for p in PLACES)}{"".join(", " + f for f in flags)}
FROM known"""


def _known(
    contract: Contract, entries: Sequence[Indicator], source: str, present: frozenset[str], places: dict[str, str],
    villages: str | None, years: Sequence[int], cities: Sequence[str] | None, joined: Mapping[str, str],
    cumulative: bool, design: Sequence[str] = (),
) -> str:  # fmt: skip
    """The rows typed, placed, joined with the rules of their city and year and with what is gathered for them."""
    joins = {j.column: j for e in entries for j in e.joins}
    others = "".join(f"{sql}, " for sql in joined_tables(joins.values(), joined))
    return f"""{others}typed AS (
  SELECT {typed_columns(contract, _needed(contract, entries, present, design))}
  FROM {source} AS t{_where(contract, years, cities, cumulative)}
), placed AS (
  SELECT {_placed(contract, places, years, cumulative)}, t.*
  FROM typed AS t{_village_join(present, villages)}
), known AS (
  SELECT p.*, r.* EXCLUDE (year, city){"".join(f", {j.sql} AS {name}" for name, j in joins.items())}
  FROM placed AS p LEFT JOIN rule_values AS r ON r.year = p.area_year AND r.city = p.area_city
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


def _placed(contract: Contract, places: dict[str, str], years: Sequence[int], cumulative: bool) -> str:
    """Year and places of a row."""
    own_year = contract.year_column and not cumulative
    year = f"CAST(t.{quoted(str(contract.year_column))} AS INTEGER)" if own_year else str(int(max(years)))
    kinds = dict.fromkeys(PLACES, "VARCHAR") | {"inside": "BOOLEAN"}
    return ", ".join(
        [f"{year} AS area_year", *(f"CAST({places.get(p, 'NULL')} AS {kinds[p]}) AS area_{p}" for p in PLACES)]
    )


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


def _aggregates(entries: Sequence[Indicator]) -> tuple[list[str], list[str], dict[tuple[str, str], str]]:
    """SQL of the fine sums, of their roll-up, and the names of the result's columns."""
    fine, rolled, names = [], [], {}
    for i, e in enumerate(entries):
        for part, sql in _sums(i, e).items():
            name = f"{part}_{i}"
            fine.append(f"{sql} AS {name}")
            if part == "values":
                rolled.append(f"list_aggregate(flatten(list({name})), 'median') AS {name}")
            else:
                rolled.append(f"CAST(sum({name}) AS DOUBLE) AS {name}")
            names[e.id, part] = name
    return fine, rolled, names


def _sums(i: int, e: Indicator) -> dict[str, str]:
    """part -> SQL aggregate over the rows of the smallest area, for the parts of the entry's statistic."""
    p, m, o = f"p{i}", f"m{i}", f"o{i}"
    answer = f"{m} IS NOT NULL" if e.measure else "TRUE"
    if e.of:
        answer += f" AND {o} IS NOT NULL"

    def weigh(condition: str) -> str:
        if e.weight:
            return f"sum(CAST(w{i} AS {EXACT})) FILTER (WHERE {condition})"
        return f"count(*) FILTER (WHERE {condition})"

    yes = m if e.measure else "TRUE"
    amount = f"TRY_CAST({m} * w{i} AS {EXACT})" if e.weight else f"TRY_CAST({m} AS {EXACT})"
    base = f"TRY_CAST({o} AS {EXACT})" if e.of else (f"CAST(w{i} AS {EXACT})" if e.weight else "1")
    found = {
        "rows": f"count(*) FILTER (WHERE {p} AND {answer})",
        "open_rows": f"count(*) FILTER (WHERE {p} AND NOT ({answer}))",
        "unsure_rows": f"count(*) FILTER (WHERE {p} IS NULL)",
        "sum": f"sum({amount}) FILTER (WHERE {p} AND {answer})",
        "base": f"sum({base}) FILTER (WHERE {p} AND {answer})",
        "values": f"list({m}) FILTER (WHERE {p} AND {answer})",
    }
    if e.statistic is Statistic.COVERAGE:
        found["open"] = f"sum({base}) FILTER (WHERE {p} AND {o} IS NOT NULL AND {m} IS NULL)"
        found["unsure"] = f"sum({base}) FILTER (WHERE {p} IS NULL)"
        found["unsized"] = f"count(*) FILTER (WHERE ({p} OR {p} IS NULL) AND {o} IS NULL)"
    elif e.statistic in (Statistic.SHARE, Statistic.COUNT):
        found["yes"], found["no"] = weigh(f"{p} AND {yes}"), weigh(f"{p} AND NOT ({yes})")
        found["open"], found["unsure"] = weigh(f"{p} AND NOT ({answer})"), weigh(f"{p} IS NULL")
    return {part: found[part] for part in _PARTS[e.statistic]}


def rules_of(entries: Sequence[Indicator]) -> tuple[str, ...]:
    """Rules whose values the expressions of these entries read, in a fixed order."""
    return tuple(sorted(frozenset().union(*(e.rules_read for e in entries))))
