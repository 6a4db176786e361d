"""The tables of areas: regions and villages."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from evaltools.synthetic.city import City
from evaltools.synthetic.columns import boolean, day, number, text, whole
from evaltools.synthetic.config import YEARS, calibration, stream, village_line
from evaltools.synthetic.frame import Frame, counties
from evaltools.synthetic.panel import EXITED, POOR
from evaltools.terms import CITIES


def regions(frames: dict[str, Frame]) -> pa.Table:
    """Province, 21 cities, their counties, and the towns of cities with a registry; sorted by city, then code."""
    rows: list[tuple[str, str, str, str | None, str | None]] = [("440000", "广东省", "province", None, None)]
    for city in CITIES:
        rows.append((city.code, city.name, "city", "440000", city.code))
        codes, names = counties(city.code)
        rows += [(c, n, "county", city.code, city.code) for c, n in zip(codes, names, strict=True)]
        frame = frames.get(city.code)
        if frame is None:
            continue
        rows += [
            (code, name, "town", frame.county_codes[int(k)], city.code)
            for code, name, k in zip(frame.town_codes, frame.town_names, frame.town_county, strict=True)
        ]
    columns = list(zip(*rows, strict=True))
    names = ("region_code", "name", "level", "parent_code", "city_code")
    return pa.table({k: pa.array(v, pa.string()) for k, v in zip(names, columns, strict=True)})


def villages(city: City, seed: int) -> pa.Table:
    """Villages of one city by year; counts are those of the tables of households and of natural villages."""
    frame = city.frame
    n = len(frame)
    rng = stream(seed, frame.city_code, "village services")
    v = np.repeat(np.arange(n), 5)
    t = np.tile(np.arange(5), n)
    households, persons = registered_by_village(city)
    outside = np.round(frame.nonregistered_persons[:, None] * 1.004 ** (np.array(YEARS) - 2020)).astype(np.int64)
    columns = {
        "village_code": text(v, frame.code), "year": whole(np.array(YEARS)[t], kind=pa.int16()),
        "name": text(v, frame.name), "town_code": text(frame.town[v], frame.town_codes),
        "county_code": text(frame.county[v], frame.county_codes),
        "city_code": text(np.zeros(len(v), int), [frame.city_code]), "is_poor_village": boolean(frame.is_poor[v]),
        "helper_type": text(v, frame.helper), "helper_city_code": text(v, frame.helper_city),
        "hukou_persons": whole((outside + persons)[v, t]),
        "hukou_households": whole((frame.nonregistered_households[:, None] + households)[v, t]),
        "registered_persons": whole(persons[v, t]), "registered_households": whole(households[v, t]),
        "disposable_income_per_capita_yuan": number(frame.income[v, t]),
    }  # fmt: skip
    columns |= _collective(frame, seed, v, t)
    columns |= {name: whole(counts[v, t] if counts.ndim == 2 else counts[v]) for name, counts in city.natural.counts(n).items()}
    return pa.table(columns | _services(rng, city, v, t) | _party_and_exit(city, seed, v, t))


def registered_by_village(city: City) -> tuple[np.ndarray, np.ndarray]:
    """Registered households and persons (exited ones included) at year end: two arrays (villages, 5)."""
    panel, village, n = city.panel, city.registry.village, len(city.frame)
    active = panel.alive & ((panel.status == POOR) | (panel.status == EXITED))
    households = [np.bincount(village[active[:, k]], minlength=n) for k in range(5)]
    persons = [np.bincount(village, weights=np.where(active[:, k], panel.persons[:, k], 0), minlength=n) for k in range(5)]
    return np.stack(households, axis=1), np.stack(persons, axis=1).astype(np.int64)


def _collective(frame: Frame, seed: int, v: np.ndarray, t: np.ndarray) -> dict[str, pa.Array]:
    """Collective income, and of it the recurrent part and the transfers (shares invented)."""
    income = collective_income(frame, seed)
    share = stream(seed, frame.city_code, "collective sources").beta(6.0, 3.0, income.shape)
    recurrent = np.round(income * share)
    transfer = np.round((income - recurrent) * 0.9)
    return {
        "collective_income_yuan": whole(income[v, t]), "collective_asset_income_yuan": whole(recurrent[v, t]),
        "collective_transfer_income_yuan": whole(transfer[v, t]),
    }  # fmt: skip


def collective_income(frame: Frame, seed: int) -> np.ndarray:
    """(villages, 5) collective income in yuan; poor villages have the published mean of 2020 (S0) in each city."""
    cal = calibration()
    rng = stream(seed, frame.city_code, "collective income")
    n = len(frame)
    base = cal["invented"]["collective_income_base"]
    pub = cal["published"]
    goal = pub["collective_income_mean_2020_shanwei"] if frame.city_code == "441500" else pub["collective_income_mean_2020"]
    mean = np.array([base[y] for y in YEARS[:-1]] + [goal], dtype=float)
    level = np.exp(rng.normal(0, 0.75, n))
    raw = level[:, None] * np.exp(rng.normal(0, 0.18, (n, 5)))
    out = raw * 160000.0 * 1.06 ** (np.array(YEARS) - 2020)
    poor = frame.is_poor
    if poor.any():
        out[poor] = raw[poor] / raw[poor].mean(axis=0) * mean
    return np.round(out)


def first_year_above(frame: Frame) -> np.ndarray:
    """(villages,) first year in which a poor village's income is at or above the 60 % line; 0 for ordinary villages."""
    lines = np.array([village_line(y) for y in YEARS])
    above = frame.income >= lines
    return np.where(frame.is_poor & above.any(axis=1), np.array(YEARS)[above.argmax(axis=1)], 0)


LAST_YEAR, LAST_YEAR_EARLIER = 2020, 180
"""Villages that exit in 2020 do so in June, before the deadline of 粤农农函〔2020〕571号; days before the usual December."""
SERVICES: dict[str, tuple[float, float]] = {
    "has_clinic": (0.62, 0.985), "has_service_station": (0.62, 0.998), "has_parcel": (0.35, 0.802),
    "has_fibre": (0.62, 1.0),
    "has_finance_station": (0.55, 0.995), "has_reliable_power": (0.80, 1.0), "has_culture_room": (0.60, 1.0),
    "has_waste_collection": (0.55, 0.999), "has_sewage_treatment": (0.25, 0.75), "is_tidy_village": (0.30, 0.985),
    "has_village_plan": (0.55, 1.0), "has_lead_industry": (0.35, 0.93),
}  # fmt: skip
"""Share of poor villages with the service in 2016 (invented) and 2020 (clinic, station, parcel, fibre, waste: S0)."""


def _services(rng: np.random.Generator, city: City, v: np.ndarray, t: np.ndarray) -> dict[str, pa.Array]:
    """Services arrive in a year of their own and stay; ordinary villages are one in a hundred behind."""
    is_poor = city.frame.is_poor
    n = len(is_poor)
    out = {}
    steps = np.array([0.0, 0.3, 0.6, 0.85, 1.0])
    for name, (start, goal) in SERVICES.items():
        target = np.where(is_poor, goal, min(goal * 0.99, 1.0))
        out[name] = boolean((rng.random(n)[:, None] < start + (target[:, None] - start) * steps)[v, t])
    passable = rng.random(n) < 0.97
    passable[city.marked("villages.bus_missing")] = True
    bus = passable[:, None] & ((rng.random(n)[:, None] < 0.55 + 0.45 * steps) | (np.arange(5) == 4))
    bus[city.marked("villages.bus_missing"), 4] = False
    out["is_passable"], out["has_bus"] = boolean(passable[v]), boolean(bus[v, t])
    settled = rng.random(n)[:, None] < 0.3 + 0.68 * steps
    out["has_one_stop_settlement"] = boolean(settled[v, t])
    water = np.clip(calibration()["published"]["piped_water_2020"] + rng.normal(0.0, 0.012, n), 0.9, 1.0)
    out["centralized_water_share"] = number((water[:, None] * np.array([0.72, 0.80, 0.88, 0.95, 1.0]))[v, t], 3)
    toilet = np.clip(0.998 + rng.normal(0, 0.003, n), 0.98, 1.0)
    out["sanitary_toilet_share"] = number((toilet[:, None] * np.array([0.70, 0.80, 0.90, 0.97, 1.0]))[v, t], 3)
    return out


def weak_organisations(frame: Frame, seed: int) -> tuple[np.ndarray, np.ndarray, np.random.Generator]:
    """(villages,) whether the party organisation is listed as weak, and the year it is put in order; the stream drawn from."""
    rng = stream(seed, frame.city_code, "village party")
    weak = rng.random(len(frame)) < np.where(frame.is_poor, 0.06, 0.03)
    return weak, rng.integers(2016, 2020, len(frame)), rng


def _party_and_exit(city: City, seed: int, v: np.ndarray, t: np.ndarray) -> dict[str, pa.Array]:
    """Teams, party organisation, publicity, plans and the day of exit of poor villages."""
    frame = city.frame
    weak, rectified_in, rng = weak_organisations(frame, seed)
    n, year = len(frame), np.array(YEARS)[t]
    poor = frame.is_poor[v]
    exit_year = first_year_above(frame)[v]
    exited = poor & (exit_year > 0) & (year >= exit_year)
    team = poor & ~np.isin(v, city.marked("teams.released_before_exit"))
    secretary = team & ~(np.isin(v, city.marked("teams.no_first_secretary")) & (year == 2020))
    unknown = np.where(poor, 0, -1)
    return {
        "has_team": boolean(team), "has_first_secretary": boolean(secretary),
        "has_assistance_plan": boolean(np.where(poor, 1, unknown)),
        "is_weak_party_organisation": boolean(weak[v]),
        "is_party_organisation_rectified": boolean(np.where(weak[v], year >= rectified_in[v], -1).astype(np.int8)),
        "publicity_lists_posted": boolean(rng.random(len(v)) > 0.002),
        "exit_date": day(
            np.where(exited, exit_year, 2016),
            (340 + rng.integers(0, 20, n))[v] - np.where(exit_year == LAST_YEAR, LAST_YEAR_EARLIER, 0),
            ~exited,
        ),
    }  # fmt: skip
