"""The web page: one file, no address outside it, contents that follow, tables that sort, figures as SVG."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from evaltools.report.assemble import Assembled
from evaltools.report.blocks import Heading
from evaltools.report.markup import Pen
from evaltools.report.words import words

ASSETS = Path(__file__).resolve().parent.parent / "assets"


@cache
def environment() -> Environment:
    """Templates of `assets/`; text is escaped unless it is marked as HTML."""
    return Environment(loader=FileSystemLoader(ASSETS), autoescape=True, undefined=StrictUndefined, trim_blocks=True)


def asset(name: str) -> Markup:
    """A style sheet or script of `assets/`, to stand inside the page."""
    return Markup((ASSETS / name).read_text("utf-8").strip())


def web_bytes(built: Assembled) -> bytes:
    """The page as UTF-8."""
    pen, document = Pen("web", built), built.document
    page = environment().get_template("report.html").render(
        tag="zh-Hans" if built.lang == "zh" else "en", say=words(built.lang), css=asset("report.css"),
        js=asset("report.js"), synthetic=document.is_synthetic, title=built.text(document.title),
        heading=Markup(pen.inline(document.title)), subtitle=Markup(pen.inline(document.subtitle)),
        lines=[(label, Markup(pen.inline(text))) for label, text in document.meta["lines"]],
        contents=contents(built, pen), body=Markup("\n".join(pen.chapter(c) for c in built.chapters)),
    )  # fmt: skip
    return page.encode("utf-8")


def contents(built: Assembled, pen: Pen) -> list[dict[str, Any]]:
    """Chapters and their first-level headings, for the table of contents."""
    out = []
    for c in built.chapters:
        heads = [(i, i.block) for i in c.items if isinstance(i.block, Heading) and i.block.level == 1]
        parts = [{"anchor": i.anchor, "label": Markup(pen.structure(i.number)), "title": Markup(pen.inline(b.text))}
                 for i, b in heads]  # fmt: skip
        if c.label or c.chapter.title:
            label = Markup(pen.structure(c.label))
            out.append({"anchor": c.anchor, "label": label, "title": c.chapter.title, "parts": parts})
    return out
