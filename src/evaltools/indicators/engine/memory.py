"""Memory that is free again goes back to the machine: two large tables are worked on at once."""

from __future__ import annotations

import ctypes
from collections.abc import Callable
from functools import cache
from typing import Any

import pyarrow as pa


@cache
def _trim() -> Callable[[int], Any] | None:
    """glibc's malloc_trim; other C libraries give memory back by themselves, or not at all."""
    try:
        return ctypes.CDLL(None).malloc_trim
    except (OSError, AttributeError, TypeError):
        return None


def give_back() -> None:
    """Return what is free: the allocators keep it for their next use, which may be in another thread."""
    pa.default_memory_pool().release_unused()
    trim = _trim()
    if trim is not None:
        trim(0)
