"""六、帮扶力量: pairs and plans, teams and their continuity, visits, social mobilisation."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from evaltools.report.blocks import Block, Chapter, Figure, Ground, Paragraph
from evaltools.report.chapters.desk import Desk
from evaltools.report.chapters.findings import Finding
from evaltools.report.chapters.reading import Shown
from evaltools.report.chapters.three import indicator_chapter
from evaltools.report.charts.teams import continuity

RECENT = 24
"""Months that the sentence on continuity looks back."""


def chapter_six(desk: Desk) -> tuple[Chapter, list[Finding]]:
    """The chapter and what its indicators find."""
    return indicator_chapter(desk, "六", "six", {"teams": _continuity})


def _continuity(desk: Desk, rows: Sequence[Shown]) -> list[Block]:
    """Months with and without a captain: a sentence and the line."""
    del rows
    say, teams = desk.say, desk.inp.teams
    if teams is None or teams.months.empty:
        return []
    months = teams.months
    ground = Ground("data", ("teams", "villages"), "poor villages with a captain in office on the first of the month", teams.rows)
    recent = months.tail(RECENT)
    text = say(
        "six.continuity_found",
        months=desk.number(len(recent), "months", "teams.months", ground),
        low=desk.number(float(recent["share"].min()), "share", "teams.share_low", ground, "pct1"),
        now=desk.number(float(months["share"].iloc[-1]), "share", "teams.share_now", ground, "pct1"),
    )
    full = months["share"] >= months["share"].max()
    if full[full.idxmax() :].all():  # from the first full month on nothing changes: the sentence says all of it
        return [Paragraph(text)]
    days = [pd.Timestamp(m).date() for m in months["month"]]
    picture = continuity(days, [float(x) for x in months["share"]], axis=say.word("six.continuity_axis"))
    return [
        Paragraph(text),
        Figure(
            title=say.word("six.continuity"), svg=picture.svg, png=picture.png, data=picture.data, key="continuity",
            alt=say.word("six.continuity_alt"), source=say("source.teams"),
            n=say("six.n", n=desk.count(teams.villages, "villages", "teams.villages", ground)),
        ),
    ]  # fmt: skip
