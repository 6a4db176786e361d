"""Arrow columns from arrays: text by dictionary, booleans with unknowns, whole numbers with blanks."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyarrow as pa


class Labels:
    """Many labels, all different and none missing (record numbers): turned into Arrow text once, used often."""

    def __init__(self, names: Sequence[str]) -> None:
        self.names = names
        self.array = pa.array(names, pa.string())

    def __getitem__(self, i: int) -> str:
        return self.names[i]

    def __len__(self) -> int:
        return len(self.names)


def text(index: np.ndarray, labels: Sequence[str | None] | Labels) -> pa.Array:
    """`labels[index]` as text; an index below 0 and a label of None are null. Stored once per distinct value.

    The dictionary holds each value once: with repeated ones the Parquet writer's bytes differ from run to run.
    """
    if isinstance(labels, Labels):
        return _of_labels(np.asarray(index), labels)
    kept = {x: i for i, x in enumerate(dict.fromkeys(x for x in labels if x is not None))}
    position = np.array([-1 if x is None else kept[x] for x in labels] + [-1], dtype=np.int32)
    where = position[np.where(index < 0, len(labels), index)]
    return pa.DictionaryArray.from_arrays(pa.array(where, mask=where < 0), pa.array(list(kept), pa.string()))


def _of_labels(index: np.ndarray, labels: Labels) -> pa.Array:
    """`labels[index]`; of the labels only those in use are stored when there are more labels than rows."""
    known = index >= 0
    array = labels.array
    if len(index) < len(labels):
        used, where = np.unique(index[known], return_inverse=True)
        array = array.take(pa.array(used))
        full = np.full(len(index), -1, dtype=np.int32)
        full[known] = where
        index = full
    return pa.DictionaryArray.from_arrays(pa.array(index.astype(np.int32), mask=~known), array)


def boolean(value: np.ndarray, unknown: np.ndarray | None = None) -> pa.Array:
    """Booleans from 0 / 1; negative numbers and `unknown` are null."""
    value = np.asarray(value)
    mask = np.zeros(len(value), bool) if value.dtype == bool else value < 0
    return pa.array(value.astype(bool), mask=mask if unknown is None else mask | unknown)


def whole(value: np.ndarray, blank: np.ndarray | None = None, kind: pa.DataType | None = None) -> pa.Array:
    """Whole numbers, null where `blank`."""
    return pa.array(np.asarray(value).astype(np.int64), mask=blank).cast(kind or pa.int32())


def number(value: np.ndarray, decimals: int | None = None) -> pa.Array:
    """Floating-point numbers, NaN as null, rounded to `decimals` if given."""
    value = np.asarray(value, dtype=float)
    return pa.array(value if decimals is None else np.round(value, decimals), from_pandas=True)


def day(year: np.ndarray, of_year: np.ndarray, blank: np.ndarray | None = None) -> pa.Array:
    """Dates from a year and a day of the year (1 = 1 January)."""
    start = (np.asarray(year, dtype=np.int64) - 1970).astype("datetime64[Y]").astype("datetime64[D]")
    return pa.array(start + (np.asarray(of_year, dtype=np.int64) - 1), type=pa.date32(), mask=blank)
