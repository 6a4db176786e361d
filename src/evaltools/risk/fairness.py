"""Who the list misses: recall, O/E and share listed by group, with the numbers behind them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from evaltools.risk import replicates as many
from evaltools.risk.metrics import listed
from evaltools.risk.performance import Task

SHARE = 0.10  # the list is the riskiest tenth
LEAST_EVENTS = 100  # a group with fewer events is shown, not judged
SHARE_OF_OVERALL = 1 / 3  # recall below this share of the overall raises a finding


@dataclass(frozen=True)
class GroupFinding:
    """A group of `events` events whose recall on one list of the riskiest is under a third of the overall."""

    group: str
    recall: float
    overall: float
    n: int
    events: int


def by_group(task: Task, groups: dict[str, np.ndarray], *, share: float, draws: int, seed: int) -> pd.DataFrame:
    """group, n, events, rate, recall, O/E and share listed with 95 % intervals; the first row, "all", is everybody.

    groups: name -> (n,) bool. The list is one for all: the riskiest `share` of weight.
    """
    everybody = {"all": np.ones(len(task.y), bool), **groups}
    clusters = np.unique(task.clusters, return_inverse=True)[1]
    multiples = many.multiplicities(clusters, draws, seed)
    p, whole = task.scores["model"], listed(task.scores["model"], task.w, share)
    grades = many.Grades.of(p)
    part = _listed_grades(many.drawn_by(multiples, clusters, grades.grade, grades.count, task.w), share)
    rows = []
    for name, at in everybody.items():
        y, w = task.y[at], task.w[at]
        rate = float(np.average(y, weights=w)) if w.sum() > 0 else np.nan
        row = {"group": name, "n": int(at.sum()), "events": int(y.sum()), "rate": rate, "list_share": share}
        hit, size, expected = (
            many.drawn_by(multiples, clusters[at], grades.grade[at], grades.count, v) for v in (w * y, w, w * p[at])
        )
        point = _shares(np.array([w @ (y * whole[at]), w @ y, w @ p[at], w @ whole[at], w.sum()])[:, None])
        sums = [(hit * part).sum(axis=1), hit.sum(axis=1), expected.sum(axis=1), (size * part).sum(axis=1), size.sum(axis=1)]
        drawn = _shares(np.array(sums))
        for metric, value in point.items():
            row[metric] = float(value[0])
            row[f"{metric}_low"], row[f"{metric}_high"] = many.limits(drawn[metric])
        rows.append(row)
    return pd.DataFrame(rows)


def _listed_grades(weight: np.ndarray, share: float) -> np.ndarray:
    """(d, g) the part of each grade that a list of the riskiest `share` takes. weight : (d, g), ascending scores."""
    above = np.cumsum(weight[:, ::-1], axis=1)[:, ::-1] - weight
    room = share * weight.sum(axis=1, keepdims=True) - above
    return np.clip(np.divide(room, weight, out=np.zeros_like(weight), where=weight > 0), 0, 1)


def _shares(sums: np.ndarray) -> dict[str, np.ndarray]:
    """recall, O/E, share listed from (5, d): events listed, events, expected, weight listed, weight; NaN over nothing."""
    caught, events, expected, on_list, size = sums
    with np.errstate(divide="ignore", invalid="ignore"):
        return {
            "recall": np.where(events > 0, caught / events, np.nan),
            "observed_to_expected": np.where(expected > 0, events / expected, np.nan),
            "listed": np.where(size > 0, on_list / size, np.nan),
        }


def findings(table: pd.DataFrame) -> list[GroupFinding]:
    """Groups with 100 events or more whose recall is under a third of the overall."""
    overall = float(table.loc[table["group"] == "all", "recall"].iloc[0])
    bad = table[(table["group"] != "all") & (table["events"] >= LEAST_EVENTS) & (table["recall"] < SHARE_OF_OVERALL * overall)]
    return [
        GroupFinding(str(r["group"]), float(r["recall"]), overall, int(r["n"]), int(r["events"])) for r in bad.to_dict("records")
    ]
