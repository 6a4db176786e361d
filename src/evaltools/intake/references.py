"""Checks between tables: every row must find its partner."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from evaltools.intake.arrow import compute, strings
from evaltools.intake.contract import Reference
from evaltools.intake.convert import Problem
from evaltools.intake.store import Store


def check_reference(store: Store, reference: Reference, other: Store, cities: Sequence[str] | None) -> None:
    """Record the rows of `store` whose partner in `other` does not exist.

    Rows with a missing part are let be, and rows that came along without a known city: `other` holds `cities` alone.
    """
    here, there = list(reference.columns), list(reference.to)
    rows = store.frame[here]
    keys = _keys(rows)
    found = compute.is_in(keys, compute.unique(_keys(other.frame[there])))
    asked = np.asarray(keys.is_valid())
    if cities is not None and store.contract.city_column:
        asked &= store.frame[store.contract.city_column].isin(list(cities)).to_numpy()
    lost = np.flatnonzero(~np.asarray(found) & asked)
    if not len(lost):
        return
    message = f"no row of {other.contract.table} ({other.contract.zh}) has this {' + '.join(there)}"
    values = [" + ".join(str(v) for v in row) for row in rows.iloc[lost].itertuples(index=False)]
    store.record_reference(" + ".join(here), Problem(lost, reference.id, message, reference.severity), values)


def _keys(rows: pd.DataFrame) -> Any:
    """One text a row; null where a part is missing."""
    parts = [strings(rows[c]) for c in rows.columns]
    return compute.binary_join_element_wise(*parts, "\x1f", null_handling="emit_null")
