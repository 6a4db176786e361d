"""The registry's stock-flow account.

S(t) = S(t-1) + registered + returned + moved in + joined - exited - removed - died out - moved out - left.

The stock is the households (persons) registered and not yet exited at the end of the year. The opening is taken from
last year's rows, the flows from what the registry itself recorded this year, the closing from this year's status: a
household that vanished, appeared or changed status without a recorded event shows as a residual.
"""

from __future__ import annotations

from typing import Any

import pandas as pd

from evaltools.indicators.exits.result import StockFlow
from evaltools.indicators.registry import is_gone
from evaltools.terms import RegistryStatus

INFLOWS: tuple[str, ...] = ("registered", "returned", "moved_in")
OUTFLOWS: tuple[str, ...] = ("exited", "removed", "died_out", "moved_out")
_COLUMNS = [
    "household_id", "year", "city_code", "county_code", "registry_status", "persons",
    "persons_start", "persons_joined", "persons_left", "change_in", "change_out",
]  # fmt: skip
_KEYS = ["city_code", "county_code", "year", "unit"]
_FLOWS = ["opening", *INFLOWS, "joined", *OUTFLOWS, "left", "expected", "closing", "residual", "has_opening"]
_ORDER = [*_KEYS, *_FLOWS]


def stock_flow(tables: Any, rules: Any = None, until: int | None = None) -> StockFlow:
    """The account by county and year, in households and in persons, with its residual.

    tables : intake.Tables with `households`, all years; until : last year to account for (default: rules.year, or all).
    The first year of the table has no opening stock and therefore no residual (`has_opening` is False).
    """
    rows = tables.load("households", columns=_COLUMNS)
    rows = rows[rows["registry_status"] != RegistryStatus.NEVER.value]
    missing = tuple(c for c in ("change_in", "change_out") if rows[c].isna().all())
    if missing:  # without the registry's own record of its moves there is no account to close
        return StockFlow(
            pd.DataFrame(columns=_ORDER), pd.DataFrame(columns=_ORDER), pd.DataFrame(columns=_ORDER), missing
        )
    until = until if until is not None else (rules.year if rules is not None else None)
    if until is not None:
        rows = rows[rows["year"] <= until]
    rows = _marked(rows)
    parts = [_account(rows, unit) for unit in ("households", "persons")]
    frame = pd.concat(parts, ignore_index=True).sort_values(_KEYS, ignore_index=True)
    return StockFlow(
        frame=frame,
        offending=frame[frame["residual"].fillna(0) != 0].reset_index(drop=True),
        totals=_closed(frame.drop(columns=["county_code", "expected", "residual", "has_opening"])
                       .groupby(["city_code", "year", "unit"], as_index=False).sum(), frame),
    )  # fmt: skip


def _marked(rows: pd.DataFrame) -> pd.DataFrame:
    """Rows with where they stand: in the stock at the end, in it last year, through it during the year."""
    rows = rows.copy()
    for column in ("persons", "persons_start", "persons_joined", "persons_left"):
        rows[column] = rows[column].astype("Float64").astype(float)
    rows["persons_start"] = rows["persons_start"].fillna(rows["persons"])
    rows[["persons_joined", "persons_left"]] = rows[["persons_joined", "persons_left"]].fillna(0.0)
    for column in ("change_in", "change_out", "registry_status"):
        rows[column] = rows[column].astype("string").fillna("none").astype(object)
    rows["closing"] = (rows["registry_status"] == RegistryStatus.POOR.value) & ~is_gone(rows)
    last = rows.loc[rows["closing"], ["household_id", "year"]].assign(year=lambda d: d["year"] + 1, was_in=1)
    rows = rows.merge(last, on=["household_id", "year"], how="left")
    rows["was_in"] = rows["was_in"].notna()
    # Someone who moved in already exited never touches this stock; nor does an exited household that dies out.
    leaves = rows["change_out"].isin(OUTFLOWS)
    rows["enters"] = rows["change_in"].isin(INFLOWS) & (rows["closing"] | leaves)
    rows["leaves"] = leaves & ((rows["change_out"] == "exited") | rows["was_in"] | rows["enters"])
    rows["through"] = rows["was_in"] | rows["enters"]
    return rows


def _account(rows: pd.DataFrame, unit: str) -> pd.DataFrame:
    """One account in one unit, by city, county and year."""
    size = 1 if unit == "households" else rows["persons"]
    entering = 1 if unit == "households" else rows["persons_start"]
    cells: dict[str, Any] = {"closing": rows["closing"] * size}
    for flow in INFLOWS:
        cells[flow] = (rows["enters"] & (rows["change_in"] == flow)) * entering
    for flow in OUTFLOWS:
        cells[flow] = (rows["leaves"] & (rows["change_out"] == flow)) * size
    cells["joined"] = rows["through"] * rows["persons_joined"] * (unit == "persons")
    cells["left"] = rows["through"] * rows["persons_left"] * (unit == "persons")
    keys = [rows[k] for k in ("city_code", "county_code", "year")]
    sums = pd.DataFrame(cells, index=rows.index).astype("int64").groupby(keys, observed=True).sum().reset_index()
    stock = sums[["city_code", "county_code", "year", "closing"]].assign(year=sums["year"] + 1)
    sums = sums.merge(
        stock.rename(columns={"closing": "opening"}), on=["city_code", "county_code", "year"], how="outer"
    )
    # A county whose rows vanished altogether still has an opening; a year after the last has not begun.
    sums = sums[sums["year"] <= rows["year"].max()].assign(unit=unit)
    sums["has_opening"] = sums["year"] > rows["year"].min()
    flows = [c for c in sums.columns if c in (*INFLOWS, *OUTFLOWS, "joined", "left", "opening", "closing")]
    sums[flows] = sums[flows].fillna(0).astype("int64")
    return _closed(sums, sums)


def _closed(sums: pd.DataFrame, like: pd.DataFrame) -> pd.DataFrame:
    """The columns of the account in order, with what was expected and what is left over."""
    out = sums.copy()
    if "has_opening" not in out:
        first = like.groupby("year")["has_opening"].all()
        out["has_opening"] = out["year"].map(first).astype(bool)
    plus = out[["opening", *INFLOWS, "joined"]].sum(axis=1)
    minus = out[[*OUTFLOWS, "left"]].sum(axis=1)
    out["expected"] = (plus - minus).astype("Int64").where(out["has_opening"])
    out["residual"] = (out["closing"] - out["expected"]).astype("Int64")
    keys = [k for k in _KEYS if k in out]
    return out[[*keys, *_FLOWS]]
