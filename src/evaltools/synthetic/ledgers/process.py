"""Events of households and villages, the ledger of problems, and satisfaction question by question."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from evaltools.synthetic.columns import boolean, day, number, text, whole
from evaltools.synthetic.config import YEARS
from evaltools.synthetic.ledgers.context import CHECKED, Context
from evaltools.synthetic.panel import EXITED
from evaltools.synthetic.survey import GROUPS
from evaltools.synthetic.villages import LAST_YEAR, LAST_YEAR_EARLIER, first_year_above

EVENTS = ("applied", "reviewed", "publicised", "approved", "registered", "exited", "returned", "removed", "clue",
          "verified", "monitor_in", "assisted", "risk_cleared", "monitor_out", "spot_checked")  # fmt: skip
PROCESSES = ("identification", "exit", "monitoring")
RISKS = ("illness", "disability", "education", "disaster", "job_loss", "industry_failure", "price", "pandemic", "other")
MEASURES = ("training", "employment", "industry", "microcredit", "safety_net", "medical_aid", "education_aid",
            "temporary_relief", "social_help", "other")  # fmt: skip
RISK_OF_SHOCK = np.array([8, 0, 4, 3, 6])
MEASURE_OF_SHOCK = np.array([8, 5, 1, 7, 2])
MONITORED = ("not_yet_exited", "unstable_exited", "marginal_at_risk")
DETAILED_FROM = 2019
"""Exits of households have their four steps on record from this year; earlier ones have the exit alone."""


class _Events:
    """Blocks of events with parallel arrays; `case` ties the steps of one procedure together."""

    def __init__(self) -> None:
        self.blocks: list[dict[str, np.ndarray]] = []
        self.cases = 0

    def new_cases(self, n: int) -> np.ndarray:
        self.cases += n
        return np.arange(self.cases - n, self.cases)

    def add(self, event: str, household: np.ndarray, village: np.ndarray, year: np.ndarray, of_year: np.ndarray, *,
            process: int, case: np.ndarray | None = None, category: np.ndarray | None = None,
            risk: np.ndarray | None = None, measure: np.ndarray | None = None) -> None:  # fmt: skip
        n = len(village)
        blank = np.full(n, -1)
        self.blocks.append({
            "event": np.full(n, EVENTS.index(event)), "household": household, "village": village, "year": year,
            "day": np.clip(of_year, 1, 365), "process": np.full(n, process), "case": blank if case is None else case,
            "category": blank if category is None else category, "risk": blank if risk is None else risk,
            "measure": blank if measure is None else measure,
        })  # fmt: skip

    def joined(self) -> dict[str, np.ndarray]:
        return {k: np.concatenate([b[k] for b in self.blocks]).astype(np.int64) for k in self.blocks[0]}


def events(ctx: Context, watch: np.ndarray) -> pa.Table:
    """Registry changes of all years, the steps of exits from 2019, village exits, and monitoring in 2020.

    watch: (households, 5) monitoring class as in the table of households.
    """
    rng = ctx.rng("events")
    out = _Events()
    _registry_events(ctx, rng, out)
    _village_exits(ctx, rng, out)
    _monitoring_events(ctx, rng, out, watch)
    _spot_checks(ctx, out)
    e = out.joined()
    order = np.lexsort((e["day"], e["year"]))
    e = {k: v[order] for k, v in e.items()}
    n = len(order)
    subject = np.where(e["household"] < 0, 1, 0)
    top = int(e["case"].max()) + 1 if n else 0
    return pa.table({
        "event_id": ctx.number("Q", np.arange(n)), "subject": text(subject, ("household", "village")),
        "household_id": text(e["household"], ctx.city.household_ids),
    } | ctx.place(e["village"]) | {
        "year": whole(e["year"], kind=pa.int16()), "date": day(e["year"], e["day"]), "event": text(e["event"], EVENTS),
        "process": text(e["process"], PROCESSES), "case_id": text(e["case"], [ctx.one("B", i) for i in range(top)]),
        "monitoring_category": text(e["category"], MONITORED), "risk_cause": text(e["risk"], RISKS),
        "measure": text(e["measure"], MEASURES), "has_evidence": boolean(rng.random(n) < 0.985),
    })  # fmt: skip


def _registry_events(ctx: Context, rng: np.random.Generator, out: _Events) -> None:
    """Registrations after 2016, returns, removals, exits; exits from 2019 with their four steps."""
    panel, village = ctx.city.panel, ctx.city.registry.village
    for t, year in enumerate(YEARS):
        for code, event, process in ((1, "registered", 0), (2, "returned", 0)):
            h = np.flatnonzero(panel.alive[:, t] & (panel.change_in[:, t] == code))
            if year == 2016 and code == 1:
                continue
            out.add(event, h, village[h], np.full(len(h), year), rng.integers(30, 200, len(h)), process=process)
        gone = np.flatnonzero(panel.alive[:, t] & (panel.change_out[:, t] == 2))
        out.add("removed", gone, village[gone], np.full(len(gone), year), rng.integers(60, 330, len(gone)), process=0)
        h = np.flatnonzero(panel.alive[:, t] & (panel.change_out[:, t] == 1))
        last = rng.integers(310, 360, len(h))
        when = np.full(len(h), year)
        if year < DETAILED_FROM:
            out.add("exited", h, village[h], when, last, process=1)
            continue
        case = out.new_cases(len(h))
        hidden, early = _exit_marks(ctx, rng, h, year)
        for event, back in (("applied", 70), ("reviewed", 48), ("publicised", 30), ("approved", 8)):
            keep = ~np.isin(h, hidden) if event == "publicised" else np.ones(len(h), bool)
            shift = np.where(np.isin(h, early) & (event == "approved"), 50, 0)
            out.add(event, h[keep], village[h[keep]], when[keep], (last - back - shift)[keep], process=1, case=case[keep])
        out.add("exited", h, village[h], when, last, process=1, case=case)


def _exit_marks(ctx: Context, rng: np.random.Generator, h: np.ndarray, year: int) -> tuple[np.ndarray, np.ndarray]:
    """Households whose exit of 2020 lacks publicity, and whose approval came before the review."""
    if year != 2020:
        return np.zeros(0, int), np.zeros(0, int)
    chosen = []
    for kind in ("events.not_publicised", "events.approved_before_review"):
        mine = ctx.choose(kind, h, rng)
        for i in mine:
            ctx.plant(kind, table="events", household_id=ctx.city.household_ids[int(i)], year=2020)
        chosen.append(mine)
    return chosen[0], chosen[1]


def _village_exits(ctx: Context, rng: np.random.Generator, out: _Events) -> None:
    frame = ctx.city.frame
    first = first_year_above(frame)
    v = np.flatnonzero(first > 0)
    case = out.new_cases(len(v))
    last = 335 - rng.integers(0, 10, len(v)) - np.where(first[v] == LAST_YEAR, LAST_YEAR_EARLIER, 0)
    for event, back in (("applied", 70), ("reviewed", 48), ("publicised", 30), ("approved", 8), ("exited", 0)):
        out.add(event, np.full(len(v), -1), v, first[v], last - back, process=1, case=case)
    checked = v[::2]
    out.add("spot_checked", np.full(len(checked), -1), checked, first[checked], last[::2] + 5, process=1)


def _spot_checks(ctx: Context, out: _Events) -> None:
    """At the end of each year a part of the exited households of each county, as many as the county reports."""
    frame, panel, village = ctx.city.frame, ctx.city.panel, ctx.city.registry.village
    rng = ctx.rng("spot checks")
    for t, year in enumerate(YEARS):
        standing = panel.alive[:, t] & (panel.status[:, t] == EXITED)
        for county in range(len(frame.county_codes)):
            h = np.flatnonzero(standing & (frame.county[village] == county))
            chosen = np.sort(rng.choice(h, size=int(np.ceil(len(h) * CHECKED)), replace=False))
            n = len(chosen)
            out.add("spot_checked", chosen, village[chosen], np.full(n, year), rng.integers(361, 366, n), process=1)


def _monitoring_events(ctx: Context, rng: np.random.Generator, out: _Events, watch: np.ndarray) -> None:
    """2020: clue, verification, enrolment within fifteen days, a measure that fits the cause, mostly the all-clear."""
    panel, village = ctx.city.panel, ctx.city.registry.village
    h = np.flatnonzero(panel.alive[:, 4] & (watch[:, 4] == 1) & (panel.status[:, 4] == EXITED))
    n = len(h)
    case, year = out.new_cases(n), np.full(n, 2020)
    clue = rng.integers(40, 200, n)
    slow = np.isin(h, ctx.choose("events.late_recognition", h, rng))
    for i in h[slow]:
        ctx.plant("events.late_recognition", table="events", household_id=ctx.city.household_ids[int(i)], year=2020)
    enrolled = clue + np.where(slow, 40, rng.integers(8, 15, n))
    shock = panel.shock[h, 4]
    category, risk, measure = watch[h, 4].astype(np.int64), RISK_OF_SHOCK[shock], MEASURE_OF_SHOCK[shock]
    out.add("clue", h, village[h], year, clue, process=2, case=case, category=category, risk=risk)
    out.add("verified", h, village[h], year, clue + 4, process=2, case=case, category=category, risk=risk)
    out.add("publicised", h, village[h], year, enrolled - 1, process=2, case=case, category=category)
    out.add("monitor_in", h, village[h], year, enrolled, process=2, case=case, category=category, risk=risk)
    out.add(
        "assisted",
        h,
        village[h],
        year,
        enrolled + 14,
        process=2,
        case=case,
        category=category,
        risk=risk,
        measure=measure,
    )
    clear = rng.random(n) < 0.8
    out.add("risk_cleared", h[clear], village[h[clear]], year[clear], (enrolled + 110)[clear], process=2, case=case[clear])


TOPICS = ("identification", "exit", "education", "health", "housing", "water", "industry", "employment", "funds",
          "assets",           "teams", "infrastructure", "environment", "conduct")  # fmt: skip
TOPIC_ZH = (
    "识别",
    "退出",
    "义务教育",
    "基本医疗",
    "住房",
    "饮水",
    "产业",
    "就业",
    "资金",
    "资产",
    "驻村",
    "基础设施",
    "人居环境",
    "作风",
)
ISSUE_CLASSES = ("target_impact", "improvement", "long_term")
SOURCES = ("inspection", "audit", "congress", "discipline", "assessment")


def issues(ctx: Context) -> pa.Table:
    """Six problems a county and year from 2018: found in spring or summer, closed with proof before the deadline."""
    frame = ctx.city.frame
    rng = ctx.rng("issues")
    k = len(frame.county_codes)
    n = 18 * k
    year, county, topic = 2018 + np.arange(n) % 3, np.repeat(np.arange(k), 18), rng.integers(0, len(TOPICS), n)
    klass = rng.choice(3, size=n, p=[0.25, 0.55, 0.20])
    found = rng.integers(60, 200, n)
    deadline = found + np.array([60, 90, 150])[klass]
    closed = found + np.floor((deadline - found) * rng.uniform(0.4, 0.98, n)).astype(np.int64)
    proof, open_, reopened = np.ones(n, bool), np.zeros(n, bool), np.zeros(n, bool)
    same = np.full(n, -1)
    free = np.arange(n)
    for kind in (
        "issues.open_past_deadline",
        "issues.closed_late",
        "issues.closed_without_evidence",
        "issues.reopened",
    ):
        pool = free[(year[free] == 2020) & (klass[free] < 2)]
        for i in ctx.choose(kind, pool, rng):
            free = free[free != i]
            ctx.plant(kind, table="issues", issue_id=ctx.one("I", int(i)))
            if kind.endswith("open_past_deadline"):
                open_[i] = True
            elif kind.endswith("closed_late"):
                closed[i] = deadline[i] + 25
            elif kind.endswith("without_evidence"):
                proof[i] = False
            else:
                reopened[i] = True
    for i in ctx.choose("issues.recurred", free[(year[free] == 2020) & (county[free] > 0)], rng):
        earlier = np.flatnonzero((year == 2019) & (county != county[i]))
        j = int(earlier[0])
        topic[i], same[i] = topic[j], j
        ctx.plant("issues.recurred", table="issues", issue_id=ctx.one("I", int(i)))
    money = np.isin(topic, (8, 9))
    ids = [ctx.one("I", i) for i in range(n)]
    return pa.table({
        "issue_id": text(np.arange(n), ids), "year": whole(year, kind=pa.int16()),
        "issue_class": text(klass, ISSUE_CLASSES),
        "source": text(rng.integers(0, 5, n), SOURCES),
        "cause": text(rng.integers(0, 4, n), ("responsibility", "measures", "conduct", "funds")),
        "topic": text(topic, TOPICS),
        "violation": text(np.where(money & (rng.random(n) < 0.2), rng.integers(0, 4, n), -1),
                          ("occupation", "interception", "fraud", "waste")),
        "county_code": text(county, frame.county_codes),
        "description": text(topic, [f"示范问题：{z}方面" for z in TOPIC_ZH]),
        "is_outstanding": boolean((klass == 0) & (rng.random(n) < 0.1)),
        "amount_yuan": whole(np.round(np.exp(rng.normal(10.5, 1.0, n))), ~money),
        "households": whole(rng.integers(1, 40, n)),
        "responsible_unit": text(county, [f"{name}扶贫工作领导小组" for name in frame.county_names]),
        "task": text(topic, [f"整改{z}问题" for z in TOPIC_ZH]), "found_date": day(year, found),
        "deadline": day(year, deadline),
        "closed_date": day(year, closed, open_),
        "has_closure_evidence": boolean(np.where(open_, -1, proof).astype(np.int8)),
        "reopened_date": day(year, np.minimum(closed + 30, 364), ~reopened), "same_as_issue_id": text(same, ids),
    } | ctx.codes(n))  # fmt: skip


QUESTIONS = ("overall", "exit", "team", "measures", "road", "cadres")
ANSWERS = ("very_satisfied", "satisfied", "neutral", "dissatisfied", "very_dissatisfied", "no_answer")


def satisfaction(ctx: Context, field: dict[str, np.ndarray], year: int, interview_ids: list[str]) -> pa.Table:
    """Answers of the main design's households of one year to six questions; `overall` agrees with `is_satisfied`."""
    frame = ctx.city.frame
    rng = ctx.rng(f"satisfaction {year}")
    kept = np.flatnonzero(field["is_responded"])
    n, q = len(kept), len(QUESTIONS)
    i, k = np.repeat(kept, q), np.tile(np.arange(q), n)
    happy = field["satisfied"][i]
    level = np.where(
        happy == 1,
        rng.choice(3, size=n * q, p=[0.56, 0.40, 0.04]),
        rng.choice(np.array([2, 3, 4]), size=n * q, p=[0.5, 0.4, 0.1]),
    )
    level = np.where((k == 0) & (happy == 1), np.minimum(level, 1), level)
    level = np.where((k > 0) & (rng.random(n * q) < 0.06), 2, level)
    level = np.where((happy < 0) & (k == 0), 5, np.where(rng.random(n * q) < 0.004 * (k > 0), 5, level))
    exits_only = (k == 1) & (field["group"][i] == 1)
    village = field["village"][i]
    columns = {
        "interview_id": text(i, interview_ids), "question": text(k, QUESTIONS),
        "answer": text(np.where(exits_only, -1, level), ANSWERS),
        "year": whole(np.full(n * q, year), kind=pa.int16()),
    } | ctx.place(village) | {
        "stratum": text(frame.county[village], frame.county_codes), "group": text(field["group"][i], GROUPS),
        "weight": number(field["weight"][i]), "is_accompanied": boolean(field["accompanied"][i]),
        "interviewer_id": text(field["interviewer"][i], [f"D{ctx.code[:4]}{j + 1:02d}" for j in range(24)]),
    }  # fmt: skip
    return pa.table(columns)
