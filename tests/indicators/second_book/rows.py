"""Random rows for the second book: every value of every category, every limit and its neighbours, and holes."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from evaltools.intake import Contract, load_contract

CITY = "441400"
COUNTIES = tuple(f"4414{i:02d}" for i in range(21, 33))
VILLAGES = tuple(f"{c}{t}{v}" for c in COUNTIES for t in ("100", "101") for v in ("201", "202"))
HOLES, FEW_HOLES = (
    0.06,
    {"fund_flows": 0.004, "households": 0.02, "teams": 0.03, "pairings": 0.01, "events": 0.03, "visits": 0.01},
)
"""Share of cells that are unknown; fewer where sums over many rows would all be unknown."""
YEARS = (2016, 2019, 2020)
DAYS = (
    "2015-03-01", "2016-01-31", "2016-05-01", "2017-02-28", "2018-12-31", "2019-01-01", "2019-04-30", "2019-05-01",
    "2019-12-01", "2020-01-31", "2020-02-15", "2020-03-31", "2020-04-29", "2020-04-30", "2020-05-01", "2020-06-30",
    "2020-07-01", "2020-07-16", "2020-09-30", "2020-10-01", "2020-11-29", "2020-11-30", "2020-12-01", "2021-03-01",
)  # fmt: skip
POOLS: dict[str, tuple[float, ...]] = {
    "disposable_income_per_capita_yuan": (0, 3000, 8698, 8699, 9000, 9064.53, 9100, 9517.7, 9600, 10500, 10900, 12000, 12086.04,
    12100, 12200),
    "surveyed_income_per_capita_yuan": (8000, 10000, 8699, 9000, 9064.53, 9200, 9500, 9517.7, 9600, 11000, 12500),
    "collective_income_yuan": (20000, 49999, 50000, 99999, 100000, 150000),
    "housing_subsidy_yuan": (0, 39999, 40000, 45000), "measures_received": (0, 1, 2), "labourers": (0, 1, 2, 3),
    "persons": (1, 2, 3, 4, 5), "employment_months": (0, 5, 6, 7, 12), "birth_year": tuple(range(1998, 2020)),
    "exit_year": (2016, 2018, 2019, 2020), "amount_yuan": (30000, 49999.99, 50000, 50000.01, 250000, 500000),
    "term_months": (12, 35, 36, 37), "overdue_days": (0, 1, 30, 31, 90, 91), "balance_yuan": (0, 100, 20000, 50000),
    "illness_cost_yuan": (0, 900, 1000, 2500, 4000, 9000), "wage_income_yuan": (0, 2000, 5000, 20000),
    "business_income_yuan": (-1000, 0, 1000, 8000), "property_income_yuan": (0, 0, 500, 3000),
    "transfer_income_yuan": (0, 2000, 4000), "transfer_paid_yuan": (0, 100), "support_received_yuan": (0, 500, 5000),
    "dividend_income_yuan": (0, 300, 600), "disabled_members": (0, 1, 2), "disability_benefit_yuan": (0, 2099, 2100, 2819,
    2820, 4919, 4920),
    "medical_cost_yuan": (0, 11000, 20000), "medical_compliant_yuan": (0, 8000, 10000), "medical_basic_paid_yuan": (0, 4000,
    7000),
    "medical_serious_paid_yuan": (0, 1000, 2000), "medical_aid_paid_yuan": (0, 799, 800, 2100, 2400, 4800),
    "education_aid_yuan": (0, 3000), "hukou_persons": (500, 1000, 2000), "registered_persons": (24, 25, 49, 50, 100, 150),
    "hukou_households": (100, 300), "registered_households": (0, 10, 30), "households": (19, 20, 21, 60),
    "centralized_water_share": (0.5, 0.99, 1), "sanitary_toilet_share": (0.9, 0.998, 1),
    "allowance_yuan_per_month": (2640, 2639, 2641), "work_fund_yuan_per_month": (1000, 999), "months_allowance_paid": (0, 10,
    20, 22, 23, 27),
    "dibao_standard_yuan": (6383, 6384, 7000), "disability_living_benefit_yuan": (2099, 2100),
    "disability_nursing_benefit_yuan": (2819, 2820),
    "teacher_pay_ratio": (0.99, 1, 1.01), "quarterly_bulletins": (3, 4, 5), "arrears_days": (0, 1, 40), "enterprises": (0, 1, 5),
    "poverty_incidence": (0, 0.17, 0.18, 0.181, 0.3), "interest_rate": (0.04, 0.05), "labour_share_local_poor": (0.1, 0.3),
    "exit_plan_persons": (0, 5, 40), "current_value_yuan": (80000, 99999, 100000, 120000), "original_value_yuan": (90000, 100000),
    "fiscal_value_yuan": (0, 60000, 100000), "exited_checked_households": (0, 3, 9), "index": (1.0, 1.1), "loan_yuan": (0,
    5000, 50000),
    "natural_villages.persons": (199, 200, 201, 500),
    "fund_flows.amount_yuan": (20000, 50000, 100000, 250000, 500000), "enterprises.jobs_poor": (0, 1, 5),
    "identification_year": (2016,),
    "identification_income_per_capita_yuan": (3500, 4500), "weight": (1, 2, 3.5),
}  # fmt: skip
"""Limits, their neighbours and some values besides; other amounts come from a pool of their own."""
MONEY = (0.0, 100.0, 1000.0, 40000.0, 100000.0)
FEW = (0.0, 1.0, 2.0, 3.0, 7.0)
TEXTS = ("甲", "乙", "丙")
IDS: dict[str, tuple[str, ...]] = {
    "household_id": tuple(f"H{i:03d}" for i in range(150)), "case_id": tuple(f"B{i:03d}" for i in range(400)),
    "cadre_id": tuple(f"C{i:03d}" for i in range(400)), "issue_id": tuple(f"I{i:03d}" for i in range(160)),
    "same_as_issue_id": tuple(f"I{i:03d}" for i in range(160)), "project_id": tuple(f"J{i:03d}" for i in range(120)),
    "partner_code": tuple(f"5333{i:02d}" for i in range(24)), "helper_city_code": ("440100", "440300"),
    "visitor_city_code": ("440100", "440300"), "sender_city_code": ("440100", "441400"), "payer_city_code": ("440100",),
}  # fmt: skip
SIZE = {"persons": 700, "survey": 1800, "hospitals": 60, "satisfaction": 3000, "events": 2400, "visits": 900, "teams": 900,
"fund_flows": 600,
        "pairings": 900}  # fmt: skip
NO_HOLES = {
    "year", "city_code", "county_code", "town_code", "village_code", "persons", "weight", "design", "is_responded", "stratum",
    "helper_city_code", "visitor_city_code", "cadre_id", "case_id", "project_id", "partner_code", "issue_id",
    "visits.kind", "visits.date", "visits.is_principal", "events.event", "partner_counties.poor_persons",
    "partner_counties.fiscal_aid_yuan",
}  # fmt: skip
"""Columns, or columns of one table, without holes: keys and places, and what would leave every sum of a city unknown."""


def random_rows(table: str, rng: np.random.Generator) -> pd.DataFrame:
    """Rows of one table as intake gives them. Places agree with each other; nothing else does."""
    contract = load_contract(table)
    base = _keys(table, contract, rng)
    out: dict[str, Any] = {}
    for name in contract.output_columns:
        column = contract.column_of_output(name)
        found = base[name] if name in base else _column(table, name, column.type, tuple(column.values), len(base), rng)
        has_holes = not {name, f"{table}.{name}"} & NO_HOLES and name != contract.key[0]
        series = pd.Series(np.asarray(found), dtype=object)
        out[name] = series.mask(rng.random(len(base)) < FEW_HOLES.get(table, HOLES)) if has_holes else series
    return typed(contract, pd.DataFrame(out))


def _keys(table: str, contract: Contract, rng: np.random.Generator) -> pd.DataFrame:
    """The keys of the rows and their places; what is kept by the year has a row in each of YEARS."""
    own, is_yearly = contract.key[0], "year" in contract.key
    common = {"village_code": VILLAGES, "county_code": COUNTIES, "year": YEARS, "area_code": ("440000", CITY, *COUNTIES),
              "region_code": tuple(dict.fromkeys(v[:9] for v in VILLAGES))} | IDS  # fmt: skip
    ids = common.get(own, tuple(f"{table}{i:04d}" for i in range(SIZE.get(table, 120))))
    if own in IDS and not is_yearly:
        ids = tuple(f"{ids[0][0]}{i:03d}" for i in range(160))
    base = pd.DataFrame({own: list(ids)})
    base["village_code"] = rng.choice(VILLAGES, len(ids)) if own != "village_code" else base[own]
    if own in ("county_code", "area_code"):
        base["village_code"] = base[own] + "100201"
    if is_yearly and own != "year":
        base = base.merge(pd.DataFrame({"year": list(YEARS)}), how="cross")
    elif own != "year":
        base["year"] = rng.choice(YEARS, len(base))
    base["county_code"], base["town_code"] = base["village_code"].str[:6], base["village_code"].str[:9]
    base["stratum"] = base["county_code"]
    base["city_code"] = CITY if own != "area_code" else base[own].map(lambda c: CITY if c.startswith(CITY[:4]) else None)
    return base


def _column(table: str, name: str, kind: str, values: tuple[str, ...], n: int, rng: np.random.Generator) -> Any:
    if kind == "boolean":
        return rng.random(n) < 0.6
    if kind == "date":
        return rng.choice(DAYS, n)
    if kind in ("number", "integer"):
        pool = POOLS.get(f"{table}.{name}", POOLS.get(name, MONEY if name.endswith("_yuan") else FEW))
        return rng.choice(pool, n).astype(float)
    if kind == "category":
        return rng.choice(values, n)
    return rng.choice(IDS.get(name, TEXTS), n)


def typed(contract: Contract, frame: pd.DataFrame) -> pd.DataFrame:
    """The kinds of columns that intake gives."""
    kinds = {c.output: c.type for c in contract.columns.values()}
    for name in frame.columns:
        kind = kinds[name]
        if kind == "boolean":
            frame[name] = frame[name].astype("boolean")
        elif name == "year":
            frame[name] = frame[name].astype("int64")
        elif kind in ("number", "integer"):
            frame[name] = pd.to_numeric(frame[name]).astype("float64")
        elif kind == "date":
            frame[name] = pd.to_datetime(frame[name]).astype("datetime64[us]")
        else:
            frame[name] = frame[name].astype("string")
    return frame


def nullable(table: str, frame: pd.DataFrame) -> pd.DataFrame:
    """The same rows for plain pandas: unknown is NA everywhere, dates are days since 1970-01-01."""
    out = frame.copy()
    for c in load_contract(table).columns.values():
        if c.output in out and c.type == "date":
            days = (out[c.output] - pd.Timestamp(0)) / pd.Timedelta(days=1)
            out[c.output] = days.astype("Float64")
        elif c.output in out and c.type in ("number", "integer"):
            out[c.output] = out[c.output].astype("Float64")
        elif c.output in out and c.type in ("text", "category"):
            out[c.output] = out[c.output].astype(pd.StringDtype("python"))  # compares to nullable booleans
    return out
