"""Every error a user can meet: what was seen, where, what was expected, what to do next, and the exit status.

The README's table of exit statuses is this file read aloud; a test keeps them equal.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable


class EvaltoolsError(Exception):
    """Base of all errors meant for the user. `code` is stable; `exit_status` is what the command returns."""

    code = "error"
    exit_status = 1
    meaning = "an unexpected failure: please report it with the full message"

    def __init__(
        self, seen: str, *, expected: str = "", where: str = "", todo: str = "", detail: Iterable[str] = ()
    ) -> None:
        self.seen, self.expected, self.where, self.todo = seen, expected, where, todo
        self.detail = tuple(detail)
        super().__init__(self.render())

    def render(self) -> str:
        """The message in one piece: seen, where, expected, to do, then up to 20 details."""
        parts = [f"[{self.code}] {self.seen}"]
        parts += [f"  where: {self.where}"] if self.where else []
        parts += [f"  expected: {self.expected}"] if self.expected else []
        parts += [f"  to do: {self.todo}"] if self.todo else []
        parts += [f"  - {line}" for line in self.detail[:20]]
        if len(self.detail) > 20:
            parts.append(f"  ... and {len(self.detail) - 20} more")
        return "\n".join(parts)

    def __reduce__(self):  # errors cross process borders in a batch
        return (_rebuild, (type(self), self.seen, self.expected, self.where, self.todo, self.detail))


def _rebuild(cls, seen, expected, where, todo, detail):
    return cls(seen, expected=expected, where=where, todo=todo, detail=detail)


class ParameterError(EvaltoolsError):
    code = "parameter"
    exit_status = 3
    meaning = "a notebook parameter is misspelt, missing, undeclared or of the wrong type"


class ScopeError(EvaltoolsError):
    code = "scope"
    exit_status = 4
    meaning = "an unknown city, or a year or date outside the rule book"


class RuleBookError(EvaltoolsError):
    code = "rule-book"
    exit_status = 5
    meaning = "a rule, claim, catalogue or contract entry is incomplete or wrong"


class RuleUndefinedError(EvaltoolsError):
    code = "rule-undefined"
    exit_status = 6
    meaning = "no rule is defined for this city at this date, and none is guessed"


class DataMissingError(EvaltoolsError):
    code = "data-missing"
    exit_status = 7
    meaning = "a file, table or column is absent"


class DataInvalidError(EvaltoolsError):
    code = "data-invalid"
    exit_status = 8
    meaning = "a value breaks its contract; every violation is listed with file, row, column, value and rule"


class EstimationError(EvaltoolsError):
    code = "estimation"
    exit_status = 9
    meaning = "a survey design, weight or estimate that cannot be computed honestly"


class ReportError(EvaltoolsError):
    code = "report"
    exit_status = 10
    meaning = "a report could not be written: a missing glyph, an error cell, an unbound number"


class BatchError(EvaltoolsError):
    code = "batch"
    exit_status = 11
    meaning = "one or more cities of a batch failed; the others are complete, see manifest.json"


class ModelError(EvaltoolsError):
    code = "model"
    exit_status = 12
    meaning = "the risk model cannot be fitted, loaded or applied to this table"


ERRORS: tuple[type[EvaltoolsError], ...] = (
    EvaltoolsError, ParameterError, ScopeError, RuleBookError, RuleUndefinedError, DataMissingError,
    DataInvalidError, EstimationError, ReportError, BatchError, ModelError,
)  # fmt: skip


def nearest(name: str, valid: Iterable[str], n: int = 3) -> str:
    """The valid names closest to `name`, as text for an error's `expected`; all of them if there are few."""
    names = sorted({str(v) for v in valid})
    close = difflib.get_close_matches(str(name), names, n=n, cutoff=0.5)
    if close:
        return "did you mean " + ", ".join(close) + "?"
    shown = ", ".join(names[:30])
    return f"one of {shown}" + (" ..." if len(names) > 30 else "")
