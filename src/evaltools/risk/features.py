"""What is known of an exited household at the end of year t, and whether it returned to poverty in t + 1.

From the canonical tables `households` and `villages` alone, rows of year t and earlier. Distance is not in the
canonical tables; paved roads, buses and clinics of the village stand for access. Income volatility and growth need
earlier rows and are missing, not zero, in a household's first year.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from evaltools.errors import DataMissingError
from evaltools.risk.columns import RATIO_FLOOR
from evaltools.risk.guard import check_features, check_windows
from evaltools.risk.history import Panel, make_history, returned_next_year

WELFARE, LINE = "disposable_income_per_capita_yuan", "poverty_line_yuan"
MONEY = (
    "loan_yuan",
    "support_received_yuan",
    "village_disposable_income_per_capita_yuan",
    "village_collective_income_yuan",
)
SOURCES = ("wage_income_yuan", "business_income_yuan", "property_income_yuan", "transfer_income_yuan")
TAKEN = (
    "persons", "labourers", "children", "elderly", "students", "ill_members", "disabled_members", "head_age",
    "head_education_years", "head_sex", "is_ethnic_minority", "labour_capacity", "is_safety_net_eligible", "is_dibao",
    "is_tekun", "education_ok", "healthcare_ok", "housing_ok", "drinking_water_ok", "housing_grade", "main_industry",
    "shock", "is_in_poor_village", "persons_joined", "persons_left", "loan_yuan", "support_received_yuan",
)  # fmt: skip
KEYS = ("household_id", "year", "city_code", "county_code", "town_code", "village_code")
FROM_HOUSEHOLDS = tuple(dict.fromkeys(
    (*KEYS, *TAKEN, *SOURCES, WELFARE, "transfer_paid_yuan", "registry_status", "change_in", "change_out", "exit_year")
))  # fmt: skip
"""Columns of the table households that the model reads."""
FROM_VILLAGES = (
    "village_code", "year", "disposable_income_per_capita_yuan", "collective_income_yuan", "nv_ge20_households",
    "nv_ge20_households_paved", "registered_persons", "hukou_persons", "has_bus", "has_clinic",
)  # fmt: skip
"""Columns of the table villages that the model reads."""


@dataclass(frozen=True)
class ReturnSample:
    """Exited households at the end of their year. X : features and `year`; keys : codes of the same rows; y : 1.0, 0.0,
    NaN where the outcome is not known. counts: rows by what became of them."""

    X: pd.DataFrame
    keys: pd.DataFrame
    y: np.ndarray
    counts: Mapping[str, int] = field(default_factory=dict)

    def labelled(self) -> ReturnSample:
        """The rows whose outcome is known."""
        return self.take(~np.isnan(self.y))

    def at(self, year: int, city_code: str | None = None) -> ReturnSample:
        """The rows of one year (and city)."""
        rows = (self.keys["year"] == year).to_numpy()
        return self.take(rows if city_code is None else rows & (self.keys["city_code"] == city_code).to_numpy())

    def take(self, rows: np.ndarray) -> ReturnSample:
        """The rows of a mask."""
        return ReturnSample(
            self.X[rows].reset_index(drop=True), self.keys[rows].reset_index(drop=True), self.y[rows], self.counts
        )


def return_sample(households: pd.DataFrame, villages: pd.DataFrame | None, lines: Mapping[int, float]) -> ReturnSample:
    """Features and labels of every household that is exited at the end of a year for which `lines` gives the line.

    lines: year -> yuan per person and year. Raises DataMissingError for absent columns, RiskInputError from the guard.
    """
    _check_columns(households)
    panel = make_history(households)
    year = panel.rows["year"].to_numpy(int)
    line = np.array([lines.get(int(y), np.nan) for y in year])
    X = _features(panel, villages, line)
    y = returned_next_year(panel)
    exited = (panel.rows["registry_status"] == "exited").fillna(False).to_numpy(bool)
    use = exited & ~np.isnan(line)
    check_windows(year[use], year[use] + 1)
    X = X[use].reset_index(drop=True)
    check_features(X.drop(columns="year"), year[use], y[use])
    counts = {
        "exited": int(exited.sum()), "without_line": int((exited & np.isnan(line)).sum()),
        "returned": int((y[use] == 1).sum()), "not_returned": int((y[use] == 0).sum()),
        "outcome_unknown": int(np.isnan(y[use]).sum()),
        "lost_to_follow_up": int((np.isnan(y[use]) & (year[use] < year.max())).sum()),
    }  # fmt: skip
    return ReturnSample(X, panel.rows.loc[use, list(KEYS)].reset_index(drop=True), y[use], counts)


def _check_columns(households: pd.DataFrame) -> None:
    needed = set(FROM_HOUSEHOLDS)
    absent = sorted(needed - set(households.columns))
    if absent:
        raise DataMissingError(
            f"the table households lacks {len(absent)} column(s): {', '.join(absent)}", expected="the canonical table",
            todo="complete the mapping in intake; a column nobody collected stays empty, not absent",
        )  # fmt: skip


def _features(panel: Panel, villages: pd.DataFrame | None, line: np.ndarray) -> pd.DataFrame:
    rows = panel.rows
    out = {"year": rows["year"].to_numpy(int), WELFARE: rows[WELFARE], LINE: line}
    out |= {name: rows[name] for name in TAKEN}
    out |= _income_features(panel, line) | _household_features(panel)
    X = pd.DataFrame(out)
    return X if villages is None else pd.concat([X, _village_features(rows, villages)], axis=1)


def _income_features(panel: Panel, line: np.ndarray) -> dict[str, Any]:
    """Mix, concentration, growth and volatility of income. Shares of gross income; NaN where gross is not positive."""
    rows = panel.rows
    parts = np.column_stack([rows[s].to_numpy(float, na_value=np.nan) for s in SOURCES])
    gross = parts.sum(axis=1)
    share = np.divide(parts, gross[:, None], out=np.full(parts.shape, np.nan), where=gross[:, None] > 0)
    ratio = np.log(np.maximum(rows[WELFARE].to_numpy(float, na_value=np.nan) / line, RATIO_FLOOR))
    past = np.column_stack([ratio, panel.before(ratio), panel.before(ratio, 2)])
    known = (~np.isnan(past)).sum(axis=1)
    mean = np.nansum(past, axis=1) / np.maximum(known, 1)
    spread = np.sqrt(np.nansum((past - mean[:, None]) ** 2, axis=1) / np.maximum(known - 1, 1))
    return {
        "wage_share": share[:, 0], "business_share": share[:, 1], "transfer_share": share[:, 3],
        "income_concentration": (share**2).sum(axis=1),
        "income_growth": ratio - panel.before(ratio),
        "income_volatility": np.where(known >= 2, spread, np.nan),
        "wage_change": _relative(rows["wage_income_yuan"], panel, line),
    }  # fmt: skip


def _relative(values: pd.Series, panel: Panel, line: np.ndarray) -> np.ndarray:
    """Change of an amount since the year before, per person and relative to the line."""
    each = values.to_numpy(float, na_value=np.nan) / panel.rows["persons"].to_numpy(float, na_value=np.nan) / line
    return each - panel.before(each)


def _household_features(panel: Panel) -> dict[str, Any]:
    rows = panel.rows
    persons = rows["persons"].to_numpy(float, na_value=np.nan)
    labourers = rows["labourers"].to_numpy(float, na_value=np.nan)
    exits = (rows["change_out"] == "exited").fillna(False).to_numpy(bool)
    year, said = rows["year"].to_numpy(float), rows["exit_year"].to_numpy(float, na_value=np.nan)
    since = panel.years_since(exits)
    since = np.where(np.isnan(since) & (said <= year), year - said, since)
    returns = (rows["change_in"] == "returned").fillna(False).to_numpy(bool)
    return {
        "dependants_per_labourer": (persons - labourers) / np.maximum(labourers, 1.0),
        "labourers_change": labourers - panel.before(labourers),
        "years_since_exit": since, "earlier_returns": panel.count_so_far(returns).astype(float),
        "has_loan": (rows["loan_yuan"] > 0).to_numpy(dtype=float, na_value=np.nan),
    }  # fmt: skip


def _village_features(rows: pd.DataFrame, villages: pd.DataFrame) -> pd.DataFrame:
    """The household's village in the same year."""
    v = villages[["village_code", "year"]].copy()
    v["village_disposable_income_per_capita_yuan"] = villages["disposable_income_per_capita_yuan"]
    v["village_collective_income_yuan"] = villages["collective_income_yuan"]
    v["village_paved_share"] = _share(villages["nv_ge20_households_paved"], villages["nv_ge20_households"])
    v["village_poor_share"] = _share(villages["registered_persons"], villages["hukou_persons"])
    for name in ("has_bus", "has_clinic"):
        v[f"village_{name}"] = villages[name]
    keys = rows[["village_code", "year"]]
    return keys.merge(v, on=["village_code", "year"], how="left", validate="m:1").drop(columns=["village_code", "year"])


def _share(part: pd.Series, whole: pd.Series) -> np.ndarray:
    a, b = part.to_numpy(float, na_value=np.nan), whole.to_numpy(float, na_value=np.nan)
    return np.divide(a, b, out=np.full(len(a), np.nan), where=b > 0)
