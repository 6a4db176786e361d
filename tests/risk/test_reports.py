"""Validation on rows not seen, fairness, survival, vulnerability, stress: each against a case of known answer."""

import copy

import numpy as np
import pandas as pd
import pytest

from evaltools.errors import RuleBookError
from evaltools.risk import ReturnRiskClassifier, RiskInputError, fairness
from evaltools.risk.monitored import monitored_classes
from evaltools.risk.performance import Task
from evaltools.risk.riskreport import RiskReport
from evaltools.risk.scenarios import apply, read_scenario, scenarios, stress
from evaltools.risk.survival import cohort_survival, hazard_by_cohort
from evaltools.risk.validation import held_out, make_sample
from evaltools.risk.vep import vulnerability

WELFARE, LINE = "income_yuan", "line_yuan"


@pytest.fixture(scope="module")
def report(kit):
    X, y, _, village = kit.make(1800, 11)
    period = np.repeat([2017, 2018, 2019], 600)
    elderly = (X["head_age"] > 70).to_numpy()
    made = RiskReport.make(
        ReturnRiskClassifier(WELFARE, LINE), X, y, groups=village, period=period, area=X["county_code"],
        by={"elderly": elderly}, multiple=1.5, monitored=(X["ill_members"] > 0), draws=40, most_fits=2,
    )  # fmt: skip
    return made, period


class Recorder(ReturnRiskClassifier):
    """Notes which rows it was fitted on."""

    seen: list = []  # noqa: RUF012

    def fit(self, X, y, sample_weight=None, groups=None):
        Recorder.seen.append(set(X.index))
        self.rate_ = float(np.mean(y))
        return self

    def predict_proba(self, X):
        return np.tile([1 - self.rate_, self.rate_], (len(X), 1))


@pytest.mark.parametrize("how", ["time", "area"])
def test_no_row_is_predicted_by_a_model_that_saw_it_or_what_came_after(kit, how):
    X, y, _, _ = kit.make(600, 12)
    period, area = np.repeat([1, 2, 3], 200), np.tile(["a", "b", "c", "d"], 150)
    Recorder.seen = []
    done = held_out(Recorder(WELFARE, LINE), make_sample(X, y, period=period, area=area), how)
    key = period if how == "time" else area
    for fitted, value in zip(Recorder.seen, np.unique(done.domain), strict=True):
        rows = np.array(sorted(fitted))
        assert (key[rows] < value).all() if how == "time" else (key[rows] != value).all()
    assert sorted(done.rows) == (list(range(200, 600)) if how == "time" else list(range(600)))


def test_areas_left_out_in_groups_are_each_left_out_once(kit):
    X, y, _, _ = kit.make(600, 12)
    area = np.tile(["a", "b", "c", "d", "e"], 120)
    Recorder.seen = []
    done = held_out(Recorder(WELFARE, LINE), make_sample(X, y, area=area), "area", most_fits=2)
    assert len(Recorder.seen) == 2
    assert sorted(done.rows) == list(range(600))


def test_a_period_that_cannot_be_fitted_is_named_not_dropped_in_silence(kit):
    X, y, _, _ = kit.make(900, 13)
    y = np.where(np.arange(900) < 100, 0, y)
    done = held_out(
        ReturnRiskClassifier(WELFARE, LINE), make_sample(X, y, period=np.repeat([1, 2, 3], [100, 500, 300])), "time"
    )
    assert "2" in done.skipped
    assert set(done.domain) == {3}


def test_the_report_sets_the_model_beside_the_simple_rules(report):
    made, _ = report
    table = made.overall.query("how == 'time' and metric == 'auc'").set_index("score")
    assert {"model", "income", "below_multiple", "monitored"} <= set(table.index)
    assert (table["low"] <= table["estimate"]).all()
    assert table.loc["income", "difference"] == pytest.approx(
        table.loc["income", "estimate"] - table.loc["model", "estimate"]
    )
    assert table.loc["below_multiple", "difference_high"] < 0
    assert made.earns_its_place()["below_multiple"]
    value, low, high = made.value("auc")
    assert low < value < high


def test_rules_that_are_no_probabilities_get_no_calibration(report):
    made, _ = report
    flagged = made.overall[made.overall["score"].isin(["below_multiple", "monitored"])]
    assert not flagged["metric"].str.contains("calibration|ece|brier|net_benefit|expected").any()


def test_curves_count_every_row_once(report):
    made, period = report
    assert made.curves.query("how == 'time'")["n"].sum() == (period > 2017).sum()
    assert made.curves.query("how == 'area'")["n"].sum() == 1800


def _task(recall_old):
    """1,000 events among young and 300 among old; a list that finds young ones well."""
    y = np.r_[np.ones(1000), np.zeros(9000), np.ones(300), np.zeros(2700)]
    old = np.r_[np.zeros(10_000, bool), np.ones(3000, bool)]
    rng = np.random.default_rng(0)
    p = np.where(old, 0.05, 0.1) + 0.3 * y * ~old + rng.uniform(0, 0.01, 13_000)
    p[old & (y == 1) & (rng.random(13_000) < recall_old)] = 0.6
    return Task(y, np.ones(13_000), np.arange(13_000), {"model": p}, frozenset({"model"})), old


@pytest.mark.parametrize(("recall", "is_found"), [(0.1, True), (0.9, False)])
def test_a_group_that_the_list_misses_is_a_finding(recall, is_found):
    task, old = _task(recall)
    table = fairness.by_group(task, {"elderly": old}, share=0.1, draws=20, seed=0)
    found = fairness.findings(table)
    assert [f.group for f in found] == (["elderly"] if is_found else [])
    assert table.set_index("group").loc["elderly", "recall"] == pytest.approx(recall, abs=0.05)


def test_a_group_of_few_events_is_shown_but_not_judged():
    task, old = _task(0.0)
    few = old & (np.cumsum(old & (task.y == 1)) <= 99)
    assert fairness.findings(fairness.by_group(task, {"few": few}, share=0.1, draws=20, seed=0)) == []


def test_kaplan_meier_by_hand():
    rows = pd.DataFrame({"cohort": 2016, "years": [1, 1, 1, 1, 2, 2, 2], "returned": [1, 0, 0, 0, 0, 1, 0]})
    got = cohort_survival(rows).query("cohort == 'all'")
    assert got["hazard"].tolist() == pytest.approx([1 / 4, 1 / 3])
    assert got["survival"].tolist() == pytest.approx([3 / 4, 3 / 4 * 2 / 3])
    green = 1 / (4 * 3) + 1 / (3 * 2)
    spread = 1.959964 * np.sqrt(green) / abs(np.log(0.5))
    assert got["low"].iloc[1] == pytest.approx(0.5 ** np.exp(spread), rel=1e-5)


def test_no_return_yet_has_no_interval():
    rows = pd.DataFrame({"cohort": 2016, "years": [1, 1], "returned": [0, 0]})
    got = cohort_survival(rows).iloc[0]
    assert got["survival"] == 1
    assert np.isnan(got["low"])


def test_the_hazard_finds_a_cohort_that_returns_twice_as_often():
    rng = np.random.default_rng(0)
    cohort, years = rng.integers(2016, 2018, 20_000), rng.integers(1, 4, 20_000)
    p = 1 - np.exp(-np.exp(-3.5 + np.log(2) * (cohort == 2017)))
    rows = pd.DataFrame(
        {
            "cohort": cohort, "years": years, "returned": rng.random(20_000) < p,
            "village_code": rng.integers(0, 500, 20_000),
        }
    ).astype({"returned": int})  # fmt: skip
    got = hazard_by_cohort(rows)
    line = got[got["term"].str.startswith("cohort")].iloc[0]
    wanted = 2.0 if line["term"] == "cohort=2017" else 0.5
    assert line["low"] < wanted < line["high"]


def test_vulnerability_is_the_normal_probability_of_its_own_equation():
    rng = np.random.default_rng(0)
    n = 20_000
    x = rng.normal(size=n)
    sd = 0.2 + 0.2 * (x > 0)
    income = np.exp(0.5 + 0.4 * x + sd * rng.normal(size=n))
    got = vulnerability(
        pd.DataFrame({"x": x, "up": (x > 0).astype(int), "income": income, "line": 1.0}), welfare="income", line="line"
    )
    from scipy.stats import norm

    np.testing.assert_allclose(got.value, norm.cdf(-(0.5 + 0.4 * x) / sd), atol=0.06)
    table = got.by({"up": x > 0})
    assert table.set_index("group").loc["up", "mean"] < table.set_index("group").loc["all", "mean"]


@pytest.fixture(scope="module")
def stressed(kit):
    """A model that knows shares of income, support and persons."""
    X, y, _, village = kit.make(2500, 14)
    rng = np.random.default_rng(0)
    X = X.rename(columns={"support_yuan": "support_received_yuan"}).assign(
        persons=rng.integers(1, 6, 2500),
        wage_share=rng.random(2500),
        shock=rng.choice(["none", "illness", "job_loss", "price"], 2500),
    )
    X["business_share"] = (1 - X["wage_share"]) * rng.random(2500)
    X["transfer_share"] = 1 - X["wage_share"] - X["business_share"]
    return kit.fit(ReturnRiskClassifier(WELFARE, LINE), X, y, groups=village), X


def test_losing_income_never_lowers_predicted_returns(stressed):
    model, X = stressed
    table = stress(model, X, X["county_code"], which=("support_withdrawn", "price_fall"), draws=30)
    neutral = table[(table["scenario"] == "support_withdrawn") & (table["reading"] == "neutral")]
    assert (neutral["increase"] >= 0).all()
    assert (neutral["increase_low"] <= neutral["increase"]).all()
    assert set(neutral["area"]) == {"441402", "441403", "441421", "all"}
    parts = neutral[neutral["area"] != "all"]["returns_then"].sum()
    assert parts == pytest.approx(neutral.set_index("area").loc["all", "returns_then"])
    assert table["assumption_zh"].str.len().min() > 10


def test_returns_now_are_the_sum_of_probabilities_after_the_last_update(stressed):
    model, X = stressed
    moved = copy.deepcopy(model).recalibrate(rate=0.3, as_of="2021-12-31")
    table = stress(moved, X, X["county_code"], which=("price_fall",), draws=10)
    assert table.set_index("area").loc["all", "returns_now"] == pytest.approx(moved.predict_proba(X)[:, 1].sum())


def test_the_learned_reading_of_support_stands_beside_the_neutral_one(stressed):
    model, X = stressed
    table = stress(model, X, X["county_code"], which=("support_withdrawn",), draws=10)
    assert set(table["reading"]) == {"neutral", "learned"}


def test_a_scenario_changes_only_whom_it_concerns(stressed):
    _, X = stressed
    after = apply(scenarios()["job_loss"], X, welfare=WELFARE)
    hit = (X["wage_share"] > 0.5).to_numpy()
    pd.testing.assert_frame_equal(after[~hit], X[~hit])
    assert after.loc[hit, WELFARE].to_numpy() == pytest.approx(
        (X[WELFARE] * (1 - 0.5 * X["wage_share"]))[hit].to_numpy()
    )
    assert (after.loc[hit, "shock"] == "job_loss").all()


def test_a_scenario_without_its_columns_says_which(stressed):
    model, X = stressed
    with pytest.raises(RiskInputError, match="business_share"):
        apply(scenarios()["price_fall"], X.drop(columns="business_share"), welfare=WELFARE)
    with pytest.raises(RiskInputError, match="did you mean price_fall"):
        stress(model, X, X["county_code"], which=("pricefall",))


def test_a_scenario_without_its_assumption_in_words_is_refused():
    with pytest.raises(RuleBookError, match="assumption"):
        read_scenario("x", {"zh": "甲", "en": "a"})
    with pytest.raises(RuleBookError, match="unknown key"):
        read_scenario("x", {"zh": "甲", "en": "a", "assumption_zh": "b", "assumption_en": "c", "losst": {}})


def test_monitored_classes_and_unknown_income():
    rows = pd.DataFrame(
        {
            "registry_status": ["poor", "exited", "exited", "exited", "never", "never", "removed", "exited"],
            "disposable_income_per_capita_yuan": [20_000, 12_000, 20_000, 20_000, 12_000, np.nan, 100, np.nan],
            "shock": ["none", "none", "illness", None, "none", "none", "none", "none"],
        }
    )  # fmt: skip
    got = monitored_classes(rows, 9000.0, 1.5).tolist()
    assert got == ["not_yet_exited", "unstable_exited", "unstable_exited", None, "marginal_at_risk", None, None, None]
