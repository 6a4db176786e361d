"""From key columns to the structure a variance needs: units, strata and their factors, stage by stage.

Rows may be households (a DataFrame) or cells already summed by DuckDB: the structure is the same.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from evaltools.errors import EstimationError
from evaltools.estimation import singletons
from evaltools.estimation.design import SurveyDesign
from evaltools.estimation.expr import Array

Codes = NDArray[Any]  # integers


@dataclass(frozen=True)
class Stage:
    """One stage of sampling with U units in H strata.

    of_unit   : (L,) the stage's unit of each last-stage unit
    stratum   : (U,) stratum of each unit
    sampled   : (H,) units sampled, those without domain rows included
    scale     : (H,) (1 - f) n / (n - 1), times the sampling fractions of the stages before
    is_centred: (H,) whether deviations are from the stratum mean (False under singleton "adjust")
    is_certain: (H,) whether all units of the stratum were taken
    """

    of_unit: Codes
    stratum: Codes
    sampled: Array
    scale: Array
    is_centred: NDArray[np.bool_]
    is_certain: NDArray[np.bool_]


@dataclass(frozen=True)
class Units:
    """All sampled units. `labels`: (U,) hash of the first-stage stratum and PSU, to meet them again in other data."""

    stages: tuple[Stage, ...]
    labels: Array
    notes: tuple[str, ...] = ()

    @property
    def count(self) -> int:
        return len(self.stages[0].of_unit)


def factorize(values: pd.Series, what: str, *, allow_missing: bool = False) -> tuple[Codes, pd.Index]:
    """Codes in sorted order; a missing value is -1 where allowed, else an error that names the rows."""
    codes, labels = pd.factorize(values, sort=True)
    if (codes < 0).any() and not allow_missing:
        rows = values.index[codes < 0]
        raise EstimationError(
            f"{what} column {values.name!r} is missing in {len(rows)} rows", where=rows_text(rows),
            expected="a value in every row", todo="fill it from the sampling frame, or drop these rows and say so",
        )  # fmt: skip
    return codes.astype(np.int64), pd.Index(labels)


def rows_text(rows) -> str:
    """The first ten row labels of an offending set."""
    shown = ", ".join(str(r) for r in list(rows)[:10])
    return f"rows {shown}" + (f" and {len(rows) - 10} more" if len(rows) > 10 else "")


def pair(a: Codes, b: Codes) -> tuple[Codes, Codes]:
    """Dense codes of the pairs (a, b), in order of a then b, and the first row of each."""
    width = int(b.max(initial=0)) + 1
    joint, span = a * width + b, (int(a.max(initial=0)) + 1) * width
    if span > 4 * len(joint) + 1_000_000:
        _, first, codes = np.unique(joint, return_index=True, return_inverse=True)
        return codes.astype(np.int64), first
    seen = np.zeros(span, bool)
    seen[joint] = True
    codes = (np.cumsum(seen) - 1)[joint]
    first = np.zeros(int(seen.sum()), np.int64)
    first[codes[::-1]] = np.arange(len(joint) - 1, -1, -1)
    return codes, first


def build_units(keys: pd.DataFrame, design: SurveyDesign, token: bytes = b"") -> tuple[Units, Codes]:
    """Units of the design and the last-stage unit of each row.

    keys : (n, ...) the design's key columns, one row per household or per cell
    token: what identifies the rows themselves where they are the units (no PSU column)
    """
    n, notes = len(keys), []
    parent, parent_first = np.zeros(n, np.int64), np.zeros(1, np.int64)
    multiplier = np.ones(1)  # per parent unit: product of the sampling fractions before this stage
    raw, labels = [], np.zeros(0, np.uint64)
    for s in range(design.stages):
        stratum = parent
        if s < len(design.strata):
            stratum, _ = pair(parent, factorize(keys[design.strata[s]], "stratum")[0])
        psu = _psu_codes(keys, design, s)
        unit, first = pair(stratum, psu)
        if s == 0:
            _check_nested(keys, design, psu, first)
            labels = _labels(keys, design, first, token)
        population = _population(keys, design, s, stratum, first)
        if s == 0 and design.singleton == "collapse":
            group = singletons.collapse(keys, design, stratum, np.bincount(stratum[first]), population, notes)
            stratum, population = group[stratum], np.bincount(group, population)
        stage, fraction = _stage(keys, design, s, stratum, population, first, parent, multiplier, unit, notes)
        raw.append((stage, unit))
        parent, parent_first, multiplier = unit, first, multiplier[parent[first]] * fraction[stratum[first]]
    last = raw[-1][1]
    stages = tuple(
        Stage(unit[parent_first], st.stratum, st.sampled, st.scale, st.is_centred, st.is_certain) for st, unit in raw
    )
    return Units(stages, labels, tuple(notes)), last


def _psu_codes(keys: pd.DataFrame, design: SurveyDesign, s: int) -> Codes:
    if s < len(design.psus):
        return factorize(keys[design.psus[s]], "psu")[0]
    return np.arange(len(keys), dtype=np.int64)


def _stage(keys, design, s, stratum, population, first, parent, multiplier, unit, notes) -> tuple[Stage, Array]:
    """The stage's structure and, per stratum, its sampling fraction."""
    of_stratum = stratum[first]
    count = int(of_stratum.max(initial=-1)) + 1
    sampled = np.bincount(of_stratum, minlength=count).astype(np.float64)
    fraction = sampled / population
    certain = 1.0 - fraction < singletons.CERTAIN
    above = np.zeros(count)
    above[of_stratum] = multiplier[parent[first]]
    scale = np.where(certain, 0.0, (1.0 - fraction) * sampled / np.maximum(sampled - 1.0, 1.0))
    lonely = (sampled == 1) & ~certain & (above > 0)
    parent_of_stratum = np.zeros(count, np.int64)
    parent_of_stratum[of_stratum] = parent[first]
    scale, centred = singletons.apply(keys, design, s, lonely, scale, parent_of_stratum, stratum, notes)
    return Stage(unit, of_stratum, sampled, scale * above, centred, certain), fraction


def _population(keys: pd.DataFrame, design: SurveyDesign, s: int, stratum: Codes, first: Codes) -> Array:
    """Units in the population per stratum; infinite without fpc."""
    count = int(stratum.max(initial=-1)) + 1
    if s >= len(design.fpcs):
        return np.full(count, np.inf)
    name = design.fpcs[s]
    try:
        value = pd.to_numeric(keys[name], errors="raise").to_numpy(np.float64, na_value=np.nan)
    except (ValueError, TypeError):
        raise EstimationError(f"fpc column {name!r} is not numeric", expected="population counts of units") from None
    wrong = ~(value >= 1)
    if wrong.any():
        raise EstimationError(
            f"fpc column {name!r} is missing or below 1 in {int(wrong.sum())} rows", where=rows_text(keys.index[wrong]),
            expected="the number of units in the population of the stratum (a count, not a fraction)",
            todo="give counts; a sampling fraction f is the count n / f",
        )  # fmt: skip
    population = np.zeros(count)
    population[stratum] = value
    differs = population[stratum] != value
    if differs.any():
        raise EstimationError(
            f"fpc column {name!r} varies within a stratum of stage {s + 1}", where=rows_text(keys.index[differs]),
            expected="one count per stratum",
        )  # fmt: skip
    short = population < np.bincount(stratum[first], minlength=count)
    if short.any():
        raise EstimationError(
            f"fpc column {name!r} is less than the number of units sampled at stage {s + 1}",
            where=rows_text(keys.index[short[stratum]]), expected="at least the units sampled in the stratum",
        )  # fmt: skip
    return population


def _check_nested(keys, design, psu, first) -> None:
    if design.nest or not design.psus or not design.strata:
        return
    twice = np.bincount(psu[first]) > 1
    if twice.any():
        rows = np.flatnonzero(twice[psu])
        codes = keys[design.psus[0]].iloc[rows].drop_duplicates().head(5).tolist()
        raise EstimationError(
            f"PSU codes stand in more than one stratum: {codes}", where=rows_text(keys.index[rows]),
            expected="each PSU in one stratum",
            todo="correct the codes; if they start anew in each stratum, pass nest=True",
        )  # fmt: skip


def _labels(keys: pd.DataFrame, design: SurveyDesign, first: Codes, token: bytes) -> Array:
    columns = [*design.strata[:1], *design.psus[:1]]
    salt = np.uint64(int.from_bytes(hashlib.blake2b(token, digest_size=8).digest(), "big"))
    if not design.psus:
        return np.arange(len(first), dtype=np.uint64) + salt
    text = keys.iloc[first][columns].astype(str)
    return pd.util.hash_pandas_object(text, index=False).to_numpy()
