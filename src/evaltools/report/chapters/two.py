"""二、贫困退出质量: household exit, guarantees, incomes, gates, the registry's account."""

from __future__ import annotations

from evaltools.report.blocks import Block, Callout, Chapter
from evaltools.report.chapters.desk import Desk
from evaltools.report.chapters.findings import Finding
from evaltools.report.chapters.gatewords import not_applicable_reason
from evaltools.report.chapters.readings import further_sections
from evaltools.report.chapters.two_account import account_section
from evaltools.report.chapters.two_exits import household_exit
from evaltools.report.chapters.two_gates import gates_section
from evaltools.report.chapters.two_guarantees import guarantees
from evaltools.report.chapters.two_income import incomes
from evaltools.terms import VerdictState


def chapter_two(desk: Desk) -> tuple[Chapter, list[Finding]]:
    """The chapter and its findings; a city without the task gets the words 不适用 and the reason."""
    inp, blocks, findings = desk.inp, list[Block](), list[Finding]()
    if inp.gates is not None and inp.gates.overall is VerdictState.NOT_APPLICABLE:
        reason = not_applicable_reason(desk, inp.gates)
        blocks.append(
            Callout(
                desk.say("two.not_applicable", city=desk.city, reason=reason),
                title=desk.state(VerdictState.NOT_APPLICABLE),
            )
        )
    else:
        if inp.exits is not None:
            for section in (household_exit, guarantees, incomes):
                more, found = section(desk, inp.exits)
                blocks, findings = blocks + more, findings + found
        if inp.gates is not None:
            more, found = gates_section(desk, inp.gates)
            blocks, findings = blocks + more, findings + found
        if inp.account is not None:
            more, found = account_section(desk, inp.account)
            blocks, findings = blocks + more, findings + found
        more, found = further_sections(desk, "two")
        blocks, findings = blocks + more, findings + found
    return Chapter("二", desk.say.word("chapter.two"), tuple(blocks)), findings
