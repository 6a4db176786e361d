"""A small province generated once, and the committed demo with its truth."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cached_property
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


class Demo:
    """The committed tables, read once, and the planted records by kind."""

    def __init__(self, province: Province) -> None:
        self.province = province
        self._read: dict[str, pd.DataFrame] = {}

    def __getitem__(self, name: str) -> pd.DataFrame:
        if name not in self._read:
            frame = self.province[name]
            for column in frame:
                if column == "date" or column.endswith("_date") or column == "deadline":
                    frame[column] = pd.to_datetime(frame[column])
            self._read[name] = frame
        return self._read[name]

    @cached_property
    def planted(self) -> pd.DataFrame:
        listed = json.loads((self.province.truth / "planted.json").read_text(encoding="utf-8"))["planted"]
        return pd.DataFrame(listed)

    def keys(self, kind: str, *columns: str) -> set[tuple]:
        """The planted records of a kind as tuples of the named columns."""
        rows = self.planted[self.planted["kind"] == kind]
        return {
            tuple(int(x) if isinstance(x, float) else x for x in r) for r in rows[list(columns)].to_numpy().tolist()
        }


@pytest.fixture(scope="session")
def data(committed: Province) -> Demo:
    """The committed tables with dates as dates, and what is planted in them."""
    return Demo(committed)
