"""五、资金与资产: the input against what was due, guidance funds, use, credit, assets."""

from __future__ import annotations

from collections.abc import Sequence

from evaltools.report.binding import param
from evaltools.report.blocks import Block, Chapter, Column, Figure, Ground, Inline, Paragraph, Table
from evaltools.report.chapters.desk import Desk
from evaltools.report.chapters.findings import Finding
from evaltools.report.chapters.reading import Shown
from evaltools.report.chapters.three import indicator_chapter
from evaltools.report.charts.money import due_and_arrived
from evaltools.report.charts.scores import Score, score_rows
from evaltools.report.inline import plain_text
from evaltools.terms import CityRole

TO_DUE = {
    "province": "counties.input_province_to_due",
    "helping_city": "counties.input_helping_to_due",
    "local_city": "counties.input_local_to_due",
}
"""Payer -> indicator whose numerator is what arrived and whose denominator is what was due."""


def chapter_five(desk: Desk) -> tuple[Chapter, list[Finding]]:
    """The chapter and what its indicators find."""
    extras = {"input": _input, "credit": _loans, "assets": _assets}
    return indicator_chapter(desk, "五", "five", extras)


def _input(desk: Desk, rows: Sequence[Shown]) -> list[Block]:
    """Due against arrived by payer where a split is set, and the arrivals year by year."""
    say = desk.say
    is_self = desk.inp.city.role is CityRole.SELF_HELP
    text = [say("five.no_yearly"), say("five.split_undefined", city=desk.city) if is_self else ""]
    return [Paragraph(say.sentences(*text)), *_arrival(desk, rows), *_years(desk)]


def _arrival(desk: Desk, rows: Sequence[Shown]) -> list[Block]:
    say, by_id = desk.say, {s.reading.entry.id: s for s in rows}
    found = [(p, by_id[i].reading) for p, i in TO_DUE.items() if i in by_id]
    known = [(p, r.numerator, r.denominator) for p, r in found if r.numerator is not None and r.denominator]
    if not known:
        return []
    picture = due_and_arrived(
        [say.word(f"five.{p}") for p, _, _ in known], [float(d) for _, _, d in known], [float(a) for _, a, _ in known],
        axis=say.word("five.money_axis"), names=(say.word("five.arrived"), say.word("five.due")),
    )  # fmt: skip
    first = by_id[TO_DUE[known[0][0]]]
    return [
        Figure(
            title=say.word("five.arrival"), svg=picture.svg, png=picture.png, data=picture.data, key="arrival",
            alt=say.word("five.arrival_alt"), source=say("source.funds"),
            n=desk.count(first.reading.n, "counties", "arrival.n", first.ground),
        )
    ]  # fmt: skip


def _years(desk: Desk) -> list[Block]:
    """Years × payers, in yuan; a total row."""
    say, arrivals = desk.say, desk.inp.arrivals
    if arrivals is None or arrivals.years.empty:
        return []
    ground = Ground("data", ("fund_flows",), "amount_yuan of per_capita_input by year of paid_date and payer", arrivals.rows)
    n = say("helping.n", n=desk.count(arrivals.rows, "rows", "arrivals.rows", ground))
    payers = [p for p in TO_DUE if (arrivals.years["payer"] == p).any()]
    wide = arrivals.years.pivot_table(index="year", columns="payer", values="yuan", aggfunc="sum", fill_value=0.0)

    def cells(values: dict[str, float], ref: str) -> list[Inline]:
        parts = [values[p] for p in payers]
        named = [*zip(payers, parts, strict=True), ("all", sum(parts))]
        return [desk.number(v, "yuan", f"arrivals.{ref}.{p}", ground, "wan_yuan") for p, v in named]

    rows: list[tuple[Inline, ...]] = []
    for year, line in wide.iterrows():
        name = param(f"arrival_year.{year}", int(str(year)), str(year))
        rows.append((name, *cells({p: float(line[p]) for p in payers}, str(year))))
    rows.append((say.word("word.total"), *cells({p: float(wide[p].sum()) for p in payers}, "all")))
    heads = [Column(say.word(f"five.{p}"), "right") for p in payers] + [Column(say.word("word.total"), "right")]
    return [
        Table(
            title=say.word("five.years"), columns=(Column(say.word("five.col_year")), *heads), rows=tuple(rows),
            key="arrivals", source=say("source.funds"), n=n,
        )
    ]  # fmt: skip


def _loans(desk: Desk, rows: Sequence[Shown]) -> list[Block]:
    shares = [s for s in rows if s.reading.entry.table == "loans" and s.reading.entry.statistic.value == "share"]
    return _scores(desk, shares, "five.loans", "loans", "source.loans")


def _assets(desk: Desk, rows: Sequence[Shown]) -> list[Block]:
    return _scores(desk, rows, "five.assets", "asset-scores", "source.assets")


def _scores(desk: Desk, rows: Sequence[Shown], title: str, key: str, source: str) -> list[Block]:
    """The scorecard of some shares; one that may only be bounded is drawn as its bound."""
    say = desk.say
    known = [s for s in rows if s.reading.value is not None or s.reading.bound is not None]
    if not known:
        return []
    picture = score_rows([_score(s) for s in known], axis=say.word("five.score_axis"), lang=desk.lang)
    most = max(known, key=lambda s: s.reading.n or 0)
    return [
        Figure(
            title=say.word(title), svg=picture.svg, png=picture.png, data=picture.data, key=key,
            alt=say.word("five.score_alt"), source=say(source),
            n=say("section.n", n=desk.count(most.reading.n, "items", f"{key}.n", most.ground)),
        )
    ]  # fmt: skip


def _score(s: Shown) -> Score:
    r = s.reading
    low, high = None, None
    if r.bound is not None:
        low, high = (0.0, r.bound[1]) if r.bound[0] == "<=" else (r.bound[1], 1.0)
    return Score(plain_text(s.name), r.value, low, high, r.limit, r.state, s.value().text)
