"""Both members as one additive model on the log-odds scale, calibrated on rows it was not fitted on.

The shapes are the mean of the two members' (docs/risk-evidence.md: better than either by time, level with the better
one where regions are left out). The link from their sum to log-odds comes from predictions for rows held back: later
periods where the period is known, whole clusters otherwise.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from evaltools.risk.booster import fit_booster
from evaltools.risk.columns import Plan, Terms
from evaltools.risk.design import build
from evaltools.risk.folds import Split
from evaltools.risk.link import Link, level_for
from evaltools.risk.logit import LogitMember, fit_logit
from evaltools.risk.shapes import Shape, added, centred

PENALTIES = (1.0, 3.0, 10.0, 30.0, 100.0, 300.0, 1000.0)  # ridge weights tried when events are few


@dataclass(frozen=True)
class Additive:
    """A fitted model: everything needed to score, to explain and to draw intervals, as arrays.

    shapes: per term, the combined shape, centred, before the slope. `apart`: per term, the interpretable minus the
    flexible member's shape (None when only one member was used). cov : (3, 3) covariance of (level, slope, bend).
    """

    plan: Plan
    shapes: tuple[Shape, ...]
    apart: tuple[Shape, ...] | None
    logit: LogitMember
    link: Link

    def parts(self, terms: Terms, shapes: tuple[Shape, ...] | None = None) -> np.ndarray:
        """(n, terms): what each term adds, before the slope."""
        numbers, codes = iter(terms.numbers.T), iter(terms.codes.T)
        out = np.empty((len(terms), len(self.plan.terms)))
        for j, (term, shape) in enumerate(zip(self.plan.terms, shapes or self.shapes, strict=True)):
            out[:, j] = shape(next(codes) if term.is_category else next(numbers))
        return out

    def score(self, terms: Terms) -> np.ndarray:
        """Sum of the shapes, (n,), before slope and level."""
        numbers, codes = iter(terms.numbers.T), iter(terms.codes.T)
        out = np.zeros(len(terms))
        for term, shape in zip(self.plan.terms, self.shapes, strict=True):
            out += shape(next(codes) if term.is_category else next(numbers))
        return out

    def log_odds(self, terms: Terms) -> np.ndarray:
        """Calibrated log-odds, (n,), before any dated update."""
        return self.link(self.score(terms))

    def reasons(self, terms: Terms) -> np.ndarray:
        """(n, terms): what each term adds; with the link's level they sum to the log-odds."""
        parts = self.parts(terms)
        return parts * self.link.stretch(parts.sum(axis=1))[:, None]

    def variance(self, terms: Terms) -> np.ndarray:
        """Variance of the calibrated log-odds, (n,): sampling of the interpretable member, disagreement of the two
        members (a quarter of its square: the variance between two equally likely models), and the calibration."""
        out = self.logit.variance(build(self.plan, list(self.logit.pieces), terms))
        if self.apart is not None:
            out += 0.25 * self.parts(terms, self.apart).sum(axis=1) ** 2
        s = self.score(terms)
        return self.link.local(s) ** 2 * out + self.link.variance(s)


@dataclass(frozen=True)
class Rows:
    """Training rows. y : (n,) 0/1; w : (n,) > 0; clusters : (n,) 0..G-1."""

    terms: Terms
    y: np.ndarray
    w: np.ndarray
    clusters: np.ndarray

    def take(self, rows: np.ndarray) -> Rows:
        return Rows(
            self.terms.take(rows), self.y[rows], self.w[rows], np.unique(self.clusters[rows], return_inverse=True)[1]
        )


def fit_both(plan: Plan, rows: Rows, seed: int, whole: Rows | None = None) -> Additive:
    """The mean of the interpretable and the flexible member, not yet calibrated (level and slope from its own rows).

    whole: the rows of the flexible member, where the interpretable one is fitted on a draw of them
    """
    logit = fit_logit(plan, rows.terms, rows.y, rows.w, rows.clusters, penalty=0.0, bends=True)
    bent = whole or rows
    flexible = fit_booster(plan, bent.terms, bent.y, bent.w, seed)
    pairs = list(zip(_all_centred(plan, logit.shapes(plan), rows), _all_centred(plan, flexible, rows), strict=True))
    shapes = tuple(added(a.scaled(0.5), b.scaled(0.5)) for a, b in pairs)
    apart = tuple(added(a, b.scaled(-1.0)) for a, b in pairs)
    return _levelled(Additive(plan, shapes, apart, logit, Link()), rows)


def fit_simple(plan: Plan, rows: Rows, penalty: float) -> Additive:
    """Few events: the interpretable member alone, penalised; infinite penalty means income alone."""
    only = frozenset(j for j, t in enumerate(plan.terms) if t.is_monotone) if np.isinf(penalty) else None
    logit = fit_logit(
        plan, rows.terms, rows.y, rows.w, rows.clusters, penalty=0.0 if only else penalty, bends=False, only=only
    )
    shapes = tuple(_all_centred(plan, logit.shapes(plan), rows))
    return _levelled(Additive(plan, shapes, None, logit, Link()), rows)


def _all_centred(plan: Plan, shapes: list[Shape], rows: Rows) -> list[Shape]:
    numbers, codes = iter(rows.terms.numbers.T), iter(rows.terms.codes.T)
    out = []
    for term, shape in zip(plan.terms, shapes, strict=True):
        x = next(codes) if term.is_category else next(numbers)
        gone = bool((x < 0).any()) if term.is_category else bool(np.isnan(x).any())
        out.append(centred(shape, x, rows.w, has_missing=gone)[0])
    return out


def _levelled(model: Additive, rows: Rows) -> Additive:
    rate = float(np.average(rows.y, weights=rows.w))
    return replace(model, link=Link(level=level_for(model.score(rows.terms), rows.w, rate)))


def held_back_scores(fit, rows: Rows, splits: list[Split]) -> tuple[np.ndarray, np.ndarray]:
    """Rows that were held back and their scores from models that did not see them. fit: Rows -> Additive."""
    index = np.concatenate([out for _, out in splits])
    scores = np.concatenate([fit(rows.take(into)).score(rows.terms.take(out)) for into, out in splits])
    return index, scores


def log_loss(scores: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Minus the log-likelihood of each row at log-odds `scores`, (n,)."""
    return np.logaddexp(0, scores) - y * scores
