"""九: our own weights said first, no grade on little evidence, no ranking where intervals overlap, 证据缺失 with why."""

from __future__ import annotations

from dataclasses import replace

from evaltools import terms
from evaltools.indicators.assessment import AssessmentState
from evaltools.report.blocks import Heading, plain_text
from evaltools.report.chapters.desk import Desk
from evaltools.report.chapters.nine import chapter_nine


def nine_of(inp):
    return chapter_nine(Desk(inp), inp.assessment)[0]


def test_the_grade_is_our_own_and_overlapping_ranks_are_not_ranked(made, report):
    nine = report.chapter("九")
    text = made.words(nine)
    assert "没有任何文件规定权重" in text
    assert "梅州市综合得分93.4，等级为好" in text
    assert "等级不变" in text
    assert "与它们之间不得分先后。1对市两两相比，区间全部重叠。" in text
    assert [r[6] for r in made.rows(nine, "assessment-chapters")] == ["91.4", "≥87.1"]
    assert made.rows(nine, "assessment-lost")[1][1] == "※"
    assert [r[1:3] for r in made.rows(nine, "assessment-lost")] == [["44.0%", "≥80.0%"], ["※", "100%"]]
    assert made.rows(nine, "triggers")[0][1] == "无规定"


def test_too_little_evidence_gives_no_grade_and_no_rank(made, sector_input, book):
    few = made.assessment(book, state=AssessmentState.EVIDENCE_MISSING)
    nine = nine_of(sector_input(assessment=few))
    assert "证据不足，不评等、不排位" in made.words(nine)
    assert "assessment-ranks" not in made.figures(nine)


def test_without_an_assessment_the_chapter_says_evidence_missing_and_why(made, sector_input):
    nine = nine_of(sector_input(assessment=None, assessment_reason="survey has 3 broken rows"))
    assert plain_text(nine.blocks[0].title) == "证据缺失"
    assert "survey has 3 broken rows" in made.words(nine)
    assert any(plain_text(b.text) == "工作制度与督查" for b in nine.blocks if isinstance(b, Heading))  # needs no other city


def test_cities_whose_data_are_at_fault_are_named_as_not_compared(made, sector_input):
    nine = nine_of(sector_input(not_compared=(terms.city("441500"),)))
    assert "汕尾市的数据不符合数据规范，没有参加计分和比较。" in made.words(nine)


def test_a_city_without_tasks_is_not_assessed(made, no_task_input):
    (only,) = nine_of(no_task_input()).blocks
    assert plain_text(only.title) == "不适用"


def test_a_city_that_lost_no_points_has_no_table_of_them(made, sector_input, book):
    inp = sector_input(assessment=made.assessment(book))
    own = inp.assessment.city(inp.city)
    full = replace(own, items=own.items.assign(score=1.0, withheld=False))
    best = replace(inp.assessment, cities={**inp.assessment.cities, inp.city.code: full})
    nine = nine_of(sector_input(assessment=best))
    assert not [b for b in nine.blocks if getattr(b, "key", "") == "assessment-lost"]
