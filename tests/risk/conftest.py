"""Households whose true probability is known, one fitted model of each form, and the real panel where it is at hand."""

import warnings
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from scipy.special import expit

from evaltools.risk import ReturnRiskClassifier

WELFARE, LINE = "income_yuan", "line_yuan"


def make_households(n, seed, *, shift=0.0, line=6000.0):
    """(X, y, true probability, village). Income bends, age is U-shaped, illness adds; a tenth of ages is missing."""
    rng = np.random.default_rng(seed)
    village = rng.integers(0, n // 15, n)
    ratio = np.exp(rng.normal(0.7, 0.45, n))
    ill, age = rng.binomial(3, 0.15, n), rng.uniform(25, 85, n)
    industry = rng.choice(["crops", "wages", "none"], n, p=[0.5, 0.35, 0.15])
    support = rng.gamma(2, 800, n) * (line / 6000)
    eta = -1.3 + shift - 2.0 * np.log(ratio) - 0.6 * np.maximum(np.log(ratio) - 0.5, 0) + 0.6 * ill
    eta += 0.0012 * (age - 55) ** 2 + np.where(industry == "none", 0.8, 0.0) - 0.1 * support / line
    p = expit(eta)
    drawn = expit(eta + np.random.default_rng(1).normal(0, 0.2, n // 15)[village])
    X = pd.DataFrame(
        {
            WELFARE: ratio * line, LINE: line, "ill_members": ill,
            "head_age": np.where(rng.random(n) < 0.1, np.nan, age), "main_industry": industry, "support_yuan": support,
            "county_code": rng.choice(["441402", "441403", "441421"], n), "noise": rng.normal(size=n),
            "is_dibao": pd.array(rng.random(n) < 0.2, dtype="boolean"),
        }
    )  # fmt: skip
    return X, (rng.random(n) < drawn).astype(int), p, village


def quiet_fit(model, *args, **kwargs):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return model.fit(*args, **kwargs)


@pytest.fixture(scope="session")
def households():
    return make_households(5000, 0)


@pytest.fixture(scope="session")
def later():
    return make_households(5000, 9)


@pytest.fixture(scope="session")
def model(households):
    X, y, _, village = households
    return quiet_fit(ReturnRiskClassifier(WELFARE, LINE), X, y, groups=village)


@pytest.fixture(scope="session")
def few():
    """A model on few events: the simple form."""
    X, y, _, village = make_households(1500, 3)
    return quiet_fit(ReturnRiskClassifier(WELFARE, LINE), X, y, groups=village)


@pytest.fixture(scope="session")
def kit():
    """The helpers above, for tests that make their own households."""
    return SimpleNamespace(make=make_households, fit=quiet_fit, welfare=WELFARE, line=LINE)


@pytest.fixture(scope="session")
def panel(eph):
    """The real panel: (columns of the model, label, all columns)."""
    rows = pd.read_parquet(eph / "transitions.parquet")
    apart = ["household_id", "dwelling_id", "wave", "year", "quarter", "weight", "has_income", "fell_into_poverty"]
    return rows.drop(columns=apart), rows["fell_into_poverty"].to_numpy(), rows
