"""The quality ledger: what was read, kept, dropped, and every violation with its place. No row vanishes unrecorded."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from typing import Any

import pandas as pd

ERROR, WARNING = "error", "warning"
VIOLATION_FIELDS = ("table", "file", "row", "column", "value", "rule", "severity", "message")


@dataclass(frozen=True, slots=True)
class Violation:
    """One broken rule. `row` is counted as the reader of the file sees it (the header is row 1 in Excel and CSV)."""

    table: str
    file: str
    row: int | None
    column: str
    value: str
    """As written in the file; identifying values are never shown."""
    rule: str
    message: str
    severity: str = ERROR

    def __str__(self) -> str:
        place = f"{self.file}" + (f", row {self.row}" if self.row is not None else "")
        place += f", column {self.column}" if self.column else ""
        value = f": {self.value!r}" if self.value else ""
        return f"{place}{value}: {self.message} [{self.rule}]"


@dataclass
class TableQuality:
    """The ledger of one table. rows_in_file = rows_elsewhere + rows_read; rows_read = rows_kept + sum(dropped)."""

    table: str
    zh: str
    file: str
    rows_in_file: int = 0
    rows_elsewhere: int = 0
    """Rows of cities that were not asked for."""
    rows_read: int = 0
    rows_kept: int = 0
    dropped: Counter[str] = field(default_factory=Counter)
    """Reason -> rows. A row that breaks several rules is counted once, under the first."""
    missing: dict[str, float] = field(default_factory=dict)
    """Column -> share of kept rows without a value; 1.0 for a column the file does not have."""
    absent_columns: tuple[str, ...] = ()
    unknown_columns: tuple[str, ...] = ()
    """Columns of the file that the contract does not know: kept out."""
    notes: Counter[str] = field(default_factory=Counter)
    """What reading changed -> number of values: units converted, identifiers replaced, marks read as missing."""

    @property
    def rows_dropped(self) -> int:
        return sum(self.dropped.values())

    def balanced(self) -> bool:
        """Whether the account closes: every row of the file is elsewhere, kept or dropped with a reason."""
        inside = self.rows_read == self.rows_kept + self.rows_dropped
        return inside and self.rows_in_file == self.rows_elsewhere + self.rows_read


@dataclass
class QualityReport:
    """The ledger of a folder or a mapped file. Shows itself in Jupyter; `to_frame()` gives one row per table."""

    tables: dict[str, TableQuality] = field(default_factory=dict)
    violations: list[Violation] = field(default_factory=list)
    absent_tables: tuple[str, ...] = ()
    ignored_files: tuple[str, ...] = ()
    unchecked: dict[str, str] = field(default_factory=dict)
    """Check between tables that could not be made -> why."""

    def add(self, violations: Iterable[Violation]) -> None:
        self.violations.extend(violations)

    @property
    def errors(self) -> int:
        """Number of violations of severity "error"."""
        return sum(v.severity == ERROR for v in self.violations)

    @property
    def warnings(self) -> int:
        """Number of violations of severity "warning"."""
        return sum(v.severity == WARNING for v in self.violations)

    @property
    def is_clean(self) -> bool:
        """No violation of severity "error"."""
        return self.errors == 0

    @property
    def counts(self) -> dict[str, int]:
        """Totals over all tables: what logs and manifests may hold."""
        total = {name: sum(getattr(t, name) for t in self.tables.values()) for name in _TOTALS}
        return total | {"tables": len(self.tables), "errors": self.errors, "warnings": self.warnings}

    def to_frame(self) -> pd.DataFrame:
        """One row per table: file, rows in file, elsewhere, read, kept, dropped, violations by severity."""
        by = Counter((v.table, v.severity) for v in self.violations)
        rows = [
            {
                "table": t.table, "zh": t.zh, "file": t.file, "rows_in_file": t.rows_in_file,
                "rows_elsewhere": t.rows_elsewhere, "rows_read": t.rows_read, "rows_kept": t.rows_kept,
                "rows_dropped": t.rows_dropped, "errors": by[t.table, ERROR], "warnings": by[t.table, WARNING],
            }
            for t in self.tables.values()
        ]  # fmt: skip
        columns = ["table", "zh", "file", *_TOTALS, "errors", "warnings"]
        return pd.DataFrame(rows, columns=columns)

    def violations_frame(self) -> pd.DataFrame:
        """Every violation: table, file, row, column, value, rule, severity, message."""
        frame = pd.DataFrame([asdict(v) for v in self.violations], columns=list(VIOLATION_FIELDS))
        return frame.astype({"row": "Int64"})

    def rules_frame(self) -> pd.DataFrame:
        """Violations counted by table, column, rule and severity, with the first row as an example."""
        frame = self.violations_frame()
        keys = ["table", "column", "rule", "severity"]
        grouped = frame.groupby(keys, sort=True)
        return grouped.agg(count=("rule", "size"), first_row=("row", "min")).reset_index()

    def dropped_frame(self) -> pd.DataFrame:
        """Dropped rows by table and reason."""
        rows = [(t.table, reason, n) for t in self.tables.values() for reason, n in sorted(t.dropped.items())]
        return pd.DataFrame(rows, columns=["table", "reason", "rows"])

    def missing_frame(self) -> pd.DataFrame:
        """Share of kept rows without a value, by table and column."""
        rows = [(t.table, column, share) for t in self.tables.values() for column, share in t.missing.items()]
        return pd.DataFrame(rows, columns=["table", "column", "missing_share"])

    def notes_frame(self) -> pd.DataFrame:
        """What reading changed: table, note, number of values."""
        rows = [(t.table, note, n) for t in self.tables.values() for note, n in sorted(t.notes.items())]
        return pd.DataFrame(rows, columns=["table", "note", "values"])

    def to_dict(self) -> dict[str, Any]:
        """Everything as plain data (for `--format json`)."""
        tables = [
            asdict(t) | {"dropped": dict(t.dropped), "notes": dict(t.notes), "balanced": t.balanced()}
            for t in self.tables.values()
        ]
        return {
            "clean": self.is_clean, "counts": self.counts, "tables": tables,
            "absent_tables": list(self.absent_tables), "ignored_files": list(self.ignored_files),
            "unchecked": dict(self.unchecked), "violations": [asdict(v) for v in self.violations],
        }  # fmt: skip

    def to_text(self, limit: int = 200) -> str:
        """The ledger as text, with up to `limit` violations."""
        from evaltools.intake.display import report_text

        return report_text(self, limit)

    def __repr__(self) -> str:
        return self.to_text(limit=20)

    def __str__(self) -> str:
        return self.to_text(limit=1000)

    def _repr_html_(self) -> str:
        from evaltools.intake.display import report_html

        return report_html(self)


_TOTALS = ("rows_in_file", "rows_elsewhere", "rows_read", "rows_kept", "rows_dropped")
