"""Which file of a folder holds which table."""

from __future__ import annotations

from pathlib import Path

from evaltools.errors import DataInvalidError
from evaltools.intake.contract import contracts
from evaltools.intake.headers import plain
from evaltools.intake.identifiers import redact
from evaltools.intake.source import SUFFIXES

_SILENT = {"meta.json", "readme.md", "readme.txt", ".gitkeep", ".ds_store"}


def find_tables(folder: Path) -> tuple[dict[str, Path], list[str], dict[str, DataInvalidError]]:
    """(table -> file, files that are not read, table -> error where two files hold it).

    Files are named after the table: households.xlsx or 农户.xlsx.
    """
    by_name = {plain(name): c.table for c in contracts() for name in (c.table, c.zh, *c.aliases)}
    found: dict[str, list[Path]] = {}
    ignored = []
    for path in sorted(p for p in folder.iterdir() if p.is_file()):
        if path.name.startswith(("~$", ".")) or path.name.lower() in _SILENT:
            continue  # lock files of Excel, hidden files
        table = by_name.get(plain(path.stem))
        if table is None or path.suffix.lower() not in SUFFIXES:
            ignored.append(redact(path.name))
        else:
            found.setdefault(table, []).append(path)
    double = {table: _double(table, files, folder) for table, files in found.items() if len(files) > 1}
    return {table: files[0] for table, files in found.items() if table not in double}, ignored, double


def _double(table: str, files: list[Path], folder: Path) -> DataInvalidError:
    return DataInvalidError(
        f"{len(files)} files for one table {table}: {', '.join(redact(f.name) for f in files)}",
        where=redact(folder.name), expected="one file a table",
        todo="keep the right one, move the others out of the folder",
    )  # fmt: skip
