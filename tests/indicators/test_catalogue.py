"""The catalogue: every entry loads, wrong ones are refused, and its numbers are those worked by hand."""

import math

import pandas as pd
import pytest

from evaltools.errors import DataMissingError, RuleBookError
from evaltools.indicators import Catalogue, compute_indicators
from evaltools.terms import VerdictState as V

ENTRY = """
table: households
observation: household
chapter: exit
indicators:
  - id: {id}
    label: {{zh: 测试, en: Test}}
    population: {population}
    measure: {measure}
    statistic: {statistic}
    unit: {unit}
    {more}
    direction: higher
    inventory: [HH-04]
"""


@pytest.fixture
def own(tmp_path):
    """Write a user's entry and load it on top of the packaged ones."""

    def built(**changes):
        fields = {"id": "own.test", "population": "persons > 1", "measure": "food_ok", "statistic": "share",
                  "unit": "share", "more": "cite: exit.guarantee.food"} | changes  # fmt: skip
        path = tmp_path / "own.yaml"
        path.write_text(ENTRY.format(**fields), encoding="utf-8")
        return Catalogue.load(extra=path)

    return built


@pytest.fixture
def households(make):
    """Eight households in two counties and three villages: food known yes, yes, no, unknown, ..."""

    def place(v):
        return {"village_code": v, "town_code": v[:9], "county_code": v[:6]}

    rows = [
        make.household("H1", persons=4, food_ok=True, loan_yuan=100.0, **place("441402100201")),
        make.household("H2", persons=2, food_ok=True, loan_yuan=200.0, **place("441402100201")),
        make.household("H3", persons=3, food_ok=False, loan_yuan=900.0, **place("441402100202"), is_in_poor_village=False),
        make.household("H4", persons=5, food_ok=None, loan_yuan=None, **place("441402100202"), is_in_poor_village=False),
        make.household("H5", persons=1, food_ok=True, loan_yuan=50.0, **place("441403100201")),
        make.household("H6", persons=6, food_ok=False, loan_yuan=40.0, **place("441403100201"), registry_status="removed"),
        make.household("H7", persons=7, food_ok=False, loan_yuan=40.0, year=2019, **place("441403100201")),
    ]
    return make.tables(households=make.typed(rows))


def at(table, indicator, level="city", code=None, inside=None):
    frame = table.to_frame(level, [indicator], 2020)
    frame = frame if code is None else frame[frame["area_code"] == code]
    frame = frame if inside is None else frame[frame["inside"] == inside]
    assert len(frame) == 1, frame
    return frame.iloc[0]


def test_the_packaged_catalogue_covers_every_chapter_with_one_id_each():
    found = Catalogue.load()
    assert len(found) > 300
    assert len(found.tables) >= 23
    assert {"industry", "employment", "social_security", "education", "health", "housing", "infrastructure",
            "environment"} <= {e.chapter for e in found.values()}  # fmt: skip
    frame = found.to_frame("en")
    assert frame["id"].is_unique
    assert not (frame[["label", "source"]] == "").all(axis=1).any()


def test_every_entry_cites_a_clause_in_force_or_says_why_not(book):
    rules = book.at("2020-12-31", city="441400")
    for entry in Catalogue.load().values():
        assert len(entry.citation(rules)) > 4, entry.id


def test_an_entry_cites_a_rule_of_an_item_it_measures(book):
    """A clause about something else is no source."""
    wrong = [
        (e.id, rule)
        for e in Catalogue.load().values()
        for rule in (e.rule or e.cite,)
        if rule and not set(book.entries[rule].inventory) & set(e.inventory)
    ]
    assert not wrong


def test_the_direction_is_that_of_the_limit(book):
    """At least: more is better; at most: less is. A share of units that keep a rule is to be high. What a helping city's
    report shows of a rule that another entry scores already has no direction, and so is not scored twice."""
    shown_only = {"assistance.delta_unit_kept_share", "teams.delta_tenure_ok_share"}
    assert all("不另计分" in (Catalogue.load()[k].note or "") for k in shown_only)
    better = {">=": "higher", ">": "higher", "<=": "lower", "<": "lower"}
    for e in Catalogue.load().values():
        if e.is_every:
            assert e.direction == ("none" if e.id in shown_only else "higher"), e.id
        elif e.rule and book.entries[e.rule].comparison in better:
            assert e.direction == better[book.entries[e.rule].comparison], e.id


def test_a_share_counts_rows_and_keeps_unknown_apart(own, households):
    """Registered with more than one person: H1 yes, H2 yes, H3 no, H4 unknown. 2 / 3; bounds 2 / 4 and 3 / 4."""
    found = compute_indicators(households, catalogue=own(population="registry_status == 'exited' and persons > 1"))
    row = at(found, "own.test")
    assert (row["value"], row["numerator"], row["denominator"]) == (pytest.approx(2 / 3), 2, 3)
    assert (row["rows"], row["open_rows"], row["missing_share"]) == (3, 1, 0.25)
    assert (row["low"], row["high"]) == (0.5, 0.75)


def test_a_weight_counts_persons(own, households):
    """Persons: 4 + 2 yes, 3 no, 5 unknown: 6 / 9."""
    catalogue = own(
        population="registry_status == 'exited' and persons > 1", more="weight: persons\n    cite: exit.guarantee.food"
    )
    row = at(compute_indicators(households, catalogue=catalogue), "own.test")
    assert (row["value"], row["low"], row["high"]) == (
        pytest.approx(6 / 9),
        pytest.approx(6 / 14),
        pytest.approx(11 / 14),
    )


@pytest.mark.parametrize(
    ("statistic", "measure", "more", "unit", "value"),
    [
        ("total", "loan_yuan", "", "yuan", 1250), ("mean", "loan_yuan", "", "yuan", 312.5),
        ("median", "loan_yuan", "", "yuan", 150),
        ("mean", "loan_yuan", "weight: persons", "yuan", (400 + 400 + 2700 + 50) / 10),
        ("ratio", "loan_yuan", "of: persons", "yuan_per_person", 1250 / 10),
        ("count", "loan_yuan > 90", "", "households", 3),
        ("count", "loan_yuan > 90", "weight: persons", "persons", 9),
    ],
)  # fmt: skip
def test_each_statistic_is_the_one_worked_by_hand(own, households, statistic, measure, more, unit, value):
    """Exited households H1..H5 with loans 100, 200, 900, unknown, 50 and persons 4, 2, 3, 5, 1."""
    catalogue = own(
        population="registry_status == 'exited'", statistic=statistic, measure=measure, unit=unit,
        more=(more + "\n    " if more else "") + "cite: exit.guarantee.food",
    )  # fmt: skip
    row = at(compute_indicators(households, catalogue=catalogue), "own.test")
    assert row["value"] == pytest.approx(value)
    assert row["open_rows"] == 1


def test_one_scan_gives_every_area_and_they_add_up(own, households):
    found = compute_indicators(households, catalogue=own(statistic="count", unit="households"))
    assert at(found, "own.test", "city")["value"] == 2
    assert at(found, "own.test", "county", "441402")["value"] == 2
    assert at(found, "own.test", "county", "441403")["value"] == 0
    assert at(found, "own.test", "town", "441402100")["value"] == 2
    assert at(found, "own.test", "village", "441402100201")["value"] == 2
    assert at(found, "own.test", "city_split", inside=True)["value"] == 2
    assert at(found, "own.test", "city_split", inside=False)["value"] == 0
    for level in ("county", "town", "village", "city_split"):
        part = found.to_frame(level, ["own.test"], 2020)
        assert part["numerator"].sum() == 2
        assert (part["open_rows"] + part["unsure_rows"]).sum() == 1


def test_a_population_that_is_unknown_may_or_may_not_count(own, households):
    row = at(compute_indicators(households, catalogue=own(population="loan_yuan > 60", measure="food_ok")), "own.test")
    assert (row["rows"], row["unsure_rows"]) == (3, 1)
    assert (row["low"], row["high"]) == (0.5, 0.75)


@pytest.mark.parametrize(
    ("foods", "state"),
    [([True, True], V.MET), ([True, None], V.EVIDENCE_MISSING), ([True, False], V.NOT_MET), ([False, None], V.NOT_MET)],
)
def test_a_target_is_met_or_missed_only_whatever_the_unknown_answers_are(own, make, foods, state):
    rows = [make.household(f"H{i}", food_ok=f) for i, f in enumerate(foods)]
    catalogue = own(more="rule: assistance.household_plan_share")
    found = compute_indicators(make.tables(households=make.typed(rows)), catalogue=catalogue)
    assert at(found, "own.test")["state"] == state


def test_nobody_in_the_population_is_not_applicable(own, households):
    catalogue = own(population="persons > 29", more="rule: assistance.household_plan_share")
    assert at(compute_indicators(households, catalogue=catalogue), "own.test")["state"] == V.NOT_APPLICABLE


def loan(number, **changes):
    return {
        "loan_id": f"L{number}", "year": 2020, "household_id": "H1", "village_code": "441402100201",
        "county_code": "441402",
        "city_code": "441400", "amount_yuan": 50000.0, "term_months": 36, "is_secured": False, "balance_yuan": 100.0,
        "overdue_yuan": 0.0, "overdue_days": 0, "used_by": "household", "interest_subsidy_yuan": 1.0,
    } | changes  # fmt: skip


@pytest.mark.parametrize(
    ("changes", "conforms"),
    [
        ({}, True), ({"amount_yuan": 49999.99}, True), ({"amount_yuan": 50000.01}, False), ({"term_months": 35}, True),
        ({"term_months": 37}, False), ({"is_secured": True}, False), ({"household_id": "H2"}, False),
    ],
)  # fmt: skip
def test_micro_credit_conforms_up_to_50000_yuan_and_36_months(make, changes, conforms):
    """粤发〔2016〕13号 art. 14: up to 50,000 yuan, within 3 years, on credit."""
    loans = pd.DataFrame([loan(1, **changes)]).astype({"is_secured": "boolean"})
    households = make.typed([make.household("H1"), make.household("H2", registry_status="never")])
    found = compute_indicators(make.tables(loans=loans, households=households))
    assert at(found, "finance.loans_conform_share")["value"] == float(conforms)


def flow(number, **changes):
    return {
        "flow_id": f"F{number}", "year": 2020, "payer": "district", "payer_city_code": "440100", "city_code": "441400",
        "county_code": "441402", "village_code": "441402100201", "fund": "guidance", "amount_yuan": 500000.0,
        "due_date": pd.Timestamp("2020-04-30"), "paid_date": pd.Timestamp("2020-04-30"), "use": "industry",
    } | changes  # fmt: skip


def test_guidance_funds_are_in_time_until_30_april(make):
    rows = [flow(1), flow(2, paid_date=pd.Timestamp("2020-05-01")), flow(3, paid_date=pd.Timestamp("2020-04-29"))]
    found = compute_indicators(make.tables(fund_flows=pd.DataFrame(rows)))
    assert at(found, "finance.guidance_in_time_share")["value"] == pytest.approx(2 / 3)
    assert at(found, "finance.guidance_late_payments")["value"] == 1
    assert at(found, "finance.days_late_mean")["value"] == 1


def test_a_rule_that_does_not_hold_for_a_city_leaves_its_rows_unknown(make):
    rows = [flow(1), flow(2, city_code="440800", county_code="440823", village_code="440823100201")]
    found = compute_indicators(make.tables(fund_flows=pd.DataFrame(rows)))
    here = at(found, "finance.guidance_late_payments", code="441400")
    there = at(found, "finance.guidance_late_payments", code="440800")
    assert (here["rows"], here["open_rows"]) == (1, 0)
    assert (there["rows"], there["open_rows"]) == (0, 1)


def test_a_payment_without_a_county_is_unplaced_below_its_city_and_never_lost(make):
    rows = [flow(1), flow(2, county_code=None, village_code=None)]
    found = compute_indicators(make.tables(fund_flows=pd.DataFrame(rows)))
    assert at(found, "finance.guidance_arrived")["value"] == 1_000_000
    counties = found.to_frame("county", ["finance.guidance_arrived"], 2020)
    assert dict(zip(counties["area_code"], counties["value"], strict=True)) == {"441402": 500_000, "441400?": 500_000}


def test_rows_without_a_flag_learn_from_the_villages_whether_theirs_is_poor(make):
    villages = make.typed([
        {"village_code": "441402100201", "year": 2020, "city_code": "441400", "is_poor_village": True},
        {"village_code": "441402100202", "year": 2020, "city_code": "441400", "is_poor_village": False},
    ])  # fmt: skip
    loans = pd.DataFrame([loan(1), loan(2, village_code="441402100202", amount_yuan=10000.0)]).astype({"is_secured": "boolean"})
    found = compute_indicators(make.tables(loans=loans, villages=villages))
    assert at(found, "finance.loan_total", "city_split", inside=True)["value"] == 50000
    assert at(found, "finance.loan_total", "city_split", inside=False)["value"] == 10000


def test_an_absent_table_or_column_is_listed_and_the_rest_goes_on(make):
    frame = pd.DataFrame([loan(1)]).astype({"is_secured": "boolean"}).drop(columns="overdue_days")
    found = compute_indicators(make.tables(loans=frame))
    lost = found.missing.set_index("indicator")["reason"]
    assert lost["finance.loan_par30_ratio"] == "columns absent: overdue_days"
    assert lost["assets.titled_share"] == "table assets is absent"
    assert at(found, "finance.loan_total")["value"] == 50000
    with pytest.raises(DataMissingError, match="table assets is absent"):
        found.value("assets.titled_share")


def test_a_value_carries_its_formula_rows_rules_and_bounds(own, households):
    found = compute_indicators(households, catalogue=own(population="registry_status == 'exited' and persons > 1"))
    value = found.value("own.test", "441400")
    assert value.value == pytest.approx(2 / 3)
    assert (value.low, value.high, value.n) == (0.5, 0.75, 3)
    assert "food_ok" in value.source.formula
    assert value.source.tables == ("households",)


def test_years_are_judged_by_their_own_rules(make):
    rows = [make.household("H1", year=y, disposable_income_per_capita_yuan=8500.0) for y in (2019, 2020)]
    found = compute_indicators(make.tables(households=make.typed(rows)), years=[2019])
    frame = found.to_frame("city", ["exit.labour_income_met_share"]).set_index("year")
    assert frame["value"].to_dict() == {2019: 1.0, 2020: 0.0}  # lines of 8,468.28 and 9,064.53


def test_two_runs_give_the_same_bits(demo, book):
    from evaltools.intake import open_tables

    tables = open_tables(demo, city="441400")
    wanted = ["monitoring.transfer_income_share", "exit.labour_income_to_line", "exit.labour_income_median"]
    one, two = (compute_indicators(tables, book, only=wanted).to_frame()["value"] for _ in range(2))
    assert one.to_numpy().tobytes() == two.to_numpy().tobytes()


def test_a_survey_is_estimated_and_never_counted(make):
    rows = [make.interview(f"i{v}-{k}", village_code=f"4414021002{v:02d}", stratum=f"s{v % 2}", weight=1.0 + (k % 2),
                           approves=None if (v, k) == (0, 0) else (v + k) % 7 != 0)
            for v in range(12) for k in range(10)]  # fmt: skip
    found = compute_indicators(make.tables(survey=make.typed(rows)))
    row = at(found, "survey.approval_share")
    yes = sum(r["weight"] for r in rows if r["approves"])
    known = sum(r["weight"] for r in rows if r["approves"] is not None)
    assert row["value"] == pytest.approx(yes / known)
    assert (row["rows"], row["open_rows"]) == (119, 1)
    assert row["se"] > 0
    assert row["low"] < row["value"] < row["high"]
    assert row["state"] in (V.UNDECIDED, V.NOT_MET, V.EVIDENCE_MISSING)
    assert not math.isnan(row["limit"]) or row["limit"] == 0.9


@pytest.mark.parametrize(
    ("changes", "key"),
    [
        ({"measure": "food_okk"}, "measure"), ({"measure": "persons"}, "measure"),
        ({"statistic": "average"}, "statistic"),
        ({"unit": "furlongs"}, "unit"), ({"more": "rule: exit.nothing"}, "rule"),
        ({"more": "cite: exit.nothing"}, "cite"),
        ({"more": "document: 粤发〔2099〕1号\n    clause: 第1条"}, "document"), ({"more": ""}, "rule"),
        ({"more": "rule: finance.loan_amount_max"}, "unit"), ({"statistic": "ratio"}, "measure"),
        ({"more": "of: persons\n    cite: exit.guarantee.food"}, "of"), ({"unit": "yuan"}, "unit"),
        ({"more": "weight: head_sex\n    cite: exit.guarantee.food"}, "weight"),
        ({"more": "table: househods\n    cite: exit.guarantee.food"}, "table"),
        ({"more": "colour: red\n    cite: exit.guarantee.food"}, "colour"), ({"id": "exit.food_share"}, "id"),
    ],
)  # fmt: skip
def test_a_wrong_entry_is_refused_with_file_entry_and_key(own, changes, key):
    with pytest.raises(RuleBookError) as error:
        own(**changes)
    assert "own.yaml" in str(error.value)
    assert f"key {key}" in str(error.value)


def test_an_entry_of_ones_own_extends_the_catalogue(own):
    found = own()
    assert "own.test" in found
    assert len(found) == len(Catalogue.load()) + 1
    with pytest.raises(RuleBookError, match=r"exit\.food_share"):
        found["exit.food_shar"]


def test_the_display_names_what_is_not_available(own, households):
    found = compute_indicators(households, catalogue=own())
    assert "not available" in repr(found)
    assert "<table" in found._repr_html_()
    assert "indicators of" in repr(own())
