"""Who the list misses: recall, O/E and share listed by group, with the numbers behind them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from evaltools.risk.bootstrap import intervals
from evaltools.risk.metrics import listed
from evaltools.risk.performance import Task

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

    def statistic(w: np.ndarray) -> dict[str, float]:
        part, p = listed(task.scores["model"], w, share), task.scores["model"]
        found = {}
        for name, at in everybody.items():
            events = (w * task.y)[at].sum()
            found[f"{name}|recall"] = (w * task.y * part)[at].sum() / events if events > 0 else np.nan
            expected, size = (w * p)[at].sum(), w[at].sum()
            found[f"{name}|observed_to_expected"] = events / expected if expected > 0 else np.nan
            found[f"{name}|listed"] = (w * part)[at].sum() / size if size > 0 else np.nan
        return found

    clusters = np.unique(task.clusters, return_inverse=True)[1]
    done = intervals(statistic, task.w, clusters, draws=draws, seed=seed)
    rows = []
    for name, at in everybody.items():
        rate = float(np.average(task.y[at], weights=task.w[at])) if task.w[at].sum() > 0 else np.nan
        row = {"group": name, "n": int(at.sum()), "events": int(task.y[at].sum()), "rate": rate, "list_share": share}
        for metric in ("recall", "observed_to_expected", "listed"):
            row[metric], row[f"{metric}_low"], row[f"{metric}_high"] = done[f"{name}|{metric}"]
        rows.append(row)
    return pd.DataFrame(rows)


def findings(table: pd.DataFrame) -> list[GroupFinding]:
    """Groups with 100 events or more whose recall is under a third of the overall."""
    overall = float(table.loc[table["group"] == "all", "recall"].iloc[0])
    bad = table[
        (table["group"] != "all") & (table["events"] >= LEAST_EVENTS) & (table["recall"] < SHARE_OF_OVERALL * overall)
    ]
    return [
        GroupFinding(str(r["group"]), float(r["recall"]), overall, int(r["n"]), int(r["events"]))
        for r in bad.to_dict("records")
    ]
