"""Three-state verdicts on a limit, and bounds for sums of rates; what is done with arrays stands in `limits`."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np

from evaltools.errors import EstimationError
from evaltools.estimation.expr import Array
from evaltools.estimation.limits import (
    effective_households,
    effective_n,
    half_width,
    judge_limits,
    rate_bounds,
    rate_limits,
    verdict_states,
)
from evaltools.estimation.results import Estimate, covariance
from evaltools.terms import VerdictState

SEARCH_LIMIT = 10**9  # households; a verdict that needs more is called out of reach


NEEDED_PRINTED_MAX = 100_000
"""Larger numbers of households still needed are printed as "over" this: near the limit they grow without bound (millions),
and no survey of a city has that size. The value itself is kept."""


class RuleLike(Protocol):
    """What `judge` needs of a rule."""

    @property
    def value(self) -> Any: ...
    @property
    def comparison(self) -> str: ...
    @property
    def is_defined(self) -> bool: ...


@dataclass(frozen=True)
class Verdict:
    """A verdict with the interval that made it: [low, high] has `interval_level`, each side the one-sided `level`.

    households_needed: smallest total number of households that decides if the observed rate and design effect persist;
    None where none does (the rate stands on the limit) or nothing can be said. Printed only up to NEEDED_PRINTED_MAX.
    """

    state: VerdictState
    estimate: float
    low: float
    high: float
    interval_level: float
    limit: float
    comparison: str
    n_effective: float
    n: int
    n_psu: int
    rho: float
    households_needed: int | None
    rule: RuleLike = field(repr=False)
    reason: str = ""


@dataclass(frozen=True)
class Combination:
    """constant + sum of coefficient x rate, with MOVER limits; made by `combine`."""

    pieces: tuple[Estimate, ...]
    coefficients: tuple[float, ...]
    constant: float
    estimate: float
    se: float
    low: float
    high: float
    level: float
    rho: float
    n: int
    n_psu: int
    reason: str

    def limits(self, rho: float, level: float, factor: float = 1.0) -> tuple[float, float]:
        """The bounds if every piece had `factor` times its effective households."""
        return _mover(self, rho, level, factor)


def combine(estimates: Sequence[Estimate], coefficients: Sequence[float], constant: float = 0.0, *, rho: float,
            level: float = 0.95) -> Combination:  # fmt: skip
    """constant + sum of coefficient x rate, bounded on both sides by the method of variance estimates recovery.

    Zou & Donner (2008), Statistics in Medicine 27, 1693-1702: each rate brings the distance to its own limit (as
    `judge` finds it, exact at zero findings), so that the interval never collapses. Rates that share villages are
    correlated: of the estimated correlation and the one that rho implies for common villages, the wider interval's
    is taken.
    """
    pairs = [(e, float(c)) for e, c in zip(estimates, coefficients, strict=True) if c != 0]
    if any(e.kind != "rate" for e, _ in pairs):
        raise EstimationError("combine() takes rates", expected="estimates from proportion() or fgt() with alpha 0")
    pieces, weights = tuple(e for e, _ in pairs), tuple(c for _, c in pairs)
    value = constant + sum(c * e.estimate for e, c in pairs)
    variance = sum(a * b * covariance(e, f) for e, a in pairs for f, b in pairs)
    reason = "; ".join(dict.fromkeys(f"{e.statistic}: {e.reason}" for e, _ in pairs if e.reason))
    bare = Combination(
        pieces, weights, constant, value, math.sqrt(max(variance, 0.0)), math.nan, math.nan, level, rho,
        sum(e.n for e in pieces), max((e.n_psu for e in pieces), default=0), reason,
    )  # fmt: skip
    low, high = bare.limits(rho, level)
    return Combination(**{**vars(bare), "low": low, "high": high})


def _mover(c: Combination, rho: float, level: float, factor: float) -> tuple[float, float]:
    p = np.array([e.estimate for e in c.pieces])
    a = np.array(c.coefficients)
    if not len(p):
        return c.constant, c.constant
    n_effective = np.array([_effective(e, rho, level) for e in c.pieces])
    low, high = rate_limits(p, n_effective * factor, level)
    below = np.where(a > 0, a * (p - low), a * (p - high))  # signed distances to the limits that lower the sum
    above = np.where(a > 0, a * (high - p), a * (low - p))
    correlation = _correlations(c, n_effective, rho)
    return tuple(
        c.estimate + sign * math.sqrt(max(float(d @ correlation @ d), 0.0)) for sign, d in ((-1, below), (1, above))
    )  # type: ignore[return-value]


def _correlations(c: Combination, n_effective: Array, rho: float) -> Array:
    """Correlations that do not flatter: of estimated and implied (terms of one sign) or 0 (else) the wider."""
    count = len(c.pieces)
    out = np.eye(count)
    for i in range(count):
        for j in range(i):
            e, f = c.pieces[i], c.pieces[j]
            seen = covariance(e, f) / (e.se * f.se) if e.se > 0 and f.se > 0 else 0.0
            if c.coefficients[i] * c.coefficients[j] > 0:
                seen = max(seen, rho * math.sqrt(n_effective[i] * n_effective[j]) * _overlap(e, f))
            else:
                seen = min(seen, 0.0)
            out[i, j] = out[j, i] = min(max(seen, -1.0), 1.0)
    return out


def _overlap(e: Estimate, f: Estimate) -> float:
    """Sum over common PSUs of the product of both rates' weight shares."""
    a, b = e._of, f._of
    left, right = getattr(a.variation, "units", None), getattr(b.variation, "units", None)
    if a.psu_weight is None or b.psu_weight is None or left is None or right is None:
        return 0.0
    x, y = a.psu_weight[:, [e._at]].toarray().ravel(), b.psu_weight[:, [f._at]].toarray().ravel()
    if left is not right:
        _, i, j = np.intersect1d(left.labels, right.labels, return_indices=True)
        return float((x[i] / x.sum()) @ (y[j] / y.sum()))
    return float((x / x.sum()) @ (y / y.sum()))


def _effective(e: Estimate, rho: float, level: float) -> float:
    return float(effective_n(*_counts(e), rho=rho, level=level))


def _counts(e: Estimate) -> Iterator[Array]:
    """What the effective number of households of a rate follows from."""
    return map(np.asarray, (e.estimate, e.se, e.n, e.df, e.weighting, e.cluster_size))


def judge(estimate: Estimate | Combination, rule: RuleLike, *, rho: float, level: float = 0.95) -> Verdict:
    """Is the rule met, not met, or undecided with this sample?

    Met when the one-sided `level` bound on the side of the limit satisfies the rule, not met when the opposite bound
    fails it. The interval returned is that same two-sided interval of level 2 level - 1. Means and other quantities
    that are not rates use Student's t.
    """
    if not 0 <= rho <= 1:
        raise EstimationError(f"rho={rho!r}", expected="an intraclass correlation between 0 and 1")
    common = {"estimate": estimate.estimate, "interval_level": round(2 * level - 1, 12), "n": estimate.n,
              "n_psu": estimate.n_psu, "rho": rho, "rule": rule, "comparison": rule.comparison}  # fmt: skip
    empty = {"low": math.nan, "high": math.nan, "n_effective": math.nan, "households_needed": None}
    if not rule.is_defined:
        return Verdict(VerdictState.RULE_UNDEFINED, limit=math.nan, reason="no rule is defined", **common, **empty)
    limit = float(rule.value)
    if not math.isfinite(estimate.estimate):
        reason = estimate.reason or "no estimate"
        return Verdict(VerdictState.EVIDENCE_MISSING, limit=limit, reason=reason, **common, **empty)
    low, high, n_effective, bounds = _bounds(estimate, rho, level)
    state = verdict_states(low, high, limit, rule.comparison)
    needed = _smallest(lambda n: int(judge_limits(*bounds(n / estimate.n), limit, rule.comparison)))
    return Verdict(state, low=low, high=high, n_effective=n_effective, limit=limit, households_needed=needed,
                   reason="" if math.isfinite(estimate.se) else estimate.reason, **common)  # fmt: skip


def _bounds(e: Estimate | Combination, rho: float, level: float):
    """low, high, effective n, and both bounds as a function of the factor by which the sample grows."""
    if isinstance(e, Combination):
        n_effective = sum(_effective(p, rho, level) for p in e.pieces)
        return *e.limits(rho, level), n_effective, lambda factor: e.limits(rho, level, factor)
    if e.kind == "rate":
        low, high, n_effective = (float(x) for x in rate_bounds(*_counts(e), rho=rho, level=level))
        return low, high, n_effective, lambda factor: rate_limits(e.estimate, n_effective * factor, level)  # type: ignore[arg-type]
    half = float(half_width(e.se, e.df, level))
    n_effective = float(effective_households(e.n, e.weighting, e.cluster_size, rho))  # type: ignore[arg-type]

    def bounds(factor: float) -> tuple[float, float]:
        return e.estimate - half / math.sqrt(factor), e.estimate + half / math.sqrt(factor)

    return *bounds(1.0), n_effective, bounds


def _smallest(decides) -> int | None:
    """The smallest n with a verdict; verdicts stay once reached, so bisection finds it."""
    high = 1
    while not decides(high):
        high *= 2
        if high > SEARCH_LIMIT:
            return None
    low = high // 2
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if decides(middle) else (middle, high)
    return high
