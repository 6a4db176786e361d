"""Further columns of households and persons: support, insurance, skills, housing, monitoring, costs."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from evaltools.synthetic import people, welfare
from evaltools.synthetic.city import City
from evaltools.synthetic.columns import boolean, day, text, whole
from evaltools.synthetic.config import YEARS, stream
from evaltools.synthetic.panel import EXITED, POOR

CAUSES = ("illness", "disability", "education", "disaster", "no_labour", "no_skill", "no_capital", "remote", "other")
MONITORED = ("not_yet_exited", "unstable_exited", "marginal_at_risk")
SCHOOL_AGES = np.arange(6, 16)
HOUSING_SUBSIDY = 40_000
"""Yuan a rebuilt dwelling (S0: 4万元 a household)."""


def monitoring(city: City, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Index into MONITORED, -1 if none: registered (households, 5) and neighbours (n, 5).

    The list exists from 2019 (a trial; the mechanism is of 2020). On it: all who have not exited; of exited households
    within 20 % of the line (without labour: under 62 % of it) with a shock or an ill or disabled member, four in ten by
    lot; one in a hundred others; neighbours with a low income that had a shock. Rules of our own.
    """
    panel, near = city.panel, city.near
    rng = stream(seed, city.frame.city_code, "monitoring")
    listed = np.array(YEARS) >= 2019
    weak = (panel.shock > 0) | (panel.counts["ill"] > 0) | (panel.counts["disabled"] > 0)
    exited = panel.status == EXITED
    close = np.where(panel.labour == 0, panel.ratio < 1.20, panel.ratio < 0.62)
    near_line = close & weak & (rng.random(panel.ratio.shape) < 0.4)
    unstable = exited & (near_line | (rng.random(panel.ratio.shape) < 0.01))
    registered = np.where(panel.status == POOR, 0, np.where(unstable, 1, -1))
    registered = np.where(panel.alive & listed, registered, -1)
    marginal = (near.income < 9000) & (near.shock > 0) & ~near.omitted[:, None] & listed
    return registered.astype(np.int8), np.where(marginal, 2, -1).astype(np.int8)


def household_columns(
    city: City, seed: int, h: np.ndarray, t: np.ndarray, near_rows: tuple[np.ndarray, np.ndarray]
) -> dict[str, pa.Array]:
    """Columns of the registered rows (h, t), then of the neighbours' rows, where most are unknown."""
    panel, reg = city.panel, city.registry
    rng = stream(seed, city.frame.city_code, "household extras")
    n, m = len(reg), len(near_rows[0])
    year = np.array(YEARS)
    u = rng.random((n, 8))
    status = panel.status[h, t]
    exited = status == EXITED
    watch, watch_near = monitoring(city, seed)
    blank = np.concatenate([np.zeros(len(h), bool), np.ones(m, bool)])

    def flag(value: np.ndarray) -> pa.Array:
        return boolean(np.concatenate([value, np.zeros(m, bool)]), blank)

    def amount(value: np.ndarray) -> pa.Array:
        return whole(np.concatenate([value, np.zeros(m)]), blank)

    able = panel.counts["labourers"] > 0
    willing = able & (u[:, [0]] < 0.62)
    willing[city.marked("households.willing_without_link"), 4] = True
    grows = np.array([0.55, 0.70, 0.85, 1.0, 1.0])
    link = np.where(willing, u[:, [1]] < grows, u[:, [1]] < 0.10)
    link[city.marked("households.willing_without_link"), 4] = False
    cadre = np.ones((n, 5), bool)
    cadre[city.marked("households.no_responsible_cadre"), 2] = False
    rebuilt = city.rebuilt_year[:, None] == year
    subsidy = np.where(rebuilt, HOUSING_SUBSIDY, 0)
    subsidy[city.marked("households.rebuilt_without_subsidy")] = 0
    finished = (city.rebuilt_year[:, None] <= year) & (city.rebuilt_year[:, None] > 0)
    paid = (u[:, [2]] < 0.7) | (willing & (year >= 2019))  # all who are willing by 2019 (穗办〔2018〕31号)
    dividend = np.where(paid, np.round(panel.money["property"] * 0.8), 0)
    at_home = welfare.present(reg.persons, panel)
    own = city.welfare.own_cost(reg.persons.household, n, at_home)
    skilled = city.welfare.has_certified(reg.persons.household, n, at_home)
    measures = 1 + rng.poisson(np.where(panel.status == POOR, 2.2, 1.3))
    toilet = u[:, [4]] < np.array([0.75, 0.84, 0.92, 0.98, 0.998])
    return {
        "monitoring_category": text(np.concatenate([watch[h, t], watch_near[near_rows]]), MONITORED),
        "dividend_income_yuan": amount(dividend[h, t]), "is_only_dwelling": flag((u[:, 5] < 0.97)[h]),
        "has_no_dwelling": flag(np.zeros(len(h), bool)), "housing_subsidy_yuan": amount(subsidy[h, t]),
        "housing_completed_date": day(
            np.concatenate([np.where(finished[h, t], city.rebuilt_year[h], 2016), np.full(m, 2016)]),
            np.concatenate([100 + (u[:, 6] * 230).astype(int)[h], np.ones(m, int)]),
            blank | np.concatenate([~finished[h, t], np.ones(m, bool)]),
        ),
        "measures_received": whole(np.concatenate([measures[h, t], np.zeros(m)]), blank, pa.int16()),
        "has_measure_plan": flag(np.ones(len(h), bool)), "has_responsible_cadre": flag(cadre[h, t]),
        "is_willing_industry": flag(willing[h, t]), "has_industry_link": flag(link[h, t]),
        "has_employed_member": flag(panel.counts["working"][h, t] > 0), "has_skilled_member": flag(skilled[h, t]),
        "has_agricultural_insurance": flag((panel.industry[h, t] > 0) & (u[:, 7] < 0.75)[h]),
        "has_sanitary_toilet": flag(toilet[h, t] | (exited & (t == 4))),
        "poverty_cause": text(np.concatenate([_causes(city, rng)[h], np.full(m, -1)]), CAUSES),
        "illness_cost_yuan": amount(own[h, t]),
    }  # fmt: skip


def _causes(city: City, rng: np.random.Generator) -> np.ndarray:
    """(households,) main cause of poverty at registration (index into CAUSES)."""
    c, n = city.panel.counts, len(city.registry)
    first = city.registry.reg_year - 2016
    i = np.arange(n)
    ill, disabled = c["ill"][i, first] > 0, c["disabled"][i, first] > 0
    options = rng.choice(np.array([3, 5, 6, 7, 8]), size=n, p=[0.06, 0.36, 0.34, 0.14, 0.10])
    u = rng.random(n)
    return np.select(
        [ill & (u < 0.75), disabled & (u < 0.85), c["labourers"][i, first] == 0,
         (c["students"][i, first] >= 2) & (u < 0.5)],
        [0, 1, 4, 2], options,
    ).astype(np.int8)  # fmt: skip


def person_columns(
    city: City, i: np.ndarray, t: np.ndarray, stage: np.ndarray, works: np.ndarray, out_of_school: np.ndarray
) -> dict[str, pa.Array]:
    """Columns of the rows (person, year): schooling, aid, disability, work, insurance, medical costs.

    A severely disabled person of school age who is not at school, and no dropout, is exempt; unknown at other ages.
    """
    p, w = city.registry.persons, city.welfare
    enrolled = city.panel.dibao[p.household[i], t]
    names = {"cost": "medical_cost_yuan", "compliant": "medical_compliant_yuan", "basic": "medical_basic_paid_yuan",
             "serious": "medical_serious_paid_yuan", "aid": "medical_aid_paid_yuan"}  # fmt: skip
    aid = np.where(stage > 0, w.student_aid[i, t], 0)
    age = np.array(YEARS)[t] - p.birth_year[i]
    exempt = p.disabled[i] & (p.severity[i] == 2) & (stage == 0) & ~out_of_school
    return {
        "is_school_exempt": boolean(exempt, ~np.isin(age, SCHOOL_AGES)),
        "education_aid_yuan": whole(aid, stage == 0),
        "disability_severity": text(np.where(p.disabled[i], p.severity[i] == 2, -1).astype(int), ("mild", "severe")),
        "disability_benefit_yuan": whole(w.disability_benefit[i, t], ~p.disabled[i]),
        "is_left_behind": boolean(w.left_behind[i, t]),
        "employment_months": whole(w.months[i, t], ~works, pa.int16()),
        "employment_place": text(np.where(works, w.place[i], -1), welfare.PLACES),
        "employment_channel": text(np.where(works, w.channel[i], -1), welfare.CHANNELS),
        "is_trained": boolean(w.trained[i, t]), "is_skill_certified": boolean(w.certified[i, t]),
        "is_dibao": boolean(enrolled), "has_pension": boolean(w.pension[i, t]),
        "has_medical_insurance": boolean(w.medical[i, t]), "has_serious_illness_insurance": boolean(w.medical[i, t]),
        "is_premium_subsidised": boolean(w.medical[i, t]),
    } | {column: whole(w.costs[key][i, t]) for key, column in names.items()}  # fmt: skip


def rebuilt_year(bad_housing: np.ndarray, exit_year: np.ndarray) -> np.ndarray:
    """(households,) year a dangerous dwelling was rebuilt (that of the first exit), 0 if there was none or not yet."""
    first = np.where(exit_year > 0, exit_year, people.NEVER).min(axis=1)
    return np.where(bad_housing & (first <= YEARS[-1]), first, 0)
