"""附录A 定义与条款, 附录B 方法与不确定性."""

from __future__ import annotations

from collections.abc import Sequence

from evaltools.indicators import Gate, Gates
from evaltools.intake import load_contract
from evaltools.report.blocks import Block, Bound, Bullets, Chapter, Column, Ground, Heading, Inline, Paragraph, Table
from evaltools.report.chapters.definitions import indicator_definitions
from evaltools.report.chapters.desk import Desk
from evaltools.report.chapters.gatewords import GateWords, sample_of, words_of
from evaltools.report.chapters.one import USED, rule_label
from evaltools.standards import Rule
from evaltools.terms import VerdictState

UNBROKEN = {"col.limit": 0.14, "a.col_from": 0.15}
"""Columns of amounts and dates, which no line may break; the others take what they need."""


def appendix_a(desk: Desk, gates: Sequence[Gates], extra: Sequence[str] = (), parts: Sequence[str] = ()) -> Chapter:
    """Every rule the report uses: population, denominator, limit, clause, since when; the formulas in words; every
    indicator that the chapters of `parts` show."""
    say = desk.say
    blocks: list[Block] = [Paragraph(say("a.intro", as_of=desk.as_of)), Heading(say.word("a.rules_heading"))]
    by_chapter: dict[str, list[Rule]] = {}
    for rule_id in dict.fromkeys((*USED, *extra, *(_judged_by(desk) if parts else ()))):
        rule = desk.rule(rule_id)
        by_chapter.setdefault(rule.chapter, []).append(rule)
    names = desk.inp.rules.to_frame(desk.lang).set_index("id")["chapter"]
    for chapter, rules in by_chapter.items():
        blocks.append(_definitions(desk, chapter, str(names[rules[0].id]), rules))
    if gates:
        blocks += [Heading(say.word("a.formula_heading")), _formulas(desk, gates[0])]
    blocks += indicator_definitions(desk, parts)
    return Chapter("附录A", say.word("chapter.a"), (*blocks, Heading(say.word("a.words_heading")), Paragraph(say("a.words"))))


def _judged_by(desk: Desk) -> list[str]:
    """The rules in force here that an indicator of the report is held against."""
    tables = [desk.inp.indicators, *(h.indicators for h in desk.inp.helped)]
    found = [r.entry.rule for t in tables if t is not None for r in t.readings.values() if r.entry.rule]
    return [i for i in found if desk.rule(i).is_defined]


def _definitions(desk: Desk, chapter: str, name: str, rules: Sequence[Rule]) -> Table:
    say = desk.say
    people = desk.inp.rules.to_frame(desk.lang).set_index("id")["population"]

    def row(rule: Rule) -> tuple[Inline, ...]:
        ground = Ground("rule", rules=(rule.id,), note=str(rule.status))
        note = rule.reason if not rule.is_defined else rule.note
        start = desk.free(rule.effective_from or "—", f"rule.{rule.id}.from", ground)
        return (
            rule_label(desk, rule),
            str(people[rule.id]),
            desk.limit(rule),
            desk.cite(rule),
            start,
            desk.free(note if desk.lang == "zh" else "", f"rule.{rule.id}.note", ground),
        )

    heads = ("col.rule", "a.col_population", "col.limit", "col.clause", "a.col_from", "a.col_note")
    return Table(
        title=say("a.rules_table", chapter=name),
        rows=tuple(row(r) for r in rules),
        key=f"rules-{chapter}",
        columns=tuple(Column(say.word(h), width=UNBROKEN.get(h)) for h in heads),
        n=say(
            "one.rules_n",
            n=desk.count(len(rules), "items", f"rules.{chapter}", Ground("rule", rules=tuple(r.id for r in rules))),
        ),
        source=say("source.rules", as_of=desk.as_of),
    )


def _formulas(desk: Desk, gates: Gates) -> Table:
    """What each rate divides by what, in words; report.json has the formula with column names beside each number."""
    say, rows = desk.say, words_of(desk, gates.results)
    heads = ("col.indicator", "a.col_formula", "a.col_tables")
    tables = [say.listed([_table_name(desk, t) for t in w.result.source.tables]) for w in rows]
    return Table(
        title=say.word("a.formula_table"),
        rows=tuple((w.name, _formula(desk, w), t) for w, t in zip(rows, tables, strict=True)),
        key="formulas",
        columns=tuple(Column(say.word(h)) for h in heads),
        note=say("two.gates_clauses", cites=desk.documents(w.rule for w in rows)),
    )


def _formula(desk: Desk, w: GateWords) -> Inline:
    """The formula in words, with the line it uses."""
    key = f"a.formula.{w.result.gate.value}"
    if w.result.gate in (Gate.OMISSION, Gate.WRONG_INCLUSION):
        line = desk.rule("identification.household_income_max")
        return desk.say(key, line=desk.limit(line, sign=False), cite=desk.short(line))
    return desk.say(key)


def _table_name(desk: Desk, table: str) -> str:
    return load_contract(table).zh if desk.lang == "zh" else table


def appendix_b(desk: Desk, gates: Sequence[Gates]) -> Chapter:
    """How rates, intervals and verdicts are made; per gate its sample, and what unjudged answers could change."""
    say = desk.say
    level = gates[0].results[0].level if gates else None
    ground = Ground("rule", rules=("method.confidence_one_sided",), formula="two-sided level = 2 × one-sided − 1")
    one_sided = desk.rule("method.confidence_one_sided")
    two_sided = level if level is not None else 2 * float(one_sided.value) - 1
    blocks: list[Block] = [
        Heading(say.word("b.estimate_heading")),
        Paragraph(say("b.estimate")),
        Paragraph(
            say(
                "b.judge",
                one_sided=desk.limit(one_sided, sign=False),
                level=desk.number(two_sided, "share", "method.level", ground, "pct0"),
            )
        ),
        Paragraph(say("b.effective", rho=_rho(desk), cite=desk.cite("method.design_rho"))),
        Paragraph(say("b.undecided")),
        Paragraph(say("b.unknown")),
        Paragraph(
            say(
                "b.disclosure",
                min=desk.limit("method.min_cell_households", sign=False),
                cite=desk.cite("method.min_cell_households"),
            )
        ),
    ]
    held = [one for one in gates if one.overall is not VerdictState.NOT_APPLICABLE]
    if not held:
        return Chapter("附录B", say.word("chapter.b"), (*blocks, Paragraph(say("b.no_gates"))))
    for one in held:
        suffix = "" if len(held) == 1 else f"-{one.city.code}"
        rows = words_of(desk, [*one.results, *one.variants])
        blocks += [
            _sample_table(desk, one, rows, suffix, len(held) > 1),
            _unknown_table(desk, one, rows, suffix, len(held) > 1),
        ]
    return Chapter("附录B", say.word("chapter.b"), (*blocks, *_notes(desk, held)))


def _rho(desk: Desk) -> Bound:
    """The intraclass correlation as a ratio, as it stands beside the verdicts: 0.05."""
    rule = desk.rule("method.design_rho")
    return desk.number(rule.value, "ratio", f"rule:{rule.id}", Ground("rule", rules=(rule.id,)), "dec2")


def _label(desk: Desk, w: GateWords) -> str:
    default = w.result.variant.value == "default"
    name = desk.say.label(w.result.variant)
    return w.name if default else f"{w.name}（{name}）" if desk.lang == "zh" else f"{w.name} ({name})"


def _titled(desk: Desk, key: str, gates: Gates, with_city: bool) -> Inline:
    name = gates.city.label(desk.lang)
    mark = "：" if desk.lang == "zh" else ": "
    return f"{name}{mark}{desk.say.word(key)}" if with_city else desk.say.word(key)


def _sample_table(desk: Desk, gates: Gates, rows: list[GateWords], suffix: str, with_city: bool) -> Table:
    say = desk.say
    columns = [Column(say.word(f"b.col_{c}"), "right") for c in ("n", "psu", "neff", "deff", "df", "rho", "needed")]
    return Table(
        title=_titled(desk, "b.table", gates, with_city),
        key=f"effective{suffix}",
        source=say("source.survey"),
        columns=(Column(say.word("col.indicator")), *columns, Column(say.word("col.state"))),
        rows=tuple(
            (
                _label(desk, w),
                w.n(),
                w.psu(),
                w.effective(),
                w.plain(w.result.deff, "deff", "dec2"),
                w.plain(w.result.df, "df", "int"),
                w.rho(),
                w.needed(),
                w.state,
            )
            for w in rows
        ),
        n=sample_of(desk, gates),
    )


def _unknown_table(desk: Desk, gates: Gates, rows: list[GateWords], suffix: str, with_city: bool) -> Table:
    say = desk.say

    def verdicts(w: GateWords) -> str:
        u = w.result.unknown
        if u.state_low is None or u.state_high is None:
            return "—"
        low, high = say.label(u.state_low), say.label(u.state_high)
        return low if low == high else f"{low} / {high}"

    columns = [Column(say.word(c), "right") for c in ("b.col_unknown", "col.share", "b.col_low", "b.col_high")]
    return Table(
        title=_titled(desk, "b.table_unknown", gates, with_city),
        key=f"unknown{suffix}",
        source=say("source.survey"),
        columns=(Column(say.word("col.indicator")), *columns, Column(say.word("b.col_verdicts"))),
        rows=tuple(
            (_label(desk, w), w.unknown_households(), w.unknown_share(), w.unknown_low(), w.unknown_high(), verdicts(w))
            for w in rows
        ),
        n=sample_of(desk, gates),
    )


def _notes(desk: Desk, gates: Sequence[Gates]) -> list[Block]:
    """What the results themselves say a reader must know, each once."""
    notes = list(dict.fromkeys(n for g in gates for n in (g.notes_zh if desk.lang == "zh" else g.notes_en)))
    if not notes:
        return []
    ground = Ground("data", ("survey",), "notes of the gates", 0)
    return [
        Heading(desk.say.word("b.notes_heading")),
        Bullets(tuple(desk.free(n, f"gates.note.{i}", ground) for i, n in enumerate(notes))),
    ]
