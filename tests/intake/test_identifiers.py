"""Identity numbers, telephones and names are recognised however they are written, and nothing else is."""

from __future__ import annotations

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from evaltools.intake.identifiers import (
    ID_MASK,
    PHONE_MASK,
    check_character,
    key_identifier,
    mask,
    mask_column,
    normalise_id_number,
    normalise_name,
    normalise_phone,
    redact,
)
from evaltools.intake.privacy import NAME_MASK, shown_value

GOOD = "440102198001011235"


def test_the_check_character_follows_the_standard_worked_by_hand() -> None:
    # 4*7+4*9+0*10+1*5+0*8+2*4+1*2+9*1+8*6+0*3+0*7+1*9+0*10+1*5+1*8+2*4+3*2 = 172; 172 mod 11 = 7, the eighth sign
    assert check_character("44010219800101123") == "5"


@pytest.mark.parametrize(
    "text",
    [
        GOOD,
        f" {GOOD} ",
        "440102 19800101 1235",
        "440102-1980-01-01-1235",
        "４４０１０２１９８００１０１１２３５",
        "440102800101123",
    ],
)
def test_one_identity_number_has_one_normal_form(text: str) -> None:
    assert normalise_id_number(text) == GOOD


def test_a_check_character_x_is_upper_case() -> None:
    firsts = [f"440102198001011{n:02d}" for n in range(100)]
    first = next(f for f in firsts if check_character(f) == "X")
    assert normalise_id_number(first + "x") == first + "X"


def test_fifteen_digits_of_somebody_over_a_hundred_belong_to_the_1800s() -> None:
    converted = normalise_id_number("440102950101996")
    assert converted is not None
    assert converted[6:14] == "18950101"


@pytest.mark.parametrize(
    "text",
    ["440102198001011234", "440102198013011235", "440102198002301235", "990102198001011235", "44010219800101123", "",
     "440102300001011235", "一二三", "4401021980010112355"],
)  # fmt: skip
def test_what_is_no_identity_number_is_refused(text: str) -> None:
    assert normalise_id_number(text) is None


@given(
    st.sampled_from(["11", "44", "65"]), st.integers(0, 9999), st.dates(min_value=pd.Timestamp("1900-01-01").date()),
    st.integers(0, 999), st.integers(0, 17), st.integers(1, 9),
)  # fmt: skip
def test_every_single_wrong_digit_is_found(province, area, day, number, place, shift) -> None:
    if day.year > 2035:
        return
    first = f"{province}{area:04d}{day:%Y%m%d}{number:03d}"
    whole = first + check_character(first)
    assert normalise_id_number(whole) == whole
    if place == 17:
        wrong = whole[:17] + "10X98765432"[("10X98765432".index(whole[17]) + shift) % 11]
    else:
        wrong = whole[:place] + str((int(whole[place]) + shift) % 10) + whole[place + 1 :]
    assert normalise_id_number(wrong) is None


@pytest.mark.parametrize(
    ("text", "digits"),
    [("138 0013 8000", "13800138000"), ("+86 13800138000", "13800138000"), ("86-138-0013-8000", "13800138000"),
     ("0753-2345678", "07532345678"), ("2345678", "2345678"), ("12345", None), ("23800138000", None), ("无", None)],
)  # fmt: skip
def test_telephones(text: str, digits: str | None) -> None:
    assert normalise_phone(text) == digits


def test_names_differ_only_by_what_differs() -> None:
    assert normalise_name(" 陈 小明　") == "陈小明"
    assert normalise_name("阿依·古丽") == normalise_name("阿依•古丽")
    assert normalise_name("   ") is None


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (f"户主身份证{GOOD}已核", f"户主身份证{ID_MASK}已核"),
        ("440102 1980 0101 1235", ID_MASK),
        ("440102198001011234", ID_MASK),  # mistyped, still a person
        ("旧证440102800101123。", f"旧证{ID_MASK}。"),
        ("电话138-0013-8000，白天", f"电话{PHONE_MASK},白天"),
        ("+8613800138000", PHONE_MASK),
        ("座机0753-2345678", f"座机{PHONE_MASK}"),
        ("４４０１０２１９８００１０１１２３５", ID_MASK),
    ],
)
def test_planted_identifiers_are_masked(text: str, expected: str) -> None:
    assert mask(text)[0] == expected


@pytest.mark.parametrize(
    "text",
    ["441402001201", "441402001201000123", "H0441000123", "2020-04-30", "12345678901", "金额10000000000元", "441400",
     "1000000000000000000"],
)  # fmt: skip
def test_codes_amounts_and_dates_are_left_alone(text: str) -> None:
    assert mask(text) == (text, {})


def test_a_column_is_masked_and_counted() -> None:
    values = pd.Series(["无", f"{GOOD}和13800138000", None, "441402001201"], dtype="str")
    masked, found = mask_column(values)
    assert masked.tolist()[1] == f"{ID_MASK}和{PHONE_MASK}"
    assert found == {"identity numbers masked": 1, "telephones masked": 1}
    assert masked.drop(1).equals(values.drop(1))


def test_a_key_counts_as_an_identifier_only_when_the_check_character_fits() -> None:
    assert key_identifier(GOOD) == ("id_number", GOOD)
    assert key_identifier("13800138000") == ("phone", "13800138000")
    assert key_identifier("440102198001011234") is None
    assert key_identifier("441402001201001") is None  # village code and running number
    assert key_identifier("H0441000123") is None


def test_messages_show_neither_numbers_nor_names() -> None:
    assert redact("4.40102198001011E+17") == f"{ID_MASK}"
    assert shown_value(GOOD) == ID_MASK
    assert shown_value("陈小明") == NAME_MASK
    assert shown_value("欧阳 修") == NAME_MASK
    assert shown_value("12万") == "12万"
    assert shown_value("不详") == "不详"
    assert len(redact("长" * 100)) == 60
