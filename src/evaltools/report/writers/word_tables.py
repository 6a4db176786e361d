"""Three-line tables in Word: widths, alignment, repeated header rows, rows that stay whole."""

from __future__ import annotations

from typing import Any

from docx.oxml import OxmlElement
from docx.oxml.ns import qn

from evaltools.report.blocks import Table
from evaltools.report.markup import column_shares

THICK, THIN = "12", "6"
"""Line widths in eighths of a point."""
_P, _R, _TC, _VAL, _KEEP = qn("w:p"), qn("w:r"), qn("w:tc"), qn("w:val"), qn("w:keepNext")
_TC_W, _TC_BORDERS = qn("w:tcW"), qn("w:tcBorders")
_LATER = {
    "vAlign": "hideMark headers cellIns cellDel cellMerge tcPrChange",
    "jc": "textDirection textAlignment textboxTightWrap outlineLvl divId cnfStyle rPr sectPr pPrChange",
    "keepNext": "keepLines pageBreakBefore framePr widowControl numPr suppressLineNumbers pBdr shd tabs "
    "suppressAutoHyphens kinsoku wordWrap overflowPunct topLinePunct autoSpaceDE autoSpaceDN bidi adjustRightInd "
    "snapToGrid spacing ind contextualSpacing mirrorIndents suppressOverlap jc textDirection textAlignment "
    "textboxTightWrap outlineLvl divId cnfStyle rPr sectPr pPrChange",
    "sz": "szCs highlight u effect bdr shd fitText vertAlign rtl cs em lang eastAsianLayout specVanish oMath",
    "b": "bCs i iCs caps smallCaps strike dstrike outline shadow emboss imprint noProof snapToGrid vanish webHidden "
    "color spacing w kern position sz szCs highlight u effect bdr shd fitText vertAlign rtl cs em lang "
    "eastAsianLayout specVanish oMath",
}
_PLACES = {name: (qn(f"w:{name}"), frozenset(qn(f"w:{n}") for n in later.split())) for name, later in _LATER.items()}
"""Child -> its tag, and the tags that the schema (ECMA-376-1, 17.3, 17.4) wants after it."""


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
        for column, w, cell in zip(block.columns, widths, row._tr.findall(_TC), strict=True):
            _cell(cell, w, column.align, size, is_header=i == 0)
    if block.n or block.source or block.note:  # the notes under a table never stand alone on the next page
        for p in drawn.rows[-1]._tr.iterfind(f"{_TC}/{_P}"):
            _put(p.get_or_add_pPr(), "keepNext")


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


def _cell(cell: Any, width: int, align: str, size: float, *, is_header: bool) -> None:
    """A `w:tc` as python-docx would write it, on the tree itself: a report has thousands of cells."""
    pr = cell.get_or_add_tcPr()
    for old in (*pr.findall(_TC_W), *pr.findall(_TC_BORDERS)):
        pr.remove(old)
    pr.insert(0, _element("tcW", w=str(width), type="dxa"))
    if is_header:
        borders = OxmlElement("w:tcBorders")
        borders.append(_element("bottom", val="single", sz=THIN, space="0", color="000000"))
        pr.insert(1, borders)
    _put(pr, "vAlign", "bottom" if is_header else "top")
    for p in cell.findall(_P):
        shape = p.get_or_add_pPr()
        _put(shape, "jc", align)
        for old in shape.findall(_KEEP):
            shape.remove(old)
        if is_header:
            _put(shape, "keepNext")
        for run in p.findall(_R):
            font = run.get_or_add_rPr()
            _put(font, "sz", str(round(2 * size)))  # in half points
            if is_header:
                _put(font, "b")


def _put(parent: Any, name: str, value: str | None = None) -> None:
    """The child `name` at its place in the schema's order, with `w:val` where a value is given."""
    tag, later = _PLACES[name]
    found = parent.find(tag)
    if found is None:
        found = parent.makeelement(tag)
        at = next((i for i, e in enumerate(parent) if e.tag in later), len(parent))
        parent.insert(at, found)
    if value is None:
        found.attrib.pop(_VAL, None)
    else:
        found.set(_VAL, value)


def _element(name: str, **attributes: str) -> Any:
    e = OxmlElement(f"w:{name}")
    for k, v in attributes.items():
        e.set(qn(f"w:{k}"), v)
    return e
