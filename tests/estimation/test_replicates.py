"""Replicate weights: made ones agree with linearization, given ones need their scales."""

from __future__ import annotations

import numpy as np
import pytest

from evaltools.errors import EstimationError
from evaltools.estimation import Replicates, SurveyDesign, difference, gini, mean, total

PLAIN = {"weight": "weight", "stratum": "stratum", "psu": "village"}


def test_the_jackknife_of_a_total_is_its_linearized_error(survey):
    a = total(survey, "x", SurveyDesign(**PLAIN))[0]
    b = total(survey, "x", SurveyDesign(**PLAIN, replicates=Replicates.jkn(mse=True)))[0]
    assert b.se == pytest.approx(a.se, rel=1e-12)


def test_the_same_seed_makes_the_same_bootstrap(survey):
    e = [
        gini(survey, "income", SurveyDesign(**PLAIN, replicates=Replicates.bootstrap(50, seed=s)))[0].se
        for s in (1, 1, 2)
    ]
    assert e[0] == e[1] != e[2]


def test_replicated_estimates_covary(survey):
    e = mean(survey, "income", SurveyDesign(**PLAIN, replicates=Replicates.jkn()), by="county")
    linear = mean(survey, "income", SurveyDesign(**PLAIN), by="county")
    np.testing.assert_allclose(e.cov, linear.cov, rtol=0.1, atol=0.02 * linear.cov.max())
    assert difference(e[0], e[1]).se == pytest.approx(difference(linear[0], linear[1]).se, rel=0.1)


def test_estimates_from_different_sets_of_replicates_do_not_mix(survey):
    a = mean(survey, "x", SurveyDesign(**PLAIN, replicates=Replicates.bootstrap(50, seed=1)))[0]
    b = mean(survey, "x", SurveyDesign(**PLAIN, replicates=Replicates.bootstrap(50, seed=2)))[0]
    with pytest.raises(EstimationError, match="different sets"):
        difference(a, b)
    with pytest.raises(EstimationError, match="unknown"):
        difference(a, mean(survey, "x", SurveyDesign(**PLAIN))[0])


def test_a_domain_of_one_village_has_no_error(survey):
    frame = survey.assign(g=np.where(survey.village == "v0", "one", "rest"))
    e = mean(frame, "x", SurveyDesign(**PLAIN, replicates=Replicates.jkn()), by="g")
    assert np.isnan(e.one(g="one").se)
    assert e.one(g="one").reason


class TestBadInput:
    def test_given_weights_without_scale(self):
        with pytest.raises(EstimationError, match="without scale"):
            Replicates.given(["r1", "r2"])

    @pytest.mark.parametrize("rscales", [[1, 2, 3], [1, -1], [1, np.nan]])
    def test_rscales_that_do_not_fit(self, rscales):
        with pytest.raises((EstimationError, ValueError)):
            Replicates.given(["r1", "r2"], rscales=rscales)

    @pytest.mark.parametrize("scale", [0, -1, np.nan, np.inf])
    def test_scales_that_are_none(self, scale):
        with pytest.raises(EstimationError, match="scale="):
            Replicates.given(["a", "b"], scale=scale)

    @pytest.mark.parametrize("value", [-1.0, np.nan])
    def test_bad_replicate_weights_name_their_rows(self, survey, value):
        frame = survey.assign(r1=1.0, r2=2.0)
        frame.loc[7, "r1"] = value
        with pytest.raises(EstimationError, match="rows 7, counted from 0"):
            mean(frame, "x", SurveyDesign(weight="weight", replicates=Replicates.given(["r1", "r2"], scale=0.5)))

    def test_missing_replicate_weights(self, survey):
        survey.loc[0, "x"] = np.nan
        design = SurveyDesign(weight="weight", replicates=Replicates.given(["x", "line"], scale=1))
        with pytest.raises(EstimationError, match="missing"):
            mean(survey, "income", design)

    def test_jk1_with_strata(self, survey):
        with pytest.raises(EstimationError, match="jkn"):
            mean(survey, "x", SurveyDesign(**PLAIN, replicates=Replicates.jk1()))

    def test_a_bootstrap_with_population_counts(self, survey):
        with pytest.raises(EstimationError, match="finite population"):
            mean(survey.assign(N=100), "x", SurveyDesign(**PLAIN, fpc="N", replicates=Replicates.bootstrap(20)))

    def test_given_weights_with_population_counts(self):
        with pytest.raises(EstimationError, match="already carry"):
            SurveyDesign(weight="w", fpc="N", replicates=Replicates.given(["a", "b"], scale=1))
