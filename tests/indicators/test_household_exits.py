"""Household exit: eight kinds of households on, just under and over the lines; unknown is never yes."""

import pandas as pd
import pytest

from evaltools.errors import DataMissingError
from evaltools.indicators import household_exits

MET, NOT_MET, MISSING, SILENT = "met", "not_met", "evidence_missing", "rule_undefined"
LINE_2020, PLANNED_2020 = 9064.53, 8699.0  # 0.45 x 20143.4, and the planned figure of 穗办〔2018〕31号
NO_LABOUR = {"labour_capacity": "none", "disposable_income_per_capita_yuan": 6400.0}


@pytest.fixture
def verdict_of(make):
    def judged(rules, **changes):
        frame = household_exits(make.tables(households=make.typed([make.household("H1", **changes)])), rules).frame
        return frame.iloc[0]

    return judged


@pytest.mark.parametrize(
    ("income", "actual", "planned"),
    [
        (9064.54, MET, MET), (9064.53, MET, MET), (9064.5299, NOT_MET, MET), (8699.0, NOT_MET, MET),
        (8698.999, NOT_MET, NOT_MET), (None, MISSING, MISSING),
    ],
)  # fmt: skip
def test_with_labour_capacity_income_is_compared_unrounded_with_both_lines(
    rules2020, income, actual, planned, verdict_of
):
    seen = verdict_of(rules2020, disposable_income_per_capita_yuan=income)
    assert (seen["route"], seen["verdict"], seen["verdict_planned"]) == ("income", actual, planned)
    assert seen["is_line_sensitive"] == (actual != planned)


def test_the_line_of_2019_is_8468_28_and_there_is_no_planned_one(rules2019, make):
    """0.45 x 18,818.4 = 8,468.28; 8,465.99 falls short of it by 2.29 yuan."""
    rows = [make.household(f"H{i}", year=2019, disposable_income_per_capita_yuan=y)
            for i, y in enumerate((8465.99, 8468.27, 8468.28))]  # fmt: skip
    found = household_exits(make.tables(households=make.typed(rows)), rules2019)
    assert found.line_actual == pytest.approx(8468.28, abs=1e-9)
    assert found.line_planned is None
    assert list(found.frame["verdict"]) == [NOT_MET, NOT_MET, MET]
    assert set(found.frame["verdict_planned"]) == {SILENT}
    assert not found.frame["is_line_sensitive"].any()


@pytest.mark.parametrize("labour", ["partial", "none"])
@pytest.mark.parametrize(
    ("dibao", "tekun", "verdict"),
    [(True, False, MET), (False, True, MET), (False, False, NOT_MET), (False, None, MISSING), (True, None, MET)],
)
def test_without_labour_and_eligible_enrolment_decides_and_income_does_not(
    rules2020, labour, dibao, tekun, verdict, verdict_of
):
    seen = verdict_of(rules2020, labour_capacity=labour, is_safety_net_eligible=True, is_dibao=dibao, is_tekun=tekun,
                      disposable_income_per_capita_yuan=500.0)  # fmt: skip
    assert (seen["route"], seen["verdict"], seen["income"]) == ("safety_net", verdict, "not_applicable")


@pytest.mark.parametrize(("income", "verdict"), [(9064.53, MET), (9064.52, NOT_MET)])
def test_partly_without_labour_and_not_eligible_falls_under_the_income_line(rules2020, income, verdict, verdict_of):
    seen = verdict_of(rules2020, labour_capacity="partial", disposable_income_per_capita_yuan=income)
    assert (seen["route"], seen["basis"], seen["verdict"]) == ("income", "partial_not_eligible", verdict)


@pytest.mark.parametrize(("income", "verdict"), [(9064.53, MET), (9064.52, SILENT), (None, MISSING)])
def test_wholly_without_labour_and_not_eligible_is_not_failed_by_a_clause_that_is_silent(
    rules2020, income, verdict, verdict_of
):
    seen = verdict_of(rules2020, labour_capacity="none", disposable_income_per_capita_yuan=income)
    assert (seen["route"], seen["verdict"]) == ("unknown", verdict)


def test_unknown_labour_capacity_is_an_unknown_verdict_even_with_a_high_income(rules2020, verdict_of):
    assert verdict_of(rules2020, labour_capacity=None, disposable_income_per_capita_yuan=50000.0)["verdict"] == MISSING


def test_unknown_or_contradictory_eligibility_is_an_unknown_verdict(rules2020, verdict_of):
    assert verdict_of(rules2020, **NO_LABOUR, is_safety_net_eligible=None, is_dibao=True)["verdict"] == MISSING
    seen = verdict_of(rules2020, **NO_LABOUR, is_safety_net_eligible=False, is_dibao=True)
    assert (seen["basis"], seen["verdict"]) == ("eligibility_contradictory", MISSING)


@pytest.mark.parametrize("guarantee", ["food", "clothing", "education", "healthcare", "housing", "drinking_water"])
def test_each_guarantee_fails_or_unsettles_the_verdict_on_both_routes(rules2020, guarantee, verdict_of):
    for route in ({}, {"labour_capacity": "none", "is_safety_net_eligible": True, "is_dibao": True}):
        assert verdict_of(rules2020, **route, **{f"{guarantee}_ok": False})["verdict"] == NOT_MET
        assert verdict_of(rules2020, **route, **{f"{guarantee}_ok": None})["verdict"] == MISSING


def test_a_known_failure_outweighs_every_unknown(rules2020, verdict_of):
    unknown = {"labour_capacity": None, "is_safety_net_eligible": None, "food_ok": None,
               "disposable_income_per_capita_yuan": None}  # fmt: skip
    assert verdict_of(rules2020, **unknown, housing_ok=False)["verdict"] == NOT_MET
    assert verdict_of(rules2020, **NO_LABOUR, housing_ok=False)["verdict"] == NOT_MET  # even where the clause is silent


def test_drinking_water_is_no_requirement_before_the_rule_of_december_2018(book, make):
    rules = book.at("2017-12-31", city="441400")
    rows = make.typed([make.household("H1", year=2017, drinking_water_ok=False)])
    seen = household_exits(make.tables(households=rows), rules).frame.iloc[0]
    assert (seen["drinking_water"], seen["verdict"]) == ("not_applicable", MET)


def test_only_registered_households_are_judged(rules2020, make):
    rows = [
        make.household("H1"),
        make.household("H2", registry_status="never"),
        make.household("H3", registry_status="removed"),
        make.household("H4", registry_status="poor"),
    ]
    frame = household_exits(make.tables(households=make.typed(rows)), rules2020).frame
    assert list(frame["household_id"]) == ["H1", "H4"]


def test_a_household_that_died_out_or_moved_away_in_the_year_is_not_judged(rules2020, make):
    rows = [
        make.household("H1"),
        make.household("H2", change_out="died_out"),
        make.household("H3", change_out="moved_out"),
    ]
    frame = household_exits(make.tables(households=make.typed(rows)), rules2020).frame
    assert list(frame["household_id"]) == ["H1"]


def test_a_household_of_last_years_registry_without_a_row_does_not_vanish(rules2020, make):
    rows = [
        make.household("H1"),
        make.household("H1", year=2019),
        make.household("H2", year=2019),
        make.household("H3", year=2019, change_out="died_out"),
        make.household("H4", year=2019, registry_status="removed"),
    ]
    found = household_exits(make.tables(households=make.typed(rows)), rules2020)
    frame = found.frame.set_index("household_id")
    assert list(frame.index) == ["H1", "H2"]
    assert (frame.loc["H2", "verdict"], frame.loc["H2", "basis"]) == (MISSING, "no_row")
    assert found.summary["households_evidence_missing"].sum() == 1
    assert "无该户记录" in repr(found.trace("H2"))


def test_an_interviewed_registered_household_without_a_registry_row_is_evidence_missing(rules2020, make):
    survey = pd.DataFrame({
        "household_id": ["H9", "H1", None], "year": 2020, "design": "main", "registry_status": "exited", "persons": 2,
        "city_code": "441400", "county_code": "441402", "village_code": "441402100201",
    })  # fmt: skip
    tables = make.tables(households=make.typed([make.household("H1")]), survey=survey)
    frame = household_exits(tables, rules2020).frame.set_index("household_id")
    assert list(frame.index) == ["H1", "H9"]
    assert frame.loc["H9", "verdict"] == MISSING


def test_the_summary_counts_households_and_persons_by_county_and_status(rules2020, make):
    rows = [
        make.household("H1", persons=4),
        make.household("H2", persons=2, disposable_income_per_capita_yuan=8800.0),
        make.household("H3", persons=5, labour_capacity=None),
        make.household("H4", county_code="441403", registry_status="poor"),
    ]
    found = household_exits(make.tables(households=make.typed(rows)), rules2020)
    first = found.summary.iloc[0]
    assert first[["county_code", "registry_status"]].tolist() == ["441402", "exited"]
    assert first[["households", "persons", "households_met", "persons_met"]].tolist() == [3, 11, 1, 4]
    assert first[["households_not_met", "persons_not_met", "households_evidence_missing"]].tolist() == [1, 2, 1]
    assert first[["households_met_planned", "households_line_sensitive", "persons_line_sensitive"]].tolist() == [
        2,
        1,
        2,
    ]
    assert found.summary.iloc[1][["county_code", "registry_status", "households"]].tolist() == ["441403", "poor", 1]


def test_a_trace_names_rule_value_comparison_clause_and_state(rules2020, make):
    tables = make.tables(households=make.typed([make.household("H1", disposable_income_per_capita_yuan=8800.25)]))
    trace = household_exits(tables, rules2020).trace("H1")
    by_rule = {s.rule_id: s for s in trace.steps}
    actual = by_rule["exit.household_income_line_actual"]
    assert actual.comparison == "8800.25 元 >= 9064.53 元"
    assert actual.clause.startswith("粤发〔2016〕13号 第3条")
    assert (actual.state, trace.verdict, trace.verdict_planned) == (NOT_MET, NOT_MET, MET)
    assert "测算数" in by_rule["exit.household_income_line_planned"].clause
    assert {f"exit.guarantee.{g}" for g in ("food", "housing", "drinking_water")} <= set(by_rule)
    assert "8800.25" in repr(trace)
    assert "<table" in trace._repr_html_()


def test_an_unknown_household_names_the_nearest_ids(rules2020, make):
    rows = make.typed(
        [
            make.household("H0441000123"),
            make.household("H0441000129"),
            make.household("H0441000777", registry_status="never"),
        ]
    )
    found = household_exits(make.tables(households=rows), rules2020)
    with pytest.raises(DataMissingError, match="H0441000123"):
        found.trace("H0441000124")
    with pytest.raises(DataMissingError, match="never registered"):
        found.trace("H0441000777")


def test_a_year_without_rows_is_an_error(rules2020, make):
    with pytest.raises(DataMissingError, match="2020"):
        household_exits(make.tables(households=make.typed([make.household("H1", year=2019)])), rules2020)


def test_the_display_is_rounded_and_stable(rules2020, make):
    found = household_exits(make.tables(households=make.typed([make.household("H1")])), rules2020)
    assert repr(found) == repr(found)
    assert "9,064.53" in repr(found)
    assert "8,699.00" in found._repr_html_()
