"""二（五）建档立卡增减台账: opening, flows, closing, residual; which counties do not close."""

from __future__ import annotations

from evaltools.indicators.account import INFLOWS, OUTFLOWS
from evaltools.report.blocks import Block, Bound, Column, Figure, Ground, Heading, Inline, Paragraph, Table
from evaltools.report.chapters.desk import Desk, withheld_note
from evaltools.report.chapters.findings import Finding, with_advice
from evaltools.report.chapters.rows import Row, as_rows, is_withheld
from evaltools.report.charts.account import flow_bars, waterfall
from evaltools.report.model import AccountTables

FLOWS_IN, FLOWS_OUT = (*INFLOWS, "joined"), (*OUTFLOWS, "left")
CLAUSE_OF_ACCOUNT = "dynamic.stock_flow_residual"
"""The rule that the account is held against."""
CLOSED = ("opening", "expected", "closing", "residual")
HIDDEN_CLOSING = ("opening", "registered", "returned", "exited", "residual")
"""Lines that the sentence speaks of, with a closing stock that may be published and without."""
FEWEST_BARS = 2
"""A chart of fewer known lines other than zero shows nothing that the table does not."""
LINES = ("opening", *FLOWS_IN, *FLOWS_OUT, "expected", "closing", "residual")


def account_section(desk: Desk, account: AccountTables) -> tuple[list[Block], list[Finding]]:
    """The account of the report's year in words, table and waterfall."""
    say = desk.say
    head = Heading(say.word("two.account_heading"))
    if account.missing:
        columns = say.listed(account.missing)
        what = say("find.account_missing", columns=columns)
        finding = Finding("account_missing", what, CLAUSE_OF_ACCOUNT, "", "", "ledger", weight=2)
        return [head, Paragraph(say("two.account_missing", columns=columns))], [finding]
    if not account.has_opening:
        return [head, Paragraph(say("two.account_first", year=desk.year))], []
    ground = Ground(
        "data", ("households",), "opening + inflows − outflows = expected; closing − expected = residual", account.rows
    )
    totals = {str(r["unit"]): r for r in as_rows(account.totals)}

    def cell(unit: str, line: str, *, with_unit: bool = True) -> Bound:
        value = totals.get(unit, {}).get(line)
        if value is None or is_withheld(value):
            return desk.count(None, unit, f"account.{unit}.{line}", ground)
        return desk.number(int(value), unit, f"account.{unit}.{line}", ground, None if with_unit else "int")

    is_hidden = is_withheld(totals.get("persons", {}).get("closing"))
    key, shown = ("two.account_found_withheld", HIDDEN_CLOSING) if is_hidden else ("two.account_found", CLOSED)
    found = say(key, **{k: cell("persons", k) for k in shown})
    status, findings = _open_counties(desk, account, ground)
    rows = tuple(
        (say.word(f"flow.{k}"), cell("households", k, with_unit=False), cell("persons", k, with_unit=False))
        for k in LINES
    )
    table = Table(
        title=say.word("two.account_table"),
        key="account",
        rows=rows,
        source=say("source.households"),
        note=withheld_note(desk),
        columns=(
            Column(say.word("col.item")),
            Column(say.word("col.households"), "right"),
            Column(say.word("col.persons"), "right"),
        ),
        n=say("two.account_n", opening=cell("persons", "opening")),
    )
    return [
        head,
        *with_advice(desk, [Paragraph(say.sentences(found, status))], findings),
        table,
        *_figure(desk, totals.get("persons"), cell("persons", "opening")),
    ], findings


def _open_counties(desk: Desk, account: AccountTables, ground: Ground) -> tuple[Inline, list[Finding]]:
    """Counties with a residual: the sentence and the finding."""
    say = desk.say
    if account.offending == 0:
        return say("two.account_clean"), []
    n = desk.count(account.offending, "counties", "account.offending", ground)
    rule = desk.cite(CLAUSE_OF_ACCOUNT)
    known = [r for r in as_rows(account.counties) if not is_withheld(r["persons"]) and int(r["persons"])]
    if not known:
        what = say("find.account_hidden", n=n)
        return say("two.account_open_hidden", n=n, cite=rule), [
            Finding("account", what, CLAUSE_OF_ACCOUNT, "", n, "account", weight=2)
        ]
    row = max(known, key=lambda r: abs(int(r["persons"])))
    place = desk.place(row["county_code"])
    size = desk.number(int(row["persons"]), "persons", f"account.{row['county_code']}.residual", ground)
    what = say("find.account", size=size, n=n)
    return say("two.account_open", n=n, place=place, size=size, cite=rule), [
        Finding("account", what, CLAUSE_OF_ACCOUNT, place, n, "account", weight=2)
    ]


def _figure(desk: Desk, row: Row | None, opening: Inline) -> list[Block]:
    """The waterfall of persons; where a line is withheld, the known lines side by side without their running level."""
    if row is None:
        return []
    say = desk.say
    flows = [(k, None if is_withheld(row[k]) else float(row[k])) for k in (*FLOWS_IN, *FLOWS_OUT)]
    signed = [(k, v if v is None or k in FLOWS_IN else -v) for k, v in flows]
    labels = [say.word(f"flow.{k}") for k, _ in signed]
    stocks = [None if is_withheld(row[k]) else float(row[k]) for k in ("opening", "closing")]
    values = [stocks[0], *(v for _, v in signed), stocks[1]]
    known = [v for v in values if v is not None]
    if sum(bool(v) for v in known) < FEWEST_BARS:
        return []
    whole = len(known) == len(values)
    if whole:
        picture = waterfall(
            known[0], known[1:-1], known[-1], labels,
            unit=say.word("col.persons"), residual_label=say.word("flow.residual"), lang=desk.lang,
        )  # fmt: skip
    else:
        moved = [i for i, (_, v) in enumerate(signed) if v != 0]  # a line of nobody is in the table
        picture = flow_bars(
            stocks[0], [signed[i][1] for i in moved], stocks[1], [labels[i] for i in moved],
            unit=say.word("col.persons"), lang=desk.lang,
        )  # fmt: skip
    return [
        Figure(
            title=say.word("two.account_figure" if whole else "two.account_figure_flows"),
            svg=picture.svg,
            png=picture.png,
            data=picture.data,
            alt=say.word("two.account_alt" if whole else "two.account_alt_flows"),
            source=say("source.households"),
            n=say("two.account_n", opening=opening),
            key="account-figure",
            note="" if whole else withheld_note(desk),
        )
    ]
