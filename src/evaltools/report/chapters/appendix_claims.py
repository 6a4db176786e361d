"""附录D 公布数据的核对: published figures against each other, and those of this city against its data."""

from __future__ import annotations

from collections.abc import Iterable

from evaltools.indicators.assessment.observed import from_below, is_in_unit
from evaltools.indicators.claims import ClaimCheck, ClaimState, check_data, check_relations
from evaltools.indicators.engine.entry import Statistic
from evaltools.report.binding import MISSING
from evaltools.report.blocks import Block, Chapter, Column, Ground, Heading, Inline, Paragraph, Table
from evaltools.report.chapters.desk import Desk, brief
from evaltools.report.chapters.reading import Shown
from evaltools.report.chapters.rows import as_rows
from evaltools.report.model import Reading, ReportInput
from evaltools.standards import Claim, Claims

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
        key="claims", n=say("d.n", n=total), source=say("d.source"),
    )  # fmt: skip
    return [Paragraph(text), table]


def _row(desk: Desk, c: ClaimCheck) -> tuple[Inline, ...]:
    sign = "≈" if c.state is ClaimState.ROUNDING else "≠"
    name = _text(desk, c.label(desk.lang), f"{c.id}.label")
    return name, desk.say.label(c.state), _text(desk, c.explanation(desk.lang).replace("↔", sign), f"{c.id}.explanation")


def _city(desk: Desk) -> list[Block]:
    """Figures published for this city alone, and what its data say. Synthetic data verify none of them."""
    say, claims = desk.say, Claims.load()
    own = {c.id: c for c in claims.of(desk.inp.city)}
    if not own:
        return [Paragraph(say("d.none", city=desk.city))]
    seen = {} if desk.inp.is_synthetic else observed(desk.inp, own.values())
    frame = check_data(claims, seen, desk.inp.city)
    ground = Ground("rule", rules=("claims",), formula="published figures of the city")
    heads = (("d.col_figure", "left", 0.3), ("d.col_written", "right", 0.12), ("d.col_seen", "right", 0.14),
             ("d.col_result", "left", 0.14), ("d.col_source", "left", 0.3))  # fmt: skip
    table = Table(
        title=say.word("d.city_table"), key="claims-city",
        rows=tuple(_figure(desk, own[str(r["id"])], str(r[f"verdict_{desk.lang}"])) for r in as_rows(frame)),
        columns=tuple(Column(say.word(h), a, width=w) for h, a, w in heads),
        n=say("d.city_n", n=desk.count(len(frame), "items", "claims.city", ground)), note=say("d.seen_note"),
        source=say("d.source"),
    )  # fmt: skip
    return [Paragraph(say("d.synthetic" if desk.inp.is_synthetic else "d.real")), table]


def _figure(desk: Desk, claim: Claim, verdict: str) -> tuple[Inline, ...]:
    """A published figure as printed, the indicator that measures it, the verdict, the source."""
    reading = _reading(desk.inp, claim)
    value: Inline = MISSING if reading is None else Shown(desk, reading, ".claim").value()
    source = f"{brief(claim.document)} {claim.clause}".strip()
    return (_text(desk, claim.label(desk.lang), f"{claim.id}.label"), _text(desk, claim.written, f"{claim.id}.written"),
            value, verdict, _text(desk, source, f"{claim.id}.cite"))  # fmt: skip


def _reading(inp: ReportInput, claim: Claim) -> Reading | None:
    """The indicator that measures a figure, in its unit and of its year; None where there is none."""
    reading = inp.indicators.readings.get(claim.measure) if inp.indicators is not None and claim.measure else None
    if reading is None or int(claim.as_of[:4]) != inp.year:
        return None
    return reading if is_in_unit(claim, reading.entry.unit) else None


def observed(inp: ReportInput, claims: Iterable[Claim]) -> dict[str, tuple[float | None, float | None]]:
    """Measure -> bounds of what the data allow. An estimate has its interval; a register's share leaves room for its
    unknown answers, its counts are bounds only where every answer is known. A figure that grew until the day of the data
    is bounded from above alone."""
    found: dict[str, tuple[float | None, float | None]] = {}
    for claim in claims:
        reading = _reading(inp, claim)
        if reading is None:
            continue
        low, high = bounds(reading)
        found[claim.measure] = (from_below(claim, low, inp.as_of.isoformat()), high)
    return found


def bounds(r: Reading) -> tuple[float | None, float | None]:
    """What the data allow whatever the unknown answers are; (None, None) where they do not say."""
    if r.entry.is_survey:
        return r.low, r.high
    open_ = r.missing_share or 0.0
    if r.value is None or (open_ and r.entry.statistic is not Statistic.SHARE):
        return None, None
    return r.value * (1 - open_), r.value * (1 - open_) + open_
