"""`open_tables`: the tables of a data folder, read when they are used, each checked on its way in."""

from __future__ import annotations

import json
import os
import tempfile
import threading
from collections.abc import Callable, Iterable, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any, get_args

import pandas as pd

from evaltools import terms
from evaltools.errors import DataInvalidError, DataMissingError, EvaltoolsError, ParameterError, nearest
from evaltools.intake.contract import Contract, Reference, contract_names, load_contract
from evaltools.intake.described import Described
from evaltools.intake.folder import find_tables
from evaltools.intake.identifiers import redact
from evaltools.intake.parquet_source import ParquetSource
from evaltools.intake.pseudonyms import PseudonymKey, load_key
from evaltools.intake.quality import QualityReport, Violation
from evaltools.intake.references import check_reference
from evaltools.intake.source import open_source
from evaltools.intake.store import Mode, Store

CityChoice = terms.City | str | Sequence[terms.City | str] | None


class Tables:
    """Tables of one folder and one choice of cities. `tables.households` is a DataFrame that passed its contract.

    Columns and tables are read when first used; a violation of severity "error" raises DataInvalidError with all
    violations of the columns read so far, or with on_violation="drop" leaves the rows out and counts them.
    """

    def __init__(
        self, folder: Path, cities: tuple[str, ...] | None, *, only: Iterable[str] | None = None,
        on_violation: Mode = "raise", key_file: str | os.PathLike[str] | None = None,
    ) -> None:  # fmt: skip
        self.folder, self.cities = folder, cities
        self.on_violation: Mode = on_violation
        found, ignored, double = find_tables(folder)
        chosen = set(contract_names() if only is None else (load_contract(t).table for t in only))
        self.files: dict[str, Path] = {table: path for table, path in found.items() if table in chosen}
        self.unreadable: dict[str, EvaltoolsError] = {t: e for t, e in double.items() if t in chosen}
        if self.unreadable and on_violation != "report":
            raise next(iter(self.unreadable.values()))
        self._key_file = key_file
        self._stores: dict[str, Store] = {}
        self._paths: dict[str, Path] = {}
        self._quality = QualityReport(ignored_files=tuple(ignored))
        self._scratch: tempfile.TemporaryDirectory[str] | None = None
        self._lock = threading.RLock()

    @property
    def names(self) -> tuple[str, ...]:
        """Tables the folder holds."""
        return tuple(sorted(self.files))

    def has(self, table: str) -> bool:
        """Whether the folder holds the table. A name without a contract is an error, not a no."""
        return load_contract(table).table in self.files

    def load(self, table: str, columns: Sequence[str] | None = None, year: int | None = None) -> pd.DataFrame:
        """Rows of a table, index 0..n-1. `columns`: only these are read (None: all); `year`: only rows of that year.

        Errors: DataMissingError (no such table or column), DataInvalidError (a value breaks the contract).
        """
        store = self._store(table)
        names = list(columns) if columns is not None else list(store.outputs)
        self._ensure(store, None if columns is None else names)
        frame = store.frame
        if year is not None:
            frame = frame[(frame[self._year_column(store.contract)] == int(year)).fillna(False)]
        return frame[names].reset_index(drop=True)

    def _year_column(self, contract: Contract) -> str:
        if contract.year_column is None:
            raise DataMissingError(f"table {contract.table} has no year to choose from", todo="load it without year=")
        return contract.year_column

    def _store(self, table: str) -> Store:
        contract = load_contract(table)
        if table not in self.files:
            raise DataMissingError(
                f"no table {table} ({contract.zh})", where=self.folder.name,
                expected=f"{table}.parquet, .csv or .xlsx; the folder holds {', '.join(self.names) or 'no table'}",
                todo="put the file there (`evaltools template` writes an empty one)",
            )  # fmt: skip
        with self._lock:
            if table not in self._stores:
                source = open_source(self.files[table], contract, self.cities)
                self._stores[table] = Store(source, contract, self.on_violation, lambda: self.key)
            return self._stores[table]

    @cached_property
    def key(self) -> PseudonymKey:
        """The key of the pseudonyms; looked for only when an identifier is met."""
        return load_key(self.folder, self._key_file)

    def _ensure(self, store: Store, outputs: Sequence[str] | None) -> None:
        store.ensure(outputs)
        store.raise_if_broken()
        for reference in store.contract.references:
            if reference.id in store.checked_references or not set(reference.columns).issubset(store.frame.columns):
                continue
            store.checked_references.add(reference.id)
            other = self._partner(store, reference)
            if other is not None:
                check_reference(store, reference, other, self.cities)
        store.raise_if_broken()

    def _partner(self, store: Store, reference: Reference) -> Store | None:
        """The other table of a reference with the columns it needs, or None with the reason in the ledger."""
        why = ""
        if not store.has_columns(reference.columns):
            why = "the column is absent"
        elif not self.has(reference.table) or reference.table in self.unreadable:
            why = f"no table {reference.table}"
        else:
            other = store if reference.table == store.contract.table else self._store(reference.table)
            if other is not store:
                self._ensure(other, [*reference.to])
            if other.has_columns(reference.to):
                return other
            why = f"{reference.table} lacks a column"
        self._quality.unchecked[f"{store.contract.table}: {reference.id}"] = why
        return None

    @property
    def quality(self) -> QualityReport:
        """The ledger of what has been read so far; `read_all()` first for all of it."""
        report = self._quality
        report.tables = {name: self._stores[name].ledger for name in sorted(self._stores)}
        report.violations = [v for name in sorted(self._stores) for v in self._stores[name].violations]
        report.violations += [_whole_file(table, error) for table, error in sorted(self.unreadable.items())]
        report.absent_tables = tuple(n for n in contract_names() if n not in self.files)
        return report

    def read_all(self) -> QualityReport:
        """Read and check every table of the folder; at the first broken one it raises, in mode "report" it goes on."""
        for step in (self._read_columns, self._ensure_all):  # columns first: each file is then scanned once
            for table in self.names:
                try:
                    step(table)
                except EvaltoolsError as error:
                    if self.on_violation != "report":
                        raise
                    self.unreadable[table] = error
        return self.quality

    def _read_columns(self, table: str) -> None:
        store = self._store(table)
        store.ensure()
        store.raise_if_broken()

    def _ensure_all(self, table: str) -> None:
        if table not in self.unreadable:
            self._ensure(self._store(table), None)

    def path(self, table: str) -> Path | None:
        """A Parquet file with the table in canonical columns, for DuckDB scans; None where the folder lacks the table.

        The file itself when it is Parquet in canonical form and no text of the chosen cities holds an identifier (it
        holds other cities too: filter by city_code); else a temporary copy of the checked frame that lives as long as
        `self`. A file that is handed on as it is may lack optional columns (`quality.tables[table].absent_columns`)
        and has not been checked value by value: `read_all()` does that.
        """
        if not self.has(table):
            return None
        if table not in self._paths:
            source = self._store(table).source
            plain = self.on_violation == "raise" and isinstance(source, ParquetSource) and source.is_ready()
            if plain:
                self._paths[table] = self.files[table]
            else:
                with self._lock:  # several threads may ask for tables at once: a copy reads others that it refers to
                    self._paths[table] = self._copy(table)
        return self._paths[table]

    def described(self, table: str, path: Path) -> Described:
        """What the Parquet file of `path(table)` says of itself; it is not read a second time where it is the folder's own."""
        source = self._store(table).source
        if path == self.files[table] and isinstance(source, ParquetSource):
            return source.described
        return Described.of(path)

    def _copy(self, table: str) -> Path:
        if self._scratch is None:
            self._scratch = tempfile.TemporaryDirectory(prefix="evaltools-")
        path = Path(self._scratch.name) / f"{table}.parquet"
        self.load(table).to_parquet(path, index=False)
        return path

    @cached_property
    def meta(self) -> dict[str, Any]:
        """meta.json of the folder; {} without one. DataInvalidError where it is no JSON object."""
        path = self.folder / "meta.json"
        if not path.exists():
            return {}
        try:
            found = json.loads(path.read_text(encoding="utf-8"))
        except ValueError:
            found = None
        if not isinstance(found, dict):
            raise DataInvalidError("meta.json is not a JSON object", where=path.name, expected='{"synthetic": true}')
        return found

    @property
    def is_synthetic(self) -> bool:
        """Whether meta.json declares the data synthetic."""
        return self.meta.get("synthetic") is True

    def __getitem__(self, table: str) -> pd.DataFrame:
        return self.load(table)

    def __getattr__(self, name: str) -> pd.DataFrame:
        if name.startswith("_") or name not in contract_names():
            raise AttributeError(f"Tables has no attribute {name!r}; {nearest(name, contract_names())}")
        return self.load(name)

    def __dir__(self) -> list[str]:
        return [*super().__dir__(), *self.names]

    def __repr__(self) -> str:
        where = "all cities" if self.cities is None else ", ".join(terms.city(c).zh for c in self.cities)
        return f"Tables of {self.folder.name} ({where}): {', '.join(self.names)}"


def _whole_file(table: str, error: EvaltoolsError) -> Violation:
    message = error.seen + (f"; {error.todo}" if error.todo else "")
    return Violation(table, error.where, None, "", "", error.code, message)


def open_tables(
    folder: str | os.PathLike[str], city: CityChoice = None, tables: Iterable[str] | None = None, *,
    on_violation: Mode = "raise", key_file: str | os.PathLike[str] | None = None,
) -> Tables:  # fmt: skip
    """Open a data folder. Nothing is read but file names.

    `city`: name, key or code of a city, several, or None for all; `tables`: only these; `on_violation`: "raise", "drop"
    to leave broken rows out, counted, or "report" to list everything and raise nothing (for checks, not for results);
    `key_file`: secret key of the pseudonyms (see `pseudonyms.load_key`).
    Errors: DataMissingError (no folder), DataInvalidError (two files for one table), ScopeError (unknown city).
    """
    path = Path(folder)
    if not path.is_dir():
        raise DataMissingError(
            f"no data folder {redact(path.name)!r}", where=redact(path.parent.name), expected="a folder with tables",
            todo="give the folder that holds households.parquet and the other tables",
        )  # fmt: skip
    if on_violation not in get_args(Mode):
        raise ParameterError(f"on_violation={on_violation!r}", expected=" or ".join(get_args(Mode)))
    return Tables(path, _codes(city), only=tables, on_violation=on_violation, key_file=key_file)


def _codes(city: CityChoice) -> tuple[str, ...] | None:
    if city is None:
        return None
    several: Sequence[Any] = [city] if isinstance(city, str | terms.City) else list(city)
    return tuple(terms.city(c).code for c in several)


def read_table(
    path: str | os.PathLike[str], table: str | None = None, *, city: CityChoice = None,
    on_violation: Mode = "raise", key_file: str | os.PathLike[str] | None = None,
) -> tuple[pd.DataFrame, QualityReport]:  # fmt: skip
    """One file alone: its frame and ledger. `table`: whose contract it follows (default: the file's name).

    Checks between tables are not made; the report says so.
    """
    file = Path(path)
    if not file.is_file():
        raise DataMissingError(f"no file {redact(file.name)!r}", where=redact(file.parent.name), todo="check the path")
    contract = load_contract(table or file.stem)
    key: Callable[[], PseudonymKey] = lambda: load_key(file.parent, key_file)  # noqa: E731
    store = Store(open_source(file, contract, _codes(city)), contract, on_violation, key)
    store.ensure()
    report = QualityReport({contract.table: store.ledger}, store.violations)
    report.unchecked = {f"{contract.table}: {r.id}": "one table read alone" for r in contract.references}
    store.raise_if_broken()
    return store.frame, report
