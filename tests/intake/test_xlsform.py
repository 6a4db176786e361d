"""The questionnaire is a valid XLSForm, and its export reads straight back in."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from pathlib import Path

import pandas as pd
import pytest
from pyxform.xls2xform import convert

from evaltools.intake import load_contract, read_table
from evaltools.intake.xlsform import FROM_SAMPLE, GROUPS, write_questionnaire


@pytest.fixture(scope="module")
def form(tmp_path_factory: pytest.TempPathFactory) -> tuple[ET.Element, list[str]]:
    path = write_questionnaire(tmp_path_factory.mktemp("form") / "questionnaire.xlsx")
    made = convert(str(path), validate=False)
    return ET.fromstring(made.xform), list(made.warnings or [])


def fields(root: ET.Element) -> list[str]:
    """Paths of the questions in the form's data, groups before questions."""
    data = root.find(".//{*}instance/*")
    assert data is not None
    found: list[str] = []

    def walk(node: ET.Element, path: str) -> None:
        for child in node:
            name = child.tag.split("}")[1]
            if len(child):
                walk(child, f"{path}{name}/")
            else:
                found.append(path + name)

    walk(data, "")
    return found


def test_pyxform_accepts_the_questionnaire_without_a_warning(form: tuple[ET.Element, list[str]]) -> None:
    assert form[1] == []


def test_it_asks_or_looks_up_every_required_column_of_the_survey(form: tuple[ET.Element, list[str]]) -> None:
    asked = {path.split("/")[-1] for path in fields(form[0])}
    contract = load_contract("survey")
    assert {c.name for c in contract.columns.values() if c.required} <= asked
    assert asked - {"instanceID", "position"} <= set(contract.columns)
    assert not [c for c in contract.columns.values() if c.identifying and c.name in asked]


def test_answers_of_households_that_did_not_respond_are_not_asked(form: tuple[ET.Element, list[str]]) -> None:
    binds = {b.get("nodeset"): b for b in form[0].iter("{http://www.w3.org/2002/xforms}bind")}
    for group, *_ in GROUPS:
        (relevant,) = [b.get("relevant") for n, b in binds.items() if n and n.endswith(f"/{group}")]
        assert relevant is not None
        assert "is_responded" in relevant
        assert "'yes'" in relevant


ANSWERS = {
    "started_at": "2020-11-03T09:12:33.120+08:00", "ended_at": "2020-11-03T10:01:02.004+08:00",
    "interview_date": "2020-11-03", "interviewer_id": "E7", "household_id": "H000001", "interview_id": "uuid:1",
    "design": "main", "year": "2020", "city_code": "441400", "county_code": "441402", "stratum": "梅江",
    "village_code": "441402001201", "group": "registered_labour", "weight": "12.5", "registry_status": "exited",
    "identification_year": "2016", "persons": "3", "is_responded": "yes", "labour_capacity": "full",
    "is_safety_net_eligible": "unknown", "is_dibao": "no", "is_tekun": "no", "food_ok": "yes", "clothing_ok": "yes",
    "education_ok": "unknown", "healthcare_ok": "yes", "housing_ok": "no", "drinking_water_ok": "yes",
    "surveyed_wage_income_yuan": "24000", "surveyed_business_income_yuan": "", "surveyed_property_income_yuan": "0",
    "surveyed_transfer_income_yuan": "3000", "surveyed_transfer_paid_yuan": "600",
    "surveyed_income_per_capita_yuan": "NaN", "identification_income_per_capita_yuan": "3200", "approves": "yes",
    "is_satisfied": "unknown", "is_accompanied": "no", "remarks": "电话13800138000",
    "position": "24.2 116.1 80 5",
}  # fmt: skip
SYSTEMS = {
    # ODK Central joins group and question with "-", Kobo with "/"; both add columns of their own.
    "odk": (
        "-",
        {"SubmissionDate": "2020-11-03T10:00:00Z", "KEY": "uuid:1", "SubmitterName": "李四", "meta-instanceID": "x"},
        {"record-position-Latitude": "24.2", "record-position-Longitude": "116.1", "record-position-Accuracy": "5"},
    ),
    "kobo": (
        "/",
        {"_id": "1", "_submission_time": "2020-11-03", "_submitted_by": "lisi", "_uuid": "x"},
        {"record/position": "24.2 116.1 80 5", "_record/position_latitude": "24.2", "_record/position_longitude": "116.1"},
    ),
}


@pytest.mark.parametrize("system", SYSTEMS)
def test_an_export_reads_straight_back_in(form: tuple[ET.Element, list[str]], tmp_path: Path, system: str) -> None:
    joint, own, place = SYSTEMS[system]
    paths = [p for p in fields(form[0]) if not p.startswith("meta/") and p != "record/position"]
    silent = dict.fromkeys((p.split("/")[-1] for p in paths), "") | {
        k: ANSWERS[k] for k in ("started_at", "ended_at", "interview_date", "interviewer_id", *FROM_SAMPLE)
    }
    silent |= {"interview_id": "uuid:2", "household_id": "H000002", "persons": "4", "is_responded": "no"}
    rows = [own | place | {p.replace("/", joint): row[p.split("/")[-1]] for p in paths} for row in (ANSWERS, silent)]
    path = tmp_path / "export.csv"
    pd.DataFrame(rows).to_csv(path, index=False)
    frame, report = read_table(path, "survey")
    first = frame.iloc[0]
    assert report.is_clean
    assert first["labour_capacity"] == "full"
    assert first["food_ok"]
    assert not first["housing_ok"]
    assert pd.isna(first["education_ok"])
    assert pd.isna(first["surveyed_income_per_capita_yuan"])
    assert first["surveyed_wage_income_yuan"] == 24000
    assert first["weight"] == 12.5
    assert first["remarks"] == "电话〔电话〕"
    assert frame["is_responded"].tolist() == [True, False]
    assert frame["persons"].tolist() == [3, 4]
    assert frame["approves"].isna().tolist() == [False, True]
    assert (first["latitude"], first["longitude"]) == (24.2, 116.1)
    assert first["started_at"].startswith("2020-11-03T09:12:33")
    assert len(report.tables["survey"].unknown_columns) == len(own) + 1  # and the position in one piece, or its accuracy
    assert "李四" not in frame.to_csv() + str(report)


def test_a_loss_that_the_form_works_out_is_read_and_one_that_nothing_explains_is_not(
    form: tuple[ET.Element, list[str]], tmp_path: Path
) -> None:
    paths = [p for p in fields(form[0]) if not p.startswith("meta/")]
    parts = {"surveyed_business_income_yuan": "-40000", "surveyed_wage_income_yuan": "24000"}
    loss = ANSWERS | parts | {"surveyed_income_per_capita_yuan": "-4533.33"}
    wrong = loss | {"surveyed_business_income_yuan": "0", "interview_id": "uuid:2"}
    rows = [{p.replace("/", "-"): row[p.split("/")[-1]] for p in paths} for row in (loss, wrong)]
    path = tmp_path / "export.csv"
    pd.DataFrame(rows).to_csv(path, index=False)
    frame, report = read_table(path, "survey", on_violation="report")
    assert frame["surveyed_income_per_capita_yuan"].tolist() == [-4533.33, -4533.33]
    assert [(v.row, v.rule) for v in report.violations if v.severity == "error"] == [(3, "negative-surveyed-income")]
