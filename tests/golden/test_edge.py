"""Equal to R where the shipped designs do not reach. The script that made the numbers is edge.R."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from golden import Golden, data

from evaltools.estimation import (
    Replicates,
    SurveyDesign,
    Weights,
    arpr,
    gini,
    mean,
    poverty_gap_at_median,
    qsr,
    quantile,
    ratio,
    total,
)

R = Golden("edge.csv")
TOTALS = {"stype": {"E": 4421, "H": 755, "M": 1018}, "api99": 3914069, "(count)": 6194}


def close(value, expected) -> None:
    np.testing.assert_allclose(value, expected, rtol=1e-9)


@pytest.fixture
def small() -> pd.DataFrame:
    """Strata "a" (one PSU), "b", "c" (one PSU, the only one there is) and "d"; PSU codes start anew in each."""
    return pd.DataFrame({
        "stratum": list("aabbbbccdddd"), "psu": [1, 1, 1, 1, 2, 2, 1, 1, 1, 1, 2, 2],
        "n": [5, 5, 6, 6, 6, 6, 1, 1, 7, 7, 7, 7], "w": [5, 4, 3, 3, 2, 3, 1, 1, 3.5, 3, 4, 3],
        "y": [3, 5, 8, 1, 9, 4, 2, 6, 7, 7, 3, 1], "g": list("uvuuvvuvvuuv"),
    })  # fmt: skip


@pytest.mark.parametrize("with_fpc", [False, True])
def test_a_joined_stratum_keeps_its_units_apart_and_one_taken_whole_is_joined_with_nothing(small, with_fpc):
    frame = small if with_fpc else small[small.stratum != "c"]
    fpc = "n" if with_fpc else None
    design = SurveyDesign(weight="w", stratum="stratum", psu="psu", fpc=fpc, nest=True, singleton="collapse")
    case = f"collapse/{str(with_fpc).upper()}"
    e = mean(frame, "y", design)
    close([e[0].se, e[0].df], [R(case, "mean_se"), R(case, "df")])
    assert "stratum='a'" in e.notes[0]
    assert "stratum='c'" not in e.notes[0]
    close(total(frame, "y", design).se, R(case, "total_se"))
    close(mean(frame, "y", design, by="g").se, R.array(case, "by_se"))


@pytest.mark.parametrize("kind", ["JK1", "JKn"])
def test_df_of_a_replicated_estimate_leave_out_rows_without_a_value(kind):
    frame = data("apiclus1")
    frame = frame[frame.dnum.isin(frame.dnum.unique()[:8])]
    hole = (frame.dnum == frame.dnum.iloc[0]) | (frame.stype == "H")
    frame = frame.assign(some=frame.api00.where(~hole).astype(float), odd=frame.dnum.astype(int) % 2)
    made = Replicates.jk1() if kind == "JK1" else Replicates.jkn()
    design = SurveyDesign(weight="pw", psu="dnum", stratum=None if kind == "JK1" else "odd", replicates=made)
    e = mean(frame, "some", design)[0]
    close([e.se, e.df], [R(f"holes/{kind}", "mean_se"), R(f"holes/{kind}", "df")])
    q = quantile(frame, "some", design)[0]
    close([q.estimate, q.ci_low, q.ci_high, q.se], R.array(f"holes/{kind}", "median"))


def test_a_stratum_taken_whole_has_no_replicates(small):
    frame = small[small.stratum != "a"]
    design = SurveyDesign(weight="w", stratum="stratum", psu="psu", fpc="n", nest=True, replicates=Replicates.jkn())
    e = mean(frame, "y", design)[0]
    close([e.se, e.df], [R("whole", "mean_se"), R("whole", "df")])
    close(total(frame, "y", design).se, R("whole", "total_se"))
    close(mean(frame, "y", design, by="g").se, R.array("whole", "by_se"))


def test_a_calibrated_total_far_from_zero_keeps_its_digits():
    w = Weights.start(data("apiclus1").assign(far=lambda d: d.api00 + 1e6), SurveyDesign(weight="pw", psu="dnum"))
    w = w.calibrate(TOTALS)
    close(total(w.data, "far", w.design).se, R("far", "total_se"))
    close(mean(w.data, "far", w.design).se, R("far", "mean_se"))


def test_three_stages_and_quantiles_of_post_stratified_domains():
    frame = data("three")
    design = SurveyDesign(weight="w", psu=("a", "b", "c"), fpc=("fa", "fb", "fc"))
    close(mean(frame, "y", design).se, R("three", "mean_se"))
    close(total(frame, "y", design).se, R("three", "total_se"))
    close(ratio(frame, "y", "x", design).se, R("three", "ratio_se"))
    close(mean(frame, "y", design, by="g").se, R.array("three", "by_se"))
    w = Weights.start(frame, design).post_stratify({"k": {"m": 250, "n": 180}})
    close(mean(w.data, "y", w.design).se, R("three", "post_mean_se"))
    close(total(w.data, "y", w.design, by="g").se, R.array("three", "post_by_se"))
    for rule in ("math", "school", "hf7"):
        q = quantile(w.data, "y", w.design, 0.4, rule=rule)[0]
        close([q.estimate, q.ci_low, q.ci_high, q.se], R.array("three", f"post_{rule}"))


def test_laeken_where_half_the_weight_is_reached_exactly_with_ties_and_incomes_below_zero():
    y, w = [1, 2, 2, 3, 4, 4, 5, 8, 9, 10, -2, 14], [1, 2, 1, 1, 3, 1, 2, 1, 1, 1, 1, 1]
    frame, design = pd.DataFrame({"y": y, "w": w, "g": list("AB") * 6}), SurveyDesign(weight="w")
    for name, f in (("arpr", arpr), ("rmpg", poverty_gap_at_median), ("gini", gini)):
        e = f(frame, "y", design, by="g", overall=True)
        close(e.estimate * 100, [*R.array("lumpy", f"{name}_by"), R("lumpy", name)])
    e = qsr(frame, "y", design, by="g", overall=True, rule="upper")
    close(e.estimate[1:], [R.array("lumpy", "qsr_by")[1], R("lumpy", "qsr")])
    assert np.isnan(e.estimate[0])
    assert R.array("lumpy", "qsr_by")[0] < 0  # a poorest fifth that owes: R divides, here there is no ratio
    close(0.6 * quantile(frame, "y", design, rule="upper").estimate, R("lumpy", "arpt"))
    plain = pd.DataFrame({"y": np.arange(1.0, 11)})
    close(0.6 * quantile(plain, "y", SurveyDesign(), rule="upper").estimate, R("lumpy", "arpt10"))
    close(qsr(plain, "y", SurveyDesign(), rule="upper").estimate, R("lumpy", "qsr10"))
    close(qsr(plain, "y", SurveyDesign()).estimate, 19 / 3)  # the two richest of ten over the two poorest
    poor = pd.DataFrame({"y": [1.0, 2, 3, 4, *range(20, 36)]})
    close(poverty_gap_at_median(poor, "y", SurveyDesign()).estimate * 100, R("lumpy", "rmpg20"))
