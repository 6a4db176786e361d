"""Scores by hand: every number below was worked out on paper."""

import numpy as np
import pytest

from evaltools.indicators.assessment.score import at, group_means, score_of, simplex, weighted

UP, DOWN = False, True


def one(value, limit, is_lower, is_share=True):
    return score_of(np.array([value]), np.array([limit]), np.array([is_lower]), np.array([is_share]))[0]


@pytest.mark.parametrize(("value", "limit", "expected"), [
    (0.45, 0.90, 0.5), (0.90, 0.90, 1.0), (0.8999, 0.90, 0.8999 / 0.90), (0.97, 0.90, 1.0), (0.0, 0.90, 0.0),
    (-0.2, 0.90, 0.0), (3.0, 0.0, 1.0), (-0.01, 0.0, 0.0),
])  # fmt: skip
def test_higher_is_better_scores_value_over_limit_and_never_above_one(value, limit, expected):
    assert one(value, limit, UP) == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize(("value", "limit", "is_share", "expected"), [
    (0.02, 0.02, True, 1.0), (0.0, 0.02, True, 1.0), (0.04, 0.02, True, 0.5), (0.08, 0.02, True, 0.25),
    (0.03, 0.0, True, 0.97), (0.0, 0.0, True, 1.0), (3.0, 0.0, False, 0.0), (10.0, 5.0, False, 0.5),
])  # fmt: skip
def test_lower_is_better_scores_limit_over_value_and_where_nothing_is_tolerated_the_share_that_complies(
    value, limit, is_share, expected
):
    assert one(value, limit, DOWN, is_share) == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize(("value", "limit"), [(np.nan, 0.9), (0.5, np.nan)])
def test_an_unknown_value_or_limit_has_no_score(value, limit):
    assert np.isnan(one(value, limit, UP))
    assert np.isnan(one(value, limit, DOWN))


def test_a_move_of_z_to_either_side_reaches_the_ends_of_the_interval():
    """A lopsided interval 0.00 to 0.06 around 0.01; bad is high where lower is better."""
    value, low, high = (np.array([x]) for x in (0.01, 0.0, 0.06))
    moved = at(np.array([-1.645, 0.0, 1.645]), value, low, high, np.array([True]), 1.645)[:, 0]
    assert moved == pytest.approx([0.06, 0.01, 0.0])
    up = at(np.array([-1.645, 1.645]), value, low, high, np.array([False]), 1.645)[:, 0]
    assert up == pytest.approx([0.0, 0.06])


def test_half_way_to_an_end_is_half_the_distance():
    moved = at(np.array([-0.8225]), np.array([0.9]), np.array([0.8]), np.array([0.95]), np.array([False]), 1.645)
    assert moved[0, 0] == pytest.approx(0.85)


def test_means_of_groups_and_none_for_an_empty_group():
    means = group_means(np.array([[1.0, 0.5, 0.0]]), np.array([0, 0, 2]), 3)
    assert means[0, [0, 2]] == pytest.approx([0.75, 0.0])
    assert np.isnan(means[0, 1])


def test_weights_are_spread_over_the_chapters_that_have_a_score():
    """0.8 and 0.4 with weights 3 and 1, the third chapter unknown: (2.4 + 0.4) / 4 = 0.7."""
    assert weighted(np.array([0.8, 0.4, np.nan]), np.array([3.0, 1.0, 6.0])) == pytest.approx(0.7)


def test_no_known_chapter_or_no_weight_gives_no_score():
    assert np.isnan(weighted(np.array([np.nan, np.nan]), np.array([1.0, 1.0])))
    assert np.isnan(weighted(np.array([0.5, np.nan]), np.array([0.0, 1.0])))


def test_random_weights_lie_on_the_simplex_evenly():
    weights = simplex(20_000, 4, np.random.default_rng(1))
    assert weights.sum(axis=1) == pytest.approx(np.ones(20_000))
    assert (weights >= 0).all()
    assert weights.mean(axis=0) == pytest.approx([0.25] * 4, abs=0.005)
    # flat on the simplex: P(first weight > 1/2) = (1/2)^3
    assert (weights[:, 0] > 0.5).mean() == pytest.approx(0.125, abs=0.01)
