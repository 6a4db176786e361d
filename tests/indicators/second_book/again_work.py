"""Projects, enterprises, counties, schools, hospitals and purchases, worked out again from the clauses."""

import pandas as pd
from arithmetic import (
    NOW,
    YEAR,
    count,
    div,
    gather,
    mean,
    median,
    months_between,
    pick,
    ratio,
    share,
    there,
    total,
    within,
    year_of,
)


def values(t) -> dict[str, float]:
    return _projects(t) | _enterprises(t) | _counties(t) | _schools(t) | _hospitals(t) | _purchases(t)


def _projects(t) -> dict[str, float]:
    p = t.now("projects")
    kinds = gather(p, p, {"county_code": "county_code", "kind": "kind"}, "count", where=lambda x: x.field == "industry")
    all_kinds = gather(p, p, {"county_code": "county_code"}, "count", where=lambda x: x.field == "industry")
    formed = gather(p, t.assets, {"project_id": "project_id", "year": "year"}, "sum", "fiscal_value_yuan")
    industry = p.field == "industry"
    active = within(p.status, "building", "running", "finished")
    built = within(p.status, "running", "idle", "failed", "finished")
    works, done, own = within(p.field, "infrastructure", "living_environment"), p.status == "finished", industry & active
    shop, resumed = p.kind == "workshop", there(p.resumed_date) & (p.resumed_date <= NOW).fillna(False)
    earlier, tendered = year_of(p.start_date) < YEAR, p.is_self_built & done & (p.tender_price_yuan > 0)
    idle = within(p.status, "idle", "failed")
    stopped = idle | ((p.status == "running") & there(p.resumed_date))
    least = pd.concat([formed, p.fiscal_yuan], axis=1).min(axis=1, skipna=False)
    kind_counts = {"photovoltaic": ("photovoltaic",), "workshop": ("workshop",), "road": ("road", "bridge"),
                   "water": ("water", "irrigation"), "tourism": ("tourism",), "e_commerce": ("e_commerce",),
                   "forestry": ("forestry",),
                   "bridge": ("bridge",), "power": ("power",), "irrigation": ("irrigation",),
                   "network": ("network",)}  # fmt: skip
    out = {f"projects.{k}_count": count(within(p.kind, *w)) for k, w in kind_counts.items()}
    out |= {f"projects.industry_{k}_count": count(industry & (p.level == k)) for k in ("county", "town", "village")}
    return out | {
        "projects.industry_count": count(industry),
        "projects.industry_road_count": count((p.kind == "road") & industry),
        "projects.running_share": share(industry & built, within(p.status, "running", "finished")),
        "projects.idle_count": count(industry, idle),
        "projects.linked_share": share(industry, p.linkage != "none"),
        "projects.contract_share": share(industry, within(p.linkage, "contract", "guaranteed_price")),
        "projects.poor_beneficiary_ratio": ratio(own, p.beneficiary_poor_households, p.beneficiary_households),
        "projects.gain_per_person": ratio(own, p.gain_yuan, p.beneficiary_persons),
        "projects.gain_total": total(own, p.gain_yuan),
        "projects.gain_per_household": ratio(own, p.gain_yuan, p.beneficiary_poor_households),
        "projects.gain_to_cost_ratio": ratio(own, p.gain_yuan, p.spent_yuan),
        "projects.cost_per_household": ratio(own, p.spent_yuan, p.beneficiary_poor_households),
        "projects.reach_households": total(own, p.beneficiary_poor_households),
        "projects.reach_persons": total(own, p.beneficiary_persons),
        "projects.solar_households": total((p.kind == "photovoltaic") & active, p.beneficiary_poor_households),
        "projects.concentration": mean(industry, div(kinds, all_kinds)),
        "projects.tracked_share": share(built, p.is_tracked),
        "projects.insured_share": share(within(p.kind, "planting", "livestock"), p.has_insurance),
        "projects.poor_jobs_ratio": ratio(active, p.jobs_poor, p.jobs),
        "projects.publicised_share": share(active, p.is_publicised),
        "projects.appraised_share": share(within(p.status, "running", "finished"), p.is_appraised),
        "projects.spent_ratio": ratio(active, p.spent_yuan, p.budget_yuan),
        "projects.fiscal_ratio": ratio(active, p.fiscal_yuan, p.spent_yuan),
        "projects.fund_total": total(active, p.spent_yuan),
        "projects.self_built_share": share(works, p.is_self_built),
        "projects.works_local_poor_mean": mean(works, p.labour_share_local_poor),
        "projects.works_finished_share": share(works & (p.status != "planned"), done),
        "projects.cost_to_tender_ratio": ratio(tendered, p.spent_yuan, p.tender_price_yuan),
        "projects.cost_saving_ratio": ratio(tendered, p.tender_price_yuan - p.spent_yuan, p.tender_price_yuan),
        "projects.workshop_resumed_share": share(shop & within(p.status, "running", "idle", "failed") & earlier, resumed),
        "projects.resumed_share": share(earlier & stopped, resumed),
        "projects.wildlife_switched_share": share(p.kind == "wildlife", p.is_switched),
        "projects.workshop_jobs": total(shop & (p.status == "running"), p.jobs_poor),
        "projects.workshop_jobs_mean": mean(shop & (p.status == "running"), p.jobs_poor),
        "projects.asset_formed_ratio": ratio(built & (p.fiscal_yuan > 0) & (p.finish_date < NOW), least, p.fiscal_yuan),
        "projects.acceptance_on_record_share": share(done, there(p.finish_date)),
        "projects.all_stages_share": share(done, (p.spent_yuan > 0) & there(p.finish_date) & p.is_appraised),
        "projects.months_to_finish": median(done, months_between(p.finish_date, p.start_date)),
    }


def _enterprises(t) -> dict[str, float]:
    every, e = t.enterprises, t.now("enterprises")
    one = pd.Series(True, e.index, dtype="boolean")
    joined, shop, park = e.is_in_campaign, e.kind == "workshop", e.kind == "park"
    resumed = there(e.resumed_date) & (e.resumed_date <= NOW).fillna(False)
    out = {f"enterprises.parks_{k}": count(park & (e.level == k)) for k in ("national", "provincial", "municipal")}
    return out | {
        "mobilisation.campaign_enterprises": count(joined),
        "mobilisation.campaign_input": total(joined, e.input_yuan),
        "mobilisation.tax_deducted_share": share(e.input_yuan > 0, e.has_tax_deduction),
        "mobilisation.purchases": total(one, e.purchase_yuan),
        "enterprises.campaign_input_mean": mean(joined, e.input_yuan),
        "enterprises.campaign_input_cumulative": total(every.is_in_campaign, every.input_yuan),
        "enterprises.campaign_linked_share": share(joined, e.households_linked > 0),
        "enterprises.park_count": count(park),
        "enterprises.linked_households": total(one, e.households_linked),
        "enterprises.poor_jobs_ratio": ratio(one, e.jobs_poor, e.jobs),
        "enterprises.poor_jobs": total(one, e.jobs_poor),
        "enterprises.employer_jobs": total(within(e.kind, "cooperative", "leading", "family_farm"), e.jobs_poor),
        "enterprises.workshop_jobs": total(shop, e.jobs_poor),
        "enterprises.workshop_count": count(shop),
        "enterprises.workshops_resumed_share": share(shop, resumed),
        "enterprises.workshops_not_resumed": count(shop, ~resumed),
        "enterprises.workshops_running": count(shop, e.is_running),
        "enterprises.leading_resumed_share": share(e.kind == "leading", resumed),
        "enterprises.running_share": share(one, e.is_running),
        "enterprises.investment": total(one, e.investment_yuan),
    }


def _counties(t) -> dict[str, float]:
    every, c = t.counties, t.now("counties")
    here, year = {"county_code": "county_code"}, {"year": "year"}
    one = pd.Series(True, c.index, dtype="boolean")

    def number(table: pd.DataFrame, where) -> pd.Series:
        return gather(c, table, here | year, "count", where=where)

    def staying(p: pd.DataFrame) -> pd.Series:
        return within(p.registry_status, "poor", "exited") & ~(
            there(p.change_out) & within(p.change_out, "died_out", "moved_out").fillna(False)
        )

    def heads(where) -> pd.Series:
        return gather(c, t.households, here | year, "sum", "persons", where)

    def paid(fund: str, *payers: str) -> pd.Series:
        def where(p: pd.DataFrame) -> pd.Series:
            rows = there(p.paid_date) & (p.paid_date <= NOW).fillna(False)
            rows = rows & (p.fund == fund) if fund else rows
            return rows & within(p.payer, *payers) if payers else rows

        return gather(c, t.fund_flows, here, "sum", "amount_yuan", where, lambda p: p.year <= p.our_year)

    def unfunded(p: pd.DataFrame) -> pd.Series:
        """Without labour capacity and on dibao, both on record."""
        return (p.labour_capacity == "none").fillna(False) & p.is_dibao.fillna(False)

    poor_villages = number(t.villages, lambda p: p.is_poor_village)
    exited = number(t.households, lambda p: p.registry_status == "exited")
    eligible, registered = heads(lambda p: staying(p) & ~unfunded(p)), heads(staying)
    assets = gather(c, t.assets, here | year, "sum", "fiscal_value_yuan")
    pairs = gather(c, t.pairings, here, "count", where=lambda p: (p.kind == "counterpart") & (p.level == "county")
                   & (p.from_date <= NOW) & (~there(p.to_date) | (p.to_date >= NOW).fillna(False)))  # fmt: skip
    hospitals = number(t.hospitals, lambda p: (p.level == "county") & p.is_standardised)
    towns = number(t.hospitals, lambda p: p.level == "town")
    towns_ok = number(t.hospitals, lambda p: (p.level == "town") & p.is_standardised)
    before = gather(c, every, here, "first", "dibao_standard_yuan", lag=1)
    line, dibao = 9064.53, c.dibao_standard_yuan
    growth = div(dibao - before, before)
    systems = {"home_visit": c.has_home_visit_system, "study": c.has_study_system, "session": c.has_session_system,
               "report": c.has_report_system, "assessment": c.has_assessment_system}  # fmt: skip
    all_five = c.has_home_visit_system & c.has_study_system & c.has_session_system & c.has_report_system & c.has_assessment_system
    out = {f"counties.{k}_system_share": share(one, x) for k, x in systems.items()}
    for k, payer, part in (("province", "province", 0.6), ("helping", "helping_city", 0.3), ("local", "local_city", 0.1)):
        arrived, due = paid("per_capita_input", payer), eligible * 20000 * part
        out[f"counties.input_{k}_to_due"] = ratio(one, arrived, due)
        out[f"counties.input_{k}_full_share"] = share(one, arrived >= due)
    totals = {"dynamic.plan_persons": "exit_plan_persons", "environment.village_fund_total": "living_environment_yuan",
              "assessment.policy_documents": "policy_documents", "party.secretaries_replaced": "secretaries_replaced",
              "party.returnees": "returnees", "dynamic.checked_households": "exited_checked_households"}  # fmt: skip
    out |= {k: total(one, c[column]) for k, column in totals.items()}
    least = pd.concat([assets, c.asset_forming_funds_yuan], axis=1).min(axis=1, skipna=False)
    return out | {
        "social.dibao_standard_ok_share": share(one, dibao >= 6384),
        "counties.dibao_standard_mean": mean(one, dibao),
        "counties.dibao_to_line_ratio": mean(one, dibao / line),
        "counties.dibao_pilot_mean": mean(c.is_pilot, dibao),
        "counties.dibao_other_mean": mean(~c.is_pilot, dibao),
        "counties.dibao_pilot_growth": mean(c.is_pilot, growth),
        "counties.dibao_other_growth": mean(~c.is_pilot, growth),
        "counties.living_benefit_ok_share": share(one, c.disability_living_benefit_yuan >= 2100),
        "counties.nursing_benefit_ok_share": share(one, c.disability_nursing_benefit_yuan >= 2820),
        "finance.local_matching_ratio": ratio(c.local_budget_due_yuan > 0, c.local_budget_paid_yuan, c.local_budget_due_yuan),
        "finance.pooling_ratio": ratio(c.poolable_funds_yuan > 0, c.pooled_funds_yuan, c.poolable_funds_yuan),
        "education.teacher_pay_mean": mean(one, c.teacher_pay_ratio),
        "counties.teacher_pay_ok_share": share(one, c.teacher_pay_ratio >= 1),
        "health.indicator_ratio_mean": mean(one, c.infant_mortality_ratio),
        "assets.company_share": share(one, c.has_asset_company),
        "assessment.five_systems_share": share(one, all_five),
        "assessment.bulletins_ok_share": share(one, c.quarterly_bulletins >= 4),
        "counties.bulletins_mean": mean(one, c.quarterly_bulletins),
        "assessment.forms_per_village_mean": mean(one, c.forms_per_village),
        "party.rectified_ratio": ratio(c.weak_organisations > 0, c.weak_organisations_rectified, c.weak_organisations),
        "social.pilot_counties": count(c.is_pilot),
        "low_income.key_counties": count(c.is_key_county),
        "counties.exit_plan_ratio": float("nan"),  # the plan of 2016 to 2018 has no figure for 2020: see test_sectors
        "counties.exit_plan_met_share": float("nan"),
        "counties.exit_checked_ratio": ratio(one, c.exited_checked_households, exited),
        "counties.pair_share": share(one, pairs >= 1),
        "counties.village_fund_ratio": ratio(poor_villages > 0, c.living_environment_yuan, poor_villages),
        "counties.village_fund_cumulative": total(pd.Series(True, every.index, dtype="boolean"), every.living_environment_yuan),
        "counties.asset_formed_ratio": ratio(c.asset_forming_funds_yuan > 0, least, c.asset_forming_funds_yuan),
        "counties.three_tier_share": share(towns > 0, (hospitals >= 1) & (towns_ok == towns)),
        "counties.input_per_eligible": ratio(one, paid("per_capita_input"), eligible),
        "counties.input_per_registered": ratio(one, paid("per_capita_input"), registered),
        "counties.counterpart_per_registered": ratio(one, paid("", "helping_city", "district", "enterprise"), registered),
    }


def _schools(t) -> dict[str, float]:
    s = t.now("schools")
    one = pd.Series(True, s.index, dtype="boolean")
    compulsory = within(s.stage, "primary", "junior_secondary", "nine_year")
    return {
        "education.weak_upgraded_share": share(s.is_weak, s.is_upgraded),
        "education.school_aided_ratio": ratio(one, s.aided_students, s.poor_students),
        "education.school_dropouts": total(compulsory, s.dropouts),
        "education.ledger_share": share(one, s.has_aid_ledger),
        "education.teacher_allowance_share": share(one, s.teacher_allowance_paid),
        "schools.poor_students": total(one, s.poor_students),
        "schools.not_aided": ratio(one, s.poor_students - s.aided_students, s.poor_students),
        "schools.aid_total": total(one, s.aid_yuan),
        "schools.aid_per_student": ratio(s.aided_students > 0, s.aid_yuan, s.aided_students),
        "schools.weak_count": count(s.is_weak),
        "schools.students_per_teacher": ratio((s.teachers > 0) & compulsory, s.students, s.teachers),
        "schools.preschool_poor_students": total(s.stage == "preschool", s.poor_students),
    }


def _hospitals(t) -> dict[str, float]:
    h = t.now("hospitals")
    county, town, village = (h.level == k for k in ("county", "town", "village"))
    return {
        "health.clinic_standard_share": share(village, h.is_standardised),
        "health.town_standard_share": share(town, h.is_standardised),
        "hospitals.county_standard_share": share(county, h.is_standardised),
        "health.one_stop_share": share(pd.Series(True, h.index, dtype="boolean"), h.has_one_stop_settlement),
        "hospitals.county_one_stop_share": share(county, h.has_one_stop_settlement),
        "hospitals.town_one_stop_share": share(town, h.has_one_stop_settlement),
        "hospitals.village_one_stop_share": share(village, h.has_one_stop_settlement),
        "hospitals.one_stop_clinics": count(village, h.has_one_stop_settlement),
        "health.open_share": share(village, h.is_open),
        "hospitals.doctors_per_clinic": mean(village, h.doctors),
    }


def _purchases(t) -> dict[str, float]:
    every, c = t.consumption, t.now("consumption")
    one, ever = pd.Series(True, c.index, dtype="boolean"), every.year >= 2019
    words = {"hall_sales": "hall", "purchase_as_donation": "purchase_for_donation", "event_sales": "event",
             "platform_sales": "platform", "canteen_sales": "canteen", "base_sales": "base"}  # fmt: skip
    return {f"mobilisation.{k}": total(c.channel == w, c.amount_yuan) for k, w in words.items()} | {
        "mobilisation.sales": total(one, c.amount_yuan),
        "mobilisation.partner_sales_ratio": ratio(one, pick(c.origin == "partner", c.amount_yuan, 0), c.amount_yuan),
        "mobilisation.sales_since_2019": total(ever.astype("boolean"), every.amount_yuan),
        "mobilisation.hall_sales_cumulative": total(every.channel == "hall", every.amount_yuan),
        "mobilisation.products": total(one, c.products),
        "mobilisation.event_count": count(c.channel == "event"),
    }
