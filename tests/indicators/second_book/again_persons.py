"""Members of registered households, worked out again from the clauses."""

import pandas as pd
from arithmetic import YEAR, count, div, mean, pick, ratio, share, there, total, within

STAGES = {"primary": "primary", "junior": "junior_secondary", "senior": "senior_secondary", "vocational": "vocational",
          "college": "college", "university": "university"}  # fmt: skip
"""粤发〔2016〕13号 art. 8 up to college, the report of 2020 up to university (in force on 30 November 2020)."""


def values(t) -> dict[str, float]:
    p = t.now("persons")
    one = pd.Series(True, p.index, dtype="boolean")
    age = YEAR - p.birth_year
    school, grown = (age >= 6) & (age <= 15), age > 15
    labourer = (p.labour_capacity == "full") & grown & ~p.is_student
    stable = p.is_employed & (p.employment_months >= 6)
    at_work = labourer & stable
    trained = labourer & p.is_trained
    pupil = school & ~p.is_school_exempt
    left = p.medical_compliant_yuan - p.medical_basic_paid_yuan - p.medical_serious_paid_yuan
    own = p.medical_cost_yuan - p.medical_basic_paid_yuan - p.medical_serious_paid_yuan - p.medical_aid_paid_yuan
    ill = p.medical_cost_yuan > 0
    aided, entitled = p.education_aid_yuan > 0, within(p.school_stage, *STAGES.values())
    severe, benefit = p.disability_severity == "severe", p.disability_benefit_yuan
    channels = {"channel_matching_share": "matching", "channel_training_share": "training", "channel_workshop_share": "workshop",
                "public_post_share": "public_post", "channel_cooperation_share": "labour_cooperation"}  # fmt: skip
    out = {f"employment.{k}": share(at_work, p.employment_channel == v) for k, v in channels.items()}
    out |= {f"education.aided_{k}_share": share(p.is_student & (p.school_stage == v), aided) for k, v in STAGES.items()}
    paid = {"compliant_share": p.medical_compliant_yuan, "basic_paid_ratio": p.medical_basic_paid_yuan,
            "serious_paid_ratio": p.medical_serious_paid_yuan, "aid_paid_ratio": p.medical_aid_paid_yuan,
            "own_cost_ratio": own}  # fmt: skip
    out |= {f"health.{k}": ratio(ill, x, p.medical_cost_yuan) for k, x in paid.items()}
    return out | {
        "employment.stable_share": share(labourer, stable),
        "employment.stable_persons": count(labourer, stable),
        "employment.employed_share": share(labourer, p.is_employed),
        "employment.local_share": share(at_work, p.employment_place == "local"),
        "employment.local_persons": count(at_work, p.employment_place == "local"),
        "employment.out_of_province_share": share(at_work, p.employment_place == "out_of_province"),
        "employment.public_post_persons": count(p.is_employed, p.employment_channel == "public_post"),
        "employment.workshop_persons": count(p.is_employed, p.employment_channel == "workshop"),
        "employment.trained_share": share(labourer, p.is_trained),
        "employment.certified_share": share(trained, p.is_skill_certified),
        "employment.trained_placed_share": share(trained, p.is_employed),
        "employment.trained_retained_share": share(trained & p.is_employed, p.employment_months >= 6),
        "employment.placed_share": share(labourer & p.is_skill_certified, p.is_employed),
        "employment.skilled_share": share(labourer, p.is_skill_certified),
        "employment.graduates_employed_share": share(labourer & within(p.education_level, "college", "university"),
        p.is_employed),
        "education.dropout_share": share(pupil, p.is_dropout),
        "education.dropout_persons": count(pupil, p.is_dropout),
        "education.out_of_school_share": share(pupil, ~p.is_student),
        "education.aided_share": share(p.is_student & entitled, aided),
        "education.aided_students": count(p.is_student, aided),
        "education.aid_total": total(p.is_student, p.education_aid_yuan),
        "education.aid_mean": mean(p.is_student & aided, p.education_aid_yuan),
        "education.tuition_free_share": share(p.is_student & within(p.school_stage, "senior_secondary", "vocational"), aided),
        "education.preschool_share": share((age >= 3) & (age < 6), p.is_student & (p.school_stage == "preschool")),
        "social.pension_share": share(grown & ~p.is_student, p.has_pension),
        "social.medical_share": share(one, p.has_medical_insurance),
        "social.serious_illness_share": share(one, p.has_serious_illness_insurance),
        "social.dibao_persons": count(one, p.is_dibao),
        "social.disabled_benefit_share": share(p.is_disabled, benefit > 0),
        "social.disabled_benefit_full_share": share(
            p.is_disabled & (benefit > 0), pick(severe, benefit - 2820, benefit) >= 2100),
        "social.severe_benefit_ok_share": share(p.is_disabled & severe, benefit >= 2820),
        "social.disability_severity_known_share": share(p.is_disabled, there(p.disability_severity)),
        "social.left_behind_register_share": share(one, there(p.is_left_behind)),
        "social.left_behind_persons": count(one, p.is_left_behind),
        "health.insured_share": share(one, p.has_medical_insurance & p.has_serious_illness_insurance),
        "health.premium_share": share(p.has_medical_insurance, p.is_premium_subsidised),
        "health.aid_ok_share": share(left > 0, div(p.medical_aid_paid_yuan, left) >= 0.8),
        "health.aid_ratio": ratio(left > 0, p.medical_aid_paid_yuan, left),
        "health.cost_total": total(ill, p.medical_cost_yuan),
        "health.own_cost_mean": mean(ill, own),
        "health.serious_relief_share": share((p.medical_serious_paid_yuan > 0) & (left > 0), p.medical_aid_paid_yuan > 0),
        "health.chronic_share": share(one, p.has_chronic_illness),
    }  # fmt: skip
