"""report.json: the document as data, with every number, its text, its value and its ground.

`numbers`: id -> text, value, unit, ref, kind, tables, formula, rows, rules, note, where it stands. `structure`: the
numbers of chapters, headings, tables and figures, which the assembler gave. `unbound`: numerals typed by hand.
"""

from __future__ import annotations

import json
from typing import Any

from evaltools.report.assemble import Assembled
from evaltools.report.blocks import Bound, Figure, Ref, plain
from evaltools.report.inline import Styled, inline_parts
from evaltools.report.serial import encode

SCHEMA = "evaltools.report.v1"


def json_bytes(built: Assembled) -> bytes:
    """The record as UTF-8, keys in a fixed order."""
    text = json.dumps(record(built), ensure_ascii=False, indent=1, allow_nan=False)
    return (text + "\n").encode("utf-8")


def record(built: Assembled) -> dict[str, Any]:
    """The record as plain data."""
    document = built.document
    meta = {k: encode(v) for k, v in document.meta.items() if k != "lines"}
    return {
        "schema": SCHEMA, "title": built.text(document.title), "subtitle": built.text(document.subtitle), "meta": meta,
        "title_page": [[label, _inline(text, built)] for label, text in document.meta["lines"]],
        "chapters": [_chapter(c, built) for c in built.chapters],
        "numbers": {mark: _number(bound, built.places[mark]) for bound, mark in built.ids.items()},
        "structure": list(structure(built)),
        "unbound": [{"numeral": t.numeral, "text": t.text, "where": t.where} for t in built.unbound],
    }  # fmt: skip


def structure(built: Assembled):
    """Every number that the assembler gave, with what it numbers."""
    for c in built.chapters:
        if c.label:
            yield {"text": c.label, "kind": "chapter", "anchor": c.anchor}
        for item in c.items:
            if item.number:
                yield {"text": item.number, "kind": type(item.block).__name__.lower(), "anchor": item.anchor}


def _number(bound: Bound, where: tuple[str, ...]) -> dict[str, Any]:
    g = bound.source
    return {
        "text": bound.text, "value": encode(bound.value), "unit": bound.unit, "ref": bound.ref, "kind": g.kind,
        "tables": list(g.tables), "formula": g.formula, "rows": g.rows, "rules": list(g.rules), "note": g.note,
        "where": list(where),
    }  # fmt: skip


def _chapter(placed: Any, built: Assembled) -> dict[str, Any]:
    blocks = []
    for item in placed.items:
        data = _block(item.block, built)
        blocks.append({"number": item.number.strip(), **data} if item.number else data)
    return {"number": placed.chapter.number, "title": placed.chapter.title, "anchor": placed.anchor, "blocks": blocks}


def _block(block: Any, built: Assembled) -> dict[str, Any]:
    """A block with its numbers by id; pictures stay in the other formats, what they show is `data`."""
    out: dict[str, Any] = {"block": type(block).__name__.lower()}
    for name in block.__dataclass_fields__:
        value = getattr(block, name)
        if isinstance(block, Figure) and name in ("svg", "png", "data"):
            if name == "data":
                out["data"] = encode(value)
            continue
        if name == "columns":
            out[name] = [{"title": _inline(c.title, built), "unit": c.unit, "align": c.align} for c in value]
        elif name == "rows":
            out[name] = [[_inline(cell, built) for cell in row] for row in value]
        elif name == "items":
            out[name] = [_inline(item, built) for item in value]
        elif name in ("text", "parts", "title", "n", "source", "note", "alt"):
            if value not in (None, "", ()):
                out[name] = _inline(value, built)
        elif value not in ("", ()):
            out[name] = encode(plain(value))
    return out


def _inline(text: Any, built: Assembled) -> Any:
    """Text as a string, or as a list of strings and {"number": id, "text": ...} and {"ref": anchor, "text": ...}."""
    out: list[Any] = []
    for part in inline_parts(text):
        if isinstance(part, Bound):
            out.append({"number": built.ids[part], "text": part.text})
        elif isinstance(part, Ref):
            target = built.target(part)
            out.append({"ref": target.anchor, "text": target.number})
        else:
            out.append(part.text if isinstance(part, Styled) else part)
    return out[0] if len(out) == 1 and isinstance(out[0], str) else out or ""
