"""PDF by Typst: the document goes in as data (document.json), the layout is `assets/report.typ`.

No text of the report is ever Typst source, so nothing in it can be taken for markup. Only the shipped faces (and the
user's) are visible to the compiler; the document's date is `as_of`, so equal documents give equal bytes.
"""

from __future__ import annotations

import json
import re
import shutil
import tempfile
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import typst

from evaltools.errors import ReportError
from evaltools.report import fonts
from evaltools.report.assemble import Assembled, Placed
from evaltools.report.blocks import Bullets, Callout, Figure, Heading, Inline, PageBreak, Paragraph, Ref, Styled, Table
from evaltools.report.inline import inline_parts, plain_text
from evaltools.report.markup import column_shares
from evaltools.report.words import words
from evaltools.report.writers.web import ASSETS

Line = list[list[str]]
LONG = re.compile(r"[!-~]{21,}")
"""A run of Latin characters too long for a narrow column: a digest, an address."""


def pdf_bytes(built: Assembled) -> bytes:
    """The PDF. Errors: ReportError with the compiler's message."""
    with tempfile.TemporaryDirectory(prefix="evaltools-pdf-") as name:
        folder = Path(name)
        faces = folder / "fonts"
        faces.mkdir()
        for path in (*fonts.shipped(), *fonts.added()):
            shutil.copy(path, faces)
        data = typeset(built, folder)
        (folder / "document.json").write_text(json.dumps(data, ensure_ascii=False), "utf-8")
        shutil.copy(ASSETS / "report.typ", folder / "report.typ")
        try:
            made = typst.compile(str(folder / "report.typ"), root=name, font_paths=[str(faces)],
                                 ignore_system_fonts=True, format="pdf")  # fmt: skip
            return bytes(made[0]) if isinstance(made, list) else bytes(made)
        except typst.TypstError as error:
            raise ReportError(f"the PDF could not be set: {error}", where="assets/report.typ") from error


def typeset(built: Assembled, folder: Path) -> dict[str, Any]:
    """What the layout reads; pictures are written to `folder`."""
    document, say = built.document, words(built.lang)
    text = _speaker(built)
    own = list(fonts.families()[2:])
    day = date.fromisoformat(str(document.meta.get("as_of", "1980-01-01"))[:10])
    return {
        "lang": built.lang, "synthetic": document.is_synthetic, "date": [day.year, day.month, day.day],
        "title-text": built.text(document.title), "title": text(document.title), "subtitle": text(document.subtitle),
        "lines": [[label, text(value)] for label, value in document.meta["lines"]],
        "words": {k: say[k] for k in ("contents", "synthetic", "synthetic_long")},
        "fonts": {"serif": [fonts.SERIF, fonts.SANS, *own], "sans": [fonts.SANS, fonts.SERIF, *own]},
        "chapters": [
            {"title": c.label + c.chapter.title, "anchor": c.anchor,
             "items": [_item(i, built, text, folder) for i in c.items]}
            for c in built.chapters
        ],
    }  # fmt: skip


def _speaker(built: Assembled) -> Callable[[Inline | None], Line]:
    def text(inline: Inline | None) -> Line:
        out: Line = []
        for p in inline_parts(inline or ""):
            if isinstance(p, Ref):
                target = built.target(p)
                out.append(["ref", target.number, target.anchor])
            elif isinstance(p, Styled):
                out.append([p.style, breakable(p.text), ""])
            else:
                out.append(["text", breakable(plain_text(p)), ""])
        return out

    return text


def breakable(text: str) -> str:
    """The text with invisible places to break (U+200B) in runs that would stick out of a column."""
    return LONG.sub(lambda m: re.sub(r"(.{8})(?=.)", "\\1\u200b", m[0]), text)


def _item(placed: Placed, built: Assembled, text: Callable[[Inline | None], Line], folder: Path) -> dict[str, Any]:
    b, kind = placed.block, type(placed.block).__name__.lower()
    out: dict[str, Any] = {"block": kind, "anchor": placed.anchor}
    number: Line = [["text", placed.number, ""]] if placed.number else []
    if isinstance(b, Heading):
        return out | {"level": b.level, "parts": number + text(b.text)}
    if isinstance(b, Paragraph):
        return out | {"parts": text(b.parts)}
    if isinstance(b, Bullets):
        return out | {"items": [text(i) for i in b.items], "ordered": b.ordered}
    if isinstance(b, Callout):
        title = text(b.title) or [["text", words(built.lang)[f"callout_{b.tone}"], ""]]
        return out | {"parts": text(b.parts), "title": title, "tone": b.tone}
    if isinstance(b, PageBreak):
        return out
    gap: Line = [["text", "　" if built.lang == "zh" else ". ", ""]]
    out |= {"title": number + gap + text(b.title), "notes": _notes(b, built, text)}
    if isinstance(b, Figure):
        return out | {"file": _save(b, placed, folder), "alt": built.text(b.alt)}
    return out | {"columns": _columns(b, text), "rows": _rows(b, text)}


def _notes(b: Table | Figure, built: Assembled, text: Callable[[Inline | None], Line]) -> list[Any]:
    say = words(built.lang)
    return [[say[k], text(v)] for k, v in (("n", b.n), ("source", b.source), ("note", b.note)) if v]


def _columns(b: Table, text: Callable[[Inline | None], Line]) -> list[dict[str, Any]]:
    return [
        {"title": text(c.title) + ([["text", f"（{c.unit}）", ""]] if c.unit else []), "align": c.align, "share": share}
        for c, share in zip(b.columns, column_shares(b), strict=True)
    ]


def _rows(b: Table, text: Callable[[Inline | None], Line]) -> list[list[dict[str, Any]]]:
    return [
        [{"parts": text(cell), "bold": (i, j) in b.emphasis} for j, cell in enumerate(row)]
        for i, row in enumerate(b.rows)
    ]


def _save(b: Figure, placed: Placed, folder: Path) -> str:
    name = f"{placed.anchor}.{'svg' if b.svg else 'png'}"
    (folder / name).write_bytes(b.svg.encode("utf-8") if b.svg else b.png)
    return name
