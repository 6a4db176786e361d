"""The demo data was made with known rates, kept apart: the estimates must find them, and no verdict may deny them."""

import pandas as pd
import pytest

from evaltools.indicators import gates, household_exits, stock_flow
from evaltools.intake import open_tables
from evaltools.terms import CITIES, VerdictState

TRUTH = {
    "omission_rate": "omission_rate",
    "wrongful_exit_rate": "wrongful_exit_rate",
    "wrong_inclusion_rate": "wrong_inclusion_rate",
    "composite_poverty_incidence": "composite_incidence",
    "public_approval_rate": "public_approval_rate",
}
WITH_TASKS = [c.code for c in CITIES if c.has_tasks]


@pytest.fixture(scope="module")
def recovered(demo, book):
    truth = pd.read_parquet(demo.parent / "demo_truth" / "city_rates.parquet").set_index(["city_code", "year"])

    def found(codes):
        rows = []
        for code in codes:
            results = gates(open_tables(demo, city=code), book.at("2020-12-31", city=code))
            for name, column in TRUTH.items():
                result, true = results[name], float(truth.loc[(code, 2020), column])
                is_good = result.limit is None or (
                    true <= result.limit if result.comparison == "<=" else true >= result.limit
                )
                rows.append((code, name, true, result.rate, result.low <= true <= result.high, result.state, is_good))
        return pd.DataFrame(rows, columns=["city", "gate", "true", "rate", "is_inside", "state", "is_good"])

    return found


def assert_recovers(rows: pd.DataFrame, share: float) -> None:
    assert rows["is_inside"].mean() >= share, rows[~rows["is_inside"]]
    wrongly_met = rows[(rows["state"] == VerdictState.MET) & ~rows["is_good"]]
    wrongly_failed = rows[(rows["state"] == VerdictState.NOT_MET) & rows["is_good"]]
    assert len(wrongly_met) + len(wrongly_failed) <= 0.05 * len(rows), (wrongly_met, wrongly_failed)


def test_the_true_rates_lie_in_the_intervals_of_three_cities(recovered):
    """A city that meets the gates, one that misses them, one between."""
    assert_recovers(recovered(["445300", "440800", "441400"]), 0.8)


@pytest.mark.slow
def test_the_true_rates_lie_in_the_intervals_of_most_cities(recovered):
    rows = recovered(WITH_TASKS)
    assert_recovers(rows, 0.85)
    assert {VerdictState.MET, VerdictState.NOT_MET, VerdictState.UNDECIDED} <= set(rows["state"])


def test_the_account_of_an_untouched_city_closes_and_planted_gaps_are_found(demo, book):
    planted = pd.read_json(demo.parent / "demo_truth" / "planted.json")["planted"].apply(pd.Series)
    planted = planted[planted["kind"].str.startswith("stock_flow")]
    for code in ["441400", *planted["city_code"].unique()]:
        account = stock_flow(open_tables(demo, city=str(code)), book.at("2020-12-31", city=str(code)))
        mine = planted[planted["city_code"] == code]
        gaps = account.offending[account.offending["residual"] != 0]
        assert set(gaps["county_code"]) >= set(mine[mine["year"] > 2016]["county_code"])
        assert len(set(gaps["county_code"])) <= len(mine)


def test_every_registered_household_of_a_demo_city_gets_a_verdict(demo, book):
    tables = open_tables(demo, city="441400")
    found = household_exits(tables, book.at("2020-12-31", city="441400"))
    assert found.frame["verdict"].notna().all()
    assert found.frame["household_id"].is_unique
    total = found.summary[[f"households_{s}" for s in ("met", "not_met", "evidence_missing", "rule_undefined")]]
    assert total.to_numpy().sum() == len(found.frame)
