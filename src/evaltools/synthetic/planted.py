"""Defects planted on purpose, so that tests can ask whether they are found. Each is listed in the truth."""

from __future__ import annotations

import numpy as np

from evaltools.synthetic import people, welfare
from evaltools.synthetic.config import YEARS
from evaltools.synthetic.ledgers.context import Context
from evaltools.synthetic.natural import NEVER
from evaltools.synthetic.panel import EXITED, POOR

STOCK_FLOW = (
    ("440200", 2017, "exit_not_recorded"), ("440800", 2018, "exit_not_recorded"), ("445200", 2019, "exit_not_recorded"),
    ("440900", 2017, "arrival_not_recorded"), ("441800", 2018, "arrival_not_recorded"),
)  # fmt: skip
"""(city, year, kind): one household each.

exit_not_recorded: the household stands as exited, but `change_out` says none: the account is short of one household.
arrival_not_recorded: `persons_start` is one above the end of the year before: one person came from nowhere.
"""


def plant_stock_flow(ctx: Context) -> None:
    """Break the registry's account in this city where the list says so."""
    city = ctx.city
    for code, year, kind in STOCK_FLOW:
        if code != ctx.code:
            continue
        t, panel = YEARS.index(year), city.panel
        if kind == "exit_not_recorded":
            pool = panel.alive[:, t] & (panel.change_out[:, t] == 1) & (panel.change_in[:, t] != 2)
            h = int(np.flatnonzero(pool)[len(np.flatnonzero(pool)) // 2])
            panel.change_out[h, t] = 0
            households, persons = -1, -int(panel.persons[h, t])
        else:
            stays = (panel.status[:, t - 1] == POOR) & (panel.change_out[:, t] == 0)
            pool = panel.alive[:, t] & (panel.change_in[:, t] == 0) & stays
            h = int(np.flatnonzero(pool)[len(np.flatnonzero(pool)) // 2])
            panel.persons_start[h, t] += 1
            panel.left[h, t] += 1
            households, persons = 0, 1
        county = city.frame.county_codes[int(city.frame.county[city.registry.village[h]])]
        ctx.plant(
            f"stock_flow.{kind}", county_code=county, year=year, household_id=city.household_ids[h],
            residual_households=households, residual_persons=persons,
        )  # fmt: skip


def mark_places(ctx: Context) -> None:
    """Choose the villages and natural villages in which something is missing, and make it so."""
    city, rng = ctx.city, ctx.rng("marks of places")
    frame, natural = city.frame, city.natural
    poor = np.flatnonzero(frame.is_poor)
    for kind in ("villages.bus_missing", "teams.no_first_secretary", "teams.released_before_exit"):
        city.marks[kind] = ctx.choose(kind, poor, rng)
        for v in city.marks[kind]:
            ctx.plant(kind, table=kind.split(".")[0], village_code=frame.code[int(v)], year=2020)
    guided = np.array([h == "440100" for h in frame.helper_city])[natural.village]
    pool = np.flatnonzero(guided & (natural.households >= 20) & (natural.persons < 200))
    kind = "natural_villages.not_paved"
    city.marks[kind] = ctx.choose(kind, pool, rng)
    natural.paved_from[city.marks[kind]] = NEVER
    for i in city.marks[kind]:
        ctx.plant(
            kind,
            table="natural_villages",
            nv_id=ctx.one("N", int(i)),
            village_code=frame.code[int(natural.village[i])],
            year=2020,
        )


def mark_households(ctx: Context) -> None:
    """Choose the households in which something is missing; the columns are made accordingly in `extras`."""
    city, rng = ctx.city, ctx.rng("marks of households")
    panel = city.panel
    now = panel.alive[:, 4] & (panel.status[:, 4] == EXITED)
    pools = {
        "households.willing_without_link": (now & (panel.counts["labourers"][:, 4] > 0), 2020),
        "households.no_responsible_cadre": (panel.alive[:, 2] & (panel.status[:, 2] == POOR), 2018),
        "households.rebuilt_without_subsidy": (now & (city.rebuilt_year > 0), 0),
    }
    for kind, (pool, year) in pools.items():
        city.marks[kind] = ctx.choose(kind, np.flatnonzero(pool), rng)
        for h in city.marks[kind]:
            when = year or int(city.rebuilt_year[h])
            ctx.plant(kind, table="households", household_id=city.household_ids[int(h)], year=when)


def mark_persons(ctx: Context) -> None:
    """Take insurance, aid or benefits of 2020 away from some persons."""
    city, rng = ctx.city, ctx.rng("marks of persons")
    p, w = city.registry.persons, city.welfare
    here = welfare.present(p, city.panel)[:, 4]
    student = here & (people.school_stage(p, 2020) >= 2)
    exited = here & (city.panel.status[p.household, 4] == EXITED)
    for kind, pool, matrix in (
        ("persons.without_pension", here & (w.pension[:, 4] == 1), w.pension),
        ("persons.without_medical_insurance", exited, w.medical),
    ):
        candidates = np.flatnonzero(pool)
        n = round(ctx.share(kind) * len(candidates))
        matrix[rng.choice(candidates, size=n, replace=False), 4] = 0
        if n:
            ctx.plant(kind, table="persons", year=2020, persons=n)
    labourer = here & (people.labour_class(p, 2020) == 0)
    for kind, pool, matrix, draw in (
        ("persons.student_without_aid", student, w.student_aid, rng),
        ("persons.disabled_without_benefit", here & p.disabled, w.disability_benefit, rng),
        ("persons.labourer_without_skill", labourer, w.certified, ctx.rng("marks of skills")),
    ):
        for i in ctx.choose(kind, np.flatnonzero(pool), draw):
            matrix[i, 4] = 0
            ctx.plant(kind, table="persons", person_id=f"P{ctx.code[:4]}{i + 1:08d}", year=2020)
