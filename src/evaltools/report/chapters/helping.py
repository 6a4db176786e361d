"""A helping city: 二 its duties in force with their clause, its share of the fiscal input, guidance funds."""

from __future__ import annotations

from typing import Any

import pandas as pd

from evaltools.report.blocks import Block, Bound, Chapter, Column, Ground, Heading, Inline, Paragraph, Ref, Table
from evaltools.report.chapters.desk import Desk
from evaltools.report.chapters.findings import Finding, with_advice
from evaltools.report.chapters.one import pairs_list, rule_label
from evaltools.report.chapters.rows import Row, as_rows
from evaltools.report.model import FundTables
from evaltools.terms import VerdictState, city

SPLIT = ("finance.split.province", "finance.split.helping_city", "finance.split.local_city")
AMOUNT, DUE = "finance.guidance_fund_per_village_year", "finance.guidance_fund_due"
DUTIES = (
    "finance.per_capita_input",
    SPLIT[1],
    AMOUNT,
    DUE,
    "teams.first_secretary.pearl_delta_city",
    "teams.leader_rank.pearl_delta_city",
    "teams.tenure_months_min",
    "assistance.leader_visits_min",
    "assistance.helper_visits_min",
    "assistance.helper_studies_min",
    "assistance.helper_reports_min",
    "assistance.county_town_pairs",
    "assistance.team_leader_post",
    "assistance.stability",
    "teams.allowance_month",
    "teams.work_fund_month",
)
"""Duties of a helping city, in the order of the table; those that no document sets for this city say 无规定."""
SHOWN_BY = {
    "finance.per_capita_input": ("pairs-share", "counties.input_per_eligible"),
    SPLIT[1]: ("split", ""),
    AMOUNT: ("guidance", ""),
    DUE: ("guidance", ""),
    "teams.first_secretary.pearl_delta_city": ("pairs-presence", "teams.posts_by_rule_pearl_delta_city_share"),
    "teams.leader_rank.pearl_delta_city": ("pairs-presence", "teams.delta_rank_share"),
    "teams.tenure_months_min": ("pairs-presence", "teams.delta_tenure_ok_share"),
    "assistance.leader_visits_min": ("pairs-visits", "assistance.pair_visits_ok_share"),
    "assistance.helper_visits_min": ("pairs-visits", "assistance.pair_visits_mean"),
    "assistance.helper_studies_min": ("pairs-visits", "assistance.pair_sessions_least"),
    "assistance.helper_reports_min": ("pairs-visits", "assistance.pair_reports_least"),
    "assistance.county_town_pairs": ("pairs-presence", "counties.pair_share"),
    "assistance.team_leader_post": ("pairs-presence", "teams.local_post_share"),
    "assistance.stability": ("pairs-presence", "assistance.delta_unit_kept_share"),
    "teams.allowance_month": ("pairs-presence", "teams.allowance_ok_share"),
    "teams.work_fund_month": ("pairs-presence", "teams.work_fund_ok_share"),
}
"""Duty -> table of this report that shows whether it was done, and its indicator there ("": a table of payments)."""


def chapter_duties(desk: Desk) -> tuple[Chapter, list[Finding]]:
    """Pairs, and the duties in force with their clause and where their evidence stands."""
    say = desk.say
    blocks: list[Block] = [Heading(say.word("helping.pairs_heading")), pairs_list(desk), *_duties(desk)]
    return Chapter("二", say.word("chapter.two_helping"), tuple(blocks)), []


def _duties(desk: Desk) -> list[Block]:
    say, funds = desk.say, desk.inp.funds

    def evidence(rule_id: str, is_defined: bool) -> Inline:
        if not is_defined:
            return say.label(VerdictState.RULE_UNDEFINED)
        key, indicator = SHOWN_BY[rule_id]
        if indicator:
            has_table = any(h.indicators is not None and indicator in h.indicators.readings for h in desk.inp.helped)
        else:
            has_table = funds is not None and len(funds.split if key == "split" else funds.guidance) > 0
        return say("helping.see", ref=Ref(key)) if has_table else say.label(VerdictState.EVIDENCE_MISSING)

    rules = [desk.rule(i) for i in DUTIES]
    table = Table(
        title=say.word("helping.duties_table"),
        key="duties",
        source=say("source.rules", as_of=desk.as_of),
        columns=(
            Column(say.word("helping.col_duty"), width=0.3),
            Column(say.word("col.limit"), width=0.2),
            Column(say.word("col.clause"), width=0.33),
            Column(say.word("helping.col_evidence"), width=0.17),
        ),
        rows=tuple((rule_label(desk, r), desk.limit(r), desk.cite(r), evidence(r.id, r.is_defined)) for r in rules),
        n=say("one.rules_n", n=desk.count(len(rules), "items", "duties.n", Ground("rule", rules=DUTIES))),
    )
    return [
        Heading(say.word("helping.duties_heading")),
        Paragraph(say("helping.duties", as_of=desk.as_of, city=desk.city)),
        table,
        Paragraph(say("helping.duty_note")),
    ]


def _name(desk: Desk, code: Any) -> str:
    return city(str(code)).label(desk.lang)


def _money(desk: Desk, x: Any, ref: str, ground: Ground) -> Bound:
    return desk.number(x, "yuan", ref, ground, "wan_yuan")


def _ground(funds: FundTables, formula: str, rules: tuple[str, ...]) -> Ground:
    return Ground("data", ("fund_flows", "villages"), formula, funds.rows, rules)


def split(desk: Desk) -> list[Block]:
    """What arrived of the fiscal input and whose it was; no verdict on a year, since no yearly amount is set."""
    say, funds = desk.say, desk.inp.funds
    head = Heading(say.word("helping.split_heading"))
    shares = dict(zip(("province", "helping", "local"), (desk.limit(i, sign=False) for i in SPLIT), strict=True))
    rule = Paragraph(
        say(
            "helping.split_rule",
            per_head=desk.limit("finance.per_capita_input", sign=False),
            cite=desk.cite(SPLIT[1]),
            **shares,
        )
    )
    if funds is None or funds.split.empty:
        return [head, rule, Paragraph(say("helping.split_none"))]
    ground = _ground(
        funds, "amount_yuan of per_capita_input with a paid_date, cumulated; the helping city's part", (SPLIT[1],)
    )

    def cells(ref: str, total: float, own: float) -> tuple[Bound, Bound, Bound]:
        return (
            _money(desk, total, f"split.{ref}.total", ground),
            _money(desk, own, f"split.{ref}.helper", ground),
            desk.share(own, total, f"split.{ref}.share", ground),
        )

    table = funds.split
    total, own = float(table["total_yuan"].sum()), float(table["helper_yuan"].sum())
    whole, ruled = cells("all", total, own), desk.limit(SPLIT[1], sign=False)
    rows = [
        (_name(desk, r["city_code"]), *cells(str(r["city_code"]), r["total_yuan"], r["helper_yuan"]), ruled)
        for r in as_rows(table)
    ]
    found = say(
        "helping.split_found",
        year=desk.year,
        total=whole[0],
        city=desk.city,
        helper=whole[1],
        share=whole[2],
        rule=ruled,
    )
    heads = [Column(say.word(f"helping.col_{c}"), "right") for c in ("total", "helper", "share", "rule")]
    return [
        head,
        rule,
        Paragraph(found),
        Table(
            title=say.word("helping.split_table"),
            key="split",
            source=say("source.funds"),
            columns=(Column(say.word("helping.col_city")), *heads),
            rows=(*rows, (say.word("word.total"), *whole, ruled)),
            n=_n(desk, funds, ground),
        ),
    ]


def _n(desk: Desk, funds: FundTables, ground: Ground) -> Inline:
    return desk.say("helping.n", n=desk.count(funds.rows, "rows", "funds.rows", ground))


def guidance(desk: Desk) -> tuple[list[Block], list[Finding]]:
    """Guidance funds: due where a rule says so, arrived, on time; findings for what fell short or came late."""
    say, funds, amount, due = desk.say, desk.inp.funds, desk.rule(AMOUNT), desk.rule(DUE)
    blocks: list[Block] = [Heading(say.word("helping.guidance_heading"))]
    if amount.is_defined and due.is_defined:
        rule = say(
            "helping.guidance_rule",
            amount=desk.limit(amount, sign=False),
            due=desk.limit(due, sign=False),
            cite=desk.cite(due),
        )
    elif str(amount.applicability) == "undefined":
        rule = say("helping.guidance_undefined", city=desk.city)
    else:
        reason = desk.free(amount.reason, f"rule.{AMOUNT}.reason", Ground("rule", rules=(AMOUNT,)))
        rule = say("helping.guidance_out_of_date", year=desk.year, reason=reason)
    blocks.append(Paragraph(rule))
    if funds is None or funds.guidance.empty:
        return [*blocks, Paragraph(say("helping.guidance_none"))], []
    ground = _ground(
        funds,
        "guidance payments of the year; due = villages helped × amount; on time = paid_date by the due date",
        (AMOUNT, DUE),
    )
    table, findings = _guidance_table(desk, funds, ground), list[Finding]()
    if amount.is_defined:
        blocks.append(Paragraph(_guidance_found(desk, funds.guidance, ground)))
        findings = _guidance_findings(desk, funds.guidance, ground)
    return [*with_advice(desk, blocks, findings), table], findings


def _guidance_table(desk: Desk, funds: FundTables, ground: Ground) -> Table:
    say, table = desk.say, funds.guidance
    columns = ("due_yuan", "arrived_yuan", "on_time_yuan")

    def row(label: str, r: Row, ref: str) -> tuple[Inline, ...]:
        villages = desk.count(r["villages"], "villages", f"guidance.{ref}.villages", ground, with_unit=False)
        money = [_money(desk, r[c], f"guidance.{ref}.{c}", ground) for c in columns]
        return (
            label,
            villages,
            *money,
            _state(desk, r["arrived_yuan"], r["due_yuan"]),
            _state(desk, r["on_time_yuan"], r["due_yuan"]),
        )

    rows = [row(_name(desk, r["city_code"]), r, str(r["city_code"])) for r in as_rows(table)]
    total: Row = {c: table[c].sum(min_count=1) for c in ("villages", *columns)}
    heads = [
        Column(say.word(h), "right")
        for h in ("col.villages", "helping.col_due", "helping.col_arrived", "helping.col_on_time")
    ]
    states = [Column(say.word(h)) for h in ("helping.col_state", "helping.col_state_time")]
    return Table(
        title=say.word("helping.guidance_table"),
        key="guidance",
        source=say("source.funds"),
        n=_n(desk, funds, ground),
        columns=(Column(say.word("helping.col_city")), *heads, *states),
        rows=(*rows, row(say.word("word.total"), total, "all")),
    )


def _state(desk: Desk, have: Any, due: Any) -> str:
    """达标 when all that is due is there; without a rule 无规定. Sums of payments: no sampling, no interval."""
    if pd.isna(due):
        return desk.state(VerdictState.RULE_UNDEFINED)
    return desk.state(VerdictState.MET if float(have) >= float(due) else VerdictState.NOT_MET)


def _guidance_found(desk: Desk, table: pd.DataFrame, ground: Ground) -> Inline:
    say = desk.say
    due, arrived, on_time = (float(table[c].sum()) for c in ("due_yuan", "arrived_yuan", "on_time_yuan"))
    found = say(
        "helping.guidance_found",
        year=desk.year,
        due=_money(desk, due, "guidance.all.due_yuan", ground),
        arrived=_money(desk, arrived, "guidance.all.arrived_yuan", ground),
        on_time=_money(desk, on_time, "guidance.all.on_time_yuan", ground),
        share=desk.share(arrived, due, "guidance.all.share", ground),
        share_on_time=desk.share(on_time, due, "guidance.all.share_on_time", ground),
    )
    gaps = (table["due_yuan"] - table["arrived_yuan"]).astype(float)
    if gaps.max() <= 0:
        return say.sentences(found, say("helping.guidance_full"))
    worst = max(as_rows(table), key=lambda r: float(r["due_yuan"]) - float(r["arrived_yuan"]))
    gap = _money(desk, gaps.max(), f"guidance.{worst['city_code']}.gap", ground)
    return say.sentences(found, say("helping.guidance_worst", city=_name(desk, worst["city_code"]), gap=gap))


def _guidance_findings(desk: Desk, table: pd.DataFrame, ground: Ground) -> list[Finding]:
    found = []
    for r in as_rows(table):
        name, ref = _name(desk, r["city_code"]), f"guidance.{r['city_code']}"
        due = _money(desk, r["due_yuan"], f"{ref}.due_yuan", ground)
        if r["arrived_yuan"] < r["due_yuan"]:
            gap = _money(desk, r["due_yuan"] - r["arrived_yuan"], f"{ref}.gap", ground)
            what = desk.say(
                "find.guidance_short",
                city=name,
                year=desk.year,
                due=due,
                arrived=_money(desk, r["arrived_yuan"], f"{ref}.arrived_yuan", ground),
            )
            found.append(Finding("guidance_short", what, AMOUNT, name, gap, "guidance", weight=7))
        if r["on_time_yuan"] < r["arrived_yuan"]:
            late = _money(desk, r["arrived_yuan"] - r["on_time_yuan"], f"{ref}.late", ground)
            what = desk.say(
                "find.guidance_late",
                city=name,
                year=desk.year,
                due=due,
                on_time=_money(desk, r["on_time_yuan"], f"{ref}.on_time_yuan", ground),
            )
            found.append(Finding("guidance_late", what, DUE, name, late, "guidance", weight=4))
    return found
