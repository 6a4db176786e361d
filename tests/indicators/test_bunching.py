"""A jump of the density at a line: found where it was made, not found where there is none, refused where too few."""

from __future__ import annotations

import math

import numpy as np
import pytest

from evaltools.indicators.bunching import REASONS, density_jump

LINE = 9000.0


def smooth(n: int, seed: int) -> np.ndarray:
    return np.random.default_rng(seed).normal(10_000, 2_500, n)


def bunched(n: int, seed: int, share: float) -> np.ndarray:
    """A share of those within 1,500 yuan below the line are written up to just above it."""
    x, rng = smooth(n, seed), np.random.default_rng(seed + 1)
    moved = (x < LINE) & (x > LINE - 1500) & (rng.random(n) < share)
    return np.where(moved, LINE + rng.uniform(0, 400, n), x)


def test_the_level_of_the_test_holds_where_nothing_jumps():
    found = [density_jump(smooth(2000, s), LINE) for s in range(300)]
    too_often = np.mean([f.p_above < 0.05 for f in found])
    assert too_often <= 0.05 + 2 * math.sqrt(0.05 * 0.95 / 300)
    covered = np.mean([f.low <= 1 <= f.high for f in found])
    assert covered >= 0.90 - 2 * math.sqrt(0.1 * 0.9 / 300)


def test_incomes_written_up_to_the_line_are_found():
    found = density_jump(bunched(3000, 5, 0.6), LINE)
    assert found.ratio > 1.5
    assert found.low > 1
    assert found.p_above < 0.001


def test_a_hole_above_the_line_is_no_jump_up():
    mirrored = 2 * LINE - bunched(3000, 5, 0.6)
    found = density_jump(mirrored, LINE)
    assert found.ratio < 1
    assert found.p_above > 0.95


def test_the_unit_of_money_changes_nothing_but_the_bandwidth():
    x = bunched(1500, 8, 0.3)
    yuan, wan = density_jump(x, LINE), density_jump(x / 1e4, LINE / 1e4)
    assert wan.ratio == pytest.approx(yuan.ratio, rel=1e-9)
    assert wan.se == pytest.approx(yuan.se, rel=1e-9)
    assert wan.bandwidth == pytest.approx(yuan.bandwidth / 1e4, rel=1e-9)


def test_a_known_step_is_estimated_as_it_is():
    """Uniform on [0, 1] with twice the density above 0.5: the local linear fit is exact up to sampling."""
    rng = np.random.default_rng(2)
    x = np.concatenate([rng.uniform(0, 0.5, 20_000), rng.uniform(0.5, 1, 40_000)])
    found = density_jump(x, 0.5, bandwidth=0.3)
    assert found.ratio == pytest.approx(2, rel=0.05)
    assert found.left == pytest.approx(2 / 3, rel=0.05)
    assert found.se == pytest.approx(math.sqrt(24 / 5 / (60_000 * 0.3) * (3 / 2 + 3 / 4)), rel=0.05)


def test_no_bin_straddles_the_line_and_the_line_itself_lies_above():
    x = np.concatenate([np.linspace(0.1, 0.499, 500), np.full(300, 0.5), np.linspace(0.501, 0.9, 500)])
    found = density_jump(x, 0.5, bandwidth=0.2)
    assert found.n_right >= 300 > found.n_left
    assert found.ratio > 1


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        (np.linspace(0, 1, 10), "few_values"),
        (np.full(500, 3.0), "few_values"),
        (np.linspace(9001, 20000, 500), "few_bins"),
        (np.concatenate([np.linspace(0, 8000, 15), np.linspace(9000, 20000, 500)]), "few_near"),
        (np.full(500, np.nan), "few_values"),
    ],
)
def test_too_little_gives_a_reason_and_no_number(values, reason):
    found = density_jump(values, LINE)
    assert math.isnan(found.ratio)
    assert math.isnan(found.p_above)
    assert found.reason == reason
    assert reason in REASONS
