"""Funnel plots: a city's rate against its size, with the limits that chance alone would keep to, and small-city marks.

Method: D. J. Spiegelhalter (2005), Funnel plots for comparing institutional performance, Statistics in Medicine 24,
1185-1202, appendix A.1.1: exact binomial limits, interpolated. The size is the effective number of households, never
the number visited: villages were sampled, and neighbours are alike.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from evaltools.indicators.targeting.result import Gate, GateResult
from evaltools.indicators.value import Source

Array = NDArray[np.float64]
INNER, OUTER = 0.95, 0.998
"""Central probabilities of the two funnels: two and three standard deviations, as is usual."""
CURVE = 120
"""Points of a drawn limit."""


@dataclass(frozen=True)
class Funnel:
    """One rate of all cities.

    points : city_code, n (effective households), rate, inner_low, inner_high, outer_low, outer_high, place
        (inside | inner | outer, with _low or _high), is_small; unrounded, sorted by city
    curve : n, inner_low, inner_high, outer_low, outer_high, to be drawn
    centre : pooled rate, weighted by n; limit : the rule's, None without one; least : effective households below which
        even a faultless sample cannot show that the limit is kept (0 without a limit)
    """

    gate: Gate
    points: pd.DataFrame
    curve: pd.DataFrame
    centre: float
    limit: float | None
    comparison: str | None
    least: int
    level: float
    source: Source = field(default_factory=Source)


def binomial_limit(n: Array, centre: float, probability: float) -> Array:
    """(m,) rates that a binomial rate of `centre` stays below with `probability`, interpolated between counts.

    n : (m,) sizes, whole or not (rounded for the count)
    """
    from scipy.stats import binom  # here: loading it takes a second, which a report of one city need not pay

    size = np.maximum(np.round(np.asarray(n, float)), 1.0)
    count = binom.ppf(probability, size, centre)
    reached, before = binom.cdf(count, size, centre), binom.cdf(count - 1, size, centre)
    with np.errstate(invalid="ignore", divide="ignore"):
        back = np.where(reached > before, (reached - probability) / (reached - before), 0.0)
    return np.clip((count - back) / size, 0.0, 1.0)


def limits(n: Array, centre: float) -> dict[str, Array]:
    """The four limits at sizes n (m,): inner_low, inner_high, outer_low, outer_high."""
    out = {}
    for name, level in (("inner", INNER), ("outer", OUTER)):
        tail = (1 - level) / 2
        out[f"{name}_low"] = binomial_limit(n, centre, tail)
        out[f"{name}_high"] = binomial_limit(n, centre, 1 - tail)
    return out


def least_households(limit: float, comparison: str, level: float) -> int:
    """Effective households that a faultless sample needs to show that a limit is kept, one-sided `level`.

    A ceiling p: the smallest n with (1 - p)^n at most 1 - level; a floor p: the smallest n with p^n at most that.
    """
    keep = 1 - limit if comparison.startswith("<") else limit
    if not 0 < keep < 1:
        return 0
    return math.ceil(math.log(1 - level) / math.log(keep))


def funnel(results: Sequence[GateResult], level: float) -> Funnel | None:
    """The funnel of one gate from the results of its cities; None where fewer than three have a rate.

    results : one per city; those without a rate are left out. level : one-sided confidence of verdicts
    """
    known = [r for r in results if not math.isnan(r.rate) and not math.isnan(r.n_effective) and r.n_effective > 0]
    if len(known) < 3:
        return None
    n, rate = np.array([r.n_effective for r in known]), np.array([r.rate for r in known])
    centre = float((n * rate).sum() / n.sum())
    one = known[0]
    least = least_households(one.limit, one.comparison or "<=", level) if one.limit is not None else 0
    bounds = limits(n, centre)
    points = pd.DataFrame({"city_code": [r.area_code for r in known], "n": n, "rate": rate, **bounds})
    points["place"] = _place(rate, bounds)
    points["is_small"] = n < least
    sizes = np.unique(np.round(np.geomspace(max(n.min() * 0.6, 5), n.max() * 1.15, CURVE)))
    curve = pd.DataFrame({"n": sizes, **limits(sizes, centre)})
    source = Source(one.source.tables, one.source.formula, int(sum(r.n_known or 0 for r in known)), one.source.rules)
    return Funnel(
        one.gate, points.sort_values("city_code").reset_index(drop=True), curve, centre, one.limit, one.comparison,
        least, level, source,
    )  # fmt: skip


def _place(rate: Array, bounds: dict[str, Array]) -> list[str]:
    """Where each point lies: within the inner limits, between inner and outer, or beyond the outer."""
    out = np.full(rate.shape, "inside", dtype=object)
    for name in ("inner", "outer"):
        out[rate < bounds[f"{name}_low"]] = f"{name}_low"
        out[rate > bounds[f"{name}_high"]] = f"{name}_high"
    return [str(x) for x in out]
