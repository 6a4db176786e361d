"""What the coverage page says stands in a chapter stands there."""

from __future__ import annotations

import pytest

from evaltools.indicators import Catalogue
from evaltools.indicators.coverage import coverage
from evaltools.report.chapters.shown import ids, sections

PARTS = {
    "二": ("two",), "三": ("three",), "三、四": ("three",), "五": ("five",), "六": ("six", "helping_six"), "七": ("seven",),
    "八": ("eight", "helping_eight"), "九": ("nine",), "十": ("ten",),
    "五（帮扶市）": ("helping_three", "helping_five", "helping_six"),
}  # fmt: skip
"""Chapter on the coverage page -> parts of `shown.yaml`. Other chapters show no sections of the catalogue."""


@pytest.mark.parametrize("item", [i for i in coverage() if i.indicators and not i.by], ids=lambda i: i.id)
def test_an_item_that_indicators_measure_has_one_of_them_in_a_chapter_it_is_said_to_stand_in(item):
    parts = [part for chapter in item.chapters for part in PARTS.get(chapter, ())]
    assert not parts or set(ids(*parts)) & set(item.indicators)


def test_every_section_shows_indicators_of_the_catalogue():
    shown = {i for part in sections().values() for section in part for i in section.indicators}
    assert shown <= set(Catalogue.load())
