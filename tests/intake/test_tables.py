"""A folder opens lazily, by city and column, the same from every format."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from evaltools.errors import DataInvalidError, DataMissingError, ParameterError, RuleBookError, ScopeError
from evaltools.intake import Tables, load_contract, open_tables
from evaltools.intake.parquet_source import ParquetSource

TABLES = ("regions", "villages", "households")


def rewrite(folder: Path, out: Path, form: str, header: str = "canonical") -> Path:
    """The same tables in another format, with canonical or Chinese headers and values."""
    from evaltools.intake import load_contract

    out.mkdir()
    for table in TABLES:
        frame = pd.read_parquet(folder / f"{table}.parquet")
        contract = load_contract(table)
        if header == "zh":
            for name in frame.columns:
                column = contract.columns[name]
                if column.values:
                    frame[name] = frame[name].map(column.values)
                if column.type == "boolean":
                    frame[name] = frame[name].astype("boolean").map({True: "是", False: "否"}).astype("str")
            frame = frame.rename(columns={n: contract.columns[n].header_zh for n in frame.columns})
        stem = contract.zh if header == "zh" else table
        if form == "xlsx":
            frame.to_excel(out / f"{stem}.xlsx", index=False)
        elif form == "parquet":
            frame.to_parquet(out / f"{stem}.parquet", index=False)
        else:
            frame.to_csv(out / f"{stem}.csv", index=False, encoding=form)
    return out


@pytest.fixture(scope="module")
def expected(shared_folder: Path) -> Tables:
    return open_tables(shared_folder, city="梅州")


@pytest.mark.parametrize("header", ["canonical", "zh"])
@pytest.mark.parametrize("form", ["utf-8", "utf-8-sig", "gb18030", "xlsx", "parquet"])
def test_every_format_and_header_gives_the_same_frames(
    shared_folder: Path, expected: Tables, tmp_path: Path, form: str, header: str
) -> None:
    other = open_tables(rewrite(shared_folder, tmp_path / "other", form, header), city="441400")
    for table in TABLES:
        pd.testing.assert_frame_equal(other[table], expected[table])
    assert other.quality.is_clean


def test_formats_may_be_mixed(folder: Path, tmp_path: Path) -> None:
    mixed = rewrite(folder, tmp_path / "mixed", "xlsx")
    (mixed / "regions.xlsx").unlink()
    pd.read_parquet(folder / "regions.parquet").to_csv(mixed / "regions.csv", index=False)
    pd.testing.assert_frame_equal(open_tables(mixed).households, open_tables(folder).households)


def test_nothing_is_read_before_it_is_used(folder: Path) -> None:
    (folder / "persons.parquet").write_bytes(b"broken")
    tables = open_tables(folder, city="meizhou")
    assert tables.has("persons")
    assert tables.households is not None
    with pytest.raises(DataInvalidError, match="readable Parquet"):
        _ = tables.persons


def test_only_the_columns_that_are_asked_for_leave_the_disk(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[str] = []
    scan = ParquetSource._scan

    def spy(self: ParquetSource, names, inside):
        if self.file == "households.parquet":
            seen.extend(names)
        return scan(self, names, inside)

    monkeypatch.setattr(ParquetSource, "_scan", spy)
    frame = open_tables(folder, city="梅州").load("households", columns=["persons"], year=2020)
    assert list(frame.columns) == ["persons"]
    assert set(seen) == {"household_id", "year", "city_code", "persons"}


def test_a_column_is_read_once(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tables = open_tables(folder, city="梅州")
    first = tables.households
    monkeypatch.setattr(ParquetSource, "_scan", None)
    pd.testing.assert_frame_equal(tables.households, first)


def test_the_city_filter_is_named_counted_and_complete(folder: Path) -> None:
    tables = open_tables(folder, city=["梅州", "汕尾"])
    assert len(tables.households) == len(open_tables(folder).households) == 60
    one = open_tables(folder, city="汕尾市")
    assert set(one.households["city_code"]) == {"441500"}
    ledger = one.quality.tables["households"]
    assert (ledger.rows_in_file, ledger.rows_elsewhere, ledger.rows_read, ledger.rows_kept) == (60, 40, 20, 20)
    assert ledger.balanced()


def test_a_row_without_a_known_city_belongs_to_nobody_and_is_reported_to_everybody(folder: Path) -> None:
    frame = pd.read_parquet(folder / "households.parquet")
    frame.loc[0, "city_code"] = None
    frame.loc[1, "city_code"] = "999999"
    frame.to_parquet(folder / "households.parquet", index=False)
    for city in ("梅州", "汕尾"):
        with pytest.raises(DataInvalidError) as caught:
            open_tables(folder, city=city).load("households", ["persons"])
        assert "missing-value" in str(caught.value)
        assert "999999" in str(caught.value)


def test_another_citys_broken_row_does_not_stop_this_one(folder: Path) -> None:
    frame = pd.read_parquet(folder / "households.parquet")
    frame.loc[frame["city_code"] == "441500", "wage_income_yuan"] = -1.0
    frame.to_parquet(folder / "households.parquet", index=False)
    assert len(open_tables(folder, city="梅州").households) == 40
    with pytest.raises(DataInvalidError, match="below-minimum"):
        _ = open_tables(folder, city="汕尾").households


def test_types_keep_unknown_apart(folder: Path) -> None:
    frame = open_tables(folder).households
    assert frame["drinking_water_ok"].isna().sum() == 2
    assert frame["drinking_water_ok"].dtype == "boolean"
    assert frame["returned_year"].isna().all()
    assert frame["persons"].dtype == "int64"
    assert frame["village_code"].dtype == "str"
    assert frame["head_age"].isna().all()  # absent from the file: unknown for everybody


def test_the_year_is_chosen(folder: Path) -> None:
    tables = open_tables(folder)
    assert set(tables.load("households", year=2019)["year"]) == {2019}
    assert len(tables.load("households", year=2012)) == 0
    with pytest.raises(DataMissingError, match="no year"):
        tables.load("regions", year=2019)


def test_frames_handed_out_cannot_spoil_the_tables(folder: Path) -> None:
    tables = open_tables(folder)
    frame = tables.households
    frame["persons"] = 0
    assert (tables.households["persons"] == 3).all()


def test_names_are_checked(folder: Path) -> None:
    tables = open_tables(folder)
    with pytest.raises(RuleBookError, match="households"):
        tables.has("house")
    with pytest.raises(AttributeError, match="households"):
        _ = tables.houshold
    with pytest.raises(RuleBookError, match="persons"):
        tables.load("households", columns=["person"])
    with pytest.raises(DataMissingError, match="no table loans"):
        _ = tables.loans
    with pytest.raises(ScopeError, match="梅州"):
        open_tables(folder, city="梅洲")
    with pytest.raises(DataMissingError, match="no data folder"):
        open_tables(folder / "nowhere")
    with pytest.raises(ParameterError, match="raise or drop"):
        open_tables(folder, on_violation="ignore")  # type: ignore[arg-type]


def test_two_files_for_one_table_are_refused(folder: Path) -> None:
    pd.read_parquet(folder / "regions.parquet").to_csv(folder / "行政区划.csv", index=False)
    with pytest.raises(DataInvalidError, match="2 files for one table regions"):
        open_tables(folder)


def test_files_that_are_no_table_are_listed_not_read(folder: Path) -> None:
    (folder / "notes.docx").write_bytes(b"")
    (folder / "~$households.xlsx").write_bytes(b"")
    assert open_tables(folder).quality.ignored_files == ("notes.docx",)


def test_meta_says_whether_data_are_synthetic(folder: Path) -> None:
    assert open_tables(folder).is_synthetic
    assert open_tables(folder).meta["seed"] == 7
    (folder / "meta.json").write_text(json.dumps({"synthetic": "true"}))
    assert not open_tables(folder).is_synthetic
    (folder / "meta.json").write_text("[1]")
    with pytest.raises(DataInvalidError, match=r"meta\.json"):
        _ = open_tables(folder).meta
    (folder / "meta.json").unlink()
    assert open_tables(folder).meta == {}


def test_a_path_for_scans_is_always_canonical(folder: Path, tmp_path: Path) -> None:
    tables = open_tables(folder)
    assert tables.path("regions") == folder / "regions.parquet"  # canonical already: no copy
    assert tables.path("loans") is None
    assert tables.path("households") == folder / "households.parquet"  # optional columns may be absent
    wide = pd.read_parquet(folder / "households.parquet").assign(persons="3")  # a number stored as text: converted
    wide.to_parquet(folder / "households.parquet", index=False)
    converted = open_tables(folder)
    made = converted.path("households")
    assert made is not None
    assert pq.read_schema(made).field("persons").type == "int64"
    other = open_tables(rewrite(folder, tmp_path / "zh", "xlsx", "zh"), city="梅州")
    scanned = other.path("villages")
    assert scanned is not None
    pd.testing.assert_frame_equal(pd.read_parquet(scanned)[["village_code"]], other.villages[["village_code"]])


def test_a_path_after_dropping_holds_only_kept_rows(folder: Path) -> None:
    frame = pd.read_parquet(folder / "regions.parquet")
    frame.loc[len(frame)] = ["441499", "错", "village", "441400", "441400"]
    frame.to_parquet(folder / "regions.parquet", index=False)
    kept = open_tables(folder, on_violation="drop")
    path = kept.path("regions")
    assert path is not None
    assert "441499" not in pd.read_parquet(path)["region_code"].tolist()


def test_a_file_with_identifiers_in_its_text_is_never_handed_on_as_it_is(folder: Path) -> None:
    tables = open_tables(folder)
    assert tables.path("regions") == folder / "regions.parquet"
    frame = pd.read_parquet(folder / "regions.parquet")
    frame.loc[3, "name"] = "某镇 电话13800138000"
    frame.to_parquet(folder / "regions.parquet", index=False)
    cleaned = open_tables(folder)
    path = cleaned.path("regions")
    assert path is not None
    assert path != folder / "regions.parquet"
    assert "13800138000" not in pd.read_parquet(path).to_csv()


@pytest.mark.parametrize("few", [0, 1 << 15], ids=["each word", "each row"])
@pytest.mark.parametrize("keys", [["A1", "13800138000", "B2"], ["A1", "A2", " 441402198001011238 "], ["13800138000"] * 3])
def test_a_key_that_is_a_telephone_or_identity_number_is_found_among_plain_ones(keys, few, tmp_path, monkeypatch) -> None:
    monkeypatch.setattr("evaltools.intake.parquet_source.FEW_ROWS", few)
    path = tmp_path / "visits.parquet"
    pq.write_table(pa.table({"visit_id": keys, "city_code": ["441400"] * 3}), path, row_group_size=2)
    assert not ParquetSource(path, load_contract("visits"), ["441400"]).is_ready()
    assert ParquetSource(path, load_contract("visits"), ["445200"]).is_ready()  # rows of other cities are not looked at


@pytest.mark.parametrize("name", ["0755123456", "０７５５１２３４５６", "075512345", "某村", None])
def test_ten_digits_are_the_shortest_text_that_is_looked_at_as_an_identifier(name, tmp_path) -> None:
    path = tmp_path / "schools.parquet"
    pq.write_table(pa.table({"name": pa.array([name, "某村"]), "city_code": ["441400"] * 2}), path)
    is_long = name is not None and len(name) == 10
    assert ParquetSource(path, load_contract("schools"), ["441400"]).is_ready() != is_long


def test_keys_that_begin_with_one_letter_are_told_from_numbers_by_the_statistics_of_the_file(tmp_path) -> None:
    path = tmp_path / "visits.parquet"
    visits = load_contract("visits")
    for keys, is_plain in ((["A1", None, "A9"], True), (["A1", "B1", "A3"], False), (["A1", "1A", "A3"], False)):
        pq.write_table(pa.table({"visit_id": keys, "city_code": ["441400"] * 3}), path, row_group_size=2)
        source = ParquetSource(path, visits, ["441400"])
        assert source._begins_with_letter(visits.columns["visit_id"]) == is_plain
        assert source.is_ready()


def test_a_row_group_of_one_city_is_chosen_without_reading_it(tmp_path, monkeypatch):
    """Only groups of several cities, or with rows of none, need a look."""
    codes = ["441400", "441400", "445200", "445200", "441400", "445200", None, "441400", "999999", "999999"]
    path = tmp_path / "visits.parquet"
    pq.write_table(pa.table({"visit_id": [str(i) for i in range(10)], "city_code": codes}), path, row_group_size=2)
    scanned = []
    scan = ParquetSource._scan
    monkeypatch.setattr(
        ParquetSource, "_scan", lambda self, names, groups: scanned.append(groups) or scan(self, names, groups)
    )
    source = ParquetSource(path, load_contract("visits"), ["441400"])
    assert (source.rows - 1).tolist() == [0, 1, 4, 6, 7, 8, 9]  # rows of no known city stay
    assert scanned == [[False, False, True, True, False]]
