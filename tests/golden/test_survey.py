"""Equal to R's survey package, to 1e-9 relative. The script that made the numbers is survey.R."""

from __future__ import annotations

import numpy as np
import pytest
from golden import Golden, data

from evaltools.estimation import Replicates, SurveyDesign, mean, proportion, quantile, ratio, total

R = Golden("survey.csv")
REL = 1e-9
DESIGNS = {
    "srs": ("apisrs", SurveyDesign(weight="pw", fpc="fpc")),
    "strat": ("apistrat", SurveyDesign(weight="pw", stratum="stype", fpc="fpc")),
    "strat0": ("apistrat", SurveyDesign(weight="pw", stratum="stype")),
    "clus1": ("apiclus1", SurveyDesign(weight="pw", psu="dnum", fpc="fpc")),
    "clus10": ("apiclus1", SurveyDesign(weight="pw", psu="dnum")),
    "clus2": ("apiclus2", SurveyDesign(weight="pw", psu=("dnum", "snum"), fpc=("fpc1", "fpc2"))),
    "clus20": ("apiclus2", SurveyDesign(weight="pw", psu=("dnum", "snum"))),
}
each_design = pytest.mark.parametrize("name", DESIGNS)


def close(value, expected, rel: float = REL) -> None:
    np.testing.assert_allclose(value, expected, rtol=rel, atol=1e-12)


def jointly(frame):
    """R leaves out a row if any of several variables is missing; here each variable has its own domain."""
    out = frame.copy()
    out.loc[out.enroll.isna() | out.api00.isna(), ["api00", "enroll"]] = np.nan
    return out


@each_design
@pytest.mark.parametrize("kind", ["mean", "total"])
def test_means_and_totals_with_covariances_df_and_intervals(name, kind):
    file, design = DESIGNS[name]
    e = {"mean": mean, "total": total}[kind](jointly(data(file)), ["api00", "enroll"], design)
    case = f"{name}/{kind}"
    close(e.estimate, R.array(case, "estimate"))
    close(e.cov.ravel(), R.array(case, "cov"))
    close(e.df, R(case, "df"))
    close(e.ci_low, R.array(case, "ci_low"))
    close(e.ci_high, R.array(case, "ci_high"))


@each_design
@pytest.mark.parametrize(("deff", "flag"), [("wor", "TRUE"), ("replace", "replace")])
def test_design_effects(name, deff, flag):
    file, design = DESIGNS[name]
    for kind, f in (("mean", mean), ("total", total)):
        close(f(data(file), "api00", design, deff=deff).deff, R(f"{name}/{kind}", f"deff_{flag}"))


@each_design
def test_ratios(name):
    file, design = DESIGNS[name]
    e = ratio(data(file), "api00", "enroll", design)[0]
    close([e.estimate, e.se, e.deff], [R(f"{name}/ratio", n) for n in ("estimate", "se", "deff_TRUE")])


@each_design
def test_domains(name):
    file, design = DESIGNS[name]
    e = mean(data(file), "api00", design, by="stype")
    case = f"{name}/by"
    close(e.estimate, R.array(case, "estimate"))
    close(e.se, R.array(case, "se"))
    close(e.deff, R.array(case, "deff_TRUE"))
    close(e.df, R.array(case, "df"))
    close(e.cov[0, 1], R(case, "cov01"))
    close(total(data(file), "api00", design, by="stype").se, R.array(f"{name}/by_total", "se"))


@each_design
@pytest.mark.parametrize(("interval", "word"), [("logit", "logit"), ("beta", "beta"), ("t", "mean")])
def test_intervals_of_proportions(name, interval, word):
    file, design = DESIGNS[name]
    e = proportion(data(file), "wide", design, interval=interval)[0]
    close(
        [e.estimate, e.ci_low, e.ci_high], [R(f"{name}/prop", n) for n in ("estimate", f"{word}_low", f"{word}_high")]
    )


@pytest.mark.parametrize("name", [n for n in DESIGNS if n != "srs"])
@pytest.mark.parametrize("rule", ["math", "school", "hf7"])
@pytest.mark.parametrize("interval", ["mean", "beta", "xlogit"])
def test_quantiles_with_their_errors(name, rule, interval):
    file, design = DESIGNS[name]
    e = quantile(data(file), "api99", design, [0.25, 0.5, 0.9], rule=rule, interval=interval)
    case = f"{name}/quantile/{rule}/{interval}"
    close(e.estimate, R.array(case, "estimate"))
    close(e.ci_low, R.array(case, "ci_low"))
    close(e.ci_high, R.array(case, "ci_high"))
    close(e.se, R.array(case, "se"))
    close(np.sqrt(np.diag(e.cov)), e.se)


def test_nhanes_with_missing_values_and_crossed_domains():
    frame = data("nhanes")
    frame["female"] = frame.RIAGENDR == 2
    design = SurveyDesign(weight="WTMEC2YR", stratum="SDMVSTRA", psu="SDMVPSU", nest=True)
    e = mean(frame, "HI_CHOL", design)[0]
    close([e.estimate, e.variance, e.df, e.ci_low], [R("nhanes/mean", f"{n}[0]") for n in ("estimate", "cov")]
          + [R("nhanes/mean", "df"), R("nhanes/mean", "ci_low[0]")])  # fmt: skip
    b = mean(frame, "HI_CHOL", design, by=["female", "race"])
    close(b.estimate, R.array("nhanes/by", "estimate"))
    close(b.se, R.array("nhanes/by", "se"))
    for interval in ("logit", "beta"):
        p = proportion(frame, "HI_CHOL", design, interval=interval)[0]
        close([p.ci_low, p.ci_high], [R("nhanes/prop", f"{interval}_low"), R("nhanes/prop", f"{interval}_high")])


def test_two_stages_with_population_counts():
    frame = data("mu284")
    n1 = frame.id1.nunique()
    n2 = frame.groupby("id1").id2.transform("nunique")
    frame["w"] = frame.n1 / n1 * frame.n2 / n2
    close(frame.w[:3], R.array("mu284", "weight"))
    design = SurveyDesign(weight="w", psu=("id1", "id2"), fpc=("n1", "n2"))
    for kind, f in (("mean", mean), ("total", total)):
        e = f(frame, "y1", design)[0]
        close([e.estimate, e.variance], [R(f"mu284/{kind}", "estimate[0]"), R(f"mu284/{kind}", "cov[0]")])


def test_psu_codes_that_start_anew_in_each_stratum():
    frame = data("fpc")
    e = mean(frame, "x", SurveyDesign(weight="weight", stratum="stratid", psu="psuid", nest=True))[0]
    close(
        [e.estimate, e.variance, e.df], [R("fpc0/mean", "estimate[0]"), R("fpc0/mean", "cov[0]"), R("fpc0/mean", "df")]
    )
    t = total(frame, "x", SurveyDesign(weight="weight", stratum="stratid", psu="psuid", fpc="Nh", nest=True))[0]
    close([t.estimate, t.variance], [R("fpc1/total", "estimate[0]"), R("fpc1/total", "cov[0]")])


def test_scd():
    e = ratio(data("scd"), "alive", "arrests", SurveyDesign(stratum="ESA", psu="ambulance", nest=True))[0]
    close([e.estimate, e.se], [R("scd/ratio", "estimate"), R("scd/ratio", "se")])


@pytest.mark.parametrize("rule", ["certainty", "adjust", "average"])
@pytest.mark.parametrize("fpc", [None, "fpc"])
def test_strata_of_one_psu(rule, fpc):
    frame = data("apistrat").iloc[[*range(60), 100, *range(150, 190)]]
    design = SurveyDesign(weight="pw", stratum="stype", fpc=fpc, singleton=rule)
    for kind, f in (("mean", mean), ("total", total)):
        close(f(frame, "api00", design).se, R(f"lonely/{rule}/{str(fpc is not None).upper()}/{kind}", "se"))


@pytest.mark.parametrize("rule", ["certainty", "adjust"])
def test_second_stages_of_one_unit(rule):
    frame = data("apiclus2")
    frame.loc[frame.groupby("dnum").dnum.transform("size") == 1, "fpc2"] = 3
    design = SurveyDesign(weight="pw", psu=("dnum", "snum"), fpc=("fpc1", "fpc2"), singleton=rule)
    close(mean(frame, "api00", design).se, R(f"lonely2/{rule}", "se"))


def replicated(name: str, mse: bool):
    if name == "bt":
        frame = data("apiclus1")
        weights = data("apiclus1_bootstrap")
        frame = frame.join(weights)
        given = Replicates.given(list(weights), scale=1 / 39, rscales=1.0, combined=False, mse=mse)
        return frame, SurveyDesign(weight="pw", replicates=given)
    made = Replicates.jk1(mse=mse) if name.startswith("j1") else Replicates.jkn(mse=mse)
    fpc = "fpc" if name.endswith("f") else None
    if name.startswith("j1"):
        return data("apiclus1"), SurveyDesign(weight="pw", psu="dnum", fpc=fpc, replicates=made)
    return data("apistrat"), SurveyDesign(weight="pw", stratum="stype", fpc=fpc, replicates=made)


@pytest.mark.parametrize("name", ["j1", "j1f", "jn", "jnf", "bt"])
@pytest.mark.parametrize("mse", [False, True])
def test_replicate_weights(name, mse):
    frame, design = replicated(name, mse)
    case = f"replicate/{name}/{'mse' if mse else 'centred'}"
    e = mean(frame, ["api00", "enroll"], design)
    close(e.estimate, R.array(case, "mean"))
    close(e.cov.ravel(), R.array(case, "cov"))
    close(e.df, R(case, "df"))
    close(total(frame, "api00", design).se, R(case, "total_se"))
    close(ratio(frame, "api00", "enroll", design).se, R(case, "ratio_se"))
    b = mean(frame, "api00", design, by="stype")
    close(b.se, R.array(case, "by_se"))
    close(b.df, R.array(case, "by_df"))
    q = quantile(frame, "api99", design, [0.25, 0.5])
    close(q.estimate, R.array(case, "quantile"))
    close(q.se, R.array(case, "quantile_se"))


def test_balanced_repeated_replicates_that_came_with_the_data():
    given = Replicates.given(["r.V1", "r.V2", "r.V3", "r.V4"], scale=1 / 4, combined=True)
    e = ratio(data("scd"), "alive", "arrests", SurveyDesign(replicates=given))[0]
    close(
        [e.estimate, e.se, e.df],
        [R("replicate/brr", "ratio"), R("replicate/brr", "ratio_se"), R("replicate/brr", "df")],
    )
