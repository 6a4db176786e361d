"""Kleene's strong logic: the tables written out by hand."""

import itertools

import numpy as np
import pandas as pd
import pytest

from evaltools.indicators.kleene import NO, UNKNOWN, YES, Limit, every, negate, some, truth

T, F, U = YES, NO, UNKNOWN
AND = {(T, T): T, (T, F): F, (T, U): U, (F, T): F, (F, F): F, (F, U): F, (U, T): U, (U, F): F, (U, U): U}
OR = {(T, T): T, (T, F): T, (T, U): T, (F, T): T, (F, F): F, (F, U): U, (U, T): T, (U, F): U, (U, U): U}


def test_and_and_or_follow_the_tables():
    for a, b in itertools.product((T, F, U), repeat=2):
        x, y = np.array([a], dtype=np.int8), np.array([b], dtype=np.int8)
        assert every(x, y)[0] == AND[a, b]
        assert some(x, y)[0] == OR[a, b]


def test_not_leaves_unknown_alone():
    assert list(negate(np.array([T, F, U], dtype=np.int8))) == [F, T, U]


@pytest.mark.parametrize("values", [[True, False, None], pd.array([True, False, pd.NA], dtype="boolean")])
def test_missing_booleans_are_unknown(values):
    assert list(truth(values)) == [T, F, U]


def test_a_limit_compares_unrounded_and_knows_strict_from_inclusive():
    x = [9064.52, 9064.53, 9064.529999, float("nan")]
    assert list(Limit(9064.53, ">=").holds(x)) == [F, T, F, U]
    assert list(Limit(4000, "<").holds([3999.999, 4000.0])) == [T, F]
    assert list(Limit(4000, "<=").holds([4000.0])) == [T]
