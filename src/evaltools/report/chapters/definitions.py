"""附录A, its indicators: which statistic of which units and table, by which clause, and how much of it is unknown."""

from __future__ import annotations

from collections.abc import Sequence

from evaltools.intake import load_contract
from evaltools.report.blocks import Block, Column, Ground, Heading, Inline, Table
from evaltools.report.chapters.desk import Desk
from evaltools.report.chapters.reading import Shown
from evaltools.report.chapters.readings import readings_of
from evaltools.report.chapters.shown import part
from evaltools.report.model import IndicatorTables
from evaltools.standards import RuleBook


def indicator_definitions(desk: Desk, parts: Sequence[str]) -> list[Block]:
    """One table a part: indicators in the order of its chapter. Formulas: report.json."""
    tables = [_table(desk, name) for name in parts]
    blocks: list[Block] = [t for t in tables if t is not None]
    return [Heading(desk.say.word("a.indicators_heading")), *blocks] if blocks else []


def _tables(desk: Desk, name: str) -> list[IndicatorTables]:
    """Where the readings of a part stand: the city's own, or those of the cities it helps."""
    own = [desk.inp.indicators] if desk.inp.indicators is not None else []
    return own + [h.indicators for h in desk.inp.helped if h.indicators is not None]


def _table(desk: Desk, name: str) -> Table | None:
    say = desk.say
    found: dict[str, Shown] = {}
    for tables in _tables(desk, name):
        for section in part(name):
            for s in readings_of(desk, tables, section):
                found.setdefault(s.reading.entry.id, s)
    if not found:
        return None

    levels = RuleBook.load().vocabulary.levels

    def row(s: Shown) -> tuple[Inline, ...]:
        e = s.reading.entry
        table = load_contract(e.table).zh if desk.lang == "zh" else e.table
        unit = levels[e.observation]
        return (s.name, say.label(e.statistic), unit.zh if desk.lang == "zh" else unit.en, table, s.cite(), s.missing())

    ground = Ground("rule", rules=tuple(found), formula="indicators shown")
    return Table(
        title=say("a.indicators_table", name=say.word(f"chapter.{NAMES.get(name, name)}")),
        columns=(
            Column(say.word("col.indicator"), width=0.33),
            Column(say.word("a.col_statistic"), width=0.09),
            Column(say.word("a.col_unit"), width=0.1),
            Column(say.word("a.col_source"), width=0.13),
            Column(say.word("col.clause"), width=0.25),
            Column(say.word("col.missing"), "right", width=0.1),
        ),
        rows=tuple(row(s) for s in found.values()),
        key=f"definitions-{name}",
        n=desk.count(len(found), "items", f"definitions.{name}", ground),
        source=say("a.source"),
    )


NAMES = {"helping_five": "five_helping", "helping_six": "six_helping", "helping_eight": "eight_helping"}
"""Part -> title of its chapter, where it is another than the part's own name."""
