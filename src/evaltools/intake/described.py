"""What a Parquet file says of itself: its columns, the rows of each row group, and the bounds of what these hold."""

from __future__ import annotations

from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple

import pyarrow.parquet as pq


class Bounds(NamedTuple):
    """The least and the greatest value of a row group, and how many are unknown; None where the file does not say."""

    least: Any = None
    greatest: Any = None
    unknown: int | None = None

    @classmethod
    def of(cls, statistics: Any) -> Bounds:
        """From the statistics of a column in a row group; None : there are none."""
        if statistics is None:
            return cls()
        ends = (statistics.min, statistics.max) if statistics.has_min_max else (None, None)
        return cls(*ends, statistics.null_count if statistics.has_null_count else None)


class Described:
    """The description of a file. Asking it for a number takes as long as reading hundreds of values: each is kept."""

    def __init__(self, metadata: pq.FileMetaData) -> None:
        self.metadata = metadata
        self._bounds: dict[tuple[str | None, int], Bounds] = {}

    @classmethod
    def of(cls, path: Path) -> Described:
        """The description of a file that is not open."""
        return cls(pq.read_metadata(path))

    @cached_property
    def names(self) -> list[str]:
        """The columns, as the file counts them."""
        return [self.metadata.schema.column(i).path for i in range(self.metadata.num_columns)]

    @cached_property
    def rows(self) -> list[int]:
        """How many rows each row group has."""
        return [self.metadata.row_group(g).num_rows for g in range(self.metadata.num_row_groups)]

    def bounds(self, name: str | None, group: int) -> Bounds:
        """What it says of a column in a row group; nothing where it has no such column."""
        if (name, group) not in self._bounds:
            has_it = name in self.names
            said = self.metadata.row_group(group).column(self.names.index(name)).statistics if has_it else None
            self._bounds[name, group] = Bounds.of(said)
        return self._bounds[name, group]
