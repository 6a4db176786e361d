"""What the triggers of admonition are judged on, city by city: gates, households left, the ledger of problems."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pandas as pd

from evaltools.indicators.registry import standing
from evaltools.indicators.targeting.result import Gates
from evaltools.terms import RegistryStatus


@dataclass(frozen=True)
class Remaining:
    """Households registered as poor at the end of the year: all, and those that are neither new nor back this year.

    None where disclosure control withheld the number; rows : registered households read
    """

    households: int | None
    earlier: int | None
    rows: int


@dataclass(frozen=True)
class Ledger:
    """Problems listed as outstanding that were found in the year or are still open.

    outstanding, still_open : how many; unknown : problems of which the ledger does not say; rows : problems read
    """

    outstanding: int
    still_open: int
    unknown: int
    rows: int


@dataclass(frozen=True)
class Evidence:
    """Of one city and year; None where the table is absent, or holds no row of this city: a registry without a household
    of the year and a ledger without a problem of any year do not say that there are none."""

    gates: Gates | None = None
    remaining: Remaining | None = None
    ledger: Ledger | None = None


def evidence_of(tables: Any, gates: Gates | None, as_of: str) -> Evidence:
    """Read the registry and the ledger of one city. as_of : ISO date of the evaluation; its year is the report's."""
    return Evidence(gates, _remaining(tables, int(as_of[:4])), _ledger(tables, as_of))


def _remaining(tables: Any, year: int) -> Remaining | None:
    if not tables.has("households"):
        return None
    rows = standing(tables, ["year", "registry_status", "registered_year", "returned_year"], year)
    if rows.empty:
        return None
    poor = rows[rows["registry_status"] == RegistryStatus.POOR.value]
    this_year = (poor["registered_year"] == year) | (poor["returned_year"] == year)
    return Remaining(len(poor), int((~this_year.fillna(False).astype(bool)).sum()), len(rows))


def _ledger(tables: Any, as_of: str) -> Ledger | None:
    if not tables.has("issues"):
        return None
    day = pd.Timestamp(as_of)
    rows = tables.load("issues", columns=["year", "found_date", "closed_date", "reopened_date", "is_outstanding"])
    rows = rows[pd.to_datetime(rows["found_date"]) <= day]
    if rows.empty:
        return None
    is_open = is_open_on(rows, day)
    now = rows[(rows["year"] == day.year) | is_open]
    flag = now["is_outstanding"].astype("boolean")
    said = flag.fillna(False).to_numpy(dtype=bool)
    return Ledger(int(said.sum()), int((said & is_open[now.index].to_numpy(bool)).sum()), int(flag.isna().sum()),
                  len(now))  # fmt: skip


def is_open_on(rows: pd.DataFrame, day: pd.Timestamp) -> pd.Series:
    """Whether each problem is open on a day: not closed by then, or opened again."""
    closed, again = pd.to_datetime(rows["closed_date"]), pd.to_datetime(rows["reopened_date"])
    return (closed.isna() | (closed > day)) | (again.notna() & (again <= day))
