"""An assessment as a notebook shows it."""

from __future__ import annotations

import html

from evaltools.indicators.assessment.result import Assessment, CityAssessment


def html_of(assessment: Assessment) -> str:
    """A table of the cities; the note above says what it must not be used for."""
    note = "权重和等级分数线为本评估自定，文件没有规定；位次区间重叠的市之间不得排序。"
    heads = ("市", "得分", "区间", "等级", "位次", "位次区间", "约谈情形一", "约谈情形二", "约谈情形三")
    rows = "".join(
        "<tr>" + "".join(f"<td>{html.escape(cell)}</td>" for cell in _cells(c)) + "</tr>"
        for c in (*assessment.ranked, *(c for c in assessment.cities.values() if c.rank is None))
    )
    head = "".join(f"<th>{h}</th>" for h in heads)
    return f"<p>{html.escape(repr(assessment))}</p><p>{note}</p><table><tr>{head}</tr>{rows}</table>"


def _cells(c: CityAssessment) -> list[str]:
    none = "—"
    if c.score is None or c.low is None or c.high is None:
        return [c.city.name, none, none, c.state.zh, none, none, *(t.state.zh for t in c.triggers)]
    grade = c.grade.zh if c.grade else c.state.zh
    place = (str(c.rank.rank), f"{c.rank.low}～{c.rank.high}") if c.rank else (none, none)
    band = f"{100 * c.low:.1f}～{100 * c.high:.1f}"
    return [c.city.name, f"{100 * c.score:.1f}", band, grade, *place, *(t.state.zh for t in c.triggers)]
