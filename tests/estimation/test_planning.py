"""Sample sizes, allocation and drawing."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from evaltools.errors import DataMissingError, EstimationError
from evaltools.estimation import (
    Objective,
    PlanOptions,
    draw,
    draw_files,
    equal_interval,
    plan,
    plan_files,
    power_to_decide,
    size_for_precision,
    size_for_verdict,
    systematic,
)
from evaltools.estimation.limits import judge_rate
from evaltools.estimation.planning import largest_remainder

GROUPS = {"registered_labour": 0.5, "non_registered": 0.3, "registered_no_labour": 0.2}
OMISSION = Objective("omission", 0.005, limit=0.02, group="non_registered")
APPROVAL = Objective("approval", 0.95, limit=0.90, comparison=">=")


@pytest.fixture
def villages() -> pd.DataFrame:
    rng = np.random.default_rng(0)
    n = 300
    return pd.DataFrame({
        "village_code": [f"44140{i % 6}{i:06d}" for i in range(n)], "city_code": ["441400"] * 200 + ["441500"] * 100,
        "county_code": [f"4414{i % 4:02d}" for i in range(200)] + [f"4415{i % 2:02d}" for i in range(100)],
        "name": [f"村{i}" for i in range(n)], "hukou_households": rng.integers(100, 900, n),
    })  # fmt: skip


@pytest.fixture
def roster(villages) -> pd.DataFrame:
    rng = np.random.default_rng(1)
    frame = villages.loc[villages.index.repeat(60), ["village_code"]].reset_index(drop=True)
    frame["household_id"] = [f"H{i:06d}" for i in range(len(frame))]
    frame["group"] = rng.choice(list(GROUPS), len(frame))
    return frame


class TestSizes:
    def test_precision_by_hand(self):
        assert size_for_precision(0.5, 0.05) == 385
        assert size_for_precision(0.5, 0.05, population=1000) == 278

    @pytest.mark.parametrize(("expected", "n"), [(0.0, 149), (0.02, None)])
    def test_a_two_percent_limit(self, expected, n):
        assert size_for_verdict(expected, 0.02) == n

    @pytest.mark.parametrize(
        ("expected", "limit", "comparison"),
        [(0.005, 0.02, "<="), (0.05, 0.02, "<="), (0.96, 0.9, ">="), (0.8, 0.9, ">=")],
    )
    def test_the_power_is_the_chance_that_judge_decides(self, expected, limit, comparison):
        rng = np.random.default_rng(2)
        n = size_for_verdict(expected, limit, comparison)
        deserved = 1 if (expected <= limit) == (comparison == "<=") else -1
        found = judge_rate(rng.binomial(n, expected, 20000) / n, np.full(20000, n), limit, comparison)
        assert (found == deserved).mean() == pytest.approx(
            float(power_to_decide(n, expected, limit, comparison)), abs=0.011
        )
        assert (found == deserved).mean() > 0.78


class TestPlan:
    def test_every_objective_is_reached_without_a_budget(self, villages):
        made = plan(villages, [OMISSION, APPROVAL, Objective("income", 0.3, margin=0.05)], PlanOptions(groups=GROUPS))
        assert made.objectives.is_reached.all()
        assert (made.strata.villages >= 2).all()
        assert made.strata.households.sum() == (made.strata.villages * 20).sum()

    def test_a_group_of_three_in_ten_needs_more_visits_than_households_of_its_own(self, villages):
        row = plan(villages, [OMISSION], PlanOptions(groups=GROUPS)).objectives.iloc[0]
        deff = 1 + (6 - 1) * 0.05
        assert row.households_needed == int(np.ceil(size_for_verdict(0.005, 0.02) * deff / 0.3 / 0.95))

    def test_whole_households_of_each_group_are_visited_in_a_village(self, villages):
        strata = plan(villages, [APPROVAL], PlanOptions(groups=GROUPS, per_village=15)).strata
        parts = strata[[f"{g}_per_village" for g in GROUPS]]
        assert (parts.sum(axis=1) == strata.per_village).all()
        assert parts.iloc[0].tolist() == [8, 4, 3]

    def test_notes_are_in_the_language_asked_for(self, villages):
        made = plan(villages, [OMISSION], PlanOptions(groups=GROUPS, budget=1000, village_cost=800), lang="zh")
        assert all("户" in n or "费用" in n for n in made.notes)
        assert all("梅州市" in n or "汕尾市" in n for n in made.notes)

    def test_what_a_budget_cannot_decide_is_said(self, villages):
        options = PlanOptions(groups=GROUPS, village_cost=2000, household_cost=200, budget=60_000)
        made = plan(villages, [OMISSION, APPROVAL], options)
        assert not made.objectives.set_index(["city", "objective"]).loc[("441400", "omission"), "is_reached"]
        assert any("cannot decide" in n or "chance of a verdict" in n for n in made.notes)
        assert (made.objectives.cost <= 60_000).all()

    def test_an_expectation_on_the_limit_is_decided_by_no_sample(self, villages):
        made = plan(villages, [Objective("edge", 0.02, limit=0.02)], PlanOptions())
        assert "no sample" in made.notes[0]

    def test_a_city_with_too_few_villages_is_named(self, villages):
        few = villages.groupby("county_code").head(3)
        assert any("exist" in n for n in plan(few, [OMISSION], PlanOptions(groups=GROUPS)).notes)

    @pytest.mark.parametrize("bad", [{"groups": {"a": 0.5}}, {"response_rate": 0}, {"rho": 2}, {"weighting": 0.5}])
    def test_nonsense_options(self, bad):
        with pytest.raises(EstimationError):
            PlanOptions(**bad)

    def test_a_village_without_households(self, villages):
        villages.loc[3, "hukou_households"] = 0
        with pytest.raises(EstimationError, match="rows 3"):
            plan(villages, [APPROVAL], PlanOptions())

    def test_whole_numbers_add_up(self):
        assert largest_remainder(np.array([5.0, 3, 2]), 20).tolist() == [10, 6, 4]
        assert largest_remainder(np.array([1.0, 1, 1]), 10).sum() == 10


class TestDraw:
    def test_systematic_draws_follow_their_probabilities(self):
        size = np.array([1.0, 2, 3, 4, 90])
        counts = np.zeros(5)
        for seed in range(4000):
            chosen, probability = systematic(size, 2, np.random.default_rng(seed))
            assert len(set(chosen)) == 2
            counts[chosen] += 1
        assert probability == pytest.approx([0.1, 0.2, 0.3, 0.4, 1.0])
        assert counts / 4000 == pytest.approx(probability, abs=0.03)

    def test_equal_intervals_are_equal(self):
        for seed in range(50):
            places = equal_interval(100, 7, np.random.default_rng(seed))
            assert len(set(places)) == 7
            assert set(np.diff(places)) <= {14, 15}

    def test_weights_estimate_the_frame(self, villages, roster):
        """Over many seeds, weighted counts of households average to the roster's."""
        made = plan(villages, [APPROVAL], PlanOptions(groups=GROUPS))
        found = []
        for seed in range(8):
            h = draw(villages, made, roster, seed=seed).households
            found.append(h[h.role == "main"].weight.sum())
        assert np.mean(found) == pytest.approx(len(roster), rel=3 * np.std(found) / np.mean(found) / np.sqrt(8))

    def test_the_five_three_two_rule_and_replacements(self, villages, roster):
        made = plan(villages, [APPROVAL], PlanOptions(groups=GROUPS))
        drawn = draw(villages, made, roster, seed=1)
        one = drawn.households[drawn.households.village_code == drawn.villages.village_code.iloc[0]]
        assert one[one.role == "main"].groupby("group").size().to_dict() == {
            "registered_labour": 10, "non_registered": 6, "registered_no_labour": 4,
        }  # fmt: skip
        assert (one[one.role == "replacement"].groupby("group").size() == [2, 2, 1]).all() or len(one) > 20
        assert not drawn.households.duplicated(["village_code", "household_id"]).any()
        assert set(drawn.villages.role) == {"main", "replacement"}
        assert drawn.households[drawn.households.role == "replacement"].weight.isna().all()

    def test_the_same_seed_gives_the_same_lists_and_another_city_does_not_change_them(self, villages, roster):
        made = plan(villages, [APPROVAL], PlanOptions(groups=GROUPS))
        a, b = draw(villages, made, roster, seed=7), draw(villages.sample(frac=1, random_state=0), made, roster, seed=7)
        pd.testing.assert_frame_equal(a.villages, b.villages)
        pd.testing.assert_frame_equal(a.households, b.households)
        only = villages[villages.city_code == "441500"]
        alone = draw(only, plan(only, [APPROVAL], PlanOptions(groups=GROUPS)), roster, seed=7).villages
        pd.testing.assert_frame_equal(alone, a.villages[a.villages.city == "441500"].reset_index(drop=True))

    def test_short_rosters_are_named(self, villages, roster):
        made = plan(villages, [APPROVAL], PlanOptions(groups=GROUPS))
        drawn = draw(villages, made, roster[roster.group != "non_registered"], seed=1)
        assert any("non_registered" in n for n in drawn.notes)
        planned, main = made.strata.households.sum(), drawn.villages[drawn.villages.role == "main"].village_code
        have = (drawn.households.village_code.isin(main) & (drawn.households.role == "main")).sum()
        assert drawn.notes[0].startswith(f"the roster gives {have} main households of the {planned} planned")

    def test_a_roster_without_groups_says_which_there_are(self, villages, roster):
        made = plan(villages, [APPROVAL], PlanOptions(groups=GROUPS))
        with pytest.raises(DataMissingError, match="one of registered_labour, non_registered"):
            draw(villages, made, roster.drop(columns="group"), seed=1)

    def test_village_weights_add_up_to_the_households_of_their_stratum(self, villages):
        made = plan(villages, [APPROVAL], PlanOptions())
        main = draw(villages, made, seed=1).villages.query("role == 'main'")
        for (city, stratum), part in main.groupby(["city", "stratum"]):
            there = villages[(villages.city_code == city) & (villages.county_code == stratum)]
            sizes = part["size"] * part.village_weight  # each village but a certain one stands for one interval
            assert sizes.sum() == pytest.approx(there.hukou_households.sum(), rel=1e-9)

    def test_files_in_and_excel_out(self, villages, roster, tmp_path):
        villages.to_parquet(tmp_path / "v.parquet")
        roster.to_csv(tmp_path / "r.csv", index=False)
        options = PlanOptions(groups=GROUPS)
        plan_files(tmp_path / "v.parquet", tmp_path / "plan.xlsx", [OMISSION], options, cities=["441400"])
        assert set(pd.ExcelFile(tmp_path / "plan.xlsx").sheet_names) == {"说明", "目标", "分配"}
        for name in ("a.xlsx", "b.xlsx"):
            draw_files(tmp_path / "v.parquet", tmp_path / name, [APPROVAL], options, seed=3, roster=tmp_path / "r.csv")
        assert (tmp_path / "a.xlsx").read_bytes() == (tmp_path / "b.xlsx").read_bytes()
        listed = pd.read_excel(tmp_path / "a.xlsx", sheet_name="户", dtype=str)
        assert {"行政村代码", "户编号", "权数", "用途"} <= set(listed)
        assert listed["行政村代码"].str.len().eq(12).all()
        assert set(listed["户类别"]) == {"有劳动能力建档立卡户", "非建档立卡户", "无劳动能力建档立卡户"}
        assert "梅州市" in set(listed["地市名称"])
        said = pd.read_excel(tmp_path / "a.xlsx", sheet_name="说明", dtype=str)["项目"].tolist()
        assert not [word for word in said if word.isascii()]
        with pytest.raises(DataMissingError, match="999"):
            plan_files(tmp_path / "v.parquet", tmp_path / "x.xlsx", [OMISSION], options, cities=["999"])
