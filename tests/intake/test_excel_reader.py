"""Workbooks as people really send them."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from evaltools.errors import DataInvalidError, DataMissingError
from evaltools.intake import read_table

HEADER = ["年度", "价格指数", "基期年份", "来源"]
GOOD = [[2016, 1.03, 2014, "甲"], [2017, 1.05, 2014, "乙"]]
NATURAL = ["自然村编号", "年度", "行政村代码", "县区代码", "地级市代码", "人口", "户数", "是否路面硬化"]


def book(tmp_path: Path, rows: list[list[Any]], name: str = "price_index.xlsx", title: str = "Sheet1") -> Path:
    made = openpyxl.Workbook()
    sheet = made.active
    assert sheet is not None
    sheet.title = title
    for row in rows:
        sheet.append(row)
    made.save(tmp_path / name)
    return tmp_path / name


def test_numbers_and_text_cells_come_out_as_they_are(tmp_path: Path) -> None:
    frame, report = read_table(book(tmp_path, [HEADER, *GOOD]))
    assert frame["year"].tolist() == [2016, 2017]
    assert frame["index"].tolist() == [1.03, 1.05]
    assert report.is_clean


def test_titles_above_and_blank_rows_between_keep_row_numbers_true(tmp_path: Path) -> None:
    path = book(tmp_path, [["价格指数表"], [], HEADER, GOOD[0], [], [2017, "高", 2014, "乙"]])
    with pytest.raises(DataInvalidError, match="row 6, column index: '高'"):
        read_table(path)


def test_the_sheet_named_after_the_table_is_taken(tmp_path: Path) -> None:
    path = book(tmp_path, [["说明"]], title="填表说明")
    made = openpyxl.load_workbook(path)
    sheet = made.create_sheet("价格指数")
    for row in [HEADER, *GOOD]:
        sheet.append(row)
    made.save(path)
    assert len(read_table(path)[0]) == 2


def test_two_sheets_that_both_fit_are_not_chosen_from(tmp_path: Path) -> None:
    path = book(tmp_path, [HEADER, *GOOD], title="一")
    made = openpyxl.load_workbook(path)
    sheet = made.create_sheet("二")
    sheet.append(HEADER)
    made.save(path)
    with pytest.raises(DataInvalidError, match="2 sheets"):
        read_table(path)


def test_merged_cells_give_their_value_to_every_row_they_span(tmp_path: Path) -> None:
    village = "441402001201"
    rows = [
        ["自然村情况表"], NATURAL,
        ["N1", 2020, village, "441402", "441400", 210, 45, "是"], ["N2", None, None, None, None, 190, 40, "否"],
    ]  # fmt: skip
    path = book(tmp_path, rows, "natural_villages.xlsx")
    made = openpyxl.load_workbook(path)
    sheet = made.active
    assert sheet is not None
    sheet.merge_cells("A1:H1")
    for column in "BCDE":
        sheet.merge_cells(f"{column}3:{column}4")
    made.save(path)
    frame, report = read_table(path)
    assert frame["village_code"].tolist() == [village, village]
    assert frame["year"].tolist() == [2020, 2020]
    assert report.tables["natural_villages"].notes["cells filled from merged cells"] == 4


def test_a_village_code_typed_as_a_number_is_taken_and_an_identity_number_is_not(tmp_path: Path) -> None:
    rows = [NATURAL, ["N1", 2020, 441402001201, 441402, 441400, 210, 45, "是"]]
    frame, _ = read_table(book(tmp_path, rows, "natural_villages.xlsx"))
    assert frame["village_code"].tolist() == ["441402001201"]
    rows[1][0] = 440102198001011235
    with pytest.raises(DataInvalidError, match="float-id") as caught:
        read_table(book(tmp_path, rows, "natural_villages.xlsx"))
    assert "440102" not in str(caught.value)
    assert "format the column as text" in str(caught.value)


def test_a_formula_without_a_stored_value_is_not_an_empty_cell(tmp_path: Path) -> None:
    path = book(tmp_path, [HEADER, [2016, "=1+0.03", 2014, "甲"]])
    with pytest.raises(DataInvalidError, match="formula-without-value") as caught:
        read_table(path)
    assert "row 2, column B" in str(caught.value)


def test_error_values_of_the_spreadsheet_are_named(tmp_path: Path) -> None:
    with pytest.raises(DataInvalidError, match="spreadsheet-error"):
        read_table(book(tmp_path, [HEADER, [2016, "#N/A", 2014, "甲"]]))


def test_a_date_in_a_year_column_is_named(tmp_path: Path) -> None:
    with pytest.raises(DataInvalidError, match="the cell holds a date"):
        read_table(book(tmp_path, [HEADER, [dt.datetime(2016, 1, 1), 1.0, 2014, "甲"]]))


@pytest.mark.parametrize("data", [b"", b"not a workbook", b"PK\x03\x04broken"])
def test_what_is_no_workbook_is_refused(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "price_index.xlsx"
    path.write_bytes(data)
    with pytest.raises(DataInvalidError, match=r"\.xlsx"):
        read_table(path)


def test_an_empty_workbook_is_missing_data(tmp_path: Path) -> None:
    with pytest.raises(DataMissingError, match="empty"):
        read_table(book(tmp_path, []))


def test_an_old_workbook_says_what_to_do(tmp_path: Path) -> None:
    path = tmp_path / "price_index.xls"
    path.write_bytes(b"\xd0\xcf\x11\xe0")
    with pytest.raises(DataInvalidError, match=r"save the table as \.xlsx"):
        read_table(path)
