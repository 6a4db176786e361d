"""Features know nothing after year t; labels lie strictly later; the guard refuses what breaks that."""

import numpy as np
import pandas as pd
import pytest

from evaltools.errors import DataMissingError
from evaltools.risk import RiskInputError
from evaltools.risk.features import LINE, WELFARE, return_sample
from evaltools.risk.guard import check_features, check_windows
from evaltools.risk.history import make_history, returned_next_year

LINES = {2016: 6500.0, 2017: 7100.0, 2018: 7700.0, 2019: 8400.0, 2020: 9000.0}


@pytest.fixture(scope="module")
def tables(demo):
    """One small city of the demo."""
    return [
        pd.read_parquet(demo / f"{t}.parquet", filters=[("city_code", "==", "441300")])
        for t in ("households", "villages")
    ]


@pytest.fixture(scope="module")
def sample(tables):
    return return_sample(*tables, LINES)


def test_what_happens_after_t_changes_no_feature_of_t(tables, sample):
    """Shuffle and spoil everything of 2019 and later: features of 2018 and earlier stay, to the bit."""
    households, villages = (t.copy() for t in tables)
    rng = np.random.default_rng(0)
    after = households["year"] >= 2019
    for column in households.columns.difference(
        ["household_id", "year", "city_code", "county_code", "village_code", "town_code"]
    ):
        values = households.loc[after, column].to_numpy(copy=True)
        rng.shuffle(values)
        households.loc[after, column] = values
    villages.loc[villages["year"] >= 2019, "disposable_income_per_capita_yuan"] = 1.0
    spoiled = return_sample(households, villages, LINES)
    for year in (2016, 2017, 2018):
        pd.testing.assert_frame_equal(spoiled.at(year).X, sample.at(year).X)


def test_labels_are_returns_of_the_following_year(tables, sample):
    returned = tables[0].query("change_in == 'returned'")[["household_id", "year"]]
    came_back = set(zip(returned["household_id"], returned["year"] - 1, strict=True))
    mine = list(zip(sample.keys["household_id"], sample.keys["year"], strict=True))
    for key, y in zip(mine, sample.y, strict=True):
        if not np.isnan(y):
            assert (key in came_back) == (y == 1)
    assert (sample.y == 1).sum() == len(came_back & set(mine)) > 0


def test_the_newest_year_has_no_outcome_and_no_row_is_lost_unrecorded(sample):
    assert np.isnan(sample.at(2020).y).all()
    counts = sample.counts
    assert (
        counts["exited"]
        == counts["returned"] + counts["not_returned"] + counts["outcome_unknown"] + counts["without_line"]
    )


def test_only_exited_households_are_looked_at(tables, sample):
    status = tables[0].set_index(["household_id", "year"])["registry_status"]
    index = pd.MultiIndex.from_frame(sample.keys[["household_id", "year"]])
    assert (status.reindex(index) == "exited").all()


def test_growth_and_volatility_are_missing_in_the_first_year_not_zero(sample):
    assert sample.at(2016).X[["income_growth", "income_volatility", "wage_change"]].isna().all().all()
    assert sample.at(2018).X["income_volatility"].notna().mean() > 0.9


def test_features_by_hand():
    rows = [
        _row("H1", 2017, income=14200.0, persons=2, wage=20000, transfer=8400, change_out="exited", support=500),
        _row("H1", 2018, income=7700.0, persons=2, wage=15400, transfer=0, shock="illness"),
        _row("H1", 2019, income=4200.0, persons=2, wage=0, transfer=8400, change_in="returned", status="poor"),
    ]
    got = return_sample(pd.DataFrame(rows), None, LINES)
    assert got.y.tolist() == [0.0, 1.0]
    a, b = (got.X.iloc[i] for i in range(2))
    assert (a[WELFARE], a[LINE]) == (14200, 7100)
    assert a["wage_share"] == pytest.approx(20000 / 28400)
    assert b["income_growth"] == pytest.approx(np.log(1.0) - np.log(2.0))
    assert b["income_volatility"] == pytest.approx(np.std([np.log(2.0), 0.0], ddof=1))
    assert b["wage_change"] == pytest.approx(15400 / 2 / 7700 - 20000 / 2 / 7100)
    assert (a["years_since_exit"], b["years_since_exit"]) == (0, 1)
    assert (a["earlier_returns"], b["earlier_returns"]) == (0, 0)
    assert b["dependants_per_labourer"] == 1


def test_a_gap_of_a_year_is_no_outcome_and_no_growth():
    rows = [_row("H1", 2016, income=9000.0), _row("H1", 2018, income=9000.0, change_in="returned")]
    got = return_sample(pd.DataFrame(rows), None, LINES)
    assert np.isnan(got.y).all()
    assert got.counts["lost_to_follow_up"] == 1
    assert np.isnan(got.X["income_growth"]).all()


def test_an_earlier_return_is_remembered():
    rows = [_row("H1", 2016), _row("H1", 2017, change_in="returned", change_out="exited"), _row("H1", 2018)]
    got = return_sample(pd.DataFrame(rows), None, LINES)
    assert got.X["earlier_returns"].tolist() == [0, 1, 1]
    assert got.y[:2].tolist() == [1.0, 0.0]


def test_a_household_twice_in_a_year_is_refused():
    with pytest.raises(RiskInputError, match="two rows in one year"):
        make_history(pd.DataFrame([_row("H1", 2016), _row("H1", 2016)]))


def test_the_outcome_of_the_last_row_of_another_household_is_not_mine():
    panel = make_history(pd.DataFrame([_row("H1", 2016), _row("H2", 2017, change_in="returned")]))
    assert np.isnan(returned_next_year(panel)).all()


def test_absent_columns_are_named(tables):
    with pytest.raises(DataMissingError, match="ill_members"):
        return_sample(tables[0].drop(columns="ill_members"), tables[1], LINES)


@pytest.mark.parametrize(
    ("column", "values", "word"),
    [
        ("returned_year", [2017, 2018], "outcome"),
        ("income_2020_yuan", [1, 2], "dated 2020"),
        ("last_visit_year", [2018, 2021], "lie after year t"),
        ("visited", pd.to_datetime(["2018-01-01", "2020-05-01"]), "lie after year t"),
        ("is_flagged", [False, True], "equals the label"),
        ("risk_word", ["low", "high"], "equals the label"),
    ],
)
def test_the_guard_refuses_columns_dated_later_or_made_from_the_outcome(column, values, word):
    X = pd.concat([pd.DataFrame({"persons": [2, 3], column: values})] * 20, ignore_index=True)
    with pytest.raises(RiskInputError, match=word) as caught:
        check_features(X, 2019, np.tile([0.0, 1.0], 20))
    assert column in str(caught.value)


def test_the_guard_lets_the_past_through():
    X = pd.DataFrame({"income_2018_yuan": [1, 2], "exit_known_year": [2017, None], "persons": [1, 2]})
    check_features(X, 2019, np.array([0.0, 1.0]))


def test_a_label_window_that_overlaps_the_features_is_refused():
    with pytest.raises(RiskInputError, match="overlaps"):
        check_windows(np.array([2018, 2019]), np.array([2019, 2019]))


def _row(hid, year, *, income=9000.0, persons=2, wage=10000, transfer=0, status="exited", change_in="none",
         change_out="none", shock="none", support=0):  # fmt: skip
    return {
        "household_id": hid, "year": year, "city_code": "441300", "county_code": "441302", "town_code": "441302001",
        "village_code": "441302001001", "registry_status": status, "exit_year": None, "change_in": change_in,
        "change_out": change_out, "disposable_income_per_capita_yuan": income, "wage_income_yuan": wage,
        "business_income_yuan": 0, "property_income_yuan": 0, "transfer_income_yuan": transfer, "transfer_paid_yuan": 0,
        "persons": persons, "labourers": 1, "children": 0, "elderly": 0, "students": 0, "ill_members": 0,
        "disabled_members": 0, "head_age": 50, "head_education_years": 6, "head_sex": "male",
        "is_ethnic_minority": False, "labour_capacity": "full", "is_safety_net_eligible": False,
        "is_dibao": False, "is_tekun": False,
        "education_ok": True, "healthcare_ok": True, "housing_ok": True, "drinking_water_ok": True,
        "housing_grade": "A", "main_industry": "crops", "shock": shock,
        "is_in_poor_village": True, "persons_joined": 0, "persons_left": 0,
        "loan_yuan": 0, "support_received_yuan": support,
    }  # fmt: skip
