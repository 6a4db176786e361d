"""四、资金到位: what arrived by payer against what was due, and the guidance funds with their date."""

from __future__ import annotations

import math
from typing import Any

import pandas as pd

from evaltools.report.blocks import Block, Bound, Chapter, Column, Ground, Heading, Inline, Paragraph, Table
from evaltools.report.chapters.rows import Row, as_rows
from evaltools.report.province.desk import ProvinceDesk
from evaltools.report.province.publish import PAYERS
from evaltools.standards import Applicability, Rule
from evaltools.terms import VerdictState

PER_HEAD = "finance.per_capita_input"
SPLIT = ("finance.split.province", "finance.split.helping_city", "finance.split.local_city")
GUIDANCE_RULES = ("finance.guidance_fund_per_village_year", "finance.guidance_fund_due")


def chapter_money(desk: ProvinceDesk) -> Chapter:
    """The chapter; without payments it says so."""
    money, title = desk.inp.money, desk.say.word("pmoney.title")
    if money is None:
        return Chapter("四", title, (Paragraph(desk.say("pmoney.none")),))
    return Chapter("四", title, (*_input(desk), *_guidance(desk)))


def _ground(desk: ProvinceDesk, formula: str, rules: tuple[str, ...]) -> Ground:
    money = desk.inp.money
    return Ground("data", ("fund_flows", "households", "villages"), formula, money.rows if money else 0, rules)


def judge(total: float, low: float, high: float) -> VerdictState:
    """Arrivals against both ends of what was due; between them nothing is decided, without them nothing is known."""
    if math.isnan(low) or math.isnan(high):
        return VerdictState.EVIDENCE_MISSING
    if total >= high:
        return VerdictState.MET
    return VerdictState.NOT_MET if total < low else VerdictState.UNDECIDED


def _input(desk: ProvinceDesk) -> list[Block]:
    say, money, rule = desk.say, desk.inp.money, desk.rule(PER_HEAD)
    assert money is not None
    shares = {k: desk.limit(i, sign=False) for k, i in zip(("province", "helping", "local"), SPLIT, strict=True)}
    text = say("pmoney.input_rule", per_head=desk.limit(rule, sign=False), cite=desk.cite(SPLIT[0]), **shares)
    blocks: list[Block] = [Heading(say.word("pmoney.input_heading")), Paragraph(text)]
    table = money.input[money.input["total"] > 0].sort_values("city_code")
    if table.empty or not rule.is_defined:
        return [*blocks, Paragraph(say("pmoney.none"))]
    each = float(rule.value)
    ground = _ground(desk, "arrivals of per_capita_input up to the year; due = persons × amount", (PER_HEAD, *SPLIT))
    rows, states = [], []
    for r in as_rows(table):
        low, high = each * float(r["surely"]), each * float(r["eligible"])
        states.append(judge(float(r["total"]), low, high))
        rows.append(_input_row(desk, r, low, high, states[-1], ground))
    known = table[table["eligible"].notna()]
    sums = {c: float(known[c].sum()) for c in ("total", "surely", "eligible")}
    counts = {"met": states.count(VerdictState.MET), "not_met": states.count(VerdictState.NOT_MET),
              "open": states.count(VerdictState.UNDECIDED)}  # fmt: skip
    missing = [desk.name(str(c)) for c in table.loc[table["eligible"].isna(), "city_code"]]
    found = say(
        "pmoney.input_found", year=desk.year, total=desk.money(sums["total"], "input.total", ground),
        low=desk.money(each * sums["surely"], "input.low", ground),
        high=desk.money(each * sums["eligible"], "input.high", ground),
        **{k: desk.cities_count(v, f"input.{k}", ground) for k, v in counts.items()},
    )  # fmt: skip
    lacking = say("pmoney.input_missing", cities=say.listed(missing)) if missing else ""
    return [*blocks, Paragraph(say.sentences(found, lacking)), _input_table(desk, rows, ground)]


def _input_table(desk: ProvinceDesk, rows: list[tuple[Inline, ...]], ground: Ground) -> Table:
    say, money = desk.say, desk.inp.money
    assert money is not None
    unit = say.word("pmoney.unit")
    sums = [Column(say.word(f"pmoney.col_{c}"), "right", unit, w) for c, w in
            (("total", 0.15), ("low", 0.15), ("high", 0.15))]  # fmt: skip
    return Table(
        title=say.word("pmoney.input_table"), key="input", rows=tuple(rows), source=say("source.funds"),
        columns=(Column(say.word("province.col_city"), width=0.13), *sums,
                 Column(say.word("pmoney.col_state"), width=0.13),
                 Column(say.word("pmoney.col_shares"), "right", width=0.29)),
        n=say("helping.n", n=desk.count(money.rows, "rows", "funds.rows", ground)), note=say("pmoney.input_note"),
    )  # fmt: skip


def _input_row(
    desk: ProvinceDesk, r: Row, low: float, high: float, state: VerdictState, ground: Ground
) -> tuple[Inline, ...]:
    code = str(r["city_code"])
    ref = f"input.{code}"
    sums = [desk.wan(x, f"{ref}.{k}", ground) for k, x in (("total", r["total"]), ("low", low), ("high", high))]
    shares = [desk.share(r[p.value], r["total"], f"{ref}.{p.value}", ground) for p in PAYERS]
    word = desk.say.word("pmoney.between") if state is VerdictState.UNDECIDED else desk.state(state)
    return (desk.name(code), *sums, word, desk.say.listed(shares, ":"))


def guidance_sums(desk: ProvinceDesk) -> dict[str, Bound]:
    """Due, arrived and on time of all guidance funds that a rule asks for; {} where none does."""
    money = desk.inp.money
    if money is None or money.guidance.empty or money.guidance["due_yuan"].isna().all():
        return {}
    ruled = money.guidance[money.guidance["due_yuan"].notna()]
    ground = _ground(desk, "guidance payments of the year; due = villages helped × amount", GUIDANCE_RULES)
    names = {"due": "due_yuan", "arrived": "arrived_yuan", "on_time": "on_time_yuan"}
    return {k: desk.money(float(ruled[c].sum()), f"guidance.{k}", ground) for k, c in names.items()}


def _guidance(desk: ProvinceDesk) -> list[Block]:
    say, money = desk.say, desk.inp.money
    assert money is not None
    head, sums = Heading(say.word("pmoney.guidance_heading")), guidance_sums(desk)
    amount, due = _guidance_rules(desk)
    rule: Inline = ""
    if amount.is_defined and due.is_defined:
        rule = say("pmoney.guidance_rule", amount=desk.limit(amount, sign=False), due=desk.limit(due, sign=False),
                   cite=desk.cite(due))  # fmt: skip
    elif amount.applicability is not Applicability.UNDEFINED:
        reason = desk.free(amount.reason, "rule.guidance.reason", Ground("rule", rules=(amount.id,)))
        rule = say("pmoney.guidance_out", year=desk.year, reason=reason)
    if money.guidance.empty:
        return [head, Paragraph(say.sentences(rule, say("pmoney.guidance_none")))]
    idle = money.guidance["due_yuan"].isna() & (money.guidance["arrived_yuan"] == 0)
    found = say("pmoney.guidance_found", year=desk.year, **sums) if sums else ""
    ground = _ground(desk, "pairs of cities without a rule and without payments", GUIDANCE_RULES)
    rest = desk.things(int(idle.sum()), "对", "pairs", "guidance.idle", ground)
    text = say.sentences(rule, found, say("pmoney.guidance_idle", n=rest) if idle.any() else "")
    table = [_guidance_table(desk, money.guidance[~idle])] if not idle.all() else []
    return [head, *([Paragraph(text)] if text else []), *table]


def _guidance_rules(desk: ProvinceDesk) -> tuple[Rule, Rule]:
    """The rules of a city that guidance funds are due to; the province's, where there is none: they bind one helper."""
    money = desk.inp.money
    due_to = [] if money is None else money.guidance.loc[money.guidance["due_yuan"].notna(), "city_code"].astype(str)
    bound = next((desk.inp.cities[c].rules for c in due_to if c in desk.inp.cities), desk.inp.rules)
    return bound[GUIDANCE_RULES[0]], bound[GUIDANCE_RULES[1]]


def _guidance_table(desk: ProvinceDesk, table: pd.DataFrame) -> Table:
    say, money, unit = desk.say, desk.inp.money, desk.say.word("pmoney.unit")
    assert money is not None
    ground = _ground(desk, "guidance payments of the year; on time = paid_date by the due date", GUIDANCE_RULES)

    def row(r: Row) -> tuple[Inline, ...]:
        ref = f"guidance.{r['helper_code']}.{r['city_code']}"
        sums = [desk.wan(r[c], f"{ref}.{c}", ground) for c in ("due_yuan", "arrived_yuan", "on_time_yuan")]
        villages = desk.count(r["villages"], "villages", f"{ref}.villages", ground, with_unit=False)
        states = [desk.state(_done(r[c], r["due_yuan"])) for c in ("arrived_yuan", "on_time_yuan")]
        return (desk.name(str(r["helper_code"])), desk.name(str(r["city_code"])), villages, *sums, *states)

    heads = [Column(say.word("col.villages"), "right", width=0.09),
             *(Column(say.word(f"helping.col_{h}"), "right", unit, 0.12) for h in ("due", "arrived", "on_time"))]  # fmt: skip
    return Table(
        title=say.word("pmoney.guidance_table"), key="guidance", source=say("source.funds"),
        columns=(Column(say.word("pmoney.col_helper"), width=0.14), Column(say.word("province.col_city"), width=0.14),
                 *heads, Column(say.word("helping.col_state"), width=0.13),
                 Column(say.word("helping.col_state_time"), width=0.14)),
        rows=tuple(row(r) for r in as_rows(table)),
        n=say("helping.n", n=desk.count(money.rows, "rows", "funds.rows", ground)),
    )  # fmt: skip


def _done(have: Any, due: Any) -> VerdictState:
    """达标 when all that is due is there; without a rule 无规定."""
    if due != due or due is None:  # NaN: no rule says what is due
        return VerdictState.RULE_UNDEFINED
    return VerdictState.MET if float(have) >= float(due) else VerdictState.NOT_MET
