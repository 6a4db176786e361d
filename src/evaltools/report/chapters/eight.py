"""八、群众评价: approval and satisfaction, by household type, accompanied or not; estimates with their intervals."""

from __future__ import annotations

from evaltools.report.blocks import Chapter
from evaltools.report.chapters.desk import Desk
from evaltools.report.chapters.findings import Finding
from evaltools.report.chapters.three import indicator_chapter


def chapter_eight(desk: Desk) -> tuple[Chapter, list[Finding]]:
    """The chapter and what its indicators find."""
    chapter, findings = indicator_chapter(desk, "八", "eight")
    return chapter, [f for f in findings if f.rule != "gate.public_approval_min"]
