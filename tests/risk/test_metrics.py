"""Metrics against scikit-learn, against hand-made cases, with weights and ties; intervals against a known error."""

import numpy as np
import pytest
from scipy.special import logit
from sklearn.metrics import average_precision_score, brier_score_loss, roc_auc_score

from evaltools.risk import metrics as m
from evaltools.risk import replicates as many
from evaltools.risk.irls import ridge_logit
from evaltools.risk.performance import Task, _replicates


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

    def interval(groups):
        drawn = many.drawn(many.multiplicities(groups, 300, 0), groups, np.column_stack([y, np.ones(1200)]))
        return many.limits(drawn[:, 0] / drawn[:, 1])

    low, high = interval(clusters)
    a, b = interval(np.arange(1200))
    se = np.sqrt(0.3 * 0.7 / 60)
    assert high - low == pytest.approx(2 * 1.96 * se, rel=0.25)
    assert high - low > 3 * (b - a)


def test_a_replicate_draws_as_many_clusters_as_there_are():
    drawn = many.multiplicities(np.repeat(np.arange(7), 3), 5, 0)
    assert drawn.shape == (5, 7)
    assert (drawn.sum(axis=1) == 7).all()


def test_replicates_equal_the_metrics_of_the_rows_they_weight(scored):
    """Every metric of every replicate against the plain functions, row by row."""
    y, p, w = scored
    clusters = np.arange(len(y)) % 150
    task = Task(y, w, clusters, {"model": p}, frozenset({"model"}))
    multiples = many.multiplicities(clusters, 6, 1)
    found = _replicates(task, "model", clusters, multiples, (0.1, 0.2), (0.1,))
    for d, times in enumerate(multiples):
        v = w * times[clusters]
        plain = m.Ranked.of(p).ranking(y, v, (0.1, 0.2)) | {
            "brier": m.brier(y, p, v), "brier_skill": m.brier_skill(y, p, v), "ece": m.ece(y, p, v, m.bins_of(p, w, 10)),
            "observed_to_expected": m.observed_to_expected(y, p, v), "net_benefit@0.1": m.net_benefit(y, p, v, 0.1),
        }  # fmt: skip
        X, eta = np.column_stack([np.ones(len(y)), logit(p)]), logit(p)
        plain["calibration_slope"] = ridge_logit(X, y, v, np.zeros(2))[1]
        plain["calibration_intercept"] = ridge_logit(X[:, :1], y, v, np.zeros(1), offset=eta)[0]
        assert {k: x[d] for k, x in found.items()} == pytest.approx(plain, abs=1e-6)


def test_grades_of_many_scores_change_a_ranking_by_next_to_nothing():
    rng = np.random.default_rng(4)
    p = rng.beta(1, 20, 30_000)
    y, ones = (rng.random(30_000) < p).astype(float), np.ones((1, 30_000))
    grades = many.Grades.of(p)
    assert grades.count <= many.MOST_GRADES + 1
    hit, every = (many.drawn_by(np.ones((1, 1)), np.zeros(30_000, int), grades.grade, grades.count, v) for v in (y, ones[0]))
    found, plain = many.ranking(hit, every - hit, (0.1,)), m.Ranked.of(p).ranking(y, ones[0], (0.1,))
    assert found["auc"][0] == pytest.approx(plain["auc"], abs=1e-4)
    assert found["average_precision"][0] == pytest.approx(plain["average_precision"], abs=2e-3)
    assert found["recall@0.1"][0] == pytest.approx(plain["recall@0.1"], abs=2e-3)


def test_a_replicate_without_an_event_has_no_calibration_line():
    intercept, slope = many.lines(np.array([-1.0, 1.0]), np.array([[5.0, 5.0], [5.0, 5.0]]), np.array([[0.0, 0.0], [1.0, 3.0]]))
    assert np.isnan([intercept[0], slope[0]]).all()
    assert np.isfinite([intercept[1], slope[1]]).all()
