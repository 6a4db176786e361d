"""附录F 返贫模型卡: the items of TRIPOD+AI with what was computed, and recall by group."""

from __future__ import annotations

from typing import Any

from evaltools.report.binding import FORMATS, ident, param
from evaltools.report.blocks import Block, Bound, Callout, Chapter, Column, Ground, Inline, Paragraph, Table
from evaltools.report.chapters.desk import Desk, withheld_note
from evaltools.report.chapters.rows import as_rows
from evaltools.report.chapters.seven import TABLES, absent, own_tables
from evaltools.report.inline import inline_parts
from evaltools.risk.card import CardItem, slots
from evaltools.risk.fairness import SHARE
from evaltools.risk.monitored import GROUPS
from evaltools.risk.published import Absence, ModelTables
from evaltools.terms import VerdictState

EVERYBODY = "all"
WORDS = {"year", "newest", "updated"}
"""Values that are parameters of the report."""
RUN = {"digest", "rules_digest", "seed", "draws"}


def appendix_f(desk: Desk) -> Chapter:
    """The card of this city; of the province for a helping city; 不适用 without tasks."""
    say, title = desk.say, desk.say.word("f.title")
    if not desk.inp.is_helping and not desk.inp.city.has_tasks:
        text = say("seven.not_applicable", city=desk.city)
        return Chapter("附录F", title, (Callout(text, title=desk.state(VerdictState.NOT_APPLICABLE)),))
    found = _card(desk)
    if isinstance(found, Absence):
        return Chapter("附录F", title, (absent(desk, found),))
    card, model = found
    intro = say.sentences(say("f.intro"), say("f.synthetic") if desk.inp.is_synthetic else "")
    blocks: list[Block] = [Paragraph(intro), _table(desk, card, model)]
    if not model.groups.empty:
        blocks.append(groups_table(desk, model))
    return Chapter("附录F", title, tuple(blocks))


def _card(desk: Desk) -> tuple[tuple[CardItem, ...], ModelTables] | Absence:
    if desk.inp.is_helping:
        tables = desk.inp.risk
        if tables is None or tables.model is None:
            known = tables.absences.get("") if tables is not None else None
            return known or Absence("no_model", desk.inp.risk_reason)
        return tables.model.card, tables.model
    found = own_tables(desk, desk.inp.city.code)
    return found if isinstance(found, Absence) else (found[0].card, found[1])


def _ground(model: ModelTables) -> Ground:
    return Ground("data", TABLES, "validation of the model of returns", int(model.record["rows"]))


def _table(desk: Desk, card: tuple[CardItem, ...], model: ModelTables) -> Table:
    say, zh = desk.say, desk.lang == "zh"
    source = Ground("parameter", formula="risk/card.yaml")
    rows = tuple(
        (ident(i.item, f"tripod.{i.item}", source), i.zh if zh else i.en, card_text(desk, i, model)) for i in card
    )  # fmt: skip
    columns = (Column(say.word("f.col_item"), width=0.12), Column(say.word("f.col_name"), width=0.2),
               Column(say.word("f.col_text"), width=0.68))  # fmt: skip
    n = say("seven.n_years", n=desk.things(int(model.record["rows"]), "户年", "household-years", "card.n", _ground(model)))
    return Table(title=say("f.table"), columns=columns, rows=rows, key="model-card", source=say("seven.source"), n=n)


def card_text(desk: Desk, item: CardItem, model: ModelTables) -> tuple[Any, ...]:
    """The statement of an item, every value bound."""
    parts: list[Inline] = []
    for literal, name, form in slots(item.template_zh if desk.lang == "zh" else item.template_en):
        parts.append(literal)
        if name is not None:
            parts.append(_bound(desk, item, name, form, model))
    return inline_parts(tuple(p for p in parts if p != ""))


def _bound(desk: Desk, item: CardItem, name: str, form: str, model: ModelTables) -> Inline:
    value, ref = item.values[name], f"card.{item.item}.{name}"
    if name in WORDS:
        return param(name, value)
    if isinstance(value, str) and name not in RUN:
        return desk.free(value, ref, _ground(model))
    source = Ground("run", formula="risk.card") if name in RUN else _ground(model)
    return Bound(format(value, form), value, "card", ref, source)


def groups_table(desk: Desk, model: ModelTables) -> Table:
    """Who one list for all reaches: groups with their numbers; ※ where they are too few."""
    say, source = desk.say, _ground(model)
    rows = []
    for r in as_rows(model.groups):
        key, ref = str(r["group"]), f"card.group.{r['group']}"
        name: Inline = say.word("f.everybody")
        if key in GROUPS:
            name = desk.free(
                GROUPS[key][0 if desk.lang == "zh" else 1], f"{ref}.name", Ground("parameter", formula="risk.monitored")
            )
        rows.append((
            name, *(desk.count(r[c], "count", f"{ref}.{c}", source) for c in ("n", "events")),
            desk.share(r["recall"], 1, f"{ref}.recall", source), _ratio(desk, r["observed_to_expected"], f"{ref}.oe", source),
            desk.share(r["listed"], 1, f"{ref}.listed", source),
        ))  # fmt: skip
    heads = [Column(say.word("f.col_group"))]
    heads += [Column(say.word(f"f.col_{c}"), "right") for c in ("n", "events", "recall", "oe", "share_listed")]
    share = Bound(
        FORMATS["pct0"].text(SHARE, desk.lang),
        SHARE,
        "share",
        "card.list_share",
        Ground("parameter", formula="risk.fairness.SHARE"),
    )
    return Table(
        title=say("f.groups_table", share=share), columns=tuple(heads), rows=tuple(rows), key="risk-groups",
        source=say("seven.source"), note=say.sentences(say("f.groups_note"), withheld_note(desk)),
        n=say("seven.n_years", n=desk.things(_all(model), "户年", "household-years", "card.groups.n", source)),
    )  # fmt: skip


def _all(model: ModelTables) -> int:
    """Household-years that the table of groups is about: those whose year was predicted from earlier ones."""
    whole = as_rows(model.groups[model.groups["group"] == EVERYBODY])
    return int(whole[0]["n"]) if whole and whole[0]["n"] == whole[0]["n"] else int(model.record["rows"])


def _ratio(desk: Desk, x: Any, ref: str, source: Ground) -> Bound:
    shown = desk.share(x, 1, ref, source)  # ※ where withheld
    return shown if shown.value is None else desk.number(float(x), "ratio", ref, source, "dec2")
