"""Sentences: templates in two languages whose numbers come only through slots.

A template is an entry `key: {zh: ..., en: ...}` in `chapters/text/*.yaml`; `{name}` is a slot. No digit stands in a
template (a test reads them all), so every number of the prose arrives as a `Bound`.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from importlib.resources import files
from pathlib import Path
from string import Formatter

from evaltools.errors import ReportError, nearest
from evaltools.report.blocks import Inline
from evaltools.report.inline import Part, inline_parts
from evaltools.standards import load_yaml
from evaltools.terms import Term

Parts = tuple[Part, ...]


class Voice:
    """`say("two.exit.found", n=...)` gives the sentence in the voice's language."""

    def __init__(self, lang: str) -> None:
        self.lang = lang

    def __call__(self, key: str, **slots: Inline) -> Parts:
        """The sentence `key` with its slots filled.

        Errors: ReportError for an unknown key, a missing slot, an unused slot.
        """
        pieces = _split(_template(key, self.lang))
        wanted = {name for _, name in pieces if name is not None}
        if wanted != set(slots):
            raise ReportError(
                f"slots {sorted(slots)} for template {key!r}",
                expected=f"exactly {sorted(wanted)}",
                where="report/chapters/text",
            )
        parts: list[Part] = []
        for literal, name in pieces:
            parts += [literal] if literal else []
            parts += inline_parts(slots[name]) if name is not None else ()
        return tuple(parts)

    def word(self, key: str) -> str:
        """A template without slots, as plain text."""
        (text,) = self(key) or ("",)
        return str(text)

    def label(self, term: Term) -> str:
        """The label of a vocabulary entry."""
        return term.zh if self.lang == "zh" else term.en

    def sentences(self, *items: Inline) -> Parts:
        """Sentences one after the other: no space in Chinese, one in English; empty ones fall out."""
        if self.lang == "zh":
            return self.listed(items, "")
        return self.listed([capital(inline_parts(item)) for item in items], " ")

    def listed(self, items: Iterable[Inline], mark: str | None = None) -> Parts:
        """Items in a row: A、B in Chinese, A, B in English."""
        mark = ("、" if self.lang == "zh" else ", ") if mark is None else mark
        out: list[Part] = []
        for item in items:
            parts = inline_parts(item)
            if parts:
                out += ([mark] if out and mark else []) + list(parts)
        return tuple(out)


def capital(parts: Parts) -> Parts:
    """An English sentence beginning with a capital letter."""
    if parts and isinstance(parts[0], str) and parts[0][:1].islower():
        return (parts[0][0].upper() + parts[0][1:], *parts[1:])
    return parts


@cache
def templates() -> dict[str, dict[str, str]]:
    """Every template by key. Errors: ReportError for one without zh or en, or with different slots in the two."""
    found: dict[str, dict[str, str]] = {}
    folder = Path(str(files("evaltools.report.chapters"))) / "text"
    for path in sorted(folder.glob("*.yaml")):
        for key, entry in load_yaml(path, error=ReportError).items():
            if key in found:
                raise ReportError(f"template {key!r} stands in two files", where=path.name, expected="each key once")
            if not isinstance(entry, dict) or set(entry) != {"zh", "en"}:
                raise ReportError(f"template {key!r} is not a pair", where=path.name, expected="{zh: ..., en: ...}")
            found[key] = {lang: str(text) for lang, text in entry.items()}
    for key, entry in found.items():
        zh, en = ({n for _, n in _split(entry[lang]) if n is not None} for lang in ("zh", "en"))
        if zh != en:
            raise ReportError(
                f"template {key!r} has slots {sorted(zh)} in Chinese and {sorted(en)} in English",
                expected="the same slots",
                where="report/chapters/text",
            )
    return found


def _template(key: str, lang: str) -> str:
    table = templates()
    if key not in table:
        raise ReportError(f"no template {key!r}", expected=nearest(key, table), where="report/chapters/text")
    return table[key][lang]


@cache
def _split(text: str) -> tuple[tuple[str, str | None], ...]:
    """(literal, slot) pairs of a template."""
    return tuple((literal, name) for literal, name, _, _ in Formatter().parse(text))
