"""`build_province_report`: title page and chapters of the province."""

from __future__ import annotations

from dataclasses import replace

from evaltools.report.binding import param
from evaltools.report.blocks import Callout, Chapter, Document, Inline
from evaltools.report.chapters.appendix_data import appendix_c, appendix_e
from evaltools.report.chapters.appendix_methods import appendix_a
from evaltools.report.province.claims import appendix_d, chapter_claims
from evaltools.report.province.desk import ProvinceDesk
from evaltools.report.province.gates import chapter_gates
from evaltools.report.province.methods import appendix_b
from evaltools.report.province.model import PROVINCE, ProvinceInput, ProvinceReport, in_language
from evaltools.report.province.money import GUIDANCE_RULES, chapter_money
from evaltools.report.province.problems import chapter_problems, problems_of
from evaltools.report.province.ranks import chapter_ranks
from evaltools.report.province.risk import chapter_risk
from evaltools.report.province.scope import chapter_scope
from evaltools.report.province.summary import overall_states, summary

EXTRA = ("finance.per_capita_input", *GUIDANCE_RULES, "assessment.grades", "assessment.weights",
         "assessment.admonition_grade", "assessment.admonition_problem", "assessment.admonition_task",
         "assessment.admonition_backward_rank")  # fmt: skip
"""Rules that appendix A defines beside those of a city's report."""


def build_province_report(inp: ProvinceInput) -> ProvinceReport:
    """The province's report. Cities stand in the order of their codes throughout: nothing here ranks by its order."""
    desk = ProvinceDesk(inp)
    problems = problems_of(desk)
    gates = [inp.gates[code] for code in sorted(inp.gates)]
    chapters = (
        summary(desk), chapter_scope(desk), chapter_gates(desk), chapter_ranks(desk), chapter_money(desk),
        chapter_risk(desk), chapter_claims(desk), chapter_problems(desk, problems), appendix_a(desk, gates[:1], EXTRA),
        appendix_b(desk), ledger(desk), appendix_d(desk), appendix_e(desk),
    )  # fmt: skip
    return ProvinceReport(cover(desk), in_language(chapters, desk.lang))


def ledger(desk: ProvinceDesk) -> Chapter:
    """附录C: the quality ledger, and whose rows it does not hold because their tables break their contracts."""
    chapter = appendix_c(desk)
    if not desk.inp.left_out:
        return chapter
    said = Callout(desk.say("pc.left_out", cities=desk.names(sorted(desk.inp.left_out))), tone="warn")
    return replace(chapter, blocks=(said, *chapter.blocks))


def cover(desk: ProvinceDesk) -> Document:
    """The title page; synthetic data is named here and in every footer."""
    say, inp = desk.say, desk.inp
    data = say.word("title.synthetic_data" if inp.is_synthetic else "title.real_data")
    lines: list[tuple[str, Inline]] = [
        (say.word("title.city"), (desk.city, " ", param("city", PROVINCE.code))), (say.word("title.year"), desk.year),
        (say.word("title.as_of"), desk.as_of), (say.word("title.data"), data),
    ]  # fmt: skip
    states = overall_states(desk)
    meta = {
        "city": desk.city, "city_code": PROVINCE.code, "year": inp.year, "as_of": inp.as_of.isoformat(),
        "lang": inp.lang, "synthetic": inp.is_synthetic, "lines": tuple(lines),
        "summary": {"overall": None, "gates": {}, "synthetic": inp.is_synthetic,
                    "cities": {c.key: s.value for c, s in states.items()}},
    }  # fmt: skip
    return Document(say("province.title", year=desk.year), say.word("province.subtitle"), meta)
