"""The province's return model: fitted once on all cities, validated by time and by leaving cities out, read by city."""

from __future__ import annotations

import hashlib
import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from evaltools.risk.classifier import ReturnRiskClassifier
from evaltools.risk.drift import Monitor, monitor_scores
from evaltools.risk.faults import RiskInputError, RiskWarning
from evaltools.risk.features import LINE, MONEY, WELFARE, ReturnSample, return_sample
from evaltools.risk.monitored import fairness_groups, monitored_classes
from evaltools.risk.riskreport import RiskReport
from evaltools.risk.scenarios import stress
from evaltools.risk.survival import cohort_survival, hazard_by_cohort, spells
from evaltools.risk.updates import DatedUpdate, apply_update, check_update
from evaltools.risk.vep import described
from evaltools.standards import RuleBook
from evaltools.terms import MonitoringCategory

MULTIPLE = "monitoring.income_multiple_max"
EXIT_LINE = "exit.household_income_line_actual"
VALIDATION_FOLDS = 2
"""Where cities are left out, the models of the others are calibrated on two halves of their villages held back in turn.
Five parts cost twice the time; halves leave the calibration fewer events, so what is reported is not too good."""


@dataclass(frozen=True)
class ProvinceRisk:
    """year: outcomes are known up to it, households exited at its end are scored. sample: all exited household-years.
    report: held-out validation. monitor: the newest outcomes against the model that was made before them; update: how
    the level was then moved, and whether that holds. survival, hazard: see survival.py. scenarios: by city. classes:
    city_code, category, households. record: plain values."""

    year: int
    model: ReturnRiskClassifier
    sample: ReturnSample
    report: RiskReport
    monitor: Monitor
    update: DatedUpdate
    survival: pd.DataFrame
    hazard: pd.DataFrame
    scenarios: pd.DataFrame
    classes: pd.DataFrame
    record: Mapping[str, Any]


NO_CLASSES = pd.DataFrame({"city_code": [], "category": [], "households": []})


def _multiple(book: RuleBook, year: int) -> float | None:
    """The monitored line as a multiple of the exit line; None in years before there was one."""
    rule = book.at(f"{year}-12-31").get(MULTIPLE)
    return float(rule.value) if rule is not None and rule.is_defined else None


def exit_lines(book: RuleBook, years: list[int], year: int) -> dict[int, float]:
    """The actual exit line of each year, yuan per person, from the rule book; a year it does not define is absent."""
    out = {}
    for one in [y for y in years if y <= year]:
        rule = book.at(f"{one}-12-31").get(EXIT_LINE)
        if rule is not None and rule.is_defined:
            out[one] = float(rule.value)
    return out


def fit_province(
    households: pd.DataFrame, villages: pd.DataFrame | None, book: RuleBook, year: int, *, draws: int = 200,
    seed: int = 0, most_fits: int | None = 5,
) -> ProvinceRisk:  # fmt: skip
    """Fit, validate and read the model of returns for `year`. Rows after `year` are not looked at.

    households, villages: canonical tables of all cities. most_fits: cities are left out in so many
    groups; None leaves out one at a time.
    Raises RiskInputError when too few returns are on record, DataMissingError for absent columns.
    """
    past = households[households["year"] <= year]
    lines = exit_lines(book, sorted({int(y) for y in past["year"].unique()}), year)
    if year not in lines:
        raise RiskInputError(f"no exit line is defined for {year}", expected="a year of the rule book", todo="check the year")
    multiple = _multiple(book, year)
    sample = return_sample(past, None if villages is None else villages[villages["year"] <= year], lines)
    known = sample.labelled()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RiskWarning)  # what was left out stands in the model's record
        fitted = specification(seed).fit(known.X, known.y, groups=known.keys["village_code"])
        report = RiskReport.make(
            specification(seed, folds=VALIDATION_FOLDS), known.X, known.y, groups=known.keys["village_code"],
            period=known.keys["year"], area=known.keys["city_code"], by=fairness_groups(known.X), multiple=multiple,
            monitored=None if multiple is None else _unstable(known, multiple), draws=draws, seed=seed, most_fits=most_fits,
        )  # fmt: skip
    newest = sample.at(year)
    update = _update(fitted, report, known, draws, seed)
    at_risk = spells(sample)
    now = past[past["year"] == year]
    return ProvinceRisk(
        year, fitted, sample, report, _monitor(report, known, draws, seed), update, cohort_survival(at_risk),
        hazard_by_cohort(at_risk), stress(fitted, newest.X, newest.keys["city_code"], draws=draws, seed=seed),
        _class_counts(now, lines[year], multiple) if multiple is not None else NO_CLASSES,
        {
            "multiple": multiple, "line_yuan": lines[year], "lines_yuan": lines, "counts": dict(sample.counts),
            "digest": sample_digest(sample), "rules_digest": book.digest, "draws": draws, "seed": seed,
            "training": dict(fitted.training_),
            "vulnerability": described(newest.X.drop(columns="year"), welfare=WELFARE, line=LINE),
        },
    )  # fmt: skip


def specification(seed: int = 0, folds: int = 5) -> ReturnRiskClassifier:
    """The model of returns, not fitted."""
    return ReturnRiskClassifier(welfare=WELFARE, line=LINE, money=MONEY, random_state=seed, time="year", folds=folds)


def sample_digest(sample: ReturnSample) -> str:
    """SHA-256 over features, keys and labels: the same digest, the same model."""
    sha = hashlib.sha256()
    for frame in (sample.X, sample.keys):
        sha.update(",".join(map(str, frame.columns)).encode())
        sha.update(np.ascontiguousarray(pd.util.hash_pandas_object(frame, index=False).to_numpy()).tobytes())
    sha.update(sample.y.tobytes())
    return sha.hexdigest()


def _unstable(sample: ReturnSample, multiple: float) -> np.ndarray:
    low = sample.X[WELFARE].to_numpy(dtype=float, na_value=np.nan) < multiple * sample.X[LINE].to_numpy(float)
    return low | (sample.X["shock"].fillna("none") != "none").to_numpy(bool)


def _monitor(report: RiskReport, known: ReturnSample, draws: int, seed: int) -> Monitor:
    """Predictions of each year by the model of the years before it, against what then happened."""
    held = report.held["time"]
    clusters = pd.factorize(known.keys["village_code"])[0][held.rows]
    ones = np.ones(len(held.rows))
    return monitor_scores(held.scores["model"], known.y[held.rows], held.domain, ones, clusters, draws=draws, seed=seed)


def _update(fitted: ReturnRiskClassifier, report: RiskReport, known: ReturnSample, draws: int, seed: int) -> DatedUpdate:
    """The level of `fitted` moved to the newest outcomes; the move checked on the model that had not seen them."""
    period = int(known.keys["year"].max())
    as_of = f"{period + 1}-12-31"  # outcomes of households at the end of t are complete at the end of t + 1
    apply_update(fitted, known.at(period), as_of)
    held = report.held["time"]
    at = held.domain == period
    clusters = pd.factorize(known.keys["village_code"])[0][held.rows[at]]
    return check_update(
        held.scores["model"][at], known.y[held.rows[at]], clusters, as_of=as_of, period=period, draws=draws, seed=seed
    )


def _class_counts(now: pd.DataFrame, line: float, multiple: float) -> pd.DataFrame:
    kind = monitored_classes(now, line, multiple)
    table = now.assign(category=kind).dropna(subset=["category"]).groupby(["city_code", "category"], observed=True).size()
    codes = sorted(now["city_code"].astype(str).unique())
    wanted = (
        MonitoringCategory.NOT_YET_EXITED,
        MonitoringCategory.UNSTABLE_EXITED,
        MonitoringCategory.MARGINAL_AT_RISK,
    )
    index = pd.MultiIndex.from_product([codes, [c.value for c in wanted]], names=["city_code", "category"])
    return table.reindex(index, fill_value=0).rename("households").reset_index()
