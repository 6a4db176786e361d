"""Verdicts: what a sample settles and what it does not."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
import pytest

from evaltools.errors import EstimationError
from evaltools.estimation import SurveyDesign, combine, effective_n, judge, judge_rate, mean, proportion, rate_limits
from evaltools.terms import VerdictState


@dataclass(frozen=True)
class Limit:
    value: float = 0.02
    comparison: str = "<="
    is_defined: bool = True


def sample(found: int, n: int, psu: int = 1) -> pd.DataFrame:
    """n households, `found` of them positive, in PSUs of `psu` households."""
    hit = np.zeros(n)
    hit[:found] = 1
    return pd.DataFrame({"hit": hit, "village": np.arange(n) // psu})


ONE_EACH = SurveyDesign(psu="village")


@pytest.mark.parametrize(("found", "n"), [(0, 60), (0, 148), (5, 400)])
def test_too_few_households_leave_a_two_percent_limit_undecided(found, n):
    assert judge_rate(found / n, n, 0.02) == 0
    assert judge(proportion(sample(found, n), "hit", ONE_EACH)[0], Limit(), rho=0.05).state is VerdictState.UNDECIDED


@pytest.mark.parametrize(("found", "n"), [(0, 149), (1, 236)])
def test_enough_households_settle_a_two_percent_limit(found, n):
    assert judge_rate(found / n, n, 0.02) == 1
    assert judge(proportion(sample(found, n), "hit", ONE_EACH)[0], Limit(), rho=0.05).state is VerdictState.MET


def test_one_percent_in_four_hundred_does_not_settle_a_two_percent_limit():
    verdict = judge(proportion(sample(4, 400), "hit", ONE_EACH)[0], Limit(), rho=0.05)
    assert verdict.state is VerdictState.UNDECIDED
    assert verdict.low < 0.02 < verdict.high


def test_a_high_rate_is_not_met_and_the_verdict_names_fewer_households_than_there_were():
    verdict = judge(proportion(sample(40, 400), "hit", ONE_EACH)[0], Limit(), rho=0.05)
    assert verdict.state is VerdictState.NOT_MET
    assert verdict.households_needed < 400


def test_the_interval_drawn_is_the_one_that_decides():
    verdict = judge(proportion(sample(1, 236), "hit", ONE_EACH)[0], Limit(), rho=0.05)
    assert verdict.interval_level == 0.90
    assert verdict.high <= 0.02
    low, high = rate_limits(np.array([0.0]), np.array([149.0]))
    assert low[0] == 0
    assert high[0] == pytest.approx(1 - 0.05 ** (1 / 149), rel=1e-12)


def test_clustered_households_count_for_less_even_when_nothing_is_found():
    verdict = judge(proportion(sample(0, 200, psu=10), "hit", SurveyDesign(psu="village"))[0], Limit(), rho=0.05)
    assert verdict.n_effective == pytest.approx(200 / (1 + 9 * 0.05))
    assert verdict.state is VerdictState.UNDECIDED


def test_unequal_clusters_count_for_less_than_equal_ones_of_the_same_mean():
    frame = pd.DataFrame({"hit": 0.0, "village": np.repeat(np.arange(10), [2, 18] * 5)})
    e = proportion(frame, "hit", SurveyDesign(psu="village"))[0]
    assert e.cluster_size == pytest.approx((5 * 4 + 5 * 324) / 100)  # sum m^2 / sum m, above the mean of 10


def test_unequal_weights_count_for_less():
    frame = sample(0, 200).assign(w=np.tile([1.0, 3.0], 100))
    verdict = judge(proportion(frame, "hit", SurveyDesign(weight="w", psu="village"))[0], Limit(), rho=0.05)
    assert verdict.n_effective == pytest.approx((100 * 1 + 100 * 3) ** 2 / (100 * 1 + 100 * 9))


def test_persons_weigh_the_rate_and_households_count_in_effective_n():
    frame = pd.DataFrame({"hit": [1.0] + [0.0] * 99, "village": range(100), "persons": [5] + [1] * 99})
    e = proportion(frame, "hit", SurveyDesign(psu="village", size="persons"))[0]
    assert e.estimate == pytest.approx(5 / 104)
    assert e.n == 100
    assert judge(e, Limit(), rho=0.05).n_effective < 100


@pytest.mark.parametrize("found", [0, 3])
def test_effective_n_is_never_above_what_rho_allows(found):
    e = proportion(sample(found, 120, psu=6), "hit", SurveyDesign(psu="village"))[0]
    for rho in (0.0, 0.05, 0.2):
        n = effective_n(e.estimate, e.se, e.n, e.df, e.weighting, e.cluster_size, rho=rho)
        assert n <= 120 / (1 + 5 * rho) + 1e-9


def test_households_needed_is_the_smallest_number_that_decides():
    e = proportion(sample(4, 400), "hit", ONE_EACH)[0]
    verdict = judge(e, Limit(), rho=0.05)
    per_household = verdict.n_effective / e.n
    assert judge_rate(e.estimate, verdict.households_needed * per_household, 0.02) == 1
    assert judge_rate(e.estimate, (verdict.households_needed - 1) * per_household, 0.02) == 0


def test_a_rate_on_the_limit_is_decided_by_no_number_of_households():
    assert judge(proportion(sample(8, 400), "hit", ONE_EACH)[0], Limit(), rho=0.05).households_needed is None


@pytest.mark.parametrize(("found", "state"), [(400, "met"), (330, "not_met"), (362, "undecided")])
def test_a_lower_limit_is_judged_from_the_other_side(found, state):
    verdict = judge(proportion(sample(found, 400), "hit", ONE_EACH)[0], Limit(0.90, ">="), rho=0.05)
    assert verdict.state.value == state


def test_an_undefined_rule_and_missing_evidence_have_words_of_their_own():
    e = proportion(sample(0, 60), "hit", ONE_EACH)[0]
    assert judge(e, Limit(is_defined=False), rho=0.05).state is VerdictState.RULE_UNDEFINED
    frame = sample(0, 60).assign(hit=np.nan)
    verdict = judge(proportion(frame, "hit", ONE_EACH)[0], Limit(), rho=0.05)
    assert verdict.state is VerdictState.EVIDENCE_MISSING
    assert "no row" in verdict.reason


def test_equality_has_no_verdict():
    with pytest.raises(EstimationError, match="=="):
        judge(proportion(sample(0, 60), "hit", ONE_EACH)[0], Limit(comparison="=="), rho=0.05)


def test_a_mean_without_spread_is_undecided_not_certain():
    frame = sample(0, 20).assign(income=5.0)
    verdict = judge(mean(frame, "income", ONE_EACH)[0], Limit(4.0, ">="), rho=0.05)
    assert verdict.state is VerdictState.UNDECIDED
    assert verdict.households_needed is None


class TestComposite:
    def rates(self, omitted: int, wrong: int):
        frame = pd.DataFrame({
            "village": np.tile(np.arange(30), 20), "registered": np.repeat([0.0, 1.0], 300),
            "bad": np.r_[np.ones(omitted), np.zeros(300 - omitted), np.ones(wrong), np.zeros(300 - wrong)],
        })  # fmt: skip
        frame["outside"] = 1 - frame["registered"]
        design = SurveyDesign(psu="village")
        return (
            proportion(frame, "bad", design, where="outside")[0],
            proportion(frame, "bad", design, where="registered")[0],
        )

    def test_the_point_is_the_weighted_sum(self):
        a, b = self.rates(6, 9)
        c = combine([a, b], [0.6, 0.4], 0.001, rho=0.05)
        assert c.estimate == pytest.approx(0.001 + 0.6 * 0.02 + 0.4 * 0.03)
        assert c.low < c.estimate < c.high

    @pytest.mark.parametrize(("omitted", "wrong"), [(0, 0), (0, 5), (5, 0)])
    def test_zero_findings_never_collapse_the_interval(self, omitted, wrong):
        c = combine(self.rates(omitted, wrong), [0.6, 0.4], 0.001, rho=0.05)
        assert c.high > c.estimate + 0.005
        assert c.low <= c.estimate

    def test_one_rate_alone_keeps_its_own_limits(self):
        a, _ = self.rates(6, 9)
        c = combine([a], [1.0], rho=0.05)
        alone = judge(a, Limit(), rho=0.05)
        assert (c.low, c.high) == pytest.approx((alone.low, alone.high))

    def test_shared_villages_widen_the_sum(self):
        a, b = self.rates(0, 0)
        apart = combine([a, b], [0.5, 0.5], rho=0.0)
        together = combine([a, b], [0.5, 0.5], rho=0.05)
        assert together.high > apart.high

    def test_the_verdict_scales_every_piece(self):
        c = combine(self.rates(0, 0), [0.5, 0.5], rho=0.05)
        verdict = judge(c, Limit(), rho=0.05)
        assert (verdict.low, verdict.high) == (c.low, c.high)
        enough = verdict.households_needed
        assert c.limits(0.05, 0.95, enough / c.n)[1] <= 0.02 < c.limits(0.05, 0.95, (enough - 1) / c.n)[1]

    def test_only_rates_are_combined(self):
        frame = sample(0, 60).assign(income=1.0)
        with pytest.raises(EstimationError, match="rates"):
            combine([mean(frame, "income", ONE_EACH)[0]], [1.0], rho=0.05)
