"""Chapters 三 五 六 八: the words of the gates, unknown, withheld and undefined, each as it is."""

from __future__ import annotations

from pathlib import Path

import pytest

from evaltools import terms
from evaltools.report import chapters
from evaltools.report.blocks import Heading, Table, plain_text
from evaltools.report.chapters.city import OWN_PARTS
from evaltools.report.chapters.desk import Desk
from evaltools.report.chapters.eight import chapter_eight
from evaltools.report.chapters.five import chapter_five
from evaltools.report.chapters.shown import part
from evaltools.report.chapters.six import chapter_six
from evaltools.report.chapters.three import chapter_three
from evaltools.report.chapters.two import chapter_two
from evaltools.report.model import IndicatorTables
from evaltools.standards import load_yaml
from evaltools.terms import VerdictState as State

NUMBERS = dict(zip(("two", "three", "five", "six", "seven", "eight", "nine", "ten"), "二三五六七八九十", strict=True))
WORDS = load_yaml(Path(chapters.__file__).parent / "text" / "sections.yaml")


def test_each_state_has_its_word_and_what_is_withheld_its_bound(made, report):
    rows = {r[0]: r for r in made.rows(report.chapter("三"), "indicators-three-industry")}
    by_state = {r[1]: (r[2], r[3]) for r in rows.values()}
    assert by_state["≥98.3%"] == ("100%", "未达标"), "a withheld share is printed as the bound that may be told"
    assert by_state["66.4%"] == ("100%", "未达标")
    assert by_state["98.4%"] == ("无规定", "无规定"), "no limit: reported, not judged"
    assert by_state["—"] == ("无规定", "证据缺失"), "unknown is a dash and never met"
    assert by_state["100.0%"] == ("100%", "达标")
    (housing,) = made.rows(report.chapter("三"), "indicators-three-housing")
    assert housing[1] == "※"


def test_every_section_of_the_list_stands_in_its_chapter(report):
    """What the catalogue holds and the list names is read somewhere: a part that no chapter asks for would be lost."""
    for name in set(OWN_PARTS) - {"ten"}:  # its section needs rows of the ledger
        chapter = report.chapter(NUMBERS[name])
        heads = {plain_text(b.text) for b in chapter.blocks if isinstance(b, Heading)}
        wanted = {WORDS[f"section.{s.key}"]["zh"] for s in part(name)}
        assert wanted <= heads, (name, wanted - heads)


def test_an_exit_that_was_not_publicised_is_a_problem_of_chapter_two(made, sector_input):
    given = made.table(
        made.reading("dynamic.exit_publicised_share", 0.9, State.NOT_MET, limit=1.0, comparison=">="),
        made.reading("monitoring.return_rate", 0.02),
    )
    desk = Desk(sector_input(indicators=given))
    chapter, findings = chapter_two(desk)
    assert made.rows(chapter, "indicators-two-process")[0][:4] == ["批准前已公示的退出", "90.0%", "100%", "未达标"]
    assert "indicators-two-process" in {f.evidence for f in findings}


def test_the_section_says_found_sure_clause_worst_and_what_to_do(made, report):
    text = made.words(report.chapter("三"))
    assert "列出指标5项，其中有限值的4项：达标1项、未达标2项、证据缺失1项" in text
    assert "缺失不作达标处理" in text
    assert "依据：粤发〔2016〕13号 第5条。" in text
    assert "比例不低于98.3%、" in text, "a bound is said in words: its sign is not the limit's"
    assert "最差的是五华县55.6%，最好的是梅江区75.3%" in text
    assert "建议：列出未达到规定的对象，限期补齐。" in text


def test_a_section_without_its_table_says_so_and_lists_what_is_lacking(made, report):
    text = made.words(report.chapter("三"))
    assert "缺少数据表或列而无法计算的指标：" in text
    assert text.count("没有本节所需的数据，证据缺失。") == 8


def test_what_is_not_met_is_a_problem_with_clause_place_and_size(made, report):
    rows = made.rows(report.chapter("十"), "problems-improve")
    (found,) = [r for r in rows if "66.4%" in r[0]]
    assert "（表3-1）" in found[0] or "indicators-three-industry" in found[0]
    assert found[1:4] == ["五华县", "40户", "穗办〔2018〕31号 第二部分（一）2"]


def test_one_piece_of_advice_for_several_subjects_is_given_once(made, report):
    advice = [plain_text(p) for b in report.chapter("十").blocks for p in getattr(b, "items", ())]
    same = [a for a in advice if "按指标表列出未达到规定的对象" in a]
    assert len(same) == 1
    assert same[0].startswith("产业发展扶贫、")


def test_medical_costs_run_through_the_three_lines_to_the_patient(made, report):
    figure = made.figures(report.chapter("三"))["health-cascade"]
    assert list(figure.data["label"]) == ["总费用", "基本医保", "大病保险", "医疗救助", "个人自付"]
    assert figure.data["share"] == pytest.approx([1.0, 0.25, 0.25, 0.25, 0.25])


def test_what_the_three_lines_leave_unexplained_is_drawn_as_other(made, sector_input):
    given = made.city_indicators()
    less = dict(given.readings) | {"health.aid_paid_ratio": made.reading("health.aid_paid_ratio", 0.2)}
    chapter, _ = chapter_three(Desk(sector_input(indicators=IndicatorTables(less, given.missing))))
    figure = made.figures(chapter)["health-cascade"]
    assert list(figure.data["label"][-2:]) == ["其他", "个人自付"]
    assert figure.data["share"][-2] == pytest.approx(0.05)


def test_money_due_stands_beside_money_arrived_by_payer_and_year(made, report):
    five = report.chapter("五")
    figure = made.figures(five)["arrival"]
    assert list(figure.data["due_yuan"]) == [1e7] * 3
    assert made.rows(five, "arrivals")[-1] == ["合计", "700.00万元", "300.00万元", "1,000.00万元"]
    assert "没有规定年度进度" in made.words(five)
    assert "没有规定省、帮扶市、属地市的分担比例" not in made.words(five)


def test_six_three_one_is_not_asked_of_a_city_that_helps_itself(made, sector_input, book):
    city = terms.city("441300")
    split = ("counties.input_province_full_share", "counties.input_helping_full_share")
    own = made.table(*(made.reading(s, None, State.RULE_UNDEFINED) for s in split))
    rules = book.at("2020-12-31", city=city)
    five, findings = chapter_five(Desk(sector_input(city=city, rules=rules, indicators=own, helper=None)))
    assert "惠州市为自行帮扶市，文件没有规定省、帮扶市、属地市的分担比例" in made.words(five)
    assert [r[1:4] for r in made.rows(five, "indicators-five-input")] == [["—", "无规定", "无规定"]] * 2
    assert [r[4] for r in made.rows(five, "indicators-five-input")] == ["文件未对本市作出规定"] * 2
    assert findings == []


def test_a_bound_that_may_be_told_is_drawn_as_a_bar(made, report):
    figure = made.figures(report.chapter("五"))["loans"]
    assert (figure.data["value"], figure.data["low"], figure.data["high"]) == ((None,), (0.871,), (1.0,))


def test_gaps_in_the_teams_are_said_and_drawn_and_a_level_line_is_only_said(made, report, sector_input):
    six = report.chapter("六")
    assert "最近3个月中，有队长在岗的村占比最低为50.0%，评估日所在月为75.0%" in made.words(six)
    assert list(made.figures(six)) == ["continuity"]
    level, _ = chapter_six(Desk(sector_input(teams=made.teams((1.0, 1.0)))))
    assert "占比最低为100.0%" in made.words(level)
    assert made.figures(level) == {}


def test_voices_are_estimates_with_interval_and_approval_is_no_second_finding(made, report):
    eight = report.chapter("八")
    first, second = made.rows(eight, "indicators-eight-approval")
    assert first[1:6] == ["87.1%", "84.5%～88.9%", "1,106", "≥90%", "未达标"]
    assert second[4:6] == ["无规定", "无规定"]
    assert "数据来自抽样调查" in made.words(eight)
    problems = [plain_text(r[0]) for b in report.chapter("十").blocks if isinstance(b, Table) for r in b.rows]
    assert not [p for p in problems if "认可度" in p and "87.1%" in p], "the gate of chapter two is the finding"


def test_a_city_without_tasks_says_not_applicable_in_every_chapter(made, no_task_input):
    desk = Desk(no_task_input())
    for chapter in (chapter_three, chapter_five, chapter_six, chapter_eight):
        (only,) = chapter(desk)[0].blocks
        assert plain_text(only.title) == "不适用"


def test_every_indicator_shown_is_defined_in_appendix_a(made, report):
    a = report.chapter("附录A")
    shown = {r[0] for t in ("three", "five", "six", "eight") for r in made.rows(a, f"definitions-{t}")}
    told = {plain_text(r[0]) for n in "三五六八" for b in report.chapter(n).blocks
            if isinstance(b, Table) and b.key.startswith("indicators-") for r in b.rows}  # fmt: skip
    assert told <= shown


def test_the_english_chapter_says_the_same(made, sector_input):
    three, _ = chapter_three(Desk(sector_input(lang="en")))
    assert "with a limit 4 items: met 1, not met 2, evidence missing 1 (" in made.words(three)


def test_the_size_of_a_problem_has_its_unit_and_what_is_withheld_is_no_size(made, report):
    rows = made.rows(report.chapter("十"), "problems-improve")
    size = {r[0].split("为")[0]: r[2] for r in rows}
    assert size["额度不超过上限的小额信贷比例"] == "※"
    assert {s for s in size.values() if s[-1:].isdigit()} == set(), "a bare number says nothing"


@pytest.mark.parametrize(("share", "said"), [(0.87, "看不出陪同影响回答"), (0.80, "应以无人陪同的为准")])
def test_whether_company_at_the_interview_goes_with_the_answer_is_said(made, sector_input, share, said):
    rows = (made.reading("survey.approval_accompanied_share", share, low=share - 0.02, high=share + 0.02, n=125),
            made.reading("survey.approval_alone_share", 0.9, low=0.88, high=0.92, n=981))  # fmt: skip
    eight, _ = chapter_eight(Desk(sector_input(indicators=made.table(*rows))))
    assert said in made.words(eight)


def test_counties_that_print_alike_are_not_compared(made, sector_input):
    row = made.reading("assets.distributed_ratio", 0.8, best=("441402", 0.80001), worst=("441424", 0.79999))
    five, _ = chapter_five(Desk(sector_input(indicators=made.table(row))))
    assert made.rows(five, "indicators-five-asset_classes")[0][0:4] == ["经营收益已分配的比例", "80.0%", "无规定", "无规定"]
    assert "分县看" not in made.words(five)


def test_what_has_no_limit_or_keeps_it_has_a_lowest_and_a_highest_county_and_no_worst(made, sector_input):
    row = made.reading("assets.distributed_ratio", 0.7, best=("441402", 0.8), worst=("441424", 0.6))
    five, _ = chapter_five(Desk(sector_input(indicators=made.table(row))))
    assert "最低的是五华县60.0%，最高的是梅江区80.0%" in made.words(five)


def test_one_rule_measured_twice_is_one_problem(made, sector_input):
    rows = [made.reading(i, x, State.NOT_MET, limit=1.0, comparison=">=", numerator=9.0, denominator=10.0)
            for i, x in (("villages.guidance_on_time_share", 0.9), ("finance.guidance_flow_in_time_share", 0.95))]  # fmt: skip
    _, findings = chapter_five(Desk(sector_input(indicators=made.table(*rows))))
    assert [plain_text(f.what).split("为")[0] for f in findings] == ["引导资金按时足额到账的村"]


def test_growth_rates_differ_by_percentage_points_and_counts_have_their_word(made, sector_input):
    rows = (made.reading("finance.loan_area_growth_gap", 0.012, State.MET, limit=0.0, comparison=">="),
            made.reading("assets.yield_ratio", 0.0712))  # fmt: skip
    five, _ = chapter_five(Desk(sector_input(indicators=made.table(*rows))))
    (gap,) = made.rows(five, "indicators-five-credit")
    assert gap[1:3] == ["1.2个百分点", "≥0个百分点"]
    assert made.rows(five, "indicators-five-asset_classes")[0][1] == "7.1%"
    six, _ = chapter_six(Desk(sector_input(indicators=made.table(
        made.reading("mobilisation.campaign_enterprises", 36.0), made.reading("assistance.half_year_reports", 2.0),
    ), teams=None)))  # fmt: skip
    assert [r[1] for r in made.rows(six, "indicators-six-society")] == ["36家企业"]
    assert [r[1] for r in made.rows(six, "indicators-six-visits")] == ["2份"]
