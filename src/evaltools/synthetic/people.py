"""Persons: household sizes, composition, schooling, illness, labour, births and deaths. Arrays only.

All functions work on one city. A person is a row of parallel arrays; persons of one household are contiguous.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from evaltools.synthetic.config import YEARS

NEVER = 9999
RELATIONS = ("head", "spouse", "child", "parent", "grandchild", "other")
HEAD, SPOUSE, CHILD, PARENT, GRANDCHILD, OTHER = range(6)
LABOUR = ("full", "partial", "none")
EDUCATION = ("none", "primary", "junior_secondary", "senior_secondary", "vocational", "college")
SCHOOL = (None, "preschool", "primary", "junior_secondary", "senior_secondary", "vocational", "college")
EDUCATION_YEARS = np.array([0, 6, 9, 12, 12, 15])


@dataclass
class Persons:
    """`n` persons. `household`: (n,) index of the household; `enter`/`leave`: first year present, first year absent."""

    household: np.ndarray
    sex: np.ndarray
    birth_year: np.ndarray
    relation: np.ndarray
    enter: np.ndarray
    leave: np.ndarray
    severity: np.ndarray
    """0 able, 1 partly, 2 wholly without labour capacity for good (disability)."""
    disabled: np.ndarray
    ill_from: np.ndarray
    """Year from which a chronic illness is recorded; NEVER if none."""
    education: np.ndarray
    u: np.ndarray
    """(n, 4) uniform numbers of the person: schooling after 15, work, illness that disables, insurance gaps."""

    def __len__(self) -> int:
        return len(self.household)


def draw_sizes(rng: np.random.Generator, n: int, total: int, largest: int = 9) -> np.ndarray:
    """`n` household sizes of 1 to `largest` persons that add up to `total` exactly (shape (n,))."""
    if n == 0:
        return np.zeros(0, dtype=np.int64)
    total = int(min(max(total, n), n * largest))
    sizes = np.clip(1 + rng.poisson(max(total / n - 1, 0.01), n), 1, largest)
    gap = total - int(sizes.sum())
    while gap:
        step = 1 if gap > 0 else -1
        free = np.flatnonzero(sizes < largest) if step > 0 else np.flatnonzero(sizes > 1)
        chosen = rng.choice(free, size=min(abs(gap), len(free)), replace=False)
        sizes[chosen] += step
        gap -= step * len(chosen)
    return sizes


def has_no_labour(rng: np.random.Generator, sizes: np.ndarray, poor: bool = True) -> np.ndarray:
    """Which households are formed without labour capacity: small ones mostly (shape (n,), bool)."""
    p = np.array([0, 0.68, 0.47, 0.25, 0.14, 0.10, 0.08, 0.06, 0.06, 0.06])
    p = p if poor else p * 0.25
    return rng.random(len(sizes)) < p[np.minimum(sizes, 9)]


def compose(
    rng: np.random.Generator, sizes: np.ndarray, no_labour: np.ndarray, enter_year: np.ndarray, illness: float = 1.0
) -> Persons:
    """Members of households of the given sizes, with ages as of the year the household enters the data.

    `illness` multiplies the chance of illness and disability (poor households: 1; neighbours: less).
    """
    hh = np.repeat(np.arange(len(sizes)), sizes)
    n = len(hh)
    pos = np.arange(n) - np.repeat(np.cumsum(sizes) - sizes, sizes)
    weak = no_labour[hh]
    elder = (rng.random(len(sizes)) < 0.72)[hh] & weak
    head_age = np.where(
        elder, rng.integers(66, 88, n), np.where(weak, rng.integers(38, 60, n), rng.integers(27, 58, n))
    )
    head_age = head_age[np.searchsorted(hh, hh)]
    relation, age = _roles(rng, pos, weak, elder, head_age)
    sex = (rng.random(n) < np.where(relation == HEAD, 0.24, np.where(relation == SPOUSE, 0.85, 0.48))).astype(np.int8)
    severity, disabled = _disability(rng, age, weak, relation, illness)
    start = enter_year[hh]
    p_ill = np.where(age > 60, 0.26, np.where(age > 40, 0.12, 0.03)) * illness
    hazard = np.where(age > 60, 0.030, np.where(age > 40, 0.012, 0.003)) * illness
    wait = np.floor(np.log(1 - rng.random(n)) / np.log(1 - hazard)).astype(np.int64) + 1
    ill_from = np.where(rng.random(n) < p_ill, start, np.minimum(start + wait, NEVER))
    birth = start - age
    return Persons(
        household=hh, sex=sex, birth_year=birth, relation=relation, enter=start.copy(), leave=np.full(n, NEVER),
        severity=severity, disabled=disabled, ill_from=ill_from, education=_education(rng, age), u=rng.random((n, 4)),
    )  # fmt: skip


def _roles(rng, pos, weak, elder, head_age):
    """Relation to the head and age (years) of each person."""
    n = len(pos)
    r = rng.random(n)
    relation = np.where(pos == 0, HEAD, OTHER)
    second = pos == 1
    spouse = second & (r < np.where(weak, 0.55, 0.75))
    relation[spouse] = SPOUSE
    rest = (pos > 0) & ~spouse
    relation[rest & elder] = GRANDCHILD
    young = rest & ~elder
    relation[young] = np.where(r[young] < 0.70, CHILD, PARENT)
    relation[young & (pos > 4)] = CHILD
    child_age = np.clip(head_age - 27 + rng.integers(-5, 6, n), 0, 40)
    age = np.select(
        [relation == HEAD, relation == SPOUSE, relation == CHILD, relation == PARENT],
        [
            head_age,
            np.clip(head_age + rng.integers(-5, 4, n), 21, 90),
            child_age,
            np.clip(head_age + rng.integers(21, 33, n), 55, 92),
        ],
        default=rng.integers(4, 17, n),
    )
    return relation, age


def _disability(rng, age, weak, relation, illness):
    """Severity (0, 1, 2) and disabled flag; households formed without labour have no able adult."""
    n = len(age)
    p = np.where(age > 60, 0.14, np.where(age > 15, 0.06, 0.02)) * illness
    disabled = rng.random(n) < p
    severity = np.where(disabled, np.where(rng.random(n) < 0.5, 2, 1), 0)
    adult = weak & (age >= 16) & (age < 66)
    forced = rng.random(n) < 0.62
    severity = np.where(adult & (severity == 0), np.where(forced, 2, 1), severity)
    disabled = disabled | (adult & (rng.random(n) < 0.6))
    able_head = ~weak & (relation == HEAD)
    return np.where(able_head, 0, severity).astype(np.int8), disabled & ~able_head


def _education(rng, age):
    """Highest level completed or begun, by age group (index into EDUCATION)."""
    r = rng.random(len(age))
    old = np.digitize(r, [0.35, 0.80, 0.97])
    middle = np.digitize(r, [0.04, 0.34, 0.86, 0.93])
    grown = np.digitize(r, [0.01, 0.08, 0.60, 0.72, 0.85])
    return np.where(age >= 60, old, np.where(age >= 35, middle, grown)).astype(np.int8)


def deaths(rng: np.random.Generator, p: Persons, may_die: np.ndarray, last_year: int = 2020) -> None:
    """Set `leave` for persons who die or move out one by one, in a year after the first; heads stay.

    `may_die`: (households,) bool. Heads are kept so that a household keeps its identity (a simplification).
    """
    open_ = may_die[p.household] & (p.relation != HEAD)
    for year in YEARS[1:]:
        if year > last_year:
            break
        age = year - p.birth_year
        h = np.select([age < 1, age < 60, age < 70, age < 80], [0.004, 0.003, 0.013, 0.040], default=0.095)
        moves = np.where((age >= 20) & (age < 30) & (p.relation == CHILD), 0.025, 0.0)
        goes = open_ & (p.leave == NEVER) & (p.enter < year) & (rng.random(len(p)) < h + moves)
        p.leave[goes] = year


def arrivals(rng: np.random.Generator, p: Persons, household: np.ndarray, first_year: np.ndarray) -> Persons:
    """Births and marriages into the given households (one person each), each in a year after `first_year`."""
    n = len(household)
    year = first_year + 1 + np.floor(rng.random(n) * (2020 - first_year)).astype(np.int64)
    born = rng.random(n) < 0.65
    head_birth = p.birth_year[np.searchsorted(p.household, household)]
    child = np.where(year - head_birth < 45, CHILD, GRANDCHILD)
    age = np.where(born, 0, rng.integers(20, 36, n))
    new = Persons(
        household=household, sex=(rng.random(n) < np.where(born, 0.47, 0.85)).astype(np.int8), birth_year=year - age,
        relation=np.where(born, child, OTHER), enter=year, leave=np.full(n, NEVER),
        severity=np.zeros(n, np.int8), disabled=np.zeros(n, bool), ill_from=np.full(n, NEVER),
        education=_education(rng, age), u=rng.random((n, 4)),
    )  # fmt: skip
    return join(p, new)


def join(a: Persons, b: Persons) -> Persons:
    """Both sets of persons, ordered by household (stable)."""
    names = (
        "household",
        "sex",
        "birth_year",
        "relation",
        "enter",
        "leave",
        "severity",
        "disabled",
        "ill_from",
        "education",
        "u",
    )
    both = {k: np.concatenate([getattr(a, k), getattr(b, k)]) for k in names}
    order = np.argsort(both["household"], kind="stable")
    return Persons(**{k: v[order] for k, v in both.items()})


def school_stage(p: Persons, year: int) -> np.ndarray:
    """Index into SCHOOL: where the person is enrolled in `year` (dropouts keep their stage; see `registry`)."""
    age = year - p.birth_year
    after = np.where(p.u[:, 0] < 0.62, 4, np.where(p.u[:, 0] < 0.86, 5, 0))
    college = np.where(p.u[:, 0] < 0.30, 6, 0)
    return np.select(
        [age < 3, age < 6, age < 12, age < 15, age < 18, age < 22],
        [0, np.where(p.u[:, 0] < 0.9, 1, 0), 2, 3, after, college], default=0,
    ).astype(np.int8)  # fmt: skip


def labour_class(p: Persons, year: int) -> np.ndarray:
    """Index into LABOUR: 0 full, 1 partial, 2 none, by age, schooling, disability and disabling illness."""
    age = year - p.birth_year
    ill = (p.ill_from <= year) & (p.u[:, 2] < 0.30) & (p.relation != HEAD)
    severity = np.maximum(p.severity, np.where(ill, 1, 0))
    working_age = (age >= 16) & (age < 60) & (school_stage(p, year) == 0)
    late = (age >= 60) & (age < 66)
    out = np.where(working_age, severity, np.where(late, np.maximum(severity, 1), 2))
    return out.astype(np.int8)


def employed(p: Persons, year: int, labour: np.ndarray) -> np.ndarray:
    """Whether the person works for pay or on the farm in `year`."""
    return p.u[:, 1] < np.where(labour == 0, 0.90, np.where(labour == 1, 0.30, 0.0))
