"""East-west cooperation: 93 generated partner counties of four regions, helped by the cities of the Pearl River Delta.

The number of counties, the four regions and the yearly aid a county (1,000万 in 2016 to 6,326万 in 2020) are
published (S0); names and codes are generated, everything else is invented.
"""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from evaltools.synthetic.columns import boolean, day, number, text, whole
from evaltools.synthetic.config import YEARS, largest_remainder, stream
from evaltools.synthetic.frame import chinese
from evaltools.terms import CITIES, CityRole

PARTNERS = 93
REGIONS = ("guangxi", "sichuan", "guizhou", "yunnan")
REGION_ZH = ("广西", "四川", "贵州", "云南")
REGION_CODE = ("459", "519", "529", "539")
AID = {2016: 10_000_000, 2017: 20_000_000, 2018: 36_000_000, 2019: 52_000_000, 2020: 63_260_000}


def _frame(seed: int) -> tuple[list[str], np.ndarray, np.ndarray, np.random.Generator]:
    """Helping cities, and for each partner county its city (index) and region (index); ordered by city."""
    helping = [c.code for c in CITIES if c.role is CityRole.HELPING]
    rng = stream(seed, "440000", "east-west")
    count = largest_remainder(PARTNERS, np.array([3.0, 2.6, 1.2, 1.8, 1.6, 1.0]), minimum=4)
    return helping, np.repeat(np.arange(len(helping)), count), rng.integers(0, 4, PARTNERS), rng


def _code(j: int, region: np.ndarray) -> str:
    return f"{REGION_CODE[region[j]]}{900 + j - 0:03d}"[:6]


def partner_counties(seed: int) -> pa.Table:
    """One row per partner county and year."""
    helping, city, region, rng = _frame(seed)
    codes = [_code(j, region) for j in range(PARTNERS)]
    j, t = np.repeat(np.arange(PARTNERS), 5), np.tile(np.arange(5), PARTNERS)
    year = np.array(YEARS)[t]
    rural = rng.integers(120_000, 480_000, PARTNERS)
    deep = rng.random(PARTNERS) < 0.45
    exit_year = np.where(deep, rng.choice([2019, 2020], PARTNERS), rng.choice([2017, 2018, 2019], PARTNERS))
    first = np.where(deep, rng.uniform(0.19, 0.30, PARTNERS), rng.uniform(0.08, 0.16, PARTNERS))
    left = np.clip((exit_year[:, None] - np.array(YEARS)) / (exit_year[:, None] - 2015), 0, 1)
    incidence = np.where(left > 0, first[:, None] * left, 0.0)
    incidence = np.maximum(incidence, np.where(np.array(YEARS) < 2020, 0.004, 0.0))
    poor = np.round(rural[:, None] * incidence).astype(np.int64)
    before = np.round(rural * first * 1.1)[:, None]
    out = np.maximum(np.hstack([before, poor[:, :-1]]) - poor, 0)
    aid = np.array([AID[y] for y in YEARS]) * (rng.uniform(0.75, 1.25, PARTNERS) * np.where(deep, 1.2, 0.85))[:, None]
    moved = rng.integers(200, 3000, PARTNERS)
    money = {
        "fiscal_aid_yuan": 1.0,
        "raised_yuan": 0.5,
        "social_aid_yuan": 0.12,
        "fiscal_aid_poor_yuan": 0.82,
        "purchase_yuan": 0.9,
    }
    people = {
        "cadres_sent": 3,
        "cadres_received": 4,
        "talents_sent": 14,
        "enterprises": 3,
        "parks": 1,
        "vocational_students": 60,
    }
    columns = {
        "partner_code": text(j, codes), "year": whole(year, kind=pa.int16()),
        "name": text(j, [f"{REGION_ZH[region[i]]}示范协作{chinese(i % 99 + 1)}县" for i in range(PARTNERS)]),
        "province": text(region[j], REGIONS), "city_code": text(city[j], helping),
        "is_national_poor": boolean(np.ones(len(j), bool)),
        "is_deep_poor": boolean(deep[j]), "is_three_regions": boolean((deep & (region != 0))[j]),
        "poor_persons": whole(poor[j, t]),
        "rural_persons": whole(rural[j]), "poverty_incidence": number(poor[j, t] / rural[j], 5),
        "exit_date": day(exit_year[j], np.full(len(j), 320), exit_year[j] > year), "persons_exited": whole(out[j, t]),
        "villages_exited": whole(np.ceil(out[j, t] / 900)),
        "investment_yuan": whole(np.round(aid[j, t] * 2.2), kind=pa.int64()),
        "persons_gained": whole(np.round(out[j, t] * 0.3)),
        "workers_in_guangdong": whole(rng.integers(300, 9000, len(j))),
        "workers_nearby": whole(rng.integers(200, 4000, len(j))),
        "relocated_households": whole(moved[j]),
        "relocated_exited_households": whole(np.round(moved[j] * np.array([0.2, 0.45, 0.7, 0.95, 1.0])[t])),
        "has_annual_report": boolean(np.ones(len(j), bool)),
    }  # fmt: skip
    columns |= {k: whole(np.round(aid[j, t] * f), kind=pa.int64()) for k, f in money.items()}
    counts = {k: rng.poisson(m, len(j)) for k, m in people.items()}
    counts["enterprises"] = np.maximum(counts["enterprises"], 1)  # every year one at least (粤办发〔2018〕8号)
    return pa.table(columns | {k: whole(v) for k, v in counts.items()})


def partner_pairs(seed: int) -> pa.Table:
    """Five pairs in each partner county: county, town, village, hospital, school."""
    helping, city, region, rng = _frame(seed)
    kinds = ("county", "town", "village", "hospital", "school")
    names = ("示范区", "示范街道", "示范社区", "示范医院", "示范学校")
    n = PARTNERS * len(kinds)
    j, k = np.repeat(np.arange(PARTNERS), len(kinds)), np.tile(np.arange(len(kinds)), PARTNERS)
    start = rng.choice([2016, 2017, 2018], n)
    return pa.table({
        "pair_id": text(np.arange(n), [f"W{i + 1:08d}" for i in range(n)]), "city_code": text(city[j], helping),
        "helper_kind": text(k, kinds), "helper_name": text(k, [f"帮扶{x}" for x in names]),
        "partner_code": text(j, [_code(i, region) for i in range(PARTNERS)]), "partner_kind": text(k, kinds),
        "partner_name": text(k, [f"受帮扶{x}" for x in names]), "from_date": day(start, rng.integers(60, 330, n)),
        "to_date": day(start, np.ones(n), np.ones(n, bool)),
    })  # fmt: skip
