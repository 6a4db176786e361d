"""The areas of all levels as they are shown: with level, codes and side, in a fixed order."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import NDArray

from evaltools.indicators.engine.areas import LEVELS, PLACES
from evaltools.indicators.engine.values import Coded

_UNPLACED = "?"
_TEXT = pd.StringDtype(na_value=np.nan)
_RANK = {k: i for i, k in enumerate(LEVELS)}
_IS_SPLIT = np.array(["inside" in need for need in LEVELS.values()])


@dataclass(frozen=True)
class Words:
    """A place of (S,) areas by codes that are in the order of its words; -1 where it is unknown."""

    codes: NDArray[np.int64]
    words: tuple[Any, ...]

    @classmethod
    def of(cls, parts: Sequence[Coded | None], counts: Sequence[int]) -> Words:
        """One part of the areas after the other. parts : None where a part does not tell the place; counts : its areas"""
        words = tuple(sorted(dict.fromkeys(chain.from_iterable(p.values for p in parts if p is not None))))
        place = dict(zip(words, range(len(words)), strict=True))
        codes = [
            np.full(n, -1, dtype=np.int64) if p is None else p.spread([*map(place.__getitem__, p.values)], -1, np.int64)
            for p, n in zip(parts, counts, strict=True)
        ]
        return cls(_joined(codes), words)

    def take(self, rows: NDArray[np.int64]) -> Words:
        """Those of some areas."""
        return Words(self.codes[rows], self.words)


def shown_areas(
    year: NDArray[np.int64], words: Mapping[str, Words], levels: Sequence[tuple[str, NDArray[np.int64]]]
) -> tuple[pd.DataFrame, NDArray[np.int64]]:
    """The areas in a fixed order, and where each stands in the levels put one after the other.

    year, words : of the small areas; levels : each with a small area in each of its areas
    """
    codes, texts = _codes(words, levels)
    years = _joined(year[at] for _, at in levels)
    level = _joined(np.full(len(at), _RANK[k]) for k, at in levels)
    city = _joined(words["city"].codes[at] if "city" in LEVELS[k] else np.full(len(at), -1) for k, at in levels)
    side = _joined(_sides(words["inside"], k, at) for k, at in levels)
    order = np.lexsort([side, codes, city, level, years])
    order = order[~(_IS_SPLIT[level] & (side == 2))[order]]
    return pd.DataFrame(
        {
            "year": years[order].astype(np.int32),
            "level": _texts(tuple(LEVELS), level[order]),
            "city_code": _texts((*words["city"].words, ""), city[order] % (len(words["city"].words) + 1)),
            "area_code": _texts(texts, codes[order]),
            "inside": pd.Series(np.array([True, False, None], dtype=object)[side[order]], dtype=object),
        },
        copy=False,
    ), order


def _texts(words: Sequence[str], codes: NDArray[np.int64]) -> Any:
    """(A,) texts; codes : from 0"""
    return pd.array(pa.array(words, pa.large_string()).take(pa.array(codes)), dtype=_TEXT)


def _sides(inside: Words, level: str, at: NDArray[np.int64]) -> NDArray[np.int64]:
    """(A,) 0 for areas inside poor villages, 1 outside, 2 where it is unknown or not asked."""
    if "inside" not in LEVELS[level]:
        return np.full(len(at), 2)
    place = {True: 0, False: 1}
    return np.array([*(place[w] for w in inside.words), 2])[inside.codes[at]]


def _joined(parts: Iterable[NDArray[np.int64]]) -> NDArray[np.int64]:
    return np.concatenate([np.empty(0, dtype=np.int64), *parts])


def _codes(words: Mapping[str, Words], levels: Sequence[tuple[str, NDArray[np.int64]]]) -> tuple[NDArray[np.int64], list[str]]:
    """Place of the code of each area among the texts, and these: in order within a level."""
    codes, texts = [], []
    for level, at in levels:
        found = _level_codes(words, level, at)
        codes.append(found.codes + len(texts))
        texts += found.words
    return _joined(codes), texts


def _level_codes(words: Mapping[str, Words], level: str, at: NDArray[np.int64]) -> Words:
    """The codes of the areas of a level.

    A payment without a county is counted in its city and shown as unplaced below it: nothing vanishes.
    """
    need = [p for p in PLACES if p in LEVELS[level] and p != "inside"]
    if not need:
        return Words(np.zeros(len(at), dtype=np.int64), ("",))
    finest, *coarser = (words[p].take(at) for p in reversed(need))
    lost = np.flatnonzero(finest.codes < 0)
    if not len(lost):
        return finest
    unplaced = []
    for row in lost:
        known = next((w.words[w.codes[row]] for w in coarser if w.codes[row] >= 0), "")
        unplaced.append(known + _UNPLACED if coarser else known)
    kinds = {word: len(finest.words) + i for i, word in enumerate(dict.fromkeys(unplaced))}
    mixed = finest.codes.copy()
    mixed[lost] = [kinds[word] for word in unplaced]
    return Words.of([Coded(mixed, (*finest.words, *kinds))], [len(at)])
