"""Refuses what must not be a feature: columns dated after t, made from the outcome, or a label that overlaps t."""

from __future__ import annotations

import re
from collections.abc import Iterable

import numpy as np
import pandas as pd

from evaltools.risk.faults import RiskInputError

OUTCOMES = frozenset(
    {
        "returned_year", "returned_next_year", "fell_into_poverty", "returned_to_poverty", "return_probability",
        "change_in", "change_out", "registry_status", "exit_year", "is_returned", "label", "outcome",
    }
)  # fmt: skip
ENOUGH = 20  # rows below which a column may equal the label by chance
YEAR_IN_NAME = re.compile(r"(?<!\d)(19|20)\d{2}(?!\d)")


def check_windows(feature_year: np.ndarray, label_year: np.ndarray) -> None:
    """Labels must lie strictly after the features. Both (n,) years. Raises RiskInputError with the first overlap."""
    bad = label_year <= feature_year
    if bad.any():
        first = int(np.argmax(bad))
        raise RiskInputError(
            f"the label window overlaps the feature window in {int(bad.sum())} row(s)",
            where=f"row {first}: features of {feature_year[first]}, label of {label_year[first]}",
            expected="labels of a year after the features'", todo="take the outcome of t + 1 for households at t",
        )  # fmt: skip


def check_features(X: pd.DataFrame, year: Iterable[int] | int, y: pd.Series | np.ndarray | None = None) -> None:
    """Every column of X must be known at the end of `year` (one, or one a row).

    Refused: names of outcomes; a name with a later year in it (income_2020_yuan when t is 2019); dates, and numbers in
    columns ending in _year, later than t; a column that equals the label. Raises RiskInputError naming all of them.
    """
    t = np.broadcast_to(np.asarray(year, dtype=float), (len(X),))
    guilty: list[str] = []
    for column in X.columns:
        reason = _reason(str(column), X[column], t, None if y is None else np.asarray(y, dtype=object))
        guilty += [f"{column}: {reason}"] if reason else []
    if guilty:
        raise RiskInputError(
            f"{len(guilty)} column(s) are not known at the end of year t: {', '.join(g.split(':')[0] for g in guilty)}",
            expected="columns dated at or before t, not made from the outcome", todo="leave them out", detail=guilty,
        )  # fmt: skip


def _reason(name: str, values: pd.Series, t: np.ndarray, y: np.ndarray | None) -> str | None:
    if name in OUTCOMES:
        return "it is the outcome, or is made from it"
    named = [int(m.group()) for m in YEAR_IN_NAME.finditer(name)]
    if named and max(named) > t.min():
        return f"its name is dated {max(named)}, after {int(t.min())}"
    if pd.api.types.is_datetime64_any_dtype(values.dtype):
        late = values.dt.year.to_numpy(dtype=float, na_value=np.nan) > t
        return f"{int(late.sum())} date(s) lie after year t" if late.any() else None
    if name.endswith("_year") and pd.api.types.is_numeric_dtype(values.dtype):
        late = values.to_numpy(dtype=float, na_value=np.nan) > t
        return f"{int(late.sum())} year(s) lie after year t" if late.any() else None
    return "it equals the label" if y is not None and _is_label(values, y) else None


def _is_label(values: pd.Series, y: np.ndarray) -> bool:
    known = ~pd.isna(y) & values.notna().to_numpy()
    if known.sum() < ENOUGH or values.nunique() != 2:
        return False
    a = pd.factorize(values.to_numpy(dtype=object)[known], sort=False)[0]
    b = pd.factorize(y[known], sort=False)[0]
    return len(np.unique(b)) == 2 and bool((a == b).all() or (a == 1 - b).all())
