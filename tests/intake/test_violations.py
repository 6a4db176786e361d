"""Every way to break a table is found, all at once, with file, row, column, value and rule."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from evaltools.errors import DataInvalidError, DataMissingError
from evaltools.intake import QualityReport, check_folder, open_tables

Edit = tuple[int, str, Any]


def edited(folder: Path, table: str, *edits: Edit, form: str = "parquet") -> Path:
    """Change cells of a table and write it back as Parquet or CSV."""
    path = folder / f"{table}.parquet"
    frame = pd.read_parquet(path)
    for row, column, value in edits:
        if form == "csv":
            frame[column] = frame[column].astype(object)
        frame.loc[row, column] = value
    if form == "csv":
        path.unlink()
        frame.to_csv(folder / f"{table}.csv", index=False)
    else:
        frame.to_parquet(path, index=False)
    return folder


def found(report: QualityReport) -> set[tuple[str, int | None, str, str]]:
    return {(v.table, v.row, v.column, v.rule) for v in report.violations}


def test_the_folder_that_tests_break_is_clean(folder: Path) -> None:
    report = check_folder(folder)
    assert report.is_clean
    assert not report.violations


CASES = [
    ("households", "wage_income_yuan", -5.0, "below-minimum"),
    ("households", "disposable_income_per_capita_yuan", -5.0, "negative-income"),
    ("households", "persons", 0, "below-minimum"),
    ("households", "persons", 99, "above-maximum"),
    ("households", "registry_status", "脱贫啦", "not-an-allowed-value"),
    ("households", "village_code", "4414", "wrong-pattern"),
    ("households", "village_code", "441402999999", "household-without-village"),
    ("households", "village_code", None, "missing-value"),
    ("households", "county_code", "441499", "household-without-county"),
    ("households", "county_code", "440183", "county-of-city"),
    ("households", "household_id", None, "missing-value"),
    ("households", "year", 2031, "above-maximum"),
    ("households", "exit_year", 2015, "exit-after-registration"),
    ("households", "exit_year", 2029, "exit-not-in-future"),
    ("households", "registry_status", "never", "never-registered-has-no-dates"),
    ("households", "exit_year", None, "exited-has-exit-year"),
    ("households", "disposable_income_per_capita_yuan", 9000.0, "income-adds-up"),
    ("villages", "hukou_persons", 5, "registered-within-hukou"),
    ("villages", "town_code", "441402999", "village-without-town"),
    ("regions", "level", "nation", "not-an-allowed-value"),
    ("regions", "parent_code", "441999", "region-without-parent"),
]
ROWS = {
    table: iter(rows) for table, rows in (("households", range(0, 60, 3)), ("villages", (1, 2)), ("regions", (2, 6)))
}
PLACED = [(table, next(ROWS[table]), column, value, rule) for table, column, value, rule in CASES]


@pytest.fixture(scope="module")
def broken(shared_folder: Path) -> QualityReport:
    """One folder with every defect of CASES, each in a row of its own."""
    for name in ("households", "villages", "regions"):
        edited(shared_folder, name, *[(row, c, v) for t, row, c, v, _ in PLACED if t == name])
    return check_folder(shared_folder)


@pytest.mark.parametrize(("table", "row", "column", "value", "rule"), PLACED)
def test_a_broken_cell_is_found_with_its_place(
    broken: QualityReport, table: str, row: int, column: str, value: object, rule: str
) -> None:
    hits = [v for v in broken.violations if (v.rule, v.table, v.row) == (rule, table, row + 1)]
    assert len(hits) == 1  # Parquet has no header: rows count from 1
    assert column in hits[0].column
    assert hits[0].file == f"{table}.parquet"


def test_rows_without_a_defect_are_not_accused(broken: QualityReport) -> None:
    planted = {(table, row + 1) for table, row, *_ in PLACED}
    assert {(v.table, v.row) for v in broken.violations} == planted


def test_text_in_a_number_is_found_in_csv_with_the_row_the_user_sees(folder: Path) -> None:
    edited(folder, "households", (4, "wage_income_yuan", "两万"), (7, "persons", "三"), form="csv")
    with pytest.raises(DataInvalidError) as caught:
        _ = open_tables(folder).households
    text = str(caught.value)
    assert "households.csv, row 6, column wage_income_yuan: '两万': text in a number" in text
    assert "row 9, column persons" in text
    assert caught.value.exit_status == 8


def test_all_violations_of_all_tables_are_listed_at_once(folder: Path) -> None:
    edited(folder, "households", (3, "wage_income_yuan", -1.0), (4, "persons", 0), (5, "registry_status", "x"))
    edited(folder, "villages", (0, "hukou_persons", None))
    edited(folder, "regions", (1, "level", "x"))
    assert found(check_folder(folder)) >= {
        ("households", 4, "wage_income_yuan", "below-minimum"),
        ("households", 5, "persons", "below-minimum"),
        ("households", 6, "registry_status", "not-an-allowed-value"),
        ("villages", 1, "hukou_persons", "missing-value"),
        ("regions", 2, "level", "not-an-allowed-value"),
    }


def test_the_error_lists_every_violation_of_its_table(folder: Path) -> None:
    edited(folder, "households", *[(i, "persons", 0) for i in range(10, 35)])
    with pytest.raises(DataInvalidError) as caught:
        _ = open_tables(folder).households
    assert len(caught.value.detail) == 25
    assert "25 x below-minimum in persons" in str(caught.value)
    assert "... and 5 more" in str(caught.value)


def test_duplicate_keys_name_every_row_that_shares_one(folder: Path) -> None:
    frame = pd.read_parquet(folder / "households.parquet")
    frame = pd.concat([frame, frame.iloc[[6]].assign(persons=4)], ignore_index=True)
    frame.to_parquet(folder / "households.parquet", index=False)
    report = check_folder(folder)
    hits = [v for v in report.violations if v.rule == "duplicate-key"]
    assert [v.row for v in hits] == [7, 61]
    assert hits[0].column == "household_id + year"


def test_a_missing_column_is_missing_data_with_the_nearest_header(folder: Path) -> None:
    frame = pd.read_parquet(folder / "households.parquet").rename(columns={"labour_capacity": "labor_capacity"})
    frame.to_parquet(folder / "households.parquet", index=False)
    with pytest.raises(DataMissingError) as caught:
        _ = open_tables(folder).households
    assert "labour_capacity (劳动能力)" in str(caught.value)
    assert caught.value.exit_status == 7
    report = check_folder(folder)
    assert ("households", None, "labour_capacity", "missing-column") in found(report)
    assert ("households", None, "is_dibao", "missing-column") not in found(report)


def test_a_missing_column_does_not_hide_other_violations(folder: Path) -> None:
    frame = pd.read_parquet(folder / "households.parquet").drop(columns="is_dibao")
    frame.loc[2, "persons"] = 0
    frame.to_parquet(folder / "households.parquet", index=False)
    rules = {(v.rule, v.column) for v in check_folder(folder).violations}
    assert {("missing-column", "is_dibao"), ("below-minimum", "persons")} <= rules
    assert ("missing-value", "is_dibao") not in rules


def test_an_unreadable_table_does_not_stop_the_check_of_others(folder: Path) -> None:
    (folder / "villages.parquet").write_bytes(b"broken")
    edited(folder, "households", (3, "persons", 0))
    report = check_folder(folder)
    assert ("households", 4, "persons", "below-minimum") in found(report)
    assert any(v.table == "villages" and v.rule == "data-invalid" for v in report.violations)
    assert not report.is_clean


def test_two_files_for_one_table_are_listed_by_the_check(folder: Path) -> None:
    pd.read_parquet(folder / "regions.parquet").to_csv(folder / "regions.csv", index=False)
    assert any("2 files" in v.message for v in check_folder(folder).violations)


def test_a_check_that_cannot_be_made_is_said_not_passed(folder: Path) -> None:
    (folder / "villages.parquet").unlink()
    report = check_folder(folder)
    assert report.unchecked["households: household-without-village"] == "no table villages"
    assert "not checked: households: household-without-village" in report.to_text()


def test_amounts_in_the_wrong_unit_are_doubted(folder: Path) -> None:
    frame = pd.read_parquet(folder / "households.parquet")
    money = [c for c in frame if c.endswith("_yuan")]
    frame[money] = frame[money] / 10000
    frame.to_parquet(folder / "households.parquet", index=False)
    report = check_folder(folder)
    doubts = {v.column: v for v in report.violations if v.rule == "doubtful-unit"}
    assert "万元" in doubts["wage_income_yuan"].message
    assert doubts["wage_income_yuan"].severity == "warning"


def test_a_share_in_percent_is_refused_with_a_hint(folder: Path) -> None:
    frame = pd.read_parquet(folder / "villages.parquet").assign(centralized_water_share=98.5)
    frame.to_parquet(folder / "villages.parquet", index=False)
    hits = [v for v in check_folder(folder).violations if v.column == "centralized_water_share"]
    assert len(hits) == 4
    assert "percent" in hits[0].message


def test_warnings_do_not_stop_the_reading(folder: Path) -> None:
    tables = open_tables(edited(folder, "households", (4, "disposable_income_per_capita_yuan", 9000.0)))
    assert len(tables.households) == 60
    assert tables.quality.warnings == 1
    assert tables.quality.is_clean


def test_unknown_values_break_no_rule(folder: Path) -> None:
    report = check_folder(edited(folder, "households", (4, "labour_capacity", None), (5, "wage_income_yuan", None)))
    assert report.is_clean
    assert report.tables["households"].missing["labour_capacity"] == pytest.approx(1 / 60)


def test_dropping_leaves_out_and_counts_by_reason(folder: Path) -> None:
    edited(
        folder, "households", (3, "persons", 0), (3, "wage_income_yuan", -1.0), (8, "registry_status", "x"),
        (9, "village_code", "441402999999"), (11, "disposable_income_per_capita_yuan", 9000.0),
    )  # fmt: skip
    tables = open_tables(folder, on_violation="drop")
    assert len(tables.households) == 57
    ledger = tables.quality.tables["households"]
    assert sum(ledger.dropped.values()) == 3
    assert ledger.dropped["not-an-allowed-value"] == 1
    assert ledger.dropped["household-without-village"] == 1
    assert ledger.balanced()
    assert (ledger.rows_read, ledger.rows_kept) == (60, 57)
    assert {v.row for v in tables.quality.violations if v.severity == "error"} == {4, 9, 10}
    assert set(tables.quality.dropped_frame()["reason"]) == set(ledger.dropped)


def test_rows_whose_partner_was_dropped_are_dropped_too(folder: Path) -> None:
    edited(folder, "villages", (0, "hukou_persons", None))
    tables = open_tables(folder, city="梅州", on_violation="drop")
    assert tables.quality.counts["rows_dropped"] == 0
    lost = tables.households
    assert set(lost["year"]) == {2020}
    assert tables.quality.tables["households"].dropped["household-without-village"] == 20


def test_dropping_cannot_hide_a_missing_column(folder: Path) -> None:
    frame = pd.read_parquet(folder / "households.parquet").drop(columns="is_dibao")
    frame.to_parquet(folder / "households.parquet", index=False)
    with pytest.raises(DataMissingError):
        _ = open_tables(folder, on_violation="drop").households


def test_row_numbers_stay_true_after_city_and_drop(folder: Path) -> None:
    frame = pd.read_parquet(folder / "households.parquet")
    last = frame.index[frame["city_code"] == "441500"][-1]
    edited(folder, "households", (int(last), "persons", 0))
    tables = open_tables(folder, city="汕尾", on_violation="drop")
    _ = tables.households
    assert {v.row for v in tables.quality.violations} == {last + 1}
