"""A rule as it is written: one YAML entry, checked key by key, with its values by date."""

from __future__ import annotations

import datetime as dt
import itertools
import re
from dataclasses import dataclass
from typing import Any

from evaltools.standards.scope import AppliesTo, read_applies_to
from evaltools.standards.vocabulary import RuleStatus, Unit, Vocabulary
from evaltools.standards.yamlfile import Block, Fields, read_date, read_number

Span = tuple[float | None, float | None]
ID_PATTERN = re.compile(r"[a-z][a-z0-9_]*(\.[a-z0-9_]+)*")
INVENTORY_PATTERN = re.compile(r"[A-Z]{1,2}-\d{1,2}(\.\d{1,2})?|[ABX]\d{1,2}")
ENTRY_KEYS = (
    "id", "label", "unit", "comparison", "range", "level", "population", "denominator", "applies_to", "values",
    "undefined", "product", "document", "clause", "status", "confirmed", "inventory", "note",
)  # fmt: skip
VALUE_KEYS = ("from", "to", "value", "status", "document", "clause", "confirmed", "applies_to", "note")
# A value of these statuses may lack the stamp: nobody has yet held it against its text.
UNSTAMPED = (RuleStatus.TO_BE_CONFIRMED, RuleStatus.SECONDARY)


@dataclass(frozen=True)
class Item:
    """One item of a list or a code, with its labels."""

    code: str
    zh: str
    en: str

    def label(self, lang: str = "zh") -> str:
        return self.zh if lang == "zh" else self.en


@dataclass(frozen=True)
class DatedValue:
    """A value with its span (ISO dates, inclusive), its citation and the date somebody last checked it."""

    start: str
    end: str | None
    value: Any
    status: RuleStatus
    document: str
    clause: str
    confirmed: str | None
    items: tuple[Item, ...] = ()
    note: str = ""
    applies_to: AppliesTo | None = None
    """The scope of this value alone, where its document reaches less far than the rule."""


@dataclass(frozen=True)
class RuleEntry:
    """One rule with all its values."""

    id: str
    chapter: str
    zh: str
    en: str
    unit: Unit
    comparison: str
    low: float | None
    high: float | None
    level: str
    population: str
    denominator: str
    applies_to: AppliesTo
    values: tuple[DatedValue, ...]
    undefined: str
    product: tuple[str, ...]
    fallback: DatedValue | None
    inventory: tuple[str, ...]
    note: str
    file: str


def read_entry(block: object, file: str, number: int, chapter: str, words: Vocabulary) -> RuleEntry:
    """Check one entry and build it. Raises RuleBookError naming file, line, entry and key."""
    fields = Fields(block, file, f"rule {number}")
    fields.entry = fields.text("id")
    if not ID_PATTERN.fullmatch(fields.entry):
        fields.fail("id", f"{fields.entry!r} is not an id", expected="lower-case words joined by dots")
    fields.only(ENTRY_KEYS)
    zh, en = fields.labels()
    unit = words.units[fields.choice("unit", words.units)]
    low, high = _range(fields, unit)
    comparison = fields.choice("comparison", words.comparisons)
    if (comparison in ("in", "all")) != (unit.kind == "list"):
        fields.fail("comparison", f"{comparison!r} with a value of kind {unit.kind}", expected="in or all for lists")
    values = _values(fields, unit, (low, high), words)
    product = fields.texts("product")
    fallback = _fallback(fields, values, product, words)
    denominator = fields.choice("denominator", words.populations) if "denominator" in fields.block else ""
    return RuleEntry(
        fields.entry, chapter, zh, en, unit, comparison, low, high, fields.choice("level", words.levels),
        fields.choice("population", words.populations), denominator, read_applies_to(fields), values,
        fields.text("undefined", ""), product, fallback, _inventory(fields), fields.text("note", ""), file,
    )  # fmt: skip


def _range(fields: Fields, unit: Unit) -> Span:
    declared = fields.block.get("range")
    if declared is None:
        return unit.low, unit.high
    try:
        low, high = (float(read_number(v)) for v in declared)
    except (ValueError, TypeError):
        fields.fail("range", f"{declared!r} is not a range", expected="[low, high], both plain numbers")
    if unit.kind != "number" or low > high:
        fields.fail("range", f"range {declared!r} with unit {unit.code}", expected="low <= high, and a unit of numbers")
    if (unit.low is not None and low < unit.low) or (unit.high is not None and high > unit.high):
        fields.fail("range", f"range {declared!r} is wider than that of the unit {unit.code}",
                    expected=f"inside [{unit.low}, {unit.high}]")  # fmt: skip
    return low, high


def _inventory(fields: Fields) -> tuple[str, ...]:
    found = fields.texts("inventory")
    for item in found:
        if not INVENTORY_PATTERN.fullmatch(item):
            fields.fail("inventory", f"{item!r} is no inventory number", expected="e.g. HH-04, AS-21.2, X9")
    return found


def _values(fields: Fields, unit: Unit, span: Span, words: Vocabulary) -> tuple[DatedValue, ...]:
    blocks = fields.block.get("values", [])
    if not isinstance(blocks, list):
        fields.fail("values", "'values' is not a list", expected="- {from: ..., value: ..., ...}")
    found = tuple(_value(Fields(b, fields.file, fields.entry, fields.error), unit, span, words) for b in blocks)
    for before, after in itertools.pairwise(found):
        if after.start <= before.start:
            fields.fail("values", f"value from {after.start} follows {before.start}", expected="in order of date")
        if before.end is not None and before.end >= after.start:
            fields.fail("values", f"values from {before.start} to {before.end} and from {after.start} overlap",
                        expected="one value at a time")  # fmt: skip
    return found


def _value(fields: Fields, unit: Unit, span: Span, words: Vocabulary) -> DatedValue:
    low, high = span
    fields.only(VALUE_KEYS)
    start = fields.date("from") or fields.fail("from", "'from' is missing", expected="YYYY-MM-DD")
    end = fields.date("to")
    if end is not None and end < start:
        fields.fail("to", f"the value ends on {end}, before it begins on {start}", expected="from <= to")
    value, items = _parse(fields, unit)
    if unit.kind == "number" and ((low is not None and value < low) or (high is not None and value > high)):
        fields.fail("value", f"{value} is outside the declared range [{low}, {high}]",
                    expected="a value inside its range", todo="check the unit: 2 % is written 0.02")  # fmt: skip
    scope = read_applies_to(fields) if "applies_to" in fields.block else None
    return DatedValue(start, end, value, *_citation(fields, words), items, fields.text("note", ""), scope)


def _citation(fields: Fields, words: Vocabulary) -> tuple[RuleStatus, str, str, str | None]:
    status = RuleStatus(fields.choice("status", [s.value for s in RuleStatus if s is not RuleStatus.CHANGED]))
    document = fields.choice("document", words.documents)
    confirmed = fields.date("confirmed")
    unread = words.documents[document].source in ("secondary", "unverified")
    if confirmed is None and status not in UNSTAMPED and not unread:
        fields.fail("confirmed", "'confirmed' is missing", expected="the date of the last check against the text")
    return status, document, fields.text("clause"), confirmed


def _fallback(fields: Fields, values: tuple, product: tuple, words: Vocabulary) -> DatedValue | None:
    """The citation of an entry that holds no number of its own: derived from others, or left open by the documents."""
    if values and (product or "undefined" in fields.block or "document" in fields.block):
        fields.fail("values", "values beside product, undefined or an entry-wide document", expected="one or the other")
    if values:
        return None
    if bool(product) == ("undefined" in fields.block):
        fields.fail("values", "no value", expected="values, or product, or undefined with the reason")
    return DatedValue("0001-01-01", None, None, *_citation(fields, words))


def _parse(fields: Fields, unit: Unit) -> tuple[Any, tuple[Item, ...]]:
    if "value" not in fields.block:
        fields.fail("value", "'value' is missing", expected=f"a value of kind {unit.kind}")
    return parse_value(fields.block["value"], unit, fields)


def parse_value(raw: Any, unit: Unit, fields: Fields) -> tuple[Any, tuple[Item, ...]]:
    """The value of the declared kind: number, ISO date, MM-DD, boolean, code (with labels) or list of codes."""
    try:
        if unit.kind == "number":
            return read_number(raw), ()
        if unit.kind == "date":
            return read_date(raw), ()
        if unit.kind == "month_day":
            dt.date.fromisoformat(f"2020-{raw}")
            return raw, ()
    except (ValueError, TypeError) as exc:
        fields.fail("value", str(exc), expected=f"a value of kind {unit.kind}")
    if unit.kind == "boolean":
        if raw not in ("true", "false"):
            fields.fail("value", f"{raw!r} is not a boolean", expected="true or false")
        return raw == "true", ()
    blocks = raw if isinstance(raw, list) else [raw]
    items = tuple(_item(b, fields) for b in blocks)
    if len({i.code for i in items}) < len(items):
        fields.fail("value", "an item is listed twice", expected="each item once")
    if unit.kind == "code":
        if isinstance(raw, list):
            fields.fail("value", "a list where one code is expected", expected="{code: ..., zh: ..., en: ...}")
        return items[0].code, items
    if not isinstance(raw, list) or not items:
        fields.fail("value", "not a list of items", expected="- {code: ..., zh: ..., en: ...}")
    return tuple(i.code for i in items), items


def _item(block: Any, fields: Fields) -> Item:
    item = Fields(block if isinstance(block, Block) else "", fields.file, f"{fields.entry}, key value", fields.error)
    item.only(("code", "zh", "en"))
    return Item(item.text("code"), item.text("zh"), item.text("en"))
