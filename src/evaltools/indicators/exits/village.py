"""Village exit verdicts: income against the 60 % lines, collective income, coverage with the right denominators."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from evaltools.indicators.exits.result import VillageVerdicts
from evaltools.indicators.exits.standard import NOT_MET, UNDEFINED, state_of, states
from evaltools.indicators.kleene import COMPARE, Limit, limit_of, target_of, truth
from evaltools.terms import HelperType, VerdictState

LINE_ACTUAL = "exit.village_income_line_actual"
LINE_PLANNED = "exit.village_income_line_planned"


@dataclass(frozen=True)
class Item:
    """One entry of the checklist.

    numerator, denominator : columns of `villages`: counts of natural villages, or yes/no of each village, the
        denominator then saying which villages count. Without a denominator every poor village counts.
    helper_type : where the rule speaks of villages of this kind of helper alone, "" where it speaks of all
    rule : id of the coverage target; without such a rule in force the share is reported without a verdict
    """

    id: str
    zh: str
    en: str
    numerator: str
    denominator: str
    denominator_zh: str
    rule: str
    helper_type: str = ""


def _villages(item_id: str, zh: str, en: str, column: str, rule: str) -> Item:
    return Item(item_id, zh, en, column, "", "相对贫困村", rule)


ITEMS: tuple[Item, ...] = (
    Item(
        "road_ge200_persons", "200人以上自然村路面硬化", "paved roads, natural villages of 200 persons or more",
        "nv_ge200_persons_paved", "nv_ge200_persons", "200人以上自然村", "infrastructure.road_paved_share_200",
    ),
    Item(
        "road_ge20_households", "对口帮扶村20户以上自然村路面硬化",
        "paved roads, natural villages of 20 households or more in villages helped by another city",
        "nv_ge20_households_paved", "nv_ge20_households", "20户以上自然村",
        "infrastructure.road_paved_share_20", HelperType.PEARL_DELTA_CITY.value,
    ),
    Item("bus", "通客车", "bus service", "has_bus", "is_passable", "具备通行条件的村", "infrastructure.bus_share"),
    _villages("clinic", "标准化卫生站", "standard clinic", "has_clinic", "health.village_clinic_share"),
    _villages(
        "service_station", "公共服务站", "service station", "has_service_station",
        "infrastructure.service_station_share",
    ),
    _villages("parcel", "快递物流", "parcel service", "has_parcel", "infrastructure.parcel_share"),
    _villages("fibre", "光纤", "fibre", "has_fibre", "infrastructure.fibre_share"),
    _villages("team", "驻村工作队", "stationed team", "has_team", "teams.village_coverage"),
    _villages("first_secretary", "第一书记", "first secretary", "has_first_secretary", "teams.village_coverage"),
)  # fmt: skip

_COLUMNS = [
    "village_code", "name", "year", "city_code", "county_code", "is_poor_village", "helper_type", "helper_city_code",
    "hukou_persons", "disposable_income_per_capita_yuan", "collective_income_yuan",
    *sorted({c for i in ITEMS for c in (i.numerator, i.denominator) if c}),
]  # fmt: skip


def village_exits(tables: Any, rules: Any, year: int | None = None) -> VillageVerdicts:
    """Exit verdicts, collective income and coverage of the poor villages of `year` (default `rules.year`)."""
    year = int(rules.year if year is None else year)
    rows = tables.load("villages", columns=_COLUMNS, year=year)
    poor = rows[rows["is_poor_village"].fillna(False).astype(bool)].reset_index(drop=True)
    actual, planned = limit_of(rules.get(LINE_ACTUAL)), limit_of(rules.get(LINE_PLANNED))
    income = pd.to_numeric(poor["disposable_income_per_capita_yuan"]).to_numpy(dtype=float, na_value=np.nan)
    by_actual, by_planned = _against(income, actual), _against(income, planned)
    frame = poor[_COLUMNS[:9]].drop(columns="is_poor_village")
    frame["income_per_capita_yuan"] = income
    frame["verdict"] = states(by_actual)
    frame["verdict_planned"] = states(by_planned)
    frame["is_line_sensitive"] = (by_actual <= NOT_MET) & (by_planned <= NOT_MET) & (by_actual != by_planned)
    frame["collective_income_yuan"] = poor["collective_income_yuan"]
    for item in ITEMS:
        if item.numerator.startswith("has_"):
            frame[item.id] = states(state_of(truth(poor[item.numerator])))
    money = pd.to_numeric(poor["collective_income_yuan"]).to_numpy(dtype=float, na_value=np.nan)
    return VillageVerdicts(
        year=year,
        frame=frame,
        summary=_summary(frame),
        collective_income=pd.DataFrame([spread(money)]),
        coverage=pd.DataFrame([_coverage(item, poor, rules.get(item.rule)) for item in ITEMS]),
        line_actual=actual.value if actual else None,
        line_planned=planned.value if planned else None,
        rules=rules,
    )


def _against(income: NDArray[np.float64], line: Limit | None) -> NDArray[np.int8]:
    """(n,) index into STATES: income against a line; without a line no rule is defined."""
    return np.full(income.shape, UNDEFINED, dtype=np.int8) if line is None else state_of(line.holds(income))


def _summary(frame: pd.DataFrame) -> pd.DataFrame:
    """Villages by county and verdict."""
    cells: dict[str, Any] = {"villages": 1}
    for state in (VerdictState.MET, VerdictState.NOT_MET, VerdictState.EVIDENCE_MISSING, VerdictState.RULE_UNDEFINED):
        cells[f"villages_{state.value}"] = frame["verdict"] == state.value
        cells[f"villages_{state.value}_planned"] = frame["verdict_planned"] == state.value
    cells["villages_line_sensitive"] = frame["is_line_sensitive"]
    wide = pd.DataFrame(cells, index=frame.index).astype("int64")
    return wide.groupby([frame[k].astype("string") for k in ("city_code", "county_code")]).sum().reset_index()


def spread(x: NDArray[np.float64]) -> dict[str, float | int]:
    """Mean, median and spread of a complete count, unknown values counted apart. x : (n,) yuan, NaN unknown.

    Gini after Lerman and Yitzhaki (1984): 2 cov(x, rank) / (n mean); NaN when the mean is not positive.
    """
    known = np.sort(x[~np.isnan(x)])
    n = known.size
    out: dict[str, float | int] = {"villages": int(x.size), "unknown": int(x.size - n)}
    names = ("mean", "median", "p10", "p25", "p75", "p90", "min", "max", "gini")
    if n == 0:
        return out | dict.fromkeys(names, float("nan"))
    rank = np.arange(1, n + 1)
    mean = float(known.mean())
    gini = float((2 * rank - n - 1) @ known / (n * n * mean)) if mean > 0 else float("nan")
    p10, p25, median, p75, p90 = (float(q) for q in np.quantile(known, [0.1, 0.25, 0.5, 0.75, 0.9]))
    numbers = (mean, median, p10, p25, p75, p90, float(known[0]), float(known[-1]), gini)
    return out | dict(zip(names, numbers, strict=True))


def _coverage(item: Item, poor: pd.DataFrame, rule: Any) -> dict[str, Any]:
    """One row of the coverage table."""
    covered = poor[item.numerator].astype("Float64")
    base = poor[item.denominator].astype("Float64") if item.denominator else pd.Series(1.0, poor.index, dtype="Float64")
    if item.helper_type:  # a village without a recorded helper may count or not: nobody knows how many units it adds
        helper = poor["helper_type"].astype("string")
        base = base.mask(helper.isna(), pd.NA).mask((helper != item.helper_type).fillna(False), 0.0)
    covered = covered.mask((base == 0).fillna(False), 0.0)  # a place that does not count is neither covered nor unknown
    known = (covered.notna() & base.notna()).to_numpy()
    done, due = float(covered[known].sum()), float(base[known].sum())
    open_units = float(base[~known].sum())
    has_unsized = bool(base.isna().any())
    limit = target_of(rule)
    return {
        "item": item.id, "label_zh": item.zh, "label_en": item.en, "denominator_zh": item.denominator_zh,
        "denominator": due, "numerator": done, "unknown_villages": int((~known).sum()),
        "share": done / due if due else float("nan"),
        "target": limit.value if limit else float("nan"),
        "state": coverage_state(done, due, open_units, has_unsized, limit).value,
        "clause": rule.cite("zh") if rule is not None else "",
    }  # fmt: skip


def coverage_state(done: float, due: float, unknown: float, has_unsized: bool, limit: Limit | None) -> VerdictState:
    """Whether a coverage target is met whatever the unknown units turn out to be.

    done, due : units covered and units to be covered among the known; unknown : units not recorded;
    has_unsized : whether some village does not even tell how many units it has
    """
    if limit is None:
        return VerdictState.RULE_UNDEFINED
    total = due + unknown
    if total == 0:
        return VerdictState.EVIDENCE_MISSING if has_unsized else VerdictState.NOT_APPLICABLE
    holds = COMPARE[limit.comparison]
    worst, best = holds(done / total, limit.value), holds((done + unknown) / total, limit.value)
    best = best or (has_unsized and limit.value < 1)  # units nobody counted may all be covered
    if worst and not has_unsized:
        return VerdictState.MET
    return VerdictState.EVIDENCE_MISSING if best else VerdictState.NOT_MET
