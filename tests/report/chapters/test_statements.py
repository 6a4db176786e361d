"""What the chapters say: found, how sure, against which clause, where it is worst, what to do."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from evaltools.indicators import Gate
from evaltools.indicators.targeting.display import row_of
from evaltools.report.assemble import all_texts, assemble
from evaltools.report.blocks import Callout, Figure, Table
from evaltools.report.chapters.desk import Desk
from evaltools.report.chapters.gatewords import GateWords
from evaltools.report.chapters.one import chapter_one
from evaltools.report.chapters.two_gates import gates_section
from evaltools.report.chapters.two_income import incomes
from evaltools.report.inline import plain_text
from evaltools.terms import VerdictState as State


def read(report, chapter: str) -> str:
    """The text of one chapter, references resolved."""
    built = assemble(report.document)
    name = report.chapter(chapter)
    label = name.number or name.title
    return "\n".join(built.text(t) for where, _, t in all_texts(built.document) if where.split(" · ")[0] == label)


def said(blocks) -> str:
    """The running text of some blocks."""
    return "\n".join(plain_text(b.parts) for b in blocks if hasattr(b, "parts"))


def block(report, chapter: str, key: str):
    return next(b for b in report.chapter(chapter).blocks if getattr(b, "key", "") == key)


def cells(table: Table) -> list[list[str]]:
    return [[plain_text(c) for c in row] for row in table.rows]


def test_a_gate_says_value_interval_limit_verdict_and_clause(reports):
    two = read(reports["helped", "zh"], "二")
    assert "漏评率为0.40%（90%区间0.08%～1.24%），限值≤2%，达标；依据：贫困县退出专项评估检查实施办法 漏评率" in two
    assert "参照国家贫困县退出标准" in two
    assert "样本为受访户400户、40个村；有效样本210户，组内相关系数取0.05" in two


def test_undecided_names_the_households_that_would_decide(reports):
    assert "样本不足以判定" in read(reports["helped", "zh"], "二")
    assert "共需1,234户才能判定" in read(reports["helped", "zh"], "二")


def test_undecided_at_the_limit_says_that_no_sample_would_decide(helped_input, make_gate, make_gates):
    at_limit = make_gate(Gate.COMPOSITE, State.UNDECIDED, 0.02, 0.01, 0.033)
    gates = make_gates()
    gates = replace(gates, results=(*gates.results[:3], at_limit, gates.results[4]))
    assert "加大样本也难以判定" in said(gates_section(Desk(helped_input()), gates)[0])


def test_a_rate_without_a_limit_is_reported_and_not_judged(reports):
    assert "错评率为1.20%（90%区间0.50%～2.40%）；上限无规定，只报告，不判定" in read(reports["helped", "zh"], "二")


def test_a_rate_without_evidence_says_so_and_why(reports):
    assert "群众认可度：证据缺失。没有认可度答案。" in read(reports["helped", "zh"], "二")


def test_unjudged_answers_that_could_turn_the_verdict_are_named(reports):
    two = read(reports["helped", "zh"], "二")
    assert "另有12户因证据缺失无法判断（占3.10%）" in two
    assert "判定分别为样本不足以判定与未达标，须先补齐证据" in two


def test_the_worst_county_is_named_but_not_ranked(reports):
    assert "县级点估计最不利的是五华县（5.20%" in read(reports["helped", "zh"], "二")
    assert "不作排名" in read(reports["helped", "zh"], "二")


def test_the_chart_draws_the_interval_of_the_verdict(reports, helped_input):
    data = block(reports["helped", "zh"], "摘要", "gate-strip").data
    for i, r in enumerate(helped_input().gates.results):
        assert data["state"][i] == r.state.value
        if not np.isnan(r.rate):
            assert (data["value"][i], data["low"][i], data["high"][i]) == (r.rate, r.low, r.high)
            assert data["limit"][i] == r.limit


def test_the_summary_gives_the_overall_verdict_and_counts_the_gates(reports):
    callout = next(b for b in reports["helped", "zh"].chapter("摘要").blocks if isinstance(b, Callout))
    assert plain_text(callout.title) == "总体判定：未达标"
    assert "有限值的4项门槛中，1项达标，1项未达标，2项不能判定" in plain_text(callout.parts)


def test_both_lines_are_reported_and_the_income_series_carries_its_status(reports):
    two = read(reports["helped", "zh"], "二")
    assert "当年实际线为9,064.53元" in two
    assert "测算线为8,699元" in two
    assert "该数列待与统计年鉴核对" in two
    assert "待与统计年鉴核对" in read(reports["helped", "zh"], "一")


def test_a_year_without_a_planned_line_uses_the_actual_one_alone(helped_input, book):
    base = helped_input()
    rules = book.at("2019-12-31", city="441400")
    changed = replace(base, rules=rules, year=2019, exits=replace(base.exits, line_planned=None))
    assert "没有公布测算线，只按实际线判定" in said(incomes(Desk(changed), changed.exits)[0])


def test_exit_counts_add_up_and_the_worst_county_is_named(reports):
    report = reports["helped", "zh"]
    assert "未达标占比最高的是五华县（12.0%，24户）" in read(report, "二")
    rows = {r[0]: r[1:] for r in cells(block(report, "二", "exit-counties"))}
    assert rows["五华县"][:3] == ["200", "176", "24"]
    assert rows["全市"][0] == "580"


def test_a_count_too_small_to_publish_appears_nowhere(reports):
    """大埔县 has 3 exits not met: neither they nor what gives them away are printed."""
    rows = {r[0]: r[1:] for r in cells(block(reports["helped", "zh"], "二", "exit-counties"))}
    assert rows["大埔县"][2] == "※"
    assert rows["大埔县"][1] == "※"  # 107 met of 110 would give it away
    assert sum(row[2] == "※" for row in rows.values()) >= 2  # and so would a city total with one gap
    heat = block(reports["helped", "zh"], "二", "guarantees-heat").data
    at = next(i for i, p in enumerate(heat["place"]) if p == "大埔县" and heat["column"][i] == "住房安全")
    assert heat["is_hidden"][at]
    assert heat["share"][at] is None


def test_the_account_shows_its_residual_and_the_county_that_does_not_close(reports):
    two = read(reports["helped", "zh"], "二")
    assert "差额−45人" in two
    assert "有差额的共1个县，差额最大的是五华县（−45人）" in two
    data = block(reports["helped", "zh"], "二", "account-figure").data
    assert dict(zip(data["label"], data["value"], strict=True))["差额"] == -45


def test_villages_report_the_median_before_the_mean_and_no_invented_limit(reports):
    four = read(reports["helped", "zh"], "四")
    assert four.index("中位数13.00万元") < four.index("平均数29.90万元")
    assert "没有规定村集体收入的限值，只报告，不判定" in four


def test_coverage_counts_natural_villages_for_roads(reports):
    rows = {r[0]: r[1:] for r in cells(block(reports["helped", "zh"], "四", "coverage"))}
    assert rows["20户以上自然村路面硬化"][:3] == ["自然村", "50", "46"]
    assert rows["快递物流"][:3] == ["相对贫困村", "10", "6"]


def test_a_city_without_designated_villages_says_not_applicable(reports):
    four = reports["no_task", "zh"].chapter("四").blocks
    assert len(four) == 1
    assert four[0].title == "不适用"
    assert "无规定" in read(reports["no_task", "zh"], "一")  # 6:3:1 is not set for it


def test_the_split_is_undefined_in_a_self_help_city_and_never_guessed(reports):
    rows = {r[0]: r[1] for r in cells(block(reports["no_task", "zh"], "一", "rules-used"))}
    assert rows["对口帮扶市分担比例"] == "无规定"


def test_a_changed_rule_is_announced(helped_input, book):
    rules = book.with_value("gate.omission_rate_max", 0.03, reason="试算").at("2020-12-31", city="441400")
    one = said(chapter_one(Desk(helped_input(rules=rules)))[0].blocks)
    assert "使用者改动了下列规则" in one
    assert "≤3%" in one


def test_no_survey_is_evidence_missing(helped_input):
    assert "一律为“证据缺失”" in said(chapter_one(Desk(helped_input(gates=None)))[0].blocks)


def test_appendix_b_prints_what_stands_behind_each_verdict(reports):
    rows = {r[0]: r[1:] for r in cells(block(reports["helped", "zh"], "附录B", "effective"))}
    assert rows["综合贫困发生率"] == ["400户", "40个村", "210户", "1.70", "36", "0.05", "1,234户", "样本不足以判定"]
    assert rows["漏评率"][-2:] == ["—", "达标"]


def test_appendix_c_prints_every_dropped_row_with_its_reason(reports):
    assert cells(block(reports["helped", "zh"], "附录C", "dropped")) == [["入户调查", "duplicate_key", "5"]]
    assert cells(block(reports["helped", "zh"], "附录C", "missing")) == [["入户调查", "是否低保户 8.64%", "—"]]


def test_appendix_e_says_how_the_report_was_made(reports, book):
    text = read(reports["helped", "zh"], "附录E")
    for fact in (
        "evaltools report --city meizhou",
        "0f3c",
        "有未提交的改动",
        book.digest,
        "gate.omission_rate_max",
        "3.1.1",
    ):
        assert fact in text


@pytest.mark.parametrize("kind", ["helped", "helping"])
def test_pictures_exist_for_screen_and_for_word(reports, kind):
    figures = [b for c in reports[kind, "zh"].chapters for b in c.blocks if isinstance(b, Figure)]
    assert figures
    assert all(f.svg.startswith("<svg") and f.png.startswith(b"\x89PNG") for f in figures)


SECTIONS = [
    ("二", "已脱贫户：逐户核对"),
    ("二", "住房安全：由行业部门逐户销号"),
    ("二", "增减台账：逐户查明"),
    ("四", "未达出列线的村：核对口径"),
]


@pytest.mark.parametrize(("chapter", "advice"), SECTIONS)
def test_every_section_ends_with_what_to_do(reports, chapter, advice):
    assert advice in said(reports["helped", "zh"].chapter(chapter).blocks)


def test_a_verdict_that_hangs_on_unknown_answers_says_so_beside_its_rate(helped_input, make_gate, make_gates):
    reason = "结论取决于未明答案"
    hanging = make_gate(Gate.WRONGFUL_EXIT, State.EVIDENCE_MISSING, 0.004, 0.001, 0.012, reason_zh=reason)
    gates = make_gates()
    gates = replace(gates, results=(gates.results[0], hanging, *gates.results[2:]))
    text = said(gates_section(Desk(helped_input()), gates)[0])
    assert "错退率为0.40%（90%区间0.10%～1.20%），限值≤2%，证据缺失" in text
    assert reason + "。" in text


@pytest.mark.parametrize(
    ("needed", "text"), [(99_999, "99,999户"), (100_000, "100,000户"), (100_001, "100,000户以上"), (3_400_000, "100,000户以上")]
)
def test_a_sample_that_no_survey_has_is_printed_as_over_a_limit_and_kept_as_computed(helped_input, make_gate, needed, text):
    gate = make_gate(Gate.COMPOSITE, State.UNDECIDED, 0.0199, 0.007, 0.0301, households_needed=needed)
    bound = GateWords(Desk(helped_input()), gate).needed()
    assert (bound.text, bound.value) == (text, needed)
    assert f"需{text.replace(',', '')}" in row_of(gate)["结论"]
