import numpy as np
import pytest
from scipy.stats import binom

from evaltools.indicators.assessment.funnel import binomial_limit, funnel, least_households, limits
from evaltools.indicators.targeting.result import Gate


@pytest.mark.parametrize(("limit", "comparison", "expected"), [(0.02, "<=", 149), (0.90, ">=", 29), (0.01, "<=", 299)])
def test_the_least_sample_that_a_faultless_result_needs(limit, comparison, expected):
    """0.98^148 = 0.0503, 0.98^149 = 0.0493; 0.9^28 = 0.0523, 0.9^29 = 0.0471."""
    n = least_households(limit, comparison, 0.95)
    assert n == expected
    keep = 1 - limit if comparison == "<=" else limit
    assert keep**n <= 0.05 < keep ** (n - 1)


@pytest.mark.parametrize(("limit", "comparison"), [(0.0, "<="), (1.0, ">=")])
def test_a_limit_that_tolerates_nothing_has_no_such_sample(limit, comparison):
    assert least_households(limit, comparison, 0.95) == 0


def test_a_binomial_limit_by_hand():
    """n = 10, p = 0.1: P(X <= 2) = 0.9298, P(X <= 3) = 0.9872; at 0.975 the count is 3, back by
    (0.9872 - 0.975) / (0.9872 - 0.9298) = 0.2126, so the limit is 2.787 / 10."""
    assert binomial_limit(np.array([10.0]), 0.1, 0.975)[0] == pytest.approx(0.27874, abs=2e-4)


def test_limits_narrow_with_size_and_the_outer_hold_the_inner():
    n = np.array([50.0, 200.0, 800.0])
    bounds = limits(n, 0.10)
    assert (np.diff(bounds["inner_high"]) < 0).all()
    assert (np.diff(bounds["inner_low"]) > 0).all()
    assert (bounds["outer_low"] <= bounds["inner_low"]).all()
    assert (bounds["outer_high"] >= bounds["inner_high"]).all()


def test_about_one_city_in_forty_lies_above_the_inner_limit_by_chance():
    rng, n = np.random.default_rng(2), 400
    limit = binomial_limit(np.array([float(n)]), 0.05, 0.975)[0]
    above = (rng.binomial(n, 0.05, 20_000) / n > limit).mean()
    assert above <= 1 - binom.cdf(int(limit * n), n, 0.05) + 0.01
    assert above == pytest.approx(0.025, abs=0.012)


def test_cities_are_placed_and_small_ones_marked(gate_of):
    names = ["韶关", "汕头", "湛江", "茂名"]
    rates, sizes = [0.0, 0.01, 0.09, 0.01], [400.0, 100.0, 400.0, 148.0]
    results = [gate_of(c, Gate.OMISSION, r, 0.0, 0.1, n=s) for c, r, s in zip(names, rates, sizes, strict=True)]
    found = funnel(results, 0.95)
    assert found.centre == pytest.approx((0 + 1 + 36 + 1.48) / 1048)
    assert found.least == 149
    places = dict(zip(found.points["city_code"], found.points["place"], strict=True))
    assert places["440800"] == "outer_high"
    assert places["440500"] == "inside"
    assert dict(zip(found.points["city_code"], found.points["is_small"], strict=True)) == {
        "440200": False, "440500": True, "440800": False, "440900": True,
    }  # fmt: skip


def test_fewer_than_three_cities_make_no_funnel(gate_of):
    two = [gate_of(c, Gate.OMISSION, 0.01, 0, 0.02) for c in ("韶关", "汕头")]
    assert funnel(two, 0.95) is None


def test_a_rate_without_a_limit_has_a_funnel_and_no_small_city(gate_of):
    found = funnel([gate_of(c, Gate.WRONG_INCLUSION, 0.03, 0, 0.1, n=20.0) for c in ("韶关", "汕头", "湛江")], 0.95)
    assert found.limit is None
    assert not found.points["is_small"].any()
