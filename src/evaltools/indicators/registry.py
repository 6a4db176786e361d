"""Who stands in the registry at the end of a year. One definition for verdicts, gates and accounts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd

from evaltools.terms import RegistryStatus

REGISTERED: tuple[str, ...] = (RegistryStatus.POOR.value, RegistryStatus.EXITED.value)
GONE: tuple[str, ...] = ("died_out", "moved_out")
"""Ways of leaving that no status records: the row of that year still carries the last status."""


def is_gone(rows: pd.DataFrame) -> pd.Series:
    """Whether the household left the place for good during the year of the row. Needs `change_out`."""
    return rows["change_out"].astype("string").isin(GONE).fillna(False).astype(bool)


def standing(tables: Any, columns: Sequence[str], year: int) -> pd.DataFrame:
    """Rows of `households` of `year` that are registered (poor or exited) and still there at its end."""
    wanted = list(dict.fromkeys([*columns, "registry_status", "change_out"]))
    rows = tables.load("households", columns=wanted, year=year)
    return rows[rows["registry_status"].isin(REGISTERED) & ~is_gone(rows)][list(columns)]
