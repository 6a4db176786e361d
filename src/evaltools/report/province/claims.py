"""六、公布数字核对 and 附录D: published figures against each other and, where the catalogue counts the same, the data.

Synthetic data are generated from these totals: they can support or contradict nothing, and no verdict is printed.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from evaltools.indicators.assessment.observed import Reconciled
from evaltools.indicators.claims import ClaimCheck, ClaimState, DataState
from evaltools.report.blocks import Block, Bound, Callout, Chapter, Column, Ground, Heading, Inline, Paragraph, Table
from evaltools.report.chapters.nine import item_value
from evaltools.report.chapters.say import Parts
from evaltools.report.province.desk import ProvinceDesk
from evaltools.report.province.model import ClaimTables
from evaltools.standards import Claim

LISTED = (ClaimState.CONFLICTS, ClaimState.ROUNDING, ClaimState.NOT_COMPARABLE)
LARGE = (("yuan", 1e8, "yi_yuan"), ("yuan", 1e4, "wan_yuan"), ("persons", 1e4, "wan_persons"))
"""Unit, from which size on, format."""
SLOTS = {"agrees": ClaimState.AGREES, "rounding": ClaimState.ROUNDING, "conflicts": ClaimState.CONFLICTS,
         "apart": ClaimState.NOT_COMPARABLE}  # fmt: skip


def chapter_claims(desk: ProvinceDesk) -> Chapter:
    """The chapter; what agrees is counted, what does not is listed, all figures stand in appendix D."""
    claims, title = desk.inp.claims, desk.say.word("pclaim.title")
    if claims is None:
        return Chapter("六", title, (Paragraph(desk.say("pclaim.none")),))
    intro = Paragraph(desk.say("pclaim.intro", n=_figures(desk, len(claims.figures), "all", claims)))
    return Chapter("六", title, (intro, *_relations(desk, claims), *_data(desk, claims)))


def appendix_d(desk: ProvinceDesk) -> Chapter:
    """Every published figure with both verdicts."""
    claims, title = desk.inp.claims, desk.say.word("pd.title")
    if claims is None:
        return Chapter("附录D", title, (Paragraph(desk.say("pclaim.none")),))
    widths = {"pclaim.col_claim": 0.32, "pclaim.col_written": 0.16, "pclaim.col_each_other": 0.13,
              "pclaim.col_against": 0.14, "col.clause": 0.25}  # fmt: skip
    table = Table(
        title=desk.say.word("pd.table"), key="claims-all", source=desk.say("pclaim.source"),
        columns=tuple(Column(desk.say.word(h), width=w) for h, w in widths.items()),
        rows=tuple(_figure_row(desk, f, claims) for f in claims.figures), note=_documents(desk, claims),
        n=_figures(desk, len(claims.figures), "all", claims),
    )  # fmt: skip
    return Chapter("附录D", title, (Paragraph(desk.say("pd.intro")), table))


def _figure_row(desk: ProvinceDesk, f: Reconciled, claims: ClaimTables) -> tuple[Inline, ...]:
    among = "—" if f.relation is None else desk.say.label(f.relation)
    return (*_printed(desk, f.claim), among, desk.say.label(f.data), _cite(desk, f.claim, claims))


def _printed(desk: ProvinceDesk, claim: Claim) -> tuple[Inline, Inline]:
    """A figure's name, and what was printed."""
    ground = printed_in(claim)
    return (desk.free(claim.label(desk.lang), f"claim.{claim.id}.label", ground),
            desk.free(claim.written, f"claim.{claim.id}.written", ground))  # fmt: skip


def printed_in(claim: Claim) -> Ground:
    """The ground of a published figure: document and clause."""
    return Ground("data", ("published figures",), claim.cite(), 1)


def _sources(claims: ClaimTables) -> list[str]:
    """The documents of the figures in the order of their first."""
    return list(dict.fromkeys(f.claim.document for f in claims.figures))


def _cite(desk: ProvinceDesk, claim: Claim, claims: ClaimTables) -> Bound:
    """[2] 第三部分（一）: the document by its number in the note under the table, and the clause."""
    text = f"[{_sources(claims).index(claim.document) + 1}] {claim.clause}".strip()
    return Bound(text, claim.cite(), "citation", f"claim.{claim.id}.cite", printed_in(claim))


def _documents(desk: ProvinceDesk, claims: ClaimTables, used: Iterable[str] | None = None) -> Parts:
    """[1] 粤发〔2016〕13号；[2] ...: the documents behind the numbers of a table."""
    own = set(_sources(claims) if used is None else used)
    named = [(i, d) for i, d in enumerate(_sources(claims), 1) if d in own]
    parts = [Bound(f"[{i}] {d}", d, "citation", f"claims.document.{i}", _ground(claims)) for i, d in named]
    return desk.say.listed(parts, "；" if desk.lang == "zh" else "; ")


def _ground(claims: ClaimTables) -> Ground:
    return Ground("data", ("published figures",), "relations and figures by state", len(claims.figures))


def _figures(desk: ProvinceDesk, n: int, what: str, claims: ClaimTables) -> Bound:
    return desk.things(n, "个", "figures", f"claims.{what}", _ground(claims))


def _relations(desk: ProvinceDesk, claims: ClaimTables) -> list[Block]:
    say, counts, ground = desk.say, claims.checks.counts(), _ground(claims)
    sizes = {k: desk.count(counts[s.value], "items", f"claims.{k}", ground) for k, s in SLOTS.items()}
    n = desk.things(len(claims.checks), "项", "relations", "claims.relations", ground)
    alone = sum(f.relation is None for f in claims.figures)
    note = say("pclaim.agree_note", n=sizes["agrees"], alone=_figures(desk, alone, "alone", claims))
    blocks: list[Block] = [Heading(say.word("pclaim.relations_heading")),
                           Paragraph(say.sentences(say("pclaim.found", n=n, **sizes), note))]  # fmt: skip
    for state in LISTED:
        found = [c for c in claims.checks if c.state is state]
        blocks += [_relation_table(desk, state, found, claims)] if found else []
    return blocks


def told(check: ClaimCheck, lang: str) -> str:
    """The arithmetic of a relation with a sign the report's fonts hold: ≠ for a conflict, ≈ for rounding."""
    return check.explanation(lang).replace("↔", "≈" if check.state is ClaimState.ROUNDING else "≠")


def _relation_table(desk: ProvinceDesk, state: ClaimState, found: Sequence[ClaimCheck], claims: ClaimTables) -> Table:
    say = desk.say
    behind = {c.id: [claims.by_id[i] for i in c.claims] for c in found}

    def row(c: ClaimCheck) -> tuple[Inline, ...]:
        ground = Ground("data", c.claims, c.kind, len(c.claims))
        cites = {x.cite(): _cite(desk, x, claims) for x in behind[c.id]}
        return (desk.free(c.label(desk.lang), f"claim.{c.id}.label", ground),
                desk.free(told(c, desk.lang), f"claim.{c.id}.explanation", ground),
                say.listed(cites.values(), "；" if desk.lang == "zh" else "; "))  # fmt: skip

    widths = {"pclaim.col_relation": 0.22, "pclaim.col_explanation": 0.5, "col.clause": 0.28}
    return Table(
        title=say("pclaim.relations_table", state=say.label(state)), key=f"claims-{state.value}",
        columns=tuple(Column(say.word(h), width=w) for h, w in widths.items()),
        rows=tuple(row(c) for c in found), source=say("pclaim.source"),
        note=_documents(desk, claims, {x.document for own in behind.values() for x in own}),
        n=desk.count(len(found), "items", f"claims.{state.value}.n", _ground(claims)),
    )  # fmt: skip


def _data(desk: ProvinceDesk, claims: ClaimTables) -> list[Block]:
    say = desk.say
    seen = [f for f in claims.figures if f.seen is not None]
    head, total = Heading(say.word("pclaim.data_heading")), len(claims.figures)
    if not seen:
        return [head, Paragraph(say("pclaim.data_none", n=_figures(desk, total, "all", claims)))]
    size = {"n": _figures(desk, total, "all", claims), "measured": _figures(desk, len(seen), "measured", claims),
            "rest": _figures(desk, total - len(seen), "rest", claims)}  # fmt: skip
    if desk.inp.is_synthetic:
        first: Block = Callout(say("pclaim.synthetic"), title=say.word("pclaim.synthetic_title"), tone="warn")
        return [head, first, Paragraph(say("pclaim.data_trial", **size)), _data_table(desk, claims, seen)]
    states = (DataState.SUPPORTED, DataState.CONTRADICTED, DataState.UNDECIDED)
    slots = {s.value: _figures(desk, sum(f.data is s for f in seen), s.value, claims) for s in states}
    text = say.sentences(say("pclaim.data_found", **size, **slots), say("pclaim.data_later"))
    return [head, Paragraph(text), _data_table(desk, claims, seen)]


def _data_table(desk: ProvinceDesk, claims: ClaimTables, seen: Sequence[Reconciled]) -> Table:
    """Figure, as printed, data, verdict; with synthetic data the verdict is 无法核验 and the comparison a trial."""
    say, trial = desk.say, desk.inp.is_synthetic
    heads = {"pclaim.col_claim": 0.28, "pclaim.col_written": 0.15, "pclaim.col_measured": 0.21,
             "pclaim.col_verdict": 0.18}  # fmt: skip
    heads |= {"pclaim.col_trial": 0.18} if trial else {"col.clause": 0.18}

    def row(f: Reconciled) -> tuple[Inline, ...]:
        last: Inline = _cite(desk, f.claim, claims)
        if trial and f.trial is not None:
            last = say.word(f"pclaim.trial_{f.trial.value}")
        return (*_printed(desk, f.claim), _measured(desk, f), say.label(f.data), last)

    return Table(
        title=say.word("pclaim.data_table"), key="claims-data", source=say("pclaim.source"),
        columns=tuple(Column(say.word(h), width=w) for h, w in heads.items()), rows=tuple(row(f) for f in seen),
        note=_scale(desk) if trial else _documents(desk, claims, {f.claim.document for f in seen}),
        n=_figures(desk, len(seen), "measured", claims),
    )  # fmt: skip


def _scale(desk: ProvinceDesk) -> Inline:
    """Data made smaller than the province: their totals compare with nothing."""
    return "" if desk.inp.meta.get("scale") in (None, 1) else desk.say("pclaim.scale")


def _measured(desk: ProvinceDesk, f: Reconciled) -> Inline:
    """The value of the data, with its bounds where unknown answers leave them apart."""
    seen = f.seen
    assert seen is not None
    ground = Ground("data", (seen.indicator.split(".")[0],), seen.indicator, seen.rows)
    numbers = {"data": seen.value, "low": seen.low, "high": seen.high}
    shown = {k: _number(desk, x, f.claim.unit, f"claim.{f.claim.id}.{k}", ground) for k, x in numbers.items()}
    if seen.low == seen.high:
        return shown["data"]
    return (shown["data"], " [", shown["low"], ", ", shown["high"], "]")


def _number(desk: ProvinceDesk, x: float, unit: str, ref: str, ground: Ground) -> Bound:
    """A value in the size in which such figures are printed: 亿元, 万元, 万人; counts with their word."""
    fits = [f for u, least, f in LARGE if u == unit and abs(x) >= least]
    if fits:
        return desk.number(x, unit, ref, ground, fits[0])
    return item_value(desk, x, unit, ref, ground)
