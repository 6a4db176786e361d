"""Somebody else's survey comes in by a signed mapping: columns, units, codes, rows, and nothing by guess."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from evaltools.errors import DataInvalidError, DataMissingError, RuleBookError
from evaltools.intake import Mapping, check_folder, open_tables

MAPPING = """
mapping: county_survey
contract: survey
title: Household survey of a county, 2020
citation: County office, 2020
licence: by agreement
source_columns:
  编号: {type: text}
  村: {type: text, header: 村编码}
  户: {type: text, header: 户号}
  年收入: {type: number, header: 家庭年收入（万元）}
  人数: {type: integer}
  类型: {type: integer, header: 户类型}
  权: {type: number, header: 抽样权重}
  状态: {type: integer, header: 访问状态}
  认可: {type: integer, header: 对工作是否认可}
  备: {type: text, header: 备注, optional: true}
recodes:
  group: {1: registered_labour, 2: non_registered, 3: registered_no_labour}
  status: {1: exited, 2: never, 3: exited}
  yes: {1: 是, 2: 否}
rows:
  - {id: not-visited, keep: "状态 in [1, 2]", reason: the interviewer never came}
columns:
  interview_id: {from: 编号}
  design: {constant: main}
  year: {constant: 2020}
  city_code: {expression: "concat(prefix(村, 4), '00')"}
  county_code: {expression: "prefix(村, 6)"}
  stratum: {expression: "prefix(村, 6)"}
  village_code: {from: 村}
  household_id: {expression: "concat('H', pad(户, 6))"}
  group: {from: 类型, recode: group}
  weight: {expression: "when(状态 == 1, 权, 0)"}
  persons: {from: 人数}
  is_responded: {expression: "状态 == 1"}
  registry_status: {from: 类型, recode: status}
  labour_capacity: {expression: "when(类型 == 1, 'full', 类型 == 3, 'none', None)"}
  is_dibao: {expression: "when(类型 == 3, True, None)"}
  is_tekun: {constant: 不详}
  surveyed_income_per_capita_yuan: {expression: "年收入 * 10000 / 人数", note: 万元 a household to yuan a person}
  food_ok: {expression: "None"}
  clothing_ok: {expression: "None"}
  education_ok: {expression: "None"}
  healthcare_ok: {expression: "None"}
  housing_ok: {expression: "None"}
  drinking_water_ok: {expression: "None"}
  approves: {from: 认可, recode: yes}
  remarks: {from: 备}
"""
HEADER = "编号,村编码,户号,家庭年收入（万元）,人数,户类型,抽样权重,访问状态,对工作是否认可,备注,电话\n"
ROWS = [
    "A1,441402001201,12,3.6,4,1,10.5,1,1,电话13800138000,13800138000",
    "A2,441402001201,13,,2,3,8,1,2,,13900139000",
    "A3,441402001201,14,1.1,3,2,9,2,,,",
    "A4,441402001201,15,2,3,2,9,9,,,",
]


@pytest.fixture
def mapping_file(tmp_path: Path) -> Path:
    path = tmp_path / "county.yaml"
    path.write_text(MAPPING, encoding="utf-8")
    return path


def write(tmp_path: Path, rows: list[str] = ROWS, form: str = "csv") -> Path:
    path = tmp_path / "survey_of_county.csv"
    path.write_text(HEADER + "\n".join(rows) + "\n", encoding="gb18030")
    if form == "csv":
        return path
    frame = pd.read_csv(path, dtype=str, encoding="gb18030")
    other = path.with_suffix(f".{form}")
    frame.to_excel(other, index=False) if form == "xlsx" else frame.to_parquet(other, index=False)
    return other


@pytest.mark.parametrize("form", ["csv", "xlsx", "parquet"])
def test_a_foreign_survey_becomes_the_survey_contract(tmp_path: Path, mapping_file: Path, form: str) -> None:
    mapped = Mapping.load(mapping_file).apply(write(tmp_path, form=form))
    frame = mapped.frame
    assert frame["interview_id"].tolist() == ["A1", "A2", "A3"]
    assert frame["household_id"].tolist() == ["H000012", "H000013", "H000014"]
    assert frame["surveyed_income_per_capita_yuan"].tolist()[0] == 9000.0
    assert frame["surveyed_income_per_capita_yuan"].isna().tolist() == [False, True, False]
    assert frame["group"].tolist() == ["registered_labour", "registered_no_labour", "non_registered"]
    assert frame["weight"].tolist() == [10.5, 8.0, 0.0]
    assert frame["is_dibao"].isna().tolist() == [True, False, True]
    assert frame["approves"].tolist()[:2] == [True, False]
    assert frame["city_code"].unique().tolist() == ["441400"]
    assert frame["remarks"][0] == "电话〔电话〕"
    assert "13800138000" not in frame.to_csv()


def test_rows_left_out_are_counted_under_their_reason(tmp_path: Path, mapping_file: Path) -> None:
    ledger = Mapping.load(mapping_file).apply(write(tmp_path)).quality.tables["survey"]
    assert ledger.dropped == {"not-visited: the interviewer never came": 1}
    assert (ledger.rows_in_file, ledger.rows_read, ledger.rows_kept) == (4, 4, 3)
    assert ledger.balanced()
    assert ledger.unknown_columns == ("电话",)


def test_violations_name_the_row_of_the_foreign_file(tmp_path: Path, mapping_file: Path) -> None:
    rows = [
        *ROWS, "A5,441402001201,16,两万,3,1,9,1,1,,", "A6,441402001201,17,2,3,7,9,1,1,,",
        "A7,441402001201,18,2,3,1,-1,1,1,,", "A1,441402001201,19,2,3,1,5,1,1,,", "A9,441402001201,19,x,3,1,5,9,1,,",
    ]  # fmt: skip
    path = write(tmp_path, rows)
    report = check_folder(path, mapping=mapping_file)
    hits = {(v.row, v.column, v.rule) for v in report.violations if v.severity == "error"}
    assert hits >= {
        (6, "家庭年收入（万元）", "not-a-number"), (7, "类型", "unknown-code"), (8, "weight", "below-minimum"),
        (2, "interview_id", "duplicate-key"), (9, "interview_id", "duplicate-key"),
    }  # fmt: skip
    assert 10 not in {v.row for v in report.violations}  # its row is not wanted
    with pytest.raises(DataInvalidError, match="两万"):
        Mapping.load(mapping_file).apply(path)


def test_dropping_counts_both_sides(tmp_path: Path, mapping_file: Path) -> None:
    rows = [*ROWS, "A5,441402001201,16,两万,3,1,9,1,1,,", "A7,441402001201,18,2,3,1,-1,1,1,,"]
    mapped = Mapping.load(mapping_file).apply(write(tmp_path, rows), on_violation="drop")
    ledger = mapped.quality.tables["survey"]
    assert ledger.dropped["not-a-number"] == 1
    assert ledger.dropped["below-minimum"] == 1
    assert ledger.balanced()
    assert len(mapped.frame) == 3


def test_a_mapped_survey_is_saved_into_a_folder_and_opens_again(
    tmp_path: Path, mapping_file: Path, folder: Path
) -> None:
    mapped = Mapping.load(mapping_file).apply(write(tmp_path))
    mapped.save(folder)
    pd.testing.assert_frame_equal(open_tables(folder, city="梅州").survey[list(mapped.frame)], mapped.frame)


def test_a_mapped_file_answers_like_tables(tmp_path: Path, mapping_file: Path) -> None:
    mapped = Mapping.load(mapping_file).apply(write(tmp_path))
    assert mapped.has("survey")
    assert not mapped.has("households")
    assert len(mapped.load("survey", columns=["persons"], year=2020)) == 3
    assert mapped["survey"].equals(mapped.frame)
    assert not mapped.is_synthetic
    with pytest.raises(DataMissingError):
        mapped.load("households")
    with pytest.raises(DataMissingError, match="persons"):
        mapped.load("survey", columns=["person"])


def test_a_file_that_lacks_a_column_is_refused_with_the_nearest(tmp_path: Path, mapping_file: Path) -> None:
    path = write(tmp_path)
    path.write_text(path.read_text("gb18030").replace("抽样权重", "权重（抽样）"), encoding="utf-8")
    with pytest.raises(DataMissingError, match="抽样权重"):
        Mapping.load(mapping_file).apply(path)
    with pytest.raises(DataMissingError, match="no file"):
        Mapping.load(mapping_file).apply(tmp_path / "none.csv")


@pytest.mark.parametrize(
    ("old", "new", "names"),
    [
        ("contract: survey", "contract: surveys", "survey"),
        ("persons: {from: 人数}", "persons: {from: 人}", "人数"),
        ("persons: {from: 人数}", "person: {from: 人数}", "persons"),
        ("  persons: {from: 人数}\n", "", "persons"),
        ("persons: {from: 人数}", "persons: {from: 人数, constant: 3}", "2 ways"),
        ("persons: {from: 人数}", "persons: {note: none}", "0 ways"),
        ("年收入 * 10000 / 人数", "年收入 * 10000 /", "parse"),
        ("年收入 * 10000 / 人数", "open(人数)", "open"),
        ("年收入 * 10000 / 人数", "年收 * 10000", "年收入"),
        ("年收入 * 10000 / 人数", "村", "gives text"),
        ('keep: "状态 in [1, 2]"', "keep: 状态", "gives number"),
        ("recode: group", "recode: groups", "group"),
        ("2: non_registered", "2: neighbours", "neighbours"),
        ("type: integer, header: 户类型", "type: whole, header: 户类型", "whole"),
        ("type: text, header: 备注", "type: text, header: 姓名", "name"),
        ("type: text, header: 备注", "type: text, header: 身份证号", "id_number"),
        ("licence: by agreement", "license: by agreement", "licence"),
        ("citation: County office, 2020\n", "", "citation"),
        ("weight: {expression", "weight: {factor: 1e3, expression", "factor"),
        ("group: {from: 类型,", "group: {factor: 2, from: 类型,", "factor"),
    ],
)
def test_a_wrong_mapping_is_refused_at_load_with_its_place(tmp_path: Path, old: str, new: str, names: str) -> None:
    path = tmp_path / "county.yaml"
    assert old in MAPPING
    path.write_text(MAPPING.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(RuleBookError, match=names) as caught:
        Mapping.load(path)
    assert "county.yaml" in str(caught.value)


def test_a_declared_identifier_comes_in_as_a_pseudonym_only(tmp_path: Path) -> None:
    path = tmp_path / "county.yaml"
    text = MAPPING.replace("  备: {", "  证: {type: text, header: 身份证号, identifying: id_number}\n  备: {")
    text = text.replace("  remarks:", "  head_id_number: {from: 证}\n  remarks:")
    path.write_text(text, encoding="utf-8")
    source = tmp_path / "s.csv"
    source.write_text(HEADER.strip() + ",身份证号\n" + ROWS[0] + ",440102198001011235\n", encoding="utf-8")
    mapped = Mapping.load(path).apply(source)
    assert mapped.frame["head_id_pseudonym"][0].startswith("i-")
    assert "440102198001011235" not in mapped.frame.to_csv() + str(mapped.quality)


def test_the_shipped_example_reads_its_interviews_and_keeps_the_unknown_unknown(root):
    mapped = Mapping.load(root / "params/mappings/county_survey.yaml").apply(root / "data/examples/county_survey.xlsx")
    frame = mapped.frame.set_index("interview_id")
    assert len(frame) == 9  # Q009 was never visited
    assert frame.loc["Q001", "surveyed_income_per_capita_yuan"] == 17000
    assert frame.loc["Q002", "housing_ok"] is pd.NA
    assert frame.loc["Q010", "approves"] is pd.NA
    assert pd.isna(frame.loc["Q007", "surveyed_income_per_capita_yuan"])
    assert frame["household_id"].isna().all()


def test_a_code_for_dont_know_becomes_missing(tmp_path, root):
    text = (root / "params/mappings/county_survey.yaml").read_text(encoding="utf-8")
    (tmp_path / "own.yaml").write_text(text.replace("3: none, 9: unknown", "3: unknown, 9: unknown"), encoding="utf-8")
    frame = Mapping.load(tmp_path / "own.yaml").apply(root / "data/examples/county_survey.xlsx").frame
    assert frame.set_index("interview_id").loc[["Q005", "Q010"], "labour_capacity"].isna().all()
