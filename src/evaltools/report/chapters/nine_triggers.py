"""九 约谈情形: of each circumstance whether it is present, with its clause and what it was judged on. Nothing more."""

from __future__ import annotations

from evaltools.indicators.assessment import CityAssessment, Grade, Ledger, Part, Remaining, TriggerState
from evaltools.report.blocks import Bound, Column, Ground, Inline, Table
from evaltools.report.chapters.desk import Desk, withheld_note
from evaltools.report.chapters.say import Parts


def trigger_table(desk: Desk, own: CityAssessment, key: str) -> Table:
    """One row a circumstance: name, state, judged on, clause."""
    say = desk.say
    parts = [p for t in own.triggers for p in t.parts]
    rows = tuple((say.word(f"nine.part.{p.kind}"), say.label(p.state), basis(desk, own, p), desk.cite(p.rule))
                 for p in parts)  # fmt: skip
    heads = (("nine.col_trigger", 0.2), ("col.state", 0.13), ("nine.col_basis", 0.4), ("col.clause", 0.27))
    return Table(
        title=say("nine.trigger_table", city=desk.city), key=key, rows=rows, note=withheld_note(desk),
        n=desk.things(len(rows), "项情形", "circumstances", f"{key}.n", Ground("rule", rules=tuple(p.rule.id for p in parts))),
        columns=tuple(Column(say.word(h), width=w) for h, w in heads), source=say("nine.source", as_of=desk.as_of),
        emphasis=tuple((i, 1) for i, p in enumerate(parts) if p.state is TriggerState.PRESENT),
    )  # fmt: skip


def basis(desk: Desk, own: CityAssessment, part: Part) -> Parts:
    """What a circumstance was judged on, in words with bound numbers."""
    makers = {"grade": _grade, "problem": _problem, "task": _task, "backward": _backward}
    return makers[part.kind](desk, own, part)


def _ground(part: Part, tables: tuple[str, ...], formula: str, rows: int) -> Ground:
    return Ground("data", tables, formula, rows, (part.rule.id,))


def _joined(desk: Desk, items: list[Inline]) -> Parts:
    """Clauses one after the other with a semicolon."""
    return desk.say.listed(items, "；" if desk.lang == "zh" else "; ")


def _grade(desk: Desk, own: CityAssessment, part: Part) -> Parts:
    grade = part.facts["grade"]
    if grade is None:
        return desk.say("nine.basis.grade_none")
    ground = _ground(part, ("survey", "households", "villages"), "share of draws graded fair or poor", own.scored)
    ref = f"trigger.{own.city.code}.grade"
    share, settled = (desk.number(part.facts[k], "share", f"{ref}.{k}", ground, "pct1") for k in ("share", "settled"))
    first = desk.say("nine.basis.grade", grade=desk.say.label(grade), share=share, settled=settled)
    return _joined(desk, [first, desk.say("nine.basis.grade_poor") if grade is Grade.POOR else ""])


def _problem(desk: Desk, own: CityAssessment, part: Part) -> Parts:
    return _joined(desk, [_ledger(desk, own, part), _gates(desk, part)])


def _ledger(desk: Desk, own: CityAssessment, part: Part) -> Parts:
    found: Ledger | None = part.facts["ledger"]
    if found is None:
        return desk.say("nine.basis.ledger_absent")
    ground = _ground(part, ("issues",), "problems found in the year or still open, is_outstanding", found.rows)

    def n(x: int, what: str) -> Bound:
        return desk.things(x, "个", "problems", f"trigger.{own.city.code}.{what}", ground)

    if found.outstanding:
        return desk.say("nine.basis.ledger", n=n(found.outstanding, "outstanding"), open=n(found.still_open, "open"))
    if found.unknown:
        return desk.say("nine.basis.ledger_unknown", n=n(found.unknown, "unknown"))
    return desk.say("nine.basis.ledger_none", rows=n(found.rows, "rows"))


def _gates(desk: Desk, part: Part) -> Parts:
    state, bad = part.facts["gates_state"], part.facts["not_met"]
    if bad:
        key = "nine.basis.gates_bad" if part.facts["gates"] else "nine.basis.gates_plain"
        return desk.say(key, gates=desk.say.listed([desk.say.label(g) for g in bad]))
    if not part.facts["judged"]:
        return desk.say("nine.basis.gates_none")
    return desk.say("nine.basis.gates_good" if state is TriggerState.ABSENT else "nine.basis.gates_open")


def _task(desk: Desk, own: CityAssessment, part: Part) -> Parts:
    left: Remaining | None = part.facts["remaining"]
    if part.state is TriggerState.RULE_UNDEFINED:
        return desk.say("nine.basis.task_undefined")
    if left is None:
        return desk.say("nine.basis.task_missing")
    deadline = desk.limit(part.facts["deadline"], sign=False)
    if part.state is TriggerState.ABSENT:
        return desk.say("nine.basis.task_done", deadline=deadline)
    ground = _ground(part, ("households",), "registered households, status poor at the end of the year", left.rows)

    def n(x: int | None, what: str) -> Bound:
        return desk.count(x, "households", f"trigger.{own.city.code}.{what}", ground)

    if part.state is TriggerState.UNDECIDED:
        return desk.say("nine.basis.task_new", deadline=deadline, n=n(left.households, "remaining"))
    slots = {"n": n(left.households, "remaining"), "earlier": n(left.earlier, "earlier")}
    return desk.say("nine.basis.task_left", deadline=deadline, **slots)


def _backward(desk: Desk, own: CityAssessment, part: Part) -> Parts:
    is_undefined = part.state is TriggerState.RULE_UNDEFINED
    if part.facts["rank"] is None:
        return desk.say("nine.basis.backward_undefined_bare" if is_undefined else "nine.basis.backward_missing")
    ground = _ground(part, ("survey", "households", "villages"), "rank of the comparable score", part.facts["of"])
    ends = {k: desk.count(part.facts[k], "count", f"trigger.{own.city.code}.rank.{k}", ground) for k in ("low", "high")}
    if is_undefined:
        return desk.say("nine.basis.backward_undefined", **ends)
    return desk.say("nine.basis.backward", limit=desk.limit(part.rule), **ends)
