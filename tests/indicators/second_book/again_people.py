"""Teams, pairings, visits, problems and events, worked out again from the clauses."""

import pandas as pd
from arithmetic import NOW, YEAR, count, day, gather, mean, median, month_of, months_between, pick, share, there, total, within


def values(t) -> dict[str, float]:
    return _teams(t) | _pairings(t) | _visits(t) | _issues(t) | _events(t)


def lasting(x: pd.DataFrame) -> pd.Series:
    """Begun by the day of the evaluation and not ended before it; no end is no end."""
    return (x.from_date <= NOW) & (~there(x.to_date) | (x.to_date >= NOW).fillna(False))


def _teams(t) -> dict[str, float]:
    x = t.teams
    every = {"cadre_id": "cadre_id"}
    lead = within(x.post, "captain", "first_secretary", "captain_and_secretary")
    captain, secretary = (
        within(x.post, "captain", "captain_and_secretary"),
        within(x.post, "first_secretary", "captain_and_secretary"),
    )
    here, in_village, now = {"village_code": "village_code"}, x.team_level == "village", lasting(x)
    serving = in_village & now
    delta, own, unit = (x.helper_type == k for k in ("pearl_delta_city", "own_city", "provincial_unit"))

    def before(*posts: str) -> pd.Series:
        return gather(x, x, here, "last", "to_date",
                      where=lambda p: within(p.post, *posts) & there(p.to_date),
                      beside=lambda p: p.from_date < p.our_from_date)  # fmt: skip

    since = gather(x, x, every, "first", "from_date")
    still = gather(x, x, every, "count", where=lambda p: ~there(p.to_date) | (p.to_date >= NOW).fillna(False))
    last = gather(x, x, every, "last", "to_date", lambda p: there(p.to_date))
    gone = in_village & lead & (still == 0)
    served = months_between(last, since)
    exit_ = gather(x, t.villages, here, "first", "exit_date", lambda p: there(p.exit_date))
    gap, gap_2 = (
        x.from_date - before("captain", "captain_and_secretary"),
        x.from_date - before("first_secretary", "captain_and_secretary"),
    )
    came, came_2 = (in_village & role & there(g) & (x.from_date <= NOW) for role, g in ((captain, gap), (secretary, gap_2)))
    gaps = gap - 1
    begin = pick(x.from_date < day("2019-01-01"), day("2019-01-01"), x.from_date)
    end = pick(~there(x.to_date) | (x.to_date > NOW).fillna(False), NOW, x.to_date)
    guangzhou = within(x.team_level, "village", "city", "county") & delta & (x.sender_city_code == "440100")
    due = guangzhou & (end > day("2019-01-01"))
    paid = x.months_allowance_paid >= months_between(end, begin)
    both = x.post == "captain_and_secretary"
    levels = {f"teams.{k}_teams": count((x.team_level == k) & now & captain) for k in ("village", "town", "county", "city")}
    return levels | {
        "teams.cadres_in_post": count(serving),
        "teams.cadres_all_levels": count(now),
        "teams.pearl_delta_cadres": count(serving & delta),
        "teams.first_secretaries": count(serving & secretary),
        "teams.first_secretary_posts": count(in_village & secretary & (x.from_date <= NOW)),
        "teams.posts_so_far": count(in_village & (x.from_date <= NOW)),
        "teams.two_posts_share": share(serving & captain, both),
        "teams.posts_by_rule_provincial_unit_share": share(serving & captain & unit, both),
        "teams.posts_by_rule_pearl_delta_city_share": share(serving & captain & delta, both),
        "teams.posts_by_rule_own_city_share": share(serving & captain & own, both),
        "teams.captain_from_helper_share": share(serving & captain & delta, x.sender_city_code != x.city_code),
        "teams.secretary_from_home_share": share(
            serving & (x.post == "first_secretary") & delta, x.sender_city_code == x.city_code
        ),
        "teams.provincial_rank_share": share(serving & captain & unit, x["rank"] == "division"),
        "teams.delta_rank_share": share(serving & captain & delta, within(x["rank"], "division", "section")),
        "teams.tenure_ok_share": share(gone, served >= 36),
        "teams.delta_tenure_ok_share": share(gone & delta, served >= 36),
        "teams.lead_tenure_months": median(gone, served),
        "teams.allowance_ok_share": share(guangzhou & now, x.allowance_yuan_per_month == 2640),
        "teams.work_fund_ok_share": share(serving & delta & (x.sender_city_code == "440100"), x.work_fund_yuan_per_month == 1000),
        "teams.allowance_months_ok_share": share(due, paid),
        "teams.allowance_months_missing": count(due, ~paid),
        "teams.party_branch_share": share(serving & lead, x.has_party_branch),
        "teams.days_in_village_mean": mean(serving, x.days_in_village),
        "teams.local_post_share": share(now & captain & within(x.team_level, "city", "county") & delta, x.has_local_post),
        "teams.promoted_share": share(there(x.to_date) & (x.to_date < NOW).fillna(False), x.is_promoted),
        "teams.trained_share": share(now, x.is_trained),
        "teams.handover_days_mean": mean(came, gaps.clip(lower=0)),
        "teams.handover_gap_share": share(came, gap > 1),
        "teams.handover_gaps": count(came, gap > 1),
        "teams.secretary_gaps": count(came_2, gap_2 > 1),
        "teams.left_before_village_exit": count(in_village & captain & there(x.to_date) & (x.to_date <= NOW), x.to_date < exit_),
    }


def _pairings(t) -> dict[str, float]:
    x = t.pairings
    now, pair, here = (
        lasting(x),
        {"visitor_city_code": "helper_city_code", "city_code": "city_code"},
        {"village_code": "village_code"},
    )

    def came(kinds: tuple[str, ...], first: int = 1, last: int = 12) -> pd.Series:
        return gather(x, t.visits, pair, "count", where=lambda p: within(p.kind, *kinds) & (p.year == YEAR)
                      & (month_of(p.date) >= first) & (month_of(p.date) <= last))  # fmt: skip

    visits = gather(x, t.visits, pair, "count", where=lambda p: (p.kind == "leader_visit") & p.is_principal & (p.year == YEAR))
    meetings = gather(x, t.visits, pair, "count", where=lambda p: (p.kind == "meeting") & (p.year == YEAR))
    again = gather(x, t.visits, here, "count", where=lambda p: (p.kind == "follow_up") & (p.year == YEAR))
    others = gather(
        x, x, here, "count", where=lambda p: p.kind == "targeted", beside=lambda p: p.helper_unit != p.our_helper_unit
    )
    quarters = [came(("study", "topic_session"), q, q + 2) for q in (1, 4, 7, 10)]
    fewest = pd.concat(quarters, axis=1).min(axis=1, skipna=False)
    halves = pd.concat([came(("half_year_report",), a, a + 5) for a in (1, 7)], axis=1).min(axis=1, skipna=False)
    exit_ = gather(x, t.villages, here, "first", "exit_date", lambda p: there(p.exit_date))
    exits = gather(x, t.villages, here, "count", where=lambda p: there(p.exit_date) & (p.exit_date <= NOW).fillna(False))
    cities = now & (x.kind == "counterpart") & (x.level == "city")
    villages = (x.kind == "targeted") & (x.level == "village")
    over = there(x.to_date) & (x.to_date <= NOW).fillna(False)
    return {
        "assistance.city_pairs": count(cities),
        "assistance.county_pairs": count(now & (x.kind == "counterpart") & (x.level == "county")),
        "assistance.town_pairs": count(now & (x.kind == "counterpart") & (x.level == "town")),
        "assistance.village_pairs": count(now & villages),
        "assistance.household_pairs": count(now & (x.level == "household")),
        "assistance.enterprise_pairs": count(now & (x.kind == "enterprise")),
        "assistance.leader_contacts": count(now & (x.kind == "leader_contact")),
        "assistance.supervision_pairs": count(now & (x.kind == "supervision")),
        "assistance.pair_plan_share": share(now & within(x.kind, "counterpart", "targeted"), x.has_plan),
        "assistance.plan_missing": count(now & villages, ~x.has_plan),
        "assistance.ended_before_exit": count(villages & (others == 0), over & ((exits == 0) | (x.to_date < exit_))),
        "assistance.unit_kept_share": share(now & villages, others == 0),
        "assistance.delta_unit_kept_share": share(now & villages & (x.helper_type == "pearl_delta_city"), others == 0),
        "assistance.units_changed": count(now & villages, others > 0),
        "assistance.pair_visits_ok_share": share(cities, visits >= 2),
        "assistance.pair_visits_mean": mean(cities, visits),
        "assistance.pair_sessions_ok_share": share(cities, fewest >= 1),
        "assistance.pair_sessions_least": mean(cities, fewest),
        "assistance.pair_reports_ok_share": share(cities, halves >= 1),
        "assistance.pair_reports_least": mean(cities, halves),
        "assistance.pair_meetings_monthly_share": share(cities, meetings >= 12),
        "assistance.follow_up_share": share(now & villages, again >= 1),
    }


def _visits(t) -> dict[str, float]:
    v = t.now("visits")
    party, watch = v.visitor_level == "party", v.kind == "supervision"
    walks = within(v.kind, "leader_visit", "supervision", "home_visit", "follow_up", "spot_check")
    counts = {
        "assistance.studies": within(v.kind, "study", "topic_session"),
        "assistance.half_year_reports": v.kind == "half_year_report",
        "assistance.meetings": v.kind == "meeting", "assistance.follow_ups": v.kind == "follow_up",
        "assistance.leader_visits": (v.kind == "leader_visit") & v.is_principal, "visits.home_visits": v.kind == "home_visit",
        "visits.spot_checks": v.kind == "spot_check", "visits.supervisions": watch, "visits.party_supervisions": party,
        "visits.annual_reports": v.kind == "annual_report",
    }  # fmt: skip
    return {k: count(rows) for k, rows in counts.items()} | {
        "accuracy.unannounced_share": share(within(v.kind, "supervision", "spot_check"), v.is_unannounced),
        "assessment.supervised_households": total(watch, v.poor_households),
        "assessment.problems_solved": total(watch, v.problems_solved),
        "visits.supervised_villages": total(watch, v.villages),
        "visits.poor_households": total(walks, v.poor_households),
        "visits.problems_solved": total(walks, v.problems_solved),
        "visits.party_villages": total(party, v.villages),
        "visits.party_households": total(party, v.poor_households),
    }


def _issues(t) -> dict[str, float]:
    every, x = t.issues, t.now("issues")

    def states(r: pd.DataFrame) -> tuple[pd.Series, pd.Series, pd.Series]:
        closed = there(r.closed_date) & (r.closed_date <= NOW).fillna(False)
        back = there(r.reopened_date) & (r.reopened_date <= NOW).fillna(False)
        return closed, back, ~closed | back

    closed, back, _ = states(x)
    ever_closed, ever_back, open_ = states(every)
    one, ever = (pd.Series(True, r.index, dtype="boolean") for r in (x, every))
    age = NOW - every.found_date
    same, named = there(x.same_as_issue_id), there(x.responsible_unit) & there(x.task) & there(x.deadline)
    county = gather(x, every, {"issue_id": "same_as_issue_id"}, "first", "county_code")
    topic = gather(
        x, every, {"topic": "topic", "city_code": "city_code"}, "count", beside=lambda p: p.closed_date < p.our_found_date
    )
    cases = {"target_issues": ("issue_class", "target_impact"), "improvement_issues": ("issue_class", "improvement"),
             "long_term_issues": ("issue_class", "long_term"), "from_evaluation": ("source", "assessment"),
             "from_inspection": ("source", "inspection"), "from_audit": ("source", "audit"), "from_congress": ("source",
             "congress"),
             "from_discipline": ("source", "discipline"), "responsibility_causes": ("cause", "responsibility"),
             "measures_causes": ("cause", "measures"), "conduct_causes": ("cause", "conduct"), "funds_causes": ("cause", "funds"),
             "systemic_education": ("topic", "education"), "systemic_housing": ("topic", "housing"),
             "systemic_funds": ("topic", "funds"),
             "violation_occupation": ("violation", "occupation"), "violation_interception": ("violation", "interception"),
             "violation_fraud": ("violation", "fraud"), "violation_waste": ("violation", "waste")}  # fmt: skip
    out = {f"ledger.{k}": count(x[column] == word) for k, (column, word) in cases.items()}
    return out | {
        "ledger.issues": count(one),
        "ledger.issues_so_far": count(ever),
        "ledger.closed_share": share(one, closed & ~back),
        "ledger.closed_so_far_share": share(ever, ever_closed & ~ever_back),
        "ledger.in_time_share": share(closed, x.closed_date <= x.deadline),
        "ledger.closed_late": count(closed, x.closed_date > x.deadline),
        "ledger.due_closed_in_time_share": share(x.deadline <= NOW, closed & (x.closed_date <= x.deadline)),
        "ledger.overdue_open": count(~closed, x.deadline < NOW),
        "ledger.overdue_so_far": count(open_, every.deadline < NOW),
        "ledger.open_so_far": count(ever, open_),
        "ledger.age_median_days": median(states(x)[2], NOW - x.found_date),
        "ledger.age_so_far_median_days": median(open_, age),
        "ledger.age_over_180": count(open_, age > 180),
        "ledger.age_over_365": count(open_, age > 365),
        "ledger.days_to_close_median": median(closed, x.closed_date - x.found_date),
        "ledger.reopened_share": share(closed, back),
        "ledger.reopened_count": count(one, back),
        "ledger.recurrence_count": count(same),
        "ledger.recurred_share": share(one, same),
        "ledger.recurred_elsewhere": count(same, county != x.county_code),
        "ledger.topic_again_share": share(one, topic >= 1),
        "ledger.evidence_share": share(closed, x.has_closure_evidence),
        "ledger.closed_without_evidence": count(closed, ~x.has_closure_evidence),
        "ledger.assigned_share": share(one, named),
        "ledger.responsibility_list_share": share(one, there(x.responsible_unit)),
        "ledger.work_list_share": share(one, there(x.task) & there(x.deadline)),
        "ledger.from_evaluation_assigned_share": share(x.source == "assessment", named),
        "ledger.classed_share": share(one, there(x.issue_class)),
        "ledger.sourced_share": share(one, there(x.source)),
        "ledger.caused_share": share(one, there(x.cause)),
        "ledger.fund_violations": count(there(x.violation)),
        "ledger.fund_violation_amount": total(there(x.violation), x.amount_yuan),
        "ledger.systemic_again": count(within(x.topic, "education", "housing", "funds"), same | back),
        "ledger.outstanding_open": count(open_, every.is_outstanding),
        "ledger.households_concerned": total(open_, every.households),
    }


FITS = {"illness": ("medical_aid", "safety_net", "temporary_relief"), "disability": ("safety_net", "social_help",
"temporary_relief"),
        "education": ("education_aid", "temporary_relief"), "disaster": ("temporary_relief", "safety_net", "industry"),
        "job_loss": ("employment", "training"), "industry_failure": ("industry", "microcredit", "employment", "training"),
        "price": ("industry", "social_help"),
        "pandemic": ("employment", "training", "industry", "temporary_relief", "microcredit")}  # fmt: skip


def _events(t) -> dict[str, float]:
    every, e = t.events, t.now("events")
    one, case, home = pd.Series(True, e.index, dtype="boolean"), {"case_id": "case_id"}, {"household_id": "household_id"}

    def first(kind: str) -> pd.Series:
        return gather(e, every, case, "first", "date", lambda p: p.event == kind)

    def done(kind: str) -> pd.Series:
        return gather(e, every, case, "count", where=lambda p: (p.event == kind) & (p.date <= NOW))

    approved = (e.event == "approved") & (e.process == "exit") & there(e.case_id)
    shown = gather(e, every, case, "count", where=lambda p: p.event == "publicised", beside=lambda p: p.date <= p.our_date)
    checks = gather(
        e,
        every,
        home,
        "count",
        where=lambda p: (p.event == "spot_checked") & (p.date <= NOW),
        beside=lambda p: p.date >= p.our_date,
    )
    clue = gather(e, every, home | {"year": "year"}, "first", "date", lambda p: p.event == "clue", lambda p: p.date <= p.our_date)
    applied, reviewed, posted, case_clue = first("applied"), first("reviewed"), first("publicised"), first("clue")
    ordered = (applied <= reviewed) & (reviewed <= e.date) & (~there(posted) | ((reviewed <= posted) & (posted <= e.date)))
    days, entered, helped = e.date - case_clue, e.event == "monitor_in", e.event == "assisted"
    suited = there(e.measure)
    for cause, measures in FITS.items():
        suited = pick(e.risk_cause == cause, within(e.measure, *measures).astype("Float64"), suited.astype("Float64")).astype(
            "boolean"
        )
    out = {f"monitoring.cause_{c}_share": share(entered, e.risk_cause == c)
           for c in ("illness", "disability", "education", "job_loss", "industry_failure", "price")}  # fmt: skip
    out |= {f"monitoring.measure_{m}": count(helped, e.measure == m)
            for m in ("temporary_relief", "medical_aid", "training", "employment", "industry", "microcredit")}  # fmt: skip
    for k, kind in (("dynamic.return_events", "returned"), ("dynamic.removal_events", "removed"), ("dynamic.spot_checks",
    "spot_checked"),
                    ("dynamic.registered_events", "registered"), ("monitoring.clues", "clue"), ("monitoring.entered",
                    "monitor_in"),
                    ("monitoring.cleared", "risk_cleared")):  # fmt: skip
        out[k] = count(e.event == kind)
    return out | {
        "dynamic.event_evidence_share": share(one, e.has_evidence),
        "dynamic.exit_events": count((e.event == "exited") & (e.subject == "household")),
        "dynamic.village_exit_events": count((e.event == "exited") & (e.subject == "village")),
        "dynamic.exit_publicised_share": share(approved, shown >= 1),
        "dynamic.exit_order_share": share(approved, ordered),
        "dynamic.exit_order_broken": count(approved, ~ordered),
        "dynamic.exit_publicity_days": median(approved & (shown >= 1), e.date - posted),
        "dynamic.exit_checked_share": share((e.event == "exited") & (e.subject == "household"), checks >= 1),
        "dynamic.return_inclusion_days": mean((e.event == "returned") & there(clue), e.date - clue),
        "monitoring.recognition_in_time_share": share(entered, days <= 15),
        "monitoring.recognition_late": count(entered, days > 15),
        "monitoring.recognition_days_median": median(entered, days),
        "monitoring.publicity_days_median": median(entered & (shown >= 1), e.date - posted),
        "monitoring.category_valid_share": share(
            entered, within(e.monitoring_category, "not_yet_exited", "unstable_exited", "marginal_at_risk")),
        "monitoring.assisted_case_share": share(entered, done("assisted") >= 1),
        "monitoring.cleared_case_share": share(entered, done("risk_cleared") >= 1),
        "monitoring.assisted_with_measure_share": share(helped, there(e.measure)),
        "monitoring.measure_fits_share": share(helped, suited),
        "monitoring.relief_days_median": median(
            helped & (e.risk_cause == "illness") & within(e.measure, "temporary_relief", "medical_aid"), days),
    }  # fmt: skip
