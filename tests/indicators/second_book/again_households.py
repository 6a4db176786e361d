"""Registered households, worked out again from the clauses."""

from arithmetic import NOW, YEAR, count, day, div, gather, mean, median, ratio, share, there, total, within, year_of

LINE, PLANNED, LOW = 9064.53, 8699.0, 9000.0
"""45 % of 20,143.4 yuan; the figure of 穗办〔2018〕31号; a low-income line as an evaluator may set it (no document has one)."""


def values(t) -> dict[str, float]:
    every, h = t.households, t.now("households")

    def before(column: str):
        return gather(h, every, {"household_id": "household_id"}, "first", column, lag=1)

    gone = there(h.change_out) & within(h.change_out, "died_out", "moved_out").fillna(False)
    standing = within(h.registry_status, "poor", "exited") & ~gone
    exited = (h.registry_status == "exited") & ~gone
    labour = h.labour_capacity == "full"
    income, members = h.disposable_income_per_capita_yuan, h.persons
    gross = h.wage_income_yuan + h.business_income_yuan + h.property_income_yuan + h.transfer_income_yuan
    net = gross - h.transfer_paid_yuan
    enrolled = h.is_dibao | h.is_tekun
    able = exited & labour
    met = income >= LINE
    past = before("disposable_income_per_capita_yuan")
    earlier = exited & (h.exit_year < YEAR)
    stayed = within(h.change_in, "none", "returned") & (before("registry_status") == "exited")
    back, exit_before = h.change_in == "returned", before("exit_year")
    watched = there(h.monitoring_category)
    six = ["food", "clothing", "education", "healthcare", "housing", "drinking_water"]
    ok = {f"exit.{g}_share": share(exited, h[f"{g}_ok"]) for g in six}
    all_six = h.food_ok & h.clothing_ok & h.education_ok & h.healthcare_ok & h.housing_ok & h.drinking_water_ok
    willing = standing & h.is_willing_industry
    gets = h.dividend_income_yuan > 0
    rebuilt = there(h.housing_completed_date) & (h.housing_completed_date <= NOW).fillna(False)
    owed = h.is_only_dwelling & within(h.housing_grade, "C", "D")
    this_year = standing & rebuilt & (year_of(h.housing_completed_date) == YEAR)
    sources = [h.wage_income_yuan, h.business_income_yuan.clip(lower=0), h.property_income_yuan, h.transfer_income_yuan]
    parts = [div(s, sum(sources[1:], sources[0])) for s in sources]
    loans = gather(h, t.loans, {"household_id": "household_id", "year": "year"}, "count", where=lambda p: p.issued_date <= NOW)
    stressed = div(h.illness_cost_yuan, gross)
    classes = {"unstable_households": "unstable_exited", "marginal_households": "marginal_at_risk",
               "not_yet_exited": "not_yet_exited", "sudden_hardship": "sudden_hardship"}  # fmt: skip
    known = {f"monitoring.{k}": count(watched & (h.monitoring_category == v).fillna(False)) for k, v in classes.items()}
    return ok | known | {
        "exit.registered_households": count(standing),
        "exit.registered_persons": count(standing, w=members),
        "exit.exited_persons_share": share(standing, exited, members),
        "exit.labour_income_met_share": share(able, met),
        "exit.labour_income_met_share_planned": share(able, income >= PLANNED),
        "exit.labour_income_to_line": mean(able, income / LINE, members),
        "exit.labour_income_gap": mean(able & (income < LINE), (LINE - income) / LINE, members),
        "exit.just_passed_share": share(able & met, income / LINE - 1 <= 0.05),
        "exit.labour_income_median": median(able, income),
        "exit.safety_net_coverage": share(
            standing & within(h.labour_capacity, "partial", "none") & h.is_safety_net_eligible, enrolled),
        "exit.safety_net_enrolled": count(standing & within(h.labour_capacity, "partial", "none"), enrolled),
        "exit.six_guarantees_share": share(exited, all_six),
        "exit.line_choice_households": count(able, (income >= PLANNED) & (income < LINE)),
        "exit.minority_income_met_share": share(able & h.is_ethnic_minority, met),
        "dynamic.registered_in_year": count(h.change_in == "registered"),
        "dynamic.exited_in_year": count(h.change_out == "exited"),
        "dynamic.exited_persons_in_year": count(h.change_out == "exited", w=members),
        "dynamic.removed_in_year": count(h.change_out == "removed"),
        "dynamic.removed_persons": count(h.change_out == "removed", w=members),
        "dynamic.returned_in_year": count(back),
        "dynamic.supported_after_exit_share": share(earlier, h.support_received_yuan > 0),
        "dynamic.policy_kept_share": share(earlier, h.measures_received >= 1),
        "dynamic.measures_cut_share": share(earlier, h.measures_received < before("measures_received")),
        "dynamic.stable_income_share": share(able & (h.exit_year < YEAR), met & (past >= LINE)),
        "dynamic.dispersed_cadre_share": share(standing & ~h.is_in_poor_village, h.has_responsible_cadre),
        "dynamic.no_cadre": count(h.registry_status == "poor", ~h.has_responsible_cadre),
        "dynamic.inside_persons_share": share(standing, h.is_in_poor_village, members),
        "monitoring.return_rate": share(stayed, back),
        "monitoring.return_first_year_rate": share(stayed & (exit_before == YEAR - 1), back),
        "monitoring.return_later_rate": share(stayed & (exit_before < YEAR - 1), back),
        "monitoring.list_share": share(standing, watched, members),
        "monitoring.with_measure_share": share(watched, h.measures_received >= 1),
        "monitoring.illness_return_share": share(back, h.shock == "illness"),
        "monitoring.catastrophic_10_share": share(standing, stressed >= 0.10),
        "monitoring.catastrophic_25_share": share(standing, stressed >= 0.25),
        "monitoring.catastrophic_40_share": share(standing, stressed >= 0.40),
        "monitoring.expenditure_poor_share": share(able, (net - h.illness_cost_yuan) / members < LINE),
        "monitoring.transfer_income_share": ratio(standing, h.transfer_income_yuan, gross),
        "monitoring.no_labourer_share": share(exited, h.labourers == 0),
        "monitoring.single_earner_share": share(exited, h.labourers == 1),
        "monitoring.income_concentration": mean(exited, sum((p * p for p in parts[1:]), parts[0] * parts[0])),
        "monitoring.debt_ratio": ratio(exited, h.loan_yuan, gross),
        "monitoring.near_line_share": share(able & met, income <= LINE * 1.2),
        "monitoring.support_dependent_share": share(able, (net - h.support_received_yuan) / members < LINE),
        "monitoring.shock_share": share(exited, h.shock != "none"),
        "covid.job_loss_share": share(standing, h.shock == "job_loss"),
        "covid.income_fall_share": share(exited, income < past),
        "covid.income_change_mean": mean(exited & (past > 0), div(income - past, past)),
        "covid.monitored_share": share(exited & within(h.shock, "job_loss", "price"), watched),
        "industry.linked_share": share(willing & labour, h.has_industry_link),
        "industry.willing_not_linked": count(willing & labour, ~h.has_industry_link),
        "industry.household_project_share": share(standing, h.has_industry_link),
        "industry.support_share": share(standing & labour, h.has_industry_link | h.has_employed_member),
        "industry.dividend_share": share(willing, gets),
        "industry.dividend_kept_share": share(
            standing & (before("dividend_income_yuan") > 0), h.dividend_income_yuan >= before("dividend_income_yuan")),
        "industry.dividend_disabled_share": share(standing & (h.disabled_members > 0), gets),
        "industry.dividend_disabled_gap_other_share": share(willing & (h.disabled_members == 0), gets),
        "industry.dividend_no_labour_share": share(standing & (h.labour_capacity == "none"), gets),
        "industry.insured_share": share(standing & (h.business_income_yuan != 0), h.has_agricultural_insurance),
        "industry.business_income_share": ratio(standing & labour, h.business_income_yuan, gross),
        "employment.employed_household_share": share(standing & labour, h.has_employed_member),
        "employment.skilled_household_share": share(standing & labour, h.has_skilled_member),
        "employment.wage_income_share": ratio(standing & labour, h.wage_income_yuan, gross),
        "social.dibao_share": share(standing, h.is_dibao),
        "social.tekun_share": share(standing, h.is_tekun),
        "social.ineligible_enrolled": count(standing & ~h.is_safety_net_eligible, enrolled),
        "social.registered_not_enrolled": count(standing & h.is_safety_net_eligible, ~enrolled),
        "social.dibao_not_registered": count(h.registry_status == "never", h.is_dibao),
        "housing.safe_share": share(standing, within(h.housing_grade, "A", "B")),
        "housing.dangerous_open": count(standing & owed, ~there(h.housing_completed_date)),
        "housing.completed_in_time_share": share(standing & rebuilt, h.housing_completed_date <= day("2020-12-31")),
        "housing.completion_share": share(standing & (rebuilt | owed), rebuilt),
        "housing.no_dwelling": count(standing, h.has_no_dwelling),
        "housing.subsidy_mean": mean(standing & (h.housing_subsidy_yuan > 0), h.housing_subsidy_yuan),
        "housing.subsidy_short": count(this_year, h.housing_subsidy_yuan < 40000),
        "housing.subsidy_total": total(standing, h.housing_subsidy_yuan),
        "housing.rebuilt_without_subsidy": count(this_year, h.housing_subsidy_yuan == 0),
        "housing.rebuilt_in_year": count(this_year),
        "housing.rebuilt_so_far": count(standing & rebuilt),
        "housing.eligible_open_tekun": count(standing & h.is_tekun, owed & ~rebuilt),
        "housing.dangerous_other": count(standing & within(h.housing_grade, "C", "D"), ~h.is_only_dwelling),
        "environment.household_toilet_share": share(standing, h.has_sanitary_toilet),
        "assistance.household_plan_share": share(standing, h.has_measure_plan),
        "assistance.support_per_household": mean(standing, h.support_received_yuan),
        "finance.loan_reach_share": share(standing, loans >= 1),
        "finance.separately_funded_persons": count(standing, (h.labour_capacity == "none") & h.is_dibao, members),
        "accuracy.income_adds_up_share": share(standing, (net / members - income).abs() <= 1),
        "accuracy.round_income_share": share(standing & (income > 0), (income % 100) == 0),
        "low_income.registered_below_share": share(standing, income < LOW),
        "low_income.capable_share": share(standing, (h.labourers >= 1) & h.has_skilled_member),
    }  # fmt: skip
