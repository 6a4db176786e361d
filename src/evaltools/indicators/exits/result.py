"""What the exit verdicts leave behind: a row per household or village, a summary, a trace."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pandas as pd

if TYPE_CHECKING:
    from evaltools.indicators.exits.trace import Trace

COMPONENTS: tuple[str, ...] = ("food", "clothing", "education", "healthcare", "housing", "drinking_water")
"""The guarantees, in the order of the report; column `<component>_ok` in the data, `<component>` in the frame."""


@dataclass(frozen=True)
class ExitVerdicts:
    """Household exit verdicts of one year. `.frame`, `.summary`, `.trace("H0441000123")`.

    frame : one row per registered household (poor or exited at the end of the year), columns
        household_id, year, city_code, county_code, town_code, village_code, is_in_poor_village,
        registry_status (poor|exited), persons, labour_capacity,
        income_per_capita_yuan : disposable income of the year, unrounded
        route : income | safety_net | unknown (terms.ExitRoute)
        basis : why that route: labour | safety_net_eligible | partial_not_eligible | none_not_eligible |
            labour_unknown | eligibility_unknown | no_row
        income, income_planned, safety_net, food, clothing, education, healthcare, housing, drinking_water :
            state of each component: met | not_met | evidence_missing | not_applicable (| rule_undefined)
        verdict : met | not_met | evidence_missing | rule_undefined, by the actual line
        verdict_planned : the same by the planned line; rule_undefined for all in a year without one
        is_line_sensitive : both are decided and differ
    summary : one row per county and registry_status, columns city_code, county_code, registry_status,
        households, persons, and for s in (met, not_met, evidence_missing, rule_undefined): households_<s>, persons_<s>,
        households_<s>_planned; households_line_sensitive, persons_line_sensitive
    line_actual, line_planned : yuan a year; None where undefined
    """

    year: int
    frame: pd.DataFrame
    summary: pd.DataFrame
    line_actual: float | None
    line_planned: float | None
    rules: Any = None
    _trace: Callable[[str], Trace] | None = field(default=None, repr=False)

    def trace(self, household_id: str) -> Trace:
        """Rule, value, comparison, clause, evidence and state of every step of one household's verdict.

        Raises DataMissingError with the nearest ids when the household is not in the table of this year.
        """
        if self._trace is None:
            raise RuntimeError("these verdicts were built without their tables and cannot be traced")
        return self._trace(household_id)

    def __repr__(self) -> str:
        from evaltools.indicators.exits.display import text_of

        return text_of(self)

    def _repr_html_(self) -> str:
        from evaltools.indicators.exits.display import html_of

        return html_of(self)


@dataclass(frozen=True)
class VillageVerdicts:
    """Exit verdicts of the relatively poor villages of one year.

    frame : one row per poor village: village_code, name, year, city_code, county_code, helper_type, helper_city_code,
        hukou_persons, income_per_capita_yuan, verdict, verdict_planned, is_line_sensitive, collective_income_yuan,
        and the checklist items as met | not_met | evidence_missing
    summary : one row per county: villages, villages_<state>, villages_<state>_planned, villages_line_sensitive
    collective_income : one row: villages, unknown, mean, median, p10, p25, p75, p90, min, max, gini (yuan; gini 0 to 1)
    coverage : one row per item: item, label_zh, label_en, denominator_zh, denominator, numerator, unknown_villages,
        share, target, state, clause; natural villages for roads, villages for the rest
    """

    year: int
    frame: pd.DataFrame
    summary: pd.DataFrame
    collective_income: pd.DataFrame
    coverage: pd.DataFrame
    line_actual: float | None
    line_planned: float | None
    rules: Any = None


@dataclass(frozen=True)
class StockFlow:
    """The registry's account of households and persons not yet exited, by county and year.

    frame : one row per county_code, year, unit ("households"|"persons"): opening, registered, returned, moved_in,
        joined, exited, removed, died_out, moved_out, left, expected (opening + inflows - outflows), closing, residual
        (closing - expected), has_opening (False in the first year of the table: no account is possible).
    offending : the rows with a residual other than 0
    totals : the same columns for the whole city by year and unit
    missing : columns the registry does not hold and without which there is no account (then all frames are empty)
    """

    frame: pd.DataFrame
    offending: pd.DataFrame
    totals: pd.DataFrame
    missing: tuple[str, ...] = ()
