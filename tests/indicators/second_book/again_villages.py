"""Villages, natural villages and towns, worked out again from the clauses."""

import pandas as pd
from arithmetic import NOW, YEAR, count, day, div, gather, mean, median, ratio, share, there, total, until, within, year_of

LINE, PLANNED = 12086.04, 11599.0
"""60 % of 20,143.4 yuan; the figure of 穗办〔2018〕31号."""


def _captains_and_secretaries(p: pd.DataFrame, *posts: str) -> pd.Series:
    in_post = (p.from_date <= NOW) & (~there(p.to_date) | (p.to_date >= NOW).fillna(False))
    return (p.team_level == "village") & within(p.post, *posts) & in_post


def values(t) -> dict[str, float]:
    return _villages(t) | _natural(t) | _towns(t)


def _villages(t) -> dict[str, float]:
    every, v = t.villages, t.now("villages")
    one = pd.Series(True, v.index, dtype="boolean")
    code, county = {"village_code": "village_code"}, {"county_code": "county_code"}
    year = {"year": "year"}
    income, poor = v.disposable_income_per_capita_yuan, v.is_poor_village

    def arrived(p: pd.DataFrame) -> pd.Series:
        return (p.fund == "guidance") & there(p.paid_date) & (p.paid_date <= NOW).fillna(False)

    def in_time(p: pd.DataFrame) -> pd.Series:
        paid = year_of(p.paid_date)
        return arrived(p) & ((paid < p.year) | ((paid == p.year) & until(p.paid_date, 4, 30)))

    def money(where) -> pd.Series:
        return gather(v, t.fund_flows, code | year, "sum", "amount_yuan", where)

    def team_then(p: pd.DataFrame) -> pd.Series:
        stays = ~there(p.to_date) | (p.to_date >= p.our_exit_date)
        return (p.team_level == "village") & (p.from_date <= p.our_exit_date) & stays

    median_now = gather(v, every, county | year, "median", "disposable_income_per_capita_yuan")
    then = every[every.year == 2016]
    first = gather(v, then, code, "first", "disposable_income_per_capita_yuan")
    median_then = gather(v, then, county, "median", "disposable_income_per_capita_yuan")
    before = gather(v, every, code, "first", "disposable_income_per_capita_yuan", lag=1)
    saved = gather(v, every, code, "first", "collective_income_yuan", lag=1)
    index = gather(v, t.price_index, year, "first", "index")
    leaders = gather(v, t.visits, code | year, "count", where=lambda p: (p.kind == "leader_visit") & p.is_principal)
    captains = gather(v, t.teams, code, "count", where=lambda p: _captains_and_secretaries(p, "captain", "captain_and_secretary"))
    secretaries = gather(
        v, t.teams, code, "count", where=lambda p: _captains_and_secretaries(p, "first_secretary", "captain_and_secretary")
    )
    at_exit = gather(v, t.teams, code, "count", beside=team_then)
    projects = gather(
        v, t.projects, code | year, "count", where=lambda p: within(p.field, "industry", "asset_income") & (p.status == "running")
    )
    units = gather(v, t.pairings, code, "count", where=lambda p: (p.kind == "targeted") & (p.from_date <= NOW)
                   & (~there(p.to_date) | (p.to_date >= NOW).fillna(False)))  # fmt: skip
    listed = gather(v, t.households, code | year, "count", where=lambda p: p.registry_status != "never")
    checked = gather(v, t.events, code, "count", where=lambda p: (p.subject == "village") & (p.event == "spot_checked")
                     & (p.date <= NOW))  # fmt: skip
    exited = there(v.exit_date) & (v.exit_date <= NOW).fillna(False)
    part = v.registered_persons / v.hukou_persons
    delta = poor & (v.helper_type == "pearl_delta_city")
    saving, weak = v.collective_income_yuan, v.is_weak_party_organisation
    yes = {
        "service_station_share": v.has_service_station, "parcel_share": v.has_parcel, "fibre_share": v.has_fibre,
        "power_share": v.has_reliable_power, "clinic_share": v.has_clinic, "culture_share": v.has_culture_room,
        "finance_station_share": v.has_finance_station, "plan_share": v.has_village_plan, "waste_share": v.has_waste_collection,
        "sewage_share": v.has_sewage_treatment, "tidy_share": v.is_tidy_village, "lead_industry_share": v.has_lead_industry,
        "assistance_plan_share": v.has_assistance_plan, "helper_named_share": there(v.helper_type),
        "exited_share": exited, "poor_share_met_share": part >= 0.05, "income_met_share": income >= LINE,
        "income_met_share_planned": income >= PLANNED, "front_rank_share": income > median_now,
        "collective_under_50k_share": saving < 50000, "collective_under_100k_share": saving < 100000,
        "identified_ok_share": (income / index < 8000) & (part >= 0.05), "industry_base_share": projects >= 1,
        "unit_in_charge_share": units >= 1, "leader_visits_share": leaders >= 2,
        "team_and_secretary_share": v.has_team & v.has_first_secretary,
        "team_on_register_share": (captains >= 1) & (secretaries >= 1),
        "secretary_agreement_share": v.has_first_secretary == (secretaries >= 1),
    }  # fmt: skip
    out = {f"villages.{k}": share(poor, x) for k, x in yes.items()}
    for k in ("provincial_unit", "pearl_delta_city", "own_city", "local_unit"):
        out[f"villages.by_{k}"] = count(poor & (v.helper_type == k))
    return out | {
        "villages.registered_share": ratio(one, v.registered_persons, v.hukou_persons),
        "villages.on_register_share": share(v.registered_households > 0, listed >= 1),
        "villages.poor_villages": count(poor),
        "villages.exited": count(poor, exited),
        "villages.exited_in_time_share": share(poor & exited, v.exit_date <= day("2020-06-30")),
        "villages.income_to_line": mean(poor, income / LINE),
        "villages.income_median": median(poor, income),
        "villages.income_growth": mean(poor, div(income - before, before)),
        "villages.moved_to_front_share": share(poor & (first <= median_then), income > median_now),
        "villages.collective_income_mean": mean(poor, saving),
        "villages.collective_income_median": median(poor, saving),
        "villages.collective_income_total": total(poor, saving),
        "villages.collective_recurrent_share": ratio(poor, v.collective_asset_income_yuan, saving),
        "villages.collective_transfer_share": ratio(poor, v.collective_transfer_income_yuan, saving),
        "villages.collective_income_growth": ratio(poor, saving - saved, saved),
        "villages.checked_share": share(poor & exited, checked >= 1),
        "villages.publicity_share": share(v.registered_households > 0, v.publicity_lists_posted),
        "villages.road_200_share": ratio(poor, v.nv_ge200_persons_paved, v.nv_ge200_persons),
        "villages.road_20_share": ratio(delta, v.nv_ge20_households_paved, v.nv_ge20_households),
        "villages.bus_share": share(v.is_passable, v.has_bus),
        "villages.not_passable": count(one, ~v.is_passable),
        "villages.water_share": ratio(one, v.centralized_water_share * v.hukou_households, v.hukou_households),
        "villages.toilet_share": ratio(one, v.sanitary_toilet_share * v.hukou_households, v.hukou_households),
        "villages.one_stop_share": share(v.has_clinic, v.has_one_stop_settlement),
        "villages.one_stop_clinics": count(v.has_clinic, v.has_one_stop_settlement),
        "villages.guidance_full_share": share(delta, money(arrived) >= 500000),
        "villages.guidance_on_time_share": share(delta, money(in_time) >= 500000),
        "villages.guidance_mean": mean(delta, money(arrived)),
        "villages.leader_visits_mean": mean(poor, leaders),
        "villages.exited_team_kept_share": share(poor & exited, captains >= 1),
        "villages.released_before_exit": count(poor & exited, at_exit == 0),
        "villages.team_at_exit_share": share(poor & exited, at_exit >= 1),
        "villages.weak_party": count(weak),
        "villages.weak_rectified_share": share(weak, v.is_party_organisation_rectified),
        "villages.weak_first_secretary_share": share(weak, v.has_first_secretary),
    }  # fmt: skip


def _natural(t) -> dict[str, float]:
    n = t.now("natural_villages")
    one = pd.Series(True, n.index, dtype="boolean")
    keys = {"village_code": "village_code", "year": "year"}
    villages = t.villages.assign(helped=t.villages.is_poor_village & (t.villages.helper_type == "pearl_delta_city"))
    poor = gather(n, villages, keys, "any", "is_poor_village")
    helped = gather(n, villages, keys, "any", "helped")
    big = n.households >= 20
    return {
        "natural.road_200_share": share(poor & (n.persons >= 200), n.is_paved),
        "natural.road_20_share": share(helped & big, n.is_paved),
        "natural.unpaved": count(poor, ~n.is_paved),
        "natural.water_share": share(one, n.has_centralized_water),
        "natural.tap_water_share": share(poor, n.has_tap_water),
        "natural.water_quality_share": share(one, n.is_water_quality_ok),
        "natural.fibre_share": share(big, n.has_fibre),
        "natural.fourg_share": share(big, n.has_4g),
        "natural.waste_share": share(one, n.has_cleaner & n.has_waste_collection),
        "natural.sewage_share": share(one, n.has_sewage_treatment),
        "natural.tidy_share": share(helped, n.is_tidy),
        "natural.toilet_share": share(one, n.has_harmless_toilets),
    }


def _towns(t) -> dict[str, float]:
    r = t.regions
    by = {"town_code": "region_code"}
    poor = gather(r, t.villages, by, "count", where=lambda p: p.is_poor_village & (p.year == YEAR))
    industry = gather(
        r, t.projects, by, "count", where=lambda p: (p.field == "industry") & (p.year == YEAR) & (p.status == "running")
    )
    pairs = gather(r, t.pairings, by, "count", where=lambda p: (p.kind == "counterpart") & (p.level == "town")
                   & (p.from_date <= NOW) & (~there(p.to_date) | (p.to_date >= NOW).fillna(False)))  # fmt: skip
    asked = (r.level == "town") & (poor > 0)
    return {
        "regions.town_industry_share": share(asked, industry >= 1),
        "regions.town_pair_share": share(asked, pairs >= 1),
    }
