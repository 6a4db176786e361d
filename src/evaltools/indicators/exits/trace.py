"""One household's verdict, step by step: rule, value, comparison, clause, evidence, state."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape
from typing import Any

import pandas as pd

from evaltools.errors import DataMissingError, nearest
from evaltools.indicators.exits.result import COMPONENTS
from evaltools.terms import ExitRoute, Guarantee, LabourCapacity, RegistryStatus, VerdictState

_SAFETY_NET = "exit.safety_net"
_INCOME = "households.disposable_income_per_capita_yuan"
_INCOME_LABELS = {
    "actual": ("收入（当年实际线）", "income (actual line)"),
    "planned": ("收入（测算线）", "income (planned line)"),
}
BASIS_TEXT: dict[str, tuple[str, str]] = {
    "labour": ("有劳动能力，适用收入线", "with labour capacity: the income line applies"),
    "safety_net_eligible": (
        "完全或部分丧失劳动能力且符合政策，纳入低保或特困，不适用收入线",
        "wholly or partly without labour capacity and eligible: enrolment in 低保 or 特困, no income line",
    ),
    "partial_not_eligible": (
        "部分丧失劳动能力但不符合兜底政策，仍有劳动能力，适用收入线",
        "partly without labour capacity, not eligible for the safety net: the income line applies",
    ),
    "none_not_eligible": (
        "完全丧失劳动能力且不符合兜底政策，条款未作规定；收入达线则任何解释下均达标",
        "wholly without labour capacity and not eligible: the clause is silent; at the line every reading is satisfied",
    ),
    "labour_unknown": ("劳动能力无记录，退出路径不明", "labour capacity not recorded: the route is unknown"),
    "eligibility_unknown": ("是否符合兜底政策无记录，退出路径不明", "eligibility not recorded: the route is unknown"),
    "eligibility_contradictory": (
        "记录为不符合兜底政策却已纳入低保或特困，两项记录矛盾",
        "recorded as not eligible and yet enrolled: the records contradict each other",
    ),
    "no_row": ("本年度无该户记录", "no row for this household this year"),
}


@dataclass(frozen=True)
class Step:
    """One step of a verdict. Texts for people; `state` is the outcome.

    rule_id : rule applied, "" where none; value : what the household shows; comparison : e.g. "9100.25 >= 9064.53";
    clause : citation with its status words; evidence : table and column; state : VerdictState
    """

    label_zh: str
    label_en: str
    rule_id: str
    value: str
    comparison: str
    clause: str
    evidence: str
    state: VerdictState


@dataclass(frozen=True)
class Trace:
    """How the verdict of one household came about. Prints as text, shows as a table in Jupyter."""

    household_id: str
    year: int
    registry_status: str
    route: ExitRoute
    basis: str
    steps: tuple[Step, ...]
    verdict: VerdictState
    verdict_planned: VerdictState
    is_line_sensitive: bool

    def to_frame(self, lang: str = "zh") -> pd.DataFrame:
        """One row per step, states as labels."""
        return pd.DataFrame(
            {
                "step": [s.label_zh if lang == "zh" else s.label_en for s in self.steps],
                "rule": [s.rule_id for s in self.steps],
                "value": [s.value for s in self.steps],
                "comparison": [s.comparison for s in self.steps],
                "clause": [s.clause for s in self.steps],
                "evidence": [s.evidence for s in self.steps],
                "state": [s.state.zh if lang == "zh" else s.state.en for s in self.steps],
            }
        )

    def headline(self, lang: str = "zh") -> str:
        """Household, year, route, both verdicts, in one line."""
        why = BASIS_TEXT[self.basis][0 if lang == "zh" else 1]
        if lang == "zh":
            tail = "；两条线结论不同" if self.is_line_sensitive else ""
            return (
                f"{self.household_id} {self.year} 年 路径：{self.route.zh}（{why}） "
                f"结论：{self.verdict.zh}（当年实际线），{self.verdict_planned.zh}（测算线）{tail}"
            )
        tail = "; the two lines disagree" if self.is_line_sensitive else ""
        return (
            f"{self.household_id} in {self.year}: {self.route.en} ({why}); {self.verdict.en} by the actual line, "
            f"{self.verdict_planned.en} by the planned line{tail}"
        )

    def __repr__(self) -> str:
        lines = [self.headline()]
        for s in self.steps:
            shown = s.comparison or s.value
            lines.append(f"  {s.label_zh}：{shown} → {s.state.zh}  [{s.clause}]  依据 {s.evidence}")
        return "\n".join(lines)

    def _repr_html_(self) -> str:
        return f"<p>{escape(self.headline())}</p>" + self.to_frame().to_html(index=False, border=0, escape=True)


def trace_household(household_id: str, frame: pd.DataFrame, rows: pd.DataFrame, rules: Any, tables: Any) -> Trace:
    """The trace of one household from the verdict frame and its raw row.

    Raises DataMissingError, with the nearest ids, when no such household has a verdict.
    """
    found = frame[frame["household_id"] == household_id]
    if found.empty:
        raise _unknown(household_id, frame, tables)
    seen = found.iloc[0]
    raw = rows[rows["household_id"] == household_id]
    row = raw.iloc[0] if len(raw) else None
    basis, route = str(seen["basis"]), ExitRoute(str(seen["route"]))
    steps = [_route_step(row, basis, route)]
    if row is not None:
        steps += [_income_step(seen, rules, "actual"), _income_step(seen, rules, "planned")]
        steps += [_safety_net_step(seen, row, rules)] + [_guarantee_step(seen, row, rules, c) for c in COMPONENTS]
    return Trace(
        household_id=household_id,
        year=int(seen["year"]),
        registry_status=str(seen["registry_status"]),
        route=route,
        basis=basis,
        steps=tuple(steps),
        verdict=VerdictState(str(seen["verdict"])),
        verdict_planned=VerdictState(str(seen["verdict_planned"])),
        is_line_sensitive=bool(seen["is_line_sensitive"]),
    )


def _unknown(household_id: str, frame: pd.DataFrame, tables: Any) -> DataMissingError:
    """The error for an id without verdict; it says so when the household exists outside the registry."""
    year = int(frame["year"].iloc[0]) if len(frame) else 0
    others = tables.load("households", columns=["household_id", "year", "registry_status"], year=year)
    other = others[others["household_id"] == household_id]
    if len(other):
        status = RegistryStatus(str(other["registry_status"].iloc[0]))
        return DataMissingError(
            f"household {household_id!r} has no exit verdict: it is {status.en} ({status.zh}) in {year}",
            expected="a household that stands in the registry (poor or exited) at the end of the year",
            todo="the exit standard applies to registered households that have not died out or moved away",
        )  # fmt: skip
    close = frame["household_id"].astype(str)
    # A million ids cannot be compared one by one: those sharing the longest beginning are near enough.
    for cut in range(len(household_id) - 1, 0, -1):
        sharing = close[close.str.startswith(household_id[:cut])]
        if len(sharing):
            close = sharing
            break
    return DataMissingError(
        f"unknown household {household_id!r} in {year}", expected=nearest(household_id, close.head(2000)),
        where="table households", todo="take an id from `.frame.household_id`",
    )  # fmt: skip


def _route_step(row: Any, basis: str, route: ExitRoute) -> Step:
    """Which sentence of the clause applies, and why."""
    zh = BASIS_TEXT[basis][0]
    if row is None:
        return Step("记录", "record", "", zh, "", "", "households", VerdictState.EVIDENCE_MISSING)
    labour = row["labour_capacity"]
    shown = LabourCapacity(str(labour)).zh if pd.notna(labour) else "无记录"
    state = VerdictState.MET if route is not ExitRoute.UNKNOWN else VerdictState.EVIDENCE_MISSING
    state = VerdictState.RULE_UNDEFINED if basis == "none_not_eligible" else state
    evidence = "households.labour_capacity, is_safety_net_eligible"
    value = f"{shown}；符合兜底政策：{_yes(row['is_safety_net_eligible'])}"
    return Step("退出路径", "exit route", "", f"{value}；{zh}", "", "粤发〔2016〕13号 第3条", evidence, state)


def _income_step(seen: Any, rules: Any, which: str) -> Step:
    """Income against the actual or the planned line, unrounded."""
    rule_id = f"exit.household_income_line_{which}"
    rule = rules.get(rule_id)
    zh, en = _INCOME_LABELS[which]
    income = seen["income_per_capita_yuan"]
    value = f"{float(income)!r} 元" if pd.notna(income) else "无记录"
    state = VerdictState(str(seen["income" if which == "actual" else "income_planned"]))
    if rule is None or not rule.is_defined:
        return Step(zh, en, rule_id, value, "", "该年度无公布的线", _INCOME, state)
    comparison = f"{value} {rule.comparison} {float(rule.value)!r} 元"
    return Step(zh, en, rule_id, value, comparison, rule.cite("zh"), _INCOME, state)


def _safety_net_step(seen: Any, row: Any, rules: Any) -> Step:
    """Whether the household is in 低保 or 特困, where that is its route."""
    rule = rules.get(_SAFETY_NET)
    value = f"低保 {_yes(row['is_dibao'])}，特困 {_yes(row['is_tekun'])}"
    clause = rule.cite("zh") if rule is not None else ""
    state = VerdictState(str(seen["safety_net"]))
    return Step("兜底保障", "safety net", _SAFETY_NET, value, "", clause, "households.is_dibao, is_tekun", state)


def _guarantee_step(seen: Any, row: Any, rules: Any, component: str) -> Step:
    """One of the guarantees."""
    term = Guarantee(component)
    rule = rules.get(f"exit.guarantee.{component}")
    clause = rule.cite("zh") if rule is not None else ""
    value = _yes(row[f"{component}_ok"])
    state = VerdictState(str(seen[component]))
    return Step(term.zh, term.en, f"exit.guarantee.{component}", value, "", clause, f"households.{component}_ok", state)


def _yes(value: Any) -> str:
    """是, 否 or 不明."""
    return "不明" if pd.isna(value) else ("是" if bool(value) else "否")
