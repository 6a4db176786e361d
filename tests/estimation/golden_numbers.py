"""Numbers of R that unit tests need, read from tests/golden."""

from __future__ import annotations

import csv
from pathlib import Path

import pandas as pd

GOLDEN = Path(__file__).parents[1] / "golden"


def kappa_of_r() -> tuple[pd.DataFrame, tuple[float, float]]:
    """The frame, and R's kappa with its standard error."""
    with (GOLDEN / "survey.csv").open() as file:
        found = {(r["case"], r["name"]): float(r["value"]) for r in csv.DictReader(file)}
    frame = pd.read_csv(GOLDEN / "data" / "apiclus1.csv.gz", dtype={"dnum": str})
    return frame, (found["kappa", "estimate"], found["kappa", "se"])
