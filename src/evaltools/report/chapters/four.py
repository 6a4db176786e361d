"""四、相对贫困村: village exit, collective income (median and spread), coverage with the right denominators."""

from __future__ import annotations

import numpy as np
import pandas as pd

from evaltools.indicators import VillageVerdicts
from evaltools.report.blocks import (
    Block,
    Callout,
    Chapter,
    Column,
    Figure,
    Ground,
    Heading,
    Inline,
    Paragraph,
    Table,
)
from evaltools.report.chapters.desk import STATES, Desk
from evaltools.report.chapters.findings import Finding, with_advice
from evaltools.report.chapters.four_coverage import coverage
from evaltools.report.chapters.rows import Row, as_rows
from evaltools.report.charts.villages import collective_income
from evaltools.terms import VerdictState

SHARE, ACTUAL, PLANNED = (
    "exit.village_income_share",
    "exit.village_income_line_actual",
    "exit.village_income_line_planned",
)


def chapter_four(desk: Desk) -> tuple[Chapter, list[Finding]]:
    """The chapter; a city without designated villages (江门) gets the words 不适用."""
    villages, title = desk.inp.villages, desk.say.word("chapter.four")
    if villages is None or villages.frame.empty:
        state = VerdictState.NOT_APPLICABLE if not desk.inp.city.has_tasks else VerdictState.EVIDENCE_MISSING
        key = "four.na" if state is VerdictState.NOT_APPLICABLE else "four.missing"
        return Chapter("四", title, (Callout(desk.say(key, city=desk.city), title=desk.state(state)),)), []
    exit_blocks, findings = _exit(desk, villages)
    cover_blocks, more = coverage(desk, villages)
    return Chapter("四", title, (*exit_blocks, *_money(desk, villages), *cover_blocks)), [*findings, *more]


def _ground(villages: VillageVerdicts, rules: tuple[str, ...] = (SHARE,)) -> Ground:
    return Ground("data", ("villages",), "relatively poor villages of the year", len(villages.frame), rules)


def _exit(desk: Desk, villages: VillageVerdicts) -> tuple[list[Block], list[Finding]]:
    say, ground = desk.say, _ground(villages)
    total, state = len(villages.frame), villages.frame["verdict"].astype(str)
    counts = {s.value: int((state == s.value).sum()) for s in STATES}

    def n(x: int, what: str):
        return desk.count(x, "villages", f"villages.{what}", ground)

    line: Inline = desk.limit(ACTUAL, sign=False) if villages.line_actual else say.word("word.no_rule")
    parts: list[Inline] = [
        say(
            "four.exit_found",
            villages=n(total, "n"),
            met=n(counts["met"], "met"),
            not_met=n(counts["not_met"], "not_met"),
            missing=n(counts["evidence_missing"], "missing"),
            share=desk.limit(SHARE, sign=False),
            line=line,
            cite=desk.cite(ACTUAL),
        )
    ]
    if villages.line_planned:
        turned = int(villages.frame["is_line_sensitive"].sum())
        parts.append(
            say(
                "four.exit_planned",
                line=desk.limit(PLANNED, sign=False),
                cite=desk.cite(PLANNED),
                n=n(turned, "sensitive"),
            )
        )
    place, worst = _worst(desk, villages, ground)
    blocks: list[Block] = [
        Heading(say.word("four.exit_heading")),
        Paragraph(say.sentences(*parts, say("four.exit_sure"), worst)),
        _table(desk, villages, ground),
    ]
    found = []
    if counts["not_met"]:
        size, share = (
            n(counts["not_met"], "not_met"),
            desk.share(counts["not_met"], total, "villages.not_met_share", ground),
        )
        what = say("find.village_exit", n=size, share=share)
        found.append(Finding("village_exit", what, ACTUAL, place, size, "village-exit", weight=4.5))
    if counts["evidence_missing"]:
        size = n(counts["evidence_missing"], "missing")
        found.append(
            Finding(
                "village_missing",
                say("find.village_missing", n=size),
                ACTUAL,
                "",
                size,
                "village-exit",
                weight=2,
            )
        )
    return with_advice(desk, blocks, found), found


def _worst(desk: Desk, villages: VillageVerdicts, ground: Ground) -> tuple[Inline, Inline]:
    row = max(as_rows(villages.summary), key=lambda r: int(r["villages_not_met"]), default=None)
    if row is None or not int(row["villages_not_met"]):
        return "", desk.say("four.exit_all")
    place = desk.place(row["county_code"])
    ref = f"villages.{row['county_code']}"
    return place, desk.say(
        "four.exit_worst",
        place=place,
        n=desk.count(row["villages_not_met"], "villages", f"{ref}.not_met", ground),
        share=desk.share(row["villages_not_met"], row["villages"], f"{ref}.not_met_share", ground),
    )


def _table(desk: Desk, villages: VillageVerdicts, ground: Ground) -> Table:
    say, summary = desk.say, villages.summary

    def row(label: Inline, r: Row, ref: str) -> tuple[Inline, ...]:
        cells = [
            desk.count(r[c], "villages", f"villages.{ref}.{c}", ground, with_unit=False)
            for c in ("villages", *(f"villages_{s.value}" for s in STATES), "villages_line_sensitive")
        ]
        return (label, *cells)

    sums = summary.drop(columns=["city_code", "county_code"]).sum()
    numbers = {str(k): v for k, v in sums.items()}
    rows = [row(desk.place(r["county_code"]), r, str(r["county_code"])) for r in as_rows(summary)]
    heads = [Column(say.word("col.villages"), "right"), *(Column(say.label(s), "right") for s in STATES)]
    return Table(
        title=say.word("four.exit_table"),
        key="village-exit",
        source=say("source.villages"),
        columns=(Column(say.word("col.county")), *heads, Column(say.word("four.col_sensitive"), "right")),
        rows=(*rows, row(say.word("word.total"), numbers, "total")),
        n=_n(desk, villages, ground),
    )


def _n(desk: Desk, villages: VillageVerdicts, ground: Ground) -> Inline:
    return desk.say("four.n", n=desk.count(len(villages.frame), "villages", "villages.n", ground))


def _money(desk: Desk, villages: VillageVerdicts) -> list[Block]:
    """Median and spread first, the mean last; no rule sets a limit."""
    say, head = desk.say, Heading(desk.say.word("four.money_heading"))
    row = as_rows(villages.collective_income)[0]
    known = pd.to_numeric(villages.frame["collective_income_yuan"]).to_numpy(dtype=float, na_value=np.nan)
    known = known[~np.isnan(known)]
    if known.size == 0:
        return [head, Paragraph(say("four.money_none"))]
    ground = Ground("data", ("villages",), "collective_income_yuan of the poor villages, unweighted", int(known.size))

    def money(column: str):
        return desk.number(row[column], "yuan", f"villages.collective.{column}", ground, "wan_yuan")

    parts: list[Inline] = [
        say(
            "four.money_found",
            median=money("median"),
            low=money("p25"),
            high=money("p75"),
            min=money("min"),
            max=money("max"),
            mean=money("mean"),
            gini=desk.number(row["gini"], "ratio", "villages.collective.gini", ground, "dec2"),
        )
    ]
    if int(row["unknown"]):
        parts.append(
            say("four.money_missing", n=desk.count(row["unknown"], "villages", "villages.collective.unknown", ground))
        )
    parts.append(say("four.money_rule"))
    picture = collective_income(known, lang=desk.lang)
    figure = Figure(
        title=say.word("four.money_figure"),
        svg=picture.svg,
        png=picture.png,
        data=picture.data,
        key="collective",
        alt=say("four.money_alt", median=money("median"), mean=money("mean")),
        source=say("source.villages"),
        n=say("four.n", n=desk.count(int(known.size), "villages", "villages.collective.n", ground)),
    )
    return [head, Paragraph(say.sentences(*parts)), figure]
