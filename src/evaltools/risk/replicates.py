"""The metrics of many bootstrap replicates at once, from sums over clusters; functions of arrays.

A replicate draws whole clusters, so every sum over rows is a sum over clusters, each counted as often as it was drawn:
`draws` replicates cost one matrix product instead of as many passes over the rows. Rankings and calibration lines are
taken over grades of the score (equal scores never parted): with at most `MOST_GRADES` distinct scores nothing is lost,
above that a grade counts as one tie, narrowest among the riskiest.

multiples : (d, G) how often each cluster was drawn. w, y, p : (n,). clusters : (n,) 0..G-1.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import sparse
from scipy.special import expit, logit

EPS = 1e-12
MOST_GRADES = 2_000
LINE_GRADES = 400
STEPS = 25


def multiplicities(clusters: np.ndarray, draws: int, seed: int) -> np.ndarray:
    """(draws, G) how often each cluster is drawn: whole clusters with replacement."""
    groups = int(clusters.max()) + 1
    return np.random.default_rng(seed).multinomial(groups, np.full(groups, 1 / groups), size=draws).astype(float)


def drawn(multiples: np.ndarray, clusters: np.ndarray, columns: np.ndarray) -> np.ndarray:
    """(d, k) weighted sums of each replicate. columns : (n, k) row values, weights already in them."""
    groups, rows = multiples.shape[1], np.arange(len(clusters))
    by_cluster = sparse.csr_array((np.ones(len(rows)), (clusters, rows)), shape=(groups, len(rows))) @ columns
    return multiples @ by_cluster


def drawn_by(multiples: np.ndarray, clusters: np.ndarray, part: np.ndarray, count: int, values: np.ndarray) -> np.ndarray:
    """(d, count) sums of `values` (n,) within each part 0..count-1 of every replicate."""
    table = sparse.coo_array((values, (part, clusters)), shape=(count, multiples.shape[1])).tocsr()
    return np.asarray(table @ multiples.T).T


@dataclass(frozen=True)
class Grades:
    """Scores in ascending grades. grade : (n,) 0..g-1."""

    grade: np.ndarray
    count: int

    @classmethod
    def of(cls, p: np.ndarray, most: int = MOST_GRADES) -> Grades:
        """Grades by rank; equal scores share one."""
        order = np.argsort(p, kind="stable")
        new = np.r_[True, np.diff(p[order]) != 0]
        distinct = np.cumsum(new) - 1
        if distinct[-1] >= most:
            start = np.maximum.accumulate(np.where(new, np.arange(len(p)), 0))
            wide = most * np.sqrt(1 - start / len(p))  # narrow grades at the top, where lists are cut
            distinct = np.unique(-np.ceil(wide), return_inverse=True)[1]
        grade = np.empty(len(p), int)
        grade[order] = distinct
        return cls(grade, int(distinct[-1]) + 1)


def ranking(hit: np.ndarray, miss: np.ndarray, shares: tuple[float, ...]) -> dict[str, np.ndarray]:
    """auc, average_precision, recall@share, precision@share. hit, miss : (d, g) weights of events and others by grade,
    ascending. Returns (d,) arrays, NaN without an event."""
    events, others = hit.sum(axis=1), miss.sum(axis=1)
    below = np.cumsum(miss, axis=1) - miss
    with np.errstate(divide="ignore", invalid="ignore"):
        found = {"auc": (hit * (below + 0.5 * miss)).sum(axis=1) / (events * others)}
        top, whole = np.cumsum(hit[:, ::-1], axis=1), np.cumsum((hit + miss)[:, ::-1], axis=1)
        found["average_precision"] = (hit[:, ::-1] * top / np.maximum(whole, EPS)).sum(axis=1) / events
        for share in shares:
            got = _up_to(share * whole[:, -1], whole, top)
            found[f"recall@{share:g}"] = got / events
            found[f"precision@{share:g}"] = got / np.maximum(share * whole[:, -1], EPS)
    return {k: np.where(events > 0, v, np.nan) for k, v in found.items()}


def _up_to(size: np.ndarray, whole: np.ndarray, top: np.ndarray) -> np.ndarray:
    """(d,) events on a list of `size` (d,): a list that cuts through a grade counts the share it takes of it.
    whole, top : (d, g) weight and events down to each grade, from the riskiest."""
    at = np.minimum((whole < size[:, None]).sum(axis=1), whole.shape[1] - 1)
    rows = np.arange(len(at))
    before = np.where(at > 0, whole[rows, at - 1], 0.0), np.where(at > 0, top[rows, at - 1], 0.0)
    part = (size - before[0]) / np.maximum(whole[rows, at] - before[0], EPS)
    return before[1] + np.clip(part, 0, 1) * (top[rows, at] - before[1])


def lines(eta: np.ndarray, weight: np.ndarray, hit: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(intercept with slope 1, slope) of each replicate, (d,) each: Newton's method on the grades, all replicates at
    once. eta : (g,) log-odds; weight, hit : (d, g). NaN where there is no event or no non-event, or no convergence."""
    weight, hit = np.maximum(weight, 0.0), np.clip(hit, 0.0, weight)
    defined = (hit.sum(axis=1) > EPS) & (weight.sum(axis=1) - hit.sum(axis=1) > EPS)
    large, step = np.zeros(len(weight)), np.full(len(weight), np.inf)
    for _ in range(STEPS):
        p = expit(eta + large[:, None])
        step = (hit - weight * p).sum(axis=1) / np.maximum((weight * p * (1 - p)).sum(axis=1), EPS)
        large += np.clip(step, -2, 2)
        if np.abs(step[defined]).max(initial=0.0) < 1e-7:
            break
    found = [np.where(defined & (np.abs(step) < 1e-4), large, np.nan)]
    a, b, step_b = large.copy(), np.ones(len(weight)), np.full(len(weight), np.inf)
    for _ in range(STEPS):
        p = expit(a[:, None] + b[:, None] * eta)
        v, r = weight * p * (1 - p), hit - weight * p
        s0, s1, s2 = v.sum(axis=1), v @ eta, v @ eta**2
        g0, g1 = r.sum(axis=1), r @ eta
        det = np.maximum(s0 * s2 - s1**2, EPS)
        step_a, step_b = (s2 * g0 - s1 * g1) / det, (s0 * g1 - s1 * g0) / det
        a, b = a + np.clip(step_a, -2, 2), b + np.clip(step_b, -1, 1)
        if np.abs(step_b[defined]).max(initial=0.0) < 1e-7:
            break
    varies = np.ptp(eta) > 0
    return found[0], np.where(defined & varies & (np.abs(step_b) < 1e-4), b, np.nan)


def line_grades(p: np.ndarray) -> tuple[Grades, np.ndarray]:
    """Grades for the calibration line and the mean log-odds of each."""
    grades = Grades.of(p, LINE_GRADES)
    eta = logit(np.clip(p, 1e-9, 1 - 1e-9))
    return grades, np.bincount(grades.grade, eta, grades.count) / np.bincount(grades.grade, minlength=grades.count)


def limits(values: np.ndarray, level: float = 0.95) -> tuple[float, float]:
    """Percentile interval of (d,) replicates. Undefined ones are left out; with fewer than half left it has none."""
    known = values[np.isfinite(values)]
    if len(known) < max(len(values) / 2, 1):
        return np.nan, np.nan
    low, high = np.quantile(known, [0.5 - level / 2, 0.5 + level / 2])
    return float(low), float(high)
