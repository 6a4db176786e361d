"""All ledgers of a city, and those of the province."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from evaltools.synthetic.columns import boolean, text, whole
from evaltools.synthetic.ledgers import eastwest, helpers, money, places, process, work
from evaltools.synthetic.ledgers.context import Context, years


def city_ledgers(ctx: Context, has_clinic: np.ndarray, watch: np.ndarray) -> dict[str, pa.Table]:
    """Table name -> rows of this city. has_clinic: (villages, 5); watch: (households, 5) monitoring class."""
    plan = work.plan_projects(ctx)
    assets = work.assets(ctx, plan)
    return {
        "natural_villages": places.natural_villages(ctx), "schools": places.schools(ctx),
        "hospitals": places.hospitals(ctx, has_clinic), "counties": places.counties(ctx, work.fiscal_value(ctx, assets)),
        "loan_totals": money.loan_totals(ctx, money.province_growth()), "donations": money.donations(ctx),
        "consumption": money.consumption(ctx), "projects": work.projects(ctx, plan), "assets": assets,
        "enterprises": work.enterprises(ctx), "teams": helpers.teams(ctx), "visits": helpers.visits(ctx),
        "pairings": helpers.pairings(ctx), "events": process.events(ctx, watch), "issues": process.issues(ctx),
    }  # fmt: skip


def province_ledgers(seed: int, scale: float) -> dict[str, pa.Table]:
    """Tables and rows that belong to no city with a registry: east-west cooperation, the province's loan balances."""
    growth = money.province_growth()
    t = np.arange(5)
    everything = np.round(9e12 * scale * np.cumprod(growth) / growth[0])
    totals = pa.table({
        "area_code": text(np.zeros(5, int), ["440000"]), "year": years(t),
        "is_poverty_area": boolean(np.zeros(5, bool)),
        "city_code": text(np.full(5, -1), ["440000"]), "all_loans_yuan": whole(everything, kind=pa.int64()),
        "farm_household_loans_yuan": whole(np.round(everything * 0.05), kind=pa.int64()),
        "poor_household_loans_yuan": whole(np.round(everything * 0.0005), kind=pa.int64()),
    })  # fmt: skip
    return {
        "loan_totals": totals, "partner_counties": eastwest.partner_counties(seed),
        "partner_pairs": eastwest.partner_pairs(seed),
    }  # fmt: skip
