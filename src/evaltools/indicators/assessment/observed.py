"""Published figures that the catalogue measures: what the province's data say, for the year the figure speaks of."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path

import numpy as np

from evaltools.errors import RuleBookError, nearest
from evaltools.indicators.engine.entry import Catalogue
from evaltools.indicators.engine.result import IndicatorTable
from evaltools.standards import Claim, Fields, load_yaml

FILE = Path(__file__).with_name("measures.yaml")
Observed = tuple[str, float, float, float, int]
"""indicator, value, low, high, rows"""


@cache
def measures() -> dict[str, str]:
    """Claim id -> indicator id, as `measures.yaml` says. Errors: RuleBookError for an entry that is not a pair."""
    found: dict[str, str] = {}
    for number, block in enumerate(load_yaml(FILE)["measures"], 1):
        fields = Fields(block, FILE.name, f"measure {number}")
        fields.only(("claim", "indicator"))
        found[fields.text("claim")] = fields.text("indicator")
    return found


def check_measures(claims: Mapping[str, Claim], catalogue: Catalogue) -> None:
    """Refuse a measure whose claim or indicator does not exist. Errors: RuleBookError with both names."""
    for claim, indicator in measures().items():
        for name, known in ((claim, claims), (indicator, catalogue)):
            if name not in known:
                raise RuleBookError(f"unknown {name!r}", where=FILE.name, expected=nearest(name, known))


def observe(claims: Mapping[str, Claim], table: IndicatorTable) -> dict[str, Observed]:
    """Claim id -> what the province's data say of it: figures of another year than the table's are left out.

    low, high : bounds whatever the unknown answers are; a figure without data or bounds is left out too.
    """
    check_measures(claims, table.catalogue)
    frame = table.to_frame("province", measures().values(), table.year)
    rows = {r["indicator"]: r for r in frame.to_dict("records")}
    found = {}
    for claim, indicator in measures().items():
        row = rows.get(indicator)
        if row is None or int(claims[claim].as_of[:4]) != table.year:
            continue
        numbers = tuple(float(row[c]) for c in ("value", "low", "high"))
        if all(np.isfinite(numbers)):
            found[claim] = (indicator, *numbers, int(row["rows"]))
    return found
