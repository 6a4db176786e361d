"""What each gate finds in each surveyed household: counted, not counted, or unknown."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from evaltools.indicators.exits.household import LINE_ACTUAL, required_components
from evaltools.indicators.exits.standard import MET, NOT_MET, UNDEFINED, apply_standard, facts_of, fails
from evaltools.indicators.kleene import NO, UNKNOWN, YES, Limit, Truth, limit_of, negate, some, truth
from evaltools.indicators.registry import REGISTERED
from evaltools.indicators.targeting.result import Gate, Variant
from evaltools.indicators.targeting.sample import Sample
from evaltools.terms import RegistryStatus

IDENTIFICATION = "identification.household_income_max"
Mask = NDArray[np.bool_]


@dataclass(frozen=True)
class Finding:
    """One rate before it is estimated.

    counts : (n,) truth: in the numerator; population : (n,) in the denominator; unit : "persons" or "households"
    reasons : (n,) why the answer is unknown, "" where it is known or outside the population
    formula : the formula in words of columns; tables, rules : what was read
    missing_zh, missing_en : evidence that is missing for everybody (a price index), "" where none is
    """

    gate: Gate
    variant: Variant
    counts: Truth
    population: Mask
    unit: str
    reasons: NDArray[Any]
    formula: str
    tables: tuple[str, ...]
    rules: tuple[str, ...]
    missing_zh: str = ""
    missing_en: str = ""


def find_all(sample: Sample, rules: Any, year: int) -> tuple[list[Finding], list[Finding]]:
    """The findings of the four surveyed gates (default test), and those of the variants."""
    default = [
        omission(sample, rules, year, Variant.INCOME),
        wrongful_exit(sample, rules),
        wrong_inclusion(sample, rules),
        approval(sample),
    ]
    return default, [omission(sample, rules, year, Variant.INCOME_OR_GUARANTEE)]


def omission(sample: Sample, rules: Any, year: int, variant: Variant) -> Finding:
    """漏评: a hukou household outside the registry, below the identification line (粤发〔2016〕13号 art. 2).

    The documents give no test for omission. INCOME is the default; INCOME_OR_GUARANTEE also counts a household one of
    whose guarantees fails. Without a price index no income can be carried to 2014 prices and nothing is decided.
    """
    frame = sample.frame
    population = _status(frame, RegistryStatus.NEVER, RegistryStatus.REMOVED)
    income = _numbers(frame["surveyed_income_per_capita_yuan"])
    deflated = income / _index_of(sample.price_index, np.full(len(frame), float(year)))
    poor = _holds(limit_of(rules.get(IDENTIFICATION)), deflated)
    counts = poor
    formula = "persons(not registered, surveyed_income_per_capita_yuan / index < line) / persons(not registered)"
    used = (IDENTIFICATION,)
    if variant is Variant.INCOME_OR_GUARANTEE:
        needed = required_components(rules)
        counts = some(poor, fails(facts_of(frame, "surveyed_income_per_capita_yuan"), needed))
        formula = formula.replace("< line", "< line or a guarantee fails")
        used = (IDENTIFICATION, *(f"exit.guarantee.{c}" for c in needed))
    reasons = np.where(np.isnan(income), "income", "guarantee")
    if sample.price_index is None or year not in sample.price_index:
        reasons = np.where(poor == UNKNOWN, "price_index", reasons)
    return Finding(
        Gate.OMISSION, variant, counts, population, "persons", _only(reasons, counts, population), formula,
        ("survey", "price_index"), used, *_no_index(sample, (year,)),
    )  # fmt: skip


def wrongful_exit(sample: Sample, rules: Any) -> Finding:
    """错退: an exited household whose verified facts do not meet the exit standard (粤发〔2016〕13号 art. 3)."""
    frame = sample.frame
    population = _status(frame, RegistryStatus.EXITED)
    facts = facts_of(frame, "surveyed_income_per_capita_yuan")
    needed = required_components(rules)
    standing = apply_standard(facts, limit_of(rules.get(LINE_ACTUAL)), needed)
    counts = np.select([standing.verdict == NOT_MET, standing.verdict == MET], [YES, NO], UNKNOWN).astype(np.int8)
    without_answer = np.stack([facts.guarantees[c] == UNKNOWN for c in needed]).any(axis=0) if needed else False
    reasons = np.select(
        [standing.verdict == UNDEFINED, facts.labour == UNKNOWN, standing.route == 2, without_answer],
        ["rule", "labour_capacity", "eligibility", "guarantee"],
        np.where(standing.route == 1, "enrolment", "income"),
    )
    return Finding(
        Gate.WRONGFUL_EXIT, Variant.DEFAULT, counts, population, "persons", _only(reasons, counts, population),
        "persons(exited, exit standard not met on verified facts) / persons(exited)", ("survey",),
        (LINE_ACTUAL, "exit.safety_net", *(f"exit.guarantee.{c}" for c in needed)),
    )  # fmt: skip


def wrong_inclusion(sample: Sample, rules: Any) -> Finding:
    """错评: a registered household whose income at identification, in 2014 prices, was not below the line (art. 2)."""
    frame = sample.frame
    population = _status(frame, *(RegistryStatus(s) for s in REGISTERED))
    years = _numbers(frame["identification_year"])
    income = _numbers(frame["identification_income_per_capita_yuan"])
    deflated = income / _index_of(sample.price_index, years)
    counts = negate(_holds(limit_of(rules.get(IDENTIFICATION)), deflated))
    reasons = np.select([np.isnan(income), np.isnan(years)], ["income", "identification_year"], "price_index")
    wanted = sorted({int(y) for y in years[population] if not np.isnan(y)})
    return Finding(
        Gate.WRONG_INCLUSION, Variant.DEFAULT, counts, population, "persons", _only(reasons, counts, population),
        "persons(identification_income_per_capita_yuan / index(identification_year) not < line) / persons(registered)",
        ("survey", "price_index"), (IDENTIFICATION,), *_no_index(sample, tuple(wanted)),
    )  # fmt: skip


def approval(sample: Sample) -> Finding:
    """群众认可度: approving over surveyed households, every household once."""
    counts = truth(sample.frame["approves"])
    population = np.ones(len(counts), dtype=bool)
    reasons = np.full(len(counts), "no_answer", dtype=object)
    return Finding(
        Gate.APPROVAL, Variant.DEFAULT, counts, population, "households", _only(reasons, counts, population),
        "households(approves) / households(surveyed)", ("survey",), (),
    )  # fmt: skip


def _status(frame: pd.DataFrame, *statuses: RegistryStatus) -> Mask:
    """(n,) whether the household stands so in the registry."""
    return frame["registry_status"].astype("string").isin([s.value for s in statuses]).to_numpy(dtype=bool)


def _numbers(column: pd.Series) -> NDArray[np.float64]:
    """(n,) floats, NaN where missing."""
    return np.asarray(pd.to_numeric(column).astype("Float64").to_numpy(dtype=float, na_value=np.nan), dtype=np.float64)


def _holds(limit: Limit | None, values: NDArray[np.float64]) -> Truth:
    """(n,) the limit on values; unknown without a limit."""
    return np.full(values.shape, UNKNOWN, dtype=np.int8) if limit is None else limit.holds(values)


def _index_of(index: dict[int, float] | None, years: NDArray[np.float64]) -> NDArray[np.float64]:
    """(n,) price index of each year; NaN for a year without one, and for all without a table."""
    if index is None:
        return np.full(years.shape, np.nan)
    return np.array([index.get(int(y), np.nan) if not np.isnan(y) else np.nan for y in years])


def _only(reasons: Any, counts: Truth, population: Mask) -> NDArray[Any]:
    """(n,) reasons where the answer is unknown inside the population, "" elsewhere."""
    return np.where(population & (counts == UNKNOWN), np.asarray(reasons, dtype=object), "")


def _no_index(sample: Sample, years: tuple[int, ...]) -> tuple[str, str]:
    """What is missing when the price index is, in Chinese and English; empty when it is there."""
    if sample.price_index is None:
        return (
            "未提供价格指数，无法折算为2014年不变价，不予判定",
            "no price index was given: incomes cannot be carried to prices of 2014 and nothing is decided",
        )
    missing = [str(y) for y in years if y not in sample.price_index]
    if not missing:
        return "", ""
    return (
        f"价格指数缺少{'、'.join(missing)}年，相应收入无法折算为2014年不变价",
        f"the price index has no value for {', '.join(missing)}: those incomes cannot be carried to prices of 2014",
    )
