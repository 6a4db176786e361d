"""Small tables written by hand, and a stand-in for `intake.Tables` that serves them."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pandas as pd
import pytest

from evaltools.standards import RuleBook

GUARANTEES = ("food", "clothing", "education", "healthcare", "housing", "drinking_water")


class FakeTables:
    """Serves frames by name the way `intake.Tables` does."""

    def __init__(self, **frames: pd.DataFrame) -> None:
        self.frames = frames

    def has(self, table: str) -> bool:
        return table in self.frames

    def load(self, table: str, columns: list[str] | None = None, year: int | None = None) -> pd.DataFrame:
        frame = self.frames[table]
        if year is not None and "year" in frame:
            frame = frame[frame["year"] == year]
        return frame[[c for c in columns if c in frame]] if columns else frame

    def path(self, table: str) -> None:
        return None


@pytest.fixture(scope="session")
def book() -> RuleBook:
    return RuleBook.load()


@pytest.fixture(scope="session")
def rules2020(book: RuleBook):
    return book.at("2020-12-31", city="441400")


@pytest.fixture(scope="session")
def rules2019(book: RuleBook):
    return book.at("2019-12-31", city="441400")


def household(household_id: str, **changes: Any) -> dict[str, Any]:
    """A registered, exited household in 2020 with labour capacity, 10,000 yuan a head and every guarantee."""
    row: dict[str, Any] = {
        "household_id": household_id, "year": 2020, "city_code": "441400", "county_code": "441402",
        "town_code": "441402100", "village_code": "441402100201", "is_in_poor_village": True,
        "registry_status": "exited", "persons": 3, "labour_capacity": "full",
        "disposable_income_per_capita_yuan": 10000.0, "is_safety_net_eligible": False, "is_dibao": False,
        "is_tekun": False, "change_in": "none", "change_out": "none", "persons_start": 3, "persons_joined": 0,
        "persons_left": 0, **{f"{g}_ok": True for g in GUARANTEES},
    }  # fmt: skip
    return row | changes


BOOLEANS = ["is_in_poor_village", "is_safety_net_eligible", "is_dibao", "is_tekun", *(f"{g}_ok" for g in GUARANTEES)]


def typed(rows: list[dict[str, Any]]) -> pd.DataFrame:
    """Rows as intake gives them: nullable booleans and text."""
    frame = pd.DataFrame(rows)
    booleans = [c for c in (*BOOLEANS, "approves", "is_responded", "is_poor_village") if c in frame]
    booleans += [c for c in frame if c.startswith("has_") or c == "is_passable"]
    frame = frame.astype(dict.fromkeys(booleans, "boolean"))
    whole = [
        c for c in ("persons", "persons_start", "persons_joined", "persons_left", "identification_year") if c in frame
    ]
    return frame.astype(dict.fromkeys(whole, "Int64"))


def interview(interview_id: str, **changes: Any) -> dict[str, Any]:
    """An exited household of three persons, interviewed in 2020, with nothing wrong."""
    row: dict[str, Any] = {
        "interview_id": interview_id, "design": "main", "year": 2020, "city_code": "441400", "county_code": "441402",
        "stratum": "441402-a", "village_code": "441402100201", "household_id": "H" + interview_id,
        "group": "registered_labour", "weight": 1.0, "persons": 3, "is_responded": True, "registry_status": "exited",
        "labour_capacity": "full", "is_safety_net_eligible": False, "is_dibao": False, "is_tekun": False,
        "surveyed_income_per_capita_yuan": 12000.0, "identification_year": 2016,
        "identification_income_per_capita_yuan": 3000.0, "approves": True,
        **{f"{g}_ok": True for g in GUARANTEES},
    }  # fmt: skip
    return row | changes


INDEX = pd.DataFrame({"year": [2014, 2016, 2020], "index": [1.0, 1.04, 1.16], "base_year": 2014, "source": "test"})


@pytest.fixture(scope="session")
def make() -> SimpleNamespace:
    """The builders, for tests: `make.household("H1", persons=2)`, `make.typed(rows)`, `make.tables(households=...)`."""
    return SimpleNamespace(
        tables=FakeTables, household=household, interview=interview, typed=typed, index=INDEX, guarantees=GUARANTEES
    )
