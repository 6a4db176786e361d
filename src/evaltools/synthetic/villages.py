"""The tables of areas: regions and villages."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from evaltools.synthetic.columns import boolean, number, text, whole
from evaltools.synthetic.config import YEARS, calibration, stream
from evaltools.synthetic.frame import Frame, counties
from evaltools.synthetic.panel import EXITED, POOR
from evaltools.synthetic.tables import City
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
    """Villages of one city, one row per village and year; counts are those of the table of households."""
    frame, panel = city.frame, city.panel
    n = len(frame)
    rng = stream(seed, frame.city_code, "village services")
    v = np.repeat(np.arange(n), 5)
    t = np.tile(np.arange(5), n)
    registered = panel.alive & ((panel.status == POOR) | (panel.status == EXITED))
    households = np.stack([np.bincount(city.registry.village[registered[:, k]], minlength=n) for k in range(5)], axis=1)
    persons = np.stack(
        [
            np.bincount(city.registry.village, weights=np.where(registered[:, k], panel.persons[:, k], 0), minlength=n)
            for k in range(5)
        ],
        axis=1,
    ).astype(np.int64)
    growth = 1.004 ** (np.array(YEARS) - 2020)
    outside = np.round(frame.nonregistered_persons[:, None] * growth).astype(np.int64)
    hukou_households = frame.nonregistered_households[:, None] + households
    cells = {
        "disposable_income_per_capita_yuan": number(frame.income[v, t]),
        "collective_income_yuan": whole(collective_income(frame, seed)[v, t]),
    } | _roads(rng, outside[:, 4] + persons[:, 4], frame.is_poor, v, t)
    return pa.table(
        {
            "village_code": text(v, frame.code),
            "year": whole(np.array(YEARS)[t], kind=pa.int16()),
            "name": text(v, frame.name),
            "town_code": text(frame.town[v], frame.town_codes),
            "county_code": text(frame.county[v], frame.county_codes),
            "city_code": text(np.zeros(len(v), int), [frame.city_code]),
            "is_poor_village": boolean(frame.is_poor[v]),
            "helper_type": text(v, frame.helper),
            "helper_city_code": text(v, frame.helper_city),
            "hukou_persons": whole((outside + persons)[v, t]),
            "hukou_households": whole(hukou_households[v, t]),
            "registered_persons": whole(persons[v, t]),
            "registered_households": whole(households[v, t]),
        }
        | cells
        | _services(rng, frame.is_poor, v, t)
    )


def collective_income(frame: Frame, seed: int) -> np.ndarray:
    """(villages, 5) collective income in yuan; poor villages have the published mean of 2020 (S0) in each city."""
    cal = calibration()
    rng = stream(seed, frame.city_code, "collective income")
    n = len(frame)
    base = cal["invented"]["collective_income_base"]
    pub = cal["published"]
    goal = (
        pub["collective_income_mean_2020_shanwei"]
        if frame.city_code == "441500"
        else pub["collective_income_mean_2020"]
    )
    mean = np.array([base[y] for y in YEARS[:-1]] + [goal], dtype=float)
    level = np.exp(rng.normal(0, 0.75, n))
    raw = level[:, None] * np.exp(rng.normal(0, 0.18, (n, 5)))
    out = raw * 160000.0 * 1.06 ** (np.array(YEARS) - 2020)
    poor = frame.is_poor
    if poor.any():
        out[poor] = raw[poor] / raw[poor].mean(axis=0) * mean
    return np.round(out)


def _roads(
    rng: np.random.Generator, hukou: np.ndarray, is_poor: np.ndarray, v: np.ndarray, t: np.ndarray
) -> dict[str, pa.Array]:
    """Natural villages and paved roads; all eligible ones (200 persons) of poor villages are paved by 2020 (S0)."""
    n = len(hukou)
    natural = np.maximum(2 + rng.poisson(7, n), 1)
    ge20 = np.minimum(np.round(natural * rng.uniform(0.55, 0.95, n)), natural).astype(np.int64)
    ge200 = np.minimum(np.round(natural * rng.uniform(0.15, 0.5, n)), natural).astype(np.int64)
    share = np.clip(np.where(is_poor, 0.55, 0.75)[:, None] + 0.1 * np.arange(5) + rng.normal(0, 0.06, (n, 1)), 0, 1)
    paved200 = np.floor(ge200[:, None] * share + 1e-9)
    paved200[is_poor, 4] = ge200[is_poor]
    paved20 = np.floor(ge20[:, None] * np.minimum(share, 0.995) + 0.35).clip(max=ge20[:, None])
    return {
        "natural_villages": whole(natural[v]),
        "nv_ge200_persons": whole(ge200[v]),
        "nv_ge200_persons_paved": whole(paved200[v, t]),
        "nv_ge20_households": whole(ge20[v]),
        "nv_ge20_households_paved": whole(paved20[v, t]),
    }


def _services(rng: np.random.Generator, is_poor: np.ndarray, v: np.ndarray, t: np.ndarray) -> dict[str, pa.Array]:
    """Services arrive in a year of their own; in 2020 poor villages have the published coverage (S0)."""
    cal = calibration()["published"]
    n = len(is_poor)
    goals = {"has_bus": 0.985} | cal["coverage_2020"]
    out = {}
    for name in ("has_bus", "has_clinic", "has_service_station", "has_parcel", "has_fibre"):
        share_2016 = 0.35 if name == "has_parcel" else 0.62
        target = np.where(is_poor, goals[name], min(goals[name] * 0.99, 1.0))
        grid = share_2016 + (target[:, None] - share_2016) * np.array([0.0, 0.3, 0.6, 0.85, 1.0])
        out[name] = boolean((rng.random(n)[:, None] < grid)[v, t])
    year = np.array(YEARS)[t]
    team = is_poor[v] & ((year > 2016) | (rng.random(n) < 0.9)[v])
    out["has_team"] = boolean(team)
    out["has_first_secretary"] = boolean(team & (rng.random(len(v)) > 0.004))
    goal = np.clip(cal["piped_water_2020"] + rng.normal(0.0, 0.012, n), 0.9, 1.0)
    out["centralized_water_share"] = number((goal[:, None] * np.array([0.72, 0.80, 0.88, 0.95, 1.0]))[v, t], 3)
    return out
