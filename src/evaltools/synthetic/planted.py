"""Defects planted on purpose, so that tests can ask whether they are found. Each is listed in the truth."""

from __future__ import annotations

import numpy as np

from evaltools.synthetic.config import YEARS
from evaltools.synthetic.panel import POOR
from evaltools.synthetic.tables import City

STOCK_FLOW = (
    ("440200", 2017, "exit_not_recorded"), ("440800", 2018, "exit_not_recorded"), ("445200", 2019, "exit_not_recorded"),
    ("440900", 2017, "arrival_not_recorded"), ("441800", 2018, "arrival_not_recorded"),
)  # fmt: skip
"""(city, year, kind): one household each.

exit_not_recorded: the household stands as exited, but `change_out` says none: the account is short of one household.
arrival_not_recorded: `persons_start` is one above the end of the year before: one person came from nowhere.
"""


def plant_stock_flow(city: City) -> list[dict[str, object]]:
    """Break the registry's account in this city where the list says so; returns what was done, by county and year."""
    found = []
    for code, year, kind in STOCK_FLOW:
        if code != city.frame.city_code:
            continue
        t, panel = YEARS.index(year), city.panel
        if kind == "exit_not_recorded":
            pool = panel.alive[:, t] & (panel.change_out[:, t] == 1) & (panel.change_in[:, t] != 2)
            h = int(np.flatnonzero(pool)[len(np.flatnonzero(pool)) // 2])
            panel.change_out[h, t] = 0
            households, persons = -1, -int(panel.persons[h, t])
        else:
            pool = (
                panel.alive[:, t]
                & (panel.change_in[:, t] == 0)
                & (panel.status[:, t - 1] == POOR)
                & (panel.change_out[:, t] == 0)
            )
            h = int(np.flatnonzero(pool)[len(np.flatnonzero(pool)) // 2])
            panel.persons_start[h, t] += 1
            panel.left[h, t] += 1
            households, persons = 0, 1
        county = city.frame.county_codes[int(city.frame.county[city.registry.village[h]])]
        found.append({
            "kind": f"stock_flow.{kind}", "city_code": code, "county_code": county, "year": year,
            "household_id": city.household_ids[h], "residual_households": households, "residual_persons": persons,
        })  # fmt: skip
    return found
