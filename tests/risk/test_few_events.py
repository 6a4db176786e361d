"""With few events the model is penalised and simple, and does not lose to income alone."""

import numpy as np
import pytest

from evaltools.risk import ReturnRiskClassifier
from evaltools.risk.metrics import auc, brier
from evaltools.risk.simple import income_alone, log_ratio

WELFARE, LINE = "income_yuan", "line_yuan"


def test_the_form_follows_the_number_of_events(model, few):
    assert model.training_["events"] >= 500
    assert model.training_["form"] == "both"
    assert few.training_["events"] < 500
    assert few.training_["form"] == "simple"
    assert few.model_.apart is None


@pytest.mark.parametrize(("n", "worst"), [(250, 0.002), (800, 0.02), (2000, 0.0)])
def test_does_not_lose_to_income_alone(kit, later, n, worst):
    """Over draws: on average better or level; in no draw worse by more than the choice of a penalty can cost."""
    Z, u, _, _ = later
    ones, gains, briers = np.ones(len(u)), [], []
    for seed in (1, 2, 3):
        X, y, _, village = kit.make(n, seed)
        p = kit.fit(ReturnRiskClassifier(WELFARE, LINE), X, y, groups=village).predict_proba(Z)[:, 1]
        q = income_alone(log_ratio(X, WELFARE, LINE), y.astype(float), np.ones(n), log_ratio(Z, WELFARE, LINE))
        gains.append(auc(u, p, ones) - auc(u, q, ones))
        briers.append(brier(u, q, ones) - brier(u, p, ones))
    assert np.mean(gains) > -0.001
    assert min(gains) >= -worst
    assert min(briers) > -0.002


def test_under_a_hundred_events_it_is_income_alone(kit):
    X, y, _, village = kit.make(400, 6)
    fitted = kit.fit(ReturnRiskClassifier(WELFARE, LINE), X, y, groups=village)
    assert 30 <= fitted.training_["events"] < 100
    assert np.isinf(fitted.training_["penalty"])
    parts = fitted.explain(X).to_frame().drop(columns=["baseline", "log_welfare_to_line"])
    assert (parts == 0).all().all()


def test_income_alone_makes_no_two_incomes_equal(kit):
    """A clipped income would tie the poorest of all, and so lose to the rule it claims to be."""
    X, y, _, village = kit.make(400, 6)
    fitted = kit.fit(ReturnRiskClassifier(WELFARE, LINE), X, y, groups=village)
    rule = income_alone(log_ratio(X, WELFARE, LINE), y.astype(float), np.ones(len(X)), log_ratio(X, WELFARE, LINE))
    assert fitted.predict_proba(X)[:, 1] == pytest.approx(rule, abs=2e-3)
    known = X[WELFARE].notna().to_numpy()
    p, ones = fitted.predict_proba(X)[known, 1], np.ones(known.sum())
    assert auc(y[known], p, ones) == auc(y[known], rule[known], ones)
