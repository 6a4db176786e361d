"""A gate in words and numbers: rate, interval, limit, sample, unknown answers, each bound to its result."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from evaltools.estimation.judge import NEEDED_PRINTED_MAX
from evaltools.indicators import Gate, GateResult, Gates
from evaltools.report import binding
from evaltools.report.blocks import Bound, Ground, Inline
from evaltools.report.chapters.desk import Desk
from evaltools.report.chapters.say import Parts
from evaltools.report.charts.gates import GateMark
from evaltools.standards import Rule
from evaltools.terms import VerdictState

OPEN = (VerdictState.UNDECIDED, VerdictState.EVIDENCE_MISSING)


@dataclass(frozen=True)
class GateWords:
    """One result with the desk's language; every method returns bound text."""

    desk: Desk
    result: GateResult

    @property
    def name(self) -> str:
        return self.desk.say.label(self.result.gate)

    @property
    def state(self) -> str:
        return self.desk.say.label(self.result.state)

    @property
    def ground(self) -> Ground:
        """Survey rows, formula and rules of the result; `rows` is 0 where none could enter."""
        source = self.result.source
        return Ground("data", tuple(source.tables), source.formula, source.rows or 0, tuple(source.rules))

    @property
    def ref(self) -> str:
        r = self.result
        return f"gate.{r.gate.value}.{r.variant.value}.{r.area_code}"

    @property
    def is_known(self) -> bool:
        return not math.isnan(self.result.rate)

    @property
    def rule(self) -> Rule | None:
        return self.result.rule

    @property
    def rule_id(self) -> str:
        return str(self.result.rule.id) if self.result.rule is not None else ""

    def rate(self, fmt: str = "pct2") -> Bound:
        return self._pct(self.result.rate, "rate", fmt)

    def interval(self, fmt: str = "pct2") -> Bound:
        r, lang = self.result, self.desk.lang
        if math.isnan(r.low) or math.isnan(r.high):
            return Bound(binding.MISSING, None, "share", f"{self.ref}.interval", self.ground)
        text = ("～" if lang == "zh" else "–").join(binding.FORMATS[fmt].text(x, lang) for x in (r.low, r.high))
        return Bound(text, (r.low, r.high), "share", f"{self.ref}.interval", self.ground)

    def level(self) -> Bound:
        return self.desk.number(self.result.level, "share", f"{self.ref}.level", self.ground, "pct0")

    def limit(self, *, sign: bool = True) -> Inline:
        """≤2%, or 无规定 where the rule sets none."""
        return self.desk.limit(self.rule, sign=sign) if self.rule is not None else self.desk.say.word("word.no_rule")

    def cite(self) -> Inline:
        return self.desk.cite(self.rule) if self.rule is not None else self.desk.say.word("word.no_rule")

    def n(self) -> Bound:
        return self.desk.count(self.result.n, "households", f"{self.ref}.n", self.ground)

    def psu(self) -> Bound:
        return self.desk.count(self.result.n_psu, "villages", f"{self.ref}.n_psu", self.ground)

    def effective(self) -> Bound:
        return self.desk.number(self.result.n_effective, "households", f"{self.ref}.n_effective", self.ground)

    def rho(self) -> Bound:
        return self.desk.number(self.result.rho, "ratio", f"{self.ref}.rho", self.ground, "dec2")

    def needed(self) -> Bound:
        """Households that would decide; — for a rate that is decided, or that no larger sample would decide.

        Above NEEDED_PRINTED_MAX the text says "over" it; the bound value stays the number computed.
        """
        needed = self.result.households_needed if self.result.state is VerdictState.UNDECIDED else None
        bound = self.desk.number(needed, "households", f"{self.ref}.needed", self.ground)
        if needed is None or needed <= NEEDED_PRINTED_MAX:
            return bound
        most = self.desk.number(NEEDED_PRINTED_MAX, "households", f"{self.ref}.needed", self.ground).text
        return replace(bound, text=f"{most}以上" if self.desk.lang == "zh" else f"over {most}")

    def plain(self, x: float | None, what: str, fmt: str) -> Bound:
        return self.desk.number(x, "ratio", f"{self.ref}.{what}", self.ground, fmt)

    def unknown_households(self) -> Bound:
        return self.desk.count(self.result.unknown.households, "households", f"{self.ref}.unknown", self.ground)

    def unknown_share(self) -> Bound:
        return self._pct(self.result.unknown.share, "unknown_share")

    def unknown_low(self) -> Bound:
        return self._pct(self.result.unknown.rate_low, "unknown_low")

    def unknown_high(self) -> Bound:
        return self._pct(self.result.unknown.rate_high, "unknown_high")

    def reason(self) -> Inline:
        """Why there is no number or no verdict, as the results say it."""
        return self.desk.free(self.result.reason(self.desk.lang), f"{self.ref}.reason", self.ground)

    def mark(self, label: str | None = None, *, with_text: bool = True) -> GateMark:
        """The chart's row: exactly the interval of the verdict, and the text of the table."""
        r, text = self.result, ""
        if with_text and self.is_known:
            text = (
                f"{self.rate().text}　{self.state}" if self.desk.lang == "zh" else f"{self.rate().text}  {self.state}"
            )
        elif with_text:
            text = self.state
        return GateMark(
            label or self.name,
            _known(r.rate),
            _known(r.low),
            _known(r.high),
            _known(r.limit),
            r.comparison or (">=" if r.gate is Gate.APPROVAL else "<="),
            r.state,
            text,
        )

    def _pct(self, x: float | None, what: str, fmt: str = "pct2") -> Bound:
        return self.desk.number(x, "share", f"{self.ref}.{what}", self.ground, fmt)


def words_of(desk: Desk, results: Iterable[GateResult]) -> list[GateWords]:
    return [GateWords(desk, r) for r in results]


def sample_of(desk: Desk, gates: Gates) -> Parts:
    """Surveyed households and villages behind the gates."""
    w = GateWords(desk, max(gates.results, key=lambda r: r.n or 0))
    return desk.say("sum.figure_n", n=w.n(), psu=w.psu())


def tally(desk: Desk, gates: Gates) -> dict[str, Bound]:
    """How many gates with a limit are met, not met and open: slots `total`, `met`, `not_met`, `open`."""
    judged = [r for r in gates.results if r.limit is not None]
    ground = Ground("data", ("survey",), "number of gates with a limit, by verdict", len(gates.results))
    sizes = {
        "total": len(judged),
        "met": sum(r.state is VerdictState.MET for r in judged),
        "not_met": sum(r.state is VerdictState.NOT_MET for r in judged),
        "open": sum(r.state in OPEN for r in judged),
    }
    ref = f"gates.{gates.city.code}"
    return {k: desk.count(v, "items", f"{ref}.{k}", ground) for k, v in sizes.items()}


def worst_county(results: Sequence[GateResult], gate: Gate) -> GateResult | None:
    """The county with the least favourable point estimate; None where fewer than two have one, or all look the same."""
    known = [r for r in results if r.gate is gate and not math.isnan(r.rate)]
    if len(known) < 2:
        return None
    ordered = sorted(known, key=lambda r: (r.rate if gate is Gate.APPROVAL else -r.rate, r.area_code))
    return ordered[0] if ordered[0].rate != ordered[-1].rate else None


def not_applicable_reason(desk: Desk, gates: Gates) -> Parts:
    """Why the gates do not apply, as the results say it, once."""
    reasons = dict.fromkeys(r.reason(desk.lang) for r in gates.results if r.reason(desk.lang))
    ground = Ground("data", ("regions",), "role of the city", 0)
    return desk.say.sentences(*(desk.ended(desk.free(t, "gates.reason", ground)) for t in reasons))


def _known(x: float | None) -> float | None:
    return None if x is None or math.isnan(x) else float(x)
