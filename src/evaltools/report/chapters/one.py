"""一、评估概况: basis and rules in force, scope, sample and response, data quality."""

from __future__ import annotations

from evaltools.intake import load_contract
from evaltools.report.binding import SUPPRESSED, param
from evaltools.report.blocks import Block, Bullets, Callout, Chapter, Column, Ground, Heading, Inline, Paragraph, Table
from evaltools.report.chapters.desk import Desk, withheld_note
from evaltools.report.chapters.findings import Finding
from evaltools.report.chapters.rows import Row, as_rows, is_withheld, row_where
from evaltools.report.chapters.say import Parts
from evaltools.report.inline import plain_text
from evaltools.standards import RuleStatus
from evaltools.terms import CityRole, HouseholdGroup, RegistryStatus, VerdictState, label

SERIES = "income.provincial_rural_disposable"
USED = (
    "regime",
    "exit.deadline",
    SERIES,
    "exit.household_income_share",
    "exit.household_income_line_actual",
    "exit.household_income_line_planned",
    "exit.safety_net",
    "exit.guarantee.food",
    "exit.guarantee.clothing",
    "exit.guarantee.education",
    "exit.guarantee.healthcare",
    "exit.guarantee.housing",
    "exit.guarantee.drinking_water",
    "exit.village_income_share",
    "exit.village_income_line_actual",
    "exit.village_income_line_planned",
    "identification.household_income_max",
    "gate.omission_rate_max",
    "gate.wrongful_exit_rate_max",
    "gate.wrong_inclusion_rate",
    "gate.composite_incidence_max",
    "gate.public_approval_min",
    "finance.split.province",
    "finance.split.helping_city",
    "finance.split.local_city",
    "method.design_rho",
    "method.confidence_one_sided",
    "method.min_cell_households",
)
"""Rules that the chapters of this report apply, in the order of the table."""
NEEDED = ("regions", "villages", "households", "survey", "price_index")
NEEDED_HELPING = (*NEEDED, "fund_flows")
"""Tables on which the chapters of this edition rest: one that is absent is a finding."""
PAIRING = "pairings"
ALL = ""
"""Group of the row of a response table that holds its sums."""


def chapter_one(desk: Desk) -> tuple[Chapter, list[Finding]]:
    """The chapter, and what the quality ledger gives for the problem list."""
    blocks = [*synthetic(desk), *basis(desk), *_scope(desk), *_sample(desk)]
    quality, findings = quality_section(desk)
    return Chapter("一", desk.say.word("chapter.one"), (*blocks, *quality)), findings


def synthetic(desk: Desk) -> list[Block]:
    """What a reader must know first when the data is generated."""
    if not desk.inp.is_synthetic:
        return []
    meta, say = desk.inp.meta, desk.say
    seed, scale = (param(name, meta.get(name, "—")) for name in ("seed", "scale"))
    return [Callout(say("synthetic.note", seed=seed, scale=scale), title=say.word("synthetic.title"), tone="warn")]


def basis(desk: Desk) -> list[Block]:
    """Basis and rules in force."""
    say, regime, series = desk.say, desk.rule("regime"), desk.rule(SERIES)
    blocks: list[Block] = [
        Heading(say.word("one.basis_heading")),
        Paragraph(
            say(
                "one.basis",
                city=desk.city,
                year=desk.year,
                as_of=desk.as_of,
                regime=desk.limit(regime, sign=False),
                cite=desk.cite(regime),
            )
        ),
        Paragraph(say("one.borrowed")),
    ]
    if series.is_defined and series.status is RuleStatus.TO_BE_CONFIRMED:
        blocks.append(Paragraph(say("one.series", value=desk.limit(series, sign=False), cite=desk.cite(series))))
    if desk.inp.city.role is CityRole.SELF_HELP:
        blocks.append(Paragraph(say("one.split_undefined", city=desk.city)))
    changed = [r for r in desk.inp.rules.values() if r.is_changed]
    if changed:
        listed = say.listed([(r.label(desk.lang), " ", desk.limit(r)) for r in changed])
        blocks.append(Callout(say("one.changed", rules=listed), tone="warn"))
    return [*blocks, _rules_table(desk)]


def _rules_table(desk: Desk) -> Table:
    say = desk.say
    rules = [desk.rule(i) for i in USED]
    rows = tuple((rule_label(desk, r), desk.limit(r), desk.cite(r)) for r in rules)
    ground = Ground("rule", rules=tuple(r.id for r in rules))
    return Table(
        title=say("one.rules_table", as_of=desk.as_of),
        key="rules-used",
        rows=rows,
        columns=(
            Column(say.word("col.rule"), width=0.38),
            Column(say.word("col.limit"), width=0.2),
            Column(say.word("col.clause"), width=0.42),
        ),
        n=say("one.rules_n", n=desk.count(len(rules), "items", "rules.used", ground)),
        source=say("source.rules", as_of=desk.as_of),
    )


def rule_label(desk: Desk, rule) -> Inline:
    """A rule's name, bound when it holds a digit."""
    return desk.free(rule.label(desk.lang), f"rule.{rule.id}.label", Ground("rule", rules=(rule.id,)))


def _scope(desk: Desk) -> list[Block]:
    """Who and what was evaluated."""
    say, inp = desk.say, desk.inp
    parts: list[Inline] = []
    if inp.exits is not None:
        parts.append(_registered(desk))
    if inp.villages is not None and len(inp.villages.frame):
        ground = Ground("data", ("villages",), "poor villages of the year", len(inp.villages.frame))
        parts.append(
            say("one.villages", villages=desk.count(len(inp.villages.frame), "villages", "villages.n", ground))
        )
    if inp.helper is not None:
        parts.append(
            say("one.helper", helper=desk.city_name(inp.helper), cite=pair_cite(desk, inp.helper.code, inp.city.code))
        )
    elif inp.city.role is CityRole.SELF_HELP:
        parts.append(say("one.self_help", city=desk.city))
    if inp.city.role is CityRole.SELF_HELP and not inp.city.has_tasks:
        parts.append(say("one.no_tasks", city=desk.city))
    head = Heading(say.word("one.scope_heading"))
    if inp.is_helping:
        names = say.listed([desk.city_name(h.city) for h in inp.helped])
        return [head, Paragraph(say("one.pairs", cities=names))]
    return [head, Paragraph(say.sentences(*parts))]


def _registered(desk: Desk) -> Parts:
    exits = desk.inp.exits
    assert exits is not None
    rows = exits.status.set_index("registry_status")
    ground = Ground("data", ("households",), "households registered at the end of the year, by status", "year's rows")
    counties = (exits.counties["county_code"] != "").sum()

    def cell(status: str, column: str):
        return desk.count(rows.loc[status, column], column, f"exits.status.{status}.{column}", ground)

    return desk.say(
        "one.scope",
        households=cell("all", "households"),
        persons=cell("all", "persons"),
        exited=cell(RegistryStatus.EXITED.value, "households"),
        poor=cell(RegistryStatus.POOR.value, "households"),
        counties=desk.count(int(counties), "counties", "exits.counties", ground),
    )


def pair_cite(desk: Desk, helper: str, helped: str) -> Inline:
    """Document and clause of a pair in force."""
    pairs = desk.inp.pairings.of_kind("counterpart", desk.inp.as_of) if desk.inp.pairings else ()
    pair = next((p for p in pairs if (p.helper, p.helped) == (helper, helped)), None)
    return desk.citation(pair.document, pair.clause, PAIRING) if pair else desk.say.word("word.no_rule")


def _sample(desk: Desk) -> list[Block]:
    """Sample, response and weights; for a helping city those of the cities it helps."""
    say, gates = desk.say, desk.inp.gates
    head = Heading(say.word("one.sample_heading"))
    if desk.inp.is_helping:
        rows = [
            _response_row(desk, desk.city_name(h.city), row_where(h.gates.response, "group", ALL), h.city.code)
            for h in desk.inp.helped
            if h.gates is not None and not h.gates.response.empty
        ]
        if rows:
            return [head, Paragraph(say("one.sample_helped")), _response_table(desk, "one.col_city", rows, None)]
    if gates is not None and gates.overall is VerdictState.NOT_APPLICABLE:
        return [head, Paragraph(say("one.no_sample_na", city=desk.city))]
    if gates is None or gates.response.empty:
        return [head, Paragraph(say("one.no_sample"))]
    rows = [
        _response_row(desk, _group(desk, str(r["group"])), r, str(r["group"] or "all")) for r in as_rows(gates.response)
    ]
    total = rows[-1]
    psu = max((r.n_psu for r in gates.results), default=0)
    villages = desk.count(psu, "villages", "survey.n_psu", _response_ground(row_where(gates.response, "group", ALL)))
    text = say("one.sample", approached=total[1], responded=total[2], rate=total[3], psu=villages)
    return [head, Paragraph(text), _response_table(desk, "one.col_group", rows, total[1])]


def _response_ground(row: Row) -> Ground:
    n = "withheld" if is_withheld(row["approached"]) else int(row["approached"])
    return Ground("data", ("survey",), "main design, interviews of the year, by group", n)


def _response_row(desk: Desk, label: str, row: Row, ref: str) -> tuple[Inline, ...]:
    """(label, approached, responded, rate) of a row of a published response table."""
    ground = _response_ground(row)
    approached, responded = row["approached"], row["responded"]
    return (
        label,
        desk.count(approached, "households", f"survey.{ref}.approached", ground),
        desk.count(responded, "households", f"survey.{ref}.responded", ground),
        desk.share(responded, approached, f"survey.{ref}.rate", ground),
    )


def _response_table(desk: Desk, head: str, rows: list[tuple[Inline, ...]], n: Inline | None) -> Table:
    say = desk.say
    columns = [Column(say.word(f"one.col_{c}"), "right") for c in ("approached", "responded", "rate")]
    return Table(
        title=say.word("one.sample_table"),
        columns=(Column(say.word(head)), *columns),
        rows=tuple(rows),
        key="sample",
        n=say("one.sample_n", n=n) if n is not None else None,
        source=say("source.survey"),
        note=withheld_note(desk) if any(plain_text(c) == SUPPRESSED for row in rows for c in row) else "",
    )


def _group(desk: Desk, value: str) -> str:
    known = {g.value: g for g in HouseholdGroup}
    if value == ALL:
        return desk.say.word("word.total")
    return label(known[value], desk.lang) if value in known else value


def quality_section(desk: Desk) -> tuple[list[Block], list[Finding]]:
    """Data quality in a paragraph; the tables stand in appendix C."""
    say, quality = desk.say, desk.inp.quality
    counts = quality.counts
    ground = Ground("data", tuple(quality.tables), "quality ledger of reading", counts["rows_read"])

    def n(name, unit="rows"):
        return desk.count(counts[name], unit, f"quality.{name}", ground)

    def items(name):
        return desk.count(counts[name], "items", f"quality.{name}", ground)

    tables = desk.things(counts["tables"], "张表", "tables", "quality.tables", ground)
    text = say(
        "one.quality",
        tables=tables,
        read=n("rows_read"),
        kept=n("rows_kept"),
        dropped=n("rows_dropped"),
        errors=items("errors"),
        warnings=items("warnings"),
    )
    blocks: list[Block] = [Heading(say.word("one.quality_heading")), Paragraph(text)]
    findings = []
    if counts["rows_dropped"]:
        share = desk.share(counts["rows_dropped"], counts["rows_read"], "quality.dropped_share", ground, "pct2")
        what = say("find.dropped", n=n("rows_dropped"), share=share)
        findings.append(Finding("dropped", what, "", "", n("rows_dropped"), "dropped", weight=0.3))
    if counts["errors"]:
        what = say("find.errors", n=items("errors"))
        findings.append(Finding("errors", what, "", "", items("errors"), "violations", weight=0.2))
    absent = [t for t in (NEEDED_HELPING if desk.inp.is_helping else NEEDED) if t in quality.absent_tables]
    if absent:
        names = say.listed([load_contract(t).zh if desk.lang == "zh" else t for t in absent])
        blocks.append(Paragraph(say("one.absent", tables=names)))
        findings.append(Finding("absent", say("find.absent", tables=names), "", "", "", "ledger", weight=0.4))
    return blocks, findings


def pairs_list(desk: Desk) -> Bullets:
    """The cities a helping city helps, each with the clause of its pair."""
    say, own = desk.say, desk.inp.city.code
    return Bullets(
        tuple(
            say("one.pair", city=desk.city_name(h.city), cite=pair_cite(desk, own, h.city.code))
            for h in desk.inp.helped
        )
    )
