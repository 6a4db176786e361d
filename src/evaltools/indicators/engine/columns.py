"""Columns of a table's rows, and several of them put together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from evaltools.indicators.engine import arrays
from evaltools.indicators.engine import values as v
from evaltools.indicators.engine.keys import together
from evaltools.intake.arrow import compute

Groups = dict[int, NDArray[np.int32]]
"""Row group -> place of each text of its own dictionary in a larger one."""


@dataclass(frozen=True)
class Columns:
    """Some rows, as arrow arrays by column name; texts by their dictionary.

    groups : for each column of texts where those of a row group's dictionary stand in the one here, if that is known
    """

    arrays: dict[str, Any]
    kinds: dict[str, str]
    count: int
    groups: dict[str, Groups] = field(default_factory=dict)
    words: dict[str, tuple[str, ...]] = field(default_factory=dict)
    codes: dict[Any, Any] = field(default_factory=dict)
    """What has been worked out for all of them: columns of codes, and the places of words elsewhere."""

    def value(self, name: str, start: int = 0, stop: int | None = None) -> Any:
        """A column from `start` to `stop` as a value of the language; NaN is missing."""
        stop = self.count if stop is None else stop
        if self.kinds[name] == "text":
            if name not in self.words:
                self.words[name] = tuple(self.dictionary(name).to_pylist())
            return v.Coded(self.text_codes(name)[start:stop], self.words[name])
        array = self.arrays[name].slice(start, stop - start)
        return arrays.truth(array.cast(pa.bool_())) if self.kinds[name] == "boolean" else arrays.numbers(array)

    def whole(self, name: str) -> Any:
        """A column with all rows, kept for whoever asks again."""
        if ("whole", name) not in self.codes:
            self.codes["whole", name] = self.value(name)
        return self.codes["whole", name]

    def taken(self, rows: NDArray[np.int64]) -> Columns:
        """Some rows, in another order."""
        at = pa.array(rows)
        return replace(self, arrays={n: a.take(at) for n, a in self.arrays.items()}, count=len(rows), codes={})

    def where(self, mask: NDArray[np.bool_] | None) -> Columns:
        """The rows of a mask (None: all)."""
        if mask is None or mask.all():
            return self
        kept = pa.array(mask)
        found = {n: a.filter(kept) for n, a in self.arrays.items()}
        return replace(self, arrays=found, count=int(mask.sum()), codes={})

    def with_texts(self, name: str, words: pa.Array) -> Columns:
        """The rows that have one of some texts in a column."""
        known = np.append(np.asarray(compute.is_in(self.dictionary(name), words)), False)
        few = self.where(known[self.text_codes(name)])
        if few is self:
            return self
        left = few.arrays[name].cast(pa.string()).dictionary_encode()  # without the texts that no row has any more
        groups = {n: g for n, g in self.groups.items() if n != name}
        return replace(few, arrays=few.arrays | {name: left}, groups=groups, words={})

    def dictionary(self, name: str) -> pa.Array:
        """The different texts of a column."""
        return self.arrays[name].dictionary

    def text_codes(self, name: str) -> NDArray[np.int32]:
        """(count,) place of each text in the dictionary, -1 where there is none."""
        if name not in self.codes:
            self.codes[name] = arrays.places(self.arrays[name])
        return self.codes[name]


def put_together(parts: Sequence[Columns]) -> Columns:
    """The rows of several parts, one or more, that have the same columns."""
    if len(parts) == 1:
        return parts[0]
    found, groups = {}, {}
    for name, kind in parts[0].kinds.items():
        pieces = [p.arrays[name] for p in parts]
        if kind != "text":
            found[name] = pa.concat_arrays(pieces)
            continue
        found[name], places = united(pieces)
        groups[name] = {g: at[own] for p, at in zip(parts, places, strict=True) for g, own in p.groups.get(name, {}).items()}
    return Columns(found, parts[0].kinds, sum(p.count for p in parts), groups)


def united(pieces: Sequence[Any]) -> tuple[Any, list[NDArray[np.int32]]]:
    """Columns of texts as one, and where those of each piece's dictionary stand in its dictionary."""
    if len(pieces) == 1:
        return pieces[0], [np.arange(len(pieces[0].dictionary), dtype=np.int32)]
    words, which = _different([p.dictionary for p in pieces])
    if len(words) == 1:
        indices = pa.concat_arrays([p.indices for p in pieces])
        return pa.DictionaryArray.from_arrays(indices, words[0]), [np.arange(len(words[0]), dtype=np.int32)] * len(pieces)
    one, found = together(words) or _unified(words)
    places = [found[i] for i in which]
    codes = np.concatenate([np.append(at, -1)[arrays.places(p).astype(np.intp)] for at, p in zip(places, pieces, strict=True)])
    indices = pa.array(codes, mask=codes < 0)
    return pa.DictionaryArray.from_arrays(indices, one), places


def _unified(words: Sequence[Any]) -> tuple[Any, list[NDArray[np.int32]]]:
    """Several dictionaries as one, and the place of each text in it."""
    chunks = [pa.DictionaryArray.from_arrays(np.arange(len(w), dtype=np.int32), w) for w in words]
    one = pa.chunked_array(chunks).unify_dictionaries()
    return one.chunk(0).dictionary, [arrays.places(chunk) for chunk in one.chunks]


def _different(dictionaries: Sequence[Any]) -> tuple[list[Any], list[int]]:
    """Dictionaries without those that repeat the one before them, and the place of each among these.

    Row groups of one city often have the same one: comparing them takes a hundredth of hashing their words.
    """
    found, which = [dictionaries[0]], [0]
    for words in dictionaries[1:]:
        if not words.equals(found[-1]):
            found.append(words)
        which.append(len(found) - 1)
    return found, which
