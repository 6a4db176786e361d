"""Packed answers: an area that does not fit the narrow form is counted in the wide one, with the same result."""

import pytest

from evaltools.indicators.engine import run as engine
from evaltools.indicators.engine.sums import NARROW, WIDE, Packing

IDS = ("finance.loan_amount_ok_share", "finance.loan_over_amount", "exit.registered_persons", "exit.exited_persons_share")


def loans():
    amounts = (50000, 60000, None, 10)
    return [{"loan_id": f"L{i}", "household_id": f"H{i}", "amount_yuan": a} for i, a in enumerate(amounts)]


def households(persons):
    return [
        {"household_id": f"H{i}", "registry_status": s, "persons": persons} for i, s in enumerate(("exited", "poor", None))
    ]


@pytest.mark.parametrize("persons", [3, NARROW.most, NARROW.most + 1])
def test_counts_do_not_depend_on_the_packing(run, monkeypatch, persons):
    """Three rows of up to 32,768 persons: the sum of weights of the smallest area decides, on either side of the limit."""
    rows = {"loans": loans(), "households": households(persons)}
    found = run(*IDS, **rows).found.to_frame()
    assert run.value("exit.registered_persons") == 2 * persons
    assert run.row("exit.exited_persons_share")["unsure_rows"] == 1
    monkeypatch.setattr(engine, "NARROW", Packing(1, "BIGINT"))  # nothing but single rows fits
    assert run(*IDS, **rows).found.to_frame().equals(found)


def test_four_counts_fit_their_number():
    assert 4 * NARROW.bits < 63
    assert 4 * WIDE.bits < 127
