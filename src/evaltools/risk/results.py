"""From data folders to what reports read: the model fitted once on the panels of all cities, published city by city.

A city whose tables cannot be read is left out and says why; the model of the others stands.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol

import pandas as pd

from evaltools.errors import DataMissingError, EvaltoolsError
from evaltools.risk.city import city_risk
from evaltools.risk.faults import RiskInputError
from evaltools.risk.features import FROM_HOUSEHOLDS, FROM_VILLAGES
from evaltools.risk.province import exit_lines, fit_province
from evaltools.risk.publish import publish_city, publish_model
from evaltools.risk.published import Absence, CityTables, RiskTables
from evaltools.standards import RuleBook, Rules

DRAWS = 200
"""Bootstrap replicates behind the intervals of reports."""
GROUPS = 4
"""Cities are left out in so many groups: each group is predicted by a model that saw none of its cities."""
LEAST_RETURNS = 30
"""Fewer returns on record carry no model (the classifier's own limit)."""
Frames = tuple[pd.DataFrame, pd.DataFrame | None]


class Reader(Protocol):
    """What is needed of `intake.Tables`."""

    def has(self, table: str) -> bool: ...

    def load(self, table: str, columns: Sequence[str] | None = None, year: int | None = None) -> pd.DataFrame: ...


def risk_tables(
    read: Callable[[str], Reader], cities: Sequence[str], book: RuleBook, rules: Rules, year: int, *,
    draws: int = DRAWS, seed: int = 0, most_fits: int | None = GROUPS,
) -> RiskTables:  # fmt: skip
    """The published results of every city of `cities` (codes) at the end of `year`.

    read : code -> the tables of that city; its errors are that city's absence. rules : of the province on the date.
    """
    frames, absences = _frames(read, cities)
    if not frames:
        return RiskTables(year, None, {}, absences | {"": Absence("missing_table", "households")})
    households = pd.concat([h for h, _ in frames.values()], ignore_index=True)
    villages = _villages(frames)
    if year not in exit_lines(book, [year], year):
        return RiskTables(year, None, {}, absences | {"": Absence("no_line", str(year))})
    try:
        province = fit_province(households, villages, book, year, draws=draws, seed=seed, most_fits=most_fits)
    except RiskInputError as error:
        few = _returns(households, year) < LEAST_RETURNS
        why = Absence("too_few_returns" if few else "no_model", error.seen)
        return RiskTables(year, None, {}, absences | {"": why})
    found: dict[str, CityTables] = {}
    for code in frames:
        try:
            found[code] = publish_city(province, city_risk(province, code), rules)
        except RiskInputError as error:  # no exited household here: the chapter has nothing to speak of
            absences[code] = Absence("no_exited", error.seen)
    return RiskTables(year, publish_model(province, tuple(sorted(frames)), rules), found, absences)


def _frames(read: Callable[[str], Reader], cities: Sequence[str]) -> tuple[dict[str, Frames], dict[str, Absence]]:
    """Each city's panel and villages, or why it has none. Villages are optional: without them their features are."""
    frames: dict[str, Frames] = {}
    absences: dict[str, Absence] = {}
    for code in cities:
        try:
            tables = read(code)
            if not tables.has("households"):
                absences[code] = Absence("missing_table", "households")
                continue
            households = tables.load("households", list(FROM_HOUSEHOLDS))
            villages = tables.load("villages", list(FROM_VILLAGES)) if tables.has("villages") else None
        except DataMissingError as error:
            absences[code] = Absence("missing_table", error.seen)
            continue
        except EvaltoolsError as error:
            absences[code] = Absence("broken_table", error.seen)
            continue
        if len(households):
            frames[code] = households, villages
        else:
            absences[code] = Absence("no_exited")
    return frames, absences


def _villages(frames: dict[str, Frames]) -> pd.DataFrame | None:
    parts = [v for _, v in frames.values() if v is not None]
    return pd.concat(parts, ignore_index=True) if parts else None


def _returns(households: pd.DataFrame, year: int) -> int:
    back = (households["change_in"] == "returned").fillna(False) & (households["year"] <= year)
    return int(back.sum())
