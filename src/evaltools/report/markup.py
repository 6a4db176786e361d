"""Blocks as plain semantic HTML: table with caption, figure with figcaption, data for every bound number.

One `Pen` writes for three readers: the web page ("web"), pandoc on its way to Word ("word"), a notebook cell ("cell").
They differ only in what surrounds a block, never in what it says.
"""

from __future__ import annotations

import base64
import unicodedata
from collections.abc import Callable
from html import escape

from evaltools.report.assemble import Assembled, Placed, PlacedChapter
from evaltools.report.blocks import (
    Block,
    Bound,
    Bullets,
    Callout,
    Document,
    Figure,
    Heading,
    Inline,
    PageBreak,
    Paragraph,
    Ref,
    Styled,
    Table,
    inline_parts,
    plain_text,
)
from evaltools.report.words import words

TAGS = {"strong": "strong", "em": "em", "code": "code"}


class Pen:
    """`document` gives numbers and ids ("cell" does without); `picture` returns the src of a figure's image."""

    def __init__(
        self, mode: str = "cell", document: Assembled | None = None, lang: str = "zh",
        picture: Callable[[Placed], str] | None = None,
    ) -> None:  # fmt: skip
        self.mode, self.document, self.picture = mode, document, picture or inlined
        self.say = words(document.lang if document else lang)

    def inline(self, text: Inline | None) -> str:
        """Inline text as HTML."""
        return "".join(self._part(p) for p in inline_parts(text or ""))

    def block(self, placed: Placed) -> str:
        """One block as HTML."""
        b = placed.block
        if isinstance(b, Heading):
            return self._heading(b, placed)
        if isinstance(b, Paragraph):
            return f"<p>{self.inline(b.parts)}</p>"
        if isinstance(b, Bullets):
            tag = "ol" if b.ordered else "ul"
            return f"<{tag}>" + "".join(f"<li>{self.inline(i)}</li>" for i in b.items) + f"</{tag}>"
        if isinstance(b, Table):
            return self._table(b, placed)
        if isinstance(b, Figure):
            return self._figure(b, placed)
        if isinstance(b, Callout):
            return self._callout(b)
        if isinstance(b, PageBreak):
            empty = '<div data-custom-style="PageBreak">\n<p>&#160;</p>\n</div>'
            return empty if self.mode == "word" else '<hr class="page">'
        raise TypeError(f"no such block: {type(b).__name__}")

    def chapter(self, placed: PlacedChapter) -> str:
        """A chapter with its heading."""
        head = self.structure(placed.label) + escape(placed.chapter.title)
        inside = "\n".join(self.block(item) for item in placed.items)
        heading = f'<h1 id="{placed.anchor}">{head}</h1>' if head else ""
        if self.mode == "word":
            return f"{heading}\n{inside}"
        return f'<section class="chapter">\n{heading.replace("h1", "h2")}\n{inside}\n</section>'

    def structure(self, text: str) -> str:
        """A number that the assembler gave."""
        return f'<span class="structure">{escape(text)}</span>' if text and self.mode == "web" else escape(text)

    def ground(self, bound: Bound) -> str:
        """What a number stands on, in one line: the tooltip of the web page."""
        g, say = bound.source, self.say
        pairs = ((say["formula"], g.formula), (say["tables"], ", ".join(g.tables)),
                 (say["rows"], "" if g.rows is None else str(g.rows)), (say["rules"], ", ".join(g.rules)))  # fmt: skip
        told = "; ".join(f"{k}: {v}" for k, v in pairs if v)
        return f"{bound.ref}" + (f" · {told}" if told else "") + (f" · {g.note}" if g.note else "")

    def _part(self, part: str | Bound | Ref | Styled) -> str:
        if isinstance(part, str):
            return escape(part)
        if isinstance(part, Styled):
            return f"<{TAGS[part.style]}>{escape(part.text)}</{TAGS[part.style]}>"
        if isinstance(part, Ref):
            return self._reference(part)
        if self.mode != "web" or self.document is None:
            return escape(part.text)
        value = "" if part.value is None else str(part.value)
        told = escape(self.ground(part), quote=True)
        mark = self.document.ids[part]
        return f'<data value="{escape(value, quote=True)}" data-n="{mark}" title="{told}">{escape(part.text)}</data>'

    def _reference(self, ref: Ref) -> str:
        if self.document is None:
            return f"[{escape(ref.target)}]"
        target = self.document.target(ref)
        return f'<a href="#{target.anchor}">{self.structure(target.number)}</a>'

    def _heading(self, b: Heading, placed: Placed) -> str:
        level = b.level + (1 if self.mode == "word" else 2)
        mark = f' id="{placed.anchor}"' if placed.anchor else ""
        return f"<h{level}{mark}>{self.structure(placed.number)}{self.inline(b.text)}</h{level}>"

    def _caption(self, title: Inline, placed: Placed) -> str:
        gap = "　" if self.say["chapter"].endswith("、") else ". "
        return self.structure(placed.number) + (gap if placed.number else "") + self.inline(title)

    def _table(self, b: Table, placed: Placed) -> str:
        shares = column_shares(b)
        cols = "".join(f'<col style="width:{s:.1%}">' for s in shares) if self.mode == "word" else ""
        heads = "".join(f"<th{_align(c.align)}>{self.inline(c.title)}{self._unit(c.unit)}</th>" for c in b.columns)
        rows = "\n".join(
            "<tr>" + "".join(self._cell(b, i, j, cell) for j, cell in enumerate(row)) + "</tr>"
            for i, row in enumerate(b.rows)
        )
        caption = f"<caption>{self._caption(b.title, placed)}</caption>"
        table = (f"<table>{caption}\n<colgroup>{cols}</colgroup>\n" if cols else f"<table>{caption}\n") + (
            f"<thead><tr>{heads}</tr></thead>\n<tbody>\n{rows}\n</tbody></table>"
        )
        if self.mode == "word":
            return table + "\n" + self._notes(b)
        mark = f' id="{placed.anchor}"' if placed.anchor else ""
        return f'<div class="table"{mark}>\n<div class="scroll">{table}</div>\n{self._notes(b)}</div>'

    def _cell(self, b: Table, i: int, j: int, cell: Inline) -> str:
        content = self.inline(cell)
        if (i, j) in b.emphasis:
            content = f"<strong>{content}</strong>"
        return f"<td{_align(b.columns[j].align)}{self._sort_key(cell)}>{content}</td>"

    def _sort_key(self, cell: Inline) -> str:
        parts = inline_parts(cell)
        if self.mode != "web" or len(parts) != 1 or not isinstance(parts[0], Bound):
            return ""
        value = parts[0].value
        value = value[0] if isinstance(value, tuple) and value else value
        is_number = isinstance(value, int | float) and not isinstance(value, bool)
        return f' data-sort="{value}"' if is_number else ""

    def _unit(self, unit: str) -> str:
        return f'<span class="unit">（{escape(unit)}）</span>' if unit else ""

    def _figure(self, b: Figure, placed: Placed) -> str:
        caption = self._caption(b.title, placed)
        if self.mode == "cell":
            return f"<p><strong>{caption}</strong></p>\n{self._notes(b)}"
        alt = escape(self.document.text(b.alt) if self.document else plain_text(b.alt), quote=True)
        if self.mode == "word":
            image = f'<img src="{self.picture(placed)}" alt="{alt}">'
            return (f'<div data-custom-style="Picture"><p>{image}</p></div>\n'
                    f'<div data-custom-style="PictureCaption"><p>{caption}</p></div>\n{self._notes(b)}')  # fmt: skip
        image = f'<img src="{self.picture(placed)}" alt="{alt}">'
        return f'<figure id="{placed.anchor}">{image}\n<figcaption>{caption}</figcaption>\n{self._notes(b)}</figure>'

    def _notes(self, b: Table | Figure) -> str:
        lines = [(self.say[k], v) for k, v in (("n", b.n), ("source", b.source), ("note", b.note)) if v]
        if not lines:
            return ""
        told = "".join(f"<p>{escape(label)}{self.inline(text)}</p>" for label, text in lines)
        if self.mode == "word":
            return f'<div data-custom-style="TableNote">\n{told}\n</div>'
        return f'<div class="notes">{told}</div>\n'

    def _callout(self, b: Callout) -> str:
        title = self.inline(b.title) or escape(self.say[f"callout_{b.tone}"])
        if self.mode == "word":
            body = f"<p><strong>{title}</strong></p>\n<p>{self.inline(b.parts)}</p>"
            return f'<div data-custom-style="Callout {b.tone}">\n{body}\n</div>'
        return f'<aside class="callout {b.tone}"><p class="head">{title}</p><p>{self.inline(b.parts)}</p></aside>'


def cell_html(block: Block | Document, lang: str = "zh") -> str:
    """A block as a notebook shows it: no numbers of tables yet, no pictures (they travel as image outputs)."""
    pen = Pen("cell", lang=lang)
    if isinstance(block, Document):
        lines = "".join(f"<p>{escape(k)}：{pen.inline(v)}</p>" for k, v in block.meta["lines"])
        return f"<h1>{pen.inline(block.title)}</h1><p>{pen.inline(block.subtitle)}</p>{lines}"
    return pen.block(Placed(block, "", "", ""))


def inlined(placed: Placed) -> str:
    """A figure's picture as a data address, so that a page is one file: SVG where there is one, else PNG."""
    b = placed.block
    if not isinstance(b, Figure):
        raise TypeError(f"{type(b).__name__} is no figure")
    kind, content = ("svg+xml", b.svg.encode("utf-8")) if b.svg else ("png", b.png)
    return f"data:image/{kind};base64,{base64.b64encode(content).decode('ascii')}"


def column_shares(table: Table, least: float = 5, most: float = 34) -> tuple[float, ...]:
    """The share of the width of each column, summing to 1: as given, the rest by the length of what stands in it.

    Short cells and titles stay on one line; long text shares what is left so that its rows come out about equally high.
    """
    wanted = []
    for j, c in enumerate(table.columns):
        cells = [w for row in table.rows if (w := text_width(plain_text(row[j])))]
        longest, usual = max(cells, default=0), sum(cells) / len(cells) if cells else 0
        full = text_width(plain_text(c.title)) + (text_width(c.unit) + 4 if c.unit else 0)
        head = min(full, max(12, full / 2))
        wanted.append(min(most, max(least, head, min(longest, 14), 0.5 * usual + 0.2 * longest)))
    fixed = sum(c.width or 0 for c in table.columns)
    free = sum(w for w, c in zip(wanted, table.columns, strict=True) if c.width is None)
    room = max(0.0, 1 - fixed)
    shares = [c.width if c.width is not None else w / free * room for w, c in zip(wanted, table.columns, strict=True)]
    total = sum(shares)
    return tuple(s / total for s in shares)


def text_width(text: str) -> int:
    """Width in half characters: a Chinese character counts two."""
    return sum(2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text)


def _align(align: str) -> str:
    return "" if align == "left" else f' style="text-align:{align}"'
