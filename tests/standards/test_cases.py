"""The cases a policy officer can sign: just under, on, just over each limit, and the day before the rule."""

from __future__ import annotations

from pathlib import Path

import pytest

from evaltools.errors import RuleUndefinedError, ScopeError
from evaltools.standards import RuleBook, load_yaml, read_number

CASES = Path(__file__).parents[1] / "cases"
ALL = [(path.name, case) for path in sorted(CASES.glob("*.yaml")) for case in load_yaml(path)["cases"]]
BOOK = RuleBook.load()
SOURCED = [(name, case) for name, case in ALL if "document" in case]
ORDERED = ("number", "date", "month_day")


def observation(text: str, kind: str):
    """What an evaluator observed, in the type data has."""
    if kind == "number":
        return float(read_number(text))
    if kind == "boolean":
        return {"true": True, "false": False}[text]
    return text


def kind_of(rule_id: str) -> str:
    return BOOK.entries[rule_id].unit.kind


@pytest.mark.parametrize(("name", "case"), ALL, ids=[f"{n}:{c['rule']}@{c['as_of']}" for n, c in ALL])
def test_rule_answers_as_the_clause_says(name, case):
    rule = BOOK.at(case["as_of"], case.get("city"))[case["rule"]]
    if "open" in case:
        with pytest.raises(RuleUndefinedError):
            _ = rule.value
        assert rule.reason
        return
    for point in ("under", "on", "over"):
        for text, expected in case.get(point, {}).items():
            given = text.split(" ") if rule.comparison == "all" else observation(text, kind_of(rule.id))
            assert rule.passes(given) is (expected == "yes"), f"{point} {text}"


@pytest.mark.parametrize(("name", "case"), SOURCED, ids=[f"{n}:{c['rule']}@{c['as_of']}" for n, c in SOURCED])
def test_rule_cites_the_document_and_says_what_kind_of_statement_it_is(name, case):
    rule = BOOK.at(case["as_of"], case.get("city"))[case["rule"]]
    assert rule.document == BOOK.vocabulary.documents[case["document"]].cite
    assert case["clause"] in rule.clause
    assert rule.status.value == case.get("status", "prescribed")
    if "says" in case:
        assert rule.limit_text() == case["says"]
    if rule.is_defined and not BOOK.entries[rule.id].product:
        assert rule.effective_to == case.get("until")


def test_a_rule_of_some_cities_says_what_it_is_elsewhere():
    """Extended and printed so, or undefined: a city outside is never given the limit silently."""
    told: set[tuple[str, str]] = set()
    for _, case in ALL:
        rule = BOOK.at(case["as_of"], case.get("city"))[case["rule"]]
        for place, expected in case.get("elsewhere", {}).items():
            assert rule.applicability.value == "in_scope", rule.id
            there = BOOK.at(case["as_of"], place)[case["rule"]]
            assert (there.applicability.value, there.is_defined) == (expected, expected == "extended"), (rule.id, place)
            told.add((rule.id, rule.effective_from or ""))
    for rule_id, entry in BOOK.entries.items():
        for value in entry.values:
            limited = (value.applies_to or entry.applies_to).cities is not None
            assert not limited or (rule_id, value.start) in told, f"{rule_id} from {value.start} says no case elsewhere"


def test_values_that_begin_after_the_years_of_the_book_are_kept_for_them():
    """Nobody can ask for them yet; the clause's list and day are still held to."""
    later = {key: e.values[-1] for key, e in BOOK.entries.items() if e.values and e.values[-1].start > "2020-12-31"}
    assert {key: (v.start, v.value, v.document) for key, v in later.items()} == {
        "regime": ("2021-01-01", "14FYP", "省政府报告2020"),
        "monitoring.categories": (
            "2021-01-01", ("unstable_exited", "marginal_at_risk", "sudden_hardship"), "中农组发〔2021〕7号",
        ),
    }  # fmt: skip


@pytest.mark.parametrize(("name", "case"), ALL, ids=[f"{n}:{c['rule']}@{c['as_of']}" for n, c in ALL])
def test_the_day_before_the_rule_did_not_hold(name, case):
    for day, expected in case.get("day_before", {}).items():
        if expected == "out_of_scope":
            with pytest.raises(ScopeError):
                BOOK.at(day, case.get("city"))
            continue
        before = BOOK.at(day, case.get("city"))[case["rule"]]
        if expected == "undefined":
            assert not before.is_defined
        else:
            value = before.value
            assert (" ".join(value) if isinstance(value, tuple) else value) == observation(expected, kind_of(before.id))


def test_every_rule_has_a_case_on_its_limit_and_one_on_each_side():
    covered: dict[str, set[str]] = {}
    for _, case in ALL:
        covered.setdefault(case["rule"], set()).update(case)
    for rule_id, entry in BOOK.entries.items():
        points = covered.get(rule_id, set())
        if entry.fallback is not None and not entry.product:
            assert {"open", "document", "clause"} <= points, f"{rule_id} is open in the documents: say so in a case"
            continue
        needed = {"under", "on", "day_before", "document", "clause"} | ({"over"} if entry.unit.kind in ORDERED else set())
        assert needed <= points, f"{rule_id} lacks {sorted(needed - points)}"


def test_every_amount_is_said_with_its_unit():
    """50,000 without 元 would let a limit in another unit pass; shares and lines derived from others need none."""
    said = {case["rule"] for _, case in ALL if "says" in case}
    amounts = (e for e in BOOK.entries.values() if e.values and e.unit.kind == "number" and e.unit.low == 0)
    assert {e.id for e in amounts if e.unit.high != 1} <= said


def test_every_dated_value_has_a_case_on_a_date_in_its_span():
    for rule_id, entry in BOOK.entries.items():
        days = [c["as_of"] for _, c in ALL if c["rule"] == rule_id]
        for value in entry.values:
            if (value.end or "9999") < "2016-01-01" or value.start > "2020-12-31":
                continue
            assert any(value.start <= d <= (value.end or "9999") for d in days), f"{rule_id} from {value.start}"


def test_every_list_is_named_in_full_by_its_case():
    """An item too many in an entry would otherwise pass unseen."""
    for _, case in ALL:
        rule = BOOK.at(case["as_of"], case.get("city"))[case["rule"]]
        if "open" in case or rule.comparison not in ("in", "all"):
            continue
        named = [code for text in case["on"] for code in text.split(" ")]
        assert sorted(named) == sorted(rule.value), f"{rule.id} on {case['as_of']}"
