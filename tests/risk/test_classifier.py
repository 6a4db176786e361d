"""The classifier: scikit-learn's contract, monotone income, additive reasons, missing values, money, determinism."""

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.model_selection import cross_val_predict
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer
from sklearn.utils.estimator_checks import parametrize_with_checks

from evaltools.risk import ReturnRiskClassifier
from evaltools.risk.metrics import auc

WELFARE, LINE = "income_yuan", "line_yuan"
WEIGHTS = "survey weights are scaled to mean one: a weight says for how many a row stands, not how many were seen"


@parametrize_with_checks(
    [ReturnRiskClassifier(min_events=1)],
    expected_failed_checks=lambda _: {"check_sample_weight_equivalence_on_dense_data": WEIGHTS},
)
@pytest.mark.filterwarnings("ignore")
def test_scikit_learn_checks_pass(estimator, check):
    check(estimator)


def test_ranks_almost_as_well_as_the_true_probabilities(model, later):
    X, y, truth, _ = later
    ones = np.ones(len(y))
    assert auc(y, truth, ones) - auc(y, model.predict_proba(X)[:, 1], ones) < 0.025


def test_more_income_never_raises_risk(model, few, later):
    X = later[0].head(400)
    for one in (model, few):
        last = None
        for factor in np.geomspace(0.05, 20, 40):
            p = one.predict_proba(X.assign(**{WELFARE: X[WELFARE] * factor}))[:, 1]
            assert last is None or (p <= last + 1e-12).all()
            last = p


def test_inflation_that_moves_line_and_amounts_together_changes_nothing(model, later):
    X = later[0].head(300)
    dearer = X.assign(**{c: X[c] * 7.3 for c in (WELFARE, LINE, "support_yuan")})
    np.testing.assert_allclose(model.predict_proba(dearer), model.predict_proba(X), rtol=1e-9)


def test_columns_in_the_unit_of_income_count_as_money_without_being_named(model):
    kinds = {t.name: t.kind for t in model.model_.plan.terms}
    assert kinds["support_yuan"] == "money"
    assert kinds["county_code"] == "category"
    assert kinds["ill_members"] == "number"


def test_reasons_add_up_to_the_prediction_before_and_after_an_update(model, later):
    X = later[0].head(500)
    before = model.explain(X)
    np.testing.assert_allclose(before.log_odds, model.decision_function(X), atol=1e-10)
    np.testing.assert_allclose(before.to_frame().sum(axis=1), model.decision_function(X), atol=1e-10)
    moved = clone_fitted(model).recalibrate(rate=0.3, as_of="2021-12-31", slope=0.8)
    np.testing.assert_allclose(moved.explain(X).log_odds, moved.decision_function(X), atol=1e-10)


def test_top_reasons_and_the_rest_add_up(model, later):
    X = later[0].head(50)
    top = model.explain(X).top(2)
    total = top.groupby("row")["log_odds"].sum() + model.explain(X).baseline
    np.testing.assert_allclose(total, model.decision_function(X), atol=1e-10)
    assert top.groupby("row").size().max() == 3
    assert top["zh"].str.len().min() > 0
    assert top["en"].str.len().min() > 0


def test_an_ill_household_is_told_so(model, later):
    X = later[0].head(200).assign(ill_members=3)
    top = model.explain(X).top(3, only_raising=True)
    assert (top[top["term"] == "ill_members"]["log_odds"] > 0).all()
    assert (top["term"] == "ill_members").sum() > 150
    assert (top.loc[top["term"] == "ill_members", "cause"] == "illness").all()


def test_missing_is_a_state_of_its_own(kit):
    """Where missing ages mean risk, the model must see it; a fill with the mean could not."""
    X, _, p, _ = kit.make(3000, 5)
    gone = X["head_age"].isna().to_numpy()
    y = (np.random.default_rng(0).random(len(X)) < np.where(gone, 0.5, p)).astype(int)
    fitted = kit.fit(ReturnRiskClassifier(WELFARE, LINE), X, y)
    assert fitted.predict_proba(X)[gone, 1].mean() == pytest.approx(y[gone].mean(), abs=0.05)
    parts = fitted.explain(X).to_frame()["head_age"].to_numpy()
    assert parts[gone].min() > parts[~gone].max()


def test_missing_where_fitting_saw_none_counts_as_the_average_household(model, later):
    X = later[0].head(20)
    parts = model.explain(X.assign(ill_members=pd.array([pd.NA] * 20, dtype="Int64"))).to_frame()["ill_members"]
    assert (parts == 0).all()


def test_an_unseen_category_says_nothing(model, later):
    X = later[0].head(20).assign(main_industry="mining")
    assert (model.explain(X).to_frame()["main_industry"] == 0).all()


@pytest.mark.parametrize("kind", ["Int64", "float", "object"])
def test_the_kind_of_a_number_column_does_not_matter(model, later, kind):
    X = later[0].head(100)
    same = X.assign(ill_members=X["ill_members"].astype(kind))
    np.testing.assert_array_equal(model.predict_proba(same), model.predict_proba(X))


@pytest.mark.parametrize("kind", ["category", "string", "object"])
def test_the_kind_of_a_text_column_does_not_matter(model, later, kind):
    X = later[0].head(100)
    same = X.assign(main_industry=X["main_industry"].astype(kind))
    np.testing.assert_array_equal(model.predict_proba(same), model.predict_proba(X))


def test_the_same_seed_gives_the_same_model_and_row_order_does_not_matter(households, kit):
    X, y, _, village = (v[:1500] for v in households)
    a, b = (kit.fit(ReturnRiskClassifier(WELFARE, LINE), X, y, groups=village) for _ in range(2))
    np.testing.assert_array_equal(a.predict_proba(X), b.predict_proba(X))


def test_of_very_many_rows_the_interpretable_member_sees_a_draw_and_the_flexible_one_all(households, monkeypatch):
    from evaltools.risk import combine

    X, y, _, village = households
    seen, booster = [], combine.fit_booster
    monkeypatch.setattr(combine, "fit_booster", lambda *a: (seen.append(len(a[2])), booster(*a))[1])
    model = ReturnRiskClassifier(WELFARE, LINE, max_rows=2000, simple_below=20).fit(X, y, groups=village)
    assert model.training_["rows_fitted"] == 2000 < model.training_["rows_flexible"] == len(X) == max(seen)
    full = ReturnRiskClassifier(WELFARE, LINE, simple_below=20).fit(X, y, groups=village)
    p, q = (m.predict_proba(X)[:, 1] for m in (model, full))
    assert abs(p.mean() - q.mean()) < 0.005, "the draw is weighted up"


def test_works_in_pipelines_and_cross_validation(households):
    X, y, _, _ = households
    X, y = X.head(1200), y[:1200]
    pipe = make_pipeline(FunctionTransformer(), ReturnRiskClassifier(WELFARE, LINE))
    p = cross_val_predict(clone(pipe), X, y, cv=2, method="predict_proba")[:, 1]
    assert auc(y, p, np.ones(len(y))) > 0.7


def test_weights_count(households, kit):
    """Doubling the weight of every event must about double the odds."""
    X, y, _, village = households
    even = kit.fit(ReturnRiskClassifier(WELFARE, LINE), X.head(2000), y[:2000], groups=village[:2000])
    heavy = kit.fit(
        ReturnRiskClassifier(WELFARE, LINE), X.head(2000), y[:2000], sample_weight=1.0 + y[:2000], groups=village[:2000]
    )
    gap = heavy.decision_function(X) - even.decision_function(X)
    assert np.median(gap) == pytest.approx(np.log(2), abs=0.1)


def test_labels_may_be_words(households, kit):
    X, y, _, _ = households
    named = np.where(y[:2000] == 1, "returned", "held")
    fitted = kit.fit(ReturnRiskClassifier(WELFARE, LINE), X.head(2000), named)
    assert list(fitted.classes_) == ["held", "returned"]
    assert set(fitted.predict(X.head(50))) <= {"held", "returned"}
    assert fitted.predict_proba(X)[:, 1].mean() == pytest.approx(y.mean(), abs=0.05)


def test_wide_intervals_hold_the_true_probability_about_as_often_as_they_say(model, later):
    X, _, truth, _ = later
    band = model.predict_interval(X)
    inside = ((band[:, 0] <= truth) & (truth <= band[:, 1])).mean()
    p = model.predict_proba(X)[:, 1]
    assert (band[:, 0] <= p).all()
    assert (p <= band[:, 1]).all()
    assert inside > 0.85
    narrow = model.predict_interval(X, level=0.5)
    assert (narrow[:, 1] - narrow[:, 0] < band[:, 1] - band[:, 0]).all()


def clone_fitted(model):
    import copy

    return copy.deepcopy(model)
