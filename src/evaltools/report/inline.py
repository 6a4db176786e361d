"""Text of a report: strings, numbers bound to their ground, references; nothing else may stand in a sentence."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from evaltools.errors import ReportError

KINDS = ("data", "rule", "parameter", "run", "notebook")
"""Grounds of a number: computed from data; a rule of the book; given by the reader; the run itself (commit, versions,
hashes); computed in an evaluator's own notebook cell."""

Scalar = str | int | float | bool | None


@dataclass(frozen=True)
class Ground:
    """What a number stands on.

    `kind`: one of `KINDS`; `tables`: tables read; `formula`: how it was computed; `rows`: rows it was computed from (a
    count, or words); `rules`: ids of the rules used; `note`: status of the rule or series (测算数, 延伸适用).
    """

    kind: str
    tables: tuple[str, ...] = ()
    formula: str = ""
    rows: int | str | None = None
    rules: tuple[str, ...] = ()
    note: str = ""

    def __post_init__(self) -> None:
        object.__setattr__(self, "tables", tuple(self.tables))
        object.__setattr__(self, "rules", tuple(self.rules))
        if self.kind not in KINDS:
            raise ReportError(f"ground kind {self.kind!r}", expected=f"one of {', '.join(KINDS)}")
        if self.kind == "data" and self.rows is None:
            raise ReportError("a data number without its rows", expected="Ground(kind='data', rows=...)",
                              where=self.formula, todo="say from how many rows the value was computed")  # fmt: skip
        if self.kind == "rule" and not self.rules:
            raise ReportError("a rule number without its rule", expected="Ground(kind='rule', rules=(id,))")


@dataclass(frozen=True)
class Bound:
    """A piece of text that shows a value: `text` as printed, `value` unrounded, `unit`, `ref` (its id), its ground.

    `value` is a scalar or a tuple of scalars (an interval). Errors: ReportError without `ref` or text.
    """

    text: str
    value: Scalar | date | tuple[Scalar, ...]
    unit: str
    ref: str
    source: Ground

    def __post_init__(self) -> None:
        object.__setattr__(self, "value", plain(self.value))
        if not self.text or not self.ref:
            raise ReportError(f"a bound number without {'text' if not self.text else 'an id'}",
                              expected="text and ref", where=self.ref or self.text)  # fmt: skip


@dataclass(frozen=True)
class Ref:
    """A reference to a table or figure by its `key`; the assembler writes 表2-1 or 图2-1."""

    target: str


@dataclass(frozen=True)
class Styled:
    """Words of an evaluator set off from the rest: `style` is strong, em or code. Numbers in them are typed ones."""

    text: str
    style: str = "strong"

    def __post_init__(self) -> None:
        if self.style not in ("strong", "em", "code"):
            raise ReportError(f"style {self.style!r}", expected="strong, em or code", where=self.text)


Part = str | Bound | Ref | Styled
Inline = Part | tuple[Part, ...]


def inline_parts(text: Inline | Iterable[Any]) -> tuple[Part, ...]:
    """Inline text, however nested, as a flat tuple of its parts; empty strings fall out."""
    if isinstance(text, str | Bound | Ref | Styled):
        return (text,) if text != "" else ()
    if text is None or not isinstance(text, Iterable):
        raise ReportError(f"{text!r} in running text", expected="text, a Bound number or a Ref",
                          todo="bind the value with num(), count(), limit() or param()")  # fmt: skip
    return tuple(part for piece in text for part in inline_parts(piece))


def plain_text(text: Inline | None) -> str:
    """The characters of inline text; a `Ref` that is not resolved yet shows its key."""
    if text is None:
        return ""
    return "".join(
        p if isinstance(p, str) else f"[{p.target}]" if isinstance(p, Ref) else p.text for p in inline_parts(text)
    )


def plain(value: Any) -> Any:
    """A value as JSON can hold it and two machines agree on it.

    Numpy scalars and dates are unpacked, floats go to 10 significant digits, NaN becomes None, sequences become tuples.
    """
    if value is None or isinstance(value, str | bool | int):
        return value
    if isinstance(value, date):
        return value.isoformat()[:10]
    if isinstance(value, Mapping):
        return {str(k): plain(v) for k, v in value.items()}
    if hasattr(value, "tolist") and not isinstance(value, Sequence):
        return plain(value.tolist())
    if isinstance(value, float):
        return float(f"{value:.10g}") if math.isfinite(value) else None
    if isinstance(value, Iterable):
        return tuple(plain(v) for v in value)
    if type(value).__name__ in ("NAType", "NaTType"):
        return None
    return str(value)
