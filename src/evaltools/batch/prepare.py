"""Before the first city: results of the whole province that the cities' reports read are made once and kept.

A further one joins by its line in `PROVINCE_WIDE`: its name, what it is, and a function that keeps what it makes.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date
from typing import Any

from evaltools import shared, terms
from evaltools.batch.jobs import Job
from evaltools.errors import EvaltoolsError
from evaltools.intake import open_tables
from evaltools.paths import resolve, shown
from evaltools.standards import RuleBook, evaluation_date
from evaltools.wide import Shared

Scope = tuple[str, int, date]
Told = Callable[[str], None]
"""Called with a line for whoever watches."""

PROVINCE_WIDE: tuple[tuple[str, Callable[[str, int, date, RuleBook], Shared[Any]]], ...] = (
    ("assessment", shared.assessment),
    ("risk model", shared.risk),
)
"""(name in the line of progress, what makes and keeps it for a data folder, year, date and rule book)."""


def prepare(jobs: Sequence[Job], told: Told | None = None) -> None:
    """Make what the reports of `jobs` share, for each of their data folders, years and dates.

    What cannot be made stops no report: its chapter says why. Cities without tasks read none of it.
    """
    say = told or (lambda _: None)
    book = RuleBook.load()
    for data, year, as_of in scopes(jobs):
        for name, make in PROVINCE_WIDE:
            say(f"{name} of the province, {shown(resolve(data))} {as_of.isoformat()}")
            made = make(data, year, as_of, book)
            if made.value is None:
                say(f"{name}: none, the reports say so: {made.reason}")
            elif made.left_out:
                names = ", ".join(terms.city(code).zh for code in made.left_out)
                say(f"{name}: without {names}")


def scopes(jobs: Sequence[Job]) -> list[Scope]:
    """The different data folders, years and dates of cities with tasks, in the order of the jobs."""
    found: dict[Scope, None] = {}
    for job in jobs:
        given = job.parameters
        if job.city == terms.PROVINCE_KEY:  # it evaluates the province itself
            continue
        if terms.city(job.city).has_tasks and _has_tables(str(given["data"])):
            year = int(given["year"])
            found[str(given["data"]), year, evaluation_date(str(given["as_of"]), year)] = None
    return list(found)


def _has_tables(data: str) -> bool:
    """Whether there is anything to prepare from. A folder that cannot be opened is told by each report that reads it."""
    try:
        return bool(open_tables(resolve(data)).names)
    except EvaltoolsError:
        return False
