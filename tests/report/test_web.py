"""The web page: one file that opens with the network cut, with contents, captions and the synthetic mark."""

from __future__ import annotations

import re

import pytest
from bs4 import BeautifulSoup

from evaltools.report import write


@pytest.fixture(scope="module")
def soup(written) -> BeautifulSoup:
    return BeautifulSoup(written["html"].read_text("utf-8"), "html.parser")


def test_nothing_is_fetched_from_anywhere(soup):
    for tag in soup.find_all(True):
        for name in ("src", "href", "data", "poster", "srcset", "action"):
            address = str(tag.get(name, ""))
            assert address.startswith(("#", "data:")) or not address, (tag.name, address)
    style = soup.find("style").get_text()
    assert "url(" not in style
    assert "@import" not in style
    assert not soup.find_all("link")


def test_contents_lead_to_every_chapter_and_first_level_heading(soup):
    targets = [a["href"].removeprefix("#") for a in soup.select("nav.toc a")]
    assert len(targets) == 5
    assert all(soup.find(id=t) for t in targets)


def test_ids_are_given_once(soup):
    ids = [t["id"] for t in soup.find_all(id=True)]
    assert len(ids) == len(set(ids))


def test_tables_have_captions_heads_and_right_aligned_numbers(soup):
    for table in soup.select("main table"):
        assert table.caption.get_text(strip=True)
        assert table.thead.find_all("th")
    cells = soup.select("table tbody tr")[0].find_all("td")
    assert "text-align:right" in cells[1]["style"]
    assert cells[1]["data-sort"] == "0.0123"


def test_figures_are_svg_with_words_for_those_who_do_not_see_them(soup):
    (image,) = soup.select("figure img")
    assert image["src"].startswith("data:image/svg+xml;base64,")
    assert "限值" in image["alt"]
    assert "≤2%" in image["alt"]


def test_every_number_tells_its_ground_when_pointed_at(soup):
    number = soup.find("data", string="1.23%")
    assert "漏评人口 / 未建档户籍人口" in number["title"]
    assert "412" in number["title"]


def test_synthetic_data_is_named_on_the_title_page_and_in_the_footer(soup, make_document, tmp_path):
    assert "合成数据" in soup.select_one("header.cover").get_text()
    assert "合成数据" in soup.select_one("footer.running").get_text()
    real = write(make_document(synthetic=False), tmp_path, ("html",))["html"].read_text("utf-8")
    assert "合成数据" not in real


def test_text_of_the_data_cannot_become_markup(make_document, tmp_path):
    from dataclasses import replace

    from evaltools.report.blocks import Chapter, Paragraph, Table

    evil = "<script>alert('x')</script>"
    document = make_document()
    chapter = Chapter("四", evil, (Paragraph(evil), Table(evil, (evil,), ((evil,),))))
    made = write(replace(document, chapters=(chapter,)), tmp_path, ("html",))["html"].read_text("utf-8")
    assert evil not in made
    assert made.count("<script>") == 1


def test_the_page_says_its_language_and_fits_a_phone(soup):
    assert soup.html["lang"] == "zh-Hans"
    assert soup.find("meta", attrs={"name": "viewport"})
    assert re.search(r"@media \(max-width: \d+rem\)", soup.find("style").get_text())
    assert "@page" in soup.find("style").get_text()
