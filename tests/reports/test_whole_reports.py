"""What every finished report keeps: bound numbers, the same bytes twice, the synthetic mark, the right chapters."""

import re
import zipfile

import pytest
from pypdf import PdfReader

from evaltools import terms
from evaltools.provenance import file_digest
from evaltools.report import unbound_numerals

CITIES = ("meizhou", "jiangmen")
FILES = ("report.html", "report.docx", "report.pdf", "report.xlsx", "report.json")


@pytest.mark.parametrize("city", CITIES)
def test_every_numeral_on_the_page_is_bound_to_rows_or_rule(reports, city):
    assert unbound_numerals(reports[city].html, reports[city].report) == []
    assert len(reports[city].report["numbers"]) > 100


@pytest.mark.slow
def test_a_helping_city_shows_its_pairs_and_their_gates_with_every_numeral_bound(make_reports, demo, tmp_path):
    made = make_reports(("guangzhou",), demo, tmp_path)["guangzhou"]
    assert unbound_numerals(made.html, made.report) == []
    assert all(word in made.html for word in ("梅州", "清远", "漏评率"))


@pytest.mark.parametrize("city", CITIES)
def test_five_formats_and_the_executed_notebook_stand_beside_each_other(reports, city):
    names = {p.name for p in reports[city].folder.iterdir()}
    assert {*FILES, "notebook.ipynb", "record.json"} <= names


def test_the_page_over_all_names_every_city_of_the_run(reports):
    index = (reports["meizhou"].folder.parent / "index.html").read_text(encoding="utf-8")
    for city in CITIES:
        assert terms.city(city).zh in index
        assert f"{city}/report.html" in index


def test_two_runs_on_the_same_inputs_write_the_same_bytes(reports, make_reports, demo, tmp_path):
    again = make_reports(("jiangmen",), demo, tmp_path)["jiangmen"]
    for name in FILES:
        assert file_digest(again.folder / name) == file_digest(reports["jiangmen"].folder / name), name


@pytest.mark.slow
def test_two_runs_of_a_helped_city_write_the_same_bytes(reports, make_reports, demo, tmp_path):
    again = make_reports(("meizhou",), demo, tmp_path)["meizhou"]
    for name in FILES:
        assert file_digest(again.folder / name) == file_digest(reports["meizhou"].folder / name), name


@pytest.mark.parametrize("city", CITIES)
def test_synthetic_data_is_named_on_the_title_page_and_every_footer(reports, city):
    made = reports[city]
    pages = PdfReader(made.folder / "report.pdf").pages
    assert len(pages) > 5
    missing = [i for i, page in enumerate(pages) if "合成数据" not in page.extract_text().replace(" ", "")]
    assert not missing, f"pages without the mark: {missing}"
    with zipfile.ZipFile(made.folder / "report.docx") as docx:
        footers = [docx.read(n).decode() for n in docx.namelist() if re.match(r"word/footer\d*\.xml", n)]
        assert footers
        assert any("合成数据" in f for f in footers)
        assert "合成数据" in docx.read("word/document.xml").decode()
    assert "合成数据" in made.html


def test_chapter_numbers_follow_the_report_plan_whatever_is_absent(reports):
    numbers = [c["number"] for c in reports["meizhou"].report["chapters"]]
    assert [n for n in numbers if n in "一二三四五六八九十" and n] == [*"一二三四五六八九十"]
    assert {"附录A", "附录B", "附录C", "附录D", "附录E"} <= set(numbers)


def test_a_city_without_tasks_says_not_applicable_and_has_no_split(reports):
    text = re.sub(r"<[^>]+>", "", reports["jiangmen"].html)
    assert "不适用" in text
    assert "无规定" in text


def test_the_report_opens_with_the_network_cut(reports):
    for made in reports.values():
        assert not re.findall(r"(?:src|href)\s*=\s*[\"']?(?:https?:)?//", made.html)
        assert "@import" not in made.html
        assert "fetch(" not in made.html


def test_every_gate_says_where_its_limit_is_borrowed_from(reports):
    assert "参照国家贫困县退出标准" in reports["meizhou"].html
    assert "待" in reports["meizhou"].html, "the provincial income series is to be confirmed"
