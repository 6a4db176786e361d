"""Denominators and dates by hand: who is counted, from which day, against which stock."""

import pytest

from evaltools.terms import VerdictState as V


def issue(number, **changes):
    return {"issue_id": f"I{number}", "topic": "funds", "found_date": "2020-03-01", "deadline": "2020-06-30"} | changes


@pytest.mark.parametrize(
    ("paid", "as_of", "full", "on_time"),
    [("2020-04-30", "2020-12-31", 1, 1), ("2020-05-01", "2020-12-31", 1, 0), ("2021-03-01", "2020-12-31", 0, 0),
     ("2020-07-15", "2020-06-30", 0, 0), ("2020-01-15", "2020-12-31", 1, 1)],
)  # fmt: skip
def test_guidance_funds_of_a_village_count_from_the_day_they_arrive(run, paid, as_of, full, on_time):
    """穗办〔2018〕31号 part 3 (2): before the end of April of their year; what comes after the evaluation has not come."""
    flow = {"flow_id": "F", "fund": "guidance", "payer": "district", "amount_yuan": 500000, "paid_date": paid}
    helped = {"is_poor_village": True, "helper_type": "pearl_delta_city"}
    names = ("villages.guidance_full_share", "villages.guidance_on_time_share")
    run(*names, as_of=as_of, villages=[helped], fund_flows=[flow])
    assert [run.value(n) for n in names] == [full, on_time]


def test_guidance_funds_may_be_paid_ahead_but_not_in_december(run):
    """Due by 30 April 2019: paid on 1 December 2019, or the December before."""
    helped = {"is_poor_village": True, "helper_type": "pearl_delta_city", "year": 2019}
    flow = {"flow_id": "F", "year": 2019, "fund": "guidance", "payer": "district", "amount_yuan": 500000}
    name = "villages.guidance_on_time_share"
    for paid, on_time in (("2019-12-01", 0), ("2018-12-20", 1)):
        run(name, as_of="2019-12-31", villages=[helped], fund_flows=[flow | {"paid_date": paid}])
        assert run.value(name) == on_time


def test_a_village_that_got_no_guidance_funds_counts_as_zero(run):
    """One of two helped villages got its 500,000 yuan: 250,000 each on average, and the rule is not met."""
    villages = [{"is_poor_village": True, "helper_type": "pearl_delta_city"}]
    villages.append(villages[0] | {"village_code": "441402100202"})
    flow = {"flow_id": "F", "fund": "guidance", "payer": "district", "amount_yuan": 500000, "paid_date": "2020-04-01"}
    run("villages.guidance_mean", villages=villages, fund_flows=[flow])
    assert (run.value("villages.guidance_mean"), run.state("villages.guidance_mean")) == (250000, V.NOT_MET)


def test_returns_are_counted_on_the_stock_of_the_year_before(run):
    """Exited in 2018: one returned and exited again within 2020, one died out, one stayed; exited in 2019: one stayed.

    Returns 1 of 4; of those in the first year after their exit 0 of 1; of the others 1 of 3.
    """
    before = [{"household_id": str(i), "year": 2019, "registry_status": "exited", "exit_year": y, "change_in": "none"}
              for i, y in enumerate((2018, 2018, 2018, 2019))]  # fmt: skip
    now = [b | {"year": 2020, "change_out": "none"} for b in before]
    now[0] |= {"change_in": "returned", "change_out": "exited", "exit_year": 2020}
    now[1] |= {"registry_status": "removed", "change_out": "died_out"}
    new = {"household_id": "9", "registry_status": "poor", "change_in": "registered", "change_out": "none"}
    names = ("monitoring.return_rate", "monitoring.return_first_year_rate", "monitoring.return_later_rate")
    run(*names, households=[*before, *now, new], loans=[])
    assert [run.value(n) for n in names] == pytest.approx([1 / 4, 0, 1 / 3])


@pytest.mark.parametrize(("persons", "state"), [(39, V.NOT_MET), (40, V.MET), (41, V.MET)])
def test_the_plan_of_a_year_is_fulfilled_by_as_many_exits(run, persons, state):
    household = {"household_id": "1", "year": 2018, "registry_status": "exited", "change_out": "exited", "persons": persons}
    names = ("counties.exit_plan_met_share", "counties.exit_plan_ratio")
    run(*names, as_of="2018-12-31", counties=[{"year": 2018, "exit_plan_persons": 40}], households=[household])
    assert run.value("counties.exit_plan_ratio") == persons / 40
    assert run.value("counties.exit_plan_met_share") == float(state == V.MET)


def test_a_unit_is_not_released_before_its_village_exits(run):
    """Released the day before the exit, on the day, and from a village that never exited: two of three too early."""
    pair = {"kind": "targeted", "level": "village", "helper_unit": "甲", "from_date": "2016-06-04"}
    villages = [{"village_code": f"44140210020{i}", "exit_date": d} for i, d in enumerate(("2019-12-31", "2019-12-31", None))]
    ends = ("2019-12-30", "2019-12-31", "2019-12-31")
    pairs = [pair | {"pairing_id": f"R{i}", "village_code": f"44140210020{i}", "to_date": d} for i, d in enumerate(ends)]
    run("assistance.ended_before_exit", pairings=pairs, villages=villages)
    assert run.value("assistance.ended_before_exit") == 2


def test_the_allowance_is_owed_to_cadres_of_city_and_county_teams_too(run):
    """穗办〔2018〕31号 part 3 (3): 2,640 yuan a month for cadres in villages and in the teams of cities and counties."""
    cadre = {"helper_type": "pearl_delta_city", "sender_city_code": "440100", "post": "member", "from_date": "2019-01-01"}
    paid = (("village", 2640), ("city", 2640), ("county", 2000), ("town", 2000))
    rows = [cadre | {"post_id": k, "cadre_id": k, "team_id": k, "team_level": k, "allowance_yuan_per_month": y} for k, y in paid]
    run("teams.allowance_ok_share", teams=rows)
    assert run.value("teams.allowance_ok_share") == pytest.approx(2 / 3)


def test_a_problem_recurs_elsewhere_when_the_other_county_is_another(run):
    rows = [issue(1), issue(2, same_as_issue_id="I1"), issue(3, same_as_issue_id="I1", county_code="441403"),
            issue(4, same_as_issue_id="I9")]  # fmt: skip
    run("ledger.recurred_elsewhere", "ledger.recurrence_count", issues=rows)
    row = run.row("ledger.recurred_elsewhere")
    assert (row["value"], row["open_rows"], run.value("ledger.recurrence_count")) == (1, 1, 3)


def test_a_stopped_project_that_never_resumed_is_counted(run):
    """Resumed in time, resumed after the day, idle since: one of three. One that never stopped is left out."""
    base = {"field": "industry", "kind": "processing", "start_date": "2018-03-01", "status": "running"}
    rows = [base | {"project_id": "1", "resumed_date": "2020-03-01"}, base | {"project_id": "2", "resumed_date": "2021-01-05"},
            base | {"project_id": "3", "status": "idle"}, base | {"project_id": "4"}]  # fmt: skip
    assert run("projects.resumed_share", projects=rows).value("projects.resumed_share") == pytest.approx(1 / 3)


def test_a_village_comes_to_the_front_by_passing_the_median_of_its_county(run):
    """2016: A 5,000 and B 6,000 poor, C 7,000 the median of five; 2020: A passed it, B did not."""
    codes = [f"44140210020{i}" for i in range(5)]
    then, now = (5000, 6000, 7000, 8000, 9000), (15000, 10000, 12000, 11000, 14000)
    rows = [
        {"village_code": c, "year": y, "is_poor_village": i < 2, "disposable_income_per_capita_yuan": x}
        for y, incomes in ((2016, then), (2020, now))
        for i, (c, x) in enumerate(zip(codes, incomes, strict=True))
    ]
    assert run("villages.moved_to_front_share", villages=rows).value("villages.moved_to_front_share") == 0.5
