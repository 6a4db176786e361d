"""How blocks travel through a notebook.

An output holds the block as JSON (`MIME`), as HTML to look at and as one line of text; these are compared by nbval, so
a changed number fails. Pictures go where nbval does not look: PNG under image/png, SVG in the output's metadata. What
was drawn (`Figure.data`) is part of the JSON and is compared.
"""

from __future__ import annotations

import base64
from typing import Any

from evaltools.report.blocks import Block, Chapter, Document, Figure, Table, plain_text
from evaltools.report.serial import TAG, encode

MIME = "application/vnd.evaltools.block.v1+json"
KEY = "evaltools"
"""Key in an output's metadata under which a figure's SVG stands."""

Bundle = tuple[dict[str, Any], dict[str, Any]]


def bundle(block: Block) -> Bundle:
    """(data, metadata) of one block for Jupyter."""
    from evaltools.report.markup import cell_html

    if not isinstance(block, Figure):
        return {MIME: encode(block), "text/html": cell_html(block), "text/plain": line(block)}, {}
    payload = {k: v for k, v in encode(block).items() if k not in ("svg", "png")}
    data = {MIME: payload, "text/plain": line(block)}
    if block.png:
        data["image/png"] = base64.b64encode(block.png).decode("ascii")
    return data, {KEY: {"svg": block.svg}}


def pieces(item: Chapter | Document) -> list[Bundle]:
    """A chapter in outputs of its own: its opening, its text and tables, each figure as a picture between them.

    HTML wins over pictures in Jupyter, so a picture must be an output without HTML.
    """
    from evaltools.report.markup import cell_html

    if isinstance(item, Document):
        payload = {k: v for k, v in encode(item).items() if k != "chapters"}
        out: list[Bundle] = [({MIME: payload, "text/html": cell_html(item), "text/plain": line(item)}, {})]
        return out + [p for c in item.chapters for p in pieces(c)]
    opening = {TAG: "chapter", "number": item.number, "title": item.title}
    title = f"{item.number}　{item.title}".strip("　")
    out = [({MIME: opening, "text/html": f"<h2>{title}</h2>", "text/plain": f"<Chapter {title}>"}, {})]
    group: list[Block] = []
    for block in item.blocks:
        if isinstance(block, Figure):
            out += [_group(group)] if group else []
            out.append(bundle(block))
            group = []
        else:
            group.append(block)
    return out + ([_group(group)] if group else [])


def show(item: Chapter | Document) -> None:
    """Display a chapter or a title page in the running notebook; elsewhere, as text."""
    from IPython.display import display

    for data, metadata in pieces(item):
        display(data, metadata=metadata, raw=True)


def line(block: Block | Document) -> str:
    """One line of text that names a block."""
    title = plain_text(getattr(block, "title", "") or getattr(block, "text", ""))
    rows = f", {len(block.rows)} × {len(block.columns)}" if isinstance(block, Table) else ""
    return f"<{type(block).__name__}{' ' + title if title else ''}{rows}>"


def _group(blocks: list[Block]) -> Bundle:
    from evaltools.report.markup import cell_html

    html = "\n".join(cell_html(b) for b in blocks)
    return {MIME: encode(blocks), "text/html": html, "text/plain": "\n".join(line(b) for b in blocks)}, {}
