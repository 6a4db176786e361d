"""One indicator of the catalogue as the report says it: its number, interval, limit, clause and ground."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache

from evaltools.report.binding import FORMATS, MISSING, SUPPRESSED, UNIT_FORMAT, Format
from evaltools.report.blocks import Bound, Ground, Inline
from evaltools.report.chapters.desk import Desk, brief
from evaltools.report.chapters.say import Parts
from evaltools.report.inline import inline_parts
from evaltools.report.model import Reading
from evaltools.standards import Applicability, RuleBook, RuleStatus
from evaltools.standards.vocabulary import Unit


@dataclass(frozen=True)
class Shown:
    """One reading with the desk's language; `place` stands in the refs of a city in another's report."""

    desk: Desk
    reading: Reading
    place: str = ""

    @property
    def name(self) -> Inline:
        entry = self.reading.entry
        return self.desk.free(entry.label(self.desk.lang), f"indicator.{entry.id}.label", self._rule_ground())

    @property
    def ref(self) -> str:
        return f"indicator.{self.reading.entry.id}{self.place}"

    @property
    def ground(self) -> Ground:
        """Tables, formula in the catalogue's language, rows, rules."""
        e, n = self.reading.entry, self.reading.n
        formula = f"{e.statistic.value}({e.measure.text if e.measure else 'rows'}"
        formula += f" / {e.of.text}" if e.of else ""
        formula += f" | {e.population.text})" if e.population else ")"
        rules = tuple(r for r in (e.rule, e.cite, *sorted(e.rules_read)) if r)
        return Ground("data", e.tables, formula, "withheld" if n is None else n, rules)

    def number(self, x: float | None, what: str = "value") -> Bound:
        """A number in the indicator's unit; unknown is —."""
        unit = self.reading.entry.unit
        return self.desk.number(x, unit, f"{self.ref}.{what}", self.ground, format_for(unit, x))

    def value(self) -> Bound:
        """The value; a withheld one as its bound, or ※."""
        r = self.reading
        if r.bound is not None:
            sign = {"<=": "≤", ">=": "≥"}[r.bound[0]]
            text = sign + FORMATS["pct1"].text(r.bound[1], self.desk.lang)
            return Bound(text, r.bound[1], "share", f"{self.ref}.bound", self.ground)
        if r.is_withheld:
            return Bound(SUPPRESSED, None, r.entry.unit, f"{self.ref}.value", self.ground)
        return self.number(r.value)

    def said(self) -> Inline:
        """The value within a sentence: a bound in words, so that its sign is not taken for a limit."""
        if self.reading.bound is None:
            return self.value()
        sign, x = self.reading.bound
        text = Bound(FORMATS["pct1"].text(x, self.desk.lang), x, "share", f"{self.ref}.bound", self.ground)
        return self.desk.say("section.at_most" if sign == "<=" else "section.at_least", value=text)

    def interval(self) -> Inline:
        r = self.reading
        if r.low is None or r.high is None or r.value is None:
            return MISSING
        low, high = (FORMATS["pct1"].text(x, self.desk.lang) for x in (r.low, r.high))
        text = f"{low}～{high}" if self.desk.lang == "zh" else f"{low}–{high}"
        return Bound(text, (r.low, r.high), "share", f"{self.ref}.interval", self.ground)

    def limit(self) -> Inline:
        """The limit the verdict used: the rule's own, or all units where the rule speaks of each."""
        r, rules = self.reading, self.desk.inp.rules
        if r.limit is None or r.entry.rule is None:
            return self.desk.say.word("word.no_rule")
        if r.entry.is_every:
            text = FORMATS["pct0"].text(r.limit, self.desk.lang)
            return Bound(text, r.limit, "share", f"rule:{r.entry.rule}.every", self._rule_ground())
        return self.desk.limit(rules[r.entry.rule])

    def short_of(self) -> Parts:
        """That the value does not keep its limit, in words: 98.3%，未达到100%."""
        r = self.reading
        assert r.entry.rule is not None
        key = {"<=": "find.sector_above", "<": "find.sector_above", ">": "find.sector_equal"}.get(
            "" if r.entry.is_every else r.comparison, "find.sector"
        )
        limit = self.limit() if r.entry.is_every else self.desk.limit(r.entry.rule, sign=False)
        return self.desk.say(key, item=self.name, value=self.said(), limit=limit)

    def state(self) -> str:
        return self.desk.state(self.reading.state)

    def cite(self) -> Inline:
        """Document and clause in short; the whole citation stands in appendix A."""
        e = self.reading.entry
        rule = e.rule or e.cite
        if rule and self.desk.rule(rule).applicability is Applicability.UNDEFINED:
            return self.desk.say.word("word.other_cities")
        if rule and self.desk.rule(rule).status is RuleStatus.BORROWED:
            return self.desk.short(rule)
        found = self.desk.rule(rule) if rule else e
        text = f"{brief(found.document)} {found.clause}".strip()
        return self.desk.free(text, f"indicator.{e.id}.cite", self._rule_ground())

    def county(self, which: str) -> Inline:
        """A county with its value, best or worst; — where counties are not compared."""
        found = getattr(self.reading, which)
        if found is None or not self.has_extremes:
            return MISSING
        code, x = found
        gap = " " if self.desk.lang == "en" else ""
        return inline_parts((self.desk.place(code), gap, self.number(x, f"{which}.{code}")))

    @property
    def has_extremes(self) -> bool:
        """Whether the best and the worst county differ in print."""
        r = self.reading
        if r.best is None or r.worst is None:
            return False
        best, worst = (self.number(x, "").text for _, x in (r.best, r.worst))
        return best != worst

    def n(self) -> Inline:
        return self.desk.count(self.reading.n, "rows", f"{self.ref}.n", self.ground, with_unit=False)

    def missing(self) -> Bound:
        return self.desk.number(self.reading.missing_share, "share", f"{self.ref}.missing", self.ground, "pct1")

    def _rule_ground(self) -> Ground:
        e = self.reading.entry
        return Ground("rule", rules=(e.rule or e.cite or e.id,), formula=f"{e.document} {e.clause}".strip())


def format_for(unit: str, x: float | None) -> str | Format:
    """How a unit of the catalogue prints: shares in per cent, large money in 万元 and 亿元, counts with the unit's word."""
    if unit in ("share", "growth_rate"):
        return "pct1"
    if unit == "growth_gap":
        return "points1"
    if unit == "yuan" and x is not None:
        return "yi_yuan" if abs(x) >= 1e8 else "wan_yuan" if abs(x) >= 1e5 else "yuan"
    if unit.startswith("yuan"):
        return "yuan"
    decimals = 0 if x is None or x == round(x) else 1
    name = UNIT_FORMAT.get(unit, unit)
    if name in FORMATS:
        return replace(FORMATS[name], decimals=max(decimals, FORMATS[name].decimals))
    word = load_units().get(unit)
    return Format(decimals=decimals, zh=word.zh if word else "", en=f" {word.en}" if word else "")


@cache
def load_units() -> Mapping[str, Unit]:
    """The units of the rule book: 家企业, 人次."""
    return RuleBook.load().vocabulary.units
