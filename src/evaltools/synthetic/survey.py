"""The field survey, drawn twice from the same population: the published minimum and a larger design of our own."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from evaltools.synthetic import draw
from evaltools.synthetic.config import YEARS, calibration, largest_remainder, line, stream, truth_rates
from evaltools.synthetic.frame import Frame
from evaltools.synthetic.neighbours import Neighbours, Omission
from evaltools.synthetic.panel import EXITED, NEVER_REGISTERED, POOR, Panel
from evaltools.synthetic.registry import WRONG_HEALTH, WRONG_HOUSING, WRONG_WATER, Registry

DESIGNS = ("main", "published_minimum")
GROUPS = ("registered_labour", "non_registered", "registered_no_labour")
LABOUR_GROUP, NON_REGISTERED, NO_LABOUR_GROUP = range(3)
GUARANTEES = ("food_ok", "clothing_ok", "education_ok", "healthcare_ok", "housing_ok", "drinking_water_ok")


@dataclass
class Psus:
    """Sampled villages of one design: index, inclusion probability, and neighbours to list in each (equal lengths).

    per_village: households the design takes in a village, all groups together.
    """

    village: np.ndarray
    probability: np.ndarray
    roster: np.ndarray
    per_village: int


def _rates(frame: Frame, villages: int) -> tuple[float, float]:
    """Sampling rates of registered and of non-registered households that the main design aims at."""
    main = calibration()["survey"]["main"]
    registered = min(1.0, villages * main["registered"] / max(int(frame.households.sum()), 1))
    return registered, min(1.0, villages * main["non_registered"] / int(frame.nonregistered_households.sum()))


def main_villages(frame: Frame) -> int:
    """How many villages the main design takes in this city: never more than seven in ten."""
    main = calibration()["survey"]["main"]
    wanted = main["villages_per_city_small"] if frame.city_code == "440700" else main["villages_per_city"]
    need = main["villages_per_county_min"] * len(frame.county_codes)
    return min(max(wanted, need), int(0.7 * len(frame)))


def minimum_takes(scale: float) -> tuple[int, int]:
    """Villages a county and households a village of the published minimum at this scale.

    At least 2 villages x 10 households a county; more where that falls short of the province's total times scale.
    """
    cal = calibration()
    minimum = cal["survey"]["published_minimum"]
    need = minimum["households_min"] * scale / cal["published"]["counties_with_tasks"]
    villages = max(minimum["villages_per_county"], math.ceil(need / minimum["households_per_village_max"]))
    return villages, max(10, math.ceil(need / villages))


def draw_psus(frame: Frame, design: str, seed: int, scale: float) -> Psus:
    """Villages with probability proportional to size, stratified by county.

    `main`: the size is the composite of Folsom, Potter and Williams (1987): households of each group times the sampling
    rate wanted for the group, so that weights within a group vary little and interviews per village are about equal.
    `published_minimum`: two villages a county, size = hukou households.
    """
    rng = stream(seed, frame.city_code, f"villages {design}")
    k = len(frame.county_codes)
    in_county = np.bincount(frame.county, minlength=k)
    if design == "main":
        m = main_villages(frame)
        f_reg, f_non = _rates(frame, m)
        size = f_reg * frame.households + f_non * frame.nonregistered_households
        floor = np.minimum(calibration()["survey"]["main"]["villages_per_county_min"], in_county)
        weight = np.bincount(frame.county, weights=size, minlength=k)
        take = np.minimum(floor + largest_remainder(max(m - int(floor.sum()), 0), weight), in_county)
        roster = calibration()["survey"]["main"]["roster"]
        per_village = calibration()["survey"]["main"]["registered"] + calibration()["survey"]["main"]["non_registered"]
    else:
        size = frame.households + frame.nonregistered_households + 0.0
        villages, per_village = minimum_takes(scale)
        take = np.minimum(villages, in_county)
        roster = 2 * math.ceil(per_village * calibration()["survey"]["published_minimum"]["non_registered"] / 10)
    village, probability = draw.stratified_pps(rng, size, frame.county, take)
    listed = np.minimum(roster, frame.nonregistered_households[village])
    return Psus(village=village, probability=probability, roster=listed, per_village=per_village)


def approval_by_village(frame: Frame, seed: int) -> np.ndarray:
    """(villages,) latent share of approving households, Beta with the city's mean and the stated correlation."""
    rates = truth_rates()
    rng = stream(seed, frame.city_code, "approval")
    mean, ab = rates["cities"][frame.city_code]["approval"], 1 / rates["approval_icc"] - 1
    v = rng.beta(mean * ab, (1 - mean) * ab, len(frame))
    w = frame.households + frame.nonregistered_households
    return np.clip(v + mean - float((v * w).sum() / w.sum()), 0.02, 0.998)


class Field:
    """One city's field work for one design and year. `interviews()` returns a dict of equally long arrays."""

    def __init__(
        self,
        frame: Frame,
        reg: Registry,
        panel: Panel,
        near: Neighbours,
        psus: Psus,
        approval: np.ndarray,
        design: str,
        year: int,
        seed: int,
    ) -> None:
        self.frame, self.reg, self.panel, self.near, self.psus = frame, reg, panel, near, psus
        self.approval, self.design, self.year, self.t = approval, design, year, YEARS.index(year)
        self.rng = stream(seed, frame.city_code, f"interviews {design} {year}")

    def interviews(self) -> dict[str, np.ndarray]:
        """All sampled households of the design and year, with weights and what the interviewer saw."""
        index, group, weight = self._select()
        cal = calibration()["survey"]
        p = np.array([cal["response"][g] for g in GROUPS])[group]
        village = self._village(index, group)
        stratum = self.frame.county[village]
        answers, weight = draw.respond(self.rng, weight, p, stratum * 3 + group, group)
        out = {
            "index": index,
            "group": group,
            "weight": np.round(weight, 4),
            "is_responded": answers,
            "village": village,
        }
        out |= self._observe(index, group, village, answers)
        return out

    def _village(self, index: np.ndarray, group: np.ndarray) -> np.ndarray:
        registered = group != NON_REGISTERED
        out = np.empty(len(index), dtype=np.int64)
        out[registered] = self.reg.village[index[registered]]
        out[~registered] = self.near.village[index[~registered]]
        return out

    def _select(self):
        """Household index (into the registry or the listing), group and design weight of each interview."""
        t, panel, frame = self.t, self.panel, self.frame
        active = panel.alive[:, t] & ((panel.status[:, t] == POOR) | (panel.status[:, t] == EXITED))
        group = np.where(panel.labour[:, t] == 0, LABOUR_GROUP, NO_LABOUR_GROUP)
        start = np.searchsorted(self.reg.village, np.arange(len(frame) + 1)).tolist()
        near_start = np.searchsorted(self.near.village, np.arange(len(frame) + 1)).tolist()
        f_reg, f_non = _rates(frame, main_villages(frame))
        quota = calibration()["survey"]["published_minimum"]
        rows, groups, weights = [], [], []
        for v, pi in zip(self.psus.village, self.psus.probability, strict=True):
            mine = np.arange(start[v], start[v + 1])
            mine = mine[active[mine]]
            listed = np.arange(near_start[v], near_start[v + 1])
            total = int(frame.nonregistered_households[v])
            if self.design == "main":
                cells = [(mine, len(mine), f_reg * len(mine) / pi), (listed, total, f_non * total / pi)]
            else:
                times = self.psus.per_village / 10
                cells = [
                    (mine[group[mine] == g], int((group[mine] == g).sum()), times * quota[GROUPS[g]]) for g in (0, 2)
                ]
                cells.append((listed, total, times * quota["non_registered"]))
            for pool, size, want in cells:
                if not len(pool):
                    continue
                n = min(max(draw.random_round(self.rng, float(want)), 1), len(pool))
                chosen = np.sort(self.rng.choice(pool, size=n, replace=False))
                rows.append(chosen)
                groups.append(np.full(n, NON_REGISTERED) if pool is listed else group[chosen])
                weights.append(np.full(n, size / (pi * n)))
        return np.concatenate(rows), np.concatenate(groups), np.concatenate(weights)

    def _observe(self, index, group, village, answers) -> dict[str, np.ndarray]:
        """What the interview records; NaN / -1 mean unknown. Income carries measurement error."""
        t, reg, panel, near, r = self.t, self.reg, self.panel, self.near, self.rng
        cal = calibration()["survey"]
        n, is_reg = len(index), group != NON_REGISTERED
        ri, ni = index[is_reg], index[~is_reg]

        def both(a: np.ndarray, b: np.ndarray, dtype: type = float) -> np.ndarray:
            out = np.empty(n, dtype=dtype)
            out[is_reg], out[~is_reg] = a, b
            return out

        exited = panel.status[ri, t] == EXITED
        kind = reg.wrong_exit[ri]
        income = both(panel.true_ratio[ri, t] * line(self.year), near.income[ni, t])
        income = np.round(income * np.exp(r.normal(0, cal["income_error_sd"], n)))
        missing = ~answers
        out: dict[str, np.ndarray] = {
            "persons": both(panel.persons[ri, t], near.counts["persons"][ni, t], np.int64),
            "registry_status": both(panel.status[ri, t], np.full(len(ni), NEVER_REGISTERED), np.int8),
            "labour": both(panel.labour[ri, t], near.labour[ni, t], np.int8),
            "eligible": both(panel.eligible[ri, t], near.dibao[ni, t], np.int8),
            "dibao": both(panel.dibao[ri, t] & panel.true_enrolled[ri, t], near.dibao[ni, t], np.int8),
            "tekun": both(panel.tekun[ri, t] & panel.true_enrolled[ri, t], np.zeros(len(ni)), np.int8),
            "income": np.where(r.random(n) < cal["item_missing"]["income"], np.nan, income),
            "identification_year": both(reg.reg_year[ri] - 1, np.zeros(len(ni)), np.int64),
            "identification_income": both(
                np.round(reg.identification_income[ri] * np.exp(r.normal(0, 0.015, len(ri)))), np.full(len(ni), np.nan)
            ),
        }
        good = {
            "food_ok": np.ones(n, np.int8),
            "clothing_ok": np.ones(n, np.int8),
            "education_ok": np.ones(n, np.int8),
            "healthcare_ok": both(~(exited & (kind == WRONG_HEALTH)), np.ones(len(ni)), np.int8),
            "housing_ok": both(
                (panel.housing[ri, t] < 2) & ~(exited & (kind == WRONG_HOUSING)), near.housing[ni, t] < 2, np.int8
            ),
            "drinking_water_ok": both(
                panel.water[ri, t] & ~(exited & (kind == WRONG_WATER)), near.water[ni, t], np.int8
            ),
        }
        for name, value in good.items():
            out[name] = np.where(missing | (r.random(n) < cal["item_missing"]["guarantee"]), -1, value)
        unknown = r.random(n) < cal["item_missing"]["labour_capacity"]
        out["labour"] = np.where(missing | unknown, -1, out["labour"])
        unhappy = both(panel.wrong_now[ri, t], near.omitted[ni], bool)
        p = np.clip(self.approval[village] - 0.35 * unhappy, 0, 1)
        approves = r.random(n) < p
        satisfied = r.random(n) < np.where(approves, 0.97, 0.25)
        skipped = missing | (r.random(n) < cal["item_missing"]["approves"])
        out["approves"], out["satisfied"] = np.where(skipped, -1, approves), np.where(skipped, -1, satisfied)
        out["accompanied"] = np.where(missing, -1, r.random(n) < cal["accompanied"])
        for name in ("eligible", "dibao", "tekun"):
            out[name] = np.where(missing, -1, out[name])
        for name in ("income", "identification_income"):
            out[name] = np.where(missing, np.nan, out[name])
        team = np.searchsorted(np.unique(village), village) % 12
        out["interviewer"] = team * 2 + (np.arange(n) % 2)
        first = 280 + (village % 45)
        out["day"] = np.where(missing, 0, first + r.integers(0, 3, n))
        return out


def true_approval(frame: Frame, reg: Registry, panel: Panel, omission: Omission, approval: np.ndarray, t: int) -> float:
    """Share of all households of the frame expected to approve, as the interviews draw it."""
    active = panel.alive[:, t] & ((panel.status[:, t] == POOR) | (panel.status[:, t] == EXITED))
    p = np.clip(approval[reg.village] - 0.35 * panel.wrong_now[:, t], 0, 1)
    n, k = frame.nonregistered_households, omission.households
    outside = (n - k) * approval + k * np.clip(approval - 0.35, 0, 1)
    return float((p[active].sum() + outside.sum()) / (active.sum() + n.sum()))
