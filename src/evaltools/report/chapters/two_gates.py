"""二（四）各项门槛: each rate found → how sure → clause → where worst → what to do; tables of city and counties."""

from __future__ import annotations

from evaltools.indicators import Gate, Gates
from evaltools.report.blocks import Block, Column, Heading, Inline, Paragraph, Table
from evaltools.report.chapters.desk import Desk
from evaltools.report.chapters.findings import Finding
from evaltools.report.chapters.gatewords import GateWords, sample_of, words_of, worst_county
from evaltools.report.chapters.say import Parts
from evaltools.terms import VerdictState


def gates_section(desk: Desk, gates: Gates) -> tuple[list[Block], list[Finding]]:
    """A paragraph a rate, the table of the city, the table of the counties; findings for what is not met or open."""
    say = desk.say
    blocks: list[Block] = [Heading(say.word("two.gates_heading")), Paragraph(say("two.gates_note"))]
    findings: list[Finding] = []
    for w in words_of(desk, gates.results):
        finding = _finding(desk, w, gates)
        findings += [finding] if finding else []
        blocks.append(Heading(w.name, 2))
        blocks.append(Paragraph(say.sentences(*_statement(desk, w, gates, finding))))
    blocks.append(gates_table(desk, gates))
    return [*blocks, *_county_table(desk, gates)], findings


def gate_found(desk: Desk, w: GateWords) -> Parts:
    """The first sentence: value, interval, limit with clause, verdict; or why there is none."""
    r = w.result
    if not w.is_known:
        return desk.say("two.gate_missing", gate=w.name, state=w.state, reason=desk.ended(w.reason()))
    slots: dict[str, Inline] = {
        "gate": w.name,
        "rate": w.rate(),
        "level": w.level(),
        "interval": w.interval(),
        "state": w.state,
    }
    if r.limit is None:
        return desk.say("two.gate_found_free", cite=w.cite(), **slots)
    return desk.say("two.gate_found", limit=w.limit(), cite=w.cite(), **slots)


def _statement(desk: Desk, w: GateWords, gates: Gates, finding: Finding | None) -> list[Inline]:
    say, r = desk.say, w.result
    parts: list[Inline] = [gate_found(desk, w)]
    if w.is_known and r.state is VerdictState.EVIDENCE_MISSING:
        parts.append(desk.ended(w.reason()))
    if w.is_known:
        parts.append(say("two.gate_sure", n=w.n(), psu=w.psu(), neff=w.effective(), rho=w.rho()))
        if r.state is VerdictState.UNDECIDED:
            parts.append(say("two.gate_need", needed=w.needed()) if r.households_needed else say("two.gate_need_none"))
        parts.append(_unknown(desk, w))
    worst = worst_county(gates.counties, r.gate)
    if worst is not None:
        c = GateWords(desk, worst)
        parts.append(say("two.gate_worst", place=desk.place(worst.area_code), rate=c.rate(), interval=c.interval()))
    for other in words_of(desk, (v for v in gates.variants if v.gate is r.gate)):
        if other.is_known:
            parts.append(
                say(
                    "two.gate_variant",
                    variant=say.label(other.result.variant),
                    gate=w.name,
                    rate=other.rate(),
                    interval=other.interval(),
                    state=other.state,
                )
            )
    if finding is not None:
        parts.append(say("two.gate_advice", advice=finding.advice(desk)))
    return parts


def _unknown(desk: Desk, w: GateWords) -> Inline:
    """Unjudged answers, and whether they could turn the verdict."""
    u, say = w.result.unknown, desk.say
    if u.households == 0 or u.state_low is None or u.state_high is None:
        return ""
    first = say(
        "two.gate_unknown",
        n=w.unknown_households(),
        share=w.unknown_share(),
        low=w.unknown_low(),
        high=w.unknown_high(),
    )
    if w.result.limit is None:
        return (*first, *say("two.gate_unknown_end"))
    if u.state_low is u.state_high:
        return (*first, *say("two.gate_unknown_same"))
    return (
        *first,
        *say("two.gate_unknown_turns", state_low=desk.state(u.state_low), state_high=desk.state(u.state_high)),
    )


def gates_table(desk: Desk, gates: Gates) -> Table:
    """The city's rates with interval, limit and verdict; the clauses stand under the table."""
    rows = words_of(desk, gates.results)
    return Table(
        title=desk.say.word("two.gates_table"),
        columns=gate_columns(desk, rows[0]),
        key="gates",
        source=desk.say("source.survey"),
        rows=tuple((w.name, *gate_cells(w)) for w in rows),
        n=sample_of(desk, gates),
        note=desk.say("two.gates_clauses", cites=desk.documents(w.rule for w in rows)),
        emphasis=tuple((i, 4) for i, w in enumerate(rows) if w.result.state is VerdictState.NOT_MET),
    )


def gate_columns(desk: Desk, any_gate: GateWords) -> tuple[Column, ...]:
    """Heads of a table of gates: name, estimate, interval, limit, verdict."""
    say = desk.say
    return (
        Column(say.word("col.indicator"), width=0.24),
        Column(say.word("col.estimate"), "right", width=0.14),
        Column(say("col.interval", level=any_gate.level()), "right", width=0.24),
        Column(say.word("col.limit"), "right", width=0.14),
        Column(say.word("col.state"), width=0.24),
    )


def gate_cells(w: GateWords) -> tuple[Inline, ...]:
    """Estimate, interval, limit, verdict."""
    return (w.rate(), w.interval(), w.limit(), w.state)


def _county_table(desk: Desk, gates: Gates) -> list[Block]:
    """Counties × rates: estimate and interval in each cell, the verdict where there is one."""
    if not gates.counties:
        return []
    say = desk.say
    cells = {(r.area_code, r.gate): GateWords(desk, r) for r in gates.counties}
    places = sorted({r.area_code for r in gates.counties})
    shown = [g for g in Gate if any((p, g) in cells for p in places)]

    def cell(place: str, gate: Gate) -> Inline:
        w = cells.get((place, gate))
        if w is None or not w.is_known:
            return w.state if w else desk.state(VerdictState.EVIDENCE_MISSING)
        verdict = f" {w.state}" if w.result.state in (VerdictState.MET, VerdictState.NOT_MET) else ""
        return (w.rate("pct1"), " [", w.interval("pct1"), "]", verdict)

    return [
        Table(
            title=say.word("two.gates_county"),
            key="gates-counties",
            source=say("source.survey"),
            note=say("two.gates_county_note"),
            columns=(
                Column(say.word("col.county"), width=0.13),
                *(Column(say.label(g), width=0.87 / len(shown)) for g in shown),
            ),
            rows=tuple((desk.place(p), *(cell(p, g) for g in shown)) for p in places),
            n=sample_of(desk, gates),
        )
    ]


def _finding(desk: Desk, w: GateWords, gates: Gates) -> Finding | None:
    """A problem of the list, or None for a rate that is met or has no rule."""
    r, say = w.result, desk.say
    worst = worst_county(gates.counties, r.gate)
    place: Inline = desk.place(worst.area_code) if worst is not None else ""
    slots: dict[str, Inline] = {"gate": w.name, "rate": w.rate(), "interval": w.interval(), "limit": w.limit()}
    if r.state is VerdictState.NOT_MET:
        kind = "approval_not_met" if r.gate is Gate.APPROVAL else "gate_not_met"
        side = "below" if r.gate is Gate.APPROVAL else "above"
        what = say(f"find.gate_{side}", **{**slots, "limit": w.limit(sign=False)})
        return Finding(
            kind, what, w.rule_id, place, say("find.gate_size", n=w.n()), "gates", w.name, weight=10 + _excess(r)
        )
    if r.state is VerdictState.UNDECIDED:
        what = say("find.gate_undecided", **slots)
        size = say("find.gate_need", needed=w.needed()) if r.households_needed else say("find.gate_size", n=w.n())
        return Finding("gate_undecided", what, w.rule_id, "", size, "gates", w.name, weight=8)
    if r.state is VerdictState.EVIDENCE_MISSING:
        what = say("find.gate_missing", gate=w.name, reason=w.reason())
        return Finding("gate_missing", what, w.rule_id, "", "", "gates", w.name, weight=9)
    return None


def _excess(r) -> float:
    """How far beyond the limit, in limits (at most nine, so that classes of weight stay apart)."""
    if not r.limit:
        return 0.0
    gap = r.limit - r.rate if r.gate is Gate.APPROVAL else r.rate - r.limit
    return min(max(gap / r.limit, 0.0), 9.0)
