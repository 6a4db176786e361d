"""二（二）两不愁三保障与饮水安全: the city in a table, the counties in a heat table."""

from __future__ import annotations

import numpy as np

from evaltools.indicators.exits.result import COMPONENTS
from evaltools.report.binding import SUPPRESSED
from evaltools.report.blocks import Block, Bound, Column, Figure, Ground, Heading, Inline, Paragraph, Ref, Table
from evaltools.report.chapters.desk import STATES, Desk, percent_text, withheld_note
from evaltools.report.chapters.findings import Finding, with_advice
from evaltools.report.chapters.rows import CITY, Row, as_rows, counties, is_withheld, is_zero, largest_share
from evaltools.report.chapters.say import Parts
from evaltools.report.chapters.two_exits import city_row, exit_ground
from evaltools.report.charts.guarantees import heat_table
from evaltools.report.inline import plain_text
from evaltools.report.model import ExitTables
from evaltools.terms import Guarantee

WATER = Guarantee.DRINKING_WATER.value


def guarantees(desk: Desk, exits: ExitTables) -> tuple[list[Block], list[Finding]]:
    """Found, clause, worst county and item, table and heat table; a finding for each guarantee not met somewhere."""
    say, ground = desk.say, exit_ground(exits)
    city = {str(r["component"]): r for r in as_rows(exits.guarantees) if r["county_code"] == CITY}
    water = desk.rule(f"exit.guarantee.{WATER}")
    note = say("two.guarantee_extended", cite=desk.cite(water)) if water.is_defined else ""
    blocks: list[Block] = [
        Heading(say.word("two.guarantee_heading")),
        Paragraph(say.sentences(_found(desk, city, ground), note, _worst_cell(desk, exits, ground))),
        _city_table(desk, city, ground),
        _heat(desk, exits),
    ]
    findings = _findings(desk, exits, city, ground)
    return with_advice(desk, blocks, findings), findings


def _name(desk: Desk, component: str) -> str:
    return desk.say.label(Guarantee(component))


def _share(desk: Desk, row: Row, state: str, ground: Ground) -> Bound:
    ref = f"exits.{row['county_code'] or 'city'}.{row['component']}.{state}_share"
    return desk.share(row[state], row["households"], ref, ground, "pct2")


def _found(desk: Desk, city: dict[str, Row], ground: Ground) -> Parts:
    """Which guarantee is most often not met, which most often without evidence, against which clause."""
    say = desk.say
    sentences: list[Inline] = []
    for state, name in (("not_met", "found"), ("evidence_missing", "missing")):
        worst = largest_share(list(city.values()), state)
        if worst is not None:
            item, share = _name(desk, worst["component"]), _share(desk, worst, state, ground)
            sentences.append(say(f"two.guarantee_{name}", item=item, share=share))
        elif any(is_withheld(r[state]) for r in city.values()):
            sentences.append(say("two.guarantee_withheld" if name == "found" else "two.guarantee_missing_withheld"))
        elif name == "found":
            sentences.append(say("two.guarantee_none"))
    return say.sentences(*sentences, say("two.guarantee_cite", cite=desk.cite("exit.guarantee.food")))


def _worst_cell(desk: Desk, exits: ExitTables, ground: Ground) -> Parts:
    """The county and item with the largest published share."""
    rows, figure = counties(exits.guarantees), Ref("guarantees-heat")
    row = largest_share(rows, "not_met")
    if row is None:
        is_clean = all(is_zero(r["not_met"]) for r in rows)
        return desk.say("two.guarantee_counties" if is_clean else "two.guarantee_hidden", figure=figure)
    place, item = desk.place(row["county_code"]), _name(desk, row["component"])
    return desk.say(
        "two.guarantee_worst", place=place, item=item, share=_share(desk, row, "not_met", ground), figure=figure
    )


def _city_table(desk: Desk, city: dict[str, Row], ground: Ground) -> Table:
    say = desk.say

    def row(component: str) -> tuple[Inline, ...]:
        r = city[component]
        counts = [
            desk.count(r[s.value], "households", f"exits.city.{component}.{s.value}", ground, with_unit=False)
            for s in STATES
        ]
        shares = [_share(desk, r, s, ground) for s in ("not_met", "evidence_missing")]
        return (_name(desk, component), *counts, *shares, desk.short(f"exit.guarantee.{component}"))

    heads = [Column(say.label(s), "right", width=0.1) for s in STATES]
    heads += [Column(say.word(f"two.col_{s}_share"), "right", width=0.12) for s in ("not_met", "missing")]
    total = desk.count(city[COMPONENTS[0]]["households"], "households", "exits.city.households", ground)
    return Table(
        title=say.word("two.guarantee_table"),
        columns=(Column(say.word("col.item"), width=0.13), *heads, Column(say.word("col.clause"), width=0.33)),
        rows=tuple(row(c) for c in COMPONENTS),
        key="guarantees",
        n=say("two.county_n", n=total),
        source=say("source.households"),
        note=withheld_note(desk),
    )


def _heat(desk: Desk, exits: ExitTables) -> Figure:
    """Shares not met or without evidence: withheld cells are hatched, never zero."""
    say, ground = desk.say, exit_ground(exits)
    cells = {(r["county_code"], r["component"]): r for r in counties(exits.guarantees)}
    places = sorted({code for code, _ in cells})
    values = np.array([[_shortfall(cells[code, c]) for c in COMPONENTS] for code in places], dtype=float)
    values = values.reshape(len(places), len(COMPONENTS))
    hidden = np.isnan(values)
    texts = [[SUPPRESSED if np.isnan(x) else percent_text(x, desk.lang, "pct1") for x in row] for row in values]
    picture = heat_table(
        [plain_text(desk.place(code)) for code in places],
        [_name(desk, c) for c in COMPONENTS],
        values,
        texts,
        is_hidden=hidden,
        title=say.word("two.heat_shade"),
        lang=desk.lang,
    )
    total = desk.count(city_row(exits)["households"], "households", "exits.city.households", ground)
    return Figure(
        title=say.word("two.heat"),
        svg=picture.svg,
        png=picture.png,
        data=picture.data,
        alt=say.word("two.heat_alt"),
        source=say("source.households"),
        key="guarantees-heat",
        note=withheld_note(desk),
        n=say("two.county_n", n=total),
    )


def _shortfall(row: Row) -> float:
    """Share not met or without evidence; NaN where a number for it is withheld or nobody lives there."""
    if is_withheld(row["met"]) or is_withheld(row["households"]) or not row["households"]:
        return float("nan")
    return 1.0 - float(row["met"]) / float(row["households"])


def _findings(desk: Desk, exits: ExitTables, city: dict[str, Row], ground: Ground) -> list[Finding]:
    found = []
    for component in COMPONENTS:
        row, name = city[component], _name(desk, component)
        if is_zero(row["not_met"]):
            continue
        n = desk.count(row["not_met"], "households", f"exits.city.{component}.not_met", ground)
        hidden = is_withheld(row["not_met"])
        what = desk.say("find.guarantee", item=name, n=n, share=_share(desk, row, "not_met", ground))
        if hidden:
            what = desk.say("find.guarantee_hidden", item=name)
        worst = largest_share([r for r in counties(exits.guarantees) if r["component"] == component], "not_met")
        place: Inline = desk.place(worst["county_code"]) if worst else ""
        weight = 1.5 if hidden else 3 + float(row["not_met"]) / float(row["households"])
        rule = f"exit.guarantee.{component}"
        found.append(Finding("guarantee", what, rule, place, n, "guarantees", subject=name, weight=weight))
    return found
