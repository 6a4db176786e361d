"""What is summed over the rows of an area: answers counted, amounts added up exactly, values kept for medians."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from evaltools.errors import DataInvalidError
from evaltools.indicators.engine import values as v
from evaltools.indicators.engine.entry import Indicator, Statistic
from evaltools.indicators.engine.rows import Block
from evaltools.indicators.engine.step import Step
from evaltools.intake import Contract, load_contract

SCALES = {"amount": 10**3, "fraction": 10**9}
"""Amounts are summed as whole thousandths, ratios as whole billionths: floating sums depend on the order of the rows, and
two runs must give the same bytes. What does not fit is an error, never dropped."""
YES, NO, OPEN, UNSURE, OUTSIDE = range(5)
"""Codes of a row's answer: yes (or known), no, unknown, unknown whether it belongs to the population at all; outside it."""
_FITS = 2.0**62
_EXACT = 2.0**53
_HALF = 26
_SPARSE = 4


@dataclass(frozen=True)
class Answer:
    """What is asked of each row: whether it belongs, and its answer. A measure that is no yes/no gives YES where known."""

    population: Step | None
    measure: Step | None
    of: Step | None
    is_question: bool

    @classmethod
    def to(cls, e: Indicator) -> Answer:
        """The answer that an indicator counts."""
        population, measure, of = (x.step if x is not None else None for x in (e.population, e.measure, e.of))
        return cls(population, measure, of, e.measure is not None and e.statistic in (Statistic.SHARE, Statistic.COUNT))

    @property
    def key(self) -> str:
        """Two indicators that ask the same share it."""
        keys = [s.key if s else "" for s in (self.population, self.measure, self.of)]
        return repr((*keys, self.is_question))

    def codes(self, block: Block) -> NDArray[np.integer[Any]]:
        """(n,) code of each row's answer."""
        out: Any = np.int8(YES)
        # Sums of flags rather than np.where, which is twenty times slower on bytes.
        if self.measure is not None and self.is_question:
            value = block.value(self.measure)
            out = np.int8(OPEN) - np.int8(OPEN) * value.yes - value.no
        elif self.measure is not None:
            out = np.int8(OPEN) * v.missing(block.value(self.measure))
        if self.of is not None:
            out = np.maximum(out, np.int8(OPEN) * v.missing(block.value(self.of)))
        if self.population is not None:
            member = block.value(self.population)
            out = out * member.yes + (np.int8(UNSURE) - np.int8(UNSURE) * member.yes) + member.no
        return np.broadcast_to(out, (block.count,))


@dataclass(frozen=True)
class Amount:
    """A sum of factors over the rows with one answer (None: all that may belong), as a whole number of 1 / scale.

    Without factors, rows are counted whose `unsized` is unknown.
    """

    answer: str
    code: int | None
    factors: tuple[Step, ...]
    scale: int
    unsized: Step | None = None

    def of(self, block: Block, codes: NDArray[Any], where: str) -> tuple[NDArray[np.bool_], NDArray[np.int64]]:
        """(n,) which rows count, and the whole number of each that does. DataInvalidError where one does not fit."""
        mask = codes == self.code if self.code is not None else codes != OUTSIDE
        if self.unsized is not None:
            mask = mask & v.missing(block.value(self.unsized))
            return mask, np.ones(int(mask.sum()), dtype=np.int64)
        product = block.value(self.factors[0])
        for factor in self.factors[1:]:
            product = product * block.value(factor)
        scaled = np.broadcast_to(product * self.scale, mask.shape)
        mask = mask & ~np.isnan(scaled)
        found = np.rint(scaled[mask])
        must_fit(found, where)
        return mask, found.astype(np.int64)


def must_fit(found: Any, where: str) -> None:
    """Refuse what 64 bits do not hold."""
    if len(found) and float(np.abs(found.astype(np.float64)).sum()) >= _FITS:
        raise DataInvalidError(
            "amounts too large to be added up exactly", where=where, expected="sums below 10¹⁵ (ratios below 10⁹)",
            todo="look for an amount in the wrong unit",
        )  # fmt: skip


def added(ids: NDArray[np.int64], amounts: NDArray[np.int64], count: int) -> NDArray[np.int64]:
    """(count,) exact sums of whole numbers by area. ids : (n,) area of each, n up to 2¹⁶"""
    weights = amounts.astype(np.float64)
    if float(np.abs(weights).sum()) < _EXACT:
        return np.bincount(ids, weights, count).astype(np.int64)
    high, low = amounts >> _HALF, amounts & ((1 << _HALF) - 1)
    parts = [np.bincount(ids, x.astype(np.float64), count).astype(np.int64) for x in (high, low)]
    return (parts[0] << _HALF) + parts[1]


@dataclass(frozen=True)
class Plan:
    """What the entries of a table need, each once. Amounts and values by name; weights : (answer, column) by name."""

    answers: dict[str, Answer] = field(default_factory=dict)
    weights: dict[str, tuple[str, Step]] = field(default_factory=dict)
    amounts: dict[str, Amount] = field(default_factory=dict)
    values: dict[str, tuple[str, Step]] = field(default_factory=dict)

    @classmethod
    def of(cls, entries: Sequence[Indicator], contract: Contract) -> Plan:
        """The plan of some entries."""
        plan = cls()
        for e in entries:
            plan._add(e, contract)
        return plan

    def _add(self, e: Indicator, contract: Contract) -> None:
        answer = Answer.to(e)
        self.answers[answer.key] = answer
        weight = Step.leaf("column", e.weight) if e.weight else None
        if e.statistic in (Statistic.SHARE, Statistic.COUNT):
            if weight is not None and is_whole(e, contract):
                self.weights[repr((answer.key, e.weight))] = answer.key, weight
            elif weight is not None:
                for code in (YES, NO, OPEN, UNSURE):
                    self.amounts[f"{e.id} {code}"] = Amount(answer.key, code, (weight,), SCALES["amount"])
        elif e.statistic is Statistic.MEDIAN:
            self.values[e.id] = answer.key, e.measure.step  # type: ignore[union-attr]
        else:
            self.amounts.update({f"{e.id} {part}": a for part, a in _parts(e, answer.key, weight).items()})


def is_whole(e: Indicator, contract: Contract) -> bool:
    """Whether the weight is a whole number (persons), so that it can be counted."""
    return e.weight is not None and contract.column_of_output(e.weight).type == "integer"


def scale_of(e: Indicator) -> int:
    """The part of a unit that the sums of an indicator are whole numbers of."""
    return SCALES["fraction" if e.statistic is Statistic.MEAN and e.unit in ("share", "ratio") else "amount"]


def _parts(e: Indicator, answer: str, weight: Step | None) -> dict[str, Amount]:
    """Numerator and denominator of a mean, total, ratio or coverage, and for the latter what is open.

    sum, base : over known rows (the base of a plain mean is their number); open, unsure : units due whose state is
    unknown; unsized : rows that do not say how many.
    """
    scale, measure = scale_of(e), e.measure.step  # type: ignore[union-attr]
    of = e.of.step if e.of else weight
    found = {"sum": Amount(answer, YES, (measure, weight) if weight else (measure,), scale)}
    if of is not None:
        found["base"] = Amount(answer, YES, (of,), scale)
    if e.statistic is Statistic.COVERAGE and of is not None:
        found["open"] = Amount(answer, OPEN, (of,), scale)
        found["unsure"] = Amount(answer, UNSURE, (of,), scale)
        found["unsized"] = Amount(answer, None, (), 1, of)
    return found


@dataclass(frozen=True)
class Sums:
    """Sums by area: counts, weights : name -> (4, A) by answer; amounts : name -> (A,) whole numbers;
    medians : name -> (A,)."""

    table: str
    counts: dict[str, NDArray[Any]]
    weights: dict[str, NDArray[Any]]
    amounts: dict[str, NDArray[np.int64]]
    medians: dict[str, NDArray[np.float64]]

    def parts(self, e: Indicator) -> Mapping[str, NDArray[np.float64]]:
        """The sums of one indicator, by the names that `result.measure` knows."""
        answer, contract = Answer.to(e), load_contract(self.table)
        counts = self.counts[answer.key]
        known = counts[YES] + counts[NO]
        parts = {"rows": known, "open_rows": counts[OPEN], "unsure_rows": counts[UNSURE]}
        if e.statistic in (Statistic.SHARE, Statistic.COUNT):
            by = self.weights[repr((answer.key, e.weight))] if is_whole(e, contract) else counts
            parts |= {"yes": by[YES], "no": by[NO], "open": by[OPEN], "unsure": by[UNSURE]}
            out = {k: x.astype(np.float64) for k, x in parts.items()}
            if e.weight and not is_whole(e, contract):
                codes = {"yes": YES, "no": NO, "open": OPEN, "unsure": UNSURE}
                out |= {k: self.amounts[f"{e.id} {c}"].astype(np.float64) / SCALES["amount"] for k, c in codes.items()}
            return out
        out = {k: x.astype(np.float64) for k, x in parts.items()}
        if e.statistic is Statistic.MEDIAN:
            return out | {"values": self.medians[e.id]}
        scale = {"unsized": 1}
        for part in ("sum", "base", "open", "unsure", "unsized"):
            if f"{e.id} {part}" in self.amounts:
                out[part] = self.amounts[f"{e.id} {part}"].astype(np.float64) / scale.get(part, scale_of(e))
        out.setdefault("base", out["rows"])
        return out


@dataclass
class Tally:
    """Adds up blocks into `count` small areas."""

    plan: Plan
    count: int
    where: str
    counts: dict[str, NDArray[np.int32]] = field(default_factory=dict)
    weights: dict[str, NDArray[np.int64]] = field(default_factory=dict)
    amounts: dict[str, NDArray[np.int64]] = field(default_factory=dict)
    values: dict[str, list[tuple[Any, Any]]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.counts = {k: np.zeros((4, self.count), dtype=np.int32) for k in self.plan.answers}
        self.weights = {k: np.zeros((4, self.count), dtype=np.int64) for k in self.plan.weights}
        self.amounts = {k: np.zeros(self.count, dtype=np.int64) for k in self.plan.amounts}
        self.values = {k: [] for k in self.plan.values}

    def add(self, block: Block, areas: NDArray[np.int64]) -> None:
        """The rows of a block. areas : (n,) small area of each"""
        ids, here = pd.factorize(areas)
        fives = ids * 5
        for key, answer in self.plan.answers.items():
            codes = answer.codes(block)
            inside = codes != OUTSIDE
            members = np.count_nonzero(inside)
            if not members:
                continue
            some = np.flatnonzero(inside) if _SPARSE * members < len(codes) else slice(None)
            cells = fives[some] + codes[some]
            self.counts[key][:, here] += _by_code(np.bincount(cells, minlength=5 * len(here))).astype(np.int32)
            for name, step in self._with(self.plan.weights, key):
                whole = np.rint(np.nan_to_num(block.value(step), nan=0.0)).astype(np.int64)
                must_fit(whole, self.where)
                whole = np.broadcast_to(whole, codes.shape)[some]
                self.weights[name][:, here] += _by_code(added(cells, whole, 5 * len(here)))
            for name, amount in ((n, x) for n, x in self.plan.amounts.items() if x.answer == key):
                mask, found = amount.of(block, codes, self.where)
                self.amounts[name][here] += added(ids[mask], found, len(here))
            for name, step in self._with(self.plan.values, key):
                mask = codes == YES
                self.values[name].append((np.broadcast_to(block.value(step), mask.shape)[mask], areas[mask]))

    @staticmethod
    def _with(steps: Mapping[str, tuple[str, Step]], key: str) -> list[tuple[str, Step]]:
        """Those that belong to one answer."""
        return [(name, step) for name, (answer, step) in steps.items() if answer == key]

    def known(self, name: str) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
        """The values kept for a median, and the small area of each."""
        parts = self.values[name]
        return (
            np.concatenate([np.empty(0), *(x for x, _ in parts)]),
            np.concatenate([np.empty(0, dtype=np.int64), *(a for _, a in parts)]),
        )


def _by_code(cells: NDArray[np.int64]) -> NDArray[np.int64]:
    """(4, A) from five cells an area; rows outside the population are dropped."""
    return cells.reshape(-1, 5).T[:OUTSIDE]
