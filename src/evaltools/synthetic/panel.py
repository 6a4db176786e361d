"""What five years of registered households consist of: the matrices that the simulation fills. Arrays only."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from evaltools.synthetic import people
from evaltools.synthetic.config import YEARS

STATUS = ("poor", "exited", "removed", "never")
POOR, EXITED, GONE, NEVER_REGISTERED = range(4)
CHANGE_IN = ("none", "registered", "returned", "moved_in")
CHANGE_OUT = ("none", "exited", "removed", "died_out", "moved_out")
INDUSTRIES = ("无", "种植业", "养殖业", "渔业", "林业", "加工业", "商贸服务", "乡村旅游")


@dataclass
class Panel:
    """Matrices (households, 5 years) of one city; a cell without a row is 0 / False and `alive` is False there."""

    alive: np.ndarray
    status: np.ndarray
    change_in: np.ndarray
    change_out: np.ndarray
    exit_year: np.ndarray
    returned_year: np.ndarray
    persons: np.ndarray
    persons_start: np.ndarray
    joined: np.ndarray
    left: np.ndarray
    labour: np.ndarray
    eligible: np.ndarray
    dibao: np.ndarray
    tekun: np.ndarray
    true_enrolled: np.ndarray
    counts: dict[str, np.ndarray]
    ratio: np.ndarray
    """Registry income per head over the actual exit line."""
    true_ratio: np.ndarray
    money: dict[str, np.ndarray]
    shock: np.ndarray
    housing: np.ndarray
    water: np.ndarray
    support: np.ndarray
    loan: np.ndarray
    industry: np.ndarray
    probability: np.ndarray
    """True probability of a return in the next year; NaN unless exited."""
    loan_from: np.ndarray
    """(households,) year a micro-credit loan was paid out, people.NEVER if none; below: its amount, and whether it is
    overdue after three years."""
    loan_amount: np.ndarray
    loan_overdue: np.ndarray
    wrong_now: np.ndarray
    """Whether the household stands as exited at year end but truly does not meet the standard (actual line)."""
    bad_housing: np.ndarray
    """(households,) whether the dwelling was dangerous when the household was registered."""
    wrong_planned: np.ndarray
    """The same by the planned line (2018 and 2020; elsewhere as `wrong_now`)."""


def composition(p: people.Persons, reg_year: np.ndarray) -> dict[str, np.ndarray]:
    """Counts by household and year end, (households, 5) each, and of persons who joined or left in the year.

    `reg_year`: (households,) first year of each household in the data.
    """
    n = len(reg_year)
    names = (
        "persons",
        "joined",
        "left",
        "children",
        "elderly",
        "labourers",
        "full",
        "partial",
        "ill",
        "disabled",
        "students",
        "working",
    )
    out = {k: np.zeros((n, 5), dtype=np.int16) for k in names}

    def count(mask: np.ndarray) -> np.ndarray:
        return np.bincount(p.household[mask], minlength=n).astype(np.int16)

    for t, year in enumerate(YEARS):
        here = (p.enter <= year) & (p.leave > year)
        age = year - p.birth_year
        labour = people.labour_class(p, year)
        stage = people.school_stage(p, year)
        out["persons"][:, t] = count(here)
        out["joined"][:, t] = count((p.enter == year) & (p.enter > reg_year[p.household]))
        out["left"][:, t] = count(p.leave == year)
        out["children"][:, t] = count(here & (age < 16))
        out["elderly"][:, t] = count(here & (age >= 60))
        out["full"][:, t] = count(here & (labour == 0))
        out["partial"][:, t] = count(here & (labour == 1))
        out["ill"][:, t] = count(here & (p.ill_from <= year))
        out["disabled"][:, t] = count(here & p.disabled)
        out["students"][:, t] = count(here & (stage > 0))
        out["working"][:, t] = count(here & people.employed(p, year, labour))
    out["labourers"] = out["full"] + out["partial"]
    return out
