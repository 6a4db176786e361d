"""One city's part of the province's model: who is at risk, how far the model can be believed here, what to do."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from evaltools.risk import metrics as m
from evaltools.risk.columns import RATIO
from evaltools.risk.faults import RiskInputError
from evaltools.risk.monitored import fairness_groups
from evaltools.risk.performance import Task, curve, measure
from evaltools.risk.province import ProvinceRisk
from evaltools.risk.survival import cohort_survival, spells
from evaltools.risk.watchlist import WatchList, watch_list
from evaltools.risk.wording import word

BUDGET = 0.10
LEAST_EVENTS = 10
BINS = 5


@dataclass(frozen=True)
class CityRisk:
    """Plain results; household rows are in `watch` alone, which never enters a report without disclosure control.

    households: exited at the end of the year. expected: (returns, low, high). history: year, exited, returned, rate.
    classes: monitored class -> households. performance: metrics of predictions by a model that never saw this city
    (empty when fewer than 10 returns are on record). curve: their calibration. reach: score, share, recall with
    interval. drivers: what raises risk here, by term. counties: areas of the list. causes: leading causes by county.
    scenarios, survival: as for the province. groups: recall, O/E and share listed by group. record: plain values.
    """

    city_code: str
    year: int
    households: int
    expected: tuple[float, float, float]
    history: pd.DataFrame
    classes: Mapping[str, int]
    performance: pd.DataFrame
    curve: pd.DataFrame
    reach: pd.DataFrame
    drivers: pd.DataFrame
    watch: WatchList
    counties: pd.DataFrame
    causes: pd.DataFrame
    scenarios: pd.DataFrame
    survival: pd.DataFrame
    groups: pd.DataFrame
    record: Mapping[str, Any]


def city_risk(
    province: ProvinceRisk, city_code: str, *, budget: float = BUDGET, quotas: Mapping[str, float] | None = None
) -> CityRisk:
    """Raises RiskInputError when the city has no exited household at the end of the year."""
    everything = province.sample.take((province.sample.keys["city_code"] == city_code).to_numpy())
    now = everything.at(province.year)
    if not len(now.X):
        raise RiskInputError(
            f"no exited household of {city_code} at the end of {province.year}", todo="the chapter does not apply here"
        )
    groups = fairness_groups(now.X)
    watch = watch_list(
        province.model, now.X, now.keys, budget=budget, groups=groups, quotas=quotas,
        support=now.X[["support_received_yuan", "is_dibao", "main_industry"]],
    )  # fmt: skip
    task, domain, places = _held_out(province, city_code)
    draws, seed = province.record["draws"], province.record["seed"]
    enough = task is not None and min(task.y.sum(), (1 - task.y).sum()) >= LEAST_EVENTS
    performance = measure(task, draws=draws, seed=seed) if task is not None and enough else pd.DataFrame()
    stress = province.scenarios[province.scenarios["area"] == city_code].reset_index(drop=True)
    return CityRisk(
        city_code, province.year, len(now.X), expected_returns(stress), _history(province, city_code),
        _classes(province, city_code), performance, _curve(task, draws, seed) if enough else pd.DataFrame(),
        _reach(performance), drivers(province, now.X), watch, watch.areas, watch.causes(), stress,
        cohort_survival(spells(everything)),
        _group_rows(task, province.sample.X.iloc[places]),
        {"budget": budget, "validated_by": domain, "quotas": dict(quotas or {})},
    )  # fmt: skip


def drivers(province: ProvinceRisk, X: pd.DataFrame) -> pd.DataFrame:
    """What moves risk among these households against the average of the training rows, strongest first: term, zh, en,
    cause, mean_log_odds (their mean difference), spread (mean absolute part), raised_share (parts above log 1.1)."""
    parts = province.model.explain(X).to_frame().drop(columns="baseline")
    rows = []
    for name in parts.columns:
        v, words = parts[name].to_numpy(), word(name)
        rows.append(
            {
                "term": name, "zh": words.zh, "en": words.en, "cause": words.cause, "mean_log_odds": v.mean(),
                "spread": np.abs(v - v.mean()).mean(), "raised_share": (v > np.log(1.1)).mean(),
                "is_income": name == RATIO,
            }
        )  # fmt: skip
    return pd.DataFrame(rows).sort_values("spread", ascending=False, ignore_index=True)


def _known(province: ProvinceRisk) -> tuple[np.ndarray, pd.DataFrame, np.ndarray]:
    """Places in the sample of the rows with a known outcome, their keys and outcomes (features are not copied)."""
    places = np.flatnonzero(~np.isnan(province.sample.y))
    return places, province.sample.keys.iloc[places], province.sample.y[places]


def _held_out(province: ProvinceRisk, city_code: str) -> tuple[Task | None, str, np.ndarray]:
    """Predictions for this city's past by models without this city, or, where cities were not left out, by models of
    earlier years; which of the two; the places of the rows in the sample."""
    places, keys, y = _known(province)
    mine = (keys["city_code"] == city_code).to_numpy()
    how = "area" if "area" in province.report.held else "time"
    held = province.report.held[how]
    at = mine[held.rows]
    rows = held.rows[at]
    if not at.any():
        return None, how, places[rows]
    probabilities = frozenset({"model"} | {r.id for r in held.rules if r.is_probability})
    scores = {k: v[at] for k, v in held.scores.items()}
    clusters = pd.factorize(keys["village_code"].iloc[rows])[0]
    return Task(y[rows], np.ones(len(rows)), clusters, scores, probabilities), how, places[rows]


def _curve(task: Task | None, draws: int, seed: int) -> pd.DataFrame:
    """The calibration curve in as many groups (at most 5, of like expected events) as leave ten events and ten others
    in each: fewer say little, and could not be published."""
    if task is None:
        return pd.DataFrame()
    p = task.scores["model"]
    for count in range(BINS, 0, -1):
        bins = m.bins_of(p, task.w * p, count)
        events, every = np.bincount(bins, task.y, count), np.bincount(bins, minlength=count)
        if min(events.min(), (every - events).min()) >= LEAST_EVENTS:
            break
    else:
        return pd.DataFrame()
    out = curve(task.y, p, task.w, task.clusters, draws=draws, seed=seed, bins=bins, count=count)
    return out.assign(ece=m.ece(task.y, p, task.w), ece_when_perfect=m.ece_when_perfect(p, task.w, seed=seed))


def expected_returns(stress: pd.DataFrame) -> tuple[float, float, float]:
    """(returns within a year, low, high) of the households of a table of scenarios, without any of them."""
    row = stress[stress["reading"] == "learned"].iloc[0]
    return float(row["returns_now"]), float(row["returns_now_low"]), float(row["returns_now_high"])


def _history(province: ProvinceRisk, city_code: str) -> pd.DataFrame:
    _, keys, y = _known(province)
    rows = (keys["city_code"] == city_code).to_numpy()
    table = pd.DataFrame({"year": keys["year"].to_numpy(int)[rows], "returned": y[rows].astype(int)})
    out = table.groupby("year")["returned"].agg(exited="size", returned="sum").reset_index()
    return out.assign(rate=out["returned"] / out["exited"])


def _classes(province: ProvinceRisk, city_code: str) -> dict[str, int]:
    mine = province.classes[province.classes["city_code"] == city_code]
    return {str(r["category"]): int(r["households"]) for r in mine.to_dict("records")}


def _reach(performance: pd.DataFrame) -> pd.DataFrame:
    if performance.empty:
        return performance
    found = performance[performance["metric"].str.startswith("recall@")].copy()
    found["share"] = found["metric"].str.split("@").str[1].astype(float)
    return found[["score", "share", "estimate", "low", "high", "n", "events"]].reset_index(drop=True)


def _group_rows(task: Task | None, X: pd.DataFrame) -> pd.DataFrame:
    """Recall by group on one list of a tenth of this city, from held-out predictions (counts, no intervals: few).
    X : features of the rows of `task`."""
    if task is None:
        return pd.DataFrame()
    part = m.listed(task.scores["model"], task.w, BUDGET)
    out = []
    for name, member in fairness_groups(X).items():
        events = task.y[member].sum()
        expected = task.scores["model"][member].sum()
        out.append(
            {
                "group": name, "n": int(member.sum()), "events": int(events),
                "recall": float((task.y * part)[member].sum() / events) if events else np.nan,
                "observed_to_expected": float(events / expected) if expected > 0 else np.nan,
                "listed": float(part[member].mean()) if member.any() else np.nan,
            }
        )  # fmt: skip
    return pd.DataFrame(out)
