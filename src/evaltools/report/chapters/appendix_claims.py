"""附录D 公布数据的核对: published figures against each other, and those of this city against its data."""

from __future__ import annotations

from evaltools.indicators.claims import ClaimCheck, ClaimState, check_data, check_relations
from evaltools.report.blocks import Block, Chapter, Column, Ground, Heading, Inline, Paragraph, Table
from evaltools.report.chapters.desk import Desk
from evaltools.report.chapters.rows import as_rows
from evaltools.standards import Claims

DIFFER = (ClaimState.CONFLICTS, ClaimState.ROUNDING)
"""Relations that the table lists; those that agree or cannot be compared are counted."""


def appendix_d(desk: Desk) -> Chapter:
    """The appendix. Synthetic data verifies nothing, and says so."""
    say = desk.say
    blocks: list[Block] = [Heading(say.word("d.relations_heading")), *_relations(desk)]
    blocks += [Heading(say.word("d.data_heading")), *_city(desk)]
    return Chapter("附录D", say.word("chapter.d"), tuple(blocks))


def _text(desk: Desk, text: str, ref: str) -> Inline:
    return desk.free(text, f"claim.{ref}", Ground("rule", rules=(ref.split(".")[0],), formula="published figures"))


def _relations(desk: Desk) -> list[Block]:
    say, checks = desk.say, check_relations()
    counts = checks.counts()
    ground = Ground("rule", rules=("claims",), formula="relations between published figures, by result")

    def n(state: ClaimState) -> Inline:
        return desk.count(counts[state.value], "items", f"claims.{state.value}", ground)

    total = desk.count(len(checks), "items", "claims.n", ground)
    text = say("d.intro", n=total, agrees=n(ClaimState.AGREES), rounding=n(ClaimState.ROUNDING),
               conflicts=n(ClaimState.CONFLICTS), apart=n(ClaimState.NOT_COMPARABLE))  # fmt: skip
    shown = [c for state in DIFFER for c in checks if c.state is state]
    columns = tuple(Column(say.word(f"d.col_{c}")) for c in ("relation", "result", "explained"))
    table = Table(
        title=say.word("d.relations"), columns=columns, rows=tuple(_row(desk, c) for c in shown),
        key="claims", n=say("d.n", n=total),
    )  # fmt: skip
    return [Paragraph(text), table]


def _row(desk: Desk, c: ClaimCheck) -> tuple[Inline, ...]:
    name = _text(desk, c.label(desk.lang), f"{c.id}.label")
    return name, desk.say.label(c.state), _text(desk, c.explanation(desk.lang).replace("↔", "≠"), f"{c.id}.explanation")


def _city(desk: Desk) -> list[Block]:
    """Figures published for this city alone. Nothing observed is given for synthetic data."""
    say = desk.say
    frame = check_data(Claims.load(), {}, desk.inp.city)
    if frame.empty:
        return [Paragraph(say("d.none", city=desk.city))]
    lang = desk.lang
    rows = tuple(
        (
            _text(desk, str(r[f"label_{lang}"]), f"{r['id']}.label"),
            _text(desk, str(r["written"]), f"{r['id']}.written"),
            str(r[f"verdict_{lang}"]), _text(desk, str(r["cite"]), f"{r['id']}.cite"),
        )
        for r in as_rows(frame)
    )  # fmt: skip
    ground = Ground("rule", rules=("claims",), formula="published figures of the city")
    table = Table(
        title=say.word("d.city_table"), key="claims-city", rows=rows,
        columns=(Column(say.word("d.col_figure")), Column(say.word("d.col_written"), "right"),
                 Column(say.word("d.col_result")), Column(say.word("d.col_source"))),
        n=say("d.city_n", n=desk.count(len(frame), "items", "claims.city", ground)),
    )  # fmt: skip
    return [Paragraph(say("d.synthetic" if desk.inp.is_synthetic else "d.real")), table]
