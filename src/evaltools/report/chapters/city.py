"""`build_city_report`: title page and chapters of one city, helped, self-helping or helping."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from evaltools.indicators import Gates
from evaltools.report.binding import param
from evaltools.report.blocks import Chapter, Document, Inline
from evaltools.report.chapters.appendix_card import appendix_f
from evaltools.report.chapters.appendix_claims import appendix_d
from evaltools.report.chapters.appendix_data import appendix_c, appendix_e
from evaltools.report.chapters.appendix_methods import appendix_a, appendix_b
from evaltools.report.chapters.desk import Desk
from evaltools.report.chapters.eight import chapter_eight
from evaltools.report.chapters.findings import Finding, once, ranked
from evaltools.report.chapters.five import chapter_five
from evaltools.report.chapters.four import chapter_four
from evaltools.report.chapters.gatewords import words_of
from evaltools.report.chapters.helped import chapter_helped, summary_helping
from evaltools.report.chapters.helping import DUTIES, SPLIT, chapter_duties
from evaltools.report.chapters.nine import chapter_nine
from evaltools.report.chapters.one import chapter_one
from evaltools.report.chapters.pairs import chapter_money, chapter_presence, chapter_voices
from evaltools.report.chapters.seven import chapter_seven
from evaltools.report.chapters.six import chapter_six
from evaltools.report.chapters.summary import summary
from evaltools.report.chapters.ten import chapter_ten
from evaltools.report.chapters.three import chapter_east, chapter_three
from evaltools.report.chapters.two import chapter_two
from evaltools.report.model import NUMBERS, CityReport, ReportInput
from evaltools.terms import VerdictState

OWN_PARTS = ("two", "three", "five", "six", "seven", "eight", "nine", "ten")
HELPING_PARTS = ("helping_three", "helping_five", "helping_six", "helping_eight")
_FINDS = "二四三五六七八九一"
"""Chapters in the order in which findings of equal weight are listed."""


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
    """The chapters and appendices of a city that is helped or helps itself, in the order of the report."""
    body = [f(desk) for f in (chapter_one, chapter_two, chapter_three, chapter_four, chapter_five, chapter_six,
                              chapter_seven, chapter_eight, _nine)]  # fmt: skip
    gates = [desk.inp.gates] if desk.inp.gates is not None else []
    return _bound(desk, body, summary, appendix_a(desk, gates, parts=OWN_PARTS), gates)


def _helping(desk: Desk) -> tuple[Chapter, ...]:
    """The same numbers for a helping city: 二 duties, 三 east–west, 四 outcomes, 五 money, 六 teams, 七 outlook, 八 voices."""
    body = [f(desk) for f in (chapter_one, chapter_duties, chapter_east, chapter_helped, chapter_money,
                              chapter_presence, chapter_seven, chapter_voices, _nine)]  # fmt: skip
    gates = [h.gates for h in desk.inp.helped if h.gates is not None]
    return _bound(desk, body, summary_helping, appendix_a(desk, gates, (*DUTIES, *SPLIT), HELPING_PARTS), gates)


def _nine(desk: Desk) -> tuple[Chapter, list[Finding]]:
    return chapter_nine(desk, desk.inp.assessment)


def _bound(
    desk: Desk,
    body: Sequence[tuple[Chapter, list[Finding]]],
    first: Callable[[Desk, Sequence[Finding]], Chapter],
    definitions: Chapter,
    gates: Sequence[Gates],
) -> tuple[Chapter, ...]:
    """Summary, body, problem list, appendices. Equal findings keep the order of exit, villages, sectors, basis."""
    order = sorted(body, key=lambda cf: _FINDS.index(cf[0].number))
    findings = ranked(once(f for _, found in order for f in found))
    ten = chapter_ten(desk, findings)
    ends = (definitions, appendix_b(desk, gates), appendix_c(desk), appendix_d(desk), appendix_e(desk),
            appendix_f(desk))
    return (first(desk, findings), *(c for c, _ in body), ten, *ends)


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
