"""A helping city's chapters 五 and 六: what its own rules ask, judged by its own rules, city by city helped."""

from __future__ import annotations

import pytest

from evaltools import terms
from evaltools.report.blocks import plain_text
from evaltools.report.chapters.desk import Desk
from evaltools.report.chapters.findings import Finding, once
from evaltools.report.chapters.helping import chapter_duties
from evaltools.report.chapters.pairs import chapter_money, chapter_presence
from evaltools.report.model import HelpedCity
from evaltools.terms import VerdictState as State

VISITS, REPORTS = "assistance.pair_visits_mean", "assistance.pair_reports_least"


@pytest.fixture
def desk_of(made, helping_input):
    """The desk of a helping city whose pair 梅州 has these readings."""

    def make(*readings, city="440100"):
        helped = (HelpedCity(terms.city("441400"), indicators=made.table(*readings)),)
        return Desk(helping_input(city=city, helped=helped))

    return make


@pytest.mark.parametrize(("visits", "cell"), [(2.0, "2次/年 达标"), (1.0, "1次/年 未达标"), (None, "— 证据缺失")])
def test_a_duty_that_binds_the_helping_city_alone_is_judged_by_its_rule(made, desk_of, visits, cell):
    """穗办〔2018〕31号 第四部分（一）: at least two visits a year; no document asks them of 梅州."""
    chapter, findings = chapter_presence(desk_of(made.reading(VISITS, visits)))
    assert made.rows(chapter, "pairs-visits") == [
        ["对口关系当年主要领导调研次数", cell, "≥2次/年", "穗办〔2018〕31号 第四部分（一）"]
    ]
    assert [f.rule for f in findings] == (["assistance.helper_visits_min"] if visits == 1.0 else [])


def test_of_other_helping_cities_it_is_not_asked(made, desk_of):
    chapter, findings = chapter_presence(desk_of(made.reading(VISITS, 0.0), city="440300"))
    assert made.rows(chapter, "pairs-visits")[0][1:3] == ["0次/年", "无规定"]
    assert findings == []


def test_what_is_not_met_is_said_with_the_city_and_what_to_do(made, desk_of):
    desk = desk_of(made.reading(REPORTS, 0.0), made.reading("assistance.delta_unit_kept_share", 0.955, State.NOT_MET,
                   limit=1.0, comparison=">=", numerator=21.0, denominator=22.0))  # fmt: skip
    chapter, findings = chapter_presence(desk)
    text = made.words(chapter)
    assert "梅州市：最少半年的工作总结份数为0次/半年，未达到1次/半年" in text
    assert "建议：由帮扶方与当地共同补足。" in text
    assert sorted(plain_text(f.size) for f in findings) == ["", "1项"]


def test_a_duty_points_to_the_table_that_shows_it_or_says_evidence_missing(made, desk_of):
    desk = desk_of(made.reading(REPORTS, 1.0), made.reading("counties.input_per_eligible", 20069.0, State.MET, limit=2e4,
                   comparison=">="))  # fmt: skip
    duties = {r[0]: r[3] for r in made.rows(chapter_duties(desk)[0], "duties")}
    assert duties["帮扶单位工作总结次数"].startswith("见")
    assert duties["扶贫开发帮扶对象人均财政投入"].startswith("见")
    assert duties["专题研究脱贫攻坚次数"] == duties["驻村干部工作补贴"] == "证据缺失"
    assert made.rows(chapter_money(desk)[0], "pairs-share")[0][1:3] == ["20,069元 达标", "≥20,000元/人"]


def test_an_indicator_is_no_second_problem_where_its_rule_was_found_broken_already():
    given = [Finding("sector_helping", (), "a.rule", "", "", "t"), Finding("guidance_late", (), "a.rule", "", "", "t"),
             Finding("sector", (), "b.rule", "", "", "t"), Finding("sector", (), "", "", "", "t")]  # fmt: skip
    assert [f.kind for f in once(given)] == ["guidance_late", "sector", "sector"]


def test_an_input_that_another_payer_left_short_is_no_problem_of_the_helping_city(made, desk_of):
    more = {"limit": 2e4, "comparison": ">="}
    desk = desk_of(made.reading("counties.input_per_eligible", 19800.0, State.NOT_MET, **more),
                   made.reading("counties.input_helping_full_share", 1.0, State.MET, limit=1.0, comparison=">="))  # fmt: skip
    chapter, findings = chapter_money(desk)
    assert made.rows(chapter, "pairs-share")[0][1] == "19,800元 未达标"
    assert not [f for f in findings if f.evidence == "pairs-share"]
    assert "19,800" not in made.words(chapter)
