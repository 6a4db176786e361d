"""The border of the catalogue: no share or count of a city or county tells of one to nine households."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from evaltools.indicators import Catalogue
from evaltools.indicators.engine.result import IndicatorTable, Measured, TableSums
from evaltools.report.publish_indicators import of_city, publish_indicators
from evaltools.report.publish_support import publish_arrivals, publish_teams

COUNTIES = ("441402", "441403", "441424")


@pytest.fixture(scope="module")
def published(book):
    """published("housing.safe_share", yes, no): an indicator of three counties; the city is their sum."""

    def make(name, yes, no=None, **more):
        yes = np.array([*yes, sum(yes)], dtype=float)
        no = np.array([*no, sum(no)], dtype=float) if no is not None else np.zeros(4)
        none, nan = np.zeros(4), np.full(4, np.nan)
        entry = Catalogue.load()[name]
        value = yes / np.where(yes + no, yes + no, np.nan) if entry.statistic.value == "share" else yes
        given = {"rows": yes + no, "low": value, "high": value} | {k: np.array(v, dtype=float) for k, v in more.items()}
        measured = Measured(value=value, numerator=yes, denominator=yes + no, open_rows=none, unsure_rows=none, se=nan,
                            **given)  # fmt: skip
        areas = pd.DataFrame({"year": 2020, "level": ["county"] * 3 + ["city"], "city_code": "441400",
                              "area_code": [*COUNTIES, "441400"], "inside": None})  # fmt: skip
        sums = TableSums(areas, {name: measured}, {(2020, "441400"): {}}, {(2020, "441400"): frozenset()})
        table = SimpleNamespace(tables={entry.table: sums}, catalogue=Catalogue.load(), year=2020,
                                missing=pd.DataFrame(columns=["indicator", "reason"]))  # fmt: skip
        return publish_indicators(table, book.at("2020-12-31", city="441400"), [name]).readings[name]

    return make


def test_a_share_whose_parts_are_large_is_printed_with_best_and_worst_county(published):
    r = published("housing.safe_share", [90, 60, 70], [10, 40, 30])
    assert r.value == pytest.approx(220 / 300)
    assert (r.best, r.worst) == (("441402", 0.9), ("441403", 0.6))
    assert (r.numerator, r.denominator) == (220, 300)


def test_fewer_than_ten_who_miss_it_leave_a_bound_that_holds_for_any_of_them(published):
    r = published("housing.safe_share", [100, 100, 95], [0, 0, 5])
    assert r.value is None
    assert r.is_withheld
    assert r.bound == (">=", 0.970)
    assert r.bound[1] <= 1 - 9 / 300, "nine would be allowed by it"
    assert (r.numerator, r.denominator, r.worst) == (None, None, None)


def test_fewer_than_ten_who_keep_it_leave_an_upper_bound(published):
    assert published("housing.safe_share", [3, 0, 0], [97, 100, 100]).bound == ("<=", 0.03)


def test_of_a_handful_of_households_not_even_a_bound_is_told(published):
    r = published("housing.safe_share", [9, 0, 0], [4, 0, 0])
    assert (r.value, r.bound) == (None, None)


def test_a_withheld_county_cannot_be_worked_out_from_the_city_and_the_others(published):
    r = published("housing.safe_share", [95, 60, 70], [5, 40, 30])
    known = {c for c in (r.best, r.worst) if c}
    assert "441402" not in {code for code, _ in known}
    assert r.value is not None, "the city's own parts are large"
    assert len(known) < 2, "a second county is withheld with it"


def test_a_small_count_of_households_is_withheld_and_zero_is_not(published):
    assert published("housing.no_dwelling", [4, 0, 0]).value is None
    assert published("housing.no_dwelling", [0, 0, 0]).value == 0.0
    assert published("housing.no_dwelling", [20, 30, 40]).value == 90.0


def test_a_share_of_villages_is_no_secret(published):
    assert published("villages.bus_share", [10, 5, 4], [0, 0, 1]).value == pytest.approx(0.95)


def test_county_samples_are_not_ranked_and_a_sample_of_nine_is_not_shown(published):
    r = published("survey.approval_share", [90, 60, 70], [10, 40, 30], rows=[100, 100, 100, 300])
    assert (r.best, r.worst) == (None, None)
    assert r.value is not None
    assert published("survey.approval_share", [3, 3, 3], [0, 0, 0], rows=[3, 3, 3, 9]).value is None


def test_money_that_has_not_arrived_by_the_day_is_not_counted(flows, book):
    late = flows.assign(paid_date=flows["paid_date"].where(flows["payer"] != "province", pd.Timestamp("2021-01-04")))
    found = publish_arrivals(late, book.at("2020-12-31", city="441400")).years
    assert found.to_dict("records") == [
        {"year": 2020, "payer": "helping_city", "yuan": 3e6}, {"year": 2020, "payer": "local_city", "yuan": 1e6}
    ]  # fmt: skip


def test_a_village_between_two_captains_counts_as_without(book):
    posts = pd.DataFrame({
        "team_level": "village", "post": "captain", "village_code": ["1", "1", "2", "3"],
        "from_date": ["2020-01-01", "2020-04-01", "2020-01-01", "2020-01-01"],
        "to_date": ["2020-02-15", None, None, None],
    })  # fmt: skip
    villages = pd.DataFrame({"village_code": ["1", "2", "3"], "is_poor_village": [True, True, False]})
    found = publish_teams(posts, villages, book.at("2020-12-31", city="441400"))
    shares = dict(zip(found.months["month"].dt.month, found.months["share"], strict=True))
    assert (shares[2], shares[3], shares[4], shares[12]) == (1.0, 0.5, 1.0, 1.0)
    assert (found.villages, found.rows) == (2, 3), "a village that is not relatively poor is not asked for one"


def test_one_city_out_of_several_is_published_as_if_it_stood_alone(book):
    """Two cities of one county each and the province: the first has 30 of 40, the second 9 of 40."""
    yes = np.array([30.0, 30.0, 9.0, 9.0, 39.0])
    none, nan = np.zeros(5), np.full(5, np.nan)
    measured = Measured(value=yes / 40, numerator=yes, denominator=np.array([40.0, 40, 40, 40, 80]), rows=none + 40,
                        open_rows=none, unsure_rows=none, low=yes / 40, high=yes / 40, se=nan)  # fmt: skip
    areas = pd.DataFrame({"year": 2020, "level": ["county", "city", "county", "city", "province"],
                          "city_code": ["441400", "441400", "441800", "441800", None],
                          "area_code": ["441402", "441400", "441802", "441800", "440000"], "inside": None})  # fmt: skip
    keys = {(2020, "441400"): {}, (2020, "441800"): {}}
    sums = TableSums(areas, {"housing.safe_share": measured}, keys, dict.fromkeys(keys, frozenset()))
    missing = pd.DataFrame(columns=["indicator", "table", "reason"])
    table = IndicatorTable(Catalogue.load(), 2020, {"households": sums}, missing)
    for code, value in (("441400", 0.75), ("441800", None)):
        found = publish_indicators(of_city(table, code), book.at("2020-12-31", city=code), ["housing.safe_share"])
        assert found.readings["housing.safe_share"].value == value
