"""What is summed over the rows of an area: answers counted, amounts added up exactly, values kept for medians."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from evaltools.indicators.engine.bits import Bits, Runs, unpacked
from evaltools.indicators.engine.entry import Indicator, Statistic
from evaltools.indicators.engine.plan import (
    NO,
    OPEN,
    SCALES,
    UNSURE,
    YES,
    Answer,
    Answers,
    Plan,
    is_whole,
    scale_of,
    whole_numbers,
)
from evaltools.indicators.engine.rows import Block
from evaltools.intake import load_contract

_MASKS = 64
"""Masks counted together."""


@dataclass(frozen=True)
class Sums:
    """Sums by area: counts, weights : name -> (4, A) by answer; amounts : name -> (A,) whole numbers;
    medians : name -> (A,)."""

    table: str
    counts: dict[str, NDArray[Any]]
    weights: dict[str, NDArray[Any]]
    amounts: dict[str, NDArray[np.int64]]
    medians: dict[str, NDArray[np.float64]]

    def parts(self, e: Indicator, rows: Any = slice(None)) -> Mapping[str, NDArray[np.float64]]:
        """The sums of one indicator, by the names that `result.measure` knows. rows : areas wanted (all)"""
        answer, contract = Answer.to(e), load_contract(self.table)
        counts = self.counts[answer.key][:, rows]
        known = counts[YES] + counts[NO]
        parts = {"rows": known, "open_rows": counts[OPEN], "unsure_rows": counts[UNSURE]}
        if e.statistic in (Statistic.SHARE, Statistic.COUNT):
            by = self.weights[repr((answer.key, e.weight))][:, rows] if is_whole(e, contract) else counts
            parts |= {"yes": by[YES], "no": by[NO], "open": by[OPEN], "unsure": by[UNSURE]}
            out = {k: x.astype(np.float64) for k, x in parts.items()}
            if e.weight and not is_whole(e, contract):
                codes = {"yes": YES, "no": NO, "open": OPEN, "unsure": UNSURE}
                out |= {k: self.amounts[f"{e.id} {c}"][rows].astype(np.float64) / SCALES["amount"] for k, c in codes.items()}
            return out
        out = {k: x.astype(np.float64) for k, x in parts.items()}
        if e.statistic is Statistic.MEDIAN:
            return out | {"values": self.medians[e.id][rows]}
        scale = {"unsized": 1}
        for part in ("sum", "base", "open", "unsure", "unsized"):
            if f"{e.id} {part}" in self.amounts:
                out[part] = self.amounts[f"{e.id} {part}"][rows].astype(np.float64) / scale.get(part, scale_of(e))
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
        """The rows of a block. areas : (n,) small area of each, ascending without a gap"""
        runs, here = Runs.of(areas), slice(int(areas[0]), int(areas[-1]) + 1)
        answers = {key: answer.of_rows(block) for key, answer in self.plan.answers.items()}
        for some in _together(answers):
            for (key, code, _), ones in zip(some, runs.ones([bits for _, _, bits in some]), strict=True):
                self.counts[key][code, here] += ones
        for name, (key, step) in self.plan.weights.items():
            for code, bits in answers[key].items():
                mask = unpacked(bits, block.count)
                if mask.any():
                    self.weights[name][code, here] += runs.added(whole_numbers(block, (step,), 1, self.where, mask))
        for name, amount in self.plan.amounts.items():
            found = amount.of_rows(block, answers[amount.answer], self.where)
            if found is not None:
                self.amounts[name][here] += runs.added(found)
        for name, (key, step) in self.plan.values.items():
            mask = unpacked(answers[key][YES], block.count)
            self.values[name].append((np.broadcast_to(block.value(step), mask.shape)[mask], areas[mask]))

    def known(self, name: str) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
        """The values kept for a median, and the small area of each."""
        parts = self.values[name]
        return (
            np.concatenate([np.empty(0), *(x for x, _ in parts)]),
            np.concatenate([np.empty(0, dtype=np.int64), *(a for _, a in parts)]),
        )


def _together(answers: Mapping[str, Answers]) -> Iterator[list[tuple[str, int, Bits]]]:
    """Answer, code and rows, some at a time, without those that no row has."""
    found = [(key, code, bits) for key, rows in answers.items() for code, bits in rows.items() if bits.any()]
    for start in range(0, len(found), _MASKS):
        yield found[start : start + _MASKS]
