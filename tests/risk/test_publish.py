"""What leaves the room of the model: small counts and what follows from them are withheld; one city stops no other."""

import dataclasses
import pickle
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from evaltools.errors import DataInvalidError
from evaltools.risk import publish, results
from evaltools.risk.faults import RiskInputError
from evaltools.risk.published import Absence, CityTables
from evaltools.standards import RuleBook


@pytest.fixture(scope="module")
def book():
    return RuleBook.load()


@pytest.fixture(scope="module")
def rules(book):
    return book.at("2020-12-31")


def city(**changes):
    """One city's results as the model gives them."""
    base = {
        "households": 400, "classes": {"not_yet_exited": 5, "unstable_exited": 394, "marginal_at_risk": 60},
        "record": {"budget": 0.1},
    }  # fmt: skip
    return SimpleNamespace(**(base | changes))


def test_returns_of_a_small_year_are_withheld_with_a_second_year_and_the_rate(rules):
    history = pd.DataFrame({"year": [2017, 2018, 2019], "exited": [200, 210, 220], "returned": [20, 4, 30]})
    shown = publish._history(history, rules).set_index("year")
    assert shown.loc["2018", ["returned", "rate"]].isna().all()
    assert shown.loc[["2017", "2018", "2019"], "returned"].isna().sum() == 2
    assert shown.loc["all", "returned"] == 54


def test_a_class_goes_with_its_complement_among_its_own_households(rules):
    shown = publish._classes(city(), rules).set_index("category")["households"]
    assert shown.isna().to_dict() == {"not_yet_exited": True, "unstable_exited": True, "marginal_at_risk": False}


def test_recalls_are_printed_only_where_the_counts_behind_them_may_be():
    found = np.array([6.0, 29.0, 46.0])
    assert publish.printable(found, 81, 10, first=1).tolist() == [False, True, True]
    assert publish.printable(np.array([12.0, 15.0, 40.0]), 81, 10, first=1).tolist() == [False, True, True]
    assert publish.printable(np.array([0.0, 15.0, 75.0]), 81, 10, first=1).tolist() == [True, True, False]


def test_no_printed_recalls_leave_a_difference_of_one_to_nine():
    rng = np.random.default_rng(3)
    for _ in range(200):
        total = int(rng.integers(10, 90))
        found = np.sort(rng.uniform(0, total, 3))
        kept = np.r_[0.0, found[publish.printable(found, total, 10, first=1)], total]
        gaps = np.diff(kept)
        assert ((gaps < 1e-9) | (gaps >= 10)).all()


def test_a_withheld_recall_takes_its_interval_and_difference_along():
    reach = pd.DataFrame(
        {"score": "model", "share": [0.05, 0.1, 0.2], "estimate": [0.07, 0.36, 0.57], "low": 0.01, "high": 0.9, "n": 900,
         "events": 81}
    )  # fmt: skip
    shown = publish._reach(reach, 10)
    assert shown.loc[0, ["recall", "low", "high"]].isna().all()
    assert shown.loc[1, ["recall", "low", "high"]].notna().all()


def test_the_list_by_county_hides_short_lists_and_what_they_expect(rules):
    counties = pd.DataFrame(
        {"area": ["441402", "441424", "441426"], "households": [60, 300, 320], "listed": [6, 30, 32],
         "expected_returns": [1.5, 8.0, 9.0], "expected_listed": [0.6, 3.0, 3.1]}
    )  # fmt: skip
    shown = publish._lists(counties, rules).set_index("county_code")
    assert shown.loc["441402", ["listed", "expected_listed"]].isna().all()
    assert shown["listed"].isna().sum() == 2
    assert shown.loc["", "listed"] == 68


def test_survival_stops_where_returns_become_too_few(rules):
    table = pd.DataFrame(
        {"cohort": "all", "years": [1, 2, 3], "at_risk": [900, 600, 200], "returned": [30, 15, 2], "survival": [0.97, 0.94, 0.93],
         "low": 0.9, "high": 0.99}
    )  # fmt: skip
    shown = publish._survival(table, rules)
    assert pd.isna(shown["survival"].iloc[-1])
    assert not pd.isna(shown["survival"].iloc[0])


def test_the_share_of_the_vulnerable_is_printed_only_where_its_counts_may_be():
    found = {"n": 100, "left_out": 0, "mean": 0.1, "vulnerable": 9, "r2": 0.3}
    assert publish._vulnerability(found, 10)["share"] is None
    assert publish._vulnerability(found | {"vulnerable": 10}, 10)["share"] == 0.1
    assert publish._vulnerability(found | {"vulnerable": 95}, 10)["share"] is None
    assert publish._vulnerability(found | {"left_out": 3}, 10)["n"] is None
    assert publish._vulnerability({}, 10) == {}


def test_a_withheld_year_of_one_cohort_takes_another_along_so_that_no_difference_tells(rules):
    rows = [("2017", 1, 900, 30), ("2017", 2, 800, 20), ("2018", 1, 500, 4), ("2018", 2, 490, 15), ("2019", 1, 700, 25),
            ("all", 1, 2100, 59), ("all", 2, 1290, 35)]  # fmt: skip
    table = pd.DataFrame(rows, columns=["cohort", "years", "at_risk", "returned"]).assign(survival=0.95, low=0.9, high=0.99)
    shown = publish._cohorts(table, rules).set_index(["cohort", "years"])["survival"]
    assert set(shown.index[shown.isna()]) == {("2018", 1), ("2018", 2), ("2019", 1), ("2017", 2)}
    assert shown[("2017", 1)] == shown[("all", 1)] == 0.95


def test_a_small_group_is_withheld_altogether_and_a_small_recall_alone(rules):
    groups = pd.DataFrame(
        {"how": "time", "group": ["all", "a", "b"], "n": [9000, 500, 3000], "events": [300, 5, 60],
         "recall": [0.4, 0.2, 0.1], "observed_to_expected": 1.0, "listed": 0.1}
    )  # fmt: skip
    shown = publish._groups(groups, rules).set_index("group")
    assert shown.loc["a"].isna().all()
    assert pd.isna(shown.loc["b", "recall"])
    assert shown.loc["b", "events"] == 60


class Folder:
    """A city's tables: a panel, or an error when it is read."""

    def __init__(self, panel=None, error=None):
        self.panel, self.error = panel, error

    def has(self, table):
        return table == "households" and (self.panel is not None or self.error is not None)

    def load(self, table, columns=None, year=None):
        if self.error:
            raise self.error
        return self.panel


PANEL = pd.DataFrame({"household_id": ["H1", "H2"], "year": [2020, 2020], "change_in": ["none", "returned"]})


def made(folders, book, rules, year=2020):
    return results.risk_tables(folders.__getitem__, list(folders), book, rules, year)


def test_a_broken_table_takes_its_own_city_out_and_no_other(book, rules, monkeypatch):
    seen = []
    monkeypatch.setattr(results, "fit_province", lambda h, *a, **k: seen.append(len(h)) or "province")
    monkeypatch.setattr(results, "city_risk", lambda province, code: code)
    monkeypatch.setattr(results, "publish_city", lambda province, one, rules: one)
    monkeypatch.setattr(results, "publish_model", lambda province, cities, rules: cities)
    folders = {"441400": Folder(PANEL), "441800": Folder(error=DataInvalidError("3 rows without a village")), "441500": Folder()}
    found = made(folders, book, rules)
    assert seen == [2]
    assert found.model == ("441400",)
    assert found.city("441400") == "441400"
    assert found.city("441800") == Absence("broken_table", "3 rows without a village")
    assert found.city("441500") == Absence("missing_table", "households")


def test_too_few_returns_leave_no_model_and_say_so(book, rules, monkeypatch):
    def refuse(*a, **k):
        raise RiskInputError("1 event(s) and 30 non-event(s)")

    monkeypatch.setattr(results, "fit_province", refuse)
    found = made({"441400": Folder(PANEL)}, book, rules)
    assert found.model is None
    assert found.city("441400") == Absence("too_few_returns", "1 event(s) and 30 non-event(s)")


def test_a_year_without_a_line_and_a_folder_without_a_registry_are_told_apart(book, rules, monkeypatch):
    assert made({"441400": Folder()}, book, rules).city("441400").kind == "missing_table"
    monkeypatch.setattr(results, "exit_lines", lambda *a: {})
    assert made({"441400": Folder(PANEL)}, book, rules).city("441400") == Absence("no_line", "2020")


def test_what_is_kept_has_no_field_for_a_household():
    names = {f.name for f in dataclasses.fields(CityTables)}
    assert not names & {"watch", "sample", "held", "model"}
    absence = Absence("no_line", "2035")
    assert pickle.loads(pickle.dumps(absence)) == absence
