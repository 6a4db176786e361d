"""Catalogue entries: one indicator each, checked on loading against contracts, rule book and language."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path

import pandas as pd

from evaltools.errors import RuleBookError, nearest
from evaltools.indicators.engine.joins import Join, read_joins
from evaltools.indicators.engine.language import RULE_KINDS, Compiled, Foreign, RuleType, compile_expression
from evaltools.intake import Contract, contract_names, load_contract
from evaltools.standards import Block, Fields, RuleBook, Rules, load_yaml
from evaltools.terms import Term

FOLDER = Path(__file__).parents[1] / "catalogue"
SURVEYS: tuple[str, ...] = ("survey", "satisfaction")
"""Tables of samples: estimated through their design, never counted."""
_KEYS = (
    "id", "label", "chapter", "observation", "table", "population", "measure", "of", "weight", "statistic", "unit",
    "period", "rule", "every", "cite", "document", "clause", "direction", "inventory", "note",
)  # fmt: skip
_ID = re.compile(r"[a-z][a-z0-9_]*(\.[a-z0-9_]+)*")
_INVENTORY = re.compile(
    r"(HH|V|DM|TA|RM|IN|EM|SS|ED|HE|HO|IF|LE|FI|AS|CA|TM|PB|SM|EW|TP|RL|CV|LI|OT)-\d\d?(\.\d\d?)?|X\d\d?"
)


class Statistic(Term):
    """How the rows of a population become one number."""

    SHARE = "share", "占比", "share"
    MEAN = "mean", "均值", "mean"
    TOTAL = "total", "合计", "total"
    RATIO = "ratio", "比率", "ratio of totals"
    MEDIAN = "median", "中位数", "median"
    COUNT = "count", "个数", "count"
    COVERAGE = "coverage", "覆盖率", "coverage"


DIRECTIONS: tuple[str, ...] = ("higher", "lower", "none")
PERIODS: tuple[str, ...] = ("year", "cumulative")
"""Rows of the report's year, or of all years up to it."""
_MEASURE_KIND = {Statistic.SHARE: "boolean", Statistic.COUNT: "boolean"}
_TWO_PARTS = (Statistic.RATIO, Statistic.COVERAGE)


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


class Catalogue(Mapping[str, Indicator]):
    """All indicators by id. `Catalogue.load()`; a user's own folder or file extends it."""

    def __init__(self, entries: Iterable[Indicator], book: RuleBook) -> None:
        self._entries = {e.id: e for e in entries}
        self.book = book

    @staticmethod
    def load(extra: Path | str | None = None, book: RuleBook | None = None) -> Catalogue:
        """The packaged entries and those of `extra` (a YAML file or a folder of them).

        Raises RuleBookError with file, entry and key: an unknown table, column, rule, unit, chapter, document
        or function, an expression that does not parse or gives the wrong kind, two entries with one id.
        """
        if extra is None and book is None:
            return _packaged()
        book = book or RuleBook.load()
        files = sorted(FOLDER.glob("*.yaml"))
        if extra is not None:
            path = Path(extra)
            if not path.exists():
                raise RuleBookError(
                    f"no catalogue {path.name!r}", expected="a YAML file or a folder of them", where="extra"
                )
            files += sorted(path.glob("*.yaml")) if path.is_dir() else [path]
        return Catalogue(read_files(files, book), book)

    def __getitem__(self, indicator_id: str) -> Indicator:
        if indicator_id not in self._entries:
            raise RuleBookError(
                f"unknown indicator {indicator_id!r}", where="catalogue", expected=nearest(indicator_id, self._entries)
            )
        return self._entries[indicator_id]

    def __iter__(self) -> Iterator[str]:
        return iter(self._entries)

    def __len__(self) -> int:
        return len(self._entries)

    def __contains__(self, key: object) -> bool:
        return key in self._entries

    @property
    def tables(self) -> tuple[str, ...]:
        """Tables that have indicators, in the order of the catalogue."""
        return tuple(dict.fromkeys(e.table for e in self._entries.values()))

    @cached_property
    def looked_up_by(self) -> dict[str, frozenset[str]]:
        """Table -> columns of texts by which rows of it are looked up."""
        found: dict[str, set[str]] = {}
        for join in (j for e in self._entries.values() for j in e.joins):
            found.setdefault(join.table, set()).update(k.theirs for k in join.keys if k.kind == "text")
        return {table: frozenset(columns) for table, columns in found.items()}

    def of_table(self, table: str) -> tuple[Indicator, ...]:
        """The indicators of one table."""
        return tuple(e for e in self._entries.values() if e.table == table)

    def of_chapter(self, chapter: str) -> tuple[Indicator, ...]:
        """The indicators of one chapter of the rule book."""
        return tuple(e for e in self._entries.values() if e.chapter == chapter)

    def to_frame(self, lang: str = "zh") -> pd.DataFrame:
        """One row per indicator, as an evaluator reads it."""
        return pd.DataFrame(
            [
                {
                    "id": e.id, "label": e.label(lang), "chapter": self.book.chapters[e.chapter].label(lang),
                    "observation": e.observation, "table": e.table,
                    "population": e.population.text if e.population else "",
                    "measure": e.measure.text if e.measure else "", "of": e.of.text if e.of else "",
                    "weight": e.weight or "", "statistic": e.statistic.value, "unit": e.unit, "rule": e.rule or "",
                    "source": e.cite or f"{e.document} {e.clause}".strip(), "direction": e.direction,
                    "inventory": ", ".join(e.inventory), "note": e.note,
                }
                for e in self._entries.values()
            ]
        )  # fmt: skip

    def __repr__(self) -> str:
        return f"Catalogue({len(self)} indicators of {len(self.tables)} tables)"

    def _repr_html_(self) -> str:
        return self.to_frame().to_html(index=False, border=0, max_rows=200)


@cache
def _packaged() -> Catalogue:
    book = RuleBook.load()
    return Catalogue(read_files(sorted(FOLDER.glob("*.yaml")), book), book)


def read_files(files: Iterable[Path], book: RuleBook) -> list[Indicator]:
    """All entries of some files; an id used twice is refused with both places."""
    types = rule_types(book)
    found: dict[str, Indicator] = {}
    for path in files:
        blocks, names, joins = _blocks(path, types)
        for block in blocks:
            entry = read_entry(block, path.name, book, types, names, joins)
            other = found.get(entry.id)
            if other is not None:
                raise RuleBookError(
                    f"two entries with the id {entry.id!r}", where=f"{entry.file}, line {entry.line}, key id",
                    expected="each id once", todo=f"the other is in {other.file}, line {other.line}",
                )  # fmt: skip
            found[entry.id] = entry
    return list(found.values())


def _blocks(path: Path, types: Mapping[str, RuleType]) -> tuple[list[Block], dict[str, str], dict[str, Join]]:
    """The entries of a file (`table:`, `chapter:`, `observation:` at the top are defaults), definitions and joins."""
    top = Fields(load_yaml(path), path.name, path.stem)
    top.only(("table", "chapter", "observation", "define", "joins", "indicators"))
    names = top.block.get("define", {})
    if not isinstance(names, dict) or not all(isinstance(v, str) and k.isidentifier() for k, v in names.items()):
        top.fail("define", "definitions that are no names with expressions", expected="define: {name: expression}")
    entries = top.block.get("indicators")
    if not isinstance(entries, list) or not entries:
        top.fail("indicators", "no entries", expected="indicators: [{id: ..., ...}]")
    for entry in entries:
        if not isinstance(entry, Block):
            top.fail("indicators", "an entry that is not a mapping", expected="- id: ...")
        for key in ("table", "chapter", "observation"):
            if key in top.block and key not in entry:
                entry[key] = top.block[key]
    joins: dict[str, Join] = {}
    if "joins" in top.block:
        if not isinstance(top.block["joins"], Block):
            top.fail("joins", "joins that are no mapping", expected="joins: {name: {table: ..., on: ...}}")
        joins = read_joins(top.block["joins"], path.name, load_contract(top.choice("table", contract_names())), types)
    tables = [t for t in dict.fromkeys(e.get("table") for e in entries) if t in contract_names()]
    for name, text in names.items():
        _check_definition(f"{path.name}, key define, {name}", text, tables, types, names, joins)
    return entries, dict(names), joins


def _check_definition(
    where: str, text: str, tables: Sequence[str], types: Mapping[str, RuleType], names: Mapping[str, str],
    joins: Mapping[str, Join],
) -> None:  # fmt: skip
    """A definition must be an expression over one of the tables of its file, whether an entry uses it yet or not."""
    first: RuleBookError | None = None
    for table in tables:
        contract = load_contract(table)
        try:
            compile_expression(text, contract, types, where=where, names=names, foreign=_gathered(joins, contract))
            return
        except RuleBookError as error:
            first = first or error
    if first is not None:
        raise first


def _gathered(joins: Mapping[str, Join], contract: Contract) -> dict[str, Foreign]:
    """The gathered columns that rows of a table can have."""
    return {n: j.foreign for n, j in joins.items() if j.own <= set(contract.output_columns)}


def rule_types(book: RuleBook) -> dict[str, RuleType]:
    """Kind and comparison of every rule, for the language."""
    return {e.id: RuleType(RULE_KINDS[e.unit.kind], e.comparison) for e in book.entries.values()}


def read_entry(
    block: Block, file: str, book: RuleBook, types: Mapping[str, RuleType], names: Mapping[str, str],
    joins: Mapping[str, Join],
) -> Indicator:  # fmt: skip
    """One entry, checked. names, joins : the expressions its file defines and the columns it gathers."""
    name = block.get("id", "?")
    f = Fields(block, file, name if isinstance(name, str) else "?")
    f.only(_KEYS)
    words = book.vocabulary
    table = f.choice("table", contract_names())
    contract = load_contract(table)
    statistic = Statistic(f.choice("statistic", [s.value for s in Statistic]))
    zh, en = f.labels()
    rule = f.choice("rule", types) if "rule" in block else None
    every = f.choice("every", types) if "every" in block else None
    cite = f.choice("cite", types) if "cite" in block else None
    document = f.choice("document", words.documents) if "document" in block else ""
    if (rule is not None) + (every is not None) + (cite is not None) + bool(document) != 1:
        f.fail(
            "rule", "not exactly one source",
            expected="rule: (held against it), every: (each unit must keep it), cite: (its clause only) or document:",
        )  # fmt: skip
    inventory = f.texts("inventory")
    for item in inventory:
        if not _INVENTORY.fullmatch(item):
            f.fail("inventory", f"{item!r} is no inventory number", expected="e.g. HH-04, AS-21.2, X9")

    def expression(key: str, kind: str) -> Compiled | None:
        return _expression(f, key, kind, contract, types, names, joins)

    population, measure = (
        expression("population", "boolean"),
        expression("measure", _MEASURE_KIND.get(statistic, "number")),
    )
    of = expression("of", "number")
    used = frozenset().union(*(e.foreign for e in (population, measure, of) if e is not None))
    if not _ID.fullmatch(f.text("id")):
        f.fail("id", f"{f.text('id')!r} is no id", expected="small letters, digits, _ and dots, e.g. housing.safe_share")
    entry = Indicator(
        id=f.text("id"), label_zh=zh, label_en=en, chapter=f.choice("chapter", book.chapters),
        observation=f.choice("observation", words.levels), table=table, statistic=statistic,
        unit=f.choice("unit", words.units), population=population, measure=measure, of=of, weight=_weight(f, contract),
        period=f.choice("period", PERIODS) if "period" in block else "year", rule=rule or every,
        is_every=every is not None, cite=cite, document=document,
        clause=f.text("clause") if document else f.text("clause", ""),
        direction=f.choice("direction", DIRECTIONS), inventory=inventory, note=f.text("note", ""),
        joins=tuple(joins[n] for n in sorted(used)), file=file, line=block.line,
    )  # fmt: skip
    _check_parts(f, entry, book)
    return entry


def _expression(
    f: Fields, key: str, kind: str, contract: Contract, types: Mapping[str, RuleType], names: Mapping[str, str],
    joins: Mapping[str, Join],
) -> Compiled | None:  # fmt: skip
    if key not in f.block:
        return None
    where = f"{f.file}, line {f.block.line}, entry {f.entry}, key {key}"
    foreign = _gathered(joins, contract)
    return compile_expression(f.text(key), contract, types, where=where, kind=kind, names=names, foreign=foreign)


def _weight(f: Fields, contract: Contract) -> str | None:
    """A numeric column that says how much a row counts (persons of a household)."""
    if "weight" not in f.block:
        return None
    numbers = [c.output for c in contract.columns.values() if c.type in ("integer", "number")]
    return f.choice("weight", numbers)


def _check_parts(f: Fields, e: Indicator, book: RuleBook) -> None:
    """Each statistic needs its own parts; a unit must fit the rule it is held against."""
    if (e.of is not None) != (e.statistic in _TWO_PARTS):
        f.fail(
            "of",
            f"{e.statistic.value} with{'out' if e.of is None else ''} `of`",
            expected="`of` for ratio and coverage only",
        )
    if e.measure is None and e.statistic is not Statistic.COUNT:
        f.fail("measure", f"{e.statistic.value} without a measure", expected="measure: an expression")
    if e.weight and e.statistic in (*_TWO_PARTS, Statistic.MEDIAN, Statistic.TOTAL):
        f.fail("weight", f"a weight with {e.statistic.value}", expected="a weight with share, count or mean only")
    if e.statistic in (Statistic.SHARE, Statistic.COVERAGE) and e.unit != "share":
        f.fail("unit", f"{e.statistic.value} in {e.unit}", expected="unit: share")
    if e.period == "cumulative" and (e.is_survey or load_contract(e.table).year_column is None):
        f.fail("period", f"cumulative over {e.table}", expected="a register with a year")
    if e.is_every:
        if e.is_survey or e.statistic not in (Statistic.SHARE, Statistic.COVERAGE):
            f.fail("every", f"{e.statistic.value} of {e.table} held against a rule of each unit",
                   expected="share or coverage of a register")  # fmt: skip
        return
    limit = book.entries[e.rule].unit.code if e.rule is not None else e.unit
    if limit != e.unit:
        f.fail(
            "unit", f"{e.unit} held against a rule in {limit}",
            expected=f"unit: {limit}; every: where the rule speaks of each unit, cite: where it is the source only",
        )  # fmt: skip
