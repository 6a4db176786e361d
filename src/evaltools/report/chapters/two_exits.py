"""二（一）户退出判定: by two routes, by county, by both income lines. Counts of registered households, protected."""

from __future__ import annotations

from typing import Any

from evaltools.report.blocks import Block, Bound, Column, Ground, Heading, Inline, Paragraph, Ref, Table
from evaltools.report.chapters.desk import STATES, Desk, withheld_note
from evaltools.report.chapters.findings import Finding, with_advice
from evaltools.report.chapters.rows import (
    CITY,
    Row,
    as_rows,
    counties,
    is_some,
    is_withheld,
    is_zero,
    largest_share,
    row_where,
)
from evaltools.report.model import ExitTables
from evaltools.terms import ExitRoute, RegistryStatus

SHARE, PLANNED = "exit.household_income_share", "exit.household_income_line_planned"


def city_row(exits: ExitTables) -> Row:
    """The sums of the city's exited households."""
    return row_where(exits.counties, "county_code", CITY)


def exit_ground(exits: ExitTables) -> Ground:
    """What counts of exited households stand on."""
    n = city_row(exits)["households"]
    rows = "withheld" if is_withheld(n) else int(n)
    return Ground(
        "data",
        ("households",),
        "registered households of the year, status exited, by verdict",
        rows,
        (SHARE, "exit.safety_net"),
    )


def household_exit(desk: Desk, exits: ExitTables) -> tuple[list[Block], list[Finding]]:
    """Found, how sure, clause, worst county, tables; findings for the problem list."""
    say, ground = desk.say, exit_ground(exits)
    city = city_row(exits)

    def n(column: str):
        return desk.count(city[column], "households", f"exits.city.{column}", ground)

    share = desk.share(city["households_not_met"], city["households"], "exits.city.not_met_share", ground, "pct2")
    place, worst = _worst(desk, exits, ground)
    blocks: list[Block] = [
        Heading(say.word("two.exit_heading")),
        Paragraph(
            say(
                "two.exit_rule",
                share=desk.limit(SHARE, sign=False),
                cite=desk.cite(SHARE),
                cite_net=desk.cite("exit.safety_net"),
            )
        ),
        Paragraph(
            say.sentences(
                say(
                    "two.exit_found",
                    households=n("households"),
                    met=n("households_met"),
                    not_met=n("households_not_met"),
                    missing=n("households_evidence_missing"),
                    share=share,
                ),
                say("two.exit_sure", table=Ref("gates")) if desk.inp.gates is not None else "",
                worst,
                _remaining(desk, exits),
            )
        ),
        _line_table(desk, exits, ground),
        _route_table(desk, exits, ground),
        _county_table(desk, exits, ground),
    ]
    findings = _findings(desk, exits, ground, place)
    return with_advice(desk, blocks, findings), findings


def _worst(desk: Desk, exits: ExitTables, ground: Ground) -> tuple[Inline, Inline]:
    """(place, sentence) of the county with the largest published share not met."""
    row = largest_share(counties(exits.counties), "households_not_met")
    if row is None:
        return "", "" if is_zero(city_row(exits)["households_not_met"]) else desk.say("two.exit_worst_hidden")
    code = row["county_code"]
    place = desk.place(code)
    return place, desk.say(
        "two.exit_worst",
        place=place,
        share=desk.share(row["households_not_met"], row["households"], f"exits.{code}.not_met_share", ground),
        n=desk.count(row["households_not_met"], "households", f"exits.{code}.not_met", ground),
    )


def _remaining(desk: Desk, exits: ExitTables) -> Inline:
    rule = desk.rule("exit.deadline")
    if is_zero(_poor(exits)) or not rule.is_defined:
        return ""
    return desk.say(
        "two.exit_poor", households=poor_count(desk, exits), deadline=desk.limit(rule, sign=False), cite=desk.cite(rule)
    )


def _poor(exits: ExitTables) -> Any:
    return row_where(exits.status, "registry_status", RegistryStatus.POOR.value)["households"]


def poor_count(desk: Desk, exits: ExitTables) -> Bound:
    """Households still registered as poor at the end of the year."""
    n = _poor(exits)
    ground = Ground("data", ("households",), "registered households of the year, status poor", "year's rows")
    return desk.count(n, "households", "exits.status.poor.households", ground)


def _state_columns(desk: Desk) -> list[Column]:
    return [Column(desk.say.label(s), "right") for s in STATES]


def _line_table(desk: Desk, exits: ExitTables, ground: Ground) -> Table:
    """Both income lines side by side for the exited households."""
    say = desk.say
    city = city_row(exits)
    rows: list[tuple[Inline, ...]] = [_line_row(desk, city, "", exits.line_actual, "actual", ground)]
    if exits.line_planned is not None:
        rows.append(_line_row(desk, city, "_planned", exits.line_planned, "planned", ground))
    return Table(
        title=say.word("two.line_table"),
        columns=(
            Column(say.word("two.col_line")),
            Column(say.word("col.limit")),
            Column(say.word("col.households"), "right"),
            *_state_columns(desk),
        ),
        rows=tuple(rows),
        key="exit-lines",
        n=say("two.county_n", n=desk.count(city["households"], "households", "exits.city.households", ground)),
        source=say("source.households"),
        note=withheld_note(desk),
    )


def _line_row(desk: Desk, city: Row, suffix: str, line: float | None, which: str, ground: Ground) -> tuple[Inline, ...]:
    rule = desk.rule(f"exit.household_income_line_{which}")
    limit: Inline = desk.limit(rule) if line is not None else desk.say.word("word.no_rule")
    cells = [
        desk.count(city[f"households_{s.value}{suffix}"], "households", f"exits.city.{s.value}{suffix}", ground)
        for s in STATES
    ]
    name = desk.say.word(f"two.line_{which}")
    return (name, limit, desk.count(city["households"], "households", "exits.city.households", ground), *cells)


def _route_table(desk: Desk, exits: ExitTables, ground: Ground) -> Table:
    say = desk.say
    rows = [
        (say.label(ExitRoute(r["route"])), *_cells(desk, r, f"exits.route.{r['route']}", ground, ""))
        for r in as_rows(exits.routes)
    ]
    return Table(
        title=say.word("two.route_table"),
        columns=(Column(say.word("two.col_route")), Column(say.word("col.households"), "right"), *_state_columns(desk)),
        rows=tuple(rows),
        key="exit-routes",
        n=_n(desk, exits, ground),
        source=say("source.households"),
        note=withheld_note(desk),
    )


def _county_table(desk: Desk, exits: ExitTables, ground: Ground) -> Table:
    say = desk.say
    rows = [
        (
            say.word("word.whole_city") if r["county_code"] == CITY else desk.place(r["county_code"]),
            *_cells(desk, r, f"exits.{r['county_code'] or 'city'}", ground, "households_"),
            desk.share(
                r["households_not_met"], r["households"], f"exits.{r['county_code'] or 'city'}.not_met_share", ground
            ),
        )
        for r in as_rows(exits.counties)
    ]
    return Table(
        title=say.word("two.county_table"),
        columns=(
            Column(say.word("col.county")),
            Column(say.word("col.households"), "right"),
            *_state_columns(desk),
            Column(say.word("two.col_not_met_share"), "right"),
        ),
        rows=tuple(rows),
        key="exit-counties",
        n=_n(desk, exits, ground),
        source=say("source.households"),
        note=withheld_note(desk),
    )


def _cells(desk: Desk, row: Row, ref: str, ground: Ground, prefix: str) -> list[Inline]:
    names = ["households", *(f"{prefix}{s.value}" for s in STATES)]
    return [desk.count(row[c], "households", f"{ref}.{c}", ground, with_unit=False) for c in names]


def _n(desk: Desk, exits: ExitTables, ground: Ground) -> Inline:
    n = city_row(exits)["households"]
    return desk.say("two.county_n", n=desk.count(n, "households", "exits.city.households", ground))


def _findings(desk: Desk, exits: ExitTables, ground: Ground, place: Inline) -> list[Finding]:
    """Exits not met, without evidence, not made at all, or hanging on the choice of line."""
    city = city_row(exits)
    missing = _most_missing(desk, exits)
    found = [
        _finding(desk, "exit_not_met", city, "households_not_met", SHARE, place, "exit-counties", 5, ground),
        _finding(desk, "exit_missing", city, "households_evidence_missing", SHARE, missing, "exit-counties", 3, ground),
        _finding(desk, "line_sensitive", city, "sensitive", PLANNED, "", "exit-lines", 1, ground),
    ]
    poor = _poor(exits)
    if is_some(poor):
        size = poor_count(desk, exits)
        what = desk.say("find.poor_remaining_hidden") if is_withheld(poor) else desk.say("find.poor_remaining", n=size)
        found.append(Finding("poor_remaining", what, "exit.deadline", "", size, "exit-lines", weight=4))
    return [f for f in found if f is not None]


def _finding(
    desk: Desk,
    kind: str,
    city: Row,
    column: str,
    rule: str,
    place: Inline,
    table: str,
    weight: float,
    ground: Ground,
) -> Finding | None:
    """A finding on a count of exited households; a withheld count is said to be withheld; None for a zero."""
    if not is_some(city[column]):
        return None
    n = desk.count(city[column], "households", f"exits.city.{column}", ground)
    if is_withheld(city[column]):
        return Finding(kind, desk.say(f"find.{kind}_hidden"), rule, place, n, table, weight=weight / 2)
    share = desk.share(city[column], city["households"], f"exits.city.{column}_share", ground, "pct2")
    return Finding(kind, desk.say(f"find.{kind}", n=n, share=share), rule, place, n, table, weight=weight)


def _most_missing(desk: Desk, exits: ExitTables) -> Inline:
    row = largest_share(counties(exits.counties), "households_evidence_missing")
    return desk.place(row["county_code"]) if row else ""
