"""What surrounds the text in Word: the table of contents, footers, and the free fonts named as stand-ins."""

from __future__ import annotations

import re
from typing import Any

from docx.opc.constants import RELATIONSHIP_TYPE
from docx.opc.oxml import serialize_part_xml
from docx.oxml import OxmlElement, parse_xml
from docx.oxml.ns import qn
from docx.shared import Pt, RGBColor
from docx.text.paragraph import Paragraph

from evaltools.report.assemble import Assembled
from evaltools.report.blocks import Heading
from evaltools.report.words import words

STAND_INS = {
    "方正小标宋简体": "Noto Serif CJK SC", "黑体": "Noto Sans CJK SC", "楷体": "LXGW WenKai",
    "仿宋": "Noto Serif CJK SC", "Times New Roman": "Liberation Serif",
}  # fmt: skip
"""Font of official documents -> free font that Word and LibreOffice may use in its place."""


def add_contents(docx: Any, built: Assembled) -> None:
    """A contents field before the first chapter, filled with links; page numbers come when the reader updates it (F9).

    The entries stand there from the start, so that nothing is empty where fields are not updated.
    """
    first = next((p for p in docx.paragraphs if p.style.name == "Heading 1"), None)
    if first is None:
        return
    say = words(built.lang)
    first.insert_paragraph_before(say["contents"], style="ContentsTitle")
    entries = []
    for c in built.chapters:
        if c.label or c.chapter.title:
            entries.append((1, c.label + c.chapter.title, c.anchor))
        entries += [(2, i.number + built.text(i.block.text), i.anchor) for i in c.items
                    if isinstance(i.block, Heading) and i.block.level == 1]  # fmt: skip
    for k, (level, title, anchor) in enumerate(entries):
        p = first.insert_paragraph_before("", style=f"toc {level}")
        if level == 2:
            p.paragraph_format.left_indent = Pt(24)
        if k == 0:
            _field(p, 'TOC \\o "1-2" \\h \\z \\u', is_open=True)
        link = OxmlElement("w:hyperlink")
        link.set(qn("w:anchor"), anchor)
        run, text = OxmlElement("w:r"), OxmlElement("w:t")
        text.text = title
        run.append(text)
        link.append(run)
        p._p.append(link)
        if k == len(entries) - 1:
            p._p.append(_mark("end"))


def add_footers(docx: Any, built: Assembled) -> None:
    """— 1 — on every page but the first; the synthetic mark on every page."""
    section, say = docx.sections[0], words(built.lang)
    section.different_first_page_header_footer = True
    for footer, has_number in ((section.footer, True), (section.first_page_footer, False)):
        footer.is_linked_to_previous = False
        lines = footer.paragraphs
        p = lines[0] if lines else footer.add_paragraph()
        p.style = docx.styles["Footer"]
        if has_number:
            p.add_run("— ")
            _field(p, "PAGE", result="1")
            p.add_run(" —")
        if built.document.is_synthetic:
            mark = footer.add_paragraph(style=docx.styles["Footer"])
            run = mark.add_run(say["synthetic_long"])
            run.font.size, run.font.color.rgb = Pt(9), RGBColor(0x5B, 0x5B, 0x58)


def name_free_fonts(docx: Any) -> None:
    """Write the stand-ins into the font table, the place where Word and LibreOffice look for them."""
    part = next((r.target_part for r in docx.part.rels.values() if r.reltype == RELATIONSHIP_TYPE.FONT_TABLE), None)
    if part is None:
        return
    table = parse_xml(part.blob)
    for old in table.findall(qn("w:font")):
        if old.get(qn("w:name")) in STAND_INS:
            table.remove(old)
    for name, free in STAND_INS.items():
        is_latin = re.match(r"[A-Za-z]", name) is not None
        font = OxmlElement("w:font", {qn("w:name"): name})
        facts = (("altName", free), ("charset", "00" if is_latin else "86"), ("family", "roman"),
                 ("pitch", "variable" if is_latin else "default"))  # fmt: skip
        for tag, value in facts:
            font.append(OxmlElement(f"w:{tag}", {qn("w:val"): value}))
        table.append(font)
    part._blob = serialize_part_xml(table)


def _field(p: Paragraph, code: str, *, result: str = "", is_open: bool = False) -> None:
    """A field in a paragraph; `is_open` leaves its end to the caller, for a result of many paragraphs."""
    p._p.append(_mark("begin"))
    run = parse_xml(f'<w:r xmlns:w="{qn("w:r")[1:-2]}"><w:instrText xml:space="preserve"></w:instrText></w:r>')
    run[0].text = f" {code} "
    p._p.append(run)
    p._p.append(_mark("separate"))
    if result:
        p.add_run(result)
    if not is_open:
        p._p.append(_mark("end"))


def _mark(kind: str) -> Any:
    run, mark = OxmlElement("w:r"), OxmlElement("w:fldChar")
    mark.set(qn("w:fldCharType"), kind)
    run.append(mark)
    return run
