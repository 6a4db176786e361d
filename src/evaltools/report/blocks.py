"""The blocks a report is made of: plain frozen data, described once and rendered per format.

Text is `Inline`: a string, a `Bound` number, a `Ref` to a table or figure, `Styled` words, or a tuple of these. A digit
inside a plain string is a typed number: the assembler lists it as such (手工录入). Structure numbers (chapters,
headings, tables, figures) are never written by hand: the assembler gives them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from evaltools.errors import ReportError
from evaltools.report.inline import (
    KINDS,
    Bound,
    Ground,
    Inline,
    Part,
    Ref,
    Scalar,
    Styled,
    inline_parts,
    plain,
    plain_text,
)  # fmt: skip

__all__ = [
    "KINDS", "Block", "Bound", "Bullets", "Callout", "Chapter", "Column", "Document", "Figure", "Ground", "Heading",
    "Inline", "PageBreak", "Paragraph", "Part", "Ref", "Scalar", "Styled", "Table", "inline_parts", "plain",
    "plain_text",
]  # fmt: skip


class Shown:
    """Shows itself in Jupyter (see `display`)."""

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> tuple[dict[str, Any], dict[str, Any]]:
        from evaltools.report.display import bundle

        return bundle(self)  # pyright: ignore[reportArgumentType]


@dataclass(frozen=True)
class Heading(Shown):
    """A heading inside a chapter. `level` 1 to 3: （一） 1. （1）; the number is given by the assembler."""

    text: Inline
    level: int = 1

    def __post_init__(self) -> None:
        if self.level not in (1, 2, 3):
            raise ReportError(f"heading level {self.level}", expected="1, 2 or 3", where=plain_text(self.text))


@dataclass(frozen=True)
class Paragraph(Shown):
    """Running text. `Paragraph("漏评率为", num(v), "。")` and `Paragraph(("漏评率为", num(v)))` are the same."""

    parts: tuple[Part, ...]

    def __init__(self, *parts: Inline) -> None:
        object.__setattr__(self, "parts", inline_parts(parts))


@dataclass(frozen=True)
class Bullets(Shown):
    """A list; `ordered` gives it numbers, which the page counts itself."""

    items: tuple[Inline, ...]
    ordered: bool = False

    def __post_init__(self) -> None:
        _tuples(self, "items")


@dataclass(frozen=True)
class Column:
    """`align`: left, right (numbers) or center; `unit` is printed after the title; `width`: share of the table."""

    title: Inline
    align: str = "left"
    unit: str = ""
    width: float | None = None

    def __post_init__(self) -> None:
        if self.align not in ("left", "right", "center"):
            raise ReportError(f"column alignment {self.align!r}", expected="left, right or center")


@dataclass(frozen=True)
class Table(Shown):
    """A three-line table. The assembler numbers it; `key` lets `Ref` point at it.

    `rows`: cells as Inline, as many as columns; `n`: the population it describes (a number with its word);
    `source`, `note`: lines under the table; `emphasis`: (row, column) of cells in bold.
    Errors: ReportError when a row has another length than the columns.
    """

    title: Inline
    columns: tuple[Column, ...]
    rows: tuple[tuple[Inline, ...], ...]
    key: str = ""
    n: Inline | None = None
    source: Inline = ""
    note: Inline = ""
    emphasis: tuple[tuple[int, int], ...] = ()

    def __post_init__(self) -> None:
        columns = tuple(c if isinstance(c, Column) else Column(c) for c in self.columns)
        object.__setattr__(self, "columns", columns)
        object.__setattr__(self, "rows", tuple(tuple(r) for r in self.rows))
        object.__setattr__(self, "emphasis", tuple((int(i), int(j)) for i, j in self.emphasis))
        for i, row in enumerate(self.rows):
            if len(row) != len(columns):
                raise ReportError(f"a row of {len(row)} cells", expected=f"{len(columns)} cells",
                                  where=f"table {plain_text(self.title)!r}, row {i + 1}")  # fmt: skip


@dataclass(frozen=True)
class Figure(Shown):
    """A figure: `svg` (glyphs as paths) for HTML and PDF, `png` for Word; `data` is what was drawn, column -> values.

    Pictures are not compared in tests, `data` is. `alt` says in words what is seen; `n` and `source` as in `Table`.
    """

    title: Inline
    svg: str
    png: bytes
    data: Mapping[str, Any]
    alt: Inline
    source: Inline = ""
    n: Inline | None = None
    note: Inline = ""
    key: str = ""

    def __post_init__(self) -> None:
        object.__setattr__(self, "data", {str(k): plain(v) for k, v in self.data.items()})
        if not self.svg and not self.png:
            raise ReportError("a figure without a picture", expected="svg, png or both", where=plain_text(self.title))


@dataclass(frozen=True)
class Callout(Shown):
    """A boxed statement. `tone`: note, good, bad, warn (told apart by a word and a line, not by colour alone)."""

    parts: tuple[Part, ...]
    title: Inline = ""
    tone: str = "note"

    def __post_init__(self) -> None:
        object.__setattr__(self, "parts", inline_parts((self.parts,)))
        if self.tone not in ("note", "good", "bad", "warn"):
            raise ReportError(f"callout tone {self.tone!r}", expected="note, good, bad or warn")


@dataclass(frozen=True)
class PageBreak(Shown):
    """A new page in print."""


Block = Heading | Paragraph | Bullets | Table | Figure | Callout | PageBreak


@dataclass(frozen=True)
class Chapter:
    """`number`: "二", "附录A", or "" for an unnumbered one such as 摘要; `title` without the number."""

    number: str
    title: str
    blocks: tuple[Block, ...] = ()

    def __post_init__(self) -> None:
        _tuples(self, "blocks")

    def _ipython_display_(self) -> None:
        from evaltools.report.display import show

        show(self)


@dataclass(frozen=True)
class Document:
    """A whole report; without chapters it is the title page of a notebook.

    `meta`: plain values under fixed names (city, year, as_of as ISO date, lang, synthetic) and `lines`, what the title
    page prints: a sequence of (label, Inline).
    """

    title: Inline
    subtitle: Inline = ""
    meta: Mapping[str, Any] = field(default_factory=dict)
    chapters: tuple[Chapter, ...] = ()

    def __post_init__(self) -> None:
        _tuples(self, "chapters")
        meta = dict(self.meta)
        lines = tuple(meta.get("lines", ()))
        meta["lines"] = tuple((str(k), v if isinstance(v, str | Bound) else inline_parts(v)) for k, v in lines)
        object.__setattr__(self, "meta", meta)

    def _ipython_display_(self) -> None:
        from evaltools.report.display import show

        show(self)

    @property
    def lang(self) -> str:
        return str(self.meta.get("lang", "zh"))

    @property
    def is_synthetic(self) -> bool:
        return bool(self.meta.get("synthetic", False))


def _tuples(obj: object, *names: str) -> None:
    for name in names:
        object.__setattr__(obj, name, tuple(getattr(obj, name)))

