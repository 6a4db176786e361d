"""Micro-credit, loan balances of areas, donations and consumption."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from evaltools.synthetic.columns import boolean, day, number, text, whole
from evaltools.synthetic.config import YEARS
from evaltools.synthetic.ledgers.context import Context, day_of, years

PURPOSES = ("industry", "employment", "housing", "consumption", "other")
USERS = ("household", "enterprise", "other")


def loans(ctx: Context) -> pa.Table:
    """Micro-credit: one row per loan and year end while the borrower is registered; balances as in `households`.

    A loan runs three years from a day of its first year; it is repaid in the year after, or partly overdue.
    """
    city, panel = ctx.city, ctx.city.panel
    rng = ctx.rng("loans")
    holder = np.flatnonzero(panel.loan_from <= YEARS[-1])
    n = len(holder)
    issued = panel.loan_from[holder].astype(np.int64)
    day_issued, term = day_of(rng, n, 40, 330), np.full(n, 36)
    amount = panel.loan_amount[holder].astype(np.int64)
    secured, used_by = np.zeros(n, bool), np.zeros(n, dtype=np.int64)
    i, t = np.nonzero(
        panel.alive[holder] & (np.array(YEARS) >= issued[:, None]) & (np.array(YEARS) <= issued[:, None] + 3)
    )
    balance = panel.loan[holder[i], t].astype(np.int64)
    seen = np.unique(i)
    amount, balance = _plant_on_loans(ctx, rng, seen, i, amount, balance, term, secured, used_by)
    last = np.array(YEARS)[t] == issued[i] + 3
    overdue = last & (balance > 0)
    repaid = last & (balance == 0)
    rate = 0.0435
    due_year = issued + term // 12
    columns = {
        "loan_id": ctx.number("L", i), "year": years(t), "household_id": text(holder[i], city.household_ids),
    } | ctx.place(city.registry.village[holder[i]]) | {
        "amount_yuan": whole(amount[i]), "term_months": whole(term[i], kind=pa.int16()),
        "issued_date": day(issued[i], day_issued[i]), "due_date": day(due_year[i], day_issued[i]),
        "repaid_date": day(issued[i] + 3, day_issued[i], ~repaid), "is_secured": boolean(secured[i]),
        "interest_rate": number(np.full(len(i), rate)), "interest_subsidy_yuan": whole(np.round(balance * rate)),
        "purpose": text(np.where(rng.random(n) < 0.92, 0, 1)[i], PURPOSES), "used_by": text(used_by[i], USERS),
        "balance_yuan": whole(balance),
        "overdue_days": whole(np.where(overdue, 365 - day_issued[i], 0), kind=pa.int16()),
        "overdue_yuan": whole(np.where(overdue, balance, 0)),
    }  # fmt: skip
    table = pa.table(columns)
    return _loan_outside_the_registry(ctx, rng, table, n)


def _plant_on_loans(ctx, rng, seen, row_loan, amount, balance, term, secured, used_by):
    """Break the rules of micro-credit where planned. Loans that carry one defect are not used for another."""
    free = seen.copy()

    def take(kind: str) -> np.ndarray:
        nonlocal free
        chosen = ctx.choose(kind, free, rng)
        free = np.setdiff1d(free, chosen)
        for i in chosen:
            ctx.plant(kind, table="loans", loan_id=ctx.one("L", int(i)))
        return chosen

    for i in take("loans.amount_over_limit"):
        rows = (row_loan == i) & (balance > 0)
        amount[i], balance[rows] = 68_000, 68_000
        h = np.flatnonzero(ctx.city.panel.loan_from <= YEARS[-1])[i]
        panel = ctx.city.panel
        panel.loan[h] = np.where(panel.loan[h] > 0, 68_000, 0)
        panel.loan_amount[h] = 68_000
    term[take("loans.term_over_limit")] = 60
    secured[take("loans.secured")] = True
    used_by[take("loans.used_by_enterprise")] = 1
    return amount, balance


def _loan_outside_the_registry(ctx: Context, rng: np.random.Generator, table: pa.Table, n: int) -> pa.Table:
    """Add the loan of a neighbour who was never registered, where planned."""
    city = ctx.city
    kind = "loans.borrower_not_registered"
    for j in ctx.choose(kind, np.flatnonzero(city.near.loan[:, 4] == 0), rng):
        loan = table.slice(0, 1).to_pylist()[0]
        frame, v = city.frame, int(city.near.village[j])
        loan |= {
            "loan_id": ctx.one("L", n), "household_id": city.household_ids[len(city.registry) + int(j)],
            "village_code": frame.code[v], "county_code": frame.county_codes[int(frame.county[v])],
        }  # fmt: skip
        ctx.plant(kind, table="loans", loan_id=loan["loan_id"])
        row = pa.table({f.name: _like(f.type, loan[f.name]) for f in table.schema})
        table = pa.concat_tables([table, row]).unify_dictionaries()
    return table


def _like(kind: pa.DataType, value: object) -> pa.Array:
    """One value as an array of the given type, dictionary or not."""
    if pa.types.is_dictionary(kind):
        return pa.array([value], kind.value_type).dictionary_encode()
    return pa.array([value], kind)


def loan_totals(ctx: Context, province: np.ndarray) -> pa.Table:
    """Loan balances of the city and its counties by year. `province`: (5,) growth factors of all loans in the province.

    Everywhere loans grow at least as fast as the province's, and those of poor households faster than farm households',
    except where planted.
    """
    city, frame = ctx.city, ctx.city.frame
    rng = ctx.rng("loan totals")
    k = len(frame.county_codes)
    grow = province[None, :] + rng.uniform(0.002, 0.02, (k, 5))
    farm_grow = 1.06 + rng.uniform(0, 0.03, (k, 5))
    poor_grow = farm_grow + rng.uniform(0.01, 0.06, (k, 5))
    for j in ctx.choose("loan_totals.area_slower_than_province", np.arange(k), rng):
        grow[j, 4] = province[4] - 0.02
        ctx.plant(
            "loan_totals.area_slower_than_province",
            table="loan_totals",
            area_code=frame.county_codes[int(j)],
            year=2020,
        )
    equal = ctx.choose("loan_totals.poor_households_not_faster", np.arange(k), rng)
    registered = np.bincount(frame.county[city.registry.village], minlength=k)
    everything = np.round(registered[:, None] * 1e6 * np.cumprod(grow, axis=1) / grow[:, :1])
    farm = np.round(everything[:, :1] * 0.22 * np.cumprod(farm_grow, axis=1) / farm_grow[:, :1])
    poor = np.round(farm[:, :1] * 0.02 * np.cumprod(poor_grow, axis=1) / poor_grow[:, :1])
    for j in equal:
        farm[j, 3:], poor[j, 3:] = (farm[j, 3], 2 * farm[j, 3]), (poor[j, 3], 2 * poor[j, 3])
        everything[j, 4] = max(everything[j, 4], farm[j, 4] * 3)
        ctx.plant(
            "loan_totals.poor_households_not_faster",
            table="loan_totals",
            area_code=frame.county_codes[int(j)],
            year=2020,
        )
    stack = [np.vstack([m.sum(axis=0), m]) for m in (everything, farm, poor)]
    c, t = np.repeat(np.arange(k + 1), 5), np.tile(np.arange(5), k + 1)
    names = ("all_loans_yuan", "farm_household_loans_yuan", "poor_household_loans_yuan")
    return pa.table({
        "area_code": text(c, [ctx.code, *frame.county_codes]), "year": years(t),
        "is_poverty_area": boolean(np.ones(len(c), bool)),
    } | ctx.codes(len(c))
      | {name: whole(m[c, t], kind=pa.int64()) for name, m in zip(names, stack, strict=True)})  # fmt: skip


def donations(ctx: Context) -> pa.Table:
    """Donations: about three a county and year; half of them to a village."""
    frame = ctx.city.frame
    rng = ctx.rng("donations")
    k = len(frame.county_codes)
    n = 15 * k
    t, county = np.arange(n) % 5, rng.integers(0, k, n)
    village = np.where(rng.random(n) < 0.5, rng.integers(0, len(frame), n), -1)
    county = np.where(village >= 0, frame.county[np.maximum(village, 0)], county)
    pledged = np.round(np.exp(rng.normal(11.8, 1.1, n)) / 1000) * 1000 + 1000
    received = np.round(pledged * np.where(rng.random(n) < 0.93, 1.0, 0.9))
    for i in ctx.choose("donations.not_received", np.flatnonzero(t == 3), rng):
        received[i] = 0
        ctx.plant("donations.not_received", table="donations", donation_id=ctx.one("Z", int(i)))
    return pa.table({
        "donation_id": ctx.number("Z", np.arange(n)), "year": years(t),
        "county_code": text(county, frame.county_codes), "village_code": text(village, frame.code),
        "channel": text(rng.choice(5, n, p=[0.5, 0.25, 0.12, 0.08, 0.05]),
                        ("june_30", "enterprise_campaign", "charity", "mutual_fund", "other")),
        "donor_kind": text(rng.choice(4, n, p=[0.6, 0.15, 0.15, 0.1]),
                           ("enterprise", "social_organisation", "person", "unit")),
        "pledged_yuan": whole(pledged), "received_yuan": whole(received),
        "spent_yuan": whole(np.round(received * rng.uniform(0.7, 1.0, n))),
    } | ctx.codes(n))  # fmt: skip


def consumption(ctx: Context) -> pa.Table:
    """Purchases from poverty areas from 2018: six channels a year."""
    frame = ctx.city.frame
    rng = ctx.rng("consumption")
    channels = ("hall", "event", "platform", "canteen", "base", "purchase_for_donation")
    n = 3 * len(channels)
    t = np.repeat([2, 3, 4], len(channels))
    size = ctx.city.frame.households.sum()
    amount = np.round(size * np.exp(rng.normal(5.6, 0.5, n)) * np.array([0.5, 0.8, 1.2])[t - 2])
    return pa.table({
        "record_id": ctx.number("K", np.arange(n)), "year": years(t),
        "county_code": text(rng.integers(0, len(frame.county_codes), n), frame.county_codes),
        "channel": text(np.tile(np.arange(len(channels)), 3), channels),
        "origin": text(np.zeros(n, int), ("guangdong",)),
        "amount_yuan": whole(amount, kind=pa.int64()), "products": whole(rng.integers(5, 120, n)),
        "enterprises": whole(rng.integers(2, 40, n)),
    } | ctx.codes(n))  # fmt: skip


def province_growth() -> np.ndarray:
    """(5,) yearly growth factor of all loans in the province (invented)."""
    return np.array([1.09, 1.10, 1.12, 1.13, 1.14])
