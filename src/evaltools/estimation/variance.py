"""One function from influence values, summed by unit, to variances and covariances.

Every estimate k is linear in the sample to first order: estimate ~ sum over units of Z[unit, k]. Its variance,
stage by stage (Särndal, Swensson & Wretman 1992, result 4.3.1; the recursion of R's `survey:::multistage`):

    V = sum_stages sum_strata  F (1 - f) n / (n - 1)  sum_units (Z - mean of Z in the stratum)(...)'

with F the product of the sampling fractions of the stages before. Deviations are taken from the stratum mean before
squaring (two passes): large means do not cancel.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from evaltools.errors import EstimationError
from evaltools.estimation.expr import Array
from evaltools.estimation.units import Stage, Units

MAX_DENSE = 2**27  # elements (1 GiB of float64)
CANCELS = 1e-4  # of the sum of squares: below it the difference of sums has lost digits (a total near its control)
Columns = slice | NDArray[np.int64]


class Variation(Protocol):
    """What an estimate's variance is made of; `Scores` for linearization, `Replicated` for replicate weights."""

    def variance(self) -> Array: ...
    def factor(self, columns: Columns = ...) -> Array: ...
    def take(self, columns: Columns) -> Variation: ...
    def transform(self, jacobian: sparse.spmatrix | Array) -> Variation: ...


@dataclass(frozen=True)
class Scores:
    """Influence totals Z of K estimates over L units: Z = table + common @ load.

    table : (L, K) sparse; nonzero where a domain has rows
    common: (L, r) what several estimates share (an estimated line, calibration controls), or None
    load  : (r, K)
    """

    units: Units
    table: sparse.csr_matrix
    common: Array | None = None
    load: Array | None = None

    def __len__(self) -> int:
        return int(self.table.shape[1])  # type: ignore[index]

    def variance(self) -> Array:
        """(K,) variances without any dense L x K table, save where the two parts of Z all but cancel."""
        own, cross = np.zeros(len(self)), np.zeros(len(self))
        for stage in self.units.stages:
            table = _sum_to(stage, self.table)
            own += _sparse_variance(stage, table)
            if self.common is not None and self.load is not None:
                centred = _centred(stage, _sum_to(stage, self.common))
                weighted = centred * stage.scale[stage.stratum][:, None]
                cross += 2 * ((table.T @ weighted).T * self.load).sum(axis=0)
                own += ((weighted.T @ centred @ self.load) * self.load).sum(axis=0)
        total = own + cross
        lost = np.flatnonzero((total < CANCELS * own) & (self.common is not None)).astype(np.int64)
        step = max(MAX_DENSE // 8 // max(self.units.count, 1), 1)
        for chosen in (lost[i : i + step] for i in range(0, len(lost), step)):
            total[chosen] = (self.factor(chosen) ** 2).sum(axis=0)
        return np.maximum(total, 0.0)

    def factor(self, columns: Columns = slice(None)) -> Array:
        """A (units of all stages, K) with A'A the covariance of the chosen estimates."""
        table = self.table[:, columns]
        if table.shape[0] * table.shape[1] > MAX_DENSE:
            raise EstimationError(
                f"the covariance of {table.shape[1]} estimates over {table.shape[0]} units is too large to hold",
                todo="select the estimates you need first: estimates[indices].cov",
            )
        dense = table.toarray()
        if self.common is not None and self.load is not None:
            dense += self.common @ self.load[:, columns]
        return np.vstack([_centred(s, _sum_to(s, dense)) * np.sqrt(s.scale)[s.stratum][:, None] for s in self.units.stages])

    def take(self, columns: Columns) -> Scores:
        load = None if self.load is None else self.load[:, columns]
        return replace(self, table=self.table[:, columns], load=load)

    def transform(self, jacobian: sparse.spmatrix | Array) -> Scores:
        """Scores of the estimates g(estimates) with (K, M) derivatives d g_m / d estimate_k."""
        j = sparse.csr_matrix(jacobian)
        load = None if self.load is None else np.asarray(self.load @ j)
        return replace(self, table=sparse.csr_matrix(self.table @ j), load=load)


def beside(parts: Sequence[Variation]) -> Scores:
    """Scores of several sets of estimates over the same units and the same common part, as one."""
    scores = [p for p in parts if isinstance(p, Scores)]
    if len(scores) < len(parts):
        raise TypeError("only scores of one linearized sample can stand beside each other")
    load = None if scores[0].load is None else np.hstack([s.load for s in scores if s.load is not None])
    return replace(scores[0], table=sparse.csr_matrix(sparse.hstack([s.table for s in scores])), load=load)


@dataclass(frozen=True)
class Replicated:
    """Deviations of R replicate estimates, each times sqrt(scale x rscale): (R, K).

    label: of the set of replicate weights, so that two sets are not mixed; df: (D, m) per domain and statistic
    """

    deviations: Array
    label: tuple = ()
    df: Array | None = None

    def variance(self) -> Array:
        return (self.deviations**2).sum(axis=0)

    def factor(self, columns: Columns = slice(None)) -> Array:
        return self.deviations[:, columns]

    def take(self, columns: Columns) -> Replicated:
        return replace(self, deviations=self.deviations[:, columns])

    def transform(self, jacobian: sparse.spmatrix | Array) -> Replicated:
        return replace(self, deviations=np.asarray(self.deviations @ sparse.csr_matrix(jacobian)))


def cross_covariance(a: Variation, b: Variation) -> Array:
    """(Ka, Kb) covariances of two sets of estimates.

    From the same sample it is A'B. From two samples (two years) only the first-stage units in both count:
    sum over common units of (deviation in a)(deviation in b), each scaled in its own design. This equals the stacked
    design's covariance when all units are common, is 0 when none is, and never exceeds sqrt(Va Vb) in size.
    """
    if isinstance(a, Replicated) and isinstance(b, Replicated):
        if a.label != b.label:
            raise EstimationError(
                "the two estimates come from different sets of replicate weights",
                todo="estimate both with one design, or pass independent=True if the samples are independent",
            )
        return a.factor().T @ b.factor()
    if not (isinstance(a, Scores) and isinstance(b, Scores)):
        raise EstimationError("one estimate is linearized and the other replicated: their covariance is unknown")
    if a.units is b.units or _same(a.units, b.units):
        return a.factor().T @ b.factor()
    _, left, right = np.intersect1d(a.units.labels, b.units.labels, return_indices=True)
    return a.factor()[left].T @ b.factor()[right]  # the first stage stands first in `factor`


def _same(a: Units, b: Units) -> bool:
    return a.count == b.count and len(a.stages) == len(b.stages) and np.array_equal(a.labels, b.labels) and all(
        np.array_equal(s.stratum, t.stratum) and np.array_equal(s.of_unit, t.of_unit)
        for s, t in zip(a.stages, b.stages, strict=True)
    )  # fmt: skip


def _sum_to(stage: Stage, table):
    """Totals of the stage's units from those of last-stage units (rows)."""
    unit_count, last_count = len(stage.stratum), len(stage.of_unit)
    if unit_count == last_count and np.array_equal(stage.of_unit, np.arange(last_count)):
        return table
    incidence = sparse.csr_matrix((np.ones(last_count), (stage.of_unit, np.arange(last_count))), shape=(unit_count, last_count))
    return incidence @ table


def _centred(stage: Stage, dense: Array) -> Array:
    sums = np.zeros((len(stage.sampled), dense.shape[1]))
    np.add.at(sums, stage.stratum, dense)
    means = np.where(stage.is_centred, 1.0 / stage.sampled, 0.0)[:, None] * sums
    return dense - means[stage.stratum]


def _sparse_variance(stage: Stage, table) -> Array:
    """Sum over strata of scale x squared deviations; the n - m units without entries deviate by the mean."""
    entries, k_count = sparse.coo_matrix(table), table.shape[1]
    value, column, stratum = entries.data, entries.col.astype(np.int64), stage.stratum[entries.row]
    cell, index = np.unique(stratum * k_count + column, return_inverse=True)
    h, k = cell // k_count, cell % k_count
    mean = np.bincount(index, value, len(cell)) / stage.sampled[h]
    mean[~stage.is_centred[h]] = 0.0
    squares = np.bincount(index, (value - mean[index]) ** 2, len(cell)).astype(np.float64)
    squares += (stage.sampled[h] - np.bincount(index, minlength=len(cell))) * mean**2
    return np.bincount(k, squares * stage.scale[h], k_count)
