"""Intervals by resampling whole clusters: every replicate weights each cluster by how often it was drawn."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np

Statistic = Callable[[np.ndarray], dict[str, float]]


def cluster_draws(clusters: np.ndarray, draws: int, seed: int) -> Iterator[np.ndarray]:
    """(n,) multiplicities of each row, one array a replicate. clusters : (n,) integers 0..G-1."""
    rng = np.random.default_rng(seed)
    groups = int(clusters.max()) + 1
    for _ in range(draws):
        yield rng.multinomial(groups, np.full(groups, 1 / groups))[clusters].astype(float)


def intervals(
    statistic: Statistic, w: np.ndarray, clusters: np.ndarray, *, draws: int, seed: int, level: float = 0.95
) -> dict[str, tuple[float, float, float]]:
    """name -> (estimate, low, high), percentile intervals. `statistic` maps weights (n,) to named numbers.

    Replicates where a number is undefined are left out of its interval; with fewer than half left it has none.
    """
    point = statistic(w)
    drawn = [statistic(w * m) for m in cluster_draws(clusters, draws, seed)]
    out = {}
    for name, estimate in point.items():
        values = np.array([d[name] for d in drawn])
        values = values[np.isfinite(values)]
        enough = len(values) >= max(draws / 2, 1)
        low, high = np.quantile(values, [0.5 - level / 2, 0.5 + level / 2]) if enough else (np.nan, np.nan)
        out[name] = (estimate, float(low), float(high))
    return out
