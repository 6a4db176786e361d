"""One city's frame: counties, towns and villages with their registered households and hukou population."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from evaltools.synthetic.config import (
    HELPER_OF,
    YEARS,
    CityQuota,
    calibration,
    largest_remainder,
    places,
    stream,
    village_line,
)
from evaltools.terms import HelperType

DIGITS = "零一二三四五六七八九"
PEARL, OTHER_POOR, ORDINARY = 0, 1, 2


def chinese(n: int) -> str:
    """1 to 99 in Chinese numerals, for generated names."""
    if n < 10:
        return DIGITS[n]
    tens, ones = divmod(n, 10)
    return ("" if tens == 1 else DIGITS[tens]) + "十" + (DIGITS[ones] if ones else "")


@dataclass
class Frame:
    """Villages of one city, ordered by code. Arrays have one entry per village unless said otherwise."""

    city_code: str
    county_codes: list[str]
    county_names: list[str]
    town_codes: list[str]
    town_names: list[str]
    town_county: np.ndarray
    """(towns,) index of the county."""
    code: list[str]
    name: list[str]
    town: np.ndarray
    is_poor: np.ndarray
    helper: list[str | None]
    helper_city: list[str | None]
    group: np.ndarray
    households: np.ndarray
    """Registered households at the end of 2020."""
    nonregistered_persons: np.ndarray
    nonregistered_households: np.ndarray
    income: np.ndarray
    """(villages, 5) disposable income per head, yuan."""

    @property
    def county(self) -> np.ndarray:
        return self.town_county[self.town]

    def __len__(self) -> int:
        return len(self.code)


def counties(city_code: str) -> tuple[list[str], list[str]]:
    """Codes and names of a city's county-level units, the generated ones last."""
    entry = places()[city_code]
    codes, names = list(entry["counties"]), list(entry["counties"].values())
    extra = entry.get("extra", 0)
    for k in range(extra):
        codes.append(f"{city_code[:4]}{90 + k}")
        names.append("示范管理区" if extra == 1 else f"示范管理{chinese(k + 1)}区")
    return codes, names


def build_frame(quota: CityQuota, seed: int) -> Frame:
    """Villages of the city, its registered households by village and its hukou population."""
    rng = stream(seed, quota.code, "frame")
    county_codes, county_names = counties(quota.code)
    k = len(county_codes)
    per_county = largest_remainder(quota.towns, 0.6 + rng.random(k), minimum=2)
    town_county = np.repeat(np.arange(k), per_county)
    town_codes = [f"{county_codes[c]}{900 + i + 1}" for c in range(k) for i in range(per_county[c])]
    town_names = [f"示范{chinese(i + 1)}镇" for c in range(k) for i in range(per_county[c])]
    helper, poor_n = _helpers(quota)
    town = _place_villages(rng, poor_n, quota.ordinary_villages, town_county)
    is_poor = np.arange(len(town)) < poor_n
    order = np.lexsort((~is_poor, town))
    town, is_poor = town[order], is_poor[order]
    helper = [helper[i] if i < poor_n else None for i in order]
    rank = np.arange(len(town)) - np.searchsorted(town, town)
    pearl = HelperType.PEARL_DELTA_CITY.value
    group = np.where([h == pearl for h in helper], PEARL, np.where(is_poor, OTHER_POOR, ORDINARY))
    households, persons_nr, households_nr = _populations(rng, quota, group)
    return Frame(
        city_code=quota.code, county_codes=county_codes, county_names=county_names, town_codes=town_codes,
        town_names=town_names, town_county=town_county,
        code=[f"{town_codes[t]}{201 + r}" for t, r in zip(town, rank, strict=True)],
        name=[f"{town_names[t][2:-1]}镇示范{chinese(r + 1)}村" for t, r in zip(town, rank, strict=True)],
        town=town, is_poor=is_poor, helper=helper,
        helper_city=[HELPER_OF.get(quota.code) if h == pearl else None for h in helper],
        group=group, households=households, nonregistered_persons=persons_nr, nonregistered_households=households_nr,
        income=_village_income(stream(seed, quota.code, "village income"), is_poor),
    )  # fmt: skip


def _helpers(quota: CityQuota) -> tuple[list[str], int]:
    names = [name for name, n in quota.poor_villages.items() for _ in range(n)]
    return names, len(names)


def _place_villages(rng: np.random.Generator, poor: int, ordinary: int, town_county: np.ndarray) -> np.ndarray:
    """Town of each village: the poor ones first; ordinary ones are spread so that every county has at least three."""
    towns, k = len(town_county), int(town_county.max()) + 1
    per_county = largest_remainder(ordinary, np.bincount(town_county, minlength=k) + 0.0, minimum=min(3, ordinary // k))
    out = [rng.choice(towns, size=poor, p=_weights(rng, towns))]
    for c in range(k):
        members = np.flatnonzero(town_county == c)
        full, rest = divmod(int(per_county[c]), len(members))
        out.append(np.concatenate([np.repeat(members, full), rng.permutation(members)[:rest]]))
    return np.concatenate(out).astype(np.int64)


def _weights(rng: np.random.Generator, n: int) -> np.ndarray:
    w = rng.gamma(1.5, 1.0, n)
    return w / w.sum()


def _populations(
    rng: np.random.Generator, quota: CityQuota, group: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Registered households, non-registered persons and non-registered households of each village.

    Rules of our own: in a poor village registered persons are 5.5 to 22 % of hukou persons (identification asks for at
    least 5 %, 粤发〔2016〕13号 art. 2); ordinary villages share the rest by size.
    """
    n = len(group)
    households = np.zeros(n, dtype=np.int64)
    hukou = np.zeros(n)
    for g in (PEARL, OTHER_POOR, ORDINARY):
        members = np.flatnonzero(group == g)
        total = quota.households[g]
        if not len(members):
            continue
        size = rng.gamma(6.0, 1.0, len(members))
        weight = size * rng.gamma(5.0, 1.0, len(members))
        floor = min(2, total // len(members))
        households[members] = largest_remainder(total, weight, minimum=floor)
        hukou[members] = size
    poor = group != ORDINARY
    persons = households * np.array([quota.persons[g] / max(quota.households[g], 1) for g in range(3)])[group]
    hukou[poor] = persons[poor] / rng.uniform(0.055, 0.22, int(poor.sum()))
    rest = max(quota.hukou_persons - hukou[poor].sum() - persons[~poor].sum(), 1.0)
    nonregistered = np.where(poor, hukou - persons, rest * hukou / hukou[~poor].sum() if (~poor).any() else 0.0)
    nonregistered = np.maximum(np.round(nonregistered), 60).astype(np.int64)
    households_nr = np.maximum(np.round(nonregistered / rng.uniform(3.6, 4.3, n)), 16).astype(np.int64)
    return households, nonregistered, households_nr


def hold_poor_share(frame: Frame, village: np.ndarray, persons_2016: np.ndarray) -> None:
    """Trim the hukou population of poor villages where registered persons fell under 5 % of it at identification.

    village: (households,) index; persons_2016: (households,) registered persons at the end of 2016.
    """
    registered = np.bincount(village, weights=persons_2016, minlength=len(frame))
    most = np.floor(registered / 0.052 - registered).astype(np.int64)
    trimmed = np.where(frame.is_poor, np.minimum(frame.nonregistered_persons, most), frame.nonregistered_persons)
    size = frame.nonregistered_persons / frame.nonregistered_households
    frame.nonregistered_households = np.maximum(np.round(trimmed / size), 16).astype(np.int64)
    frame.nonregistered_persons = np.maximum(trimmed, frame.nonregistered_households)


def _village_income(rng: np.random.Generator, is_poor: np.ndarray) -> np.ndarray:
    """(villages, 5) income per head. A poor village passes the 60 % line in a year drawn from the published shares."""
    cal = calibration()
    above = dict(cal["invented"]["villages_above_line"])
    above |= {2019: cal["published"]["villages_exited_end_2019"] / cal["published"]["poor_villages"], 2020: 1.0}
    n = len(is_poor)
    rank = (rng.permutation(n) + 0.5) / n
    poor_rank = np.zeros(n)
    poor_rank[is_poor] = (np.argsort(np.argsort(rank[is_poor])) + 0.5) / max(int(is_poor.sum()), 1)
    lines = np.array([village_line(y) for y in YEARS])
    share = np.array([above[y] for y in YEARS])
    passes = poor_rank[:, None] < share[None, :]
    margin = np.abs(rng.normal(0.10, 0.08, n))[:, None] + 0.03 * np.arange(5) + 0.01
    under = np.clip(0.74 + 0.05 * np.arange(5)[None, :] + rng.normal(0, 0.03, (n, 1)), 0.5, 0.985)
    poor = lines * np.where(passes, 1.005 + margin, under)
    ordinary = lines / 0.6 * np.exp(rng.normal(-0.12, 0.16, (n, 1)) + rng.normal(0, 0.015, (n, 5)))
    return np.round(np.where(is_poor[:, None], poor, np.maximum(ordinary, lines * 1.05)), 0)
