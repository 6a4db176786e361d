"""Calibration to known totals, and the variance that follows from it.

Weights w = d g(x'lambda) meet sum w x = T (Deville & Särndal 1992, JASA 87, 376-382). The variance of any estimate
is that of its residuals: influences u are replaced by u - x'B, B the regression of u on x with the weights d
before calibration (R: svyrecvar on a calibrated design). Post-stratification and raking are calibrations to group
counts.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from scipy import sparse

from evaltools.errors import EstimationError
from evaltools.estimation.assembly import table
from evaltools.estimation.cells import Layout, Rows, missing_columns, numeric
from evaltools.estimation.expr import Array
from evaltools.estimation.units import Codes, rows_text
from evaltools.estimation.variance import Scores

METHODS = ("linear", "raking", "logit")
Totals = Mapping[str | tuple[str, ...], float | Mapping]
TOLERANCE, ROUNDS = 1e-12, 200
COUNT = "(count)"  # the key for the population count itself


@dataclass(frozen=True)
class Margin:
    """A control: counts of groups (`levels` of crossed `columns`), a numeric column, or the count of units."""

    columns: tuple[str, ...]
    levels: tuple[tuple, ...] = ()


@dataclass(frozen=True)
class Calibration:
    """What a design remembers of its calibration: the controls, and the weight column before it."""

    margins: tuple[Margin, ...]
    base_weight: str

    @property
    def columns(self) -> tuple[str, ...]:
        """Columns that must be read with the data."""
        return tuple(dict.fromkeys((self.base_weight, *(c for m in self.margins for c in m.columns))))


@dataclass(frozen=True)
class Controls:
    """(n, p) control variables, rotated so that sum d x x' = 1, and (n,) weights before and after."""

    x: Array
    base: Array
    weight: Array


def attach(rows: Rows, data: pd.DataFrame, design) -> Rows:
    """Rows with the controls of a calibrated design."""
    if design.calibration is None:
        return rows
    missing_columns(data.columns, design.calibration.columns)
    base = numeric(data, design.calibration.base_weight)
    x = np.column_stack([control_columns(data, m, base > 0) for m in design.calibration.margins])
    return replace(rows, controls=Controls(orthonormal(x, base), base, numeric(data, design.weight)))


def orthonormal(x: Array, d: Array) -> Array:
    """(n, r) variables that span x with sum d x x' = 1; redundant controls (all groups of two margins) fall away."""
    half = x * np.sqrt(d)[:, None]
    size = np.sqrt((half**2).sum(axis=0))
    size[size == 0] = 1.0
    _, values, rotation = np.linalg.svd(half / size, full_matrices=False)
    used = values > values[0] * 1e-10
    return x / size @ (rotation[used].T / values[used])


def control_columns(data: pd.DataFrame, margin: Margin, counts: np.ndarray) -> Array:
    """(n, p) control variables of one margin; rows without weight (`counts` (n,) False) may have none, and are 0."""
    if not margin.columns:
        return np.ones((len(data), 1))
    if not margin.levels:
        values = np.where(counts, numeric(data, margin.columns[0]), 0.0)
        if np.isnan(values).any():
            raise EstimationError(
                f"control {margin.columns[0]!r} is missing in {int(np.isnan(values).sum())} rows",
                where=rows_text(data.index[np.isnan(values)]), expected="a value in every row with a weight",
            )  # fmt: skip
        return values[:, None]
    keys = list(zip(*(data[c] for c in margin.columns), strict=True))
    place = {level: i for i, level in enumerate(margin.levels)}
    code = np.array([place.get(tuple(k), -1) for k in keys])
    lost = (code < 0) & counts
    if lost.any():
        unknown = sorted({str(keys[i]) for i in np.flatnonzero(lost)})[:5]
        raise EstimationError(
            f"{' x '.join(margin.columns)} has rows in groups without a population total: {', '.join(unknown)}",
            where=rows_text(data.index[lost]), expected="a total for every group in the sample",
        )  # fmt: skip
    return (code[:, None] == np.arange(len(margin.levels))).astype(np.float64)


def project(controls: Controls, influence: sparse.csr_matrix) -> Array:
    """(p, K) regression coefficients of (n, K) influences on the controls."""
    return np.asarray((influence.T @ (controls.x * controls.base[:, None])).T)


def residual_scores(rows: Rows, layout: Layout, z: Array, u: Sequence[tuple[Codes, Array]]) -> Scores:
    """Scores of influences less their regression on the controls.

    z: (C, m) influence totals by cell; u: (n, m) row influences, once for each way that rows belong to domains
    """
    m, k_count = z.shape[1], len(layout.domains) * z.shape[1]
    column = (layout.domain[:, None] * m + np.arange(m)).ravel()
    by_unit = table(z.ravel(), np.repeat(layout.unit, m), column, (layout.units.count, k_count))
    if rows.controls is None:
        return Scores(layout.units, by_unit)
    load = np.zeros((rows.controls.x.shape[1], k_count))
    for domain, influence in u:
        load += project(rows.controls, spread(domain, influence * rows.size[:, None], k_count))
    return Scores(layout.units, by_unit, -control_totals(rows), load)


def spread(domain: Codes, influence: Array, k_count: int) -> sparse.csr_matrix:
    """(n, m) influences in the (n, D m) columns of their domains."""
    n, m = influence.shape
    inside = np.flatnonzero(domain >= 0)
    column = domain[inside, None] * m + np.arange(m)
    return sparse.csr_matrix((influence[inside].ravel(), (np.repeat(inside, m), column.ravel())), shape=(n, k_count))


def control_totals(rows: Rows) -> Array:
    """(L, p) calibrated totals of the controls by last-stage unit."""
    assert rows.controls is not None
    x, w = rows.controls.x, rows.controls.weight
    count = rows.layout.units.count
    return np.column_stack([np.bincount(rows.unit, w * x[:, j], count) for j in range(x.shape[1])])


def margins(totals: Totals) -> tuple[tuple[Margin, ...], Array]:
    """Controls and the (p,) population totals from a mapping.

    {"county": {"a": 120, "b": 80}}: group counts; {("county", "sex"): {("a", "f"): 60, ...}}: crossed groups;
    {"income": 5e6}: the total of a numeric column; {"(count)": 200}: the number of units
    """
    found, values = [], []
    for key, value in totals.items():
        columns = (key,) if isinstance(key, str) else tuple(key)
        if isinstance(value, Mapping):
            levels = tuple(k if isinstance(k, tuple) else (k,) for k in value)
            found.append(Margin(columns, levels))
            values += [float(v) for v in value.values()]
        else:
            found.append(Margin(() if columns == (COUNT,) else columns))
            values.append(float(value))
    if not found or not np.isfinite(values).all():
        raise EstimationError("population totals are empty or not finite", expected="a number for every control")
    return tuple(found), np.array(values)


def solve(x: Array, d: Array, target: Array, method: str, bounds: tuple[float, float] | None) -> Array:
    """(n,) calibrated weights; Newton steps, halved where the distance function leaves its range."""
    if method not in METHODS:
        raise EstimationError(f"method={method!r} is unknown", expected=f"one of {', '.join(METHODS)}")
    if method == "logit" and (bounds is None or not 0 <= bounds[0] < 1 < bounds[1] < np.inf):
        raise EstimationError(f"bounds={bounds} for logit calibration", expected="(low, high) with 0 <= low < 1 < high")
    if (x[d > 0] == 0).all(axis=0)[target != 0].any():
        raise EstimationError(
            "a group with a population total has no sampled row", todo="join it with a neighbouring group"
        )
    eta = np.zeros(x.shape[1])
    g, slope = _distance(x @ eta, method, bounds)
    error = _misfit(x, d * g, target)
    for _ in range(ROUNDS):
        step = np.linalg.pinv((x * (d * slope)[:, None]).T @ x, hermitian=True) @ (target - x.T @ (d * g))
        size = 1.0
        while True:
            new_g, new_slope = _distance(x @ (eta + size * step), method, bounds)
            new_error = _misfit(x, d * new_g, target) if np.isfinite(new_g).all() else np.inf
            if new_error <= error or size < 1e-6:
                break
            size /= 2
        eta, g, slope, stuck = eta + size * step, new_g, new_slope, new_error >= error
        error = new_error
        if error < TOLERANCE or (method == "linear" or stuck):
            break
    if not error < 1e-9:
        raise EstimationError(
            f"{method} calibration did not meet the totals: off by {error:.2g} relative to them",
            expected="totals that weights within the bounds can meet", todo="widen the bounds, or join small groups",
        )  # fmt: skip
    return d * g


def _distance(eta: Array, method: str, bounds: tuple[float, float] | None) -> tuple[Array, Array]:
    """g and its derivative: 1 + eta, exp(eta), or the logit between bounds (Deville & Särndal 1992, cases 1, 2, 6)."""
    if method == "linear":
        return 1 + eta, np.ones_like(eta)
    with np.errstate(over="ignore", invalid="ignore"):
        if method == "raking" or bounds is None:
            return np.exp(eta), np.exp(eta)
        low, high = bounds
        a = (high - low) / ((1 - low) * (high - 1))
        e = np.exp(np.clip(a * eta, -700, 700))
        g = (low * (high - 1) + high * (1 - low) * e) / (high - 1 + (1 - low) * e)
        return g, (g - low) * (high - g) / ((1 - low) * (high - 1))


def _misfit(x: Array, w: Array, target: Array) -> float:
    return float((np.abs(x.T @ w - target) / (1 + np.abs(target))).max())
