"""Arrow arrays as numpy arrays of the language's kinds, from their buffers: the general conversions take ten times as long."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from evaltools.indicators.engine import values as v
from evaltools.indicators.engine.masked import known


def bits_of(buffer: Any, start: int, count: int) -> NDArray[np.bool_]:
    """(count,) flags from a buffer of bits, the first row in the lowest."""
    skipped = start & 7
    packed = np.frombuffer(buffer, dtype=np.uint8)[start >> 3 : (start + count + 7) >> 3]
    return np.unpackbits(packed, bitorder="little")[skipped : skipped + count].view(np.bool_)


def valid_of(array: pa.Array) -> NDArray[np.bool_] | None:
    """(n,) where there is a value; None for everywhere."""
    buffer = array.buffers()[0]
    return None if buffer is None or not array.null_count else bits_of(buffer, array.offset, len(array))


def _plain(array: pa.Array, kind: Any) -> NDArray[Any]:
    """(n,) the values, anything where there is none."""
    return np.frombuffer(array.buffers()[1], dtype=kind)[array.offset : array.offset + len(array)]


def truth(array: pa.Array) -> v.Truth:
    """Of an array of booleans."""
    if not len(array):
        return v.Truth(np.zeros(0, dtype=np.bool_), np.zeros(0, dtype=np.bool_))
    flags, valid = bits_of(array.buffers()[1], array.offset, len(array)), valid_of(array)
    return v.Truth(flags, ~flags) if valid is None else v.Truth(flags & valid, ~flags & valid)


def numbers(array: pa.Array) -> NDArray[np.float64]:
    """(n,) of numbers, or of days since 1970-01-01 of dates; NaN where there is no value."""
    if pa.types.is_temporal(array.type):
        array = array.cast(pa.date32(), safe=False).cast(pa.int32())
    elif not (pa.types.is_integer(array.type) or pa.types.is_float32(array.type) or pa.types.is_float64(array.type)):
        array = array.cast(pa.float64())
    if not len(array):
        return np.empty(0)
    out, valid = _plain(array, array.type.to_pandas_dtype()).astype(np.float64), valid_of(array)
    if valid is not None:
        out = known(valid, out)
    return out


def places(array: pa.DictionaryArray) -> NDArray[np.int32]:
    """(n,) place of each text in the dictionary, -1 where there is none."""
    indices = array.indices
    if not len(indices):
        return np.empty(0, dtype=np.int32)
    found, valid = _plain(indices, indices.type.to_pandas_dtype()), valid_of(indices)
    if valid is None:
        return found.astype(np.int32, copy=False)
    return found | (valid.view(np.int8) - np.int8(1)).astype(np.int32)  # all bits are ones in -1
