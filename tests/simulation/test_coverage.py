"""Nominal 95 % intervals cover the truth in 93 to 97 % of samples drawn from villages that we know."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from evaltools.estimation import SurveyDesign, arpr, combine, fgt, gini, judge, mean, proportion, qsr, quantile, ratio
from evaltools.terms import VerdictState

pytestmark = pytest.mark.slow
DESIGN = SurveyDesign(weight="w", stratum="s", psu="v", size="persons")
REPEATS = 800
ESTIMATORS = {
    "mean": lambda d, x: mean(d, "y", x), "ratio": lambda d, x: ratio(d, "y", "x", x),
    "proportion": lambda d, x: proportion(d, "poor", x), "fgt1": lambda d, x: fgt(d, "y", 6000, x, alpha=1),
    "arpr": lambda d, x: arpr(d, "y", x), "gini": lambda d, x: gini(d, "y", x), "qsr": lambda d, x: qsr(d, "y", x),
    "median": lambda d, x: quantile(d, "y", x),
}  # fmt: skip


def population(seed: int = 0) -> pd.DataFrame:
    """3,000 villages of 40 households in 3 strata."""
    rng = np.random.default_rng(seed)
    village = np.repeat(np.arange(3000), 40)
    stratum = village % 3
    y = np.exp(9 + 0.2 * stratum + rng.normal(0, 0.2, 3000)[village] + rng.normal(0, 0.6, len(village)))
    frame = pd.DataFrame({"v": village, "s": stratum, "y": y, "x": rng.uniform(1, 2, len(y))})
    return frame.assign(persons=rng.integers(1, 6, len(y)), poor=(y < 6000).astype(float), w=1.0)


def sample(truth: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """30 villages in each stratum and 10 households in each of them."""
    chosen = np.concatenate([rng.choice(np.arange(h, 3000, 3), 30, replace=False) for h in range(3)])
    rows = (chosen[:, None] * 40 + np.argsort(rng.uniform(size=(90, 40)), axis=1)[:, :10]).ravel()
    return truth.iloc[rows].assign(w=1000 / 30 * 4)


@pytest.mark.parametrize("name", ESTIMATORS)
def test_intervals_cover(name):
    truth, rng = population(), np.random.default_rng(1)
    f = ESTIMATORS[name]
    value = f(truth, DESIGN).estimate[0]
    found = [f(sample(truth, rng), DESIGN)[0] for _ in range(REPEATS)]
    covered = np.mean([e.ci_low <= value <= e.ci_high for e in found])
    error = 2 * np.sqrt(0.95 * 0.05 / REPEATS)
    assert 0.93 - error <= covered <= 0.97 + error


@pytest.mark.parametrize(
    ("rates", "shares"), [((0.02, 0.02), (0.6, 0.4)), ((0.03, 0.005), (0.6, 0.4)), ((0.0, 0.04), (0.5, 0.5))]
)
def test_a_composite_on_its_limit_is_rarely_called_met(rates, shares):
    """Two rates found in the same villages, correlated through them."""
    rng, limit, met, count = np.random.default_rng(2), float(np.dot(rates, shares)), 0, 600
    design = SurveyDesign(psu="v")
    village = np.repeat(np.arange(60), 20)
    first = np.tile(np.repeat([True, False], 10), 60)
    rule = type("Rule", (), {"value": limit, "comparison": "<=", "is_defined": True})()
    for _ in range(count):
        u = rng.beta(0.05 * 19, 0.95 * 19, 60)[village] / 0.05  # one effect for both rates, mean 1
        hit = rng.uniform(size=1200) < np.where(first, rates[0], rates[1]) * u
        frame = pd.DataFrame({"v": village, "hit": hit, "a": first, "b": ~first})
        pieces = [proportion(frame, "hit", design, where=g)[0] for g in "ab"]
        verdict = judge(combine(pieces, shares, rho=0.05), rule, rho=0.05)
        met += verdict.state is VerdictState.MET
    assert met / count <= 0.05 + 2 * np.sqrt(0.05 * 0.95 / count)
