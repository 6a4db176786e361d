"""An entry of the catalogue: one indicator."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from evaltools.indicators.engine.joins import Join
from evaltools.indicators.engine.language import Compiled
from evaltools.standards import Rules
from evaltools.terms import Term

SURVEYS: tuple[str, ...] = ("survey", "satisfaction")
"""Tables of samples: estimated through their design, never counted."""


class Statistic(Term):
    """How the rows of a population become one number."""

    SHARE = "share", "占比", "share"
    MEAN = "mean", "均值", "mean"
    TOTAL = "total", "合计", "total"
    RATIO = "ratio", "比率", "ratio of totals"
    MEDIAN = "median", "中位数", "median"
    COUNT = "count", "个数", "count"
    COVERAGE = "coverage", "覆盖率", "coverage"


@dataclass(frozen=True)
class Indicator:
    """One entry. `population`, `measure`, `of`: compiled expressions over the rows of `table`, None where not given.

    share : rows (or `weight`) of the population with a true measure; count : how many those are;
    mean, total, median : of the measure; ratio : total of measure / total of `of`;
    coverage : the same for units done and units due, whose unknown units may still be covered or not.
    rule : id of the rule it is held against; cite : id of a rule whose clause is its source but no limit for it
    is_every : the rule speaks of each unit, so that the share of those that keep it is held against 100 %
    joins : columns gathered from other tables that it uses
    """

    id: str
    label_zh: str
    label_en: str
    chapter: str
    observation: str
    table: str
    statistic: Statistic
    unit: str
    population: Compiled | None
    measure: Compiled | None
    of: Compiled | None
    weight: str | None
    period: str
    rule: str | None
    is_every: bool
    cite: str | None
    document: str
    clause: str
    direction: str
    inventory: tuple[str, ...]
    note: str
    joins: tuple[Join, ...]
    file: str
    line: int

    def label(self, lang: str = "zh") -> str:
        """The Chinese or English label."""
        return self.label_zh if lang == "zh" else self.label_en

    def citation(self, rules: Rules, lang: str = "zh") -> str:
        """Document and clause: of the rule it is held against, of the rule it only cites, or its own."""
        rule = self.rule or self.cite
        return rules[rule].cite(lang) if rule else f"{self.document} {self.clause}"

    @cached_property
    def expressions(self) -> tuple[Compiled, ...]:
        """The compiled expressions that are there."""
        return tuple(e for e in (self.population, self.measure, self.of) if e is not None)

    @cached_property
    def columns(self) -> frozenset[str]:
        """Columns of the table it reads."""
        found = frozenset().union(*(e.columns for e in self.expressions), *(j.own for j in self.joins))
        return found | {self.weight} if self.weight else found

    @cached_property
    def rules_read(self) -> frozenset[str]:
        """Rules whose values enter its expressions (not the limit it is held against)."""
        return frozenset().union(*(e.rules for e in self.expressions), *(j.rules for j in self.joins))

    @cached_property
    def tables(self) -> tuple[str, ...]:
        """Its own table, then those its joins read."""
        return tuple(dict.fromkeys((self.table, *(j.table for j in self.joins))))

    @property
    def is_survey(self) -> bool:
        """Whether it is estimated from a sample."""
        return self.table in SURVEYS
