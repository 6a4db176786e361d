"""一、评估概况: basis and rules, which cities, their samples, what could not be judged."""

from __future__ import annotations

from evaltools.report.blocks import Block, Bullets, Chapter, Column, Ground, Heading, Inline, Paragraph, Table
from evaltools.report.chapters.gatewords import GateWords
from evaltools.report.chapters.one import basis, synthetic
from evaltools.report.province.desk import ProvinceDesk
from evaltools.report.province.summary import gates_ground
from evaltools.terms import CITIES, CityRole


def chapter_scope(desk: ProvinceDesk) -> Chapter:
    """The chapter; basis and synthetic notice are those of a city's report, with the province's rules."""
    say = desk.say
    n = desk.cities_count(len(desk.tasked), "province.n", gates_ground(desk))
    helping = desk.names(c.code for c in CITIES if c.role is CityRole.HELPING)
    blocks: list[Block] = [
        *synthetic(desk), *basis(desk), Heading(say.word("pone.scope_heading")),
        Paragraph(say("pone.scope", n=n, helping=helping)), _samples(desk),
    ]  # fmt: skip
    if desk.inp.failures:
        ground = Ground("data", ("survey",), "why a city has no gates", 0)
        said = [say("pone.failed", city=desk.name(code), reason=desk.free(why, f"failure.{code}", ground))
                for code, why in sorted(desk.inp.failures.items())]  # fmt: skip
        blocks.append(Bullets(tuple(said)))
    return Chapter("一", say.word("chapter.one"), tuple(blocks))


def _samples(desk: ProvinceDesk) -> Table:
    say = desk.say
    rows: list[tuple[Inline, ...]] = []
    for code, gates in sorted(desk.inp.gates.items()):
        w = GateWords(desk.of(code), max(gates.results, key=lambda r: r.n or 0))
        rows.append((desk.name(code), w.n(), w.psu(), w.effective()))
    return Table(
        title=say.word("pone.sample_table"), key="samples", rows=tuple(rows), source=say("source.survey"),
        columns=(Column(say.word("province.col_city")),
                 *(Column(say.word(f"pone.col_{c}"), "right") for c in ("n", "psu", "neff"))),
        note=say("pone.sample_note"),
    )  # fmt: skip
