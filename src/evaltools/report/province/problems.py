"""七、问题清单: the problems of all cities by class, in the words of the cities' own reports, and what many share."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from evaltools.report.binding import MISSING
from evaltools.report.blocks import Block, Bullets, Chapter, Column, Ground, Heading, Inline, Paragraph, Table
from evaltools.report.chapters.desk import Desk
from evaltools.report.chapters.findings import SECTOR, Finding, ProblemClass, once
from evaltools.report.chapters.four_coverage import coverage_findings
from evaltools.report.chapters.readings import section_findings
from evaltools.report.chapters.rows import CITY, as_rows, is_withheld, is_zero
from evaltools.report.chapters.say import capital
from evaltools.report.chapters.shown import part
from evaltools.report.chapters.two_exits import household_exit
from evaltools.report.chapters.two_gates import gates_section
from evaltools.report.inline import plain_text
from evaltools.report.model import ExitTables
from evaltools.report.province.desk import ProvinceDesk
from evaltools.report.province.money import GUIDANCE_RULES
from evaltools.terms import VerdictState

SHARED = 2
"""Cities from which on a kind of problem is called shared: more than one."""


@dataclass(frozen=True)
class Problem:
    """A finding and the city it belongs to, whose rules it is cited by."""

    city_code: str
    finding: Finding


def problems_of(desk: ProvinceDesk) -> tuple[Problem, ...]:
    """Every city's findings on gates, exits, villages, guarantees, guidance funds, coverage and indicators, by class,
    city and weight."""
    found = []
    for code in sorted(desk.inp.cities):
        own = desk.of(code)
        findings: list[Finding] = []
        if own.inp.gates is not None:
            findings += gates_section(own, own.inp.gates)[1]
        if own.inp.exits is not None:
            findings += household_exit(own, own.inp.exits)[1] + _guarantees(own, own.inp.exits)
        findings += _villages(own) + _guidance(desk, own, code) + _sectors(own)
        found += [Problem(code, f) for f in once(findings)]
    order = list(ProblemClass)
    return tuple(sorted(found, key=lambda p: (order.index(p.finding.problem_class), p.city_code, -p.finding.weight)))


def _guarantees(desk: Desk, exits: ExitTables) -> list[Finding]:
    """Guarantees that published counts show not met for exited households of the city."""
    found = []
    for r in as_rows(exits.guarantees[exits.guarantees["county_code"] == CITY]):
        if is_zero(r["not_met"]):
            continue
        rule = desk.rule(f"exit.guarantee.{r['component']}")
        ground = Ground("data", ("households",), "exited households, guarantee not met", "year's rows", (rule.id,))
        n = desk.count(r["not_met"], "households", f"exits.city.{r['component']}.not_met", ground)
        name = rule.label(desk.lang)
        if is_withheld(r["not_met"]):
            what = desk.say("find.guarantee_hidden", item=name)
        else:
            share = desk.share(r["not_met"], r["households"], f"exits.city.{r['component']}.share", ground, "pct2")
            what = desk.say("find.guarantee", item=name, n=n, share=share)
        found.append(Finding("guarantee", what, rule.id, "", n, "", subject=name, weight=3))
    return found


def _villages(desk: Desk) -> list[Finding]:
    """Poor villages below the exit line, or without the income to judge."""
    villages = desk.inp.villages
    if villages is None or villages.frame.empty:
        return []
    state, total = villages.frame["verdict"].astype(str), len(villages.frame)
    rule = "exit.village_income_line_actual"
    ground = Ground("data", ("villages",), "relatively poor villages of the year", total, (rule,))
    found = []
    for kind, wanted in (("village_exit", VerdictState.NOT_MET), ("village_missing", VerdictState.EVIDENCE_MISSING)):
        count = int((state == wanted.value).sum())
        if not count:
            continue
        n = desk.count(count, "villages", f"villages.{wanted.value}", ground)
        slots: dict[str, Inline] = {"n": n}
        if kind == "village_exit":
            slots["share"] = desk.share(count, total, "villages.not_met_share", ground)
        found.append(Finding(kind, desk.say(f"find.{kind}", **slots), rule, "", n, "", weight=4))
    return found


def _sectors(desk: Desk) -> list[Finding]:
    """What chapters 三 to 六 and 八 of the city's own report find, and the coverage of its poor villages."""
    villages = desk.inp.villages
    found = coverage_findings(desk, villages) if villages is not None and not villages.frame.empty else []
    for name in ("three", "five", "six", "eight"):
        for section in part(name):
            found += section_findings(desk, section)
    return [f for f in found if f.rule != "gate.public_approval_min"]


def _guidance(desk: ProvinceDesk, own: Desk, code: str) -> list[Finding]:
    """Guidance funds that a city was due and did not receive, or not in time."""
    money = desk.inp.money
    if money is None or money.guidance.empty:
        return []
    found = []
    table = money.guidance[(money.guidance["city_code"] == code) & money.guidance["due_yuan"].notna()]
    ground = Ground("data", ("fund_flows", "villages"), "guidance payments of the year", money.rows, GUIDANCE_RULES)
    for r in as_rows(table):
        ref = f"guidance.{r['helper_code']}.{code}"

        def sum_of(column: str, row=r, at=ref) -> Inline:
            return desk.money(row[column], f"{at}.{column}", ground)

        slots = {"city": own.city, "year": own.year, "due": sum_of("due_yuan")}
        if r["arrived_yuan"] < r["due_yuan"]:
            what = own.say("find.guidance_short", arrived=sum_of("arrived_yuan"), **slots)
            gap = desk.money(r["due_yuan"] - r["arrived_yuan"], f"{ref}.gap", ground)
            found.append(Finding("guidance_short", what, GUIDANCE_RULES[0], own.city, gap, "", weight=7))
        if r["on_time_yuan"] < r["arrived_yuan"]:
            what = own.say("find.guidance_late", on_time=sum_of("on_time_yuan"), **slots)
            late = desk.money(r["arrived_yuan"] - r["on_time_yuan"], f"{ref}.late", ground)
            found.append(Finding("guidance_late", what, GUIDANCE_RULES[1], own.city, late, "", weight=4))
    return found


def chapter_problems(desk: ProvinceDesk, problems: Sequence[Problem]) -> Chapter:
    """The list by class, then what several cities share."""
    say, title = desk.say, desk.say.word("pprob.title")
    if not problems:
        return Chapter("七", title, (Paragraph(say("pprob.none")),))
    ground = Ground("data", (), "findings of the cities", len(problems))
    n = desk.count(len(problems), "items", "problems.n", ground)
    blocks: list[Block] = [Paragraph(say("pprob.intro", n=n)), *_shared(desk, problems, ground)]
    for cls in ProblemClass:
        own = [p for p in problems if p.finding.problem_class is cls]
        blocks.append(Heading(say.sentences(say.label(cls))))
        blocks.append(_table(desk, cls, own, ground) if own else Paragraph(say("pprob.class_none")))
    return Chapter("七", title, tuple(blocks))


def _kind(desk: ProvinceDesk, finding: Finding) -> str:
    """What problems of a kind are called; those of indicators by the project or field that they belong to."""
    if not finding.kind.startswith(SECTOR):
        return desk.say.word(f"pprob.{finding.kind}")
    return plain_text(desk.say("pprob.sector", subject=finding.subject))


def _shared(desk: ProvinceDesk, problems: Sequence[Problem], ground: Ground) -> list[Block]:
    """Kinds of problem that more than one city has, the most common first."""
    cities: dict[str, list[str]] = {}
    for p in problems:
        here = cities.setdefault(_kind(desk, p.finding), [])
        here += [p.city_code] if p.city_code not in here else []

    def names(codes: list[str]) -> Inline:
        return desk.say.word("pprob.all") if len(codes) == len(desk.tasked) else desk.names(codes)

    many = sorted((k for k, v in cities.items() if len(v) >= SHARED), key=lambda k: (-len(cities[k]), k))
    said = [
        desk.say("pprob.common", kind=capital((k,)), cities=names(cities[k]),
                 n=desk.cities_count(len(cities[k]), f"problems.shared.{i}", ground))
        for i, k in enumerate(many)
    ]  # fmt: skip
    return [Heading(desk.say.word("pprob.common_heading")), Bullets(tuple(said))] if said else []


def _table(desk: ProvinceDesk, cls: ProblemClass, problems: Sequence[Problem], ground: Ground) -> Table:
    say = desk.say
    heads = {"province.col_city": 0.17, "pprob.col_problem": 0.43, "ten.col_size": 0.15, "ten.col_clause": 0.25}
    return Table(
        title=say("pprob.table", cls=say.label(cls)), key=f"problems-{cls.value}",
        columns=tuple(Column(say.word(h), width=w) for h, w in heads.items()),
        rows=tuple(_row(desk, same) for same in merged(problems)),
        n=say("ten.n", n=desk.count(len(problems), "items", f"problems.{cls.value}", ground)), source=say("pprob.source"),
    )  # fmt: skip


def merged(problems: Sequence[Problem]) -> list[list[Problem]]:
    """Problems of the same words in several cities in one row, after those that a single city has: only sentences
    without a number, as where households are too few to publish."""
    same: dict[tuple[str, ...], list[Problem]] = {}
    for p in problems:
        words = plain_text(p.finding.what)
        own = (p.city_code,) if re.search(r"\d", words) else ()
        same.setdefault((p.finding.kind, words, *own), []).append(p)
    return sorted(same.values(), key=lambda own: len(own) > 1)


def _row(desk: ProvinceDesk, same: Sequence[Problem]) -> tuple[Inline, ...]:
    first, own = same[0].finding, desk.of(same[0].city_code)
    size = first.size if plain_text(first.size) else MISSING
    return (desk.names(p.city_code for p in same), first.what, size, first.clause(own))
