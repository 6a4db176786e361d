"""Write tables so that the same seed gives the same bytes; a folder appears whole or keeps its old content."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from evaltools.intake.arrow import compute

LARGE = 1 << 16


class Writers:
    """One Parquet file per table; each city is a row group, so that a reader of one city reads one row group. Where a city
    has very many rows, they stand year after year and village after village, each year a row group: a reader of one year
    reads no other, and the rows of an area stand together.

    Files are written under a temporary name and renamed by `close`.
    """

    def __init__(self, folder: Path, compression_level: int = 3) -> None:
        self.folder, self.level = folder, compression_level
        folder.mkdir(parents=True, exist_ok=True)
        self._open: dict[str, pq.ParquetWriter] = {}

    def _part(self, name: str) -> Path:
        return self.folder / f".{name}.parquet.part"

    def add(self, name: str, table: pa.Table) -> None:
        """Append one city's rows of a table."""
        if table.num_rows > LARGE and "year" in table.column_names:
            for year in sorted(compute.unique(table.column("year")).to_pylist()):
                rows = table.filter(compute.equal(table.column("year"), year))
                if "village_code" in table.column_names:
                    rows = rows.take(_order(rows.column("village_code").combine_chunks()))
                self._append(name, _with_own_words(rows))
        else:
            self._append(name, table)

    def _append(self, name: str, table: pa.Table) -> None:
        """Append rows as a row group."""
        writer = self._open.get(name)
        if writer is None:
            writer = pq.ParquetWriter(
                self._part(name), table.schema, compression="zstd", compression_level=self.level, store_schema=False
            )
            self._open[name] = writer
        writer.write_table(table, row_group_size=max(table.num_rows, 1))

    def close(self) -> None:
        """Finish all files and give them their names."""
        for writer in self._open.values():
            writer.close()
        for name in self._open:
            self._part(name).replace(self.folder / f"{name}.parquet")

    def abandon(self) -> None:
        """Close and remove what is unfinished."""
        for name, writer in self._open.items():
            writer.close()
            self._part(name).unlink(missing_ok=True)


def _with_own_words(rows: pa.Table) -> pa.Table:
    """Texts by dictionaries of the words of these rows alone: those of the other years would be written, and read, with them."""
    for place, (name, column) in enumerate(zip(rows.column_names, rows.columns, strict=True)):
        if pa.types.is_dictionary(column.type):
            found = column.combine_chunks()
            used = compute.drop_null(compute.unique(found.indices)).sort()
            if len(used) < len(found.dictionary):
                new = compute.index_in(found.indices, used).cast(found.indices.type)
                rows = rows.set_column(place, name, pa.DictionaryArray.from_arrays(new, found.dictionary.take(used)))
    return rows


def _order(codes: Any) -> np.ndarray:
    """(n,) rows in the order of their codes, those alike as they stand; the codes are few, so they alone are compared."""
    codes = codes if pa.types.is_dictionary(codes.type) else codes.dictionary_encode()
    words = np.asarray(codes.dictionary.to_pylist(), dtype=str)
    rank = np.append(np.argsort(np.argsort(words)), len(words))  # rows without a code come last
    return np.argsort(rank[compute.fill_null(codes.indices, -1).to_numpy()], kind="stable")


def write_json(path: Path, value: Any) -> None:
    """JSON with sorted keys, readable, without the time of day."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(value, ensure_ascii=False, indent=1, sort_keys=True) + "\n", encoding="utf-8")
