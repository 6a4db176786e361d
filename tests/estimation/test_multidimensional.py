"""Alkire-Foster and decomposition by hand."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from evaltools.errors import EstimationError
from evaltools.estimation import SurveyDesign, alkire_foster, decompose, decompose_m0, fgt

FRAME = pd.DataFrame({"a": [1, 1, 0, 0], "b": [1, 0, 1, 0], "c": [1, 1, 0, 0], "w": [1.0, 2, 3, 4], "v": range(4)})
DESIGN = SurveyDesign(weight="w", psu="v")


def values(e) -> dict[str, float]:
    return dict(zip(e.statistic, e.estimate, strict=True))


def test_measures_by_hand():
    v = values(alkire_foster(FRAME, ["a", "b", "c"], 2 / 3, DESIGN))
    assert v["H"] == pytest.approx(3 / 10)
    assert v["A"] == pytest.approx((1 * 1 + 2 * 2 / 3) / 3)
    assert v["M0"] == pytest.approx(v["H"] * v["A"])
    assert v["raw:b"] == pytest.approx(4 / 10)
    assert v["censored:b"] == pytest.approx(1 / 10)
    assert sum(v[f"contribution:{x}"] for x in "abc") == pytest.approx(1)


def test_a_score_of_three_thirds_reaches_one_and_one_third_reaches_one_third():
    assert values(alkire_foster(FRAME, ["a", "b", "c"], 1.0, DESIGN))["H"] == pytest.approx(0.1)
    assert values(alkire_foster(FRAME, ["a", "b", "c"], 1 / 3, DESIGN))["H"] == pytest.approx(0.6)


def test_weights_are_scaled_to_one():
    a, b = (alkire_foster(FRAME, w, 0.5, DESIGN) for w in ({"a": 2, "b": 1, "c": 1}, {"a": 0.5, "b": 0.25, "c": 0.25}))
    assert a.estimate == pytest.approx(b.estimate)


def test_a_missing_indicator_puts_the_row_outside():
    frame = FRAME.assign(b=[np.nan, 0, 1, 0])
    e = alkire_foster(frame, ["a", "b", "c"], 2 / 3, DESIGN)
    assert set(e.n) == {3, 1} or e.one("H").n == 3
    assert e.one("raw:a").n == 3


@pytest.mark.parametrize(("indicators", "k"), [({}, 0.5), ({"a": -1, "b": 2}, 0.5), (["a"], 0), (["a"], 1.2)])
def test_nonsense_is_refused(indicators, k):
    with pytest.raises(EstimationError):
        alkire_foster(FRAME, indicators, k, DESIGN)


@pytest.mark.parametrize("alpha", [0, 1, 2])
def test_contributions_add_up_to_the_whole(survey, alpha):
    design = SurveyDesign(weight="weight", stratum="stratum", psu="village", size="persons")
    parts = decompose(survey, "income", "line", design, "county", alpha=alpha)
    whole = fgt(survey, "income", "line", design, alpha=alpha)[0]
    assert parts.where("contribution").estimate.sum() == pytest.approx(whole.estimate)
    assert parts.where("population_share").estimate.sum() == pytest.approx(1)
    assert parts.where("relative").estimate.sum() == pytest.approx(1)
    ones = np.ones(3)
    assert ones @ parts.where("contribution").cov @ ones == pytest.approx(whole.se**2)
    assert ones @ parts.where("relative").cov @ ones == pytest.approx(0, abs=1e-12)
    by = fgt(survey, "income", "line", design, by="county", alpha=alpha)
    assert parts.where("value").se == pytest.approx(by.se)


def test_contributions_to_m0_add_up_to_it(survey):
    design = SurveyDesign(weight="weight", stratum="stratum", psu="village")
    whole = alkire_foster(survey, ["listed", "poor"], 0.5, design).one("M0")
    own = alkire_foster(survey, ["listed", "poor"], 0.5, design, by="county").where("M0")
    e = decompose_m0(survey, ["listed", "poor"], 0.5, design, "county")
    np.testing.assert_allclose(e.where("value").estimate, own.estimate, rtol=1e-12)
    np.testing.assert_allclose(e.where("value").se, own.se, rtol=1e-9)
    parts = e.where("contribution")
    assert parts.estimate.sum() == pytest.approx(whole.estimate)
    assert parts.cov.sum() == pytest.approx(whole.se**2)
    assert e.where("relative").estimate.sum() == pytest.approx(1)
