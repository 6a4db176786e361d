"""Published figures as facts: what was printed, how exactly, of whom, as of when, and where."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from pathlib import Path

import pandas as pd

from evaltools.errors import RuleBookError, nearest
from evaltools.standards.entry import ID_PATTERN
from evaltools.standards.pairings import FOLDER
from evaltools.standards.vocabulary import Unit, Vocabulary, Word, load_vocabulary
from evaltools.standards.yamlfile import Fields, load_yaml, read_number
from evaltools.terms import CITIES, City
from evaltools.terms import city as find_city

SCALES = {"": Fraction(1), "%": Fraction(1, 100), "万": Fraction(10_000), "亿": Fraction(100_000_000)}
CLAIM_KINDS = ("stock", "flow", "cumulative", "target", "plan", "rate")
NOT_CLAIMS = ("qualifiers.yaml", "relations.yaml", "vocabulary.yaml", "documents.yaml")
PRINTED = {"about": "约{}{}", "near": "近{}{}", "over": "{}多{}", "at_least": "{}{}以上"}
_KEYS = (
    "id", "label", "value", "printed", "wording", "scale", "qualifier", "unit", "entity", "scope", "level", "area",
    "as_of", "period", "kind", "document", "clause", "inventory", "note", "measure",
)  # fmt: skip
_CODES = {c.zh: c.code for c in CITIES}
Bound = Fraction | float
"""A bound of an interval; infinity where a qualifier sets none."""


@dataclass(frozen=True)
class Qualifier:
    """How far below and above a printed figure the counted one may lie: the terms and whether the largest is taken."""

    code: str
    zh: str
    en: str
    below: tuple[str, ...]
    above: tuple[str, ...]
    take: str

    def reach(self, terms: tuple[str, ...], value: Fraction, half_step: Fraction, step: Fraction) -> Bound:
        """The distance that `terms` allow, in the unit of `value`."""
        sizes = {"none": Fraction(0), "half_step": half_step, "step": step, "unbounded": float("inf")}
        found = [sizes[t] if t in sizes else abs(value) * Fraction(t[:-1]) / 100 for t in terms]
        return max(found) if self.take == "max" else min(found)


@dataclass(frozen=True)
class Claim:
    """One published figure. `value`, `low`, `high` are in `unit` (fractions, persons, yuan); None for wording alone."""

    id: str
    label_zh: str
    label_en: str
    written: str
    value: Fraction | None
    low: Bound | None
    high: Bound | None
    resolution: Fraction
    """One unit of the last printed digit; 0 for counted or prescribed figures."""
    qualifier: str
    unit: str
    entity: str
    scope: str
    level: str
    area: str | None
    as_of: str
    period: str
    kind: str
    document: str
    clause: str
    note: str
    inventory: tuple[str, ...]
    measure: str
    """Id of the indicator that measures the same thing in data, where there is one."""

    def label(self, lang: str = "zh") -> str:
        return self.label_zh if lang == "zh" else self.label_en

    def cite(self) -> str:
        return f"{self.document} {self.clause}"

    def __repr__(self) -> str:
        return f"Claim({self.id} {self.written} · {self.label_zh} · {self.as_of} · {self.cite()})"


class Claims(Mapping[str, Claim]):
    """All published figures by id."""

    def __init__(self, claims: Mapping[str, Claim], topics: Mapping[str, Word], vocabulary: Vocabulary) -> None:
        self._claims, self.topics, self.vocabulary = dict(claims), dict(topics), vocabulary

    @staticmethod
    def load(extra: Path | str | None = None) -> Claims:
        """The packaged facts, and those of the folder `extra`. Raises RuleBookError naming file, entry and key."""
        base = _packaged()
        if extra is None:
            return base
        folder = Path(extra)
        if not folder.is_dir():
            raise RuleBookError(f"{folder} is not a folder", expected="a folder with *.yaml of claims", where="extra")
        words = load_vocabulary([FOLDER, folder])
        found, topics = dict(base._claims), dict(base.topics)
        _read_folder(folder, words, found, topics)
        return Claims(found, topics, words)

    def __getitem__(self, claim_id: str) -> Claim:
        if claim_id not in self._claims:
            close = nearest(claim_id, self._claims)
            raise RuleBookError(f"unknown claim {claim_id!r}", expected=close, where="claims")
        return self._claims[claim_id]

    def __contains__(self, key: object) -> bool:
        return key in self._claims

    def __iter__(self) -> Iterator[str]:
        return iter(self._claims)

    def __len__(self) -> int:
        return len(self._claims)

    def of(self, city: City | str | None = None) -> tuple[Claim, ...]:
        """The figures of one city, or (None) those that speak of the province as a whole."""
        code = None if city is None else find_city(city).code
        return tuple(c for c in self._claims.values() if c.area == code)

    def inventory(self) -> dict[str, tuple[str, ...]]:
        """Inventory id -> ids of the claims that carry it."""
        found: dict[str, list[str]] = {}
        for claim in self._claims.values():
            for item in claim.inventory:
                found.setdefault(item, []).append(claim.id)
        return {key: tuple(sorted(ids)) for key, ids in sorted(found.items())}

    def to_frame(self, lang: str = "zh") -> pd.DataFrame:
        """One row per figure: as printed, with the interval that the printing allows."""
        rows = [{
            "id": c.id, "label": c.label(lang), "written": c.written, "value": _plain(c.value), "low": _plain(c.low),
            "high": _plain(c.high), "unit": self.vocabulary.units[c.unit].label(lang), "entity": c.entity,
            "scope": c.scope, "area": c.area, "as_of": c.as_of, "kind": c.kind, "cite": c.cite(), "note": c.note,
        } for c in self._claims.values()]  # fmt: skip
        return pd.DataFrame(rows)

    def __repr__(self) -> str:
        return f"Claims({len(self)} published figures, {len(self.topics)} topics)"

    def _repr_html_(self) -> str:
        frame = self.to_frame()[["label", "written", "scope", "as_of", "cite", "id"]]
        return f"<p>{self!r}</p>" + frame.to_html(index=False, border=0)


def _plain(number: Bound | None) -> float | None:
    return None if number is None else float(number)


@lru_cache(maxsize=1)
def _packaged() -> Claims:
    words = load_vocabulary([FOLDER])
    claims: dict[str, Claim] = {}
    topics: dict[str, Word] = {}
    _read_folder(FOLDER / "claims", words, claims, topics)
    return Claims(claims, topics, words)


@lru_cache(maxsize=1)
def load_qualifiers() -> dict[str, Qualifier]:
    """The conventions of `claims/qualifiers.yaml`."""
    path = FOLDER / "claims" / "qualifiers.yaml"
    found = {}
    for code, block in Fields(load_yaml(path), path.name, "qualifiers").block["qualifiers"].items():
        fields = Fields(block, path.name, code)
        fields.only(("zh", "en", "below", "above", "take"))
        take = fields.choice("take", ("max", "min"))
        found[code] = Qualifier(
            code, fields.text("zh"), fields.text("en"), fields.texts("below"), fields.texts("above"), take
        )
    return found


def _read_folder(folder: Path, words: Vocabulary, claims: dict[str, Claim], topics: dict[str, Word]) -> None:
    for path in sorted(folder.glob("*.yaml")):
        if path.name in NOT_CLAIMS:
            continue
        top = Fields(load_yaml(path), path.name, "file")
        top.only(("topic", "claims"))
        head = Fields(top.block.get("topic"), path.name, "topic")
        head.only(("id", "zh", "en"))
        topics.setdefault(head.text("id"), Word(head.text("id"), head.text("zh"), head.text("en")))
        blocks = top.block.get("claims")
        if not isinstance(blocks, list) or not blocks:
            top.fail("claims", "no list of claims", expected="claims: [...]")
        for number, block in enumerate(blocks, 1):
            claim = _read_claim(Fields(block, path.name, f"claim {number}"), words)
            if claim.id in claims:
                where = f"{path.name}, entry {claim.id}, key id"
                raise RuleBookError(f"two claims with the id {claim.id!r}", where=where, expected="each id once")
            claims[claim.id] = claim


def _read_claim(fields: Fields, words: Vocabulary) -> Claim:
    fields.entry = fields.text("id")
    if not ID_PATTERN.fullmatch(fields.entry):
        fields.fail("id", f"{fields.entry!r} is not an id", expected="lower-case words joined by dots")
    fields.only(_KEYS)
    zh, en = fields.labels()
    unit = words.units[fields.choice("unit", words.units)]
    written, value, low, high, resolution = _figure(fields, unit)
    area = fields.text("area", "") or None
    if area is not None and area not in _CODES:
        fields.fail("area", f"unknown city {area!r}", expected=nearest(area, _CODES))
    document = words.documents[fields.choice("document", words.documents)]
    as_of = fields.date("as_of") or fields.fail("as_of", "'as_of' is missing", expected="YYYY-MM-DD")
    return Claim(
        fields.entry, zh, en, written, value, low, high, resolution, fields.text("qualifier", ""), unit.code,
        fields.text("entity"), fields.text("scope"), fields.choice("level", words.levels),
        _CODES[area] if area else None, as_of, fields.text("period", ""), fields.choice("kind", CLAIM_KINDS),
        document.cite, fields.text("clause"), fields.text("note", ""), fields.texts("inventory"),
        fields.text("measure", ""),
    )  # fmt: skip


def _figure(fields: Fields, unit: Unit) -> tuple[str, Fraction | None, Bound | None, Bound | None, Fraction]:
    """What was printed, its value and interval, and one unit of its last digit."""
    if "wording" in fields.block:
        if "value" in fields.block or "qualifier" in fields.block:
            fields.fail("wording", "wording beside a value", expected="a value with its qualifier, or wording alone")
        return fields.text("wording"), None, None, None, Fraction(0)
    digits, scale = str(fields.block.get("value", "")), fields.choice("scale", SCALES, "")
    try:
        read_number(digits)
    except ValueError as exc:
        fields.fail("value", str(exc), expected="the digits as printed, such as 161.5, with scale: 万")
    qualifiers = load_qualifiers()
    qualifier = qualifiers[fields.choice("qualifier", qualifiers)]
    value = Fraction(digits) * SCALES[scale]
    decimals = len(digits.partition(".")[2])
    digit = SCALES[scale] / 10**decimals
    step = digit * 10 ** (len(digits) - len(digits.rstrip("0"))) if decimals == 0 and value else digit
    low = value - qualifier.reach(qualifier.below, value, digit / 2, step)
    high = value + qualifier.reach(qualifier.above, value, digit / 2, step)
    if unit.high is not None:
        high = min(high, Fraction(str(unit.high)))
    usual = PRINTED.get(qualifier.code, "{}{}").format(digits, scale)
    return fields.text("printed", usual), value, low, high, Fraction(0) if qualifier.code == "exact" else digit

