"""Whom to visit: the households at highest risk under a budget, with quotas, reasons and the measures that fit."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from evaltools.risk.classifier import ReturnRiskClassifier
from evaltools.risk.faults import RiskInputError
from evaltools.risk.measures import matrix
from evaltools.risk.reasons import REST

IDENTITY = re.compile(r"^\d{17}[\dXx]$|^1\d{10}$")  # an identity or a mobile number, not a pseudonym


COLUMNS = (
    "area", "household_id", "rank", "via", "probability", "low", "high", "reasons_zh", "reasons_en", "causes",
    "measures_zh", "measures_en",
)  # fmt: skip


@dataclass(frozen=True)
class WatchList:
    """frame: one row a listed household: area, household_id, rank (within area), via ("risk", "quota:<group>" or
    "list:<group>"), probability, low, high, reasons_zh, reasons_en, causes, measures_zh, measures_en and what was
    passed as `support`. areas: area, households, budget, listed, expected_returns, expected_listed, cut, tied_out.
    shortfalls: (area, group) -> households missing to a quota because the group has no more."""

    frame: pd.DataFrame
    areas: pd.DataFrame
    shortfalls: Mapping[tuple[str, str], int] = field(default_factory=dict)

    def causes(self, by: str = "area") -> pd.DataFrame:
        """Households of the list by area and leading cause: counts, for disclosure control before a report."""
        lead = self.frame["causes"].str.split("|").str[0].replace("", "none_known").fillna("none_known")
        return (
            self.frame.assign(cause=lead)
            .groupby([by, "cause"], observed=True)
            .size()
            .rename("households")
            .reset_index()
        )


def watch_list(
    model: ReturnRiskClassifier, X: pd.DataFrame, keys: pd.DataFrame, *, budget: float | Mapping[str, int] = 0.10,
    by: str | None = "county_code", groups: Mapping[str, np.ndarray] | None = None,
    quotas: Mapping[str, float] | None = None, lists: Mapping[str, float] | None = None,
    support: pd.DataFrame | None = None, reasons: int = 3,
) -> WatchList:  # fmt: skip
    """Rank the households of `X` within each area and list the riskiest.

    keys: `household_id` and the column named `by` (None: one list). budget: a share of each area's households, or
    visits per area. groups: name -> (n,) bool. quotas: group -> least share of each area's list (the group's riskiest
    replace the least risky others). lists: group -> share of the group's households on a second list of its own.
    Equal probabilities at the cut go by lower income against the line, then by pseudonym; `tied_out` counts them.
    """
    _check_ids(keys)
    p = model.predict_proba(X)[:, 1]
    ratio = _ratio(model, X)
    area = np.full(len(X), "all", dtype=object) if by is None else keys[by].to_numpy(dtype=object)
    ids = keys["household_id"].to_numpy(dtype=object)
    order = np.lexsort((ids.astype(str), ratio, -p))
    groups = {k: np.asarray(v, dtype=bool) for k, v in (groups or {}).items()}
    _check_groups(groups, quotas, lists)
    picked, rows, shortfalls = [], [], {}
    for name in sorted({str(a) for a in area}):
        mine = order[area[order].astype(str) == name]
        k = _budget(budget, name, len(mine))
        via, short = _pick(mine, k, groups, quotas or {})
        shortfalls |= {(name, g): s for g, s in short.items()}
        via |= {
            i: f"list:{g}"
            for g, share in (lists or {}).items()
            for i in _second(mine, groups[g], share)
            if i not in via
        }
        chosen = [i for i in mine if i in via]
        picked += [(name, r, i, via[i]) for r, i in enumerate(chosen, start=1)]
        rows.append(_area_row(name, mine, k, chosen, p))
    frame = _describe(model, X, picked, ids, reasons)
    if support is not None:
        index = [i for _, _, i, _ in picked]
        frame = pd.concat([frame, support.iloc[index].reset_index(drop=True)], axis=1)
    return WatchList(frame, pd.DataFrame(rows), shortfalls)


def _check_ids(keys: pd.DataFrame) -> None:
    bad = keys["household_id"].astype(str).str.match(IDENTITY)
    if bad.any():
        raise RiskInputError(
            f"{int(bad.sum())} household_id look like identity or telephone numbers", expected="pseudonyms",
            todo="read the table through evaltools.intake, which replaces them",
        )  # fmt: skip
    if keys["household_id"].duplicated().any():
        raise RiskInputError("a household appears twice", expected="the households of one year", todo="choose one year")


def _check_groups(groups: Mapping[str, np.ndarray], *asked: Mapping[str, float] | None) -> None:
    for one in asked:
        for name, share in (one or {}).items():
            if name not in groups or not 0 < share <= 1:
                raise RiskInputError(
                    f"quota {name!r}: {share!r}",
                    expected=f"a share above 0 up to 1 of one of {', '.join(groups) or 'no group'}",
                    todo="name the group in groups=",
                )  # fmt: skip


def _ratio(model: ReturnRiskClassifier, X: pd.DataFrame) -> np.ndarray:
    plan = model.model_.plan
    if not plan.numbers or not plan.numbers[0].is_monotone:
        return np.zeros(len(X))
    return np.nan_to_num(plan.read(X).numbers[:, 0], nan=np.inf)


def _budget(budget: float | Mapping[str, int], area: str, households: int) -> int:
    if isinstance(budget, Mapping):
        if area not in budget:
            raise RiskInputError(
                f"no budget for area {area!r}", expected="visits for every area", todo="add it to budget="
            )
        return min(int(budget[area]), households)
    if not 0 < budget <= 1:
        raise RiskInputError(f"budget={budget!r}", expected="a share above 0 and at most 1, or visits per area")
    return int(np.ceil(budget * households - 1e-9))


def _pick(
    mine: np.ndarray, k: int, groups: Mapping[str, np.ndarray], quotas: Mapping[str, float]
) -> tuple[dict[int, str], dict[str, int]]:
    """Top k, then for each quota the group's next members replace the least risky that no quota holds."""
    chosen = {int(i): "risk" for i in mine[:k]}
    held: set[int] = set()
    short: dict[str, int] = {}
    for group, share in quotas.items():
        wanted = int(np.ceil(share * k - 1e-9))
        members = [int(i) for i in mine if groups[group][i]]
        held |= set(members[:wanted])
        for i in [m for m in members[:wanted] if m not in chosen]:
            out = next((int(j) for j in mine[::-1] if int(j) in chosen and int(j) not in held), None)
            if out is None:
                break
            del chosen[out]
            chosen[i] = f"quota:{group}"
        missing = wanted - sum(groups[group][i] for i in chosen)
        if missing > 0:
            short[group] = int(missing)
    return chosen, short


def _second(mine: np.ndarray, member: np.ndarray, share: float) -> list[int]:
    group = [int(i) for i in mine if member[i]]
    return group[: int(np.ceil(share * len(group) - 1e-9))]


def _area_row(name: str, mine: np.ndarray, k: int, chosen: list[int], p: np.ndarray) -> dict:
    cut = p[mine[k - 1]] if k else np.nan
    return {
        "area": name, "households": len(mine), "budget": k, "listed": len(chosen),
        "expected_returns": float(p[mine].sum()), "expected_listed": float(p[chosen].sum()) if chosen else 0.0,
        "cut": float(cut), "tied_out": int((p[mine[k:]] == cut).sum()) if k else 0,
    }  # fmt: skip


def _describe(
    model: ReturnRiskClassifier, X: pd.DataFrame, picked: list[tuple], ids: np.ndarray, reasons: int
) -> pd.DataFrame:
    columns = list(COLUMNS)
    if not picked:
        return pd.DataFrame(columns=columns)
    rows = [i for _, _, i, _ in picked]
    part = X.iloc[rows]
    band = model.predict_interval(part)
    top = model.explain(part).top(reasons, only_raising=True)
    top = top[top["term"] != REST]
    said = top.groupby("row").agg({"zh": "；".join, "en": "; ".join})
    causes = top.dropna(subset=["cause"]).groupby("row")["cause"].agg(lambda c: list(dict.fromkeys(c)))
    known = matrix()
    each = [causes.get(r, []) for r in range(len(rows))]
    chosen = [known.for_causes(c) for c in each]
    return pd.DataFrame(
        {
            "area": [a for a, *_ in picked], "household_id": ids[rows], "rank": [r for _, r, *_ in picked],
            "via": [v for *_, v in picked], "probability": model.predict_proba(part)[:, 1], "low": band[:, 0],
            "high": band[:, 1], "reasons_zh": said["zh"].reindex(range(len(rows)), fill_value="").to_numpy(),
            "reasons_en": said["en"].reindex(range(len(rows)), fill_value="").to_numpy(),
            "causes": ["|".join(c) for c in each],
            "measures_zh": ["；".join(known.measures[m].zh for m in c) for c in chosen],
            "measures_en": ["; ".join(known.measures[m].en for m in c) for c in chosen],
        },
        columns=columns,
    )  # fmt: skip
