"""What is summed over the rows of an area, as the entries of a table need it: answers, amounts, values for medians."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from evaltools.errors import DataInvalidError
from evaltools.indicators.engine import values as v
from evaltools.indicators.engine.bits import Bits, packed, unpacked
from evaltools.indicators.engine.entry import Indicator, Statistic
from evaltools.indicators.engine.masked import counted
from evaltools.indicators.engine.rows import Block
from evaltools.indicators.engine.step import Step
from evaltools.intake import Contract

SCALES = {"amount": 10**3, "fraction": 10**9}
"""Amounts are summed as whole thousandths, ratios as whole billionths: floating sums depend on the order of the rows, and
two runs must give the same bytes. What does not fit is an error, never dropped."""
YES, NO, OPEN, UNSURE = range(4)
"""Codes of a row's answer: yes (or known), no, unknown, unknown whether it belongs to the population at all."""
_FITS = 2.0**62
Flags = NDArray[np.bool_]
Answers = dict[int, Bits]
"""Code -> the rows that have it; a code no row can have is left out."""


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

    def of_rows(self, block: Block) -> Answers:
        """Which rows have which answer."""
        n, found = block.count, {YES: packed(True, block.count)}
        if self.measure is not None and self.is_question:
            found = {YES: _bits(block, self.measure, "yes"), NO: _bits(block, self.measure, "no")}
            found[OPEN] = ~(found[YES] | found[NO])
        elif self.measure is not None:
            found[OPEN] = _bits(block, self.measure, "missing")
            found[YES] = ~found[OPEN]
        if self.of is not None:
            lost = _bits(block, self.of, "missing")
            found = {c: rows & ~lost for c, rows in found.items()} | {OPEN: found.get(OPEN, packed(False, n)) | lost}
        if self.population is not None:
            inside, outside = (_bits(block, self.population, side) for side in ("yes", "no"))
            found = {c: rows & inside for c, rows in found.items()} | {UNSURE: ~(inside | outside)}
        return found


def _bits(block: Block, step: Step, side: str) -> Bits:
    """The rows where a step's value is yes, no or missing; asked of a step often, worked out once."""
    key = f"{side} of {step.key}"
    if key not in block.known:
        value = block.value(step)
        block.known[key] = packed(v.missing(value) if side == "missing" else getattr(value, side), block.count)
    return block.known[key]


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

    def of_rows(self, block: Block, answers: Answers, where: str) -> NDArray[np.int64] | None:
        """(n,) whole number of each row, 0 where it does not count; None where no row does. DataInvalidError where one
        does not fit."""
        some = list(answers.values()) if self.code is None else [answers.get(self.code, packed(False, block.count))]
        bits = np.bitwise_or.reduce(some)
        if self.unsized is not None:
            bits = bits & _bits(block, self.unsized, "missing")
        mask = unpacked(bits, block.count)
        if not mask.any():
            return None
        return mask.astype(np.int64) if self.unsized is not None else whole_numbers(block, self.factors, self.scale, where, mask)


def whole_numbers(block: Block, factors: Sequence[Step], scale: int, where: str, mask: Flags) -> NDArray[np.int64]:
    """(n,) product of some factors in whole numbers of 1 / scale; 0 where it is unknown or the row is not in `mask`."""
    key = f"whole {scale} of {[f.key for f in factors]}"
    if key not in block.known:
        product = block.value(factors[0])
        for factor in factors[1:]:
            product = product * block.value(factor)
        found = np.rint(np.broadcast_to(product * scale, mask.shape))
        found = counted(found == found, found.view(np.int64)).view(np.float64)  # 0 for NaN: no bit of either is set
        block.known[key] = found.astype(np.int64) if fits(found) else found
    found = block.known[key]
    if found.dtype != np.int64:  # not all rows fit, but those of the mask may
        found = np.where(mask, found, 0)
        must_fit(found, where)
        return found.astype(np.int64)
    return counted(mask, found)


def fits(found: Any) -> bool:
    """Whether whole numbers can be added up in 64 bits, in whatever order."""
    if not found.size:
        return True
    most = max(float(found.max()), -float(found.min()))
    return most * found.size < _FITS or float(np.abs(found.astype(np.float64)).sum()) < _FITS


def must_fit(found: Any, where: str) -> None:
    """Refuse what 64 bits do not hold."""
    if not fits(found):
        raise DataInvalidError(
            "amounts too large to be added up exactly", where=where, expected="sums below 10¹⁵ (ratios below 10⁹)",
            todo="look for an amount in the wrong unit",
        )  # fmt: skip


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
    return SCALES["fraction" if e.statistic is Statistic.MEAN and e.unit in ("share", "ratio", "growth_rate") else "amount"]


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
