"""Household exit verdicts of one year, for every registered household of the tables."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from evaltools.errors import DataMissingError
from evaltools.indicators.exits.result import COMPONENTS, ExitVerdicts
from evaltools.indicators.exits.standard import (
    BASIS_TYPE,
    MISSING,
    NO_ROW,
    NOT_APPLICABLE,
    NOT_MET,
    ROUTE_TYPE,
    UNDEFINED,
    Standing,
    apply_standard,
    facts_of,
    state_of,
    states,
)
from evaltools.indicators.exits.trace import trace_household
from evaltools.indicators.kleene import limit_of
from evaltools.indicators.registry import REGISTERED, standing
from evaltools.terms import VerdictState

LINE_ACTUAL = "exit.household_income_line_actual"
LINE_PLANNED = "exit.household_income_line_planned"
PLACE = ["city_code", "county_code", "town_code", "village_code"]
_COLUMNS = [
    "household_id", "year", *PLACE, "is_in_poor_village", "registry_status", "persons", "labour_capacity",
    "disposable_income_per_capita_yuan", "is_safety_net_eligible", "is_dibao", "is_tekun",
    *(f"{c}_ok" for c in COMPONENTS),
]  # fmt: skip
_SUMMED = (VerdictState.MET, VerdictState.NOT_MET, VerdictState.EVIDENCE_MISSING, VerdictState.RULE_UNDEFINED)


def household_exits(tables: Any, rules: Any, year: int | None = None) -> ExitVerdicts:
    """The exit verdict of every household that stands in the registry (poor or exited) at the end of `year`.

    tables : intake.Tables with `households`; rules : a snapshot (standards.Rules); year : by default `rules.year`.
    A household of last year's registry without a row this year, or interviewed as registered without any row, is
    kept with `evidence_missing`: it must not vanish. Raises DataMissingError when the year has no rows at all.
    """
    year = int(rules.year if year is None else year)
    rows = standing(tables, _COLUMNS, year)
    everyone = tables.load("households", columns=["household_id", "year"], year=year)["household_id"]
    if everyone.empty:
        raise DataMissingError(
            f"the table households has no row for {year}", expected="one row per registered household and year",
            todo="give the registry extract of that year, or evaluate a year the table holds",
        )  # fmt: skip
    actual, planned = limit_of(rules.get(LINE_ACTUAL)), limit_of(rules.get(LINE_PLANNED))
    facts = facts_of(rows, "disposable_income_per_capita_yuan")
    needed = required_components(rules)
    by_actual, by_planned = apply_standard(facts, actual, needed), apply_standard(facts, planned, needed)
    if planned is None:
        by_planned.verdict[:] = UNDEFINED
    guarantees = {c: state_of(t) for c, t in facts.guarantees.items()}
    for component in set(COMPONENTS) - set(needed):
        guarantees[component][:] = NOT_APPLICABLE
    frame = _assemble(rows, by_actual, by_planned, guarantees)
    frame = _append_missing(frame, _without_row(tables, year, everyone))
    return ExitVerdicts(
        year=year,
        frame=frame,
        summary=summarise(frame),
        line_actual=actual.value if actual else None,
        line_planned=planned.value if planned else None,
        rules=rules,
        _trace=lambda household_id: trace_household(household_id, frame, rows, rules, tables),
    )


def required_components(rules: Any) -> tuple[str, ...]:
    """The guarantees in force: those whose rule is defined for this city and date."""
    found = {c: rules.get(f"exit.guarantee.{c}") for c in COMPONENTS}
    return tuple(c for c, rule in found.items() if rule is not None and rule.is_defined)


def _assemble(rows: pd.DataFrame, actual: Standing, planned: Standing, guarantees: dict) -> pd.DataFrame:
    """The frame of `ExitVerdicts`; states as categories."""
    frame = rows[[*_COLUMNS[:9], "labour_capacity"]].reset_index(drop=True)
    frame["income_per_capita_yuan"] = rows["disposable_income_per_capita_yuan"].to_numpy()
    frame["route"] = pd.Categorical.from_codes(actual.route, dtype=ROUTE_TYPE)
    frame["basis"] = pd.Categorical.from_codes(actual.basis, dtype=BASIS_TYPE)
    frame["income"] = states(actual.income)
    frame["income_planned"] = states(planned.income)
    frame["safety_net"] = states(actual.safety_net)
    for name, codes in guarantees.items():
        frame[name] = states(codes)
    frame["verdict"] = states(actual.verdict)
    frame["verdict_planned"] = states(planned.verdict)
    decided = (actual.verdict <= NOT_MET) & (planned.verdict <= NOT_MET)
    frame["is_line_sensitive"] = decided & (actual.verdict != planned.verdict)
    return frame


def _without_row(tables: Any, year: int, present: pd.Series) -> pd.DataFrame:
    """Households that should stand in the registry of `year` and have no row there: one row each with id and place."""
    found = [standing(tables, _COLUMNS[:9], year - 1)]
    if tables.has("survey"):
        place = ["city_code", "county_code", "village_code"]
        columns = ["household_id", "year", "design", "registry_status", "persons", *place]
        survey = tables.load("survey", columns=columns, year=year)
        survey = survey[(survey["design"] == "main") & survey["registry_status"].isin(REGISTERED)]
        found.append(survey[survey["household_id"].notna()])
    missing = pd.concat([f for f in found if not f.empty] or found[:1], ignore_index=True)
    # As plain objects: pandas' hash table takes a million ids faster than Arrow's set.
    is_there = missing["household_id"].astype(object).isin(present.astype(object))
    return missing[~is_there].drop_duplicates("household_id")


def _append_missing(frame: pd.DataFrame, missing: pd.DataFrame) -> pd.DataFrame:
    """Add households without a row: every component without evidence, nothing decided."""
    if missing.empty:
        return frame
    extra = missing.reindex(columns=list(frame.columns)).reset_index(drop=True)
    extra["year"] = frame["year"].iloc[0] if len(frame) else missing["year"].iloc[0]
    n = len(extra)
    extra["route"] = pd.Categorical.from_codes(np.full(n, 2), dtype=ROUTE_TYPE)
    extra["basis"] = pd.Categorical.from_codes(np.full(n, NO_ROW), dtype=BASIS_TYPE)
    for column in ("income", "income_planned", "safety_net", *COMPONENTS, "verdict", "verdict_planned"):
        extra[column] = states(np.full(n, MISSING, dtype=np.int8))
    extra["is_line_sensitive"] = False
    kinds = {c: frame[c].dtype for c in frame.columns if not isinstance(frame[c].dtype, pd.CategoricalDtype)}
    return pd.concat([frame, extra.astype(kinds)], ignore_index=True)


def summarise(frame: pd.DataFrame) -> pd.DataFrame:
    """Households and persons by county, registry status and verdict (columns: see ExitVerdicts)."""
    keys = ["city_code", "county_code", "registry_status"]
    persons = frame["persons"].astype(float).fillna(0.0)
    cells: dict[str, Any] = {"households": 1, "persons": persons}
    for state in _SUMMED:
        is_it = frame["verdict"] == state.value
        cells[f"households_{state.value}"] = is_it
        cells[f"persons_{state.value}"] = persons.where(is_it, 0.0)
        cells[f"households_{state.value}_planned"] = frame["verdict_planned"] == state.value
    cells["households_line_sensitive"] = frame["is_line_sensitive"]
    cells["persons_line_sensitive"] = persons.where(frame["is_line_sensitive"], 0.0)
    wide = pd.DataFrame(cells, index=frame.index).astype(float)
    out = wide.groupby([frame[k].astype("string") for k in keys], dropna=False).sum()
    return out.round().astype("int64").reset_index()
