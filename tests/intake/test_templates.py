"""Templates are written from the contracts, and what is filled in comes back as it is."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import numpy as np
import openpyxl
import pandas as pd
import pytest

from evaltools.intake import Contract, contracts, load_contract, open_tables, read_table, write_templates
from evaltools.intake.contract import Column

FILLED = [c for c in contracts() if c.table != "income"]
PATTERNS = {
    r"44\d{4}": "44140",
    r"44\d{10}": "44140200120",
    r"44\d{7}(\d{3})?": "44140200",
    r"44\d{4}(\d{3})?(\d{3})?": "44140",
    r"\d{6}": "52230",
    r"\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}.*": "2020-11-03 09:1",
}


@pytest.fixture(scope="module")
def templates(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("templates")
    write_templates(out)
    return out


def example(column: Column, row: int, in_chinese: bool) -> Any:
    """A value a user would type for this column; row 1 leaves out what may be left out."""
    if row and column.nullable and not column.required:
        return None
    if column.values:
        value, label = list(column.values.items())[row % len(column.values)]
        return label if in_chinese else value
    if column.type == "boolean":
        return ("是" if in_chinese else True) if row == 0 else ("否" if in_chinese else False)
    if column.type == "date":
        return pd.Timestamp("2020-04-30").to_pydatetime()
    if column.type in ("integer", "number"):
        low, high = float(column.min or 0), float(column.max or 100)
        value = min(high, max(low, 2016.0 + row) if column.unit == "year" else max(low, 1.0))
        return int(value) if column.type == "integer" else value
    return f"{PATTERNS[column.pattern]}{row + 1}" if column.pattern else f"{column.zh}{row}"


def fill(path: Path, contract: Contract) -> list[dict[str, Any]]:
    """Type two rows into a template, as a user would, and save it."""
    book = openpyxl.load_workbook(path)
    sheet = book[contract.zh]
    headers = [cell.value for cell in sheet[1]]
    assert len(headers) == len(contract.columns)
    for r in range(2):
        for c, column in enumerate(contract.columns.values()):
            if not column.identifying:
                sheet.cell(r + 2, c + 1).value = example(column, r, in_chinese=True)
    book.save(path)
    return [{c.name: example(c, r, in_chinese=False) for c in contract.columns.values()} for r in range(2)]


@pytest.mark.parametrize("contract", FILLED, ids=lambda c: c.table)
def test_a_filled_template_reads_back_unchanged(templates: Path, tmp_path: Path, contract: Contract) -> None:
    path = tmp_path / f"{contract.zh}.xlsx"
    path.write_bytes((templates / path.name).read_bytes())
    typed = fill(path, contract)
    frame, report = read_table(path, contract.table, on_violation="report")
    cell_problems = {v.rule for v in report.violations if v.severity == "error"} - {c.id for c in contract.checks}
    assert cell_problems == set()
    assert report.tables[contract.table].unknown_columns == ()
    assert report.tables[contract.table].absent_columns == ()
    for column in contract.columns.values():
        for r in range(2):
            if column.identifying:
                continue
            value, expected = frame[column.name].iloc[r], typed[r][column.name]
            if expected is None:
                assert pd.isna(value), column.name
            elif isinstance(expected, float):
                assert np.isclose(value, expected), column.name
            else:
                assert value == expected, column.name


def test_every_table_has_a_template_and_the_questionnaire_comes_along(templates: Path) -> None:
    assert {p.name for p in templates.iterdir()} == {f"{c.zh}.xlsx" for c in FILLED} | {"questionnaire.xlsx"}


def test_drop_down_lists_notes_and_text_formats(templates: Path) -> None:
    contract = load_contract("households")
    sheet = openpyxl.load_workbook(templates / "农户.xlsx")["农户"]
    head = {str(c.value).rstrip("*"): c for c in sheet[1]}
    assert head["工资性收入（元）"].comment is not None
    assert "必填列" in head["户编号"].comment.text
    assert str(head["户编号"].value).endswith("*")
    assert not str(head["主要产业"].value).endswith("*")
    village = head[contract.columns["village_code"].header_zh].column_letter
    assert sheet.column_dimensions[village].width
    listed = {str(v.sqref).split(":")[0].rstrip("0123456789"): v for v in sheet.data_validations.dataValidation}
    assert listed[head["建档立卡状态"].column_letter].type == "list"
    assert listed[head["家庭人口"].column_letter].type == "whole"
    options = openpyxl.load_workbook(templates / "农户.xlsx")["选项"]
    column = [c.value for c in options[head["建档立卡状态"].column_letter] if c.value]
    assert column == ["建档立卡状态", *contract.columns["registry_status"].values.values()]


def test_an_empty_template_is_a_table_without_rows_not_an_error_about_headers(templates: Path) -> None:
    _, report = read_table(templates / "农户.xlsx", "households", on_violation="report")
    assert {v.rule for v in report.violations} == {"empty-file"}


def test_same_contracts_same_bytes(templates: Path, tmp_path: Path) -> None:
    write_templates(tmp_path / "again", tables=["loans"])
    one, two = templates / "扶贫小额信贷.xlsx", tmp_path / "again" / "扶贫小额信贷.xlsx"
    assert hashlib.sha256(one.read_bytes()).digest() == hashlib.sha256(two.read_bytes()).digest()


def test_a_folder_of_filled_templates_opens_as_tables(folder: Path, tmp_path: Path) -> None:
    data = tmp_path / "filled"
    write_templates(data, tables=["regions", "villages", "households"])
    for table in ("regions", "villages", "households"):
        contract = load_contract(table)
        source = pd.read_parquet(folder / f"{table}.parquet")
        book = openpyxl.load_workbook(data / f"{contract.zh}.xlsx")
        sheet = book[contract.zh]
        for c, column in enumerate(contract.columns.values(), start=1):
            if column.name not in source:
                continue
            for r, value in enumerate(source[column.name], start=2):
                if pd.isna(value):
                    continue
                text = column.values.get(value, value) if column.values else value
                sheet.cell(r, c).value = ("是" if value else "否") if column.type == "boolean" else text
        book.save(data / f"{contract.zh}.xlsx")
    expected, found = open_tables(folder, city="梅州"), open_tables(data, city="梅州")
    for table in ("regions", "villages", "households"):
        pd.testing.assert_frame_equal(found[table][list(expected[table])], expected[table])
