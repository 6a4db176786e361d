"""Evaluators' prose (Markdown cells) as blocks: headings, paragraphs, lists, tables, quotes, pictures.

Numbers in prose are typed ones: they are kept, and the assembler lists them.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator, Mapping
from typing import Any

from markdown_it import MarkdownIt
from markdown_it.tree import SyntaxTreeNode

from evaltools.errors import ReportError
from evaltools.report.assemble import CHINESE
from evaltools.report.blocks import (
    Block,
    Bullets,
    Callout,
    Chapter,
    Column,
    Figure,
    Heading,
    PageBreak,
    Paragraph,
    Part,
    Styled,
    Table,
    plain_text,
)
from evaltools.report.images import to_png
from evaltools.report.words import words

CHAPTER = re.compile(rf"^\s*(?:第?([{CHINESE}]{{1,3}})(?:、|章\s*)|(附录\s*[A-Z]|Appendix [A-Z])[\s　、.]*)\s*(.+)$")
"""A first-level heading 五、... or 附录G ... opens a chapter of that number."""
TITLED = re.compile(r"^(?:表|图|Table|Figure)\s*[:：]\s*(.+)$")
"""A paragraph `表：标题` names the Markdown table that follows."""


def blocks_from_markdown(
    source: str, attachments: Mapping[str, Mapping[str, str]] | None = None, lang: str = "zh"
) -> tuple[Block | Chapter, ...]:  # fmt: skip
    """Blocks of a Markdown text; a first-level heading comes as an empty `Chapter`, which opens one.

    `attachments`: those of the notebook cell, name -> {mime: base64}. Errors: ReportError for a picture that is not in
    the notebook (a report must open with the network cut).
    """
    tree = SyntaxTreeNode(MarkdownIt("commonmark").enable("table").parse(source))
    reader = _Reader(attachments or {}, words(lang))
    return tuple(reader.blocks(tree.children))


class _Reader:
    def __init__(self, attachments: Mapping[str, Mapping[str, str]], say: Mapping[str, str]) -> None:
        self.attachments, self.say, self.title = attachments, say, ""

    def blocks(self, nodes: list[SyntaxTreeNode]) -> Iterator[Block | Chapter]:
        for node in nodes:
            yield from self.block(node)

    def block(self, node: SyntaxTreeNode) -> Iterator[Block | Chapter]:
        kind = node.type
        if kind == "heading":
            yield self._heading(node)
        elif kind == "paragraph":
            yield from self._paragraph(node)
        elif kind in ("bullet_list", "ordered_list"):
            yield Bullets(tuple(self._items(node)), ordered=kind == "ordered_list")
        elif kind == "blockquote":
            yield Callout(tuple(self._lines(node)))
        elif kind == "table":
            yield self._table(node)
        elif kind in ("fence", "code_block"):
            yield from (Paragraph(Styled(row, "code")) for row in node.content.rstrip("\n").split("\n") if row.strip())
        elif kind == "hr":
            yield PageBreak()
        elif kind == "html_block":
            text = re.sub(r"<!--.*?-->|<[^>]+>", "", node.content, flags=re.S).strip()
            yield from ([Paragraph(text)] if text else [])

    def _heading(self, node: SyntaxTreeNode) -> Block | Chapter:
        level, parts = int(node.tag[1]), tuple(self._inline(node))
        if level > 1:
            return Heading(parts, min(level - 1, 3))
        text = plain_text(parts).strip()
        m = CHAPTER.match(text)
        return Chapter((m[1] or m[2]).replace(" ", ""), m[3].strip()) if m else Chapter("", text)

    def _paragraph(self, node: SyntaxTreeNode) -> Iterator[Block]:
        parts: list[Part] = []
        for part in self._inline(node):
            if isinstance(part, Figure):
                yield from ([Paragraph(*parts)] if parts else [])
                yield part
                parts = []
            else:
                parts.append(part)
        titled = TITLED.match(plain_text(tuple(parts)))
        if titled:
            self.title = titled[1].strip()
        elif plain_text(tuple(parts)).strip():
            yield Paragraph(*parts)

    def _items(self, node: SyntaxTreeNode) -> Iterator[tuple[Part, ...]]:
        for item in node.children:
            yield tuple(self._lines(item))

    def _lines(self, node: SyntaxTreeNode) -> Iterator[Part]:
        """The inline text of all that stands inside a node; nested lists run on after a semicolon."""
        for i, leaf in enumerate(n for n in node.walk() if n.type == "inline"):
            yield from (["；" if self.say["comma"] == "、" else "; "] if i else [])
            yield from (p for p in self._inline_node(leaf) if not isinstance(p, Figure))

    def _table(self, node: SyntaxTreeNode) -> Table:
        rows = [[tuple(self._inline(cell)) for cell in row.children] for part in node.children for row in part.children]
        heads = node.children[0].children[0].children
        aligns = [re.search(r"text-align:(\w+)", str(c.attrs.get("style", ""))) for c in heads]
        columns = tuple(Column(h, a[1] if a else "left") for h, a in zip(rows[0], aligns, strict=True))
        title, self.title = self.title or self.say["extra_table"], ""
        return Table(title, columns, tuple(tuple(r) for r in rows[1:]))

    def _inline(self, node: SyntaxTreeNode) -> Iterator[Any]:
        for child in node.children:
            if child.type == "inline":
                yield from self._inline_node(child)

    def _inline_node(self, node: SyntaxTreeNode, style: str = "") -> Iterator[Any]:
        for child in node.children:
            kind = child.type
            if kind in ("strong", "em"):
                yield from self._inline_node(child, style or kind)
            elif kind == "link":
                yield from self._inline_node(child, style)
                href = str(child.attrs.get("href", ""))
                yield from ([f"（{href}）"] if href.startswith("http") and href not in plain_content(child) else [])
            elif kind == "image":
                yield self._image(child)
            elif kind in ("softbreak", "hardbreak"):
                yield "" if self.say["comma"] == "、" and kind == "softbreak" else " "
            elif kind == "code_inline":
                yield Styled(child.content, "code")
            elif child.content and kind != "html_inline":
                yield Styled(child.content, style) if style else child.content

    def _image(self, node: SyntaxTreeNode) -> Figure:
        source, alt = str(node.attrs.get("src", "")), plain_content(node)
        found = re.match(r"data:image/([\w+]+);base64,(.+)$", source)
        attached = self.attachments.get(source.removeprefix("attachment:"), {})
        if found:
            mime, content = f"image/{found[1]}", found[2]
        elif attached:
            mime, content = next(iter(attached.items()))
        else:
            raise ReportError(
                f"a picture at {source!r} that is not in the notebook", expected="a picture of the notebook",
                todo="paste or drag the picture into the Markdown cell (an attachment)",
            )  # fmt: skip
        raw = base64.b64decode(content)
        svg = raw.decode("utf-8") if mime == "image/svg+xml" else ""
        return Figure(alt or self.say["extra_figure"], svg, b"" if svg else to_png(raw), {}, alt)


def plain_content(node: SyntaxTreeNode) -> str:
    """The characters inside an inline node."""
    return "".join(n.content for n in node.walk() if n.type in ("text", "code_inline"))
