"""What the triggers stand on: tables without a row of the city say nothing, and nothing is not "none"."""

import pandas as pd
import pytest

from evaltools.indicators.assessment import Ledger, Remaining, evidence_of

HOUSEHOLDS = ["year", "registry_status", "registered_year", "returned_year", "change_out"]
ISSUES = ["year", "found_date", "closed_date", "reopened_date", "is_outstanding"]


class Folder:
    """Tables of one city, as `evidence_of` asks for them."""

    def __init__(self, **frames):
        self.frames = frames

    def has(self, table):
        return table in self.frames

    def load(self, table, columns, year=None):
        frame = self.frames[table]
        return (frame if year is None else frame[frame["year"] == year])[list(columns)]


def households(*rows):
    frame = pd.DataFrame([(*r, None) for r in rows], columns=HOUSEHOLDS)
    return frame.astype({"registered_year": "Int64", "returned_year": "Int64"})


def issues(*rows):
    return pd.DataFrame(rows, columns=ISSUES).astype({"is_outstanding": "boolean"})


def test_households_still_poor_are_counted_and_those_new_or_back_this_year_apart():
    table = households((2020, "poor", 2016, None), (2020, "poor", 2020, None), (2020, "poor", 2016, 2020),
                       (2020, "exited", 2016, None), (2019, "poor", 2016, None))  # fmt: skip
    found = evidence_of(Folder(households=table), None, "2020-12-31")
    assert found.remaining == Remaining(3, 1, 4)


@pytest.mark.parametrize("table", [
    households(), households((2019, "exited", 2016, None)), households((2020, "never", None, None)),
])  # fmt: skip
def test_a_registry_without_a_household_of_the_year_does_not_say_that_none_is_poor(table):
    assert evidence_of(Folder(households=table), None, "2020-12-31").remaining is None


def test_problems_of_the_year_and_those_still_open_are_counted():
    table = issues((2018, "2018-05-01", "2018-08-01", None, True), (2019, "2019-05-01", None, None, True),
                   (2020, "2020-05-01", "2020-08-01", None, None), (2021, "2021-02-01", None, None, True))  # fmt: skip
    assert evidence_of(Folder(issues=table), None, "2020-12-31").ledger == Ledger(1, 1, 1, 2)


def test_a_ledger_with_problems_of_earlier_years_alone_says_that_there_is_none_now():
    table = issues((2018, "2018-05-01", "2018-08-01", None, True))
    assert evidence_of(Folder(issues=table), None, "2020-12-31").ledger == Ledger(0, 0, 0, 0)


@pytest.mark.parametrize("table", [issues(), issues((2021, "2021-02-01", None, None, True))])
def test_a_ledger_without_a_problem_of_the_city_does_not_say_that_there_is_none(table):
    assert evidence_of(Folder(issues=table), None, "2020-12-31").ledger is None
