"""The published figures are met exactly; what the rule book says is not contradicted."""

from __future__ import annotations

import numpy as np
import pytest

from evaltools.errors import ParameterError
from evaltools.standards import RuleBook
from evaltools.synthetic import generate
from evaltools.synthetic.config import (
    HELPED_PAIRS,
    HELPER_OF,
    calibration,
    largest_remainder,
    make_plan,
    places,
    stream,
    truth_rates,
)
from evaltools.terms import CITIES


def totals(plan) -> dict[str, int]:
    out: dict[str, int] = {}
    for quota in plan.cities:
        for helper, n in quota.poor_villages.items():
            out[helper] = out.get(helper, 0) + n
    return out


def test_the_full_province_has_the_published_partition_of_poor_villages():
    plan = make_plan(1.0, seed=1)
    assert totals(plan) == {"provincial_unit": 246, "pearl_delta_city": 1719, "own_city": 37 + 46, "local_unit": 229}
    by_city = {q.code: q.poor_villages for q in plan.cities}
    assert by_city["440500"] == {"own_city": 37}
    assert by_city["441300"] == {"own_city": 46}
    assert by_city["440700"] == {}
    assert sum(by_city["441500"].values()) == 137
    assert by_city["441400"]["pearl_delta_city"] + by_city["441800"]["pearl_delta_city"] == 477


def test_meizhou_and_qingyuan_have_more_poor_villages_than_guangzhou_helps():
    by_city = {q.code: sum(q.poor_villages.values()) for q in make_plan(1.0, seed=1).cities}
    assert by_city["441400"] + by_city["441800"] > 477


def test_the_full_province_has_the_published_persons_and_about_650_thousand_households():
    cities = make_plan(1.0, seed=1).cities
    assert sum(sum(q.persons) for q in cities) == 1_615_000
    assert sum(sum(q.households) for q in cities) == 650_000
    assert sum(sum(q.persons) + q.removed_persons for q in cities) == 1_765_000
    assert sum(sum(q.households) + q.removed_households for q in cities) == 708_000
    assert sum(q.persons[0] for q in cities) == 367_800
    assert sum(q.households[0] for q in cities) == 118_200


def test_seven_in_ten_registered_persons_live_outside_poor_villages():
    cities = make_plan(1.0, seed=1).cities
    outside = sum(q.persons[2] for q in cities) / 1_615_000
    assert outside == pytest.approx(0.70, abs=0.005)


def test_fourteen_cities_with_tasks_have_97_counties_and_1112_towns():
    tasked = {c.code for c in CITIES if c.has_tasks}
    assert len(tasked) == 14
    units = [len(places()[c]["counties"]) + places()[c].get("extra", 0) for c in tasked]
    assert sum(units) == 97
    assert sum(q.towns for q in make_plan(1.0, seed=1).cities if q.code in tasked) == 1112


def test_guidance_villages_are_477_split_by_payer_as_published():
    guided = [q.guidance_villages for q in make_plan(1.0, seed=1).cities if q.guidance_villages]
    assert len(guided) == 2
    assert {p: sum(g[p] for g in guided) for p in guided[0]} == {"helping_city": 74, "district": 330, "enterprise": 73}


@pytest.mark.parametrize("scale", [0.01, 0.02, 0.1, 0.5])
def test_a_scaled_province_keeps_the_shape_of_the_partition(scale):
    plan = make_plan(scale, seed=1)
    found = totals(plan)
    assert found["pearl_delta_city"] / sum(found.values()) == pytest.approx(1719 / 2277, abs=0.05)
    assert sum(sum(q.persons) for q in plan.cities) == round(1_615_000 * scale)


@pytest.mark.parametrize("scale", [0.0, 0.005, 1.5, -1.0, float("nan")])
def test_a_scale_outside_its_range_is_refused_with_the_range(scale, tmp_path):
    with pytest.raises(ParameterError, match=r"0\.01 to 1"):
        generate(tmp_path / "a", tmp_path / "b", scale=scale)
    assert not list(tmp_path.glob("*/*"))


def test_truth_may_not_lie_inside_the_data(tmp_path):
    for truth in (tmp_path / "a", tmp_path / "a" / "truth", tmp_path):
        with pytest.raises(ParameterError, match="two folders"):
            generate(tmp_path / "a", truth, scale=0.01)


def test_a_city_without_a_registry_cannot_be_asked_for(tmp_path):
    with pytest.raises(ParameterError, match="440100"):
        generate(tmp_path / "a", tmp_path / "b", scale=0.01, cities=["440100"])


@pytest.mark.parametrize(
    ("total", "weights", "minimum"), [(10, [1, 1, 1], 0), (2277, [3, 5, 7, 0.2], 1), (7, [1e-9, 1], 2)]
)
def test_parts_add_up_to_the_whole(total, weights, minimum):
    parts = largest_remainder(total, np.array(weights, dtype=float), minimum)
    assert parts.sum() == total
    assert parts.min() >= minimum
    ideal = minimum + (total - minimum * len(weights)) * np.array(weights) / sum(weights)
    assert np.abs(parts - ideal).max() < 1


def test_a_whole_too_small_for_its_parts_is_refused():
    with pytest.raises(ParameterError, match="larger scale"):
        largest_remainder(3, np.ones(4), minimum=1)


def test_streams_differ_by_city_and_purpose_and_repeat_by_seed():
    draw = {
        key: stream(*key).random()
        for key in [(1, "441400", "a"), (1, "441400", "b"), (1, "441800", "a"), (2, "441400", "a")]
    }
    assert len(set(draw.values())) == 4
    assert stream(1, "441400", "a").random() == draw[(1, "441400", "a")]


def test_pairs_and_lines_are_those_of_the_rule_book():
    book = RuleBook.load()
    for helper, pair in HELPED_PAIRS.items():
        assert set(book.pairings.helped_by(helper)) == set(pair)
    for helped, helper in HELPER_OF.items():
        assert book.pairings.helper_of(helped) == helper
    lines = calibration()["lines"]
    for year in (2018, 2020):
        rules = book.at(as_of=f"{year}-12-31", city="441400")
        assert rules["exit.household_income_line_planned"].value == lines["planned_household"][year]
        assert rules["exit.household_income_share"].value == lines["household_share"]
        assert rules["exit.village_income_share"].value == lines["village_share"]
        actual = lines["household_share"] * lines["provincial_rural_disposable"][year]
        assert rules["exit.household_income_line_actual"].value == pytest.approx(actual, rel=1e-9)
        assert rules["identification.household_income_max"].value == lines["identification_income"]
    assert rules["finance.guidance_fund_per_village_year"].value == calibration()["published"]["guidance_fund"]


def test_every_city_with_a_registry_has_true_rates_and_some_lie_on_each_side_of_the_limit():
    cities = truth_rates()["cities"]
    assert set(cities) == set(calibration()["invented"]["cities"])
    for rate in ("omission", "wrongful_exit"):
        values = [c[rate] for c in cities.values()]
        assert min(values) < 0.005
        assert max(values) > 0.04
        assert any(0.01 <= v <= 0.03 for v in values)
