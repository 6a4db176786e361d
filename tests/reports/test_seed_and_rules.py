"""Numbers are computed, not typed: another seed moves those bound to data, another rule those bound to it."""

import pytest

from evaltools import CityEvaluation, RuleBook
from evaltools.synthetic import generate


@pytest.fixture(scope="module")
def other_seed(tmp_path_factory):
    folder = tmp_path_factory.mktemp("seed")
    generate(folder / "data", folder / "truth", scale=0.02, seed=4711, cities=["441400"])
    return folder / "data"


def numbers(report, kind):
    """ref → text of the numbers of one kind."""
    return {b.ref: b.text for b in report.numbers if b.source.kind == kind}


@pytest.mark.slow
def test_a_second_seed_changes_the_numbers_bound_to_data_and_no_rule(part_of_demo, tmp_path, other_seed):
    first = CityEvaluation.open(part_of_demo(tmp_path / "data", "441400"), "meizhou", 2020).report
    second = CityEvaluation.open(other_seed, "meizhou", 2020).report
    one, two = numbers(first, "rule"), numbers(second, "rule")
    common = set(one) & set(two)
    assert common
    assert all(one[ref] == two[ref] for ref in common)
    one, two = numbers(first, "data"), numbers(second, "data")
    gates = [ref for ref in one if ref.startswith("gate.") and ref in two]
    moved = [ref for ref in gates if one[ref] != two[ref]]
    assert len(moved) > len(gates) / 2, "gate estimates must move with the sample"
    survey = [ref for ref in set(one) & set(two) if one[ref] != two[ref]]
    assert len(survey) > 40


@pytest.mark.slow
def test_a_changed_rule_changes_the_verdicts_and_is_named_in_the_report(part_of_demo, tmp_path):
    book = RuleBook.load().with_value("gate.public_approval_min", 0.999, reason="试算")
    before = CityEvaluation.open(part_of_demo(tmp_path / "data", "441400"), "meizhou", 2020)
    after = before.with_rules(book)
    assert before.gates["public_approval_rate"].state != after.gates["public_approval_rate"].state
    assert any("试算" in b.text for b in after.report.numbers)
