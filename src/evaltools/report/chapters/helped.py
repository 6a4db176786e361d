"""A helping city: 四 the gates and exits of the cities it helps, and its summary."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from evaltools.indicators import Gate, Gates
from evaltools.report.blocks import Block, Callout, Chapter, Column, Figure, Ground, Heading, Inline, Paragraph, Table
from evaltools.report.chapters.desk import Desk, withheld_note
from evaltools.report.chapters.findings import Finding
from evaltools.report.chapters.gatewords import OPEN, GateWords, sample_of, tally, words_of
from evaltools.report.chapters.summary import highlights
from evaltools.report.chapters.two_exits import city_row, exit_ground
from evaltools.report.chapters.two_gates import gate_cells, gate_columns
from evaltools.report.charts.gates import pair_gates
from evaltools.report.inline import inline_parts
from evaltools.report.model import HelpedCity
from evaltools.terms import VerdictState


def summary_helping(desk: Desk, findings: Sequence[Finding]) -> Chapter:
    """Whom the city helps, their verdicts, findings and advice on one page."""
    say = desk.say
    names = say.listed([desk.city_name(h.city) for h in desk.inp.helped])
    blocks: list[Block] = [
        Callout(say("sum.helping", city=desk.city, cities=names), title=say.word("sum.helping_title")),
        *_overview(desk),
        *highlights(desk, findings),
    ]
    return Chapter("", say.word("chapter.summary"), tuple(blocks))


def _overview(desk: Desk) -> list[Block]:
    lines = [_verdict_line(desk, h, "sum.pair_row") for h in desk.inp.helped]
    return [Paragraph(desk.say.sentences(*(_ended(desk, t) for t in lines)))] if lines else []


def _ended(desk: Desk, text: Inline) -> Inline:
    return inline_parts((*inline_parts(text), "。" if desk.lang == "zh" else "."))


def _verdict_line(desk: Desk, helped: HelpedCity, key: str) -> Inline:
    name = desk.city_name(helped.city)
    if helped.gates is None:
        return desk.say("sum.pair_failed", city=name, reason=_failure(desk, helped))
    counts = {k: v for k, v in tally(desk, helped.gates).items() if k != "total"}
    return desk.say(key, city=name, state=desk.state(helped.gates.overall), **counts)


def _failure(desk: Desk, helped: HelpedCity) -> Inline:
    reason = helped.failure.splitlines()[0] if helped.failure else desk.state(VerdictState.EVIDENCE_MISSING)
    return desk.free(reason, f"helped.{helped.city.code}.failure", Ground("run", formula="error of that city"))


def chapter_helped(desk: Desk) -> tuple[Chapter, list[Finding]]:
    """The gates of the cities helped in words, chart and table; their households and villages; findings."""
    say, known = desk.say, [h for h in desk.inp.helped if h.gates is not None]
    blocks: list[Block] = [Heading(say.word("helping.gates_heading")), Paragraph(say("helping.gates_shared"))]
    blocks += [Paragraph(_sentence(desk, h)) for h in desk.inp.helped]
    if known:
        blocks += [_figure(desk, known), _gates_table(desk, known)]
    blocks += _exits(desk)
    findings = [f for h in desk.inp.helped for f in _findings(desk, h)]
    return Chapter("四", say.word("chapter.four_helping"), tuple(blocks)), findings


def _sentence(desk: Desk, helped: HelpedCity) -> Inline:
    if helped.gates is None:
        return desk.say("helping.failed", city=desk.city_name(helped.city), reason=_failure(desk, helped))
    return _verdict_line(desk, helped, "helping.gates_found")


def _gates(helped: HelpedCity) -> Gates:
    assert helped.gates is not None
    return helped.gates


def _figure(desk: Desk, known: Sequence[HelpedCity]) -> Figure:
    """One panel a rate, one row a city."""
    say, names = desk.say, [desk.city_name(h.city) for h in known]
    panels = [[GateWords(desk, _gates(h)[g.value]).mark(with_text=False) for h in known] for g in Gate]
    picture = pair_gates(names, panels, level=_gates(known[0]).results[0].level, lang=desk.lang)
    first = GateWords(desk, _gates(known[0]).results[0])
    return Figure(
        title=say.word("helping.gates_figure"),
        svg=picture.svg,
        png=picture.png,
        data=picture.data,
        key="helped-gates-figure",
        alt=say("helping.gates_alt", level=first.level()),
        source=say("source.survey"),
        n=_n(desk, known),
    )


def _n(desk: Desk, known: Sequence[HelpedCity]) -> Inline:
    """Surveyed households and villages, city by city."""
    mark = "：" if desk.lang == "zh" else ": "
    parts = [inline_parts((desk.city_name(h.city), mark, *sample_of(desk, _gates(h)))) for h in known]
    return desk.say.listed(parts, "；" if desk.lang == "zh" else "; ")


def _gates_table(desk: Desk, known: Sequence[HelpedCity]) -> Table:
    say = desk.say
    rows = [(h, w) for h in known for w in words_of(desk, _gates(h).results)]
    return Table(
        title=say.word("helping.gates_table"),
        key="helped-gates",
        rows=tuple((desk.city_name(h.city), w.name, *gate_cells(w)) for h, w in rows),
        source=say("source.survey"),
        n=_n(desk, known),
        note=say("two.gates_clauses", cites=desk.documents(w.rule for _, w in rows)),
        columns=(Column(say.word("helping.col_city"), width=0.14), *gate_columns(desk, rows[0][1])),
    )


def _exits(desk: Desk) -> list[Block]:
    """Exited households and poor villages of the cities helped, as published counts."""
    say = desk.say
    rows = [_exit_row(desk, h) for h in desk.inp.helped if h.exits is not None]
    if not rows:
        return []
    heads = ("exited", "exit_not_met", "exit_missing", "villages", "villages_below")
    return [
        Heading(say.word("helping.exits_heading")),
        Table(
            title=say.word("helping.exits_table"),
            key="helped-exits",
            rows=tuple(rows),
            source=say("source.households"),
            note=withheld_note(desk),
            columns=(
                Column(say.word("helping.col_city")),
                *(Column(say.word(f"helping.col_{h}"), "right") for h in heads),
            ),
        ),
    ]


def _exit_row(desk: Desk, helped: HelpedCity) -> tuple[Inline, ...]:
    assert helped.exits is not None
    code, ground = helped.city.code, exit_ground(helped.exits)
    city = city_row(helped.exits)
    cells: list[Inline] = [
        desk.count(city[c], "households", f"helped.{code}.{c}", ground, with_unit=False)
        for c in ("households", "households_not_met", "households_evidence_missing")
    ]
    villages = helped.villages.frame if helped.villages is not None else pd.DataFrame({"verdict": []})
    v_ground = Ground("data", ("villages",), "relatively poor villages of the year, by verdict", len(villages))
    below = int((villages["verdict"].astype(str) == VerdictState.NOT_MET.value).sum())
    cells += [
        desk.count(n, "villages", f"helped.{code}.{k}", v_ground, with_unit=False)
        for k, n in (("villages", len(villages)), ("below", below))
    ]
    return (desk.city_name(helped.city), *cells)


def _findings(desk: Desk, helped: HelpedCity) -> list[Finding]:
    """Gates of that city that are not met, and those that cannot be judged."""
    name = desk.city_name(helped.city)
    if helped.gates is None:
        what = desk.say("find.helped_failed", city=name, reason=_failure(desk, helped))
        return [Finding("helped_failed", what, "", name, "", "duties", name, weight=6)]
    found = []
    for kind, states, weight in (("helped_not_met", (VerdictState.NOT_MET,), 6), ("helped_open", OPEN, 3)):
        rows = [w for w in words_of(desk, helped.gates.results) if w.result.state in states]
        if rows:
            gap = " " if desk.lang == "en" else ""
            gates = desk.say.listed([inline_parts((w.name, gap, w.rate())) for w in rows])
            size = desk.count(len(rows), "items", f"helped.{helped.city.code}.{kind}", rows[0].ground)
            what = desk.say(f"find.{kind}", city=name, gates=gates)
            found.append(
                Finding(kind, what, rows[0].rule_id, name, size, "helped-gates", name, weight=weight + len(rows) / 10)
            )
    return found
