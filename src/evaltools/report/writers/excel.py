"""The Excel annex: a sheet of contents, a sheet per table and per chart's data, numbers as numbers with their formats.

Text is always written as text: nothing that came with the data can become a formula.
"""

from __future__ import annotations

import io
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import xlsxwriter

from evaltools.report.assemble import Assembled, Placed
from evaltools.report.blocks import Bound, Figure, Table, inline_parts, plain
from evaltools.report.markup import text_width
from evaltools.report.words import words
from evaltools.report.writers.word import moment, repacked

FIRST_ROW = 4
"""Title, population, source and note stand above the header of a sheet."""
SCALES = (("万", 1e-4), ("亿", 1e-8), ("个百分点", 100.0))
AFFIX = re.compile(r"^([^\d−-]*)([-−]?\d[\d,]*)(\.\d+)?(.*)$", re.S)


@dataclass(frozen=True)
class Sheet:
    """What one sheet shows: `cells` are inline texts or plain values."""

    name: str
    number: str
    title: str
    n: str
    source: str
    note: str
    heads: Sequence[str]
    rows: Sequence[Sequence[Any]]


def xlsx_bytes(built: Assembled) -> bytes:
    """The workbook; its dates are those of the document."""
    out = io.BytesIO()
    book = xlsxwriter.Workbook(out, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False})
    when = moment(built).replace(tzinfo=None)
    book.set_properties({"title": built.text(built.document.title), "created": when, "author": "", "comments": ""})
    sheets = [s for c in built.chapters for i in c.items for s in _sheets(i, built)]
    styles = _Styles(book)
    _contents(book, styles, sheets, built)
    for sheet in sheets:
        _write(book, styles, sheet, built)
    book.close()
    return repacked(out.getvalue())


def number_format(bound: Bound) -> tuple[float, str] | None:
    """(number to store, Excel format) that prints a bound number as the report does; None when it is no single number.

    >>> number_format(Bound("1.23%", 0.01234, "share", "r", ground))  # doctest: +SKIP
    (0.01234, '#,##0.00%')
    """
    value, m = bound.value, AFFIX.match(bound.text)
    if isinstance(value, bool) or not isinstance(value, int | float) or m is None or re.search(r"\d", m[4]):
        return None
    before, whole, decimals, after = m[1], m[2], m[3] or "", m[4]
    digits = "#,##0" if "," in whole or len(whole) < 4 else "0"
    digits += "." + "0" * (len(decimals) - 1) if decimals else ""
    scale = next((s for word, s in SCALES if after.startswith(word)), 1.0)
    quoted = [f'"{part}"' if part else "" for part in (before, after.removeprefix("%"))]
    return value * scale, f"{quoted[0]}{digits}{'%' if after.startswith('%') else ''}{quoted[1]}"


class _Styles:
    def __init__(self, book: Any) -> None:
        self.book, self._numbers = book, dict[str, Any]()
        font = {"font_name": "宋体", "font_size": 11}
        self.font = font
        self.title = book.add_format({**font, "bold": True, "font_size": 14})
        self.quiet = book.add_format({**font, "font_color": "#5B5B58", "font_size": 10})
        self.mark = book.add_format({**font, "bold": True, "font_color": "#B3480A"})
        lines = {"top": 2, "bottom": 1, "valign": "bottom"}
        self.head = book.add_format({**font, **lines, "bold": True, "text_wrap": True})
        self.cell = book.add_format({**font, "text_wrap": True, "valign": "top"})
        self.link = book.add_format({**font, "font_color": "#1F5A94", "underline": 1})

    def number(self, shape: str) -> Any:
        """The format of numbers printed like `shape`."""
        if shape not in self._numbers:
            self._numbers[shape] = self.book.add_format({**self.font, "num_format": shape, "valign": "top"})
        return self._numbers[shape]


def _sheets(item: Placed, built: Assembled) -> list[Sheet]:
    b, say = item.block, words(built.lang)
    if not isinstance(b, Table | Figure):
        return []
    name = re.sub(r"[\[\]:*?/\\]", " ", item.number).strip()[:31]
    told = (built.text(b.n), built.text(b.source), built.text(b.note))
    if isinstance(b, Table):
        heads = [built.text(c.title) + (f"（{c.unit}）" if c.unit else "") for c in b.columns]
        return [Sheet(name, item.number, built.text(b.title), *told, heads, b.rows)]
    columns = _columns(b.data)
    if not columns:
        return []
    rows = list(zip(*columns.values(), strict=True))
    return [Sheet(name, item.number, f"{built.text(b.title)}（{say['data_of']}）", *told, list(columns), rows)]


def _columns(data: Mapping[str, Any]) -> dict[str, list[Any]]:
    """The columns of a chart's data, all as long as the longest; values that are no sequence stand in every row."""
    flat = {k: v for k, v in data.items() if isinstance(v, tuple | list)}
    lists = {k: list(v) for k, v in flat.items() if not any(isinstance(x, Mapping) for x in v)}
    length = max((len(v) for v in lists.values()), default=0)
    return {k: v + [None] * (length - len(v)) for k, v in lists.items()}


def _contents(book: Any, styles: _Styles, sheets: Sequence[Sheet], built: Assembled) -> None:
    say = words(built.lang)
    page = book.add_worksheet(say["sheet_contents"])
    page.write_string(0, 0, built.text(built.document.title), styles.title)
    if built.document.is_synthetic:
        page.write_string(1, 0, say["synthetic_long"], styles.mark)
    heads = ("sheet_name", "sheet_title", "sheet_n", "sheet_source")
    for j, key in enumerate(heads):
        page.write_string(3, j, say[key], styles.head)
    for i, s in enumerate(sheets, 4):
        page.write_url(i, 0, f"internal:'{s.name}'!A1", styles.link, s.name)
        for j, text in enumerate((s.title, s.n, s.source), 1):
            page.write_string(i, j, text, styles.cell)
    for j, width in enumerate((14, 60, 24, 60)):
        page.set_column(j, j, width)
    _print_setup(page, built)


def _write(book: Any, styles: _Styles, sheet: Sheet, built: Assembled) -> None:
    say = words(built.lang)
    page = book.add_worksheet(sheet.name)
    page.write_string(0, 0, f"{sheet.number}　{sheet.title}", styles.title)
    for i, (key, text) in enumerate((("n", sheet.n), ("source", sheet.source), ("note", sheet.note)), 1):
        if text:
            page.write_string(i, 0, say[key] + text, styles.quiet)
    for j, head in enumerate(sheet.heads):
        page.write_string(FIRST_ROW, j, head, styles.head)
    for i, row in enumerate(sheet.rows, FIRST_ROW + 1):
        for j, cell in enumerate(row):
            _cell(page, styles, i, j, cell, built)
    for j, head in enumerate(sheet.heads):
        widths = [text_width(_plain(row[j], built)) for row in sheet.rows[:200]]
        page.set_column(j, j, min(48, max(9, text_width(head) + 2, *widths, 0) + 2))
    page.freeze_panes(FIRST_ROW + 1, 1)
    if sheet.rows:
        page.autofilter(FIRST_ROW, 0, FIRST_ROW + len(sheet.rows), len(sheet.heads) - 1)
    page.repeat_rows(FIRST_ROW)
    if built.document.is_synthetic:
        page.write_string(FIRST_ROW + len(sheet.rows) + 2, 0, say["synthetic_long"], styles.mark)
    _print_setup(page, built)


def _cell(page: Any, styles: _Styles, i: int, j: int, cell: Any, built: Assembled) -> None:
    value = plain(cell) if not isinstance(cell, Bound | tuple) else cell
    if isinstance(value, int | float) and not isinstance(value, bool):
        page.write_number(i, j, value, styles.number("General"))
        return
    if value is None or isinstance(value, bool):
        page.write_string(i, j, "" if value is None else str(value), styles.cell)
        return
    parts = inline_parts(cell)
    shown = number_format(parts[0]) if len(parts) == 1 and isinstance(parts[0], Bound) else None
    if shown is None:
        page.write_string(i, j, built.text(cell), styles.cell)
    else:
        page.write_number(i, j, shown[0], styles.number(shown[1]))


def _plain(cell: Any, built: Assembled) -> str:
    return built.text(cell) if isinstance(cell, str | Bound | tuple) else str(cell)


def _print_setup(page: Any, built: Assembled) -> None:
    page.set_paper(9)
    page.fit_to_pages(1, 0)
    page.set_landscape()
    mark = f"&L{words(built.lang)['synthetic_long']}" if built.document.is_synthetic else ""
    page.set_footer(f"{mark}&C— &P —")
