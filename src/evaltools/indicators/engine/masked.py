"""Numbers under a mask by their bits, without a branch for each row.

`np.where` guesses for each row which side it will take: where a mask changes often, that takes five times as long. A mask
spread to all bits of a number (all ones: -1, or none) leaves nothing to guess. All ones is also one of the bit patterns of NaN.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray


def _ones(mask: NDArray[np.bool_]) -> NDArray[np.int64]:
    """(n,) -1 where the mask holds, 0 elsewhere."""
    return np.negative(mask.view(np.int8)).astype(np.int64)


def _zeros(mask: NDArray[np.bool_]) -> NDArray[np.int64]:
    """(n,) 0 where the mask holds, -1 elsewhere."""
    return (mask.view(np.int8) - np.int8(1)).astype(np.int64)


def known(mask: Any, numbers: Any) -> Any:
    """(n,) the numbers where a mask holds, NaN elsewhere. Either may be one value for all rows."""
    if np.ndim(mask) == 0:
        return np.where(mask, numbers, np.nan)
    bits = _zeros(mask)
    bits |= np.asarray(numbers, dtype=np.float64).view(np.int64)
    return bits.view(np.float64)


def counted(mask: NDArray[np.bool_], whole: NDArray[np.int64]) -> NDArray[np.int64]:
    """(n,) the whole numbers where a mask holds, 0 elsewhere."""
    bits = _ones(mask)
    bits &= whole
    return bits


def blended(mask: Any, yes: Any, no: Any) -> Any:
    """(n,) numbers of `yes` where a mask holds, of `no` elsewhere. Each may be one value for all rows."""
    if np.ndim(mask) == 0:
        return np.where(mask, yes, no)
    yes, no = (np.asarray(x, dtype=np.float64).view(np.int64) for x in (yes, no))
    bits = _ones(mask)
    bits &= yes ^ no
    bits ^= no
    return bits.view(np.float64)
