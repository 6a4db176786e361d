"""Three-line tables in Word: widths, alignment, repeated header rows, rows that stay whole."""

from __future__ import annotations

from typing import Any

from docx.enum.table import WD_ALIGN_VERTICAL
from docx.enum.text import WD_ALIGN_PARAGRAPH as ALIGN
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Pt

from evaltools.report.blocks import Table
from evaltools.report.markup import column_shares

ALIGNMENTS = {"left": ALIGN.LEFT, "right": ALIGN.RIGHT, "center": ALIGN.CENTER}
THICK, THIN = "12", "6"
"""Line widths in eighths of a point."""


def lay_out_table(drawn: Any, block: Table, width: int) -> None:
    """`drawn`: python-docx's table; `block`: what it shows; `width`: of the text, in twentieths of a point."""
    shares = column_shares(block)
    widths = [round(width * s) for s in shares]
    widths[-1] += width - sum(widths)
    _table_properties(drawn, width)
    for column, w in zip(drawn._tbl.tblGrid.findall(qn("w:gridCol")), widths, strict=True):
        column.set(qn("w:w"), str(w))
    size = 8.5 if len(shares) > 8 else 9.5 if len(shares) > 6 else 10.5
    for i, row in enumerate(drawn.rows):
        _row_properties(row, is_header=i == 0)
        for j, cell in enumerate(row.cells):
            _cell(cell, widths[j], ALIGNMENTS[block.columns[j].align], size, is_header=i == 0)
    if block.n or block.source or block.note:  # the notes under a table never stand alone on the next page
        for cell in drawn.rows[-1].cells:
            for p in cell.paragraphs:
                p.paragraph_format.keep_with_next = True


def _table_properties(drawn: Any, width: int) -> None:
    pr = drawn._tbl.tblPr
    for name in ("tblStyle", "tblW", "tblLayout", "tblBorders", "tblCellMar", "jc", "tblLook", "tblInd"):
        for old in pr.findall(qn(f"w:{name}")):
            pr.remove(old)
    pr.append(_element("tblW", w=str(width), type="dxa"))
    pr.append(_element("jc", val="center"))
    borders = OxmlElement("w:tblBorders")
    borders.append(_element("top", val="single", sz=THICK, space="0", color="000000"))
    borders.append(_element("bottom", val="single", sz=THICK, space="0", color="000000"))
    pr.append(borders)
    pr.append(_element("tblLayout", type="fixed"))
    margins = OxmlElement("w:tblCellMar")
    for side, w in (("top", "30"), ("left", "80"), ("bottom", "30"), ("right", "80")):
        margins.append(_element(side, w=w, type="dxa"))
    pr.append(margins)
    caption = pr.find(qn("w:tblCaption"))
    if caption is not None:  # the schema wants it last
        pr.remove(caption)
        pr.append(caption)


def _row_properties(row: Any, *, is_header: bool) -> None:
    pr = row._tr.get_or_add_trPr()
    for name in ("cantSplit", "tblHeader", "cnfStyle"):
        for old in pr.findall(qn(f"w:{name}")):
            pr.remove(old)
    pr.append(OxmlElement("w:cantSplit"))
    if is_header:
        pr.append(OxmlElement("w:tblHeader"))


def _cell(cell: Any, width: int, align: Any, size: float, *, is_header: bool) -> None:
    pr = cell._tc.get_or_add_tcPr()
    for name in ("tcW", "tcBorders"):
        for old in pr.findall(qn(f"w:{name}")):
            pr.remove(old)
    pr.insert(0, _element("tcW", w=str(width), type="dxa"))
    if is_header:
        borders = OxmlElement("w:tcBorders")
        borders.append(_element("bottom", val="single", sz=THIN, space="0", color="000000"))
        pr.insert(1, borders)
    cell.vertical_alignment = WD_ALIGN_VERTICAL.BOTTOM if is_header else WD_ALIGN_VERTICAL.TOP
    for p in cell.paragraphs:
        p.alignment = align
        p.paragraph_format.keep_with_next = True if is_header else None
        for run in p.runs:
            run.font.size = Pt(size)
            if is_header:
                run.font.bold = True


def _element(name: str, **attributes: str) -> Any:
    e = OxmlElement(f"w:{name}")
    for k, v in attributes.items():
        e.set(qn(f"w:{k}"), v)
    return e
