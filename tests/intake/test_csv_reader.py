"""CSV as people really send it."""

from __future__ import annotations

from pathlib import Path

import pytest

from evaltools.errors import DataInvalidError, DataMissingError
from evaltools.intake import load_contract, read_table
from evaltools.intake.csv_reader import read_csv

LOANS = load_contract("price_index")
HEADER = "年度,价格指数,基期年份,来源"
ROWS = "2016,1.03,2014,统计公报\n2017,1.05,2014,统计公报\n"


def write(tmp_path: Path, data: bytes | str, name: str = "price_index.csv") -> Path:
    path = tmp_path / name
    path.write_bytes(data if isinstance(data, bytes) else data.encode())
    return path


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "gbk", "utf-16"])
def test_the_encoding_is_found_out(tmp_path: Path, encoding: str) -> None:
    frame, report = read_table(write(tmp_path, f"{HEADER}\n{ROWS}".encode(encoding)))
    assert frame["source"].tolist() == ["统计公报", "统计公报"]
    assert frame["index"].tolist() == [1.03, 1.05]
    assert report.is_clean


def test_bytes_of_no_encoding_are_refused(tmp_path: Path) -> None:
    with pytest.raises(DataInvalidError, match="GB18030"):
        read_table(write(tmp_path, HEADER.encode() + b"\n2016,1.0,2014,\xff\xff\xff\n"))


@pytest.mark.parametrize("separator", [",", "\t", ";", "|"])
def test_the_separator_is_found_out(tmp_path: Path, separator: str) -> None:
    frame, _ = read_table(write(tmp_path, f"{HEADER}\n{ROWS}".replace(",", separator)))
    assert len(frame) == 2


def test_titles_above_the_header_are_skipped_and_rows_keep_their_number(tmp_path: Path) -> None:
    text = f"广东省价格指数表,,,\n单位：倍,,,\n\n{HEADER}\n2016,1.03,2014,甲\n\n2017,x,2014,乙\n"
    grid = read_csv(write(tmp_path, text), LOANS)
    assert grid.rows.tolist() == [5, 7]
    with pytest.raises(DataInvalidError, match="row 7, column index"):
        read_table(tmp_path / "price_index.csv")


def test_line_breaks_and_separators_inside_quotes_are_text(tmp_path: Path) -> None:
    frame, _ = read_table(write(tmp_path, f'{HEADER}\n2016,1.03,2014,"统计\n公报,第3页"\n2017,1.05,2014,乙\n'))
    assert frame["source"].tolist() == ["统计\n公报,第3页", "乙"]


def test_rows_of_the_wrong_length_are_named_not_shifted(tmp_path: Path) -> None:
    path = write(tmp_path, f"{HEADER}\n2016,1.03,2014,甲\n2017,1.05,2014\n2018,1.07,2014,丙,丁\n")
    with pytest.raises(DataInvalidError) as caught:
        read_table(path)
    assert "row 3: 3 fields where the header has 4" in str(caught.value)
    assert "row 4: 5 fields where the header has 4" in str(caught.value)
    frame, report = read_table(path, on_violation="report")
    assert len(frame) == 1
    assert report.tables["price_index"].dropped == {"broken-row": 2}
    assert report.tables["price_index"].balanced()


def test_an_unclosed_quotation_mark_is_an_error_that_quotes_nobody(tmp_path: Path) -> None:
    path = write(tmp_path, f'{HEADER}\n2016,1.03,2014,"陈小明\n2017,1.05,2014,乙\n')
    with pytest.raises(DataInvalidError) as caught:
        read_table(path)
    assert "陈小明" not in str(caught.value)


@pytest.mark.parametrize("text", ["", "   \n\n"])
def test_an_empty_file_is_missing_data(tmp_path: Path, text: str) -> None:
    with pytest.raises(DataMissingError, match="empty"):
        read_table(write(tmp_path, text))


def test_a_header_without_rows_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(DataInvalidError, match="empty-file"):
        read_table(write(tmp_path, HEADER + "\n"))


def test_a_file_without_a_known_header_names_some_and_quotes_no_row(tmp_path: Path) -> None:
    with pytest.raises(DataMissingError) as caught:
        read_table(write(tmp_path, "陈小明,13800138000\n李四,13900139000\n"))
    assert "价格指数" in str(caught.value)
    assert "陈" not in str(caught.value)
    assert "138" not in str(caught.value)


def test_headers_may_be_canonical_chinese_or_mixed(tmp_path: Path) -> None:
    frame, _ = read_table(write(tmp_path, f"year, 价格 指数 *,基期年份,SOURCE\n{ROWS}"))
    assert frame.columns.tolist() == ["year", "index", "base_year", "source"]


def test_missing_columns_are_all_named_with_what_may_be_meant(tmp_path: Path) -> None:
    with pytest.raises(DataMissingError) as caught:
        read_table(write(tmp_path, "年度,物价指数,来源\n2016,1.03,甲\n"))
    text = str(caught.value)
    assert "index (价格指数)" in text
    assert "base_year (基期年份)" in text
    assert "did you mean 物价指数" in text


def test_two_headers_for_one_column_are_an_error(tmp_path: Path) -> None:
    with pytest.raises(DataInvalidError, match="two-columns-for-one"):
        read_table(write(tmp_path, "年度,年份,价格指数,基期年份,来源\n2016,2016,1.0,2014,甲\n"))


def test_unknown_columns_are_kept_out_and_listed(tmp_path: Path) -> None:
    frame, report = read_table(write(tmp_path, f"{HEADER},备注\n2016,1.03,2014,甲,随便\n"))
    assert "备注" not in frame.columns
    assert report.tables["price_index"].unknown_columns == ("备注",)
    assert "备注" in report.to_text()


def test_two_stray_quotation_marks_do_not_swallow_rows_silently(tmp_path: Path) -> None:
    text = f'{HEADER}\n2016,1.03,2014,"甲\n2017,1.05,2014,乙\n2018,1.07,2014,丙"\n2019,1.09,2014,丁\n'
    with pytest.raises(DataInvalidError, match="row 2: a cell that holds whole rows"):
        read_table(write(tmp_path, text))
