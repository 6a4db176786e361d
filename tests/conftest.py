"""What every room's tests may use: the project root, the demo data, the real panel where it is there."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

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


class Done(NamedTuple):
    """How a command ended."""

    returncode: int
    stdout: str
    stderr: str


@pytest.fixture
def evaltools(tmp_path, monkeypatch, capsys) -> Callable[..., Done]:
    """The command line in this process, from a foreign directory: what a shell would see, without its start-up time.

    tests/cli/test_doors.py runs some commands in a process of their own.
    """
    from evaltools.cli import main

    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "100")

    def run(*words: object) -> Done:
        capsys.readouterr()
        try:
            main([str(w) for w in words])
            status = 0
        except SystemExit as end:
            status = end.code if isinstance(end.code, int) else int(bool(end.code))
        out, err = capsys.readouterr()
        return Done(status, out, err)

    return run
