"""Predictions for rows the model has not seen: later periods, and areas left out one at a time."""

from __future__ import annotations

import warnings
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from evaltools.risk.classifier import ReturnRiskClassifier
from evaltools.risk.faults import RiskInputError, RiskWarning
from evaltools.risk.inputs import check_labels, check_weights
from evaltools.risk.simple import SimpleRule, simple_rules


@dataclass(frozen=True)
class Sample:
    """A labelled table. X : the model's columns and any named below. y : (n,) 0/1. w : (n,). clusters, period, area:
    (n,) or None. multiple, monitored: for the simple rules."""

    X: pd.DataFrame
    y: np.ndarray
    w: np.ndarray
    clusters: np.ndarray
    period: np.ndarray | None = None
    area: np.ndarray | None = None
    multiple: float | None = None
    monitored: np.ndarray | None = None

    def take(self, rows: np.ndarray) -> Sample:
        """The same sample with these rows only."""
        pick = {k: None if (v := getattr(self, k)) is None else v[rows] for k in ("period", "area", "monitored")}
        return replace(self, X=self.X.iloc[rows], y=self.y[rows], w=self.w[rows], clusters=self.clusters[rows], **pick)

    def __len__(self) -> int:
        return len(self.y)


def make_sample(
    X: pd.DataFrame, y: Any, *, sample_weight: Any = None, groups: Any = None, period: Any = None, area: Any = None,
    multiple: float | None = None, monitored: Any = None,
) -> Sample:  # fmt: skip
    """Check lengths and turn everything into arrays. Raises RiskInputError."""
    _, events = check_labels(y, len(X))
    extra = {}
    for name, given in (("groups", groups), ("period", period), ("area", area), ("monitored", monitored)):
        extra[name] = None if given is None else np.asarray(given)
        if given is not None and len(extra[name]) != len(X):
            raise RiskInputError(f"{len(X)} rows but {len(extra[name])} of {name}", todo="align them")
    clusters = np.arange(len(X)) if groups is None else pd.factorize(extra["groups"], use_na_sentinel=False)[0]
    return Sample(
        X, events, check_weights(sample_weight, len(X)), clusters, extra["period"], extra["area"], multiple,
        extra["monitored"],
    )  # fmt: skip


@dataclass(frozen=True)
class HeldOut:
    """Rows predicted by models that did not see them. how: "time" or "area". rows : (m,) places in the sample.
    scores: rule id -> (m,); "model" is the model. domain : (m,) period predicted or area left out."""

    how: str
    rows: np.ndarray
    domain: np.ndarray
    scores: dict[str, np.ndarray]
    rules: tuple[SimpleRule, ...]
    skipped: dict[str, str]


def held_out(model: ReturnRiskClassifier, sample: Sample, how: str, *, most_fits: int | None = None) -> HeldOut:
    """Fit on all earlier periods and predict each later one (how="time"), or leave each area out (how="area").

    most_fits: with more areas than this, leave out groups of areas of like size instead of one at a time. A domain
    whose training rows cannot carry a model is skipped and named with the reason. Left-out areas ask how the model
    travels, not when: there the level is set over all periods, not by the newest.
    """
    key = sample.period if how == "time" else sample.area
    if key is None:
        raise RiskInputError(f"no {'period' if how == 'time' else 'area'} was given", todo="pass it to make_sample")
    if how == "area":
        model, sample = _without_time(model, sample)
    rows, parts, rules, skipped = [], [], (), {}
    for values in _domains(key, how, most_fits):
        out = np.flatnonzero(np.isin(key, values))
        into = np.flatnonzero(key < values[0] if how == "time" else ~np.isin(key, values))
        try:
            fitted = fit_on(model, sample.take(into))
        except RiskInputError as error:
            skipped |= {str(v): error.seen for v in values}
            continue
        scores, rules = score_all(fitted, sample.take(into), sample.take(out))
        rows.append(out)
        parts.append(scores)
    if not rows:
        raise RiskInputError(f"no {how} can be held out", detail=[f"{k}: {v}" for k, v in skipped.items()])
    scores = {k: np.concatenate([p[k] for p in parts]) for k in parts[0]}
    index = np.concatenate(rows)
    return HeldOut(how, index, key[index], scores, tuple(rules), skipped)


def _domains(key: np.ndarray, how: str, most_fits: int | None) -> list[np.ndarray]:
    """What is predicted together: each period but the first; each area, or groups of areas."""
    values, sizes = np.unique(key, return_counts=True)
    if how == "time":
        return [np.array([v]) for v in values[1:]]
    if most_fits is None or len(values) <= most_fits:
        return [np.array([v]) for v in values]
    order = np.argsort(-sizes, kind="stable")  # the largest are spread over the groups, like cards
    return [values[order[g::most_fits]] for g in range(most_fits)]


def _without_time(model: ReturnRiskClassifier, sample: Sample) -> tuple[ReturnRiskClassifier, Sample]:
    if model.time is None:
        return model, sample
    settings = {**model.get_params(), "time": None}
    return type(model)(**settings), replace(sample, X=sample.X.drop(columns=[model.time]))


def fit_on(model: ReturnRiskClassifier, sample: Sample) -> ReturnRiskClassifier:
    """A fresh copy fitted on the sample. What it leaves out stands in its `training_`, not in a warning per fit."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RiskWarning)
        return _fresh(model, sample)


def _fresh(model: ReturnRiskClassifier, sample: Sample) -> ReturnRiskClassifier:
    return type(model)(**model.get_params()).fit(sample.X, sample.y, sample_weight=sample.w, groups=sample.clusters)


def score_all(
    fitted: ReturnRiskClassifier, train: Sample, test: Sample
) -> tuple[dict[str, np.ndarray], tuple[SimpleRule, ...]]:
    """Probabilities of the model and scores of the simple rules for the test rows."""
    scores = {"model": fitted.predict_proba(test.X)[:, 1]}
    if fitted.welfare is None or fitted.line is None:
        return scores, ()
    monitored = None if test.monitored is None else "__monitored__"
    rules = simple_rules(
        train.X, train.y, train.w, test.X if monitored is None else test.X.assign(**{monitored: test.monitored}),
        welfare=fitted.welfare, line=fitted.line, multiple=train.multiple, monitored=monitored,
    )  # fmt: skip
    return scores | {r.id: r.score for r in rules}, tuple(rules)
