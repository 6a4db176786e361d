"""Units in headers, and headers of several rows."""

from __future__ import annotations

import pytest

from evaltools.intake import load_contract
from evaltools.intake.headers import find_header, match_headers

VILLAGES, HOUSEHOLDS = load_contract("villages"), load_contract("households")


def factors(header: str, contract=HOUSEHOLDS):
    return match_headers([(header,)], contract).factors


@pytest.mark.parametrize(
    ("header", "factor"),
    [("工资性收入（万元）", 1e4), ("工资性收入(千元)", 1e3), ("工资性收入（单位：万元）", 1e4),
     ("工资性收入（万元/年）", 1e4),
     ("工资性收入（元）", None), ("工资性收入（必填）", None), ("wage_income_yuan", None)],
)  # fmt: skip
def test_money_units(header: str, factor: float | None) -> None:
    assert factors(header).get("wage_income_yuan", (None, None))[1] == factor


@pytest.mark.parametrize("header", ["工资性收入（美元）", "工资性收入（元/月）", "工资性收入（百元）"])
def test_a_unit_that_cannot_be_turned_into_yuan_a_year_is_a_problem(header: str) -> None:
    match = match_headers([(header,)], HOUSEHOLDS)
    assert [p[1] for p in match.problems] == ["unknown-unit"]


def test_percent_in_a_header_is_a_hundredth() -> None:
    assert factors("集中供水率（%）", VILLAGES)["centralized_water_share"][1] == 0.01


def test_a_group_over_columns_gives_its_unit_to_them() -> None:
    rows = [
        ["梅州市农户收入表", None, None, None],
        ["户编号", "收入（万元）", "收入（万元）", "家庭人口"],
        ["户编号", "工资性收入", "经营净收入（元）", "家庭人口"],
        ["H1", 2.4, 6000, 3],
    ]
    place = find_header(rows, HOUSEHOLDS)
    assert place is not None
    assert (place.first, place.last) == (1, 2)
    match = match_headers(place.parts, HOUSEHOLDS)
    assert match.positions == {"household_id": 0, "wage_income_yuan": 1, "business_income_yuan": 2, "persons": 3}
    assert match.factors == {"wage_income_yuan": ("万元", 1e4)}


def test_a_row_of_data_is_not_taken_into_the_header() -> None:
    rows = [["年度", "村名"], [2020, "户籍人口"], [2020, "某村"]]
    place = find_header(rows, VILLAGES)
    assert place is not None
    assert (place.first, place.last) == (0, 0)


def test_brackets_that_belong_to_the_name_are_no_unit() -> None:
    match = match_headers([("县（市、区）代码",)], HOUSEHOLDS)
    assert match.positions == {"county_code": 0}
    assert not match.problems


def test_headers_that_hold_an_identity_number_are_listed_masked() -> None:
    assert match_headers([("440102198001011235",)], HOUSEHOLDS).unknown == ["〔证件号码〕"]


def test_a_unit_stated_above_the_table_holds_for_headers_without_one() -> None:
    rows = [["农户收入表"], ["单位：万元"], ["户编号", "工资性收入", "经营净收入（元）", "家庭人口"]]
    place = find_header(rows, HOUSEHOLDS)
    assert place is not None
    match = match_headers(place.parts, HOUSEHOLDS, place.stated)
    assert match.factors == {"wage_income_yuan": ("万元", 1e4)}


def test_a_group_unit_that_csv_lost_for_its_further_columns_is_asked_for() -> None:
    rows = [["户编号", "收入（万元）", "", "家庭人口"], ["", "工资性收入", "财产净收入", ""]]
    place = find_header(rows, HOUSEHOLDS)
    assert place is not None
    match = match_headers(place.parts, HOUSEHOLDS, place.stated)
    assert match.factors == {"wage_income_yuan": ("万元", 1e4)}
    assert [(p[0], p[1]) for p in match.problems] == [("property_income_yuan", "unknown-unit")]
