"""The rules in force on one date for one city."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

from evaltools.errors import RuleBookError, nearest
from evaltools.standards.entry import DatedValue, RuleEntry
from evaltools.standards.rule import Rule
from evaltools.standards.vocabulary import Applicability, RuleStatus, Vocabulary, Word
from evaltools.standards.yamlfile import multiply
from evaltools.terms import City


@dataclass(frozen=True)
class Snapshot:
    """What `Rules` stands on: the entries, a date (ISO) and a place (None: the province)."""

    entries: Mapping[str, RuleEntry]
    chapters: Mapping[str, Word]
    vocabulary: Vocabulary
    day: str
    place: City | None
    changes: tuple = ()


class Rules(Mapping[str, Rule]):
    """A snapshot: `rules["gate.omission_rate_max"]` is the rule as it stands on `as_of` in `city`."""

    def __init__(self, snapshot: Snapshot) -> None:
        self._base = snapshot
        self._made: dict[str, Rule] = {}

    @property
    def as_of(self) -> str:
        return self._base.day

    @property
    def year(self) -> int:
        return int(self._base.day[:4])

    @property
    def city(self) -> City | None:
        return self._base.place

    @property
    def regime(self) -> str | None:
        """The regime in force (GD2016, GD2018, GD2020); None before the first document."""
        rule = self["regime"]
        return rule.value if rule.is_defined else None

    def __getitem__(self, rule_id: str) -> Rule:
        if rule_id not in self._made:
            entry = self._base.entries.get(rule_id)
            if entry is None:
                close = nearest(rule_id, self._base.entries)
                raise RuleBookError(f"unknown rule {rule_id!r}", where=f"rules of {self.as_of}", expected=close)
            self._made[rule_id] = self._make(entry)
        return self._made[rule_id]

    def get(self, key: str, default: Any = None) -> Any:
        """The rule, or `default` when the book has no such entry (an undefined rule is an entry)."""
        return self[key] if key in self._base.entries else default

    def __contains__(self, key: object) -> bool:
        return key in self._base.entries

    def __iter__(self) -> Iterator[str]:
        return iter(self._base.entries)

    def __len__(self) -> int:
        return len(self._base.entries)

    def chapter(self, name: str) -> tuple[Rule, ...]:
        """The rules of one chapter, in the order of its file."""
        if name not in self._base.chapters:
            close = nearest(name, self._base.chapters)
            raise RuleBookError(f"unknown chapter {name!r}", expected=close, where="rules.chapter")
        return tuple(self[e.id] for e in self._base.entries.values() if e.chapter == name)

    def to_frame(self, lang: str = "zh") -> pd.DataFrame:
        """One row per rule, defined or not; values as readers see them."""
        words = self._base.vocabulary
        rows = []
        for rule in self.values():
            people, level = words.populations[rule.population], words.levels[rule.level]
            rows.append({
                "id": rule.id, "chapter": self._base.chapters[rule.chapter].label(lang), "label": rule.label(lang),
                "limit": rule.limit_text(lang), "population": people.label(lang),
                "denominator": words.populations[rule.denominator].label(lang) if rule.denominator else "",
                "level": level.label(lang),
                "status": rule.status.zh if lang == "zh" else rule.status.en,
                "applicability": rule.applicability.zh if lang == "zh" else rule.applicability.en,
                "cite": rule.cite(lang), "effective_from": rule.effective_from,
                "effective_to": rule.effective_to, "confirmed": rule.confirmed,
                "is_changed": rule.is_changed, "reason": rule.reason, "note": rule.note,
            })  # fmt: skip
        return pd.DataFrame(rows)

    def __repr__(self) -> str:
        defined = sum(r.is_defined for r in self.values())
        place = self.city.name if self.city else "全省"
        return f"Rules({place}, {self.as_of}, regime {self.regime}: {defined} defined, {len(self) - defined} undefined)"

    def _repr_html_(self) -> str:
        frame = self.to_frame()[["chapter", "label", "limit", "cite", "applicability", "id"]]
        frame.columns = ["章", "规则", "限值", "依据", "适用", "编号"]
        return f"<p>{self!r}</p>" + frame.to_html(index=False, border=0)

    def _make(self, entry: RuleEntry) -> Rule:
        base = self._base
        hit = _in_force(entry, base.day)
        scope = (hit.applies_to if hit else None) or entry.applies_to
        where = scope.where(base.place)
        value, items, caveats = (hit.value, hit.items, ()) if hit else (None, (), ())
        reason = "" if hit else _no_value(entry, base.day)
        cited = hit or entry.fallback or _nearest_value(entry, base.day)
        if entry.product:
            value, caveats, reason = self._product(entry)
        if where is Applicability.UNDEFINED:
            reason = f"本条不适用于{base.place.name if base.place else '全省整体'}，文件未作规定"
        document = base.vocabulary.documents[cited.document]
        changed = [c.reason for c in base.changes if c.id == entry.id or c.id in entry.product]
        return Rule(
            id=entry.id, label_zh=entry.zh, label_en=entry.en, chapter=entry.chapter, unit=entry.unit.code,
            comparison=entry.comparison, population=entry.population, denominator=entry.denominator, level=entry.level,
            status=cited.status, applicability=where, document=document.cite, clause=cited.clause,
            effective_from=hit.start if hit else None, effective_to=hit.end if hit else None, confirmed=cited.confirmed,
            regime=None if entry.id == "regime" else self.regime, note=(hit.note if hit else "") or entry.note,
            villages=scope.villages, inventory=entry.inventory, as_of=base.day,
            city=base.place.name if base.place else None, items=items, reason=reason, caveats=caveats,
            changed="；".join(changed), range=(entry.low, entry.high), source=document,
            measure=entry.unit, _value=value,
        )  # fmt: skip

    def _product(self, entry: RuleEntry) -> tuple[float | None, tuple[tuple[str, str], ...], str]:
        """Value, caveats and reason of a derived rule: it is undefined, or reserved, wherever a factor is."""
        factors = [self[f] for f in entry.product]
        missing = [f.reason for f in factors if not f.is_defined]
        if missing:
            return None, (), "；".join(missing)
        caveats = tuple(
            (f"{f.label_zh}{f.status.zh}", f"{f.label_en} {f.status.en}")
            for f in factors if f.status in (RuleStatus.TO_BE_CONFIRMED, RuleStatus.SECONDARY)
        )  # fmt: skip
        return multiply(f.value for f in factors), caveats, ""


def _in_force(entry: RuleEntry, day: str) -> DatedValue | None:
    for value in reversed(entry.values):
        if value.start <= day:
            return value if value.end is None or day <= value.end else None
    return None


def _nearest_value(entry: RuleEntry, day: str) -> DatedValue:
    earlier = [v for v in entry.values if v.start <= day]
    return earlier[-1] if earlier else entry.values[0]


def _no_value(entry: RuleEntry, day: str) -> str:
    if not entry.values:
        return entry.undefined
    if day < entry.values[0].start:
        return f"自{entry.values[0].start}起有规定"
    spans = "、".join(f"{v.start}至{v.end or '今'}" for v in entry.values)
    return f"{day}无规定（有规定的时段：{spans}）"
