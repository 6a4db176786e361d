"""十、问题清单与建议: three classes, each problem with evidence, clause, place, size, owner, deadline."""

from __future__ import annotations

from collections.abc import Sequence

from evaltools.report.binding import MISSING
from evaltools.report.blocks import Block, Bullets, Chapter, Column, Ground, Heading, Inline, Paragraph, Table
from evaltools.report.chapters.desk import Desk
from evaltools.report.chapters.findings import Finding, ProblemClass, advice_of, evidence
from evaltools.report.chapters.readings import readings_of, section_blocks
from evaltools.report.chapters.shown import part
from evaltools.report.inline import plain_text


def chapter_ten(desk: Desk, findings: Sequence[Finding]) -> Chapter:
    """The problem list of all chapters, by class, and the recommendations."""
    say, title = desk.say, desk.say.word("chapter.ten")
    earlier = _earlier(desk)
    if not findings:
        return Chapter("十", title, (Paragraph(say("ten.none")), *earlier))
    ground = Ground("data", (), "findings of all chapters", len(findings))
    n = desk.count(len(findings), "items", "findings.n", ground)
    blocks: list[Block] = [Paragraph(say("ten.intro", n=n))]
    for cls in ProblemClass:
        blocks.append(Heading(say.label(cls)))
        own = [f for f in findings if f.problem_class is cls]
        blocks.append(_table(desk, cls, own, ground) if own else Paragraph(say("ten.class_none")))
    blocks += [Heading(say.word("ten.advice_heading")), Bullets(tuple(advice_of(desk, findings)), True), *earlier]
    return Chapter("十", title, tuple(blocks))


def _earlier(desk: Desk) -> list[Block]:
    """How the problems of the ledger were followed up; without a ledger that is said."""
    shown = [s for s in part("ten") if readings_of(desk, desk.inp.indicators, s)]
    if not shown:
        return [Paragraph(desk.say("ten.last_year"))]
    return [block for section in shown for block in section_blocks(desk, section)[0]]


def _table(desk: Desk, cls: ProblemClass, findings: Sequence[Finding], ground: Ground) -> Table:
    say = desk.say
    widths = {"problem": 0.33, "place": 0.1, "size": 0.12, "clause": 0.18, "owner": 0.13, "due": 0.14}
    return Table(
        title=say("ten.table", cls=say.label(cls)),
        key=f"problems-{cls.value}",
        columns=tuple(Column(say.word(f"ten.col_{k}"), width=w) for k, w in widths.items()),
        rows=tuple(_row(desk, f) for f in findings),
        n=say("ten.n", n=desk.count(len(findings), "items", f"findings.{cls.value}", ground)), source=say("ten.source"),
    )


def _row(desk: Desk, f: Finding) -> tuple[Inline, ...]:
    """Problem and evidence, place, size, clause, owner, deadline; — where a problem has no size."""
    return (
        evidence(desk, f),
        f.place if plain_text(f.place) else desk.city,
        f.size if plain_text(f.size) else MISSING,
        f.clause(desk),
        f.owner(desk),
        f.deadline(desk),
    )
