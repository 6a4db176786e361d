"""The dated update: the level follows the newest outcomes, and the check of the move can fail."""

import copy

import numpy as np
import pandas as pd
import pytest
from scipy.special import expit, logit

from evaltools.risk.features import ReturnSample
from evaltools.risk.folds import row_hash
from evaltools.risk.published import UpdateState
from evaltools.risk.updates import apply_update, check_update, judge_shape

N, GROUPS = 12_000, 400


@pytest.fixture(scope="module")
def shifted():
    """Probabilities given before a year in which everybody's odds doubled, and what then happened; villages."""
    rng = np.random.default_rng(3)
    given = expit(rng.normal(-3, 1, N))
    happened = (rng.random(N) < expit(logit(given) + 0.7)).astype(float)
    return given, happened, np.arange(N) % GROUPS


def check(p, y, clusters, **changes):
    return check_update(p, y, clusters, as_of="2020-12-31", period=2019, draws=60, **changes)


def test_a_moved_level_mends_a_shifted_rate_where_it_was_not_taken_from(shifted):
    p, y, clusters = shifted
    found = check(p, y, clusters)
    assert y.mean() / p.mean() > 1.5
    assert (found.rate, found.expected) == (y.mean(), p.mean())
    assert found.state is UpdateState.HOLDS
    assert 0.85 < found.observed_to_expected < 1.15
    assert found.ece <= 0.02
    assert (found.as_of, found.period) == ("2020-12-31", 2019)


def test_the_halves_are_whole_villages_and_the_same_on_every_run(shifted):
    p, y, clusters = shifted
    assert check(p, y, clusters) == check(p, y, clusters)
    assert check(p, y, clusters) != check(p, y, clusters, seed=1)


def test_a_level_from_villages_that_moved_otherwise_does_not_hold_in_the_rest(shifted):
    p, _, clusters = shifted
    known = (row_hash([clusters.astype(float)], 0) >> np.uint64(32)) % np.uint64(2) == 0  # as the check draws its halves
    assert 0.4 < known.mean() < 0.6
    y = (np.random.default_rng(4).random(N) < expit(logit(p) + np.where(known, 0.0, 1.0))).astype(float)
    assert check(p, y, clusters).state is UpdateState.BROKEN


def test_a_level_cannot_mend_an_order_that_turned_round(shifted):
    p, _, clusters = shifted
    y = (np.random.default_rng(5).random(N) < expit(-logit(p) - 5.0)).astype(float)
    assert check(p, y, clusters).state is UpdateState.BROKEN


@pytest.mark.parametrize(
    ("state", "ece", "perfect", "judged"),
    [("holds", 0.019, 0.01, "holds"), ("holds", 0.021, 0.01, "broken"), ("holds", 0.021, 0.03, "holds"),
     ("undecided", 0.05, 0.03, "broken"), ("broken", 0.0, 0.01, "broken")],
)  # fmt: skip
def test_groups_that_are_off_break_an_update_whose_total_is_right(state, ece, perfect, judged):
    assert judge_shape(UpdateState(state), ece, perfect).value == judged


def test_without_an_event_in_one_half_nothing_is_said_to_hold():
    p, y, clusters = np.full(40, 0.1), np.zeros(40), np.arange(40)
    y[0] = 1
    found = check(p, y, clusters)
    assert found.state is UpdateState.UNDECIDED
    assert np.isnan(found.observed_to_expected)


def test_the_update_is_dated_and_meets_the_newest_rate(model, households):
    X = households[0].head(2000).reset_index(drop=True)
    y = (np.arange(len(X)) % 4 == 0).astype(float)
    moved = copy.deepcopy(model)
    rate = apply_update(moved, ReturnSample(X, pd.DataFrame(index=X.index), y), "2020-12-31")
    assert rate == 0.25
    assert moved.predict_proba(X)[:, 1].mean() == pytest.approx(0.25, abs=1e-6)
    assert moved.updates_[-1]["as_of"] == "2020-12-31"
    assert (np.argsort(moved.decision_function(X)) == np.argsort(model.decision_function(X))).all()
