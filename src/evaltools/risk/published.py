"""What may leave the room of the model: aggregates that passed disclosure control, and reasons where there are none.

No household, and no count of one to nine, is in them; a withheld number is NA. They are what a report reads and what is
kept between runs (`evaltools.kept`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import pandas as pd

from evaltools.risk.card import CardItem
from evaltools.terms import Term

ABSENT = ("missing_table", "broken_table", "too_few_returns", "no_line", "no_exited", "no_model")
"""Why there are no results: a table is not there or cannot be read; the panel holds too few returns for a model; the
rule book has no exit line for the year; the city has no exited household; the model could not be fitted otherwise."""


class UpdateState(Term):
    """Three states of a model's last update, by the 95 % interval of observed / expected of the newest outcomes."""

    HOLDS = "holds", "校准有效", "the last update holds"
    BROKEN = "broken", "校准失效", "the last update no longer holds"
    UNDECIDED = "undecided", "样本不足以判定", "undecided with these outcomes"


@dataclass(frozen=True)
class Absence:
    """Why there is nothing to say. kind: one of ABSENT; what: the table, or the words of the error."""

    kind: str
    what: str = ""


@dataclass(frozen=True)
class CityTables:
    """One city (withheld counts and what follows from them are NA).

    households : exited at the end of the year; expected : (returns within a year, low, high); history : year ("all" in
    the last row), exited, returned, rate; classes : category, households; performance : score, metric, estimate, low,
    high, difference, difference_low, difference_high of predictions by models that never saw this city, empty with
    fewer than ten returns on record; n, events : household-years and returns behind it (None without);
    curve : predicted, observed, low, high, n, events, as many groups as allow ten returns in each; bounds : ECE and the
    95 % quantile of a perfectly calibrated model; reach : score, share, recall, low, high; drivers : term, zh, en,
    is_income, spread, raised (share of households whose odds it raises by a tenth or more); lists : county_code ("" is
    the city), households, listed, expected_returns, expected_listed; causes : cause, zh, en, households, measures_zh,
    measures_en; scenarios : scenario, zh, en, reading, returns_now, returns_then, increase with _low and _high,
    assumption_zh, assumption_en; survival : years, at_risk, survival, low, high; card : the model card
    """

    city_code: str
    households: int | None
    expected: tuple[float, float, float] | None
    history: pd.DataFrame
    classes: pd.DataFrame
    performance: pd.DataFrame
    n: int | None
    events: int | None
    curve: pd.DataFrame
    bounds: tuple[float, float] | None
    reach: pd.DataFrame
    drivers: pd.DataFrame
    lists: pd.DataFrame
    causes: pd.DataFrame
    scenarios: pd.DataFrame
    survival: pd.DataFrame
    card: tuple[CardItem, ...]
    budget: float


@dataclass(frozen=True)
class ModelTables:
    """The model of the province. performance : how (time|area), score, metric, estimate, low, high, difference,
    difference_low, difference_high, n, events; reach : score, share, recall, low, high of later years;
    groups : group, n, events, recall, observed_to_expected, listed (NA where withheld); monitor : period, n, events,
    observed_to_expected with _low and _high of the newest outcomes against the model made before them, and its state;
    update : what was then done: as_of, rate, expected (the mean probability before), observed_to_expected with _low and
    _high, ece and ece_when_perfect on the villages not used for it; state : holds|broken|undecided of that update;
    findings : groups the list fails; earns : simple rule -> whether the model is better beyond its interval;
    draws : replicates of the intervals; cities : codes whose panels it was fitted on; card : its model card;
    households, expected, scenarios : of all cities together, as for one; survival : cohort (year of exit or "all"),
    years, at_risk, survival, low, high; hazard : term, hazard_ratio, low, high by year of exit and years since;
    vulnerability : n, mean, share (at or above one half), r2 of the expected-poverty measure, a description of the year;
    {} without; record : plain values (rows, events, form, multiple (None before there was a monitored line), line_yuan, digest,
    time_ece_when_perfect, area_ece_when_perfect)"""

    performance: pd.DataFrame
    reach: pd.DataFrame
    groups: pd.DataFrame
    monitor: Mapping[str, Any]
    update: Mapping[str, Any]
    state: str
    findings: tuple[str, ...]
    earns: Mapping[str, bool]
    draws: int
    cities: tuple[str, ...]
    card: tuple[CardItem, ...]
    households: int
    expected: tuple[float, float, float]
    scenarios: pd.DataFrame
    survival: pd.DataFrame
    hazard: pd.DataFrame
    vulnerability: Mapping[str, float | None]
    record: Mapping[str, Any]


@dataclass(frozen=True)
class RiskTables:
    """Everything that reports read. model : None where none could be fitted; absences : city code -> why that city has
    no results ("" is everybody)."""

    year: int
    model: ModelTables | None
    cities: Mapping[str, CityTables] = field(default_factory=dict)
    absences: Mapping[str, Absence] = field(default_factory=dict)

    def city(self, code: str) -> CityTables | Absence:
        """The results of a city, or why there are none."""
        found = self.cities.get(code) or self.absences.get(code) or self.absences.get("")
        return found or Absence("no_exited")
