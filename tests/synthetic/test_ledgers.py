"""The ledgers agree with the registry and with each other."""

from __future__ import annotations

import numpy as np
import pandas as pd


def of(frame: pd.DataFrame, *columns: str) -> set[tuple]:
    return set(map(tuple, frame[list(columns)].drop_duplicates().to_numpy().tolist()))


def yes(column: pd.Series) -> pd.Series:
    return column.astype("boolean").fillna(False).astype(bool)


def test_students_without_aid_are_missing_from_the_school_they_attend(data):
    rows = data["schools"].query("year == 2020")
    short = rows[rows["aided_students"] < rows["poor_students"]]
    planted = data.planted[data.planted["kind"] == "schools.student_not_aided"]
    persons = data.planted[data.planted["kind"] == "persons.student_without_aid"]
    assert set(planted["school_id"]) <= set(short["school_id"])
    assert (short["poor_students"] - short["aided_students"]).sum() == planted["students"].sum() + len(persons)


def test_schools_count_the_students_of_the_registry(data):
    students = data["persons"][data["persons"]["is_student"]]
    place = data["villages"].drop_duplicates("village_code").set_index("village_code")["county_code"]
    students = students.assign(county_code=students["village_code"].map(place))
    counted = students.groupby(["county_code", "school_stage", "year"]).size()
    listed = data["schools"].set_index(["county_code", "stage", "year"])["poor_students"]
    # Dropouts keep their stage at school but are no students: the two differ by them alone.
    gap = (listed - counted.reindex(listed.index).fillna(0)).sum()
    assert gap == data["persons"]["is_dropout"].sum()


def test_loans_belong_to_households_and_carry_their_balance(data):
    status = data["households"].groupby("household_id")["registry_status"].first()
    loans = data["loans"][data["loans"]["household_id"].map(status) != "never"]
    listed = data["households"].set_index(["household_id", "year"])["loan_yuan"]
    keys = pd.MultiIndex.from_frame(loans[["household_id", "year"]])
    assert (listed.reindex(keys).to_numpy() == loans["balance_yuan"].to_numpy()).all()
    registered = data["households"][data["households"]["registry_status"] != "never"]
    assert registered["loan_yuan"].sum() == loans["balance_yuan"].sum()


def test_natural_villages_add_up_to_their_village(data):
    n = data["natural_villages"].query("year == 2020").groupby("village_code")
    v = data["villages"].query("year == 2020").set_index("village_code")
    assert (n.size() == v["natural_villages"].reindex(n.size().index)).all()
    assert ((n["persons"].sum() - v["hukou_persons"]).abs() <= 1).all()
    paved = data["natural_villages"].query("year == 2020 and persons >= 200 and is_paved").groupby("village_code").size()
    assert (paved.reindex(v.index, fill_value=0) == v["nv_ge200_persons_paved"]).all()


def test_every_poor_village_has_a_team_and_only_those(data):
    villages = data["villages"].query("year == 2020")
    poor = set(villages.loc[villages["is_poor_village"], "village_code"])
    assert set(data["teams"]["village_code"]) == poor
    now = data["teams"][data["teams"]["to_date"].isna()]
    assert set(villages.loc[yes(villages["has_team"]), "village_code"]) == set(now["village_code"])
    assert set(villages.loc[yes(villages["has_first_secretary"]), "village_code"]) == set(
        now.loc[now["post"].isin(["first_secretary", "captain_and_secretary"]), "village_code"]
    )


def test_village_clinics_are_those_of_the_village_table(data):
    clinics = data["hospitals"].query("level == 'village'").set_index(["village_code", "year"])["is_standardised"]
    villages = data["villages"].set_index(["village_code", "year"])["has_clinic"]
    assert (villages.reindex(clinics.index).astype(bool) == clinics.astype(bool)).all()


def test_events_tell_the_changes_of_the_registry(data):
    registry = data["households"][data["households"]["registry_status"] != "never"]
    for event, column, value in (("returned", "change_in", "returned"), ("removed", "change_out", "removed")):
        told = of(data["events"].query("event == @event"), "household_id", "year")
        assert told == of(registry[registry[column] == value], "household_id", "year"), event
    told = of(data["events"].query("event == 'exited' and subject == 'household'"), "household_id", "year")
    unrecorded = data.planted[data.planted["kind"] == "stock_flow.exit_not_recorded"]
    assert told == of(registry[registry["change_out"] == "exited"], "household_id", "year")
    assert not told & set(zip(unrecorded["household_id"], unrecorded["year"].astype(int), strict=True))


def test_counties_report_what_villages_and_events_hold(data):
    """Weak party organisations and those put in order, and the exited households that were checked."""
    villages, counties = data["villages"], data["counties"].set_index(["county_code", "year"]).sort_index()
    weak = villages[yes(villages["is_weak_party_organisation"])]
    assert len(weak) > 10
    for column, rows in (
        ("weak_organisations", weak),
        ("weak_organisations_rectified", weak[yes(weak["is_party_organisation_rectified"])]),
    ):
        found = rows.groupby(["county_code", "year"]).size().reindex(counties.index, fill_value=0)
        assert (counties[column].astype(int) == found).all(), column
    events = data["events"]
    checks = events[(events["event"] == "spot_checked") & (events["subject"] == "household")]
    found = checks.groupby(["county_code", "year"])["household_id"].nunique().reindex(counties.index, fill_value=0)
    assert (counties["exited_checked_households"].astype(int) == found).all()
    status = data["households"].set_index(["household_id", "year"])["registry_status"]
    assert set(status.loc[list(zip(checks["household_id"], checks["year"], strict=True))]) == {"exited"}


def test_a_secretary_beside_a_captain_is_sent_by_the_city_of_the_village(data):
    """粤发〔2016〕13号 art. 19: the captain comes from the helping city, the first secretary from the village's own."""
    teams = data["teams"]
    pearl = teams[teams["helper_type"] == "pearl_delta_city"]
    secretaries, captains = (pearl[pearl["post"] == p] for p in ("first_secretary", "captain"))
    assert len(secretaries) > 50
    assert (secretaries["sender_city_code"].astype(str) == secretaries["city_code"].astype(str)).all()
    assert (captains["sender_city_code"].astype(str) != captains["city_code"].astype(str)).all()
    assert secretaries["allowance_yuan_per_month"].isna().all()


def test_assets_come_from_projects_of_their_village(data):
    projects = data["projects"].groupby("project_id")["village_code"].first()
    assert (data["assets"]["project_id"].map(projects) == data["assets"]["village_code"]).all()
    households = data["households"].groupby("household_id")["village_code"].first()
    own = data["assets"].dropna(subset=["household_id"])
    assert (own["household_id"].map(households) == own["village_code"]).all()


def test_household_medical_cost_is_what_persons_were_left_with(data):
    p = data["persons"]
    paid = p[["medical_basic_paid_yuan", "medical_serious_paid_yuan", "medical_aid_paid_yuan"]].sum(axis=1)
    own = p["medical_cost_yuan"] - paid
    assert (own >= 0).all()
    counted = own.groupby([p["household_id"], p["year"]]).sum()
    listed = data["households"].set_index(["household_id", "year"])["illness_cost_yuan"]
    assert (listed.reindex(counted.index) == counted).all()


def test_satisfaction_belongs_to_interviews_of_the_main_design(data):
    survey = data["survey"].set_index("interview_id")
    s = data["satisfaction"]
    linked = survey.loc[s["interview_id"]]
    assert (linked["design"] == "main").all()
    assert np.array_equal(linked["weight"].to_numpy(), s["weight"].to_numpy())
    overall = s[s["question"] == "overall"].set_index("interview_id")["answer"]
    satisfied = survey["is_satisfied"].reindex(overall.index)
    assert (overall[satisfied == True].isin(["very_satisfied", "satisfied"])).all()  # noqa: E712
    assert (~overall[satisfied == False].isin(["very_satisfied", "satisfied"])).all()  # noqa: E712


def test_partner_counties_are_93_and_out_of_poverty_by_2020(data):
    rows = data["partner_counties"]
    assert rows["partner_code"].nunique() == 93
    assert (rows.loc[rows["year"] == 2020, "poor_persons"] == 0).all()
    assert rows["name"].str.contains("示范").all()
    assert (rows.groupby("partner_code")["poverty_incidence"].apply(lambda s: s.is_monotonic_decreasing)).all()


def test_monitored_households_are_few_and_of_the_three_classes(data):
    now = data["households"].query("year == 2020")
    listed = now[now["monitoring_category"].notna()]
    registered = now[now["registry_status"].isin(["poor", "exited"])]
    assert 0.02 < len(listed) / len(registered) < 0.12
    poor = now["registry_status"] == "poor"
    assert (now.loc[poor, "monitoring_category"] == "not_yet_exited").all()
    assert (now.loc[now["monitoring_category"] == "unstable_exited", "registry_status"] == "exited").all()
    assert (now.loc[now["monitoring_category"] == "marginal_at_risk", "registry_status"] == "never").all()
