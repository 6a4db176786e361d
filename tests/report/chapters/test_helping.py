"""A helping city: its duties, its money, the cities it helps."""

from __future__ import annotations

from evaltools.report.blocks import Table
from evaltools.report.chapters import build_city_report
from evaltools.report.chapters.desk import Desk
from evaltools.report.chapters.pairs import chapter_money
from evaltools.report.inline import plain_text


def table(report, chapter: str, key: str) -> list[list[str]]:
    found = next(b for b in report.chapter(chapter).blocks if isinstance(b, Table) and b.key == key)
    return [[plain_text(c) for c in row] for row in found.rows]


def prose(report, chapter: str) -> str:
    return "\n".join(plain_text(b.parts) for b in report.chapter(chapter).blocks if hasattr(b, "parts"))


def test_guidance_is_due_by_village_and_late_from_the_day_after(reports):
    rows = {r[0]: r[1:] for r in table(reports["helping", "zh"], "五", "guidance")}
    assert rows["梅州市"] == ["2", "100.00万元", "100.00万元", "50.00万元", "达标", "未达标"]
    assert rows["清远市"] == ["1", "50.00万元", "0.00万元", "0.00万元", "未达标", "未达标"]
    assert "4月30日前拨付到位" in prose(reports["helping", "zh"], "五")


def test_guidance_is_undefined_for_other_helping_cities(helping_input):
    report = build_city_report(helping_input(city="440300"))
    assert "对深圳市为“无规定”" in prose(report, "五")
    duties = {r[0]: r[1:] for r in table(report, "二", "duties")}
    assert duties["每村每年引导资金"] == ["无规定", "文件未对本市作出规定", "无规定"]


def test_the_share_of_the_fiscal_input_is_compared_with_the_rule_and_not_judged_by_year(reports):
    rows = table(reports["helping", "zh"], "五", "split")
    assert rows[0] == ["梅州市", "1,000.00万元", "300.00万元", "30.0%", "30%"]
    assert "不判定年度是否足额" in prose(reports["helping", "zh"], "五")


def test_duties_without_data_are_evidence_missing_not_met(reports):
    duties = {r[0]: r[1:] for r in table(reports["helping", "zh"], "二", "duties")}
    assert duties["党政一把手到被帮扶市调研次数"][2] == "证据缺失"
    assert "穗办〔2018〕31号" in duties["党政一把手到被帮扶市调研次数"][1]


def test_the_gates_of_each_pair_are_drawn_and_a_broken_city_says_why(reports):
    report = reports["helping", "zh"]
    figure = next(b for b in report.chapter("四").blocks if getattr(b, "key", "") == "helped-gates-figure")
    assert set(figure.data["city"]) == {"梅州市"}
    assert len(figure.data["city"]) == 5
    assert "清远市没有结果：[data-invalid] 3 rows without a village" in prose(report, "四")


def test_what_is_missing_late_or_not_met_is_in_the_problem_list(reports):
    found = [r[0] for key in ("direct", "improve") for r in table(reports["helping", "zh"], "十", f"problems-{key}")]
    for start in (
        "清远市2020年引导资金应到50.00万元，实到0.00万元",
        "梅州市2020年引导资金按期到位50.00万元",
        "被帮扶的梅州市：错退率4.10%未达标",
        "被帮扶的清远市数据无法读取",
    ):
        assert any(text.startswith(start) for text in found), start


def test_without_payments_the_money_is_evidence_missing(helping_input):
    blocks = chapter_money(Desk(helping_input(funds=None)))[0].blocks
    assert "\n".join(plain_text(b.parts) for b in blocks if hasattr(b, "parts")).count("证据缺失") >= 2
