"""The field questionnaire as an XLSForm (ODK, KoboToolbox), written from the survey contract.

What is known before the visit (design, codes, weight, registry status) is not asked again: the form looks it up by the
household's number in `sample.csv`, attached to the form. Question names are the contract's columns, so that an export
reads straight back in through the contract.
"""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import xlsxwriter

from evaltools.intake.contract import Column, Contract, load_contract

FROM_SAMPLE = (
    "design", "year", "city_code", "county_code", "stratum", "village_code", "group", "weight", "registry_status",
    "identification_year",
)  # fmt: skip
"""Columns the form takes from sample.csv, which must have these, household_id and persons."""
INCOME_PARTS = (
    "surveyed_wage_income_yuan", "surveyed_business_income_yuan", "surveyed_property_income_yuan",
    "surveyed_transfer_income_yuan", "surveyed_transfer_paid_yuan",
)  # fmt: skip
GROUPS: tuple[tuple[str, str, str, tuple[str, ...]], ...] = (
    ("household", "家庭情况", "Household", ("labour_capacity", "is_safety_net_eligible", "is_dibao", "is_tekun")),
    ("guarantees", "两不愁三保障与饮水", "Guarantees", (
        "food_ok", "clothing_ok", "education_ok", "healthcare_ok", "housing_ok", "drinking_water_ok")),
    (
        "income",
        "全年收入",
        "Income of the year",
        (*INCOME_PARTS, "surveyed_income_per_capita_yuan", "identification_income_per_capita_yuan"),
    ),
    ("opinion", "评价", "Opinion", ("approves", "is_satisfied")),
    ("record", "访问记录", "Record", ("is_accompanied", "remarks")),
)  # fmt: skip
_HEAD = ("type", "name", "label::中文 (zh)", "label::English (en)", "required", "relevant", "constraint",
         "constraint_message::中文 (zh)", "constraint_message::English (en)", "calculation", "trigger",
         "appearance")  # fmt: skip
_ASKED = "${is_responded} = 'yes'"
Row = dict[str, str]
POSITION: Row = {
    "type": "geopoint",
    "name": "position",
    "label::中文 (zh)": "访问地点",
    "label::English (en)": "Where the interview took place",
}
"""Exported as latitude and longitude; may be left out."""


def write_questionnaire(path: Path) -> Path:
    """Write the questionnaire. Sheets survey, choices, settings, as XLSForm wants them."""
    contract = load_contract("survey")
    with xlsxwriter.Workbook(path) as book:
        book.set_properties({"title": "入户调查问卷", "created": dt.datetime(2016, 6, 4)})
        _sheet(book, "survey", _HEAD, questions(contract))
        _sheet(book, "choices", ("list_name", "name", "label::中文 (zh)", "label::English (en)"), choices(contract))
        settings: Row = {
            "form_title": "入户调查问卷",
            "form_id": "evaltools_survey",
            "version": "1",
            "default_language": "中文 (zh)",
        }
        _sheet(book, "settings", tuple(settings), [settings])
    return path


def _sheet(book: Any, name: str, head: tuple[str, ...], rows: list[Row]) -> None:
    sheet = book.add_worksheet(name)
    sheet.write_row(0, 0, head)
    for r, row in enumerate(rows, start=1):
        for c, key in enumerate(head):
            if row.get(key):
                sheet.write_string(r, c, row[key])


def questions(contract: Contract) -> list[Row]:
    """The rows of the survey sheet."""
    rows = [
        {"type": "start", "name": "started_at"},
        {"type": "end", "name": "ended_at"},
        {"type": "today", "name": "interview_date"},
        _plain("text", "interviewer_id", contract),
        _plain("text", "household_id", contract) | {
            "constraint": "pulldata('sample', 'village_code', 'household_id', .) != ''",
            "constraint_message::中文 (zh)": "样本名单中没有这个户编号", "required": "yes",
            "constraint_message::English (en)": "this number is not in the sample",
        },
        {"type": "calculate", "name": "interview_id", "calculation": "once(uuid())"},
    ]  # fmt: skip
    for name in FROM_SAMPLE:
        rows.append({"type": "calculate", "name": name, "calculation": _look_up(name)})
    # Asked of every sampled household, also where nobody answers; starts from the list and may be corrected.
    persons = _asked(contract.columns["persons"])
    rows.append(persons | {"calculation": _look_up("persons"), "trigger": "${household_id}"})
    rows.append(_question(contract.columns["is_responded"], "select_one yes_no") | {"required": "yes"})
    for group, zh, en, names in GROUPS:
        rows.append({"type": "begin_group", "name": group, "label::中文 (zh)": zh, "label::English (en)": en,
                     "relevant": _ASKED, "appearance": "field-list"})  # fmt: skip
        rows += [_asked(contract.columns[name]) for name in names]
        rows += [POSITION] * (group == "record")
        rows.append({"type": "end_group"})
    return rows


def _look_up(name: str) -> str:
    return f"pulldata('sample', '{name}', 'household_id', ${{household_id}})"


def _plain(kind: str, name: str, contract: Contract) -> Row:
    return _question(contract.columns[name], kind)


def _question(column: Column, kind: str) -> Row:
    return {
        "type": kind,
        "name": column.name,
        "label::中文 (zh)": column.header_zh,
        "label::English (en)": column.meaning,
    }


def _asked(column: Column) -> Row:
    """A question: list, number with its range, date or text. Yes/no questions have a third answer, read as unknown.

    Income per capita is worked out from its parts: nobody is asked for it, and an unknown part leaves it unknown.
    """
    if column.name == "surveyed_income_per_capita_yuan":
        *received, paid = (f"${{{name}}}" for name in INCOME_PARTS)
        total = f"({' + '.join(received)} - {paid}) div ${{persons}}"
        return {"type": "calculate", "name": column.name, "calculation": f"round({total}, 2)"}
    if column.type == "boolean":
        return _question(column, "select_one yes_no_unknown") | {"required": "yes"}
    if column.type == "category":
        return _question(column, f"select_one {column.name}")
    kind = {"integer": "integer", "number": "decimal", "date": "date"}.get(column.type, "text")
    row = _question(column, kind)
    if column.min is not None and column.max is not None:
        row["constraint"] = f". >= {column.min} and . <= {column.max}"
        row["constraint_message::中文 (zh)"] = f"应在 {column.min} 至 {column.max} 之间"
        row["constraint_message::English (en)"] = f"between {column.min} and {column.max}"
    if column.required and not column.nullable:
        row["required"] = "yes"
    return row


def choices(contract: Contract) -> list[Row]:
    """The rows of the choices sheet: yes/no lists and one list a category that is asked."""
    words = {"yes": ("是", "yes"), "no": ("否", "no"), "unknown": ("不清楚", "unknown")}
    rows = [_choice("yes_no", n, *words[n]) for n in ("yes", "no")]
    rows += [_choice("yes_no_unknown", n, *words[n]) for n in words]
    asked = {name for _, _, _, names in GROUPS for name in names}
    for column in contract.columns.values():
        if column.type == "category" and column.name in asked:
            rows += [_choice(column.name, value, zh, value) for value, zh in column.values.items()]
    return rows


def _choice(list_name: str, name: str, zh: str, en: str) -> Row:
    return {"list_name": list_name, "name": name, "label::中文 (zh)": zh, "label::English (en)": en}
