"""The household panel in order: what each row may know of its own past, and the outcome of its next year."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from evaltools.risk.faults import RiskInputError


@dataclass(frozen=True)
class Panel:
    """Households sorted by household and year. same_before : (n,) True where the row above is the same household in
    the year before; same_after likewise below."""

    rows: pd.DataFrame
    same_before: np.ndarray
    same_after: np.ndarray

    def before(self, values: np.ndarray, lag: int = 1) -> np.ndarray:
        """(n,) the value `lag` years earlier, NaN where the household has no row there."""
        out = np.asarray(values, dtype=float)
        for _ in range(lag):
            out = np.where(self.same_before, np.r_[np.nan, out[:-1]], np.nan)
        return out

    def count_so_far(self, happened: np.ndarray) -> np.ndarray:
        """(n,) how often `happened` (bool) has been true for the household up to and including this year."""
        total = np.cumsum(happened)
        return total - self._at_first(total - happened)

    def years_since(self, happened: np.ndarray) -> np.ndarray:
        """(n,) years since `happened` was last true for the household, NaN if never in the panel."""
        year = self.rows["year"].to_numpy(float)
        place = np.maximum.accumulate(np.where(happened, np.arange(len(year)), -1))
        mine = (place >= 0) & (place >= self._first_row())
        return np.where(mine, year - year[np.maximum(place, 0)], np.nan)

    def _first_row(self) -> np.ndarray:
        ids = self.rows["household_id"].to_numpy(object)
        starts = np.r_[True, ids[1:] != ids[:-1]]
        return np.maximum.accumulate(np.where(starts, np.arange(len(ids)), 0))

    def _at_first(self, values: np.ndarray) -> np.ndarray:
        return values[self._first_row()]


def make_history(households: pd.DataFrame) -> Panel:
    """Sort the panel. Raises RiskInputError when a household has two rows in a year."""
    rows = households.sort_values(["household_id", "year"], kind="stable", ignore_index=True)
    ids, year = rows["household_id"].to_numpy(object), rows["year"].to_numpy(int)
    same = ids[1:] == ids[:-1]
    step = np.diff(year)
    if (same & (step == 0)).any():
        first = int(np.argmax(same & (step == 0)))
        raise RiskInputError(
            f"{int((same & (step == 0)).sum())} household(s) have two rows in one year",
            where=f"household {ids[first]}, {year[first]}", todo="remove the duplicates in intake",
        )  # fmt: skip
    linked = same & (step == 1)
    return Panel(rows, np.r_[False, linked], np.r_[linked, False])


def returned_next_year(panel: Panel) -> np.ndarray:
    """(n,) 1.0 where the household is recorded as returned to poverty in the year after this row, 0.0 where it is not,
    NaN where there is no row of that year (the newest year, households lost)."""
    returned = (panel.rows["change_in"] == "returned").fillna(False).to_numpy(bool)
    following = np.r_[returned[1:], False].astype(float)
    return np.where(panel.same_after, following, np.nan)
