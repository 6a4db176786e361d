"""Whole reports of a helped and a task-free city, made once from the demo data."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import pandas as pd
import pytest

from evaltools import batch

CITIES = ("meizhou", "jiangmen")


class Made(NamedTuple):
    """One city's folder of files, with its record page and HTML read."""

    folder: Path
    html: str
    report: dict[str, Any]


def make(cities, data: Path | str, out: Path, formats=batch.FORMATS, **changes: str) -> dict[str, Made]:
    """Run cities through the batch; a failed one fails the test with its reason."""
    root = Path(__file__).resolve().parents[2]
    given = [{"city": c, "year": "2020", "as_of": "", "data": str(data), "lang": "zh", **changes} for c in cities]
    jobs = batch.plan(given, notebook=root / "notebooks" / "city_report.ipynb", out=out, formats=formats)
    manifest = batch.run(jobs, workers=2)
    assert not manifest.failed, [r.reason for r in manifest.failed]
    return {c: read(out / c) for c in cities}


def read(folder: Path) -> Made:
    record = json.loads((folder / "report.json").read_text(encoding="utf-8"))
    return Made(folder, (folder / "report.html").read_text(encoding="utf-8"), record)


def part(demo: Path, folder: Path, *codes: str) -> Path:
    """The rows of some cities of the demo as a folder of its own: what compares all cities is quick there."""
    folder.mkdir(parents=True)
    for path in sorted(demo.glob("*.parquet")):
        table = pd.read_parquet(path)
        if "city_code" in table:
            table = table[table["city_code"].isna() | table["city_code"].isin(codes)].reset_index(drop=True)
        if len(table):  # an empty file is a fault, an absent one is not
            table.to_parquet(folder / path.name, index=False)
    shutil.copy(demo / "meta.json", folder / "meta.json")
    return folder


@pytest.fixture(scope="session")
def part_of_demo(demo) -> Callable[..., Path]:
    """`part_of_demo(folder, "441400", ...)`: the demo's rows of these cities."""
    return lambda folder, *codes: part(demo, folder, *codes)


@pytest.fixture(scope="session")
def make_reports():
    """`make_reports(cities, data, out)` → city → Made."""
    return make


@pytest.fixture(scope="session")
def reports(demo, tmp_path_factory) -> dict[str, Made]:
    return make(CITIES, demo, tmp_path_factory.mktemp("reports"))
