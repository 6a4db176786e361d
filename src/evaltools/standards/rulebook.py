"""The rule book: loads the entries, answers for a date and a city, makes changed copies, compares two dates."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from functools import lru_cache
from pathlib import Path
from typing import Any

import pandas as pd

from evaltools.errors import RuleBookError, ScopeError, nearest
from evaltools.standards.entry import RuleEntry
from evaltools.standards.pairings import FOLDER, Pairings, load_pairings, pairing_inventory
from evaltools.standards.reading import check_value, read_rules
from evaltools.standards.snapshot import Rules, Snapshot
from evaltools.standards.vocabulary import RuleStatus, Vocabulary, Word, load_vocabulary
from evaltools.standards.yamlfile import read_date
from evaltools.terms import City
from evaltools.terms import city as find_city

FIRST_DAY, LAST_DAY = "2016-01-01", "2020-12-31"


@dataclass(frozen=True)
class Change:
    """One value changed by a user in a copy of the book."""

    id: str
    before: tuple[Any, ...]
    after: Any
    reason: str


@dataclass(frozen=True)
class RuleBook:
    """All rules with their dated values. Immutable; `with_value` gives a changed copy."""

    entries: Mapping[str, RuleEntry]
    chapters: Mapping[str, Word]
    vocabulary: Vocabulary
    pairings: Pairings
    changes: tuple[Change, ...] = ()
    _cache: dict = field(default_factory=dict, repr=False, compare=False)

    @staticmethod
    def load(extra: Path | str | None = None) -> RuleBook:
        """The packaged rules, and those of the folder `extra` (*.yaml beside its own documents.yaml, vocabulary.yaml).

        Raises RuleBookError naming file, entry and key for anything incomplete, unknown or defined twice.
        """
        if extra is None:
            return _packaged()
        folder = Path(extra)
        if not folder.is_dir():
            raise RuleBookError(f"{folder} is not a folder", expected="a folder with *.yaml of rules", where="extra")
        base = _packaged()
        words = load_vocabulary([FOLDER, folder])
        return RuleBook(*read_rules([folder], words, base.entries, base.chapters), words, base.pairings)

    @property
    def digest(self) -> str:
        """SHA-256 of the content, whatever the order of keys, entries and files."""
        if "digest" not in self._cache:
            content = {
                "rules": {key: _plain(entry) for key, entry in self.entries.items()},
                "documents": {key: asdict(doc) for key, doc in self.vocabulary.documents.items()},
                "pairings": sorted(json.dumps(asdict(p), sort_keys=True) for p in self.pairings.pairs),
                "changes": [asdict(c) for c in self.changes],
            }
            text = json.dumps(content, sort_keys=True, ensure_ascii=False, default=_listed)
            self._cache["digest"] = hashlib.sha256(text.encode()).hexdigest()
        return self._cache["digest"]

    def at(self, as_of: dt.date | str, city: City | str | None = None) -> Rules:
        """The rules in force on a date (ISO text or date) for a city; None is the province as a whole.

        Raises ScopeError for a date outside 2016-2020 or an unknown city.
        """
        day = check_day(as_of)
        place = None if city is None else find_city(city)
        key = (day, None if place is None else place.code)
        if key not in self._cache:
            self._cache[key] = Rules(Snapshot(self.entries, self.chapters, self.vocabulary, day, place, self.changes))
        return self._cache[key]

    def with_value(
        self, rule_id: str, value: Any, *, reason: str, on: dt.date | str | None = None, everywhere: bool = False
    ) -> RuleBook:
        """A copy in which a rule has another value: in all its dated values, or only in the one in force `on` a date.

        A rule without a value (undefined, derived) gets one for all dates; `everywhere=True` also lifts its limits of
        place, so that it holds for every city. Raises RuleBookError for an unknown id, a value
        of the wrong kind or outside its range, or an empty reason.
        """
        entry = self._entry(rule_id)
        if not reason.strip():
            raise RuleBookError("a changed value needs a reason", where=rule_id, expected="reason='...'")
        new, items = check_value(entry, value)
        day = None if on is None else check_day(on)
        hit = [v for v in entry.values if day is None or (v.start <= day and (v.end is None or day <= v.end))]
        if entry.values and not hit:
            raise RuleBookError(f"rule {rule_id} has no value in force on {day}", where="with_value",
                                expected="a date on which it has one, or on=None")  # fmt: skip
        values = tuple(replace(v, value=new, items=items, note=reason) if v in hit else v for v in entry.values)
        if not values:
            base = entry.fallback
            assert base is not None  # read_entry gives every entry without values its citation
            values = (replace(base, start=FIRST_DAY, value=new, items=items, status=RuleStatus.CHANGED, note=reason),)
        change = Change(rule_id, tuple(v.value for v in hit), new, reason.strip())
        changed = replace(entry, values=values, product=(), undefined="", fallback=None)
        if everywhere:
            scope = replace(entry.applies_to, cities=None, province=True)
            changed = replace(changed, applies_to=scope, values=tuple(replace(v, applies_to=None) for v in values))
        return replace(
            self, entries={**self.entries, rule_id: changed}, changes=(*self.changes, change), _cache={}
        )

    def _entry(self, rule_id: str) -> RuleEntry:
        if rule_id not in self.entries:
            raise RuleBookError(f"unknown rule {rule_id!r}", expected=nearest(rule_id, self.entries), where="rule book")
        return self.entries[rule_id]

    def series(self, rule_id: str) -> pd.DataFrame:
        """All dated values of a rule: one row per value with from, to, value, status, citation, confirmed."""
        entry = self._entry(rule_id)
        rows = [{
            "from": v.start, "to": v.end, "value": v.value, "status": v.status.value,
            "document": self.vocabulary.documents[v.document].cite, "clause": v.clause, "confirmed": v.confirmed,
        } for v in entry.values]  # fmt: skip
        return pd.DataFrame(rows, columns=["from", "to", "value", "status", "document", "clause", "confirmed"])

    def inventory(self) -> dict[str, tuple[str, ...]]:
        """Inventory id -> ids of the rules that carry it (`pairings.<kind>` for the lists of pairs)."""
        carriers = {entry.id: entry.inventory for entry in self.entries.values()}
        carriers |= {f"pairings.{kind}": items for kind, items in pairing_inventory().items()}
        found: dict[str, list[str]] = {}
        for carrier, items in carriers.items():
            for item in items:
                found.setdefault(item, []).append(carrier)
        return {key: tuple(sorted(ids)) for key, ids in sorted(found.items())}

    def diff(
        self, date_a: dt.date | str, date_b: dt.date | str, city: City | str | None = None, lang: str = "zh"
    ) -> pd.DataFrame:
        """The rules whose value, or whose being defined, differs between two dates: one row per rule."""
        before, after = self.at(date_a, city), self.at(date_b, city)
        rows = []
        for rule_id in sorted(self.entries):
            a, b = before[rule_id], after[rule_id]
            if (a.is_defined, a._value if a.is_defined else None) == (b.is_defined, b._value if b.is_defined else None):
                continue
            rows.append({
                "id": rule_id, "label": a.label(lang), "before": a.limit_text(lang), "after": b.limit_text(lang),
                "cite_before": a.cite(lang) if a.is_defined else a.reason,
                "cite_after": b.cite(lang) if b.is_defined else b.reason,
            })  # fmt: skip
        return pd.DataFrame(rows, columns=["id", "label", "before", "after", "cite_before", "cite_after"])

    def __repr__(self) -> str:
        changed = f", {len(self.changes)} changed" if self.changes else ""
        return f"RuleBook({len(self.entries)} rules, {len(self.chapters)} chapters{changed}, digest {self.digest[:12]})"

    def _repr_html_(self) -> str:
        counts = pd.Series([e.chapter for e in self.entries.values()]).value_counts()
        rows = "".join(f"<tr><td>{w.zh}</td><td>{counts.get(k, 0)}</td></tr>" for k, w in self.chapters.items())
        return f"<p>{self!r}</p><table><tr><th>章</th><th>规则数</th></tr>{rows}</table>"


def check_day(as_of: dt.date | str) -> str:
    """An ISO date inside the years the rule book covers. Raises ScopeError with the nearest valid date."""
    text = as_of.isoformat()[:10] if isinstance(as_of, dt.date) else str(as_of).strip()
    try:
        day = read_date(text)
    except ValueError as exc:
        raise ScopeError(f"{text!r} is not a date", expected="YYYY-MM-DD, such as 2020-12-31", where="as_of") from exc
    if not FIRST_DAY <= day <= LAST_DAY:
        close = FIRST_DAY if day < FIRST_DAY else LAST_DAY
        raise ScopeError(
            f"date {day} is outside the rule book", where="as_of",
            expected=f"{FIRST_DAY} to {LAST_DAY}; nearest valid: {close}", todo="choose a date in 2016 to 2020",
        )  # fmt: skip
    return day


def _plain(entry: RuleEntry) -> dict[str, Any]:
    plain = asdict(entry)
    plain.pop("file")  # moving an entry to another file changes nothing
    return plain


def _listed(value: Any) -> Any:
    return sorted(value) if isinstance(value, (set, frozenset)) else str(value)


@lru_cache(maxsize=1)
def _packaged() -> RuleBook:
    words = load_vocabulary([FOLDER])
    return RuleBook(*read_rules([FOLDER / "rules"], words), words, load_pairings(dict(words.documents)))

