"""二、各市退出门槛: gates × cities, what the sample allows of an order, funnels with small-city warnings."""

from __future__ import annotations

from evaltools.indicators import Gate
from evaltools.indicators.assessment.funnel import INNER, OUTER, Funnel
from evaltools.report.blocks import Block, Bound, Bullets, Chapter, Column, Figure, Ground, Heading, Inline, Paragraph, Table
from evaltools.report.chapters.gatewords import OPEN, GateWords
from evaltools.report.charts.funnel import Panel, funnels
from evaltools.report.charts.province import gate_matrix
from evaltools.report.province.desk import ProvinceDesk
from evaltools.report.province.summary import gates_ground
from evaltools.terms import VerdictState

MARK = {VerdictState.NOT_MET: "× ", VerdictState.UNDECIDED: "◇ ", VerdictState.EVIDENCE_MISSING: "▽ "}
"""What stands before an estimate in the table, so that it can be read without colour."""
TABLES = {"rates": (Gate.OMISSION, Gate.WRONGFUL_EXIT, Gate.COMPOSITE), "others": (Gate.APPROVAL, Gate.WRONG_INCLUSION)}
"""The rates of each table: as many as a page is wide."""
WIDE = 3
BAD = {True: "outer_low", False: "outer_high"}
"""Beyond the outer limit on the bad side, by whether higher is better."""


def chapter_gates(desk: ProvinceDesk) -> Chapter:
    """The chapter; a city without results is listed in the chapter on scope."""
    say, gates = desk.say, desk.inp.gates
    title = say.word("pgate.title")
    if not gates:
        return Chapter("二", title, (Paragraph(say("pgate.none")),))
    level = GateWords(desk, next(iter(gates.values())).results[0]).level()
    found = [_found(desk, g) for g in Gate]
    blocks: list[Block] = [
        Paragraph(say("pgate.intro", level=level)), Bullets(tuple(say.sentences(x) for x in found)), _matrix(desk),
        *(_table(desk, name, shown) for name, shown in TABLES.items()), *_funnels(desk), _rank_table(desk),
    ]  # fmt: skip
    return Chapter("二", title, tuple(blocks))


def _found(desk: ProvinceDesk, gate: Gate) -> Inline:
    results = {code: g[gate.value] for code, g in sorted(desk.inp.gates.items())}
    if all(r.limit is None for r in results.values()):
        return desk.say("pgate.found_free", gate=desk.say.label(gate))
    states = [r.state for r in results.values()]
    ground, ref = gates_ground(desk), f"province.{gate.value}"
    sizes = {"met": states.count(VerdictState.MET), "not_met": states.count(VerdictState.NOT_MET),
             "open": sum(s in OPEN for s in states)}  # fmt: skip
    counts = {k: desk.cities_count(v, f"{ref}.{k}", ground) for k, v in sizes.items()}
    bad = desk.names(code for code, r in results.items() if r.state is VerdictState.NOT_MET)
    return desk.say("pgate.found", gate=desk.say.label(gate), bad=bad, **counts)


def _words(desk: ProvinceDesk) -> dict[str, list[GateWords]]:
    """City code -> its five rates, in the voice and rules of the city."""
    return {c: [GateWords(desk.of(c), r) for r in g.results] for c, g in sorted(desk.inp.gates.items())}


def _matrix(desk: ProvinceDesk) -> Figure:
    say, words = desk.say, _words(desk)
    rows = list(words.values())
    picture = gate_matrix(
        [desk.name(c) for c in words], [say.label(g) for g in Gate], [[w.result.state for w in row] for row in rows],
        [[w.rate().text for w in row] for row in rows], lang=desk.lang,
    )  # fmt: skip
    return Figure(
        title=say.word("pgate.figure"), svg=picture.svg, png=picture.png, data=picture.data, key="gate-matrix",
        alt=say.word("pgate.alt"), source=say("province.source", as_of=desk.as_of), n=_n(desk),
    )  # fmt: skip


def _n(desk: ProvinceDesk) -> Inline:
    return desk.say("province.n_cities", n=desk.cities_count(len(desk.inp.gates), "gates.cities", gates_ground(desk)))


def _table(desk: ProvinceDesk, name: str, shown: tuple[Gate, ...]) -> Table:
    """Estimate and interval side by side; a mark for every state but met. With two rates the overall verdict too."""
    say, has_overall = desk.say, len(shown) < WIDE
    each = (0.66 if has_overall else 0.86) / len(shown)
    columns = [Column(say.word("province.col_city"), width=0.14)]
    for g in shown:
        columns += [Column(say.label(g), "right", width=0.42 * each),
                    Column(say.word("pgate.col_interval"), "right", width=0.58 * each)]  # fmt: skip
    columns += [Column(say.word("pgate.col_overall"), width=0.2)] if has_overall else []
    rows = []
    for code, words in _words(desk).items():
        by_gate = {w.result.gate: _cells(w) for w in words}
        overall = [desk.state(desk.inp.gates[code].overall)] if has_overall else []
        rows.append((desk.name(code), *(x for g in shown for x in by_gate[g]), *overall))
    return Table(
        title=say.word(f"pgate.table_{name}"), key=f"gate-{name}", source=say("province.source", as_of=desk.as_of),
        columns=tuple(columns), rows=tuple(rows), note=say("pgate.note"), n=_n(desk),
    )  # fmt: skip


def _cells(w: GateWords) -> tuple[Inline, Inline]:
    mark = MARK.get(w.result.state, "")
    return ((mark, w.rate()), w.interval("pct1")) if w.is_known else ((mark, w.state), "—")


def _funnels(desk: ProvinceDesk) -> list[Block]:
    say, found = desk.say, desk.inp.assessment.funnels
    if not found:
        return []
    panels = [
        Panel(say.label(g), f.points.assign(name=[desk.name(c) for c in f.points["city_code"]]), f.curve, f.centre,
              f.limit, g is Gate.APPROVAL)
        for g, f in found.items()
    ]  # fmt: skip
    words = {k: say.word(f"pgate.word_{k}") for k in ("axis", "city", "small", "centre", "inner", "outer", "limit")}
    picture = funnels(panels, words=words)
    told = [*(_outside(desk, g, f) for g, f in found.items()), *(_small(desk, g, f) for g, f in found.items())]
    told = [x for x in told if x]
    choice = Ground("parameter", formula="two and three standard deviations")
    probability = {k: desk.number(x, "share", f"funnel.{k}", choice, "pct1")
                   for k, x in (("inner", INNER), ("outer", OUTER))}  # fmt: skip
    figure = Figure(
        title=say.word("pgate.funnel_figure"), svg=picture.svg, png=picture.png, data=picture.data, key="funnels",
        alt=say.word("pgate.funnel_alt"), source=say("source.survey"), n=_n(desk),
        note=say("pgate.funnel_note", **probability),
    )  # fmt: skip
    list_ = [Bullets(tuple(say.sentences(x) for x in told))] if told else []
    return [Heading(say.word("pgate.funnel_heading")), Paragraph(say("pgate.funnel_text")), *list_, figure]


def _outside(desk: ProvinceDesk, gate: Gate, f: Funnel) -> Inline:
    bad = f.points[f.points["place"] == BAD[gate is Gate.APPROVAL]]["city_code"]
    return desk.say("pgate.funnel_out", gate=desk.say.label(gate), bad=desk.names(bad)) if len(bad) else ""


def _small(desk: ProvinceDesk, gate: Gate, f: Funnel) -> Inline:
    small = f.points[f.points["is_small"]]["city_code"]
    if not len(small):
        return ""
    formula = "smallest n whose faultless sample shows that the limit is kept"
    ground = Ground("rule", rules=f.source.rules, formula=formula)
    least = desk.number(f.least, "households", f"funnel.{gate.value}.least", ground)
    return desk.say("pgate.funnel_small", gate=desk.say.label(gate), cities=desk.names(small), least=least)


def _rank_table(desk: ProvinceDesk) -> Table:
    """Rank and what the sample allows, city by gate, in the order of codes."""
    say, ranks = desk.say, desk.inp.assessment.gate_ranks
    places = {(g, r["city_code"]): r for g, f in ranks.items() for r in f.to_dict("records")}

    def cell(gate: Gate, code: str) -> Inline:
        row = places.get((gate, code))
        if row is None:
            return "—"
        ground = Ground("data", ("survey",), "rank of the rate; what joint tests of the differences allow", len(places))
        ref = f"rank.{gate.value}.{code}"
        mark = "～" if desk.lang == "zh" else "–"
        low, high = int(row["rank_low"]), int(row["rank_high"])
        return (desk.count(int(row["rank"]), "count", ref, ground), " [",
                Bound(f"{low}{mark}{high}", (low, high), "count", f"{ref}.interval", ground), "]")  # fmt: skip

    level = desk.number(desk.inp.assessment.settings.level, "share", "assessment.level",
                        Ground("parameter", formula="params/assessment.yaml"), "pct0")  # fmt: skip
    shown = [g for g in Gate if g in ranks]
    return Table(
        title=say.word("pgate.rank_table"), key="gate-ranks", source=say("source.survey"), n=_n(desk),
        columns=(Column(say.word("province.col_city")), *(Column(say.label(g), "right") for g in shown)),
        rows=tuple((desk.name(code), *(cell(g, code) for g in shown)) for code in sorted(desk.inp.gates)),
        note=say("pgate.rank_note", level=level),
    )  # fmt: skip
