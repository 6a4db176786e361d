"""Read the generator's YAML and turn province figures into whole numbers per city.

Everything a number rests on stays in `calibration.yaml`, `truth_rates.yaml` and `places.yaml`; this file only reads and
divides. Division is by largest remainder, so parts always add up to the published whole.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any
from zlib import crc32

import numpy as np
import yaml

from evaltools.errors import ParameterError
from evaltools.terms import CITIES, CityRole, HelperType

YEARS: tuple[int, ...] = (2016, 2017, 2018, 2019, 2020)
MIN_SCALE = 0.01
HELPED_PAIRS = {
    "440100": ("441400", "441800"), "440300": ("441600", "441500"), "440400": ("441700", "440900"),
    "440600": ("440800", "445300"), "441900": ("440200", "445200"), "442000": ("441200", "445100"),
}  # fmt: skip
"""Helping city -> helped cities (粤发〔2016〕13号); a test holds it against the rule book's pairings."""
HELPER_OF = {helped: helper for helper, pair in HELPED_PAIRS.items() for helped in pair}


@cache
def _yaml(name: str) -> dict[str, Any]:
    text = resources.files("evaltools.synthetic").joinpath(name).read_text(encoding="utf-8")
    return yaml.safe_load(text)


def calibration() -> dict[str, Any]:
    """The calibration file as a mapping (do not change it in place)."""
    return _yaml("calibration.yaml")


def truth_rates() -> dict[str, Any]:
    """The true rates by city, and their intraclass correlations."""
    return _yaml("truth_rates.yaml")


def places() -> dict[str, Any]:
    """Counties by city (GB/T 2260 names) and the number of generated county-level units."""
    return _yaml("places.yaml")


def stream(seed: int, city_code: str, purpose: str) -> np.random.Generator:
    """A random stream of its own for each city and purpose: a city's data do not move when another city changes."""
    key = (int(city_code), crc32(purpose.encode()))
    return np.random.Generator(np.random.PCG64(np.random.SeedSequence(entropy=seed, spawn_key=key)))


def largest_remainder(total: int, weights: np.ndarray, minimum: int = 0) -> np.ndarray:
    """Split `total` into whole parts proportional to `weights` (n,); each at least `minimum`; they add up exactly.

    Ties go to the earlier part, so the same input gives the same split.
    """
    w = np.asarray(weights, dtype=float)
    parts = np.full(len(w), minimum, dtype=np.int64)
    rest = int(total) - int(parts.sum())
    if rest < 0 or w.sum() <= 0:
        raise ParameterError(
            f"{total} cannot be split into {len(w)} parts of at least {minimum}",
            where="synthetic allocation", todo="use a larger scale",
        )  # fmt: skip
    share = rest * w / w.sum()
    parts += np.floor(share).astype(np.int64)
    order = np.argsort(-(share - np.floor(share)), kind="stable")
    parts[order[: int(total) - int(parts.sum())]] += 1
    return parts


@dataclass(frozen=True)
class CityQuota:
    """Whole numbers one city must meet. Groups: 0 poor villages helped by a Pearl River Delta city, 1 other poor
    villages, 2 ordinary villages."""

    code: str
    poor_villages: dict[str, int]
    """Helper type (`terms.HelperType` value) -> villages."""
    ordinary_villages: int
    hukou_persons: int
    persons: tuple[int, int, int]
    """Registered persons at the end of 2020, by group."""
    households: tuple[int, int, int]
    removed_persons: int
    removed_households: int
    towns: int
    guidance_villages: dict[str, int]
    """Payer -> villages with guidance funds (梅州 and 清远 only)."""


@dataclass(frozen=True)
class Plan:
    """The whole generator's plan: scale, seed and one quota per city with a registry."""

    scale: float
    seed: int
    cities: tuple[CityQuota, ...]
    village_scale: float


def _poor_village_matrix(codes: list[str], weight: np.ndarray) -> dict[str, dict[str, int]]:
    """Poor villages at scale 1 by city and helper type, from the published margins.

    Rule: within a helped city the three helper types stand in the province's proportion 1,719 : 246 : 229, except
    where a margin is published (汕尾 137; 梅州 and 清远 together 477 by 广州). The other nine cities share the rest
    by weight.
    """
    pub = calibration()["published"]
    by = pub["villages_by_helper"]
    out: dict[str, dict[str, int]] = {c: {} for c in codes}
    out["440500"] = {HelperType.OWN_CITY.value: by["shantou_own"]}
    out["441300"] = {HelperType.OWN_CITY.value: by["huizhou_own"]}
    helped = [c for c in codes if c in HELPER_OF]
    total = by["pearl_delta_city"] + by["provincial_unit"] + by["local_unit"]
    share = by["pearl_delta_city"] / total
    pair = [c for c in helped if HELPER_OF[c] == "440100"]
    rows = {"441500": pub["shanwei_poor_villages"]}
    w = dict(zip(codes, weight, strict=True))
    pair_total = round(pub["villages_helped_by_guangzhou"] / share)
    rows |= dict(zip(pair, largest_remainder(pair_total, np.array([w[c] for c in pair])), strict=True))
    others = [c for c in helped if c not in rows]
    left = total - sum(int(v) for v in rows.values())
    rows |= dict(zip(others, largest_remainder(left, np.array([w[c] for c in others])), strict=True))
    pearl = {"441500": round(rows["441500"] * share)}
    pearl |= dict(
        zip(
            pair, largest_remainder(pub["villages_helped_by_guangzhou"], np.array([rows[c] for c in pair])), strict=True
        )
    )
    left = by["pearl_delta_city"] - sum(int(v) for v in pearl.values())
    pearl |= dict(zip(others, largest_remainder(left, np.array([rows[c] for c in others])), strict=True))
    rest = np.array([rows[c] - pearl[c] for c in helped])
    provincial = largest_remainder(by["provincial_unit"], rest)
    for i, c in enumerate(helped):
        out[c] = {
            HelperType.PEARL_DELTA_CITY.value: int(pearl[c]),
            HelperType.PROVINCIAL_UNIT.value: int(provincial[i]),
            HelperType.LOCAL_UNIT.value: int(rest[i] - provincial[i]),
        }
    return out


def _scaled_matrix(matrix: dict[str, dict[str, int]], factor: float) -> dict[str, dict[str, int]]:
    """The village matrix thinned to `factor`; columns keep their rounded totals, so the partition keeps its shape."""
    if factor >= 1:
        return matrix
    out: dict[str, dict[str, int]] = {c: {} for c in matrix}
    for helper in HelperType:
        cells = [c for c in matrix if matrix[c].get(helper.value, 0) > 0]
        size = np.array([matrix[c][helper.value] for c in cells], dtype=float)
        kept = largest_remainder(max(round(size.sum() * factor), len(cells)), size, minimum=1)
        for c, k in zip(cells, kept, strict=True):
            out[c][helper.value] = int(k)
    return out


def make_plan(scale: float, seed: int) -> Plan:
    """Quotas of all cities with a registry, at `scale` (1 = the province)."""
    if not MIN_SCALE <= scale <= 1:
        raise ParameterError(
            f"scale {scale!r}", expected=f"a number from {MIN_SCALE} to 1 (1 = the whole province)",
            where="evaltools synth --scale", todo="the committed demo uses 0.02",
        )  # fmt: skip
    cal, inv = calibration(), calibration()["invented"]
    pub, codes = cal["published"], list(inv["cities"])
    hukou_w = np.array([inv["cities"][c]["weight"] for c in codes], dtype=float)
    reg_w = hukou_w * np.array([inv["cities"][c]["intensity"] for c in codes])
    v = max(scale, min(inv["village_scale_floor"], inv["village_scale_ratio"] * scale)) if scale < 1 else 1.0
    villages = _scaled_matrix(_poor_village_matrix(codes, reg_w), v)
    persons, households = _registry_quota(codes, villages, reg_w, scale)
    hukou = largest_remainder(round(inv["rural_hukou_persons"] * scale), hukou_w)
    ordinary = largest_remainder(round(inv["ordinary_villages"] * v), hukou_w)
    gone_p = pub["identified_persons"] - pub["registered_persons"]
    gone_h = pub["identified_households"] - inv["registered_households"]
    removed_h = largest_remainder(round(gone_h * scale), households.sum(axis=1).astype(float))
    removed_p = largest_remainder(round(gone_p * scale), removed_h.astype(float))
    tasked = [c.code for c in CITIES if c.has_tasks]
    county_count = {c: len(places()[c]["counties"]) + places()[c].get("extra", 0) for c in codes}
    town_w = np.array([hukou_w[codes.index(c)] * 0.5 + 25 * county_count[c] for c in tasked])
    towns = dict(zip(tasked, largest_remainder(pub["towns_with_tasks"], town_w), strict=True))
    towns["440700"] = inv["towns_jiangmen"]
    guide = _guidance(villages, v)
    quotas = tuple(
        CityQuota(
            code=c, poor_villages=villages[c], ordinary_villages=int(ordinary[i]), hukou_persons=int(hukou[i]),
            persons=(int(persons[i, 0]), int(persons[i, 1]), int(persons[i, 2])),
            households=(int(households[i, 0]), int(households[i, 1]), int(households[i, 2])),
            removed_persons=int(removed_p[i]), removed_households=int(removed_h[i]), towns=int(towns[c]),
            guidance_villages=guide.get(c, {}),
        )
        for i, c in enumerate(codes)
    )  # fmt: skip
    return Plan(scale=scale, seed=seed, cities=quotas, village_scale=v)


def _registry_quota(
    codes: list[str], villages: dict[str, dict[str, int]], reg_w: np.ndarray, scale: float
) -> tuple[np.ndarray, np.ndarray]:
    """Registered persons and households at the end of 2020: two arrays (cities, 3 groups)."""
    cal, inv = calibration(), calibration()["invented"]
    pub = cal["published"]
    total_p, total_h = round(pub["registered_persons"] * scale), round(inv["registered_households"] * scale)
    pearl = np.array([villages[c].get(HelperType.PEARL_DELTA_CITY.value, 0) for c in codes], dtype=float)
    other = np.array([sum(villages[c].values()) for c in codes], dtype=float) - pearl
    p, h = np.zeros((len(codes), 3), dtype=np.int64), np.zeros((len(codes), 3), dtype=np.int64)
    pearl_p, pearl_h = round(pub["pearl_delta_persons"] * scale), round(pub["pearl_delta_households"] * scale)
    other_p = round(total_p * inv["share_inside_poor_villages"]) - pearl_p
    other_h = round(other_p / inv["poor_village_household_size"])
    p[:, 0], h[:, 0] = largest_remainder(pearl_p, pearl), largest_remainder(pearl_h, pearl)
    p[:, 1], h[:, 1] = largest_remainder(other_p, other), largest_remainder(other_h, other)
    goal = largest_remainder(total_p, reg_w)
    outside = np.maximum(goal - p[:, 0] - p[:, 1], 1)
    p[:, 2] = largest_remainder(total_p - pearl_p - other_p, outside.astype(float))
    h[:, 2] = largest_remainder(total_h - pearl_h - other_h, p[:, 2].astype(float))
    return p, h


def _guidance(villages: dict[str, dict[str, int]], village_scale: float) -> dict[str, dict[str, int]]:
    """Villages with guidance funds by city and payer: all villages that 广州 helps, split 74 : 330 : 73."""
    pair = HELPED_PAIRS["440100"]
    payers = calibration()["published"]["guidance_villages_by_payer"]
    helped = {c: villages[c].get(HelperType.PEARL_DELTA_CITY.value, 0) for c in pair}
    split = largest_remainder(sum(helped.values()), np.array(list(payers.values()), dtype=float))
    first = largest_remainder(helped[pair[0]], split.astype(float))
    second = split - first
    return {
        pair[0]: dict(zip(payers, map(int, first), strict=True)),
        pair[1]: dict(zip(payers, map(int, second), strict=True)),
    }


def line(year: int) -> float:
    """The actual household exit line of `year`, yuan a head: 45 % of provincial rural income (粤发〔2016〕13号)."""
    lines = calibration()["lines"]
    return float(lines["household_share"] * lines["provincial_rural_disposable"][year])


def village_line(year: int) -> float:
    """The actual village exit line of `year`, yuan a head: 60 % of provincial rural income."""
    lines = calibration()["lines"]
    return float(lines["village_share"] * lines["provincial_rural_disposable"][year])


def is_self_help(code: str) -> bool:
    """Whether the city organises its own assistance (汕头 惠州 江门): no 6:3:1 split is defined there."""
    return any(c.code == code and c.role is CityRole.SELF_HELP for c in CITIES)
