"""七、返贫风险: whom a list of the size the budget allows reaches, beside the simple rules; where, and what to check."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from evaltools.report.binding import FORMATS, MISSING, SUPPRESSED
from evaltools.report.blocks import Block, Bound, Column, Figure, Ground, Heading, Inline, Paragraph, Table
from evaltools.report.chapters.desk import Desk, withheld_note
from evaltools.report.chapters.rows import CITY, as_rows
from evaltools.report.chapters.say import Parts
from evaltools.report.charts.risk import Rule, recall_lines
from evaltools.report.inline import plain_text
from evaltools.risk.published import CityTables, ModelTables

MODEL = "model"
SHARE = FORMATS["pct0"]


def lists_section(desk: Desk, own: CityTables, model: ModelTables) -> list[Block]:
    """Recall by budget of the model and of the simple rules; the list by county; leading causes with measures."""
    say = desk.say
    blocks: list[Block] = [Heading(say.word("seven.lists_heading")), Paragraph(_reached(desk, own, model))]
    table, is_own = shown_reach(own, model)
    blocks += recall_blocks(desk, table, model, desk.city if is_own else say.word("seven.province"))
    if not own.lists.empty:
        blocks += [Paragraph(_listed(desk, own)), _county_table(desk, own)]
    return blocks + (_cause_table(desk, own) if not own.causes.empty else [])


def rule_name(desk: Desk, score: str, model: ModelTables) -> Inline:
    """What a way of ranking is called."""
    if score == "below_multiple":
        value = float(model.record["multiple"])
        ground = Ground("parameter", formula="monitoring.income_multiple_max")
        return desk.say("seven.rule.below_multiple", multiple=desk.number(value, "ratio", "risk.multiple", ground, "dec1"))
    return desk.say(f"seven.rule.{score}")


def shown_reach(own: CityTables, model: ModelTables) -> tuple[pd.DataFrame, bool]:
    """Recall to show and whether it is the city's own: the province's where nothing of the city's can be compared, since
    too few returned for the recall of the model and of a simple rule to be printed at one size of the list."""
    mine = own.reach
    if mine.empty:
        return model.reach, False
    shown = mine[mine["recall"].notna()].groupby("share")["score"].agg(set)
    compared = any(MODEL in found and len(found) > 1 for found in shown)
    return (mine, True) if compared else (model.reach, False)


def _reached(desk: Desk, own: CityTables, model: ModelTables) -> Parts:
    """The same of a city, or of the province where nothing of the city's may be compared."""
    table, is_own = shown_reach(own, model)
    scope = desk.city if is_own else desk.say.word("seven.province")
    borrowed = "" if is_own else desk.say("seven.reach_province", city=desk.city)
    return reached(desk, table, model, own.budget, scope, borrowed)


def reached(desk: Desk, table: pd.DataFrame, model: ModelTables, size: float, scope: str, more: Inline = "") -> Parts:
    """What a list of the budget's size finds, and whether the model beats each simple rule beyond chance."""
    say = desk.say
    ground = Ground("data", ("households", "villages"), "share of returns on a list of the riskiest share",
                    int(table["n"].iloc[0]) if len(table) else "withheld")  # fmt: skip
    budget = Bound(SHARE.text(size, desk.lang), size, "share", "risk.budget", Ground("parameter", formula="risk.city.BUDGET"))
    at = table[np.isclose(table["share"].astype(float), size)]
    clauses = []
    for r in as_rows(at):
        if not pd.isna(r["recall"]):
            value = desk.number(r["recall"], "share", f"risk.reach.{r['score']}", ground, "pct1")
            clauses.append(say("seven.finds", rule=rule_name(desk, r["score"], model), recall=value))
    first = say("seven.reach", budget=budget, scope=scope) if clauses else say("seven.reach_hidden", budget=budget)
    better = [rule_name(desk, k, model) for k, v in model.earns.items() if v]
    level = [rule_name(desk, k, model) for k, v in model.earns.items() if not v]
    return say.sentences(
        (*first, *say.listed(clauses, "；" if desk.lang == "zh" else "; "), say.word("seven.stop")) if clauses else first,
        more,
        say("seven.earns", rules=say.listed(better)) if better else "",
        say("seven.earns_not", rules=say.listed(level)) if level else "",
    )  # fmt: skip


def recall_blocks(desk: Desk, table: pd.DataFrame, model: ModelTables, scope: str) -> list[Block]:
    """Ways of ranking × sizes of the list, and the lines."""
    say = desk.say
    if table.empty:
        return []
    n = int(table["n"].iloc[0])
    ground = Ground("data", ("households", "villages"), "share of returns on a list of the riskiest share", n)
    shares = sorted(set(table["share"].astype(float)))
    scores = list(dict.fromkeys(table["score"]))
    rows = []
    for score in scores:
        part = {float(r["share"]): r for r in as_rows(table[table["score"] == score])}
        rows.append(
            (rule_name(desk, score, model), *(_recall(desk, part[s], f"risk.recall.{score}.{s:g}", ground) for s in shares))
        )
    heads = [Column(say.word("seven.col_rule"), width=0.34)]
    visited = [Bound(SHARE.text(s, desk.lang), s, "share", f"risk.share.{s:g}", ground) for s in shares]
    heads += [Column(say("seven.col_share", share=v), "right", width=0.22) for v in visited]
    size = say("seven.n_years", n=desk.things(n, "户年", "household-years", "risk.recall.n", ground))
    lines = [Rule(plain_text(rule_name(desk, s, model)), np.array(shares), _values(table, s, shares)) for s in scores]
    picture = recall_lines(lines, words={k: say.word(f"seven.lists_{k}") for k in ("random", "x", "y")})
    return [
        Table(title=say("seven.recall_table", scope=scope), columns=tuple(heads), rows=tuple(rows), key="risk-recall",
              source=say("seven.source"), note=say.sentences(say("seven.recall_note"), withheld_note(desk)), n=size),
        Figure(title=say("seven.recall_figure", scope=scope), svg=picture.svg, png=picture.png, data=picture.data,
               key="risk-recall-lines", alt=say("seven.recall_alt"), source=say("seven.source"), n=size),
    ]  # fmt: skip


def _values(table: pd.DataFrame, score: str, shares: list[float]) -> np.ndarray:
    part = table[table["score"] == score].set_index("share")["recall"].astype(float)
    return part.reindex(shares).to_numpy(dtype=float)


def _recall(desk: Desk, r: dict[str, Any], ref: str, ground: Ground) -> Inline:
    """A recall with its interval; ※ where the returns found would be too few."""
    if pd.isna(r["recall"]):
        return Bound(SUPPRESSED, None, "share", ref, ground)
    value = desk.number(r["recall"], "share", ref, ground, "pct1")
    if pd.isna(r["low"]) or pd.isna(r["high"]):
        return value
    mark, fmt = ("～" if desk.lang == "zh" else "–"), FORMATS["pct1"]
    text = mark.join(fmt.text(float(r[k]), desk.lang) for k in ("low", "high"))
    interval = Bound(text, (float(r["low"]), float(r["high"])), "share", f"{ref}.interval", ground)
    return desk.say("seven.with_interval", value=value, interval=interval)


def _ground(own: CityTables) -> Ground:
    return Ground("data", ("households", "villages"), "riskiest share of each county's exited households",
                  own.households if own.households is not None else "withheld")  # fmt: skip


def _listed(desk: Desk, own: CityTables) -> Parts:
    """How many households the list holds and how many of the expected returns stand on it."""
    g, total = _ground(own), as_rows(own.lists[own.lists["county_code"] == CITY])[0]
    if pd.isna(total["listed"]):
        return desk.say.sentences(desk.say("seven.listed_hidden"), desk.say("seven.no_names"))
    numbers = {
        "n": desk.count(total["listed"], "households", "risk.list.n", g),
        "share": desk.share(total["expected_listed"], total["expected_returns"], "risk.list.expected_share", g, "pct0"),
    }
    return desk.say.sentences(desk.say("seven.listed", **numbers), desk.say("seven.no_names"))


def _county_table(desk: Desk, own: CityTables) -> Table:
    say, g = desk.say, _ground(own)
    rows = []
    for r in as_rows(own.lists):
        code = str(r["county_code"])
        name = say.word("word.total") if code == CITY else desk.place(code)
        counts = [desk.count(r[c], "households", f"risk.list.{code}.{c}", g, with_unit=False) for c in ("households", "listed")]
        sums = [_sum(desk, r[c], f"risk.list.{code}.{c}", g) for c in ("expected_returns", "expected_listed")]
        rows.append((name, *counts, *sums))
    heads = [Column(say.word("col.county"))]
    heads += [Column(say.word(f"seven.col_{c}"), "right") for c in ("households", "listed", "expected", "expected_listed")]
    return Table(
        title=say("seven.county_table", city=desk.city), columns=tuple(heads), rows=tuple(rows), key="risk-list",
        source=say("seven.source"), note=withheld_note(desk),
        n=say("seven.n", n=desk.count(own.households, "households", "risk.list.all", g)),
    )  # fmt: skip


def _sum(desk: Desk, x: Any, ref: str, g: Ground) -> Bound:
    """An expected number, withheld with its count."""
    return Bound(SUPPRESSED, None, "household", ref, g) if pd.isna(x) else desk.number(float(x), "household", ref, g, "dec1")


def _cause_table(desk: Desk, own: CityTables) -> list[Block]:
    """Leading causes on the list and the measures to check first; which fits which is this evaluation's proposal."""
    say, g, zh = desk.say, _ground(own), desk.lang == "zh"
    rows = []
    for r in as_rows(own.causes):
        measures = r["measures_zh" if zh else "measures_en"] or MISSING
        rows.append((r["zh" if zh else "en"], desk.count(r["households"], "households", f"risk.cause.{r['cause']}", g), measures))
    columns = (Column(say.word("seven.col_cause"), width=0.24), Column(say.word("seven.col_listed"), "right", width=0.16),
               Column(say.word("seven.col_measures"), width=0.6))  # fmt: skip
    n = say("seven.n", n=desk.count(own.households, "households", "risk.cause.all", g))
    return [Table(title=say("seven.cause_table", city=desk.city), columns=columns, rows=tuple(rows), key="risk-causes",
                  source=say("seven.source"), note=say.sentences(say("seven.cause_note"), withheld_note(desk)), n=n)]  # fmt: skip
