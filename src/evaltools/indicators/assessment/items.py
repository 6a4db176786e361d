"""The rules that bind a city, each with what was measured of it: the rows that scores are made from."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from evaltools.indicators.assessment.score import score_of
from evaltools.indicators.engine.catalogue import Catalogue
from evaltools.indicators.engine.entry import Indicator, Statistic
from evaltools.indicators.engine.result import IndicatorTable
from evaltools.indicators.kleene import binds
from evaltools.indicators.targeting.result import Gates
from evaltools.standards import RuleBook, Rules
from evaltools.terms import City, CityRole, Term, VerdictState

COLUMNS = (
    "city_code", "chapter", "rule", "indicator", "kind", "label_zh", "label_en", "table", "observation", "unit",
    "is_lower_better", "value", "low", "high", "limit", "comparison", "state", "rows", "failing", "status", "score",
    "score_low", "score_high",
)  # fmt: skip


class ItemStatus(Term):
    """Whether an indicator entered the score, and why not."""

    SCORED = "scored", "计分", "scored"
    EVIDENCE_MISSING = "evidence_missing", "证据缺失，不计分", "evidence missing, not scored"
    TABLE_ABSENT = "table_absent", "缺少数据表，不计分", "table absent, not scored"
    NOT_APPLICABLE = "not_applicable", "没有适用对象", "nobody it applies to"
    RULE_UNDEFINED = "rule_undefined", "无规定", "no rule defined"


BINDING = (ItemStatus.SCORED, ItemStatus.EVIDENCE_MISSING, ItemStatus.TABLE_ABSENT)
"""Statuses of rules that bind the city: evidence is due for them, found or not."""
HELPERS_ONLY = ("eastwest",)
"""Chapters of work that the helping cities alone were given (粤办发〔2018〕8号)."""


def scorable(catalogue: Catalogue) -> list[Indicator]:
    """Entries with a rule and a direction whose rule is not already a gate's: a rule is measured once a way."""
    return [e for e in catalogue.values() if e.rule and e.direction != "none" and not e.rule.startswith("gate.")]


def collect(
    table: IndicatorTable, gates: Mapping[str, Gates], book: RuleBook, as_of: str, cities: Sequence[City]
) -> pd.DataFrame:
    """One row per city and scorable indicator or gate, columns COLUMNS, sorted by city, chapter, rule, indicator.

    table : city-level indicators of the report's year; gates : city code -> its gates; every city named is in the
    result, whatever it lacks.
    """
    entries = scorable(table.catalogue)
    long = table.to_frame("city", [e.id for e in entries], table.year)
    values = {(r["city_code"], r["indicator"]): r for r in long.to_dict("records")}
    missing = frozenset(table.missing["indicator"])
    rows = []
    for city in cities:
        rules = book.at(as_of, city=city)
        rows += [_entry_row(e, city, rules, values, table, missing) for e in entries]
        rows += list(_gate_rows(gates[city.code], rules)) if city.code in gates else []
    frame = pd.DataFrame(rows, columns=[c for c in COLUMNS if not c.startswith("score")])
    return _scored(frame).sort_values(["city_code", "chapter", "rule", "indicator"]).reset_index(drop=True)


def _entry_row(
    e: Indicator, city: City, rules: Rules, values: Mapping[Any, Mapping[Any, Any]], table: IndicatorTable,
    missing: frozenset[str],
) -> dict[str, Any]:  # fmt: skip
    """An indicator of the catalogue in one city, with the limit the engine held it against."""
    assert e.rule is not None
    found = values.get((city.code, e.id), {})
    state = VerdictState(found["state"]) if len(found) else VerdictState.EVIDENCE_MISSING
    row = _base(city.code, e.chapter, e.rule, e.id, "survey" if e.is_survey else "register", e.label_zh, e.label_en)
    row |= {"table": e.table, "observation": e.observation, "unit": e.unit, "is_lower_better": e.direction == "lower"}
    row |= {"rows": float(found["rows"]) if len(found) else 0.0, "state": state.value, "failing": _failing(e, found)}
    row |= {c: float(found[c]) if len(found) else np.nan for c in ("value", "low", "high")}
    sums = table.tables.get(e.table)
    limit = sums.limits.get((table.year, city.code), {}).get(e.id) if sums is not None else None
    row |= {"limit": limit.value if limit else np.nan, "comparison": limit.comparison if limit else ""}
    if e.chapter in HELPERS_ONLY and city.role is not CityRole.HELPING:
        return row | {"status": ItemStatus.NOT_APPLICABLE.value}
    return row | {"status": _status(e, row, limit is not None, rules, missing).value}


def _status(
    e: Indicator, row: Mapping[str, Any], has_limit: bool, rules: Rules, missing: frozenset[str]
) -> ItemStatus:
    """Whether an indicator is scored, and why not."""
    if e.id in missing:
        rule = rules[str(e.rule)]
        return ItemStatus.TABLE_ABSENT if rule.is_defined and binds(rule) else ItemStatus.RULE_UNDEFINED
    if not has_limit or row["state"] == VerdictState.RULE_UNDEFINED.value:
        return ItemStatus.RULE_UNDEFINED
    if row["state"] == VerdictState.NOT_APPLICABLE.value:
        return ItemStatus.NOT_APPLICABLE
    known = all(np.isfinite(row[c]) for c in ("value", "low", "high"))
    return ItemStatus.SCORED if known else ItemStatus.EVIDENCE_MISSING


def _failing(e: Indicator, found: Mapping[Any, Any]) -> float:
    """Units of a register that are on the smaller side of a share: what a printed share would give away; else NaN."""
    if not len(found) or e.is_survey or e.statistic not in (Statistic.SHARE, Statistic.COVERAGE):
        return np.nan
    value, rows = float(found["value"]), float(found["rows"])
    return float(min(value, 1 - value) * rows) if np.isfinite(value) else np.nan


def _gate_rows(gates: Gates, rules: Rules) -> Iterable[dict[str, Any]]:
    """The gates of one city as items; a gate without a limit is listed and not scored."""
    for r in gates.results:
        rule = r.rule
        if rule is None or r.state is VerdictState.NOT_APPLICABLE:
            continue
        row = _base(gates.city.code, rule.chapter, rule.id, f"gate.{r.gate.value}", "gate", r.gate.zh, r.gate.en)
        row |= {"table": "survey", "observation": "household", "unit": "share"}
        row |= {"is_lower_better": not str(rule.comparison).startswith(">"), "value": r.rate, "low": r.low}
        row |= {"high": r.high, "limit": np.nan if r.limit is None else r.limit, "comparison": r.comparison or ""}
        row |= {"state": r.state.value, "rows": float(r.n_known or 0), "failing": np.nan}
        if r.limit is None:
            status = ItemStatus.RULE_UNDEFINED
        elif all(np.isfinite(x) for x in (r.rate, r.low, r.high)):
            status = ItemStatus.SCORED
        else:
            status = ItemStatus.EVIDENCE_MISSING
        yield row | {"status": status.value}


def _base(city: str, chapter: str, rule: str, indicator: str, kind: str, zh: str, en: str) -> dict[str, Any]:
    return {
        "city_code": city, "chapter": chapter, "rule": rule, "indicator": indicator, "kind": kind, "label_zh": zh,
        "label_en": en,
    }  # fmt: skip


def _scored(frame: pd.DataFrame) -> pd.DataFrame:
    """The frame with score, and the scores of the two ends of what is known, the bad end first."""
    lower = frame["is_lower_better"].to_numpy(dtype=bool)
    is_share = (frame["unit"] == "share").to_numpy(dtype=bool)
    is_in = (frame["status"] == ItemStatus.SCORED.value).to_numpy(dtype=bool)
    limit = frame["limit"].to_numpy(dtype=float)

    def score(column: np.ndarray) -> np.ndarray:
        return np.where(is_in, score_of(column, limit, lower, is_share), np.nan)

    value, low, high = (frame[c].to_numpy(dtype=float) for c in ("value", "low", "high"))
    return frame.assign(
        score=score(value), score_low=score(np.where(lower, high, low)), score_high=score(np.where(lower, low, high))
    )
