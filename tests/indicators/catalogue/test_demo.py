"""The catalogue on the demo: every entry computes; what is planted is found by its indicator, and nothing else is."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

from evaltools.indicators import Catalogue, compute_indicators
from evaltools.intake import open_tables
from evaltools.synthetic.ledgers.context import planted_kinds
from evaltools.terms import MonitoringCategory

ROOT = Path(__file__).parents[3]
Found = Callable[[pd.DataFrame], "pd.Series[bool]"]


def broken(rows: pd.DataFrame) -> pd.Series:
    """The verdict says so."""
    return rows["state"] == "not_met"


def some(rows: pd.DataFrame) -> pd.Series:
    """There are cases (a count, an amount or a share that should be zero)."""
    return rows["value"] > 0


def short(rows: pd.DataFrame) -> pd.Series:
    """A share that should be whole is not (no limit is set, or the clause sets none)."""
    return rows["value"] < 1


# Indicator -> how it tells, the year asked, the planted kinds it must tell, all of them and no city besides.
TELLS: dict[str, tuple[Found, int, tuple[str, ...]]] = {
    "assets.titled_share": (broken, 2020, ("assets.untitled",)),
    "assets.responsible_share": (broken, 2020, ("assets.no_responsible_person",)),
    "assets.six_criteria_share": (broken, 2020, ()),
    "assets.idle_share": (some, 2020, ("assets.idle",)),
    "assets.preserved_share": (broken, 2020, ("assets.below_original_value",)),
    "assets.preservation_ratio": (broken, 2020, ("assets.below_original_value",)),
    "assets.arrears_share": (some, 2020, ("assets.arrears",)),
    "assets.publicised_share": (broken, 2020, ("assets.distribution_not_publicised",)),
    "assets.four_rights_share": (broken, 2020, ("assets.right_missing",)),
    "assets.supervisor_share": (broken, 2020, ("assets.right_missing",)),
    "assistance.plan_missing": (some, 2020, ("pairings.no_plan",)),
    "assistance.unit_kept_share": (broken, 2020, ("pairings.unit_changed",)),
    "assistance.units_changed": (some, 2020, ("pairings.unit_changed",)),
    "assistance.pair_visits_ok_share": (broken, 2019, ("visits.too_few_by_helper",)),
    "assistance.pair_sessions_ok_share": (short, 2019, ("visits.no_topic_session",)),
    "assistance.pair_reports_ok_share": (short, 2020, ("visits.no_half_year_report",)),
    "assessment.five_systems_share": (broken, 2020, ("counties.no_home_visits",)),
    "assessment.bulletins_ok_share": (broken, 2020, ("counties.too_few_bulletins",)),
    "counties.asset_formed_ratio": (short, 2020, ("counties.assets_not_formed",)),
    "counties.home_visit_system_share": (broken, 2020, ("counties.no_home_visits",)),
    "counties.input_helping_full_share": (broken, 2020, ("fund_flows.per_capita_short/helping_city",)),
    "counties.input_local_full_share": (broken, 2020, ("fund_flows.per_capita_short/local_city",)),
    "counties.living_benefit_ok_share": (short, 2020, ("counties.disability_benefit_low",)),
    "counties.pair_share": (broken, 2020, ("pairings.county_without_pair",)),
    "dynamic.exit_order_broken": (some, 2020, ("events.approved_before_review",)),
    "dynamic.exit_order_share": (broken, 2020, ("events.approved_before_review",)),
    "dynamic.exit_publicised_share": (broken, 2020, ("events.not_publicised", "events.approved_before_review")),
    "dynamic.no_cadre": (some, 2018, ("households.no_responsible_cadre",)),
    "education.aided_share": (broken, 2020, ("persons.student_without_aid",)),
    "education.ledger_share": (broken, 2020, ("schools.no_ledger",)),
    "education.school_aided_ratio": (broken, 2020, ("schools.student_not_aided", "persons.student_without_aid")),
    "education.weak_upgraded_share": (broken, 2020, ("schools.weak_not_upgraded",)),
    "employment.skilled_share": (broken, 2020, ("persons.labourer_without_skill",)),
    "enterprises.workshops_not_resumed": (some, 2020, ("enterprises.not_resumed",)),
    "finance.guidance_flow_in_time_share": (broken, 2020, ("fund_flows.guidance_late", "fund_flows.guidance_unpaid")),
    "finance.guidance_late_payments": (some, 2020, ("fund_flows.guidance_late",)),
    "finance.guidance_not_arrived": (some, 2020, ("fund_flows.guidance_unpaid",)),
    "finance.loan_area_growth_ok_share": (broken, 2020, ("loan_totals.area_slower_than_province",)),
    "finance.loan_household_growth_ok_share": (broken, 2020, ("loan_totals.poor_households_not_faster",)),
    "hospitals.county_one_stop_share": (short, 2020, ("hospitals.no_settlement",)),
    "housing.rebuilt_without_subsidy": (some, 2018, ("households.rebuilt_without_subsidy",)),
    "industry.linked_share": (broken, 2020, ("households.willing_without_link",)),
    "industry.willing_not_linked": (some, 2020, ("households.willing_without_link",)),
    "ledger.closed_late": (some, 2020, ("issues.closed_late",)),
    "ledger.evidence_share": (broken, 2020, ("issues.closed_without_evidence",)),
    "ledger.closed_without_evidence": (some, 2020, ("issues.closed_without_evidence",)),
    "ledger.overdue_open": (some, 2020, ("issues.open_past_deadline",)),
    "ledger.recurrence_count": (some, 2020, ("issues.recurred",)),
    "ledger.reopened_count": (some, 2020, ("issues.reopened",)),
    "mobilisation.not_received": (some, 2019, ("donations.not_received",)),
    "monitoring.recognition_in_time_share": (broken, 2020, ("events.late_recognition",)),
    "monitoring.recognition_late": (some, 2020, ("events.late_recognition",)),
    "natural.road_20_share": (broken, 2020, ("natural_villages.not_paved",)),
    "projects.appraised_share": (broken, 2020, ("projects.not_appraised",)),
    "projects.idle_count": (some, 2020, ("projects.idle",)),
    "projects.publicised_share": (broken, 2020, ("projects.not_publicised",)),
    "projects.wildlife_switched_share": (short, 2020, ("projects.wildlife_not_switched",)),
    "regions.town_pair_share": (broken, 2020, ("pairings.town_without_pair",)),
    "social.dibao_standard_ok_share": (short, 2020, ("counties.dibao_standard_low",)),
    "social.disabled_benefit_share": (short, 2020, ("persons.disabled_without_benefit",)),
    "social.medical_share": (broken, 2020, ("persons.without_medical_insurance",)),
    "social.pension_share": (broken, 2020, ("persons.without_pension",)),
    "social.serious_illness_share": (broken, 2020, ("persons.without_medical_insurance",)),
    "teams.allowance_months_missing": (some, 2020, ("teams.allowance_missing",)),
    "teams.handover_gaps": (some, 2020, ("teams.gap",)),
    "teams.posts_by_rule_pearl_delta_city_share": (broken, 2019, ("teams.one_person_in_both_posts",)),
    "teams.posts_by_rule_provincial_unit_share": (broken, 2020, ("teams.no_first_secretary",)),
    "teams.provincial_rank_share": (broken, 2020, ("teams.captain_rank_low",)),
    "teams.tenure_ok_share": (broken, 2020, ("teams.short_tenure", "teams.released_before_exit")),
    "villages.bus_share": (broken, 2020, ("villages.bus_missing",)),
    "villages.guidance_full_share": (broken, 2020, ("fund_flows.guidance_unpaid",)),
    "villages.guidance_mean": (broken, 2020, ("fund_flows.guidance_unpaid",)),
    "villages.guidance_on_time_share": (broken, 2020, ("fund_flows.guidance_late", "fund_flows.guidance_unpaid")),
    "villages.leader_visits_share": (short, 2018, ("visits.village_visited_once",)),
    "villages.released_before_exit": (some, 2020, ("teams.released_before_exit",)),
    "villages.road_20_share": (broken, 2020, ("natural_villages.not_paved",)),
    "villages.team_and_secretary_share": (broken, 2020, ("teams.no_first_secretary", "teams.released_before_exit")),
    "villages.team_at_exit_share": (broken, 2020, ("teams.released_before_exit",)),
    "villages.team_on_register_share": (broken, 2020, ("teams.no_first_secretary", "teams.released_before_exit")),
}  # fmt: skip
LOANS = {
    "finance.loan_over_amount": "loans.amount_over_limit",
    "finance.loan_over_term": "loans.term_over_limit",
    "finance.loan_secured": "loans.secured",
    "finance.loan_used_by_others": "loans.used_by_enterprise",
    "finance.loan_borrower_not_registered": "loans.borrower_not_registered",
}
"""A loan is on the books from the year it was given: each is looked for in all years."""
RESULTS = ("assistance.delta_unit_kept_share", "teams.delta_tenure_ok_share", "counties.input_per_eligible",
           "finance.loan_amount_ok_share", "finance.loan_term_ok_share", "finance.loan_unsecured_share")  # fmt: skip
"""Verdicts on the same records as an indicator of TELLS or LOANS, in cities that those name."""
TRUTH = {
    "exit.safety_net_coverage": "wrong exits: the set rates",
    "survey.safety_net_share": "wrong exits: the set rates",
    "survey.approval_share": "the set rates of approval",
    "health.clinic_standard_share": "98.5 % of poor villages, as published",
    "villages.clinic_share": "98.5 % of poor villages, as published",
}
"""What the truth of the demo says without planting it record by record."""
ELSEWHERE = {"stock_flow.exit_not_recorded", "stock_flow.arrival_not_recorded"}
"""Defects of the account, which `stock_flow` finds (test_account)."""


@pytest.fixture(scope="module")
def planted() -> list[dict]:
    path = ROOT / "data" / "demo_truth" / "planted.json"
    return json.loads(path.read_text(encoding="utf-8"))["planted"]


@pytest.fixture(scope="module")
def computed():
    """The whole catalogue at the end of 2020, by city."""
    return compute_indicators(open_tables(ROOT / "data" / "demo"), levels=["city"])


@pytest.fixture(scope="module")
def rows(computed) -> dict[int, pd.DataFrame]:
    """Year -> indicator and city: 2020 whole, other years as far as something is asked of them."""
    out = {2020: computed.to_frame("city", year=2020)}
    for year in (2018, 2019):
        ids = [k for k, (_, y, _) in TELLS.items() if y == year]
        tables = open_tables(ROOT / "data" / "demo")
        out[year] = compute_indicators(tables, as_of=f"{year}-12-31", only=ids, levels=["city"]).to_frame("city", year=year)
    return out


def cities(planted: list[dict], kind: str, year: int) -> set[str]:
    """Where a kind is planted; records of another year do not count, those of none do. kind/x names the payer."""
    name, _, payer = kind.partition("/")
    of_kind = [p for p in planted if p["kind"] == name and p.get("payer", payer) in ("", payer)]
    return {p["city_code"] for p in of_kind if p.get("year", year) == year}


def test_every_entry_computes_on_the_demo(computed):
    catalogue = Catalogue.load()
    assert computed.missing.empty, computed.missing.to_dict("records")
    assert {k for t in computed.tables.values() for k in t.measured} == set(catalogue)


@pytest.mark.parametrize("indicator", [k for k, v in TELLS.items() if v[2]])
def test_what_is_planted_is_found_by_its_indicator_and_nowhere_else(rows, planted, indicator):
    tells, year, kinds = TELLS[indicator]
    found = rows[year][rows[year]["indicator"] == indicator]
    expected = set().union(*(cities(planted, k, year) for k in kinds))
    assert expected, f"{kinds} planted nowhere in {year}"
    assert set(found.loc[tells(found), "area_code"]) == expected


def test_loans_that_break_a_rule_are_found_in_the_years_they_run(planted):
    tables = open_tables(ROOT / "data" / "demo")
    found = compute_indicators(tables, years=range(2016, 2021), only=LOANS, levels=["city"]).to_frame("city")
    for indicator, kind in LOANS.items():
        mine = found[(found["indicator"] == indicator) & (found["value"] > 0)]
        assert set(mine["area_code"]) == {p["city_code"] for p in planted if p["kind"] == kind}, indicator


def test_no_rule_fails_on_the_demo_but_for_what_is_planted_or_set(rows):
    failed = rows[2020].loc[broken(rows[2020]), "indicator"]
    assert set(failed) <= set(TELLS) | set(RESULTS) | set(TRUTH), "a violation that nobody planted"


def test_verdicts_on_planted_records_fail_only_in_their_cities(rows, planted):
    now = rows[2020]
    for indicator, kinds in (
        ("counties.input_per_eligible", ("fund_flows.per_capita_short",)),
        ("finance.loan_amount_ok_share", ("loans.amount_over_limit",)),
        ("finance.loan_term_ok_share", ("loans.term_over_limit",)), ("finance.loan_unsecured_share", ("loans.secured",)),
        ("assets.six_criteria_share", ("assets.untitled", "assets.no_responsible_person", "assets.idle")),
    ):  # fmt: skip
        found = set(now.loc[(now["indicator"] == indicator) & broken(now), "area_code"])
        assert found, indicator
        assert found <= {p["city_code"] for p in planted if p["kind"] in kinds}, indicator


def test_every_planted_kind_has_an_indicator(planted):
    told = {k.partition("/")[0] for _, _, kinds in TELLS.values() for k in kinds} | set(LOANS.values())
    assert {p["kind"] for p in planted} | set(planted_kinds()) == told | ELSEWHERE


def test_met_not_met_and_undecided_all_occur(rows):
    assert {"met", "not_met", "undecided", "rule_undefined"} <= set(rows[2020]["state"])


def test_each_monitored_class_is_counted_by_an_entry():
    texts = [e.population.text for e in Catalogue.load().of_table("households") if e.population and e.statistic.value == "count"]
    for category in MonitoringCategory:
        assert any(f"monitoring_category == '{category.value}'" in t for t in texts), category
