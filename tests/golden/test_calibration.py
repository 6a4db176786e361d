"""Calibrated weights and their variances equal R's (epsilon 1e-12), to 1e-9 relative."""

from __future__ import annotations

import numpy as np
import pytest
from golden import Golden, data

from evaltools.estimation import SurveyDesign, Weights, mean, ratio, total

R = Golden("survey.csv")
STYPE = {"stype": {"E": 4421, "H": 755, "M": 1018}}
WIDE = {"sch.wide": {"No": 1072, "Yes": 5122}}
API99 = {"api99": 3914069, "(count)": 6194}
CLUS1 = ("apiclus1", SurveyDesign(weight="pw", psu="dnum"))


def weighted(name: str) -> Weights:
    file, design = {
        "linear_strat": ("apistrat", SurveyDesign(weight="pw", stratum="stype", fpc="fpc")),
        "linear_two": ("apiclus2", SurveyDesign(weight="pw", psu=("dnum", "snum"), fpc=("fpc1", "fpc2"))),
    }.get(name, CLUS1)
    w = Weights.start(data(file), design)
    if name == "post":
        return w.post_stratify(STYPE)
    if name == "raking":
        return w.rake(STYPE | WIDE)
    if name == "logit":
        return w.calibrate(STYPE | API99, method="logit", bounds=(0.6, 1.7))
    return w.calibrate({"linear": STYPE | API99, "linear_strat": WIDE | API99, "linear_two": API99}[name])


@pytest.mark.parametrize("name", ["post", "linear", "raking", "logit", "linear_strat", "linear_two"])
def test_calibrated_estimates_and_their_errors(name):
    w, case = weighted(name), f"calibration/{name}"
    frame = w.data.copy()
    np.testing.assert_allclose(w.values[:20], R.array(case, "weight"), rtol=1e-9)
    both = frame.copy()
    both.loc[both.enroll.isna() | both.api00.isna(), ["api00", "enroll"]] = np.nan
    e = mean(both, ["api00", "enroll"], w.design)
    np.testing.assert_allclose(e.estimate, R.array(case, "mean"), rtol=1e-9)
    np.testing.assert_allclose(e.cov.ravel(), R.array(case, "cov"), rtol=1e-9)
    t = total(frame, "enroll", w.design)[0]
    np.testing.assert_allclose([t.estimate, t.se], [R(case, "total"), R(case, "total_se")], rtol=1e-9)
    b = mean(frame, "api00", w.design, by="sch.wide", overall=True)
    np.testing.assert_allclose(b.estimate[:2], R.array(case, "by"), rtol=1e-9)
    np.testing.assert_allclose(b.se[:2], R.array(case, "by_se"), rtol=1e-9)
    np.testing.assert_allclose(b.se[2], mean(frame, "api00", w.design).se[0], rtol=1e-12)
    np.testing.assert_allclose(ratio(frame, "api.stu", "enroll", w.design).se, R(case, "ratio_se"), rtol=1e-9)


def test_raking_is_the_limit_of_proportional_fitting():
    np.testing.assert_allclose(weighted("raking").values[:20], R.array("calibration/rake", "weight"), rtol=1e-9)


@pytest.mark.parametrize("strict", [False, True])
def test_trimmed_weights(strict):
    w = Weights.start(data("apistrat"), SurveyDesign(weight="pw", stratum="stype")).trim(
        lower=16, upper=40, strict=strict
    )
    expected = R.array("trim_strict" if strict else "trim", "weight")
    np.testing.assert_allclose(w.values[[0, 100, 150]], expected, rtol=1e-12)
