"""Whom the input is meant for: not those without labour capacity in dibao, and nobody knows where nothing is written."""

import math

import pandas as pd
import pytest

from evaltools.report.province.money import judge
from evaltools.report.province.publish import persons_of
from evaltools.terms import VerdictState, city


class Registry:
    """A registry of households: persons, labour capacity, dibao."""

    def __init__(self, *rows):
        self.rows = pd.DataFrame([(2020, "exited", None, *r) for r in rows], columns=[
            "year", "registry_status", "change_out", "persons", "labour_capacity", "is_dibao"])  # fmt: skip
        self.rows["is_dibao"] = self.rows["is_dibao"].astype("boolean")

    def load(self, table, columns, year):
        assert table == "households"
        return self.rows.loc[self.rows["year"] == year, list(columns)]


@pytest.mark.parametrize(("labour", "dibao", "surely", "eligible"), [
    ("full", True, 3, 3), ("partial", True, 3, 3), ("none", False, 3, 3), ("none", True, 0, 0),
    ("none", None, 0, 3), (None, True, 0, 3), (None, False, 3, 3), ("full", None, 3, 3), (None, None, 0, 3),
])  # fmt: skip
def test_who_is_meant_follows_from_labour_and_dibao_and_the_unknown_count_at_one_end(labour, dibao, surely, eligible):
    found = persons_of(Registry((3, labour, dibao)), city("441400"), 2020)
    assert (found["surely"], found["eligible"]) == (surely, eligible)


def test_a_city_without_a_registry_of_the_year_has_no_number():
    found = persons_of(Registry((3, "full", False)), city("440700"), 2019)
    assert math.isnan(found["surely"])
    assert math.isnan(found["eligible"])
    assert judge(500.0, found["surely"], found["eligible"]) is VerdictState.EVIDENCE_MISSING
