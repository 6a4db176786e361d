"""Excel templates written from the contracts: Chinese headers, drop-down lists, notes. Filled, they read back."""

from __future__ import annotations

import datetime as dt
import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import xlsxwriter
from xlsxwriter.utility import xl_col_to_name

from evaltools.intake.contract import Column, Contract, contracts, load_contract
from evaltools.intake.documentation import allowed
from evaltools.intake.units import UNITS
from evaltools.intake.xlsform import write_questionnaire

ROWS = 5000
"""Rows with formats and lists; more can be added by copying a row down."""
NOT_FILLED = ("income",)
"""Tables that come from a mapping, never from a template."""
_IDENTIFIER = {"id_number": "身份证号", "name": "姓名", "phone": "电话"}


def write_templates(out_dir: str | os.PathLike[str], tables: Iterable[str] | None = None) -> list[Path]:
    """Write one workbook a table (named in Chinese) and the questionnaire as XLSForm; returns the paths.

    Existing files of the same name are replaced. Same contracts, same bytes.
    """
    out = Path(out_dir)
    out.mkdir(parents=True, exist_ok=True)
    chosen = [load_contract(t) for t in tables] if tables is not None else list(contracts())
    paths = [write_template(c, out / f"{c.zh}.xlsx") for c in chosen if c.table not in NOT_FILLED]
    if any(c.table == "survey" for c in chosen):
        paths.append(write_questionnaire(out / "questionnaire.xlsx"))
    return paths


def write_template(contract: Contract, path: Path) -> Path:
    """One workbook: the table to fill, a sheet that explains each column, and the lists behind the drop-downs."""
    with xlsxwriter.Workbook(path) as book:
        book.set_properties({"title": contract.zh, "created": dt.datetime(2016, 6, 4)})
        sheet, notes, lists = (
            book.add_worksheet(contract.zh),
            book.add_worksheet("填表说明"),
            book.add_worksheet("选项"),
        )
        formats = _formats(book)
        sheet.freeze_panes(1, 0)
        sheet.set_row(0, 36)
        for i, column in enumerate(contract.columns.values()):
            _write_column(sheet, lists, i, column, formats)
        _explain(notes, contract, formats)
        lists.hide()
    return path


def _formats(book: xlsxwriter.Workbook) -> dict[str, Any]:
    head = {"bold": True, "text_wrap": True, "valign": "vcenter", "border": 1}
    return {
        "required": book.add_format(head | {"bg_color": "#DCE6F1"}),
        "optional": book.add_format(head | {"bold": False}),
        "text": book.add_format({"num_format": "@"}), "date": book.add_format({"num_format": "yyyy-mm-dd"}),
        "integer": book.add_format({"num_format": "0"}), "number": book.add_format({"num_format": "General"}),
        "wrap": book.add_format({"text_wrap": True, "valign": "top"}),
    }  # fmt: skip


def _write_column(sheet: Any, lists: Any, i: int, column: Column, formats: dict[str, Any]) -> None:
    """Header with its note, cell format (codes are text cells, or Excel eats their digits), list or range."""
    star = "*" if column.required else ""
    sheet.write_string(0, i, column.header_zh + star, formats["required" if column.required else "optional"])
    sheet.write_comment(0, i, _note(column), {"x_scale": 2.2, "y_scale": 1.2})
    kind = column.type if column.type in ("date", "integer", "number") else "text"
    sheet.set_column(i, i, max(10, min(24, 2 * len(column.header_zh) + 2)), formats[kind])
    choices = list(column.values.values()) or (["是", "否"] if column.type == "boolean" else [])
    if choices:
        lists.write_column(0, i, [column.zh, *choices])
        letter = xl_col_to_name(i)
        source = f"=选项!${letter}$2:${letter}${len(choices) + 1}"
        sheet.data_validation(1, i, ROWS, i, {"validate": "list", "source": source} | _message(column))
    elif column.type in ("integer", "number") and column.min is not None and column.max is not None:
        limits = {"criteria": "between", "minimum": column.min, "maximum": column.max}
        rule = {"validate": "integer" if column.type == "integer" else "decimal"} | limits
        sheet.data_validation(1, i, ROWS, i, rule | _message(column))


def _message(column: Column) -> dict[str, Any]:
    message = f"{column.zh}：{_range_zh(column)}"[:255]
    return {"error_title": column.zh[:32], "error_message": message, "ignore_blank": True}


def _range_zh(column: Column) -> str:
    if column.values:
        return "请从列表中选择"
    if column.type == "boolean":
        return "填“是”或“否”，不清楚留空"
    if column.min is not None and column.max is not None:
        unit = UNITS[column.unit].zh if column.unit else ""
        return f"{column.min} 至 {column.max}（{unit}）"
    return {"date": "日期，如 2020-04-30", "text": "文本"}.get(column.type, "数字")


def _note(column: Column) -> str:
    lines = [column.zh, column.meaning, f"填写：{_range_zh(column)}"]
    lines += ["必填列" + ("" if column.nullable else "，不得为空")] if column.required else ["选填列"]
    if column.identifying:
        lines.append(f"含{_IDENTIFIER[column.identifying]}：读入时即替换为不可逆代号，不会进入任何结果")
    return "\n".join([*lines, column.caveat]).strip()


def _explain(sheet: Any, contract: Contract, formats: dict[str, Any]) -> None:
    sheet.write_string(0, 0, f"{contract.zh}：{contract.meaning}")
    sheet.write_string(1, 0, f"每行：{contract.unit_of_observation}。关键列（不得重复）：{'、'.join(_zh(contract))}")
    sheet.write_string(2, 0, "金额按表头单位填写；不清楚的留空，不要填0；代码列为文本格式，请勿改为数字。")
    titles = ("表头", "字段名", "类型", "单位", "是否必填", "允许值", "含义", "注意")
    sheet.write_row(4, 0, titles, formats["required"])
    for r, column in enumerate(contract.columns.values(), start=5):
        unit = UNITS[column.unit].zh if column.unit else ""
        row = (column.zh, column.name, column.type, unit, "必填" if column.required else "选填", allowed(column),
               column.meaning, column.caveat)  # fmt: skip
        for c, text in enumerate(row):
            sheet.write_string(r, c, text, formats["wrap"])
    for c, width in enumerate((24, 30, 10, 8, 10, 40, 60, 40)):
        sheet.set_column(c, c, width)


def _zh(contract: Contract) -> list[str]:
    return [contract.columns[k].zh for k in contract.key]
