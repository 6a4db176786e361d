"""What leaves for the report: rates and verdicts, no small number of households."""

import math
from dataclasses import replace

import pytest

from evaltools.indicators import Gate, GateResult, Gates, Unknowns, Variant, protect_gates
from evaltools.terms import VerdictState, city


def result(gate=Gate.OMISSION, area="441400", n=300, counted=0, unknown=0, **changes):
    base = GateResult(
        gate=gate, variant=Variant.DEFAULT, area_code=area, area_level="city" if area == "441400" else "county",
        unit="persons", state=VerdictState.MET, rate=0.012, low=0.001, high=0.019, n=n, n_known=n - unknown,
        n_counted=counted, n_persons=3 * n, unknown=Unknowns(unknown, unknown / n, reasons={"income": unknown}),
    )  # fmt: skip
    return replace(base, **changes)


def protected(rules, *results, counties=()):
    return protect_gates(Gates(city("441400"), 2020, tuple(results), counties=tuple(counties)), rules)


def test_zero_found_is_printed_and_three_found_is_not(rules2020):
    none, few, many = (protected(rules2020, result(counted=k))["omission_rate"] for k in (0, 3, 12))
    assert (none.n_counted, few.n_counted, many.n_counted) == (0, None, 12)
    assert (few.n, few.rate, few.state) == (300, 0.012, VerdictState.MET)


def test_all_but_three_approving_is_as_small_as_three(rules2020):
    out = protected(rules2020, result(Gate.APPROVAL, counted=297))["public_approval_rate"]
    assert (out.n, out.n_counted) == (300, None)


def test_a_small_number_of_unknown_answers_goes_with_the_known_ones(rules2020):
    out = protected(rules2020, result(counted=20, unknown=4))["omission_rate"]
    assert (out.n, out.n_known, out.unknown.households, dict(out.unknown.reasons)) == (300, None, None, {})
    assert out.unknown.share == pytest.approx(4 / 300)


def test_the_composite_never_gives_away_what_its_two_rates_withhold(rules2020):
    out = protected(rules2020, result(Gate.COMPOSITE, n=600, counted=40))["composite_poverty_incidence"]
    assert (out.n, out.n_known, out.n_counted) == (600, None, None)
    assert out.rate == 0.012


def test_a_county_below_ten_households_keeps_neither_count_nor_rate_and_cannot_be_had_by_subtraction(rules2020):
    counties = [result(area="441402", n=6), result(area="441403", n=120), result(area="441421", n=174)]
    out = protected(rules2020, result(n=300), counties=counties)
    small, *others = out.counties
    assert (small.area_code, small.n, small.unknown.households) == ("441402", None, None)
    assert math.isnan(small.rate)
    assert math.isnan(small.high)
    assert sum(r.n is None for r in others) == 1


def test_a_finding_in_one_county_is_withheld_in_another_too(rules2020):
    counties = [result(area="441402", n=100, counted=4), result(area="441403", n=200, counted=30)]
    out = protected(rules2020, result(n=300, counted=34), counties=counties)
    assert [r.n_counted for r in out.counties] == [None, None]
    assert out["omission_rate"].n_counted == 34


def test_the_order_of_counties_and_everything_else_stays(rules2020):
    counties = [result(g, area=a) for a in ("441402", "441403") for g in Gate]
    out = protected(rules2020, *(result(g) for g in Gate), counties=counties)
    assert [(r.area_code, r.gate) for r in out.counties] == [(r.area_code, r.gate) for r in counties]
    assert [r.gate for r in out.results] == list(Gate)
    assert out.to_frame()["rate"].notna().all()
