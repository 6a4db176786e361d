"""The Excel annex: numbers are numbers, text stays text."""

from __future__ import annotations

from dataclasses import replace

import openpyxl
import pytest

from evaltools.report import write
from evaltools.report.blocks import Bound, Chapter, Ground, Table
from evaltools.report.writers.excel import number_format

DATA = Ground("data", ("survey",), "mean", 10)


@pytest.fixture(scope="module")
def book(written):
    return openpyxl.load_workbook(written["xlsx"])


def test_contents_link_to_a_sheet_per_table_and_per_chart(book):
    assert book.sheetnames == ["目录", "图0-1", "表2-1"]
    page = book["目录"]
    assert page["A1"].value == "梅州市2020年脱贫攻坚第三方评估报告"
    assert "合成数据" in page["A2"].value
    assert [page.cell(5, c).value for c in (1, 2, 3)] == ["图0-1", "退出质量指标（作图数据）", "412户"]
    assert page["A5"].hyperlink.location == "'图0-1'!A1"


def test_numbers_are_numbers_with_the_format_of_the_report(book):
    page = book["表2-1"]
    assert [c.value for c in page[6]] == ["梅江区", 0.0123, 0.96, 40, "达标"]
    assert page["B6"].number_format == "#,##0.00%"
    assert page["A2"].value == "样本或总体：412户"


def test_data_of_charts_are_there(book):
    rows = list(book["图0-1"].iter_rows(min_row=5, max_row=8, values_only=True))
    assert rows[0] == ("indicator", "estimate")
    assert rows[1] == ("omission", 0.3)


@pytest.mark.parametrize(
    ("text", "value", "stored"),
    [
        ("1.23%", 0.0123, (0.0123, "#,##0.00%")),
        ("≤2%", 0.02, (0.02, '"≤"#,##0%')),
        ("8,699元", 8698.6, (8698.6, '#,##0"元"')),
        ("161.50万人", 1615000, (161.5, '#,##0.00"万人"')),
        ("0.81%～2.05%", (0.0081, 0.0205), None),
        ("样本不足", None, None),
    ],
)
def test_formats_print_what_the_report_prints(text, value, stored):
    assert number_format(Bound(text, value, "", "x", DATA)) == stored


def test_nothing_that_came_with_the_data_becomes_a_formula(document, tmp_path):
    evil = '=HYPERLINK("http://example.org","x")'
    chapter = Chapter("四", "村", (Table("村名", ("名",), ((evil,), ("+1",), ("@SUM(A1)",))),))
    made = write(replace(document, chapters=(chapter,)), tmp_path, ("xlsx",))["xlsx"]
    page = openpyxl.load_workbook(made)["表4-1"]
    assert [page.cell(r, 1).value for r in (6, 7, 8)] == [evil, "+1", "@SUM(A1)"]
    assert all(page.cell(r, 1).data_type == "s" for r in (6, 7, 8))
