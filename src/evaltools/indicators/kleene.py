"""Kleene's strong three-valued logic on arrays: yes, no, unknown. Unknown is never yes.

A truth array is int8: 1 yes, 0 no, -1 unknown.
Reference: S. C. Kleene, Introduction to Metamathematics (1952), section 64.
"""

from __future__ import annotations

import operator
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from evaltools.standards import RuleStatus

YES, NO, UNKNOWN = 1, 0, -1
Truth = NDArray[np.int8]
COMPARE: dict[str, Any] = {">=": operator.ge, ">": operator.gt, "<=": operator.le, "<": operator.lt, "==": operator.eq}


def truth(values: Any) -> Truth:
    """Truth array of nullable booleans (pandas "boolean", object with None, numpy bool). Missing is unknown.

    values : (n,) booleans, possibly missing
    """
    series = pd.Series(values).astype("boolean")
    return np.asarray(series.astype("Int8").fillna(UNKNOWN), dtype=np.int8)


@dataclass(frozen=True)
class Limit:
    """A rule's value and its comparison, strict or inclusive as the rule says."""

    value: float
    comparison: str

    def holds(self, x: Any) -> Truth:
        """(n,) x <comparison> value, unrounded; a missing x (NaN) is unknown. x : (n,) floats."""
        values = np.asarray(x, dtype=float)
        out = COMPARE[self.comparison](values, self.value).astype(np.int8)
        out[np.isnan(values)] = UNKNOWN
        return out


def limit_of(rule: Any) -> Limit | None:
    """The limit of a rule entry; None where the rule is absent or undefined for this city and date."""
    if rule is None or not rule.is_defined:
        return None
    return Limit(float(rule.value), str(rule.comparison))


def negate(a: Truth) -> Truth:
    """Not a: yes and no change places, unknown stays."""
    return np.where(a == UNKNOWN, UNKNOWN, 1 - a).astype(np.int8)


def every(*parts: Truth) -> Truth:
    """And: no if any part is no, else unknown if any is unknown, else yes."""
    stack = np.stack(parts)
    return np.where((stack == NO).any(0), NO, np.where((stack == UNKNOWN).any(0), UNKNOWN, YES)).astype(np.int8)


def some(*parts: Truth) -> Truth:
    """Or: yes if any part is yes, else unknown if any is unknown, else no."""
    stack = np.stack(parts)
    return np.where((stack == YES).any(0), YES, np.where((stack == UNKNOWN).any(0), UNKNOWN, NO)).astype(np.int8)


def target_of(rule: Any) -> Limit | None:
    """The limit of a rule that binds. What a document says was reached, or announces without a standard, is none:
    such levels are for the reconciliation of claims, not for verdicts."""
    return limit_of(rule) if rule is not None and binds(rule) else None


def binds(rule: Any) -> bool:
    """Whether a rule asks for something, rather than saying that it was reached or will be announced."""
    return rule.status not in (RuleStatus.CLAIMED, RuleStatus.ANNOUNCED)
