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


Key = tuple[str, str, int]
"""What is added up: "rows" with an answer and its code, a "weight" of these, or an "amount" (code 0)."""
_KINDS = {"rows": np.int32, "weight": np.int64, "amount": np.int64}


def kind_of(key: Key) -> Any:
    """The whole numbers that its sums are."""
    return _KINDS[key[0]]


@dataclass(frozen=True)
class Sums:
    """Sums by area. found : key -> (A,), without those that are 0 everywhere, as most are; medians : name -> (A,)"""

    table: str
    plan: Plan
    count: int
    found: Mapping[Key, NDArray[Any]]
    medians: Mapping[str, NDArray[np.float64]]

    def parts(self, e: Indicator, rows: Any = slice(None)) -> Mapping[str, NDArray[np.float64]]:
        """The sums of one indicator, by the names that `result.measure` knows. rows : areas wanted (all)"""
        answer, contract = Answer.to(e), load_contract(self.table)

        def of(kind: str, name: str, code: int = 0) -> NDArray[np.float64]:
            found = self.found.get((kind, name, code))
            return np.zeros(self.count)[rows] if found is None else found[rows].astype(np.float64)

        yes, no, is_open, unsure = (of("rows", answer.key, code) for code in (YES, NO, OPEN, UNSURE))
        out = {"rows": yes + no, "open_rows": is_open, "unsure_rows": unsure}
        if e.statistic in (Statistic.SHARE, Statistic.COUNT):
            out |= {"yes": yes, "no": no, "open": is_open, "unsure": unsure}
            codes = {"yes": YES, "no": NO, "open": OPEN, "unsure": UNSURE} if e.weight else {}
            if is_whole(e, contract):
                return out | {k: of("weight", repr((answer.key, e.weight)), c) for k, c in codes.items()}
            return out | {k: of("amount", f"{e.id} {c}") / SCALES["amount"] for k, c in codes.items()}
        if e.statistic is Statistic.MEDIAN:
            return out | {"values": self.medians[e.id][rows]}
        scale = {"unsized": 1}
        for part in ("sum", "base", "open", "unsure", "unsized"):
            if f"{e.id} {part}" in self.plan.amounts:
                out[part] = of("amount", f"{e.id} {part}") / scale.get(part, scale_of(e))
        out.setdefault("base", out["rows"])
        return out


@dataclass
class Tally:
    """Adds up blocks into `count` small areas. sums : key -> (count,), once a row counts there"""

    plan: Plan
    count: int
    where: str
    sums: dict[Key, NDArray[Any]] = field(default_factory=dict)
    values: dict[str, list[tuple[Any, Any]]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.values = {k: [] for k in self.plan.values}

    def _add(self, key: Key, here: slice, amounts: NDArray[Any]) -> None:
        if key not in self.sums:
            self.sums[key] = np.zeros(self.count, dtype=kind_of(key))
        self.sums[key][here] += amounts

    def add(self, block: Block, areas: NDArray[np.int64]) -> None:
        """The rows of a block. areas : (n,) small area of each, ascending without a gap"""
        runs, here = Runs.of(areas), slice(int(areas[0]), int(areas[-1]) + 1)
        answers = {key: answer.of_rows(block) for key, answer in self.plan.answers.items()}
        for some in _together(answers):
            for (key, code, _), ones in zip(some, runs.ones([bits for _, _, bits in some]), strict=True):
                self._add(("rows", key, code), here, ones)
        for name, (key, step) in self.plan.weights.items():
            for code, bits in answers[key].items():
                mask = unpacked(bits, block.count)
                if mask.any():
                    self._add(("weight", name, code), here, runs.added(whole_numbers(block, (step,), 1, self.where, mask)))
        for name, amount in self.plan.amounts.items():
            found = amount.of_rows(block, answers[amount.answer], self.where)
            if found is not None:
                self._add(("amount", name, 0), here, runs.added(found))
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
