"""The three circumstances in which the documents provide for an admonition (约谈): whether each is present.

Whether anybody is admonished is for the authority to decide; nothing here says so. A circumstance that the documents
name without saying when it holds (相对落后) is 无规定 until somebody gives the rule a value in a copy of the rule book.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from evaltools.indicators.assessment.evidence import Evidence
from evaltools.indicators.assessment.settings import Grade, Settings
from evaltools.standards import Rule, Rules
from evaltools.terms import Term, VerdictState

GRADE, PROBLEM = "assessment.admonition_grade", "assessment.admonition_problem"
TASK, BACKWARD = "assessment.admonition_task", "assessment.admonition_backward_rank"
DEADLINE = "exit.deadline"


class TriggerState(Term):
    """Whether a circumstance is present."""

    PRESENT = "present", "存在", "present"
    ABSENT = "absent", "不存在", "not present"
    UNDECIDED = "undecided", "不能判定", "cannot be decided"
    EVIDENCE_MISSING = "evidence_missing", "证据缺失", "evidence missing"
    RULE_UNDEFINED = "rule_undefined", "无规定", "no rule defined"
    NOT_APPLICABLE = "not_applicable", "不适用", "not applicable"


@dataclass(frozen=True)
class Part:
    """One circumstance of one rule. `facts`: the values it was judged on, by name; the report binds them."""

    kind: str
    state: TriggerState
    rule: Rule
    facts: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Trigger:
    """A trigger of one document: present if any of its parts is, absent if all are."""

    kind: str
    parts: tuple[Part, ...]

    @property
    def state(self) -> TriggerState:
        """The state of its parts together."""
        return any_of(p.state for p in self.parts)


def any_of(states: Iterable[TriggerState]) -> TriggerState:
    """Present if any is present; absent if all are; else what stands in the way, the strongest reason first."""
    found = set(states)
    if TriggerState.PRESENT in found:
        return TriggerState.PRESENT
    order = (TriggerState.UNDECIDED, TriggerState.EVIDENCE_MISSING, TriggerState.RULE_UNDEFINED,
             TriggerState.NOT_APPLICABLE, TriggerState.ABSENT)  # fmt: skip
    return next((s for s in order if s in found), TriggerState.EVIDENCE_MISSING)


@dataclass(frozen=True)
class Standing:
    """What the score says of a city. grade : None without one; fair_or_worse : share of draws (weights and sample) with
    the grade fair or worse; rank, low, high : place among `of` cities and its interval, None without a rank"""

    grade: Grade | None
    fair_or_worse: float
    rank: int | None = None
    low: int | None = None
    high: int | None = None
    of: int = 0


def triggers(evidence: Evidence, standing: Standing, rules: Rules, settings: Settings) -> tuple[Trigger, ...]:
    """The three triggers of a city with tasks, in the order grade or problem, task, backward."""
    return (
        Trigger("assessment", (_grade(standing, rules[GRADE], settings), _problem(evidence, rules[PROBLEM], settings))),
        Trigger("task", (_task(evidence, rules),)),
        Trigger("backward", (_backward(standing, rules[BACKWARD]),)),
    )


def _grade(standing: Standing, rule: Rule, settings: Settings) -> Part:
    """综合评价一般: settled only where nearly all weights and redrawn samples agree: no document gives weights."""
    facts = {"grade": standing.grade, "share": standing.fair_or_worse, "settled": settings.settled}
    if not rule.is_defined:
        state = TriggerState.RULE_UNDEFINED
    elif standing.grade is None:
        state = TriggerState.EVIDENCE_MISSING
    elif standing.fair_or_worse >= settings.settled:
        state = TriggerState.PRESENT
    elif standing.fair_or_worse <= 1 - settings.settled:
        state = TriggerState.ABSENT
    else:
        state = TriggerState.UNDECIDED
    return Part("grade", state, rule, facts)


def _problem(evidence: Evidence, rule: Rule, settings: Settings) -> Part:
    """存在突出问题: one the ledger lists as outstanding, or (our reading) a gate that is not met."""
    ledger, gates = _ledger_state(evidence), _gates_state(evidence)
    facts: dict[str, Any] = {"ledger": evidence.ledger, "ledger_state": ledger, "gates_state": gates}
    facts["gates"] = settings.gates_are_problems
    judged = [r for r in evidence.gates.results if r.limit is not None] if evidence.gates is not None else []
    facts["not_met"] = tuple(r.gate for r in judged if r.state is VerdictState.NOT_MET)
    facts["judged"] = len(judged)
    if not rule.is_defined:
        return Part("problem", TriggerState.RULE_UNDEFINED, rule, facts)
    states = (ledger, gates) if settings.gates_are_problems else (ledger,)
    return Part("problem", any_of(states), rule, facts)


def _ledger_state(evidence: Evidence) -> TriggerState:
    ledger = evidence.ledger
    if ledger is None:
        return TriggerState.EVIDENCE_MISSING
    if ledger.outstanding:
        return TriggerState.PRESENT
    return TriggerState.EVIDENCE_MISSING if ledger.unknown else TriggerState.ABSENT


def _gates_state(evidence: Evidence) -> TriggerState:
    """Whether a gate with a limit is not met."""
    if evidence.gates is None:
        return TriggerState.EVIDENCE_MISSING
    turned = {
        VerdictState.NOT_MET: TriggerState.PRESENT, VerdictState.MET: TriggerState.ABSENT,
        VerdictState.UNDECIDED: TriggerState.UNDECIDED, VerdictState.EVIDENCE_MISSING: TriggerState.EVIDENCE_MISSING,
    }  # fmt: skip
    return any_of(turned[r.state] for r in evidence.gates.results if r.limit is not None and r.state in turned)


def _task(evidence: Evidence, rules: Rules) -> Part:
    """未完成年度任务: after the deadline of exit, households still poor. Before it the yearly tasks of a city are in no
    document. Households that fell back or were found this year are not named by the rule: they leave it undecided."""
    rule, deadline, left = rules[TASK], rules.get(DEADLINE), evidence.remaining
    facts: dict[str, Any] = {"remaining": left, "deadline": deadline}
    if not rule.is_defined or deadline is None or not deadline.is_defined or str(deadline.value) > rules.as_of:
        state = TriggerState.RULE_UNDEFINED
    elif left is None:
        state = TriggerState.EVIDENCE_MISSING
    elif left.earlier:
        state = TriggerState.PRESENT
    else:
        state = TriggerState.UNDECIDED if left.households else TriggerState.ABSENT
    return Part("task", state, rule, facts)


def _backward(standing: Standing, rule: Rule) -> Part:
    """相对落后: ranks at or beyond the rule's value, were there one; an interval that straddles it decides nothing."""
    facts = {"rank": standing.rank, "low": standing.low, "high": standing.high, "of": standing.of}
    if not rule.is_defined:
        state = TriggerState.RULE_UNDEFINED
    elif standing.rank is None or standing.low is None or standing.high is None:
        state = TriggerState.EVIDENCE_MISSING
    elif rule.passes(standing.low):
        state = TriggerState.PRESENT
    else:
        state = TriggerState.UNDECIDED if rule.passes(standing.high) else TriggerState.ABSENT
    return Part("backward", state, rule, facts)
