"""Files of the catalogue: their entries, definitions and joins, checked against contracts, rule book and language."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from evaltools.errors import RuleBookError
from evaltools.indicators.engine.entry import Indicator, Statistic
from evaltools.indicators.engine.joins import Join, read_joins
from evaltools.indicators.engine.language import RULE_KINDS, Compiled, Foreign, RuleType, compile_expression
from evaltools.intake import Contract, contract_names, load_contract
from evaltools.standards import Block, Fields, RuleBook, load_yaml

DIRECTIONS: tuple[str, ...] = ("higher", "lower", "none")
PERIODS: tuple[str, ...] = ("year", "cumulative")
"""Rows of the report's year, or of all years up to it."""
_MEASURE_KIND = {Statistic.SHARE: "boolean", Statistic.COUNT: "boolean"}
_TWO_PARTS = (Statistic.RATIO, Statistic.COVERAGE)
_KEYS = (
    "id", "label", "chapter", "observation", "table", "population", "measure", "of", "weight", "statistic", "unit",
    "period", "rule", "every", "cite", "document", "clause", "direction", "inventory", "note",
)  # fmt: skip
_ID = re.compile(r"[a-z][a-z0-9_]*(\.[a-z0-9_]+)*")
_INVENTORY = re.compile(
    r"(HH|V|DM|TA|RM|IN|EM|SS|ED|HE|HO|IF|LE|FI|AS|CA|TM|PB|SM|EW|TP|RL|CV|LI|OT)-\d\d?(\.\d\d?)?|X\d\d?"
)


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
