"""Dictionaries of keys that end in digits (H44140000037) put together by their numbers: a table of numbers is filled in a
fraction of the time that hashing as many texts takes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

_DIGITS = 8
_SPAN = 4
_HIGH, _ZEROS, _SIX = (np.uint64(0x0101010101010101 * n) for n in (0xF0, 0x30, 0x06))
_PAIRS = ((0x0F0F0F0F0F0F0F0F, 2561, 8), (0x00FF00FF00FF00FF, 6553601, 16), (0x0000FFFF0000FFFF, 42949672960001, 32))
"""Eight digits in eight bytes become four numbers of two, two of four, one of eight: mask, factor, shift."""


def together(words: Sequence[Any]) -> tuple[Any, list[NDArray[np.int32]]] | None:
    """One dictionary of the texts of several, in the order of their numbers, and the place of each text in it; None where they
    are no keys of one length that differ in their last eight digits alone, or few of the numbers between them are there."""
    found = numbers_of(words)
    if found is None:
        return None
    least = min(int(x.min()) for x in found)
    span = max(int(x.max()) for x in found) - least + 1
    if span > _SPAN * sum(map(len, found)):
        return None
    there = np.zeros(span, dtype=bool)
    for numbers in found:
        there[numbers - least] = True
    rank = np.cumsum(there, dtype=np.int32) - np.int32(1)
    places = [rank[numbers - least] for numbers in found]
    one = np.empty(int(rank[-1]) + 1, dtype=np.int64)
    one[np.concatenate(places)] = np.arange(sum(map(len, places)))
    return pa.concat_arrays(words).take(pa.array(one)), places


def numbers_of(words: Sequence[Any]) -> list[NDArray[np.int64]] | None:
    """The last eight digits of each text as a number; None where texts differ in something else, or one dictionary is empty."""
    rows = [_bytes(x) for x in words]
    if rows[0] is None:
        return None
    width, head, found = rows[0].shape[1], rows[0][0, :-_DIGITS], []
    for x in rows:
        if x is None or x.shape[1] != width or (x[:, :-_DIGITS] != head).any():
            return None
        eight = np.ascontiguousarray(x[:, -_DIGITS:]).view("<u8")[:, 0]
        if ((eight & _HIGH) != _ZEROS).any() or (((eight + _SIX) & _HIGH) != _ZEROS).any():
            return None
        for mask, factor, shift in _PAIRS:
            eight = (eight & np.uint64(mask)) * np.uint64(factor) >> np.uint64(shift)
        found.append(eight.astype(np.int64))
    return found


def _bytes(texts: Any) -> NDArray[np.uint8] | None:
    """(n, width) bytes of texts of one length, eight or more; None for others."""
    if not len(texts) or texts.null_count or not pa.types.is_string(texts.type):
        return None
    ends = np.frombuffer(texts.buffers()[1], dtype=np.int32)[texts.offset : texts.offset + len(texts) + 1]
    width = int(ends[1] - ends[0])
    if width < _DIGITS or (np.diff(ends) != width).any():
        return None
    return np.frombuffer(texts.buffers()[2], dtype=np.uint8)[ends[0] : ends[-1]].reshape(-1, width)
