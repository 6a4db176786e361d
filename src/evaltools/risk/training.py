"""From checked rows to a calibrated model: thin, check, choose the form, fit, calibrate on rows held back."""

from __future__ import annotations

import warnings
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from evaltools.risk import checks
from evaltools.risk.columns import Plan, make_plan, to_numbers
from evaltools.risk.combine import (
    PENALTIES,
    Additive,
    Rows,
    fit_both,
    fit_simple,
    held_back_scores,
    log_loss,
)  # fmt: skip
from evaltools.risk.faults import RiskInputError, RiskWarning
from evaltools.risk.folds import Split, cluster_codes, cluster_folds, later_folds, row_hash, thinned
from evaltools.risk.link import calibrated_link, level_for

if TYPE_CHECKING:
    from evaltools.risk.classifier import ReturnRiskClassifier

MOST_FOLDS = ((25_000, 2), (2_000, 3))  # with so many events half, or two thirds, of the rows say what four fifths say
SURE_EVENTS = 100
REFERENCE_POINTS = 2_000


@dataclass(frozen=True)
class Fitted:
    """model, a plain record of how it was made, and the training population's log-odds (for later updates)."""

    model: Additive
    record: dict[str, Any]
    reference: dict[str, np.ndarray]


def train(spec: ReturnRiskClassifier, frame: pd.DataFrame, y: np.ndarray, w: np.ndarray, groups: Any) -> Fitted:
    """Raises RiskInputError when the rows cannot carry a model; warns of columns left out by a stated rule."""
    period = None if spec.time is None else _period(frame, spec.time)
    plan = make_plan(
        frame,
        welfare=spec.welfare,
        line=spec.line,
        money=spec.money,
        skip=() if spec.time is None else (spec.time,),
    )
    clusters = _clusters(groups, len(frame))
    counted = np.flatnonzero(w > 0)
    _check_events(y[counted], spec.min_events)
    rows, weights = thinned(y[counted], w[counted] / w[counted].mean(), spec.max_rows, spec.random_state)
    rows = counted[rows]
    data = Rows(plan.read(frame.iloc[rows]), y[rows], weights, np.unique(clusters[rows], return_inverse=True)[1])
    if spec.min_events >= 30:
        plan, data, notes = checks.check_rank_and_separation(plan, data)
    else:
        notes = {}
    left_out = {**plan.left_out, **notes}
    for column, reason in left_out.items():
        if column != spec.time:
            warnings.warn(f"column {column!r} is not used: {reason}", RiskWarning, stacklevel=4)
    keys = _keys(data, groups is None, spec.random_state)
    when = None if period is None else period[rows]
    whole = None
    if len(rows) < len(counted):
        whole = Rows(plan.read(frame.iloc[counted]), y[counted], w[counted], clusters[counted])
    model, form = _fit_and_calibrate(spec, plan, data, keys, when, whole)
    record = {
        **form, "rows": len(frame), "rows_fitted": len(rows), "rows_flexible": len(counted), "events": int(y[counted].sum()),
        "rate": float(np.average(y, weights=w)), "clusters": len(np.unique(clusters)), "left_out": left_out,
        "time": spec.time, "newest": None if when is None else float(when.max()),
    }  # fmt: skip
    return Fitted(model, record, _reference(model, data, when))


def _period(frame: pd.DataFrame, time: str) -> np.ndarray:
    if time not in frame.columns:
        raise RiskInputError(f"time={time!r} is not a column", expected="a column with the period of each row")
    out = to_numbers(frame[time])
    if np.isnan(out).any():
        raise RiskInputError(f"the period {time!r} is missing in {int(np.isnan(out).sum())} row(s)", todo="date every row")
    return out


def _clusters(groups: Any, n: int) -> np.ndarray:
    out = cluster_codes(groups, n)
    if len(out) != n:
        raise RiskInputError(f"{n} rows but {len(out)} groups", expected="one group a row", todo="align them")
    return out


def _check_events(y: np.ndarray, least: int) -> None:
    events, others = int(y.sum()), int(len(y) - y.sum())
    if min(events, others) == 0:
        raise RiskInputError("only one class has positive weight", todo="check the weights and the label")
    if min(events, others) < least:
        raise RiskInputError(
            f"{events} event(s) and {others} non-event(s)", expected=f"at least {least} of each (min_events)",
            todo="pool more years or areas: a model on so few events is a guess",
        )  # fmt: skip


def _keys(data: Rows, own: bool, seed: int) -> np.ndarray:
    """A hash per cluster, or per row content where there are no clusters: order-free, repeated rows stay together."""
    if not own:
        return row_hash([data.clusters.astype(float)], seed)
    return row_hash([*data.terms.numbers.T, *data.terms.codes.T.astype(float)], seed)


def _fit_and_calibrate(
    spec: ReturnRiskClassifier, plan: Plan, data: Rows, keys: np.ndarray, when: np.ndarray | None, whole: Rows | None
) -> tuple[Additive, dict[str, Any]]:
    splits = _splits(data, keys, when, spec)
    small = min(data.y.sum(), len(data.y) - data.y.sum()) < spec.simple_below
    form: dict[str, Any] = {"form": "both"}
    if small:
        penalty, losses = _choose_penalty(plan, data, splits)
        form = {"form": "simple", "penalty": penalty, "held_back_log_loss": losses}
        fit = lambda rows: fit_simple(plan, rows, penalty)  # noqa: E731
    else:
        fit = lambda rows: fit_both(plan, rows, spec.random_state)  # noqa: E731
    model = fit(data) if small or whole is None else fit_both(plan, data, spec.random_state, whole)
    if not splits or form.get("penalty") == np.inf:  # income alone by maximum likelihood needs no further slope
        return model, {**form, "calibrated_on": "its own rows"}
    index, scores = held_back_scores(fit, data, splits)
    link = calibrated_link(scores, data.y[index], data.w[index], data.clusters[index])
    newest = slice(None) if when is None else when == when.max()
    own = model.score(data.terms)[newest]
    rate = float(np.average(data.y[newest], weights=data.w[newest]))
    link = replace(link, level=link.level + level_for(link(own), data.w[newest], rate))
    on = "whole clusters held back" if when is None else "later periods; level of the newest"
    found = {"calibrated_on": on, "slope": link.slope, "bend": link.bend, "knot": link.knot}
    return replace(model, link=link), {**form, **found}


def _splits(data: Rows, keys: np.ndarray, when: np.ndarray | None, spec: ReturnRiskClassifier) -> list[Split]:
    if when is not None:
        later = later_folds(when, data.y, spec.min_events)
        if later:
            return later
    events = min(data.y.sum(), len(data.y) - data.y.sum())
    enough = next((folds for least, folds in MOST_FOLDS if events >= least), spec.folds)
    k = int(min(spec.folds, enough, events, len(np.unique(keys))))
    return cluster_folds(keys, data.y, k) if k >= 2 else []


def _choose_penalty(plan: Plan, data: Rows, splits: list[Split]) -> tuple[float, dict[str, float]]:
    """The heaviest penalty whose held-back log-loss is within one standard error of the least (infinite: income alone).

    Below 100 events it is income alone wherever there is income: the choice itself would be a gamble.
    """
    tried = [*([np.inf] if any(t.is_monotone for t in plan.terms) else []), *reversed(PENALTIES)]
    if not splits:
        return 10.0, {}
    if np.isinf(tried[0]) and data.y.sum() < SURE_EVENTS:
        return np.inf, {}
    losses = {}
    for penalty in tried:
        index, loss = [], []
        for into, out in splits:
            model = fit_simple(plan, data.take(into), penalty)
            index.append(out)
            loss.append(log_loss(model.log_odds(data.terms.take(out)), data.y[out]) * data.w[out])
        order = np.argsort(np.concatenate(index))
        losses[penalty] = np.concatenate(loss)[order]
    best = min(tried, key=lambda p: losses[p].mean())
    chosen = next(p for p in tried if _is_level(losses[p] - losses[best]))
    return float(chosen), {f"{p:g}": float(v.mean()) for p, v in losses.items()}


def _is_level(excess: np.ndarray) -> bool:
    """Whether a loss is within one standard error of the best."""
    return bool(excess.mean() <= excess.std() / np.sqrt(len(excess)))


def _reference(model: Additive, data: Rows, when: np.ndarray | None) -> dict[str, np.ndarray]:
    """Weighted quantiles of the training log-odds: enough to move the level later without the rows."""
    rows = np.ones(len(data.y), bool) if when is None else when == when.max()
    eta, w = model.log_odds(data.terms.take(rows)), data.w[rows]
    order = np.argsort(eta, kind="stable")
    share = (np.cumsum(w[order]) - 0.5 * w[order]) / w.sum()
    at = (np.arange(REFERENCE_POINTS) + 0.5) / REFERENCE_POINTS
    return {"log_odds": np.interp(at, share, eta[order]), "weights": np.ones(REFERENCE_POINTS)}
