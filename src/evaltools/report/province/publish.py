"""The border of the province's report for money: payments become sums by city, persons become totals of a city."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

import pandas as pd

from evaltools.indicators.registry import standing
from evaltools.report.province.model import MoneyTables
from evaltools.report.publish_support import publish_funds
from evaltools.terms import City, LabourCapacity, Payer

PAYERS = (Payer.PROVINCE, Payer.HELPING_CITY, Payer.LOCAL_CITY)
"""Who bears the per-capita input, in the order of the rule's 6:3:1."""
GUIDANCE = ("helper_code", "city_code", "villages", "due_yuan", "arrived_yuan", "on_time_yuan")


def publish_money(
    flows: pd.DataFrame, villages: pd.DataFrame, persons: pd.DataFrame, helpers: Mapping[str, Any], as_of: date
) -> MoneyTables:
    """Sums of payments up to `as_of` by receiving city.

    flows : rows of fund_flows of all cities; villages : of the year; persons : see `persons_of`, one row a city;
    helpers : code of a helping city -> its rules and the codes of the cities that it helps
    """
    year = as_of.year
    past = flows[flows["year"] <= year]
    is_paid = pd.to_datetime(past["paid_date"]).le(pd.Timestamp(as_of)).fillna(False).astype(bool)
    paid = past[is_paid & (past["fund"] == "per_capita_input")]
    payer = paid["payer"].astype(str).where(paid["payer"].isin([p.value for p in PAYERS]), "other")
    amount = paid["amount_yuan"].astype(float)
    sums = amount.groupby([paid["city_code"].astype(str), payer]).sum().unstack().fillna(0.0)
    table = sums.reindex(columns=[*(p.value for p in PAYERS), "other"], fill_value=0.0)
    table = table.assign(total=table.sum(axis=1)).rename_axis("city_code").reset_index()
    return MoneyTables(
        table.merge(persons, on="city_code", how="left"), _guidance(past, villages, helpers, year), len(past)
    )


def _guidance(flows: pd.DataFrame, villages: pd.DataFrame, helpers: Mapping[str, Any], year: int) -> pd.DataFrame:
    """Guidance funds of every helping city, as its own report computes them, of the cities it helps."""
    parts = []
    for code, (rules, helped) in helpers.items():
        here = flows[flows["city_code"].isin(helped)]
        table = publish_funds(here, villages[villages["city_code"].isin(helped)], rules, code, year).guidance
        parts.append(table.assign(helper_code=code))
    known = [p for p in parts if len(p)]
    return pd.concat(known, ignore_index=True)[list(GUIDANCE)] if known else pd.DataFrame(columns=list(GUIDANCE))


def persons_of(tables: Any, city: City, year: int) -> dict[str, Any]:
    """Persons of a city that the input is meant for, at the end of the year, as the city's own report counts them.

    All registered but those without labour capacity in dibao, for whom other money is set aside (粤发〔2016〕13号
    第13条). surely: known to belong; eligible: with those of whom labour or dibao is unknown. No household: NaN.
    """
    rows = standing(tables, ["persons", "labour_capacity", "is_dibao", "year"], year)
    if rows.empty:
        return {"city_code": city.code, "surely": float("nan"), "eligible": float("nan")}
    size = rows["persons"].astype(float)
    labour, dibao = rows["labour_capacity"].astype("string"), rows["is_dibao"].astype("boolean")
    without = (labour == LabourCapacity.NONE.value) & dibao
    return {"city_code": city.code, "surely": float(size[(~without).fillna(False).astype(bool)].sum()),
            "eligible": float(size[~without.fillna(False).astype(bool)].sum())}  # fmt: skip
