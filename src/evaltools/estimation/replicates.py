"""Replicate weights: given as columns, or made from the design (JK1, JKn, Rao-Wu bootstrap).

    V = scale * sum_r rscale_r (theta_r - centre)^2

with centre the mean of the replicates, or the full-sample estimate where `mse` (R: options survey.replicates.mse).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

import numpy as np
from scipy import sparse

from evaltools.errors import EstimationError
from evaltools.estimation.cells import Layout, Rows, sum_rows, valid_rows, with_overall
from evaltools.estimation.expr import Array
from evaltools.estimation.units import Units, rows_text
from evaltools.estimation.variance import Replicated

if TYPE_CHECKING:
    from evaltools.estimation.design import SurveyDesign
    from evaltools.estimation.engine import Stat

Kind = Literal["given", "JK1", "JKn", "bootstrap"]
RANK_TOLERANCE = 1e-5  # of R's survey in degf()


@dataclass(frozen=True)
class Replicates:
    """How replicate weights are had. Use `Replicates.given`, `.jk1`, `.jkn` or `.bootstrap`.

    columns    : replicate weight columns (kind "given")
    scale      : overall factor; rscales: factor per replicate
    is_combined: the columns already contain the sampling weight
    """

    kind: Kind
    columns: tuple[str, ...] = ()
    scale: float | None = None
    rscales: tuple[float, ...] | None = None
    is_combined: bool = True
    mse: bool = False
    count: int = 0
    seed: int = 0

    @classmethod
    def given(cls, columns: Sequence[str], *, scale: float | None = None,
              rscales: Sequence[float] | float | None = None, combined: bool = True,
              mse: bool = False) -> Replicates:  # fmt: skip
        """Replicate weights that came with the data, with the scales their producer states."""
        if len(columns) < 2:
            raise EstimationError(f"{len(columns)} replicate weight columns", expected="two or more")
        if scale is None and rscales is None:
            raise EstimationError(
                "replicate weights without scale", expected="scale= or rscales= from the documentation of the survey",
                todo="JK1: scale=(R - 1) / R; bootstrap: scale=1 / (R - 1); BRR: scale=1 / R; JKn: rscales per stratum",
            )  # fmt: skip
        if scale is not None and not 0 < scale < np.inf:
            raise EstimationError(f"scale={scale} of replicate weights", expected="a finite number above 0")
        factors = np.broadcast_to(1.0 if rscales is None else np.asarray(rscales, float), len(columns))
        if len(factors) != len(columns) or not (np.isfinite(factors).all() and (factors >= 0).all()):
            raise EstimationError("rscales do not fit", expected=f"{len(columns)} finite values of 0 or more")
        return cls("given", tuple(columns), 1.0 if scale is None else float(scale), tuple(factors), combined, mse)

    @classmethod
    def jk1(cls, *, mse: bool = False) -> Replicates:
        """Delete-one-PSU jackknife of an unstratified design."""
        return cls("JK1", mse=mse)

    @classmethod
    def jkn(cls, *, mse: bool = False) -> Replicates:
        """Delete-one-PSU jackknife within strata."""
        return cls("JKn", mse=mse)

    @classmethod
    def bootstrap(cls, count: int = 500, *, seed: int = 0, mse: bool = False) -> Replicates:
        """Rescaled bootstrap of Rao & Wu (1988): n - 1 PSUs with replacement in each stratum (R: subbootstrap)."""
        if count < 2:
            raise EstimationError(f"count={count} bootstrap replicates", expected="two or more")
        return cls("bootstrap", mse=mse, count=count, seed=seed)


@dataclass(frozen=True)
class Multipliers:
    """(U, R) factors on the weights of units and the (R,) factors sqrt(scale x rscale) on deviations."""

    table: Array
    root: Array
    rscales: Array


def multipliers(units: Units, spec: Replicates) -> Multipliers:
    """Replicate factors of first-stage units; with fpc, rscales carry 1 - f (R: as.svrepdesign)."""
    first = units.stages[0]
    stratum, n, sampled_whole = first.stratum, first.sampled, first.is_certain
    if ((n == 1) & ~sampled_whole).any():
        raise EstimationError(
            "replicates cannot be made where a stratum has one PSU", todo="merge strata before making replicate weights"
        )
    kept = first.scale * (n - 1) / n  # 1 - f
    if spec.kind == "JK1" and len(n) > 1:
        raise EstimationError("JK1 needs a design without strata", todo="use Replicates.jkn()")
    if spec.kind in ("JK1", "JKn"):
        factor = np.where(stratum[:, None] == stratum[None, :], (n / np.maximum(n - 1, 1))[stratum][:, None], 1.0)
        np.fill_diagonal(factor, 0.0)
        varies = ~sampled_whole[stratum]  # a stratum taken whole has no replicates, as in R
        rscales = (kept * (n - 1) / n)[stratum][varies]
        return Multipliers(factor[:, varies], np.sqrt(rscales), rscales)
    if (kept < 1 - 1e-9).any():
        raise EstimationError(
            "the rescaled bootstrap does not carry a finite population correction", todo="drop fpc, or use JKn"
        )
    rng = np.random.default_rng(spec.seed)
    factor = np.zeros((len(stratum), spec.count))
    for h, size in enumerate(n.astype(int)):
        members = np.flatnonzero(stratum == h)
        drawn = rng.multinomial(size - 1, np.full(size, 1 / size), size=spec.count)
        factor[members] = drawn.T * (size / (size - 1))
    rscales = np.ones(spec.count)
    return Multipliers(factor, np.sqrt(rscales / (spec.count - 1)), rscales)


def row_factors(rows: Rows, design: SurveyDesign) -> tuple[Array, Array, Multipliers]:
    """(n,) base weights, (n,) row of the factor table, and the factors: replicate weight = base x factor."""
    spec = design.replicates
    assert spec is not None
    if spec.kind != "given":
        of_psu = rows.layout.units.stages[0].of_unit
        return rows.weight, of_psu[rows.unit], multipliers(rows.layout.units, spec)
    weights = np.column_stack([rows.columns[c] for c in spec.columns])
    wrong = ~(weights >= 0).all(axis=1)
    if wrong.any():
        raise EstimationError(
            f"replicate weights are missing or negative in {int(wrong.sum())} rows",
            where=f"{rows_text(np.flatnonzero(wrong))}, counted from 0", expected="a weight of 0 or more in every row",
        )  # fmt: skip
    rscales = np.asarray(spec.rscales, float)
    base = rows.size if spec.is_combined else rows.weight
    return base, np.arange(len(base)), Multipliers(weights, np.sqrt((spec.scale or 1.0) * rscales), rscales)


def replicate_ratios(rows: Rows, design: SurveyDesign, layout: Layout, stats: Sequence[Stat], table: Array,
                     value: Array) -> Replicated:  # fmt: skip
    """Replicate estimates of ratio-like statistics, from sums alone."""
    from evaltools.estimation.engine import WIDTH

    base, code, m = row_factors(rows, design)
    entries, sums = layout, table
    if design.replicates is not None and design.replicates.kind == "given":  # every row has factors of its own
        alone = Layout(layout.units, rows.layout.domains, np.arange(len(base)), np.maximum(rows.domain, 0))
        own = np.where(rows.cell >= 0, np.arange(len(base)), -1)
        needed = [s for stat in stats for s in stat.sums]
        sums = sum_rows(replace(rows, layout=alone, cell=own, weight=base), needed)
        entries = alone
        if len(layout.domains) > len(rows.layout.domains):
            entries, sums = with_overall(alone, sums)
        unit = entries.unit
    else:
        unit = layout.units.stages[0].of_unit[layout.unit]
    count, r = len(layout.domains), m.table.shape[1]
    theta = np.empty((r, count, len(stats)))
    for k, stat in enumerate(stats):
        w, num, den = (
            replicate_totals(entries.domain, unit, sums[:, k * WIDTH + i], count, m.table) for i in (1, 3, 4)
        )
        with np.errstate(divide="ignore", invalid="ignore"):
            theta[:, :, k] = (num + stat.pivot * w if stat.is_total else num / den + stat.pivot).T
    df: dict[tuple, Array] = {}
    for one in (stat.sums[0] for stat in stats):
        if one.key not in df:
            df[one.key] = domain_df(rows, layout, code, m, valid_rows(rows.columns, one, len(rows.weight)))
    of_each = np.column_stack([df[stat.sums[0].key] for stat in stats])
    return deviations(theta.reshape(r, -1), value.ravel(), m, design, of_each)


def replicate_totals(domain, unit, values: Array, count: int, factors: Array) -> Array:
    """(D, R) replicate totals."""
    return sparse.csr_matrix((values, (domain, unit)), shape=(count, len(factors))) @ factors


def deviations(theta: Array, value: Array, m: Multipliers, design: SurveyDesign, df: Array | None) -> Replicated:
    """Scaled deviations of (R, K) replicate estimates; replicates without a value are left out, as R does."""
    spec = design.replicates
    assert spec is not None
    used = m.rscales > 0
    with np.errstate(invalid="ignore"):
        there = np.isfinite(theta)
        counted = np.where(there & used[:, None], theta, 0.0).sum(axis=0)
        centre = value if spec.mse else counted / np.maximum((there & used[:, None]).sum(axis=0), 1)
        out = np.where(there, (theta - centre) * m.root[:, None], 0.0)
    return Replicated(out, (spec, len(m.root)), df)


def domain_df(rows: Rows, layout: Layout, code: Array, m: Multipliers, valid: np.ndarray) -> Array:
    """(D,) rank of the replicate weights of the domain's `valid` (n,) rows, less one (R: degf of a replicate design)."""
    out = np.zeros(len(layout.domains))
    domain = rows.domain
    keep = (domain >= 0) & (rows.weight > 0) & valid
    order = np.argsort(domain[keep], kind="stable")
    codes, sorted_domain = code[keep][order], domain[keep][order]
    bounds = np.searchsorted(sorted_domain, np.arange(len(out) + 1))
    for d in range(len(out)):
        mine = codes[bounds[d] : bounds[d + 1]] if d < len(rows.layout.domains) else codes
        out[d] = _rank(m.table[np.unique(mine)]) - 1
    return out


def _rank(table: Array) -> int:
    if not table.size:
        return 1
    distinct = np.unique(table, axis=0)
    values = np.linalg.svd(distinct, compute_uv=False)
    return int((values > values[0] * RANK_TOLERANCE).sum()) if values[0] > 0 else 0
