"""Work on many domains in threads: numpy sorts and adds outside Python's lock, and no result depends on the number."""

from __future__ import annotations

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

WORTH = 200_000
"""Rows below which starting threads costs more than it saves."""


def each(count: int, work: Callable[[int], None], rows: int) -> None:
    """work(0), ..., work(count - 1), each writing its own part of an array; an error of any is raised."""
    workers = min(os.cpu_count() or 1, count)
    if rows < WORTH or workers < 2:
        for d in range(count):
            work(d)
        return
    with ThreadPoolExecutor(workers) as pool:
        list(pool.map(work, range(count)))
