"""Every planted defect is found by a check written from the rule, and nothing else is."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest

from evaltools.synthetic.ledgers.context import planted_kinds

DAY = pd.Timedelta(days=1)
Demo = Any
"""What the fixture `data` gives: tables by name, `planted`, `keys`."""
Check = tuple[tuple[str, ...], Callable[[Any], set[tuple]]]
"""The columns that name a record, and the function that finds the records."""


def of(frame: pd.DataFrame, *columns: str) -> set[tuple]:
    return set(map(tuple, frame[list(columns)].drop_duplicates().to_numpy().tolist()))


def yes(column: pd.Series) -> pd.Series:
    return column.astype("boolean").fillna(False).astype(bool)


def no(column: pd.Series) -> pd.Series:
    """Known to be false."""
    return ~column.astype("boolean").fillna(True).astype(bool)


# One check per kind of defect, written from the clause. Each returns the keys of the records that break it.
def loan_borrowers(d: Demo) -> pd.DataFrame:
    status = d["households"].groupby("household_id")["registry_status"].first()
    return d["loans"].assign(status=d["loans"]["household_id"].map(status))


def team_posts(d: Demo) -> pd.DataFrame:
    rows = d["teams"].query("team_level == 'village'")
    return rows.assign(end=rows["to_date"].fillna(pd.Timestamp("2020-12-31")), helper=rows["helper_type"])


def village_gaps(d: Demo) -> set[tuple]:
    """Villages where nobody led the team for more than a day between two postings."""
    found = set()
    for village, rows in team_posts(d).query("post in ['captain', 'captain_and_secretary']").groupby("village_code"):
        rows = rows.sort_values("from_date")
        if ((rows["from_date"].iloc[1:].to_numpy() - rows["end"].iloc[:-1].to_numpy()) > np.timedelta64(1, "D")).any():
            found.add((village,))
    return found


def short_terms(d: Demo) -> set[tuple]:
    """Leaders who left the village before 36 months (whoever changes the post stays); withdrawn teams are another kind."""
    rows = team_posts(d)
    people = rows.groupby(["cadre_id", "village_code"], as_index=False).agg(
        start=("from_date", "min"), end=("to_date", lambda s: s.max(skipna=False)), leads=("post", lambda p: set(p) != {"member"})
    )
    released = d.keys("teams.released_before_exit", "village_code")
    gone = people[people["leads"] & people["end"].notna() & ~people["village_code"].map(lambda v: (v,)).isin(released)]
    return of(gone[gone["end"] < gone["start"] + pd.DateOffset(months=36)], "village_code")


def no_secretary(d: Demo) -> set[tuple]:
    rows = team_posts(d)
    now = rows[(rows["end"] >= "2020-12-31") & rows["post"].isin(["first_secretary", "captain_and_secretary"])]
    there = set(rows.loc[rows["end"] >= "2020-12-31", "village_code"])
    return {(v,) for v in there - set(now["village_code"])}


def left_early(d: Demo) -> set[tuple]:
    rows = team_posts(d)
    last = rows.groupby("village_code")["end"].max()
    exits = d["villages"].dropna(subset=["exit_date"]).groupby("village_code")["exit_date"].first()
    return {(v,) for v in last.index[last < exits.reindex(last.index)]}


def one_for_two(d: Demo) -> set[tuple]:
    rows = team_posts(d)
    rows = rows[(rows["helper"] == "pearl_delta_city") & (rows["post"] == "captain_and_secretary")]
    return of(rows[rows["from_date"] < "2020-06-20"], "village_code")


def unpaid_months(d: Demo) -> set[tuple]:
    rows = team_posts(d).dropna(subset=["months_allowance_paid"])
    start = rows["from_date"].clip(lower=pd.Timestamp("2019-01-01"))
    due = np.ceil((rows["end"] - start) / (30.5 * DAY)).clip(lower=0, upper=24)
    return of(rows[rows["months_allowance_paid"] < due - 2], "village_code")


def visits_of_helpers(d: Demo) -> set[tuple]:
    rows = d["visits"].query("kind == 'leader_visit' and visitor_level == 'city'")
    count = rows.groupby(["city_code", "year"]).size()
    return {(c, int(y)) for (c, y), n in count.items() if n < 2}


def topic_quarters(d: Demo) -> set[tuple]:
    rows = d["visits"].query("kind == 'topic_session'")
    count = rows.groupby(["city_code", "year", rows["date"].dt.quarter]).size().unstack(fill_value=0)
    return {(c, int(y), int(q)) for (c, y), row in count.iterrows() for q, n in row.items() if n == 0}


def half_years(d: Demo) -> set[tuple]:
    rows = d["visits"].query("kind == 'half_year_report'")
    half = (rows["date"].dt.month > 6).astype(int) + 1
    count = rows.groupby(["city_code", "year", half]).size().unstack(fill_value=0)
    return {(c, int(y), int(h)) for (c, y), row in count.iterrows() for h, n in row.items() if n == 0}


def villages_seen_once(d: Demo) -> set[tuple]:
    rows = d["visits"].query("kind == 'leader_visit' and visitor_level == 'county'")
    count = rows.groupby(["village_code", "year"]).size()
    return {(v, int(y)) for (v, y), n in count.items() if n < 2}


def lonely_counties(d: Demo) -> set[tuple]:
    pairs = d["pairings"].query("kind == 'counterpart' and level == 'county'")
    helped = set(pairs["city_code"])
    regions = d["regions"].query("level == 'county'")
    counties = set(regions.loc[regions["city_code"].isin(helped), "region_code"])
    return {(c,) for c in counties - set(pairs["county_code"].dropna())}


def lonely_towns(d: Demo) -> set[tuple]:
    """Towns with a poor village in cities another city helps that have no partner."""
    pairs = d["pairings"].query("kind == 'counterpart'")
    v = d["villages"].query("year == 2020 and is_poor_village")
    towns = set(v.loc[v["city_code"].isin(set(pairs["city_code"])), "town_code"])
    return {(t,) for t in towns - set(pairs.loc[pairs["level"] == "town", "town_code"])}


def money_without_assets(d: Demo) -> set[tuple]:
    assets = d["assets"].query("year == 2020").groupby("county_code")["fiscal_value_yuan"].sum()
    rows = d["counties"].query("year == 2020")
    formed = rows["county_code"].map(assets).fillna(0)
    return of(rows[rows["asset_forming_funds_yuan"] > formed], "county_code")


def unskilled(d: Demo) -> set[tuple]:
    rows = d["persons"].query("year == 2020 and labour_capacity == 'full' and not is_student")
    return of(rows[no(rows["is_skill_certified"])], "person_id")


def changed_units(d: Demo) -> set[tuple]:
    units = d["pairings"].query("kind == 'targeted'").groupby("village_code")["helper_unit"].nunique()
    return {(v,) for v in units.index[units > 1]}


def growth(d: Demo) -> pd.DataFrame:
    rows = d["loan_totals"].sort_values(["area_code", "year"])
    for name in ("all", "farm_household", "poor_household"):
        rows[name] = rows.groupby("area_code")[f"{name}_loans_yuan"].pct_change()
    province = rows[rows["area_code"] == "440000"].set_index("year")["all"]
    return rows[rows["area_code"] != "440000"].assign(province=lambda r: r["year"].map(province)).dropna(subset=["all"])


def exit_cases(d: Demo) -> pd.DataFrame:
    rows = d["events"].query("process == 'exit' and subject == 'household' and year >= 2019")
    steps = rows.pivot_table(index=["case_id", "household_id"], columns="event", values="date", aggfunc="first")
    return steps.reset_index()


def slow_recognition(d: Demo) -> set[tuple]:
    rows = d["events"].query("process == 'monitoring'")
    steps = rows.pivot_table(index=["case_id", "household_id"], columns="event", values="date", aggfunc="first").reset_index()
    return of(steps[(steps["monitor_in"] - steps["clue"]) > 15 * DAY], "household_id")


def unaided_persons(d: Demo) -> set[tuple]:
    rows = d["persons"].query("year == 2020 and is_student and school_stage != 'preschool'")
    return of(rows[rows["education_aid_yuan"].fillna(0) == 0], "person_id")


def missing_benefits(d: Demo) -> set[tuple]:
    rows = d["persons"].query("year == 2020 and is_disabled")
    return of(rows[rows["disability_benefit_yuan"].fillna(0) == 0], "person_id")


def without_link(d: Demo) -> set[tuple]:
    h = d["households"].query("year == 2020")
    return of(h[yes(h["is_willing_industry"]) & (h["labourers"] > 0) & no(h["has_industry_link"])], "household_id")


def without_cadre(d: Demo) -> set[tuple]:
    return of(d["households"][no(d["households"]["has_responsible_cadre"])], "household_id")


def without_subsidy(d: Demo) -> set[tuple]:
    h = d["households"].dropna(subset=["housing_completed_date"])
    paid = h.groupby("household_id")["housing_subsidy_yuan"].sum()
    return {(x,) for x in paid.index[paid == 0]}


def unpaved(d: Demo) -> set[tuple]:
    v = d["villages"].query("year == 2020 and helper_city_code == '440100'")["village_code"]
    n = d["natural_villages"].query("year == 2020 and households >= 20")
    return of(n[n["village_code"].isin(v) & no(n["is_paved"])], "nv_id")


def outside_the_registry(d: Demo) -> set[tuple]:
    return of(loan_borrowers(d).query("status == 'never'"), "loan_id")


def early_approvals(d: Demo) -> set[tuple]:
    return of(exit_cases(d).query("approved < reviewed"), "household_id")


def slower_areas(d: Demo) -> set[tuple]:
    return of(growth(d).query("all < province - 1e-9"), "area_code", "year")


def slower_poor(d: Demo) -> set[tuple]:
    return of(growth(d).query("poor_household <= farm_household"), "area_code", "year")


def missing_rights(d: Demo) -> set[tuple]:
    rights = d["assets"][["owner", "operator", "beneficiary", "supervisor"]]
    return of(d["assets"][rights.isna().any(axis=1)], "asset_id")


def where(table: str, key: str, condition: str) -> Check:
    """Records of a table on which a condition holds."""
    return tuple(key.split()), lambda d: of(d[table].query(condition), *key.split())


def false(table: str, key: str, column: str, condition: str = "year == year") -> Check:
    """Records of a table whose flag is known to be false."""
    return tuple(key.split()), lambda d: of(d[table].query(condition).pipe(lambda t: t[no(t[column])]), *key.split())


def by(key: str, function: Callable[[Demo], set[tuple]]) -> Check:
    return tuple(key.split()), function


LOW_BENEFIT = "year == 2020 and disability_living_benefit_yuan < 2100"
PASSABLE = "year == 2020 and is_poor_village and is_passable"
LOW_RANK = "post != 'member' and helper == 'provincial_unit' and rank != 'division'"
CHECKS: dict[str, Check] = {
    "loans.amount_over_limit": where("loans", "loan_id", "amount_yuan > 50000"),
    "loans.term_over_limit": where("loans", "loan_id", "term_months > 36"),
    "loans.secured": where("loans", "loan_id", "is_secured"),
    "loans.used_by_enterprise": where("loans", "loan_id", "used_by != 'household'"),
    "loans.borrower_not_registered": by("loan_id", lambda d: of(loan_borrowers(d).query("status == 'never'"), "loan_id")),
    "loan_totals.area_slower_than_province": by("area_code year", slower_areas),
    "loan_totals.poor_households_not_faster": by("area_code year", slower_poor),
    "teams.no_first_secretary": by("village_code", no_secretary),
    "teams.short_tenure": by("village_code", short_terms),
    "teams.gap": by("village_code", village_gaps),
    "teams.captain_rank_low": by("village_code", lambda d: of(team_posts(d).query(LOW_RANK), "village_code")),
    "teams.released_before_exit": by("village_code", left_early),
    "teams.allowance_missing": by("village_code", unpaid_months),
    "teams.one_person_in_both_posts": by("village_code", one_for_two),
    "visits.too_few_by_helper": by("city_code year", visits_of_helpers),
    "visits.no_topic_session": by("city_code year quarter", topic_quarters),
    "visits.no_half_year_report": by("city_code year half", half_years),
    "visits.village_visited_once": by("village_code year", villages_seen_once),
    "pairings.no_plan": false("pairings", "village_code", "has_plan", "level == 'village'"),
    "pairings.county_without_pair": by("county_code", lonely_counties),
    "pairings.town_without_pair": by("town_code", lonely_towns),
    "counties.assets_not_formed": by("county_code", money_without_assets),
    "persons.labourer_without_skill": by("person_id", unskilled),
    "pairings.unit_changed": by("village_code", changed_units),
    "projects.not_publicised": false("projects", "project_id", "is_publicised"),
    "projects.not_appraised": false("projects", "project_id", "is_appraised"),
    "projects.idle": where("projects", "project_id", "status in ['idle', 'failed']"),
    "projects.wildlife_not_switched": false("projects", "project_id", "is_switched"),
    "assets.untitled": false("assets", "asset_id", "is_titled"),
    "assets.no_responsible_person": false("assets", "asset_id", "has_responsible_person"),
    "assets.idle": where("assets", "asset_id", "state != 'running'"),
    "assets.below_original_value": where("assets", "asset_id", "current_value_yuan < original_value_yuan"),
    "assets.arrears": where("assets", "asset_id", "arrears_days > 0 or income_yuan < income_due_yuan"),
    "assets.distribution_not_publicised": false("assets", "asset_id", "is_distribution_publicised"),
    "assets.right_missing": by("asset_id", missing_rights),
    "enterprises.not_resumed": false("enterprises", "enterprise_id", "is_running"),
    "schools.no_ledger": false("schools", "school_id", "has_aid_ledger"),
    "schools.weak_not_upgraded": false("schools", "school_id", "is_upgraded", "year == 2020"),
    "hospitals.no_settlement": false("hospitals", "hospital_id", "has_one_stop_settlement", "level != 'village'"),
    "counties.dibao_standard_low": where("counties", "county_code", "year == 2020 and dibao_standard_yuan < 6384"),
    "counties.disability_benefit_low": where("counties", "county_code", LOW_BENEFIT),
    "counties.no_home_visits": false("counties", "county_code year", "has_home_visit_system"),
    "counties.too_few_bulletins": where("counties", "county_code year", "quarterly_bulletins < 4"),
    "issues.open_past_deadline": where("issues", "issue_id", "closed_date.isna() and deadline <= '2020-12-31'"),
    "issues.closed_late": where("issues", "issue_id", "closed_date > deadline"),
    "issues.closed_without_evidence": false("issues", "issue_id", "has_closure_evidence"),
    "issues.reopened": where("issues", "issue_id", "reopened_date.notna()"),
    "issues.recurred": where("issues", "issue_id", "same_as_issue_id.notna()"),
    "events.not_publicised": by("household_id", lambda d: of(exit_cases(d).query("publicised.isna()"), "household_id")),
    "events.approved_before_review": by("household_id", lambda d: of(exit_cases(d).query("approved < reviewed"), "household_id")),
    "events.late_recognition": by("household_id", slow_recognition),
    "natural_villages.not_paved": by("nv_id", unpaved),
    "donations.not_received": where("donations", "donation_id", "received_yuan < 0.5 * pledged_yuan"),
    "persons.student_without_aid": by("person_id", unaided_persons),
    "persons.disabled_without_benefit": by("person_id", missing_benefits),
    "households.no_responsible_cadre": false("households", "household_id", "has_responsible_cadre"),
    "households.willing_without_link": by("household_id", without_link),
    "households.rebuilt_without_subsidy": by("household_id", without_subsidy),
    "villages.bus_missing": false("villages", "village_code", "has_bus", PASSABLE),
}
SHARES = ("persons.without_pension", "persons.without_medical_insurance")
COUNTED = ("schools.student_not_aided",)


@pytest.mark.parametrize("kind", sorted(CHECKS))
def test_what_is_planted_is_found_and_nothing_else(data, kind):
    columns, check = CHECKS[kind]
    planted = data.keys(kind, *columns)
    assert planted, f"{kind} is planted nowhere in the demo"
    assert check(data) == planted


def test_every_kind_of_defect_has_a_check():
    assert set(planted_kinds()) == set(CHECKS) | set(SHARES) | set(COUNTED)


def test_planted_records_lie_in_the_cities_the_list_names(data):
    for kind, entry in planted_kinds().items():
        rows = data.planted[data.planted["kind"] == kind]
        assert set(rows["city_code"]) == set(entry["cities"]), kind


INSURANCE = {"persons.without_pension": "has_pension", "persons.without_medical_insurance": "has_medical_insurance"}


@pytest.mark.parametrize(("kind", "column"), INSURANCE.items())
def test_uninsured_persons_of_2020_are_those_planted(data, kind, column):
    rows = data["persons"].query("year == 2020")
    missing = rows[no(rows[column])].groupby("city_code").size().to_dict()
    planted = data.planted[data.planted["kind"] == kind].set_index("city_code")["persons"].astype(int).to_dict()
    assert missing == planted
