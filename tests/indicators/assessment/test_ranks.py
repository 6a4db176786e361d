import numpy as np
import pytest

from evaltools.indicators.assessment.ranks import central, overlapping, rank_of, rank_set, sample_ranks


def test_ranks_count_those_that_are_better_and_ties_share_the_better_rank():
    assert rank_of(np.array([0.9, 0.7, 0.9, 0.1])).tolist() == [1, 3, 1, 4]


def test_without_sampling_error_the_sample_allows_one_rank_only():
    point = np.array([0.9, 0.8, 0.7])
    low, high = sample_ranks(point, np.tile(point, (50, 1)), 0.90)
    assert low.tolist() == [1, 2, 3]
    assert high.tolist() == [1, 2, 3]


def test_equal_values_without_sampling_error_may_take_either_rank():
    point = np.array([0.9, 0.9, 0.7])
    low, high = sample_ranks(point, np.tile(point, (50, 1)), 0.90)
    assert low.tolist() == [1, 1, 3]
    assert high.tolist() == [2, 2, 3]


def test_far_apart_units_are_ordered_and_near_ones_are_not():
    """Standard errors 0.01: 0.90 and 0.89 differ by 0.7 standard errors of the difference, 0.50 by twenty-eight."""
    point = np.array([0.90, 0.89, 0.50])
    draws = point + 0.01 * np.random.default_rng(0).standard_normal((4000, 3))
    low, high = sample_ranks(point, draws, 0.90)
    assert low.tolist() == [1, 1, 3]
    assert high.tolist() == [2, 2, 3]


def test_the_interval_covers_the_true_rank_where_percentiles_of_simulated_ranks_fail():
    """Ten equal units: every rank is true for each, so nine intervals in ten must be the whole of 1 to 10."""
    rng = np.random.default_rng(3)
    whole, naive = [], []
    for _ in range(300):
        point = rng.standard_normal(10)
        draws = point + rng.standard_normal((300, 10))
        low, high = sample_ranks(point, draws, 0.90)
        whole.append(((low == 1) & (high == 10)).mean())
        a, b = central(rank_of(draws), 0.90)
        naive.append(((a == 1) & (b == 10)).mean())
    assert np.mean(whole) >= 0.87
    assert np.mean(naive) <= 0.5


def test_central_ranks_are_ranks_that_occurred():
    low, high = central(np.array([[1], [1], [2], [3], [9]]), 0.50)
    assert (low[0], high[0]) == (1, 3)


def test_the_interval_of_both_contains_sample_and_weights():
    rng = np.random.default_rng(5)
    point = rng.random(6)
    by_sample, by_weights, by_both = (point + s * rng.standard_normal((300, 6)) for s in (0.02, 0.2, 0.2))
    r = rank_set(point, by_sample, by_weights, by_both, 0.90)
    for low, high in ((r.sample_low, r.sample_high), (r.weights_low, r.weights_high), (r.rank, r.rank)):
        assert (r.low <= low).all()
        assert (r.high >= high).all()


def test_overlap_is_seen_at_a_shared_rank():
    pairs = overlapping(np.array([1, 3, 4]), np.array([3, 4, 6]))
    assert pairs.tolist() == [[False, True, False], [True, False, True], [False, True, False]]


@pytest.mark.parametrize("seed", [0, 1])
def test_the_same_draws_give_the_same_intervals(seed):
    point = np.random.default_rng(seed).random(5)
    draws = point + 0.1 * np.random.default_rng(seed).standard_normal((200, 5))
    assert [x.tolist() for x in sample_ranks(point, draws, 0.9)] == [x.tolist() for x in sample_ranks(point, draws, 0.9)]
