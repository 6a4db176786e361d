"""Rows by hand for the ledgers, and one call that runs the packaged catalogue on them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from evaltools.indicators import Catalogue, IndicatorTable, compute_indicators
from evaltools.indicators.engine.catalogue_files import read_files
from evaltools.intake import load_contract
from evaltools.standards import RuleBook

CITY, COUNTY, TOWN, VILLAGE = "441400", "441402", "441402100", "441402100201"
PLACE = {"city_code": CITY, "county_code": COUNTY, "town_code": TOWN, "village_code": VILLAGE}


def frame(table: str, rows: list[dict[str, Any]]) -> pd.DataFrame:
    """Rows as intake gives them, with all columns of the contract; what a row leaves out is unknown.

    Year is 2020 and the place a village of 梅州 unless the row says otherwise.
    """
    contract = load_contract(table)
    defaults: dict[str, Any] = {**PLACE, "year": 2020}
    out = pd.DataFrame(
        [[{**defaults, **row}.get(c) for c in contract.output_columns] for row in rows],
        columns=list(contract.output_columns),
    )
    kinds = {c.output: c.type for c in contract.columns.values()}
    for name, kind in kinds.items():
        if kind == "boolean":
            out[name] = out[name].astype("boolean")
        elif kind in ("integer", "number"):
            out[name] = pd.to_numeric(out[name]).astype("Float64").astype("float64")
        elif kind == "date":
            out[name] = pd.to_datetime(out[name]).astype("datetime64[us]")
        else:
            out[name] = out[name].astype("string")
    if "year" in out:
        out["year"] = out["year"].astype("int64")
    return out


class Run:
    """`run("id", visits=[...], villages=[...])` computes these rows; `run.value("id")` reads the city's value."""

    def __init__(self, tables: Callable[..., Any]) -> None:
        self._tables = tables
        self.found: IndicatorTable | None = None

    def __call__(
        self, *ids: str, as_of: str = "2020-12-31", catalogue: Catalogue | None = None, **rows: list[dict[str, Any]]
    ) -> Run:
        tables = self._tables(**{name: frame(name, some) for name, some in rows.items()})
        self.found = compute_indicators(tables, as_of=as_of, only=ids, catalogue=catalogue)
        return self

    def row(self, indicator: str, level: str = "city", code: str = CITY) -> pd.Series:
        """The row of one indicator in one area."""
        assert self.found is not None
        lost = self.found.missing
        assert indicator not in set(lost["indicator"]), lost[lost["indicator"] == indicator].to_dict("records")
        rows = self.found.to_frame(level, [indicator], self.found.year)
        rows = rows[rows["area_code"] == code]
        assert len(rows) == 1, rows
        return rows.iloc[0]

    def value(self, indicator: str, level: str = "city", code: str = CITY) -> float:
        return float(self.row(indicator, level, code)["value"])

    def state(self, indicator: str) -> str:
        return str(self.row(indicator)["state"])


@pytest.fixture
def run(make) -> Run:
    return Run(make.tables)


@pytest.fixture
def own(tmp_path: Path, book: RuleBook) -> Callable[[str], Catalogue]:
    """A catalogue of one file written by hand."""

    def built(text: str) -> Catalogue:
        path = tmp_path / "own.yaml"
        path.write_text(text, encoding="utf-8")
        return Catalogue(read_files([path], book), book)

    return built
