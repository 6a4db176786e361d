"""Projects, the assets they form, and the enterprises that help."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from evaltools.synthetic.columns import boolean, day, number, text, whole
from evaltools.synthetic.config import YEARS
from evaltools.synthetic.ledgers.context import Context, day_of, years

FIELDS = ("industry", "employment", "social_security", "education", "health", "housing", "infrastructure",
          "living_environment", "asset_income", "other")  # fmt: skip
KINDS = ("planting", "livestock", "processing", "photovoltaic", "tourism", "e_commerce", "forestry", "workshop", "park",
         "road", "bridge", "water", "irrigation", "power", "network", "sanitation", "toilet", "sewage",
         "wildlife", "other")  # fmt: skip
KIND_ZH = ("种植", "养殖", "加工", "光伏", "旅游", "电商", "林业", "车间", "园区", "道路", "桥梁", "供水", "水利",
           "电网", "网络", "保洁", "改厕", "污水", "特种养殖", "综合")  # fmt: skip
FIELD_OF_KIND = np.array([0, 0, 0, 8, 0, 0, 0, 1, 0, 6, 6, 6, 6, 6, 6, 7, 7, 7, 0, 9])
KIND_SHARE = np.array([16, 12, 6, 8, 4, 3, 3, 5, 2, 12, 2, 6, 4, 2, 2, 5, 4, 3, 1.5, 1.0])
ENTERPRISE_ZH = ("龙头企业", "合作社", "家庭农场", "扶贫车间", "产业园", "民营企业", "国有企业", "社会组织")
STATUS = ("planned", "building", "running", "idle", "failed", "finished")
LINKAGE = ("contract", "guaranteed_price", "share", "job", "lease", "trusteeship", "none")
OPERATING, PUBLIC, HOUSEHOLD = range(3)
CLASSES = ("operating", "public", "household")


@dataclass
class Projects:
    """Projects of one city; one entry each."""

    village: np.ndarray
    kind: np.ndarray
    start: np.ndarray
    """Year it started; it is finished or running in the year after."""
    spent: np.ndarray
    poor_households: np.ndarray

    @property
    def is_work(self) -> np.ndarray:
        """Roads, water, sanitation: built once and then finished; the others run."""
        return np.isin(FIELD_OF_KIND[self.kind], (6, 7))


def plan_projects(ctx: Context) -> Projects:
    """Two to four projects in each poor village, one in every sixth ordinary village."""
    frame = ctx.city.frame
    rng = ctx.rng("projects")
    n_each = np.where(frame.is_poor, rng.integers(2, 5, len(frame)), rng.random(len(frame)) < 0.16)
    village = np.repeat(np.arange(len(frame)), n_each)
    n = len(village)
    kind = rng.choice(len(KINDS), size=n, p=KIND_SHARE / KIND_SHARE.sum())
    if n and ctx.wants("projects.wildlife_not_switched") and not (kind == KINDS.index("wildlife")).any():
        kind[0] = KINDS.index("wildlife")
    reach = np.maximum(np.round(frame.households[village] * rng.uniform(0.25, 0.95, n)), 1).astype(np.int64)
    spent = np.round(reach * np.exp(rng.normal(9.4, 0.6, n)) / 1000) * 1000 + 20_000
    return Projects(
        village, kind, rng.choice(np.array([2016, 2017, 2018, 2019]), size=n, p=[0.3, 0.35, 0.2, 0.15]), spent, reach
    )


def projects(ctx: Context, plan: Projects) -> pa.Table:
    """One row per project and year from its start."""
    frame = ctx.city.frame
    rng = ctx.rng("project rows")
    n = len(plan.village)
    i, t = np.nonzero(np.array(YEARS) >= plan.start[:, None])
    year = np.array(YEARS)[t]
    field, works = FIELD_OF_KIND[plan.kind], plan.is_work
    status = np.where(year == plan.start[i], 1, np.where(works[i], 5, 2))
    publicised, appraised, switched = np.ones(n, bool), np.ones(n, bool), np.ones(n, bool)
    runs = np.flatnonzero(~works)
    for kind, flags in (("projects.not_publicised", publicised), ("projects.not_appraised", appraised)):
        for j in ctx.choose(kind, np.arange(n), rng):
            flags[j] = False
            ctx.plant(kind, table="projects", project_id=ctx.one("J", int(j)))
    for j in ctx.choose("projects.idle", runs[field[runs] == 0], rng):
        status[(i == j) & (year == 2020)] = 3
        ctx.plant("projects.idle", table="projects", project_id=ctx.one("J", int(j)), year=2020)
    for j in ctx.choose("projects.wildlife_not_switched", np.flatnonzero(plan.kind == KINDS.index("wildlife")), rng):
        switched[j] = False
        ctx.plant("projects.wildlife_not_switched", table="projects", project_id=ctx.one("J", int(j)), year=2020)
    budget = np.round(plan.spent * rng.uniform(1.0, 1.08, n))
    spent = np.where(year == plan.start[i], np.round(plan.spent[i] * 0.6), plan.spent[i])
    all_households = plan.poor_households + rng.integers(0, 30, n)
    running = status == 2
    gain = np.where(running, np.round(plan.poor_households[i] * np.exp(rng.normal(7.7, 0.3, len(i)))), 0)
    jobs = np.where(works, 0, np.maximum(plan.poor_households // 4, 1) + rng.integers(0, 8, n))
    wildlife = (plan.kind == KINDS.index("wildlife"))[i] & (year == 2020)
    stopped = running & (year == 2020) & np.isin(plan.kind, (2, 7))[i]
    start_day, end_day = day_of(rng, n), day_of(rng, n)
    return pa.table({
        "project_id": ctx.number("J", i), "year": years(t),
        "name": text(plan.kind[i], [f"示范{z}项目" for z in KIND_ZH]),
        "field": text(field[i], FIELDS), "kind": text(plan.kind[i], KINDS),
        "level": text(np.full(len(i), 2), ("county", "town", "village", "household")),
        "town_code": text(frame.town[plan.village[i]], frame.town_codes),
    } | ctx.place(plan.village[i]) | {
        "status": text(status, STATUS), "start_date": day(plan.start[i], start_day[i]),
        "finish_date": day(plan.start[i] + 1, end_day[i], year == plan.start[i]),
        "resumed_date": day(np.full(len(i), 2020), (62 + rng.integers(0, 60, n))[i], ~stopped),
        "is_switched": boolean(np.where(wildlife, switched[i], -1).astype(np.int8)),
        "budget_yuan": whole(budget[i]), "spent_yuan": whole(spent), "fiscal_yuan": whole(np.round(spent * 0.85)),
        "tender_price_yuan": whole(np.round(plan.spent * rng.uniform(1.0, 1.5, n))[i], ~works[i]),
        "beneficiary_households": whole(all_households[i]),
        "beneficiary_poor_households": whole(plan.poor_households[i]),
        "beneficiary_persons": whole(np.round(all_households * 3.1)[i]), "gain_yuan": whole(gain),
        "linkage": text(np.where(works, 6, rng.integers(0, 6, n))[i], LINKAGE), "jobs": whole(jobs[i]),
        "jobs_poor": whole(np.floor(jobs * 0.6)[i]),
        "labour_share_local_poor": number(np.where(works, rng.uniform(0.15, 0.6, n), np.nan)[i], 2),
        "is_self_built": boolean(np.where(works, rng.random(n) < 0.3, -1)[i].astype(np.int8)),
        "is_publicised": boolean(publicised[i]), "is_appraised": boolean(appraised[i]),
        "is_tracked": boolean(np.ones(len(i), bool)),
        "has_insurance": boolean(np.where(field == 0, rng.random(n) < 0.7, -1)[i].astype(np.int8)),
    })  # fmt: skip


def assets(ctx: Context, plan: Projects) -> pa.Table:
    """Every project forms an asset in the year after its start; one in eight is handed to a household."""
    city, _frame = ctx.city, ctx.city.frame
    rng = ctx.rng("assets")
    n = len(plan.village)
    klass = np.where(plan.is_work, PUBLIC, np.where(rng.random(n) < 0.125, HOUSEHOLD, OPERATING))
    first = np.searchsorted(city.registry.village, plan.village)
    owner_household = np.where(klass == HOUSEHOLD, np.minimum(first, len(city.registry) - 1), -1)
    misplaced = city.registry.village[np.maximum(owner_household, 0)] != plan.village
    klass = np.where(misplaced & (klass == HOUSEHOLD), OPERATING, klass)
    owner_household = np.where(klass == HOUSEHOLD, owner_household, -1)
    formed = plan.start + 1
    i, t = np.nonzero(np.array(YEARS) >= formed[:, None])
    flags = {name: np.ones(n, bool) for name in ("titled", "responsible", "publicised", "supervised")}
    state, arrears = np.zeros(n, dtype=np.int64), np.zeros(n, dtype=np.int64)
    value = np.round(plan.spent * 0.9)
    current = value.copy()
    operating = np.flatnonzero((klass == OPERATING) & (formed <= 2019))
    anyone = np.arange(n)
    marks = (
        ("assets.untitled", anyone, flags["titled"], False),
        ("assets.no_responsible_person", anyone, flags["responsible"], False),
        ("assets.distribution_not_publicised", operating, flags["publicised"], False),
        ("assets.right_missing", anyone, flags["supervised"], False), ("assets.idle", operating, state, 1),
        ("assets.arrears", operating, arrears, 200),
    )  # fmt: skip
    for kind, pool, column, bad in marks:
        for j in ctx.choose(kind, pool, rng):
            column[j] = bad
            ctx.plant(kind, table="assets", asset_id=ctx.one("A", int(j)))
    for j in ctx.choose("assets.below_original_value", operating, rng):
        current[j] = np.round(value[j] * 0.8)
        ctx.plant("assets.below_original_value", table="assets", asset_id=ctx.one("A", int(j)))
    earns = (klass == OPERATING)[i] & (state[i] == 0)
    due = np.where(earns, np.round(value[i] * 0.07), 0)
    income = np.where(arrears[i] > 0, np.round(due * 0.4), due)
    given = np.round(income * 0.8)
    dividend = np.where(earns, plan.poor_households[i], 0)
    return pa.table({
        "asset_id": ctx.number("A", i), "year": years(t), "name": text(plan.kind[i], [f"示范{z}资产" for z in KIND_ZH]),
        "asset_class": text(klass[i], CLASSES),
    } | ctx.place(plan.village[i]) | {
        "household_id": text(owner_household[i], city.household_ids), "project_id": ctx.number("J", i),
        "formed_year": whole(formed[i], kind=pa.int16()), "original_value_yuan": whole(value[i]),
        "current_value_yuan": whole(current[i]),
        "fiscal_value_yuan": whole(np.round(value * 0.85)[i]),
        "owner": text((klass == HOUSEHOLD).astype(int)[i], ("村集体经济组织", "农户")),
        "operator": text(rng.integers(0, 3, n)[i], ("村集体经济组织", "合作社", "承租企业")),
        "beneficiary": text(np.where(klass == PUBLIC, 0, 1)[i], ("全体村民", "贫困户")),
        "supervisor": text(np.where(flags["supervised"], 0, -1)[i], ("村务监督委员会",)),
        "is_registered": boolean(np.ones(len(i), bool)), "is_titled": boolean(flags["titled"][i]),
        "has_responsible_person": boolean(flags["responsible"][i]),
        "has_maintenance_fund": boolean(np.where(klass == PUBLIC, 1, -1)[i]),
        "has_distribution_rule": boolean(np.where(klass == OPERATING, 1, -1)[i]),
        "is_distribution_publicised": boolean(np.where(klass == OPERATING, flags["publicised"], -1)[i].astype(np.int8)),
        "is_operation_compliant": boolean(np.where(klass == OPERATING, 1, -1)[i]),
        "state": text(state[i], ("running", "idle", "lost", "scrapped")),
        "income_yuan": whole(income), "income_due_yuan": whole(due), "distributed_yuan": whole(given),
        "distributed_poor_yuan": whole(np.round(given * 0.75)), "dividend_households": whole(dividend),
        "dividend_disabled_households": whole(np.floor(dividend * 0.2)),
        "arrears_days": whole(np.where(earns, arrears[i], 0)),
    })  # fmt: skip


def fiscal_value(ctx: Context, table: pa.Table) -> np.ndarray:
    """(counties, 5) fiscal value of the assets in the table of assets at the end of each year, in yuan."""
    f = table.select(["county_code", "year", "fiscal_value_yuan"]).to_pandas()
    sums = f.groupby(["county_code", "year"], observed=True)["fiscal_value_yuan"].sum().unstack(fill_value=0)
    return sums.reindex(index=ctx.city.frame.county_codes, columns=list(YEARS), fill_value=0).to_numpy(dtype=np.int64)


def enterprises(ctx: Context) -> pa.Table:
    """Enterprises, cooperatives, workshops and parks: twelve a county, with a row for every year from their first."""
    frame = ctx.city.frame
    rng = ctx.rng("enterprises")
    kinds = ("leading", "cooperative", "family_farm", "workshop", "park", "private", "state", "social_organisation")
    k = len(frame.county_codes)
    n = 12 * k
    county, kind = (
        np.repeat(np.arange(k), 12),
        rng.choice(len(kinds), size=n, p=[0.12, 0.28, 0.10, 0.20, 0.04, 0.18, 0.04, 0.04]),
    )
    start = rng.integers(2016, 2020, n)
    i, t = np.nonzero(np.array(YEARS) >= start[:, None])
    year = np.array(YEARS)[t]
    stopped = np.isin(kind, (0, 3))
    resumed, running = np.ones(n, bool), np.ones((n, 5), bool)
    for j in ctx.choose("enterprises.not_resumed", np.flatnonzero(kind == 3), rng):
        resumed[j], running[j, 4] = False, False
        ctx.plant("enterprises.not_resumed", table="enterprises", enterprise_id=ctx.one("E", int(j)), year=2020)
    jobs = rng.integers(4, 60, n)
    poor = np.floor(jobs * rng.uniform(0.15, 0.6, n))
    return pa.table({
        "enterprise_id": ctx.number("E", i), "year": years(t),
        "name": text(kind[i], [f"示范{z}" for z in ENTERPRISE_ZH]),
        "kind": text(kind[i], kinds),
        "level": text(np.where(kind == 0, rng.integers(1, 4, n), 4)[i],
                      ("national", "provincial", "municipal", "county", "none")),
        "county_code": text(county[i], frame.county_codes), "is_in_campaign": boolean((rng.random(n) < 0.4)[i]),
        "input_yuan": whole(np.round(np.exp(rng.normal(10.5, 0.9, len(i))))), "jobs": whole(jobs[i]),
        "jobs_poor": whole(poor[i]),
        "households_linked": whole((poor + rng.integers(0, 12, n))[i]),
        "investment_yuan": whole(np.round(np.exp(rng.normal(12, 1, len(i))))),
        "purchase_yuan": whole(np.round(np.exp(rng.normal(10, 1, len(i))))),
        "has_tax_deduction": boolean((rng.random(n) < 0.6)[i]),
        "is_running": boolean(running[i, t]),
        "resumed_date": day(np.full(len(i), 2020), (45 + rng.integers(0, 70, n))[i],
                            ~((year == 2020) & stopped[i] & resumed[i])),
    } | ctx.codes(len(i)))  # fmt: skip
