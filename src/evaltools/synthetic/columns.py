"""Arrow columns from arrays: text by dictionary, booleans with unknowns, whole numbers with blanks."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyarrow as pa


def text(index: np.ndarray, labels: Sequence[str | None]) -> pa.Array:
    """`labels[index]` as text; an index below 0 and a label of None are null. Stored once per distinct value.

    The dictionary holds each value once: with repeated ones the Parquet writer's bytes differ from run to run.
    """
    kept = {x: i for i, x in enumerate(dict.fromkeys(x for x in labels if x is not None))}
    position = np.array([-1 if x is None else kept[x] for x in labels] + [-1], dtype=np.int32)
    where = position[np.where(index < 0, len(labels), index)]
    return pa.DictionaryArray.from_arrays(pa.array(where, mask=where < 0), pa.array(list(kept), pa.string()))


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
