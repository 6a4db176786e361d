"""Structure: numbers of chapters, headings, tables and figures; the register of bound numbers; what was typed by hand.

Everything a writer needs beyond the blocks themselves is decided here once, so that all formats agree.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace

from evaltools.errors import ReportError, nearest
from evaltools.report.agreement import check_agreement
from evaltools.report.blocks import (
    Block,
    Bound,
    Bullets,
    Callout,
    Chapter,
    Column,
    Document,
    Figure,
    Ground,
    Heading,
    Inline,
    Paragraph,
    Ref,
    Styled,
    Table,
    inline_parts,
    plain_text,
)  # fmt: skip
from evaltools.report.words import words

NUMERAL = re.compile(r"[0-9０-９]+(?:[.,．，][0-9０-９]+)*")
"""A numeral as the check reads it: digits, with inner points and commas."""

CHINESE = "一二三四五六七八九十"
GIVEN = re.compile(rf"^\s*(?:（(?:[{CHINESE}]+|[0-9]+)）|\([0-9]+\)|[0-9]+(?:\.[0-9]+)*[.．、\s]|[{CHINESE}]+、)\s*")
"""A number that somebody wrote before a heading; the assembler gives its own."""


@dataclass(frozen=True)
class Placed:
    """A block in its place: `number` (（一）, 表2-1) is "" for blocks without one; `where` says it in words."""

    block: Block
    number: str
    anchor: str
    where: str


@dataclass(frozen=True)
class PlacedChapter:
    """`label`: what stands before the title (二、 or 附录A　), "" for none."""

    chapter: Chapter
    label: str
    anchor: str
    items: tuple[Placed, ...]


@dataclass(frozen=True)
class Typed:
    """A numeral that somebody typed: not bound to data or rule."""

    numeral: str
    text: str
    where: str


@dataclass(frozen=True)
class Assembled:
    """A document ready for every writer.

    `ids`: bound number -> its id in report.json; `places`: id -> where it stands; `targets`: key -> table or figure.
    """

    document: Document
    chapters: tuple[PlacedChapter, ...]
    ids: dict[Bound, str] = field(default_factory=dict)
    places: dict[str, tuple[str, ...]] = field(default_factory=dict)
    targets: dict[str, Placed] = field(default_factory=dict)
    unbound: tuple[Typed, ...] = ()

    @property
    def lang(self) -> str:
        return self.document.lang

    def target(self, ref: Ref) -> Placed:
        """Where a reference points. Errors: ReportError with the keys nearest to an unknown one."""
        if ref.target not in self.targets:
            raise ReportError(f"a reference to {ref.target!r}, which no table or figure has as key",
                              expected=nearest(ref.target, self.targets) if self.targets else "a key")  # fmt: skip
        return self.targets[ref.target]

    def text(self, inline: Inline | None) -> str:
        """Inline text as plain characters, references resolved."""
        if inline is None:
            return ""
        return "".join(self.target(p).number if isinstance(p, Ref) else plain_text(p) for p in inline_parts(inline))


def assemble(document: Document) -> Assembled:
    """Number a document's parts and register its numbers.

    Typed numerals get a list of their own at the end of appendix E (or in a chapter of their own).
    Errors: ReportError for a repeated key, a reference to nothing, a text that does not show its value.
    """
    unbound = tuple(_typed(document))
    if unbound:
        document = _with_list_of_typed(document, unbound)
    chapters = tuple(_place(c, document.lang, i) for i, c in enumerate(document.chapters, 1))
    targets: dict[str, Placed] = {}
    for item in (i for c in chapters for i in c.items):
        key = getattr(item.block, "key", "")
        if key and key in targets:
            raise ReportError(f"two tables or figures with the key {key!r}", where=item.where, expected="each key once")
        if key:
            targets[key] = item
    built = Assembled(document, chapters, {}, {}, targets, unbound)
    _register(built)
    return built


def texts(block: Block) -> Iterator[tuple[str, Inline]]:
    """(place in the block, inline text) of every text of a block; the place is a key `at_...` of `words`."""
    if isinstance(block, Heading):
        yield "at_heading", block.text
    elif isinstance(block, Paragraph):
        yield "at_paragraph", block.parts
    elif isinstance(block, Bullets):
        yield from (("at_list", item) for item in block.items)
    elif isinstance(block, Callout):
        yield "at_callout", (*inline_parts(block.title), *block.parts)
    elif isinstance(block, Table | Figure):
        yield "at_title", block.title
        if isinstance(block, Table):
            yield from (("at_column", (*inline_parts(c.title), c.unit)) for c in block.columns)
            yield from (("at_cell", cell) for row in block.rows for cell in row)
        else:
            yield "at_alt", block.alt
        yield from (("at_n", block.n or ""), ("at_source", block.source), ("at_note", block.note))


def all_texts(document: Document) -> Iterator[tuple[str, str, Inline]]:
    """(where in words, place in the block, inline text) over a whole document, title page first."""
    say = words(document.lang)
    front = [document.title, document.subtitle, *(t for line in document.meta["lines"] for t in line)]
    yield from ((say["at_title_page"], "at_title_page", text) for text in front)
    for chapter in document.chapters:
        name = chapter.number or chapter.title
        yield f"{name} · {say['at_chapter']}", "at_chapter", chapter.title
        for block in chapter.blocks:
            title = plain_text(getattr(block, "title", ""))[:40]
            for place, text in texts(block):
                yield " · ".join(p for p in (name, title, say[place]) if p), place, text


def chapter_prefix(number: str) -> str:
    """What stands before the hyphen of 表2-1: 二 → 2, 十一 → 11, 附录A → A, none (摘要) → 0."""
    if not number:
        return "0"
    letters = re.search(r"[A-Za-z]$", number)
    if letters:
        return letters[0].upper()
    if number.isdigit():
        return number
    tens, _, ones = number.rpartition("十")
    if "十" in number:
        return str((CHINESE.index(tens) + 1 if tens else 1) * 10 + (CHINESE.index(ones) + 1 if ones else 0))
    if number in CHINESE:
        return str(CHINESE.index(number) + 1)
    raise ReportError(f"chapter number {number!r}", expected="一, 二 ... 附录A, a number or nothing")


def chinese(n: int) -> str:
    """1 → 一, 12 → 十二, 20 → 二十 (1 to 99)."""
    tens, ones = divmod(n, 10)
    head = "" if not tens else "十" if tens == 1 else CHINESE[tens - 1] + "十"
    return head + (CHINESE[ones - 1] if ones else "")


def _place(chapter: Chapter, lang: str, order: int) -> PlacedChapter:
    prefix, say = chapter_prefix(chapter.number), words(lang)
    anchor = f"c{prefix}" if chapter.number else f"c0-{order}"
    counts = {"table": 0, "figure": 0, 1: 0, 2: 0, 3: 0}
    items = []
    for block in chapter.blocks:
        number = mark = ""
        if isinstance(block, Heading):
            block, number = _heading(block, counts, prefix, lang)
            mark = f"{anchor}-h{'-'.join(str(counts[i]) for i in range(1, block.level + 1))}"
        elif isinstance(block, Table | Figure):
            kind = "table" if isinstance(block, Table) else "figure"
            counts[kind] += 1
            number = f"{say[kind]}{prefix}-{counts[kind]}"
            mark = f"{kind}-{prefix}-{counts[kind]}" if chapter.number else f"{kind}-{order}-{counts[kind]}-0"
        items.append(Placed(block, number, mark, f"{chapter.number or chapter.title} {number}".strip()))
    label = "" if not chapter.number else say["chapter"].format(number=chapter.number)
    if re.search(r"[A-Za-z]$", chapter.number):
        label = chapter.number + "　" if lang == "zh" else chapter.number + ". "
    return PlacedChapter(chapter, label, anchor, tuple(items))


def _heading(block: Heading, counts: dict, prefix: str, lang: str) -> tuple[Heading, str]:
    counts[block.level] += 1
    for deeper in range(block.level + 1, 4):
        counts[deeper] = 0
    parts = inline_parts(block.text)
    if parts and isinstance(parts[0], str):
        parts = (GIVEN.sub("", parts[0]), *parts[1:])
    n = counts[block.level]
    if lang != "zh":
        number = ".".join([prefix, *(str(counts[i]) for i in range(1, block.level + 1))]) + " "
    else:
        number = {1: f"（{chinese(n)}）", 2: f"{n}. ", 3: f"（{n}）"}[block.level]
    return replace(block, text=parts), number


def _typed(document: Document) -> Iterator[Typed]:
    for where, place, text in all_texts(document):
        parts = inline_parts(text)
        if place == "at_heading" and parts and isinstance(parts[0], str):
            parts = (GIVEN.sub("", parts[0]), *parts[1:])
        for part in parts:
            if isinstance(part, str | Styled):
                content = part if isinstance(part, str) else part.text
                yield from (Typed(m[0], content.strip()[:60], where) for m in NUMERAL.finditer(content))


def _with_list_of_typed(document: Document, unbound: Iterable[Typed]) -> Document:
    say = words(document.lang)
    counted: dict[tuple[str, str], list[str]] = {}
    for t in unbound:
        counted.setdefault((t.where, t.text), []).append(t.numeral)
    rows = tuple(
        tuple(_quoted(t, say["typed"]) for t in (say["comma"].join(nums), text, where))
        for (where, text), nums in counted.items()
    )
    table = Table(say["typed_title"], (Column(say["typed_numeral"], width=0.2), Column(say["typed_text"], width=0.5),
                  Column(say["typed_where"], width=0.3)), rows, note=say["typed_note"])  # fmt: skip
    added: tuple[Block, ...] = (Heading(say["typed_heading"]), table)
    chapters = list(document.chapters)
    at = next((i for i, c in enumerate(chapters) if chapter_prefix(c.number) == "E"), None)
    if at is None:
        chapters.append(Chapter("", say["typed_heading"], (table,)))
    else:
        chapters[at] = replace(chapters[at], blocks=chapters[at].blocks + added)
    return replace(document, chapters=tuple(chapters))


def _quoted(text: str, how: str) -> Bound:
    """Typed text repeated in the list of typed numbers: bound to the fact that it was typed."""
    return Bound(text, text, "text", "typed", Ground("run", formula=how))


def _register(built: Assembled) -> None:
    places: dict[str, list[str]] = {}
    for where, _, text in all_texts(built.document):
        for part in inline_parts(text):
            if isinstance(part, Bound):
                if part not in built.ids:
                    check_agreement(part, where)
                    built.ids[part] = f"n{len(built.ids) + 1}"
                seen = places.setdefault(built.ids[part], [])
                if where not in seen:
                    seen.append(where)
            elif isinstance(part, Ref):
                built.target(part)
    built.places.update({k: tuple(v) for k, v in places.items()})
