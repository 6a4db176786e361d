"""Tables that evaluators show (DataFrames, Stylers, any HTML table) as blocks: merged cells filled, headers flattened.

Their numbers were computed in a cell of the notebook: each is bound to that cell and its code.
"""

from __future__ import annotations

import re
from typing import Any

from bs4 import BeautifulSoup, Tag

from evaltools.report.blocks import Bound, Column, Ground, Inline, Paragraph, Table
from evaltools.report.words import words

NUMBER = re.compile(r"^[-−+]?[¥￥]?\d[\d,]*(?:\.\d+)?(?:[eE][-+]?\d+)?\s*[%％‰]?$")
EMPTY = {"", "NaN", "<NA>", "None", "nan", "NaT"}


def blocks_from_html(html: str, title: str, ground: Ground, ref: str, lang: str = "zh") -> list[Table | Paragraph]:
    """The tables in an output's HTML; HTML without a table gives its text as paragraphs.

    `title`: for tables without a caption; `ground`, `ref`: what the numbers are bound to.
    """
    soup = BeautifulSoup(html, "html.parser")
    for tag in soup(["style", "script"]):
        tag.decompose()
    tables = [t for t in soup.find_all("table") if t.find_parent("table") is None]
    if not tables:
        lines = [" ".join(s.split()) for s in soup.get_text("\n").split("\n")]
        return [Paragraph(bound_text(s, ref, ground)) for s in lines if s]
    said = " ".join(p.get_text(" ", strip=True) for p in soup.find_all("p") if p.find_parent("table") is None)
    return [_table(t, title, ground, ref, said, lang) for t in tables]


def bound_text(text: str, ref: str, ground: Ground) -> str | Bound:
    """Computed text: bound when it holds a digit."""
    if not re.search(r"\d", text):
        return text
    return Bound(text, _value(text), "", ref, ground)


def _table(tag: Tag, title: str, ground: Ground, ref: str, said: str, lang: str) -> Table:
    caption = tag.find("caption")
    head, body = _grid(tag)
    names = [_header([row[j] for row in head]) for j in range(len((head or body)[0]))] if head or body else []
    keep = [j for j in range(len(names)) if not _is_default_index(names[j], [r[j] for r in body], j)]
    columns = tuple(Column(bound_text(names[j], ref, ground), _alignment([r[j] for r in body])) for j in keep)
    rows = tuple(
        tuple("—" if row[j] in EMPTY else bound_text(row[j], ref, ground) for j in keep) for row in body
    )
    note: Inline = ""
    if said:  # pandas says how many rows there are when it shows only some
        note = (words(lang)["part_shown"], words(lang)["colon"], bound_text(said, ref, ground))
    name = caption.get_text(" ", strip=True) if caption else title
    return Table(bound_text(name, ref, ground) if caption else name, columns, rows, note=note)


def _grid(tag: Tag) -> tuple[list[list[str]], list[list[str]]]:
    """Header rows and body rows as full rectangles: a cell that spans stands in every place it covers."""
    rows = tag.find_all("tr")
    heads = [r for r in rows if r.find_parent("thead") is not None or not r.find_all("td")]
    filled: dict[tuple[int, int], str] = {}
    for i, row in enumerate(rows):
        j = 0
        for cell in row.find_all(["th", "td"]):
            while (i, j) in filled:
                j += 1
            text = " ".join(cell.get_text(" ", strip=True).split())
            for di in range(_span(cell, "rowspan")):
                for dj in range(_span(cell, "colspan")):
                    filled[i + di, j + dj] = text
            j += _span(cell, "colspan")
    width = 1 + max((j for _, j in filled), default=-1)
    full = [[filled.get((i, j), "") for j in range(width)] for i in range(len(rows))]
    head_rows = {id(r) for r in heads}
    head = [full[i] for i, r in enumerate(rows) if id(r) in head_rows]
    return head, [full[i] for i, r in enumerate(rows) if id(r) not in head_rows]


def _span(cell: Tag, name: str) -> int:
    text = str(cell.get(name, "1"))
    return max(1, int(text)) if text.isdigit() else 1


def _header(parts: list[str]) -> str:
    """The rows of a header over one column in one line: 2020 / 漏评率; repeated and empty parts fall out."""
    kept = [p for p in dict.fromkeys(parts) if p and not p.startswith("Unnamed:")]
    return " / ".join(kept)


def _is_default_index(name: str, values: list[str], j: int) -> bool:
    """The running number that pandas puts before rows says nothing."""
    return j == 0 and not name and values == [str(i) for i in range(len(values))]


def _alignment(values: list[str]) -> str:
    known = [v for v in values if v not in EMPTY]
    numeric = sum(bool(NUMBER.match(v)) for v in known)
    return "right" if known and numeric >= 0.8 * len(known) else "left"


def _value(text: str) -> Any:
    """The number that a text is, else the text itself."""
    if not NUMBER.match(text.strip()):
        return text
    plain = text.strip().replace(",", "").replace("−", "-").lstrip("¥￥+")
    scale = {"%": 0.01, "％": 0.01, "‰": 0.001}.get(plain[-1], 1.0)
    number = float(plain.rstrip("%％‰ ")) * scale
    return int(number) if scale == 1.0 and number.is_integer() and "." not in plain else float(f"{number:.12g}")
