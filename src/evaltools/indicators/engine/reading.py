"""The rows of a table as columns of the language's kinds: from Parquet one row group after the other, or from a frame."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from evaltools.indicators.engine import arrays
from evaltools.indicators.engine import values as v
from evaltools.indicators.engine.language import KINDS
from evaltools.intake import Contract, load_contract
from evaltools.intake.arrow import compute as pc
from evaltools.terms import CITIES

AT_ONCE = 1 << 17
"""Row groups are read together up to this many rows."""
_OTHERS = frozenset(c.code for c in CITIES)


@dataclass(frozen=True)
class Selection:
    """The rows wanted: of some years, or up to one, and of some cities (None: all).

    is_partner : rows that others look up: those of no known city stay, as in `intake`
    """

    years: tuple[int, ...] | None = None
    up_to: int | None = None
    cities: tuple[str, ...] | None = None
    is_partner: bool = False

    def of_city(self, code: str | None) -> bool:
        """Whether rows of a city are wanted."""
        if self.cities is None or code in self.cities:
            return True
        return self.is_partner and (code is None or code not in _OTHERS)


Origin = tuple[str, tuple[int, ...]]
"""A file and numbers of row groups: read again, a column has the same dictionary."""


@dataclass(frozen=True)
class Columns:
    """Some rows, as arrow arrays by column name; texts by their dictionary."""

    arrays: dict[str, pa.Array]
    kinds: dict[str, str]
    count: int
    origin: Origin | None = None
    """Where they were read, if these are all rows of some row groups that one read gives."""
    places: dict[tuple[str, Origin], np.ndarray] = field(default_factory=dict)
    """Of a column's dictionary where they come from: place of each text in the dictionary here, -1 where no row has it."""
    words: dict[str, tuple[str, ...]] = field(default_factory=dict)
    codes: dict[Any, Any] = field(default_factory=dict)
    """What has been worked out for all of them: columns of codes, and the places of words elsewhere."""

    def value(self, name: str, start: int = 0, stop: int | None = None) -> Any:
        """A column from `start` to `stop` as a value of the language; NaN is missing."""
        stop = self.count if stop is None else stop
        if self.kinds[name] == "text":
            if name not in self.words:
                self.words[name] = tuple(self.dictionary(name).to_pylist())
            return v.Coded(self.text_codes(name)[start:stop], self.words[name])
        return _typed(self.arrays[name].slice(start, stop - start), self.kinds[name])

    def whole(self, name: str) -> Any:
        """A column with all rows, kept for whoever asks again."""
        if ("whole", name) not in self.codes:
            self.codes["whole", name] = self.value(name)
        return self.codes["whole", name]

    def taken(self, rows: np.ndarray) -> Columns:
        """Some rows, in another order."""
        at = pa.array(rows)
        return replace(self, arrays={n: a.take(at) for n, a in self.arrays.items()}, count=len(rows), codes={})

    def dictionary(self, name: str) -> pa.Array:
        """The different texts of a column."""
        return self.arrays[name].dictionary

    def text_codes(self, name: str) -> np.ndarray:
        """(count,) place of each text in the dictionary, -1 where there is none."""
        if name not in self.codes:
            self.codes[name] = arrays.places(self.arrays[name])
        return self.codes[name]


def _typed(array: pa.Array, kind: str) -> Any:
    return arrays.truth(array.cast(pa.bool_())) if kind == "boolean" else arrays.numbers(array)


@dataclass(frozen=True)
class Reader:
    """Access to a table. file : Parquet in canonical columns, else `frame` holds them."""

    contract: Contract
    file: Any = None
    frame: Any = None
    meta: Any = None

    @classmethod
    def open(cls, tables: Any, table: str) -> Reader:
        """The table's Parquet file, or the checked frame."""
        contract, path = load_contract(table), tables.path(table)
        if path is None:
            return cls(contract, frame=tables.load(table))
        return cls(contract, path, meta=pq.read_metadata(path))

    @property
    def names(self) -> list[str]:
        """The columns that are there."""
        return list(self.frame.columns if self.meta is None else self.meta.schema.names)

    @property
    def count(self) -> int:
        """How many rows the table has, of all years and cities."""
        return len(self.frame) if self.meta is None else self.meta.num_rows

    def read(self, names: Iterable[str], selection: Selection) -> Iterator[Columns]:
        """The columns of the rows selected, a row group at a time; groups without such rows are left out."""
        wanted = self._with_keys(names, selection)
        for part in self.parts(selection):
            columns = self.part(part, wanted, selection)
            if columns.count:
                yield columns

    def whole(
        self, names: Iterable[str], selection: Selection, only: tuple[str, pa.Array] | None = None, traced: Iterable[str] = ()
    ) -> Columns:
        """The same in one piece. only : a column of texts, and those of them whose rows are wanted; traced : columns of
        texts whose places are to be known where the same row groups are read again"""
        wanted, parts = self._with_keys(names, selection), self.parts(selection)
        tables = [_with_texts(self._table(part, wanted, selection), only) for part in parts]
        columns = self._columns(pa.concat_tables(tables) if tables else self._empty(wanted))
        if only is None and self.file is not None:
            for name in traced:
                of_parts = {(str(self.file), p): t.column(name) for p, t in zip(parts, tables, strict=True)}
                columns.places.update({(name, o): place for o, place in _places(columns.text_codes(name), of_parts)})
        return columns

    def words(self, name: str, selection: Selection) -> pa.Array:
        """The different texts of a column."""
        return self.whole([name], selection).dictionary(name)

    def parts(self, selection: Selection) -> list[tuple[int, ...]]:
        """Numbers of the row groups that may hold rows selected: small ones together, to be read at once."""
        if self.file is None:
            return [()]
        names = self.meta.schema.names
        city, year = (names.index(c) if c in names else None for c in (self.contract.city_column, self.contract.year_column))
        found: list[tuple[int, ...]] = []
        size = AT_ONCE + 1
        for i in range(self.meta.num_row_groups):
            group = self.meta.row_group(i)
            if (city is None or _may_be_of_city(group.column(city).statistics, selection)) and (
                year is None or _may_be_of_year(group.column(year).statistics, selection)
            ):
                size += group.num_rows
                if size > AT_ONCE:
                    found, size = [*found, ()], group.num_rows
                found[-1] = (*found[-1], i)
        return found

    def part(self, numbers: tuple[int, ...], names: Iterable[str], selection: Selection) -> Columns:
        """The columns of the rows selected in some row groups."""
        origin = None if self.file is None else (str(self.file), numbers)
        return self._columns(self._table(numbers, self._with_keys(names, selection), selection), origin)

    def _with_keys(self, names: Iterable[str], selection: Selection) -> list[str]:
        """The columns wanted and those that the selection looks at, in the contract's order."""
        chosen = set(names)
        if selection.cities is not None and self.contract.city_column:
            chosen.add(self.contract.city_column)
        if (selection.years is not None or selection.up_to is not None) and self.contract.year_column:
            chosen.add(self.contract.year_column)
        return [c for c in self.contract.output_columns if c in chosen]

    def _texts(self, names: Sequence[str]) -> list[str]:
        return [n for n in names if KINDS[self.contract.column_of_output(n).type] == "text"]

    def _table(self, numbers: tuple[int, ...], names: list[str], selection: Selection) -> pa.Table:
        texts = self._texts(names)
        if self.file is None:
            table = pa.Table.from_pandas(self.frame[names], preserve_index=False)
        else:
            with pq.ParquetFile(self.file, metadata=self.meta, read_dictionary=texts) as file:
                table = file.read_row_groups(list(numbers), columns=names, use_threads=False)
        for name in texts:
            if not pa.types.is_dictionary(table.column(name).type):
                coded = table.column(name).cast(pa.string()).dictionary_encode()
                table = table.set_column(table.column_names.index(name), name, coded)
        table = table.unify_dictionaries() if texts else table
        mask = self._mask(self._columns(table), selection)
        return table if mask is None or mask.all() else table.filter(pa.array(mask))

    def _empty(self, names: list[str]) -> pa.Table:
        kinds = {"text": pa.dictionary(pa.int32(), pa.string()), "boolean": pa.bool_(), "date": pa.date32()}
        found = [kinds.get(KINDS[self.contract.column_of_output(n).type], pa.float64()) for n in names]
        return pa.schema(list(zip(names, found, strict=True))).empty_table()

    def _columns(self, table: pa.Table, origin: Origin | None = None) -> Columns:
        texts = [c for c in table.column_names if pa.types.is_dictionary(table.column(c).type)]
        if texts:
            table = table.unify_dictionaries()
        arrays = {c: _one_array(table.column(c)) for c in table.column_names}
        kinds = {c: KINDS[self.contract.column_of_output(c).type] for c in table.column_names}
        return Columns(arrays, kinds, table.num_rows, origin)

    def _mask(self, columns: Columns, selection: Selection) -> np.ndarray | None:
        """(count,) which rows are selected; None for all."""
        mask = None
        year, city = self.contract.year_column, self.contract.city_column
        if year and (selection.years is not None or selection.up_to is not None):
            found = columns.value(year)
            mask = found <= selection.up_to if selection.up_to is not None else np.isin(found, selection.years or ())
        if city and selection.cities is not None:
            codes = columns.value(city)
            wanted = codes.spread([selection.of_city(c) for c in codes.values], selection.of_city(None), np.bool_)
            mask = wanted if mask is None else mask & wanted
        return mask


def _may_be_of_city(stats: Any, selection: Selection) -> bool:
    """Whether a row group can hold rows of the cities wanted, from the statistics of its codes."""
    if stats is None or not stats.has_min_max or stats.min != stats.max:
        return True
    return selection.of_city(stats.min) or (stats.null_count != 0 and selection.of_city(None))


def _may_be_of_year(stats: Any, selection: Selection) -> bool:
    """Whether a row group can hold rows of the years wanted, from the statistics of its years; those of none are not."""
    if stats is None or not stats.has_min_max:
        return True
    if selection.up_to is not None:
        return stats.min <= selection.up_to
    return selection.years is None or any(stats.min <= y <= stats.max for y in selection.years)


def _with_texts(table: pa.Table, only: tuple[str, pa.Array] | None) -> pa.Table:
    """The rows of a table that have one of some texts in a column."""
    if only is None:
        return table
    name, words = only
    masks = []
    for chunk in table.column(name).chunks:
        known = np.asarray(pc.is_in(chunk.dictionary, words))
        masks.append(np.append(known, False)[arrays.places(chunk)])
    mask = np.concatenate(masks) if masks else np.zeros(0, dtype=bool)
    if mask.all():
        return table
    table = table.filter(pa.array(mask))
    few = table.column(name).cast(pa.string()).dictionary_encode()  # the texts that are left
    return table.set_column(table.column_names.index(name), name, few)


def _places(codes: np.ndarray, parts: dict[Origin, pa.ChunkedArray]) -> Iterator[tuple[Origin, np.ndarray]]:
    """Where the texts of each part stand in the dictionary of all. codes : (n,) of all rows, part after part"""
    start = 0
    for origin, column in parts.items():
        own = _one_array(column)
        place = np.full(len(own.dictionary) + 1, -1, dtype=np.int32)
        place[arrays.places(own)] = codes[start : start + len(own)]
        yield origin, place[:-1]  # the last is of rows without a text
        start += len(own)


def _one_array(column: pa.ChunkedArray) -> pa.Array:
    found = column.combine_chunks()
    if isinstance(found, pa.ChunkedArray):
        found = found.chunk(0) if found.num_chunks == 1 else pa.concat_arrays(found.chunks)
    return found
