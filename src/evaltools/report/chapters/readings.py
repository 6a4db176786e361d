"""Indicators of the catalogue in words and tables: found, how sure, clause, where worst, what to do."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from evaltools.indicators.engine.entry import Statistic
from evaltools.report.binding import SUPPRESSED
from evaltools.report.blocks import Block, Bound, Column, Ground, Heading, Inline, Paragraph, Ref, Table
from evaltools.report.chapters.desk import Desk, withheld_note
from evaltools.report.chapters.findings import Finding, with_advice
from evaltools.report.chapters.reading import Shown
from evaltools.report.chapters.say import Parts
from evaltools.report.chapters.shown import Section, part
from evaltools.report.inline import inline_parts
from evaltools.report.model import IndicatorTables
from evaltools.terms import VerdictState

OWNER_KIND = {"county": "sector", "city": "sector_city", "helping_city": "sector_helping"}
"""Who answers for a section -> kind of its findings in recommendations.yaml."""


def readings_of(desk: Desk, tables: IndicatorTables | None, section: Section) -> list[Shown]:
    """The readings of a section in its order; what could not be computed is left to `absent`."""
    if tables is None:
        return []
    return [Shown(desk, tables.readings[i]) for i in section.indicators if i in tables.readings]


Extra = Callable[[Desk, Sequence[Shown]], list[Block]]


def section_blocks(desk: Desk, section: Section, extra: Extra | None = None) -> tuple[list[Block], list[Finding]]:
    """Heading, statement with advice, what `extra` adds (a chart), table; a finding for each indicator not met."""
    say, tables = desk.say, desk.inp.indicators
    rows = readings_of(desk, tables, section)
    head = Heading(say.word(f"section.{section.key}"))
    lost = _absent(desk, section)
    if not rows:
        return [head, Paragraph(say.sentences(say("section.nothing"), lost))], []
    key = _key(section)
    findings = section_findings(desk, section)
    text = say.sentences(_found(desk, rows, key), _sure(desk, rows), _basis(desk, section), _worst(desk, rows), lost)
    blocks = with_advice(desk, [head, Paragraph(text)], findings, most=1, is_headed=True)
    return [*blocks, *(extra(desk, rows) if extra else []), reading_table(desk, section, rows, key)], findings


def _key(section: Section) -> str:
    return f"indicators-{section.part}-{section.key}"


def section_findings(desk: Desk, section: Section) -> list[Finding]:
    """A problem for each rule that an indicator of the section does not keep."""
    rows = readings_of(desk, desk.inp.indicators, section)
    return one_a_rule(f for s in rows if (f := _finding(desk, s, section, _key(section))) is not None)


def further_sections(desk: Desk, name: str) -> tuple[list[Block], list[Finding]]:
    """The sections of a part that follow a chapter's own blocks; nothing where no indicators were computed."""
    blocks: list[Block] = []
    findings: list[Finding] = []
    for section in part(name) if desk.inp.indicators is not None and not desk.inp.is_helping else ():
        more, found = section_blocks(desk, section)
        blocks, findings = blocks + more, findings + found
    return blocks, findings


def _found(desk: Desk, rows: Sequence[Shown], key: str) -> Inline:
    """How many indicators, how many with a limit, how they stand, which are not met."""
    say = desk.say
    ruled = [s for s in rows if s.reading.state is not VerdictState.RULE_UNDEFINED]
    ground = Ground("data", tuple(dict.fromkeys(t for s in rows for t in s.reading.entry.tables)),
                    "indicators of the section, by verdict", len(rows))  # fmt: skip

    def n(state: VerdictState) -> Inline:
        size = sum(s.reading.state is state for s in ruled)
        count = desk.count(size, "items", f"{key}.{state.value}", ground, with_unit=desk.lang == "zh")
        return say("section.state", state=say.label(state), n=count) if size else ""

    total = desk.count(len(rows), "items", f"{key}.n", ground)
    if not ruled:
        return say("section.free", n=total, table=Ref(key))
    bad = [s for s in ruled if s.reading.state is VerdictState.NOT_MET]
    found = say(
        "section.found", n=total, ruled=desk.count(len(ruled), "items", f"{key}.ruled", ground),
        states=say.listed([n(s) for s in VerdictState]), table=Ref(key),
    )  # fmt: skip
    if not bad:
        return found
    return say.sentences(found, say("section.bad", items=say.listed([_with_value(desk, s) for s in bad[:4]])))


def _with_value(desk: Desk, s: Shown) -> Inline:
    gap = " " if desk.lang == "en" else ""
    return inline_parts((s.name, gap, s.said()))


def _sure(desk: Desk, rows: Sequence[Shown]) -> Inline:
    """A register is counted; a sample has an interval; unknown answers are named where they are many."""
    if any(s.reading.entry.is_survey for s in rows):
        return desk.say("section.sample", level=level_bound(desk))
    worst = max(rows, key=lambda s: s.reading.missing_share or 0.0)
    share = worst.reading.missing_share or 0.0
    if share < 0.0005:
        return desk.say("section.sure")
    return desk.say("section.sure_missing", item=worst.name, share=worst.missing())


def level_bound(desk: Desk) -> Bound:
    """The level of the intervals that verdicts use: two-sided 90 % for a one-sided 95 %."""
    one_sided = desk.rule("method.confidence_one_sided")
    ground = Ground("rule", rules=(one_sided.id,), formula="two-sided level = 2 × one-sided − 1")
    return desk.number(2 * float(one_sided.value) - 1, "share", "method.level", ground, "pct0")


def _basis(desk: Desk, section: Section) -> Inline:
    return desk.say("section.basis", cite=desk.short(section.rule))


def _worst(desk: Desk, rows: Sequence[Shown]) -> Inline:
    """The worst county of the first indicator not met; else the ends of the first whose counties differ."""
    known = [s for s in rows if s.has_extremes]
    if not known:
        return ""
    bad = [s for s in known if s.reading.state is VerdictState.NOT_MET]
    s = (bad or known)[0]
    if bad:
        return desk.say("section.worst", item=s.name, county=s.county("worst"), best=s.county("best"))
    low, high = ("worst", "best") if s.reading.entry.direction == "higher" else ("best", "worst")
    return desk.say("section.range", item=s.name, low=s.county(low), high=s.county(high))


def _absent(desk: Desk, section: Section) -> Inline:
    """Indicators that could not be computed, because a table or a column is absent; listed, never zero."""
    tables = desk.inp.indicators
    if tables is None:
        return ""
    names = [i for i in section.indicators if i in tables.missing]
    if not names:
        return ""
    from evaltools.indicators import Catalogue

    catalogue = Catalogue.load()
    labels: list[Inline] = [
        desk.free(catalogue[i].label(desk.lang), f"indicator.{i}.label", Ground("run", formula=tables.missing[i])) for i in names
    ]
    return desk.say("section.absent", items=desk.say.listed(labels))


def reading_table(desk: Desk, section: Section, rows: Sequence[Shown], key: str) -> Table:
    """Registers: value, limit, verdict, best and worst county, clause. Samples: value, interval, households."""
    say, is_sample = desk.say, any(s.reading.entry.is_survey for s in rows)
    has_counties = any(s.has_extremes for s in rows)
    heads: list[tuple[Inline, str, float]] = [
        (say.word("col.indicator"), "left", 0.25),
        (say.word("col.value"), "right", 0.1),
    ]
    if is_sample:
        heads.append((say("col.interval", level=level_bound(desk)), "right", 0.15))
        heads.append((say.word("col.households"), "right", 0.07))
    heads += [(say.word("col.limit"), "right", 0.09), (say.word("col.state"), "left", 0.09)]
    if has_counties:
        heads += [(say.word("col.best"), "left", 0.11), (say.word("col.worst"), "left", 0.11)]
    heads.append((say.word("col.clause"), "left", 0.25))
    room = sum(w for *_, w in heads)
    columns = [Column(title, align, width=w / room) for title, align, w in heads]

    def row(s: Shown) -> tuple[Inline, ...]:
        cells: list[Inline] = [s.name, s.value()]
        cells += [s.interval(), s.n()] if is_sample else []
        cells += [s.limit(), s.state()]
        cells += [s.county("best"), s.county("worst")] if has_counties else []
        return (*cells, s.cite())

    is_hidden = any(s.reading.is_withheld for s in rows)
    return Table(
        title=say("section.table", name=say.word(f"section.{section.key}")),
        key=key, columns=tuple(columns), rows=tuple(row(s) for s in rows),
        n=_n(desk, rows, key), source=source_of(desk, rows),
        note=say.sentences(withheld_note(desk), say("section.bound")) if is_hidden else "",
        emphasis=tuple(
            (i, len(columns) - (4 if has_counties else 2)) for i, s in enumerate(rows)
            if s.reading.state is VerdictState.NOT_MET
        ),
    )  # fmt: skip


def _n(desk: Desk, rows: Sequence[Shown], key: str) -> Inline:
    ground = Ground("data", tuple(dict.fromkeys(s.reading.entry.table for s in rows)), "largest number of rows", len(rows))
    known = [s.reading.n for s in rows if s.reading.n is not None]
    most = max(known, default=0)
    if any(s.reading.entry.is_survey for s in rows):
        return desk.say("section.n", n=desk.count(most, "households", f"{key}.rows", ground))
    return desk.say("section.n", n=desk.things(most, "条记录", "rows", f"{key}.rows", ground))


def source_of(desk: Desk, rows: Sequence[Shown]) -> Parts:
    from evaltools.intake import load_contract

    tables = dict.fromkeys(s.reading.entry.table for s in rows)
    return desk.say.listed([load_contract(t).zh if desk.lang == "zh" else t for t in tables])


def _finding(desk: Desk, s: Shown, section: Section, key: str) -> Finding | None:
    """A problem of the list for an indicator that does not keep its rule."""
    r = s.reading
    if r.state is not VerdictState.NOT_MET or r.entry.rule is None:
        return None
    what = s.short_of()
    place: Inline = desk.place(r.worst[0]) if r.worst else ""
    subject = desk.say.word(f"section.{section.key}")
    gap = abs((r.value if r.value is not None else r.limit or 0) - (r.limit or 0)) if r.entry.unit == "share" else 0.0
    return Finding(OWNER_KIND[section.owner], what, r.entry.rule, place, size_of(desk, s), key, subject, weight=1 + gap)


def one_a_rule(findings: Iterable[Finding]) -> list[Finding]:
    """One problem a rule: where two indicators measure the same rule, the graver one stands."""
    found: dict[str, Finding] = {}
    for f in findings:
        if f.rule not in found or f.weight > found[f.rule].weight:
            found[f.rule] = f
    return list(found.values())


COUNTED_AS = {
    "household": ("户", "households"), "person": ("人", "persons"), "village": ("个村", "villages"),
    "natural_village": ("个自然村", "natural villages"), "county": ("个县", "counties"), "town": ("个镇", "towns"),
    "project": ("个项目", "projects"), "team": ("人", "cadres"), "asset": ("项资产", "assets"), "loan": ("笔", "loans"),
    "fund_flow": ("笔", "payments"), "institution": ("所", "institutions"), "issue": ("个问题", "problems"),
    "partner_county": ("个县", "counties"), "unit": ("项", "relations"), "survey": ("户", "households"),
}  # fmt: skip
"""Unit of observation -> what counts it."""


def size_of(desk: Desk, s: Shown) -> Inline:
    """How many units do not keep the rule; ※ where that may not be printed, nothing where it is no count of units."""
    r = s.reading
    if r.entry.statistic is not Statistic.SHARE:
        return ""
    zh, en = COUNTED_AS[r.entry.observation]
    if r.is_withheld or r.numerator is None or r.denominator is None:
        return Bound(SUPPRESSED, None, "count", f"{s.ref}.not_kept", s.ground)
    return desk.things(int(r.denominator - r.numerator), zh, en, f"{s.ref}.not_kept", s.ground)
