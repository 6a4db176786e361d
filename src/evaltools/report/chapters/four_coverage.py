"""四（三）覆盖: each item with its denominator, target, verdict; lowest county, city, highest county in a dumbbell."""

from __future__ import annotations

import numpy as np
import pandas as pd

from evaltools.indicators import VillageVerdicts
from evaltools.indicators.exits.village import ITEMS
from evaltools.report.blocks import Block, Bound, Column, Figure, Ground, Heading, Inline, Paragraph, Ref, Table
from evaltools.report.chapters.desk import Desk
from evaltools.report.chapters.findings import Finding, with_advice
from evaltools.report.chapters.rows import Row, as_rows
from evaltools.report.charts.villages import coverage_dumbbells
from evaltools.standards import Rule
from evaltools.terms import VerdictState

BASE = {i.id: i.denominator for i in ITEMS}
"""Item -> column that says what is counted; "" where every poor village is."""
RULE_OF = {i.id: i.rule for i in ITEMS}


def coverage(desk: Desk, villages: VillageVerdicts) -> tuple[list[Block], list[Finding]]:
    """Sentence, dumbbells, table; a finding for each item whose target is not met."""
    say, items = desk.say, villages.coverage
    ground = _ground(villages)
    spans = {str(r["item"]): _span(villages, str(r["item"])) for r in as_rows(items)}
    blocks: list[Block] = [
        Heading(say.word("four.cover_heading")),
        Paragraph(say.sentences(_found(desk, items, ground), _worst(desk, items, spans, ground))),
    ]
    if items["share"].notna().any():
        blocks.append(_figure(desk, items, spans, villages, ground))
    findings = _findings(desk, items, spans, ground)
    return [*with_advice(desk, blocks, findings), _table(desk, items, ground, villages)], findings


def coverage_findings(desk: Desk, villages: VillageVerdicts) -> list[Finding]:
    """A finding for each item whose target is not met."""
    items = villages.coverage
    ground = _ground(villages)
    return _findings(desk, items, {str(r["item"]): _span(villages, str(r["item"])) for r in as_rows(items)}, ground)


def _ground(villages: VillageVerdicts) -> Ground:
    return Ground("data", ("villages",), "covered units / units to be covered, unknown ones apart", len(villages.frame))


def _name(desk: Desk, row: Row, ground: Ground) -> Inline:
    return desk.free(str(row[f"label_{desk.lang}"]), f"coverage.{row['item']}.label", ground)


def _base(desk: Desk, row: Row) -> str:
    """What the item counts: natural villages, the villages that a bus can reach, or all poor villages."""
    column = BASE[str(row["item"])]
    return desk.say.word(
        "four.base_nv" if column.startswith("nv_") else "four.base_passable" if column else "four.base_village"
    )


def _share(desk: Desk, row: Row, ground: Ground) -> Bound:
    return desk.number(row["share"], "share", f"coverage.{row['item']}.share", ground, "pct1")


def _span(villages: VillageVerdicts, item: str) -> pd.Series:
    """Coverage by county, for items that every poor village has or has not; empty for items with another base."""
    if BASE[item] or item not in villages.frame:
        return pd.Series(dtype=float)
    state = villages.frame[item].astype(str)
    known = state.isin(["met", "not_met"])
    done = (state[known] == "met").astype(float)
    return done.groupby(villages.frame.loc[known, "county_code"].astype(str)).mean()


def _found(desk: Desk, items: pd.DataFrame, ground: Ground) -> Inline:
    state = items["state"]
    ruled = state.isin([VerdictState.MET.value, VerdictState.NOT_MET.value, VerdictState.EVIDENCE_MISSING.value])

    if not ruled.any():
        return desk.say("four.cover_free", table=Ref("coverage"))

    def n(mask: pd.Series, what: str) -> Bound:
        return desk.count(int(mask.sum()), "items", f"coverage.{what}", ground)

    return desk.say(
        "four.cover_found",
        total=n(ruled, "ruled"),
        met=n(state == VerdictState.MET.value, "met"),
        not_met=n(state == VerdictState.NOT_MET.value, "not_met"),
        missing=n(state == VerdictState.EVIDENCE_MISSING.value, "missing"),
        table=Ref("coverage"),
    )


def _worst(desk: Desk, items: pd.DataFrame, spans: dict[str, pd.Series], ground: Ground) -> Inline:
    """The item with the lowest coverage among those whose counties are known, and its lowest county."""
    known = [r for r in as_rows(items) if pd.notna(r["share"]) and len(spans[r["item"]])]
    if not known:
        return ""
    row = min(known, key=lambda r: float(r["share"]))
    by_county = spans[row["item"]]
    code = by_county.idxmin()
    low = desk.number(float(by_county.min()), "share", f"coverage.{row['item']}.{code}", ground, "pct1")
    return desk.say(
        "four.cover_worst",
        item=_name(desk, row, ground),
        share=_share(desk, row, ground),
        place=desk.place(code),
        low=low,
    )


def _figure(
    desk: Desk, items: pd.DataFrame, spans: dict[str, pd.Series], villages: VillageVerdicts, ground: Ground
) -> Figure:
    say, rows = desk.say, items[items["share"].notna()]
    low, high = (np.array([_edge(spans[i], f) for i in rows["item"]]) for f in ("min", "max"))
    picture = coverage_dumbbells(
        list(rows[f"label_{desk.lang}"]),
        low,
        rows["share"].to_numpy(dtype=float),
        high,
        rows["target"].to_numpy(dtype=float),
        lang=desk.lang,
    )
    return Figure(
        title=say.word("four.cover_figure"),
        svg=picture.svg,
        png=picture.png,
        data=picture.data,
        alt=say.word("four.cover_alt"),
        source=say("source.villages"),
        key="coverage-figure",
        n=say("four.n", n=desk.count(len(villages.frame), "villages", "villages.n", ground)),
    )


def _edge(values: pd.Series, which: str) -> float:
    return float(getattr(values, which)()) if len(values) else float("nan")


def _table(desk: Desk, items: pd.DataFrame, ground: Ground, villages: VillageVerdicts) -> Table:
    """Counts and share of each item; limit, verdict and clause only where some item has a rule."""
    say, rows = desk.say, as_rows(items)
    is_ruled = any(_rule(desk, r) for r in rows)

    def row(r: Row) -> tuple[Inline, ...]:
        base = _base(desk, r)
        ref = f"coverage.{r['item']}"
        due, done = (desk.number(r[c], "count", f"{ref}.{c}", ground) for c in ("denominator", "numerator"))
        unknown = desk.count(r["unknown_villages"], "villages", f"{ref}.unknown", ground, with_unit=False)
        first = (_name(desk, r, ground), base, due, done, unknown, _share(desk, r, ground))
        return (*first, _target(desk, r), desk.state(r["state"]), _clause(desk, r)) if is_ruled else first

    narrow = 0.08 if is_ruled else 0.13
    heads = [Column(say.word(f"four.col_{c}"), "right", width=narrow) for c in ("due", "done", "unknown")]
    ruled = [
        Column(say.word("col.limit"), "right", width=0.09),
        Column(say.word("col.state"), width=0.11),
        Column(say.word("col.clause"), width=0.2),
    ]
    return Table(
        title=say.word("four.cover_table"),
        key="coverage",
        source=say("source.villages"),
        columns=(
            Column(say.word("col.item"), width=0.18 if is_ruled else 0.3),
            Column(say.word("four.col_base"), width=0.1 if is_ruled else 0.17),
            *heads,
            Column(say.word("col.share"), "right", width=narrow),
            *(ruled if is_ruled else []),
        ),
        rows=tuple(row(r) for r in rows),
        n=say("four.n", n=desk.count(len(villages.frame), "villages", "villages.n", ground)),
    )


def _rule(desk: Desk, row: Row) -> Rule | None:
    """The rule that the item was held against; None where none is in force for this city."""
    rule = desk.inp.rules.get(RULE_OF[str(row["item"])])
    return rule if rule is not None and rule.is_defined and pd.notna(row["target"]) else None


def _target(desk: Desk, row: Row, *, sign: bool = True) -> Inline:
    rule = _rule(desk, row)
    return desk.limit(rule, sign=sign) if rule else desk.say.word("word.no_rule")


def _clause(desk: Desk, row: Row) -> Inline:
    rule = _rule(desk, row)
    return desk.short(rule) if rule else desk.say.word("word.no_rule")


def _findings(desk: Desk, items: pd.DataFrame, spans: dict[str, pd.Series], ground: Ground) -> list[Finding]:
    found = []
    for row in as_rows(items[items["state"] == VerdictState.NOT_MET.value]):
        by_county = spans[row["item"]]
        place: Inline = desk.place(by_county.idxmin()) if len(by_county) else ""
        name = _name(desk, row, ground)
        what = desk.say("find.coverage", item=name, share=_share(desk, row, ground), limit=_target(desk, row, sign=False))
        gap = desk.number(
            float(row["denominator"]) - float(row["numerator"]), "count", f"coverage.{row['item']}.gap", ground
        )
        unit = _base(desk, row)
        size: Inline = (gap, " ", unit) if desk.lang == "en" else (gap, "个", unit)
        found.append(
            Finding(
                "coverage",
                what,
                RULE_OF[str(row["item"])],
                place,
                size,
                "coverage",
                name,
                weight=2 + (1 - float(row["share"])),
            )
        )
    return found
