"""五、公布数字核对: published figures against each other and, where a table counts the same thing, against the data.

Synthetic data are generated from these totals: they can support or contradict nothing, and no verdict is printed.
"""

from __future__ import annotations

from collections.abc import Sequence

from evaltools.indicators.claims import ClaimCheck, ClaimState, DataState, against_data
from evaltools.report.blocks import Block, Bound, Callout, Chapter, Column, Ground, Heading, Inline, Paragraph, Table
from evaltools.report.chapters.nine import item_value
from evaltools.report.province.desk import ProvinceDesk
from evaltools.report.province.model import ClaimTables

LISTED = (ClaimState.CONFLICTS, ClaimState.ROUNDING, ClaimState.NOT_COMPARABLE)
SLOTS = {"agrees": ClaimState.AGREES, "rounding": ClaimState.ROUNDING, "conflicts": ClaimState.CONFLICTS,
         "apart": ClaimState.NOT_COMPARABLE}  # fmt: skip


def chapter_claims(desk: ProvinceDesk) -> Chapter:
    """The chapter; what agrees is counted, what does not is listed."""
    claims, title = desk.inp.claims, desk.say.word("pclaim.title")
    if claims is None:
        return Chapter("五", title, (Paragraph(desk.say("pmoney.none")),))
    intro = Paragraph(desk.say("pclaim.intro", n=_figures(desk, len(claims.claims), "all", claims)))
    return Chapter("五", title, (intro, *_relations(desk, claims), *_data(desk, claims)))


def _ground(claims: ClaimTables) -> Ground:
    return Ground("data", ("published figures",), "relations and figures by state", len(claims.claims))


def _figures(desk: ProvinceDesk, n: int, what: str, claims: ClaimTables) -> Bound:
    return desk.things(n, "个", "figures", f"claims.{what}", _ground(claims))


def _relations(desk: ProvinceDesk, claims: ClaimTables) -> list[Block]:
    say, counts, ground = desk.say, claims.checks.counts(), _ground(claims)
    sizes = {k: desk.count(counts[s.value], "items", f"claims.{k}", ground) for k, s in SLOTS.items()}
    n = desk.things(len(claims.checks), "项", "relations", "claims.relations", ground)
    agree = say("pclaim.agree_note", n=sizes["agrees"])
    blocks: list[Block] = [Heading(say.word("pclaim.relations_heading")),
                           Paragraph(say.sentences(say("pclaim.found", n=n, **sizes), agree))]  # fmt: skip
    for state in LISTED:
        found = [c for c in claims.checks if c.state is state]
        blocks += [_relation_table(desk, state, found, claims)] if found else []
    return blocks


def told(check: ClaimCheck, lang: str) -> str:
    """The arithmetic of a relation with a sign the report's fonts hold: ≠ for a conflict, ≈ for rounding."""
    return check.explanation(lang).replace("↔", "≈" if check.state is ClaimState.ROUNDING else "≠")


def _relation_table(desk: ProvinceDesk, state: ClaimState, found: Sequence[ClaimCheck], claims: ClaimTables) -> Table:
    say = desk.say

    def row(c: ClaimCheck) -> tuple[Inline, ...]:
        ground = Ground("data", c.claims, c.kind, len(c.claims))
        cites = dict.fromkeys(claims.claims[i].cite() for i in c.claims)
        where = [desk.free(t, f"claim.{c.id}.cite.{k}", ground) for k, t in enumerate(cites)]
        return (desk.free(c.label(desk.lang), f"claim.{c.id}.label", ground),
                desk.free(told(c, desk.lang), f"claim.{c.id}.explanation", ground),
                say.listed(where, "；" if desk.lang == "zh" else "; "))  # fmt: skip

    widths = {"pclaim.col_relation": 0.22, "pclaim.col_explanation": 0.5, "col.clause": 0.28}
    return Table(
        title=say("pclaim.relations_table", state=say.label(state)), key=f"claims-{state.value}",
        columns=tuple(Column(say.word(h), width=w) for h, w in widths.items()),
        rows=tuple(row(c) for c in found), source=say("pclaim.source"),
        n=desk.count(len(found), "items", f"claims.{state.value}.n", _ground(claims)),
    )  # fmt: skip


def data_states(claims: ClaimTables) -> dict[str, DataState]:
    """What the data say of each figure that they measure, were they real."""
    return {k: against_data(claims.claims[k], low, high) for k, (_, _, low, high, _) in claims.data.items()}


def _data(desk: ProvinceDesk, claims: ClaimTables) -> list[Block]:
    say, states = desk.say, data_states(claims)
    head, total = Heading(say.word("pclaim.data_heading")), len(claims.claims)
    if not states:
        return [head, Paragraph(say("pclaim.data_none", n=_figures(desk, total, "all", claims)))]
    if desk.inp.is_synthetic:
        first: Block = Callout(say("pclaim.synthetic"), title=say.word("pclaim.synthetic_title"), tone="warn")
        return [head, first, _data_table(desk, claims, states)]
    found = list(states.values())
    sizes = {s: found.count(DataState(s)) for s in ("supported", "contradicted", "undecided")}
    slots = {k: _figures(desk, v, k, claims) for k, v in sizes.items()}
    text = say("pclaim.data_found", n=_figures(desk, total, "all", claims), **slots,
               measured=_figures(desk, len(states), "measured", claims),
               rest=_figures(desk, total - len(states), "rest", claims))  # fmt: skip
    return [head, Paragraph(text), _data_table(desk, claims, states)]


def _data_table(desk: ProvinceDesk, claims: ClaimTables, states: dict[str, DataState]) -> Table:
    """Figure, as printed, data, verdict; with synthetic data the verdict is 无法核验 and the comparison a trial."""
    say = desk.say

    def row(key: str) -> tuple[Inline, ...]:
        claim, (_, value, low, high, rows) = claims.claims[key], claims.data[key]
        ground = Ground("data", (claims.data[key][0].split(".")[0],), claims.data[key][0], rows)
        printed = Ground("data", ("published figures",), claim.cite(), 1)
        numbers = {"data": value, "low": low, "high": high}
        shown = {k: item_value(desk, x, claim.unit, f"claim.{key}.{k}", ground) for k, x in numbers.items()}
        data: Inline = (shown["data"], " [", shown["low"], ", ", shown["high"], "]") if low != high else shown["data"]
        verdict = DataState.NOT_VERIFIABLE if desk.inp.is_synthetic else states[key]
        trial = [say.label(states[key])] if desk.inp.is_synthetic else []
        return (desk.free(claim.label(desk.lang), f"claim.{key}.label", printed),
                desk.free(claim.written, f"claim.{key}.written", printed),
                desk.free(claim.cite(), f"claim.{key}.cite", printed), data, say.label(verdict), *trial)  # fmt: skip

    heads = ["pclaim.col_claim", "pclaim.col_written", "col.clause", "pclaim.col_measured", "pclaim.col_verdict"]
    heads += ["pclaim.col_trial"] if desk.inp.is_synthetic else []
    return Table(
        title=say.word("pclaim.data_table"), key="claims-data", source=say("pclaim.source"),
        columns=tuple(Column(say.word(h)) for h in heads), rows=tuple(row(k) for k in states),
        n=_figures(desk, len(states), "measured", claims),
    )  # fmt: skip
