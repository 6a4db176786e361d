"""五、返贫风险: whom one list for all misses, and how long exits last by year of exit."""

from __future__ import annotations

import pandas as pd

from evaltools.report.binding import FORMATS, SUPPRESSED, param
from evaltools.report.blocks import Block, Bound, Column, Ground, Heading, Inline, Paragraph, Table
from evaltools.report.chapters.appendix_card import groups_table
from evaltools.report.chapters.desk import withheld_note
from evaltools.report.chapters.rows import Row, as_rows
from evaltools.report.chapters.seven import band, ground
from evaltools.report.province.desk import ProvinceDesk
from evaltools.risk.monitored import GROUPS
from evaltools.risk.published import ModelTables

ALL = "all"
COHORT = "cohort="


def groups_section(desk: ProvinceDesk, model: ModelTables) -> list[Block]:
    """Recall by group on one list for all, and the groups it fails."""
    say = desk.say
    if model.groups.empty:
        return [Heading(say.word("prisk.groups_heading")), Paragraph(say("prisk.no_groups"))]
    if model.findings:
        names = say.listed([GROUPS[k][0 if desk.lang == "zh" else 1] for k in model.findings])
        said = say("prisk.groups_failed", groups=names)
    else:
        said = say("prisk.groups_fine")
    return [Heading(say.word("prisk.groups_heading")), Paragraph(said), groups_table(desk, model)]


def survival_section(desk: ProvinceDesk, model: ModelTables) -> list[Block]:
    """Kaplan-Meier by year of exit, and the hazard of each year of exit against the largest."""
    say, known = desk.say, model.survival[model.survival["survival"].notna()]
    if known.empty:
        return []
    years = sorted({int(y) for y in known["years"]})
    cohorts = sorted({str(c) for c in known["cohort"]} - {ALL})
    ratios = {str(r["term"]).removeprefix(COHORT): r for r in as_rows(model.hazard) if str(r["term"]).startswith(COHORT)}
    rows = [_row(desk, model, c, years, ratios) for c in [*cohorts, ALL]]
    heads = [Column(say.word("prisk.col_cohort"))]
    g = ground("Kaplan-Meier by years since exit", None)
    heads += [
        Column(say("prisk.col_years", n=desk.number(y, "years", f"prisk.survival.years.{y}", g, "years")), "right") for y in years
    ]
    heads.append(Column(say.word("prisk.col_hazard"), "right"))
    note = say.sentences(say("prisk.survival_note"), withheld_note(desk))
    return [
        Heading(say.word("seven.survival_heading")), Paragraph(say("prisk.survival")),
        Table(title=say("prisk.survival_table"), columns=tuple(heads), rows=tuple(rows), key="risk-survival",
              source=say("seven.source"), note=note, n=say("prisk.survival_n")),
    ]  # fmt: skip


def _row(desk: ProvinceDesk, model: ModelTables, cohort: str, years: list[int], ratios: dict[str, Row]) -> tuple[Inline, ...]:
    say = desk.say
    part = {int(r["years"]): r for r in as_rows(model.survival[model.survival["cohort"] == cohort])}
    name = say.word("prisk.all_cohorts") if cohort == ALL else param(f"prisk.cohort.{cohort}", int(cohort), cohort)
    cells = [_survival(desk, part, y, f"prisk.survival.{cohort}.{y}") for y in years]
    r = ratios.get(cohort)
    if r is None:
        return name, *cells, "—"
    g, ref = ground("discrete-time proportional hazards by year of exit and years since", None), f"prisk.hazard.{cohort}"
    value = desk.number(r["hazard_ratio"], "ratio", ref, g, "dec2")
    interval = band(desk, r["low"], r["high"], "ratio", f"{ref}.interval", g, FORMATS["dec2"])
    return name, *cells, say("seven.with_interval", value=value, interval=interval)


def _survival(desk: ProvinceDesk, part: dict[int, Row], year: int, ref: str) -> Inline:
    """Share that stayed out; — where no such year is on record, ※ where it is withheld."""
    if year not in part:
        return "—"
    r = part[year]
    g = ground("Kaplan-Meier by years since exit", None if pd.isna(r["at_risk"]) else int(r["at_risk"]))
    if pd.isna(r["survival"]):
        return Bound(SUPPRESSED, None, "share", ref, g)
    value = desk.number(float(r["survival"]), "share", ref, g, "pct1")
    if pd.isna(r["low"]):
        return value
    low, high = float(r["low"]), float(r["high"])
    interval = band(desk, low, high, "share", f"{ref}.interval", g, FORMATS["pct1"])
    return desk.say("seven.with_interval", value=value, interval=interval)


def vulnerability_text(desk: ProvinceDesk, model: ModelTables) -> list[Block]:
    """Vulnerability as expected poverty: what the literature asks for, as a description, with what it is not."""
    found = model.vulnerability
    if not found:
        return []
    n = found["n"]
    g = ground("three-step feasible GLS of income on the other columns, one year", None if n is None else int(n))
    names = {"mean": "pct1", "share": "pct1", "r2": "dec2"}
    slots = {k: _withheld(desk, found[k], f"prisk.vulnerability.{k}", g, fmt) for k, fmt in names.items()}
    return [Paragraph(desk.say("prisk.vulnerability", year=desk.year, **slots))]


def _withheld(desk: ProvinceDesk, x: float | None, ref: str, g: Ground, fmt: str) -> Bound:
    return Bound(SUPPRESSED, None, "share", ref, g) if x is None else desk.number(float(x), "share", ref, g, fmt)
