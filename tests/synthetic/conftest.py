"""A small province generated once, and the committed demo with its truth."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pandas as pd
import pytest

from evaltools.synthetic import generate


@dataclass(frozen=True)
class Province:
    """Two folders and lazy access to their tables."""

    data: Path
    truth: Path

    def __getitem__(self, name: str) -> pd.DataFrame:
        folder = self.data if (self.data / f"{name}.parquet").exists() else self.truth
        return pd.read_parquet(folder / f"{name}.parquet")


@pytest.fixture(scope="session")
def small(tmp_path_factory: pytest.TempPathFactory) -> Province:
    """The smallest province the generator makes, with a seed of its own."""
    root = tmp_path_factory.mktemp("province")
    generate(root / "data", root / "truth", scale=0.01, seed=7)
    return Province(root / "data", root / "truth")


@pytest.fixture(scope="session")
def committed(root: Path) -> Province:
    """The demo as it lies in the repository."""
    return Province(root / "data" / "demo", root / "data" / "demo_truth")


@pytest.fixture(scope="session")
def households(committed: Province) -> pd.DataFrame:
    return committed["households"]


@pytest.fixture(scope="session")
def registry(households: pd.DataFrame) -> pd.DataFrame:
    """Registered households, in the order of household and year."""
    kept = households[households["registry_status"] != "never"]
    return kept.sort_values(["household_id", "year"], ignore_index=True)
