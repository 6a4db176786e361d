"""Word: real tables and pictures in the official layout."""

from __future__ import annotations

import zipfile
from typing import Any

import docx
import pytest
from docx.enum.text import WD_ALIGN_PARAGRAPH as ALIGN
from docx.oxml.ns import qn

from evaltools.report import write
from evaltools.report.blocks import Chapter, Document, Figure


@pytest.fixture(scope="module")
def word(written) -> Any:
    return docx.Document(str(written["docx"]))


def east(style) -> str:
    return style.element.rPr.rFonts.get(qn("w:eastAsia"))


def test_fonts_and_sizes_are_those_of_official_documents(word):
    body, title = word.styles["Body Text"], word.styles["CoverTitle"]
    assert (east(body), body.font.size.pt) == ("仿宋", 16)
    assert (east(title), title.font.size.pt) == ("方正小标宋简体", 22)
    assert east(word.styles["Heading 1"]) == "黑体"


def test_no_theme_font_overrides_the_named_ones(written):
    with zipfile.ZipFile(written["docx"]) as archive:
        styles = archive.read("word/styles.xml").decode("utf-8")
        fonts = archive.read("word/fontTable.xml").decode("utf-8")
    assert "eastAsiaTheme" not in styles
    assert 'w:name="仿宋"><w:altName w:val="Noto Serif CJK SC"/>' in fonts


def test_text_is_indented_by_two_characters_and_table_cells_are_not(word):
    ind = {n: word.styles[n].element.pPr.ind.get(qn("w:firstLineChars")) for n in ("Body Text", "Compact")}
    assert ind == {"Body Text": "200", "Compact": "0"}


def test_tables_are_three_lined_with_repeated_heads_whole_rows_and_aligned_numbers(word):
    (table,) = word.tables
    borders = table._tbl.tblPr.find(qn("w:tblBorders"))
    assert {b.tag.split("}")[1] for b in borders} == {"top", "bottom"}
    assert table.rows[0]._tr.trPr.find(qn("w:tblHeader")) is not None
    assert all(r._tr.trPr.find(qn("w:cantSplit")) is not None for r in table.rows)
    assert table.rows[1].cells[1].paragraphs[0].alignment == ALIGN.RIGHT
    assert [c.text for c in table.rows[1].cells] == ["梅江区", "1.23%", "96.00%", "40", "达标"]
    widths = [int(c.get(qn("w:w"))) for c in table._tbl.tblGrid]
    assert sum(widths) == pytest.approx(156 / 25.4 * 1440, abs=3)


def test_the_page_is_a4_with_official_margins(word):
    section = word.sections[0]
    sizes = (section.page_width, section.page_height, section.top_margin, section.left_margin)
    assert [round(x.mm) for x in sizes] == [210, 297, 37, 28]


def test_footers_carry_the_page_number_and_the_synthetic_mark(word):
    section = word.sections[0]
    assert "PAGE" in section.footer._element.xml
    assert section.footer.paragraphs[0].text == "— 1 —"
    assert "PAGE" not in section.first_page_footer._element.xml
    for footer in (section.footer, section.first_page_footer):
        assert any("合成数据" in p.text for p in footer.paragraphs)


def test_real_data_carry_no_synthetic_mark(make_document, tmp_path):
    path = write(make_document(synthetic=False), tmp_path, ("docx",))["docx"]
    with zipfile.ZipFile(path) as archive:
        assert not any("合成数据".encode() in archive.read(n) for n in archive.namelist())


def test_contents_stand_there_before_anybody_updates_them(word):
    assert [p.text for p in word.paragraphs if p.style.name.lower().startswith("toc ")] == [
        "摘要", "二、贫困退出质量", "（一）两不愁三保障", "（二）收入", "附录E　复现方法",
    ]  # fmt: skip
    anchors = {h.get(qn("w:anchor")) for h in word.element.body.iter(qn("w:hyperlink"))}
    marks = {b.get(qn("w:name")) for b in word.element.body.iter(qn("w:bookmarkStart"))}
    assert anchors - marks <= {"table-2-1", "figure-1-1-0"}


def test_pictures_are_there_with_their_words(word):
    (picture,) = word.inline_shapes
    assert picture.width.cm == pytest.approx(15.4, abs=0.1)
    assert "限值" in word.element.body.xml


def test_a_picture_that_is_only_svg_is_drawn_for_word(picture, tmp_path):
    figure = picture()
    only = Figure(figure.title, figure.svg, b"", figure.data, figure.alt)
    document = Document("题", chapters=(Chapter("二", "图", (only,)),))
    path = write(document, tmp_path, ("docx",))["docx"]
    assert len(docx.Document(str(path)).inline_shapes) == 1
