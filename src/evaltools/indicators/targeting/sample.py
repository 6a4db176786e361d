"""The interviews a city's gates rest on, and what kept others out of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pandas as pd

from evaltools.errors import DataMissingError
from evaltools.indicators.exits.result import COMPONENTS
from evaltools.terms import HouseholdGroup

MAIN_DESIGN = "main"
_REQUIRED = [
    "interview_id", "design", "year", "city_code", "county_code", "stratum", "village_code", "household_id", "group",
    "weight", "persons", "is_responded", "registry_status", "labour_capacity", "is_dibao", "is_tekun",
    "surveyed_income_per_capita_yuan", *(f"{c}_ok" for c in COMPONENTS), "approves",
]  # fmt: skip
_OPTIONAL = ["is_safety_net_eligible", "identification_year", "identification_income_per_capita_yuan"]


@dataclass(frozen=True)
class Sample:
    """Responding households of one year and design.

    frame : one row per interview, columns of the survey table; index 0..n-1
    response : group, approached, responded, response_rate (0 to 1)
    price_index : year -> index with 2014 = 1; None where the table is absent
    """

    frame: pd.DataFrame
    response: pd.DataFrame
    price_index: dict[int, float] | None


def read_sample(tables: Any, year: int, design: str = MAIN_DESIGN) -> Sample:
    """The responding interviews of `year` and `design`.

    Raises DataMissingError when the table is absent or holds none of that year and design.
    """
    if not tables.has("survey"):
        raise DataMissingError(
            "the table survey is absent", expected="interviews with weight, stratum, village_code and answers",
            todo="give the field survey; without it no gate can be judged",
        )  # fmt: skip
    rows = tables.load("survey", year=year)
    rows = rows[rows["design"] == design]
    if rows.empty:
        raise DataMissingError(
            f"the table survey has no interview of {year} in the design {design!r}",
            expected="interviews of the year that is evaluated", todo="check the columns year and design of the survey",
        )  # fmt: skip
    responded = rows["is_responded"].fillna(False).astype(bool)
    for column in _OPTIONAL:
        if column not in rows:
            rows = rows.assign(**{column: pd.NA})
    frame = rows[responded].reset_index(drop=True)[[*_REQUIRED, *_OPTIONAL]]
    return Sample(frame, _response(rows["group"], responded), _index(tables))


def _response(group: pd.Series, responded: pd.Series) -> pd.DataFrame:
    """Approached and responding households by group of the field sample."""
    counts = responded.groupby(group.astype("string")).agg(["size", "sum"])
    counts = counts.reindex([g.value for g in HouseholdGroup], fill_value=0)
    out = pd.DataFrame(
        {"group": counts.index, "approached": counts["size"].to_numpy(), "responded": counts["sum"].to_numpy()}
    ).astype({"approached": "int64", "responded": "int64"})
    out["response_rate"] = (out["responded"] / out["approached"]).where(out["approached"] > 0)
    return out


def _index(tables: Any) -> dict[int, float] | None:
    """The price index by year; None where nobody gave one, which is never the same as 1."""
    if not tables.has("price_index"):
        return None
    table = tables.load("price_index")
    return {int(y): float(i) for y, i in zip(table["year"], table["index"], strict=True)}
