"""`check_folder`: everything that is wrong with somebody's data, in one go."""

from __future__ import annotations

import os
from pathlib import Path

from evaltools.intake.quality import QualityReport
from evaltools.intake.tables import CityChoice, open_tables, read_table


def check_folder(
    path: str | os.PathLike[str], mapping: str | os.PathLike[str] | None = None, *, city: CityChoice = None,
    key_file: str | os.PathLike[str] | None = None,
) -> QualityReport:  # fmt: skip
    """Read and check a data folder, one file named after its table, or a foreign file through a mapping.

    Lists every violation of every table and never stops at the first; tables that cannot be opened at all are listed
    too. Raises only where there is nothing to check: no such folder or file, an unknown city, a mapping that is wrong.
    """
    given = Path(path)
    if mapping is not None:
        from evaltools.intake.mapping import Mapping

        return Mapping.load(mapping).apply(given, on_violation="report", key_file=key_file).quality
    if given.is_file():
        return read_table(given, city=city, on_violation="report", key_file=key_file)[1]
    return open_tables(given, city, on_violation="report", key_file=key_file).read_all()
