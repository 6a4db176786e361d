"""Means, totals, ratios, proportions: hand-worked cases and stated rules."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from evaltools.errors import DataMissingError, EstimationError
from evaltools.estimation import SurveyDesign, covariance, difference, mean, proportion, ratio, total

DESIGN = SurveyDesign(weight="w", stratum="s", psu="v")


@pytest.fixture
def frame() -> pd.DataFrame:
    return pd.DataFrame({
        "s": ["a"] * 4 + ["b"] * 4, "v": list("ppqqrrtt"), "w": [1.0, 1, 1, 1, 2, 2, 2, 2],
        "y": [1.0, 3, 5, 7, 2, 4, 6, 8], "x": [1.0, 1, 2, 2, 1, 1, 2, 2], "g": list("klklklkl"),
    })  # fmt: skip


def test_a_mean_and_its_error_by_hand(frame):
    e = mean(frame, "y", DESIGN)[0]
    average = (16 + 2 * 20) / 12
    assert e.estimate == pytest.approx(average)
    z = np.array([4 - 2 * average, 12 - 2 * average, 12 - 4 * average, 28 - 4 * average]) / 12
    variance = 2 * ((z[:2] - z[:2].mean()) ** 2).sum() + 2 * ((z[2:] - z[2:].mean()) ** 2).sum()
    assert e.se == pytest.approx(np.sqrt(variance))
    assert (e.df, e.n, e.n_psu) == (2, 8, 4)


def test_a_total_and_a_ratio_by_hand(frame):
    t = total(frame, "y", DESIGN)[0]
    assert t.estimate == pytest.approx(56)
    assert t.se == pytest.approx(np.sqrt(2 * (4**2 + 4**2) + 2 * (8**2 + 8**2)))
    assert ratio(frame, "y", "x", DESIGN)[0].estimate == pytest.approx(56 / 18)


def test_a_census_has_no_sampling_error(frame):
    frame["N"] = 2
    assert total(frame, "y", SurveyDesign(weight="w", stratum="s", psu="v", fpc="N"))[0].se == 0


def test_domains_come_in_one_pass_with_their_covariance(frame):
    both = mean(frame, "y", DESIGN, by="g", overall=True)
    alone = mean(frame[frame.g == "k"], "y", DESIGN)[0]
    assert both.one(g="k").estimate == pytest.approx(alone.estimate)
    assert both.one(g="all").estimate == pytest.approx(56 / 12)
    d = difference(both.one(g="l"), both.one(g="k"))
    assert d.estimate == pytest.approx(2)
    assert d.se == pytest.approx(np.sqrt(both.cov[0, 0] + both.cov[1, 1] - 2 * both.cov[0, 1]), abs=1e-12)
    assert np.diag(both.cov) == pytest.approx(both.se**2)


def test_estimates_of_two_calls_on_one_sample_covary(frame):
    y, x = mean(frame, "y", DESIGN)[0], mean(frame, "x", DESIGN)[0]
    together = mean(frame, ["y", "x"], DESIGN)
    assert covariance(y, x) == pytest.approx(together.cov[0, 1])


def test_a_change_between_years_counts_the_villages_seen_twice(frame):
    later = frame.assign(y=frame.y * 1.1 + 1)
    change = difference(mean(later, "y", DESIGN)[0], mean(frame, "y", DESIGN)[0])
    stacked = mean(frame.assign(y=frame.y * 0.1 + 1), "y", DESIGN)[0]
    assert change.se == pytest.approx(stacked.se)
    elsewhere = later.assign(v=later.v + "'")
    apart = difference(mean(elsewhere, "y", DESIGN)[0], mean(frame, "y", DESIGN)[0])
    assert apart.covariance == 0


def test_a_missing_value_is_outside_the_domain_and_its_village_still_counts(frame):
    frame.loc[[0, 1], "y"] = np.nan
    e = mean(frame, "y", DESIGN)[0]
    assert (e.n, e.n_psu) == (6, 3)
    assert np.isfinite(e.se)
    with pytest.raises(EstimationError, match="one sampled unit"):  # dropping the rows breaks the design
        mean(frame.dropna(), "y", DESIGN)


def test_a_missing_group_is_a_domain_of_its_own(frame):
    frame.loc[0, "g"] = None
    e = mean(frame, "y", DESIGN, by="g")
    assert e.domains.g.isna().tolist() == [False, False, True]
    assert e.n.tolist() == [3, 4, 1]


def test_a_domain_in_one_village_has_no_error_for_a_mean_and_one_for_a_total(frame):
    frame["g"] = list("kkllllll")
    m, t = mean(frame, "y", DESIGN, by="g"), total(frame, "y", DESIGN, by="g")
    assert np.isnan(m[0].se)
    assert "one PSU" in m[0].reason
    assert t[0].se > 0
    assert np.isfinite(m[1].se)


def test_a_certainty_village_keeps_its_variance_within():
    frame = pd.DataFrame({
        "s": list("aaaabbbb"), "v": list("ppppqqrr"), "h": range(8), "N1": [1] * 4 + [9] * 4, "N2": 20, "w": 1.0,
        "y": [1.0, 2, 3, 7, 1, 2, 3, 4], "g": list("kkkkllll"),
    })  # fmt: skip
    design = SurveyDesign(weight="w", stratum="s", psu=("v", "h"), fpc=("N1", "N2"))
    e = mean(frame, "y", design, by="g")[0]
    assert e.se == pytest.approx(np.sqrt((1 - 4 / 20) * np.var([1, 2, 3, 7], ddof=1) / 4))


def test_an_all_zero_rate_says_why_it_has_no_interval(frame):
    e = proportion(frame.assign(y=0), "y", DESIGN)[0]
    assert e.estimate == 0
    assert np.isnan(e.ci_high)
    assert "not defined" in e.reason


def test_rows_stand_for_persons_and_n_counts_rows(frame):
    e = mean(frame, "y", SurveyDesign(weight="w", stratum="s", psu="v", size="x"))[0]
    assert e.estimate == pytest.approx((frame.w * frame.x * frame.y).sum() / (frame.w * frame.x).sum())
    assert e.n == 8


class TestBadInput:
    @pytest.mark.parametrize("bad", [-1.0, np.nan, np.inf])
    def test_bad_weights_name_their_rows(self, frame, bad):
        frame.loc[3, "w"] = bad
        with pytest.raises(EstimationError, match="rows 3"):
            mean(frame, "y", DESIGN)

    def test_weights_of_zero_sum(self, frame):
        with pytest.raises(EstimationError, match="sums to zero"):
            mean(frame.assign(w=0.0), "y", DESIGN)

    def test_a_village_in_two_strata(self, frame):
        frame["v"] = list("ppqqppqq")
        with pytest.raises(EstimationError, match="nest=True"):
            mean(frame, "y", DESIGN)
        assert mean(frame, "y", SurveyDesign(weight="w", stratum="s", psu="v", nest=True))[0].n_psu == 4

    @pytest.mark.parametrize(("n", "text"), [(0.5, "below 1"), (1, "less than the number"), (np.nan, "missing")])
    def test_bad_population_counts(self, frame, n, text):
        with pytest.raises(EstimationError, match=text):
            mean(frame.assign(N=n), "y", SurveyDesign(weight="w", stratum="s", psu="v", fpc="N"))

    def test_population_counts_that_vary_in_a_stratum(self, frame):
        with pytest.raises(EstimationError, match="varies within a stratum"):
            mean(frame.assign(N=range(10, 18)), "y", SurveyDesign(weight="w", stratum="s", psu="v", fpc="N"))

    def test_a_text_column(self, frame):
        with pytest.raises(EstimationError, match="not numeric"):
            mean(frame.assign(y="many"), "y", DESIGN)

    @pytest.mark.parametrize("y", [pd.Timestamp("2020-12-31"), pd.Timedelta(1, "D"), 1j])
    def test_dates_and_durations_are_no_quantities(self, frame, y):
        with pytest.raises(EstimationError, match="not numeric"):
            mean(frame.assign(y=y), "y", DESIGN)

    def test_two_columns_of_one_name(self, frame):
        with pytest.raises(EstimationError, match="two columns are called 'y'"):
            mean(pd.concat([frame, frame[["y"]]], axis=1), "y", DESIGN)

    def test_a_group_called_as_the_row_over_all_is(self, frame):
        with pytest.raises(EstimationError, match="a group is called 'all'"):
            mean(frame.assign(g="all"), "y", DESIGN, by="g", overall=True)

    def test_an_infinite_value(self, frame):
        frame.loc[5, "y"] = np.inf
        with pytest.raises(EstimationError, match="infinite"):
            mean(frame, "y", DESIGN)

    def test_an_absent_column_names_the_nearest(self, frame):
        with pytest.raises(DataMissingError, match="did you mean"):
            mean(frame.rename(columns={"y": "income"}), "incone", DESIGN)

    def test_a_missing_stratum(self, frame):
        frame.loc[2, "s"] = None
        with pytest.raises(EstimationError, match="rows 2"):
            mean(frame, "y", DESIGN)

    def test_an_empty_domain(self, frame):
        with pytest.raises(EstimationError, match="no row"):
            mean(frame.assign(none=False), "y", DESIGN, where="none")

    def test_no_rows_at_all(self, frame):
        with pytest.raises(EstimationError, match="no rows"):
            mean(frame.iloc[:0], "y", DESIGN)

    def test_a_proportion_of_quantities(self, frame):
        with pytest.raises(EstimationError, match="no indicator"):
            proportion(frame, "y", DESIGN)

    def test_a_frame_is_never_changed(self, frame):
        before = frame.copy(deep=True)
        mean(frame, "y", DESIGN, by="g", overall=True)
        pd.testing.assert_frame_equal(frame, before)


class TestStrataOfOneVillage:
    @pytest.fixture
    def lonely(self, frame):
        return frame.drop(index=[2, 3])

    def test_an_error_by_default_names_the_stratum(self, lonely):
        with pytest.raises(EstimationError, match="s='a'"):
            mean(lonely, "y", DESIGN)

    @pytest.mark.parametrize("rule", ["certainty", "adjust", "average", "collapse"])
    def test_every_rule_gives_a_number_and_says_so(self, lonely, rule):
        e = mean(lonely, "y", SurveyDesign(weight="w", stratum="s", psu="v", singleton=rule))
        assert e.se[0] > 0
        assert e.notes

    def test_collapsed_strata_are_one(self, lonely):
        joined = mean(lonely, "y", SurveyDesign(weight="w", stratum="s", psu="v", singleton="collapse"))[0]
        plain = mean(lonely, "y", SurveyDesign(weight="w", psu="v"))[0]
        assert (joined.se, joined.df) == (plain.se, plain.df)
