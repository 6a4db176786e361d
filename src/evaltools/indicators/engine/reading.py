"""The rows of a table as columns of the language's kinds: from Parquet one row group after the other, or from a frame."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa

from evaltools.indicators.engine.columns import Columns, put_together
from evaltools.indicators.engine.language import KINDS
from evaltools.indicators.engine.parquet import EMPTY, File, one_array
from evaltools.intake import Contract, load_contract
from evaltools.intake.described import Bounds
from evaltools.terms import CITIES

AT_ONCE = 1 << 15
"""Row groups are read together up to this many rows, which is as many as are computed on at a time."""
MANY = 1 << 19
"""And up to this many where all are wanted in one piece."""
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


@dataclass(frozen=True)
class Reader:
    """Access to a table: a Parquet file in canonical columns, else a frame of them."""

    contract: Contract
    file: File | None = None
    frame: Any = None

    @classmethod
    def open(cls, tables: Any, table: str, keys: frozenset[str] = frozenset(), keeps_all: bool = False) -> Reader:
        """The table's Parquet file, or the checked frame. keys, keeps_all : see `File`"""
        contract, path = load_contract(table), tables.path(table)
        if path is None:
            return cls(contract, frame=tables.load(table))
        return cls(contract, File(path, tables.described(table, path), keys, keeps_all))

    @property
    def names(self) -> list[str]:
        """The columns that are there."""
        return list(self.frame.columns) if self.file is None else self.file.described.names

    @property
    def count(self) -> int:
        """How many rows the table has, of all years and cities."""
        return len(self.frame) if self.file is None else self.file.described.metadata.num_rows

    def read(self, names: Iterable[str], selection: Selection) -> Iterator[Columns]:
        """The columns of the rows selected, a row group at a time; groups without such rows are left out."""
        wanted = self._with_keys(names, selection)
        for part in self.parts(selection):
            columns = self.part(part, wanted, selection)
            if columns.count:
                yield columns

    def whole(self, names: Iterable[str], selection: Selection, only: tuple[str, pa.Array] | None = None) -> Columns:
        """The same in one piece. only : a column of texts, and those of them whose rows are wanted"""
        wanted = self._with_keys(names, selection)
        parts = []
        for numbers in self.parts(selection, MANY):
            part = self.part(numbers, wanted, selection)
            parts.append(part if only is None else part.with_texts(*only))
        return put_together(parts or [self._empty(wanted)])

    def keep(self, names: Iterable[str], selection: Selection) -> None:
        """Decode the columns of the rows selected, where the file keeps what it decodes."""
        if self.file is not None and self.file.keeps_all:
            kinds = self._kinds(self._with_keys(names, selection))
            for numbers in self.parts(selection):
                self.file.keep(numbers, kinds)

    def words(self, name: str, selection: Selection) -> pa.Array:
        """The different texts of a column."""
        return self.whole([name], selection).dictionary(name)

    def parts(self, selection: Selection, at_once: int = 0) -> list[tuple[int, ...]]:
        """Numbers of the row groups that may hold rows selected: small ones together, to be read at once."""
        if self.file is None:
            return [()]
        described, contract = self.file.described, self.contract
        found: list[tuple[int, ...]] = []
        at_once = at_once or AT_ONCE
        size = at_once + 1
        for i, rows in enumerate(described.rows):
            is_of_city = _may_be_of_city(described.bounds(contract.city_column, i), selection)
            if is_of_city and _may_be_of_year(described.bounds(contract.year_column, i), selection):
                size += rows
                if size > at_once:
                    found, size = [*found, ()], rows
                found[-1] = (*found[-1], i)
        return found

    def is_within(self, years: Collection[int]) -> bool:
        """Whether all rows are of some years, as far as the file says what it holds."""
        if self.file is None:
            return False
        described, year = self.file.described, self.contract.year_column
        return all(
            found.unknown == 0 and found.least is not None and set(range(found.least, found.greatest + 1)) <= set(years)
            for found in (described.bounds(year, g) for g in range(len(described.rows)))
        )

    def part(self, numbers: tuple[int, ...], names: Iterable[str], selection: Selection) -> Columns:
        """The columns of the rows selected in some row groups."""
        columns = self._read(numbers, self._with_keys(names, selection))
        return columns.where(self._mask(columns, selection))

    def _with_keys(self, names: Iterable[str], selection: Selection) -> list[str]:
        """The columns wanted and those that the selection looks at, in the contract's order."""
        chosen = set(names)
        if selection.cities is not None and self.contract.city_column:
            chosen.add(self.contract.city_column)
        if (selection.years is not None or selection.up_to is not None) and self.contract.year_column:
            chosen.add(self.contract.year_column)
        return [c for c in self.contract.output_columns if c in chosen]

    def _kinds(self, names: Iterable[str]) -> dict[str, str]:
        return {n: KINDS[self.contract.column_of_output(n).type] for n in names}

    def _read(self, numbers: tuple[int, ...], names: list[str]) -> Columns:
        """All rows of some row groups."""
        kinds = self._kinds(names)
        if self.file is not None:
            found, groups, count = self.file.read(numbers, kinds)
            return Columns(found, kinds, count, groups)
        table = pa.Table.from_pandas(self.frame[names], preserve_index=False)
        return Columns({n: one_array(table.column(n), kind) for n, kind in kinds.items()}, kinds, table.num_rows)

    def _empty(self, names: list[str]) -> Columns:
        kinds = self._kinds(names)
        return Columns({n: EMPTY.get(k, EMPTY["number"]) for n, k in kinds.items()}, kinds, 0)

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


def _may_be_of_city(found: Bounds, selection: Selection) -> bool:
    """Whether a row group can hold rows of the cities wanted, from the bounds of its codes."""
    if found.least is None or found.least != found.greatest:
        return True
    return selection.of_city(found.least) or (found.unknown != 0 and selection.of_city(None))


def _may_be_of_year(found: Bounds, selection: Selection) -> bool:
    """Whether a row group can hold rows of the years wanted, from the bounds of its years; those of none are not."""
    if found.least is None:
        return True
    if selection.up_to is not None:
        return found.least <= selection.up_to
    return selection.years is None or any(found.least <= y <= found.greatest for y in selection.years)
