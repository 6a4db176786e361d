"""The true probability of falling back into poverty, and the shocks it runs through. Functions of arrays.

The model is invented (see `calibration.yaml`); what it returns is the truth a risk model can be measured against.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

SHOCKS = ("none", "illness", "job_loss", "disaster", "price")


@dataclass(frozen=True)
class Features:
    """What is known of each household at the end of year t; every array has shape (households,)."""

    log_income_to_line: np.ndarray
    safety_net_route: np.ndarray
    has_ill_member: np.ndarray
    has_disabled_member: np.ndarray
    dependants_per_labourer: np.ndarray
    transfer_share: np.ndarray
    old_housing: np.ndarray
    has_loan: np.ndarray
    single_industry: np.ndarray
    shock_last_year: np.ndarray
    log_support_thousand: np.ndarray
    years_since_exit: np.ndarray
    head_education_years: np.ndarray
    head_is_65: np.ndarray
    village_log_income: np.ndarray


def logistic(x: np.ndarray) -> np.ndarray:
    return 1.0 / (1.0 + np.exp(-x))


def linear_predictor(f: Features, model: dict[str, Any], next_year: int) -> np.ndarray:
    """Log-odds of a return in `next_year` without a shock, shape (households,)."""
    eta = np.full(len(f.head_is_65), float(model["intercept"] + model["year_effect"].get(next_year, 0.0)))
    for name, beta in model["terms"].items():
        x = np.asarray(getattr(f, name), dtype=float)
        eta += beta * (np.where(f.safety_net_route, 0.0, x) if name == "log_income_to_line" else x)
    return eta


def shock_probabilities(f: Features, wage_share: np.ndarray, model: dict[str, Any], next_year: int) -> np.ndarray:
    """(households, 5) probability of each of SHOCKS in `next_year`, given what is known a year before."""
    base, extra = model["shock_base"], model["shock_if"]
    p = np.empty((len(wage_share), len(SHOCKS)))
    p[:, 1] = base["illness"] + extra["illness_ill"] * f.has_ill_member + extra["illness_elderly"] * f.head_is_65
    p[:, 2] = (base["job_loss"] + extra["job_wage"] * (wage_share > 0.5) + extra["job_2020"] * (next_year == 2020)) * (
        wage_share > 0.05
    )
    p[:, 3] = base["disaster"]
    p[:, 4] = base["price"] + extra["price_business"] * f.single_industry
    p[:, 0] = 1.0 - p[:, 1:].sum(axis=1)
    return p


def return_probability(eta: np.ndarray, shock_p: np.ndarray, model: dict[str, Any]) -> np.ndarray:
    """Probability of a return given features at t: the mixture over the shocks of t+1, shape (households,)."""
    effect = np.array([model["shock_effect"][s] for s in SHOCKS])
    return (shock_p * logistic(eta[:, None] + effect[None, :])).sum(axis=1)


def draw_shocks(rng: np.random.Generator, shock_p: np.ndarray) -> np.ndarray:
    """Index into SHOCKS for each household."""
    u = rng.random(len(shock_p))
    return (u[:, None] > np.cumsum(shock_p[:, :-1], axis=1)).sum(axis=1).astype(np.int8)
