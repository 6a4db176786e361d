"""`build_city_report`: title page and chapters of one city, helped, self-helping or helping."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from evaltools.report.binding import param
from evaltools.report.blocks import Chapter, Document, Inline
from evaltools.report.chapters.appendix_data import appendix_c, appendix_e
from evaltools.report.chapters.appendix_methods import appendix_a, appendix_b
from evaltools.report.chapters.desk import Desk
from evaltools.report.chapters.findings import ranked
from evaltools.report.chapters.four import chapter_four
from evaltools.report.chapters.gatewords import words_of
from evaltools.report.chapters.helped import chapter_helped, summary_helping
from evaltools.report.chapters.helping import DUTIES, SPLIT, chapter_duties
from evaltools.report.chapters.one import chapter_one
from evaltools.report.chapters.summary import summary
from evaltools.report.chapters.ten import chapter_ten
from evaltools.report.chapters.two import chapter_two
from evaltools.report.model import NUMBERS, CityReport, ReportInput
from evaltools.terms import VerdictState


def build_city_report(inp: ReportInput) -> CityReport:
    """The report of one city. Chapters of later issues are absent; chapter numbers never shift.

    Errors: ReportError for a sentence, rule or recommendation that does not exist; nothing is left out silently.
    """
    desk = Desk(inp)
    chapters = _helping(desk) if inp.is_helping else _helped(desk)
    if desk.lang == "en":
        chapters = tuple(replace(c, number=NUMBERS.get(c.number, c.number)) for c in chapters)
    return CityReport(cover(desk), chapters)


def _helped(desk: Desk) -> tuple[Chapter, ...]:
    """摘要, 一, 二, 四, 十 and the appendices of a city that is helped or helps itself."""
    one, found_one = chapter_one(desk)
    two, found_two = chapter_two(desk)
    four, found_four = chapter_four(desk)
    findings = ranked([*found_two, *found_four, *found_one])
    gates = [desk.inp.gates] if desk.inp.gates is not None else []
    return (
        summary(desk, findings),
        one,
        two,
        four,
        chapter_ten(desk, findings),
        appendix_a(desk, gates),
        appendix_b(desk, gates),
        appendix_c(desk),
        appendix_e(desk),
    )


def _helping(desk: Desk) -> tuple[Chapter, ...]:
    """The same numbers for a helping city: 二 duties and what arrived, 四 the cities it helps."""
    one, found_one = chapter_one(desk)
    two, found_two = chapter_duties(desk)
    four, found_four = chapter_helped(desk)
    findings = ranked([*found_two, *found_four, *found_one])
    gates = [h.gates for h in desk.inp.helped if h.gates is not None]
    return (
        summary_helping(desk, findings),
        one,
        two,
        four,
        chapter_ten(desk, findings),
        appendix_a(desk, gates, (*DUTIES, *SPLIT)),
        appendix_b(desk, gates),
        appendix_c(desk),
        appendix_e(desk),
    )


def cover(desk: Desk) -> Document:
    """The title page: title, subtitle, what the report is about; synthetic data is named here and in every footer."""
    say, inp = desk.say, desk.inp
    kind = "_helping" if inp.is_helping else ""
    data = say.word("title.synthetic_data" if inp.is_synthetic else "title.real_data")
    lines: list[tuple[str, Inline]] = [
        (say.word("title.city"), (desk.city, " ", param("city", inp.city.code))),
        (say.word("title.role"), say.label(inp.city.role)),
        (say.word("title.year"), desk.year),
        (say.word("title.as_of"), desk.as_of),
        (say.word("title.data"), data),
    ]
    meta = {
        "city": inp.city.name,
        "city_code": inp.city.code,
        "year": inp.year,
        "as_of": inp.as_of.isoformat(),
        "lang": inp.lang,
        "synthetic": inp.is_synthetic,
        "lines": tuple(lines),
        "summary": summary_meta(desk),
    }
    return Document(
        say("title.helping" if kind else "title.report", city=desk.city, year=desk.year),
        say.word(f"title.subtitle{kind}"),
        meta,
    )


WORST = (
    VerdictState.NOT_MET,
    VerdictState.EVIDENCE_MISSING,
    VerdictState.UNDECIDED,
    VerdictState.RULE_UNDEFINED,
    VerdictState.MET,
    VerdictState.NOT_APPLICABLE,
)
"""Verdicts from the one that a reader must see first."""


def summary_meta(desk: Desk) -> dict[str, Any]:
    """What the index and the manifest say of this report: the overall verdict and the gates.

    A helping city has no gates of its own: its verdict is the worst of the cities it helps, one that could not be
    evaluated counts as evidence missing; None where it helps nobody.
    """
    inp, gates = desk.inp, desk.inp.gates
    if inp.is_helping:
        states = [h.gates.overall if h.gates is not None else VerdictState.EVIDENCE_MISSING for h in inp.helped]
        return {"overall": str(min(states, key=WORST.index)) if states else None, "synthetic": inp.is_synthetic,
                "gates": {}}  # fmt: skip
    if gates is None:
        return {"overall": str(VerdictState.EVIDENCE_MISSING), "synthetic": inp.is_synthetic, "gates": {}}
    found = {
        w.name: {"text": w.rate().text, "value": w.result.rate if w.is_known else None, "state": str(w.result.state)}
        for w in words_of(desk, gates.results)
    }
    return {"overall": str(gates.overall), "synthetic": inp.is_synthetic, "gates": found}
