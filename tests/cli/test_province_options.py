"""`--province` adds the province's report to the cities asked for, or makes it alone; nothing is guessed."""

from __future__ import annotations

from pathlib import Path

import pytest

from evaltools import batch
from evaltools.cli.report import _given, _province
from evaltools.errors import ParameterError

BATCH, OWN = Path("params/batch/2020.yaml"), Path("params/province.yaml")


def test_city_all_means_the_cities_alone():
    given, _ = _given(["all"], None, False, {})
    assert len(given) == 21
    assert all("city" in one for one in given)


def test_the_province_alone_asks_for_no_city():
    assert _given(None, None, True, {}) == ([], "options")
    assert _given(None, OWN, True, {})[0] == []
    given, where = _province(None, {"lang": "en"})
    assert given == {**batch.province_parameters(), "lang": "en"}
    assert where.endswith("params/province.yaml")


def test_what_a_file_says_of_all_cities_holds_for_the_province():
    assert len(_given(None, BATCH, True, {"city": "梅州"})[0]) == 1
    given, where = _province(BATCH, {"city": "梅州", "year": "2019"})
    assert given == {"year": "2019", "as_of": "", "data": "data/demo", "lang": "zh"}
    assert where == "2020.yaml"


def test_a_file_without_a_city_is_not_taken_for_the_provinces_without_being_told():
    with pytest.raises(ParameterError, match="city is not given") as caught:
        _given(None, OWN, False, {})
    assert "--province" in str(caught.value)


@pytest.mark.parametrize(("city", "file"), [(["all"], BATCH), (None, None)])
def test_cities_come_from_one_place(city, file):
    with pytest.raises(ParameterError, match="either --city or -f FILE"):
        _given(city, file, False, {})


@pytest.mark.parametrize(
    ("changes", "says"),
    [({"city": "梅州"}, "unknown parameter 'city'"), ({"yaer": "2020"}, "did you mean year"), ({"year": "MMXX"}, "whole number"),
     ({"lang": "fr"}, "zh or en")],
)  # fmt: skip
def test_parameters_of_the_province_are_as_strict_as_a_citys(root, tmp_path, changes, says):
    given, where = _province(None, changes)
    with pytest.raises(ParameterError, match=says):
        batch.plan([given], notebook=root / "notebooks" / "province_report.ipynb", out=tmp_path, where=where)
