"""PDF: the text is there, in shipped fonts, on A4, with page numbers and the synthetic mark on every page."""

from __future__ import annotations

import re
from dataclasses import replace

import pypdf
import pytest

from evaltools.errors import ReportError
from evaltools.report import write
from evaltools.report.blocks import Chapter, Document, Paragraph, Table


@pytest.fixture(scope="module")
def pdf(written) -> pypdf.PdfReader:
    return pypdf.PdfReader(written["pdf"])


def text(page) -> str:
    return re.sub(r"\s", "", page.extract_text())


def test_the_page_is_a4(pdf):
    assert [round(float(x) / 72 * 25.4) for x in pdf.pages[0].mediabox[2:]] == [210, 297]


def test_every_page_but_the_first_has_its_number_and_all_have_the_mark(pdf):
    for i, page in enumerate(pdf.pages, 1):
        assert "合成数据" in text(page)
        assert (f"—{i}—" in text(page)) == (i > 1)


def test_numbers_tables_and_place_names_can_be_read_back(pdf):
    whole = "".join(text(p) for p in pdf.pages)
    for expected in ("表2-1各县退出质量", "1.23%", "汫洲镇与塘㙍镇", "粤发〔2016〕13号", "（一）两不愁三保障", "≤2%"):
        assert expected in whole, expected


def glyphs(reader: pypdf.PdfReader) -> set[int]:
    """Numbers of the glyphs that the pages print; 0 is .notdef, the empty box."""
    used: set[int] = set()
    for page in reader.pages:
        for operands, operator in page.get_contents().operations:
            if operator in (b"Tj", b"TJ"):
                parts = operands[0] if operator == b"TJ" else operands
                codes = [p.original_bytes for p in parts if hasattr(p, "original_bytes")]
                used |= {int.from_bytes(c[k : k + 2], "big") for c in codes for k in range(0, len(c), 2)}
    return used


def test_only_shipped_faces_are_embedded_and_no_glyph_is_missing(pdf):
    names = set()
    for page in pdf.pages:
        for font in page["/Resources"]["/Font"].values():
            descendant = font.get_object()["/DescendantFonts"][0].get_object()
            names.add(str(font.get_object()["/BaseFont"]).split("+")[-1])
            assert any(k in descendant["/FontDescriptor"] for k in ("/FontFile", "/FontFile2", "/FontFile3"))
    assert names
    assert all(n.startswith(("NotoSerifCJKscSubset", "NotoSansCJKscSubset")) for n in names)
    assert len(glyphs(pdf)) > 100
    assert 0 not in glyphs(pdf)


def test_an_empty_box_would_be_seen(tmp_path, monkeypatch):
    monkeypatch.setattr("evaltools.report.writers.check_glyphs", lambda texts: None)
    document = Document("题", chapters=(Chapter("四", "村", (Paragraph("在𠮷山村入户"),)),))
    assert 0 in glyphs(pypdf.PdfReader(write(document, tmp_path, ("pdf",))["pdf"]))


def test_header_rows_repeat_on_the_next_page(tmp_path):
    table = Table("长表", ("县区名", "判定"), tuple((f"{'甲乙丙丁'[i % 4]}县", "达标") for i in range(120)))
    document = Document("题", meta={"as_of": "2020-12-31"}, chapters=(Chapter("二", "章", (table,)),))
    pages = [text(p) for p in pypdf.PdfReader(write(document, tmp_path, ("pdf",))["pdf"]).pages if "甲县" in text(p)]
    assert len(pages) > 1
    assert all("县区名判定" in p for p in pages)


def test_a_missing_glyph_is_named_with_its_place_and_nothing_is_written(tmp_path):
    document = Document("题", chapters=(Chapter("四", "村", (Paragraph("在𠮷山村入户"),)),))
    with pytest.raises(ReportError, match=r"𠮷 \(U\+20BB7\)(.|\n)*四 · 正文"):
        write(document, tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_missing_glyph_in_a_chart_is_named_too(picture, tmp_path):
    figure = replace(picture(), data={"village": ["𠮷山村"], "share": [0.3]})
    with pytest.raises(ReportError, match=r"𠮷(.|\n)*图2-1"):
        write(Document("题", chapters=(Chapter("二", "章", (figure,)),)), tmp_path, ("pdf",))


def test_text_that_looks_like_markup_prints_as_it_is(tmp_path):
    odd = "#import \"x\" $a$ *b* @c <d> \\ [e] // f"
    document = Document("题", chapters=(Chapter("四", "村", (Paragraph(odd),)),))
    whole = "".join(text(p) for p in pypdf.PdfReader(write(document, tmp_path, ("pdf",))["pdf"]).pages)
    assert re.sub(r"\s", "", odd).replace('"', "") in re.sub('["“”]', "", whole)


def test_the_document_date_is_as_of(pdf):
    assert str(pdf.metadata.creation_date)[:10] == "2020-12-31"
    assert pdf.metadata.title == "梅州市2020年脱贫攻坚第三方评估报告"


def test_notes_never_stand_on_another_page_than_the_last_row(tmp_path):
    torn = []
    for rows in range(34, 42):
        cells = (*(("甲县", "达标"),) * (rows - 1), ("末县", "达标"))
        table = Table("长表", ("县区名", "判定"), cells, source="来源说明", note="附注说明")
        document = Document("题", chapters=(Chapter("二", "章", (table,)),))
        pages = [text(p) for p in pypdf.PdfReader(write(document, tmp_path, ("pdf",))["pdf"]).pages]
        torn += [rows] if any(("末县" in p) != ("附注说明" in p) for p in pages) else []
    assert torn == []


def test_a_short_table_stays_whole(tmp_path):
    text_before = Paragraph("正文。" * 190)
    table = Table("短表", ("县区名", "判定"), (*(("甲县", "达标"),) * 6, ("末县", "达标")))
    document = Document("题", chapters=(Chapter("二", "章", (text_before, table)),))
    pages = [text(p) for p in pypdf.PdfReader(write(document, tmp_path, ("pdf",))["pdf"]).pages]
    assert all(("末县" in p) == ("表2-1短表" in p) for p in pages)


def test_long_digests_break_inside_their_column(tmp_path):
    digest = "0123456789abcdef" * 4
    table = Table("摘要值", ("名", "说明", "摘要"), (("甲", "一" * 40, digest),))
    document = Document("题", chapters=(Chapter("二", "章", (table,)),))
    read = pypdf.PdfReader(write(document, tmp_path, ("pdf",))["pdf"]).pages[2].extract_text()
    assert digest in re.sub(r"[\s\u200b]", "", read)
    assert max(len(s) for s in re.findall(r"[0-9a-f\u200b]+", read)) < len(digest)
