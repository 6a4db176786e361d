"""Indicators of sampled tables: evaluated row by row, estimated through the design with standard errors."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from evaltools.estimation import Estimate, SurveyDesign, judge, mean, proportion, quantile, ratio, total
from evaltools.indicators.engine.areas import KEYS, PLACES, Places
from evaltools.indicators.engine.entry import Indicator, Statistic
from evaltools.indicators.engine.gather import Gatherer
from evaltools.indicators.engine.language import Compiled
from evaltools.indicators.engine.reading import Selection
from evaltools.indicators.engine.result import Measured, TableSums
from evaltools.indicators.engine.rows import Block
from evaltools.indicators.engine.source import RuleValues, Setting, columns_of
from evaltools.indicators.engine.values import Coded, Truth
from evaltools.indicators.targeting.verdict import Method, design_of, interval_of, state_of_rate, surviving
from evaltools.terms import VerdictState

DESIGN_COLUMNS = ("design", "is_responded", "weight", "stratum", "village_code")
SURVEY_LEVELS = ("province", "city", "county", "city_split")
_AREA = {"province": "none", "city": "city", "county": "county", "city_split": "split"}
_FIELDS = ("value", "numerator", "denominator", "rows", "open_rows", "unsure_rows", "low", "high", "se")


def estimate_survey(setting: Setting, entries: Sequence[Indicator], levels: Sequence[str] | None) -> TableSums:
    """The indicators of one sampled table in the year of the report: main design, answered interviews."""
    table, year, cities = entries[0].table, setting.year, setting.cities
    rules = setting.rules((year,))
    block = _interviews(setting, entries, rules)
    rows = _with_design(setting, block)
    inside = np.ones(len(rows), dtype=bool)
    if table == "survey":
        inside = (rows["design"] == "main").to_numpy(bool) & rows["is_responded"].fillna(False).to_numpy(bool)
    samples = [_Sampled.of(i, e, block, inside) for i, e in enumerate(entries)]
    rows = _with_areas(rows[inside].reset_index(drop=True))
    chosen = [k for k in SURVEY_LEVELS if (levels is None or k in levels) and (k != "province" or cities is None)]
    areas = pd.concat([_areas_of(rows, k, year) for k in chosen], ignore_index=True)
    limits, undefined = rules.limits(entries)
    method = Method.of(setting.book.at(setting.day))
    out = {e.id: {f: np.full(len(areas), np.nan) for f in _FIELDS} for e in entries}
    states = {e.id: np.full(len(areas), VerdictState.RULE_UNDEFINED, dtype=object) for e in entries}
    for level, positions in areas.groupby("level", sort=False).indices.items():
        column = rows[_AREA[str(level)]]
        found = _estimates(samples, rows, column)
        labels = areas["label"].to_numpy()[positions]
        place = pd.Index(labels).get_indexer(pd.Index(column))
        for s in samples:
            for name, mask in (("rows", s.known), ("open_rows", s.open), ("unsure_rows", s.unsure)):
                counts = np.bincount(place[mask & (place >= 0)], minlength=len(labels))
                out[s.entry.id][name][positions] = counts
        for a, label in zip(positions, labels, strict=True):
            key = (int(areas["year"].iloc[a]), str(areas["city_code"].iloc[a]))
            for s in samples:
                e = s.entry
                parts = {t: found.get((f"{t}{s.number}", label)) for t in s.treatments}
                _fill(e, out[e.id], a, parts["y"], method)
                limit = limits[key][e.id]
                if limit is not None and e.rule is not None and e.id not in undefined[key]:
                    has_unknown = bool(out[e.id]["open_rows"][a] + out[e.id]["unsure_rows"][a])
                    states[e.id][a] = _state(e, parts, rules.snaps[key][e.rule], method, has_unknown)
    return TableSums(areas, {k: Measured(**v) for k, v in out.items()}, limits, undefined, states)


def _interviews(setting: Setting, entries: Sequence[Indicator], rules: RuleValues) -> Block:
    """All rows of a sampled table in the year of the report, with what these entries read."""
    reader = setting.reader(entries[0].table)
    contract, present = reader.contract, columns_of(setting.tables, entries[0].table)
    names = {n for e in entries for n in e.columns} | (set(KEYS) & present)
    names |= {c for c in (contract.city_column, contract.year_column, *DESIGN_COLUMNS) if c in contract.output_columns}
    selection = Selection(years=(setting.year,), cities=setting.cities)
    columns = reader.whole(names, selection)
    gather = Gatherer(setting, contract, [j for e in entries for j in e.joins], selection.years)
    as_of = None if contract.year_column else setting.year
    return Block(contract, columns, rules, gather, as_of, 0, columns.count)


def _with_design(setting: Setting, block: Block) -> pd.DataFrame:
    """The design and the places of all rows of a block."""
    columns, present = block.columns, columns_of(setting.tables, block.contract.table)
    places = Places.of(block.contract, present, lambda: setting.poor_villages)
    ids, areas = places.small(columns, setting.year)
    shown = areas[list(PLACES)].iloc[ids].reset_index(drop=True)
    return shown.assign(**{c: _shown(columns.value(c)) for c in DESIGN_COLUMNS if c in columns.arrays})


def _shown(found: Any) -> Any:
    """A column of the language as a frame holds it."""
    if isinstance(found, Coded):
        return np.array([*found.values, None], dtype=object)[found.codes]
    return found if not isinstance(found, Truth) else pd.array(_numbers(found)).astype("boolean")


def _numbers(found: Any, count: int | None = None) -> np.ndarray:
    """(n,) floats of an evaluated expression, NaN where unknown; yes is 1."""
    if isinstance(found, Truth):
        found = np.where(found.yes, 1.0, np.where(found.no, 0.0, np.nan))
    return np.asarray(found, dtype=np.float64) if count is None else np.broadcast_to(found, (count,))


@dataclass(frozen=True)
class _Sampled:
    """One indicator on every interview. y, x, size : (n,) NaN outside the known; known, open, unsure : (n,) masks."""

    number: int
    entry: Indicator
    y: np.ndarray
    x: np.ndarray
    size: np.ndarray
    known: np.ndarray
    open: np.ndarray
    unsure: np.ndarray

    @classmethod
    def of(cls, i: int, e: Indicator, block: Block, rows: np.ndarray) -> _Sampled:
        """Evaluated on the rows of a block that `rows` marks."""

        def numbers(x: Compiled | None) -> np.ndarray:
            return _numbers(block.value(x.step) if x else np.float64(1), block.count)[rows]

        population, y, x = numbers(e.population), numbers(e.measure), numbers(e.of)
        member, unsure = population == 1, np.isnan(population)
        size = _numbers(block.column(e.weight))[rows] if e.weight else np.ones(len(y))
        known = member & ~np.isnan(y) & ~np.isnan(x)
        return cls(i, e, np.where(known, y, np.nan), np.where(known, x, np.nan), size, known, member & ~known, unsure)

    @property
    def treatments(self) -> tuple[str, ...]:
        """Known answers, and for shares with unknown ones the two extremes."""
        is_open = self.entry.statistic is Statistic.SHARE and (self.open | self.unsure).any()
        return ("y", "low", "high") if is_open else ("y",)

    def columns(self) -> dict[str, np.ndarray]:
        """The columns of its treatments, named by its number."""
        unknown = self.open | self.unsure
        values = {"y": self.y, "low": np.where(unknown, 0.0, self.y), "high": np.where(unknown, 1.0, self.y)}
        return {f"{t}{self.number}": values[t] for t in self.treatments}


def _estimates(samples: Sequence[_Sampled], rows: pd.DataFrame, area: pd.Series) -> dict[tuple[str, str], Estimate]:
    """(column, area) -> estimate: one call for all indicators that share estimator and weight."""
    found: dict[tuple[str, str], Estimate] = {}
    inside = area.notna().to_numpy(dtype=bool)
    groups: dict[tuple[Statistic, str], list[_Sampled]] = {}
    for s in samples:
        if s.known[inside].any():
            groups.setdefault((s.entry.statistic, s.entry.weight or ""), []).append(s)
    for (statistic, weight), members in groups.items():
        columns = {k: v for s in members for k, v in s.columns().items()}
        columns |= {f"x{s.number}": s.x for s in members if s.entry.of}
        base = rows[["weight", "stratum", "village_code"]].assign(area=area.to_numpy())
        data = pd.concat([base.assign(persons=members[0].size), pd.DataFrame(columns, index=rows.index)], axis=1)[inside]
        design, _ = design_of(data, "persons" if weight else "households")
        for one in _estimate(statistic, members, data, design):
            found[one.statistic.split("/")[0], str(one.domain["area"])] = one
    return found


def _estimate(statistic: Statistic, members: Sequence[_Sampled], data: pd.DataFrame, design: SurveyDesign) -> Iterator[Estimate]:
    """The estimator of a statistic on the columns of its members, by area."""
    names = [n for s in members for n in s.columns() if data[n].notna().any()]
    if statistic is Statistic.SHARE:
        yield from proportion(data, names, design, by="area")
    elif statistic in (Statistic.MEAN, Statistic.TOTAL, Statistic.COUNT):
        yield from (mean if statistic is Statistic.MEAN else total)(data, names, design, by="area")
    elif statistic is Statistic.MEDIAN:
        for name in names:
            yield from quantile(data, name, design, 0.5, by="area")
    else:
        for s in members:
            yield from ratio(data, f"y{s.number}", f"x{s.number}", design, by="area")


def _with_areas(rows: pd.DataFrame) -> pd.DataFrame:
    """Rows with the label of their area at each level."""
    inside = rows["inside"].map({True: "in", False: "out"})
    return rows.assign(
        none="", city=rows["city"].astype(str), county=rows["county"].astype(str),
        split=(rows["city"].astype(str) + "|" + inside).where(inside.notna()),
    )  # fmt: skip


def _areas_of(rows: pd.DataFrame, level: str, year: int) -> pd.DataFrame:
    """The areas of one level in a fixed order; `label` is the estimators' domain."""
    column = _AREA[level]
    there = rows[column].notna()
    once = rows.loc[there, [column, "city"]] if column != "city" else rows.loc[there, ["city"]]
    once = once[~once[column].duplicated(keep="last")]
    city = dict(zip(once[column].astype(str), once["city"].astype(str), strict=True))
    labels = sorted(city)
    inside = [None if level != "city_split" else label.endswith("|in") for label in labels]
    return pd.DataFrame(
        {
            "year": year, "level": level, "city_code": ["" if level == "province" else city[k] for k in labels],
            "area_code": [k.split("|")[0] for k in labels], "inside": pd.array(inside, dtype="boolean"),
            "label": labels,
        }
    )  # fmt: skip


def _fill(e: Indicator, out: dict[str, np.ndarray], a: int, one: Estimate | None, method: Method) -> None:
    """Value, standard error and interval of one area."""
    if one is None:
        return
    out["value"][a], out["se"][a] = one.estimate, one.se
    if e.statistic is Statistic.SHARE:
        out["low"][a], out["high"][a], _ = interval_of(one, method)
    else:
        out["low"][a], out["high"][a] = one.ci_low, one.ci_high


def _state(e: Indicator, parts: dict[str, Estimate | None], rule: Any, method: Method, has_unknown: bool) -> VerdictState:
    """The verdict of a share that survives both treatments of its unknown answers; other statistics by interval."""
    main = parts["y"]
    if main is None:
        return VerdictState.EVIDENCE_MISSING
    if e.statistic is not Statistic.SHARE:
        state = judge(main, rule, rho=method.rho, level=method.level).state
        return VerdictState.EVIDENCE_MISSING if has_unknown and state is not VerdictState.UNDECIDED else state
    known = state_of_rate(main, rule, method)
    low, high = (parts.get(t) for t in ("low", "high"))
    if not has_unknown or low is None or high is None:
        return known if not has_unknown else VerdictState.EVIDENCE_MISSING
    return surviving(known, state_of_rate(low, rule, method), state_of_rate(high, rule, method))
