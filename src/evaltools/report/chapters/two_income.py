"""二（三）收入与退出线: the distribution of incomes, both lines, and how many stand just above."""

from __future__ import annotations

from evaltools.report.binding import FORMATS
from evaltools.report.blocks import Block, Bound, Figure, Ground, Heading, Inline, Paragraph
from evaltools.report.chapters.desk import Desk, withheld_note
from evaltools.report.chapters.findings import Finding, with_advice
from evaltools.report.chapters.rows import as_rows, is_withheld, is_zero, row_where
from evaltools.report.chapters.two_exits import city_row, exit_ground
from evaltools.report.charts.income import Bins, income_lines
from evaltools.report.model import ExitTables
from evaltools.standards import RuleStatus
from evaltools.terms import ExitRoute

ACTUAL, PLANNED = "exit.household_income_line_actual", "exit.household_income_line_planned"
BAND = "method.just_passed_band"
JUMP = (
    "McCrary density test: density of income per capita just above / just below the actual line; registered households "
    "on the income route, exited or not"
)


def incomes(desk: Desk, exits: ExitTables) -> tuple[list[Block], list[Finding]]:
    """The lines, households whose verdict depends on the choice, the density just above, the figure."""
    say, ground = desk.say, exit_ground(exits)
    parts: list[Inline] = [_lines(desk, exits)]
    city = city_row(exits)
    if exits.line_actual is not None and exits.line_planned is not None:
        n = desk.count(city["sensitive"], "households", "exits.city.sensitive", ground)
        share = desk.share(city["sensitive"], city["households"], "exits.city.sensitive_share", ground, "pct2")
        parts.append(say("two.income_sensitive", n=n, share=share))
    around, findings = _around(desk, exits)
    parts.append(around)
    jump, more = _jump(desk, exits)
    parts.append(jump)
    findings += more
    if desk.rule("income.provincial_rural_disposable").status is RuleStatus.TO_BE_CONFIRMED:
        parts.append(say("note.series"))
    blocks: list[Block] = [Heading(say.word("two.income_heading")), Paragraph(say.sentences(*parts))]
    return [*with_advice(desk, blocks, findings), *_figure(desk, exits)], findings


def _lines(desk: Desk, exits: ExitTables) -> Inline:
    if exits.line_actual is None:
        return desk.say("two.income_lines_none", year=desk.year)
    actual = {"actual": desk.limit(ACTUAL, sign=False), "cite_actual": desk.cite(ACTUAL)}
    if exits.line_planned is None:
        return desk.say("two.income_lines_actual", year=desk.year, **actual)
    return desk.say(
        "two.income_lines_both", planned=desk.limit(PLANNED, sign=False), cite_planned=desk.cite(PLANNED), **actual
    )


def _around(desk: Desk, exits: ExitTables) -> tuple[Inline, list[Finding]]:
    if exits.around.empty:
        return "", []
    counts = {r["side"]: r["households"] for r in as_rows(exits.around)}
    ground = Ground(
        "data",
        ("households",),
        "exited households on the income route, incomes within one band of the actual line",
        exit_ground(exits).rows,
        (ACTUAL,),
    )
    band = desk.limit(BAND, sign=False)
    sides = {s: desk.count(counts[s], "households", f"exits.around.{s}", ground) for s in ("above", "below")}
    sentence = desk.say("two.income_around", band=band, **sides)
    if is_zero(counts["above"]):
        return sentence, []
    what = desk.say("find.just_above", n=sides["above"], band=band)
    if is_withheld(counts["above"]):
        what = desk.say("find.just_above_hidden", band=band)
    return sentence, [Finding("just_above", what, ACTUAL, "", sides["above"], "incomes", weight=1)]


def _jump(desk: Desk, exits: ExitTables) -> tuple[Inline, list[Finding]]:
    """The density at the line, as a ratio with its interval; what it may and may not mean."""
    jump, say = exits.jump, desk.say
    if jump is None:
        return "", []
    if jump.reason:
        return say("two.jump_missing", reason=say.word(f"two.jump_{jump.reason}")), []
    ground = Ground("data", ("households",), JUMP, jump.n, (ACTUAL, "method.confidence_one_sided"))
    low, high = (FORMATS["dec2"].text(x, desk.lang) for x in (jump.low, jump.high))
    text = f"{low}～{high}" if desk.lang == "zh" else f"{low}–{high}"
    slots: dict[str, Inline] = {
        "ratio": desk.number(jump.ratio, "ratio", "exits.jump.ratio", ground, "dec2"),
        "level": desk.number(jump.level, "share", "exits.jump.level", ground, "pct0"),
        "interval": Bound(text, (jump.low, jump.high), "ratio", "exits.jump.interval", ground),
    }
    found = say("two.jump", **slots)
    if jump.low > 1:
        what = say("find.bunching", **slots)
        finding = Finding("bunching", what, ACTUAL, "", "", "incomes", weight=2.5)
        return say.sentences(found, say("two.jump_up")), [finding]
    return say.sentences(found, say("two.jump_down" if jump.high < 1 else "two.jump_none")), []


def _figure(desk: Desk, exits: ExitTables) -> list[Block]:
    if exits.income.empty:
        return []
    say = desk.say
    picture = income_lines(
        _bins(exits, "all"),
        _bins(exits, "near"),
        actual=exits.line_actual,
        planned=exits.line_planned,
        band=exits.band,
        lang=desk.lang,
    )
    none = say.word("word.no_rule")
    route = row_where(exits.routes, "route", ExitRoute.INCOME.value)["households"]
    ground = exit_ground(exits)
    return [
        Figure(
            title=say.word("two.income_figure"),
            svg=picture.svg,
            png=picture.png,
            data=picture.data,
            key="incomes",
            alt=say(
                "two.income_alt",
                actual=desk.limit(ACTUAL, sign=False) if exits.line_actual else none,
                planned=desk.limit(PLANNED, sign=False) if exits.line_planned else none,
            ),
            n=say("two.income_n", n=desk.count(route, "households", "exits.route.income.households", ground)),
            source=say("source.households"),
            note=withheld_note(desk),
        )
    ]


def _bins(exits: ExitTables, part: str) -> Bins:
    rows = [r for r in as_rows(exits.income) if r["part"] == part]
    edges = [float(r["low"]) for r in rows] + [float(r["high"]) for r in rows[-1:]]
    return Bins.of(edges, [None if is_withheld(r["households"]) else float(r["households"]) for r in rows])
