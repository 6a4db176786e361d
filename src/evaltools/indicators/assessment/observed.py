"""Published figures against the catalogue: which indicator measures a figure, and what the data say of it.

Which one does is said beside the figure, in `standards/claims/*.yaml` (`measure`). Synthetic data are generated from
these figures: they can neither support nor contradict one, so every verdict is "not verifiable" and the comparison is
kept apart as a trial.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from evaltools.errors import RuleBookError, nearest
from evaltools.indicators.claims import ClaimChecks, ClaimState, DataState, against_data
from evaltools.indicators.disclosure import MIN_CELL
from evaltools.indicators.engine.catalogue import Catalogue
from evaltools.indicators.engine.entry import Indicator
from evaltools.indicators.engine.result import IndicatorTable
from evaltools.standards import Claim, Rules

PERSONAL = ("households", "persons", "loans", "events")
"""Registers whose rows are a household, one of its members, its loan or its case."""
GROWING = "cumulative"
"""Figures of this kind only grow: data of a later day bound them from above alone."""
ORDER = (ClaimState.CONFLICTS, ClaimState.ROUNDING, ClaimState.AGREES, ClaimState.NOT_COMPARABLE)
"""What a figure that stands in several relations is called by: the first of these. That it looks like a figure of
something else says nothing of a figure that agrees with its own kind."""


@dataclass(frozen=True)
class Observed:
    """What the data say of a figure. `low`, `high`: bounds whatever the unknown answers are, in the claim's unit."""

    indicator: str
    value: float
    low: float
    high: float
    rows: int
    as_of: str


@dataclass(frozen=True)
class Reconciled:
    """One published figure. `relation`: the first of its relations in `ORDER`, None where it stands in none;
    `trial`: what the data would say were they real (None where nothing measures the figure); `data`: what they do say."""

    claim: Claim
    relation: ClaimState | None
    data: DataState
    trial: DataState | None
    seen: Observed | None


def measures(claims: Mapping[str, Claim], catalogue: Catalogue) -> dict[str, str]:
    """Claim id -> indicator id. Errors: RuleBookError for an indicator that does not exist or has another unit."""
    found = {c.id: c.measure for c in claims.values() if c.measure}
    for claim, indicator in found.items():
        where = f"standards/claims, entry {claim}, key measure"
        if indicator not in catalogue:
            raise RuleBookError(f"unknown indicator {indicator!r}", where=where, expected=nearest(indicator, catalogue))
        unit = catalogue[indicator].unit
        if not is_in_unit(claims[claim], unit):
            raise RuleBookError(
                f"{indicator} is in {unit}, the figure in {claims[claim].unit}", where=where,
                expected="an indicator in the figure's unit",
            )  # fmt: skip
    return found


def is_in_unit(claim: Claim, unit: str) -> bool:
    """Whether an indicator in `unit` can measure a figure: in the figure's own unit, or in that per something."""
    return unit == claim.unit or unit.startswith(f"{claim.unit}_per_")


def from_below(claim: Claim, low: float | None, as_of: str) -> float | None:
    """The lower bound that data of the day `as_of` set to a figure. A cumulative figure printed before that day was no
    larger than they count: such data bound it from above alone."""
    is_earlier = claim.kind == GROWING and claim.as_of < as_of
    return 0.0 if is_earlier and low is not None else low


def observe(claims: Mapping[str, Claim], table: IndicatorTable, rules: Rules, as_of: str) -> dict[str, Observed]:
    """Claim id -> what the data say of it, for figures of the year of `table`; levels province and city are read.

    rules : of the province, for the smallest count of households that may be published; as_of : day of the data
    A figure without data or bounds, or whose count would show fewer households than may be shown, is left out.
    """
    wanted = measures(claims, table.catalogue)
    frame = table.to_frame(("province", "city"), set(wanted.values()), table.year)
    least = int(rules[MIN_CELL].value)
    found = {}
    for claim, indicator in wanted.items():
        one, entry = claims[claim], table.catalogue[indicator]
        if int(one.as_of[:4]) != table.year:
            continue
        rows = frame[frame["indicator"] == indicator]
        own = rows[rows["level"] == "province"] if one.area is None else rows[rows["city_code"] == one.area]
        own = own if one.area is None else own[own["level"] == "city"]
        if len(own) != 1 or _is_small(entry, rows if one.area is None else own, least):
            continue
        value, low, high = (float(own.iloc[0][c]) for c in ("value", "low", "high"))
        if np.isfinite([value, low, high]).all():
            found[claim] = Observed(indicator, value, low, high, int(own.iloc[0]["rows"]), as_of)
    return found


def _is_small(entry: Indicator, rows: pd.DataFrame, least: int) -> bool:
    """Whether a count of the province or of a city, or what is left of it, would be of fewer than `least` households."""
    if entry.table not in PERSONAL and entry.unit not in ("households", "persons"):
        return False
    yes, whole = rows["numerator"].astype(float), rows["denominator"].astype(float)
    parts = pd.concat([yes, whole - yes, rows["open_rows"].astype(float) + rows["unsure_rows"].astype(float)])
    return bool(((parts > 0) & (parts < least)).any())


def data_state(claim: Claim, seen: Observed) -> DataState:
    """What data say of a figure. A cumulative figure printed before the day of the data was no larger than they count:
    such data can contradict it, not support it."""
    return against_data(claim, from_below(claim, seen.low, seen.as_of), seen.high)


def reconcile(
    claims: Mapping[str, Claim], checks: ClaimChecks, observed: Mapping[str, Observed], *, is_synthetic: bool
) -> tuple[Reconciled, ...]:
    """Every published figure with its verdicts, in the order of their files."""
    states: dict[str, list[ClaimState]] = {}
    for check in checks:
        for claim in check.claims:
            states.setdefault(claim, []).append(check.state)
    found = []
    for claim in claims.values():
        seen = observed.get(claim.id)
        trial = None if seen is None else data_state(claim, seen)
        data = DataState.NOT_VERIFIABLE if trial is None or is_synthetic else trial
        found.append(Reconciled(claim, summed_up(states.get(claim.id, ())), data, trial, seen))
    return tuple(found)


def summed_up(states: Iterable[ClaimState]) -> ClaimState | None:
    """The state that comes first in `ORDER`."""
    return min(states, key=ORDER.index, default=None)


def to_frame(figures: Iterable[Reconciled], lang: str = "zh") -> pd.DataFrame:
    """One row per figure: as printed, its verdicts, and what the data say. `data` is the verdict, `trial` is none."""

    def label(term: ClaimState | DataState | None) -> str:
        return "" if term is None else (term.zh if lang == "zh" else term.en)

    rows = [{
        "id": f.claim.id, "label": f.claim.label(lang), "written": f.claim.written, "as_of": f.claim.as_of,
        "relation": label(f.relation), "data": label(f.data), "trial": label(f.trial),
        "indicator": f.seen.indicator if f.seen else f.claim.measure,
        "measured": f.seen.value if f.seen else None, "measured_low": f.seen.low if f.seen else None,
        "measured_high": f.seen.high if f.seen else None, "cite": f.claim.cite(),
    } for f in figures]  # fmt: skip
    return pd.DataFrame(rows)
