"""Findings: what the results show to be wrong or open, each with its class, evidence, clause, place, size and owner.

Which kinds there are and what to do about each stands in `recommendations.yaml`; the sentences in `text/ten.yaml`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from pathlib import Path
from string import Formatter
from typing import Any

from evaltools.errors import ReportError, nearest
from evaltools.report.blocks import Block, Inline, Paragraph, Ref
from evaltools.report.chapters.desk import Desk
from evaltools.report.chapters.say import Parts, capital
from evaltools.report.inline import inline_parts, plain_text
from evaltools.standards import load_yaml
from evaltools.terms import Term


class ProblemClass(Term):
    """The three classes of the problem ledger.

    Source: 广东省人民政府关于我省巩固脱贫成果建立长效机制工作情况的报告(2020-11-26).
    """

    DIRECT = "direct", "直接影响脱贫攻坚目标任务实现的问题", "bearing directly on the goals"
    IMPROVE = "improve", "工作中需要进一步改进的问题", "to be improved"
    LONG_TERM = "long_term", "需要长期逐步解决的问题", "needing long and gradual work"


SECTOR = "sector"
"""How kinds of findings begin that an indicator of the catalogue gives."""


@dataclass(frozen=True)
class Finding:
    """One problem. `kind`: key of recommendations.yaml; `what`: found and how sure; `rule`: id of the rule it
    stands against, "" for none; `place`: where it is worst; `size`: how many; `evidence`: key of the table
    or figure that shows it; `subject`: what the advice speaks of; `weight`: larger comes first within its class."""

    kind: str
    what: Parts
    rule: str
    place: Inline
    size: Inline
    evidence: str
    subject: Inline = ""
    weight: float = 0.0

    @property
    def problem_class(self) -> ProblemClass:
        return ProblemClass(entry(self.kind)["class"])

    def headline(self, desk: Desk) -> Parts:
        """One line for the summary: found, how sure, where worst."""
        zh = desk.lang == "zh"
        parts: list[Inline] = [self.what]
        if plain_text(self.place) and plain_text(self.place) not in plain_text(self.what):
            parts += ["，最突出的是" if zh else ", worst: ", self.place]
        whole = inline_parts((*(p for part in parts for p in inline_parts(part)), "。" if zh else "."))
        return whole if zh else capital(whole)

    def clause(self, desk: Desk) -> Inline:
        return desk.short(self.rule) if self.rule else desk.say.word("word.no_rule")

    def owner(self, desk: Desk) -> str:
        return _table()["owners"][entry(self.kind)["owner"]][desk.lang]

    def deadline(self, desk: Desk) -> Parts:
        """The date a rule sets, marked when past; else 由委托方确定."""
        rule = desk.inp.rules.get(entry(self.kind)["deadline"]) if entry(self.kind)["deadline"] else None
        if rule is None or not rule.is_defined:
            return (desk.say.word("word.client"),)
        due: Inline = desk.limit(rule, sign=False)
        is_yearly = len(str(rule.value)) <= 5
        if is_yearly:  # a day of every year: 4月30日
            due = inline_parts((desk.year, *(("-",) if desk.lang == "en" else ()), *inline_parts(due)))
        day = f"{desk.inp.year}-{rule.value}" if is_yearly else rule.value
        late = str(day) < desk.inp.as_of.isoformat()
        return desk.say("ten.overdue" if late else "ten.due", due=due)

    def template(self, desk: Desk, *, short: bool = False) -> str:
        """The recommendation of its kind, before place and subject are filled in."""
        return entry(self.kind)["short" if short else "advice"][desk.lang]

    def advice(self, desk: Desk, *, short: bool = False, subject: Inline = "") -> Parts:
        """The recommendation of its kind, with place and subject filled in; `short` for the summary; `subject`: of
        several findings together, in place of its own."""
        template = self.template(desk, short=short)
        slots = {"place": self.place or desk.city, "subject": subject or self.subject}
        parts: list[Any] = []
        for literal, name, _, _ in Formatter().parse(template):
            parts.append(literal)
            parts += inline_parts(slots[name]) if name else ()
        whole = inline_parts(tuple(p for p in parts if p != ""))
        return whole if desk.lang == "zh" else capital(whole)


def ranked(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """By class, then weight; equal ones keep the order in which the chapters found them."""
    order = list(ProblemClass)
    return tuple(sorted(findings, key=lambda f: (order.index(f.problem_class), -f.weight)))


def once(findings: Iterable[Finding]) -> list[Finding]:
    """Findings without those of an indicator whose rule another finding of the city already stands against."""
    given = list(findings)
    taken = {f.rule for f in given if f.rule and not f.kind.startswith(SECTOR)}
    return [f for f in given if not f.kind.startswith(SECTOR) or f.rule not in taken]


def advice_of(desk: Desk, findings: Sequence[Finding], *, short: bool = False) -> list[Parts]:
    """Recommendations in the order of the findings, each wording once; one that names no place is said of all its
    subjects together."""
    seen: dict[str, Parts] = {}
    for finding in findings:
        template = finding.template(desk, short=short)
        if "{place}" in template:
            text = finding.advice(desk, short=short)
            seen.setdefault(plain_text(text), text)
            continue
        same = [f.subject for f in findings if f.template(desk, short=short) == template]
        subjects = list({plain_text(s): s for s in same}.values())
        seen.setdefault(template, finding.advice(desk, short=short, subject=inline_parts(tuple(desk.say.listed(subjects)))))
    return list(seen.values())


def with_advice(
    desk: Desk, blocks: Sequence[Block], findings: Sequence[Finding], most: int = 2, *, is_headed: bool = False
) -> list[Block]:  # fmt: skip
    """A section whose last paragraph ends with what to do about its heaviest findings.

    is_headed : the heading already says what the advice speaks of
    """
    heaviest = sorted(findings, key=lambda f: -f.weight)
    advice = advice_of(desk, heaviest, short=True)[:most]
    at = max((i for i, b in enumerate(blocks) if isinstance(b, Paragraph)), default=None)
    if at is None or not advice:
        return list(blocks)
    paragraph = blocks[at]
    assert isinstance(paragraph, Paragraph)
    if is_headed:
        mark = "：" if desk.lang == "zh" else ": "
        subjects = {plain_text(f.subject) + mark for f in heaviest}
        advice = [desk.say("advice.said", text=_without(text, subjects)) for text in advice]
    longer = Paragraph(desk.say.sentences(paragraph.parts, *advice))
    return [*blocks[:at], longer, *blocks[at + 1 :]]


def _without(text: Parts, heads: Iterable[str]) -> Parts:
    """Advice without the subject that it begins with."""
    whole = plain_text(text)
    head = next((h for h in heads if whole.startswith(h)), "")
    left, out = len(head), []
    for part in text:
        cut = min(left, len(plain_text(part)))
        left -= cut
        if not cut:
            out.append(part)
        elif isinstance(part, str) and part[cut:]:
            out.append(part[cut:])
    return tuple(out)


def evidence(desk: Desk, finding: Finding) -> Parts:
    """What was found, with the table or figure that shows it."""
    return desk.say("ten.evidence", what=finding.what, ref=Ref(finding.evidence))


def entry(kind: str) -> dict[str, Any]:
    """The entry of a kind. Errors: ReportError for one that recommendations.yaml does not have."""
    kinds = _table()["kinds"]
    if kind not in kinds:
        raise ReportError(
            f"no recommendation for findings of kind {kind!r}",
            expected=nearest(kind, kinds),
            where="report/chapters/recommendations.yaml",
        )
    return kinds[kind]


@cache
def _table() -> dict[str, Any]:
    path = Path(str(files("evaltools.report.chapters"))) / "recommendations.yaml"
    table = load_yaml(path, error=ReportError)
    for kind, given in table["kinds"].items():
        if set(given) != {"class", "owner", "deadline", "advice", "short"}:
            raise ReportError(
                f"kind {kind!r} has {sorted(given)}",
                expected="class, owner, deadline, advice, short",
                where="report/chapters/recommendations.yaml",
            )
        ProblemClass(given["class"])
        if given["owner"] not in table["owners"]:
            raise ReportError(
                f"owner {given['owner']!r} of kind {kind!r}",
                expected=nearest(given["owner"], table["owners"]),
                where="report/chapters/recommendations.yaml",
            )
    return table
