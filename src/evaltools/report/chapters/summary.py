"""摘要: one page with the overall verdict, the gates at a glance, the heaviest findings with what to do."""

from __future__ import annotations

from collections.abc import Sequence

from evaltools.indicators import Gates
from evaltools.report.blocks import Block, Callout, Chapter, Column, Figure, Paragraph, Table
from evaltools.report.chapters.desk import Desk
from evaltools.report.chapters.findings import Finding
from evaltools.report.chapters.gatewords import not_applicable_reason, sample_of, tally, words_of
from evaltools.report.charts.gates import gate_strip
from evaltools.terms import VerdictState

FINDINGS = 5
TONE = {VerdictState.MET: "good", VerdictState.NOT_MET: "bad"}


def summary(desk: Desk, findings: Sequence[Finding]) -> Chapter:
    """The chapter for a city that is helped or helps itself."""
    gates = desk.inp.gates
    blocks: list[Block] = []
    if gates is None or gates.overall is VerdictState.NOT_APPLICABLE:
        blocks.append(_not_applicable(desk, gates))
    else:
        blocks += [_verdict(desk, gates), strip(desk, gates)]
    return Chapter("", desk.say.word("chapter.summary"), (*blocks, *highlights(desk, findings)))


def highlights(desk: Desk, findings: Sequence[Finding]) -> list[Block]:
    """The heaviest findings of all classes, each with its clause and what to do; the rest stands in chapter ten."""
    say = desk.say
    if not findings:
        return [Paragraph(say("sum.no_findings"))]
    heaviest = sorted(findings, key=lambda f: -f.weight)[:FINDINGS]
    return [
        Table(
            title=say.word("sum.findings"),
            key="highlights",
            columns=(
                Column(say.word("sum.col_finding"), width=0.42),
                Column(say.word("col.clause"), width=0.26),
                Column(say.word("sum.col_advice"), width=0.32),
            ),
            rows=tuple((f.headline(desk), f.clause(desk), f.advice(desk, short=True)) for f in heaviest),
            note=say("sum.ledger"),
        )
    ]


def strip(desk: Desk, gates: Gates, key: str = "gate-strip") -> Figure:
    """The gate strip: dot, interval of the verdict, limit."""
    rows = words_of(desk, gates.results)
    level = next((w for w in rows if w.is_known), rows[0])
    picture = gate_strip([w.mark() for w in rows], level=gates.results[0].level, lang=desk.lang)
    told = [desk.say("sum.figure_row", gate=w.name, rate=w.rate(), state=w.state) for w in rows]
    return Figure(
        title=desk.say("sum.figure", city=desk.city, year=desk.year),
        svg=picture.svg,
        png=picture.png,
        data=picture.data,
        alt=desk.say("sum.figure_alt", level=level.level(), rows=desk.say.sentences(*told)),
        source=desk.say("source.survey"),
        n=sample_of(desk, gates),
        key=key,
    )


def _verdict(desk: Desk, gates: Gates) -> Callout:
    state = desk.state(gates.overall)
    return Callout(
        desk.say("sum.verdict", city=desk.city, year=desk.year, **tally(desk, gates)),
        title=desk.say("sum.verdict_title", state=state),
        tone=TONE.get(gates.overall, "warn"),
    )


def _not_applicable(desk: Desk, gates: Gates | None) -> Callout:
    reason = not_applicable_reason(desk, gates) if gates is not None else ()
    return Callout(
        desk.say("sum.not_applicable", city=desk.city, reason=reason),
        title=desk.say("sum.verdict_title", state=desk.state(VerdictState.NOT_APPLICABLE)),
    )
