"""Interviews, worked out again: design-weighted shares and means of what is known."""

import pandas as pd
from arithmetic import gather, mean, share, there, within

LINE, PLANNED = 9064.53, 8699.0
QUESTIONS = ("overall", "identification", "exit", "team", "measures", "income", "housing", "education", "health", "water", "road",
             "environment", "cadres", "gain")  # fmt: skip


def values(t) -> dict[str, float]:
    return _survey(t) | _satisfaction(t)


def _survey(t) -> dict[str, float]:
    s = t.now("survey")
    s = s[(s.design == "main") & s.is_responded].reset_index(drop=True)
    one = pd.Series(True, s.index, dtype="boolean")
    house, persons = s.weight, s.weight * s.persons

    def registry(column: str, how: str = "first") -> pd.Series:
        return gather(s, t.households, {"household_id": "household_id", "year": "year"}, how, column)

    listed, exited, labour = (
        within(s.registry_status, "poor", "exited"),
        s.registry_status == "exited",
        s.labour_capacity == "full",
    )
    income, noted = s.surveyed_income_per_capita_yuan, registry("disposable_income_per_capita_yuan")
    out: dict[str, float] = {}
    for k, population in (("", one), ("registered_labour_", s.group == "registered_labour"),
                          ("registered_no_labour_", s.group == "registered_no_labour"), ("alone_",
                          ~s.is_accompanied)):  # fmt: skip
        out[f"survey.approval_{k}share"] = share(population, s.approves, house)
        out[f"survey.satisfaction_{k}share"] = share(population, s.is_satisfied, house)
    six = ("food", "clothing", "education", "healthcare", "housing", "drinking_water")
    out |= {f"survey.{g}_share": share(exited, s[f"{g}_ok"], persons) for g in six}
    all_six = s.food_ok & s.clothing_ok & s.education_ok & s.healthcare_ok & s.housing_ok & s.drinking_water_ok
    return out | {
        "survey.approval_registered_share": share(listed, s.approves, house),
        "survey.approval_others_share": share(s.registry_status == "never", s.approves, house),
        "survey.approval_accompanied_share": share(s.is_accompanied, s.approves, house),
        "survey.satisfaction_non_registered_share": share(s.group == "non_registered", s.is_satisfied, house),
        "survey.accompanied_share": share(one, s.is_accompanied, house),
        "survey.six_guarantees_share": share(exited, all_six, persons),
        "survey.labour_income_mean": mean(exited & labour, income, persons),
        "survey.safety_net_share": share(
            listed & within(s.labour_capacity, "partial", "none") & s.is_safety_net_eligible, s.is_dibao | s.is_tekun, persons),
        "survey.income_higher_share": share(listed & (income > 0), noted > income * 1.1, house),
        "survey.income_lower_share": share(listed & (income > 0), noted < income * 0.9, house),
        "survey.labour_agrees_share": share(listed, registry("labour_capacity") == s.labour_capacity, house),
        "survey.persons_agrees_share": share(listed, registry("persons") == s.persons, house),
        "survey.housing_agrees_share": share(listed, registry("housing_ok", "any") == s.housing_ok, house),
        "survey.dibao_agrees_share": share(listed, registry("is_dibao", "any") == s.is_dibao, house),
        "survey.just_passed_share": share(exited & labour & (income >= LINE), income <= LINE * 1.05, house),
        "survey.line_choice_share": share(exited & labour, (income >= PLANNED) & (income < LINE), house),
    }  # fmt: skip


def _satisfaction(t) -> dict[str, float]:
    s = t.now("satisfaction")
    asked, overall = there(s.answer), s.question == "overall"
    silent = (s.answer == "no_answer").fillna(False)
    content = within(s.answer, "very_satisfied", "satisfied").mask(silent)
    out = {f"satisfaction.{q}_share": share(asked & (s.question == q), content, s.weight) for q in QUESTIONS}
    groups = {"accompanied": s.is_accompanied, "alone": ~s.is_accompanied} | {
        g: s.group == g for g in ("registered_labour", "registered_no_labour", "non_registered")}  # fmt: skip
    out |= {f"satisfaction.overall_{k}_share": share(asked & overall & g, content, s.weight) for k, g in groups.items()}
    return out | {
        "satisfaction.very_satisfied_share": share(asked & overall, (s.answer == "very_satisfied").mask(silent), s.weight),
        "satisfaction.no_answer_share": share(asked & overall, s.answer == "no_answer", s.weight),
    }
