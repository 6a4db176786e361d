"""Snapshots by date and city, changed copies, the digest, differences between dates."""

from __future__ import annotations

import datetime as dt
import pickle
from pathlib import Path

import pandas as pd
import pytest

from evaltools.errors import DataMissingError, RuleBookError, RuleUndefinedError, ScopeError
from evaltools.standards import Applicability, RuleBook, RuleStatus, parse_yaml, read_number

BOOK = RuleBook.load()


def test_gates_are_borrowed_from_counties_and_say_so():
    rules = BOOK.at("2020-12-31", city="梅州")
    for rule_id, limit in (
        ("gate.omission_rate_max", 0.02), ("gate.wrongful_exit_rate_max", 0.02),
        ("gate.composite_incidence_max", 0.02), ("gate.public_approval_min", 0.90),
    ):  # fmt: skip
        rule = rules[rule_id]
        assert rule.value == limit
        assert (rule.level, rule.status) == ("county", "borrowed")
        assert "参照国家贫困县退出标准" in rule.cite("zh")
        assert "borrowed" in rule.cite("en")


def test_planned_line_of_guangzhous_plan_is_extended_elsewhere_and_printed_so():
    here, there = (BOOK.at("2020-12-31", c)["exit.household_income_line_planned"] for c in ("清远", "湛江"))
    assert here.applicability is Applicability.IN_SCOPE
    assert "延伸适用" not in here.cite()
    assert there.applicability is Applicability.EXTENDED
    assert "延伸适用" in there.cite()
    assert "测算数" in there.cite()
    assert there.value == 8699
    assert BOOK.at("2020-12-31")["exit.household_income_line_planned"].applicability is Applicability.EXTENDED


def test_planned_line_of_2018_is_the_provinces_own():
    assert BOOK.at("2018-12-31", "湛江")["exit.household_income_line_planned"].applicability is Applicability.IN_SCOPE


@pytest.mark.parametrize("year", [2016, 2017, 2019])
def test_no_planned_line_was_published_for_other_years(year):
    rule = BOOK.at(f"{year}-12-31")["exit.household_income_line_planned"]
    assert not rule.is_defined
    with pytest.raises(RuleUndefinedError, match="无规定"):
        _ = rule.value


@pytest.mark.parametrize("name", ["汕头", "惠州", "江门"])
def test_split_is_undefined_for_self_help_cities_and_never_guessed(name):
    rules = BOOK.at("2020-12-31", name)
    for part in ("province", "helping_city", "local_city"):
        rule = rules[f"finance.split.{part}"]
        assert not rule.is_defined
        with pytest.raises(RuleUndefinedError, match=name):
            _ = rule.value
    assert rules["finance.per_capita_input"].value == 20000


def test_split_of_a_helped_city_adds_up():
    rules = BOOK.at("2018-12-31", "云浮")
    parts = [rules[f"finance.split.{p}"].value for p in ("province", "helping_city", "local_city")]
    assert parts == [0.6, 0.3, 0.1]
    assert sum(parts) == pytest.approx(1)


BOUND = {"广州": True, "梅州": True, "清远": True, "河源": False, "深圳": False}


@pytest.mark.parametrize(("name", "defined"), BOUND.items())
def test_guidance_funds_bind_guangzhou_and_its_pairs_alone(name, defined):
    assert BOOK.at("2020-04-30", name)["finance.guidance_fund_due"].is_defined is defined
    assert BOOK.at("2020-04-30", name)["finance.guidance_fund_per_village_year"].is_defined is defined


def test_actual_line_carries_the_reservation_of_its_income_series_but_not_for_2016():
    assert "待以统计年鉴核实" in BOOK.at("2018-12-31")["exit.household_income_line_actual"].cite()
    assert "待以统计年鉴核实" not in BOOK.at("2016-12-31")["exit.household_income_line_actual"].cite()
    assert "待以统计年鉴核实" in BOOK.at("2018-12-31")["income.provincial_rural_disposable"].cite()


def test_actual_line_lies_above_the_planned_one_in_both_years():
    for day, gap in (("2018-12-31", 360.465), ("2020-12-31", 365.53)):
        rules = BOOK.at(day)
        planned, actual = (rules[f"exit.household_income_line_{k}"].value for k in ("planned", "actual"))
        assert actual - planned == pytest.approx(gap, abs=1e-9)


def test_planned_lines_follow_from_the_latest_income_known_and_seven_percent():
    growth = BOOK.at("2018-12-31")["income.planned_growth"].value
    incomes = BOOK.series("income.provincial_rural_disposable").set_index("from")["value"]
    assert round(0.45 * incomes["2015-01-01"] * (1 + growth) ** 3) == 7365
    assert round(0.60 * incomes["2015-01-01"] * (1 + growth) ** 3) == 9820
    assert round(0.45 * incomes["2017-01-01"] * (1 + growth) ** 3) == 8699
    assert round(0.60 * incomes["2017-01-01"] * (1 + growth) ** 3) == 11598  # the document prints 11599


def test_unknown_observation_never_passes():
    rule = BOOK.at("2020-12-31")["exit.guarantee.housing"]
    for unknown in (None, float("nan"), pd.NA, pd.NaT):
        with pytest.raises(DataMissingError, match="unknown is never yes"):
            rule.passes(unknown)


def test_incomes_are_compared_unrounded():
    rule = BOOK.at("2018-12-31")["exit.household_income_line_actual"]
    assert not rule.passes(7725.4649)
    assert rule.passes(7725.465)


@pytest.mark.parametrize(("as_of", "close"), [("2015-12-31", "2016-01-01"), ("2021-01-01", "2020-12-31")])
def test_dates_outside_the_book_are_refused_with_the_nearest_valid(as_of, close):
    with pytest.raises(ScopeError, match=f"nearest valid: {close}"):
        BOOK.at(as_of)


@pytest.mark.parametrize("as_of", ["2020", "2020-02-30", "20201231", "", "tomorrow"])
def test_text_that_is_no_date_is_refused(as_of):
    with pytest.raises(ScopeError):
        BOOK.at(as_of)


def test_date_objects_and_text_give_the_same_snapshot():
    assert BOOK.at(dt.date(2018, 6, 30), "清远") is BOOK.at("2018-06-30", "441800")
    assert BOOK.at(dt.datetime(2018, 6, 30, 12, 0), "qingyuan") is BOOK.at("2018-06-30", "清远市")


def test_unknown_city_and_rule_are_refused_with_the_nearest_name():
    with pytest.raises(ScopeError, match="meizhou"):
        BOOK.at("2020-12-31", "meizou")
    rules = BOOK.at("2020-12-31")
    with pytest.raises(RuleBookError, match=r"gate\.omission_rate_max"):
        rules["gate.omision_rate_max"]
    assert rules.get("gate.omision_rate_max") is None
    assert "gate.omision_rate_max" not in rules


def test_changed_copy_is_marked_and_the_book_is_untouched():
    before = BOOK.digest
    copy = BOOK.with_value("gate.omission_rate_max", 0.03, reason="试算")
    rule = copy.at("2020-12-31", "梅州")["gate.omission_rate_max"]
    assert rule.value == 0.03
    assert rule.is_changed
    assert "使用者改动：试算" in rule.cite()
    assert BOOK.at("2020-12-31", "梅州")["gate.omission_rate_max"].value == 0.02
    assert copy.digest != before == BOOK.digest
    assert copy.changes[0].before == (0.02,)


def test_changing_the_share_moves_the_derived_line_and_marks_it():
    copy = BOOK.with_value("exit.household_income_share", 0.5, reason="高标准试算")
    rule = copy.at("2016-12-31")["exit.household_income_line_actual"]
    assert rule.value == pytest.approx(7256.1)
    assert rule.is_changed


def test_changing_one_year_leaves_the_others():
    copy = BOOK.with_value("exit.household_income_line_planned", 8000, reason="试算", on="2018-12-31")
    assert copy.at("2018-12-31")["exit.household_income_line_planned"].value == 8000
    assert copy.at("2020-12-31", "梅州")["exit.household_income_line_planned"].value == 8699


def test_a_value_of_ones_own_can_fill_an_undefined_rule_in_a_copy():
    copy = BOOK.with_value("finance.split.province", 0.0, reason="汕头自定", everywhere=True)
    rule = copy.at("2020-12-31", "汕头")["finance.split.province"]
    assert rule.value == 0.0
    assert rule.is_changed
    limit = BOOK.with_value("gate.wrong_inclusion_rate", 0.02, reason="本次委托约定")
    assert limit.at("2020-12-31")["gate.wrong_inclusion_rate"].passes(0.02)


@pytest.mark.parametrize(
    ("rule_id", "value", "reason"),
    [
        ("gate.omission_rate_max", 2, "percent for a fraction"), ("gate.omission_rate_max", -0.1, "negative"),
        ("gate.omission_rate_max", "0.02", "text"), ("gate.omission_rate_max", True, "boolean"),
        ("gate.omission_rate_max", float("nan"), "nan"), ("gate.omission_rate_max", 0.03, "  "),
        ("finance.guidance_fund_due", "13-45", "no such day"), ("regime", "GD1999", "unknown code"),
        ("no.such", 1, "x"),
        ("exit.guarantee.food", 1, "not a boolean"),
    ],
)  # fmt: skip
def test_a_wrong_changed_value_is_refused(rule_id, value, reason):
    with pytest.raises(RuleBookError):
        BOOK.with_value(rule_id, value, reason=reason)


def test_diff_names_what_changed_between_two_dates_and_nothing_else():
    frame = BOOK.diff("2018-06-30", "2018-06-29", "清远")
    assert frame.empty
    frame = BOOK.diff("2018-06-30", "2020-12-31", "清远").set_index("id")
    sides = frame[["before", "after"]]
    assert sides.loc["exit.household_income_line_planned"].tolist() == ["≥7,365元/人·年", "≥8,699元/人·年"]
    assert sides.loc["exit.deadline"].tolist() == ["≤2018年12月31日", "≤2020年6月30日"]
    assert "exit.household_income_share" not in frame.index
    assert "finance.split.province" not in frame.index


def test_display_is_the_same_in_every_process_and_names_the_clause():
    rule = BOOK.at("2018-12-31", "梅州")["exit.household_income_share"]
    assert repr(rule) == (
        "Rule(exit.household_income_share ≥45% · 有劳动能力户脱贫收入占全省农村居民收入的比例"
        " · 粤发〔2016〕13号 第3条 · 梅州市 2018-12-31)"
    )
    rules = BOOK.at("2018-12-31", "梅州")
    for shown in (rules, BOOK, rule, BOOK.pairings):
        assert "0x" not in repr(shown) + shown._repr_html_()
    assert "粤发〔2016〕13号 第3条" in rule._repr_html_()


def test_frame_has_one_row_per_rule_in_both_languages():
    rules = BOOK.at("2020-12-31", "梅州")
    for lang in ("zh", "en"):
        frame = rules.to_frame(lang)
        assert len(frame) == len(rules) == len(BOOK.entries)
        assert frame["id"].is_unique
        assert frame[["label", "limit", "population", "level", "status", "cite"]].notna().all().all()


def test_a_book_crosses_process_borders():
    copy = pickle.loads(pickle.dumps(BOOK))
    assert copy.digest == BOOK.digest
    assert copy.at("2020-12-31")["gate.omission_rate_max"].status is RuleStatus.BORROWED


def test_every_value_that_was_read_in_its_text_says_when():
    for entry in BOOK.entries.values():
        for value in entry.values:
            source = BOOK.vocabulary.documents[value.document].source
            if source in ("primary", "own"):
                assert value.confirmed is not None, entry.id


CITATIONS = {
    ("exit.household_income_share", "梅州"): "粤发〔2016〕13号 第3条",
    ("gate.omission_rate_max", "梅州"): (
        "贫困县退出专项评估检查实施办法 漏评率（参照国家贫困县退出标准；二手来源，原文待核对）"
    ),
    ("exit.household_income_line_planned", "湛江"): "穗办〔2018〕31号 第一部分（二）（测算数；延伸适用）",
    ("income.provincial_rural_disposable", "湛江"): "广东统计年鉴 农村居民人均可支配收入（待以统计年鉴核实）",
    ("health.village_clinic_share", "湛江"): "粤发〔2016〕13号 第9条（力争目标）",
    ("evaluation.sample.households_min", "湛江"): (
        "广东省2018年度扶贫开发工作成效考核方案（摘录） 抽样设计（二手来源，原文待核对）"
    ),
    ("method.design_rho", "湛江"): "评估报告附录B（方法与不确定性） 有效样本量（本评估方法参数）",
}


@pytest.mark.parametrize(("key", "text"), CITATIONS.items(), ids=[k[0] for k in CITATIONS])
def test_citation_carries_every_reservation_once(key, text):
    assert BOOK.at("2020-12-31", key[1])[key[0]].cite() == text


def test_the_entry_printed_in_the_documentation_is_the_packaged_one():
    text = (Path(__file__).parents[2] / "docs" / "rules.md").read_text(encoding="utf-8")
    block = text.split("```yaml\n")[1].split("```")[0]
    shown = parse_yaml(block)[0]
    entry = BOOK.entries[shown["id"]]
    assert (entry.zh, entry.en, entry.comparison, entry.level, entry.population, entry.denominator) == (
        shown["label"]["zh"], shown["label"]["en"], shown["comparison"], shown["level"], shown["population"],
        shown["denominator"],
    )  # fmt: skip
    packaged = [(v.start, v.value, v.status.value, v.document, v.clause, v.confirmed) for v in entry.values]
    keys = ("from", "value", "status", "document", "clause", "confirmed")
    assert [tuple(read_number(v[k]) if k == "value" else v[k] for k in keys) for v in shown["values"]] == packaged


def test_every_share_says_of_what_it_is_a_share():
    """A limit on a share means nothing without its denominator; parameters of the method are shares of nothing measured."""
    for entry in BOOK.entries.values():
        share_of_nothing = entry.values and entry.unit.code in ("share", "ratio") and not entry.id.startswith("method.")
        assert not share_of_nothing or entry.denominator, entry.id


def test_the_frame_names_population_and_denominator():
    row = BOOK.at("2020-12-31").to_frame().set_index("id").loc["health.medical_aid_share"]
    assert (row["population"], row["denominator"]) == ("建档立卡相对贫困人口", "各项医保报销后的合规医疗费用")
