"""Gini, quintile ratio and Lorenz curve: hand-worked cases; influences are derivatives."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from evaltools.estimation import Replicates, SurveyDesign, gini, lorenz, qsr
from evaltools.estimation.inequality import gini_curve, lorenz_curve, share_ratio
from evaltools.estimation.quantiles import quantile_sorted

SRS = SurveyDesign()


def frame(*y: float) -> pd.DataFrame:
    return pd.DataFrame({"y": y})


def test_one_person_who_has_it_all():
    assert gini(frame(0, 0, 0, 1), "y", SRS)[0].estimate == pytest.approx(0.75)


def test_equal_incomes_have_no_inequality():
    assert gini(frame(3, 3, 3), "y", SRS)[0].estimate == pytest.approx(0)


def test_gini_is_half_the_relative_mean_difference():
    rng = np.random.default_rng(0)
    y, w = rng.lognormal(size=200), rng.uniform(1, 3, 200)
    brute = (w[:, None] * w * np.abs(y[:, None] - y)).sum() / (2 * w.sum() * (w * y).sum())
    e = gini(pd.DataFrame({"y": y, "w": w}), "y", SurveyDesign(weight="w"))[0]
    assert e.estimate == pytest.approx(brute)


def test_no_income_at_all_has_no_gini():
    e = gini(frame(0, 0, 0), "y", SRS)[0]
    assert np.isnan(e.estimate)
    assert e.reason


@pytest.mark.parametrize("curve", [gini_curve, lambda y, w: lorenz_curve(y, w, np.array([0.3, 0.7]))])
def test_influences_are_derivatives_with_respect_to_a_weight(curve):
    """Adding a little weight to a unit moves a smooth statistic by its influence."""
    rng = np.random.default_rng(1)
    y, w = np.sort(rng.lognormal(size=400)), rng.uniform(1, 3, 400)
    value, u, _ = curve(y, w)
    for k in (3, 150, 390):
        moved = w.copy()
        moved[k] += 1e-4
        assert (curve(y, moved)[0] - value) / 1e-4 == pytest.approx(u[k], rel=0.05, abs=2e-5)


@pytest.mark.parametrize("estimator", [gini, qsr])
def test_linearized_errors_agree_with_the_bootstrap(estimator):
    rng = np.random.default_rng(2)
    village = np.repeat(np.arange(120), 10)
    y = np.exp(9 + rng.normal(0, 0.3, 120)[village] + rng.normal(0, 0.5, len(village)))
    data = pd.DataFrame({"y": y, "v": village, "w": rng.uniform(1, 2, len(y))})
    linear = estimator(data, "y", SurveyDesign(weight="w", psu="v"))[0]
    boot = estimator(data, "y", SurveyDesign(weight="w", psu="v", replicates=Replicates.bootstrap(300, seed=4)))[0]
    assert linear.se == pytest.approx(boot.se, rel=3 * np.sqrt(1 / 600) + 0.03)


def test_the_quintile_ratio_by_hand():
    y, w = np.arange(1.0, 11), np.ones(10)
    value, _, _ = share_ratio(y, w)  # q20 = 2, q80 = 8: (9 + 10) / (1 + 2)
    assert value[0] == pytest.approx(19 / 3)


def test_the_lorenz_curve_by_hand_counts_the_last_person_in_part():
    e = lorenz(frame(1, 2, 3, 4), "y", SRS, points=[0.25, 0.5, 0.6])
    assert e.estimate == pytest.approx([0.1, 0.3, (3 + 0.4 * 3) / 10])
    assert [x.statistic for x in e] == ["L(0.25)", "L(0.5)", "L(0.6)"]


@pytest.mark.parametrize(
    ("rule", "p", "value"),
    [
        *(("math", 0.5, 2), ("math", 0.51, 3), ("math", 1, 4), ("math", 0, 1)),
        *(("school", 0.5, 2.5), ("school", 0.51, 3), ("hf7", 0.5, 2.5), ("hf7", 0.25, 1.75)),
        *(("upper", 0.5, 3), ("upper", 0.51, 3), ("upper", 1, 4), ("hf7", 1 / 3 + 1e-14, 2), ("hf7", 1, 4)),
    ],
)
def test_tie_rules_of_quantiles(rule, p, value):
    y = np.array([1.0, 2, 3, 4])
    assert quantile_sorted(y, np.array([0.25, 0.5, 0.75, 1]), p, rule) == pytest.approx(value)


def test_a_third_plus_a_third_reaches_two_thirds():
    f = np.cumsum([1 / 3, 1 / 3, 1 / 3])
    assert quantile_sorted(np.array([1.0, 2, 3]), f, 2 / 3) == 2
