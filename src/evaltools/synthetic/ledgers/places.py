"""Natural villages, schools, hospitals, and what is known of counties as a whole."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from evaltools.synthetic import people, welfare
from evaltools.synthetic.columns import boolean, number, text, whole
from evaltools.synthetic.config import YEARS, calibration
from evaltools.synthetic.ledgers.context import CHECKED, Context, years
from evaltools.synthetic.panel import EXITED
from evaltools.synthetic.registry import REMOVED
from evaltools.synthetic.villages import weak_organisations

STAGES = ("preschool", "primary", "junior_secondary", "senior_secondary", "vocational")
LEVELS = ("county", "town", "village")
GUANGZHOU = "440100"
NV_YEARS = (2018, 2020)
"""Years with rows for natural villages."""
NV_2020 = {
    "has_centralized_water": 0.98, "has_tap_water": 0.93, "is_water_quality_ok": 0.97, "has_fibre": 0.954,
    "has_4g": 0.973,
    "has_cleaner": 0.999, "has_waste_collection": 0.999, "has_sewage_treatment": 0.62, "is_tidy": 0.95,
    "has_harmless_toilets": 0.985,
}  # fmt: skip
"""Shares of 2020: water, fibre, 4G, cleaners and waste as reported (S0), others invented; 2018 is 12 points lower."""
DIBAO = {2016: 4560, 2017: 5160, 2018: 5640, 2019: 6120, 2020: 6384}
"""Rural subsistence allowance, yuan a person and year: 2020 as reported (S0), earlier years invented."""


def natural_villages(ctx: Context) -> pa.Table:
    """Natural villages of all villages, 2018 and 2020."""
    nat = ctx.city.natural
    rng = ctx.rng("natural villages")
    n = len(nat.village)
    i, t = np.tile(np.arange(n), len(NV_YEARS)), np.repeat([YEARS.index(y) for y in NV_YEARS], n)
    order = np.lexsort((t, i))
    i, t = i[order], t[order]
    year = np.array(YEARS)[t]
    guided = np.array([h == GUANGZHOU for h in ctx.city.frame.helper_city])
    columns = {
        "nv_id": ctx.number("N", i), "year": years(t),
        "name": text(i % 20, [f"示范{'甲乙丙丁戊己庚辛壬癸'[k % 10]}{'上下'[k // 10]}自然村" for k in range(20)]),
    } | ctx.place(nat.village[i]) | {
        "persons": whole(nat.persons[i]), "households": whole(nat.households[i]),
        "is_paved": boolean(nat.paved_from[i] <= year),
    }  # fmt: skip
    for name, share in NV_2020.items():
        u = rng.random(n)
        there = u[i] < np.where(year == 2020, share, share - 0.12)
        if name == "is_tidy":  # due by 2020 in the poor villages 广州 helps (穗办〔2018〕31号)
            there |= guided[nat.village[i]] & (year == 2020)
        columns[name] = boolean(there)
    return pa.table(columns)


def schools(ctx: Context) -> pa.Table:
    """One row per county, stage and year: all schools of the stage taken together, with the registry's own students."""
    city, frame = ctx.city, ctx.city.frame
    rng = ctx.rng("schools")
    p, k, s = city.registry.persons, len(frame.county_codes), len(STAGES)
    county_of = frame.county[city.registry.village[p.household]]
    poor, aided, left = (np.zeros((k, s, 5), dtype=np.int64) for _ in range(3))
    at_home = welfare.present(p, city.panel)
    for t, year in enumerate(YEARS):
        stage = people.school_stage(p, year).astype(np.int64)
        in_school = at_home[:, t] & (stage >= 1) & (stage <= s)
        cell = county_of * s + stage - 1
        poor[:, :, t] = np.bincount(cell[in_school], minlength=k * s).reshape(k, s)
        paid = in_school & (city.welfare.student_aid[:, t] > 0)
        aided[:, :, t] = np.bincount(cell[paid], minlength=k * s).reshape(k, s)
        left[:, :, t] = np.bincount(cell[at_home[:, t] & welfare.dropout(p, city.panel, t)], minlength=k * s).reshape(k, s)
    c, g, t = (a.ravel() for a in np.meshgrid(np.arange(k), np.arange(s), np.arange(5), indexing="ij"))
    students = poor[c, g, t] * 6 + 40 + rng.integers(0, 200, k * s)[c * s + g]
    ledger = np.ones((k, s), bool)
    weak, upgraded = rng.random((k, s)) < 0.25, rng.integers(2016, 2020, (k, s))
    where = np.argwhere(poor[:, :, 4] >= 4)
    short = ctx.choose("schools.student_not_aided", np.arange(len(where)), rng)
    for i in short:
        a, b = where[i]
        aided[a, b, 4] -= 2
        ctx.plant("schools.student_not_aided", table="schools", school_id=ctx.one("X", int(a * s + b)), year=2020, students=2)
    for i in ctx.choose("schools.no_ledger", np.arange(k * s), rng):
        ledger.flat[i] = False
        ctx.plant("schools.no_ledger", table="schools", school_id=ctx.one("X", int(i)))
    for i in ctx.choose("schools.weak_not_upgraded", np.arange(k * s), rng):
        weak.flat[i], upgraded.flat[i] = True, 9999
        ctx.plant("schools.weak_not_upgraded", table="schools", school_id=ctx.one("X", int(i)))
    year = np.array(YEARS)[t]
    paid = aided[c, g, t] * np.array([1000, 3000, 3000, 5000, 5000])[g]
    return pa.table({
        "school_id": ctx.number("X", c * s + g), "year": years(t),
        "name": text(g, [f"示范{label}（本县合计）" for label in ("幼儿园", "小学", "初中", "高中", "中职")]),
        "stage": text(g, STAGES), "county_code": text(c, frame.county_codes),
        "is_weak": boolean(weak[c, g]),
        "is_upgraded": boolean(np.where(weak[c, g], year >= upgraded[c, g], -1).astype(np.int8)),
        "students": whole(students), "poor_students": whole(poor[c, g, t]), "aided_students": whole(aided[c, g, t]),
        "dropouts": whole(left[c, g, t]), "aid_yuan": whole(paid),
        "has_aid_ledger": boolean(ledger[c, g]), "teachers": whole(np.ceil(students / 16)),
        "teacher_allowance_paid": boolean(np.ones(len(c), bool)),
    } | ctx.codes(len(c)))  # fmt: skip


def hospitals(ctx: Context, has_clinic: np.ndarray) -> pa.Table:
    """County hospitals, town hospitals and the clinics of poor villages, 2018 and 2020.

    has_clinic: (villages, 5) as in the table of villages.
    """
    frame = ctx.city.frame
    rng = ctx.rng("hospitals")
    k, towns, poor = len(frame.county_codes), len(frame.town_codes), np.flatnonzero(frame.is_poor)
    level = np.concatenate([np.zeros(k), np.ones(towns), np.full(len(poor), 2)]).astype(np.int64)
    county = np.concatenate([np.arange(k), frame.town_county, frame.county[poor]])
    village = np.concatenate([np.full(k + towns, -1), poor])
    n = len(level)
    i, t = np.repeat(np.arange(n), 2), np.tile([2, 4], n)
    standard = np.ones((n, 5), bool)
    standard[k + towns :] = has_clinic[poor]
    standard[k : k + towns, 2] = rng.random(towns) < 0.93
    settles = np.where(level == 2, rng.random(n) < 0.97, True)
    for h in ctx.choose("hospitals.no_settlement", np.arange(k), rng):
        settles[h] = False
        ctx.plant("hospitals.no_settlement", table="hospitals", hospital_id=ctx.one("Y", int(h)))
    size = np.array([420, 38, 0])[level]
    return pa.table({
        "hospital_id": ctx.number("Y", i), "year": years(t),
        "name": text(level[i], ["示范县级医院", "示范乡镇卫生院", "示范村卫生站"]), "level": text(level[i], LEVELS),
        "county_code": text(county[i], frame.county_codes), "village_code": text(village[i], frame.code),
        "is_standardised": boolean(standard[i, t]), "has_one_stop_settlement": boolean(settles[i]),
        "doctors": whole((size * 0.4 + 1)[i]), "beds": whole(size[i]), "is_open": boolean(np.ones(len(i), bool)),
    } | ctx.codes(len(i)))  # fmt: skip


def counties(ctx: Context, formed: np.ndarray) -> pa.Table:
    """Standards, budgets, work systems and burden by county and year.

    formed: (counties, 5) fiscal value of the assets there are at the end of the year.
    """
    _city, frame = ctx.city, ctx.city.frame
    rng = ctx.rng("counties")
    k = len(frame.county_codes)
    c, t = np.repeat(np.arange(k), 5), np.tile(np.arange(5), k)
    year = np.array(YEARS)[t]
    dibao = np.array([DIBAO[y] for y in YEARS])[t] + rng.integers(0, 6, k)[c] * 60
    living = np.array([welfare.LIVING_BENEFIT[y] for y in YEARS])[t]
    nursing = np.array([welfare.NURSING_BENEFIT[y] for y in YEARS])[t]
    visits, bulletins = np.ones((k, 5), bool), np.full((k, 5), 4)
    now = np.flatnonzero(year == 2020)
    for kind, column, value in (
        ("counties.dibao_standard_low", dibao, 6120), ("counties.disability_benefit_low", living, 1980),
    ):  # fmt: skip
        for i in ctx.choose(kind, now, rng):
            column[i] = value
            ctx.plant(kind, table="counties", county_code=frame.county_codes[int(c[i])], year=2020)
    for kind, matrix, value in (
        ("counties.no_home_visits", visits, False),
        ("counties.too_few_bulletins", bulletins, 2),
    ):
        for j in ctx.choose(kind, np.arange(k), rng):
            matrix[j, 4] = value
            ctx.plant(kind, table="counties", county_code=frame.county_codes[int(j)], year=2020)
    forming, key = _forming_funds(ctx, formed), _key_counties(ctx)
    base = _persons_by_county(ctx)
    due = np.round(base[c] * 2000 / 3)
    weak, rectified_in, _ = weak_organisations(frame, ctx.seed)
    rectified = weak[:, None] & (np.array(YEARS) >= rectified_in[:, None])
    listed = np.bincount(frame.county[weak], minlength=k)
    in_order = np.stack([np.bincount(frame.county[rectified[:, j]], minlength=k) for j in range(len(YEARS))], axis=1)
    yes = boolean(np.ones(len(c), bool))
    plan = calibration()["published"]["exit_plan_persons"]
    whole_plan = sum(plan.values())
    goal = np.array([plan.get(y, 0) for y in YEARS])[t] / whole_plan * base[c]
    exited = _exited_households(ctx)
    return pa.table({
        "county_code": text(c, frame.county_codes), "year": years(t),
        "exit_plan_persons": whole(np.round(goal), year > 2018),
        "is_pilot": boolean((rng.random(k) < 0.1)[c]), "dibao_standard_yuan": whole(dibao),
        "disability_living_benefit_yuan": whole(living), "disability_nursing_benefit_yuan": whole(nursing),
        "teacher_pay_ratio": number(1.0 + rng.uniform(0, 0.08, len(c)), 3),
        "infant_mortality_ratio": number(rng.uniform(0.85, 1.10, len(c)), 3),
        "local_budget_due_yuan": whole(due, kind=pa.int64()),
        "local_budget_paid_yuan": whole(np.round(due * rng.uniform(0.97, 1.03, len(c))), kind=pa.int64()),
        "pooled_funds_yuan": whole(np.round(due * rng.uniform(2.0, 3.0, len(c))), kind=pa.int64()),
        "poolable_funds_yuan": whole(np.round(due * rng.uniform(3.0, 4.0, len(c))), kind=pa.int64()),
        "living_environment_yuan": whole(_model_village_funds(ctx)[c] / 5, kind=pa.int64()),
        "asset_forming_funds_yuan": whole(forming[c, t], kind=pa.int64()),
        "is_key_county": boolean(np.where(year >= 2020, key[c], -1).astype(np.int8)),
        "has_asset_company": boolean((rng.random(k) < 0.3)[c] & (year >= 2019)),
        "has_home_visit_system": boolean(visits[c, t]), "has_study_system": yes, "has_session_system": yes,
        "has_report_system": yes, "has_assessment_system": yes, "quarterly_bulletins": whole(bulletins[c, t]),
        "forms_per_village": whole(rng.integers(6, 28, len(c))), "policy_documents": whole(rng.integers(3, 15, len(c))),
        "weak_organisations": whole(listed[c]), "weak_organisations_rectified": whole(in_order[c, t]),
        "secretaries_replaced": whole(rng.integers(0, 3, len(c))), "returnees": whole(rng.integers(0, 12, len(c))),
        "exited_checked_households": whole(np.ceil(exited[c, t] * CHECKED)),
    } | ctx.codes(len(c)))  # fmt: skip


def _forming_funds(ctx: Context, formed: np.ndarray) -> np.ndarray:
    """(counties, 5) money that should have become assets: what has, and where planted a quarter more."""
    out, names = formed.copy(), ctx.city.frame.county_codes
    for c in ctx.choose("counties.assets_not_formed", np.flatnonzero(formed[:, -1] > 0), ctx.rng("forming funds")):
        out[c, -1] = formed[c, -1] * 5 // 4
        ctx.plant("counties.assets_not_formed", table="counties", county_code=names[int(c)], year=2020)
    return out


def _key_counties(ctx: Context) -> np.ndarray:
    """(counties,) whether it is a key county after 2020: one in eight (invented)."""
    return (ctx.rng("key counties").random(len(ctx.city.frame.county_codes)) < 0.125).astype(np.int8)


def _persons_by_county(ctx: Context) -> np.ndarray:
    """(counties,) persons registered in 2016 and kept."""
    city = ctx.city
    kept = city.registry.fate != REMOVED
    county = city.frame.county[city.registry.village]
    first = np.where(kept, city.panel.persons_start[np.arange(len(kept)), city.registry.reg_year - 2016], 0)
    return np.bincount(county, weights=first, minlength=len(city.frame.county_codes))


def _exited_households(ctx: Context) -> np.ndarray:
    """(counties, 5) households that stand as exited at year end."""
    city = ctx.city
    county = city.frame.county[city.registry.village]
    out = city.panel.alive & (city.panel.status == EXITED)
    return np.stack([np.bincount(county[out[:, t]], minlength=len(city.frame.county_codes)) for t in range(5)], axis=1)


def _model_village_funds(ctx: Context) -> np.ndarray:
    """(counties,) money for model villages: 1,500万 a poor village in all (S0)."""
    frame = ctx.city.frame
    return np.bincount(frame.county, weights=frame.is_poor * 15_000_000.0, minlength=len(frame.county_codes))
