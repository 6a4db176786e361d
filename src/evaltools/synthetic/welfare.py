"""What the eight projects leave with persons: medical costs and who paid, aid, benefits, jobs, insurance. Arrays only.

Matrices have the shape (persons, 5 years); a year in which the person is absent holds values nobody reads.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from evaltools.synthetic import people
from evaltools.synthetic.config import YEARS, stream
from evaltools.synthetic.panel import EXITED, POOR, Panel
from evaltools.synthetic.registry import Registry

AID_SHARE = {2016: 0.70, 2017: 0.70, 2018: 0.72, 2019: 0.75, 2020: 0.80}
"""Least share of the remaining compliant cost that medical aid pays (粤发〔2016〕13号: 70 %; S0: 80 % in 2020)."""
LIVING_BENEFIT = {2016: 1200, 2017: 1800, 2018: 1920, 2019: 1980, 2020: 2100}
"""Living benefit of disabled persons a year; 2020 as reported (S0), earlier years invented."""
NURSING_BENEFIT = {2016: 1800, 2017: 2400, 2018: 2520, 2019: 2640, 2020: 2820}
STUDENT_AID = np.array([0, 1000, 3000, 3000, 5000, 5000, 10000])
"""Education aid a year by school stage (index into people.SCHOOL). Invented."""
PLACES = ("local", "in_province", "out_of_province")
CHANNELS = ("matching", "training", "workshop", "public_post", "labour_cooperation", "own")
COSTS = ("cost", "compliant", "basic", "serious", "aid")


@dataclass
class Welfare:
    """Persons of registered households."""

    costs: dict[str, np.ndarray]
    """cost, compliant, basic, serious, aid: (persons, 5) whole yuan."""
    student_aid: np.ndarray
    disability_benefit: np.ndarray
    months: np.ndarray
    """(persons, 5) months employed; 0 where not employed."""
    place: np.ndarray
    """(persons,) index into PLACES."""
    channel: np.ndarray
    trained: np.ndarray
    certified: np.ndarray
    left_behind: np.ndarray
    pension: np.ndarray
    """(persons, 5) 1 insured, 0 not, -1 not of the age."""
    medical: np.ndarray

    def own_cost(self, household: np.ndarray, n: int, present: np.ndarray) -> np.ndarray:
        """(households, 5) medical cost borne by the household itself; `present`: (persons, 5) at home at year end."""
        own = self.costs["cost"] - self.costs["basic"] - self.costs["serious"] - self.costs["aid"]
        sums = [np.bincount(household, weights=np.where(present[:, t], own[:, t], 0), minlength=n) for t in range(5)]
        return np.stack(sums, axis=1).astype(np.int64)

    def has_certified(self, household: np.ndarray, n: int, present: np.ndarray) -> np.ndarray:
        """(households, 5) somebody at home has a certified skill; `present` as in `own_cost`."""
        here = present & self.certified
        return np.stack([np.bincount(household[here[:, t]], minlength=n) > 0 for t in range(5)], axis=1)


def present(p: people.Persons, panel: Panel) -> np.ndarray:
    """(persons, 5) at home at the end of the year, in a household that has a row."""
    year = np.array(YEARS)
    here = (p.enter[:, None] <= year) & (p.leave[:, None] > year)
    return here & panel.alive[p.household]


def dropout(p: people.Persons, panel: Panel, t: int) -> np.ndarray:
    """(persons,) of compulsory school age and out of school in year index `t`; only before exit, about 1 in 150."""
    age = YEARS[t] - p.birth_year
    here = (p.enter <= YEARS[t]) & (p.leave > YEARS[t])
    poor = panel.alive[p.household, t] & (panel.status[p.household, t] == POOR)
    return here & poor & (age >= 6) & (age < 15) & (p.u[:, 3] < 0.007)


def provide(reg: Registry, panel: Panel, city_code: str, seed: int) -> Welfare:
    """Draw the welfare of all persons of the city's registered households."""
    rng = stream(seed, city_code, "welfare")
    p = reg.persons
    n = len(p)
    labour = np.stack([people.labour_class(p, y) for y in YEARS], axis=1)
    stage = np.stack([people.school_stage(p, y) for y in YEARS], axis=1)
    works = np.stack([people.employed(p, y, labour[:, t]) for t, y in enumerate(YEARS)], axis=1)
    exited = panel.status[p.household] == EXITED
    year = np.array(YEARS)
    months = np.where(works, np.where(rng.random((n, 5)) < 0.72, 12, rng.integers(4, 12, (n, 5))), 0)
    benefit = np.array([LIVING_BENEFIT[y] for y in YEARS]) + np.where(
        p.severity[:, None] == 2, np.array([NURSING_BENEFIT[y] for y in YEARS]), 0
    )
    age = year - p.birth_year[:, None]
    adult = (age >= 16) & (stage == 0)
    gap = np.array([0.030, 0.020, 0.010, 0.003, 0.0])
    certified = (rng.random(n) < 0.55)[:, None] & (labour == 0) & (year >= rng.integers(2015, 2020, n)[:, None])
    out = Welfare(
        costs=_medical(rng, p, panel), student_aid=STUDENT_AID[stage],
        disability_benefit=np.where(p.disabled[:, None], benefit, 0),
        months=months.astype(np.int8), place=rng.choice(3, size=n, p=[0.52, 0.43, 0.05]).astype(np.int8),
        channel=rng.choice(6, size=n, p=[0.18, 0.14, 0.05, 0.06, 0.12, 0.45]).astype(np.int8),
        trained=certified | ((rng.random((n, 5)) < 0.12) & (labour == 0)), certified=certified,
        left_behind=(rng.random(n) < 0.12)[:, None] & ((age < 16) | (age >= 60)),
        pension=np.where(adult, p.u[:, [3]] >= gap, -1).astype(np.int8),
        medical=exited | (p.u[:, [3]] < 1 - gap / 2),
    )  # fmt: skip
    out.certified[:, -1] |= labour[:, -1] == 0  # every labourer by 2020 (粤发〔2016〕13号 第6条)
    return out


def _medical(rng: np.random.Generator, p: people.Persons, panel: Panel) -> dict[str, np.ndarray]:
    """Cost of the year and what basic insurance, serious-illness insurance and assistance paid of it, in that order."""
    n, year = len(p), np.array(YEARS)
    ill = p.ill_from[:, None] <= year
    struck = (panel.shock[p.household] == 1) & (p.relation[:, None] == people.HEAD)
    uses = (ill & (rng.random((n, 5)) < 0.75)) | struck | (rng.random((n, 5)) < 0.03)
    mean = np.where(struck, 10.2, np.where(ill, 8.3, 7.4))
    cost = np.where(uses, np.round(np.exp(rng.normal(0, 0.8, (n, 5)) + mean)), 0)
    cost = np.minimum(cost, 400_000)
    compliant = np.round(cost * np.where(uses, rng.uniform(0.80, 0.97, (n, 5)), 0))
    basic = np.round(compliant * np.where(cost > 8000, 0.68, 0.60))
    rest = compliant - basic
    serious = np.round(np.maximum(rest - 5000, 0) * 0.60)
    rest -= serious
    least = np.array([AID_SHARE[y] for y in YEARS])
    aid = np.minimum(np.ceil(rest * (least + rng.uniform(0.0, 0.12, (n, 5)))), rest)
    parts = zip(COSTS, (cost, compliant, basic, serious, aid), strict=True)
    return {name: value.astype(np.int32) for name, value in parts}
