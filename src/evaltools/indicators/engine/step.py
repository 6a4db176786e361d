"""An expression as operations on whole columns, each done once for the rows at hand."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any, Protocol

from evaltools.indicators.engine import values as v


class Rows(Protocol):
    """Where an expression finds the values of its rows."""

    def column(self, name: str) -> Any:
        """A column of the entry's own table."""
        ...

    def rule(self, name: str) -> Any:
        """The value of a rule for each row's city and year."""
        ...

    def foreign(self, name: str) -> Any:
        """A column from elsewhere."""
        ...


@dataclass(frozen=True)
class Step:
    """One operation of an expression. Two steps with one `key` give the same: a row's is computed once.

    apply : of the values of `inputs`; for a leaf (`source` is column, rule or foreign), the rows are asked for `name`
    """

    key: str
    apply: Callable[..., Any] | None = None
    inputs: tuple[Step, ...] = ()
    source: str = ""
    name: str = ""

    @staticmethod
    def of(name: str, apply: Callable[..., Any], *inputs: Step) -> Step:
        """A function of other steps."""
        return Step(f"{name}({', '.join(i.key for i in inputs)})", apply, inputs)

    @staticmethod
    def leaf(source: str, name: str) -> Step:
        """Something the rows know."""
        return Step(f"{source}:{name!r}", source=source, name=name)

    @staticmethod
    def constant(value: Any) -> Step:
        """The same value for all rows."""
        return Step(f"{type(value).__name__}:{value!r}", partial(v.constant, value))

    def value(self, rows: Rows, known: dict[str, Any]) -> Any:
        """The values of all rows; `known`: key -> what has been computed for these rows already, and is added to."""
        found = known.get(self.key)
        if found is None:
            if self.apply is None:
                found = getattr(rows, self.source)(self.name)
            else:
                found = self.apply(*[i.value(rows, known) for i in self.inputs])
            known[self.key] = found
        return found

    @property
    def sources(self) -> frozenset[str]:
        """Where its leaves come from: column, rule, foreign."""
        return frozenset({self.source} - {""}).union(*(i.sources for i in self.inputs))
