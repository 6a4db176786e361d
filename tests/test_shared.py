"""Results of the province for its cities: one broken city is left out, whatever fails is a reason and no exception."""

from datetime import date

import pytest

from evaltools import kept as kept_module
from evaltools import shared, terms, wide
from evaltools.errors import DataInvalidError
from evaltools.province import ProvinceEvaluation
from evaltools.standards import RuleBook
from evaltools.wide import Shared

DAY = date(2020, 12, 31)


@pytest.fixture(scope="module")
def book():
    return RuleBook.load()


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    monkeypatch.setattr(kept_module, "project_root", lambda: tmp_path / "project")


def province(fails=(), gates_fail=(), without_rows=()):
    """A stand-in of ProvinceEvaluation whose assessment raises while a city of `fails` takes part."""

    class Province:
        def __init__(self, cities):
            self.cities, self.rules = tuple(cities), None
            self.failures = {c.code: "its gates" for c in cities if c.code in gates_fail}
            self.invalid = set(self.failures) - set(without_rows)

        @classmethod
        def open(cls, *_, **__):
            return cls([terms.city(c) for c in ("441400", "441500", "441800")])

        broken = ProvinceEvaluation.broken
        sound = ProvinceEvaluation.sound
        data = ""

        def only(self, cities):
            return Province(cities)

        @property
        def assessment(self):
            bad = [c.code for c in self.cities if c.code in fails]
            if bad:
                raise DataInvalidError(f"{bad[0]} is broken")
            return [c.code for c in self.cities]

    return Province


@pytest.fixture
def given(monkeypatch):
    """given(fails=..., broken=...): who makes the assessment fail, and whose own tables break their contracts."""

    def give(fails=(), broken=(), gates_fail=(), without_rows=()):
        monkeypatch.setattr(shared, "ProvinceEvaluation", province(fails, gates_fail, without_rows))
        monkeypatch.setattr("evaltools.indicators.assessment.publish_assessment", lambda a, rules: a)
        found = {code: f"{code}: bad rows" for code in broken}
        monkeypatch.setattr(wide, "broken_cities", lambda data, cities: found)

    return give


def test_all_cities_are_compared_where_none_is_broken(given, book, tmp_path):
    given()
    made = shared.assessment(str(tmp_path), 2020, DAY, book)
    assert made == Shared(["441400", "441500", "441800"])


def test_one_broken_city_does_not_take_the_assessment_of_the_others_away(given, book, tmp_path):
    given(fails=("441500",), broken=("441500",))
    made = shared.assessment(str(tmp_path), 2020, DAY, book)
    assert made.value == ["441400", "441800"]
    assert made.left_out == {"441500": "441500: bad rows"}


def test_gates_that_a_broken_neighbour_took_away_are_made_again_without_it(given, book, tmp_path):
    given(gates_fail=("441400", "441500"), broken=("441500",))
    made = shared.assessment(str(tmp_path), 2020, DAY, book)
    assert made.value == ["441400", "441800"]


def test_cities_without_rows_are_no_reason_to_read_every_table_again(given, book, tmp_path, monkeypatch):
    given(gates_fail=("441400", "441500"), without_rows=("441400", "441500"))
    monkeypatch.setattr(wide, "broken_cities", lambda *_: pytest.fail("every table of each city was read"))
    made = shared.assessment(str(tmp_path), 2020, DAY, book)
    assert made.value == ["441400", "441500", "441800"]
    assert set(made.left_out) == {"441400", "441500"}


def test_a_fault_that_is_of_no_single_city_is_the_reason(given, book, tmp_path):
    given(fails=("441400",))
    made = shared.assessment(str(tmp_path), 2020, DAY, book)
    assert made.value is None
    assert "441400 is broken" in made.reason


def test_a_fault_of_the_data_is_found_once_and_another_error_is_tried_again(book, tmp_path):
    tries = []

    def broken():
        tries.append(1)
        raise DataInvalidError("no weight")

    def crash():
        tries.append(1)
        raise MemoryError("full")

    data = str(tmp_path / "data")
    for _ in range(2):
        assert "no weight" in wide.province_wide("sums", data, 2020, DAY, book, broken).reason
    assert len(tries) == 1
    for _ in range(2):
        assert wide.province_wide("other", data, 2020, DAY, book, crash).reason == "MemoryError: full"
    assert len(tries) == 3


def test_the_city_whose_rows_break_the_contract_is_found_and_no_other(demo, tmp_path):
    import pandas as pd

    cities = [terms.city(c) for c in ("441400", "441500")]
    regions = pd.read_parquet(demo / "regions.parquet")
    regions.to_parquet(tmp_path / "regions.parquet")
    villages = pd.read_parquet(demo / "villages.parquet")
    villages = villages[villages["city_code"].isin([c.code for c in cities]) & (villages["year"] == 2020)]
    at = villages.index[villages["city_code"] == "441500"][0]
    villages.loc[at, "hukou_persons"] = -5
    villages.to_csv(tmp_path / "villages.csv", index=False)
    assert list(wide.broken_cities(str(tmp_path), cities)) == ["441500"]
