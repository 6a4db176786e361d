"""How good probabilities are: ranking, calibration, and use under a budget. Functions of arrays, weights throughout.

y : (n,) 0/1. p : (n,) probabilities in (0, 1). w : (n,) >= 0. Each returns a float, NaN where it is undefined
(no event, no non-event). Ties share their place: a list that cuts through a tie counts the share it takes.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import logit

from evaltools.risk.faults import RiskInputError
from evaltools.risk.irls import ridge_logit

EPS = 1e-12


@dataclass(frozen=True)
class Ranked:
    """Scores sorted once, for many sets of weights. order : (n,) ascending; starts : where each new score begins."""

    order: np.ndarray
    starts: np.ndarray

    @classmethod
    def of(cls, p: np.ndarray) -> Ranked:
        order = np.argsort(p, kind="stable")
        return cls(order, np.flatnonzero(np.r_[True, np.diff(p[order]) != 0]))

    def sums(self, y: np.ndarray, w: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Weight of events and of non-events at each distinct score, ascending."""
        hit = np.add.reduceat((w * y)[self.order], self.starts)
        return hit, np.add.reduceat(w[self.order], self.starts) - hit

    def ranking(self, y: np.ndarray, w: np.ndarray, shares: tuple[float, ...] = ()) -> dict[str, float]:
        """auc, average_precision, and recall@share, precision@share for each share."""
        hit, miss = self.sums(y, w)
        events, others = hit.sum(), miss.sum()
        nothing = events <= 0
        below = np.cumsum(miss) - miss
        found = {
            "auc": float((hit * (below + 0.5 * miss)).sum() / (events * others)) if events * others > 0 else np.nan
        }
        top, whole = np.cumsum(hit[::-1]), np.cumsum((hit + miss)[::-1])
        found["average_precision"] = (
            np.nan if nothing else float((hit[::-1] * top / np.maximum(whole, EPS)).sum() / events)
        )
        for share in shares:
            got = float(np.interp(share * whole[-1], np.r_[0.0, whole], np.r_[0.0, top]))
            found[f"recall@{share:g}"] = np.nan if nothing else got / float(events)
            found[f"precision@{share:g}"] = got / max(share * float(whole[-1]), EPS)
        return found


def auc(y: np.ndarray, p: np.ndarray, w: np.ndarray) -> float:
    """Probability that an event is ranked above a non-event, ties half."""
    return Ranked.of(p).ranking(y, w)["auc"]


def average_precision(y: np.ndarray, p: np.ndarray, w: np.ndarray) -> float:
    """Mean precision over the recalls gained, from the top (area under the precision-recall steps)."""
    return Ranked.of(p).ranking(y, w)["average_precision"]


def brier(y: np.ndarray, p: np.ndarray, w: np.ndarray) -> float:
    """Mean squared distance of probability and outcome."""
    return float(np.average((y - p) ** 2, weights=w))


def brier_skill(y: np.ndarray, p: np.ndarray, w: np.ndarray) -> float:
    """1 - Brier / Brier of giving everyone the observed rate."""
    rate = np.average(y, weights=w)
    return float(1 - brier(y, p, w) / (rate * (1 - rate))) if 0 < rate < 1 else np.nan


def observed_to_expected(y: np.ndarray, p: np.ndarray, w: np.ndarray) -> float:
    """Observed events over the sum of probabilities; 1 is right on average."""
    return float((w @ y) / max(w @ p, EPS))


@dataclass(frozen=True)
class Graded:
    """Log-odds in fine grades: the calibration line is fitted on grades, not rows. grade : (n,); eta : (g,)."""

    grade: np.ndarray
    eta: np.ndarray

    @classmethod
    def of(cls, p: np.ndarray, most: int = 1000) -> Graded:
        """Grades of equal size by rank, each at its mean log-odds; with few rows every row is a grade of its own."""
        eta = logit(np.clip(p, 1e-9, 1 - 1e-9))
        if len(p) <= most:
            return cls(np.arange(len(p)), eta)
        grade = np.empty(len(p), int)
        grade[np.argsort(eta, kind="stable")] = np.arange(len(p)) * most // len(p)
        return cls(grade, np.bincount(grade, eta) / np.bincount(grade))

    def line(self, y: np.ndarray, w: np.ndarray) -> tuple[float, float]:
        """(intercept with slope 1, slope); NaN where undefined."""
        weight = np.bincount(self.grade, w, len(self.eta))
        hit = np.bincount(self.grade, w * y, len(self.eta))
        use = weight > 0
        if not 0 < hit.sum() < weight.sum():
            return np.nan, np.nan
        eta, weight = self.eta[use], weight[use]
        rate = hit[use] / weight
        ones = np.ones((len(eta), 1))
        large = float(ridge_logit(ones, rate, weight, np.zeros(1), offset=eta)[0])
        if np.ptp(eta) == 0:
            return large, np.nan
        return large, float(ridge_logit(np.column_stack([ones, eta]), rate, weight, np.zeros(2))[1])


def calibration_line(y: np.ndarray, p: np.ndarray, w: np.ndarray) -> tuple[float, float]:
    """(intercept, slope): the intercept with slope 1 (calibration in the large), the slope of y on the log-odds
    (Van Calster et al. 2016). Right: (0, 1). A slope below 1: too extreme."""
    return Graded.of(p).line(y, w)


def bins_of(p: np.ndarray, w: np.ndarray, bins: int) -> np.ndarray:
    """(n,) bin of each row: groups of equal weight by rank of p, equal p never parted."""
    order = np.argsort(p, kind="stable")
    ends = np.cumsum(w[order])
    first = np.r_[True, np.diff(p[order]) != 0]
    start = np.maximum.accumulate(np.where(first, np.r_[0.0, ends[:-1]], 0.0))
    out = np.empty(len(p), int)
    out[order] = np.minimum((start / max(ends[-1], EPS) * bins).astype(int), bins - 1)
    return out


def calibration_curve(
    y: np.ndarray, p: np.ndarray, w: np.ndarray, bins: np.ndarray, count: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(mean probability, observed rate, weight) of each of `count` bins; NaN in empty ones."""
    weight = np.bincount(bins, w, count)
    safe = np.where(weight > 0, weight, np.nan)
    return np.bincount(bins, w * p, count) / safe, np.bincount(bins, w * y, count) / safe, weight


def ece(y: np.ndarray, p: np.ndarray, w: np.ndarray, bins: np.ndarray | None = None, count: int = 10) -> float:
    """Expected calibration error: mean distance of observed rate and mean probability over bins of equal weight."""
    bins = bins_of(p, w, count) if bins is None else bins
    gap = np.bincount(bins, w * (y - p), count)
    return float(np.abs(gap).sum() / w.sum())


def ece_when_perfect(p: np.ndarray, w: np.ndarray, *, level: float = 0.95, draws: int = 400, seed: int = 0) -> float:
    """The `level` quantile of ECE if outcomes were drawn from `p` itself: what n rows alone produce."""
    rng = np.random.default_rng(seed)
    bins = bins_of(p, w, 10)
    return float(np.quantile([ece((rng.random(len(p)) < p).astype(float), p, w, bins) for _ in range(draws)], level))


def listed(p: np.ndarray, w: np.ndarray, share: float) -> np.ndarray:
    """(n,) the part of each row that a list of the riskiest `share` takes: 1, 0, or between in the last tie."""
    if not 0 < share <= 1:
        raise RiskInputError(f"budget share {share!r}", expected="above 0 and at most 1", todo="give a fraction")
    order = np.argsort(-p, kind="stable")
    starts = np.flatnonzero(np.r_[True, np.diff(p[order]) != 0])
    weight = np.add.reduceat(w[order], starts)
    before = np.cumsum(weight) - weight
    part = np.clip((share * w.sum() - before) / np.maximum(weight, EPS), 0, 1)
    out = np.empty(len(p))
    out[order] = np.repeat(part, np.diff(np.r_[starts, len(p)]))
    return out


def recall_at(y: np.ndarray, p: np.ndarray, w: np.ndarray, share: float) -> float:
    """Share of events that are on a list of the riskiest `share`."""
    return Ranked.of(p).ranking(y, w, (share,))[f"recall@{share:g}"]


def precision_at(y: np.ndarray, p: np.ndarray, w: np.ndarray, share: float) -> float:
    """Share of events among those on the list."""
    return Ranked.of(p).ranking(y, w, (share,))[f"precision@{share:g}"]


def net_benefit(y: np.ndarray, p: np.ndarray, w: np.ndarray, threshold: float) -> float:
    """Events found less false visits, a false visit costing threshold / (1 - threshold), per household
    (Vickers and Elkin 2006). Visiting nobody has 0."""
    seen = p >= threshold
    return float(((w * y)[seen].sum() - (w * (1 - y))[seen].sum() * threshold / (1 - threshold)) / w.sum())
