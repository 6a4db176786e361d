"""What every room's tests may use: the project root, the demo data, the real panel where it is there."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="session")
def root() -> Path:
    """The checkout."""
    return ROOT


@pytest.fixture(scope="session")
def demo(root: Path) -> Path:
    """The committed synthetic data."""
    return root / "data" / "demo"


@pytest.fixture(scope="session")
def eph() -> Path:
    """The real panel: EVALTOOLS_EPH, or shared/data/eph beside the checkout; tests that need it skip without it."""
    folder = Path(os.environ.get("EVALTOOLS_EPH", ROOT.parent / "shared" / "data" / "eph"))
    if not (folder / "household_waves.parquet").exists():
        pytest.skip("the real household panel is not on this machine (set EVALTOOLS_EPH to its folder)")
    return folder
