"""Which rows are fitted together and which are held back: by cluster, or by time where the period is known."""

from __future__ import annotations

import numpy as np
import pandas as pd

Split = tuple[np.ndarray, np.ndarray]  # rows to fit on, rows to predict


def cluster_codes(groups: object, n: int) -> np.ndarray:
    """Clusters as integers 0..G-1; every row its own where none are given."""
    if groups is None:
        return np.arange(n)
    return pd.factorize(np.asarray(groups, dtype=object).ravel(), use_na_sentinel=False)[0]


def row_hash(columns: list[np.ndarray], seed: int) -> np.ndarray:
    """A number per row that depends on its content and the seed alone, so that equal rows stay together."""
    out = np.full(len(columns[0]), np.uint64(seed) + np.uint64(0x9E3779B97F4A7C15), dtype=np.uint64)
    for column in columns:
        bits = np.nan_to_num(np.ascontiguousarray(column, dtype=np.float64), nan=-1.5e300).view(np.uint64)
        out = (out ^ bits) * np.uint64(0xBF58476D1CE4E5B9)
        out ^= out >> np.uint64(29)
    return out


def cluster_folds(keys: np.ndarray, y: np.ndarray, k: int) -> list[Split]:
    """k folds of whole clusters, events spread evenly. `keys`: (n,) one number per cluster, its order is the draw."""
    unique, inverse = np.unique(keys, return_inverse=True)
    has_event = np.zeros(len(unique), bool)
    np.logical_or.at(has_event, inverse, y > 0)
    order = np.lexsort((unique, has_event))
    fold = np.empty(len(unique), int)
    fold[order] = np.arange(len(unique)) % k
    row_fold = fold[inverse]
    rows = np.arange(len(y))
    splits = [(rows[row_fold != j], rows[row_fold == j]) for j in range(k)]
    return [s for s in splits if len(s[1]) and 0 < y[s[0]].sum() < len(s[0])]


def later_folds(period: np.ndarray, y: np.ndarray, least_events: int) -> list[Split]:
    """Each period predicted from all earlier ones, wherever those hold `least_events` events and non-events and a
    quarter of all events: what a starved model needs for its calibration says nothing about the final one."""
    rows, least_events = np.arange(len(y)), max(least_events, int(np.ceil(y.sum() / 4)))
    splits = [(rows[period < p], rows[period == p]) for p in np.unique(period)[1:]]
    return [s for s in splits if min(y[s[0]].sum(), len(s[0]) - y[s[0]].sum()) >= least_events]


def thinned(y: np.ndarray, w: np.ndarray, most: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """At most `most` rows that stand for all: events are kept first, the others drawn evenly and weighted up.

    Returns (rows in order, their weights); weighted totals of events and of non-events stay as they were.
    """
    n = len(y)
    if n <= most:
        return np.arange(n), w
    rng = np.random.default_rng(seed)
    events, others = np.flatnonzero(y > 0), np.flatnonzero(y <= 0)
    kept = [_draw(rng, events, min(len(events), most // 2)), _draw(rng, others, most - min(len(events), most // 2))]
    rows = np.concatenate(kept)
    weights = np.concatenate(
        [w[k] * (w[full].sum() / w[k].sum()) for k, full in zip(kept, (events, others), strict=True)]
    )
    order = np.argsort(rows)
    return rows[order], weights[order]


def _draw(rng: np.random.Generator, rows: np.ndarray, n: int) -> np.ndarray:
    return rows if n >= len(rows) else rng.choice(rows, n, replace=False)
