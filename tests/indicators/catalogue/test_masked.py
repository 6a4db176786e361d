"""Choosing numbers by their bits gives what `np.where` gives, for every kind of number."""

import numpy as np
import pytest

from evaltools.indicators.engine import masked

NUMBERS = np.array([0.0, -0.0, 1.5, -2.0, np.nan, np.inf, -np.inf, 1e308])
MASKS = [np.arange(8) % 2 == 0, np.ones(8, dtype=bool), np.zeros(8, dtype=bool), np.bool_(True), np.bool_(False)]


@pytest.mark.parametrize("mask", MASKS, ids=["mixed", "all", "none", "one yes", "one no"])
@pytest.mark.parametrize("numbers", [NUMBERS, np.float64(3.5), 2, np.nan], ids=["numbers", "one", "whole", "unknown"])
def test_numbers_under_a_mask(mask, numbers):
    assert np.array_equal(masked.known(mask, numbers), np.where(mask, numbers, np.nan), equal_nan=True)
    for other in (NUMBERS[::-1], np.float64(-1.0), 0):
        assert np.array_equal(masked.blended(mask, numbers, other), np.where(mask, numbers, other), equal_nan=True)


def test_whole_numbers_under_a_mask_are_0_elsewhere():
    whole = np.array([0, 1, -1, 2**62, -(2**62), 7, 8, 9])
    for mask in MASKS[:3]:
        assert (masked.counted(mask, whole) == np.where(mask, whole, 0)).all()
