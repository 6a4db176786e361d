"""The flexible member: gradient boosting that may bend every term but never mixes two, monotone in income.

scikit-learn's histogram boosting does the learning; what it learned is then read out, term by term, through its
public scores at every bin. No interactions means that this is the whole model.
"""

from __future__ import annotations

import numpy as np
from sklearn.ensemble import HistGradientBoostingClassifier
from threadpoolctl import threadpool_limits

from evaltools.risk.columns import Plan, Terms
from evaltools.risk.shapes import LevelShape, NumberShape, Shape

BINS = 64
MANY_ROWS = 150_000
ROUNDS, RATE, LEAVES = 100, 0.15, 4  # 300 rounds at 0.05 gave the same held-out loss in six times the time
NOTHING = np.zeros(0)


def fit_booster(plan: Plan, terms: Terms, y: np.ndarray, w: np.ndarray, seed: int) -> list[Shape]:
    """One shape per term of the plan, not centred. The caller centres them and sets the intercept."""
    edges = [_edges(terms.numbers[:, k]) for k in range(terms.numbers.shape[1])]
    binned = _binned(plan, terms, edges)
    total = w.sum() / len(w)
    model = HistGradientBoostingClassifier(
        max_iter=ROUNDS, learning_rate=RATE, max_leaf_nodes=LEAVES, max_bins=255, early_stopping=False,  # pyright: ignore[reportArgumentType]
        l2_regularization=30.0, min_samples_leaf=min(100, max(2, len(y) // 20)), max_features=0.3,
        interaction_cst="no_interactions", monotonic_cst=[-1 if t.is_monotone else 0 for t in plan.terms],
        categorical_features=[t.is_category for t in plan.terms],  # pyright: ignore[reportArgumentType]
        random_state=seed,
    )  # fmt: skip
    # On few rows threads only wait for each other, and spin for minutes on a busy machine.
    with threadpool_limits(1 if len(y) < MANY_ROWS else None, user_api="openmp"):
        model.fit(binned, y, sample_weight=w / total)
    return _read_out(plan, model, edges)


def _edges(x: np.ndarray) -> np.ndarray:
    """Cut points between bins: midpoints of the values where they are few, otherwise of quantiles."""
    values = np.unique(x[~np.isnan(x)])
    if len(values) > BINS:
        values = np.unique(np.quantile(x[~np.isnan(x)], np.linspace(0, 1, BINS), method="closest_observation"))
    return (values[:-1] + values[1:]) / 2


def _binned(plan: Plan, terms: Terms, edges: list[np.ndarray]) -> np.ndarray:
    out = np.empty((len(terms), len(plan.terms)))
    numbers = iter(zip(terms.numbers.T, edges, strict=True))
    categories = iter(terms.codes.T)
    for j, term in enumerate(plan.terms):
        if term.is_category:
            codes = next(categories)
            out[:, j] = np.where(codes < 0, np.nan, codes)
        else:
            x, cuts = next(numbers)
            out[:, j] = np.where(np.isnan(x), np.nan, np.searchsorted(cuts, x, side="right"))
    return out


def _read_out(plan: Plan, model: HistGradientBoostingClassifier, edges: list[np.ndarray]) -> list[Shape]:
    """Scores with one term moved through all its bins and the others held at bin 0; differences are the shape."""
    counts, cuts = [], iter(edges)
    bins: list[np.ndarray] = []
    for term in plan.terms:
        bins.append(NOTHING if term.is_category else next(cuts))
        counts.append(len(term.levels) if term.is_category else len(bins[-1]) + 1)
    probes = np.zeros((sum(c + 1 for c in counts), len(plan.terms)))
    start = 0
    for j, c in enumerate(counts):
        probes[start : start + c + 1, j] = np.r_[np.arange(c), np.nan]
        start += c + 1
    scores = model.decision_function(probes)
    shapes: list[Shape] = []
    start = 0
    for term, cut, c in zip(plan.terms, bins, counts, strict=True):
        values, missing = scores[start : start + c] - scores[start], float(scores[start + c] - scores[start])
        shapes.append(
            LevelShape(values, missing) if term.is_category else NumberShape(NOTHING, NOTHING, cut, values, missing)
        )
        start += c + 1
    return shapes
