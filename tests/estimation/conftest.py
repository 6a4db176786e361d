from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

sys.path.insert(0, str(Path(__file__).parent))


def make_survey(seed: int = 0, villages: int = 40, size: int = 12) -> pd.DataFrame:
    """A stratified village sample with unequal weights, two listings, an income and holes in it."""
    rng = np.random.default_rng(seed)
    n = villages * size
    village = np.repeat(np.arange(villages), size)
    effect = rng.normal(0, 0.3, villages)[village]
    frame = pd.DataFrame({
        "stratum": (village * 4 // villages).astype(str), "village": np.char.add("v", village.astype(str)),
        "county": np.where(village % 3 == 0, "甲县", np.where(village % 3 == 1, "乙县", "丙县")),
        "weight": rng.uniform(1, 4, n), "persons": rng.integers(1, 7, n),
        "income": np.round(np.exp(9 + effect + rng.normal(0, 0.7, n)), 2), "line": 4000.0 + 500 * (village % 2),
        "listed": rng.uniform(size=n) < 0.3, "poor": (rng.uniform(size=n) < 0.2).astype(int), "x": rng.uniform(1, 2, n),
    })  # fmt: skip
    frame.loc[rng.choice(n, 9, replace=False), "income"] = np.nan
    return frame


@pytest.fixture
def survey() -> pd.DataFrame:
    return make_survey()
