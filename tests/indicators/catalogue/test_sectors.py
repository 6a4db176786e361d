"""Small tables by hand for each sector: on the limit, just over it, and unknown."""

import pytest

from evaltools.terms import VerdictState as V


@pytest.mark.parametrize(("month_day", "share"), [("04-29", 1.0), ("04-30", 1.0), ("05-01", 0.0)])
def test_guidance_funds_are_due_by_30_april(run, month_day, share):
    flow = {
        "flow_id": "F1",
        "fund": "guidance",
        "payer": "district",
        "amount_yuan": 500000,
        "paid_date": f"2020-{month_day}",
    }
    assert run("finance.guidance_flow_in_time_share", fund_flows=[flow]).value("finance.guidance_flow_in_time_share") == share


def test_guidance_funds_of_april_a_year_later_are_late_and_unpaid_ones_too(run):
    base = {"fund": "guidance", "payer": "district", "amount_yuan": 500000}
    rows = [base | {"flow_id": "1", "paid_date": "2021-03-01", "year": 2020}, base | {"flow_id": "2"}]
    name = "finance.guidance_flow_in_time_share"
    assert run(name, fund_flows=rows).value(name) == 0


def test_roads_count_200_persons_or_20_households_in_poor_villages_only(run):
    """200 persons paved, 199 not counted, 250 unpaved; 20 households paved, 19 not; an ordinary village left out."""
    rows = [
        {"nv_id": "a", "persons": 200, "households": 20, "is_paved": True},
        {"nv_id": "b", "persons": 199, "households": 19, "is_paved": False},
        {"nv_id": "c", "persons": 250, "households": 60, "is_paved": False},
        {"nv_id": "d", "persons": 900, "households": 200, "is_paved": False, "village_code": "441402100202"},
    ]
    villages = [
        {"is_poor_village": True, "helper_type": "pearl_delta_city"},
        {"village_code": "441402100202", "is_poor_village": False},
    ]
    run("natural.road_200_share", "natural.road_20_share", natural_villages=rows, villages=villages)
    assert run.value("natural.road_200_share") == 0.5
    assert run.value("natural.road_20_share") == 0.5
    assert run.state("natural.road_20_share") == V.NOT_MET


def test_roads_of_20_households_are_owed_to_helped_villages_only(run):
    """A poor village of the same city that a provincial unit helps is left out: the clause binds the pairs alone."""
    rows = [
        {"nv_id": "a", "persons": 90, "households": 20, "is_paved": True},
        {"nv_id": "b", "persons": 90, "households": 20, "is_paved": False, "village_code": "441402100202"},
    ]
    villages = [
        {"is_poor_village": True, "helper_type": "pearl_delta_city"},
        {"village_code": "441402100202", "is_poor_village": True, "helper_type": "provincial_unit"},
    ]
    run("natural.road_20_share", natural_villages=rows, villages=villages)
    assert (run.value("natural.road_20_share"), run.state("natural.road_20_share")) == (1, V.MET)


def test_a_bus_is_owed_to_passable_villages_only(run):
    rows = [
        {"is_passable": True, "has_bus": True},
        {"village_code": "441402100202", "is_passable": False, "has_bus": False},
    ]
    assert run("villages.bus_share", villages=rows).value("villages.bus_share") == 1


def loan(number, **changes):
    return {
        "loan_id": f"L{number}",
        "household_id": f"H{number}",
        "amount_yuan": 50000,
        "term_months": 36,
        "is_secured": False,
        "balance_yuan": 100,
    } | changes


def test_a_borrower_must_have_been_registered(run):
    status = ["poor", "exited", "removed", "never"]
    households = [{"household_id": f"H{i}", "registry_status": s} for i, s in enumerate(status)]
    run("finance.loan_borrower_not_registered", loans=[loan(i) for i in range(5)], households=households)
    row = run.row("finance.loan_borrower_not_registered")
    assert (row["value"], row["open_rows"]) == (1, 1)  # the fifth borrower is in no register: unknown


def area(code, year, everything, poor=2.0, farm=20.0, city: str | None = "441400"):
    return {
        "area_code": code,
        "year": year,
        "city_code": city,
        "is_poverty_area": True,
        "all_loans_yuan": everything,
        "farm_household_loans_yuan": farm,
        "poor_household_loans_yuan": poor,
    }


@pytest.mark.parametrize(("now", "state"), [(110.0, V.MET), (109.99, V.NOT_MET)])
def test_loans_of_poverty_areas_may_grow_exactly_as_the_province(run, now, state):
    rows = [
        area("440000", 2019, 1000.0, city=None),
        area("440000", 2020, 1100.0, city=None),
        area("441402", 2019, 100.0),
        area("441402", 2020, now),
    ]
    assert run("finance.loan_area_growth_ok_share", loan_totals=rows).state("finance.loan_area_growth_ok_share") == state


@pytest.mark.parametrize(("poor", "state"), [(4.0, V.NOT_MET), (4.01, V.MET)])
def test_loans_of_poor_households_must_grow_faster_not_equally(run, poor, state):
    rows = [area("441402", 2019, 100.0), area("441402", 2020, 110.0, poor=poor, farm=40.0)]
    name = "finance.loan_household_growth_ok_share"
    assert run(name, loan_totals=rows).state(name) == state


def test_rebuilding_is_owed_for_dangerous_only_dwellings(run):
    """Rebuilt, open, dangerous but not the only one, safe: one of two done."""
    base = {"registry_status": "exited"}
    rows = [
        base | {"household_id": "1", "housing_grade": "A", "is_only_dwelling": True, "housing_completed_date": "2018-05-01"},
        base | {"household_id": "2", "housing_grade": "D", "is_only_dwelling": True},
        base | {"household_id": "3", "housing_grade": "C", "is_only_dwelling": False},
        base | {"household_id": "4", "housing_grade": "B", "is_only_dwelling": True},
    ]
    assert run("housing.completion_share", households=rows).value("housing.completion_share") == 0.5


def test_industry_is_owed_to_the_able_and_willing(run):
    base = {
        "registry_status": "exited",
        "labour_capacity": "full",
        "is_willing_industry": True,
        "has_industry_link": True,
    }
    rows = [
        base | {"household_id": "1"},
        base | {"household_id": "2", "is_willing_industry": False, "has_industry_link": False},
        base | {"household_id": "3", "labour_capacity": "none", "has_industry_link": False},
        base | {"household_id": "4", "has_industry_link": None},
    ]
    row = run("industry.linked_share", households=rows).row("industry.linked_share")
    assert (row["value"], row["rows"], row["open_rows"], row["state"]) == (1, 1, 1, V.EVIDENCE_MISSING)


@pytest.mark.parametrize(("aid", "state"), [(800, V.MET), (799.99, V.NOT_MET)])
def test_medical_aid_is_measured_on_what_insurance_left(run, aid, state):
    """Compliant 10,000, insurance paid 9,000: 80 % of the remaining 1,000 in 2020 (a reported level: no verdict)."""
    person = {
        "person_id": "P",
        "medical_cost_yuan": 11000,
        "medical_compliant_yuan": 10000,
        "medical_basic_paid_yuan": 7000,
        "medical_serious_paid_yuan": 2000,
        "medical_aid_paid_yuan": aid,
    }
    run("health.aid_ok_share", "health.own_cost_ratio", persons=[person])
    assert run.value("health.aid_ok_share") == float(state == V.MET)
    assert run.value("health.own_cost_ratio") == pytest.approx((11000 - 9000 - aid) / 11000)


def case(number, event, date, **changes):
    return {
        "event_id": f"{number}{event}",
        "subject": "household",
        "household_id": f"H{number}",
        "case_id": f"B{number}",
        "event": event,
        "date": date,
    } | changes


@pytest.mark.parametrize(("day", "late"), [("2020-03-16", 0), ("2020-03-17", 1)])
def test_fifteen_days_from_clue_to_recognition(run, day, late):
    rows = [case(1, "clue", "2020-03-01", process="monitoring"), case(1, "monitor_in", day, process="monitoring")]
    assert run("monitoring.recognition_late", events=rows).value("monitoring.recognition_late") == late


def test_the_steps_of_an_exit_are_in_order_and_publicised(run):
    good = [("applied", "10-01"), ("reviewed", "10-10"), ("publicised", "10-20"), ("approved", "11-01")]
    early = [("applied", "10-01"), ("reviewed", "11-10"), ("publicised", "11-20"), ("approved", "11-01")]
    rows = [case(1, e, f"2020-{d}", process="exit") for e, d in good]
    rows += [case(2, e, f"2020-{d}", process="exit") for e, d in early]
    rows += [case(3, e, f"2020-{d}", process="exit") for e, d in good if e != "publicised"]
    run("dynamic.exit_order_broken", "dynamic.exit_publicised_share", events=rows)
    assert run.value("dynamic.exit_order_broken") == 1
    assert run.value("dynamic.exit_publicised_share") == pytest.approx(1 / 3)


def issue(number, **changes):
    return {"issue_id": f"I{number}", "topic": "funds", "found_date": "2020-03-01", "deadline": "2020-06-30"} | changes


def test_a_problem_is_overdue_late_or_reopened_but_not_all_at_once(run):
    rows = [
        issue(1, closed_date="2020-06-30"),
        issue(2, closed_date="2020-07-01"),
        issue(3),
        issue(4, closed_date="2020-05-01", reopened_date="2020-08-01"),
        issue(5, deadline="2020-12-31"),
    ]
    run("ledger.closed_late", "ledger.overdue_open", "ledger.reopened_count", "ledger.open_so_far", issues=rows)
    found = [run.value(f"ledger.{n}") for n in ("closed_late", "overdue_open", "reopened_count", "open_so_far")]
    assert found == [1, 1, 1, 3]


def post(number, **changes):
    return {
        "post_id": f"T{number}",
        "cadre_id": f"C{number}",
        "team_id": "G",
        "team_level": "village",
        "post": "captain",
        "helper_type": "pearl_delta_city",
        "from_date": "2016-05-01",
    } | changes


@pytest.mark.parametrize(("start", "gaps"), [("2019-05-02", 0), ("2019-05-03", 1)])
def test_a_captain_follows_the_next_day_or_there_is_a_gap(run, start, gaps):
    rows = [post(1, to_date="2019-05-01"), post(2, from_date=start)]
    villages = [{"is_poor_village": True}]
    assert run("teams.handover_gaps", teams=rows, villages=villages).value("teams.handover_gaps") == gaps


@pytest.mark.parametrize(("end", "state"), [("2019-05-01", V.MET), ("2019-04-30", V.NOT_MET)])
def test_a_term_is_36_whole_months(run, end, state):
    assert run("teams.tenure_ok_share", teams=[post(1, to_date=end)], villages=[{}]).state("teams.tenure_ok_share") == state


@pytest.mark.parametrize(("visits", "state"), [(2, V.MET), (1, V.NOT_MET), (0, V.NOT_MET)])
def test_a_helper_that_never_came_is_counted_as_one_that_did_not(run, visits, state):
    pair = {
        "pairing_id": "R1",
        "kind": "counterpart",
        "level": "city",
        "helper_city_code": "440100",
        "from_date": "2016-06-04",
    }
    came = [
        {
            "visit_id": f"V{i}",
            "kind": "leader_visit",
            "visitor_level": "city",
            "visitor_city_code": "440100",
            "is_principal": True,
            "date": "2020-05-01",
        }
        for i in range(visits)
    ]
    other = [
        {
            "visit_id": "V9",
            "kind": "study",
            "visitor_level": "city",
            "visitor_city_code": "440100",
            "date": "2020-05-01",
        }
    ]
    name = "assistance.pair_visits_ok_share"
    assert run(name, pairings=[pair], visits=came + other).state(name) == state


def test_four_rights_and_six_criteria(run):
    rights = {"owner": "a", "operator": "b", "beneficiary": "c", "supervisor": "d"}
    flags = dict.fromkeys(
        ("is_registered", "is_titled", "has_responsible_person", "has_distribution_rule", "is_operation_compliant"),
        True,
    )
    rows = [
        {"asset_id": "1", "asset_class": "operating"} | rights | flags,
        {"asset_id": "2", "asset_class": "operating"} | rights | flags | {"supervisor": None, "is_titled": None},
    ]
    run("assets.four_rights_share", "assets.six_criteria_share", assets=rows)
    assert run.value("assets.four_rights_share") == 0.5
    row = run.row("assets.six_criteria_share")
    assert (row["value"], row["open_rows"], row["state"]) == (1, 1, V.EVIDENCE_MISSING)


def test_twenty_thousand_yuan_a_head_is_owed_for_the_eligible(run):
    """Four eligible persons, three on dibao without labour: 80,000 yuan are owed, 48,000 of them by the province."""
    rows = [
        {"household_id": "1", "registry_status": "poor", "labour_capacity": "full", "is_dibao": False, "persons": 4},
        {"household_id": "2", "registry_status": "exited", "labour_capacity": "none", "is_dibao": True, "persons": 3},
    ]
    flow = {
        "flow_id": "F",
        "fund": "per_capita_input",
        "payer": "province",
        "amount_yuan": 47999,
        "year": 2017,
        "paid_date": "2017-05-01",
    }
    names = ("counties.input_per_eligible", "counties.input_province_to_due", "counties.input_province_full_share")
    run(*names, counties=[{}], households=rows, fund_flows=[flow])
    assert run.value("counties.input_per_eligible") == pytest.approx(47999 / 4)
    assert run.value("counties.input_province_to_due") == pytest.approx(47999 / 48000)
    assert run.state("counties.input_province_full_share") == V.NOT_MET


def test_the_tilt_to_deep_poverty_is_a_quotient_of_shares(run):
    """Deep counties had 30 of 100 poor persons and have 60 of 100 yuan: 2."""

    def county(code, year, deep, aid, poor):
        return {
            "partner_code": code,
            "year": year,
            "province": "yunnan",
            "is_deep_poor": deep,
            "fiscal_aid_yuan": aid,
            "poor_persons": poor,
        }

    rows = [
        county("533301", 2019, True, 1, 30),
        county("533302", 2019, False, 1, 70),
        county("533301", 2020, True, 60, 0),
        county("533302", 2020, False, 40, 0),
    ]
    pairs = [{"pair_id": "W", "helper_kind": "county", "partner_kind": "county", "partner_code": "533301"}]
    assert run("eastwest.tilt", partner_counties=rows, partner_pairs=pairs).value("eastwest.tilt") == pytest.approx(2)
