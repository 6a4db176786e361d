"""Checks between tables: every row must find its partner."""

from __future__ import annotations

import numpy as np

from evaltools.intake.contract import Reference
from evaltools.intake.convert import Problem
from evaltools.intake.store import Store


def check_reference(store: Store, reference: Reference, other: Store) -> None:
    """Record the rows of `store` whose partner in `other` does not exist. Rows with a missing part are let be."""
    here, there = list(reference.columns), list(reference.to)
    rows = store.frame[here]
    partners = other.frame[there].drop_duplicates().set_axis(here, axis=1)
    partners = partners.astype(rows.dtypes.to_dict(), errors="ignore")
    found = rows.merge(partners, on=here, how="left", indicator=True)["_merge"].to_numpy() == "both"
    lost = np.flatnonzero(~found & rows.notna().all(axis=1).to_numpy())
    if not len(lost):
        return
    message = f"no row of {other.contract.table} ({other.contract.zh}) has this {' + '.join(there)}"
    values = [" + ".join(str(v) for v in row) for row in rows.iloc[lost].itertuples(index=False)]
    store.record_reference(" + ".join(here), Problem(lost, reference.id, message, reference.severity), values)
