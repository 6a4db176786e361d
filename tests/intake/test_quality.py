"""The ledger closes, shows itself the same way every time, and says what was changed."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from evaltools.intake import QualityReport, check_folder, open_tables, read_table
from evaltools.intake import check as check_module


def spoilt(folder: Path) -> Path:
    frame = pd.read_parquet(folder / "households.parquet")
    frame.loc[3, "persons"] = 0
    frame.loc[4, "disposable_income_per_capita_yuan"] = 9000.0
    frame.loc[5, "labour_capacity"] = None
    frame.assign(note="x").to_csv(folder / "households.csv", index=False)
    (folder / "households.parquet").unlink()
    return folder


def test_the_report_has_a_row_per_table_and_totals(folder: Path) -> None:
    report = check_folder(spoilt(folder))
    frame = report.to_frame().set_index("table")
    assert frame.loc["households", "rows_in_file"] == 60
    assert frame.loc["households", "errors"] == 1
    assert frame.loc["households", "warnings"] == 2  # the row without persons does not add up either
    assert report.counts["errors"] == report.errors == 1
    assert report.counts["rows_read"] == 60 + 4 + 7
    assert not report.is_clean


def test_frames_for_violations_missing_shares_and_notes(folder: Path) -> None:
    report = check_folder(spoilt(folder))
    violations = report.violations_frame()
    assert list(violations.columns) == ["table", "file", "row", "column", "value", "rule", "severity", "message"]
    assert violations["row"].dtype == "Int64"
    rules = report.rules_frame().set_index("rule")
    assert rules.loc["below-minimum", "first_row"] == 5
    missing = report.missing_frame().set_index(["table", "column"])["missing_share"]
    assert missing["households", "labour_capacity"] == pytest.approx(1 / 60)
    assert missing["households", "head_age"] == 1.0
    assert list(report.missing_frame()["column"])[:2] == ["household_id", "year"]  # in the contract's order


def test_text_and_html_are_the_same_every_time(folder: Path) -> None:
    one, two = check_folder(spoilt(folder)), check_folder(folder)
    assert str(one) == str(two)
    assert one._repr_html_() == two._repr_html_()
    assert str(folder) not in str(one) + one._repr_html_()
    assert "60 rows in the file" in str(one)
    assert "columns kept out (not in the contract): note" in str(one)
    assert "persons" in one._repr_html_()


def test_text_is_cut_and_says_so(folder: Path) -> None:
    frame = pd.read_parquet(folder / "households.parquet").assign(persons=0)
    frame.to_parquet(folder / "households.parquet", index=False)
    report = check_folder(folder)
    assert "more (violations_frame() lists all)" in repr(report)
    assert len(report.violations_frame()) >= 60


def test_html_escapes_what_came_from_a_file(folder: Path) -> None:
    frame = pd.read_parquet(folder / "households.parquet").astype({"persons": object})
    frame.loc[0, "persons"] = "<script>alert(1)</script>"
    frame.to_csv(folder / "households.csv", index=False)
    (folder / "households.parquet").unlink()
    assert "<script>" not in check_folder(folder)._repr_html_()


def test_an_empty_report_can_be_shown() -> None:
    report = QualityReport()
    assert report.is_clean
    assert len(report.to_frame()) == len(report.violations_frame()) == len(report.rules_frame()) == 0
    assert "0 tables passed" in str(report)
    assert report._repr_html_()


def test_a_report_as_plain_data_can_be_written_as_json(folder: Path) -> None:
    import json

    data = json.loads(json.dumps(check_folder(spoilt(folder)).to_dict(), ensure_ascii=False))
    assert data["clean"] is False
    assert data["counts"]["errors"] == 1
    assert all(t["balanced"] for t in data["tables"])
    assert {v["rule"] for v in data["violations"]} == {"below-minimum", "income-adds-up"}


def test_the_account_closes_in_every_mode_and_format(folder: Path) -> None:
    spoilt(folder)
    with (folder / "households.csv").open("a") as file:
        file.write("broken,row\n")
    for city in (None, "梅州"):
        for mode in ("drop", "report"):
            tables = open_tables(folder, city, on_violation=mode)  # type: ignore[arg-type]
            ledger = (tables.load("households"), tables.quality.tables["households"])[1]
            assert ledger.balanced()
            assert ledger.rows_in_file == 61
            assert ledger.dropped["broken-row"] == 1


def test_a_single_file_says_what_it_could_not_check(folder: Path) -> None:
    frame, report = read_table(folder / "households.parquet")
    assert len(frame) == 60
    assert report.unchecked["households: household-without-village"] == "one table read alone"
    assert check_folder(folder / "households.parquet").unchecked == report.unchecked


def test_a_large_folder_is_checked_city_by_city_with_the_same_result(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    frame = pd.read_parquet(folder / "households.parquet")
    frame.loc[3, "persons"] = 0
    frame.loc[8, "city_code"] = None
    frame.loc[9, "labour_capacity"] = None
    frame.loc[59, ["household_id", "year"]] = frame.loc[0, ["household_id", "year"]].to_list()  # in two cities
    frame.to_parquet(folder / "households.parquet", index=False)
    whole = check_folder(folder)
    monkeypatch.setattr(check_module, "WHOLE_ROWS", 10)
    parts = check_folder(folder)
    assert {str(v) for v in parts.violations} == {str(v) for v in whole.violations}
    assert len(parts.violations) == len(whole.violations)
    pd.testing.assert_frame_equal(parts.to_frame(), whole.to_frame())
    assert parts.tables["households"].balanced()
    assert parts.unchecked == whole.unchecked
