"""The registry hangs together: people, money, exits, returns, and an account that closes but for what was planted."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest

from evaltools.synthetic.config import calibration

SOURCES = ["wage_income_yuan", "business_income_yuan", "property_income_yuan", "transfer_income_yuan"]


def test_end_of_2020_has_the_published_persons_and_households_times_the_scale(registry):
    now = registry[(registry["year"] == 2020) & registry["registry_status"].isin(["poor", "exited"])]
    assert now["persons"].sum() == round(1_615_000 * 0.02)
    assert len(now) == round(650_000 * 0.02)


def test_the_2016_identification_has_the_published_persons_and_households_times_the_scale(registry):
    first = registry[(registry["year"] == 2016) & (registry["change_in"] == "registered")]
    assert len(first) == pytest.approx(708_000 * 0.02, abs=15)
    assert first["persons_start"].sum() == pytest.approx(1_765_000 * 0.02, rel=0.002)


def test_exits_follow_the_plan_and_nearly_all_have_exited_by_2020(registry):
    ever = registry[registry["registry_status"] != "removed"].copy()
    ever["out"] = ever["exit_year"].notna()
    kept = ever[ever["household_id"].isin(ever.loc[ever["year"] == 2020, "household_id"])]
    share = kept.groupby("year").apply(lambda d: d.loc[d["out"], "persons"].sum() / d["persons"].sum())
    assert share[2016] == pytest.approx(50 / 176.5, abs=0.02)
    assert share[2017] == pytest.approx(110 / 176.5, abs=0.02)
    assert 0.85 < share[2018] < 0.97
    assert share[2019] == pytest.approx(160 / 161.5, abs=0.004)
    assert share[2020] > 0.998


def test_income_is_the_sum_of_its_sources_per_head(households):
    total = households[SOURCES].sum(axis=1) - households["transfer_paid_yuan"]
    assert np.allclose(total / households["persons"], households["disposable_income_per_capita_yuan"], atol=0.006)
    assert (households[SOURCES] >= 0).all(axis=None)


def test_household_composition_is_that_of_its_persons(registry, committed):
    people = committed["persons"]
    age = people["year"] - people["birth_year"]
    people = people.assign(
        children=age < 16, elderly=age >= 60, labourers=people["labour_capacity"].isin(["full", "partial"])
    )
    counted = people.groupby(["household_id", "year"]).agg(
        persons=("person_id", "nunique"),
        children=("children", "sum"),
        elderly=("elderly", "sum"),
        labourers=("labourers", "sum"),
        ill_members=("has_chronic_illness", "sum"),
        disabled_members=("is_disabled", "sum"),
    )
    listed = registry.set_index(["household_id", "year"]).sort_index()
    counted = counted.sort_index()
    assert counted.index.equals(listed.index)
    for column in counted:
        assert (counted[column].astype(int) == listed[column].astype(int)).all(), column


def test_every_household_has_exactly_one_head(committed):
    people = committed["persons"]
    heads = people[people["relation"] == "head"].groupby(["household_id", "year"]).size()
    assert (heads == 1).all()
    assert len(heads) == len(people[["household_id", "year"]].drop_duplicates())


def test_persons_age_one_year_a_year_and_nobody_returns_from_the_dead(committed):
    people = committed["persons"]
    assert people.groupby("person_id")["birth_year"].nunique().max() == 1
    years = people.groupby("person_id")["year"].agg(["min", "max", "size"])
    assert (years["max"] - years["min"] + 1 == years["size"]).all()


def test_villages_count_the_households_of_the_registry(registry, committed):
    villages = committed["villages"].set_index(["village_code", "year"]).sort_index()
    now = registry[registry["registry_status"].isin(["poor", "exited"])]
    counted = (
        now.groupby(["village_code", "year"])["persons"].agg(["size", "sum"]).reindex(villages.index, fill_value=0)
    )
    assert (counted["size"] == villages["registered_households"]).all()
    assert (counted["sum"] == villages["registered_persons"]).all()
    poor = villages[villages["is_poor_village"]].xs(2016, level="year")
    assert (poor["registered_persons"] / poor["hukou_persons"] >= 0.05).all()


def test_the_account_closes_by_county_and_year_but_for_what_was_planted(registry, committed):
    found = residuals(registry)
    planted = json.loads((committed.truth / "planted.json").read_text(encoding="utf-8"))["planted"]
    expected = {
        (p["county_code"], p["year"]): (p["residual_households"], p["residual_persons"])
        for p in planted
        if p["kind"].startswith("stock_flow.")
    }
    assert len(expected) >= 4
    assert found == expected


def residuals(rows: pd.DataFrame) -> dict[tuple[str, int], tuple[int, int]]:
    """County and year -> (households, persons) that the recorded flows do not explain. Written from the definition."""
    rows = rows.copy()
    rows["poor"] = rows["registry_status"] == "poor"
    before = rows[rows["poor"]].assign(year=lambda d: d["year"] + 1).set_index(["household_id", "year"])["persons"]
    keys = pd.MultiIndex.from_frame(rows[["household_id", "year"]])
    rows["opening"] = before.reindex(keys).to_numpy()
    was, comes, goes = rows["opening"].notna(), rows["change_in"] != "none", rows["change_out"] != "none"
    touched = was | comes
    rows["h"] = rows["poor"].astype(int) - (was.astype(int) + comes - goes)
    flow = np.where(comes, rows["persons_start"], 0) + np.where(
        touched, rows["persons_joined"] - rows["persons_left"], 0
    )
    rows["p"] = np.where(rows["poor"], rows["persons"], 0) - (
        rows["opening"].fillna(0) + flow - np.where(goes, rows["persons"], 0)
    )
    sums = rows.groupby(["county_code", "year"])[["h", "p"]].sum().astype(int)
    broken = sums[(sums != 0).any(axis=1)]
    return {(str(c), int(y)): (int(r.h), int(r.p)) for (c, y), r in broken.iterrows()}


def test_households_vanish_only_with_a_recorded_reason(registry):
    last = registry.groupby("household_id").tail(1)
    gone = last[last["year"] < 2020]
    assert set(gone["change_out"]) == {"removed", "died_out", "moved_out"}
    span = registry.groupby("household_id")["year"].agg(["min", "max", "size"])
    assert (span["max"] - span["min"] + 1 == span["size"]).all()


def test_one_to_five_in_a_hundred_exited_households_return_each_year(registry):
    before = registry[["household_id", "year", "registry_status"]].assign(year=lambda d: d["year"] + 1)
    both = registry.merge(before, on=["household_id", "year"], suffixes=("", "_before"))
    rate = (
        both[both["registry_status_before"] == "exited"]
        .groupby("year")["change_in"]
        .agg(lambda s: (s == "returned").mean())
    )
    assert list(rate.index) == [2017, 2018, 2019, 2020]
    assert rate.between(0.01, 0.05).all()


def test_a_returned_household_was_exited_and_its_year_is_written_down(registry):
    returned = registry[registry["change_in"] == "returned"]
    assert (returned["returned_year"] == returned["year"]).all()
    still = returned[returned["registry_status"] == "poor"]
    line = still["year"].map({y: 0.45 * v for y, v in calibration()["lines"]["provincial_rural_disposable"].items()})
    assert (still["disposable_income_per_capita_yuan"] < line).all()


def test_dates_of_the_registry_are_in_order(registry):
    assert (registry["registered_year"] <= registry["year"]).all()
    exited = registry[registry["registry_status"] == "exited"]
    assert exited["exit_year"].notna().all()
    assert (exited["exit_year"] <= exited["year"]).all()


def test_collective_income_of_poor_villages_has_the_published_means(committed):
    now = committed["villages"].query("year == 2020 and is_poor_village")
    by_city = now.groupby("city_code")["collective_income_yuan"].mean()
    goals = calibration()["published"]
    assert by_city["441500"] == pytest.approx(goals["collective_income_mean_2020_shanwei"], rel=1e-4)
    others = by_city.drop("441500")
    assert np.allclose(others, goals["collective_income_mean_2020"], rtol=1e-4)


def test_village_exits_follow_2140_of_2277_and_all_by_2020(committed):
    poor = committed["villages"].query("is_poor_village")
    lines = {y: 0.60 * v for y, v in calibration()["lines"]["provincial_rural_disposable"].items()}
    share = (poor["disposable_income_per_capita_yuan"] >= poor["year"].map(lines)).groupby(poor["year"]).mean()
    assert share[2019] == pytest.approx(2140 / 2277, abs=0.02)
    assert share[2020] == 1.0
    assert share.is_monotonic_increasing
