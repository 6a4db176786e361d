"""The border: an assessment without the numbers that would give away one to nine households.

The share of a register of households or persons tells how many fail; where that is one to nine, value and score are
withheld. A chapter's score is a mean: a single withheld score would follow from it, so a second one of the chapter is
withheld too, and where there is no second one the chapter's score, together with another chapter's.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from evaltools.indicators.assessment.evidence import Remaining
from evaltools.indicators.assessment.items import ItemStatus
from evaltools.indicators.assessment.result import Assessment, CityAssessment
from evaltools.indicators.assessment.triggers import Part, Trigger
from evaltools.indicators.disclosure import MIN_CELL

ABOUT_PEOPLE: tuple[str, ...] = ("household", "person", "loan")
"""Units of observation that are households or belong to one."""
_NUMBERS = ["value", "low", "high", "score", "score_low", "score_high", "rows", "failing"]
_SCORES = ["score", "low", "high"]


def publish_assessment(assessment: Assessment, rules: Any) -> Assessment:
    """The assessment that may be printed. rules : holds the smallest count that may be published."""
    least = int(rules[MIN_CELL].value)
    return replace(assessment, cities={code: _city(c, least) for code, c in assessment.cities.items()})


def _city(c: CityAssessment, least: int) -> CityAssessment:
    if c.items.empty:
        return c
    hidden = withheld_items(c.items, least)
    items = c.items.assign(withheld=hidden)
    items.loc[hidden, _NUMBERS] = np.nan
    closed = withheld_chapters(c.chapters, c.items, hidden)
    chapters = c.chapters.assign(withheld=closed)
    chapters.loc[closed, _SCORES] = np.nan
    return replace(c, items=items, chapters=chapters, triggers=tuple(_trigger(t, least) for t in c.triggers))


def withheld_items(items: pd.DataFrame, least: int) -> pd.Series:
    """(n,) whether a scored item is withheld: itself, or to cover the only other one of its chapter."""
    scored = items["status"] == ItemStatus.SCORED.value
    about = scored & items["observation"].isin(ABOUT_PEOPLE) & (items["kind"] == "register")
    failing = items["failing"].round()
    small = about & (((failing > 0) & (failing < least)) | (items["rows"] < least))
    out = small.copy()
    for _, mine in items[scored].groupby("chapter", sort=False):
        if int(small[mine.index].sum()) == 1 and len(mine) > 1:
            free = mine[~small[mine.index]]
            out[_cover(free)] = True
    return out


def _cover(free: pd.DataFrame) -> Any:
    """The label of the item that covers another: one that lost points itself if there is any, the fewest rows first."""
    order = free.assign(full=free["score"] >= 1.0).sort_values(["full", "rows", "indicator"], kind="stable")
    return order.index[0]


def withheld_chapters(chapters: pd.DataFrame, items: pd.DataFrame, hidden: pd.Series) -> np.ndarray:
    """(k,) whether a chapter's score is withheld: a lone withheld item, or to cover the only other such chapter."""
    scored = items[items["status"] == ItemStatus.SCORED.value]
    count = scored.groupby("chapter")["indicator"].nunique()
    lost = scored[hidden[scored.index]].groupby("chapter")["indicator"].nunique()
    names: Sequence[str] = list(chapters["chapter"])
    out = np.array([count.get(c, 0) == 1 and lost.get(c, 0) == 1 for c in names], dtype=bool)
    free = [(count.get(c, 0), i) for i, c in enumerate(names) if not out[i] and count.get(c, 0) > 0]
    if out.sum() == 1 and free:
        out[min(free)[1]] = True
    return out


def _trigger(trigger: Trigger, least: int) -> Trigger:
    return replace(trigger, parts=tuple(_part(p, least) for p in trigger.parts))


def _part(part: Part, least: int) -> Part:
    left = part.facts.get("remaining")
    if not isinstance(left, Remaining):
        return part
    parts = (left.households, left.earlier, (left.households or 0) - (left.earlier or 0))
    small = [n is not None and 0 < n < least for n in parts]
    shown = Remaining(None if small[0] else left.households, None if any(small) else left.earlier, left.rows)
    return replace(part, facts={**part.facts, "remaining": shown})
