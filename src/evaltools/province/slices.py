"""The province's tables cut by city."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from evaltools.intake import Tables

Key = tuple[str, tuple[str, ...] | None, int | None]


class Slices:
    """The province's tables cut by city: each table is read and grouped once, whatever the number of cities."""

    def __init__(self, whole: Tables) -> None:
        self.whole = whole
        self._frames: dict[Key, tuple[pd.DataFrame, dict[str, np.ndarray] | None]] = {}

    def city(self, code: str) -> CitySlice:
        """The tables of one city."""
        return CitySlice(self, code)

    def load(self, code: str, table: str, columns: Sequence[str] | None, year: int | None) -> pd.DataFrame:
        """Rows of one city, index 0..n-1; a table without a city column (price_index) is the same for all."""
        from evaltools.intake import load_contract

        key = (table, None if columns is None else tuple(columns), year)
        if key not in self._frames:
            where = load_contract(table).city_column
            wanted = None if columns is None else [*columns, *([where] if where and where not in columns else [])]
            frame = self.whole.load(table, wanted, year)
            groups = frame.groupby(frame[where].astype("string")).indices if where else {}
            rows = {str(k): np.asarray(v) for k, v in groups.items()} if where else None
            self._frames[key] = (frame if columns is None else frame[list(columns)], rows)
        frame, rows = self._frames[key]
        if rows is None:
            return frame
        return frame.iloc[rows.get(code, np.zeros(0, dtype=np.intp))].reset_index(drop=True)


class CitySlice:
    """One city's part of the province's tables: what results need of `Tables`."""

    def __init__(self, slices: Slices, code: str) -> None:
        self._slices, self.cities = slices, (code,)

    def has(self, table: str) -> bool:
        """Whether the folder holds the table."""
        return self._slices.whole.has(table)

    def load(self, table: str, columns: Sequence[str] | None = None, year: int | None = None) -> pd.DataFrame:
        """Rows of the city; see `Tables.load`."""
        return self._slices.load(self.cities[0], table, columns, year)
