"""七、返贫风险: what happens when support ends, and other stresses; the outlook of several cities."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

import numpy as np
import pandas as pd

from evaltools.report.binding import MISSING, Format
from evaltools.report.blocks import Block, Bound, Bullets, Column, Figure, Ground, Heading, Inline, Paragraph, Table
from evaltools.report.chapters.desk import Desk, withheld_note
from evaltools.report.chapters.rows import as_rows
from evaltools.report.charts.risk import scenario_bars
from evaltools.report.inline import plain_text
from evaltools.risk.published import CityTables

SUPPORT = "support_withdrawn"
NUMBERS = ("returns_now", "returns_then", "increase")
ONE = Format(decimals=1)


class Stressed(Protocol):
    """What the section reads: a city's results, or those of all cities together."""

    @property
    def households(self) -> int | None: ...

    @property
    def scenarios(self) -> pd.DataFrame: ...


def scenario_section(desk: Desk, own: Stressed) -> list[Block]:
    """Predicted returns under each scenario with the assumption in words; support is read in two ways."""
    say, head = desk.say, Heading(desk.say.word("seven.scenario_heading"))
    if own.scenarios.empty:
        return [head, Paragraph(say("seven.too_few_here", city=desk.city))]
    g = _ground(own)
    rows = as_rows(own.scenarios)
    blocks: list[Block] = [head, Paragraph(say.sentences(_support(desk, rows, g), say("seven.paradox"))),
                           _table(desk, rows, own, g), _figure(desk, rows, own, g)]  # fmt: skip
    return [*blocks, Paragraph(say("seven.assumptions")), Bullets(tuple(_assumptions(desk, rows)))]


def _ground(own: Stressed) -> Ground:
    return Ground("data", ("households", "villages"), "sum of probabilities with the columns of the scenario changed",
                  own.households if own.households is not None else "withheld")  # fmt: skip


def support_range(rows: Sequence[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """Reading -> row of the withdrawal of support."""
    return {r["reading"]: r for r in rows if r["scenario"] == SUPPORT}


def _support(desk: Desk, rows: Sequence[dict[str, Any]], g: Ground) -> Inline:
    found = support_range(rows)
    slots: dict[str, Inline] = {}
    for reading, r in found.items():
        slots[reading] = expected(desk, r["increase"], f"risk.support.{reading}", g)
        slots[f"{reading}_interval"] = ends(desk, r["increase_low"], r["increase_high"], f"risk.support.{reading}.interval", g)
    return desk.say("seven.support", **slots) if {"neutral", "learned"} <= set(found) else ""


def expected(desk: Desk, x: float, ref: str, g: Ground, *, with_unit: bool = True) -> Bound:
    """An expected number of households."""
    fmt = Format(decimals=1, zh="户", en=" households") if with_unit else ONE
    return desk.number(x, "household", ref, g, fmt)


def ends(desk: Desk, low: float, high: float, ref: str, g: Ground) -> Bound:
    if np.isnan(low) or np.isnan(high):
        return Bound(MISSING, None, "household", ref, g)
    mark = "～" if desk.lang == "zh" else "–"
    return Bound(mark.join(ONE.text(v, desk.lang) for v in (low, high)), (low, high), "household", ref, g)


def _name(desk: Desk, r: dict[str, Any]) -> Inline:
    """The scenario, and how support is read where that differs."""
    name = r["zh" if desk.lang == "zh" else "en"]
    return (
        desk.say("seven.reading", name=name, reading=desk.say.word(f"seven.{r['reading']}")) if r["scenario"] == SUPPORT else name
    )


def _table(desk: Desk, rows: Sequence[dict[str, Any]], own: Stressed, g: Ground) -> Table:
    say = desk.say
    body = []
    for r in rows:
        ref = f"risk.scenario.{r['scenario']}.{r['reading']}"
        numbers = [expected(desk, r[c], f"{ref}.{c}", g, with_unit=False) for c in NUMBERS]
        body.append((_name(desk, r), *numbers, ends(desk, r["increase_low"], r["increase_high"], f"{ref}.interval", g)))
    heads = [Column(say.word("seven.col_scenario"), width=0.4)]
    heads += [Column(say.word(f"seven.col_{c}"), "right", width=0.15) for c in ("now", "then", "increase", "interval")]
    return Table(
        title=say("seven.scenario_table", city=desk.city), columns=tuple(heads), rows=tuple(body), key="risk-scenarios",
        source=say("seven.source"), note=say("seven.scenario_note"),
        n=say("seven.n", n=desk.count(own.households, "households", "risk.scenario.n", g)),
    )  # fmt: skip


def _figure(desk: Desk, rows: Sequence[dict[str, Any]], own: Stressed, g: Ground) -> Figure:
    say = desk.say
    names = [plain_text(_name(desk, r)) for r in rows]
    values = (
        np.array([r[c] for r in rows], dtype=float)
        for c in ("returns_now", "returns_then", "returns_then_low", "returns_then_high")
    )
    picture = scenario_bars(names, *values, words={k: say.word(f"seven.bar_{k}") for k in ("then", "range", "now", "x")})
    return Figure(
        title=say("seven.scenario_figure", city=desk.city), svg=picture.svg, png=picture.png, data=picture.data,
        key="risk-scenario-bars", alt=say("seven.scenario_alt"), source=say("seven.source"),
        n=say("seven.n", n=desk.count(own.households, "households", "risk.scenario_bars.n", g)),
    )  # fmt: skip


def _assumptions(desk: Desk, rows: Sequence[dict[str, Any]]) -> list[Inline]:
    """Each scenario's assumption, once."""
    out: list[Inline] = []
    seen: set[str] = set()
    given = Ground("parameter", formula="risk/scenarios.yaml")
    for r in rows:
        if r["scenario"] not in seen:
            seen.add(r["scenario"])
            text = desk.free(r[f"assumption_{desk.lang}"], f"risk.assumption.{r['scenario']}", given)
            out.append(desk.say("seven.assumption", name=r["zh" if desk.lang == "zh" else "en"], text=text))
    return out


def outlook_table(desk: Desk, cities: Sequence[tuple[str, CityTables]]) -> Table:
    """Helped cities: exited households, expected returns, what the end of support would add."""
    say, body = desk.say, []
    for name, own in cities:
        g, ref = _ground(own), f"risk.helped.{own.city_code}"
        found = support_range(as_rows(own.scenarios)) if not own.scenarios.empty else {}
        mean, low, high = own.expected or (float("nan"),) * 3
        increases = [expected(desk, found[k]["increase"], f"{ref}.{k}", g, with_unit=False) if k in found
                     else Bound(MISSING, None, "household", f"{ref}.{k}", g) for k in ("neutral", "learned")]  # fmt: skip
        body.append((name, desk.count(own.households, "households", f"{ref}.households", g, with_unit=False),
                     expected(desk, mean, f"{ref}.expected", g, with_unit=False), ends(desk, low, high, f"{ref}.interval", g),
                     *increases))  # fmt: skip
    heads = [Column(say.word("seven.col_city"))]
    heads += [Column(say.word(f"seven.col_{c}"), "right") for c in ("households", "expected", "interval", "neutral", "learned")]
    run = Ground("run", formula="cities helped with results")
    return Table(
        title=say("seven.outlook_table", city=desk.city), columns=tuple(heads), rows=tuple(body), key="risk-outlook",
        source=say("seven.source"), note=say.sentences(say("seven.outlook_note"), say("seven.paradox"), withheld_note(desk)),
        n=say("seven.n_cities", n=desk.number(len(cities), "cities", "risk.helped.n", run)),
    )  # fmt: skip
