"""三、八项工程: each project of articles 5 to 12 with its indicators; the three lines of health insurance in a chart."""

from __future__ import annotations

from collections.abc import Sequence

from evaltools.report.blocks import Block, Callout, Chapter, Figure, Ground, Inline, Paragraph
from evaltools.report.chapters.desk import Desk
from evaltools.report.chapters.findings import Finding
from evaltools.report.chapters.reading import Shown
from evaltools.report.chapters.readings import Extra, section_blocks
from evaltools.report.chapters.shown import part
from evaltools.report.charts.money import cascade
from evaltools.terms import VerdictState

CASCADE = (
    ("basic", "health.basic_paid_ratio"),
    ("serious", "health.serious_paid_ratio"),
    ("aid", "health.aid_paid_ratio"),
    ("own", "health.own_cost_ratio"),
)
"""Where medical costs go: line -> indicator of its share of all costs."""
_WHOLE = 0.0005
"""Shares within this of one leave nothing to other payers."""


def chapter_three(desk: Desk) -> tuple[Chapter, list[Finding]]:
    """The chapter and what its indicators find."""
    return indicator_chapter(desk, "三", "three", {"health": _cascade}, intro=desk.say("three.intro"))


def chapter_east(desk: Desk) -> tuple[Chapter, list[Finding]]:
    """三、东西部扶贫协作 of a helping city, in its blocks."""
    intro = desk.say("helping.east_intro", city=desk.city)
    return indicator_chapter(desk, "三", "helping_three", {"money": _tilt}, intro=intro)


def _tilt(desk: Desk, rows: Sequence[Shown]) -> list[Block]:
    """Whether deeply poor counties have a larger part of the fiscal aid than of the poor."""
    by_id = {s.reading.entry.id: s for s in rows}
    fund, poor = by_id.get("eastwest.deep_fund_ratio"), by_id.get("eastwest.deep_poor_ratio")
    if fund is None or poor is None or fund.reading.value is None or poor.reading.value is None:
        return []
    key = "helping.tilt_yes" if fund.reading.value >= poor.reading.value else "helping.tilt_no"
    return [Paragraph(desk.say(key, fund=fund.value(), poor=poor.value()))]


def indicator_chapter(
    desk: Desk, number: str, name: str, extras: dict[str, Extra] | None = None, intro: Inline = ""
) -> tuple[Chapter, list[Finding]]:
    """A chapter made of the sections of a part; 不适用 where the city has no such task."""
    title, city = desk.say.word(f"chapter.{name}"), desk.inp.city
    if desk.inp.indicators is None:
        is_due = city.has_tasks or desk.inp.is_helping
        text = desk.say("section.nothing") if is_due else desk.say("section.na", city=desk.city)
        state = VerdictState.EVIDENCE_MISSING if is_due else VerdictState.NOT_APPLICABLE
        return Chapter(number, title, (Callout(text, title=desk.state(state)),)), []
    blocks: list[Block] = [Paragraph(intro)] if intro else []
    findings: list[Finding] = []
    for section in part(name):
        more, found = section_blocks(desk, section, (extras or {}).get(section.key))
        blocks, findings = blocks + more, findings + found
    return Chapter(number, title, tuple(blocks)), findings


def _cascade(desk: Desk, rows: Sequence[Shown]) -> list[Block]:
    """Costs through basic insurance, serious-illness insurance and medical aid to what the patient pays."""
    say, by_id = desk.say, {s.reading.entry.id: s.reading for s in rows}
    shares = {k: by_id[i].value for k, i in CASCADE if i in by_id}
    known = {k: v for k, v in shares.items() if v is not None}
    if len(known) < len(CASCADE):
        return []
    rest = 1 - sum(known.values())
    parts = [k for k, _ in CASCADE[:-1]] + (["other"] if rest > _WHOLE else []) + ["own"]
    known["other"] = rest
    picture = cascade(
        [say.word(f"three.{k}") for k in ("total", *parts)],
        [known[k] for k in parts],
        axis=say.word("three.share_axis"),
    )
    first = by_id[CASCADE[0][1]]
    ground = Ground("data", ("persons",), "rows with medical costs", first.n or 0)
    return [
        Figure(
            title=say.word("three.cascade"), svg=picture.svg, png=picture.png, data=picture.data, key="health-cascade",
            alt=say.word("three.cascade_alt"), source=say("source.persons"),
            n=desk.count(first.n, "persons", "health.cascade.n", ground),
        )
    ]  # fmt: skip
