"""Reads the numbers that R wrote, and the data it wrote them about."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd

HERE = Path(__file__).parent
CODES = {"stype": str, "dnum": str, "snum": str, "cds": str, "db030": str}


@cache
def _numbers(file: str) -> dict[tuple[str, str], float]:
    table = pd.read_csv(HERE / file, dtype={"case": str, "name": str, "value": float})
    return {(c, n): v for c, n, v in zip(table["case"], table["name"], table["value"], strict=True)}


class Golden:
    """R's numbers of one file: `g("strat/mean", "estimate[0]")`, `g.array("strat/mean", "cov")`."""

    def __init__(self, file: str) -> None:
        self.numbers = _numbers(file)

    def __call__(self, case: str, name: str) -> float:
        return self.numbers[case, name]

    def array(self, case: str, name: str) -> np.ndarray:
        found, i = [], 0
        while (case, f"{name}[{i}]") in self.numbers:
            found.append(self.numbers[case, f"{name}[{i}]"])
            i += 1
        assert found, f"R wrote no {case} {name}"
        return np.array(found)


@cache
def _frame(name: str) -> pd.DataFrame:
    frame = pd.read_csv(HERE / "data" / f"{name}.csv.gz", dtype=CODES, na_values=["NA"])
    if "sch.wide" in frame:
        frame["wide"] = (frame["sch.wide"] == "Yes").astype(float)
    return frame


def data(name: str) -> pd.DataFrame:
    """A data set of R, as a fresh frame."""
    return _frame(name).copy()
