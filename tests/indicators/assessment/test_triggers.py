"""Every verdict path of the three circumstances in which the documents provide for an admonition."""

import pytest

from evaltools.indicators.assessment import Evidence, Grade, Ledger, Remaining, Settings, Standing, TriggerState
from evaltools.indicators.assessment.triggers import BACKWARD, any_of, triggers
from evaltools.terms import VerdictState

P, A, U, E, R = (TriggerState.PRESENT, TriggerState.ABSENT, TriggerState.UNDECIDED, TriggerState.EVIDENCE_MISSING,
                 TriggerState.RULE_UNDEFINED)  # fmt: skip
CLEAN = Ledger(0, 0, 0, 10)
GONE = Remaining(0, 0, 500)


def judge(book, evidence, standing=None, *, day="2020-12-31", settings=None):
    standing = standing or Standing(Grade.GOOD, 0.0, 5, 3, 8, 14)
    rules = book.at(day, city="441400")
    found = triggers(evidence, standing, rules, settings or Settings())
    return {part.kind: part for t in found for part in t.parts} | {f"all:{t.kind}": t for t in found}


@pytest.mark.parametrize(("share", "grade", "state"), [
    (0.0, Grade.GOOD, A), (0.05, Grade.GOOD, A), (0.0501, Grade.GOOD, U), (0.9499, Grade.FAIR, U), (0.95, Grade.FAIR, P),
    (1.0, Grade.POOR, P), (0.0, None, E),
])  # fmt: skip
def test_the_grade_counts_only_where_nearly_all_weights_agree(book, gates_of, share, grade, state):
    found = judge(book, Evidence(gates_of("梅州"), GONE, CLEAN), Standing(grade, share))
    assert found["grade"].state is state
    assert "571" in found["grade"].rule.cite()


def test_before_the_first_round_no_rule_speaks_of_the_grade(book, gates_of):
    found = judge(book, Evidence(gates_of("梅州"), GONE, CLEAN), day="2016-12-31")
    assert found["grade"].state is found["problem"].state is R
    assert found["all:assessment"].state is R


@pytest.mark.parametrize(("ledger", "state"), [
    (Ledger(1, 0, 0, 9), P), (Ledger(2, 2, 5, 9), P), (Ledger(0, 0, 0, 9), A), (Ledger(0, 0, 1, 9), E), (None, E),
    (Ledger(0, 0, 0, 0), A),
])  # fmt: skip
def test_an_outstanding_problem_of_the_ledger(book, gates_of, ledger, state):
    assert judge(book, Evidence(gates_of("梅州"), GONE, ledger))["problem"].state is state


@pytest.mark.parametrize(("gate", "ledger", "state"), [
    (VerdictState.NOT_MET, CLEAN, P), (VerdictState.UNDECIDED, CLEAN, U), (VerdictState.EVIDENCE_MISSING, CLEAN, E),
    (VerdictState.MET, CLEAN, A), (VerdictState.UNDECIDED, Ledger(1, 1, 0, 3), P), (VerdictState.NOT_MET, None, P),
    (VerdictState.MET, None, E),
])  # fmt: skip
def test_a_gate_not_met_is_read_as_an_outstanding_problem(book, gates_of, gate, ledger, state):
    assert judge(book, Evidence(gates_of("梅州", state=gate), GONE, ledger))["problem"].state is state


def test_that_reading_can_be_switched_off(book, gates_of):
    evidence = Evidence(gates_of("梅州", state=VerdictState.NOT_MET), GONE, CLEAN)
    assert judge(book, evidence, settings=Settings(gates_are_problems=False))["problem"].state is A


def test_without_gates_and_ledger_the_evidence_is_missing(book):
    assert judge(book, Evidence())["problem"].state is E


@pytest.mark.parametrize(("left", "day", "state"), [
    (Remaining(0, 0, 500), "2020-12-31", A), (Remaining(1, 1, 500), "2020-12-31", P),
    (Remaining(12, 1, 500), "2020-12-31", P), (Remaining(3, 0, 500), "2020-12-31", U), (None, "2020-12-31", E),
    (Remaining(40, 40, 500), "2018-12-31", R), (Remaining(0, 0, 500), "2018-12-31", R),
])  # fmt: skip
def test_the_task_of_the_year_is_known_only_from_the_deadline_on(book, left, day, state):
    """Households that fell back or were found this year leave it open: no rule names them."""
    found = judge(book, Evidence(None, left, None), day=day)["task"]
    assert found.state is state
    assert found.rule.cite() == "粤发〔2016〕13号 第25条"


def test_relatively_backward_is_undefined_by_the_documents_whatever_the_rank(book):
    found = judge(book, Evidence(), Standing(Grade.POOR, 1.0, 14, 14, 14, 14))["backward"]
    assert found.state is R
    assert found.facts["rank"] == 14


@pytest.mark.parametrize(("low", "high", "state"), [(12, 14, P), (11, 14, U), (3, 12, U), (3, 11, A), (1, 1, A)])
def test_with_a_rank_of_ones_own_the_whole_interval_must_lie_on_one_side(book, low, high, state):
    own = book.with_value(BACKWARD, 12, reason="test: the last three of fourteen", everywhere=True)
    assert judge(own, Evidence(), Standing(Grade.FAIR, 0.5, low, low, high, 14))["backward"].state is state


def test_without_a_rank_there_is_no_evidence_for_backwardness(book):
    own = book.with_value(BACKWARD, 12, reason="test", everywhere=True)
    assert judge(own, Evidence(), Standing(None, 0.0))["backward"].state is E


@pytest.mark.parametrize(("states", "expected"), [
    ((P, E), P), ((A, A), A), ((A, U), U), ((U, E), U), ((A, E), E), ((R, A), R), ((), E),
])  # fmt: skip
def test_one_present_part_is_enough_and_absence_needs_all(states, expected):
    assert any_of(states) is expected


def test_the_three_triggers_stand_apart(book, gates_of):
    found = judge(book, Evidence(gates_of("梅州"), Remaining(5, 5, 500), CLEAN))
    assert [found[f"all:{k}"].state for k in ("assessment", "task", "backward")] == [A, P, R]
