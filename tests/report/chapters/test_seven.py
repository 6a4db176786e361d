"""Chapter seven and the model card: the words follow the numbers, nothing small is printed, unknown is never safe."""

from __future__ import annotations

import re
from dataclasses import replace
from importlib.machinery import SourceFileLoader
from pathlib import Path
from types import ModuleType

import pandas as pd
import pytest

from evaltools import terms
from evaltools.report.assemble import assemble
from evaltools.report.blocks import Bound, Callout, Document, Figure, Table
from evaltools.report.chapters import seven as seven_text
from evaltools.report.chapters.appendix_card import appendix_f
from evaltools.report.chapters.desk import Desk
from evaltools.report.chapters.seven import calibration_word, chapter_seven, level_word
from evaltools.report.inline import plain_text
from evaltools.report.model import HelpedCity
from evaltools.risk.published import Absence, RiskTables

made = ModuleType("risk_results")
SourceFileLoader("risk_results", str(Path(__file__).with_name("risk_results.py"))).exec_module(made)
said = made.said


@pytest.fixture(scope="module")
def inputs(helped_input):
    """梅州 in both languages."""
    zh = helped_input()
    return {"zh": zh, "en": replace(zh, lang="en")}


@pytest.fixture(scope="module")
def usual(inputs):
    """The chapter of 梅州 from made-up results, with its figures drawn."""
    return {k: chapter_seven(Desk(replace(inputs[k], risk=made.risk_tables())))[0] for k in ("zh", "en")}


@pytest.fixture
def seven(inputs, undrawn):
    """The same with parts of the results changed; figures are not drawn anew."""
    return lambda **changes: chapter_seven(Desk(replace(inputs["zh"], risk=made.risk_tables(**changes))))


@pytest.fixture
def undrawn(monkeypatch):
    made.undraw(monkeypatch, (seven_text, "calibration"))


def block(chapter, key):
    return next(b for b in chapter.blocks if getattr(b, "key", "") == key)


def cells(table):
    return [[plain_text(c) for c in row] for row in table.rows]


def test_it_says_probability_classes_drivers_lists_and_the_end_of_support(usual):
    text = said(usual["zh"])
    assert "年末已脱贫户1,440户，模型预计一年内返贫38.9户（模型不确定性区间34.1户～49.8户），平均概率2.7%" in text
    assert "首先是转移性收入占比、患病成员数、工资性收入占比" in text
    assert "按各县同一比例列出146户，预计返贫的34%在名单上" in text
    assert "按收入测算，预计一年内多返贫0.9户（0.3～1.5）" in text
    assert "则多8.6户（5.4～13.3）" in text
    assert cells(block(usual["zh"], "risk-classes"))[1][2] == "1,246户"


def test_figures_of_calibration_recall_and_scenarios_draw_the_table(usual):
    zh = usual["zh"]
    assert [b.key for b in zh.blocks if isinstance(b, Figure)] == ["risk-calibration", "risk-recall-lines", "risk-scenario-bars"]
    assert block(zh, "risk-calibration").data["observed"] == (0.008, 0.052)
    assert block(zh, "risk-scenario-bars").data["then"] == (36.9, 47.5, 119.5)
    assert block(zh, "risk-recall-lines").data["recall"][1] == 0.36


def test_english_and_chinese_say_the_same(usual):
    zh, en = ([type(b).__name__ for b in c.blocks] for c in (usual["zh"], usual["en"]))
    assert zh == en
    assert not re.search(r"[\u4e00-\u9fff]", plain_text(usual["en"].blocks[1].parts))


def test_every_number_is_bound(usual):
    for lang, chapter in usual.items():
        document = Document("x", meta={"lang": lang}, chapters=(chapter,))
        assert assemble(document).unbound == ()


def test_small_counts_are_withheld_and_no_household_is_named(usual):
    for chapter in usual.values():
        assert not re.search(r"H04\d{6,}", said(chapter))
    zh = usual["zh"]
    assert cells(block(zh, "risk-classes"))[0][2] == "※"
    assert cells(block(zh, "risk-history"))[0][2:] == ["※", "※"]
    assert cells(block(zh, "risk-list"))[0] == ["梅江区", "700", "※", "19.0", "※"]
    assert cells(block(zh, "risk-recall"))[0][1] == "※"
    assert "户数少于10户，不予公布" in said(zh)


@pytest.mark.parametrize(
    ("interval", "key", "word"),
    [((0.69, 1.05), "oe_level", "没有发现总量上的偏差"), ((1.1, 1.4), "oe_low", "概率偏低"), ((0.6, 0.9), "oe_high", "概率偏高"),
     ((float("nan"), float("nan")), "oe_unknown", "不能判断")],
)  # fmt: skip
def test_calibration_words_agree_with_the_interval(seven, interval, key, word):
    assert level_word(*interval) == key
    text = said(seven(own={"performance": made.performance((1.0, *interval))})[0])
    others = {"没有发现总量上的偏差", "概率偏低", "概率偏高", "不能判断总量"} - {word}
    assert word in text
    assert not [o for o in others if o in text and word not in o]


def test_the_error_by_group_is_judged_by_what_perfection_shows(seven):
    assert calibration_word(0.0041, 0.0081) == "ece_within"
    assert calibration_word(0.0082, 0.0081) == "ece_beyond"
    assert "超过完全校准的模型在同样户数下的上限0.40%" in said(seven(own={"bounds": (0.0082, 0.0040)})[0])


def callout(chapter, tone: str) -> str:
    found = [b for b in chapter.blocks if isinstance(b, Callout) and b.tone == tone]
    return next(plain_text(b.parts) for b in found if "模型的更新与检验" in plain_text(b.title))


def test_an_update_that_fails_its_check_is_an_alarm_and_a_finding(seven):
    chapter, findings = seven(model={"state": "broken", "before": "broken", "oe": (1.55, 1.39, 1.75), "after": (1.3, 1.2, 1.4)})
    assert "1.30（1.20～1.40）" in callout(chapter, "bad")
    assert "不可作为返贫率使用" in callout(chapter, "bad")
    assert [f.kind for f in findings] == ["risk_broken"]
    assert "1.30（1.20～1.40）" in plain_text(findings[0].what)
    assert seven()[1] == []


def test_a_level_that_moved_is_told_with_the_dated_update_that_mends_it_and_raises_no_alarm(seven):
    chapter, findings = seven(model={"state": "holds", "before": "broken", "oe": (1.55, 1.39, 1.75), "after": (0.98, 0.87, 1.1)})
    text = callout(chapter, "warn")
    assert findings == []
    assert "1.55（1.39～1.75），水平已不适用" in text
    assert "更新日期2020年12月31日）" in text
    assert "由1.57%调整为2.43%" in text
    assert "0.98（0.87～1.10）" in text


@pytest.mark.parametrize(
    ("state", "after", "word"),
    [("holds", (0.98, 0.9, 1.1), "更新后的水平有效"), ("undecided", (0.88, 0.7, 1.04), "不足以断定更新有效"),
     ("undecided", (float("nan"),) * 3, "更新未能检验")],
)  # fmt: skip
def test_the_words_on_an_update_follow_its_check(seven, state, after, word):
    chapter, findings = seven(model={"state": state, "after": after})
    others = {"更新后的水平有效", "不足以断定更新有效", "更新未能检验", "更新后仍有偏差"} - {word}
    assert word in said(chapter)
    assert not [o for o in others if o in said(chapter)]
    assert findings == []


def test_the_model_is_only_called_better_where_it_is(usual):
    text = said(usual["zh"])
    assert "模型优于只看收入、收入低于退出线1.5倍，差距超出抽样误差" in text
    assert "与监测对象归类相比，模型的优势未超出抽样误差" in text


def test_with_too_few_returns_the_lists_are_the_provinces(seven):
    chapter, _ = seven(own={"reach": made.reach((float("nan"),) * 3, (float("nan"),) * 3)})
    text = said(chapter)
    assert "以上为全省口径" in text
    assert "模型31.8%；只看收入15.5%" in text
    assert "全省" in plain_text(block(chapter, "risk-recall").title)


def test_a_city_with_few_returns_claims_no_calibration_of_its_own(seven):
    empty = {"performance": pd.DataFrame(), "curve": pd.DataFrame(), "bounds": None, "n": None, "events": None}
    chapter, _ = seven(own=empty)
    assert "不能单独检验校准" in said(chapter)
    assert not [b for b in chapter.blocks if isinstance(b, Figure) and b.key == "risk-calibration"]


def test_each_scenario_has_its_assumption_in_words_and_both_readings_of_support(usual):
    text = said(usual["zh"])
    assert "假设当年帮扶投入停止，且其中一半曾形成家庭当年收入" in text
    assert "收入减少15%（误工与自付费用）" in text
    assert "不是随机选定" in text
    assert [row[0] for row in cells(block(usual["zh"], "risk-scenarios"))][:2] == [
        "帮扶退出（四不摘结束）：按收入测算", "帮扶退出（四不摘结束）：照模型关系"]  # fmt: skip


def test_reasons_are_said_to_add_up_and_to_be_associations(usual):
    text = said(usual["zh"])
    assert "各项之和加上一般户的水平，恰好等于模型给出的对数几率" in text
    assert "不是经证明的原因" in text


def test_on_synthetic_data_the_validation_is_called_so(usual, inputs, undrawn):
    assert "在合成数据上拟合，也在合成数据上验证" in said(usual["zh"])
    real = replace(inputs["zh"], meta={}, risk=made.risk_tables())
    assert "合成数据" not in said(chapter_seven(Desk(real))[0])


@pytest.mark.parametrize("kind", ["missing_table", "broken_table", "too_few_returns", "no_line", "no_exited", "no_model"])
@pytest.mark.parametrize("lang", ["zh", "en"])
def test_without_a_model_it_is_evidence_missing_with_the_reason(inputs, kind, lang):
    tables = RiskTables(2020, None, {}, {"441400": Absence(kind, "17 event(s)")})
    desk = Desk(replace(inputs[lang], risk=tables))
    chapter, findings = chapter_seven(desk)
    (only,) = chapter.blocks
    assert plain_text(only.title) == desk.state(terms.VerdictState.EVIDENCE_MISSING)
    assert "17 event(s)" in plain_text(only.parts)
    assert [f.kind for f in findings] == ["risk_missing"]
    assert [type(b) for b in appendix_f(desk).blocks] == [Callout]


def test_what_could_not_be_made_at_all_is_evidence_missing_too(inputs):
    chapter, _ = chapter_seven(Desk(replace(inputs["zh"], risk=None, risk_reason="no disk")))
    assert "no disk" in said(chapter)
    assert "证据缺失" in said(chapter)


def test_another_citys_broken_table_leaves_this_chapter(seven):
    chapter, _ = seven(absences={"441800": Absence("broken_table", "x")})
    assert "1,440户" in said(chapter)


def test_a_city_without_tasks_says_not_applicable(no_task_input):
    desk = Desk(replace(no_task_input(), risk=made.risk_tables()))
    for chapter in (chapter_seven(desk)[0], appendix_f(desk)):
        assert [plain_text(b.title) for b in chapter.blocks] == ["不适用"]


def test_a_helping_city_shows_the_outlook_of_those_it_helps(helping_input):
    pair = tuple(HelpedCity(terms.city(c)) for c in ("441400", "441800"))
    tables = made.risk_tables(absences={"441800": Absence("broken_table", "x")})
    chapter, findings = chapter_seven(Desk(replace(helping_input(), helped=pair, risk=tables)))
    assert cells(block(chapter, "risk-outlook")) == [["梅州市", "1,440", "38.9", "34.1～49.8", "0.9", "8.6"]]
    assert "清远市：返贫风险无法测算" in said(chapter)
    assert findings == []
    alone, _ = chapter_seven(Desk(replace(helping_input(), helped=(), risk=None)))
    assert "没有结对帮扶的市" in said(alone)


def test_the_card_binds_every_value_and_withholds_small_groups(inputs):
    chapter = appendix_f(Desk(replace(inputs["zh"], risk=made.risk_tables())))
    table = block(chapter, "model-card")
    assert cells(table) == [["23", "表现", "2020年：两个模型的平均，AUC 0.719，摘要8744f825d74ea222。"]]
    bound = {p.ref: p.value for p in table.rows[0][2] if isinstance(p, Bound)}
    assert bound["card.23.auc"] == 0.7191
    groups = cells(block(chapter, "risk-groups"))
    assert groups[2] == ["少数民族", "※", "※", "※", "※", "※"]
    assert groups[1][0] == "65岁及以上户主"
    assert "合成数据上的表现" in said(chapter)
    assert isinstance(table, Table)
