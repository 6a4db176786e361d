"""The border: results become counts that may be published, and nothing else goes on."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from evaltools.report.publish import ALL_GROUPS, BAND, CITY, publish_account, publish_exits, publish_response
from evaltools.report.publish_support import publish_funds


@pytest.fixture(scope="module")
def rules(book):
    return book.at("2020-12-31", city="441400")


@pytest.fixture(scope="module")
def tables(make_exits, rules):
    return publish_exits(make_exits(), rules)


def test_no_published_table_has_a_household_in_it(tables):
    for name in ("status", "counties", "guarantees", "routes", "income", "around"):
        columns = set(getattr(tables, name).columns)
        assert not columns & {"household_id", "village_code", "persons_start", "income_per_capita_yuan"}


def test_every_published_count_of_households_is_zero_or_at_least_ten(tables):
    for name in ("status", "counties", "guarantees", "routes", "income"):
        table = getattr(tables, name)
        for column in (
            c for c in table.columns if c.startswith(("households", "met", "not_met", "evidence", "sensitive"))
        ):
            known = table[column].dropna()
            assert ((known == 0) | (known >= 10)).all(), (name, column)


def test_what_is_withheld_cannot_be_worked_out_from_the_sums(tables):
    counties = tables.counties.set_index("county_code")
    hidden = counties["households_not_met"].isna()
    assert hidden["441422"]
    assert hidden.sum() >= 2
    assert pd.isna(counties.loc["441422", "households_met"])


def test_the_city_row_is_the_sum_of_its_counties(tables):
    counties = tables.counties.set_index("county_code")
    assert counties.loc[CITY, "households"] == counties.drop(CITY)["households"].sum() == 580


def test_a_small_number_of_poor_households_hides_the_total_too(make_exits, rules):
    exits = make_exits()
    few = exits.frame[exits.frame["registry_status"] == "poor"].iloc[:4]
    frame = pd.concat([exits.frame[exits.frame["registry_status"] == "exited"], few])
    status = publish_exits(type(exits)(2020, frame, pd.DataFrame(), exits.line_actual, 8699.0), rules).status
    known = status.set_index("registry_status")
    assert known["households"].isna().to_dict() == {"poor": True, "exited": False, "all": True}
    assert known["persons"].isna().to_dict() == {"poor": True, "exited": False, "all": True}


def test_the_bins_hold_all_incomes_and_the_band_begins_at_the_line(tables, make_exits, rules):
    whole = tables.income[tables.income["part"] == "all"]
    exact = make_exits().frame.query("registry_status == 'exited' and route == 'income'")["income_per_capita_yuan"]
    assert whole["households"].sum() <= len(exact)
    assert (whole["high"].to_numpy()[:-1] == whole["low"].to_numpy()[1:]).all()
    line = rules["exit.household_income_line_actual"].value
    above = tables.around.set_index("side").loc["above"]
    assert np.isclose(above["low"], line)
    assert np.isclose(above["high"], line * (1 + rules[BAND].value))
    near = tables.income[tables.income["part"] == "near"]
    inside = ((exact >= line) & (exact < line * (1 + rules[BAND].value))).sum()
    published = near[np.isclose(near["low"], line)]["households"].iloc[0]
    assert pd.isna(published) if 0 < inside < 10 else published == inside


def test_without_a_line_there_is_no_band(make_exits, rules):
    exits = make_exits()
    made = publish_exits(type(exits)(2020, exits.frame, pd.DataFrame(), None, None), rules)
    assert made.around.empty
    assert set(made.income["part"]) == {"all"}


def test_a_small_flow_is_withheld_with_another_and_in_persons_too(stock_flow, rules):
    totals = stock_flow.totals.copy()
    totals.loc[totals["unit"] == "households", "returned"] = 4
    totals.loc[totals["unit"] == "households", "opening"] += 36
    shown = publish_account(
        type(stock_flow)(stock_flow.frame, stock_flow.offending, totals), 2020, rules
    ).totals.set_index("unit")
    assert shown["returned"].isna().all()
    assert shown.loc["households", ["opening", "registered", "moved_in"]].isna().any()
    if shown["opening"].isna().any():
        assert shown["expected"].isna().all()  # with the residual it would give the closing stock, and so the rest


def test_an_account_without_the_registrys_moves_is_missing_not_zero(stock_flow, rules):
    empty = stock_flow.frame.iloc[:0]
    made = publish_account(type(stock_flow)(empty, empty, empty, ("change_in",)), 2020, rules)
    assert made.missing == ("change_in",)
    assert not made.has_opening


def test_money_is_due_only_where_a_rule_says_so(flows, helped_villages, book):
    here = publish_funds(flows, helped_villages, book.at("2020-12-31", city="440100"), "440100", 2020).guidance
    there = publish_funds(flows, helped_villages, book.at("2020-12-31", city="440300"), "440100", 2020).guidance
    assert here.set_index("city_code")["due_yuan"].to_dict() == {"441400": 1_000_000, "441800": 500_000}
    assert there["due_yuan"].isna().all()
    assert there["on_time_yuan"].isna().all()
    assert there["arrived_yuan"].tolist() == here["arrived_yuan"].tolist()


def test_money_of_other_years_and_money_not_paid_has_not_arrived(flows, helped_villages, book):
    rules = book.at("2020-12-31", city="440100")
    old = publish_funds(flows.assign(year=2019), helped_villages, rules, "440100", 2020)
    assert old.guidance["arrived_yuan"].sum() == 0
    later = publish_funds(flows.assign(year=2021), helped_villages, rules, "440100", 2020)
    assert later.split.empty
    assert later.rows == 0


def test_a_small_group_of_the_sample_is_withheld_with_another(rules):
    response = pd.DataFrame({"group": ["a", "b", "c"], "approached": [40, 12, 6], "responded": [30, 8, 6]})
    shown = publish_response(response, rules).set_index("group")
    assert shown.loc["c"].isna().all()
    assert pd.isna(shown.loc["b", "responded"])
    assert pd.isna(shown.loc["b", "approached"])  # with the total it would give the six of group c
    assert shown.loc[ALL_GROUPS, ["approached", "responded"]].tolist() == [58, 44]
    assert shown.loc["a", "response_rate"] == 0.75


def test_lines_of_persons_below_ten_are_withheld_and_never_alone(stock_flow, rules):
    totals = stock_flow.totals.copy()
    totals.loc[totals["unit"] == "persons", "joined"] = 3
    shown = publish_account(type(stock_flow)(stock_flow.frame, stock_flow.offending, totals), 2020, rules).totals
    persons, households = (shown.set_index("unit").loc[u] for u in ("persons", "households"))
    assert pd.isna(persons["joined"])
    assert persons[["opening", "returned", "exited"]].isna().any()
    assert households[["opening", "returned", "exited"]].notna().all()


def test_the_density_at_the_line_includes_those_not_exited(make_exits, rules):
    exits = make_exits()
    whole = publish_exits(exits, rules).jump
    only = exits.frame[exits.frame["registry_status"] == "exited"]
    part = publish_exits(type(exits)(2020, only, pd.DataFrame(), exits.line_actual, 8699.0), rules).jump
    assert whole.n == part.n + (exits.frame.query("registry_status == 'poor' and route == 'income'").shape[0])
    assert whole.level == pytest.approx(0.90)
