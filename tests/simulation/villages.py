"""Samples of villages x households from a truth we know, many at once, as arrays."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from evaltools.estimation import effective_n


@dataclass(frozen=True)
class World:
    """A truth and how it is sampled. icc: intraclass correlation of the finding within villages (beta-binomial)."""

    rate: float
    icc: float
    villages: int
    households: int
    weight_cv: float = 0.0
    weights_by: str = "household"
    persons: bool = False
    unequal: bool = False


def draw(world: World, count: int, rng: np.random.Generator):
    """(count, villages, households) findings and analysis weights (0 where a village has fewer households)."""
    shape = (count, world.villages, world.households)
    if world.icc > 0:
        scale = (1 - world.icc) / world.icc
        local = rng.beta(world.rate * scale, (1 - world.rate) * scale, size=(*shape[:2], 1))
    else:
        local = np.full((*shape[:2], 1), world.rate)
    found = rng.uniform(size=shape) < local
    weight = np.ones(shape)
    if world.weight_cv:
        sigma = np.sqrt(np.log1p(world.weight_cv**2))
        weight = rng.lognormal(0, sigma, shape if world.weights_by == "household" else (*shape[:2], 1)) * weight
    if world.persons:
        weight = weight * rng.choice([1, 2, 3, 4, 5, 6], p=[0.12, 0.2, 0.2, 0.22, 0.16, 0.1], size=shape)
    if world.unequal:  # from 2 households up to twice the mean
        size = rng.integers(2, world.households + 1, size=(*shape[:2], 1))
        weight = np.where(np.arange(world.households) < size, weight, 0.0)
    return found, weight


def summary(found: np.ndarray, weight: np.ndarray) -> dict[str, np.ndarray]:
    """Rate, linearized se, rows, df, weighting and cluster size of each sample: what an `Estimate` carries."""
    villages = weight.shape[1]
    total, squares, n = weight.sum((1, 2)), (weight**2).sum((1, 2)), (weight > 0).sum((1, 2))
    rate = (weight * found).sum((1, 2)) / total
    z = (weight * (found - rate[:, None, None])).sum(2) / total[:, None]
    se = np.sqrt(villages / (villages - 1) * ((z - z.mean(1, keepdims=True)) ** 2).sum(1))
    return {
        "rate": rate, "se": se, "n": n, "df": np.full(len(n), villages - 1), "weighting": n * squares / total**2,
        "cluster_size": (weight.sum(2) ** 2).sum(1) / squares,
    }  # fmt: skip


def effective(s: dict[str, np.ndarray], rho: float) -> np.ndarray:
    return effective_n(s["rate"], s["se"], s["n"], s["df"], s["weighting"], s["cluster_size"], rho=rho)
