"""Indicators of sampled tables: evaluated row by row, estimated through the design with standard errors."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from evaltools.estimation import Estimates, Sample, half_width, rate_bounds, verdict_states
from evaltools.indicators.engine.areas import KEYS, Places
from evaltools.indicators.engine.entry import Indicator, Statistic
from evaltools.indicators.engine.gather import Gatherer
from evaltools.indicators.engine.reading import Selection
from evaltools.indicators.engine.result import Measured, TableSums
from evaltools.indicators.engine.rows import Block
from evaltools.indicators.engine.sampled import SURVEY_LEVELS, Rows, Sampled, SampledAreas, categories, numbers
from evaltools.indicators.engine.source import RuleValues, Setting
from evaltools.indicators.targeting.verdict import Method, design_of, rate_states, surviving
from evaltools.terms import VerdictState

DESIGN_COLUMNS = ("design", "is_responded", "weight", "stratum", "village_code")
_COUNTED = ("estimate", "se", "n", "df", "weighting", "cluster_size")
_FIELDS = (*_COUNTED, "ci_low", "ci_high")
_surviving = np.frompyfunc(surviving, 3, 1)

Array = NDArray[np.float64]
Flags = NDArray[np.bool_]
Held = list[tuple[Any, NDArray[np.intp]]]
"""Rules that an indicator is held against, each with the areas where it is in force."""


def estimate_survey(setting: Setting, entries: Sequence[Indicator], levels: Sequence[str] | None) -> TableSums:
    """The indicators of one sampled table in the year of the report: main design, answered interviews."""
    rules, present = setting.rules((setting.year,)), setting.columns(entries[0].table)
    block = _interviews(setting, entries, rules, present)
    rows = _answered(block)
    samples = [Sampled.of(e, block, rows) for e in entries]
    chosen = [k for k in SURVEY_LEVELS if (levels is None or k in levels) and (k != "province" or setting.cities is None)]
    small, places = Places.of(block.contract, present, lambda: setting.poor_villages).small(block.columns, setting.year)
    areas = SampledAreas.of(small[rows], places, chosen, setting.year)
    limits, undefined = rules.limits(entries)
    sums = TableSums(areas.frame, {}, limits, undefined)
    held = {e.id: _held(e, sums, rules) for e in entries}
    drawn = pd.DataFrame({c: _drawn(block.column(c), rows) for c in ("weight", "stratum", "village_code")})
    sizes = {w: numbers(block.column(w))[rows] for w in {e.weight for e in entries if e.weight}}
    found = _estimated(samples, held, drawn, sizes, areas)
    counts = areas.counts([mask for s in samples for mask in s.masks]).reshape(len(samples), 3, len(areas.frame))
    method = Method.of(setting.book.at(setting.day))
    measured, states = {}, {}
    for e, n in zip(entries, counts, strict=True):
        measured[e.id] = _measured(e, found, n, method)
        states[e.id] = _states(e, found, held[e.id], n[1] + n[2] > 0, method)
    return TableSums(areas.frame, measured, limits, undefined, states)


def _interviews(setting: Setting, entries: Sequence[Indicator], rules: RuleValues, present: frozenset[str]) -> Block:
    """All rows of a sampled table in the year of the report, with what these entries read."""
    reader = setting.reader(entries[0].table)
    contract = reader.contract
    names = {n for e in entries for n in e.columns} | (set(KEYS) & present)
    names |= {c for c in (contract.city_column, contract.year_column, *DESIGN_COLUMNS) if c in contract.output_columns}
    selection = Selection(years=(setting.year,), cities=setting.cities)
    columns = reader.whole(names, selection)
    gather = Gatherer(setting, contract, [j for e in entries for j in e.joins], selection.years)
    as_of = None if contract.year_column else setting.year
    return Block(contract, columns, rules, gather, as_of, 0, columns.count)


def _answered(block: Block) -> Rows:
    """Interviews of the main design that were given; a table without designs holds no others."""
    if block.contract.table != "survey":
        return slice(None)
    design = block.column("design")
    return design.spread([word == "main" for word in design.values], False, np.bool_) & block.column("is_responded").yes


def _held(e: Indicator, sums: TableSums, rules: RuleValues) -> Held:
    """The rules with a limit for an indicator; one value in several cities is one rule."""
    found: dict[tuple[float, str], Held] = {}
    for key, at in sums.groups.items():
        if e.rule is None or sums.limits.get(key, {}).get(e.id) is None or e.id in sums.undefined[key]:
            continue
        rule = rules.snaps[key][e.rule]
        found.setdefault((float(rule.value), rule.comparison), []).append((rule, at))
    return [(some[0][0], np.concatenate([at for _, at in some])) for some in found.values()]


def _drawn(found: Any, rows: Rows) -> Any:
    """A column of the design for some rows."""
    return found[rows] if isinstance(found, np.ndarray) else categories(found.take(rows))


@dataclass(frozen=True)
class _Found:
    """Estimates of several columns in A areas: name of the column -> field of `Estimates` -> (A,), NaN where there is none."""

    columns: dict[str, dict[str, Array]]

    def put(self, names: Sequence[str], at: Any, e: Estimates) -> None:
        """Estimates of the columns in the areas `at`, area by area."""
        for field in _FIELDS:
            for name, values in zip(names, getattr(e, field).reshape(-1, len(names)).T, strict=True):
                self.columns[name][field][at] = values

    def interval(self, name: str, method: Method) -> tuple[Array, Array]:
        """The interval that a rate is judged by."""
        low, high, _ = rate_bounds(*(self.columns[name][k] for k in _COUNTED), rho=method.rho, level=method.level)
        return low, high


def _estimated(
    samples: Sequence[Sampled], held: Mapping[str, Held], drawn: pd.DataFrame, sizes: Mapping[str, Array], areas: SampledAreas
) -> _Found:
    """The estimates of all indicators in all areas: one pass for the levels that hold the same rows, and each weight."""
    columns = {s.entry.id: s.treated(is_judged=bool(held[s.entry.id])) for s in samples}
    names = [name for some in columns.values() for name in some]
    found = _Found({name: {f: np.full(len(areas.frame), np.nan) for f in _FIELDS} for name in names})
    for levels, some in areas.same_rows():
        inside = slice(None) if some[areas.small].all() else some[areas.small]
        there = [s for s in samples if s.known[inside].any()]
        if not there:
            continue
        design, _ = design_of(drawn[inside], "households")
        sample = Sample.of(drawn[inside], design, areas.small[inside], [areas.codes[k] for k in levels])
        at = np.concatenate([np.arange(len(areas.frame))[areas.at[k]] for k in levels])
        for weight in dict.fromkeys(s.entry.weight for s in there):
            chosen = [s for s in there if s.entry.weight == weight and s.entry.statistic is not Statistic.MEDIAN]
            items = [item for s in chosen for item in s.items(columns[s.entry.id])]
            values = {name: v[inside] for s in chosen for name, v in columns[s.entry.id].items()}
            values |= {item.x: s.x[inside] for s in chosen for item in s.items([s.entry.id]) if item.x}
            size = (weight, sizes[weight][inside]) if weight else None
            if items:
                found.put([item.y for item in items], at, sample.estimate(items, values, size))
        for s in there:
            if s.entry.statistic is Statistic.MEDIAN:
                for level, one in zip(levels, sample.medians(s.entry.id, s.y[inside]), strict=True):
                    found.put([s.entry.id], areas.at[level], one)
    return found


def _measured(e: Indicator, found: _Found, counts: Array, method: Method) -> Measured:
    """Value, standard error and interval in all areas. counts : (3, A) known, open and unsure rows"""
    one = found.columns[e.id]
    low, high = found.interval(e.id, method) if e.statistic is Statistic.SHARE else (one["ci_low"], one["ci_high"])
    nothing = np.full(len(low), np.nan)
    known, open_, unsure = counts
    return Measured(one["estimate"], nothing, nothing, known, open_, unsure, low, high, one["se"])


def _states(e: Indicator, found: _Found, held: Held, has_unknown: Flags, method: Method) -> NDArray[Any]:
    """The verdict in all areas. has_unknown : (A,) whether there are unknown answers"""
    out = np.full(len(has_unknown), VerdictState.RULE_UNDEFINED, dtype=object)
    for rule, at in held:
        judge = _share_states if e.statistic is Statistic.SHARE else _other_states
        out[at] = judge(e.id, found, rule, at, has_unknown[at], method)
    return out


def _share_states(name: str, found: _Found, rule: Any, at: Any, has_unknown: Flags, method: Method) -> Any:
    """The verdict of a share that survives both treatments of its unknown answers."""

    def states(column: str) -> Any:
        low, high = found.interval(column, method)
        return rate_states(low[at], high[at], rule)

    known = states(name)
    if not has_unknown.any():
        return known
    return np.where(has_unknown, _surviving(known, states(f"{name} low"), states(f"{name} high")), known)


def _other_states(name: str, found: _Found, rule: Any, at: Any, has_unknown: Flags, method: Method) -> Any:
    """By the interval of the known answers alone; a verdict despite unknown ones is none."""
    one = {k: v[at] for k, v in found.columns[name].items()}
    half = half_width(one["se"], one["df"], method.level)
    out = verdict_states(one["estimate"] - half, one["estimate"] + half, float(rule.value), rule.comparison)
    out[~np.isfinite(one["estimate"]) | (has_unknown & (out != VerdictState.UNDECIDED))] = VerdictState.EVIDENCE_MISSING
    return out
