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
YES, NO, OPEN, UNSURE = range(4)
"""Codes of a row's answer: yes (or known), no, unknown, unknown whether it belongs to the population at all."""
BITS = 31
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
    sums = [_sums(i, e, contract) for i, e in enumerate(entries)]
    aggregates = [f"{sql} AS {name}" for fine, _ in sums for name, sql in fine.items()]
    rolled = [f"{sql} AS {part}_{i}" for i, (_, roll) in enumerate(sums) for part, sql in roll.items()]
    columns = {(e.id, part): f"{part}_{i}" for i, e in enumerate(entries) for part in sums[i][1]}
    flags = [f"{sql} AS {alias}" for e_i, e in enumerate(entries) for alias, sql in _answers(e_i, e)]
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


def _answers(i: int, e: Indicator) -> list[tuple[str, str]]:
    """Per row: the answer of one indicator as a code (YES, NO, OPEN, UNSURE; NULL outside the population), its amounts.

    A measure that is no yes/no gives YES where it is known.
    """
    p, m, o = e.population, e.measure, e.of
    unknown = " OR ".join(f"({x.sql}) IS NULL" for x in (m, o) if x is not None)
    arms = [f"WHEN ({p.sql}) IS NULL THEN {UNSURE} WHEN NOT ({p.sql}) THEN NULL"] if p else []
    arms += [f"WHEN {unknown} THEN {OPEN}"] if unknown else []
    is_question = m is not None and e.statistic in (Statistic.SHARE, Statistic.COUNT)
    arms += [f"WHEN {m.sql} THEN {YES}"] if is_question and m else []
    code = f"CASE {' '.join(arms)} ELSE {NO if is_question else YES} END" if arms else str(YES)
    out = [(f"s{i}", f"CAST({code} AS TINYINT)")]
    if m is not None and not is_question:
        out.append((f"m{i}", m.sql))
    if o is not None:
        out.append((f"o{i}", o.sql))
    if e.weight:
        out.append((f"w{i}", quoted(e.weight)))
    return out


def _packed(i: int, amount: str) -> str:
    """Four counts in one sum: what rows of each answer come to, each in its own 31 bits of a 128-bit integer."""
    arms = " ".join(f"WHEN {code} THEN {amount} * {1 << (BITS * code)}::HUGEINT" for code in (YES, NO, OPEN, UNSURE))
    return f"sum(CASE s{i} {arms} END)"


def _unpacked(name: str, code: int) -> str:
    """One of the four counts, summed over the small areas."""
    return f"CAST(sum(({name} >> {BITS * code}) & {(1 << BITS) - 1}::HUGEINT) AS DOUBLE)"


def _sums(i: int, e: Indicator, contract: Contract) -> tuple[dict[str, str], dict[str, str]]:
    """SQL of what is summed by small area (name -> aggregate), and of the parts these roll up to.

    rows : rows of the population with a known answer; open_rows : with an unknown one; unsure_rows : rows that may or
    may not belong to it. yes, no, open, unsure : the same in weights. sum, base : numerator and denominator over known
    rows. For coverage, open and unsure are units due whose state is unknown, unsized the rows that do not tell how many.
    """
    whole = e.weight is not None and contract.column_of_output(e.weight).type == "integer"
    fine = {f"n{i}": _packed(i, "1")}
    roll = {
        "rows": f"{_unpacked(f'n{i}', YES)} + {_unpacked(f'n{i}', NO)}",
        "open_rows": _unpacked(f"n{i}", OPEN),
        "unsure_rows": _unpacked(f"n{i}", UNSURE),
    }
    if e.statistic in (Statistic.SHARE, Statistic.COUNT):
        codes = {"yes": YES, "no": NO, "open": OPEN, "unsure": UNSURE}
        if e.weight and not whole:
            fine |= {f"{k}w{i}": f"sum({_exact(f'w{i}')}) FILTER (WHERE s{i} = {c})" for k, c in codes.items()}
            return fine, roll | {k: f"CAST(sum({k}w{i}) AS DOUBLE)" for k in codes}
        if e.weight:
            fine[f"k{i}"] = _packed(i, f"CAST(w{i} AS HUGEINT)")
        return fine, roll | {k: _unpacked(f"{'k' if e.weight else 'n'}{i}", c) for k, c in codes.items()}
    known = f"FILTER (WHERE s{i} = {YES})"
    if e.statistic is Statistic.MEDIAN:
        fine[f"v{i}"] = f"list(m{i}) {known}"
        return fine, roll | {"values": f"list_aggregate(flatten(list(v{i})), 'median')"}
    parts = {"sum": f"sum({_exact(f'm{i} * w{i}' if e.weight else f'm{i}')}) {known}"}
    if e.statistic is not Statistic.TOTAL:
        base = _exact(f"o{i}" if e.of else f"w{i}") if e.of or e.weight else "1"
        parts["base"] = f"sum({base}) {known}"
    if e.statistic is Statistic.COVERAGE:
        parts["open"] = f"sum({_exact(f'o{i}')}) FILTER (WHERE s{i} = {OPEN})"
        parts["unsure"] = f"sum({_exact(f'o{i}')}) FILTER (WHERE s{i} = {UNSURE})"
        parts["unsized"] = f"count(*) FILTER (WHERE s{i} IS NOT NULL AND o{i} IS NULL)"
    fine |= {f"{part}_of{i}": sql for part, sql in parts.items()}
    return fine, roll | {part: f"CAST(sum({part}_of{i}) AS DOUBLE)" for part in parts}


def _exact(amount: str) -> str:
    """An amount as exact decimal; what does not fit is an error, never dropped."""
    return f"CAST({amount} AS {EXACT})"


def rules_of(entries: Sequence[Indicator]) -> tuple[str, ...]:
    """Rules whose values the expressions of these entries read, in a fixed order."""
    return tuple(sorted(frozenset().union(*(e.rules_read for e in entries))))
