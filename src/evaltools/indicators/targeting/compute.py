"""The gates of one city: 漏评率, 错退率, 错评率, 综合贫困发生率, 群众认可度."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from evaltools.errors import DataInvalidError, ScopeError
from evaltools.estimation import Combination, combine
from evaltools.indicators.registry import standing
from evaltools.indicators.targeting.findings import find_all
from evaltools.indicators.targeting.result import RULE_OF_GATE, Gate, GateResult, Gates, HelpedGates, Unknowns, Variant
from evaltools.indicators.targeting.sample import Sample, read_sample
from evaltools.indicators.targeting.verdict import (
    CITY,
    TREATMENTS,
    Method,
    Rates,
    design_of,
    estimate_rates,
    overall,
    result_of,
    settle,
)  # fmt: skip
from evaltools.indicators.value import Source
from evaltools.terms import City, RegistryStatus, VerdictState

_STOCKS = ["poor", "exited", "hukou"]
_FORMULA = (
    "(persons registered, not exited + omission_rate * persons not registered"
    " + wrongful_exit_rate * persons exited) / rural hukou persons"
)


def gates(tables: Any, rules: Any, year: int | None = None) -> Gates:
    """The five rates of a city with interval and verdict, by county too.

    tables : intake.Tables with survey, households, villages and (for 2014 prices) price_index; rules : a snapshot of
    a city. A city without poverty-alleviation tasks (江门, the helping cities) has no gates: every result says 不适用.
    """
    city: City | None = rules.city
    if city is None:
        raise ScopeError("the gates belong to a city, the rules are the province's", todo="book.at(date, city=...)")
    year = int(rules.year if year is None else year)
    if not city.has_tasks:
        return _not_applicable(city, year, rules)
    sample, method = read_sample(tables, year), Method.of(rules)
    default, variants = find_all(sample, rules, year)
    rates = {f.gate: estimate_rates(f, sample.frame) for f in default}
    stocks = registry_stocks(tables, year)
    areas = [(CITY, city.code), *((c, c) for c in sorted(sample.frame["county_code"].astype(str).unique()))]
    by_area = {area: _results(rates, stocks, area, code, rules, method) for area, code in areas}
    further = tuple(result_of(estimate_rates(f, sample.frame), CITY, city.code, rules, method) for f in variants)
    notes_zh, notes_en = _notes(sample, by_area[CITY], method)
    return Gates(
        city=city, year=year, results=by_area[CITY], variants=further,
        counties=tuple(r for area, _ in areas[1:] for r in by_area[area]),
        overall=overall(by_area[CITY]), response=sample.response, notes_zh=notes_zh, notes_en=notes_en,
    )  # fmt: skip


def helped_gates(helper: City, year: int, cities: Mapping[str, tuple[Any, Any]]) -> HelpedGates:
    """The gates of the cities a helping city helps. cities : code -> (tables, rules of that city)."""
    return HelpedGates(helper, year, {code: gates(tables, rules, year) for code, (tables, rules) in cities.items()})


def _results(
    rates: Mapping[Gate, Rates], stocks: pd.DataFrame, area: str, code: str, rules: Any, method: Method
) -> tuple[GateResult, ...]:
    """The five results of one area, in the order of `Gate`."""
    found = {g: result_of(r, area, code, rules, method) for g, r in rates.items()}
    found[Gate.COMPOSITE] = composite(found, rates, stocks, area, code, rules, method)
    return tuple(found[g] for g in Gate)


def registry_stocks(tables: Any, year: int) -> pd.DataFrame:
    """Persons by county at the end of `year`: poor, exited (registry) and hukou (villages); index county, CITY last.

    Raises DataInvalidError where a county's registry holds more persons than its villages have hukou persons.
    """
    columns = ["county_code", "year", "registry_status", "persons"]
    registry = standing(tables, columns, year)
    status = registry["registry_status"].astype("string")
    persons = registry.groupby([registry["county_code"].astype(str), status])["persons"].sum().unstack(fill_value=0)
    villages = tables.load("villages", columns=["county_code", "year", "hukou_persons"], year=year)
    hukou = villages.groupby(villages["county_code"].astype(str))["hukou_persons"].sum()
    renamed = persons.rename(columns={RegistryStatus.POOR.value: "poor", RegistryStatus.EXITED.value: "exited"})
    out = renamed.reindex(columns=["poor", "exited"]).join(hukou.rename("hukou"), how="outer").fillna(0).astype(float)
    short = out.index[out["poor"] + out["exited"] > out["hukou"]]
    if len(short):
        raise DataInvalidError(
            f"in {len(short)} counties the registry holds more persons than the villages have hukou persons",
            where=f"county {', '.join(map(str, short[:5]))}, {year}", expected="registered persons <= hukou_persons",
            todo="give all villages of the county in the table villages, ordinary ones too",
        )  # fmt: skip
    out.loc[CITY] = out.sum()
    return out[_STOCKS]


def composite(
    found: Mapping[Gate, GateResult], rates: Mapping[Gate, Rates], stocks: pd.DataFrame, area: str, code: str,
    rules: Any, method: Method,
) -> GateResult:  # fmt: skip
    """综合贫困发生率 of one area: known stocks, two estimated rates, their covariance through shared villages."""
    poor, exited, hukou = (float(x) for x in stocks.reindex([area]).fillna(0).to_numpy()[0])
    one, two = found[Gate.OMISSION], found[Gate.WRONGFUL_EXIT]
    shares = ((hukou - poor - exited) / hukou, exited / hukou) if hukou else (np.nan, np.nan)
    unknown = Unknowns(
        (one.unknown.households or 0) + (two.unknown.households or 0),
        float(np.nansum([shares[0] * one.unknown.share, shares[1] * two.unknown.share])),
        reasons={
            f"{r.gate.value}.{why}": n for r in (one, two) for why, n in r.unknown.reasons.items()
        },
    )  # fmt: skip
    blank = GateResult(
        gate=Gate.COMPOSITE, variant=Variant.DEFAULT, area_code=code, area_level=one.area_level, unit="persons",
        state=VerdictState.UNDECIDED, n=(one.n or 0) + (two.n or 0), n_known=(one.n_known or 0) + (two.n_known or 0),
        n_counted=(one.n_counted or 0) + (two.n_counted or 0),
        n_persons=(one.n_persons or 0) + (two.n_persons or 0), unknown=unknown,
        source=Source(
            ("survey", "households", "villages"), _FORMULA, (one.n or 0) + (two.n or 0),
            tuple(dict.fromkeys((*one.source.rules, *two.source.rules))),
        ),
    )  # fmt: skip
    if not hukou:
        nothing: dict[str, Combination] = dict.fromkeys(map(str, TREATMENTS), _nothing(method))
        return settle(blank, nothing, rules, method, "缺少户籍人口", "no hukou persons")
    parts: dict[str, Combination] = {}
    for t in TREATMENTS:
        pieces = [rates[g].at(area, t) for g in (Gate.OMISSION, Gate.WRONGFUL_EXIT)]
        if any(share and not np.isfinite(e.estimate) for e, share in zip(pieces, shares, strict=True)):
            parts[t] = _nothing(method, "one of the two rates is missing")
        else:
            parts[t] = combine(pieces, shares, poor / hukou, rho=method.rho, level=method.level)
    finding = rates[Gate.OMISSION].finding
    return settle(blank, parts, rules, method, finding.missing_zh, finding.missing_en)


def _nothing(method: Method, reason: str = "no hukou persons") -> Combination:
    """A composite that cannot be computed."""
    nan = float("nan")
    return Combination((), (), nan, nan, nan, nan, nan, method.level, method.rho, 0, 0, reason)


def _not_applicable(city: City, year: int, rules: Any) -> Gates:
    """Every result 不适用: the city is not among the 14 with tasks."""
    zh = f"{city.name}不在承担脱贫攻坚任务的14个市之列（粤农农函〔2020〕571号），不适用退出门槛"
    en = f"{city.en} is not among the 14 cities with tasks (粤农农函〔2020〕571号): the gates do not apply"
    blank = [
        GateResult(
            gate=g, variant=Variant.INCOME if g is Gate.OMISSION else Variant.DEFAULT, area_code=city.code,
            area_level="city", unit="households" if g is Gate.APPROVAL else "persons",
            state=VerdictState.NOT_APPLICABLE, rule=rules.get(RULE_OF_GATE[g]), reason_zh=zh, reason_en=en,
        )
        for g in Gate
    ]  # fmt: skip
    return Gates(
        city=city, year=year, results=tuple(blank), overall=VerdictState.NOT_APPLICABLE, notes_zh=(zh,), notes_en=(en,)
    )


def _notes(sample: Sample, results: tuple[GateResult, ...], method: Method) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """What a reader must know beside the numbers, in Chinese and English."""
    zh = [f"区间为双侧{2 * method.level - 1:.0%}，与判定所用界限相同；组内相关系数取 ρ={method.rho:g}"]
    en = [f"intervals are two-sided {2 * method.level - 1:.0%}, the bounds of the verdict; rho={method.rho:g} assumed"]
    _, lonely = design_of(sample.frame, "households")
    if lonely:
        zh.append(f"{'、'.join(lonely)} 层只抽到1个村，方差按相邻层合并估计")
        en.append(f"strata of one sampled village ({', '.join(lonely)}) were joined with a neighbour for variances")
    for result in results:
        if result.state is VerdictState.EVIDENCE_MISSING:
            zh.append(f"{result.gate.zh}：{result.reason_zh}")
            en.append(f"{result.gate.en}: {result.reason_en}")
    return tuple(zh), tuple(en)
