"""The page over all cities."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from bs4 import BeautifulSoup

from evaltools import terms
from evaltools.errors import ReportError
from evaltools.report import write_index

GATE = {"漏评率": {"text": "1.23%", "value": 0.0123, "state": "undecided"}}


def entry(city: str, overall: str | None = "met", status: str = "ok", reason: str = "", gates=None):
    summary = {"overall": overall, "gates": gates or {}, "synthetic": True}
    return SimpleNamespace(city=city, status=status, reason=reason, summary=summary, parameters={"lang": "zh"})


def page(entries, folder) -> BeautifulSoup:
    return BeautifulSoup(write_index(entries, folder).read_text("utf-8"), "html.parser")


def test_all_21_cities_have_a_tile_of_their_own_and_a_row(tmp_path):
    soup = page([entry(c.key) for c in terms.CITIES], tmp_path)
    tiles = soup.select(".tiles .tile")
    assert len(tiles) == len({t["style"] for t in tiles}) == 21
    assert len(soup.select("#cities tbody tr")) == 21


def test_states_differ_by_word_and_class_not_by_colour_alone(tmp_path):
    states = {"meizhou": "met", "heyuan": "not_met", "yunfu": "undecided", "shanwei": "evidence_missing"}
    soup = page([entry(c, s) for c, s in states.items()], tmp_path)
    found = {t.b.get_text(): (t["class"][1], t.span.get_text()) for t in soup.select(".tile")}
    assert found["梅州"] == ("met", "达标")
    assert found["云浮"] == ("undecided", "样本不足以判定")
    assert len(set(found.values())) == 4


def test_gates_show_value_and_verdict_and_sort_by_the_value(tmp_path):
    soup = page([entry("meizhou", "undecided", gates=GATE), entry("guangzhou", None)], tmp_path)
    cells = {r.td.get_text(): r.find_all("td")[3] for r in soup.select("#cities tbody tr")}
    assert cells["梅州市"]["data-sort"] == "0.0123"
    assert "样本不足以判定" in cells["梅州市"].get_text()
    assert cells["广州市"].get_text() == "—"


def test_a_failed_city_says_why_and_links_to_nothing(tmp_path):
    broken = entry("meizhou", None, "failed", "[data-invalid] 3 violations\n  where: households.csv\n  more", GATE)
    soup = page([broken, entry("heyuan")], tmp_path)
    row = next(r for r in soup.select("#cities tbody tr") if "梅州市" in r.get_text())
    assert "[data-invalid] 3 violations where: households.csv" in row.get_text()
    assert row.find("a") is None
    assert "1.23%" not in row.get_text()
    assert "未生成 1" in soup.select_one(".tally").get_text(" ")


def test_links_are_relative_and_only_to_files_that_are_there(tmp_path):
    (tmp_path / "meizhou").mkdir()
    (tmp_path / "meizhou" / "report.pdf").touch()
    soup = page([entry("meizhou")], tmp_path)
    assert [a["href"] for a in soup.select("td.files a")] == ["meizhou/report.pdf"]
    assert all(not a["href"].startswith(("http", "/")) for a in soup.find_all("a"))


def test_the_reason_of_a_failure_cannot_become_markup(tmp_path):
    soup = page([entry("meizhou", None, "failed", "<img src=x onerror=alert(1)>")], tmp_path)
    assert soup.find("img") is None


def test_a_state_nobody_knows_is_refused(tmp_path):
    with pytest.raises(ReportError, match="state 'good'"):
        write_index([entry("meizhou", "good")], tmp_path)
    assert not (tmp_path / "index.html").exists()


def test_the_province_stands_on_top_and_is_no_city(tmp_path):
    (tmp_path / "province").mkdir()
    for name in ("report.html", "report.pdf"):
        (tmp_path / "province" / name).touch()
    soup = page([entry("meizhou"), entry("province", None)], tmp_path)
    assert [a["href"] for a in soup.select("header .province a")] == ["province/report.html", "province/report.pdf"]
    assert len(soup.select(".tile")) == len(soup.select("#cities tbody tr")) == 1
    assert "达标 1" in soup.select_one(".tally").get_text(" ")


def test_a_failed_province_says_why(tmp_path):
    soup = page([entry("meizhou"), entry("province", None, "failed", "[data-missing] no table villages")], tmp_path)
    line = soup.select_one("header .province")
    assert "no table villages" in line.get_text()
    assert line.find("a") is None
