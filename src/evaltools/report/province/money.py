"""四、资金到位: what arrived by payer against what was due, and the guidance funds with their date."""

from __future__ import annotations

from typing import Any

from evaltools.report.blocks import Block, Bound, Chapter, Column, Ground, Heading, Inline, Paragraph, Table
from evaltools.report.chapters.rows import Row, as_rows
from evaltools.report.province.desk import ProvinceDesk
from evaltools.report.province.publish import PAYERS
from evaltools.standards import Applicability
from evaltools.terms import VerdictState

PER_HEAD = "finance.per_capita_input"
SPLIT = ("finance.split.province", "finance.split.helping_city", "finance.split.local_city")
GUIDANCE_RULES = ("finance.guidance_fund_per_village_year", "finance.guidance_fund_due")
GUANGZHOU = "440100"


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
    """Arrivals against both ends of what was due: who is entitled is not known, so between them nothing is decided."""
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
        low, high = each * float(r["labour"]), each * float(r["registered"])
        states.append(judge(float(r["total"]), low, high))
        rows.append(_input_row(desk, r, low, high, states[-1], ground))
    sums = {c: float(table[c].sum()) for c in ("total", "labour", "registered")}
    counts = {"met": states.count(VerdictState.MET), "not_met": states.count(VerdictState.NOT_MET),
              "open": states.count(VerdictState.UNDECIDED)}  # fmt: skip
    found = say(
        "pmoney.input_found", year=desk.year, total=desk.money(sums["total"], "input.total", ground),
        low=desk.money(each * sums["labour"], "input.low", ground),
        high=desk.money(each * sums["registered"], "input.high", ground),
        **{k: desk.cities_count(v, f"input.{k}", ground) for k, v in counts.items()},
    )  # fmt: skip
    heads = (("pmoney.col_total", "right"), ("pmoney.col_due", "right"), ("pmoney.col_state", "left"),
             ("pmoney.col_shares", "right"))  # fmt: skip
    listing = Table(
        title=say.word("pmoney.input_table"), key="input", rows=tuple(rows), source=say("source.funds"),
        columns=(Column(say.word("province.col_city")), *(Column(say.word(h), a) for h, a in heads)),
        n=say("helping.n", n=desk.count(money.rows, "rows", "funds.rows", ground)), note=say("pmoney.input_note"),
    )  # fmt: skip
    return [*blocks, Paragraph(found), listing]


def _input_row(
    desk: ProvinceDesk, r: Row, low: float, high: float, state: VerdictState, ground: Ground
) -> tuple[Inline, ...]:
    code = str(r["city_code"])
    ref, mark = f"input.{code}", "～" if desk.lang == "zh" else "–"
    ends = [desk.money(x, f"{ref}.{k}", ground).text for k, x in (("low", low), ("high", high))]
    due = Bound(mark.join(ends), (low, high), "yuan", f"{ref}.due", ground)
    shares = [desk.share(r[p.value], r["total"], f"{ref}.{p.value}", ground) for p in PAYERS]
    split = desk.say.listed(shares, " : ")
    return (desk.name(code), desk.money(r["total"], f"{ref}.total", ground), due, desk.state(state), split)


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
    amount, due = (desk.rule(i) for i in GUIDANCE_RULES)
    rule: Inline = ""
    if amount.is_defined and due.is_defined:
        rule = say("pmoney.guidance_rule", amount=desk.limit(amount, sign=False), due=desk.limit(due, sign=False),
                   cite=desk.cite(due))  # fmt: skip
    elif amount.applicability is not Applicability.UNDEFINED:
        reason = desk.free(amount.reason, "rule.guidance.reason", Ground("rule", rules=(amount.id,)))
        rule = say("pmoney.guidance_out", year=desk.year, reason=reason)
    if money.guidance.empty:
        return [head, Paragraph(say.sentences(rule, say("pmoney.guidance_none")))]
    found = say("pmoney.guidance_found", year=desk.year, **sums) if sums else ""
    text = say.sentences(rule, found)
    return [head, *([Paragraph(text)] if text else []), _guidance_table(desk)]


def _guidance_table(desk: ProvinceDesk) -> Table:
    say, money = desk.say, desk.inp.money
    assert money is not None
    ground = _ground(desk, "guidance payments of the year; on time = paid_date by the due date", GUIDANCE_RULES)

    def row(r: Row) -> tuple[Inline, ...]:
        ref = f"guidance.{r['helper_code']}.{r['city_code']}"
        sums = [desk.money(r[c], f"{ref}.{c}", ground) for c in ("due_yuan", "arrived_yuan", "on_time_yuan")]
        villages = desk.count(r["villages"], "villages", f"{ref}.villages", ground, with_unit=False)
        states = [desk.state(_done(r[c], r["due_yuan"])) for c in ("arrived_yuan", "on_time_yuan")]
        return (desk.name(str(r["helper_code"])), desk.name(str(r["city_code"])), villages, *sums, *states)

    heads = [Column(say.word(h), "right") for h in
             ("col.villages", "helping.col_due", "helping.col_arrived", "helping.col_on_time")]  # fmt: skip
    return Table(
        title=say.word("pmoney.guidance_table"), key="guidance", source=say("source.funds"),
        columns=(Column(say.word("pmoney.col_helper")), Column(say.word("province.col_city")), *heads,
                 Column(say.word("helping.col_state")), Column(say.word("helping.col_state_time"))),
        rows=tuple(row(r) for r in as_rows(money.guidance)),
        n=say("helping.n", n=desk.count(money.rows, "rows", "funds.rows", ground)),
    )  # fmt: skip


def _done(have: Any, due: Any) -> VerdictState:
    """达标 when all that is due is there; without a rule 无规定."""
    if due != due or due is None:  # NaN: no rule says what is due
        return VerdictState.RULE_UNDEFINED
    return VerdictState.MET if float(have) >= float(due) else VerdictState.NOT_MET
