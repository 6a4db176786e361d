"""五、返贫风险: where the results stand; the province has no verdict of its own on it."""

from __future__ import annotations

from evaltools.report.blocks import Chapter, Paragraph
from evaltools.report.province.desk import ProvinceDesk


def chapter_risk(desk: ProvinceDesk) -> Chapter:
    """The chapter without results of the whole province: it says where those of the cities are."""
    return Chapter("五", desk.say.word("prisk.title"), (Paragraph(desk.say("prisk.see_cities")),))
