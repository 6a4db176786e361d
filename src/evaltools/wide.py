"""How results of the whole province are made once, kept on disk, and honest when they failed."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from evaltools import provenance, terms
from evaltools.errors import EvaltoolsError
from evaltools.kept import kept
from evaltools.paths import resolve
from evaltools.standards import RuleBook

if TYPE_CHECKING:
    from evaltools.indicators.assessment import Assessment
    from evaltools.risk.published import RiskTables

T = TypeVar("T")


Province = Any
"""A `ProvinceEvaluation`, which stands to the right of this module: its `assessment`, `rules`, `failures`, `invalid`
and `sound` are used here."""


@dataclass(frozen=True)
class Shared(Generic[T]):
    """`value`: what was made, None where it could not be, and `reason`: why not; `left_out`: code of a city that could
    not enter -> why."""

    value: T | None
    reason: str = ""
    left_out: Mapping[str, str] = field(default_factory=dict)


def province_wide(
    kind: str, data: str, year: int, as_of: date, book: RuleBook, make: Callable[[], Shared[T]],
    depends_on: Mapping[str, Any] | None = None,
) -> Shared[T]:  # fmt: skip
    """What `make` returns, from disk where inputs, rules, year, date, `depends_on`, code and versions are the same.

    A fault of the data is a result and is kept too: no city need find it again. Any other error is told as the reason
    and not kept: what the province could not make never stops a city's report.
    """
    scope = {"rules": book.digest, "year": year, "as_of": as_of.isoformat(), **(depends_on or {})}

    def made() -> Shared[T]:
        try:
            return make()
        except EvaltoolsError as err:
            return Shared(None, first_line(err))

    try:
        return kept(kind, {"inputs": provenance.hash_inputs(resolve(data)), **scope}, made)
    except Exception as err:
        return Shared(None, f"{type(err).__name__}: {first_line(err)}")


def first_line(err: Exception) -> str:
    return (str(err).splitlines() or [""])[0]


def assessment_of(
    data: str, year: int, as_of: date, book: RuleBook, whole: Callable[[], Province]
) -> Shared[Assessment]:  # fmt: skip
    """The assessment of the cities with tasks as it may be published, as kept or made from `whole`."""
    from evaltools.indicators.assessment.settings import FILE

    given = resolve(FILE)
    settings = provenance.file_digest(given) if given.is_file() else ""
    return province_wide("assessment", data, year, as_of, book, lambda: assessed(whole()), {"settings": settings})


def assessed(whole: Province) -> Shared[Assessment]:
    """Which city is broken is looked for, by reading all tables of each, only where something broke a contract or nothing
    could be made: a city without rows is no reason."""
    found, why = _published(whole)
    if (found is None or whole.invalid) and whole.sound is not whole:
        return Shared(*_published(whole.sound), dict(whole.sound.failures))
    return Shared(found, why, dict(whole.failures))


def _published(one: Province) -> tuple[Assessment | None, str]:
    """What may be published, or None and why."""
    from evaltools.indicators.assessment import publish_assessment

    try:
        return publish_assessment(one.assessment, one.rules), ""
    except EvaltoolsError as err:
        return None, first_line(err)


def broken_cities(data: str, cities: Sequence[terms.City]) -> dict[str, str]:
    """Code of each city whose tables break their contracts -> the first line of the error."""
    from evaltools.intake import open_tables

    found: dict[str, str] = {}
    for city in cities:
        try:
            open_tables(resolve(data), city=city).read_all()
        except EvaltoolsError as err:
            found[city.code] = first_line(err)
    return found


def risk(data: str, year: int, as_of: date, book: RuleBook) -> Shared[RiskTables]:
    """The model of returns of the cities with tasks, as it may be published: fitted once on the panels of all of them.

    The tables of each city are read apart, so that a broken one costs its own city alone. Where there is no model the
    result is there all the same and says why (`RiskTables.absences`).
    """
    return province_wide("risk", data, year, as_of, book, lambda: _risk(data, year, as_of, book))


def _risk(data: str, year: int, as_of: date, book: RuleBook) -> Shared[RiskTables]:
    from evaltools.intake import open_tables
    from evaltools.risk.results import risk_tables

    cities = [c.code for c in terms.CITIES if c.has_tasks]
    found = risk_tables(lambda code: open_tables(resolve(data), city=code), cities, book, book.at(as_of), year)
    left_out = {code: f"{a.kind}: {a.what}" for code, a in found.absences.items() if code}
    return Shared(found, left_out=left_out)
