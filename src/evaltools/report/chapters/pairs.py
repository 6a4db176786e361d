"""A helping city: 五 money owed and paid, 六 teams, visits and reports, 八 what people say, by city helped."""

from __future__ import annotations

from dataclasses import replace

from evaltools.report.blocks import Block, Chapter, Column, Ground, Heading, Inline, Paragraph, Table
from evaltools.report.chapters.desk import Desk
from evaltools.report.chapters.findings import Finding, with_advice
from evaltools.report.chapters.helping import guidance, split
from evaltools.report.chapters.reading import Shown
from evaltools.report.chapters.readings import OWNER_KIND, level_bound, one_a_rule, readings_of, size_of, source_of
from evaltools.report.chapters.shown import Section, part
from evaltools.report.inline import inline_parts
from evaltools.report.model import HelpedCity, Reading
from evaltools.terms import VerdictState

JOINT = ("counties.input_per_eligible",)
"""Indicators that three payers bring about: shown with their verdict, no problem of the helping city by themselves."""


def chapter_money(desk: Desk) -> tuple[Chapter, list[Finding]]:
    """Its share of the input and its guidance funds: due, arrived, on time."""
    blocks, findings = guidance(desk)
    (share,) = part("helping_five")
    complete, short = _section(desk, share)
    return Chapter("五", desk.say.word("chapter.five_helping"), (*split(desk), *complete, *blocks)), findings + short


def chapter_presence(desk: Desk) -> tuple[Chapter, list[Finding]]:
    """Teams, visits, sessions and half-yearly reports, city by city."""
    return _chapter(desk, "六", "six_helping", "helping_six")


def chapter_voices(desk: Desk) -> tuple[Chapter, list[Finding]]:
    """Approval and satisfaction in the cities helped; what their gates find is found in chapter four."""
    chapter, findings = _chapter(desk, "八", "eight_helping", "helping_eight")
    return chapter, [f for f in findings if f.rule != "gate.public_approval_min"]


def _chapter(desk: Desk, number: str, title: str, name: str) -> tuple[Chapter, list[Finding]]:
    blocks: list[Block] = [Paragraph(desk.say("helping.by_city"))]
    findings: list[Finding] = []
    for section in part(name):
        more, found = _section(desk, section)
        blocks, findings = blocks + more, findings + found
    return Chapter(number, desk.say.word(f"chapter.{title}"), tuple(blocks)), findings


def _section(desk: Desk, section: Section) -> tuple[list[Block], list[Finding]]:
    """One table: a row an indicator, a column a city with value, interval and verdict."""
    say = desk.say
    head = Heading(say.word(f"section.{section.key}"))
    columns = [(h, _by_id(desk, h, section)) for h in desk.inp.helped]
    known = [(h, rows) for h, rows in columns if rows]
    if not known:
        return [head, Paragraph(say("section.nothing"))], []
    key = f"pairs-{section.key}"
    order = [i for i in section.indicators if any(i in rows for _, rows in known)]
    anyone = {i: next(rows[i] for _, rows in known if i in rows) for i in order}
    is_sample = any(s.reading.entry.is_survey for s in anyone.values())

    def cell(rows: dict[str, Shown], i: str) -> Inline:
        return _cell(desk, rows[i]) if i in rows else desk.state(VerdictState.EVIDENCE_MISSING)

    heads = [Column(desk.city_name(h.city), width=0.39 / len(known)) for h, _ in known]
    rows = tuple((s.name, *(cell(rows, i) for _, rows in known), s.limit(), s.cite()) for i, s in anyone.items())
    ground = Ground("run", formula="cities helped with results")
    table = Table(
        title=say("section.table", name=say.word(f"section.{section.key}")), key=key, rows=rows,
        columns=(Column(say.word("col.indicator"), width=0.26), *heads, Column(say.word("col.limit"), "right", width=0.11),
                 Column(say.word("col.clause"), width=0.24)),
        n=desk.count(len(known), "cities", f"{key}.cities", ground),
        note=say("section.sample", level=level_bound(desk)) if is_sample else "",
        source=source_of(desk, list(anyone.values())),
    )  # fmt: skip
    findings: list[Finding] = []
    mark = "：" if desk.lang == "zh" else ": "
    for h, rows in known:
        findings += one_a_rule(f for s in rows.values() if (f := _finding(desk, h, s, section, key)) is not None)
    bad = [inline_parts((f.place, mark, *inline_parts(f.what))) for f in findings]
    text = [Paragraph(say("pairs.bad", items=say.listed(bad, "；" if desk.lang == "zh" else "; ")))] if bad else []
    return [*with_advice(desk, [head, *text], findings, most=1, is_headed=True), table], findings


def _by_id(desk: Desk, helped: HelpedCity, section: Section) -> dict[str, Shown]:
    rows = readings_of(desk, helped.indicators, section)
    return {s.reading.entry.id: Shown(desk, _as_duty(desk, s.reading), f".{helped.city.code}") for s in rows}


def _as_duty(desk: Desk, reading: Reading) -> Reading:
    """A reading whose rule binds the helping city and not the city helped, held against the helping city's rule."""
    rule_id = reading.entry.rule
    if reading.state is not VerdictState.RULE_UNDEFINED or rule_id is None or reading.entry.is_every:
        return reading
    rule = desk.rule(rule_id)
    if not rule.is_defined:
        return reading
    passes = None if reading.value is None else rule.passes(reading.value)
    known = VerdictState.MET if passes else VerdictState.NOT_MET
    state = VerdictState.EVIDENCE_MISSING if passes is None else known
    return replace(reading, state=state, limit=float(rule.value), comparison=str(rule.comparison))


def _cell(desk: Desk, s: Shown) -> Inline:
    """Value, its interval where it is an estimate, and its verdict where there is a limit."""
    parts: list[Inline] = [s.value()]
    if s.reading.low is not None and s.reading.value is not None:
        parts += [" [", s.interval(), "]"]
    if s.reading.state is not VerdictState.RULE_UNDEFINED:
        parts.append(f" {desk.state(s.reading.state)}")
    return inline_parts(tuple(parts))


def _finding(desk: Desk, helped: HelpedCity, s: Shown, section: Section, key: str) -> Finding | None:
    if s.reading.state is not VerdictState.NOT_MET or s.reading.entry.rule is None or s.reading.entry.id in JOINT:
        return None
    what = s.short_of()
    subject = desk.say.word(f"section.{section.key}")
    place = desk.city_name(helped.city)
    return Finding(OWNER_KIND[section.owner], what, s.reading.entry.rule, place, size_of(desk, s), key, subject, weight=2)
