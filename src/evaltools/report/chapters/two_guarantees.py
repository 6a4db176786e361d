"""二（二）两不愁三保障与饮水安全: the city in a table, the counties in a heat table."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from evaltools.indicators.exits.result import COMPONENTS
from evaltools.report.binding import SUPPRESSED
from evaltools.report.blocks import Block, Column, Figure, Ground, Heading, Inline, Paragraph, Ref, Table
from evaltools.report.chapters.desk import STATES, Desk, percent_text
from evaltools.report.chapters.findings import Finding
from evaltools.report.chapters.say import Parts
from evaltools.report.chapters.two_exits import CITY, exit_ground, withheld_note
from evaltools.report.charts.guarantees import heat_table
from evaltools.report.model import ExitTables
from evaltools.terms import Guarantee

WATER = Guarantee.DRINKING_WATER.value


def guarantees(desk: Desk, exits: ExitTables) -> tuple[list[Block], list[Finding]]:
    """Found, clause, worst county and item, table and heat table; a finding for each guarantee not met somewhere."""
    say, ground = desk.say, exit_ground(exits)
    city = exits.guarantees[exits.guarantees["county_code"] == CITY].set_index("component")
    water = desk.rule(f"exit.guarantee.{WATER}")
    note = say("two.guarantee_extended", cite=desk.cite(water)) if water.is_defined else ""
    worst, cells = _worst_cell(desk, exits, ground)
    blocks: list[Block] = [
        Heading(say.word("two.guarantee_heading")),
        Paragraph(say.sentences(_found(desk, city, ground), note, worst)),
        _city_table(desk, city, ground),
        _heat(desk, exits),
    ]
    return blocks, _findings(desk, city, ground, cells)


def _name(desk: Desk, component: str) -> str:
    return desk.say.label(Guarantee(component))


def _share(desk: Desk, row: pd.Series, state: str, component: str, ground: Ground):
    return desk.share(row[state], row["households"], f"exits.city.{component}.{state}_share", ground, "pct2")


def _largest(table: pd.DataFrame, state: str) -> Any:
    """The index label with the largest published share of `state`; None where all are zero or withheld."""
    known = table.dropna(subset=[state, "households"])
    known = known[known["households"] > 0]
    if known.empty:
        return None
    shares = known[state].astype(float) / known["households"].astype(float)
    return shares.idxmax() if shares.max() > 0 else None


def _found(desk: Desk, city: pd.DataFrame, ground: Ground) -> Parts:
    """Which guarantee is most often not met, which most often without evidence, against which clause."""
    say = desk.say
    sentences: list[Inline] = []
    for state, name in (("not_met", "found"), ("evidence_missing", "missing")):
        worst = _largest(city, state)
        if worst is not None:
            share = _share(desk, city.loc[worst], state, worst, ground)
            sentences.append(say(f"two.guarantee_{name}", item=_name(desk, worst), share=share))
        elif bool(city[state].isna().any()):
            sentences.append(say("two.guarantee_withheld" if name == "found" else "two.guarantee_missing_withheld"))
        elif name == "found":
            sentences.append(say("two.guarantee_none"))
    return say.sentences(*sentences, say("two.guarantee_cite", cite=desk.cite("exit.guarantee.food")))


def _worst_cell(desk: Desk, exits: ExitTables, ground: Ground) -> tuple[Inline, dict[str, Inline]]:
    """The sentence on the worst county and item; per item the worst county."""
    counties = exits.guarantees[exits.guarantees["county_code"] != CITY].reset_index(drop=True)
    places: dict[str, Inline] = {}
    for component, rows in counties.groupby("component"):
        at = _largest(rows, "not_met")
        if at is not None:
            places[str(component)] = desk.place(rows.loc[at, "county_code"])
    at, figure = _largest(counties, "not_met"), Ref("guarantees-heat")
    if at is None:
        is_clean = bool((counties["not_met"].fillna(1) == 0).all())
        return desk.say("two.guarantee_counties" if is_clean else "two.guarantee_hidden", figure=figure), places
    row = counties.loc[at]
    share = desk.share(
        row["not_met"], row["households"], f"exits.{row['county_code']}.{row['component']}.share", ground, "pct2"
    )
    item = _name(desk, row["component"])
    return desk.say(
        "two.guarantee_worst", place=desk.place(row["county_code"]), item=item, share=share, figure=figure
    ), places


def _city_table(desk: Desk, city: pd.DataFrame, ground: Ground) -> Table:
    say = desk.say

    def row(component: str) -> tuple[Inline, ...]:
        r = city.loc[component]
        counts = [
            desk.count(r[s.value], "households", f"exits.city.{component}.{s.value}", ground, with_unit=False)
            for s in STATES
        ]
        shares = [_share(desk, r, s, component, ground) for s in ("not_met", "evidence_missing")]
        return (_name(desk, component), *counts, *shares, desk.cite(f"exit.guarantee.{component}"))

    heads = [Column(say.label(s), "right") for s in STATES]
    heads += [Column(say.word(f"two.col_{s}_share"), "right") for s in ("not_met", "missing")]
    total = desk.count(city["households"].iloc[0], "households", "exits.city.households", ground)
    return Table(
        title=say.word("two.guarantee_table"),
        columns=(Column(say.word("col.item")), *heads, Column(say.word("col.clause"), width=0.3)),
        rows=tuple(row(c) for c in COMPONENTS),
        key="guarantees",
        n=say("two.county_n", n=total),
        source=say("source.households"),
        note=withheld_note(desk),
    )


def _heat(desk: Desk, exits: ExitTables) -> Figure:
    """Shares not met or without evidence: withheld cells are hatched, never zero."""
    say, ground = desk.say, exit_ground(exits)
    table = exits.guarantees[exits.guarantees["county_code"] != CITY]
    places = sorted(table["county_code"].unique())
    cells = table.set_index(["county_code", "component"])
    values = np.full((len(places), len(COMPONENTS)), np.nan)
    for i, place in enumerate(places):
        for j, component in enumerate(COMPONENTS):
            row = cells.loc[(place, component)]
            if pd.notna(row["met"]) and pd.notna(row["households"]) and row["households"]:
                values[i, j] = 1.0 - float(row["met"]) / float(row["households"])
    hidden = np.isnan(values)
    texts = [
        [SUPPRESSED if hidden[i, j] else percent_text(values[i, j], desk.lang, "pct1") for j in range(values.shape[1])]
        for i in range(values.shape[0])
    ]
    names = ["".join(p if isinstance(p, str) else p.text for p in _parts(desk.place(c))) for c in places]
    picture = heat_table(
        names,
        [_name(desk, c) for c in COMPONENTS],
        values,
        texts,
        is_hidden=hidden,
        title=say.word("two.heat_shade"),
        lang=desk.lang,
    )
    total = exits.counties.set_index("county_code").loc[CITY, "households"]
    return Figure(
        title=say.word("two.heat"),
        svg=picture.svg,
        png=picture.png,
        data=picture.data,
        alt=say.word("two.heat_alt"),
        source=say("source.households"),
        key="guarantees-heat",
        note=withheld_note(desk),
        n=say("two.county_n", n=desk.count(total, "households", "exits.city.households", ground)),
    )


def _parts(inline: Inline):
    from evaltools.report.inline import inline_parts

    return inline_parts(inline)


def _findings(desk: Desk, city: pd.DataFrame, ground: Ground, places: dict[str, Inline]) -> list[Finding]:
    found = []
    for component in COMPONENTS:
        row = city.loc[component]
        if pd.notna(row["not_met"]) and int(row["not_met"]) == 0:
            continue
        n = desk.count(row["not_met"], "households", f"exits.city.{component}.not_met", ground)
        share = _share(desk, row, "not_met", component, ground)
        what = desk.say("find.guarantee", item=_name(desk, component), n=n, share=share)
        if pd.isna(row["not_met"]):
            what = desk.say("find.guarantee_hidden", item=_name(desk, component))
        size = 0.0 if pd.isna(row["not_met"]) else float(row["not_met"]) / max(float(row["households"] or 1), 1.0)
        found.append(
            Finding(
                "guarantee",
                what,
                desk.cite(f"exit.guarantee.{component}"),
                places.get(component, ""),
                n,
                "guarantees",
                subject=_name(desk, component),
                weight=3 + size,
            )
        )
    return found
