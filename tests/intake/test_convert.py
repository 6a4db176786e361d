"""Values become the contract's types or are named; nothing is guessed."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pandas as pd
import pytest

from evaltools.intake import contracts, load_contract
from evaltools.intake.convert import convert

HOUSEHOLDS = load_contract("households").columns
WAGE, PERSONS, DIBAO = HOUSEHOLDS["wage_income_yuan"], HOUSEHOLDS["persons"], HOUSEHOLDS["is_dibao"]
STATUS, VILLAGE, DATE = HOUSEHOLDS["registry_status"], HOUSEHOLDS["village_code"], HOUSEHOLDS["housing_completed_date"]
SHARE = load_contract("villages").columns["centralized_water_share"]


def column(values, dtype="str"):
    return pd.Series(values, dtype=dtype)


def rules(converted) -> dict[str, list[int]]:
    return {p.rule: p.positions.tolist() for p in converted.problems}


def test_numbers_written_in_many_ways_mean_the_same() -> None:
    done = convert(column(["1200", " 1200.0 ", "1,200", "１２００", "1.2e3", "+1200"]), WAGE)
    assert done.values.tolist() == [1200.0] * 6
    assert done.notes["thousands separators removed: wage_income_yuan"] == 1
    assert not done.problems


@pytest.mark.parametrize("text", ["1200元", "约1200", "1.2万", "12,00", "1 200", "是", "inf", "1200-", "0x10", "#REF!"])
def test_text_in_a_number_is_named_with_its_row(text: str) -> None:
    done = convert(column(["1", text, None]), WAGE)
    assert list(rules(done).values()) == [[1]]
    assert np.isnan(done.values[1])


def test_a_unit_in_the_cell_is_sent_to_the_header() -> None:
    assert "万元" in convert(column(["1.2万元"]), WAGE).problems[0].message


def test_marks_for_not_known_are_missing_and_counted() -> None:
    done = convert(column(["不详", "—", "NA", None, "3"]), WAGE)
    assert done.values.isna().tolist() == [True, True, True, True, False]
    assert done.notes["marks read as missing: wage_income_yuan"] == 3


def test_none_is_not_read_as_nothing_earned() -> None:
    assert rules(convert(column(["无"]), WAGE)) == {"not-a-number": [0]}


def test_the_unit_of_a_header_multiplies_without_binary_dust() -> None:
    assert convert(column(["1.1", "0.3"]), WAGE, 10000.0).values.tolist() == [11000.0, 3000.0]
    assert convert(column([1.1], object), PERSONS, 10000.0).values.tolist() == [11000]


def test_whole_numbers() -> None:
    done = convert(column(["3", "3.0", "3.5", None]), PERSONS)
    assert rules(done) == {"not-a-whole-number": [2]}
    assert done.values.dtype == "Int64"
    assert done.values[:2].tolist() == [3, 3]
    assert rules(convert(column([3.0, 2.5], "float64"), PERSONS)) == {"not-a-whole-number": [1]}


def test_yes_and_no_keep_unknown_apart() -> None:
    done = convert(column(["是", "否", "1", "0", "TRUE", "√", None, "不详", "也许"]), DIBAO)
    assert done.values.tolist()[:6] == [True, False, True, False, True, True]
    assert done.values[6:].isna().all()
    assert rules(done) == {"not-yes-or-no": [8]}


def test_yes_and_no_from_a_spreadsheet() -> None:
    done = convert(column([True, 1, 0.0, "是", None, 2], object), DIBAO)
    assert done.values[:4].tolist() == [True, True, False, True]
    assert rules(done) == {"not-yes-or-no": [5]}


def test_categories_take_the_code_or_the_chinese_label() -> None:
    done = convert(column(["poor", "已脱贫户", " 已脱贫户 ", "脱贫"]), STATUS)
    assert done.values.tolist()[:3] == ["poor", "exited", "exited"]
    assert rules(done) == {"not-an-allowed-value": [3]}


@pytest.mark.parametrize("contract", contracts(), ids=lambda c: c.table)
def test_every_allowed_value_and_label_survives_even_where_it_looks_like_a_mark_for_missing(contract) -> None:
    for category in contract.columns.values():
        for value, label in category.values.items():
            done = convert(column([value, label, None]), category)
            assert done.values.tolist()[:2] == [value, value]
            assert not done.problems


def test_without_labour_capacity_is_an_answer_not_a_gap() -> None:
    done = convert(column(["none", "不详", None]), HOUSEHOLDS["labour_capacity"])
    assert done.values.tolist()[0] == "none"
    assert done.values.isna().tolist() == [False, True, True]


def test_a_code_stored_as_a_number_is_taken_while_its_digits_are_whole() -> None:
    done = convert(column(["441402001201", 441402001201, 441402001201.0], object), VILLAGE)
    assert done.values.tolist() == ["441402001201"] * 3
    assert done.notes["codes stored as numbers, read as text: village_code"] == 2


@pytest.mark.parametrize("value", [4.41e17, 1234.5, "4.41E+17", "4.41402E+11", "441402001201.0", 10**15])
def test_a_code_that_lost_digits_is_refused(value) -> None:
    done = convert(column([value], object), VILLAGE)
    assert rules(done) == {"float-id": [0]}
    assert "text" in done.problems[0].message


def test_a_code_the_spreadsheet_turned_into_a_date_is_refused() -> None:
    assert rules(convert(column([dt.datetime(2020, 1, 2)], object), VILLAGE)) == {"date-in-text": [0]}


def test_dates() -> None:
    done = convert(
        column(["2020-04-30", "2020/4/30", "2020年4月30日", "20200430", dt.date(2020, 4, 30), None, "30.4.20"], object),
        DATE,
    )
    assert (done.values[:5] == pd.Timestamp("2020-04-30")).all()
    assert rules(done) == {"not-a-date": [6]}


def test_a_number_where_a_date_belongs_is_refused() -> None:
    assert rules(convert(column([43951.0], object), DATE)) == {"not-a-date": [0]}


def test_percent_is_turned_into_a_share_only_where_it_is_written() -> None:
    done = convert(column(["98.5%", "0.985"]), SHARE)
    assert done.values.tolist() == [0.985, 0.985]
    assert done.notes["percent turned into shares: centralized_water_share"] == 1


def test_typed_columns_pass_through_with_their_gaps() -> None:
    assert convert(pd.Series([1, None], dtype="Int64"), WAGE).values.isna().tolist() == [False, True]
    assert convert(pd.Series([True, None], dtype="boolean"), DIBAO).values.dtype == "boolean"
    assert rules(convert(pd.Series([np.inf]), WAGE)) == {"not-a-number": [0]}
    assert convert(pd.Series(["poor"], dtype="category"), STATUS).values.tolist() == ["poor"]
