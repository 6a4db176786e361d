"""The official layout in Word: styles, three-line tables, contents, page numbers, the synthetic mark on every page.

Fonts are those of official documents (方正小标宋, 黑体, 楷体, 仿宋); for machines without them the font table names
free ones to use instead.
"""

from __future__ import annotations

import io
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import docx as python_docx
from docx.enum.style import WD_STYLE_TYPE
from docx.enum.text import WD_ALIGN_PARAGRAPH as ALIGN
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Cm, Mm, Pt, RGBColor
from docx.text.paragraph import Paragraph

from evaltools.report.assemble import Assembled
from evaltools.report.blocks import Table
from evaltools.report.images import png_size, printed_width
from evaltools.report.writers.word_parts import add_contents, add_footers, name_free_fonts
from evaltools.report.writers.word_tables import lay_out_table

TITLE, BLACK, KAI, FANG, LATIN = "方正小标宋简体", "黑体", "楷体", "仿宋", "Times New Roman"


@dataclass(frozen=True)
class Look:
    """One style. `first`: first-line indent in characters; `pitch`: exact line spacing in points, None for single."""

    east: str = FANG
    size: float = 16
    bold: bool = False
    align: Any = None
    first: float = 0
    pitch: float | None = 29
    before: float = 0
    after: float = 0
    keep: bool = False
    breaks: bool = False
    colour: str = ""
    is_listed: bool = False
    """Whether its indent is the list's."""


BOXES = {"note": ("single", "12", "5B5B58"), "good": ("single", "24", "1F5A94"), "warn": ("dashed", "24", "B3480A"),
         "bad": ("double", "18", "B3480A")}  # fmt: skip
"""Tone of a callout -> kind, width and colour of the line beside it; the kind tells them apart in grey."""

LOOKS: dict[str, Look] = {
    "Normal": Look(), "Body Text": Look(first=2, align=ALIGN.JUSTIFY),
    "First Paragraph": Look(first=2, align=ALIGN.JUSTIFY),
    "Compact": Look(size=10.5, pitch=None), "Heading 1": Look(BLACK, breaks=True, keep=True, before=6, after=6),
    "Heading 2": Look(KAI, bold=True, keep=True, before=6, after=3),
    "Heading 3": Look(FANG, bold=True, keep=True, before=3), "Heading 4": Look(FANG, keep=True),
    "CoverTitle": Look(TITLE, 22, align=ALIGN.CENTER, pitch=36, before=12, after=12),
    "CoverSubtitle": Look(KAI, 16, align=ALIGN.CENTER, after=60),
    "CoverLine": Look(FANG, 14, align=ALIGN.CENTER, pitch=26),
    "CoverMark": Look(BLACK, 14, True, ALIGN.CENTER, before=120, after=60, colour="B3480A"),
    "ContentsTitle": Look(BLACK, 16, align=ALIGN.CENTER, breaks=True, after=10, keep=True),
    "Table Caption": Look(BLACK, 12, align=ALIGN.CENTER, pitch=None, before=8, after=4, keep=True),
    "Picture": Look(align=ALIGN.CENTER, pitch=None, before=8, keep=True),
    "PictureCaption": Look(BLACK, 12, align=ALIGN.CENTER, pitch=None, before=2, after=2, keep=True),
    "TableNote": Look(FANG, 10.5, pitch=None, before=1), "ListText": Look(pitch=29, is_listed=True),
    **{f"Callout {tone}": Look(FANG, 14, pitch=25) for tone in BOXES},
    "PageBreak": Look(size=1, pitch=None, breaks=True), "toc 1": Look(FANG, 14, pitch=26),
    "toc 2": Look(FANG, 12, pitch=22), "Footer": Look(FANG, 14, align=ALIGN.CENTER, pitch=None),
}  # fmt: skip
"""Sizes in points: 22 is 二号, 16 三号, 14 四号, 12 小四, 10.5 五号."""
WORDS_OWN = ("toc 1", "toc 2", "Footer")
"""Styles that Word knows by these names and uses itself."""


def english(look: Look) -> Look:
    """The same look for an English report: smaller, no indent, a gap between paragraphs, the spacing of Latin text."""
    smaller = {16.0: 12.0, 14.0: 11.0, 12.0: 11.0}.get(look.size, look.size)
    pitch = look.pitch if look.size > 16 or look.pitch is None else 17
    return replace(look, size=smaller, first=0, pitch=pitch, after=max(look.after, 6 if look.first else 0))


def lay_out(raw: bytes, built: Assembled, when: datetime) -> bytes:
    """pandoc's file in the official layout."""
    docx: Any = python_docx.Document(io.BytesIO(raw))
    set_properties(docx, built, when)
    set_page(docx)
    clear_theme_fonts(docx)
    for name, look in LOOKS.items():
        apply(docx, name, look if built.lang == "zh" else english(look))
    box_callouts(docx)
    set_lists(docx)
    set_pictures(docx)
    blacken_links(docx)
    keep_notes_with_tables(docx)
    tables = [i.block for c in built.chapters for i in c.items if isinstance(i.block, Table)]
    for drawn, block in zip(docx.tables, tables, strict=True):
        lay_out_table(drawn, block, text_width(docx))
    add_contents(docx, built)
    add_footers(docx, built)
    name_free_fonts(docx)
    out = io.BytesIO()
    docx.save(out)
    return out.getvalue()


def set_properties(docx: Any, built: Assembled, when: datetime) -> None:
    """Title, language and fixed dates; nobody's name."""
    p = docx.core_properties
    p.title, p.subject = built.text(built.document.title), built.text(built.document.subtitle)
    p.author = p.last_modified_by = p.comments = p.keywords = ""
    p.created = p.modified = when.replace(tzinfo=None)
    p.language, p.revision = "zh-CN" if built.lang == "zh" else "en-GB", 1


def set_page(docx: Any) -> None:
    """A4 with the margins of GB/T 9704."""
    for section in docx.sections:
        section.page_width, section.page_height = Mm(210), Mm(297)
        section.top_margin, section.bottom_margin = Mm(37), Mm(35)
        section.left_margin, section.right_margin = Mm(28), Mm(26)
        section.footer_distance = Mm(20)


def text_width(docx: Any) -> int:
    """Width of the text in twentieths of a point."""
    s = docx.sections[0]
    return round((s.page_width - s.left_margin - s.right_margin) / 635)  # 635 EMU are a twentieth of a point


def clear_theme_fonts(docx: Any) -> None:
    """A theme font beats the named one: all references to the theme's fonts go."""
    for fonts in docx.styles.element.iter(qn("w:rFonts")):
        for name in ("asciiTheme", "hAnsiTheme", "eastAsiaTheme", "cstheme"):
            fonts.attrib.pop(qn(f"w:{name}"), None)
    for lang in docx.styles.element.iter(qn("w:lang")):
        lang.set(qn("w:eastAsia"), "zh-CN")


def apply(docx: Any, name: str, look: Look) -> None:
    """Give a style its look; a style that pandoc did not bring is made."""
    styles = docx.styles
    if name not in [s.name for s in styles]:
        styles.add_style(name, WD_STYLE_TYPE.PARAGRAPH, builtin=name in WORDS_OWN)
    style = styles[name]
    font, shape = style.font, style.paragraph_format
    font.name, font.size, font.bold, font.italic = LATIN, Pt(look.size), look.bold, False
    font.color.rgb = RGBColor.from_string(look.colour or "000000")
    fonts = style.element.get_or_add_rPr().get_or_add_rFonts()
    for attribute, face in (("ascii", LATIN), ("hAnsi", LATIN), ("cs", LATIN), ("eastAsia", look.east)):
        fonts.set(qn(f"w:{attribute}"), face)
    shape.alignment = look.align
    shape.space_before, shape.space_after = Pt(look.before), Pt(look.after)
    shape.line_spacing = Pt(look.pitch) if look.pitch else 1.0
    shape.keep_with_next, shape.page_break_before = look.keep, look.breaks
    if not look.is_listed:
        shape.first_line_indent = Pt(look.size * look.first)
        style.element.get_or_add_pPr().get_or_add_ind().set(qn("w:firstLineChars"), str(int(look.first * 100)))


def box_callouts(docx: Any) -> None:
    """A line to the left and a light ground; neighbours of the same style share one box."""
    for tone, (kind, width, colour) in BOXES.items():
        pPr = docx.styles[f"Callout {tone}"].element.get_or_add_pPr()
        border, left, shade = OxmlElement("w:pBdr"), OxmlElement("w:left"), OxmlElement("w:shd")
        for k, v in (("val", kind), ("sz", width), ("space", "8"), ("color", colour)):
            left.set(qn(f"w:{k}"), v)
        border.append(left)
        for k, v in (("val", "clear"), ("color", "auto"), ("fill", "F4F5F3")):
            shade.set(qn(f"w:{k}"), v)
        pPr.insert_element_before(border, "w:shd", "w:tabs", "w:spacing", "w:ind", "w:jc")
        pPr.insert_element_before(shade, "w:tabs", "w:spacing", "w:ind", "w:jc")


def set_lists(docx: Any) -> None:
    """Lists in the size of the text: pandoc sets tight ones in the style of table cells."""
    for p in docx.paragraphs:
        if p._p.pPr is not None and p._p.pPr.numPr is not None:
            p.style = docx.styles["ListText"]


def set_pictures(docx: Any) -> None:
    """Pictures as wide as the text; pandoc fitted them to another page."""
    for shape in docx.inline_shapes:
        part = docx.part.related_parts[shape._inline.graphic.graphicData.pic.blipFill.blip.embed]
        width, height = png_size(part.blob)
        shape.width = Cm(printed_width(part.blob))
        shape.height = round(shape.width * height / width)


def blacken_links(docx: Any) -> None:
    """References inside the report print like text."""
    for style in docx.styles:
        if style.name == "Hyperlink":
            style.font.color.rgb, style.font.underline = RGBColor(0, 0, 0), False


def keep_notes_with_tables(docx: Any) -> None:
    """Lines under a table stay on one page among themselves; the last of them gives the space after."""
    body = list(docx.element.body)
    is_note = [e.tag == qn("w:p") and e.style == docx.styles["TableNote"].style_id for e in body]
    for element, note, next_note in zip(body, is_note, [*is_note[1:], False], strict=True):
        if note:
            shape = Paragraph(element, docx).paragraph_format
            shape.keep_with_next, shape.space_after = next_note, Pt(0) if next_note else Pt(10)
