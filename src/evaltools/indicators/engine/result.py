"""What the catalogue leaves behind: sums by area, and from them values, bounds and states."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields
from functools import cached_property
from typing import Any, Protocol

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from evaltools.errors import DataMissingError, nearest
from evaltools.indicators.engine.catalogue import Catalogue
from evaltools.indicators.engine.entry import Indicator, Statistic
from evaltools.indicators.kleene import COMPARE, Limit
from evaltools.indicators.value import Source, Value
from evaltools.terms import VerdictState

Array = NDArray[np.float64]
_NUMBERS = ("value", "numerator", "denominator", "rows", "open_rows", "unsure_rows", "missing_share", "low", "high", "se")
COLUMNS: tuple[str, ...] = (
    "indicator", "year", "level", "city_code", "area_code", "inside", *_NUMBERS, "limit", "state",
)  # fmt: skip
_TEXTS = ("level", "city_code", "area_code")
_TEXT = pd.StringDtype(na_value=np.nan)


@dataclass(frozen=True)
class Measured:
    """One indicator over A areas; arrays of length A.

    value : the statistic over known answers, NaN without any; numerator, denominator : what it was made of (NaN for a
    median); low, high : its bounds whatever the unknown answers are (register), or its interval (survey); NaN where
    none can be given; se : standard error (survey)
    """

    value: Array
    numerator: Array
    denominator: Array
    rows: Array
    open_rows: Array
    unsure_rows: Array
    low: Array
    high: Array
    se: Array

    @property
    def missing_share(self) -> Array:
        """Rows without a known answer among all that are or may be in the population."""
        unknown = self.open_rows + self.unsure_rows
        with np.errstate(invalid="ignore", divide="ignore"):
            return unknown / (self.rows + unknown)

    def at(self, rows: Any) -> Measured:
        """In some of the areas."""
        return Measured(**{f.name: getattr(self, f.name)[rows] for f in fields(self)})


def measure(statistic: Statistic, sums: Mapping[str, Array]) -> Measured:
    """Values and bounds from sums (part -> (A,) array; see `tally`)."""
    rows, open_rows, unsure = sums["rows"], sums["open_rows"], sums["unsure_rows"]
    nan = np.full(rows.shape, np.nan)
    known_all = open_rows + unsure == 0
    with np.errstate(invalid="ignore", divide="ignore"):
        if statistic in (Statistic.SHARE, Statistic.COUNT):
            yes, no, open_ = sums["yes"], sums["no"], sums["open"] + sums["unsure"]
            base = yes + no
            if statistic is Statistic.COUNT:
                low, high, value = yes, yes + open_, yes
            else:
                value, low, high = yes / base, yes / (base + open_), (yes + open_) / (base + open_)
            return Measured(value, yes, base, rows, open_rows, unsure, low, high, nan)
        if statistic is Statistic.COVERAGE:
            done, due, open_ = sums["sum"], sums["base"], sums["open"] + sums["unsure"]
            low, high = done / (due + open_), (done + open_) / (due + open_)
            low = np.where(sums["unsized"] > 0, np.nan, low)  # who does not tell how much is due leaves no bound
            high = np.where(sums["unsized"] > 0, np.nan, high)
            return Measured(done / due, done, due, rows, open_rows, unsure, low, high, nan)
        if statistic is Statistic.MEDIAN:
            value = sums["values"]
            top, base = nan, nan
        elif statistic is Statistic.TOTAL:
            value, top, base = sums["sum"], sums["sum"], nan
        else:
            top, base = sums["sum"], sums["base"]
            value = top / base
    exact = np.where(known_all, value, np.nan)
    return Measured(value, top, base, rows, open_rows, unsure, exact, exact, nan)


def states(m: Measured, limit: Array, comparison: str, is_defined: NDArray[np.bool_]) -> NDArray[Any]:
    """(A,) state of each area against its limit, whatever the unknown answers are: both bounds must agree.

    limit : (A,) NaN where no rule binds; is_defined : (A,) whether all rules that the measure itself needs are defined
    """
    holds = COMPARE[comparison]
    known = np.isfinite(m.low) & np.isfinite(m.high)
    with np.errstate(invalid="ignore"):
        low, high = holds(m.low, limit), holds(m.high, limit)
        between = (m.low <= limit) & (limit <= m.high)
    met = known & low & high
    fails = known & ~low & ~high
    if comparison == "==":  # a value strictly between two bounds that both differ may still hit the limit
        fails &= ~between
    nobody = m.rows + m.open_rows + m.unsure_rows == 0
    without = ~is_defined | np.isnan(limit)
    out = np.full(m.value.shape, VerdictState.EVIDENCE_MISSING, dtype=object)
    for mask, state in (
        (met, VerdictState.MET), (fails, VerdictState.NOT_MET), (nobody, VerdictState.NOT_APPLICABLE),
        (without, VerdictState.RULE_UNDEFINED),
    ):  # fmt: skip
        out[mask] = state
    return out


class Sums(Protocol):
    """Sums of the indicators of a table (`tally.Sums`)."""

    def parts(self, e: Indicator, rows: Any = ...) -> Mapping[str, Array]:
        """Part -> (A,) sums of one indicator, as `measure` takes them; rows : areas wanted."""
        ...


class MeasuredOf(Mapping[str, Measured]):
    """Indicators by id, made from their sums when asked for: nine columns each of a hundred thousand areas would not fit."""

    def __init__(self, entries: Iterable[Indicator], sums: Sums) -> None:
        self._entries = {e.id: e for e in entries}
        self._sums = sums

    def __getitem__(self, indicator: str) -> Measured:
        return self.at(indicator)

    def at(self, indicator: str, rows: Any = slice(None)) -> Measured:
        """One indicator in some of the areas: what it costs follows their number."""
        entry = self._entries[indicator]
        return measure(entry.statistic, self._sums.parts(entry, rows))

    def __iter__(self) -> Iterator[str]:
        return iter(self._entries)

    def __len__(self) -> int:
        return len(self._entries)

    def __contains__(self, key: object) -> bool:
        return key in self._entries


@dataclass(frozen=True)
class TableSums:
    """The indicators of one table over its areas.

    areas : (A rows) year, level, city_code, area_code, inside (True, False or missing); measured : id -> Measured
    limits : (year, city_code) -> id -> Limit or None; undefined : (year, city_code) -> ids that read an undefined rule
    """

    areas: pd.DataFrame
    measured: Mapping[str, Measured]
    limits: Mapping[tuple[int, str], Mapping[str, Limit | None]]
    undefined: Mapping[tuple[int, str], frozenset[str]]
    states: Mapping[str, NDArray[Any]] = field(default_factory=dict)

    def at(self, indicator: str, rows: NDArray[np.intp]) -> Measured:
        """One indicator in the areas at the positions `rows`."""
        measured = self.measured
        return measured.at(indicator, rows) if isinstance(measured, MeasuredOf) else measured[indicator].at(rows)

    def positions(self, level: Iterable[str] | None = None, year: int | None = None) -> NDArray[np.intp]:
        """Where the areas of some levels and one year stand (None: of all)."""
        keep = np.ones(len(self.areas), dtype=bool)
        if level is not None:
            keep &= self.areas["level"].isin(level).to_numpy()
        if year is not None:
            keep &= (self.areas["year"] == year).to_numpy()
        return np.flatnonzero(keep)

    @cached_property
    def places(self) -> tuple[list[tuple[int, str]], NDArray[np.intp]]:
        """Year and city code of the areas, each once, and (A,) which of them is that of each area."""
        city, codes = pd.factorize(self.areas["city_code"])
        number, keys = pd.factorize(self.areas["year"].to_numpy(np.int64) * len(codes) + city)
        return [(int(k) // len(codes), str(codes[k % len(codes)])) for k in keys], number

    @property
    def groups(self) -> dict[tuple[int, str], NDArray[np.intp]]:
        """(year, city code) -> positions of its areas."""
        keys, place = self.places
        return {key: np.flatnonzero(place == i) for i, key in enumerate(keys)}


@dataclass(frozen=True)
class IndicatorTable:
    """All indicators by area. `.to_frame(level="county")`, `.value("in.link_coverage")`, `.missing`.

    tables : one `TableSums` per table that was there
    missing : indicator, table, reason: what could not be computed because a table or a column is absent
    """

    catalogue: Catalogue
    year: int
    tables: Mapping[str, TableSums]
    missing: pd.DataFrame

    def to_frame(
        self, level: str | Iterable[str] | None = None, indicators: Iterable[str] | None = None, year: int | None = None
    ) -> pd.DataFrame:
        """One row per indicator and area, columns COLUMNS (state as stored value); level, indicators, year as asked."""
        wanted = None if indicators is None else set(indicators)
        levels = None if level is None else ({level} if isinstance(level, str) else set(level))
        parts = []
        for sums in self.tables.values():
            entries = [self.catalogue[name] for name in sums.measured if wanted is None or name in wanted]
            if entries:
                parts.append(_rows(entries, sums, sums.positions(levels, year)))
        return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=list(COLUMNS))

    def value(self, indicator: str, area_code: str | None = None, level: str = "city", year: int | None = None) -> Value:
        """One indicator of one area as a `Value` with its ground.

        Raises DataMissingError where it could not be computed, with the reason.
        """
        entry = self.catalogue[indicator]
        frame = self.to_frame(level, [indicator], self.year if year is None else year)
        frame = frame if area_code is None else frame[frame["area_code"] == area_code]
        if len(frame) != 1:
            lost = self.missing[self.missing["indicator"] == indicator]
            reason = str(lost["reason"].iloc[0]) if len(lost) else f"{len(frame)} areas answer"
            raise DataMissingError(
                f"no single value of {indicator} for {level} {area_code or ''}".rstrip(), where=reason,
                expected=nearest(str(area_code), set(self.to_frame(level, [indicator])["area_code"])),
            )  # fmt: skip
        row = frame.iloc[0]
        number = float(row["value"])
        rules = tuple(r for r in (entry.rule, *sorted(entry.rules_read)) if r)
        formula = f"{entry.statistic.value}({entry.measure.text if entry.measure else 'rows'}"
        formula += f" / {entry.of.text}" if entry.of else ""
        formula += f" | {entry.population.text})" if entry.population else ")"
        return Value(
            id=f"{indicator}.{row['area_code']}.{row['year']}", value=number, unit=entry.unit,
            label_zh=entry.label_zh, label_en=entry.label_en,
            source=Source(entry.tables, formula, int(row["rows"]), rules),
            low=float(row["low"]), high=float(row["high"]), n=int(row["rows"]), verdict=VerdictState(str(row["state"])),
        )  # fmt: skip

    def __repr__(self) -> str:
        return (
            f"IndicatorTable({self.year}: {sum(len(t.measured) for t in self.tables.values())} indicators of "
            f"{len(self.tables)} tables, {len(self.missing)} not available)"
        )

    def _repr_html_(self) -> str:
        frame = self.to_frame("city", year=self.year)
        labels = {k: e.label_zh for k, e in self.catalogue.items()}
        shown = pd.DataFrame(
            {
                "指标": frame["indicator"].map(labels), "数值": frame["value"].map(lambda v: f"{v:,.4g}"),
                "户（村）数": frame["rows"].map(lambda v: f"{v:,.0f}"),
                "缺失占比": frame["missing_share"].map(lambda v: f"{100 * v:.2f}%"),
                "结论": [VerdictState(s).zh for s in frame["state"]],
            }
        )  # fmt: skip
        return shown.to_html(index=False, border=0, max_rows=400)


def _rows(entries: Sequence[Indicator], sums: TableSums, rows: NDArray[np.intp]) -> pd.DataFrame:
    """The rows of some indicators of a table in the areas at `rows`."""
    numbers = np.empty((len(_NUMBERS) + 1, len(entries), len(rows)))
    states = np.empty((len(entries), len(rows)), dtype=object)
    for i, entry in enumerate(entries):
        m = sums.at(entry.id, rows)
        for column, name in enumerate(_NUMBERS):
            numbers[column, i] = getattr(m, name)
        numbers[-1, i], states[i] = state_columns(entry, sums, m, rows)
    areas = sums.areas.iloc[np.tile(rows, len(entries))]
    data: dict[str, Any] = {"indicator": pd.array([e.id for e in entries], dtype=_TEXT).repeat(len(rows))}
    data |= {"year": areas["year"].to_numpy(np.int64)} | {c: areas[c].astype(_TEXT).array for c in _TEXTS}
    data |= {"inside": areas["inside"].astype(object).to_numpy()}
    data |= dict(zip((*_NUMBERS, "limit"), numbers.reshape(len(numbers), -1), strict=True))
    return pd.DataFrame(data | {"state": pd.array(states.ravel(), dtype=_TEXT)}, columns=list(COLUMNS))


def state_columns(
    entry: Indicator, sums: TableSums, m: Measured, rows: NDArray[np.intp] | None = None
) -> tuple[Array, NDArray[Any]]:
    """Limit and state of each area by the rule in force for its city in its year.

    m : the indicator in the areas at the positions `rows` (None: in all)
    """
    keys, place = sums.places
    limits = [sums.limits.get(key, {}).get(entry.id) for key in keys]
    is_defined = np.array([entry.id not in sums.undefined.get(key, frozenset()) for key in keys], dtype=bool)
    comparison = next((x.comparison for x in reversed(limits) if x is not None), ">=")
    place = place if rows is None else place[rows]
    limit = np.array([np.nan if x is None else x.value for x in limits], dtype=np.float64)[place]
    given = sums.states.get(entry.id)
    if given is not None:
        return limit, given if rows is None else given[rows]
    return limit, states(m, limit, comparison, is_defined[place])
