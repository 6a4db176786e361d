"""Rows that expressions are computed on: a block of a table, or pairs of our rows and those of another table."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Protocol

import numpy as np

from evaltools.indicators.engine import values as v
from evaltools.indicators.engine.columns import Columns
from evaltools.indicators.engine.joins import OURS
from evaltools.indicators.engine.source import RuleValues
from evaltools.indicators.engine.step import Step
from evaltools.intake import Contract

BLOCK = 1 << 16
"""Rows computed on at a time: few enough that a column of them stays in the processor's cache."""


class Gathers(Protocol):
    """Gathers columns of other tables for a block."""

    def __call__(self, name: str, block: Block) -> Any: ...


@dataclass(frozen=True)
class Block:
    """The rows `start` to `stop` of some columns of a table, with the rules of their city and year.

    year : the year they are taken as of, None for their own
    """

    contract: Contract
    columns: Columns
    rules: RuleValues
    gather: Gathers
    year: int | None = None
    start: int = 0
    stop: int = 0
    known: dict[str, Any] = field(default_factory=dict)

    @property
    def count(self) -> int:
        """How many rows."""
        return self.stop - self.start

    def value(self, step: Step) -> Any:
        """An expression's values; what two expressions share is computed once."""
        return step.value(self, self.known)

    def column(self, name: str) -> Any:
        """A column of the table."""
        return self.columns.value(name, self.start, self.stop)

    def foreign(self, name: str) -> Any:
        """A gathered column."""
        return self.gather(name, self)

    def rule(self, name: str) -> Any:
        """A rule's value for the city and year of each row."""
        depends, found = self.rules.values(name)
        if depends == "nothing":
            return found
        return v.take(found, self.year_at if depends == "year" else self.place_at)

    @cached_property
    def year_at(self) -> Any:
        """(n,) or one number: position of each row's year among those of the rules."""
        if self.year is not None:
            return self.rules.years.index(self.year)
        years = self.column(str(self.contract.year_column))
        return np.searchsorted(self.rules.years, years[0] if _are_alike(years) else years)

    @cached_property
    def place_at(self) -> Any:
        """(n,) or one number: place of each row's city and year among the values of a rule."""
        name = self.contract.city_column
        city = self.column(name) if name else None
        return self.rules.places(self.year_at, city.take(0) if city is not None and _are_alike(city.codes) else city)


def _are_alike(values: Any) -> bool:
    """Whether all rows have the same value: then it is computed with as a constant."""
    return len(values) > 0 and bool((values == values[0]).all())


@dataclass(frozen=True)
class Pairs:
    """Pairs of a row of ours and one of theirs; `at_ours`, `at_theirs` : (n,) where these stand."""

    theirs: Columns
    at_theirs: Any
    ours: Block | None = None
    at_ours: Any = None
    known: dict[str, Any] = field(default_factory=dict)

    def value(self, step: Step) -> Any:
        """An expression over both."""
        return step.value(self, self.known)

    def column(self, name: str) -> Any:
        """A column of theirs."""
        theirs = self.theirs.value(name) if self.ours is None else self.theirs.whole(name)  # kept for the next block of ours
        return v.take(theirs, self.at_theirs)

    def foreign(self, name: str) -> Any:
        """A column of ours."""
        assert self.ours is not None
        return v.take(self.ours.value(Step.leaf("column", name.removeprefix(OURS))), self.at_ours)

    def rule(self, name: str) -> Any:
        """A rule's value for the city and year of our row."""
        assert self.ours is not None
        return v.take(self.ours.value(Step.leaf("rule", name)), self.at_ours)
