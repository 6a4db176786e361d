"""No name, telephone or identity number leaves intake: not in frames, errors, logs, the ledger or saved files."""

from __future__ import annotations

import json
import logging
from pathlib import Path

import pandas as pd
import pytest

from evaltools.errors import EvaltoolsError
from evaltools.intake import QualityReport, Tables, check_folder, open_tables

ID, ID15, ID_TYPO = "440102198001011235", "440102800101123", "440102198001011234"
PHONE, NAME, NEIGHBOUR = "13800138000", "陈小明", "黎志强"
SECRETS = (
    ID, ID15, ID_TYPO, PHONE, NAME, NEIGHBOUR, "138-0013-8000", "440102 1980 0101 1235", "198001011235", "0753-2345678",
    "４４０１０２１９８００１０１１２３５", "4.40102198001011E+17", "440102198001011200",
)  # fmt: skip
FORMS = ("parquet", "csv", "gb18030", "xlsx")


def survey() -> pd.DataFrame:
    """Four interviews with identifiers in declared columns, in free text, in keys, in the wrong columns."""
    design = {
        "design": "main", "year": "2020", "city_code": "441400", "county_code": "441402", "stratum": "梅江",
        "village_code": "441402001201", "group": "registered_labour", "weight": "10.5", "persons": "3",
        "is_responded": "是", "registry_status": "exited", "interviewer_id": "E1",
    }  # fmt: skip
    answers = dict.fromkeys(
        ("food_ok", "clothing_ok", "education_ok", "healthcare_ok", "housing_ok", "drinking_water_ok", "approves"), "是"
    )
    answers |= {
        "labour_capacity": "full",
        "is_dibao": "否",
        "is_tekun": "否",
        "surveyed_income_per_capita_yuan": "9000",
    }
    planted = {
        "respondent_name": NAME, "head_id_number": ID, "phone": PHONE, "身份证复印件": ID, ID: "张三",
        "remarks": f"{NAME}说：电话138-0013-8000，证号440102 1980 0101 1235，座机0753-2345678",
    }  # fmt: skip
    keys = [{"interview_id": f"S{i}", "household_id": f"H{i:06d}"} for i in range(4)]
    rows = [key | design | answers | planted for key in keys]
    rows[1] |= {"household_id": ID, "stratum": f"层{ID_TYPO}", "interviewer_id": PHONE}
    rows[2] |= {"head_id_number": "４４０１０２１９８００１０１１２３５", "remarks": f"旧证{ID15}"}
    rows[3] |= {"head_id_number": ID_TYPO, "phone": "none"}
    return pd.DataFrame(rows)


def broken(frame: pd.DataFrame) -> pd.DataFrame:
    """Columns slipped: identifiers stand where numbers, codes and dates belong."""
    frame = frame.astype(object)
    frame.loc[0, ["persons", "weight", "is_dibao", "registry_status"]] = [ID, PHONE, NAME, NEIGHBOUR]
    frame.loc[1, ["village_code", "year", "surveyed_income_per_capita_yuan"]] = [ID, NEIGHBOUR, ID15]
    frame.loc[2, ["county_code", "interview_id"]] = ["4.40102198001011E+17", ID_TYPO]
    frame.loc[3, ["head_id_number", "interview_id"]] = ["440102198001011200.0", ID_TYPO]
    return frame


def write(folder: Path, frame: pd.DataFrame, form: str) -> None:
    (folder / "survey.parquet").unlink(missing_ok=True)
    if form == "parquet":
        frame.astype("str").to_parquet(folder / "survey.parquet", index=False)
    elif form == "xlsx":
        frame.to_excel(folder / "survey.xlsx", index=False)
    else:
        frame.to_csv(folder / "survey.csv", index=False, encoding="utf-8" if form == "csv" else form)


def leaks(text: str) -> list[str]:
    return [s for s in SECRETS if s in text]


def everything(tables: Tables, report: QualityReport) -> str:
    """All that a program or a reader can get out of intake, as one text."""
    frames = [tables.load(t).to_csv() for t in tables.names] if tables.on_violation != "report" else []
    parts = [
        json.dumps(report.to_dict(), ensure_ascii=False, default=str), repr(report), str(report), report._repr_html_(),
        report.violations_frame().to_csv(), report.to_frame().to_csv(), report.notes_frame().to_csv(),
        report.missing_frame().to_csv(), report.rules_frame().to_csv(), repr(tables),
    ]  # fmt: skip
    return "\n".join(frames + parts)


@pytest.mark.parametrize("form", FORMS)
def test_planted_identifiers_do_not_leave(
    folder: Path, form: str, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level(logging.DEBUG)
    write(folder, survey(), form)
    assert set(leaks(survey().to_csv())) >= {ID, ID15, ID_TYPO, PHONE, NAME, "0753-2345678"}  # the detector works
    tables = open_tables(folder, city="梅州")
    frame = tables.survey
    tables.read_all()
    saved = tables.path("survey")
    assert saved is not None
    out = capfd.readouterr()
    everywhere = everything(tables, tables.quality) + caplog.text + out.out + out.err
    assert leaks(everywhere) == []
    assert leaks(pd.read_parquet(saved).to_csv()) == []
    assert frame["head_id_pseudonym"].notna().sum() == 3
    assert frame["remarks"].tolist()[0] == "〔姓名〕说:电话〔电话〕,证号〔证件号码〕,座机〔电话〕"


@pytest.mark.parametrize("form", FORMS)
def test_errors_about_slipped_columns_show_nobody(folder: Path, form: str, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    write(folder, broken(survey()), form)
    with pytest.raises(EvaltoolsError) as caught:
        _ = open_tables(folder).survey
    assert caught.value.__cause__ is None
    report = check_folder(folder)
    assert report.errors > 8
    text = (
        str(caught.value)
        + "".join(caught.value.detail)
        + everything(open_tables(folder, on_violation="report"), report)
    )
    assert leaks(text + caplog.text) == []
    dropped = open_tables(folder, on_violation="drop")
    assert len(dropped.survey) < 4
    assert leaks(everything(dropped, dropped.quality)) == []


def test_the_ledger_counts_what_was_replaced(folder: Path) -> None:
    write(folder, survey(), "csv")
    tables = open_tables(folder)
    notes = (tables.survey, tables.quality.tables["survey"].notes)[1]
    assert notes["id_number replaced by pseudonyms: head_id_number"] == 3
    assert notes["name replaced by pseudonyms: respondent_name"] == 4
    assert notes["identity numbers masked: remarks"] == 4
    assert notes["telephones masked: remarks"] == 6
    assert notes["names masked: remarks"] == 3
    assert notes["identity numbers masked: stratum"] == 1
    assert notes["identifiers used as numbers, replaced by pseudonyms: household_id"] == 1
    assert notes["identifiers used as numbers, replaced by pseudonyms: interviewer_id"] == 1
    rules = {(v.rule, v.row, v.value) for v in tables.quality.violations}
    assert ("invalid-id-number", 5, "") in rules
    assert ("invalid-phone", 5, "") in rules
    assert tables.quality.tables["survey"].unknown_columns == ("身份证复印件", "〔证件号码〕")


def test_registry_and_survey_of_one_folder_link_by_identity_number(folder: Path) -> None:
    households = pd.read_parquet(folder / "households.parquet")
    households["head_id_number"] = None
    households.loc[households["household_id"] == "H000001", "head_id_number"] = ID15
    households.to_parquet(folder / "households.parquet", index=False)
    write(folder, survey().head(1), "xlsx")
    tables = open_tables(folder)
    left = tables.households.dropna(subset="head_id_pseudonym")
    joined = left.merge(tables.survey, on="head_id_pseudonym", suffixes=("", "_survey"))
    assert set(joined["household_id"]) == {"H000001"}
    assert len(joined) == 2


def test_two_folders_link_only_under_one_key_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    key = tmp_path / "key"
    key.write_bytes(b"0123456789abcdef0123456789abcdef")

    def pseudonym(name: str) -> str:
        place = tmp_path / name
        place.mkdir(exist_ok=True)
        write(place, survey().head(1), "csv")
        return open_tables(place).survey["head_id_pseudonym"].iloc[0]

    assert pseudonym("a") == pseudonym("a")
    assert pseudonym("a") != pseudonym("b")
    monkeypatch.setenv("EVALTOOLS_KEY_FILE", str(key))
    assert pseudonym("a") == pseudonym("b")


def test_a_household_number_that_is_an_identity_number_still_links_everywhere(folder: Path) -> None:
    households = pd.read_parquet(folder / "households.parquet")
    households.loc[households["household_id"] == "H000001", "household_id"] = ID
    households.to_parquet(folder / "households.parquet", index=False)
    write(folder, survey().assign(household_id=["H000002", ID, "H000004", "H000005"]), "csv")
    tables = open_tables(folder)
    tables.read_all()
    assert not [v for v in tables.quality.violations if v.rule == "interview-not-in-registry"]
    assert tables.survey["household_id"].iloc[1].startswith("i-")


def test_pseudonyms_that_were_saved_are_read_back_and_nothing_else_under_their_name(folder: Path) -> None:
    write(folder, survey(), "csv")
    frame = open_tables(folder).survey
    (folder / "survey.csv").unlink()
    frame.to_parquet(folder / "survey.parquet", index=False)
    again = open_tables(folder)
    assert again.survey["head_id_pseudonym"].tolist()[:3] == frame["head_id_pseudonym"].tolist()[:3]
    frame["head_id_pseudonym"] = frame["head_id_pseudonym"].astype(object)
    frame.loc[0, "head_id_pseudonym"] = ID
    frame.to_parquet(folder / "survey.parquet", index=False)
    with pytest.raises(EvaltoolsError, match="not-a-pseudonym") as caught:
        _ = open_tables(folder).survey
    assert leaks(str(caught.value)) == []


def test_no_key_is_made_where_no_identifier_is_met(folder: Path, own_state: Path) -> None:
    open_tables(folder).read_all()
    assert not own_state.exists()


def test_file_names_with_identifiers_are_masked(folder: Path) -> None:
    (folder / f"访谈{ID}.docx").write_bytes(b"")
    (folder / f"{ID}.csv").write_text("a,b\n")
    assert leaks(str(check_folder(folder))) == []
