"""Village exit: both lines, the right denominators, the median beside the mean."""

import math

import pandas as pd
import pytest

from evaltools.indicators import village_exits
from evaltools.indicators.exits.village import coverage_state, spread
from evaltools.indicators.kleene import Limit
from evaltools.terms import VerdictState as V


@pytest.fixture
def villages(make):
    def built(*changes):
        base = {
            "year": 2020, "name": "某村", "city_code": "441400", "county_code": "441402", "is_poor_village": True,
            "helper_type": "pearl_delta_city", "helper_city_code": "440100", "hukou_persons": 2000,
            "disposable_income_per_capita_yuan": 15000.0,
            "collective_income_yuan": 200000.0,
            "nv_ge200_persons": 4, "nv_ge200_persons_paved": 4, "nv_ge20_households": 10,
            "nv_ge20_households_paved": 10, "is_passable": True, "has_bus": True, "has_clinic": True,
            "has_service_station": True,
            "has_parcel": True, "has_fibre": True, "has_team": True, "has_first_secretary": True,
        }  # fmt: skip
        rows = [base | {"village_code": f"44140210020{i}"} | c for i, c in enumerate(changes)]
        return make.tables(villages=make.typed(rows))

    return built


@pytest.mark.parametrize(
    ("income", "actual", "planned"),
    [
        (12086.04, "met", "met"), (12086.03, "not_met", "met"), (11599.0, "not_met", "met"),
        (11598.99, "not_met", "not_met"), (None, "evidence_missing", "evidence_missing"),
    ],
)  # fmt: skip
def test_village_income_is_compared_with_60_percent_actual_and_planned(villages, rules2020, income, actual, planned):
    """0.60 x 20,143.4 = 12,086.04 (actual); 11,599 (planned)."""
    found = village_exits(villages({"disposable_income_per_capita_yuan": income}), rules2020)
    row = found.frame.iloc[0]
    assert (row["verdict"], row["verdict_planned"]) == (actual, planned)
    assert row["is_line_sensitive"] == (actual != planned)


def test_only_poor_villages_of_the_year_are_judged(villages, rules2020):
    found = village_exits(villages({}, {"is_poor_village": False}, {"year": 2019}), rules2020)
    assert len(found.frame) == 1
    assert found.summary[["villages", "villages_met"]].to_numpy().tolist() == [[1, 1]]


def test_roads_count_natural_villages_by_each_rules_own_denominator(villages, rules2020):
    """4 + 6 natural villages of 200 persons, 4 + 3 paved; 10 + 20 of 20 households, 10 + 12 paved."""
    second = {
        "nv_ge200_persons": 6,
        "nv_ge200_persons_paved": 3,
        "nv_ge20_households": 20,
        "nv_ge20_households_paved": 12,
    }
    cover = village_exits(villages({}, second), rules2020).coverage.set_index("item")
    assert cover.loc["road_ge200_persons", ["numerator", "denominator", "share"]].tolist() == [7, 10, 0.7]
    assert cover.loc["road_ge20_households", ["numerator", "denominator"]].tolist() == [22, 30]
    assert cover.loc["clinic", ["numerator", "denominator"]].tolist() == [2, 2]


def test_a_village_without_the_answer_is_unknown_not_covered(villages, rules2020):
    cover = village_exits(villages({}, {"has_clinic": None}), rules2020).coverage.set_index("item")
    assert cover.loc["clinic", ["numerator", "denominator", "unknown_villages", "share"]].tolist() == [1, 1, 1, 1.0]


def test_bus_service_is_due_where_a_road_lets_a_bus_through(villages, rules2020):
    rows = (
        {},
        {"has_bus": False, "is_passable": False},
        {"has_bus": None, "is_passable": False},
        {"is_passable": None},
    )
    cover = village_exits(villages(*rows), rules2020).coverage.set_index("item")
    assert cover.loc["bus", ["numerator", "denominator", "unknown_villages"]].tolist() == [1, 1, 1]
    assert cover.loc["bus", "state"] == "evidence_missing"


def test_a_level_a_document_only_claims_is_no_target(villages, rules2020, book):
    cover = village_exits(villages({"has_parcel": False}), rules2020).coverage.set_index("item")
    assert (cover.loc["parcel", "state"], math.isnan(cover.loc["parcel", "target"])) == ("rule_undefined", True)
    assert cover.loc["clinic", ["target", "state"]].tolist() == [1, "met"]


def test_the_rule_of_20_households_binds_the_pairs_of_guangzhou_alone(villages, rules2020, book):
    short = {"nv_ge20_households_paved": 9}
    here = village_exits(villages(short), rules2020).coverage.set_index("item")
    assert here.loc["road_ge20_households", ["target", "state"]].tolist() == [1, "not_met"]
    elsewhere = village_exits(villages(short), book.at("2020-12-31", city="440800")).coverage.set_index("item")
    assert elsewhere.loc["road_ge20_households", "state"] == "rule_undefined"


@pytest.mark.parametrize(("helper", "counted", "state"), [
    ("pearl_delta_city", [19, 20, 0], "not_met"), ("provincial_unit", [10, 10, 0], "met"), ("local_unit", [10, 10, 0], "met"),
    (None, [10, 10, 1], "evidence_missing"),
])  # fmt: skip
def test_the_rule_of_20_households_counts_villages_helped_by_another_city_alone(villages, rules2020, helper, counted, state):
    """穗办〔2018〕31号 speaks of the 477 villages that Guangzhou helps; a village of a provincial unit is none of them."""
    rows = ({"helper_type": "pearl_delta_city"}, {"helper_type": helper, "nv_ge20_households_paved": 9})
    cover = village_exits(villages(*rows), rules2020).coverage.set_index("item").loc["road_ge20_households"]
    assert cover[["numerator", "denominator", "unknown_villages"]].tolist() == counted
    assert cover["state"] == state


@pytest.mark.parametrize(
    ("done", "due", "unknown", "has_unsized", "state"),
    [
        (10, 10, 0, False, V.MET), (10, 10, 1, False, V.EVIDENCE_MISSING), (9, 10, 5, False, V.NOT_MET),
        (0, 0, 0, False, V.NOT_APPLICABLE), (10, 10, 0, True, V.EVIDENCE_MISSING), (9, 10, 0, True, V.NOT_MET),
        (0, 0, 0, True, V.EVIDENCE_MISSING),
    ],
)  # fmt: skip
def test_full_coverage_is_met_only_if_no_unknown_could_spoil_it(done, due, unknown, has_unsized, state):
    assert coverage_state(done, due, unknown, has_unsized, Limit(1.0, ">=")) is state


def test_a_lower_target_may_be_met_in_spite_of_unknowns():
    assert coverage_state(90, 95, 5, False, Limit(0.9, ">=")) is V.MET
    assert coverage_state(89, 95, 5, False, Limit(0.9, ">=")) is V.EVIDENCE_MISSING
    assert coverage_state(80, 95, 5, False, Limit(0.9, ">=")) is V.NOT_MET
    assert coverage_state(90, 95, 5, False, None) is V.RULE_UNDEFINED


def test_spread_gives_median_and_gini_beside_the_mean():
    """1, 1, 1, 7 (x 100,000): mean 2.5, median 1; Gini = (2 sum i x_i - (n + 1) sum x) / (n sum x) = 18 / 40."""
    found = spread(pd.Series([1e5, 7e5, 1e5, 1e5, float("nan")]).to_numpy())
    assert (found["villages"], found["unknown"]) == (5, 1)
    assert (found["mean"], found["median"], found["gini"]) == (250000, 100000, pytest.approx(0.45))


def test_spread_of_nothing_is_unknown_not_zero():
    assert math.isnan(spread(pd.Series([float("nan")]).to_numpy())["mean"])
