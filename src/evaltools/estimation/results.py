"""What leaves the room: estimates that carry their uncertainty, and what can be done with them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, overload

import numpy as np
import pandas as pd
from scipy import sparse

from evaltools.errors import EstimationError
from evaltools.estimation.expr import Array
from evaltools.estimation.intervals import t_interval
from evaltools.estimation.variance import Variation, beside, cross_covariance


@dataclass(frozen=True)
class Estimate:
    """One estimate. `n`: rows (households); `df`: of the domain, first-stage units less strata; `deff`: against a
    simple random sample as `deff_reference` says; `reason`: why a value is NaN, else "".

    weighting   : Kish's n sum w^2 / (sum w)^2 of the analysis weights
    cluster_size: sum over PSUs of W^2 / sum w^2 (Gabler, Häder & Lahiri 1999): with equal weights sum m^2 / sum m
    """

    estimate: float
    se: float
    ci_low: float
    ci_high: float
    df: float
    deff: float
    n: int
    n_psu: int
    domain: Mapping[str, Any]
    statistic: str
    kind: str
    level: float
    reason: str
    weighting: float
    cluster_size: float
    deff_reference: str
    _of: Estimates = field(repr=False, compare=False)
    _at: int = field(repr=False, compare=False)

    @property
    def variance(self) -> float:
        return self.se**2


@dataclass(frozen=True, repr=False)
class Estimates(Sequence[Estimate]):
    """K estimates of one call: arrays of length K, in the order of the domains and then the statistics.

    kinds    : each "rate" (a share of units, judged by exact limits), "mean", "total", "ratio", "index" or "quantile"
    variation: what variances and covariances are made of
    is_single: whether one PSU holds the domain, so that what sums to zero over a domain shows no variance
    psu_weight: (first-stage units, K) sum of analysis weights of each estimate's rows
    """

    domains: pd.DataFrame
    statistic: tuple[str, ...]
    kinds: tuple[str, ...]
    estimate: Array
    se: Array
    ci_low: Array
    ci_high: Array
    df: Array
    deff: Array
    n: Array
    n_psu: Array
    reason: tuple[str, ...]
    weighting: Array
    cluster_size: Array
    variation: Variation
    is_single: np.ndarray
    psu_weight: sparse.csc_matrix | None = None
    level: float = 0.95
    deff_reference: str = ""
    notes: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(self.estimate)

    @overload
    def __getitem__(self, index: int) -> Estimate: ...
    @overload
    def __getitem__(self, index: slice | Sequence[int] | np.ndarray) -> Estimates: ...
    def __getitem__(self, index):
        if isinstance(index, slice | list | np.ndarray):
            return self._take(np.arange(len(self))[index])
        i = range(len(self))[int(index)]
        floats = {f: float(getattr(self, f)[i]) for f in _FLOATS}
        return Estimate(
            **floats, n=int(self.n[i]), n_psu=int(self.n_psu[i]),
            domain=dict(self._labels[i]),
            statistic=self.statistic[i], kind=self.kinds[i], level=self.level, reason=self.reason[i],
            deff_reference=self.deff_reference, _of=self, _at=i,
        )  # fmt: skip

    @cached_property
    def _labels(self) -> list[dict[str, Any]]:
        """The domain of each estimate."""
        columns = [self.domains.iloc[:, c].tolist() for c in range(self.domains.shape[1])]
        names = [str(c) for c in self.domains.columns]
        return [dict(zip(names, row, strict=True)) for row in zip(*columns, strict=True)] or [{} for _ in range(len(self))]

    def __iter__(self) -> Iterator[Estimate]:
        return (self[i] for i in range(len(self)))

    def _take(self, rows: np.ndarray) -> Estimates:
        arrays = {f: getattr(self, f)[rows] for f in (*_FLOATS, "n", "n_psu", "is_single")}
        return replace(
            self, **arrays, domains=self.domains.iloc[rows].reset_index(drop=True),
            statistic=tuple(self.statistic[i] for i in rows), kinds=tuple(self.kinds[i] for i in rows),
            reason=tuple(self.reason[i] for i in rows),
            variation=self.variation.take(rows),
            psu_weight=None if self.psu_weight is None else self.psu_weight[:, rows],
        )  # fmt: skip

    def where(self, statistic: str | None = None, **domain: Any) -> Estimates:
        """The estimates of a domain and statistic: `e.where(city="441400", statistic="fgt0")`."""
        keep = np.ones(len(self), bool)
        if statistic is not None:
            keep &= np.array([s == statistic for s in self.statistic])
        for name, value in domain.items():
            if name not in self.domains:
                raise EstimationError(f"no domain column {name!r}", expected=f"one of {list(self.domains)}")
            column = self.domains[name]
            keep &= (column.isna() if pd.isna(value) else column == value).to_numpy(bool)
        if not keep.any():
            raise EstimationError(f"no estimate for {domain} {statistic or ''}".rstrip())
        return self[np.flatnonzero(keep)]

    def one(self, statistic: str | None = None, **domain: Any) -> Estimate:
        """The single estimate of a domain and statistic."""
        found = self.where(statistic, **domain)
        if len(found) != 1:
            raise EstimationError(f"{len(found)} estimates for {domain} {statistic or ''}", expected="exactly one")
        return found[0]

    @cached_property
    def cov(self) -> Array:
        """(K, K) covariance matrix of the estimates; rows without a standard error are NaN."""
        factor = self.variation.factor()
        matrix = factor.T @ factor
        bad = ~np.isfinite(self.se)
        matrix[bad, :] = matrix[:, bad] = np.nan
        return matrix

    def to_frame(self) -> pd.DataFrame:
        """One row per domain and statistic: estimate, se, ci_low, ci_high, df, deff, n, n_psu, reason."""
        frame = self.domains.copy()
        frame["statistic"] = list(self.statistic)
        for name in ("estimate", "se", "ci_low", "ci_high", "df", "deff", "n", "n_psu"):
            frame[name] = getattr(self, name)
        frame["reason"] = list(self.reason)
        return frame

    def __repr__(self) -> str:
        return f"Estimates ({self.level:.0%} intervals)\n{self.to_frame().to_string(max_rows=20)}"

    def _repr_html_(self) -> str:
        return self.to_frame().to_html(max_rows=30, index=False)


def joined(parts: Sequence[Estimates]) -> Estimates:
    """Estimates of several sets of domains of one sample, as one."""
    if len(parts) == 1:
        return parts[0]
    arrays = {f: np.concatenate([getattr(p, f) for p in parts]) for f in (*_FLOATS, "n", "n_psu", "is_single")}
    texts = {f: tuple(v for p in parts for v in getattr(p, f)) for f in ("statistic", "kinds", "reason")}
    weights = [p.psu_weight for p in parts]
    return replace(
        parts[0], **arrays, **texts, domains=pd.concat([p.domains for p in parts], ignore_index=True),
        variation=beside([p.variation for p in parts]), psu_weight=sparse.csc_matrix(sparse.hstack(weights)),
    )  # fmt: skip


_FLOATS = ("estimate", "se", "ci_low", "ci_high", "df", "deff", "weighting", "cluster_size")


def derive(base: Estimates, source: np.ndarray, value: Array, jacobian: Array, statistic: Sequence[str], *,
           vanishing: bool | np.ndarray, kind: str = "index") -> Estimates:  # fmt: skip
    """Estimates g(base) by the delta method.

    source: (M,) the base estimate that lends its domain, n and df; value: (M,); jacobian: (K, M) d g_m / d base_k;
    vanishing: whether the influences of g sum to zero over a domain (one answer, or (M,))
    """
    made = base._take(source)
    variation = base.variation.transform(np.where(np.isfinite(jacobian), jacobian, 0.0))
    reason = tuple(
        r or ("not defined for these values" if not np.isfinite(v) else
              "one PSU holds the whole domain: its variance cannot be estimated" if lost else "")
        for r, v, lost in zip(made.reason, value, made.is_single & vanishing, strict=True)
    )  # fmt: skip
    se = np.where([r != "" for r in reason], np.nan, np.sqrt(variation.variance()))
    low, high = t_interval(value, se, made.df, base.level)
    nothing = np.full(len(se), np.nan)
    return replace(
        made, statistic=tuple(statistic), kinds=(kind,) * len(se), estimate=value, se=se, ci_low=low, ci_high=high,
        deff=nothing, reason=reason, variation=variation,
    )  # fmt: skip


def covariance(a: Estimate, b: Estimate) -> float:
    """Covariance of two estimates, of the same sample or of two samples that share first-stage units."""
    left, right = a._of.variation.take(np.array([a._at])), b._of.variation.take(np.array([b._at]))
    return float(cross_covariance(left, right)[0, 0])


@dataclass(frozen=True)
class Difference:
    """a - b with its standard error; df is the smaller of the two."""

    estimate: float
    se: float
    ci_low: float
    ci_high: float
    df: float
    covariance: float
    level: float
    domain: Mapping[str, Any]
    statistic: str
    reason: str


@overload
def difference(a: Estimate, b: Estimate, *, independent: bool = False) -> Difference: ...
@overload
def difference(a: Estimates, b: Estimates, *, independent: bool = False) -> pd.DataFrame: ...
def difference(a, b, *, independent=False):
    """a - b, with the covariance through the units both share (villages visited in both years, domains of one sample).

    Of two `Estimates` the same domains and statistics are matched; a frame with one row each comes back.
    independent=True leaves the covariance out (two samples that only happen to use the same codes).
    """
    if isinstance(a, Estimate):
        return _difference(a, b, independent)
    pairs = {_key(e): e for e in b}
    rows = [_difference(e, pairs[_key(e)], independent) for e in a if _key(e) in pairs]
    if not rows:
        raise EstimationError("the two sets of estimates have no domain and statistic in common")
    records = [{**r.domain, **{k: v for k, v in vars(r).items() if k != "domain"}} for r in rows]
    return pd.DataFrame(records)


def _key(e: Estimate) -> tuple:
    return (e.statistic, *(None if pd.isna(v) else v for v in e.domain.values()))


def _difference(a: Estimate, b: Estimate, independent: bool) -> Difference:
    shared = 0.0 if independent else covariance(a, b)
    se = float(np.sqrt(max(a.se**2 + b.se**2 - 2 * shared, 0.0)))
    df, value = min(a.df, b.df), a.estimate - b.estimate
    low, high = t_interval(np.array(value), np.array(se), np.array(df), a.level)
    reason = "; ".join(dict.fromkeys(r for r in (a.reason, b.reason) if r))
    return Difference(value, se, float(low), float(high), df, shared, a.level, a.domain, a.statistic, reason)
