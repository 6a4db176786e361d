"""三、综合评价与位次: scores with grades and their stability, ranks with intervals, the circumstances of 约谈."""

from __future__ import annotations

import numpy as np

from evaltools.indicators.assessment import AssessmentState, CityAssessment, TriggerState
from evaltools.report.blocks import Block, Bound, Callout, Chapter, Column, Figure, Heading, Inline, Paragraph, Table
from evaltools.report.chapters.nine import (
    city_ground,
    grade_or_state,
    own_weights,
    points,
    range_text,
    rank_figure,
    settings_ground,
)
from evaltools.report.chapters.say import Parts
from evaltools.report.charts.ranks import score_dots
from evaltools.report.province.desk import ProvinceDesk
from evaltools.report.province.summary import gates_ground


def chapter_ranks(desk: ProvinceDesk) -> Chapter:
    """The chapter; nothing in it is in the order of scores."""
    say, found = desk.say, desk.inp.assessment
    cities = sorted((c for c in found.cities.values() if c.city.has_tasks), key=lambda c: c.city.code)
    graded = [c for c in cities if c.state is AssessmentState.GRADED]
    blocks: list[Block] = [own_weights(desk, found), Heading(say.word("prank.score_heading"))]
    if graded:
        blocks += [Paragraph(_spread(desk, graded)), _score_figure(desk, graded)]
    blocks.append(_table(desk, cities))
    if len(found.ranked) > 1:
        blocks += _ranks(desk)
    return Chapter("三", say.word("prank.title"), (*blocks, *_triggers(desk, cities)))


def _spread(desk: ProvinceDesk, graded: list[CityAssessment]) -> Parts:
    scores = [c.score for c in graded if c.score is not None]
    ground = city_ground(graded[0])
    slots = {k: points(desk, x, f"province.score.{k}", ground)
             for k, x in (("low", min(scores)), ("high", max(scores)), ("gap", max(scores) - min(scores)))}  # fmt: skip
    settled = desk.number(desk.inp.assessment.settings.settled, "share", "assessment.settled",
                          settings_ground(desk.inp.assessment), "pct0")  # fmt: skip
    return desk.say("prank.score_text", settled=settled, **slots)


def _score_figure(desk: ProvinceDesk, graded: list[CityAssessment]) -> Figure:
    say, settings = desk.say, desk.inp.assessment.settings
    words = {"score": say.word("nine.word_score"), "range": say.word("nine.word_range"),
             "axis": say.word("nine.word_axis"), "cutoff": say.word("prank.word_cutoff")}  # fmt: skip
    score, low, high = (np.array([100 * getattr(c, k) for c in graded]) for k in ("score", "low", "high"))
    cutoffs = {say.label(g): 100 * x for g, x in settings.cutoffs.items()}
    picture = score_dots([c.city.label(desk.lang) for c in graded], score, low, high, cutoffs, words=words)
    return Figure(
        title=say.word("prank.score_figure"), svg=picture.svg, png=picture.png, data=picture.data, key="scores",
        alt=say.word("prank.score_alt"), source=say("nine.source", as_of=desk.as_of),
        n=desk.cities_count(len(graded), "assessment.graded", city_ground(graded[0])),
    )  # fmt: skip


def _table(desk: ProvinceDesk, cities: list[CityAssessment]) -> Table:
    say = desk.say
    heads = (("nine.col_score", "right"), ("prank.col_range", "right"), ("prank.col_grade", "left"),
             ("prank.col_stable", "right"), ("prank.col_evidence", "right"), ("prank.col_rank", "right"))  # fmt: skip
    return Table(
        title=say.word("prank.table"), key="assessment", source=say("nine.source", as_of=desk.as_of),
        columns=(Column(say.word("province.col_city")), *(Column(say.word(h), a) for h, a in heads)),
        rows=tuple(_row(desk, c) for c in cities), note=say("prank.table_note"),
        n=say("province.n_cities", n=desk.cities_count(len(cities), "assessment.cities", gates_ground(desk))),
    )  # fmt: skip


def _row(desk: ProvinceDesk, c: CityAssessment) -> tuple[Inline, ...]:
    ground, ref = city_ground(c), f"assessment.{c.city.code}"
    stable: Inline = "—"
    if c.grade is not None:
        stable = desk.number(c.by_both[c.grade], "share", f"{ref}.both.{c.grade.value}", ground, "pct1")
    evidence = (desk.count(c.scored, "count", f"{ref}.scored", ground), " / ",
                desk.count(c.bound, "count", f"{ref}.bound", ground))  # fmt: skip
    rank: Inline = "—"
    if c.rank is not None:
        mark = "～" if desk.lang == "zh" else "–"
        ends = (c.rank.low, c.rank.high)
        rank = Bound(f"{ends[0]}{mark}{ends[1]}", ends, "count", f"{ref}.rank.interval", ground)
    return (desk.name(c.city), points(desk, c.score, f"{ref}.score", ground),
            range_text(desk, c.low, c.high, f"{ref}.range", ground), grade_or_state(desk, c), stable, evidence,
            rank)  # fmt: skip


def _ranks(desk: ProvinceDesk) -> list[Block]:
    say, found = desk.say, desk.inp.assessment
    sure, pairs = found.pairs()
    ground = city_ground(found.ranked[0])
    text = say(
        "prank.rank_text", common=desk.things(len(found.common), "项", "indicators", "assessment.common", ground),
        all=desk.things(pairs, "对市", "pairs of cities", "pairs", ground),
        sure=desk.things(sure, "对", "pairs", "pairs.sure", ground),
    )  # fmt: skip
    blocks: list[Block] = [Heading(say.word("prank.rank_heading")), Paragraph(text)]
    if sure < pairs:
        blocks.append(Callout(say("prank.do_not"), title=say.word("nine.do_not_rank_title"), tone="warn"))
    return [*blocks, rank_figure(desk, found)]


def _triggers(desk: ProvinceDesk, cities: list[CityAssessment]) -> list[Block]:
    say, kinds = desk.say, ("assessment", "task", "backward")
    states = {k: {c.city.code: t.state for c in cities for t in c.triggers if t.kind == k} for k in kinds}
    there = {k: [code for code, s in v.items() if s is TriggerState.PRESENT] for k, v in states.items()}
    ground = gates_ground(desk)

    def n(kind: str) -> Bound:
        return desk.cities_count(len(there[kind]), f"trigger.{kind}.present", ground)

    undefined = all(s is TriggerState.RULE_UNDEFINED for s in states["backward"].values())
    third = say("prank.third_undefined") if undefined else say("prank.third_defined", n=n("backward"))
    rules = {t.kind: t.parts[0].rule for t in cities[0].triggers} if cities else {}
    stop = "；" if desk.lang == "zh" else "; "
    heads = ("prank.col_first", "prank.col_second", "prank.col_third")
    table = Table(
        title=say.word("prank.trigger_table"), key="triggers", source=say("nine.source", as_of=desk.as_of),
        columns=(Column(say.word("province.col_city"), width=0.19), *(Column(say.word(h), width=0.27) for h in heads)),
        rows=tuple((desk.name(c.city), *(say.label(t.state) for t in c.triggers)) for c in cities),
        emphasis=tuple((i, j + 1) for i, c in enumerate(cities) for j, t in enumerate(c.triggers)
                       if t.state is TriggerState.PRESENT),
        note=say("prank.trigger_note", clauses=say.listed([desk.cite(r) for r in rules.values()], stop)),
        n=say("province.n_cities", n=desk.cities_count(len(cities), "assessment.cities", ground)),
    )  # fmt: skip
    found = say("prank.trigger_found", first=n("assessment"), second=n("task"), third=third)
    intro = say.sentences(say("nine.trigger_intro"), found)
    return [Heading(say.word("prank.trigger_heading")), Paragraph(intro), table]
