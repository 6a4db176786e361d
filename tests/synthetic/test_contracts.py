"""The demo is read without a complaint, and the money in it follows its rules but for what was planted."""

from __future__ import annotations

import json

import pandas as pd
import pytest

from evaltools.intake import open_tables


@pytest.mark.parametrize("code", ["440700", "445100"])
def test_the_demo_passes_its_contracts_without_a_violation(committed, code):
    tables = open_tables(committed.data, city=code)
    for path in sorted(committed.data.glob("*.parquet")):
        tables[path.stem]
    assert tables.is_synthetic
    counts = tables.quality.counts
    counts = counts() if callable(counts) else counts
    assert counts["errors"] == 0, tables.quality.to_frame()
    assert counts["warnings"] == 0, tables.quality.to_frame()


def test_guidance_funds_are_half_a_million_a_village_in_2019_and_2020(committed):
    flows = committed["fund_flows"].query("fund == 'guidance'")
    assert set(flows["year"]) == {2019, 2020}
    assert (flows["amount_yuan"] == 500_000).all()
    assert set(flows["city_code"]) == {"441400", "441800"}
    assert (flows["payer_city_code"] == "440100").all()
    helped = committed["villages"].query("year == 2020 and helper_city_code == '440100'")["village_code"]
    for year in (2019, 2020):
        assert sorted(flows.loc[flows["year"] == year, "village_code"]) == sorted(helped)


def test_late_and_unpaid_guidance_funds_are_exactly_those_planted(committed):
    flows = committed["fund_flows"].query("fund == 'guidance'")
    limit = pd.to_datetime(flows["year"].astype(str) + "-04-30")
    assert (pd.to_datetime(flows["due_date"]) == limit).all()
    late = flows[pd.to_datetime(flows["paid_date"]) > limit]
    planted = json.loads((committed.truth / "planted.json").read_text(encoding="utf-8"))["planted"]
    said = {(p["village_code"], p["year"]) for p in planted if p["kind"] == "fund_flows.guidance_late"}
    assert set(zip(late["village_code"], late["year"], strict=True)) == said
    assert len(said) >= 2
    unpaid = flows[flows["paid_date"].isna()]
    said = {(p["village_code"], p["year"]) for p in planted if p["kind"] == "fund_flows.guidance_unpaid"}
    assert set(zip(unpaid["village_code"], unpaid["year"], strict=True)) == said


SELF_HELP = ["440500", "441300", "440700"]


def persons_due(committed) -> pd.DataFrame:
    """(counties, years) registered persons but for those of dibao households without labour capacity, by clause 13."""
    h = committed["households"].query("registry_status in ['poor', 'exited']")
    h = h[~h["change_out"].isin(["died_out", "moved_out"])]
    paid_otherwise = (h["labour_capacity"] == "none") & h["is_dibao"].fillna(False).astype(bool)
    return h[~paid_otherwise].groupby(["county_code", "year"])["persons"].sum().unstack()


def test_the_per_capita_input_stands_6_3_1_of_those_eligible_but_for_the_planted_shortfalls(committed):
    flows = committed["fund_flows"].query("fund == 'per_capita_input' and city_code not in @SELF_HELP")
    by_payer = flows.groupby(["county_code", "payer"])["amount_yuan"].sum().unstack()
    city = flows.groupby("county_code")["city_code"].first()
    assert city.nunique() == 12
    due = persons_due(committed)
    most = due[[2018, 2019, 2020]].max(axis=1)
    planted = json.loads((committed.truth / "planted.json").read_text(encoding="utf-8"))["planted"]
    short = {(p["city_code"], p["payer"]): p["arrived_share"] for p in planted if p["kind"] == "fund_flows.per_capita_short"}
    assert short
    for payer, share in (("province", 0.6), ("helping_city", 0.3), ("local_city", 0.1)):
        for county, code in city.items():
            arrived, part = by_payer.loc[county, payer], short.get((code, payer))
            expected = 20_000 * share * (most[county] if part is None else due.loc[county, 2020] * part)
            assert arrived == pytest.approx(expected, abs=1), (county, payer)


def test_self_help_cities_have_money_and_no_split(committed):
    flows = committed["fund_flows"]
    own = flows[flows["city_code"].isin(SELF_HELP)]
    assert set(own["fund"]) == {"per_capita_input"}
    assert set(own["city_code"]) == set(SELF_HELP)
    arrived = own.groupby("county_code")["amount_yuan"].sum()
    assert (arrived >= 20_000 * persons_due(committed).loc[arrived.index, 2020]).all()
    assert own["payer"].isin(["local_city", "province"]).all()


def test_generated_places_are_named_as_generated(committed):
    regions = committed["regions"]
    assert regions.loc[regions["level"] == "town", "name"].str.startswith("示范").all()
    assert committed["villages"]["name"].str.contains("示范").all()
    assert (regions["level"] == "city").sum() == 21
    tasks = [f"44{c}" for c in ["02", "05", "08", "09", "12", "13", "14", "15", "16", "17", "18", "51", "52", "53"]]
    counties = regions[(regions["level"] == "county") & regions["city_code"].str[:4].isin(tasks)]
    towns = regions[(regions["level"] == "town") & regions["city_code"].str[:4].isin(tasks)]
    assert (len(counties), len(towns)) == (97, 1112)
