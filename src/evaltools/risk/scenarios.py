"""Stress scenarios: predicted returns if something happened, by area, with intervals and the assumption in words.

The treatment paradox. Households that are helped more look safe, or look at risk, for reasons that helping does not
change: they were chosen. So the withdrawal of support is not read off the model's term for support. It is put through
income, by arithmetic, with that term held at the average household ("neutral"); what the model's own term would say is
computed beside it ("learned"), and the two are reported together as a range of what cannot be known from such data.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
import pandas as pd
from scipy import sparse
from scipy.special import expit

from evaltools.errors import RuleBookError, nearest
from evaltools.risk.classifier import ReturnRiskClassifier
from evaltools.risk.columns import Terms
from evaltools.risk.combine import Additive
from evaltools.risk.design import build
from evaltools.risk.faults import RiskInputError
from evaltools.risk.wording import read_yaml

TOGETHER = 20  # draws computed in one product: more only fills memory
LEAST_INCOME = 0.05  # a change never takes more than 95 % of a household's income
KEYS = {
    "zh",
    "en",
    "assumption_zh",
    "assumption_en",
    "support",
    "lost",
    "lost_all",
    "lost_amount",
    "only_if",
    "set",
    "add",
}
SUPPORT = "support_received_yuan"


@dataclass(frozen=True)
class Scenario:
    """One what-if. lost: income share column -> fraction of it lost (negative: gained). amount: (column, fraction)."""

    id: str
    zh: str
    en: str
    assumption_zh: str
    assumption_en: str
    lost: Mapping[str, float]
    lost_all: float
    amount: tuple[str, float] | None
    only_if: tuple[str, float] | None
    changes: Mapping[str, str]
    adds: Mapping[str, float]
    is_support_neutral: bool


@cache
def scenarios() -> dict[str, Scenario]:
    """The scenarios of scenarios.yaml. Raises RuleBookError for an unknown key or a missing assumption."""
    return {name: read_scenario(name, entry) for name, entry in read_yaml("scenarios.yaml").items()}


def read_scenario(name: str, entry: Mapping[str, Any]) -> Scenario:
    """One entry, checked."""
    unknown = sorted(set(entry) - KEYS)
    if unknown or not {"zh", "en", "assumption_zh", "assumption_en"} <= set(entry):
        raise RuleBookError(
            f"scenario {name!r}: {'unknown key ' + unknown[0] if unknown else 'the assumption is not in words'}",
            expected=nearest(unknown[0], KEYS) if unknown else "zh, en, assumption_zh, assumption_en",
        )  # fmt: skip
    amount, only = entry.get("lost_amount"), entry.get("only_if")
    return Scenario(
        name, entry["zh"], entry["en"], entry["assumption_zh"], entry["assumption_en"],
        {k: float(v) for k, v in entry.get("lost", {}).items()}, float(entry.get("lost_all", 0)),
        (amount["column"], float(amount["fraction"])) if amount else None,
        (only["column"], float(only["above"])) if only else None,
        dict(entry.get("set", {})), {k: float(v) for k, v in entry.get("add", {}).items()},
        entry.get("support") == "neutral",
    )  # fmt: skip


def apply(scenario: Scenario, X: pd.DataFrame, *, welfare: str, persons: str = "persons") -> pd.DataFrame:
    """The table as it would be. X is not changed; only households the scenario concerns are."""
    needed = [
        *scenario.lost,
        *scenario.changes,
        *scenario.adds,
        *([scenario.amount[0], persons] if scenario.amount else []),
    ]
    absent = sorted({c for c in needed if c not in X.columns})
    if absent:
        raise RiskInputError(
            f"scenario {scenario.id!r} needs the column(s) {', '.join(absent)}", todo="give them, or leave it out"
        )
    hit = np.ones(len(X), bool)
    if scenario.only_if is not None:
        hit = X[scenario.only_if[0]].to_numpy(dtype=float, na_value=np.nan) > scenario.only_if[1]
    out = X.copy()
    income = X[welfare].to_numpy(dtype=float, na_value=np.nan)
    loss = np.full(len(X), scenario.lost_all)
    for column, fraction in scenario.lost.items():
        loss += fraction * np.nan_to_num(X[column].to_numpy(dtype=float, na_value=np.nan))
    after = income * np.maximum(1 - loss, LEAST_INCOME)
    if scenario.amount is not None:
        column, fraction = scenario.amount
        each = X[column].to_numpy(dtype=float, na_value=np.nan) / X[persons].to_numpy(dtype=float, na_value=np.nan)
        after = np.maximum(after - fraction * np.nan_to_num(each), LEAST_INCOME * np.maximum(income, 0))
    out[welfare] = np.where(hit, after, income)
    for column, value in scenario.changes.items():
        new = value if out[column].dtype == object or pd.api.types.is_string_dtype(out[column]) else float(value)
        out[column] = out[column].where(~hit, new)
    for column, value in scenario.adds.items():
        out[column] = out[column].astype("Float64").where(~hit, out[column].astype("Float64") + value)
    return out


def stress(
    model: ReturnRiskClassifier, X: pd.DataFrame, area: Any, *, which: tuple[str, ...] | None = None, draws: int = 200,
    seed: int = 0,
) -> pd.DataFrame:  # fmt: skip
    """One row per scenario, reading and area ("all" too): households, predicted returns now and then, the increase,
    each with a 95 % interval of model uncertainty (the same draws now and then), and the assumption in words."""
    if model.welfare is None:
        raise RiskInputError("the model has no welfare column, so incomes cannot be stressed", todo="fit with welfare=")
    chosen = scenarios() if which is None else {k: _named(k) for k in which}
    codes, names = pd.factorize(np.asarray(area, dtype=object), sort=True)
    now = _draws(model, X, codes, len(names), draws, seed, neutral=False)
    rows = []
    for one in chosen.values():
        changed = apply(one, X, welfare=model.welfare)
        for reading in ("neutral", "learned") if one.is_support_neutral else ("learned",):
            base = _draws(model, X, codes, len(names), draws, seed, neutral=True) if reading == "neutral" else now
            then = _draws(model, changed, codes, len(names), draws, seed, neutral=reading == "neutral")
            rows += _rows(one, reading, names, codes, base, then)
    return pd.DataFrame(rows)


def _named(name: str) -> Scenario:
    if name not in scenarios():
        raise RiskInputError(f"no scenario {name!r}", expected=nearest(name, scenarios()))
    return scenarios()[name]


def _rows(one: Scenario, reading: str, names: Any, codes: np.ndarray, base: np.ndarray, then: np.ndarray) -> list[dict]:
    """base, then : (draws + 1, areas) expected returns; row 0 is the point estimate."""
    sizes = np.bincount(codes, minlength=len(names))
    out = []
    for label, b, t, n in [
        *zip(names, base.T, then.T, sizes, strict=True), ("all", base.sum(axis=1), then.sum(axis=1), len(codes))
    ]:  # fmt: skip
        row = {"scenario": one.id, "reading": reading, "area": label, "households": int(n)}
        for key, v in (("returns_now", b), ("returns_then", t), ("increase", t - b)):
            row[key] = float(v[0])
            row[f"{key}_low"], row[f"{key}_high"] = (float(q) for q in np.quantile(v[1:], [0.025, 0.975]))
        out.append(row | {"assumption_zh": one.assumption_zh, "assumption_en": one.assumption_en})
    return out


def _draws(
    model: ReturnRiskClassifier, X: pd.DataFrame, codes: np.ndarray, areas: int, draws: int, seed: int, *, neutral: bool
) -> np.ndarray:
    """(draws + 1, areas) expected returns under draws of what the model is unsure of: the interpretable member's
    coefficients, which member is right, and the link. One draw moves all households together."""
    fitted = model.model_
    terms = fitted.plan.read(_without_support(X) if neutral else X)
    rng = np.random.default_rng(seed)
    beta = rng.multivariate_normal(np.zeros(len(fitted.logit.beta)), fitted.logit.cov, size=draws, method="cholesky")
    link = rng.multivariate_normal(np.zeros(3), fitted.link.cov, size=draws, method="eigh")
    member = rng.normal(size=draws)
    out = np.zeros((draws + 1, areas))
    for rows in np.array_split(np.arange(len(terms)), max(1, len(terms) // 50_000)):
        out += _chunk(model, fitted, terms.take(rows), codes[rows], areas, beta, link, member)
    return out


def _chunk(
    model: ReturnRiskClassifier, fitted: Additive, terms: Terms, codes: np.ndarray, areas: int, beta: np.ndarray,
    link: np.ndarray, member: np.ndarray,
) -> np.ndarray:  # fmt: skip
    s = fitted.score(terms)
    eta, local = fitted.link(s), fitted.link.local(s)
    apart = np.zeros(len(s)) if fitted.apart is None else 0.5 * fitted.parts(terms, fitted.apart).sum(axis=1)
    design = build(fitted.plan, list(fitted.logit.pieces), terms)
    bases = np.column_stack([np.ones(len(s)), s, np.maximum(s - fitted.link.knot, 0.0)])
    shift, slope = model.last_update
    member_of = sparse.csr_array((np.ones(len(s)), (codes, np.arange(len(s)))), shape=(areas, len(s)))
    out = np.empty((len(beta) + 1, areas))
    out[0] = member_of @ expit(shift + slope * eta)
    for some in np.array_split(np.arange(len(beta)), max(1, len(beta) // TOGETHER)):
        moved = design @ beta[some].T + apart[:, None] * member[some]
        moved = eta[:, None] + local[:, None] * moved + bases @ link[some].T
        out[some + 1] = (member_of @ expit(shift + slope * moved)).T
    return out


def _without_support(X: pd.DataFrame) -> pd.DataFrame:
    """Support as not recorded: its term then counts as the average household's."""
    return X.assign(**{SUPPORT: np.nan}) if SUPPORT in X.columns else X
