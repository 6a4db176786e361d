"""How a quality report shows itself: stable text, and plain tables in Jupyter."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

import pandas as pd

if TYPE_CHECKING:
    from evaltools.intake.quality import QualityReport


def report_text(report: QualityReport, limit: int) -> str:
    """Verdict, one line a table, what was dropped and changed, then the violations."""
    c = report.counts
    verdict = "passed" if report.is_clean else "did not pass"
    lines = [
        f"Data quality: {c['tables']} tables {verdict}; {c['rows_read']:,} rows read, {c['rows_kept']:,} kept, "
        f"{c['rows_dropped']:,} dropped; {c['errors']:,} errors, {c['warnings']:,} warnings"
    ]
    for t in report.tables.values():
        lines.append(
            f"  {t.table} ({t.zh}) from {t.file}: {t.rows_in_file:,} rows in the file, {t.rows_elsewhere:,} of other "
            f"cities, {t.rows_read:,} read, {t.rows_kept:,} kept, {t.rows_dropped:,} dropped"
        )
        lines += [f"    dropped for {reason}: {n:,}" for reason, n in sorted(t.dropped.items())]
        lines += [f"    {note}: {n:,}" for note, n in sorted(t.notes.items())]
        lines += [f"    columns kept out (not in the contract): {', '.join(t.unknown_columns)}"] * bool(
            t.unknown_columns
        )
        lines += [f"    optional columns absent: {', '.join(t.absent_columns)}"] * bool(t.absent_columns)
    lines += [f"  tables absent: {', '.join(report.absent_tables)}"] * bool(report.absent_tables)
    lines += [f"  files not read: {', '.join(report.ignored_files)}"] * bool(report.ignored_files)
    lines += [f"  not checked: {what} ({why})" for what, why in sorted(report.unchecked.items())]
    for v in report.violations[:limit]:
        lines.append(f"  {v.severity}: {v}")
    if len(report.violations) > limit:
        lines.append(f"  ... and {len(report.violations) - limit:,} more (violations_frame() lists all)")
    return "\n".join(lines)


def report_html(report: QualityReport) -> str:
    """The same as tables: ledger, dropped rows by reason, violations by rule, what was changed."""
    parts = [f"<p>{escape(report_text(report, 0).splitlines()[0])}</p>", _table(report.to_frame(), "Tables")]
    parts += [_table(report.dropped_frame(), "Rows dropped, by reason")] * bool(report.counts["rows_dropped"])
    parts += [_table(report.rules_frame(), "Violations, by rule")] * bool(report.violations)
    notes = report.notes_frame()
    parts += [_table(notes, "Changed while reading")] * bool(len(notes))
    return "\n".join(parts)


def _table(frame: pd.DataFrame, caption: str) -> str:
    body = frame.to_html(index=False, border=0, justify="left", na_rep="")
    return body.replace("<thead>", f"<caption>{escape(caption)}</caption><thead>", 1)
