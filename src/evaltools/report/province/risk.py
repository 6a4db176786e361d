"""五、返贫风险: the province's model of returns: what it expects by city, how far it may be believed, whom its list
misses, what if support ends, how long exits last."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from evaltools.report.binding import FORMATS
from evaltools.report.blocks import Block, Bound, Bullets, Chapter, Column, Figure, Heading, Inline, Paragraph, Table
from evaltools.report.chapters.desk import withheld_note
from evaltools.report.chapters.rows import CITY, as_rows
from evaltools.report.chapters.say import Parts
from evaltools.report.chapters.seven import HOUSEHOLDS, absent, band, calibration_word, caution, check, ground, level_word, reason
from evaltools.report.chapters.seven_lists import reached, recall_blocks
from evaltools.report.chapters.seven_scenarios import ends, expected, scenario_section
from evaltools.report.charts.risk import expected_rates
from evaltools.report.province.desk import ProvinceDesk
from evaltools.report.province.risk_more import groups_section, survival_section, vulnerability_text
from evaltools.risk.published import Absence, CityTables, ModelTables, UpdateState

HOWS = ("time", "area")
"""How the validation held rows out: later years; cities."""


@dataclass(frozen=True)
class Together:
    """All cities as one: what the sections of a city's chapter ask for."""

    households: int | None
    scenarios: pd.DataFrame


def chapter_risk(desk: ProvinceDesk) -> Chapter:
    """The chapter; without a model 证据缺失 with the reason."""
    title, tables = desk.say.word("prisk.title"), desk.inp.risk
    if tables is None or tables.model is None:
        known = tables.absences.get("") if tables is not None else None
        return Chapter("五", title, (absent(desk, known or Absence("no_model", desk.inp.risk_reason)),))
    model = tables.model
    callout, _ = check(desk, model)
    blocks: list[Block] = [
        *caution(desk), Heading(desk.say.word("prisk.expected_heading")), Paragraph(_expected(desk, model)),
        _table(desk, model), _figure(desk, model), *_missing(desk),
        Heading(desk.say.word("prisk.check_heading")), callout, Bullets(tuple(_worth(desk, model, how) for how in HOWS)),
        Heading(desk.say.word("seven.lists_heading")), Paragraph(reached(desk, model.reach, model, BUDGET, desk.city)),
        *recall_blocks(desk, model.reach, model, desk.city), Paragraph(_listed(desk)),
        *groups_section(desk, model), *scenario_section(desk, Together(model.households, model.scenarios)),
        *survival_section(desk, model), *vulnerability_text(desk, model), Paragraph(desk.say("prisk.see_cities")),
    ]  # fmt: skip
    return Chapter("五", title, tuple(blocks))


def risk_point(desk: ProvinceDesk) -> Inline:
    """The sentence of the summary; an alarm is part of it."""
    tables = desk.inp.risk
    if tables is None or tables.model is None:
        return ""
    model = tables.model
    return desk.say.sentences(
        _sums(desk, model), desk.say("prisk.point_alarm") if model.state == UpdateState.BROKEN.value else ""
    )


BUDGET = 0.10
"""The share of households whose list the text speaks of, as in the cities' reports."""


def _cities(desk: ProvinceDesk) -> dict[str, CityTables]:
    assert desk.inp.risk is not None
    return dict(sorted(desk.inp.risk.cities.items()))


def _sums(desk: ProvinceDesk, model: ModelTables) -> Parts:
    """Exited households of the province and how many are expected to return."""
    g = ground("sum of modelled probabilities", model.households)
    mean, low, high = model.expected
    return desk.say(
        "prisk.expected", year=desk.year, n=desk.count(model.households, "households", "prisk.households", g),
        expected=desk.number(mean, "household", "prisk.expected", g, HOUSEHOLDS),
        interval=band(desk, low, high, "household", "prisk.expected.interval", g, HOUSEHOLDS),
        share=desk.number(mean / model.households, "share", "prisk.expected.share", g, "pct2"),
    )  # fmt: skip


def _expected(desk: ProvinceDesk, model: ModelTables) -> Parts:
    fitted = ground("household-years with a known outcome", int(model.record["rows"]))
    first = desk.say(
        "seven.fitted", cities=desk.number(len(model.cities), "cities", "risk.cities", fitted),
        rows=desk.things(int(model.record["rows"]), "户年", "household-years", "risk.rows", fitted),
        events=desk.things(int(model.record["events"]), "户次", "returns", "risk.events", fitted),
    )  # fmt: skip
    return desk.say.sentences(first, _sums(desk, model), desk.say("prisk.no_order"))


def _table(desk: ProvinceDesk, model: ModelTables) -> Table:
    """City by city in the order of codes: exited, expected with interval, listed, expected among them; then all."""
    say, rows = desk.say, []
    for code, own in _cities(desk).items():
        g, ref = ground("sum of modelled probabilities", own.households), f"prisk.{code}"
        mean, low, high = own.expected or (float("nan"),) * 3
        listed = as_rows(own.lists[own.lists["county_code"] == CITY])
        n = listed[0]["listed"] if listed else None
        rows.append((
            desk.name(code), desk.count(own.households, "households", f"{ref}.n", g, with_unit=False),
            expected(desk, mean, f"{ref}.expected", g, with_unit=False), ends(desk, low, high, f"{ref}.interval", g),
            desk.share(None if own.expected is None else mean, own.households, f"{ref}.rate", g, "pct2"),
            desk.count(n, "households", f"{ref}.listed", g, with_unit=False), _calibrated(desk, own, ref),
        ))  # fmt: skip
    g, (mean, low, high) = ground("sum of modelled probabilities", model.households), model.expected
    rows.append((
        say.word("word.total"), desk.count(model.households, "households", "prisk.all.n", g, with_unit=False),
        expected(desk, mean, "prisk.all.expected", g, with_unit=False), ends(desk, low, high, "prisk.all.interval", g),
        desk.number(mean / model.households, "share", "prisk.all.rate", g, "pct2"),
        desk.count(_all_listed(desk), "households", "prisk.all.listed", g, with_unit=False), "—",
    ))  # fmt: skip
    heads = [Column(say.word("province.col_city"), width=0.13)]
    for name, width in (
        ("households", 0.13),
        ("expected", 0.13),
        ("interval", 0.17),
        ("mean", 0.12),
        ("listed", 0.12),
        ("oe", 0.2),
    ):
        heads.append(Column(say.word(f"prisk.col_{name}"), "right", width=width))
    return Table(
        title=say("prisk.table", year=desk.year), columns=tuple(heads), rows=tuple(rows), key="risk-cities",
        source=say("seven.source"), note=say.sentences(say("prisk.table_note"), withheld_note(desk)), n=_n(desk, model),
    )  # fmt: skip


def _all_listed(desk: ProvinceDesk) -> int | None:
    """Listed households of all cities; withheld where that of one is, which the sum would tell."""
    found = [own.lists.loc[own.lists["county_code"] == CITY, "listed"] for own in _cities(desk).values()]
    every = pd.concat(found) if found else pd.Series(dtype="Int64")
    return None if every.empty or every.isna().any() or len(every) < len(found) else int(every.sum())


def _calibrated(desk: ProvinceDesk, own: CityTables, ref: str) -> Inline:
    """Observed over expected of models that never saw the city."""
    if own.performance.empty or own.events is None:
        return "—"
    table = own.performance
    r = as_rows(table[(table["score"] == "model") & (table["metric"] == "observed_to_expected")])[0]
    g = ground("predictions of models fitted without this city", own.n)
    value = desk.number(r["estimate"], "ratio", f"{ref}.oe", g, "dec2")
    return desk.say("seven.with_interval", value=value,
                    interval=band(desk, r["low"], r["high"], "ratio", f"{ref}.oe.interval", g, FORMATS["dec2"]))  # fmt: skip


def _n(desk: ProvinceDesk, model: ModelTables) -> Inline:
    g = ground("exited at the end of the year", model.households)
    return desk.say("seven.n", n=desk.count(model.households, "households", "prisk.n", g))


def _figure(desk: ProvinceDesk, model: ModelTables) -> Figure:
    say, cities = desk.say, _cities(desk)
    rates = np.array([np.array(own.expected) / own.households if own.expected and own.households else [np.nan] * 3
                      for own in cities.values()]).reshape(-1, 3)  # fmt: skip
    picture = expected_rates(
        [desk.name(c) for c in cities], rates[:, 0], rates[:, 1], rates[:, 2], model.expected[0] / model.households,
        words={k: say.word(f"prisk.word_{k}") for k in ("area", "whole", "x")},
    )  # fmt: skip
    return Figure(
        title=say.word("prisk.figure"), svg=picture.svg, png=picture.png, data=picture.data, key="risk-rates",
        alt=say.word("prisk.figure_alt"), source=say("seven.source"), n=_n(desk, model),
    )  # fmt: skip


def _missing(desk: ProvinceDesk) -> list[Block]:
    """Cities with tasks that have no results, and why."""
    assert desk.inp.risk is not None
    gone = {c.code: desk.inp.risk.city(c.code) for c in desk.tasked}
    said = [desk.say("seven.helped_missing", city=desk.name(code), reason=reason(desk, why))
            for code, why in gone.items() if isinstance(why, Absence)]  # fmt: skip
    return [Bullets(tuple(said))] if said else []


def _worth(desk: ProvinceDesk, model: ModelTables, how: str) -> Inline:
    """AUC, O/E and slope of predictions that were held out, in words that follow from the intervals."""
    table = model.performance[(model.performance["how"] == how) & (model.performance["score"] == "model")]
    if table.empty:
        return desk.say(f"prisk.no_{how}")
    found = {str(r["metric"]): r for r in as_rows(table)}
    n = int(table["n"].iloc[0])
    g, slots = ground(f"held-out predictions by {how}", n), {}
    for name, metric in (("oe", "observed_to_expected"), ("auc", "auc"), ("slope", "calibration_slope")):
        r, ref = found[metric], f"prisk.{how}.{name}"
        slots[name] = desk.number(r["estimate"], "ratio", ref, g, "dec2")
        slots[f"{name}_interval"] = band(desk, r["low"], r["high"], "ratio", f"{ref}.interval", g, FORMATS["dec2"])
    slots["n"] = desk.things(n, "户年", "household-years", f"prisk.{how}.n", g)
    slots["ece"] = desk.number(found["ece"]["estimate"], "share", f"prisk.{how}.ece", g, "pct2")
    level = level_word(found["observed_to_expected"]["low"], found["observed_to_expected"]["high"])
    spread = spread_word(found["calibration_slope"]["low"], found["calibration_slope"]["high"])
    perfect = model.record[f"{how}_ece_when_perfect"]
    word = calibration_word(float(found["ece"]["estimate"]), float(perfect))
    limit: Bound = desk.number(perfect, "share", f"prisk.{how}.perfect", g, "pct2")
    return desk.say.sentences(
        desk.say(f"prisk.{how}", **slots), desk.say(f"prisk.{level}"), desk.say(f"prisk.{spread}"),
        desk.say(f"prisk.{word}", perfect=limit),
    )  # fmt: skip


def spread_word(low: float, high: float) -> str:
    """Which sentence the interval of the calibration slope asks for."""
    if low != low or high != high:
        return "slope_unknown"
    return "slope_high" if low > 1 else "slope_low" if high < 1 else "slope_level"


def _listed(desk: ProvinceDesk) -> Parts:
    g = ground("riskiest share of each county's exited households", None)
    total = _all_listed(desk)
    first = "" if total is None else desk.say("prisk.listed", n=desk.count(total, "households", "prisk.listed", g))
    return desk.say.sentences(first, desk.say("seven.no_names"))
