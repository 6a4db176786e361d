"""The border of this room: the model's results as tables that may be published.

Counts of households pass `indicators.disclosure.protect` with their complements. Shares and recalls are printed only
where the counts that follow from them may be.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

import numpy as np
import pandas as pd

from evaltools.indicators.disclosure import MIN_CELL, protect
from evaltools.risk.card import model_card
from evaltools.risk.city import CityRisk, expected_returns
from evaltools.risk.measures import Label, matrix
from evaltools.risk.province import ProvinceRisk
from evaltools.risk.published import CityTables, ModelTables
from evaltools.risk.scenarios import scenarios
from evaltools.risk.updates import DatedUpdate
from evaltools.terms import MonitoringCategory

SCORES = ["score", "metric", "estimate", "low", "high", "difference", "difference_low", "difference_high"]
GROUP_METRICS = ["recall", "observed_to_expected", "listed"]
ALL = "all"
MOST_DRIVERS = 8
NO_CAUSE = Label("none_known", "没有突出的单一原因", "no single leading cause")


def publish_city(province: ProvinceRisk, city: CityRisk, rules: Any) -> CityTables:
    """The results of one city. `rules` holds the smallest count that may be published."""
    least = int(rules[MIN_CELL].value)
    reach, performance = _reach(city.reach, least), city.performance
    enough = not performance.empty and not city.curve.empty
    if enough:
        keep = ~performance["metric"].str.contains("@", regex=False)
        performance = performance.loc[keep, SCORES].reset_index(drop=True)
    many = city.households >= least
    return CityTables(
        city.city_code, city.households if many else None, city.expected if many else None, _history(city.history, rules),
        _classes(city, rules), performance, *_sizes(city), _curve(city.curve, rules),
        (float(city.curve["ece"].iloc[0]), float(city.curve["ece_when_perfect"].iloc[0])) if enough else None,
        reach, _drivers(city.drivers, city.households, rules), _lists(city.counties, rules), _causes(city.causes, rules),
        _scenarios(city.scenarios) if many else pd.DataFrame(), _survival(city.survival, rules),
        model_card(province, city), float(city.record["budget"]),
    )  # fmt: skip


def publish_model(province: ProvinceRisk, cities: tuple[str, ...], rules: Any) -> ModelTables:
    """The results of the province."""
    report, record = province.report, province.record
    least = int(rules[MIN_CELL].value)
    overall = report.overall[["how", *SCORES, "n", "events"]].reset_index(drop=True)
    time = overall[overall["how"] == "time"]
    listed = time["metric"].str.startswith("recall@")
    reach = time[listed].assign(share=time["metric"].str.split("@").str[1].where(listed).astype(float))
    last = province.monitor.table.iloc[-1]
    monitor = {k: float(last[k]) for k in ("period", "n", "events", "observed_to_expected", "observed_to_expected_low",
                                           "observed_to_expected_high")} | {"state": province.monitor.state.value}  # fmt: skip
    training = record["training"]
    return ModelTables(
        overall[~overall["metric"].str.contains("@", regex=False)].reset_index(drop=True), _reach(reach, least),
        _groups(report.groups, rules), monitor, _update(province.update), province.update.state.value,
        tuple(sorted({f.group for f in report.findings})), report.earns_its_place(), int(record["draws"]), cities,
        model_card(province), *_together(province), _cohorts(province.survival, rules), _hazard(province.hazard),
        _vulnerability(record["vulnerability"], least),
        {"rows": training["rows"], "events": training["events"], "form": training["form"], "multiple": record["multiple"],
         "line_yuan": record["line_yuan"], "seed": record["seed"], "digest": record["digest"],
         **{k: v for k, v in report.record.items() if k.endswith("_ece_when_perfect")}},
    )  # fmt: skip


def _update(update: DatedUpdate) -> dict[str, Any]:
    return {k: v for k, v in asdict(update).items() if k not in ("state", "period")}


def _together(province: ProvinceRisk) -> tuple[int, tuple[float, float, float], pd.DataFrame]:
    """Households, expected returns and scenarios of all cities: sums of probabilities, with intervals of the sums."""
    stress = province.scenarios[province.scenarios["area"] == ALL].reset_index(drop=True)
    return int(stress["households"].iloc[0]), expected_returns(stress), _scenarios(stress)


def _vulnerability(found: Mapping[str, float], least: int) -> dict[str, float | None]:
    """The description of the year as means and shares; the share only where the counts behind it may be printed."""
    if not found or found["n"] < least:
        return {}
    many = printable(np.array([float(found["vulnerable"])]), float(found["n"]), least)[0]
    left = found["left_out"]
    return {"n": found["n"] if left == 0 or left >= least else None, "mean": found["mean"], "r2": found["r2"],
            "share": found["vulnerable"] / found["n"] if many else None}  # fmt: skip


def _sizes(city: CityRisk) -> tuple[int | None, int | None]:
    if city.performance.empty:
        return None, None
    first = city.performance.iloc[0]
    return int(first["n"]), int(first["events"])


def _history(history: pd.DataFrame, rules: Any) -> pd.DataFrame:
    """Exited households of each year and how many of them returned in the next; the last row sums the years."""
    table = history[["year", "exited", "returned"]].copy()
    table["year"] = table["year"].astype(str)
    total = {"year": ALL, "exited": table["exited"].sum(), "returned": table["returned"].sum()}
    table = pd.concat([table, pd.DataFrame([total])], ignore_index=True)
    table["stayed"] = table["exited"] - table["returned"]
    shown = protect(
        table, rules, counts=["returned", "stayed"], total="exited", total_row={"year": ALL}, name="returns by year"
    ).frame
    part, whole = (shown[c].astype("Float64") for c in ("returned", "exited"))
    return shown.assign(rate=(part / whole).where(whole > 0))


def _classes(city: CityRisk, rules: Any) -> pd.DataFrame:
    """The monitored classes, each with its complement among the households of its own status."""
    wholes = {MonitoringCategory.UNSTABLE_EXITED.value: city.households}
    rows = [
        {"category": name, "households": n, "rest": max(wholes.get(name, n), n) - n, "all": max(wholes.get(name, n), n)}
        for name, n in city.classes.items()
    ]
    table = pd.DataFrame(rows, columns=["category", "households", "rest", "all"])
    if table.empty:
        return table[["category", "households"]]
    parts = [protect(row, rules, counts=["households", "rest"], total="all", name="monitored classes").frame
             for _, row in table.groupby("category", sort=False)]  # fmt: skip
    return pd.concat(parts, ignore_index=True)[["category", "households"]]


def _curve(curve: pd.DataFrame, rules: Any) -> pd.DataFrame:
    """The calibration curve; its groups were cut so that none needs to be withheld, which is checked here."""
    if curve.empty:
        return curve
    table = curve.assign(others=curve["n"] - curve["events"])
    shown = protect(table, rules, counts=["events", "others"], total="n", companions={"events": ["observed", "low", "high"]},
                    name="calibration").frame  # fmt: skip
    return shown[["predicted", "observed", "low", "high", "n", "events"]]


def _reach(reach: pd.DataFrame, least: int) -> pd.DataFrame:
    """Recall by rule and share; where the returns found, missed or between two lists would be one to nine, none."""
    if reach.empty:
        return reach
    out = []
    for _, part in reach.groupby("score", sort=False):
        table = part.sort_values("share").reset_index(drop=True)
        found = table["estimate"].to_numpy(float) * table["events"].to_numpy(float)
        shown = printable(found, float(table["events"].iloc[0]), least, first=_middle(table["share"].to_numpy(float)))
        hide = ["estimate", "low", "high", *(c for c in table.columns if c.startswith("difference"))]
        out.append(table.assign(**{c: table[c].where(shown) for c in hide}))
    return pd.concat(out, ignore_index=True).rename(columns={"estimate": "recall"})


def printable(found: np.ndarray, total: float, least: int, *, first: int = 0) -> np.ndarray:
    """(k,) which cumulative counts of nested lists may be printed: between any two printed ones, zero and the total lie
    none or at least `least`. Tried in the order `first`, then from the largest down."""
    kept = [0.0, float(total)]
    out = np.zeros(len(found), bool)
    for i in [first, *(j for j in range(len(found) - 1, -1, -1) if j != first)]:
        gaps = np.abs(np.array(kept) - found[i])
        if ((gaps < 1e-9) | (gaps >= least)).all():
            kept.append(float(found[i]))
            out[i] = True
    return out


def _middle(shares: np.ndarray) -> int:
    """The list that the budget speaks of: a tenth, or what comes closest."""
    return int(np.argmin(np.abs(shares - 0.10)))


def _drivers(drivers: pd.DataFrame, households: int, rules: Any) -> pd.DataFrame:
    table = drivers.head(MOST_DRIVERS)[["term", "zh", "en", "cause", "is_income", "spread", "raised_share"]].copy()
    table["raised"] = np.rint(table.pop("raised_share").to_numpy(float) * households).astype(int)
    table["rest"], table["all"] = households - table["raised"], households
    shown = protect(table, rules, counts=["raised", "rest"], total="all", sums_known=False, name="drivers").frame
    share = shown["raised"].astype("Float64") / shown["all"].astype("Float64")
    return shown.drop(columns=["raised", "rest", "all"]).assign(raised=share)


def _lists(counties: pd.DataFrame, rules: Any) -> pd.DataFrame:
    """Listed households by county and for the city (code "")."""
    names = ["households", "listed", "expected_returns", "expected_listed"]
    table = counties.rename(columns={"area": "county_code"})[["county_code", *names]]
    total = {"county_code": "", **{n: table[n].sum() for n in names}}
    table = pd.concat([table, pd.DataFrame([total])], ignore_index=True)
    table["rest"] = table["households"] - table["listed"]
    return protect(
        table, rules, counts=["listed", "rest"], total="households", total_row={"county_code": ""},
        companions={"households": ["expected_returns"], "listed": ["expected_listed"]}, name="watch list",
    ).frame.drop(columns="rest")  # fmt: skip


def _causes(causes: pd.DataFrame, rules: Any) -> pd.DataFrame:
    """Listed households of the city by leading cause, with the measures that fit it."""
    sums = causes.groupby("cause")["households"].sum().reset_index()
    table = sums.sort_values(by=["households", "cause"], ascending=[False, True], ignore_index=True)
    shown = protect(table, rules, counts=["households"], name="causes").frame
    known = matrix()
    rows = []
    for r in shown.to_dict("records"):
        name = str(r["cause"])
        fits = [known.measures[k] for k in known.for_causes([name])] if name in known.causes else []
        words = known.causes.get(name, NO_CAUSE)
        rows.append({"cause": name, "zh": words.zh, "en": words.en, "households": r["households"],
                     "measures_zh": "；".join(f.zh for f in fits), "measures_en": "; ".join(f.en for f in fits)})  # fmt: skip
    return pd.DataFrame(rows, columns=["cause", "zh", "en", "households", "measures_zh", "measures_en"])


def _scenarios(table: pd.DataFrame) -> pd.DataFrame:
    known = scenarios()
    ends = [f"{k}{e}" for k in ("returns_now", "returns_then", "increase") for e in ("", "_low", "_high")]
    out = table[["scenario", "reading", *ends, "assumption_zh", "assumption_en"]].copy()
    out.insert(1, "zh", [known[s].zh for s in out["scenario"]])
    out.insert(2, "en", [known[s].en for s in out["scenario"]])
    return out.reset_index(drop=True)


def _survival(table: pd.DataFrame, rules: Any) -> pd.DataFrame:
    """Kaplan-Meier over all exits; from the first year whose returns are withheld on, the curve is too."""
    return _curve_shown(table[table["cohort"] == ALL], rules)


def _curve_shown(part: pd.DataFrame, rules: Any) -> pd.DataFrame:
    part = part.sort_values("years").reset_index(drop=True)
    part = part.assign(stayed=part["at_risk"] - part["returned"])
    shown = protect(part, rules, counts=["returned", "stayed"], total="at_risk", sums_known=True, name="survival").frame
    hidden = shown["returned"].isna().to_numpy(bool).cumsum() > 0
    for name in ("survival", "low", "high"):
        shown[name] = shown[name].where(~hidden)
    return shown[["years", "at_risk", "survival", "low", "high"]]


def _cohorts(table: pd.DataFrame, rules: Any) -> pd.DataFrame:
    """The curve of each year of exit. Cohorts add up to all exits: where the returns of one are withheld in a year, so
    are those of the cohort with the fewest at risk among the others, from that year on."""
    parts = [_curve_shown(p, rules).assign(cohort=str(c)) for c, p in table.groupby("cohort", sort=True)]
    shown = pd.concat(parts, ignore_index=True)
    cohort, years = shown["cohort"].to_numpy(object), shown["years"].to_numpy(int)
    hide = shown["survival"].isna().to_numpy(bool)
    for year in np.unique(years):
        here = np.flatnonzero((years == year) & (cohort != ALL))
        if hide[here].sum() == 1 and len(here) > 1:
            fewest = min(here[~hide[here]], key=lambda i: float(shown["at_risk"].iloc[i]))
            hide = hide | ((cohort == cohort[fewest]) & (years >= year))
    names = ["at_risk", "survival", "low", "high"]
    return shown.assign(**{n: shown[n].mask(hide) for n in names})[["cohort", "years", *names]]


def _hazard(table: pd.DataFrame) -> pd.DataFrame:
    """Hazard ratios; levels that were pooled for want of returns have none."""
    known = table[table["hazard_ratio"].notna()]
    return known[["term", "hazard_ratio", "low", "high"]].reset_index(drop=True)


def _groups(groups: pd.DataFrame, rules: Any) -> pd.DataFrame:
    """Recall, O/E and share listed of each group on one list of a tenth, later years. Groups overlap; each stands with
    its own complement among all."""
    if groups.empty:
        return groups
    least = int(rules[MIN_CELL].value)
    table = groups[groups["how"] == "time"][["group", "n", "events", *GROUP_METRICS]].reset_index(drop=True)
    n, events = table["n"].to_numpy(float), table["events"].to_numpy(float)
    found = table["recall"].fillna(0).to_numpy(float) * events

    def small(x: np.ndarray, whole: np.ndarray) -> np.ndarray:
        return ((x > 0) & (x < least)) | ((whole - x > 0) & (whole - x < least))

    few = small(n, np.full(len(n), n[0])) | small(events, np.full(len(n), events[0])) | small(events, n)
    out = table.astype({"n": "Int64", "events": "Int64"})
    for name in ("n", "events", *GROUP_METRICS):
        out[name] = out[name].mask(few)
    hide = small(found, events) | small(events[0] * table["recall"].to_numpy(float)[0] - found, found[:1].repeat(len(n)))
    out["recall"] = out["recall"].mask(hide)
    return out
