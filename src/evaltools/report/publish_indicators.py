"""The border for the catalogue: indicators of a city as they may be published, with its best and worst county.

What is counted in households or persons passes `protect` over counties and city together. A share whose small part is
withheld is printed as the bound that withholding itself tells: fewer than ten of 1,445 households is at most 0.7 %.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from evaltools.errors import DataInvalidError
from evaltools.indicators import Indicator, IndicatorTable
from evaltools.indicators.disclosure import MIN_CELL, protect
from evaltools.indicators.engine.entry import Statistic
from evaltools.indicators.engine.result import Measured, TableSums, state_columns
from evaltools.report.model import IndicatorTables, Reading
from evaltools.terms import VerdictState

PERSONAL: tuple[str, ...] = ("households", "persons", "loans", "events")
"""Registers whose rows are a household, one of its members, its loan or its case."""
COUNTED: tuple[str, ...] = ("households", "persons")
"""Units that count households or persons, whatever register they come from."""
CITY = ""
_UNPLACED = "?"


def publish_indicators(table: IndicatorTable, rules: Any, ids: Iterable[str]) -> IndicatorTables:
    """The indicators `ids` of the one city of `table` in its year; those that could not be computed with the reason."""
    wanted = list(dict.fromkeys(ids))
    min_cell = int(rules[MIN_CELL].value)
    found: dict[str, Reading] = {}
    for sums in table.tables.values():
        there = [i for i in wanted if i in sums.measured]
        place = _Place.of(sums, table.year) if there else None
        if place is not None:
            found |= {i: _reading(table.catalogue[i], sums, place, rules, min_cell) for i in there}
    lost = {str(r["indicator"]): str(r["reason"]) for r in table.missing.to_dict("records")}
    missing = {i: lost.get(i, "no row of this city and year") for i in wanted if i not in found}
    return IndicatorTables({i: found[i] for i in wanted if i in found}, missing)


def of_city(table: IndicatorTable, code: str) -> IndicatorTable:
    """One city of a table of several: its own areas and those of its counties, in the table's year."""
    parts = {name: _part_of(sums, code, table.year) for name, sums in table.tables.items()}
    return replace(table, tables=parts)


def _part_of(sums: TableSums, code: str, year: int) -> TableSums:
    keep = sums.positions({"city", "county"}, year)
    keep = keep[(sums.areas["city_code"].to_numpy()[keep] == code)]
    measured = {name: sums.at(name, keep) for name in sums.measured}
    states = {name: state[keep] for name, state in sums.states.items()}
    return replace(sums, areas=sums.areas.iloc[keep].reset_index(drop=True), measured=measured, states=states)


@dataclass(frozen=True)
class _Place:
    """Where a city stands among the areas of a table: the positions of its counties, whose codes are `codes`, and its own."""

    rows: np.ndarray
    codes: list[str]

    @classmethod
    def of(cls, sums: TableSums, year: int) -> _Place | None:
        """The one city of a table in a year; None where the table holds no row of it."""
        city, counties = (sums.positions({level}, year) for level in ("city", "county"))
        if len(city) != 1:
            return None
        codes = sums.areas["area_code"].to_numpy()[counties]
        return cls(np.append(counties, city), [str(c) for c in codes])


def _reading(entry: Indicator, sums: TableSums, place: _Place, rules: Any, min_cell: int) -> Reading:
    """One indicator of the city."""
    measured = sums.at(entry.id, place.rows)
    limit, state = state_columns(entry, sums, measured, place.rows)
    codes, at = place.codes, len(place.codes)
    counties = np.arange(at)
    values, bound = _publishable(entry, measured, at, counties, codes, rules, min_cell)
    best, worst = _extremes(entry, values, measured, counties, codes, min_cell)
    rule = rules.get(entry.rule) if entry.rule else None
    number = values[CITY]
    return Reading(
        entry=entry, value=number, bound=bound, low=_known(measured.low[at]) if entry.is_survey else None,
        high=_known(measured.high[at]) if entry.is_survey else None, n=_size(measured.rows[at], entry, min_cell),
        missing_share=_known(measured.missing_share[at]), limit=_known(limit[at]),
        comparison=str(rule.comparison) if rule is not None else "", state=VerdictState(str(state[at])),
        is_withheld=number is None and _known(measured.value[at]) is not None, best=best, worst=worst,
        numerator=_part(measured.numerator[at], number), denominator=_part(measured.denominator[at], number),
    )  # fmt: skip


def _publishable(
    entry: Indicator, m: Measured, at: int, counties: np.ndarray, codes: list[str], rules: Any, min_cell: int
) -> tuple[dict[str, float | None], tuple[str, float] | None]:
    """County code (CITY for the city) -> value or None where it is withheld or unknown; and the bound of the city's."""
    rows = [*counties.tolist(), at]
    names = [*codes, CITY]
    values = {c: _known(m.value[i]) for c, i in zip(names, rows, strict=True)}
    is_personal = entry.table in PERSONAL or entry.unit in COUNTED
    if entry.is_survey or not is_personal:
        return {c: v if not entry.is_survey or m.rows[i] >= min_cell else None for (c, v), i in
                zip(values.items(), rows, strict=True)}, None  # fmt: skip
    if entry.statistic is Statistic.SHARE:
        return _shares(m, rows, names, values, rules, min_cell)
    if entry.statistic is Statistic.COUNT or (entry.statistic is Statistic.TOTAL and entry.unit in COUNTED):
        shown = _counts(m, rows, names, values, rules)
        return {c: v if shown[c] else None for c, v in values.items()}, None
    return {c: v if m.rows[i] == 0 or m.rows[i] >= min_cell else None for (c, v), i in
            zip(values.items(), rows, strict=True)}, None  # fmt: skip


def _shares(
    m: Measured, rows: list[int], names: list[str], values: Mapping[str, float | None], rules: Any, min_cell: int
) -> tuple[dict[str, float | None], tuple[str, float] | None]:
    """Shares whose two parts may both be printed; for the city else the bound that the withheld part leaves."""
    yes, whole = m.numerator[rows], m.denominator[rows]
    frame = pd.DataFrame({"area": names, "yes": yes, "no": whole - yes, "whole": whole})
    shown = protect(
        _summed(frame, ["yes", "no", "whole"]), rules, counts=["yes", "no"], total="whole",
        total_row={"area": CITY}, name="shares",
    ).frame.set_index("area")  # fmt: skip
    keep = shown[["yes", "no"]].notna().all(axis=1)
    n, part, rest = float(whole[-1]), float(yes[-1]), float(whole[-1] - yes[-1])
    bound = None
    if not keep[CITY] and n >= 2 * min_cell:
        if 0 < part < min_cell:
            bound = ("<=", math.ceil(1000 * (min_cell - 1) / n) / 1000)
        elif 0 < rest < min_cell:
            bound = (">=", math.floor(1000 * (1 - (min_cell - 1) / n)) / 1000)
    return {c: v if keep[c] else None for c, v in values.items()}, bound


def _counts(
    m: Measured, rows: list[int], names: list[str], values: Mapping[str, float | None], rules: Any
) -> dict[str, bool]:
    """Which counts may be printed, over counties and city together."""
    frame = pd.DataFrame({"area": names, "count": [values[c] or 0.0 for c in names]})
    shown = protect(_summed(frame, ["count"]), rules, counts=["count"], total_row={"area": CITY}, name="counts")
    return dict(zip(shown.frame["area"], shown.frame["count"].notna(), strict=True))


def _summed(frame: pd.DataFrame, columns: list[str]) -> pd.DataFrame:
    """The table, if its last row holds the sums of the others; else only the city's row: a survey of some counties."""
    inside = frame.iloc[:-1][columns].sum().to_numpy(dtype=float)
    city = frame.iloc[-1][columns].to_numpy(dtype=float)
    if np.array_equal(inside, city):
        return frame
    if (inside > city).any():
        raise DataInvalidError(
            "the counties of an indicator hold more than their city", expected="counties that add up to the city",
            where="publish_indicators", todo="look for a row counted in two counties",
        )  # fmt: skip
    rest = frame.iloc[[-1]].assign(area=_UNPLACED, **dict(zip(columns, city - inside, strict=True)))
    return pd.concat([frame.iloc[:-1], rest, frame.iloc[[-1]]], ignore_index=True)


def _extremes(
    entry: Indicator, values: Mapping[str, float | None], m: Measured, counties: np.ndarray, codes: list[str],
    min_cell: int,
) -> tuple[tuple[str, float] | None, tuple[str, float] | None]:  # fmt: skip
    """(best, worst) county with its value; None where the direction is open, fewer than two are known, or all equal.

    County samples are too small to be ranked, and totals follow the size of a county: neither is compared.
    """
    if entry.direction == "none" or entry.is_survey or entry.statistic in (Statistic.TOTAL, Statistic.COUNT):
        return None, None
    known = [(c, v) for c in codes if (v := values[c]) is not None and not c.endswith(_UNPLACED)]
    if len(known) < 2 or len({v for _, v in known}) == 1:
        return None, None
    ordered = sorted(known, key=lambda cv: (cv[1], cv[0]))
    low, high = ordered[0], ordered[-1]
    return (high, low) if entry.direction == "higher" else (low, high)


def _size(rows: float, entry: Indicator, min_cell: int) -> int | None:
    """Rows behind a value; None where they are a small number of households."""
    is_small = (entry.table in PERSONAL or entry.is_survey) and 0 < rows < min_cell
    return None if is_small or math.isnan(rows) else int(rows)


def _part(x: float, value: float | None) -> float | None:
    return None if value is None else _known(x)


def _known(x: Any) -> float | None:
    return None if x is None or not math.isfinite(float(x)) else float(x)
