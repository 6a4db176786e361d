"""One number with its ground: what was computed, from which rows, by which rule, how sure.

Everything the report prints is one of these, or a row of a table that passed `disclosure.protect`.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace

from evaltools.terms import VerdictState

SUPPRESSED_TEXT = "—"


@dataclass(frozen=True)
class Source:
    """Where a value comes from.

    tables : names of the tables read, e.g. ("survey", "price_index")
    formula : the formula in plain words with column names
    rows : number of rows (units of observation) that entered; None where no rows are read (a rule's value)
    rules : ids of the rules applied, e.g. ("gate.omission_rate_max",)
    """

    tables: tuple[str, ...] = ()
    formula: str = ""
    rows: int | None = None
    rules: tuple[str, ...] = ()


@dataclass(frozen=True)
class Value:
    """A published value.

    value : number or text; None where it could not be computed (then `note` says why) or was suppressed
    unit : "fraction", "yuan", "households", "persons", "villages", "" ... ; rates are fractions until the report
    low, high : interval of confidence `level` (the one its verdict used), None where there is none
    n : rows (households of a survey) behind it; n_psu : sampled villages
    verdict : state against its rule, None where no rule applies
    suppressed : whether disclosure control removed the number
    """

    id: str
    value: float | int | str | None
    unit: str
    label_zh: str
    label_en: str
    source: Source = field(default_factory=Source)
    low: float | None = None
    high: float | None = None
    level: float | None = None
    n: int | None = None
    n_psu: int | None = None
    verdict: VerdictState | None = None
    suppressed: bool = False
    note: str = ""

    def label(self, lang: str = "zh") -> str:
        """The Chinese or English label."""
        return self.label_zh if lang == "zh" else self.label_en

    def suppress(self) -> Value:
        """The same value without its number and interval."""
        return replace(self, value=None, low=None, high=None, n=None, suppressed=True)

    @property
    def is_known(self) -> bool:
        """Whether there is a number or text to print."""
        return self.value is not None and not (isinstance(self.value, float) and math.isnan(self.value))
