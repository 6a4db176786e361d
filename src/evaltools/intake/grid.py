"""A file as the user sees it: header cells and values with their row numbers, before any contract."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

import numpy as np
import pandas as pd


@dataclass
class FileProblem:
    """Something wrong with the file itself. `row` as the user sees it, or None."""

    row: int | None
    column: str
    rule: str
    message: str
    severity: str = "error"


@dataclass
class Grid:
    """`parts[i]`: header cells over column i. `columns[i]`: (n,) raw values. `rows`: (n,) row numbers in the file."""

    file: str
    parts: list[tuple[str, ...]]
    stated: tuple[str, ...]
    """Units stated above the table."""
    columns: list[pd.Series]
    rows: np.ndarray
    problems: list[FileProblem] = field(default_factory=list)
    notes: Counter[str] = field(default_factory=Counter)
    unreadable_rows: int = 0
    """Rows of the file that could not be taken apart (they are listed in `problems`)."""
