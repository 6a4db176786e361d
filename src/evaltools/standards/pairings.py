"""Who helps whom, by date: counterpart cities, supervision by parties, east-west cooperation."""

from __future__ import annotations

import datetime as dt
from dataclasses import asdict, dataclass
from functools import lru_cache
from pathlib import Path

import pandas as pd

from evaltools.errors import RuleBookError
from evaltools.standards.vocabulary import Document, RuleStatus
from evaltools.standards.yamlfile import Fields, load_yaml
from evaltools.terms import CITIES, City, city

FOLDER = Path(__file__).parent
KINDS = ("counterpart", "self_help", "supervision", "east_west", "support")
_KEYS = ("kind", "helper", "helped", "from", "to", "document", "clause", "status", "confirmed", "note")
_CODES = {c.zh: c.code for c in CITIES}
_NAMES = {c.code: c.zh for c in CITIES}


@dataclass(frozen=True)
class Pairing:
    """One dated pair. Cities of Guangdong appear as codes, everybody else by name."""

    kind: str
    helper: str
    helped: str
    start: str
    end: str | None
    document: str
    clause: str
    status: RuleStatus
    confirmed: str
    note: str = ""

    def holds(self, day: str) -> bool:
        return self.start <= day and (self.end is None or day <= self.end)


@dataclass(frozen=True)
class Pairings:
    """All pairs; the questions take an optional date and by default ask for the last day of 2020."""

    pairs: tuple[Pairing, ...]

    def of_kind(self, kind: str, as_of: dt.date | str = "2020-12-31") -> tuple[Pairing, ...]:
        """The pairs of one kind in force on a date."""
        if kind not in KINDS:
            raise RuleBookError(f"unknown kind of pairing {kind!r}", expected="one of " + ", ".join(KINDS))
        return tuple(p for p in self.pairs if p.kind == kind and p.holds(str(as_of)))

    def helped_by(self, helper: City | str, as_of: dt.date | str = "2020-12-31") -> tuple[str, ...]:
        """Codes of the cities that `helper` helps, in order; empty for a city that helps none."""
        code = city(helper).code
        return tuple(sorted(p.helped for p in self.of_kind("counterpart", as_of) if p.helper == code))

    def helper_of(self, helped: City | str, as_of: dt.date | str = "2020-12-31") -> str | None:
        """Code of the city that helps `helped`; None for self-help and helping cities."""
        code = city(helped).code
        found = [p.helper for p in self.of_kind("counterpart", as_of) if p.helped == code]
        return found[0] if found else None

    def to_frame(self) -> pd.DataFrame:
        """One row per pair, with names beside codes."""
        frame = pd.DataFrame([asdict(p) for p in self.pairs])
        for column in ("helper", "helped"):
            frame[f"{column}_name"] = [_NAMES.get(str(v), str(v)) for v in frame[column]]
        return frame.assign(status=frame["status"].astype(str))

    def _repr_html_(self) -> str:
        columns = ["kind", "helper_name", "helped_name", "start", "document", "clause"]
        return self.to_frame()[columns].to_html(index=False)


@lru_cache(maxsize=1)
def _packaged_blocks() -> tuple[Fields, ...]:
    top = Fields(load_yaml(FOLDER / "pairings.yaml"), "pairings.yaml", "pairings")
    top.only(("inventory", "pairings"))
    return tuple(Fields(b, "pairings.yaml", f"pairing {i}") for i, b in enumerate(top.block["pairings"], 1))


@lru_cache(maxsize=32)
def helped_cities(code: str) -> tuple[str, ...]:
    """Codes of the cities a city was ever paired with: the scope of a helping city's own rules."""
    blocks = (f.block for f in _packaged_blocks())
    return tuple(
        _CODES[b["helped"]] for b in blocks if b["kind"] == "counterpart" and _CODES.get(b["helper"]) == code
    )


def read_pairings(fields: tuple[Fields, ...], documents: dict[str, Document]) -> Pairings:
    """Check and build the pairs. Raises RuleBookError for an unknown kind, city or document, or two helpers at once."""
    pairs = tuple(_pair(f, documents) for f in fields)
    seen: dict[str, list[Pairing]] = {}
    for pair in pairs:
        if pair.kind != "counterpart":
            continue
        for other in seen.setdefault(pair.helped, []):
            if pair.start <= (other.end or "9999") and other.start <= (pair.end or "9999"):
                raise RuleBookError(
                    f"{_NAMES[pair.helped]} has two helpers at once: {_NAMES[pair.helper]} and {_NAMES[other.helper]}",
                    where="pairings.yaml", expected="one helping city at a time",
                )  # fmt: skip
        seen[pair.helped].append(pair)
    return Pairings(pairs)


def pairing_inventory() -> dict[str, tuple[str, ...]]:
    """Inventory ids covered by each kind of pair."""
    top = Fields(load_yaml(FOLDER / "pairings.yaml"), "pairings.yaml", "pairings")
    kinds = Fields(top.block.get("inventory"), "pairings.yaml", "inventory")
    kinds.only(KINDS)
    return {kind: kinds.texts(kind) for kind in kinds.block}


def load_pairings(documents: dict[str, Document]) -> Pairings:
    """The packaged pairs."""
    return read_pairings(_packaged_blocks(), documents)


def _pair(fields: Fields, documents: dict[str, Document]) -> Pairing:
    fields.only(_KEYS)
    kind = fields.choice("kind", KINDS)
    helper, helped = fields.text("helper"), fields.text("helped")
    if kind in ("counterpart", "self_help"):
        for key, name in (("helper", helper), ("helped", helped)):
            if name not in _CODES:
                fields.fail(key, f"unknown city {name!r}", expected="a city of Guangdong, such as 梅州")
    start = fields.date("from") or fields.fail("from", "'from' is missing", expected="YYYY-MM-DD")
    confirmed = fields.date("confirmed") or fields.fail("confirmed", "'confirmed' is missing", expected="YYYY-MM-DD")
    return Pairing(
        kind, _CODES.get(helper, helper), _CODES.get(helped, helped), start, fields.date("to"),
        fields.choice("document", documents), fields.text("clause"),
        RuleStatus(fields.choice("status", [s.value for s in RuleStatus])), confirmed, fields.text("note", ""),
    )  # fmt: skip
