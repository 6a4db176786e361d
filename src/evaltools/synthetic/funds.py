"""Money: the per capita input by payer, the guidance funds of 穗办〔2018〕31号, and flows of self-help cities."""

from __future__ import annotations

import math

import numpy as np
import pyarrow as pa

from evaltools.synthetic.city import City
from evaltools.synthetic.columns import day, text, whole
from evaltools.synthetic.config import HELPER_OF, YEARS, CityQuota, calibration, is_self_help, largest_remainder, stream

PAYERS = ("province", "helping_city", "local_city", "district", "enterprise")
FUNDS = ("per_capita_input", "guidance", "other")
USES = ("employment", "industry", "capacity", "asset_income", "loan_interest", "education", "healthcare")
YEAR_SHARE = {2016: 0.30, 2017: 0.38, 2018: 0.32}
SHORTFALL = {
    ("440800", "local_city"): 0.82,
    ("445200", "helping_city"): 0.93,
    ("441500", "local_city"): 0.90,
    ("440900", "local_city"): 0.88,
    ("445100", "local_city"): 0.95,
}
"""Share of the amount due that arrives; 1 elsewhere. Planted: listed in the truth."""
LATE_GUIDANCE_SHARE = {2019: 0.10, 2020: 0.04}
"""Share of villages whose guidance funds arrive after 30 April. Invented."""


class _Rows:
    def __init__(self) -> None:
        self.data: list[tuple] = []

    def add(
        self,
        year: int,
        payer: str,
        payer_city: str | None,
        county: int,
        village: int,
        fund: str,
        amount: int,
        due: int,
        paid: int,
        use: str,
    ) -> None:
        self.data.append(
            (
                year,
                PAYERS.index(payer),
                payer_city,
                county,
                village,
                FUNDS.index(fund),
                amount,
                due,
                paid,
                USES.index(use),
            )
        )


def fund_flows(
    city: City, quota: CityQuota, seed: int, households: pa.Table
) -> tuple[pa.Table, list[dict[str, object]]]:
    """Flows received by one city, and what is missing or late in them. households: its table, for those eligible."""
    rng = stream(seed, city.frame.city_code, "funds")
    eligible = eligible_persons(city, households)
    rows = _Rows()
    late: list[dict[str, object]] = []
    if is_self_help(city.frame.city_code):
        _self_help(rng, rows, city, eligible)
    else:
        _per_capita(rng, rows, city, eligible)
        late += [
            {"kind": "fund_flows.per_capita_short", "city_code": code, "payer": payer, "arrived_share": share}
            for (code, payer), share in SHORTFALL.items()
            if code == city.frame.city_code
        ]
    if quota.guidance_villages:
        late += _guidance(rng, rows, city, quota)
    return _table(city, rows), late


def eligible_persons(city: City, households: pa.Table) -> np.ndarray:
    """(counties, 5) persons the 20,000 yuan are due for, at the end of each year.

    Registered persons but for those of dibao households without labour capacity, who are paid for otherwise
    (粤发〔2016〕13号 第13条); a household whose capacity or enrolment is unknown counts, as in the indicator.
    """
    f = households.select(
        ["county_code", "year", "registry_status", "change_out", "labour_capacity", "is_dibao", "persons"]
    ).to_pandas()
    stands = f["registry_status"].isin(["poor", "exited"]) & ~f["change_out"].isin(["died_out", "moved_out"])
    elsewhere = (f["labour_capacity"] == "none") & f["is_dibao"].eq(True)
    due = f[stands & ~elsewhere].groupby(["county_code", "year"], observed=True)["persons"].sum().unstack(fill_value=0)
    return due.reindex(index=city.frame.county_codes, columns=list(YEARS), fill_value=0).to_numpy()


def _due_persons(eligible: np.ndarray) -> np.ndarray:
    """(counties,) the most persons eligible at the end of a year from 2018, when all the money has arrived."""
    return eligible[:, YEARS.index(2018) :].max(axis=1)


def _per_capita(rng: np.random.Generator, rows: _Rows, city: City, eligible: np.ndarray) -> None:
    """The three payers' shares; one that falls short pays its share of what is due for those eligible in 2020."""
    pub = calibration()["published"]
    code = city.frame.city_code
    for county, persons in enumerate(_due_persons(eligible)):
        for payer, share in pub["input_split"].items():
            short = SHORTFALL.get((code, payer))
            base = int(persons) if short is None else int(eligible[county, -1])
            arrives = math.ceil(base * pub["per_capita_input"] * share * (1.0 if short is None else short) - 1e-6)
            parts = largest_remainder(arrives, np.array(list(YEAR_SHARE.values())))
            payer_city = {"province": None, "helping_city": HELPER_OF[code], "local_city": code}[payer]
            for (year, _), amount in zip(YEAR_SHARE.items(), parts, strict=True):
                use = USES[int(rng.integers(len(USES)))]
                rows.add(
                    year,
                    payer,
                    payer_city,
                    county,
                    -1,
                    "per_capita_input",
                    int(amount),
                    0,
                    int(rng.integers(70, 330)),
                    use,
                )


def _self_help(rng: np.random.Generator, rows: _Rows, city: City, eligible: np.ndarray) -> None:
    """20,000 yuan a head are due here too, but no split is defined: the city pays about three quarters (invented)."""
    code = city.frame.city_code
    rate = calibration()["published"]["per_capita_input"]
    for county, persons in enumerate(_due_persons(eligible)):
        for year, share in YEAR_SHARE.items():
            total = int(persons) * rate * share
            for payer, payer_city, part in (("local_city", code, 0.77), ("province", None, 0.23)):
                use = USES[int(rng.integers(len(USES)))]
                rows.add(
                    year,
                    payer,
                    payer_city,
                    county,
                    -1,
                    "per_capita_input",
                    math.ceil(total * part),
                    0,
                    int(rng.integers(70, 330)),
                    use,
                )


def _guidance(rng: np.random.Generator, rows: _Rows, city: City, quota: CityQuota) -> list[dict[str, object]]:
    """50万 a village in 2019 and 2020, due by 30 April; some arrive later."""
    frame, amount = city.frame, calibration()["published"]["guidance_fund"]
    helped = np.flatnonzero([h == "pearl_delta_city" for h in frame.helper])
    payer = np.repeat(np.array(list(quota.guidance_villages)), list(quota.guidance_villages.values()))
    payer = rng.permutation(payer)
    late: list[dict[str, object]] = []
    for year in (2019, 2020):
        slow = rng.random(len(helped)) < LATE_GUIDANCE_SHARE[year]
        if not slow.any():
            slow[int(rng.integers(len(slow)))] = True
        limit = 120 + (year % 4 == 0)
        for v, who, is_late in zip(helped, payer, slow, strict=True):
            paid = int(rng.integers(limit + 3, limit + 75)) if is_late else int(rng.integers(50, limit + 1))
            unpaid = year == 2020 and v == helped[-1] and frame.city_code == "441800"
            paid = 0 if unpaid else paid
            rows.add(
                year,
                str(who),
                HELPER_OF[frame.city_code],
                int(frame.county[v]),
                int(v),
                "guidance",
                amount,
                limit,
                paid,
                "industry",
            )
            if unpaid:
                late.append(
                    {
                        "kind": "fund_flows.guidance_unpaid",
                        "city_code": frame.city_code,
                        "village_code": frame.code[v],
                        "year": year,
                    }
                )
            elif is_late:
                late.append(
                    {
                        "kind": "fund_flows.guidance_late",
                        "city_code": frame.city_code,
                        "village_code": frame.code[v],
                        "year": year,
                        "days_late": paid - limit,
                    }
                )
    return late


def _table(city: City, rows: _Rows) -> pa.Table:
    year, payer, payer_city, county, village, fund, amount, due, paid, use = (
        np.array(c) for c in zip(*rows.data, strict=True)
    )
    n = len(year)
    frame = city.frame
    return pa.table(
        {
            "flow_id": pa.array([f"F{frame.city_code[:4]}{i + 1:06d}" for i in range(n)]),
            "year": whole(year, kind=pa.int16()),
            "payer": text(payer, PAYERS),
            "payer_city_code": pa.array(list(payer_city), pa.string()),
            "city_code": text(np.zeros(n, int), [frame.city_code]),
            "county_code": text(county, frame.county_codes),
            "village_code": text(village, frame.code),
            "fund": text(fund, FUNDS),
            "amount_yuan": whole(amount, kind=pa.int64()),
            "due_date": day(year, due, due == 0),
            "paid_date": day(year, paid, paid == 0),
            "use": text(use, USES),
        }
    )
