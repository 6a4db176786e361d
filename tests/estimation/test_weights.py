"""Weights step by step."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from evaltools.errors import DataMissingError, EstimationError
from evaltools.estimation import SurveyDesign, Weights, mean, total

DESIGN = SurveyDesign(weight="weight", stratum="stratum", psu="village")
COUNTY = {"county": {"甲县": 500, "乙县": 400, "丙县": 300}}


@pytest.fixture
def start(survey):
    return Weights.start(survey, DESIGN)


def test_base_weights_are_one_over_the_probability(survey):
    w = Weights.base(survey.assign(f1=0.1, f2=0.5), DESIGN, fractions=["f1", "f2"])
    assert w.values == pytest.approx(20)
    with pytest.raises(EstimationError, match="no probability"):
        Weights.base(survey.assign(f1=1.2), DESIGN, fractions="f1")


def test_respondents_carry_the_weight_of_their_class(survey, start):
    frame = survey.assign(answered=np.arange(len(survey)) % 4 != 0)
    w = Weights.start(frame, DESIGN).nonresponse("answered", "county")
    sums = w.totals(["county"])
    assert sums.after.to_numpy() == pytest.approx(sums.before.to_numpy())
    assert (w.values[~frame.answered] == 0).all()
    e = mean(w.data, "x", w.design)[0]
    assert (e.n, e.n_psu) == (frame.answered.sum(), 40)


def test_a_class_without_respondents_is_an_error(survey):
    with pytest.raises(EstimationError, match="no respondent"):
        Weights.start(survey.assign(a=survey.county != "甲县"), DESIGN).nonresponse("a", "county")


@pytest.mark.parametrize(("method", "bounds"), [("linear", None), ("raking", None), ("logit", (0.2, 4.0))])
def test_calibrated_weights_meet_their_totals_and_know_them_without_error(start, method, bounds):
    w = start.calibrate(COUNTY | {"x": 1790.0}, method=method, bounds=bounds)
    assert total(w.data, "x", w.design)[0].estimate == pytest.approx(1790)
    assert total(w.data, "x", w.design)[0].se == pytest.approx(0, abs=1e-4)
    assert total(w.data.assign(one=1.0), "one", w.design, by="county").se == pytest.approx(0, abs=1e-4)
    assert (w.values >= 0).all()


def test_calibration_to_what_goes_with_income_shrinks_its_error(survey):
    helper = survey.assign(helper=survey.income.fillna(survey.income.mean()) * 0.9 + survey.x * 100)
    start = Weights.start(helper, DESIGN)
    w = start.calibrate({"helper": float((helper.helper * start.values).sum() * 1.02), "(count)": 1200.0})
    assert mean(w.data, "income", w.design).se[0] < 0.5 * mean(helper, "income", DESIGN).se[0]


def test_linear_calibration_with_negative_weights_points_to_the_bounded_form(start):
    with pytest.raises(EstimationError, match="logit"):
        start.calibrate({"x": float((start.data.x * start.values).sum() * 1.35), "(count)": float(start.values.sum())})


def test_totals_out_of_reach_say_so(start):
    with pytest.raises(EstimationError, match="did not meet"):
        start.calibrate({"county": {"甲县": 50000, "乙县": 4, "丙县": 3}}, method="logit", bounds=(0.5, 2))


def test_a_group_without_a_total_or_without_rows(start):
    with pytest.raises(EstimationError, match="without a population total"):
        start.rake({"county": {"甲县": 500, "乙县": 400}})
    with pytest.raises(EstimationError, match="no sampled row"):
        start.rake({"county": COUNTY["county"] | {"丁县": 10}})
    with pytest.raises(DataMissingError):
        start.rake({"conty": COUNTY["county"]})


def test_weights_are_calibrated_once(start):
    with pytest.raises(EstimationError, match="already"):
        start.rake(COUNTY).post_stratify({"listed": {True: 600, False: 600}})


def test_crossed_margins(survey, start):
    counts = survey.groupby(["county", "listed"]).size() * 3
    w = start.post_stratify({("county", "listed"): counts.to_dict()})
    after = w.data.groupby(["county", "listed"])["w_poststratified"].sum()
    assert after.to_numpy() == pytest.approx(counts.to_numpy())


def test_trimmed_weights_keep_their_sum(start):
    w = start.trim(upper=3.0)
    assert w.values.sum() == pytest.approx(start.values.sum())
    assert start.trim(upper=3.0, strict=True).values.max() <= 3.0 + 1e-9


def test_every_step_leaves_an_audit_row(survey):
    frame = survey.assign(answered=np.arange(len(survey)) % 5 != 0)
    w = Weights.start(frame, DESIGN).nonresponse("answered", "stratum").rake(COUNTY).trim(upper=9.0)
    assert w.audit.step.tolist() == ["given", "non-response", "calibration (raking)", "trimming"]
    assert w.audit["sum"].iloc[2] == pytest.approx(1200)
    assert (w.audit.design_effect >= 1).all()


def test_the_frame_that_came_in_is_never_changed(survey):
    before = survey.copy(deep=True)
    Weights.start(survey, DESIGN).rake(COUNTY).trim(upper=3)
    pd.testing.assert_frame_equal(survey, before)


def test_whether_a_household_answered_is_yes_or_no(survey, start):
    with pytest.raises(EstimationError, match="'x' says neither yes nor no"):
        start.nonresponse("x")


def test_those_who_did_not_answer_need_no_controls(survey):
    """Their weight is 0, so that the answer is that of the sample with any value in their place."""
    design, out = SurveyDesign(weight="weight", stratum="stratum", psu="village"), survey.poor == 1
    there = survey.assign(answered=~out, income=survey.income.fillna(9000.0))
    gone = there.assign(income=there.income.where(~out), county=there.county.where(~out))
    totals = {"county": {"甲县": 500, "乙县": 400, "丙县": 300}, "income": 1.2e7}
    found = []
    for frame in (there, gone):
        w = Weights.start(frame, design).nonresponse("answered").calibrate(totals, method="raking")
        found.append(mean(w.data, "x", w.design)[0])
    assert found[0].estimate == pytest.approx(found[1].estimate, rel=1e-12)
    assert found[0].se == pytest.approx(found[1].se, rel=1e-9)
    with pytest.raises(EstimationError, match="control 'income' is missing"):
        Weights.start(gone, design).calibrate({"income": 1.2e7})
