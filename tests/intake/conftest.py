"""A small correct data folder, written by hand, that tests break in one place each."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest

CITY, COUNTY, TOWN, VILLAGE = "441400", "441402", "441402001", "441402001201"
OTHER_CITY, OTHER_COUNTY, OTHER_TOWN, OTHER_VILLAGE = "441500", "441502", "441502001", "441502001201"
PLACES = ((CITY, COUNTY, TOWN, VILLAGE), (OTHER_CITY, OTHER_COUNTY, OTHER_TOWN, OTHER_VILLAGE))
# A valid check character (GB 11643); the person does not exist.
ID_NUMBER, ID_NUMBER_15, PHONE, NAME = "440102198001011235", "440102800101123", "13800138000", "陈小明"


def regions() -> pd.DataFrame:
    rows = [("440000", "广东省", "province", None, None)]
    for city, county, town, name in ((CITY, COUNTY, TOWN, "梅州市"), (OTHER_CITY, OTHER_COUNTY, OTHER_TOWN, "汕尾市")):
        rows.append((city, name, "city", "440000", city))
        rows += [(county, "某区", "county", city, city), (town, "某镇", "town", county, city)]
    return pd.DataFrame(rows, columns=["region_code", "name", "level", "parent_code", "city_code"])


def villages() -> pd.DataFrame:
    rows = [
        {
            "village_code": village, "year": year, "name": "某村", "town_code": town, "county_code": county,
            "city_code": city, "is_poor_village": True, "helper_type": "pearl_delta_city", "hukou_persons": 2000,
            "hukou_households": 500, "registered_persons": 120, "registered_households": 40,
            "disposable_income_per_capita_yuan": 13000.0, "collective_income_yuan": 300000.0,
        }
        for city, county, town, village in PLACES
        for year in (2019, 2020)
    ]  # fmt: skip
    return pd.DataFrame(rows)


def households(n: int = 30) -> pd.DataFrame:
    rows = []
    for i in range(n):
        city, county, town, village = (
            (CITY, COUNTY, TOWN, VILLAGE) if i % 3 else (OTHER_CITY, OTHER_COUNTY, OTHER_TOWN, OTHER_VILLAGE)
        )
        for year in (2019, 2020):
            rows.append({
                "household_id": f"H{i:06d}", "year": year, "village_code": village, "town_code": town,
                "county_code": county, "city_code": city, "is_in_poor_village": True, "registry_status": "exited",
                "registered_year": 2016, "exit_year": 2018, "returned_year": None, "persons": 3,
                "wage_income_yuan": 24000.0, "business_income_yuan": 6000.0, "property_income_yuan": 0.0,
                "transfer_income_yuan": 3000.0, "transfer_paid_yuan": 600.0,
                "disposable_income_per_capita_yuan": 10800.0, "labour_capacity": "full",
                "is_dibao": False, "is_tekun": False, "food_ok": True, "clothing_ok": True, "education_ok": True,
                "healthcare_ok": True, "housing_ok": True, "drinking_water_ok": None if i == 1 else True,
            })  # fmt: skip
    frame = pd.DataFrame(rows)
    frame["returned_year"] = frame["returned_year"].astype("Int64")
    frame["drinking_water_ok"] = frame["drinking_water_ok"].astype("boolean")
    return frame.sort_values(["city_code", "household_id", "year"], ignore_index=True)


def write_folder(data: Path, n: int = 30) -> Path:
    """regions, villages and households as Parquet, with meta.json."""
    data.mkdir()
    regions().to_parquet(data / "regions.parquet", index=False)
    villages().to_parquet(data / "villages.parquet", index=False)
    households(n).to_parquet(data / "households.parquet", index=False)
    (data / "meta.json").write_text(json.dumps({"synthetic": True, "seed": 7}), encoding="utf-8")
    return data


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A correct folder of this test alone."""
    return write_folder(tmp_path / "data")


@pytest.fixture(scope="module")
def shared_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A correct folder that the tests of a module share, each with its own rows."""
    return write_folder(tmp_path_factory.mktemp("shared") / "data")


@pytest.fixture(autouse=True)
def own_state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Keys of pseudonyms go to the test's own folder, never to the developer's."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.delenv("EVALTOOLS_KEY_FILE", raising=False)
    return tmp_path / "state"
