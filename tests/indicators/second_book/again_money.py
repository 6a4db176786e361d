"""Funds, loans, loan totals, assets and donations, worked out again from the clauses."""

import pandas as pd
from arithmetic import (
    NOW,
    YEAR,
    count,
    div,
    gather,
    mean,
    months_between,
    pick,
    ratio,
    share,
    there,
    total,
    until,
    within,
    year_of,
)


def values(t) -> dict[str, float]:
    return _flows(t) | _loans(t) | _growth(t) | _assets(t) | _gifts(t)


def _flows(t) -> dict[str, float]:
    every = t.fund_flows
    f = t.now("fund_flows")

    def arrived(x: pd.DataFrame) -> pd.Series:
        return there(x.paid_date) & (x.paid_date <= NOW).fillna(False)

    paid = year_of(f.paid_date)
    in_time = (paid < f.year) | ((paid == f.year) & until(f.paid_date, 4, 30))
    here, guidance, spent = arrived(f), f.fund == "guidance", f.amount_yuan
    given = (f.fund == "per_capita_input") & here
    late = f.paid_date - f.due_date
    so_far, all_here = every.amount_yuan, arrived(every)
    input_so_far, guide_so_far = every.fund == "per_capita_input", (every.fund == "guidance") & all_here
    allowed = ("employment", "industry", "capacity", "asset_income", "loan_interest", "education", "healthcare")
    uses = {"industry": ("industry", "asset_income", "capacity"), "employment": ("employment",), "services": ("education",
    "healthcare"),
            "interest": ("loan_interest",), "works": ("infrastructure", "living_environment", "housing")}  # fmt: skip
    out = {f"finance.use_{k}_ratio": ratio(here, pick(within(f.use, *w), spent, 0), spent) for k, w in uses.items()}
    for k, cumulative, payer in (("province", "province", "province"), ("helping", "helping_city", "helping_city"),
                                 ("local", "local_city", "local_city")):  # fmt: skip
        out[f"finance.input_{k}_share"] = ratio(given, pick(f.payer == payer, spent, 0), spent)
        out[f"finance.input_{cumulative}_cumulative_share"] = ratio(
            input_so_far & all_here, pick(every.payer == payer, so_far, 0), so_far)  # fmt: skip
    for k, payer in (("city", "helping_city"), ("district", "district"), ("enterprise", "enterprise")):
        out[f"finance.guidance_{k}_cumulative"] = total(guide_so_far & (every.payer == payer), so_far)
    return out | {
        "finance.input_arrived": total(given, spent),
        "finance.guidance_arrived": total(guidance & here, spent),
        "finance.guidance_in_time_share": ratio(
            guidance, pick(there(f.paid_date), pick(in_time.fillna(False), spent, 0), 0), spent),
        "finance.guidance_late_payments": count(guidance & here, ~in_time),
        "finance.guidance_flow_in_time_share": share(guidance, there(f.paid_date) & in_time.fillna(False)),
        "finance.guidance_not_arrived": total(guidance & ~here, spent),
        "finance.days_late_mean": mean(here & (late > 0), late),
        "finance.not_arrived": total(~there(f.paid_date) & (f.due_date < NOW), spent),
        "finance.use_allowed_share": ratio(given, pick(within(f.use, *allowed), spent, 0), spent),
        "finance.use_known_share": share(here, there(f.use)),
        "finance.administration_spent": total(given & (f.use == "administration"), spent),
        "finance.separately_funded_amount": total(given & (f.use == "housing"), spent),
        "finance.input_arrived_cumulative": total(input_so_far & all_here, so_far),
        "finance.input_arrived_ratio": ratio(input_so_far, pick(all_here, so_far, 0), so_far),
        "finance.all_arrived_cumulative": total(all_here, so_far),
        "finance.counterpart_arrived_cumulative": total(
            all_here & within(every.payer, "helping_city", "district", "enterprise"), so_far),
    }  # fmt: skip


def _loans(t) -> dict[str, float]:
    every, x = t.loans, t.now("loans")
    one = pd.Series(True, x.index, dtype="boolean")
    status = gather(x, t.households, {"household_id": "household_id", "year": "year"}, "first", "registry_status")
    fits, short, open_ = x.amount_yuan <= 50000, x.term_months <= 36, ~x.is_secured
    owing, balance = x.balance_yuan > 0, x.balance_yuan
    given, ever = year_of(x.issued_date) == YEAR, year_of(every.issued_date) == every.year
    soon = months_between(x.due_date, pd.Series(NOW, x.index)) < 12
    return {
        "finance.loans_conform_share": share(one, fits & short & open_ & (status != "never")),
        "finance.loan_over_amount": count(one, x.amount_yuan > 50000),
        "finance.loan_over_term": count(one, x.term_months > 36),
        "finance.loan_secured": count(one, x.is_secured),
        "finance.loan_amount_ok_share": share(one, fits),
        "finance.loan_term_ok_share": share(one, short),
        "finance.loan_unsecured_share": share(one, open_),
        "finance.loan_borrower_registered_share": share(one, status != "never"),
        "finance.loan_borrower_not_registered": count(one, status == "never"),
        "finance.loan_mean": mean(one, x.amount_yuan),
        "finance.loan_total": total(one, x.amount_yuan),
        "finance.loan_overdue_ratio": ratio(owing, x.overdue_yuan, balance),
        "finance.loan_par30_ratio": ratio(owing, pick(x.overdue_days > 30, balance, 0), balance),
        "finance.loan_par90_ratio": ratio(owing, pick(x.overdue_days > 90, balance, 0), balance),
        "finance.loan_overdue_share": share(owing, x.overdue_days > 0),
        "finance.loan_due_soon_ratio": ratio(owing, pick(soon, balance, 0), balance),
        "finance.loan_used_by_others": count(one, x.used_by != "household"),
        "finance.loan_used_by_household_share": share(one, x.used_by == "household"),
        "finance.loan_subsidised_share": share(one, x.interest_subsidy_yuan > 0),
        "finance.loan_purpose_ok_share": share(one, within(x.purpose, "industry", "employment")),
        "finance.loans_issued": count(given),
        "finance.loan_issued_total": total(given, x.amount_yuan),
        "finance.loan_issued_cumulative": total(ever, every.amount_yuan),
        "finance.loan_issued_mean": mean(ever, every.amount_yuan),
        "finance.loan_balance_total": total(owing, balance),
        "finance.loan_interest_mean": mean(one, x.interest_rate),
    }


def _growth(t) -> dict[str, float]:
    every, x = t.loan_totals, t.now("loan_totals")

    def before(column: str) -> pd.Series:
        return gather(x, every, {"area_code": "area_code"}, "first", column, lag=1)

    province = every[every.area_code == "440000"].set_index("year").all_loans_yuan
    growth_there = province[YEAR] / province[YEAR - 1] - 1
    past, poor, farm = before("all_loans_yuan"), x.poor_household_loans_yuan, x.farm_household_loans_yuan
    is_city = x.area_code == "441400"
    county = ~is_city & (x.area_code != "440000")
    area = county & x.is_poverty_area
    gap = div(poor, before("poor_household_loans_yuan")) - div(farm, before("farm_household_loans_yuan"))
    return {
        "finance.loan_area_growth": ratio(area, x.all_loans_yuan - past, past),
        "finance.loan_area_growth_gap": ratio(area, x.all_loans_yuan - past * (1 + growth_there), past),
        "finance.loan_area_growth_ok_share": share(area, div(x.all_loans_yuan, past) - 1 >= growth_there),
        "finance.loan_household_growth_gap": mean(is_city, gap),
        "finance.loan_household_growth_ok_share": share(county, gap > 0),
        "finance.loan_poor_part_ratio": ratio(county, poor, farm),
    }


def _assets(t) -> dict[str, float]:
    a = t.now("assets")
    one = pd.Series(True, a.index, dtype="boolean")
    run, public, home = (a.asset_class == k for k in ("operating", "public", "household"))
    value, built = a.original_value_yuan, (a.asset_class == "operating") & (a.fiscal_value_yuan > 0)
    rights = [there(a[k]) for k in ("owner", "operator", "beneficiary", "supervisor")]
    both = there(a.owner) & there(a.supervisor)
    six = a.is_registered & a.is_titled & there(a.asset_class) & a.has_responsible_person & a.has_distribution_rule
    six &= a.is_operation_compliant
    given, homes = a.distributed_yuan, a.dividend_households
    out = {
        f"assets.{k}_share": share(one, r)
        for k, r in zip(("owner", "operator", "beneficiary", "supervisor"), rights, strict=True)
    }
    for k, rows in (("operating", run), ("public", public), ("household", home)):
        out |= {f"assets.{k}_count": count(rows), f"assets.{k}_value": total(rows, value)}
    return out | {
        "assets.classed_share": share(one, there(a.asset_class)),
        "assets.fiscal_value": total(one, a.fiscal_value_yuan),
        "assets.four_rights_share": share(one, rights[0] & rights[1] & rights[2] & rights[3]),
        "assets.owner_supervises_self": count(both, a.owner == a.supervisor),
        "assets.owner_apart_share": share(both, a.owner != a.supervisor),
        "assets.household_named_share": share(home, there(a.household_id)),
        "assets.inventory_share": share(one, a.is_registered),
        "assets.titled_share": share(one, a.is_titled),
        "assets.responsible_share": share(one, a.has_responsible_person),
        "assets.distribution_share": share(run, a.has_distribution_rule),
        "assets.compliant_share": share(run, a.is_operation_compliant),
        "assets.six_criteria_share": share(run, six),
        "assets.maintenance_share": share(public, a.has_maintenance_fund),
        "assets.preservation_ratio": ratio(built, a.current_value_yuan, value),
        "assets.preserved_share": share(built, a.current_value_yuan >= value),
        "assets.idle_share": share(one, a.state == "idle"),
        "assets.idle_value_ratio": ratio(one, pick(within(a.state, "idle", "lost", "scrapped"), value, 0), value),
        "assets.lost_value": total(a.state == "lost", value),
        "assets.payout_ratio": ratio(a.income_due_yuan > 0, a.income_yuan, a.income_due_yuan),
        "assets.arrears_share": share(run, a.arrears_days > 0),
        "assets.poor_distribution_ratio": ratio(given > 0, a.distributed_poor_yuan, given),
        "assets.distributed_ratio": ratio(a.income_yuan > 0, given, a.income_yuan),
        "assets.disabled_dividend_ratio": ratio(homes > 0, a.dividend_disabled_households, homes),
        "assets.publicised_share": share(run, a.is_distribution_publicised),
        "assets.yield_ratio": ratio(run, a.income_yuan, value),
        "assets.dividend_households": total(run, homes),
        "assets.dividend_per_household": ratio(homes > 0, a.distributed_poor_yuan, homes),
    }


def _gifts(t) -> dict[str, float]:
    every, d = t.donations, t.now("donations")
    one, ever = (pd.Series(True, x.index, dtype="boolean") for x in (d, every))
    got = d.received_yuan
    return {
        "mobilisation.pledged": total(one, d.pledged_yuan),
        "mobilisation.received": total(one, got),
        "mobilisation.spent": total(one, d.spent_yuan),
        "mobilisation.received_ratio": ratio(d.pledged_yuan > 0, got, d.pledged_yuan),
        "mobilisation.spent_ratio": ratio(got > 0, d.spent_yuan, got),
        "mobilisation.june_30_received": total(d.channel == "june_30", got),
        "mobilisation.mutual_fund_received": total(d.channel == "mutual_fund", got),
        "mobilisation.not_received": count(d.pledged_yuan > 0, got == 0),
        "mobilisation.received_since_2016": total(ever, every.received_yuan),
        "mobilisation.pledged_since_2016": total(ever, every.pledged_yuan),
        "mobilisation.village_named_ratio": ratio(one, pick(there(d.village_code), got, 0), got),
        "mobilisation.enterprise_donor_ratio": ratio(one, pick(d.donor_kind == "enterprise", got, 0), got),
    }
