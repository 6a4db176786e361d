"""The border of the report for what is given: money that arrived and teams in office, as sums by city, year and month."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from evaltools.report.model import ArrivalTables, FundTables, TeamTables

CAPTAINS = ("captain", "captain_and_secretary")
"""Posts of who leads a team."""


def publish_funds(flows: pd.DataFrame, villages: pd.DataFrame, rules: Any, helper_code: str, year: int) -> FundTables:
    """Money of a helping city up to `year`, by recipient: guidance funds, and the fiscal input's split.

    `flows`: rows of fund_flows of the cities it helps; `villages`: their rows of villages (helper_city_code says which
    a city answers for). What is due comes from the rule; where none is defined it stays NaN and nothing is judged.
    """
    flows = flows[flows["year"] <= year]
    paid = flows[flows["paid_date"].notna()]
    return FundTables(
        guidance=_guidance(flows[flows["fund"] == "guidance"], villages, rules, helper_code, year),
        split=_split(paid[paid["fund"] == "per_capita_input"], helper_code),
        rows=len(flows),
    )


def publish_arrivals(flows: pd.DataFrame, rules: Any) -> ArrivalTables:
    """The per-capita input that had arrived by the rules' date, by year of arrival and payer. `flows`: fund_flows."""
    own = flows[flows["fund"] == "per_capita_input"]
    paid = pd.to_datetime(own["paid_date"])
    arrived = own[paid.notna() & (paid <= pd.Timestamp(rules.as_of))]
    years = pd.to_datetime(arrived["paid_date"]).dt.year
    sums = arrived["amount_yuan"].astype(float).groupby([years.rename("year"), arrived["payer"].astype(str)]).sum()
    return ArrivalTables(sums.rename("yuan").reset_index(), len(own))


def publish_teams(teams: pd.DataFrame, villages: pd.DataFrame, rules: Any) -> TeamTables:
    """On the first of each month, how many relatively poor villages of the year had a captain in office.

    `teams`: posts with from_date and to_date (open where still held); `villages`: rows of villages of the year.
    """
    poor = villages[villages["is_poor_village"].fillna(False).astype(bool)]["village_code"].astype(str)
    posts = teams[(teams["team_level"] == "village") & teams["post"].isin(CAPTAINS)]
    posts = posts[posts["village_code"].astype(str).isin(set(poor))]
    since = pd.to_datetime(posts["from_date"])
    until = pd.to_datetime(posts["to_date"]).fillna(pd.Timestamp(rules.as_of))
    if posts.empty:
        return TeamTables(pd.DataFrame({"month": [], "villages": [], "share": []}), len(poor), 0)
    rows = [
        {"month": day, "villages": posts.loc[(since <= day) & (until >= day), "village_code"].nunique()}
        for day in pd.date_range(since.min().replace(day=1), pd.Timestamp(rules.as_of), freq="MS")
    ]
    months = pd.DataFrame(rows)
    return TeamTables(months.assign(share=months["villages"] / len(poor)), len(poor), len(posts))


def _guidance(flows: pd.DataFrame, villages: pd.DataFrame, rules: Any, helper_code: str, year: int) -> pd.DataFrame:
    """One row per recipient for the report's year."""
    amount, due = rules["finance.guidance_fund_per_village_year"], rules["finance.guidance_fund_due"]
    own = villages[(villages["year"] == year) & (villages["helper_city_code"] == helper_code)]
    own = own[own["is_poor_village"].fillna(False).astype(bool)]
    count = own.groupby(own["city_code"].astype(str))["village_code"].nunique()
    now = flows[(flows["year"] == year) & (flows["payer_city_code"].isna() | (flows["payer_city_code"] == helper_code))]
    arrived = now[now["paid_date"].notna()]
    by_city = arrived.groupby(arrived["city_code"].astype(str))["amount_yuan"].sum()
    table = pd.DataFrame({"villages": count, "arrived_yuan": by_city}).rename_axis("city_code").fillna(0.0)
    table = table.reset_index().astype({"villages": int, "arrived_yuan": float})
    table["due_yuan"] = table["villages"] * float(amount.value) if amount.is_defined else np.nan
    if due.is_defined:
        limit = pd.Timestamp(f"{year}-{due.value}")
        timely = arrived[pd.to_datetime(arrived["paid_date"]) <= limit]
        sums = timely.groupby(timely["city_code"].astype(str))["amount_yuan"].sum()
        table["on_time_yuan"] = table["city_code"].map(sums).fillna(0.0).astype(float)
    else:
        table["on_time_yuan"] = np.nan
    return table


def _split(paid: pd.DataFrame, helper_code: str) -> pd.DataFrame:
    """Arrivals of the fiscal input by recipient, and what the helping city paid of it."""
    recipient = paid["city_code"].astype(str)
    is_own = (paid["payer"] == "helping_city") & (
        paid["payer_city_code"].isna() | (paid["payer_city_code"] == helper_code)
    )
    amount = paid["amount_yuan"].astype(float)
    own = amount.where(is_own, 0.0)
    table = pd.DataFrame({"total_yuan": amount.groupby(recipient).sum(), "helper_yuan": own.groupby(recipient).sum()})
    return table.rename_axis("city_code").reset_index()
