"""Updates: a dated level, and whether it still holds as outcomes arrive."""

import copy

import numpy as np
import pytest

from evaltools.risk import RiskInputError
from evaltools.risk import metrics as m
from evaltools.risk.drift import UpdateState, judge_update, monitor, monitor_scores, stability


@pytest.fixture(scope="module")
def crisis(kit):
    """The same households in a year in which everybody's odds have doubled and a half."""
    X, y, _, village = kit.make(12_000, 21, shift=0.9)
    return X, y, village


def test_the_crisis_breaks_the_model_and_the_features_do_not_show_it(model, crisis, households):
    X, y, village = crisis
    found = monitor(model, X, y, np.full(len(y), 2021), groups=village, reference=households[0], draws=60)
    assert found.state is UpdateState.BROKEN
    assert found.is_alarm
    assert found.advice == pytest.approx(y.mean())
    assert found.table["observed_to_expected"].iloc[0] > 1.3
    assert found.drift["psi"].max() < 0.05


def test_a_dated_update_restores_calibration_on_a_shifted_base_rate(model, crisis):
    X, y, village = crisis
    known, later = np.arange(len(y)) < 2000, np.arange(len(y)) >= 2000
    moved = copy.deepcopy(model).recalibrate(rate=float(y[known].mean()), as_of="2021-12-31")
    p, ones = moved.predict_proba(X[later])[:, 1], np.ones(later.sum())
    assert 0.85 < m.observed_to_expected(y[later], p, ones) < 1.15
    assert m.ece(y[later], p, ones) < 0.02
    assert not monitor(moved, X[later], y[later], np.full(later.sum(), 2022), groups=village[later], draws=60).is_alarm
    q = model.predict_proba(X[later])[:, 1]
    assert m.auc(y[later], p, ones) == pytest.approx(m.auc(y[later], q, ones), abs=1e-12)
    assert moved.updates_[-1]["as_of"] == "2021-12-31"


def test_an_update_on_named_households_meets_their_rate_exactly(model, crisis):
    X, _, _ = crisis
    moved = copy.deepcopy(model).recalibrate(rate=0.31, as_of="2021-12-31", X=X.head(800))
    assert moved.predict_proba(X.head(800))[:, 1].mean() == pytest.approx(0.31, abs=1e-6)


def test_an_update_replaces_the_one_before_and_all_are_kept(model):
    twice = copy.deepcopy(model).recalibrate(rate=0.4, as_of="2021-06-30").recalibrate(rate=0.2, as_of="2021-12-31")
    once = copy.deepcopy(model).recalibrate(rate=0.2, as_of="2021-12-31")
    assert twice.last_update == once.last_update
    assert [u["as_of"] for u in twice.updates_] == ["2021-06-30", "2021-12-31"]


def test_a_slope_spreads_or_narrows(model, later):
    narrow = copy.deepcopy(model).recalibrate(rate=0.15, as_of="2021-12-31", slope=0.5)
    X = later[0]
    assert np.std(narrow.decision_function(X)) == pytest.approx(0.5 * np.std(model.decision_function(X)))


@pytest.mark.parametrize("bad", [{"rate": 0}, {"rate": 1.2}, {"rate": 0.1, "slope": 0}, {"rate": 0.1, "slope": -1}])
def test_impossible_updates(model, bad):
    with pytest.raises(RiskInputError):
        copy.deepcopy(model).recalibrate(as_of="2021-12-31", **bad)


@pytest.mark.parametrize(
    ("low", "high", "state"),
    [(0.9, 1.1, "holds"), (1.02, 1.12, "holds"), (1.05, 1.4, "broken"), (0.6, 0.9, "broken"), (0.7, 1.4, "undecided"),
     (0.99, 1.2, "undecided"), (np.nan, np.nan, "undecided")],
)  # fmt: skip
def test_three_states_of_an_update(low, high, state):
    assert judge_update(low, high) == state


def test_the_newest_period_decides():
    rng = np.random.default_rng(0)
    p = np.full(4000, 0.2)
    when = np.repeat([2019, 2020], 2000)
    y = (rng.random(4000) < np.where(when == 2019, 0.4, 0.2)).astype(float)
    found = monitor_scores(p, y, when, np.ones(4000), np.arange(4000), draws=60)
    assert found.table["period"].tolist() == [2019, 2020]
    assert found.state is not UpdateState.BROKEN
    assert monitor_scores(p, y, -when, np.ones(4000), np.arange(4000), draws=60).state is UpdateState.BROKEN


def test_stability_sees_a_feature_that_moved(model, households):
    X = households[0]
    moved = X.assign(ill_members=3)
    table = stability(model, X, moved)
    assert table.iloc[0]["term"] == "ill_members"
    assert table.iloc[0]["psi"] > 1
    assert stability(model, X, X)["psi"].abs().max() < 1e-12
