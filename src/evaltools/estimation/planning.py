"""Sample sizes: for a wanted precision, or for the power to decide a limit; allocation to strata; what a budget
leaves open.

Sizes are in households. `plan` says for each city and objective how many to visit and how many villages that
takes; nothing here knows a policy: limits, shares of groups and minima are options.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
from scipy import special

from evaltools.errors import EstimationError
from evaltools.estimation import wording
from evaltools.estimation.cells import missing_columns, numeric
from evaltools.estimation.expr import Array
from evaltools.estimation.limits import LOWER, UPPER
from evaltools.estimation.sizes import power_to_decide, size_for_precision, size_for_verdict
from evaltools.estimation.units import rows_text


@dataclass(frozen=True)
class Objective:
    """What a sample is to show: that a rate is on one side of a limit, or the rate within a margin.

    expected: the rate one reckons with; group: the households it is about (None: all); power: chance of a verdict
    """

    name: str
    expected: float
    limit: float | None = None
    comparison: str = "<="
    margin: float | None = None
    group: str | None = None
    power: float = 0.80
    level: float = 0.95

    def __post_init__(self) -> None:
        if (self.limit is None) == (self.margin is None):
            raise EstimationError(f"objective {self.name!r}", expected="either a limit or a margin")
        if not 0 <= self.expected <= 1:
            raise EstimationError(f"objective {self.name!r} expects {self.expected}", expected="a rate from 0 to 1")
        if self.comparison not in UPPER + LOWER:
            raise EstimationError(f"comparison {self.comparison!r}", expected="one of < <= > >=")


@dataclass(frozen=True)
class PlanOptions:
    """How a city is sampled. per_village: households visited in a village; groups: their shares of the visits;
    weighting: design effect of unequal weights; costs in yuan."""

    per_village: int = 20
    rho: float = 0.05
    weighting: float = 1.0
    response_rate: float = 0.95
    groups: Mapping[str, float] = field(default_factory=dict)
    min_villages: int = 2
    min_households: int = 20
    village_cost: float = 0.0
    household_cost: float = 0.0
    budget: float | None = None

    def __post_init__(self) -> None:
        if self.groups and not np.isclose(sum(self.groups.values()), 1):
            raise EstimationError(f"shares of groups {dict(self.groups)}", expected="shares that add up to 1")
        if not 0 < self.response_rate <= 1 or not 0 <= self.rho <= 1 or self.weighting < 1 or self.per_village < 1:
            raise EstimationError(f"{self}", expected="0 < response_rate <= 1, 0 <= rho <= 1, weighting >= 1")

    def share(self, group: str | None) -> float:
        if group is None:
            return 1.0
        if group not in self.groups:
            raise EstimationError(f"no share for group {group!r}", expected=f"one of {', '.join(self.groups)}")
        return self.groups[group]

    def design_effect(self, group: str | None) -> float:
        """Of the households of a group: weighting x (1 + (m - 1) rho), m of them in a village."""
        return self.weighting * (1 + max(self.per_village * self.share(group) - 1, 0) * self.rho)


@dataclass(frozen=True)
class SamplePlan:
    """objectives: one row per city and objective; strata: villages and households to draw; notes: what stays open."""

    objectives: pd.DataFrame
    strata: pd.DataFrame
    notes: tuple[str, ...]
    options: PlanOptions


def plan(villages: pd.DataFrame, objectives: Sequence[Objective], options: PlanOptions, *, city: str = "city_code",
         stratum: str = "county_code", size: str = "hukou_households", lang: str = "en") -> SamplePlan:  # fmt: skip
    """Sizes by city and stratum from a frame of villages (one row each). lang: of the notes, "zh" or "en"."""
    missing_columns(villages.columns, (city, stratum, size))
    households = _sizes(villages, size)
    frame = villages[[city, stratum]].assign(households=households)
    rows, strata, notes = [], [], []
    for code, part in frame.groupby(city, sort=True):
        place = wording.city_name(str(code), lang)
        wanted = {o.name: _visits(o, options) for o in objectives}
        needed = max((v for v in wanted.values() if v is not None), default=0)
        counts, short = _allocate(part.groupby(stratum)["households"].agg(["size", "sum"]), needed, options, lang)
        cost = _cost(counts, options)
        if options.budget is not None and cost > options.budget:
            counts, cost, said = _affordable(part, stratum, options, lang)
            notes += [f"{place}: {said}"] if said else []
        notes += [f"{place}: {short}"] if short else []
        visits = int(counts["households"].sum())
        for o in objectives:
            row = _objective_row(o, options, wanted[o.name], visits, lang)
            rows.append({"city": code, **row, "villages": int(counts["villages"].sum()), "cost": cost})
            if not row["is_reached"]:
                notes.append(f"{place}: {o.name}: {row['note']}")
        strata.append(counts.reset_index().assign(city=code))
    table = pd.concat(strata, ignore_index=True).rename(columns={stratum: "stratum"})
    whole = [largest_remainder(np.array(list(options.groups.values())), per) for per in table["per_village"]]
    for i, group in enumerate(options.groups):
        table[f"{group}_per_village"] = [w[i] for w in whole]
    return SamplePlan(pd.DataFrame(rows), table[["city", *[c for c in table if c != "city"]]], tuple(notes), options)


def _visits(o: Objective, options: PlanOptions) -> int | None:
    """Households of all groups to visit in a city for an objective."""
    if o.margin is not None:
        n = size_for_precision(o.expected, o.margin, level=o.level)
    else:
        n = size_for_verdict(o.expected, float(o.limit or 0.0), o.comparison, power=o.power, level=o.level)
    if n is None:
        return None
    return int(np.ceil(n * options.design_effect(o.group) / options.share(o.group) / options.response_rate))


def _objective_row(o: Objective, options: PlanOptions, wanted: int | None, visits: int, lang: str) -> dict:
    """What an objective needs, and what the visits planned achieve."""
    n = visits * options.response_rate * options.share(o.group) / options.design_effect(o.group)
    row = {
        "objective": o.name, "group": o.group, "expected": o.expected, "limit": o.limit, "margin": o.margin,
        "design_effect": options.design_effect(o.group), "households_needed": wanted, "households": visits,
        "n_effective": n,
    }  # fmt: skip
    if o.margin is not None:
        achieved = float(special.ndtri((1 + o.level) / 2) * np.sqrt(o.expected * (1 - o.expected) / max(n, 1e-9)))
        reached, note = achieved <= o.margin * 1.005, wording.say("margin", lang, p=achieved, n=visits)
    else:
        achieved = float(power_to_decide(np.array(n), o.expected, float(o.limit or 0.0), o.comparison, o.level))
        reached = achieved >= o.power
        why = "on_limit" if o.expected == o.limit else "cannot" if achieved == 0 else "chance"
        note = wording.say(why, lang, p=achieved, n=visits)
    return {**row, "achieved": achieved, "is_reached": reached, "note": "" if reached else note}


def _allocate(strata: pd.DataFrame, needed: int, options: PlanOptions, lang: str) -> tuple[pd.DataFrame, str]:
    """Villages by stratum in proportion to households, with the minimum in each; at most those that exist."""
    wanted = max(int(np.ceil(needed / options.per_village)), 1)
    villages = np.minimum(largest_remainder(strata["sum"].to_numpy(float), wanted), strata["size"])
    villages = np.minimum(np.maximum(villages, options.min_villages), strata["size"]).astype(int)
    while villages.sum() < min(wanted, strata["size"].sum()):  # strata that ran out pass their villages on
        room = (strata["size"] - villages).to_numpy()
        weight = np.where(room > 0, strata["sum"], 0.0)
        villages = np.minimum(villages + largest_remainder(weight, wanted - int(villages.sum())), strata["size"])
    per = max(options.per_village, int(np.ceil(options.min_households / options.min_villages)))
    short = "" if villages.sum() >= wanted else wording.say(
        "few_villages", lang, wanted=wanted, exist=int(strata["size"].sum())
    )  # fmt: skip
    counts = pd.DataFrame({"villages": villages.astype(int), "per_village": per}, index=strata.index)
    return counts.assign(households=counts["villages"] * per), short


def _affordable(
    part: pd.DataFrame, stratum: str, options: PlanOptions, lang: str
) -> tuple[pd.DataFrame, float, str]:
    """The allocation that the budget pays for, never below the minimum of villages."""
    assert options.budget is not None
    strata = part.groupby(stratum)["households"].agg(["size", "sum"])
    price = options.village_cost + options.per_village * options.household_cost
    counts, _ = _allocate(strata, int(options.budget // price) * options.per_village, options, lang)
    cost = _cost(counts, options)
    over = "" if cost <= options.budget else wording.say("above_budget", lang, cost=cost, budget=options.budget)
    return counts, cost, over


def _cost(counts: pd.DataFrame, options: PlanOptions) -> float:
    return float(counts["villages"].sum() * options.village_cost + counts["households"].sum() * options.household_cost)


def largest_remainder(weight: Array, total: int) -> Array:
    """Whole numbers in proportion to weights that add up to total (Hamilton's method)."""
    weight = np.asarray(weight, float)
    exact = weight / weight.sum() * total if weight.sum() > 0 else np.zeros(len(weight))
    whole = np.floor(exact).astype(int)
    order = np.argsort(-(exact - whole), kind="stable")
    whole[order[: total - whole.sum()]] += 1
    return whole


def _sizes(villages: pd.DataFrame, size: str) -> Array:
    value = numeric(villages, size)
    wrong = ~(value > 0)
    if wrong.any():
        raise EstimationError(
            f"{size!r} is missing or not positive in {int(wrong.sum())} villages",
            where=rows_text(villages.index[wrong]), expected="the number of households of each village",
            todo="complete the frame, or leave these villages out and say so",
        )  # fmt: skip
    return value
