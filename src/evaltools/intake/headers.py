"""Find the header in a sheet of a user and say which column of the contract each header means, and in which unit."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache

from evaltools.intake.contract import Column, Contract
from evaltools.intake.identifiers import redact
from evaltools.intake.units import UNITS

SCAN_ROWS, MAX_HEADER_ROWS = 15, 3
_SUFFIX = re.compile(r"^(.+?)\(([^()]*)\)$")
_STATED = re.compile(r"单位\s*[:：]\s*([^\s,，、;；)）]+)")
_MONEY_LIKE = re.compile(r"元|币|美金|%|‰|人|户|个|月|天|亩|米|倍")


@dataclass
class HeaderMatch:
    """Which source column holds which contract column."""

    positions: dict[str, int] = field(default_factory=dict)
    """Contract column -> position in the source."""
    factors: dict[str, tuple[str, float]] = field(default_factory=dict)
    """Contract column -> (unit in the header, multiply by), where it is not 1."""
    pseudonyms: set[str] = field(default_factory=set)
    """Identifying columns whose source is already a pseudonym."""
    unknown: list[str] = field(default_factory=list)
    problems: list[tuple[str, str, str]] = field(default_factory=list)
    """(column, rule, message)."""


@dataclass(frozen=True)
class HeaderPlace:
    """Rows `first..last` (0-based) hold the header; `parts[i]` are the header cells over column i, top to bottom."""

    first: int
    last: int
    parts: tuple[tuple[str, ...], ...]
    stated: tuple[str, ...] = ()
    """Units stated once above the table (单位：万元)."""


def plain(header: object) -> str:
    """A header without blanks, stars and case, with half-width brackets."""
    return _plain("" if header is None else str(header))


@lru_cache(maxsize=4096)
def _plain(header: str) -> str:
    text = unicodedata.normalize("NFKC", header)
    return re.sub(r"[\s*]", "", text).strip(":：").lower()


class _Names:
    """All spellings a contract accepts."""

    def __init__(self, contract: Contract) -> None:
        self.by_text: dict[str, tuple[Column, bool]] = {}
        self.canonical = set(contract.columns)
        for column in contract.columns.values():
            for name in (column.name, column.zh, *column.aliases):
                self.by_text[plain(name)] = column, False
            if column.pseudonym:
                self.by_text[plain(column.pseudonym)] = column, True

    def find(self, parts: Sequence[str]) -> tuple[Column, bool, str] | None:
        """(column, is already a pseudonym, unit text) for the header cells over one column."""
        texts = [t for t in dict.fromkeys(plain(p) for p in parts) if t]
        if not texts:
            return None
        for candidate in dict.fromkeys(("".join(texts), texts[-1])):
            found = self._one(candidate)
            if found is not None:
                column, done, unit = found
                if not unit and len(texts) > 1:  # a unit written once over a group of columns
                    group = _SUFFIX.match(texts[0])
                    unit = group[2] if group and column.unit and _factor(column, group[2]) else ""
                return column, done, unit
        return None

    def _one(self, text: str) -> tuple[Column, bool, str] | None:
        if text in self.by_text:
            column, done = self.by_text[text]
            return column, done, "元" if column.unit == "yuan" and text.endswith("_yuan") else ""
        match = _SUFFIX.match(text)
        if match and match[1] in self.by_text:
            return *self.by_text[match[1]], match[2]
        question = re.split(r"[/\-]", text)[-1]  # exports of ODK and Kobo put the group before the question
        if question != text and question in self.canonical:
            return self._one(question)
        return None


def find_header(rows: Sequence[Sequence[object]], contract: Contract) -> HeaderPlace | None:
    """The rows that hold the header, among the first 15: those that name most columns of the contract.

    Titles above it are skipped; a header of two or three rows (a group over its columns) is read together. None when no
    row names any column.
    """
    names = _Names(contract)
    best: tuple[int, HeaderPlace] | None = None
    for span in range(1, MAX_HEADER_ROWS + 1):
        for first in range(max(0, min(SCAN_ROWS, len(rows) - span + 1))):
            block = rows[first : first + span]
            width = max(len(row) for row in block)
            parts = tuple(tuple(_cell(row, i) for row in block) for i in range(width))
            score = sum(_counts(names, p) for p in parts)
            if score and (best is None or score > best[0]):
                best = score, HeaderPlace(first, first + span - 1, parts)
    return _with_rows_above(best[1], rows) if best else None


def _with_rows_above(place: HeaderPlace, rows: Sequence[Sequence[object]]) -> HeaderPlace:
    """Take in a row of groups right above, whose units hold for the columns under it, and units stated in titles."""
    stated = tuple(u for row in rows[: place.first] for cell in row if cell for u in _STATED.findall(str(cell)))
    above = rows[place.first - 1] if place.first else ()
    groups = {str(cell).strip() for cell in above if cell is not None and str(cell).strip()}
    if len(groups) < 2 or place.last - place.first + 1 >= MAX_HEADER_ROWS:
        return HeaderPlace(place.first, place.last, place.parts, stated)
    parts = tuple((_cell(above, i), *cells) for i, cells in enumerate(place.parts))
    return HeaderPlace(place.first - 1, place.last, parts, stated)


def _cell(row: Sequence[object], i: int) -> str:
    return str(row[i]).strip() if i < len(row) and row[i] is not None else ""


def _counts(names: _Names, parts: tuple[str, ...]) -> bool:
    """Whether these cells name a column, the lowest non-empty cell taking part (else it is a row of data)."""
    texts = [t for t in dict.fromkeys(plain(p) for p in parts) if t]
    if not texts:
        return False
    return any(names._one(text) is not None for text in ("".join(texts), texts[-1]))


def match_headers(parts: Sequence[Sequence[str]], contract: Contract, stated: Sequence[str] = ()) -> HeaderMatch:
    """Assign source columns to contract columns; doubles and unknown units are problems, other headers are kept out.

    `stated`: units written once above the table; they hold where a header has none of its own.
    """
    names, match = _Names(contract), HeaderMatch()
    group = ""
    for position, cells in enumerate(parts):
        shown = " / ".join(dict.fromkeys(str(c).strip() for c in cells if str(c).strip()))
        found = names.find(cells)
        if found is None:
            if shown:
                match.unknown.append(redact(shown))
            continue
        column, done, unit = found
        if column.name in match.positions:
            message = f"two columns of the file mean {column.name}: keep one ({redact(shown)})"
            match.problems.append((column.name, "two-columns-for-one", message))
            continue
        match.positions[column.name] = position
        if done:
            match.pseudonyms.add(column.name)
        if not unit:
            unit = next((u for u in stated if column.unit == "yuan" and _factor(column, u) is not None), "")
        group = _open_group(cells, group)
        if not unit and group and _factor(column, group) not in (None, 1.0):
            message = f"the unit {group} of the group before may hold here too: write the unit into each header"
            match.problems.append((column.name, "unknown-unit", message))
        _unit(match, column, unit, shown)
    return match


def _open_group(cells: Sequence[str], before: str) -> str:
    """The unit of a group whose further columns have no group cell (a merged header saved as CSV), else nothing."""
    if len(cells) < 2 or not any(cells[1:]):
        return ""
    if not cells[0]:
        return before
    found = _SUFFIX.match(plain(cells[0]))
    return found[2] if found and plain(cells[0]) != plain(cells[-1]) else ""


def _unit(match: HeaderMatch, column: Column, text: str, header: str) -> None:
    """Take the unit in a header: convert what is known, refuse what is a unit and not known, ignore other remarks."""
    if not text or not column.unit:
        return
    factor = _factor(column, text)
    if factor is not None:
        if factor != 1.0:
            match.factors[column.name] = text, factor
        return
    if _MONEY_LIKE.search(text):
        known = ", ".join(UNITS[column.unit].factors) or "none"
        message = f"unit {text!r} in header {redact(header)!r} cannot be turned into {column.unit}; known: {known}"
        match.problems.append((column.name, "unknown-unit", message))


def _factor(column: Column, text: str) -> float | None:
    """What to multiply by; amounts of the year may say so (万元/年), amounts of a month may not be guessed."""
    unit = UNITS.get(column.unit or "")
    if unit is None:
        return None
    bare = re.sub(r"^单位:?", "", plain(text))
    if column.unit == "yuan":
        bare = re.sub(r"(/|每)(人)?[·/]?年$", "", bare)
    return {plain(k): v for k, v in unit.factors.items()}.get(bare)
