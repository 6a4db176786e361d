"""What a chapter has at hand: the input, the voice, and short ways to bind numbers to their ground."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable
from functools import cache, cached_property
from typing import Any

import pandas as pd

from evaltools.report.binding import FORMATS, MISSING, SUPPRESSED, Format, cite, day, format_of, ident, param
from evaltools.report.blocks import Inline
from evaltools.report.chapters.say import Parts, Voice
from evaltools.report.inline import Bound, Ground, inline_parts, plain_text
from evaltools.report.model import ReportInput
from evaltools.standards import Applicability, Rule, RuleBook, RuleStatus
from evaltools.terms import City, VerdictState

STATES = (VerdictState.MET, VerdictState.NOT_MET, VerdictState.EVIDENCE_MISSING)
"""The states of a household or village verdict that tables show as columns."""


class Desk:
    """One per report. `say` is the voice; `rule`, `limit`, `cite` bind rules; `count`, `share`, `money` bind data."""

    def __init__(self, inp: ReportInput) -> None:
        self.inp, self.lang, self.say = inp, inp.lang, Voice(inp.lang)

    @cached_property
    def city(self) -> str:
        return self.inp.city.label(self.lang)

    @cached_property
    def year(self) -> Bound:
        text = f"{self.inp.year}年" if self.lang == "zh" else str(self.inp.year)
        return param("year", self.inp.year, text)

    @cached_property
    def as_of(self) -> Bound:
        return day("as_of", self.inp.as_of, self.lang)

    def rule(self, rule_id: str) -> Rule:
        return self.inp.rules[rule_id]

    def limit(self, rule: str | Rule, *, sign: bool = True) -> Bound:
        """The limit as printed, ≤2% or (without sign) 2%; 无规定 where none is defined."""
        r = self.rule(rule) if isinstance(rule, str) else rule
        value = r.value if r.is_defined else None
        is_all = r.unit == "share" and value == 1 and r.comparison == ">="  # no share is above all of them
        text = r.limit_text(self.lang) if sign and not is_all else r.value_text(self.lang)
        return Bound(text, _scalar(value), r.unit, f"rule:{r.id}", _rule_ground(r))

    def cite(self, rule: str | Rule) -> Inline:
        """Document and clause; for a rule that no document sets for this city, those words instead."""
        r = self.rule(rule) if isinstance(rule, str) else rule
        if r.applicability is Applicability.UNDEFINED:
            return self.say.word("word.other_cities")
        return cite(r, self.lang)

    def short(self, rule: str | Rule) -> Inline:
        """A citation for narrow places: 粤发〔2016〕13号 第3条; a borrowed limit says so; appendix A has it in full."""
        r = self.rule(rule) if isinstance(rule, str) else rule
        if r.applicability is Applicability.UNDEFINED:
            return self.say.word("word.other_cities")
        borrowed = r.status is RuleStatus.BORROWED
        text = self.say.label(r.status) if borrowed else f"{brief(r.document)} {r.clause}".strip()
        return Bound(text, text, "citation", f"short:{r.id}", _rule_ground(r))

    def documents(self, rules: Iterable[Rule | None]) -> Parts:
        """The documents behind several rules with their reservations, each once, without the single clauses."""
        known = [r for r in rules if r is not None and r.applicability is not Applicability.UNDEFINED]
        texts = {r.cite(self.lang).replace(f" {r.clause}", "", 1): r for r in known}
        ground = Ground("rule", rules=tuple(r.id for r in known)) if known else None
        if ground is None:
            return (self.say.word("word.no_rule"),)
        return self.say.listed([Bound(t, t, "citation", f"documents:{r.id}", ground) for t, r in texts.items()])

    def ended(self, text: Inline) -> Inline:
        """Text that came with the results, closed by a full stop if it has none."""
        shown = plain_text(text)
        stop = "。" if self.lang == "zh" else "."
        return text if not shown or shown[-1] in "。.！？!?" else inline_parts((*inline_parts(text), stop))

    def state(self, state: VerdictState | str) -> str:
        return self.say.label(VerdictState(state))

    def place(self, code: Any) -> Inline:
        """The name of a county or village; a code without a name, or a name with a digit, is bound."""
        name = self.inp.places.get(str(code), str(code))
        return self.free(name, f"place.{code}", Ground("data", ("regions",), "name", 1))

    def city_name(self, city: City) -> str:
        return city.label(self.lang)

    def free(self, text: str, ref: str, ground: Ground) -> Inline:
        """Text that came with the data or the results: bound when it holds a digit."""
        return ident(text, ref, ground) if re.search(r"\d", text) else text

    def count(self, n: Any, unit: str, ref: str, ground: Ground, *, with_unit: bool = True) -> Bound:
        """A count; NA is one that disclosure control withheld (※)."""
        if n is None or pd.isna(n):
            return Bound(SUPPRESSED, None, unit, ref, ground)
        return Bound(format_of(unit).text(float(n), self.lang, with_unit=with_unit), int(n), unit, ref, ground)

    def things(self, n: int, zh: str, en: str, ref: str, ground: Ground) -> Bound:
        """A count of something that has no unit of its own: 3张表, 3 tables."""
        return Bound(Format(zh=zh, en=" " + en).text(float(n), self.lang), int(n), "count", ref, ground)

    def share(self, part: Any, whole: Any, ref: str, ground: Ground, fmt: str = "pct1") -> Bound:
        """part / whole in per cent; ※ when either is withheld, — when the whole is empty."""
        if part is None or whole is None or pd.isna(part) or pd.isna(whole):
            return Bound(SUPPRESSED, None, "share", ref, ground)
        return self.number(float(part) / float(whole) if whole else float("nan"), "share", ref, ground, fmt)

    def number(self, x: Any, unit: str, ref: str, ground: Ground, fmt: str | Format | None = None) -> Bound:
        """Any number; unknown is —."""
        if x is None or pd.isna(x) or (isinstance(x, float) and not math.isfinite(x)):
            return Bound(MISSING, None, unit, ref, ground)
        return Bound(format_of(unit, fmt).text(float(x), self.lang), x, unit, ref, ground)

    def citation(self, document: str, clause: str, ref: str) -> Bound:
        """A document and clause that no single rule stands for (a pairing)."""
        text = f"{document} {clause}".strip()
        return Bound(text, text, "citation", f"cite:{ref}", Ground("rule", rules=(ref,), formula=text))

    def p(self, key: str, **slots: Inline) -> Parts:
        return self.say(key, **slots)


@cache
def _briefs() -> dict[str, str]:
    """Long citation of a document -> its short name in the source list."""
    documents = RuleBook.load().vocabulary.documents
    return {d.cite: name for name, d in documents.items() if d.cite}


def brief(document: str) -> str:
    """The short name of a document that has a long one, for narrow places; appendix A has it in full."""
    return _briefs().get(document, document)


def withheld_note(desk: Desk) -> Inline:
    """What ※ means, with the rule's number."""
    return desk.say("note.withheld", min=desk.limit("method.min_cell_households", sign=False))


def percent_text(x: float, lang: str, fmt: str = "pct2") -> str:
    """A fraction as the charts print it: the same text as in the tables."""
    return FORMATS[fmt].text(x, lang)


def _rule_ground(rule: Rule) -> Ground:
    return Ground("rule", rules=(rule.id,), formula=rule.cite("zh"), note=str(rule.status))


def _scalar(value: Any) -> Any:
    return value if isinstance(value, str | int | float | bool | tuple) or value is None else str(value)
