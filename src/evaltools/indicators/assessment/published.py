"""The border: an assessment without the numbers that would give away one to nine households.

The share of a register of households or persons tells how many fail; where that is one to nine, value and score are
withheld. The other values of the chapter are printed elsewhere in the report, so the chapter's score would tell the
withheld one: it is withheld with it, and what may be printed is its `floor`, the score that the chapter would have
at the bound which withholding itself tells. Scores of a city are rounded: unrounded ones would tell the rest.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from evaltools.indicators.assessment.evidence import Remaining
from evaltools.indicators.assessment.items import ItemStatus
from evaltools.indicators.assessment.result import Assessment, CityAssessment
from evaltools.indicators.assessment.score import score_of
from evaltools.indicators.assessment.triggers import Part, Trigger
from evaltools.indicators.disclosure import MIN_CELL

ABOUT_PEOPLE: tuple[str, ...] = ("household", "person", "loan")
"""Units of observation that are households or belong to one."""
_NUMBERS = ["value", "low", "high", "score", "score_low", "score_high", "rows", "failing"]
_SCORES = ["score", "low", "high"]
DECIMALS = 3
"""Of a score from 0 to 1: a tenth of a point."""
_SAFE = 1e-9


def publish_assessment(assessment: Assessment, rules: Any) -> Assessment:
    """The assessment that may be printed. rules : holds the smallest count that may be published."""
    least = int(rules[MIN_CELL].value)
    return replace(assessment, cities={code: _city(c, least) for code, c in assessment.cities.items()})


def _city(c: CityAssessment, least: int) -> CityAssessment:
    if c.items.empty:
        return c
    hidden = withheld_items(c.items, least)
    items = c.items.assign(withheld=hidden)
    floors = chapter_floors(c.items, hidden, least)
    items.loc[hidden, _NUMBERS] = np.nan
    chapters = c.chapters.assign(floor=c.chapters["chapter"].map(floors).astype(float))
    chapters["withheld"] = chapters["floor"].notna()
    chapters.loc[chapters["withheld"], _SCORES] = np.nan
    whole = {k: None if (x := getattr(c, k)) is None else round(x, DECIMALS) for k in (*_SCORES, "comparable")}
    return replace(c, items=items, chapters=chapters, triggers=tuple(_trigger(t, least) for t in c.triggers), **whole)


def withheld_items(items: pd.DataFrame, least: int) -> pd.Series:
    """(n,) whether a scored item would tell one to `least` - 1 households."""
    about = (items["status"] == ItemStatus.SCORED.value) & items["observation"].isin(ABOUT_PEOPLE)
    failing = items["failing"].round()
    small = ((failing > 0) & (failing < least)) | (items["rows"] < least)
    return about & (items["kind"] == "register") & small


def chapter_floors(items: pd.DataFrame, hidden: pd.Series, least: int) -> dict[str, float]:
    """Chapter with a withheld item -> its score (0 to 1, rounded down) if each of them stood at its bound."""
    used = items[items["status"] == ItemStatus.SCORED.value]
    score = used["score"].where(~hidden[used.index], _at_bound(used, least))
    rules = score.groupby([used["chapter"], used["rule"]]).mean()
    chapters = rules.groupby(level=0).mean()
    touched = set(used.loc[hidden[used.index], "chapter"])
    unit = 10.0**DECIMALS
    return {str(c): float(np.floor(x * unit + _SAFE) / unit) for c, x in chapters.items() if c in touched}


def _at_bound(used: pd.DataFrame, least: int) -> pd.Series:
    """The worst score that an item can have given that its smaller part is below `least`; 0 for very few rows."""
    value, limit, rows = (used[c].to_numpy(dtype=float) for c in ("value", "limit", "rows"))
    with np.errstate(divide="ignore", invalid="ignore"):
        part = np.minimum((least - 1) / rows, 0.5)
    lower, share = used["is_lower_better"].to_numpy(dtype=bool), (used["unit"] == "share").to_numpy(dtype=bool)
    high = np.where(value >= 0.5, 1.0, part)
    low = np.where(value >= 0.5, 1.0 - part, 0.0)
    worst = score_of(np.where(lower, high, low), limit, lower, share)
    return pd.Series(np.where(share & (rows >= 2 * least), worst, 0.0), index=used.index)


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
