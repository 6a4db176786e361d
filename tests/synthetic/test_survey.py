"""Both designs are drawn as they say, their weights carry the frame, and estimates come near the truth."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
import pytest

from evaltools.estimation import SurveyDesign, judge, proportion
from evaltools.indicators import gates
from evaltools.intake import open_tables
from evaltools.standards import RuleBook
from evaltools.synthetic import draw
from evaltools.synthetic.config import calibration, line
from evaltools.synthetic.survey import minimum_takes
from evaltools.terms import CITIES, VerdictState, city

LINES = calibration()["lines"]
GUARANTEES = ["food_ok", "clothing_ok", "education_ok", "healthcare_ok", "housing_ok", "drinking_water_ok"]
DESIGN = SurveyDesign(weight="weight", stratum="stratum", psu="village_code", size="persons")


@pytest.fixture(scope="module")
def survey(committed) -> pd.DataFrame:
    return committed["survey"]


@pytest.fixture(scope="module")
def main_2020(survey) -> pd.DataFrame:
    rows = survey[(survey["design"] == "main") & (survey["year"] == 2020) & survey["is_responded"]]
    return rows.assign(stratum=rows["city_code"] + rows["stratum"])


@pytest.fixture(scope="module")
def truth(committed) -> pd.DataFrame:
    return committed["city_rates"].query("year == 2020").set_index("city_code")


def test_both_designs_and_both_years_are_there(survey):
    drawn = set(map(tuple, survey[["design", "year"]].drop_duplicates().to_numpy().tolist()))
    assert drawn == {(d, y) for d in ("main", "published_minimum") for y in (2018, 2020)}


def test_the_main_design_has_at_least_two_villages_in_every_stratum(survey):
    rows = survey[survey["design"] == "main"]
    assert rows.groupby(["year", "stratum"])["village_code"].nunique().min() >= 2
    answered = rows[rows["is_responded"]]
    assert answered.groupby(["year", "stratum"])["village_code"].nunique().min() >= 2


def test_the_main_design_takes_25_or_more_villages_in_every_city(survey):
    rows = survey[(survey["design"] == "main") & (survey["year"] == 2020)]
    assert rows.groupby("city_code")["village_code"].nunique().min() >= 25


def test_the_published_minimum_takes_two_villages_a_county_in_the_ratio_5_3_2(survey, registry):
    rows = survey[(survey["design"] == "published_minimum") & (survey["year"] == 2020)]
    assert (rows.groupby("county_code")["village_code"].nunique() == 2).all()
    taken = rows.groupby(["village_code", "group"]).size().unstack(fill_value=0)
    assert (taken["non_registered"] == 3).all()
    now = registry[(registry["year"] == 2020) & registry["registry_status"].isin(["poor", "exited"])]
    known = now.groupby("village_code")["labour_capacity"].agg(lambda s: s.notna().all())
    able = now[now["labour_capacity"] == "full"].groupby("village_code").size()
    unable = now[now["labour_capacity"].isin(["partial", "none"])].groupby("village_code").size()
    for group, there, quota in (("registered_labour", able, 5), ("registered_no_labour", unable, 2)):
        expected = there.reindex(taken.index, fill_value=0).clip(upper=quota)
        sure = known.reindex(taken.index, fill_value=True)
        assert (taken.loc[sure, group] == expected[sure]).all(), group


def test_the_published_minimum_reaches_6200_households_at_full_scale():
    villages, households = minimum_takes(1.0)
    assert villages >= 2
    assert households >= 10
    assert 97 * villages * households >= 6200
    assert minimum_takes(0.02) == (2, 10)


def test_who_did_not_respond_answers_nothing_and_weighs_nothing(survey):
    silent = survey[~survey["is_responded"]]
    assert 0.04 < len(silent) / len(survey) < 0.15
    assert (silent["weight"] == 0).all()
    answers = ["surveyed_income_per_capita_yuan", "approves", "interview_date", "labour_capacity", *GUARANTEES]
    assert silent[answers].isna().all(axis=None)
    assert (survey.loc[survey["is_responded"], "weight"] > 0).all()


def test_some_answers_are_missing_from_households_that_responded(main_2020):
    share = main_2020[["surveyed_income_per_capita_yuan", "approves", "labour_capacity"]].isna().mean()
    assert (share > 0).all()
    assert (share < 0.02).all()


def test_the_listed_neighbours_carry_the_non_registered_households_of_the_frame(main_2020, truth):
    outside = main_2020[main_2020["group"] == "non_registered"].groupby("city_code")["weight"].sum()
    assert np.allclose(outside / truth["non_registered_households"], 1, atol=0.10)
    inside = main_2020[main_2020["group"] != "non_registered"].groupby("city_code")["weight"].sum()
    assert np.allclose(inside / truth["registered_households"], 1, atol=0.15)
    assert inside.sum() / truth["registered_households"].sum() == pytest.approx(1, abs=0.04)


def test_interviews_link_to_the_household_of_their_village(survey, households):
    link = survey.merge(
        households[["household_id", "year", "village_code", "registry_status"]],
        on=["household_id", "year"],
        how="left",
        suffixes=("", "_registry"),
        validate="many_to_one",
    )
    assert (link["village_code"] == link["village_code_registry"]).all()
    assert (link["registry_status"] == link["registry_status_registry"]).all()


def test_surveyed_incomes_err_by_the_stated_measurement_error(main_2020, households):
    now = households.loc[households["year"] == 2020, ["household_id", "disposable_income_per_capita_yuan"]]
    both = main_2020.merge(now, on="household_id").dropna(subset=["surveyed_income_per_capita_yuan"])
    error = np.log(both["surveyed_income_per_capita_yuan"] / both["disposable_income_per_capita_yuan"])
    middle = error[error.abs() < 0.12]  # padded incomes of wrong exits differ by more
    assert len(middle) / len(error) > 0.98
    assert middle.std() == pytest.approx(calibration()["survey"]["income_error_sd"], rel=0.05)
    assert abs(middle.mean()) < 0.001


def flagged(main_2020: pd.DataFrame) -> dict[str, tuple[pd.DataFrame, str]]:
    """Rates computed by hand from the clauses: population, and the column that flags its numerator."""
    outside = (
        main_2020[main_2020["group"] == "non_registered"].dropna(subset=["surveyed_income_per_capita_yuan"]).copy()
    )
    limit = LINES["identification_income"] * LINES["price_index"][2020]
    outside["flag"] = outside["surveyed_income_per_capita_yuan"] < limit
    inside = main_2020[main_2020["group"] != "non_registered"].copy()
    index = inside["identification_year"].map(LINES["price_index"])
    inside["flag"] = inside["identification_income_per_capita_yuan"] >= LINES["identification_income"] * index
    out = inside[inside["registry_status"] == "exited"]
    known = out.dropna(subset=["labour_capacity", *GUARANTEES, "surveyed_income_per_capita_yuan"]).copy()
    eligible = (known["labour_capacity"] != "full") & known["is_safety_net_eligible"].astype(bool)
    enrolled = known["is_dibao"].astype(bool) | known["is_tekun"].astype(bool)
    route_ok = np.where(eligible, enrolled, known["surveyed_income_per_capita_yuan"] >= line(2020))
    known["flag"] = ~(route_ok & known[GUARANTEES].astype(bool).all(axis=1))
    return {
        "omission_rate": (outside, "flag"),
        "wrong_inclusion_rate": (inside, "flag"),
        "wrongful_exit_rate": (known, "flag"),
    }


def test_estimated_rates_lie_within_their_error_of_the_truth(main_2020, truth):
    scores = []
    for name, (rows, flag) in flagged(main_2020).items():
        found = proportion(rows, flag, DESIGN, by="city_code").to_frame().set_index("city_code")
        assert len(found) == len(truth)
        error = np.hypot(found["se"], 0.004)  # zero findings carry no error of their own
        scores.append(((found["estimate"] - truth[name]) / error).rename(name))
    z = pd.concat(scores, axis=1)
    assert z.abs().max(axis=None) < 3.6, z
    assert 0.4 < (z**2).mean(axis=None) < 1.7, z
    assert abs(z.mean(axis=None)) < 0.5


def test_estimated_approval_lies_within_its_error_of_the_truth(main_2020, truth):
    rows = main_2020.dropna(subset=["approves"]).assign(approves=lambda d: d["approves"].astype(bool))
    design = SurveyDesign(weight="weight", stratum="stratum", psu="village_code")
    found = proportion(rows, "approves", design, by="city_code").to_frame().set_index("city_code")
    z = (found["estimate"] - truth["public_approval_rate"]) / found["se"]
    assert z.abs().max() < 3.6, z


@dataclass(frozen=True)
class Limit:
    value: float
    comparison: str
    is_defined: bool = True


def test_all_three_verdicts_occur_on_omission_and_on_wrongful_exit(main_2020):
    rates = flagged(main_2020)
    for name in ("omission_rate", "wrongful_exit_rate"):
        rows, flag = rates[name]
        verdicts = [judge(e, Limit(0.02, "<="), rho=0.05).state for e in proportion(rows, flag, DESIGN, by="city_code")]
        assert {VerdictState.MET, VerdictState.NOT_MET, VerdictState.UNDECIDED} <= set(verdicts), name


def overall(committed, keys: list[str]) -> dict[str, VerdictState]:
    book = RuleBook.load()
    out = {}
    for key in keys:
        code = city(key).code
        out[key] = gates(open_tables(committed.data, city=code), book.at(as_of="2020-12-31", city=code)).overall
    return out


def test_a_city_as_a_whole_can_be_met_not_met_or_undecided(committed):
    assert overall(committed, ["huizhou", "jieyang", "chaozhou"]) == {
        "huizhou": VerdictState.MET,
        "jieyang": VerdictState.NOT_MET,
        "chaozhou": VerdictState.UNDECIDED,
    }


@pytest.mark.slow
def test_at_least_half_of_the_14_cities_are_decided(committed):
    states = overall(committed, [c.key for c in CITIES if c.has_tasks])
    decided = [s for s in states.values() if s in (VerdictState.MET, VerdictState.NOT_MET)]
    assert len(decided) >= 7, states


def test_inclusion_probabilities_add_up_and_large_units_are_certain():
    size = np.array([1.0, 2.0, 3.0, 100.0, 0.0, 4.0])
    pi = draw.inclusion_probabilities(size, 3)
    assert pi.sum() == pytest.approx(3)
    assert pi[3] == 1.0
    assert pi[4] == 0.0
    assert np.allclose(pi[[0, 1, 2, 5]], 2 * size[[0, 1, 2, 5]] / 10)


def test_systematic_draws_hit_each_unit_as_often_as_its_probability():
    rng = np.random.default_rng(1)
    pi = draw.inclusion_probabilities(np.array([5.0, 1.0, 3.0, 8.0, 2.0, 6.0]), 3)
    hits = np.zeros(len(pi))
    for _ in range(4000):
        chosen = draw.systematic(rng, pi)
        assert len(set(chosen)) == 3
        hits[chosen] += 1
    assert np.abs(hits / 4000 - pi).max() < 4 * np.sqrt(0.25 / 4000)


def test_response_adjustment_keeps_the_total_of_every_cell():
    rng = np.random.default_rng(2)
    weight = rng.uniform(1, 9, 600)
    cell = np.repeat(np.arange(6), 100)
    answers, adjusted = draw.respond(rng, weight, np.full(600, 0.8), cell, np.zeros(600, dtype=int))
    assert np.allclose(np.bincount(cell, adjusted), np.bincount(cell, weight))
    assert (adjusted[~answers] == 0).all()


def test_a_cell_in_which_nobody_answers_is_carried_by_the_wider_cell():
    rng = np.random.default_rng(3)
    weight, cell = np.ones(200), np.repeat([0, 1], 100)
    probability = np.where(cell == 0, 0.0, 0.9)
    answers, adjusted = draw.respond(rng, weight, probability, cell, np.zeros(200, dtype=int))
    assert not answers[cell == 0].any()
    assert adjusted.sum() == pytest.approx(200)
