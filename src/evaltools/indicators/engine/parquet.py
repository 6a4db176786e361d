"""Row groups of a Parquet file as arrow arrays, texts by their dictionary."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from evaltools.indicators.engine.columns import Groups, united
from evaltools.intake.described import Described

EMPTY = {
    "text": pa.array([], pa.string()).dictionary_encode(), "boolean": pa.array([], pa.bool_()),
    "date": pa.array([], pa.date32()), "number": pa.array([], pa.float64()),
}  # fmt: skip
"""A column without rows, by kind."""


@dataclass(frozen=True)
class File:
    """A table in Parquet. keys : columns of texts by which other tables look its rows up: they are wanted several times, and
    decoding their many different words is the dearest part of reading, so they are kept once decoded, by row group.
    keeps_all : every column is, where there are few rows"""

    path: Path
    described: Described
    keys: frozenset[str] = frozenset()
    keeps_all: bool = False
    kept: dict[tuple[str, int], Any] = field(default_factory=dict)

    def read(self, numbers: Sequence[int], kinds: Mapping[str, str]) -> tuple[dict[str, Any], dict[str, Groups], int]:
        """The columns of `kinds` (name -> kind) of some row groups, where the texts of each group stand in the dictionary of
        theirs, and how many rows there are."""
        here = [n for n in kinds if self.keeps_all or n in self.keys]
        self.keep(numbers, {n: kinds[n] for n in here})
        rest = {n: kind for n, kind in kinds.items() if n not in here}
        table: Any = None
        if rest:
            (table,) = self._tables([numbers], rest)
        sizes = [self.described.rows[g] for g in numbers]
        arrays, groups = {}, {}
        for name, kind in kinds.items():
            chunks = [self.kept[name, g] for g in numbers] if name in here else table.column(name).chunks
            if kind != "text":
                arrays[name] = _joined(chunks, kind)
                continue
            chunks = [*map(_coded, chunks)]
            arrays[name], places = united(chunks or [EMPTY["text"]])
            if [len(c) for c in chunks] == sizes:
                groups[name] = dict(zip(numbers, places, strict=True))
        return arrays, groups, sum(sizes)

    def _tables(self, numbers: Iterable[Sequence[int]], kinds: Mapping[str, str]) -> Iterator[Any]:
        """Columns of some row groups, and of others, decoded; the file is opened once."""
        texts = [n for n, kind in kinds.items() if kind == "text"]
        with pq.ParquetFile(self.path, metadata=self.described.metadata, read_dictionary=texts) as file:
            for some in numbers:
                yield file.read_row_groups(list(some), columns=list(kinds), use_threads=False)

    def keep(self, numbers: Sequence[int], kinds: Mapping[str, str]) -> None:
        """Decode columns of some row groups that have not been. Row groups with equal dictionaries share one."""
        groups: dict[tuple[str, ...], list[int]] = {}
        for group in numbers:
            groups.setdefault(tuple(n for n in kinds if (n, group) not in self.kept), []).append(group)
        for names, some in groups.items():
            wanted = {n: kinds[n] for n in names}
            tables = self._tables([[g] for g in some], wanted) if names else []
            for group, table in zip(some, tables, strict=False):
                self.kept.update({(n, group): self._shared(n, group, one_array(table.column(n), k)) for n, k in wanted.items()})

    def _shared(self, name: str, group: int, found: Any) -> Any:
        """A column of a row group, with the dictionary of the group before it if that is the same."""
        before = self.kept.get((name, group - 1))
        if before is None or not pa.types.is_dictionary(found.type) or not before.dictionary.equals(found.dictionary):
            return found
        return pa.DictionaryArray.from_arrays(found.indices, before.dictionary)


def one_array(column: pa.ChunkedArray, kind: str) -> Any:
    """A column in one piece; texts by one dictionary."""
    return _joined(column.chunks, kind)


def _joined(chunks: Sequence[Any], kind: str) -> Any:
    if kind == "text":
        return united([*map(_coded, chunks)] or [EMPTY["text"]])[0]
    return chunks[0] if len(chunks) == 1 else pa.concat_arrays(chunks or [EMPTY.get(kind, EMPTY["number"])])


def _coded(chunk: Any) -> Any:
    """A piece of a column of texts, by its dictionary."""
    return chunk if pa.types.is_dictionary(chunk.type) else chunk.cast(pa.string()).dictionary_encode()
