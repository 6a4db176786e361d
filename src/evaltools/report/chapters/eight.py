"""八、群众评价: approval and satisfaction, by household type, accompanied or not; estimates with their intervals."""

from __future__ import annotations

from collections.abc import Sequence

from evaltools.report.blocks import Block, Chapter, Paragraph
from evaltools.report.chapters.desk import Desk
from evaltools.report.chapters.findings import Finding
from evaltools.report.chapters.reading import Shown
from evaltools.report.chapters.three import indicator_chapter

GROUPS = ("survey.approval_registered_labour_share", "survey.approval_registered_no_labour_share",
          "survey.approval_others_share")  # fmt: skip
ACCOMPANIED, ALONE = "survey.approval_accompanied_share", "survey.approval_alone_share"


def chapter_eight(desk: Desk) -> tuple[Chapter, list[Finding]]:
    """The chapter and what its indicators find."""
    chapter, findings = indicator_chapter(desk, "八", "eight", {"approval": _voices})
    return chapter, [f for f in findings if f.rule != "gate.public_approval_min"]


def _voices(desk: Desk, rows: Sequence[Shown]) -> list[Block]:
    """Which kind of household approves least and most, and whether company at the interview goes with the answer."""
    say = desk.say
    known = {s.reading.entry.id: s for s in rows if s.reading.value is not None and s.reading.low is not None}
    text = []
    groups = sorted((known[i] for i in GROUPS if i in known), key=lambda s: s.reading.value or 0.0)
    if len(groups) > 1:
        ends = (say("eight.group", item=s.name, value=s.value(), interval=s.interval()) for s in (groups[0], groups[-1]))
        text.append(say("eight.groups", **dict(zip(("low", "high"), ends, strict=True))))
    if ACCOMPANIED in known and ALONE in known:
        one, other = known[ACCOMPANIED], known[ALONE]
        rates = [say("eight.rate", value=s.value(), interval=s.interval()) for s in (one, other)]
        key = "same" if _overlap(one, other) else "differs"
        text.append(say(f"eight.accompanied_{key}", with_=rates[0], alone=rates[1]))
    return [Paragraph(say.sentences(*text))] if text else []


def _overlap(one: Shown, other: Shown) -> bool:
    """Whether two intervals have a point in common; one that is not known is as wide as can be."""
    (a, b), (c, d) = ((s.reading.low or 0.0, 1.0 if s.reading.high is None else s.reading.high) for s in (one, other))
    return a <= d and c <= b
