"""The desk of the province's report: its own sentences beside the common ones, and one desk for each city."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache, cached_property
from pathlib import Path
from string import Formatter
from typing import Any

import pandas as pd

from evaltools.errors import ReportError
from evaltools.report.blocks import Bound, Ground, Inline
from evaltools.report.chapters.desk import Desk
from evaltools.report.chapters.say import Parts, Voice
from evaltools.report.inline import Part, inline_parts
from evaltools.report.province.model import ProvinceInput
from evaltools.standards import load_yaml
from evaltools.terms import CITIES, City

TEXT = Path(__file__).parent / "text"
WAN = 10_000


class ProvinceVoice(Voice):
    """The common sentences, and those of `province/text/*.yaml` before them."""

    def __call__(self, key: str, **slots: Inline) -> Parts:
        """The sentence `key` with its slots filled. Errors: ReportError for an unknown key or wrong slots."""
        entry = own_templates().get(key)
        if entry is None:
            return super().__call__(key, **slots)
        pieces = [(a, b) for a, b, _, _ in Formatter().parse(entry[self.lang])]
        wanted = {b for _, b in pieces if b is not None}
        if wanted != set(slots):
            raise ReportError(
                f"slots {sorted(slots)} for template {key!r}", expected=f"exactly {sorted(wanted)}",
                where="report/province/text",
            )  # fmt: skip
        parts: list[Part] = []
        for literal, name in pieces:
            parts += [literal] if literal else []
            parts += inline_parts(slots[name]) if name is not None else ()
        return tuple(parts)


@cache
def own_templates() -> dict[str, dict[str, str]]:
    """The province's sentences by key. Errors: ReportError for one that is not a pair in both languages."""
    found: dict[str, dict[str, str]] = {}
    for path in sorted(TEXT.glob("*.yaml")):
        for key, entry in load_yaml(path, error=ReportError).items():
            if key in found or not isinstance(entry, dict) or set(entry) != {"zh", "en"}:
                seen = f"template {key!r} is doubled or no pair"
                raise ReportError(seen, where=path.name, expected="{zh: ..., en: ...}")
            found[key] = {lang: str(text) for lang, text in entry.items()}
            zh, en = ({b for _, b, _, _ in Formatter().parse(text) if b is not None} for text in found[key].values())
            if zh != en:
                seen = f"template {key!r} has slots {sorted(zh)} and {sorted(en)}"
                raise ReportError(seen, where=path.name, expected="the same slots in both languages")
    return found


class ProvinceDesk(Desk):
    """`inp` is a `ProvinceInput`; `of(code)` is the desk of a city, which speaks by that city's own rules."""

    inp: ProvinceInput  # type: ignore[assignment]

    def __init__(self, inp: ProvinceInput) -> None:
        super().__init__(inp)  # type: ignore[arg-type]
        self.say = ProvinceVoice(inp.lang)
        self._cities: dict[str, Desk] = {}

    @cached_property
    def city(self) -> str:
        """The province's name where a sentence asks for a city."""
        return self.say.word("province.name")

    def of(self, code: str) -> Desk:
        """The desk of one city."""
        if code not in self._cities:
            self._cities[code] = Desk(self.inp.cities[code])
        return self._cities[code]

    @cached_property
    def tasked(self) -> tuple[City, ...]:
        """The cities with tasks, in the order of their codes."""
        return tuple(c for c in CITIES if c.has_tasks)

    def name(self, city: City | str) -> str:
        """A city's name by itself or its code."""
        found = city if isinstance(city, City) else next(c for c in CITIES if c.code == city)
        return found.label(self.lang)

    def names(self, codes: Iterable[str]) -> Parts:
        """Names of cities in a row; the word for none where there are none."""
        return self.say.listed([self.name(c) for c in codes]) or (self.say.word("province.none"),)

    def cities_count(self, n: int, ref: str, ground: Ground) -> Bound:
        """How many cities: 4个市."""
        return self.things(n, "个市", "city" if n == 1 else "cities", ref, ground)

    def money(self, x: Any, ref: str, ground: Ground) -> Bound:
        """A sum in ten thousand yuan."""
        return self.number(x, "yuan", ref, ground, "wan_yuan")

    def wan(self, x: Any, ref: str, ground: Ground) -> Bound:
        """A sum of yuan under a column that names its unit: a bare number of ten thousand yuan."""
        return self.number(None if x is None or pd.isna(x) else float(x) / WAN, "wan_yuan_count", ref, ground, "dec2")
