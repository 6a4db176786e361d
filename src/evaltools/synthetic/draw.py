"""Drawing samples: systematic probability-proportional-to-size and response weights. Arrays only."""

from __future__ import annotations

import numpy as np


def inclusion_probabilities(size: np.ndarray, m: int) -> np.ndarray:
    """First-order inclusion probabilities (n,) for `m` units with probability proportional to `size`.

    Units whose share would exceed 1 are taken with certainty and the rest shared again among the others.
    """
    size = np.asarray(size, dtype=float)
    m = min(int(m), int((size > 0).sum()))
    pi = np.zeros(len(size))
    free = size > 0
    while True:
        left = m - int((pi == 1).sum())
        share = np.where(free, size, 0.0)
        p = left * share / share.sum() if share.sum() > 0 else share
        over = free & (p >= 1.0 - 1e-12)
        if not over.any():
            pi[free] = p[free]
            return pi
        pi[over] = 1.0
        free = free & ~over


def systematic(rng: np.random.Generator, pi: np.ndarray) -> np.ndarray:
    """Indices drawn systematically with probabilities `pi` (n,), whose sum is a whole number."""
    ends = np.cumsum(pi)
    points = rng.random() + np.arange(round(float(ends[-1])))
    return np.minimum(np.searchsorted(ends - 1e-9, points, side="left"), len(pi) - 1)


def stratified_pps(
    rng: np.random.Generator, size: np.ndarray, stratum: np.ndarray, take: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Sampled units and their inclusion probabilities; `take` (strata,) is the number of units per stratum."""
    units, probabilities = [], []
    for h in range(len(take)):
        members = np.flatnonzero(stratum == h)
        if not len(members) or take[h] == 0:
            continue
        pi = inclusion_probabilities(size[members], int(take[h]))
        hit = systematic(rng, pi)
        units.append(members[hit])
        probabilities.append(pi[hit])
    return np.concatenate(units), np.concatenate(probabilities)


def random_round(rng: np.random.Generator, x: float) -> int:
    """`x` rounded up or down at random so that its expectation is `x`."""
    return int(np.floor(x + rng.random()))


def respond(
    rng: np.random.Generator, weight: np.ndarray, probability: np.ndarray, cell: np.ndarray, wider: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Who responds, and weights adjusted within response cells (0 for those who do not).

    `cell`, `wider`: (n,) integer labels; a cell in which nobody responds is adjusted within its wider cell.
    """
    answers = rng.random(len(weight)) < probability

    def adjust(labels: np.ndarray, w: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        n = int(labels.max()) + 1 if len(labels) else 0
        total = np.bincount(labels, weights=weight, minlength=n)
        answered = np.bincount(labels, weights=np.where(answers, w, 0.0), minlength=n)
        with np.errstate(divide="ignore", invalid="ignore"):
            factor = np.where(answered > 0, total / answered, np.nan)
        return factor[labels], answered[labels] > 0

    factor, ok = adjust(cell, weight)
    adjusted = np.where(answers & ok, weight * np.nan_to_num(factor), 0.0)
    if not ok.all():
        again, _ = adjust(wider, adjusted)
        adjusted = np.where(answers, adjusted * np.nan_to_num(again, nan=1.0), 0.0)
    return answers, adjusted
