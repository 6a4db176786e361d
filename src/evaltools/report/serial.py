"""Blocks to JSON and back, for the notebook's outputs and for report.json. `decode(encode(b)) == b` for every block."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import MISSING, fields, is_dataclass
from typing import Any

from evaltools.errors import ReportError
from evaltools.report import blocks

TYPES: dict[str, type] = {
    t.__name__.lower(): t
    for t in (
        blocks.Ground, blocks.Bound, blocks.Ref, blocks.Styled, blocks.Heading, blocks.Paragraph, blocks.Bullets,
        blocks.Column, blocks.Table, blocks.Figure, blocks.Callout, blocks.PageBreak, blocks.Chapter, blocks.Document,
    )
}  # fmt: skip
TAG = "block"


def encode(obj: Any) -> Any:
    """A block (or a tuple of blocks, text, values) as plain JSON data; fields at their defaults are left out."""
    if is_dataclass(obj) and not isinstance(obj, type):
        out: dict[str, Any] = {TAG: type(obj).__name__.lower()}
        for f in fields(obj):
            value = getattr(obj, f.name)
            if f.default is MISSING or value != f.default:
                out[f.name] = encode(value)
        return out
    if isinstance(obj, bytes):
        return {TAG: "bytes", "base64": base64.b64encode(obj).decode("ascii")}
    if isinstance(obj, Mapping):
        return {str(k): encode(v) for k, v in obj.items()}
    if isinstance(obj, list | tuple):
        return [encode(v) for v in obj]
    return blocks.plain(obj)


def decode(data: Any) -> Any:
    """What `encode` wrote, as blocks again. Errors: ReportError for a block this version does not know."""
    if isinstance(data, list | tuple):
        return tuple(decode(v) for v in data)
    if not isinstance(data, Mapping):
        return data
    if TAG not in data:
        return {k: decode(v) for k, v in data.items()}
    name = data[TAG]
    if name == "bytes":
        return base64.b64decode(data["base64"])
    if name not in TYPES:
        raise ReportError(f"a block of type {name!r}", expected=f"one of {', '.join(TYPES)}",
                          todo="run the notebook again with this version of evaltools")  # fmt: skip
    kind = TYPES[name]
    given = {k: decode(v) for k, v in data.items() if k != TAG}
    try:
        return blocks.Paragraph(given["parts"]) if kind is blocks.Paragraph else kind(**given)
    except (TypeError, KeyError) as error:
        raise ReportError(f"a block of type {name!r} that cannot be read: {error}",
                          todo="run the notebook again with this version of evaltools") from error  # fmt: skip
