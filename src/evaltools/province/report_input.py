"""What the province's report is made from: results that passed disclosure control, and how they were made."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import pandas as pd

from evaltools import provenance, terms
from evaltools.errors import DataInvalidError
from evaltools.paths import resolve, shown

if TYPE_CHECKING:
    from evaltools.indicators import Catalogue, Gates
    from evaltools.indicators.assessment import Assessment
    from evaltools.province import ProvinceEvaluation
    from evaltools.report import Provenance, ReportInput
    from evaltools.report.province import ClaimTables, MoneyTables, ProvinceInput


def report_input(one: ProvinceEvaluation) -> ProvinceInput:
    """Results that passed disclosure control, and how they were made. The report sees nothing else.

    Where tables of some cities break their contracts, the others go on without them, and the report says so.
    """
    kept = _kept_assessment(one)
    try:
        found = _input_of(one, kept)
        if not one.invalid or one.sound is one:
            return found
    except DataInvalidError:
        if one.sound is one:
            raise
    return _input_of(one.sound, kept, one.broken)


def _kept_assessment(one: ProvinceEvaluation) -> Assessment | None:
    """The assessment that the cities' reports read too, made from `one` where none is kept; None where there is none, or
    where `one` has settings of its own or is not the whole province."""
    from evaltools.wide import assessment_of

    if one.has_own_settings or one.cities != tuple(c for c in terms.CITIES if c.has_tasks):
        return None
    return assessment_of(one.data, one.year, one.as_of, one.book, lambda: one).value


def _input_of(
    one: ProvinceEvaluation, kept: Assessment | None, left_out: Mapping[str, str] | None = None
) -> ProvinceInput:  # fmt: skip
    from evaltools.indicators import protect_gates
    from evaltools.indicators.assessment import publish_assessment
    from evaltools.report.province import ProvinceInput

    gates = {code: protect_gates(g, one.rules) for code, g in one.gates.items()}
    cities = {c.code: _city_input(one, c, gates.get(c.code)) for c in terms.CITIES if c.has_tasks}
    _ = one.indicators, one.evidence  # the ledger tells the same whether the assessment is kept or made now
    assessment = kept or publish_assessment(one.assessment, one.rules)
    money, claims = _money(one), _claims(one)
    return ProvinceInput(
        one.year, one.as_of, one.lang, one.rules, one.quality, gates, assessment, cities, dict(one.failures), money,
        claims, _provenance(one), one.tables.meta, pairings=one.book.pairings, left_out=dict(left_out or {}),
        **_risk(one),
    )  # fmt: skip


def _risk(one: ProvinceEvaluation) -> dict[str, Any]:
    """The model of returns that the cities' reports read too, and why there is none."""
    from evaltools.wide import risk

    made = risk(one.data, one.year, one.as_of, one.book)
    return {"risk": made.value, "risk_reason": made.reason}


def _city_input(one: ProvinceEvaluation, city: terms.City, gates: Gates | None) -> ReportInput:
    """What a city's findings need: its published gates and household verdicts, its village verdicts, its own rules."""
    from evaltools.report import ReportInput
    from evaltools.report.publish import publish_exits
    from evaltools.report.publish_indicators import of_city, publish_indicators

    rules = one.rules_of(city)
    exits = publish_exits(one.exits[city.code], rules) if city.code in one.exits else None
    return ReportInput(
        city, one.year, one.as_of, one.lang, rules, one.quality, meta=one.tables.meta, places=one.places,
        exits=exits, villages=one.villages.get(city.code), gates=gates, pairings=one.book.pairings,
        indicators=publish_indicators(of_city(one.indicators, city.code), rules, judged(one.indicators.catalogue)),
    )  # fmt: skip


def judged(catalogue: Catalogue) -> list[str]:
    """The indicators with a rule that the cities' reports show: what they find to be a problem."""
    from evaltools.report.chapters.shown import ids

    return [i for i in ids("three", "five", "six", "eight") if catalogue[i].rule]


def _money(one: ProvinceEvaluation) -> MoneyTables | None:
    from evaltools.report.province.publish import persons_of, publish_money

    tables = one.tables
    if not all(tables.has(t) for t in ("fund_flows", "villages", "households")):
        return None
    persons = pd.DataFrame(one.each_city(lambda tables, city: persons_of(tables, city, one.year)).values())
    helping = [c for c in terms.CITIES if c.role is terms.CityRole.HELPING]
    helpers = {c.code: (one.rules_of(c), one.book.pairings.helped_by(c.code, one.as_of)) for c in helping}
    return publish_money(tables.load("fund_flows"), tables.load("villages", year=one.year), persons, helpers, one.as_of)


def _claims(one: ProvinceEvaluation) -> ClaimTables:
    from evaltools.indicators.assessment.observed import observe, reconcile
    from evaltools.indicators.claims import check_relations
    from evaltools.report.province import ClaimTables
    from evaltools.standards import Claims, Relations

    claims = Claims.load()
    checks = check_relations(claims, Relations.load(claims))
    seen = observe(claims, one.indicators, one.rules, one.as_of.isoformat())
    return ClaimTables(checks, reconcile(claims, checks, seen, is_synthetic=one.tables.is_synthetic))


def _provenance(one: ProvinceEvaluation) -> Provenance:
    from evaltools.indicators.assessment.settings import FILE
    from evaltools.report import Provenance

    head, modified = provenance.commit()
    inputs = provenance.hash_inputs(resolve(one.data))
    given = resolve(FILE)
    inputs |= {shown(given): provenance.file_digest(given)} if given.is_file() else {}
    where = shown(resolve(one.data))
    options = f"-p year {one.year} -p as_of {one.as_of.isoformat()} -p data {where} -p lang {one.lang}"
    return Provenance(
        commit=head, is_modified=modified, versions=provenance.versions(), rules_digest=one.book.digest,
        parameters={"year": one.year, "as_of": one.as_of.isoformat(), "data": where, "lang": one.lang},
        inputs=inputs, changed_rules=tuple(c.id for c in one.book.changes),
        command=f"papermill notebooks/province_report.ipynb out.ipynb {options}",
    )  # fmt: skip
