"""The packaged catalogue on random rows, once by the engine and once by plain pandas."""

from __future__ import annotations

import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest

sys.path.insert(0, str(Path(__file__).parent))

from again_households import LOW
from arithmetic import AS_OF, YEAR
from rows import CITY, nullable, random_rows

from evaltools.indicators import Catalogue, compute_indicators
from evaltools.standards import RuleBook


class Rows(SimpleNamespace):
    """The frames by name, unknown as NA; `now(table)`: those of the year, with an index of their own."""

    def now(self, table: str) -> pd.DataFrame:
        frame = getattr(self, table)
        return frame[frame["year"] == YEAR].reset_index(drop=True)


@pytest.fixture(scope="session")
def frames() -> dict[str, pd.DataFrame]:
    """Random rows of every table that the catalogue reads."""
    catalogue = Catalogue.load()
    names = sorted({t for e in catalogue.values() for t in e.tables})
    return {name: random_rows(name, np.random.default_rng(i)) for i, name in enumerate(names)}


@pytest.fixture(scope="session")
def by_pandas(frames: dict[str, pd.DataFrame]) -> Rows:
    return Rows(**{name: nullable(name, frame) for name, frame in frames.items()})


@pytest.fixture(scope="session")
def by_engine(make: Any, frames: dict[str, pd.DataFrame]) -> pd.Series:
    """Indicator -> value of the city."""
    book = RuleBook.load().with_value("low_income.line", LOW, reason="no document sets one")
    found = compute_indicators(make.tables(**frames), book, as_of=AS_OF, levels=["city"])
    assert found.missing.empty
    rows = found.to_frame("city", year=YEAR)
    return rows[rows["area_code"] == CITY].set_index("indicator")["value"]
