"""Threads change the time and nothing else."""

import numpy as np
import pytest

from evaltools.estimation import parallel
from evaltools.estimation.ranked import sort_rows


def test_every_piece_of_work_is_done_once_whatever_the_size():
    for rows in (10, 10 * parallel.WORTH):
        done = np.zeros(50)

        def add(d: int, done=done) -> None:
            done[d] += d

        parallel.each(50, add, rows)
        assert (done == np.arange(50)).all()


def test_an_error_in_a_thread_is_raised():
    def fail(d: int) -> None:
        raise ValueError(str(d))

    with pytest.raises(ValueError, match="0"):
        parallel.each(3, fail, 10 * parallel.WORTH)


def test_sorting_in_threads_equals_sorting_without(monkeypatch):
    rng = np.random.default_rng(3)
    y, w, domain = rng.normal(size=5000), rng.uniform(0, 1, 5000), rng.integers(-1, 7, 5000)
    plain = sort_rows(y, w, domain, 7, stable=True)
    monkeypatch.setattr(parallel, "WORTH", 1)
    threaded = sort_rows(y, w, domain, 7, stable=True)
    assert (plain.row == threaded.row).all()
    assert (plain.y == threaded.y).all()
