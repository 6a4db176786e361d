"""A table in Parquet: only the columns that are asked for are decoded, only row groups that hold rows of the cities."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from evaltools import terms
from evaltools.errors import DataInvalidError
from evaltools.intake.arrow import compute
from evaltools.intake.contract import Column, Contract
from evaltools.intake.csv_reader import no_header
from evaltools.intake.described import Bounds, Described
from evaltools.intake.grid import FileProblem
from evaltools.intake.headers import match_headers
from evaltools.intake.identifiers import CANDIDATE, KEY_CANDIDATE, SHORTEST

BATCH_ROWS = 1 << 16
MOST_ROWS = 1 << 18
FEW_ROWS = 1 << 15
"""Of fewer, each text is looked at where it stands; of more, each different one."""
ALL_CITIES = tuple(c.code for c in terms.CITIES)
Selected = bool | np.ndarray
"""Whether the rows of a row group are selected, or (rows,) which of them are."""


class ParquetSource:
    """Parquet: only the columns that are asked for are decoded, only in row groups that hold rows of the cities."""

    is_lazy = True

    def __init__(self, path: Path, contract: Contract, cities: Sequence[str] | None) -> None:
        try:
            self._file = pq.ParquetFile(path)
        except (pa.ArrowInvalid, OSError):
            raise DataInvalidError(
                "the file is not readable Parquet", where=path.name, expected="a Parquet file", todo="write it again"
            ) from None
        self.described = Described(self._file.metadata)
        self.schema, self.rows_in_file = self._file.schema_arrow, self._file.metadata.num_rows
        self.path, self.contract, self.file = path, contract, path.name
        self.match = match_headers([(name,) for name in self.schema.names], contract)
        if not self.match.positions:
            raise no_header(path.name, contract)
        self.problems: list[FileProblem] = []
        self.notes: Counter[str] = Counter()
        self.rows_broken = 0
        self._rows: np.ndarray | None = None
        self._selected = self._selection(cities)
        self.count = sum(
            x * n if isinstance(x, bool) else int(x.sum()) for x, n in zip(self._selected, self.described.rows, strict=True)
        )

    @property
    def rows(self) -> np.ndarray:
        """(count,) numbers of the rows selected, from 1; millions of them, so that they are made when they are asked for."""
        if self._rows is None:
            masks = [self._mask(self._selected, g) for g in range(len(self._selected))]
            self._rows = np.flatnonzero(np.concatenate([np.zeros(0, bool), *masks])) + 1
        return self._rows

    def _selection(self, cities: Sequence[str] | None) -> list[Selected]:
        """Of each row group: rows of the cities, and rows that belong to no known city."""
        name = self.contract.city_column
        if cities is None or name not in self.match.positions:
            return [True] * len(self.described.rows)
        settled = self._settled(name or "", cities)
        if None not in settled:
            return [bool(x) for x in settled]
        codes = self._scan([name or ""], [x is None for x in settled]).column(0).cast(pa.string())
        chosen = compute.is_in(codes, pa.array(cities, pa.string()))
        known = compute.is_in(codes, pa.array(ALL_CITIES, pa.string()))
        inside = np.asarray(compute.or_(chosen, compute.invert(known)))
        found: list[Selected] = []
        for answer, rows in zip(settled, self.described.rows, strict=True):
            found.append(inside[:rows] if answer is None else answer)
            inside = inside[rows:] if answer is None else inside
        return found

    def _mask(self, selected: Sequence[Selected], group: int) -> np.ndarray:
        """The selection of a row group as a mask of its rows."""
        found = selected[group]
        return np.full(self.described.rows[group], found) if isinstance(found, bool) else found

    def _settled(self, name: str, cities: Sequence[str]) -> list[bool | None]:
        """Whether all rows of a row group belong: its bounds tell, where it holds one city; None where they do not."""
        found = []
        for group in range(len(self.described.rows)):
            code, other, unknown = self._bounds(name, group)
            is_one = isinstance(code, str) and code == other and unknown == 0
            found.append((code in cities or code not in ALL_CITIES) if is_one else None)
        return found

    def _bounds(self, name: str, group: int) -> Bounds:
        """What the file says of a column of the contract in a row group."""
        return self.described.bounds(self.schema.names[self.match.positions[name]], group)

    def _scan(self, names: Sequence[str], selected: Sequence[Selected]) -> pa.Table:
        """The columns for the rows selected, batch by batch, so that memory follows the rows that are kept."""
        physical = [self.schema.names[self.match.positions[n]] for n in names]
        groups = [g for g, x in enumerate(selected) if np.any(x)]
        masks = [self._mask(selected, g) for g in groups]
        wanted, at, batches = np.concatenate(masks) if masks else np.zeros(0, bool), 0, []
        for batch in self._file.iter_batches(BATCH_ROWS, row_groups=groups, columns=physical):
            mask = wanted[at : at + batch.num_rows]
            at += batch.num_rows
            batches.append(batch if mask.all() else batch.filter(pa.array(mask)))
        schema = pa.schema([self.schema.field(n) for n in physical])
        return pa.Table.from_batches(batches, schema=batches[0].schema if batches else schema)

    def read(self, names: Sequence[str]) -> dict[str, pd.Series]:
        table = self._scan(names, self._selected)
        found = {n: table.column(self.schema.names[self.match.positions[n]]) for n in names}
        return {name: _to_pandas(values, self.contract.columns[name]) for name, values in found.items()}

    def is_ready(self) -> bool:
        """Whether others may scan the file as it is: canonical names and types, and no identifier in any text."""
        types = dict(zip(self.schema.names, self.schema.types, strict=True))
        if len(set(types)) != len(self.schema.names):
            return False
        texts = []
        for column in self.contract.columns.values():
            if column.identifying:
                if column.name in self.match.positions:
                    return False
                continue
            if column.name not in self.match.positions:
                continue  # an optional column that the file lacks
            if column.name not in types or not _fits(types[column.name], column.type):
                return False
            if column.type == "text" and not column.pattern and not self._begins_with_letter(column):
                texts.append(column)
        return not texts or not self._hold_identifiers(texts)

    def _begins_with_letter(self, column: Column) -> bool:
        """Whether all keys of a column begin with one letter, so that none is a number of a person or a telephone: what lies
        between two texts that begin alike begins like them, and the file's statistics hold the first and the last."""
        if not column.name.endswith("_id"):
            return False
        first = set()
        for group in (g for g, some in enumerate(self._selected) if np.any(some)):
            low, high, unknown = self._bounds(column.name, group)
            if unknown != self.described.rows[group]:
                first |= {str(x)[:1] if x is not None else "" for x in (low, high)}
        return len(first) == 1 and (letter := first.pop()).isascii() and letter.isalpha()

    def _hold_identifiers(self, columns: Sequence[Column]) -> bool:
        """Whether a text of the selected rows holds an identifier. Each different text is looked at once; only where one
        is found, row by row: it may be a row of another city."""
        names = [c.name for c in columns]
        parts = list(self._groups_at_once())
        is_small = sum(self.described.rows[g] for groups in parts for g in groups) < FEW_ROWS
        file = self._file if is_small else pq.ParquetFile(self.path, metadata=self.described.metadata, read_dictionary=names)
        for groups in parts:
            table = file.read_row_groups(groups, columns=names, use_threads=False)
            for column in columns:
                words = (_words(chunk) for chunk in table.column(column.name).chunks)
                if any(_has_identifier(w, column) for w in words) and self._holds_identifiers(column):
                    return True
        return False

    def _groups_at_once(self) -> Iterator[list[int]]:
        """Row groups with selected rows, so many together that their rows are not too many."""
        found, size = [], 0
        for group, rows in enumerate(self.described.rows):
            if not np.any(self._selected[group]):
                continue
            if found and size + rows > MOST_ROWS:
                yield found
                found, size = [], 0
            found, size = [*found, group], size + rows
        if found:
            yield found

    def _holds_identifiers(self, column: Column) -> bool:
        values = self._scan([column.name], self._selected).column(0)
        return any(_has_identifier(chunk, column) for chunk in map(_texts, values.chunks))


def _words(chunk: pa.Array) -> pa.Array:
    """The texts of a column, each once where the file has been read so."""
    return chunk.dictionary if pa.types.is_dictionary(chunk.type) else chunk


def _texts(chunk: pa.Array) -> pa.Array:
    """The text of each row."""
    return chunk.cast(chunk.type.value_type) if pa.types.is_dictionary(chunk.type) else chunk


def _has_identifier(words: pa.Array, column: Column) -> bool:
    """Whether one of some texts holds one. Most columns have no text that is long enough, and comparing lengths is quicker
    than making the pattern ready."""
    long = words.filter(compute.greater_equal(compute.utf8_length(words), SHORTEST))
    if not len(long):
        return False
    pattern = KEY_CANDIDATE if column.name.endswith("_id") else CANDIDATE
    return bool(compute.any(compute.match_substring_regex(long, pattern)).as_py())


def _fits(kind: pa.DataType, wanted: str) -> bool:
    types = pa.types
    if types.is_dictionary(kind):
        kind = kind.value_type
    return {
        "integer": types.is_integer(kind), "number": types.is_floating(kind) or types.is_integer(kind),
        "boolean": types.is_boolean(kind), "date": types.is_date(kind) or types.is_timestamp(kind),
    }.get(wanted, types.is_string(kind) or types.is_large_string(kind))  # fmt: skip


def _to_pandas(values: pa.ChunkedArray, column: Column) -> pd.Series:
    """Integers and booleans with gaps stay what they are instead of becoming floats or objects."""
    if pa.types.is_dictionary(values.type):
        values = values.cast(values.type.value_type)
    if pa.types.is_integer(values.type):
        return values.cast(pa.int64()).to_pandas(types_mapper={pa.int64(): pd.Int64Dtype()}.get)
    if pa.types.is_boolean(values.type):
        return values.to_pandas(types_mapper={pa.bool_(): pd.BooleanDtype()}.get)
    if pa.types.is_date(values.type):
        return values.cast(pa.timestamp("us")).to_pandas()
    if pa.types.is_string(values.type) or pa.types.is_large_string(values.type):
        return values.to_pandas().astype("str")
    return values.to_pandas()
