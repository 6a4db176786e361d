"""Two lists against each other, by hand."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from golden_numbers import kappa_of_r

from evaltools.estimation import (
    SurveyDesign,
    agreement,
    cgh_ratio,
    coverage,
    difference,
    exclusion_error,
    inclusion_error,
    mean,
    targeting_differential,
)

FRAME = pd.DataFrame({
    "poor": [1, 1, 1, 1, 0, 0, 0, 0, 0, 0], "listed": [1, 1, 1, 0, 1, 0, 0, 0, 0, 0],
    "amount": [10.0, 10, 20, 0, 10, 0, 0, 0, 0, 0], "v": range(10), "w": [1.0] * 10,
})  # fmt: skip
DESIGN = SurveyDesign(weight="w", psu="v")


def test_errors_and_coverage():
    assert exclusion_error(FRAME, "poor", "listed", DESIGN)[0].estimate == pytest.approx(1 / 4)
    assert inclusion_error(FRAME, "poor", "listed", DESIGN)[0].estimate == pytest.approx(1 / 4)
    assert coverage(FRAME, "poor", "listed", DESIGN)[0].estimate == pytest.approx(3 / 4)


def test_errors_count_only_the_rows_they_are_about():
    e = exclusion_error(FRAME, "poor", "listed", DESIGN)[0]
    assert (e.n, e.n_psu, e.kind) == (4, 4, "rate")


def test_the_share_of_benefits_over_the_share_of_people():
    assert cgh_ratio(FRAME, "poor", "listed", DESIGN)[0].estimate == pytest.approx((3 / 4) / (4 / 10))
    assert cgh_ratio(FRAME, "poor", "amount", DESIGN)[0].estimate == pytest.approx((40 / 50) / (4 / 10))


def test_the_targeting_differential_is_a_difference_of_two_coverages(survey):
    design = SurveyDesign(weight="weight", stratum="stratum", psu="village", size="persons")
    d = targeting_differential(survey, "poor", "listed", design)[0]
    two = mean(survey, "listed", design, by="poor")
    expected = difference(two.one(poor=1), two.one(poor=0))
    assert (d.estimate, d.se) == pytest.approx((expected.estimate, expected.se))


def test_the_cgh_ratio_moves_as_the_jackknife_says(survey):
    design = SurveyDesign(weight="weight", psu="village")
    e = cgh_ratio(survey, "poor", "listed", design)[0]
    left = [cgh_ratio(part, "poor", "listed", design)[0].estimate
            for v in survey.village.unique() for part in [survey[survey.village != v]]]  # fmt: skip
    n = len(left)
    assert e.se == pytest.approx(np.sqrt((n - 1) / n * ((np.array(left) - np.mean(left)) ** 2).sum()), rel=0.05)


def test_agreement_and_kappa_equal_r():
    frame, expected = kappa_of_r()
    e = agreement(frame, "sch.wide", "comp.imp", SurveyDesign(weight="pw", psu="dnum")).one("kappa")
    assert (e.estimate, e.se) == pytest.approx(expected, rel=1e-9)


def test_perfect_agreement_is_one():
    e = agreement(FRAME.assign(same=FRAME.poor), "poor", "same", DESIGN)
    assert e.estimate == pytest.approx([1, 1])
