"""九、综合评价: score by chapter, grade, its dependence on weights, rank with interval, the circumstances of 约谈."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from evaltools.indicators.assessment import Assessment, AssessmentState, CityAssessment, Grade
from evaltools.report.binding import MISSING, SUPPRESSED, Format
from evaltools.report.blocks import Block, Bound, Callout, Chapter, Column, Figure, Ground, Heading, Inline, Paragraph
from evaltools.report.blocks import Table as Grid
from evaltools.report.chapters.desk import Desk
from evaltools.report.chapters.findings import Finding
from evaltools.report.chapters.nine_triggers import trigger_table
from evaltools.report.chapters.reading import format_for
from evaltools.report.chapters.readings import further_sections
from evaltools.report.chapters.say import Parts
from evaltools.report.charts.ranks import chapter_dots, rank_intervals
from evaltools.terms import VerdictState

POINTS = Format(decimals=1)
WEIGHTS = "assessment.weights"
FORMULA = "mean over chapters of mean over rules of min(1, value/limit or limit/value)"


def chapter_nine(desk: Desk, assessment: Assessment | None) -> tuple[Chapter, list[Finding]]:
    """The chapter of one city. `assessment` passed `publish_assessment`; None where no other city's data is at hand.

    Its findings are those of the work systems: what lost points is a finding of the chapter that measures it, and a
    score is no problem.
    """
    say, title = desk.say, desk.say.word("nine.title")
    if not desk.inp.city.has_tasks:
        state = desk.state(VerdictState.NOT_APPLICABLE)
        return Chapter("九", title, (Callout(say("nine.not_applicable", city=desk.city), title=state),)), []
    if assessment is None or desk.inp.city.code not in assessment.cities:
        state = desk.state(VerdictState.EVIDENCE_MISSING)
        systems, findings = further_sections(desk, "nine")
        return Chapter("九", title, (Callout(_missing(desk), title=state, tone="warn"), *systems)), findings
    own = assessment.city(desk.inp.city)
    blocks: list[Block] = [own_weights(desk, assessment), *_left_out(desk), *_score(desk, own, assessment)]
    if own.state is AssessmentState.GRADED:
        blocks += [*_sensitivity(desk, own, assessment), *_rank(desk, own, assessment)]
    blocks += [Heading(say.word("nine.trigger_heading")), Paragraph(say("nine.trigger_intro")),
               trigger_table(desk, own, "triggers")]  # fmt: skip
    systems, findings = further_sections(desk, "nine")
    return Chapter("九", title, (*blocks, *systems)), findings


def _missing(desk: Desk) -> Parts:
    """That there is no assessment, and why."""
    reason = desk.free(desk.inp.assessment_reason, "assessment.reason", Ground("run", formula="assessment of the province"))
    return desk.say.sentences(desk.say("nine.missing"), desk.say("nine.reason", reason=reason) if reason else "")


def _left_out(desk: Desk) -> list[Block]:
    """Cities whose data are at fault: the others are compared without them."""
    names = desk.say.listed([desk.city_name(c) for c in desk.inp.not_compared])
    return [Paragraph(desk.say("nine.left_out", cities=names))] if names else []


def own_weights(desk: Desk, assessment: Assessment) -> Callout:
    """That nothing of this is prescribed, before the first number."""
    settings = assessment.settings
    cuts = {g.value: points(desk, c, f"assessment.cutoff.{g.value}", settings_ground(assessment))
            for g, c in settings.cutoffs.items()}  # fmt: skip
    weights = desk.say.word("nine.equal" if settings.has_equal_weights else "nine.unequal")
    return Callout(
        desk.say("nine.own", cite=desk.cite(WEIGHTS), weights=weights, **cuts),
        title=desk.say.word("nine.own_title"), tone="warn",
    )  # fmt: skip


def points(desk: Desk, x: float | None, ref: str, ground: Ground) -> Bound:
    """A score (0 to 1) out of a hundred; — where there is none."""
    return desk.number(None if x is None else 100 * x, "points", ref, ground, POINTS)


def withheld_points(desk: Desk, x: float | None, is_withheld: bool, ref: str, ground: Ground) -> Bound:
    """A score, or ※ where it would tell a small number of households."""
    return Bound(SUPPRESSED, None, "points", ref, ground) if is_withheld else points(desk, x, ref, ground)


def floor_points(desk: Desk, x: float, ref: str, ground: Ground) -> Bound:
    """The floor of a withheld score: ≥99.2."""
    shown = points(desk, x, ref, ground)
    return Bound(f"≥{shown.text}", shown.value, shown.unit, ref, ground)


def city_ground(own: CityAssessment) -> Ground:
    """What a city's score stands on: its indicators."""
    return Ground("data", ("survey", "households", "villages"), FORMULA, own.scored, (WEIGHTS,))


def settings_ground(assessment: Assessment) -> Ground:
    """What a choice of this evaluation stands on: the file of parameters."""
    return Ground("parameter", formula="params/assessment.yaml", note=str(assessment.settings.seed))


def range_text(desk: Desk, low: float | None, high: float | None, ref: str, ground: Ground) -> Bound:
    """The range of a score: 93.1～95.8; — where there is none."""
    if low is None or high is None or math.isnan(low) or math.isnan(high):
        return Bound(MISSING, None, "points", ref, ground)
    mark = "～" if desk.lang == "zh" else "–"
    ends = (100 * low, 100 * high)
    return Bound(mark.join(POINTS.text(x, desk.lang) for x in ends), ends, "points", ref, ground)


def rules_count(desk: Desk, n: int, ref: str, ground: Ground) -> Bound:
    return desk.things(n, "条", "rules", ref, ground)


def _score(desk: Desk, own: CityAssessment, assessment: Assessment) -> list[Block]:
    say, ground, ref = desk.say, city_ground(own), f"assessment.{own.city.code}"
    slots = {"bound": rules_count(desk, own.bound, f"{ref}.bound", ground),
             "scored": rules_count(desk, own.scored, f"{ref}.scored", ground)}  # fmt: skip
    head = Heading(say.word("nine.score_heading"))
    if own.state is not AssessmentState.GRADED or own.grade is None or own.grade_low is None or own.grade_high is None:
        least = desk.number(assessment.settings.coverage_min, "share", "assessment.coverage_min",
                            settings_ground(assessment), "pct0")  # fmt: skip
        coverage = desk.number(own.coverage, "share", f"{ref}.coverage", ground, "pct0")
        return [head, Paragraph(say("nine.no_grade", city=desk.city, coverage=coverage, least=least, **slots)),
                chapters_table(desk, own)]  # fmt: skip
    numbers = {k: points(desk, getattr(own, k), f"{ref}.{k}", ground) for k in ("score", "low", "high")}
    is_same = own.grade_low is own.grade_high
    ends = {} if is_same else {k: say.label(getattr(own, k)) for k in ("grade_low", "grade_high")}
    missing = rules_count(desk, own.bound - own.scored, f"{ref}.missing", ground)
    text = say.sentences(
        say("nine.score_same" if is_same else "nine.score", city=desk.city, grade=say.label(own.grade), **numbers, **ends),
        say("nine.coverage", missing=missing, **slots),
        _worst(desk, own, ground),
    )  # fmt: skip
    return [head, Paragraph(text), chapters_table(desk, own), _chapter_figure(desk, own, assessment), *_lost(desk, own)]


def _worst(desk: Desk, own: CityAssessment, ground: Ground) -> Inline:
    known = own.chapters[own.chapters["score"].notna()]
    if known.empty or known["score"].min() >= 1:
        return ""
    row = known.sort_values(["score", "chapter"], kind="stable").to_dict("records")[0]
    score = points(desk, float(row["score"]), f"assessment.{own.city.code}.{row['chapter']}.score", ground)
    return desk.say("nine.worst", chapter=chapter_label(desk, row), score=score)


def chapter_label(desk: Desk, row: Mapping[Any, Any]) -> str:
    """The name of a chapter of the rule book, from a row of `CityAssessment.chapters`."""
    return str(row["label_zh" if desk.lang == "zh" else "label_en"])


def chapters_table(desk: Desk, own: CityAssessment) -> Grid:
    """One row a chapter: weight, rules, evidence, indicators not met and open, score and its range."""
    say, ground = desk.say, city_ground(own)
    rows = []
    for r in own.chapters.to_dict("records"):
        ref, hidden = f"assessment.{own.city.code}.{r['chapter']}", bool(r.get("withheld", False))
        counts = [desk.count(r[c], "items", f"{ref}.{c}", ground, with_unit=False)
                  for c in ("bound", "scored", "not_met", "open")]  # fmt: skip
        band = Bound(SUPPRESSED, None, "points", f"{ref}.range", ground) if hidden else range_text(
            desk, r["low"], r["high"], f"{ref}.range", ground)  # fmt: skip
        weight = desk.number(r["weight"] or None, "share", f"{ref}.weight", ground, "pct1")
        score = (floor_points if hidden else points)(desk, r["floor"] if hidden else r["score"], f"{ref}.score", ground)
        rows.append((chapter_label(desk, r), weight, *counts, score, band))
    heads = ("weight", "bound", "scored", "not_met", "open", "score", "range")
    return Grid(
        title=say("nine.chapters_table", city=desk.city), key="assessment-chapters",
        columns=(Column(say.word("nine.col_chapter")), *(Column(say.word(f"nine.col_{h}"), "right") for h in heads)),
        rows=tuple(rows), source=say("nine.source", as_of=desk.as_of), note=say("nine.chapters_note"),
        n=say("nine.chapters_n", n=rules_count(desk, own.bound, f"assessment.{own.city.code}.bound", ground)),
    )  # fmt: skip


def _chapter_figure(desk: Desk, own: CityAssessment, assessment: Assessment) -> Figure:
    say, names = desk.say, own.chapters["chapter"].tolist()
    others = [c.chapters.set_index("chapter")["score"].reindex(names) for c in assessment.ranked]
    all_ = np.array([o.to_numpy(dtype=float) for o in others]) if others else np.full((1, len(names)), np.nan)
    none = np.isnan(all_).all(axis=0)
    safe = np.where(none, 0.0, all_)
    ends = (np.nanmin(safe, axis=0), np.nanmax(safe, axis=0))
    low_, high_ = (np.where(none, np.nan, 100 * e) for e in ends)
    score, low, high = (100 * own.chapters[c].to_numpy(dtype=float) for c in ("score", "low", "high"))
    if "floor" in own.chapters:  # a withheld score lies between its floor and full marks
        hidden = own.chapters["withheld"].to_numpy(dtype=bool)
        low = np.where(hidden, 100 * own.chapters["floor"].to_numpy(dtype=float), low)
        high = np.where(hidden, 100.0, high)
    words = {k: say.word(f"nine.word_{k}") for k in ("score", "range", "band", "axis", "none")}
    labels = [chapter_label(desk, r) for r in own.chapters.to_dict("records")]
    picture = chapter_dots(labels, score, low, high, (low_, high_), words=words)
    return Figure(
        title=say("nine.figure", city=desk.city), svg=picture.svg, png=picture.png, data=picture.data,
        alt=say("nine.figure_alt", city=desk.city), source=say("nine.source", as_of=desk.as_of),
        key="assessment-chapters-figure",
        n=say("nine.chapters_n", n=rules_count(desk, own.bound, f"assessment.{own.city.code}.bound", city_ground(own))),
    )  # fmt: skip


def _lost(desk: Desk, own: CityAssessment) -> list[Block]:
    """The indicators below full marks, the lowest first; withheld ones last, without numbers."""
    say, items = desk.say, own.items
    hidden = items["withheld"].astype(bool) if "withheld" in items else items["score"].isna() & False
    lost = items.assign(hide=hidden)[(items["status"] == "scored") & (hidden | (items["score"] < 1))]
    if lost.empty:
        return []
    ground, rows = city_ground(own), []
    for r in lost.sort_values(["hide", "score", "indicator"], kind="stable").to_dict("records"):
        ref, name = f"assessment.{own.city.code}.{r['indicator']}", str(r[f"label_{desk.lang}"])
        unit, at = str(r["unit"]), f"{ref}.value"
        if r["hide"]:
            value = Bound(SUPPRESSED, None, unit, at, ground)
        elif str(r["kind"]) == "gate":
            value = desk.number(float(r["value"]), unit, at, ground, "pct2")
        else:
            value = item_value(desk, float(r["value"]), unit, at, ground)
        rule = desk.rule(str(r["rule"]))
        score = withheld_points(desk, r["score"], bool(r["hide"]), f"{ref}.score", ground)
        label, state = desk.free(name, f"{ref}.label", ground), desk.state(str(r["state"]))
        rows.append((label, value, item_limit(desk, r, f"{ref}.limit"), state, score, desk.short(rule)))
    heads = (("nine.col_indicator", "left", 0.3), ("nine.col_value", "right", 0.11), ("col.limit", "right", 0.12),
             ("col.state", "left", 0.14), ("nine.col_score", "right", 0.09), ("col.clause", "left", 0.24))  # fmt: skip
    return [Grid(
        title=say.word("nine.lost_table"), key="assessment-lost", rows=tuple(rows), note=say("nine.lost_note"),
        columns=tuple(Column(say.word(h), a, width=w) for h, a, w in heads),
        source=say("nine.source", as_of=desk.as_of),
        n=desk.things(len(rows), "项指标", "indicators", f"assessment.{own.city.code}.lost", ground),
    )]  # fmt: skip


def item_value(desk: Desk, x: float, unit: str, ref: str, ground: Ground) -> Bound:
    """A value in the unit of its rule, printed as in the chapter that shows the indicator."""
    return desk.number(x, unit, ref, ground, format_for(unit, x))


def item_limit(desk: Desk, item: Mapping[Any, Any], ref: str) -> Bound:
    """What an indicator is held against: the rule's number, or 100 % of units where the rule speaks of each of them."""
    ground = Ground("rule", rules=(str(item["rule"]),), formula=str(item["comparison"]))
    limit, unit, comparison = float(item["limit"]), str(item["unit"]), str(item["comparison"])
    is_gate = str(item["kind"]) == "gate"
    fmt = Format(100, 0 if is_gate or limit == 1 else 1, "%", "%") if unit == "share" else format_for(unit, limit)
    shown = desk.number(limit, unit, ref, ground, fmt)
    is_all = unit == "share" and limit == 1 and comparison == ">="
    sign = "" if is_all else {">=": "≥", "<=": "≤", "==": ""}.get(comparison, comparison)
    return Bound(sign + shown.text, shown.value, shown.unit, ref, ground)


def _sensitivity(desk: Desk, own: CityAssessment, assessment: Assessment) -> list[Block]:
    say, ground, settings = desk.say, city_ground(own), assessment.settings
    assert own.grade is not None
    ref = f"assessment.{own.city.code}"

    def share(x: float, what: str) -> Bound:
        return desk.number(x, "share", f"{ref}.{what}", ground, "pct1")

    draws = desk.things(settings.draws, "", "", "assessment.draws", settings_ground(assessment))
    stable = own.by_both[own.grade] >= settings.settled
    text = say.sentences(
        say("nine.sensitivity", draws=draws, grade=say.label(own.grade),
            weights=share(own.by_weights[own.grade], f"weights.{own.grade.value}"),
            both=share(own.by_both[own.grade], f"both.{own.grade.value}")),
        say("nine.stable" if stable else "nine.unstable"),
    )  # fmt: skip
    rows = tuple(
        (say.label(g), share(own.by_weights[g], f"weights.{g.value}"), share(own.by_both[g], f"both.{g.value}"))
        for g in Grade
    )
    table = Grid(
        title=say.word("nine.grades_table"), key="assessment-grades", rows=rows,
        columns=(Column(say.word("nine.col_grade")), Column(say.word("nine.col_weights"), "right"),
                 Column(say.word("nine.col_both"), "right")), source=say("nine.source", as_of=desk.as_of),
        n=desk.things(settings.draws, "组权重", "sets of weights", "assessment.draws", settings_ground(assessment)),
    )  # fmt: skip
    return [Heading(say.word("nine.sensitivity_heading")), Paragraph(text), table]


def _rank(desk: Desk, own: CityAssessment, assessment: Assessment) -> list[Block]:
    say, head = desk.say, Heading(desk.say.word("nine.rank_heading"))
    r = own.rank
    if r is None:
        return [head, Paragraph(say("nine.no_rank"))]
    ground, ref = city_ground(own), f"assessment.{own.city.code}.rank"

    def place(n: int, what: str) -> Bound:
        return desk.count(n, "count", f"{ref}.{what}", ground)

    ends = {"low": r.low, "high": r.high, "sample_low": r.sample[0], "sample_high": r.sample[1],
            "weights_low": r.weights[0], "weights_high": r.weights[1]}  # fmt: skip
    text = say(
        "nine.rank", city=desk.city, rank=place(r.rank, "rank"), **{k: place(v, k) for k, v in ends.items()},
        common=desk.things(len(assessment.common), "项", "indicators", f"{ref}.common", ground),
        of=desk.things(r.of, "个市", "cities", f"{ref}.of", ground),
        level=desk.number(assessment.settings.level, "share", "assessment.level", settings_ground(assessment), "pct0"),
    )  # fmt: skip
    return [head, Paragraph(text), *do_not_rank(desk, own, assessment), rank_figure(desk, assessment, own)]


def do_not_rank(desk: Desk, own: CityAssessment, assessment: Assessment) -> list[Block]:
    """The warning, where the interval of the city overlaps with another's."""
    r, ground = own.rank, city_ground(own)
    assert r is not None
    near = [c for c in assessment.ranked if c is not own and c.rank and c.rank.low <= r.high and r.low <= c.rank.high]
    if not near:
        return []
    sure, pairs = assessment.pairs()
    slots = {"n": desk.things(len(near), "个市", "cities", f"assessment.{own.city.code}.near", ground),
             "all": desk.things(pairs, "对市", "pairs of cities", "assessment.pairs", ground)}  # fmt: skip
    if sure:
        slots["sure"] = desk.things(sure, "对", "pairs", "assessment.pairs.sure", ground)
    text = desk.say("nine.do_not_rank" if sure else "nine.do_not_rank_any", city=desk.city, **slots)
    return [Callout(text, title=desk.say.word("nine.do_not_rank_title"), tone="warn")]


def rank_figure(desk: Desk, assessment: Assessment, own: CityAssessment | None = None) -> Figure:
    """Ranks of all cities in the order of their codes, so that the picture itself ranks nobody."""
    say, cities = desk.say, sorted(assessment.ranked, key=lambda c: c.city.code)
    ranks = [c.rank for c in cities if c.rank is not None]
    words = {k: say.word(f"nine.word_{k}") for k in ("rank", "sample", "both")}
    words["axis"] = say.word("nine.word_rank_axis")

    def column(pick) -> np.ndarray:
        return np.array([pick(r) for r in ranks], dtype=float)

    picture = rank_intervals(
        [c.city.label(desk.lang) for c in cities], column(lambda r: r.rank),
        (column(lambda r: r.sample[0]), column(lambda r: r.sample[1])),
        (column(lambda r: r.low), column(lambda r: r.high)), words=words,
        bold=next((i for i, c in enumerate(cities) if c is own), None),
    )  # fmt: skip
    tables = ("survey", "households", "villages")
    ground = Ground("data", tables, "rank of the comparable score", len(ranks), (WEIGHTS,))
    return Figure(
        title=say.word("nine.rank_figure"), svg=picture.svg, png=picture.png, data=picture.data,
        alt=say.word("nine.rank_alt"), source=say("nine.source", as_of=desk.as_of), key="assessment-ranks",
        n=desk.things(len(ranks), "个市", "cities", "assessment.ranked", ground),
    )  # fmt: skip


def grade_or_state(desk: Desk, own: CityAssessment) -> Parts:
    """The grade, or why there is none."""
    return (desk.say.label(own.grade if own.grade is not None else own.state),)
