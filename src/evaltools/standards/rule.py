"""A rule as it stands on one date in one place: the value in force, or the reason why there is none."""

from __future__ import annotations

import datetime as dt
import html
import math
from dataclasses import dataclass, field
from typing import Any

from evaltools.errors import DataMissingError, RuleUndefinedError
from evaltools.standards.entry import Item
from evaltools.standards.vocabulary import Applicability, Document, RuleStatus, Unit, VillageClass

_PRINTED = {
    RuleStatus.PLANNED, RuleStatus.ACTUAL, RuleStatus.CLAIMED, RuleStatus.ASPIRATIONAL, RuleStatus.ANNOUNCED,
    RuleStatus.BORROWED, RuleStatus.REFERENCE, RuleStatus.TO_BE_CONFIRMED, RuleStatus.METHOD, RuleStatus.SECONDARY,
}  # fmt: skip
_SOURCE_MARK = {
    "secondary": ("二手来源，原文待核对", "secondary source, original to be checked"),
    "unverified": ("来源待核对", "source to be checked"),
}
_COMPARE = {
    ">=": lambda x, limit: x >= limit, ">": lambda x, limit: x > limit, "<=": lambda x, limit: x <= limit,
    "<": lambda x, limit: x < limit, "==": lambda x, limit: x == limit,
}  # fmt: skip


@dataclass(frozen=True)
class Rule:
    """One rule of a snapshot. Shares are fractions, money is in yuan, dates are ISO text, lists are tuples of codes."""

    id: str
    label_zh: str
    label_en: str
    chapter: str
    unit: str
    comparison: str
    population: str
    denominator: str
    level: str
    status: RuleStatus
    applicability: Applicability
    document: str
    clause: str
    effective_from: str | None
    effective_to: str | None
    confirmed: str | None
    regime: str | None
    note: str
    villages: VillageClass
    inventory: tuple[str, ...]
    as_of: str
    city: str | None
    items: tuple[Item, ...] = ()
    reason: str = ""
    caveats: tuple[tuple[str, str], ...] = ()
    changed: str = ""
    range: tuple[float | None, float | None] = (None, None)
    source: Document | None = field(default=None, repr=False)
    measure: Unit = field(default=Unit("", "", ""), repr=False)
    _value: Any = None

    @property
    def is_defined(self) -> bool:
        """Whether a value is in force here; an extended rule is defined."""
        return self._value is not None and self.applicability is not Applicability.UNDEFINED

    @property
    def value(self) -> Any:
        """The value in force. Raises RuleUndefinedError, with the reason, where the documents set none."""
        if not self.is_defined:
            where = f"{self.city or 'province'}, {self.as_of}"
            raise RuleUndefinedError(
                f"rule {self.id} ({self.label_zh}) is undefined: {self.reason}", where=where,
                expected="a rule of the documents for this place and date",
                todo="report 无规定, or give your own value: book.with_value(id, value, reason=..., everywhere=True)",
            )  # fmt: skip
        return self._value

    @property
    def is_changed(self) -> bool:
        """Whether somebody changed the value in a copy of the book."""
        return bool(self.changed)

    def label(self, lang: str = "zh") -> str:
        return self.label_zh if lang == "zh" else self.label_en

    def passes(self, observed: Any) -> bool:
        """Compare one observation with the value, unrounded. Unknown observations raise: unknown is never yes.

        Dates may be given as date objects or ISO text; `in` takes one code, `all` a collection of codes.
        """
        limit: Any = self.value
        if _is_unknown(observed):
            raise DataMissingError(
                f"rule {self.id} cannot be applied to an unknown value", expected="a known value",
                todo="count it as unknown; unknown is never yes",
            )  # fmt: skip
        if self.comparison == "in":
            return observed in limit
        if self.comparison == "all":
            return set(limit) <= set(observed)
        if isinstance(observed, dt.date):
            observed = observed.isoformat()[:10]
        if self.unit == "month_day" and isinstance(observed, str):
            observed = observed[-5:]
        return bool(_COMPARE[self.comparison](observed, limit))

    def value_text(self, lang: str = "zh") -> str:
        """The value as a reader sees it: 45%, 4,000元, 2020年6月30日; 无规定 where there is none."""
        if not self.is_defined:
            return Applicability.UNDEFINED.zh if lang == "zh" else Applicability.UNDEFINED.en
        return _shown(self._value, self.measure, self.items, lang)

    def limit_text(self, lang: str = "zh") -> str:
        """Comparison and value together: ≥45%, ≤2%."""
        if self.is_defined and self.measure.kind in ("date", "month_day") and self.comparison == "<=":
            return f"不迟于{self.value_text(lang)}" if lang == "zh" else f"by {self.value_text(lang)}"
        sign = {">=": "≥", "<=": "≤", "==": "", "in": "", "all": ""}.get(self.comparison, self.comparison)
        return f"{sign}{self.value_text(lang)}" if self.is_defined else self.value_text(lang)

    def cite(self, lang: str = "zh") -> str:
        """Document and clause, with every reservation in brackets: 测算数, 延伸适用, 参照…, 二手来源, 改动."""
        marks = []
        if self.status in _PRINTED and (self.status is not RuleStatus.ACTUAL):
            marks.append(self.status.zh if lang == "zh" else self.status.en)
        if self.applicability is Applicability.EXTENDED:
            marks.append(self.applicability.zh if lang == "zh" else self.applicability.en)
        known = self.status in (RuleStatus.SECONDARY, RuleStatus.TO_BE_CONFIRMED)  # the status says it already
        if self.source is not None and self.source.source in _SOURCE_MARK and not known:
            marks.append(_SOURCE_MARK[self.source.source][0 if lang == "zh" else 1])
        marks += [zh if lang == "zh" else en for zh, en in self.caveats]
        if self.changed:
            marks.append(f"使用者改动：{self.changed}" if lang == "zh" else f"changed by the user: {self.changed}")
        text = " ".join(part for part in (self.document, self.clause) if part)
        marks = list(dict.fromkeys(marks))
        if not marks:
            return text
        return f"{text}（{'；'.join(marks)}）" if lang == "zh" else f"{text} ({'; '.join(marks)})"

    def __repr__(self) -> str:
        shown = self.limit_text() if self.is_defined else f"{self.value_text()}: {self.reason}"
        return f"Rule({self.id} {shown} · {self.label_zh} · {self.cite()} · {self.city or '全省'} {self.as_of})"

    def _repr_html_(self) -> str:
        rows = (
            ("规则", f"{self.label_zh} <code>{self.id}</code>"), ("限值", html.escape(self.limit_text())),
            ("依据", html.escape(self.cite())),
            ("适用", f"{self.applicability.zh} · {self.city or '全省'} · {self.as_of}"),
            ("说明", html.escape(self.reason or self.note)),
        )  # fmt: skip
        cell = "style='text-align:left'"
        return "<table>" + "".join(f"<tr><th {cell}>{k}</th><td {cell}>{v}</td></tr>" for k, v in rows) + "</table>"


def _is_unknown(observed: Any) -> bool:
    """None, NaN, pandas' NA and NaT."""
    if observed is None or (isinstance(observed, float) and math.isnan(observed)):
        return True
    return str(observed) in ("<NA>", "NaT")


def _shown(value: Any, unit: Unit, items: tuple[Item, ...], lang: str) -> str:
    if unit.code in ("share", "growth_rate"):
        return f"{value * 100:.10g}%"
    if unit.code == "growth_gap":  # one growth rate less another
        return f"{value * 100:.10g}{unit.zh}" if lang == "zh" else f"{value * 100:.10g} {unit.en}"
    if unit.kind == "number":
        number = f"{value:,}" if isinstance(value, int) else f"{value:,.2f}".rstrip("0").rstrip(".")
        return f"{number}{unit.zh}" if lang == "zh" else f"{number} {unit.en}"
    if unit.kind in ("code", "list"):
        return ("、" if lang == "zh" else ", ").join(i.label(lang) for i in items)
    if unit.kind == "boolean":
        return ("是" if value else "否") if lang == "zh" else ("yes" if value else "no")
    parts = [int(p) for p in str(value).split("-")]
    if lang != "zh":
        return str(value)
    return f"{parts[0]}年{parts[1]}月{parts[2]}日" if unit.kind == "date" else f"{parts[0]}月{parts[1]}日"
