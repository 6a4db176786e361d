"""One table on its way through the border: read, convert, replace identifiers, check, record."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from typing import Literal

import numpy as np
import pandas as pd

from evaltools.errors import DataInvalidError, DataMissingError, nearest
from evaltools.intake.contract import Column, Contract
from evaltools.intake.convert import Problem, convert
from evaltools.intake.privacy import clean_texts, pseudonymise, shown_value
from evaltools.intake.pseudonyms import PseudonymKey
from evaltools.intake.quality import ERROR, TableQuality, Violation
from evaltools.intake.source import Source
from evaltools.intake.validate import check_rows, check_values, doubtful_units, duplicate_keys

_log = logging.getLogger("evaltools.intake")
"""Holds counts only, never a value."""

Mode = Literal["raise", "drop", "report"]
"""What happens to rows that break the contract: raise an error, leave them out and count them, or list everything."""


class Store:
    """A table of one selection of cities. Columns are read when asked for; each passes its contract on the way in.

    `frame`: kept rows, index 0..n-1, output columns. With `drop`, rows that break the contract are left out and
    counted; otherwise they stay until `Tables` raises.
    """

    def __init__(self, source: Source, contract: Contract, mode: Mode, key: Callable[[], PseudonymKey]) -> None:
        self.source, self.contract, self.mode, self._key = source, contract, mode, key
        self.violations: list[Violation] = []
        self._missing_columns()
        self.frame = pd.DataFrame(index=pd.RangeIndex(self.source.count))
        self._kept: np.ndarray | None = None
        self._done_checks: set[str] = set()
        self._loaded: set[str] = set()
        self._settled = (0, -1)
        self.checked_references: set[str] = set()
        self.ledger = self._new_ledger()

    @property
    def rows(self) -> np.ndarray:
        """(n,) number of each kept row in its file."""
        return self.source.rows if self._kept is None else self.source.rows[self._kept]

    def _new_ledger(self) -> TableQuality:
        source = self.source
        present = source.match.positions
        for problem in source.problems:
            self._violation(problem.row, problem.column, "", problem.rule, problem.message, problem.severity)
        for column, rule, message in source.match.problems:
            self._violation(None, column, "", rule, message, ERROR)
        read = source.count + source.rows_broken
        notes = Counter(source.notes)
        for name, (unit, factor) in source.match.factors.items():
            notes[f"unit {unit} converted (x {factor:g}): {name}"] += source.count
        if not source.count and not source.rows_broken and source.rows_in_file == 0:
            self._violation(None, "", "", "empty-file", "the file has a header and no rows", ERROR)
        return TableQuality(
            table=self.contract.table, zh=self.contract.zh, file=source.file, rows_in_file=source.rows_in_file,
            rows_elsewhere=source.rows_in_file - read, rows_read=read, rows_kept=source.count,
            dropped=Counter({"broken-row": source.rows_broken} if source.rows_broken else {}),
            absent_columns=tuple(
                c.name for c in self.contract.columns.values() if c.name not in present and not c.identifying
            ),
            unknown_columns=tuple(source.match.unknown), notes=notes,
        )  # fmt: skip

    def _missing_columns(self) -> None:
        """Refuse a file without a required column, or list each where everything is to be listed."""
        present = self.source.match.positions
        missing = [c for c in self.contract.columns.values() if c.required and c.name not in present]
        if self.mode == "report":
            for c in missing:
                message = f"{_suggest(c, self.source.match.unknown)}: add the column or correct its header"
                self._violation(None, c.name, "", "missing-column", message, ERROR)
        elif missing:
            raise DataMissingError(
                f"table {self.contract.table} lacks {len(missing)} required column(s): "
                + ", ".join(f"{c.name} ({c.zh})" for c in missing),
                where=self.source.file, expected="every required column of the contract",
                todo="add the column or correct its header; unknown values are left empty",
                detail=[_suggest(c, self.source.match.unknown) for c in missing],
            )  # fmt: skip

    def ensure(self, outputs: Iterable[str] | None = None) -> None:
        """Read and check the columns (output names; None: all) that are not there yet."""
        wanted = self._wanted(outputs)
        if not wanted:
            return
        present = [n for n in wanted if n in self.source.match.positions]
        raw = self.source.read(present)
        if self._kept is not None:
            raw = {name: values.iloc[self._kept].reset_index(drop=True) for name, values in raw.items()}
        problems: list[tuple[str, Problem]] = []
        new = {}
        for name in wanted:
            column = self.contract.columns[name]
            new[column.output], found = self._column(column, raw.get(name))
            problems += [(name, p) for p in found]
        clean_texts(new, raw, [self.contract.columns[n] for n in wanted], self._key, self.ledger.notes)
        self.frame = pd.concat([self.frame, pd.DataFrame(new, index=self.frame.index)], axis=1)
        self._loaded.update(wanted)
        problems += self._values_and_rules(wanted, {(n, i) for n, p in problems for i in p.positions.tolist()})
        self._record(problems, raw)
        for name, message in doubtful_units(self.frame, [self.contract.columns[n] for n in wanted]):
            self._violation(None, name, "", "doubtful-unit", message, "warning")
        self._settle()
        what = "%s: %d columns read, %d rows kept of %d, %d violations so far"
        kept, read = len(self.frame), self.ledger.rows_read
        _log.info(what, self.contract.table, len(wanted), kept, read, len(self.violations))

    def has_columns(self, names: Iterable[str]) -> bool:
        """Whether the file has all these contract columns."""
        return set(names).issubset(self.source.match.positions)

    @property
    def outputs(self) -> tuple[str, ...]:
        """Columns of the whole frame: those of the contract, without pseudonyms that have no source column."""
        present = self.source.match.positions
        return tuple(c.output for c in self.contract.columns.values() if not c.identifying or c.name in present)

    def _wanted(self, outputs: Iterable[str] | None) -> list[str]:
        """Contract names to read now: what was asked for, key and cut on first use, all when rows may be dropped."""
        contract = self.contract
        whole = outputs is None or self.mode == "drop" or not self.source.is_lazy
        asked = self.outputs if whole else tuple(outputs or ())
        names = [contract.column_of_output(o).name for o in asked]
        names += [n for n in (*contract.key, contract.city_column, contract.year_column) if n]
        if any(contract.columns[n].free_text for n in names):  # a person's own name is looked for in the free text
            present = self.source.match.positions
            names += [c.name for c in contract.columns.values() if c.identifying == "name" and c.name in present]
        return [n for n in contract.columns if n in set(names) - self._loaded]

    def _column(self, column: Column, raw: pd.Series | None) -> tuple[pd.Series, list[Problem]]:
        if raw is None:
            return pd.Series([None] * len(self.frame), dtype=_empty_dtype(column)), []
        _, factor = self.source.match.factors.get(column.name, ("", 1.0))
        converted = convert(raw, column, factor)
        self.ledger.notes.update(converted.notes)
        if not column.identifying:
            return converted.values, converted.problems
        done = column.name in self.source.match.pseudonyms
        values, problem, count = pseudonymise(converted.values, column, None if done else self._key)
        if count:
            self.ledger.notes[f"{column.identifying} replaced by pseudonyms: {column.name}"] += count
        return values, converted.problems + ([problem] if problem else [])

    def _values_and_rules(self, wanted: Sequence[str], known: set[tuple[str, int]]) -> list[tuple[str, Problem]]:
        """Contract checks on the typed values; a value that could not be converted is not reported as missing too."""
        found: list[tuple[str, Problem]] = []
        present = [n for n in wanted if n in self.source.match.positions]
        for output, problems in check_values(self.frame, self.contract, present).items():
            name = self.contract.column_of_output(output).name
            for p in problems:
                fresh = np.array([i for i in p.positions.tolist() if (name, i) not in known], dtype=np.int64)
                if p.rule != "missing-value" or len(fresh) == len(p.positions):
                    fresh = p.positions
                if len(fresh):
                    found.append((name, Problem(fresh, p.rule, p.message, p.severity)))
        if "duplicate key" not in self._done_checks and self.has_columns(self.contract.key):
            self._done_checks.add("duplicate key")
            found += [(" + ".join(self.contract.key), p) for p in duplicate_keys(self.frame, self.contract)]
        return found + check_rows(self.frame, self.contract, self._done_checks)

    def _record(self, problems: Iterable[tuple[str, Problem]], raw: dict[str, pd.Series]) -> None:
        broken: dict[int, str] = {}
        rows = self.rows
        for name, problem in problems:
            column = self.contract.columns.get(name)
            for i in problem.positions.tolist():
                value = shown_value(raw[name].iloc[i]) if column and name in raw and not column.identifying else ""
                value = "" if problem.rule == "missing-value" else value
                self._violation(int(rows[i]), name, value, problem.rule, problem.message, problem.severity)
                if problem.severity == ERROR:
                    broken.setdefault(i, problem.rule)
        if self.mode == "drop":
            self._leave_out(broken)

    def record_reference(self, columns: str, problem: Problem, values: Sequence[str]) -> None:
        """Rows without their partner in another table."""
        rows = self.rows
        for i, value in zip(problem.positions.tolist(), values, strict=True):
            self._violation(
                int(rows[i]), columns, shown_value(value), problem.rule, problem.message, problem.severity
            )
        if self.mode == "drop" and problem.severity == ERROR:
            self._leave_out(dict.fromkeys(problem.positions.tolist(), problem.rule))
        self._settle()

    def _leave_out(self, broken: dict[int, str]) -> None:
        if not broken:
            return
        keep = np.ones(len(self.frame), dtype=bool)
        keep[list(broken)] = False
        self.ledger.dropped.update(Counter(broken.values()))
        self.frame = self.frame[keep].reset_index(drop=True)
        self._kept = np.flatnonzero(keep) if self._kept is None else self._kept[keep]

    def _settle(self) -> None:
        """Bring the ledger up to date, and integers without gaps to their plain type."""
        self.ledger.rows_kept = len(self.frame)
        state = len(self._loaded), len(self.frame)
        if self._settled == state:
            return
        self._settled = state
        shares = {}
        for name in (n for n in self.contract.columns if n in self._loaded):  # a set has no order, a report has one
            column = self.contract.columns[name]
            values = self.frame[column.output]
            shares[column.output] = float(values.isna().mean()) if len(values) else 0.0
            if column.dtype == "int64" and values.dtype != "int64" and not values.isna().any():
                self.frame[column.output] = values.astype("int64")
        self.ledger.missing = shares

    def _violation(self, row: int | None, column: str, value: str, rule: str, message: str, severity: str) -> None:
        self.violations.append(
            Violation(self.contract.table, self.source.file, row, column, value, rule, message, severity)
        )

    def raise_if_broken(self) -> None:
        """DataInvalidError with every violation of severity "error", unless rows are dropped or all is listed."""
        errors = [v for v in self.violations if v.severity == ERROR and self.mode != "report"]
        if self.mode == "drop":  # what concerns the file as a whole cannot be dropped row by row
            errors = [v for v in errors if v.row is None]
        if errors:
            raise invalid(self.contract, self.source.file, errors)


def invalid(contract: Contract, file: str, errors: Sequence[Violation]) -> DataInvalidError:
    by_rule = Counter(f"{v.rule} in {v.column}" if v.column else v.rule for v in errors)
    kinds = ", ".join(f"{n:,} x {rule}" for rule, n in by_rule.most_common(8))
    return DataInvalidError(
        f"table {contract.table} breaks its contract in {len(errors):,} place(s): {kinds}", where=file,
        expected="values as the contract says (docs/data.md)",
        todo="correct the rows below (`evaltools check` lists all), or leave them out with on_violation='drop'",
        detail=[str(v) for v in errors],
    )  # fmt: skip


def _empty_dtype(column: Column) -> str:
    return "Int64" if column.type == "integer" else column.dtype


def _suggest(column: Column, unknown: Sequence[str]) -> str:
    text = f"{column.name} ({column.zh}): not found"
    return text + (f"; unknown headers of the file: {nearest(column.zh, unknown)}" if unknown else "")
