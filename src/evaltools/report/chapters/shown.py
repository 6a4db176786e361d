"""Which indicators of the catalogue the chapters show: `shown.yaml`, checked on reading."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path

from evaltools.errors import ReportError, nearest
from evaltools.standards import load_yaml

MOST = 12
"""Rows of a table in the body of a report."""


@dataclass(frozen=True)
class Section:
    """One table. `key`: its name in the texts; `rule`: id of the rule whose clause is its basis; `owner`: who answers
    for what is not met; `indicators`: ids in the order of the rows."""

    part: str
    key: str
    rule: str
    owner: str
    indicators: tuple[str, ...]


@cache
def sections() -> dict[str, tuple[Section, ...]]:
    """Part of a report -> its sections. Errors: ReportError for a section with other keys, too long or empty."""
    table = load_yaml(Path(__file__).with_name("shown.yaml"), error=ReportError)
    found: dict[str, tuple[Section, ...]] = {}
    for part, entries in table.items():
        found[part] = tuple(_section(part, key, given) for key, given in entries.items())
    return found


def _section(part: str, key: str, given: dict[str, object]) -> Section:
    if set(given) != {"rule", "owner", "indicators"}:
        raise ReportError(f"section {key!r} has {sorted(given)}", expected="rule, owner, indicators",
                          where=f"report/chapters/shown.yaml, {part}")  # fmt: skip
    names = given["indicators"]
    if not isinstance(names, list) or not 0 < len(names) <= MOST or len(set(names)) < len(names):
        raise ReportError(f"the indicators of section {key!r}", expected=f"1 to {MOST} different ids",
                          where=f"report/chapters/shown.yaml, {part}")  # fmt: skip
    return Section(part, key, str(given["rule"]), str(given["owner"]), tuple(str(n) for n in names))


def part(name: str) -> tuple[Section, ...]:
    """The sections of one part. Errors: ReportError with the nearest name."""
    if name not in sections():
        raise ReportError(f"no part {name!r}", expected=nearest(name, sections()), where="report/chapters/shown.yaml")
    return sections()[name]


def ids(*parts: str) -> tuple[str, ...]:
    """The indicators of some parts, each once."""
    return tuple(dict.fromkeys(i for name in parts for s in part(name) for i in s.indicators))
