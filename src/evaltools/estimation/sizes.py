"""How many effective households a precision needs, or a verdict with a wanted chance."""

from __future__ import annotations

import numpy as np
from scipy import special

from evaltools.errors import EstimationError
from evaltools.estimation.expr import Array
from evaltools.estimation.limits import UPPER

LARGEST = 200_000  # effective households; a verdict that needs more is called out of reach
WINDOW = 4096


def size_for_precision(rate: float, margin: float, *, level: float = 0.95, population: float = np.inf) -> int:
    """Effective households for rate +- margin (Cochran 1977, section 4.4), with finite population correction."""
    if not 0 < margin < 1:
        raise EstimationError(f"margin={margin}", expected="half the width of the interval, between 0 and 1")
    simple = special.ndtri((1 + level) / 2) ** 2 * rate * (1 - rate) / margin**2
    return int(np.ceil(simple / (1 + simple / population)))


def power_to_decide(n: Array, expected: float, limit: float, comparison: str = "<=", level: float = 0.95) -> Array:
    """Chance that n effective households give the verdict that the expected rate deserves, by the exact bound of
    `judge`.

    The bound of x findings in n is at most L exactly when P(X <= x; n, L) <= 1 - level (Clopper & Pearson 1934).
    """
    rate, bound = (expected, limit) if comparison in UPPER else (1 - expected, 1 - limit)
    if rate > bound:  # deserves "not met": the same question about the complement
        rate, bound = 1 - rate, 1 - bound
    n = np.floor(np.asarray(n, float))
    most = _most_findings(n, bound, 1 - level)
    return np.where((most >= 0) & (rate != bound), _binomial(np.maximum(most, 0), n, rate), 0.0)


def _binomial(k: Array, n: Array, p: float) -> Array:
    """P(X <= k) of n trials."""
    return np.where(k >= n, 1.0, special.betainc(np.maximum(n - k, 1e-12), k + 1, 1 - p))


def _most_findings(n: Array, bound: float, alpha: float) -> Array:
    """The largest k with P(X <= k; n, bound) <= alpha, by bisection; -1 where even none found is not enough."""
    low, high = np.full(n.shape, -1.0), n.copy()  # the chance is <= alpha at low, above it at high
    while (high - low > 1).any():
        middle = np.floor((low + high) / 2)
        below = (middle >= 0) & (_binomial(np.maximum(middle, 0), n, bound) <= alpha)
        low, high = np.where(below & (high - low > 1), middle, low), np.where(below | (high - low <= 1), high, middle)
    return low


def size_for_verdict(expected: float, limit: float, comparison: str = "<=", *, power: float = 0.8,
                     level: float = 0.95) -> int | None:  # fmt: skip
    """Smallest number of effective households with the wanted chance of a verdict; None if 200,000 have not."""
    if expected == limit:
        return None
    n = np.arange(1, WINDOW)
    enough = power_to_decide(n, expected, limit, comparison, level) >= power
    if enough.any():
        return int(n[np.argmax(enough)])
    before = WINDOW
    for start in np.geomspace(WINDOW, LARGEST, 32).astype(int):
        near = np.arange(start, start + WINDOW // 8)
        if (power_to_decide(near, expected, limit, comparison, level) >= power).any():
            return _first(before, int(near[-1]), expected, limit, comparison, level, power)
        before = int(start)
    return None


def _first(low: int, high: int, *question: float | str) -> int:
    """The smallest n between two sizes that has the chance, to within the saw teeth of the exact bound."""
    *settings, power = question
    while high - low > WINDOW:
        middle = (low + high) // 2
        if (power_to_decide(np.arange(middle, middle + WINDOW // 8), *settings) >= power).any():  # type: ignore[arg-type]
            high = middle + WINDOW // 8
        else:
            low = middle
    n = np.arange(low, high + 1)
    return int(n[np.argmax(power_to_decide(n, *settings) >= power)])  # type: ignore[arg-type]
