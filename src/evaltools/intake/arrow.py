"""pyarrow's compute functions that intake uses, in one place (their stubs do not know them)."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute

compute: Any = pyarrow.compute


def strings(values: pd.Series) -> pa.Array:
    """A column as an arrow array of strings, missing values as nulls."""
    if str(values.dtype) in ("str", "string"):
        return pa.array(values, pa.string(), from_pandas=True)
    return pa.array(values, from_pandas=True).cast(pa.string())


def matches(values: pd.Series, pattern: str) -> np.ndarray:
    """(n,) whether a text column matches an RE2 pattern; missing values do not."""
    return np.asarray(compute.match_substring_regex(strings(values), pattern).fill_null(False))
