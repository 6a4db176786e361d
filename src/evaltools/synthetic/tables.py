"""The canonical tables of one city, as Arrow tables, from the generator's arrays."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from evaltools.synthetic import extras, people, welfare
from evaltools.synthetic.city import City
from evaltools.synthetic.columns import Labels, boolean, day, number, text, whole
from evaltools.synthetic.config import YEARS, calibration, line, stream
from evaltools.synthetic.hazard import SHOCKS
from evaltools.synthetic.panel import (
    CHANGE_IN,
    CHANGE_OUT,
    EXITED,
    INDUSTRIES,
    NEVER_REGISTERED,
    STATUS,
)
from evaltools.synthetic.survey import DESIGNS, GROUPS, GUARANTEES

MINORITY_COUNTIES = {"440232": 0.25, "441825": 0.55, "441826": 0.55, "441224": 0.06}
"""Share of minority heads in the three autonomous counties and 怀集 (invented); 0.3 % elsewhere."""


def households(city: City, seed: int) -> pa.Table:
    """Registered households (every year they have a row) and listed neighbours (all five years)."""
    reg_rows = np.nonzero(city.panel.alive)
    near_rows = (np.repeat(np.arange(len(city.near)), 5), np.tile(np.arange(5), len(city.near)))
    h = np.concatenate([reg_rows[0], near_rows[0] + len(city.registry)])
    t = np.concatenate([reg_rows[1], near_rows[1]])
    n_reg = len(reg_rows[0])
    is_reg = np.arange(len(h)) < n_reg
    ids = city.household_ids
    more = extras.household_columns(city, seed, reg_rows[0], reg_rows[1], near_rows)
    return pa.table(_place(city, h, t, is_reg, ids) | _state(city, reg_rows, near_rows, seed) | more)


def _place(city: City, h: np.ndarray, t: np.ndarray, is_reg: np.ndarray, ids: Labels) -> dict[str, pa.Array]:
    frame = city.frame
    village = np.concatenate([city.registry.village, city.near.village])[h]
    return {
        "household_id": text(h, ids),
        "year": whole(np.array(YEARS)[t], kind=pa.int16()),
        "village_code": text(village, frame.code),
        "town_code": text(frame.town[village], frame.town_codes),
        "county_code": text(frame.county[village], frame.county_codes),
        "city_code": text(np.zeros(len(h), int), [frame.city_code]),
        "is_in_poor_village": boolean(frame.is_poor[village]),
    }


def _both(reg: np.ndarray, near: np.ndarray | float | bool, rows, near_rows) -> np.ndarray:
    """A matrix of the registry and one of the neighbours, as one column of rows."""
    tail = near[near_rows] if isinstance(near, np.ndarray) else np.full(len(near_rows[0]), near)
    return np.concatenate([reg[rows], tail])


def _state(city: City, rows, near_rows, seed: int) -> dict[str, pa.Array]:
    panel, near, reg = city.panel, city.near, city.registry
    k, m = len(rows[0]), len(near_rows[0])
    outside = np.concatenate([np.zeros(k, bool), np.ones(m, bool)])

    def both(a: np.ndarray, b: np.ndarray | float | bool) -> np.ndarray:
        return _both(a, b, rows, near_rows)

    year = np.array(YEARS)[np.concatenate([rows[1], near_rows[1]])]
    status = both(panel.status, NEVER_REGISTERED)
    exit_year, returned = both(panel.exit_year, 0), both(panel.returned_year, 0)
    persons = both(panel.persons, near.counts["persons"])
    money = {name: both(panel.money[name], near.money[name]) for name in panel.money}
    net = money["wage"] + money["business"] + money["property"] + money["transfer"] - money["paid"]
    gap = stream(seed, city.frame.city_code, "registry gaps").random((k + m, 5))
    exited = status == EXITED
    out = {
        "registry_status": text(status, STATUS),
        "registered_year": whole(both(np.repeat(reg.reg_year[:, None], 5, 1), 0), outside, pa.int16()),
        "exit_year": whole(exit_year, exit_year == 0, pa.int16()),
        "returned_year": whole(returned, returned == 0, pa.int16()),
        "persons": whole(persons, kind=pa.int16()),
    }
    names = {
        "wage": "wage_income_yuan",
        "business": "business_income_yuan",
        "property": "property_income_yuan",
        "transfer": "transfer_income_yuan",
        "paid": "transfer_paid_yuan",
    }
    out |= {names[key]: whole(money[key]) for key in names}
    out["disposable_income_per_capita_yuan"] = number(net / persons, 2)
    housing = both(panel.housing, near.housing)
    out |= {
        "labour_capacity": text(
            np.where(~outside & (gap[:, 0] < 0.002), -1, both(panel.labour, near.labour)), people.LABOUR
        ),
        "is_safety_net_eligible": boolean(both(panel.eligible, near.dibao)),
        "is_dibao": boolean(both(panel.dibao, near.dibao)),
        "is_tekun": boolean(both(panel.tekun, False)),
        "food_ok": boolean(np.ones(k + m, bool)),
        "clothing_ok": boolean(np.ones(k + m, bool)),
        "education_ok": boolean(~_dropouts(city, rows, near_rows), ~outside & (gap[:, 1] < 0.0015)),
        "healthcare_ok": boolean(np.ones(k + m, bool), ~outside & (gap[:, 2] < 0.0015)),
        "housing_ok": boolean((housing < 2) | exited, ~outside & (gap[:, 3] < 0.0015)),
        "drinking_water_ok": boolean(both(panel.water, near.water), ~outside & (gap[:, 4] < 0.0015)),
    }
    return (
        out
        | _people_columns(city, rows, near_rows, year, seed)
        | {
            "housing_grade": text(housing, "ABCD"),
            "loan_yuan": whole(both(panel.loan, near.loan)),
            "support_received_yuan": whole(both(panel.support, 0.0)),
            "main_industry": text(both(panel.industry, near.industry), INDUSTRIES),
            "shock": text(both(panel.shock, near.shock), SHOCKS),
            "change_in": text(both(panel.change_in, 0), CHANGE_IN),
            "change_out": text(both(panel.change_out, 0), CHANGE_OUT),
            "persons_start": whole(both(panel.persons_start, near.counts["persons"]), kind=pa.int16()),
            "persons_joined": whole(both(panel.joined, 0), kind=pa.int16()),
            "persons_left": whole(both(panel.left, 0), kind=pa.int16()),
        }
    )


def _dropouts(city: City, rows, near_rows) -> np.ndarray:
    """Rows with a child out of compulsory school (registered households that have not exited)."""
    flags = np.zeros(city.panel.alive.shape, dtype=bool)
    p = city.registry.persons
    for t in range(5):
        flags[p.household[welfare.dropout(city.registry.persons, city.panel, t)], t] = True
    return _both(flags, False, rows, near_rows)


def _people_columns(city: City, rows, near_rows, year: np.ndarray, seed: int) -> dict[str, pa.Array]:
    """Head and composition."""
    reg, near = city.registry, city.near
    parts = []
    for persons, n in ((reg.persons, len(reg)), (near.persons, len(near))):
        head = np.searchsorted(persons.household, np.arange(n))
        parts.append((persons.birth_year[head], persons.sex[head], people.EDUCATION_YEARS[persons.education[head]]))
    h = np.concatenate([rows[0], near_rows[0] + len(reg)])
    birth, sex, schooling = (np.concatenate([a, b])[h] for a, b in zip(*parts, strict=True))
    county = city.frame.county[np.concatenate([reg.village, near.village])]
    share = np.array([MINORITY_COUNTIES.get(c, 0.003) for c in city.frame.county_codes])[county]
    minority = stream(seed, city.frame.city_code, "minority").random(len(share)) < share

    def count(name: str) -> pa.Array:
        return whole(_both(city.panel.counts[name], near.counts[name], rows, near_rows), kind=pa.int16())

    return {
        "head_age": whole(year - birth, kind=pa.int16()),
        "head_sex": text(sex, ("male", "female")),
        "head_education_years": whole(schooling, kind=pa.int16()),
        "is_ethnic_minority": boolean(minority[h]),
        "children": count("children"),
        "elderly": count("elderly"),
        "labourers": count("labourers"),
        "ill_members": count("ill"),
        "disabled_members": count("disabled"),
        "students": count("students"),
    }


def persons(city: City) -> pa.Table:
    """Members of registered households, one row per person and year end."""
    p, reg, frame = city.registry.persons, city.registry, city.frame
    ids = Labels([f"P{frame.city_code[:4]}{i + 1:08d}" for i in range(len(p))])
    at_home = welfare.present(p, city.panel)
    i, t = np.nonzero(at_home)
    labour = np.stack([people.labour_class(p, y) for y in YEARS], axis=1)
    out_of_school = np.stack([welfare.dropout(p, city.panel, k) for k in range(5)], axis=1)
    stage = np.where(out_of_school, 0, np.stack([people.school_stage(p, y) for y in YEARS], axis=1))[i, t]
    works = np.stack([people.employed(p, y, labour[:, k]) for k, y in enumerate(YEARS)], axis=1)[i, t]
    columns = {
        "person_id": text(i, ids),
        "household_id": text(p.household[i], city.household_ids),
        "year": whole(np.array(YEARS)[t], kind=pa.int16()),
        "city_code": text(np.zeros(len(i), int), [frame.city_code]),
        "village_code": text(reg.village[p.household[i]], frame.code),
        "sex": text(p.sex[i], ("male", "female")),
        "birth_year": whole(p.birth_year[i], kind=pa.int16()),
        "relation": text(p.relation[i], people.RELATIONS),
        "education_level": text(p.education[i], people.EDUCATION),
        "is_student": boolean(stage > 0),
        "school_stage": text(stage, people.SCHOOL),
        "is_dropout": boolean(out_of_school[i, t]),
        "is_disabled": boolean(p.disabled[i]),
        "has_chronic_illness": boolean(p.ill_from[i] <= np.array(YEARS)[t]),
        "labour_capacity": text(labour[i, t], people.LABOUR),
        "is_employed": boolean(works),
    }
    return pa.table(columns | extras.person_columns(city, i, t, stage, works, out_of_school[i, t]))


def survey(city: City, field: dict[str, np.ndarray], design: str, year: int) -> pa.Table:
    """One design and year of the field survey."""
    frame = city.frame
    n = len(field["index"])
    household = field["index"] + np.where(field["group"] == 1, len(city.registry), 0)
    letter = {DESIGNS[0]: "M", DESIGNS[1]: "P"}[design]
    head = f"S{letter}{year % 100}{frame.city_code[:4]}"
    county = frame.county[field["village"]]
    unknown_id = np.isnan(field["identification_income"]) | (field["identification_year"] == 0)
    columns = {
        "interview_id": pa.array([f"{head}{i + 1:06d}" for i in range(n)]),
        "design": text(np.zeros(n, int), [design]),
        "year": whole(np.full(n, year), kind=pa.int16()),
        "city_code": text(np.zeros(n, int), [frame.city_code]),
        "county_code": text(county, frame.county_codes),
        "stratum": text(county, frame.county_codes),
        "village_code": text(field["village"], frame.code),
        "household_id": text(household, city.household_ids),
        "group": text(field["group"], GROUPS),
        "weight": number(field["weight"]),
        "persons": whole(field["persons"], kind=pa.int16()),
        "is_responded": boolean(field["is_responded"]),
        "registry_status": text(field["registry_status"], STATUS),
        "labour_capacity": text(field["labour"], people.LABOUR),
        "is_safety_net_eligible": boolean(field["eligible"]),
        "is_dibao": boolean(field["dibao"]),
        "is_tekun": boolean(field["tekun"]),
        "surveyed_income_per_capita_yuan": whole(np.nan_to_num(field["income"]), np.isnan(field["income"])),
    }
    columns |= {name: boolean(field[name]) for name in GUARANTEES}
    columns |= {
        "identification_year": whole(field["identification_year"], unknown_id, pa.int16()),
        "identification_income_per_capita_yuan": whole(np.nan_to_num(field["identification_income"]), unknown_id),
        "approves": boolean(field["approves"]),
        "is_satisfied": boolean(field["satisfied"]),
        "is_accompanied": boolean(field["accompanied"]),
        "interviewer_id": text(field["interviewer"], [f"D{frame.city_code[:4]}{i + 1:02d}" for i in range(24)]),
        "interview_date": day(np.full(n, year), field["day"], field["day"] == 0),
    }
    return pa.table(columns)


def true_income(city: City) -> np.ndarray:
    """(households, 5) true income per head of registered households, yuan."""
    return np.round(city.panel.true_ratio * np.array([line(y) for y in YEARS]), 0)


def price_index() -> pa.Table:
    """The demo's price index (invented; its source says so)."""
    index = calibration()["lines"]["price_index"]
    years = np.array(list(index))
    return pa.table(
        {
            "year": whole(years, kind=pa.int16()),
            "index": number(np.array(list(index.values()))),
            "base_year": whole(np.full(len(years), 2014), kind=pa.int16()),
            "source": pa.array(["合成指数，非官方数据 (synthetic, not an official series)"] * len(years)),
        }
    )
