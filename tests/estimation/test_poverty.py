"""FGT, relative lines, ARPR and the median gap: hand-worked cases, and variances that carry the line."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from evaltools.errors import EstimationError
from evaltools.estimation import (
    RelativeLine,
    Replicates,
    SurveyDesign,
    arpr,
    fgt,
    mean,
    poverty_gap_at_median,
    quantile,
)
from evaltools.estimation.lines import median_line
from evaltools.estimation.quantiles import MANY, RULES, quantile_sorted

FRAME = pd.DataFrame({"y": [50.0, 80, 100, 120, 200, 30], "z": 100.0, "w": [1.0, 1, 2, 2, 1, 1], "v": range(6)})
DESIGN = SurveyDesign(weight="w", psu="v")


def test_the_three_measures_by_hand():
    e = fgt(FRAME, "y", 100.0, DESIGN)
    assert e.statistic == ("fgt0", "fgt1", "fgt2")
    assert e.estimate == pytest.approx([3 / 8, (0.5 + 0.2 + 0.7) / 8, (0.25 + 0.04 + 0.49) / 8])


def test_an_income_on_the_line_is_not_below_it():
    assert fgt(FRAME.assign(y=100.0), "y", 100.0, DESIGN).estimate.tolist() == [0, 0, 0]


def test_a_line_per_row_equals_a_number_when_it_is_one():
    a, b = fgt(FRAME, "y", "z", DESIGN), fgt(FRAME, "y", 100, DESIGN)
    assert a.estimate == pytest.approx(b.estimate)
    assert a.se == pytest.approx(b.se)


def test_other_powers_and_their_errors_follow_the_rows():
    e = fgt(FRAME, "y", 100, DESIGN, alpha=[1.5, 3])
    gap = np.where(FRAME.y < 100, (100 - FRAME.y) / 100, 0)
    direct = mean(FRAME.assign(a=gap**1.5, b=gap**3), ["a", "b"], DESIGN)
    assert e.estimate == pytest.approx(direct.estimate)
    assert e.se == pytest.approx(direct.se)
    assert e.deff == pytest.approx(direct.deff, nan_ok=True)


def test_the_headcount_alone_is_a_rate_that_can_be_judged():
    assert [e.kind for e in fgt(FRAME, "y", 100, DESIGN)] == ["rate", "index", "index"]


def test_missing_lines_and_incomes_are_outside_the_domain():
    frame = FRAME.assign(y=[np.nan, 80, 100, 120, 200, 30], z=[100.0, np.nan, 100, 100, 100, 100])
    assert fgt(frame, "y", "z", DESIGN, alpha=0)[0].n == 4


def test_arpr_uses_sixty_percent_of_the_median():
    e = arpr(FRAME, "y", DESIGN)[0]  # median 100, line 60
    assert e.estimate == pytest.approx(2 / 8)


def test_each_domain_may_have_its_own_line():
    frame = pd.concat([FRAME.assign(g="a"), FRAME.assign(g="b", y=FRAME.y * 10, v=FRAME.v + 6)], ignore_index=True)
    own = arpr(frame, "y", DESIGN, by="g", within="domain")
    assert own.estimate == pytest.approx([2 / 8, 2 / 8])
    alone = arpr(frame[frame.g == "a"], "y", DESIGN)[0]
    assert own[0].se == pytest.approx(alone.se * np.sqrt((12 / 11) / (6 / 5)))  # 12 PSUs sampled, 6 of them here
    assert arpr(frame, "y", DESIGN, by="g").estimate[1] < own.estimate[1]


def test_the_gap_at_the_median_of_the_poor():
    e = poverty_gap_at_median(FRAME, "y", DESIGN, share=0.9)[0]  # line 90, the poor 30 50 80, their median 50
    assert e.estimate == pytest.approx(1 - 50 / 90)


def test_a_mean_line_carries_its_variance_exactly():
    """FGT1 under a share of the mean is smooth: linearization and jackknife agree closely."""
    rng = np.random.default_rng(3)
    frame = pd.DataFrame(
        {"y": rng.lognormal(9, 0.7, 800), "v": np.repeat(np.arange(80), 10), "w": rng.uniform(1, 2, 800)}
    )
    line = RelativeLine(0.5, "mean")
    linear = fgt(frame, "y", line, DESIGN, alpha=1)[0]
    jackknife = fgt(frame, "y", line, SurveyDesign(weight="w", psu="v", replicates=Replicates.jk1()), alpha=1)[0]
    assert linear.se == pytest.approx(jackknife.se, rel=0.02)
    fixed = fgt(frame, "y", 0.5 * np.average(frame.y, weights=frame.w), DESIGN, alpha=1)[0]
    assert abs(fixed.se / linear.se - 1) > 0.05


@pytest.mark.parametrize("estimator", [arpr, poverty_gap_at_median])
def test_linearized_errors_under_an_estimated_line_agree_with_the_bootstrap(estimator):
    rng = np.random.default_rng(5)
    village = np.repeat(np.arange(150), 12)
    y = np.exp(9 + rng.normal(0, 0.25, 150)[village] + rng.normal(0, 0.7, len(village)))
    frame = pd.DataFrame({"y": y, "v": village, "w": rng.uniform(1, 3, len(y)), "s": village % 3})
    linear = estimator(frame, "y", SurveyDesign(weight="w", stratum="s", psu="v"))[0]
    made = SurveyDesign(weight="w", stratum="s", psu="v", replicates=Replicates.bootstrap(300, seed=1))
    boot = estimator(frame, "y", made)[0]
    assert boot.estimate == linear.estimate
    assert linear.se == pytest.approx(boot.se, rel=3 * np.sqrt(1 / 600) + 0.05)


def test_domains_under_one_estimated_line_covary_through_it():
    rng = np.random.default_rng(6)
    frame = pd.DataFrame({"y": rng.lognormal(9, 0.7, 1000), "v": np.arange(1000) // 5, "w": 1.0})
    frame["g"] = frame.v % 2
    fixed, shared = fgt(frame, "y", 5000, DESIGN, by="g", alpha=0), arpr(frame, "y", DESIGN, by="g")
    assert abs(fixed.cov[0, 1]) < 1e-3 * fixed.cov[0, 0] + 1e-6
    assert shared.cov[0, 1] != pytest.approx(fixed.cov[0, 1], rel=0.5)
    assert np.diag(shared.cov) == pytest.approx(shared.se**2)


def test_the_median_and_its_error_for_a_simple_sample():
    rng = np.random.default_rng(8)
    y = rng.normal(size=20000)
    e = quantile(pd.DataFrame({"y": y}), "y", SurveyDesign())[0]
    assert e.se == pytest.approx(np.sqrt(0.25 / 20000) / stats.norm.pdf(0), rel=0.1)


@pytest.mark.parametrize("bad", [{"line": 0}, {"line": -5.0}, {"alpha": -1}, {"alpha": []}])
def test_nonsense_lines_and_powers_are_refused(bad):
    with pytest.raises(EstimationError):
        fgt(FRAME, "y", bad.get("line", 100), DESIGN, alpha=bad.get("alpha", 0))


@pytest.mark.parametrize("bad", [{"of": "mode"}, {"within": "city"}, {"rule": "hf99"}, {"share": 0}])
def test_nonsense_relative_lines_are_refused(bad):
    with pytest.raises(EstimationError):
        RelativeLine(**bad)


def test_many_rows_are_looked_at_only_near_the_median_whatever_the_tie_rule():
    rng = np.random.default_rng(0)
    y, w = np.exp(rng.normal(9, 0.8, MANY + 1)), rng.uniform(0.5, 2, MANY + 1)
    f = np.cumsum(w[np.argsort(y)]) / w.sum()
    for rule in RULES:
        line, u = median_line(y, w, 0.6, rule)
        assert line == pytest.approx(0.6 * quantile_sorted(np.sort(y), f, 0.5, rule), rel=1e-12)
        assert (w @ w) ** 0.5 / w.sum() * 0.3 * np.exp(9) * 0.8 * np.sqrt(2 * np.pi) == pytest.approx(
            np.sqrt((w * w) @ (u * u)), rel=0.1
        )
