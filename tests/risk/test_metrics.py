"""Metrics against scikit-learn, against hand-made cases, with weights and ties; intervals against a known error."""

import numpy as np
import pytest
from sklearn.metrics import average_precision_score, brier_score_loss, roc_auc_score

from evaltools.risk import metrics as m
from evaltools.risk.bootstrap import cluster_draws, intervals


@pytest.fixture(scope="module")
def scored():
    rng = np.random.default_rng(0)
    p = np.round(rng.beta(1, 8, 4000), 2).clip(0.005, 0.995)  # rounding makes ties
    return (rng.random(4000) < p).astype(float), p, rng.integers(1, 5, 4000).astype(float)


def test_agrees_with_scikit_learn_with_weights_and_ties(scored):
    y, p, w = scored
    assert m.auc(y, p, w) == pytest.approx(roc_auc_score(y, p, sample_weight=w), abs=1e-12)
    assert m.average_precision(y, p, w) == pytest.approx(average_precision_score(y, p, sample_weight=w), abs=1e-12)
    assert m.brier(y, p, w) == pytest.approx(brier_score_loss(y, p, sample_weight=w), abs=1e-12)


def test_weights_are_repetitions(scored):
    y, p, w = scored
    again = np.repeat(np.arange(4000), w.astype(int))
    ones = np.ones(len(again))
    for f in (m.auc, m.average_precision, m.brier_skill, m.observed_to_expected):
        assert f(y, p, w) == pytest.approx(f(y[again], p[again], ones), rel=1e-9)
    assert m.recall_at(y, p, w, 0.1) == pytest.approx(m.recall_at(y[again], p[again], ones, 0.1), rel=1e-9)


def test_a_list_that_cuts_a_tie_takes_its_share():
    y, p, ones = np.array([1.0, 0, 1, 0]), np.array([0.9, 0.5, 0.5, 0.5]), np.ones(4)
    assert m.listed(p, ones, 0.5) == pytest.approx([1, 1 / 3, 1 / 3, 1 / 3])
    assert m.recall_at(y, p, ones, 0.5) == pytest.approx((1 + 1 / 3) / 2)
    assert m.precision_at(y, p, ones, 0.5) == pytest.approx((1 + 1 / 3) / 2)


def test_recall_is_the_same_by_list_and_by_rank(scored):
    y, p, w = scored
    part = m.listed(p, w, 0.17)
    assert m.recall_at(y, p, w, 0.17) == pytest.approx((w * y) @ part / (w @ y), rel=1e-9)


def test_a_flag_recalls_at_random_within_itself():
    """A yes/no rule that flags half of all finds, at a budget of a tenth, a fifth of what it flags."""
    rng = np.random.default_rng(1)
    flag, y = rng.integers(0, 2, 4000).astype(float), (rng.random(4000) < 0.2).astype(float)
    got = m.recall_at(y, flag, np.ones(4000), 0.1)
    assert got == pytest.approx(0.1 / flag.mean() * y[flag == 1].sum() / y.sum(), rel=1e-9)


def test_right_probabilities_have_slope_one_intercept_zero_and_the_error_of_chance(scored):
    y, p, _w = scored
    intercept, slope = m.calibration_line(y, p, np.ones(4000))
    assert intercept == pytest.approx(0, abs=0.15)
    assert slope == pytest.approx(1, abs=0.12)
    assert m.ece(y, p, np.ones(4000)) < m.ece_when_perfect(p, np.ones(4000))


def test_too_extreme_probabilities_have_a_slope_below_one_and_fail_the_error_of_chance(scored):
    y, p, _ = scored
    wild = p**2 / (p**2 + (1 - p) ** 2)
    assert m.calibration_line(y, wild, np.ones(4000))[1] == pytest.approx(0.5, abs=0.07)
    assert m.ece(y, wild, np.ones(4000)) > m.ece_when_perfect(wild, np.ones(4000))


def test_net_benefit_of_visiting_all_is_the_rate_less_the_cost():
    y, ones = np.array([1.0, 0, 0, 0]), np.ones(4)
    assert m.net_benefit(y, np.full(4, 0.9), ones, 0.2) == pytest.approx(0.25 - 0.75 * 0.25)
    assert m.net_benefit(y, np.full(4, 0.1), ones, 0.2) == 0


def test_undefined_is_nan_not_zero():
    none, p, ones = np.zeros(5), np.linspace(0.1, 0.5, 5), np.ones(5)
    assert np.isnan([m.auc(none, p, ones), m.average_precision(none, p, ones), m.recall_at(none, p, ones, 0.2)]).all()
    assert np.isnan(m.brier_skill(none, p, ones))
    assert np.isnan(m.calibration_line(none, p, ones)).all()


def test_bins_never_part_equal_scores():
    p = np.repeat([0.1, 0.2, 0.3], [70, 20, 10])
    bins = m.bins_of(p, np.ones(100), 10)
    assert [len(np.unique(bins[p == v])) for v in (0.1, 0.2, 0.3)] == [1, 1, 1]


def test_cluster_intervals_are_wider_when_clusters_agree():
    rng = np.random.default_rng(2)
    clusters = np.repeat(np.arange(60), 20)
    y = (rng.random(60) < 0.3).astype(float)[clusters]

    def mean(w):
        return {"mean": float(np.average(y, weights=w))}

    _, low, high = intervals(mean, np.ones(1200), clusters, draws=300, seed=0)["mean"]
    _, a, b = intervals(mean, np.ones(1200), np.arange(1200), draws=300, seed=0)["mean"]
    se = np.sqrt(0.3 * 0.7 / 60)
    assert high - low == pytest.approx(2 * 1.96 * se, rel=0.25)
    assert high - low > 3 * (b - a)


def test_a_replicate_draws_as_many_clusters_as_there_are():
    clusters = np.repeat(np.arange(7), 3)
    for w in cluster_draws(clusters, 5, 0):
        assert w[::3].sum() == 7
        assert (w.reshape(7, 3) == w[::3, None]).all()
