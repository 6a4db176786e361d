"""七、返贫风险: monitored classes, modelled returns with their calibration here, drivers, lists, what if support ends."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

import pandas as pd

from evaltools.report.binding import FORMATS, MISSING, SUPPRESSED, Format, day, param
from evaltools.report.blocks import Block, Bound, Callout, Chapter, Column, Figure, Ground, Heading, Inline, Paragraph, Table
from evaltools.report.chapters.desk import Desk, withheld_note
from evaltools.report.chapters.findings import Finding
from evaltools.report.chapters.readings import further_sections
from evaltools.report.chapters.rows import as_rows
from evaltools.report.chapters.say import Parts
from evaltools.report.chapters.seven_lists import lists_section
from evaltools.report.chapters.seven_scenarios import outlook_table, scenario_section
from evaltools.report.charts.risk import calibration
from evaltools.risk.published import Absence, CityTables, ModelTables, UpdateState
from evaltools.terms import MonitoringCategory, VerdictState

TABLES = ("households", "villages")
MULTIPLE = "monitoring.income_multiple_max"
CATEGORIES = "monitoring.categories"
HOUSEHOLDS = Format(decimals=1, zh="户", en=" households")
"""Expected numbers: sums of probabilities, not counts."""


def chapter_seven(desk: Desk) -> tuple[Chapter, list[Finding]]:
    """The chapter of a city, or of a helping city the outlook of those it helps."""
    title = desk.say.word("seven.title")
    if desk.inp.is_helping:
        return Chapter("七", title, tuple(_helping(desk))), []
    if not desk.inp.city.has_tasks:
        text = desk.say("seven.not_applicable", city=desk.city)
        return Chapter("七", title, (Callout(text, title=desk.state(VerdictState.NOT_APPLICABLE)),)), []
    found = own_tables(desk, desk.inp.city.code)
    if isinstance(found, Absence):
        finding = Finding("risk_missing", desk.say("find.risk_missing", reason=reason(desk, found)), "", "", "", "ledger")
        more, also = further_sections(desk, "seven")
        return Chapter("七", title, (absent(desk, found), *more)), [finding, *also]
    own, model = found
    curve, findings = _modelled(desk, own, model)
    blocks = [*caution(desk), *_classes(desk, own, model), *curve, *_drivers(desk, own),
              *lists_section(desk, own, model), *scenario_section(desk, own), *_survival(desk, own)]  # fmt: skip
    more, also = further_sections(desk, "seven")
    return Chapter("七", title, (*blocks, *more)), [*findings, *also]


def own_tables(desk: Desk, code: str) -> tuple[CityTables, ModelTables] | Absence:
    """A city's results with the model's, or why there are none."""
    tables = desk.inp.risk
    if tables is None:
        return Absence("no_model", desk.inp.risk_reason)
    found = tables.city(code)
    if isinstance(found, Absence):
        return found
    return (found, tables.model) if tables.model is not None else Absence("no_model", desk.inp.risk_reason)


def reason(desk: Desk, absence: Absence) -> Parts:
    """Why there are no results, in words."""
    ground = Ground("run", formula=f"risk: {absence.kind}")
    what = desk.free(absence.what, "risk.absence", ground) if absence.what else ""
    return desk.say(f"seven.absent.{absence.kind}", what=what or desk.say.word("seven.no_details"))


def absent(desk: Desk, absence: Absence) -> Callout:
    """证据缺失 with the reason."""
    text = desk.say("seven.missing", reason=reason(desk, absence))
    return Callout(text, title=desk.state(VerdictState.EVIDENCE_MISSING), tone="warn")


def ground(formula: str, rows: int | None, *rules: str) -> Ground:
    """What a number of this chapter stands on."""
    return Ground("data", TABLES, formula, rows if rows is not None else "withheld", rules)


def band(desk: Desk, low: float | None, high: float | None, unit: str, ref: str, g: Ground, fmt: Format) -> Bound:
    """An interval as printed; — where there is none."""
    if low is None or high is None or low != low or high != high:
        return Bound(MISSING, None, unit, ref, g)
    mark = "～" if desk.lang == "zh" else "–"
    return Bound(mark.join(fmt.text(x, desk.lang) for x in (low, high)), (low, high), unit, ref, g)


def caution(desk: Desk) -> list[Block]:
    """That a probability orders visits and decides nothing; on synthetic data, what validation then means."""
    blocks: list[Block] = []
    if desk.inp.is_synthetic:
        blocks.append(Callout(desk.say("seven.synthetic"), title=desk.say.word("seven.synthetic_title"), tone="warn"))
    return [*blocks, Paragraph(desk.say("seven.use"))]


def _classes(desk: Desk, own: CityTables, model: ModelTables) -> list[Block]:
    """The three monitored classes of the year, as the registry shows them."""
    say, rule = desk.say, desk.inp.rules.get(MULTIPLE)
    head = Heading(say.word("seven.classes_heading"))
    if own.classes.empty or rule is None or not rule.is_defined:
        return [head, Paragraph(say("seven.no_classes"))]
    g = ground("registry status, income against the monitored line, shock of the year", own.households, MULTIPLE, CATEGORIES)
    rows = [
        (say.label(MonitoringCategory(r["category"])), say.word(f"seven.class.{r['category']}"),
         desk.count(r["households"], "households", f"risk.class.{r['category']}", g))
        for r in as_rows(own.classes)
    ]  # fmt: skip
    line = desk.number(float(model.record["line_yuan"]), "yuan", "risk.line", g)
    times = Bound(f"{float(rule.value):g}", float(rule.value), "ratio", f"rule:{MULTIPLE}", Ground("rule", rules=(MULTIPLE,)))
    text = say("seven.classes", line=line, multiple=times, cite=desk.cite(MULTIPLE),
               categories=desk.cite(CATEGORIES) if CATEGORIES in desk.inp.rules else say.word("word.no_rule"))  # fmt: skip
    columns = (Column(say.word("seven.col_class"), width=0.24), Column(say.word("seven.col_meaning"), width=0.56),
               Column(say.word("seven.col_households"), "right", width=0.2))  # fmt: skip
    return [head, Paragraph(text), Table(
        title=say("seven.classes_table", city=desk.city, year=desk.year), columns=columns, rows=tuple(rows),
        key="risk-classes", source=say("source.households"), note=withheld_note(desk), n=_n(desk, own),
    )]  # fmt: skip


def _n(desk: Desk, own: CityTables) -> Inline:
    g = ground("exited at the end of the year", own.households)
    return desk.say("seven.n", n=desk.count(own.households, "households", "risk.households", g))


def _modelled(desk: Desk, own: CityTables, model: ModelTables) -> tuple[list[Block], list[Finding]]:
    """Expected returns, returns on record, calibration on this city, and whether the newest outcomes bear it out."""
    say = desk.say
    blocks: list[Block] = [Heading(say.word("seven.model_heading")), Paragraph(_expected(desk, own, model)),
                           _history(desk, own)]  # fmt: skip
    callout, findings = check(desk, model)
    return [*blocks, *_calibration(desk, own), callout], findings


def _expected(desk: Desk, own: CityTables, model: ModelTables) -> Parts:
    say, g = desk.say, ground("sum of modelled probabilities", own.households)
    fitted = ground("household-years with a known outcome", int(model.record["rows"]))
    slots: dict[str, Inline] = {
        "cities": desk.number(len(model.cities), "cities", "risk.cities", fitted),
        "rows": desk.things(int(model.record["rows"]), "户年", "household-years", "risk.rows", fitted),
        "events": desk.things(int(model.record["events"]), "户次", "returns", "risk.events", fitted),
    }
    first = say("seven.fitted", **slots)
    if own.expected is None:
        return say.sentences(first, say("seven.too_few_here", city=desk.city))
    mean, low, high = own.expected
    return say.sentences(first, say(
        "seven.expected", city=desk.city, n=desk.count(own.households, "households", "risk.households", g),
        expected=desk.number(mean, "household", "risk.expected", g, HOUSEHOLDS),
        interval=band(desk, low, high, "household", "risk.expected.interval", g, HOUSEHOLDS),
        share=desk.number(mean / own.households if own.households else None, "share", "risk.expected.share", g, "pct1"),
    ))  # fmt: skip


def _history(desk: Desk, own: CityTables) -> Table:
    say, g = desk.say, ground("recorded as returned in the year after", own.n)
    rows = []
    for r in as_rows(own.history):
        is_all, ref = r["year"] == "all", f"risk.history.{r['year']}"
        name = say.word("word.total") if is_all else param(f"risk_year.{r['year']}", int(r["year"]), str(r["year"]))
        rows.append((name, *(desk.count(r[c], "households", f"{ref}.{c}", g, with_unit=False) for c in ("exited", "returned")),
                     desk.share(r["returned"], r["exited"], f"{ref}.rate", g, "pct2")))  # fmt: skip
    heads = [Column(say.word("seven.col_year"))]
    heads += [Column(say.word(f"seven.col_{c}"), "right") for c in ("exited", "returned", "rate")]
    return Table(title=say("seven.history_table", city=desk.city), columns=tuple(heads), rows=tuple(rows), key="risk-history",
                 source=say("source.households"), note=say.sentences(say("seven.history_note"), withheld_note(desk)),
                 n=_years(desk, own, g))  # fmt: skip


def _years(desk: Desk, own: CityTables, g: Ground) -> Inline:
    """Household-years on record, ※ where withheld."""
    total = own.history.loc[own.history["year"] == "all", "exited"]
    n = total.iloc[0] if len(total) and not pd.isna(total.iloc[0]) else None
    if n is None:
        return desk.say("seven.n_years", n=Bound(SUPPRESSED, None, "count", "risk.history.n", g))
    return desk.say("seven.n_years", n=desk.things(int(n), "户年", "household-years", "risk.history.n", g))


def _metric(own: CityTables, name: str) -> dict:
    table = own.performance
    return as_rows(table[(table["score"] == "model") & (table["metric"] == name)])[0]


def _calibration(desk: Desk, own: CityTables) -> list[Block]:
    """O/E, AUC and ECE of models that never saw this city, in words that follow from the numbers; the curve."""
    say = desk.say
    if own.performance.empty or own.curve.empty or own.bounds is None or own.events is None:
        return [Paragraph(say("seven.no_calibration", city=desk.city))]
    g, ref = ground("predictions of models fitted without this city", own.n), "risk.performance"
    oe, auc = _metric(own, "observed_to_expected"), _metric(own, "auc")
    fmt = FORMATS["dec2"]
    numbers: dict[str, Inline] = {
        "n": desk.things(own.n or 0, "户年", "household-years", f"{ref}.n", g),
        "events": desk.things(own.events, "户次", "returns", f"{ref}.events", g),
        "oe": desk.number(oe["estimate"], "ratio", f"{ref}.oe", g), "auc": desk.number(auc["estimate"], "ratio", f"{ref}.auc", g),
        "oe_interval": band(desk, oe["low"], oe["high"], "ratio", f"{ref}.oe.interval", g, fmt),
        "auc_interval": band(desk, auc["low"], auc["high"], "ratio", f"{ref}.auc.interval", g, fmt),
    }  # fmt: skip
    ece, perfect = own.bounds
    group = say(
        f"seven.{calibration_word(ece, perfect)}", ece=desk.number(ece, "share", f"{ref}.ece", g, "pct2"),
        perfect=desk.number(perfect, "share", f"{ref}.ece_when_perfect", g, "pct2"),
    )  # fmt: skip
    text = say.sentences(
        say("seven.calibration", city=desk.city, **numbers), say(f"seven.{level_word(oe['low'], oe['high'])}"), group
    )
    return [Paragraph(text), _curve_figure(desk, own, g)]


def level_word(low: float, high: float) -> str:
    """Which sentence the interval of observed over expected asks for."""
    if low != low or high != high:
        return "oe_unknown"
    return "oe_low" if low > 1 else "oe_high" if high < 1 else "oe_level"


def calibration_word(ece: float, perfect: float) -> str:
    """Whether groups are off by more than n rows alone explain."""
    return "ece_within" if ece <= perfect else "ece_beyond"


def _curve_figure(desk: Desk, own: CityTables, g: Ground) -> Figure:
    say = desk.say
    names = {k: say.word(f"seven.curve_{k}") for k in ("x", "y", "group", "right")}
    picture = calibration(*(own.curve[c].to_numpy(dtype=float) for c in ("predicted", "observed", "low", "high")), words=names)
    return Figure(
        title=say("seven.curve", city=desk.city), svg=picture.svg, png=picture.png, data=picture.data, key="risk-calibration",
        alt=say("seven.curve_alt"), source=say("seven.source"),
        n=say("seven.n_years", n=desk.things(own.n or 0, "户年", "household-years", "risk.curve.n", g)),
    )  # fmt: skip


def check(desk: Desk, model: ModelTables) -> tuple[Callout, list[Finding]]:
    """The newest outcomes against the model made before them, the dated update they were used for, and whether that
    holds: an alarm only where it does not."""
    say, m, u = desk.say, model.monitor, model.update
    state, before = UpdateState(model.state), UpdateState(m["state"])
    g = ground("newest outcomes against the model made before them", int(m["n"]))
    first = say(
        f"seven.before_{before.value}", year=param("risk_newest", int(m["period"]), str(int(m["period"]))),
        **_ratio(desk, m, "risk.monitor", g),
    )  # fmt: skip
    moved = say(
        "seven.updated", as_of=day("risk.as_of", date.fromisoformat(u["as_of"]), desk.lang),
        expected=desk.number(u["expected"], "share", "risk.update.expected", g, "pct2"),
        rate=desk.number(u["rate"], "share", "risk.update.rate", g, "pct2"),
    )  # fmt: skip
    half = ground("the other half of the villages, after the update", int(m["n"]))
    numbers = _ratio(desk, u, "risk.update", half)
    numbers["ece"] = desk.number(u["ece"], "share", "risk.update.ece", half, "pct2")
    is_known = u["observed_to_expected"] == u["observed_to_expected"]
    after = say(f"seven.update_{state.value}", **numbers) if is_known else say("seven.update_unknown")
    tone = {UpdateState.BROKEN: "bad", UpdateState.HOLDS: "good"}.get(state, "warn")
    tone = "warn" if before is UpdateState.BROKEN and tone == "good" else tone
    callout = Callout(
        say.sentences(first, moved, after, say("seven.next_year")),
        title=say("seven.check_title", state=say.label(state)),
        tone=tone,
    )
    if state is not UpdateState.BROKEN:
        return callout, []
    return callout, [
        Finding("risk_broken", say("find.risk_broken", **_ratio(desk, u, "risk.update", half)), "", "", "", "risk-history")
    ]


def _ratio(desk: Desk, found: Mapping[str, Any], ref: str, g: Ground) -> dict[str, Inline]:
    """Observed over expected with its interval, as slots."""
    low, high = found["observed_to_expected_low"], found["observed_to_expected_high"]
    return {"oe": desk.number(found["observed_to_expected"], "ratio", f"{ref}.oe", g),
            "interval": band(desk, low, high, "ratio", f"{ref}.oe.interval", g, FORMATS["dec2"])}  # fmt: skip


def _drivers(desk: Desk, own: CityTables) -> list[Block]:
    """What moves risk here, in words; that reasons add up, and that they are associations."""
    say = desk.say
    g = ground("mean absolute part of the log-odds by term", own.households)
    rows = []
    for r in as_rows(own.drivers):
        name = desk.free(
            r["zh" if desk.lang == "zh" else "en"], f"risk.driver.{r['term']}", Ground("parameter", formula="risk/words.yaml")
        )
        rows.append((name, desk.number(r["spread"], "ratio", f"risk.driver.{r['term']}.spread", g, "dec2"),
                     desk.share(r["raised"], 1, f"risk.driver.{r['term']}.raised", g, "pct1")))  # fmt: skip
    first = say.listed([row[0] for row in rows[:3]])
    columns = (Column(say.word("seven.col_driver"), width=0.5), Column(say.word("seven.col_spread"), "right", width=0.25),
               Column(say.word("seven.col_raised"), "right", width=0.25))  # fmt: skip
    table = Table(title=say("seven.drivers_table", city=desk.city), columns=columns, rows=tuple(rows), key="risk-drivers",
                  source=say("seven.source"), note=withheld_note(desk), n=_n(desk, own))  # fmt: skip
    text = say.sentences(say("seven.drivers", first=first), say("seven.additive"), say("seven.not_causes"))
    return [Heading(say.word("seven.drivers_heading")), Paragraph(text), table]


def _survival(desk: Desk, own: CityTables) -> list[Block]:
    """How long exits last: Kaplan–Meier over all exits on record."""
    known = own.survival[own.survival["survival"].notna()]
    if known.empty:
        return []
    say, last = desk.say, as_rows(known)[-1]
    at_risk = known["at_risk"].dropna()
    g = ground("Kaplan-Meier by years since exit", int(at_risk.iloc[0]) if len(at_risk) else None)
    years = desk.number(int(last["years"]), "years", "risk.survival.years", g, "years")
    share = desk.number(last["survival"], "share", "risk.survival", g, "pct1")
    interval = band(desk, last["low"], last["high"], "share", "risk.survival.interval", g, FORMATS["pct1"])
    return [Heading(say.word("seven.survival_heading")),
            Paragraph(say("seven.survival", city=desk.city, years=years, share=share, interval=interval))]  # fmt: skip


def _helping(desk: Desk) -> list[Block]:
    """A helping city has no registry of its own: the outlook of the cities it helps, by their own reports."""
    say = desk.say
    if not desk.inp.helped:
        return [Paragraph(say("seven.helps_nobody", city=desk.city))]
    known: list[tuple[str, CityTables]] = []
    gone: list[Block] = []
    for one in desk.inp.helped:
        found = own_tables(desk, one.city.code)
        if isinstance(found, Absence):
            text = say("seven.helped_missing", city=desk.city_name(one.city), reason=reason(desk, found))
            gone.append(Callout(text, title=desk.state(VerdictState.EVIDENCE_MISSING), tone="warn"))
        else:
            known.append((desk.city_name(one.city), found[0]))
    if not known:
        return gone
    return [*caution(desk), Paragraph(say("seven.helped", city=desk.city)), outlook_table(desk, known), *gone]
