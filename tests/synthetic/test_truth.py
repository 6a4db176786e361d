"""The truth is apart, agrees with itself, and cannot be read off the tables of the pipeline."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest

from evaltools.synthetic.config import calibration, line, truth_rates
from evaltools.synthetic.hazard import SHOCKS, return_probability
from evaltools.synthetic.registry import clustered_flags


def test_no_table_of_the_pipeline_holds_a_column_of_the_truth(committed):
    secret = {"return_probability", "returned_next_year", "is_omitted", "is_wrongly_included", "wrong_exit_kind"}
    for path in committed.data.glob("*.parquet"):
        names = set(pd.read_parquet(path).columns)
        assert not names & secret, path.name
        assert not [n for n in names if "true" in n or "truth" in n], path.name


def test_rates_on_the_frame_are_those_set_in_the_file(committed):
    rates, frame = truth_rates()["cities"], committed["city_rates"].query("year == 2020").set_index("city_code")
    for code, goal in rates.items():
        row = frame.loc[code]
        assert row["omitted_households"] == round(goal["omission"] * row["non_registered_households"])
        assert row["wrongly_exited_households"] == pytest.approx(
            goal["wrongful_exit"] * row["registered_households"], abs=4
        )
        assert row["wrong_inclusion_rate"] == pytest.approx(goal["wrong_inclusion"], abs=0.012)
        assert row["public_approval_rate"] == pytest.approx(goal["approval"], abs=0.03)


def test_composite_incidence_is_its_parts_over_the_hukou_population(committed):
    t = committed["city_rates"]
    poor = t["registered_persons"] - t["exited_persons"]
    parts = poor + t["omitted_persons"] + t["wrongly_exited_persons"]
    assert np.allclose(t["composite_incidence"], parts / t["hukou_persons"])
    assert (t["hukou_persons"] == t["registered_persons"] + t["non_registered_persons"]).all()


def test_city_truth_counts_the_households_of_the_registry(committed, registry):
    now = registry[registry["registry_status"].isin(["poor", "exited"])]
    counted = now.groupby(["city_code", "year"])["persons"].sum()
    stated = committed["city_rates"].set_index(["city_code", "year"])["registered_persons"]
    assert (counted == stated.reindex(counted.index)).all()
    villages = committed["villages"].groupby(["city_code", "year"])["hukou_persons"].sum()
    stated = committed["city_rates"].set_index(["city_code", "year"])["hukou_persons"]
    assert (villages - stated.reindex(villages.index)).abs().max() <= 60  # rounding village by village


def test_wrong_exits_have_a_reason_that_holds(committed, registry):
    wrong = committed["households_truth"].query("is_wrongly_exited_2020")
    now = registry[registry["year"] == 2020].set_index("household_id").loc[wrong["household_id"]]
    assert (now["registry_status"] == "exited").all()
    assert (wrong["wrong_exit_kind"] != "none").all()
    by_income = wrong.set_index("household_id").query("wrong_exit_kind == 'income'")
    route = now.loc[by_income.index]
    full = route["labour_capacity"] == "full"
    assert (by_income.loc[full[full].index, "true_income_per_capita_yuan_2020"] < line(2020)).all()
    shown = route.loc[full, "disposable_income_per_capita_yuan"]
    assert (shown >= line(2020)).all(), "the registry hides what the survey finds"


def test_some_households_pass_the_planned_line_and_fail_the_actual_one(committed):
    sensitive = committed["households_truth"].query("is_wrongly_exited_2020 and not is_wrongly_exited_planned_2020")
    assert len(sensitive) > 0
    income = sensitive["true_income_per_capita_yuan_2020"]
    assert income.between(calibration()["lines"]["planned_household"][2020], line(2020)).all()


def test_omitted_neighbours_are_under_the_line_of_2014_prices(committed):
    omitted = committed["households_truth"].query("is_omitted")
    lines = calibration()["lines"]
    for year in (2018, 2020):
        limit = lines["identification_income"] * lines["price_index"][year]
        assert (omitted[f"true_income_per_capita_yuan_{year}"] < limit).all()


def test_true_probabilities_of_return_are_calibrated(committed):
    p = committed["return_probability"].query("year < 2020")
    p = p.assign(y=p["returned_next_year"].astype(bool))
    assert p["return_probability"].between(0, 1).all()
    bins = pd.qcut(p["return_probability"], 10)
    by_bin = p.groupby(bins, observed=True).agg(p=("return_probability", "mean"), y=("y", "mean"), n=("y", "size"))
    z = (by_bin["y"] - by_bin["p"]) / np.sqrt(by_bin["p"] * (1 - by_bin["p"]) / by_bin["n"])
    assert z.abs().max() < 3.5, by_bin
    assert abs(z.mean()) < 0.8


def test_true_probabilities_separate_who_returns(committed):
    p = committed["return_probability"].query("year < 2020")
    rank = p["return_probability"].rank()
    y = p["returned_next_year"].astype(bool)
    auc = (rank[y].sum() - y.sum() * (y.sum() + 1) / 2) / (y.sum() * (~y).sum())
    assert auc > 0.72


def test_returns_of_the_truth_are_those_of_the_registry(committed, registry):
    p = committed["return_probability"].query("year < 2020")
    said = set(
        map(
            tuple,
            p.loc[p["returned_next_year"].astype(bool), ["household_id", "year"]]
            .assign(year=lambda d: d["year"] + 1)
            .to_numpy(),
        )
    )
    seen = set(map(tuple, registry.loc[registry["change_in"] == "returned", ["household_id", "year"]].to_numpy()))
    assert said == seen


def test_the_last_year_has_probabilities_and_no_outcome(committed):
    last = committed["return_probability"].query("year == 2020")
    assert last["return_probability"].notna().all()
    assert last["returned_next_year"].isna().all()


def test_the_mixture_over_shocks_is_the_probability_of_its_parts():
    model = {"shock_effect": dict(zip(SHOCKS, [0.0, 1.0, 2.0, 0.5, 0.2], strict=True))}
    eta, p = np.array([-3.0, 0.0]), np.array([[0.9, 0.05, 0.03, 0.01, 0.01], [1.0, 0, 0, 0, 0]])
    by_hand = sum(w / (1 + np.exp(3.0 - d)) for w, d in zip(p[0], [0, 1, 2, 0.5, 0.2], strict=True))
    assert np.allclose(return_probability(eta, p, model), [by_hand, 0.5])


def test_clustered_flags_meet_the_rate_exactly_and_cluster_as_stated():
    rng = np.random.default_rng(4)
    village = np.repeat(np.arange(600), 40)
    icc, rate = 0.04, 0.10
    found = []
    for _ in range(12):
        y = clustered_flags(rng, village, np.ones(len(village), bool), rate, icc, 600)
        assert y.sum() == round(rate * len(village))
        means = y.reshape(600, 40).mean(axis=1)
        between, within = 40 * means.var(ddof=1), (means * (1 - means)).sum() * 40 / (600 * 39)
        found.append((between - within) / (between + 39 * within))
    assert np.mean(found) == pytest.approx(icc, abs=0.012)


def test_only_eligible_households_are_flagged():
    rng = np.random.default_rng(5)
    village = np.repeat(np.arange(50), 10)
    eligible = rng.random(500) < 0.5
    y = clustered_flags(rng, village, eligible, 0.2, 0.04, 50)
    assert not y[~eligible].any()
    assert y.sum() == round(0.2 * eligible.sum())


def test_planted_defects_are_listed_with_what_was_done(committed):
    planted = json.loads((committed.truth / "planted.json").read_text(encoding="utf-8"))["planted"]
    kinds = {p["kind"] for p in planted}
    assert {"stock_flow.exit_not_recorded", "stock_flow.arrival_not_recorded", "fund_flows.guidance_late"} <= kinds
    assert all(p["city_code"].startswith("44") for p in planted)
