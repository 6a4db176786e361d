"""Memory while indicators are computed: what is free goes back to the machine, and no one looks for circles."""

from __future__ import annotations

import ctypes
import gc
from collections.abc import Callable, Iterator
from contextlib import contextmanager
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


@contextmanager
def uncollected() -> Iterator[None]:
    """Without Python's search for objects that refer to each other in a circle: arrays do not, and looking through the whole
    catalogue takes as long as a table of one city."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()
