"""The two members: the logit against statsmodels, the booster's shapes against its own scores, the link."""

import numpy as np
import pytest
import statsmodels.api as sm
from scipy.special import expit

from evaltools.risk.columns import make_plan
from evaltools.risk.combine import Rows, fit_both
from evaltools.risk.design import build
from evaltools.risk.folds import cluster_folds, later_folds, row_hash, thinned
from evaltools.risk.irls import ridge_logit, sandwich
from evaltools.risk.link import Link, calibrated_link, level_for
from evaltools.risk.logit import fit_logit, independent
from evaltools.risk.oddsratios import odds_ratios
from evaltools.risk.shapes import NumberShape, placed

WELFARE, LINE = "income_yuan", "line_yuan"


@pytest.fixture(scope="module")
def arrays():
    rng = np.random.default_rng(0)
    X = np.column_stack([np.ones(1500), rng.normal(size=(1500, 3))])
    y = (rng.random(1500) < expit(X @ [-1.5, 1, 0, -0.5])).astype(float)
    return X, y, rng.integers(1, 4, 1500).astype(float), np.repeat(np.arange(100), 15)


def test_coefficients_and_cluster_robust_errors_are_those_of_statsmodels(arrays):
    X, y, _, clusters = arrays
    beta = ridge_logit(X, y, np.ones(1500), np.zeros(4))
    cov = sandwich(X, y, np.ones(1500), np.zeros(4), beta, clusters)
    theirs = sm.Logit(y, X).fit(disp=0, cov_type="cluster", cov_kwds={"groups": clusters})
    np.testing.assert_allclose(beta, theirs.params, atol=1e-6)
    np.testing.assert_allclose(cov, theirs.cov_params(), rtol=1e-4, atol=1e-10)


def test_weights_are_those_of_statsmodels(arrays):
    X, y, w, _ = arrays
    theirs = sm.GLM(y, X, family=sm.families.Binomial(), var_weights=w).fit()
    np.testing.assert_allclose(ridge_logit(X, y, w, np.zeros(4)), theirs.params, atol=1e-6)


def test_a_penalty_shrinks_and_is_not_taken_for_certainty(arrays):
    X, y, _, clusters = arrays
    ridge = np.array([0, 1e4, 1e4, 1e4])
    beta = ridge_logit(X, y, np.ones(1500), ridge)
    assert np.abs(beta[1:]).max() < 0.05
    assert np.sqrt(np.diag(sandwich(X, y, np.ones(1500), ridge, beta, clusters)))[1:].min() > 0.005


def test_the_fitted_interpretable_member_is_statsmodels_on_its_own_design(model, households):
    X, y, _, village = households
    plan, logit = model.model_.plan, model.model_.logit
    design = build(plan, list(logit.pieces), plan.read(X))
    theirs = sm.Logit(y, design).fit(disp=0, cov_type="cluster", cov_kwds={"groups": village})
    np.testing.assert_allclose(logit.beta, theirs.params, atol=1e-5)
    np.testing.assert_allclose(np.sqrt(np.diag(logit.cov)), theirs.bse, rtol=1e-3)
    table = odds_ratios(model)
    ill = table[table["term"] == "ill_members"].iloc[0]
    assert ill["low"] < ill["odds_ratio"] < ill["high"]
    assert ill["odds_ratio"] == pytest.approx(np.exp(0.6 * 3), rel=0.5)  # true log odds ratio 0.6 a member, 0 -> 3
    assert (table.loc[table["term"] == "log_welfare_to_line", "odds_ratio"] < 1).all()


def test_shapes_of_both_members_sum_to_the_score(model, later):
    """Shapes read out term by term are the whole model: nothing is lost between them."""
    X = later[0].head(300)
    fitted = model.model_
    terms = fitted.plan.read(X)
    np.testing.assert_allclose(fitted.parts(terms).sum(axis=1), fitted.score(terms), atol=1e-10)
    logit = np.column_stack([*_logit_parts(fitted, terms)]).sum(axis=1)
    direct = build(fitted.plan, list(fitted.logit.pieces), terms) @ fitted.logit.beta
    assert np.ptp(direct - logit) < 1e-8


def _logit_parts(fitted, terms):
    numbers, codes = iter(terms.numbers.T), iter(terms.codes.T)
    for term, shape in zip(fitted.plan.terms, fitted.logit.shapes(fitted.plan), strict=True):
        yield shape(next(codes) if term.is_category else next(numbers))


def test_both_members_have_weight(households, kit):
    X, y, _, _village = households
    plan = make_plan(X.head(1500), welfare=WELFARE, line=LINE, money=())
    rows = Rows(plan.read(X.head(1500)), y[:1500].astype(float), np.ones(1500), np.arange(1500))
    mean = fit_both(plan, rows, 0)
    logit = fit_logit(plan, rows.terms, rows.y, rows.w, rows.clusters, penalty=0.0, bends=True)
    alone = build(plan, list(logit.pieces), rows.terms) @ logit.beta
    assert 0.9 < np.corrcoef(alone, mean.score(rows.terms))[0, 1] < 0.9999


def test_a_column_that_repeats_another_is_dropped_from_the_design():
    rng = np.random.default_rng(0)
    a = rng.normal(size=(50, 2))
    X = np.column_stack([np.ones(50), a, a[:, 0] + 2 * a[:, 1] - 1, rng.normal(size=50)])
    assert independent(X).tolist() == [True, True, True, False, True]


def test_the_bend_never_turns_risk_around():
    rng = np.random.default_rng(0)
    s = rng.normal(0, 2, 4000)
    y = (rng.random(4000) < expit(-2 + np.minimum(s, 0.5) - 0.5 * np.maximum(s - 0.5, 0))).astype(float)
    link = calibrated_link(s, y, np.ones(4000), np.arange(4000))
    out = link(np.linspace(-9, 9, 200))
    assert (np.diff(out) > 0).all()


def test_straight_scores_are_left_straight():
    rng = np.random.default_rng(0)
    s = rng.normal(0, 1.5, 20_000)
    y = (rng.random(20_000) < expit(-2 + s)).astype(float)
    link = calibrated_link(s, y, np.ones(20_000), np.arange(20_000))
    assert (link.level, link.slope, link.bend) == pytest.approx((-2, 1, 0), abs=0.12)


def test_stretch_makes_parts_add_up_on_both_sides_of_the_bend():
    link = Link(-2.0, 1.1, -0.4, 0.8)
    s = np.array([-3.0, 0.0, 0.5, 0.8, 2.0, 5.0])
    np.testing.assert_allclose(link.level + s * link.stretch(s), link(s), atol=1e-12)


def test_level_for_reaches_the_rate():
    eta, w = np.random.default_rng(0).normal(size=500), np.random.default_rng(1).random(500)
    assert np.average(expit(eta + level_for(eta, w, 0.07)), weights=w) == pytest.approx(0.07, abs=1e-9)


def test_folds_never_part_a_cluster_and_spread_events():
    rng = np.random.default_rng(0)
    clusters, y = rng.integers(0, 200, 2000), (rng.random(2000) < 0.1).astype(float)
    splits = cluster_folds(row_hash([clusters.astype(float)], 3), y, 5)
    assert sorted(np.concatenate([out for _, out in splits])) == list(range(2000))
    for into, out in splits:
        assert not set(clusters[into]) & set(clusters[out])
        assert 20 < y[out].sum() < 60


def test_periods_are_predicted_from_earlier_ones_only():
    period, y = np.repeat([1, 2, 3, 4], 100), np.tile([1.0, 0, 0, 0], 100)
    for into, out in later_folds(period, y, 10):
        assert period[into].max() < period[out].min()


def test_thinning_keeps_events_and_weighted_totals():
    rng = np.random.default_rng(0)
    y, w = (rng.random(20_000) < 0.02).astype(float), rng.random(20_000)
    rows, weights = thinned(y, w, 5000, 0)
    assert len(rows) == 5000
    assert y[rows].sum() == y.sum()
    assert (weights * y[rows]).sum() == pytest.approx((w * y).sum())
    assert weights.sum() == pytest.approx(w.sum())


def test_a_shape_is_clamped_where_it_was_not_learned():
    shape = NumberShape(np.array([0.0, 1.0]), np.array([0.0, 2.0]), np.array([0.5]), np.array([1.0, 3.0]), -7.0)
    np.testing.assert_allclose(shape(np.array([-5.0, 0.25, 9.0, np.nan])), [1.0, 1.5, 5.0, -7.0])


def test_rows_are_placed_among_edges_as_searchsorted_places_them():
    rng = np.random.default_rng(8)
    for edges in (np.sort(rng.normal(size=63)), np.sort(rng.lognormal(0, 3, 40)), np.arange(20) / 3):
        x = np.r_[rng.normal(0, 4, 5000), edges, np.nextafter(edges, -np.inf), np.inf, -np.inf]
        assert (placed(edges, x) == np.searchsorted(edges, x, side="right")).all()
