"""Apply a mapping: foreign rows in, the contract's table and its ledger out."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from evaltools.errors import DataMissingError, nearest
from evaltools.intake.contract import Contract
from evaltools.intake.convert import Problem, convert
from evaltools.intake.identifiers import redact
from evaltools.intake.mapping import UNKNOWN, Mapping, Target
from evaltools.intake.privacy import pseudonymise, shown_value
from evaltools.intake.pseudonyms import PseudonymKey, load_key
from evaltools.intake.quality import ERROR, QualityReport, Violation
from evaltools.intake.source import FrameSource, Source, open_source
from evaltools.intake.store import Mode, Store, invalid
from evaltools.intake.vectors import constant, series


@dataclass(frozen=True)
class Mapped:
    """A foreign file as a table of a contract. Answers like `Tables` for that one table."""

    table: str
    frame: pd.DataFrame
    quality: QualityReport
    mapping: Mapping

    @property
    def names(self) -> tuple[str, ...]:
        return (self.table,)

    @property
    def meta(self) -> dict[str, object]:
        return {"synthetic": False, "mapping": self.mapping.name, "citation": self.mapping.citation}

    @property
    def is_synthetic(self) -> bool:
        return False

    def has(self, table: str) -> bool:
        return table == self.table

    def load(self, table: str, columns: Sequence[str] | None = None, year: int | None = None) -> pd.DataFrame:
        """As `Tables.load`."""
        if table != self.table:
            raise DataMissingError(f"no table {table}", where=self.mapping.name, expected=self.table)
        frame = self.frame
        year_column = self.mapping.contract.year_column
        if year is not None and year_column is not None:
            frame = frame[(frame[year_column] == int(year)).fillna(False)]
        absent = [c for c in columns or () if c not in frame]
        if absent:
            raise DataMissingError(f"no column {absent[0]!r}", where=table, expected=nearest(absent[0], frame.columns))
        return frame[list(columns) if columns is not None else list(frame.columns)].reset_index(drop=True)

    def __getitem__(self, table: str) -> pd.DataFrame:
        return self.load(table)

    def save(self, folder: str | os.PathLike[str]) -> Path:
        """Write the table as Parquet into a data folder, ready for `open_tables`. Holds pseudonyms, no identifiers."""
        target = Path(folder)
        target.mkdir(parents=True, exist_ok=True)
        path = target / f"{self.table}.parquet"
        self.frame.to_parquet(path, index=False)
        return path


def apply_mapping(mapping: Mapping, given: Path, mode: Mode, key_file: str | os.PathLike[str] | None) -> Mapped:
    """See `Mapping.apply`."""
    path = given / mapping.file if given.is_dir() and mapping.file else given
    if not path.is_file():
        raise DataMissingError(
            f"no file {redact(path.name)!r}", where=redact(path.parent.name), expected=f"the file of {mapping.title}",
            todo="give the path of the file, or of the folder that holds it",
        )  # fmt: skip
    key: Callable[[], PseudonymKey] = lambda: load_key(path.parent, key_file)  # noqa: E731
    work = _Foreign(mapping, open_source(path, mapping.foreign, None), mode, key)
    frame, rows = work.mapped()
    source = FrameSource(frame, rows, path.name, work.source.rows_in_file, work.rows_out)
    source.match.pseudonyms = work.already_pseudonyms()
    store = Store(source, mapping.contract, mode, key)
    store.violations = work.violations + store.violations
    store.ledger.dropped = work.dropped
    store.ledger.notes.update(work.notes)
    store.ledger.unknown_columns = tuple(work.source.match.unknown)
    store.ensure()
    report = QualityReport({mapping.contract.table: store.ledger}, store.violations)
    report.unchecked = {f"{mapping.contract.table}: {r.id}": "one table alone" for r in mapping.contract.references}
    store.raise_if_broken()
    return Mapped(mapping.contract.table, store.frame, report, mapping)


class _Foreign:
    """The foreign file: typed, its identifiers replaced, its rows chosen."""

    def __init__(self, mapping: Mapping, source: Source, mode: Mode, key: Callable[[], PseudonymKey]) -> None:
        self.mapping, self.source, self.mode, self.key = mapping, source, mode, key
        self.violations: list[Violation] = []
        self.notes: Counter[str] = Counter(source.notes)
        self.dropped: Counter[str] = Counter({"broken-row": source.rows_broken} if source.rows_broken else {})
        self._refuse_missing()

    @property
    def rows_out(self) -> int:
        """Rows left out before the contract sees them."""
        return sum(self.dropped.values())

    def already_pseudonyms(self) -> set[str]:
        """Identifying columns of the contract that come from a declared identifier, replaced on this side."""
        columns = self.mapping.foreign.columns
        return {t.column.name for t in self.mapping.targets if t.source and columns[t.source].identifying}

    def _refuse_missing(self) -> None:
        contract, present = self.mapping.foreign, self.source.match.positions
        missing = [c for c in contract.columns.values() if c.required and c.name not in present]
        if missing:
            raise DataMissingError(
                f"{len(missing)} column(s) of the mapping are not in the file: " + ", ".join(c.zh for c in missing),
                where=self.source.file, expected=f"the columns that {self.mapping.where} names",
                todo="correct the headers in the mapping, or take the right file",
                detail=[f"{c.zh}: {nearest(c.zh, self.source.match.unknown)}" for c in missing],
            )  # fmt: skip
        for problem in self.source.problems:
            self._add(problem.row, problem.column, "", problem.rule, problem.message)
        for column, rule, message in self.source.match.problems:
            self._add(None, column, "", rule, message)

    def _add(self, row: int | None, column: str, value: str, rule: str, message: str, severity: str = ERROR) -> None:
        table = self.mapping.contract.table
        self.violations.append(Violation(table, self.source.file, row, column, value, rule, message, severity))

    def mapped(self) -> tuple[pd.DataFrame, np.ndarray]:
        """(raw columns of the contract, row numbers) for the rows that are kept."""
        frame, broken = self._typed()
        keep = np.ones(len(frame), dtype=bool)
        for step in self.mapping.filters:
            out = keep & ~step.keep.is_true(frame)
            self.dropped[f"{step.id}: {step.reason}"] += int(out.sum())
            keep &= ~out
        self.dropped = Counter({reason: n for reason, n in self.dropped.items() if n})
        self._settle_broken(broken, keep)
        frame = frame[keep].reset_index(drop=True)
        rows = self.source.rows[keep]
        return pd.DataFrame({t.column.name: self._make(t, frame, rows) for t in self.mapping.targets}), rows

    def _typed(self) -> tuple[pd.DataFrame, dict[int, list[Violation]]]:
        """The foreign columns in their declared types, and the violations of each row."""
        contract: Contract = self.mapping.foreign
        present = [n for n in contract.columns if n in self.source.match.positions]
        raw = self.source.read(present)
        typed, broken = {}, {}
        for name, column in contract.columns.items():
            if name not in raw:
                typed[name] = pd.Series(
                    [None] * len(self.source.rows), dtype="Int64" if column.type == "integer" else column.dtype
                )
                continue
            done = convert(raw[name], column)
            self.notes.update(done.notes)
            typed[name], problems = done.values, list(done.problems)
            if column.identifying:
                typed[name], problem, count = pseudonymise(done.values, column, self.key)
                problems += [problem] if problem else []
                self.notes[f"{column.identifying} replaced by pseudonyms: {column.zh}"] += count
            for problem in problems:
                self._note(problem, name, raw[name], broken)
        return pd.DataFrame(typed, index=pd.RangeIndex(len(self.source.rows))), broken

    def _note(self, problem: Problem, name: str, raw: pd.Series, broken: dict[int, list[Violation]]) -> None:
        column, table = self.mapping.foreign.columns[name], self.mapping.contract.table
        for i in problem.positions.tolist():
            value = "" if column.identifying else shown_value(raw.iloc[i])
            found = Violation(
                table, self.source.file, int(self.source.rows[i]), column.zh, value, problem.rule, problem.message,
                problem.severity,
            )  # fmt: skip
            broken.setdefault(i, []).append(found)

    def _settle_broken(self, broken: dict[int, list[Violation]], keep: np.ndarray) -> None:
        """Violations count only in rows that are wanted; with "drop" those rows go, else they stop the run."""
        wanted = {i: found for i, found in broken.items() if keep[i]}
        self.violations += [v for found in wanted.values() for v in found]
        errors = {i: next((v for v in found if v.severity == ERROR), None) for i, found in wanted.items()}
        if self.mode == "drop":
            for i, first in errors.items():
                if first is not None:
                    keep[i] = False
                    self.dropped[first.rule] += 1
        elif self.mode == "raise" and any(errors.values()):
            raise invalid(self.mapping.contract, self.source.file, [v for v in self.violations if v.severity == ERROR])

    def _make(self, target: Target, frame: pd.DataFrame, rows: np.ndarray) -> pd.Series:
        if target.constant is not None:
            values = series(constant(target.constant, len(frame)))
        elif target.expression is not None:
            values = series(target.expression.values(frame))
        else:
            values = frame[target.source or ""]
        if target.factor != 1.0:
            values = (values.astype("Float64") * target.factor).round(6)
        if target.recode is not None:
            values = self._recoded(values, target, rows)
        return values

    def _recoded(self, values: pd.Series, target: Target, rows: np.ndarray) -> pd.Series:
        table = target.recode or {}
        texts = values.map(_code, na_action="ignore").astype(object)
        result = texts.map(table)
        for i in np.flatnonzero((texts.notna() & result.isna()).to_numpy()).tolist():
            value, known = shown_value(texts.iloc[i]), ", ".join(table)
            message = f"a code the recode table does not know; known: {known}"
            self._add(int(rows[i]), target.source or target.column.name, value, "unknown-code", message)
        return result.mask(result == UNKNOWN).astype("str")


def _code(value: object) -> str:
    """A code as a recode table writes it: 1 and 1.0 are "1"."""
    if isinstance(value, bool | np.bool_):
        return "true" if value else "false"
    if isinstance(value, float | np.floating) and float(value).is_integer():
        return str(int(value))
    return str(value)
