"""A Parquet file or folder as a DuckDB relation: its columns, its rows by name, and small questions about a column."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd

from evaltools.errors import DataMissingError, EstimationError
from evaltools.estimation.cells import Data, missing_columns
from evaltools.estimation.expr import quoted

FileData = str | Path
FLOATS = ("FLOAT", "DOUBLE")
NUMBERS = (*FLOATS, "BOOLEAN", "TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT", "UTINYINT", "USMALLINT",
           "UINTEGER", "UBIGINT", "DECIMAL")  # fmt: skip


class Source:
    """A Parquet file or folder as a DuckDB relation, with its column types."""

    def __init__(self, data: str | Path) -> None:
        if not isinstance(data, str | Path):
            raise EstimationError(f"data is a {type(data).__name__}", expected="a DataFrame, or a path of Parquet")
        path = Path(data)
        if not path.exists():
            raise DataMissingError(f"no such file or folder: {path}", expected="a Parquet file, or a folder of them")
        if path.is_dir() and not any(path.rglob("*.parquet")):
            raise DataMissingError(f"no Parquet file in {path}", expected="files named *.parquet")
        pattern = str(path / "**" / "*.parquet") if path.is_dir() else str(path)
        self.folder = path if path.is_dir() else None
        self.pattern = pattern.replace("'", "''")
        self.relation = f"read_parquet('{self.pattern}', file_row_number = true)"
        self.connection = duckdb.connect()
        described = self.connection.execute(f"DESCRIBE SELECT * FROM {self.relation}").fetchall()
        self.types = {name: str(kind) for name, kind, *_ in described if name != "file_row_number"}

    def __enter__(self) -> Source:
        return self

    def __exit__(self, *_: object) -> None:
        self.connection.close()

    def number(self, name: str, of: str = "") -> str:
        """SQL for a numeric column (of a table, as "r.") as DOUBLE, NaN as NULL."""
        missing_columns(self.types, [name])
        kind = self.types[name]
        if not kind.startswith(NUMBERS) or kind.endswith("]"):
            raise EstimationError(f"column {name!r} is not numeric but {kind}", expected="numbers or true/false")
        text = of + quoted(name)
        text = f"{text}::INTEGER" if kind == "BOOLEAN" else text
        text = text if kind == "DOUBLE" else f"{text}::DOUBLE"
        return f"nullif({text}, 'NaN'::DOUBLE)" if kind in FLOATS else text

    @property
    def count(self) -> int:
        """Rows of all files, from what the files say of themselves."""
        return int(self.connection.execute(f"SELECT count(*) FROM {self.relation}").fetchall()[0][0])

    def frame(self, sql: str) -> pd.DataFrame:
        return self.connection.execute(sql).df()

    def rows(self, condition: str) -> tuple[int, str]:
        """How many rows meet a condition, and the first ten of them, with their file where there are several."""
        found = self.frame(f"SELECT {self._place()} AS i FROM {self._named()} WHERE {condition} LIMIT 10")["i"]
        count = self.frame(f"SELECT count(*) AS n FROM {self.relation} WHERE {condition}")["n"].iloc[0]
        return int(count), f"rows {', '.join(map(str, found))} of the file"

    def first_rows(self, keys: Sequence[str]) -> pd.Index:
        """A row of each combination of the keys, in their order: what an error in the keys is pointed to."""
        text = ", ".join(map(quoted, keys))
        sql = f"SELECT min({self._place()}) AS i FROM {self._named()} GROUP BY {text} ORDER BY {text}"
        return pd.Index(self.frame(sql)["i"])

    def _named(self) -> str:
        return f"read_parquet('{self.pattern}', file_row_number = true, filename = true)"

    def _place(self) -> str:
        if self.folder is None:
            return "file_row_number"
        return f"substr(filename, {len(str(self.folder)) + 2}) || ':' || file_row_number"


def as_frame(data: Data, columns: Sequence[str]) -> pd.DataFrame:
    """The named columns as a new DataFrame, from a frame or a file."""
    wanted = list(dict.fromkeys(columns))
    if isinstance(data, pd.DataFrame):
        missing_columns(data.columns, wanted)
        return data[wanted].copy(deep=False)
    with Source(data) as source:
        missing_columns(source.types, wanted)
        return source.frame(f"SELECT {', '.join(map(quoted, wanted))} FROM {source.relation}")


def middle(data: Data, name: str) -> float:
    """The mean of the first rows of a column: near enough to its middle to take from it."""
    with Source(data) as source:  # type: ignore[arg-type]
        y = source.number(name)
        found = source.connection.execute(
            f"SELECT avg(y) FROM (SELECT {y} AS y FROM {source.relation} WHERE {y} IS NOT NULL LIMIT 2048)"
        ).fetchone()
    value = found[0] if found else None
    return float(value) if value is not None and np.isfinite(value) else 0.0


def not_zero_one(data: Data, name: str) -> list[float]:
    """Up to five values of a column that are neither 0 nor 1 nor missing."""
    with Source(data) as source:  # type: ignore[arg-type]
        y = source.number(name)
        return source.frame(
            f"SELECT DISTINCT {y} AS y FROM {source.relation} WHERE {y} NOT IN (0, 1) ORDER BY y LIMIT 5"
        )["y"].tolist()
