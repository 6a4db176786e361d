"""Stationed teams, visits and pairings."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import numpy as np
import pyarrow as pa

from evaltools.synthetic.columns import boolean, day, text, whole
from evaltools.synthetic.config import HELPER_OF, YEARS
from evaltools.synthetic.frame import counties
from evaltools.synthetic.ledgers.context import Context
from evaltools.terms import HelperType, values

POSTS = ("captain", "first_secretary", "captain_and_secretary", "member")
CAPTAIN, SECRETARY, BOTH, MEMBER = range(4)
RANKS = ("division", "section", "below_section")
START, HANDOVER, SWITCH, LATEST = (2016, 150), (2019, 149), (2020, 175), (2020, 365)
"""Days (year, day of the year): teams arrive (29 May 2016), hand over after 36 months, one person takes both posts, the
end."""
SUPERVISORS = {
    "445300": "民革省委会", "441800": "民盟省委会", "441700": "民建省委会", "441600": "民进省委会",
    "440200": "农工党省委会",
    "441500": "致公党省委会", "445200": "九三学社省委会", "441400": "台盟省委会",
}  # fmt: skip
"""Democratic parties and the cities they supervise (粤农农函〔2020〕571号)."""


class _Posts:
    """Postings collected row by row: (village, team, cadre, post, rank, from, to, months of allowance)."""

    def __init__(self) -> None:
        self.rows: list[tuple[int, int, int, int, int, tuple[int, int], tuple[int, int] | None, float]] = []
        self.cadres = 0

    def add(
        self, v: int, team: int, post: int, rank: int, start: tuple[int, int], end: tuple[int, int] | None,
        same_as: int | None = None,
    ) -> int:  # fmt: skip
        """One posting; `same_as` is the row of an earlier posting of the same person, who changes the post."""
        if same_as is None:
            self.cadres += 1
        cadre = self.cadres if same_as is None else self.rows[same_as][2]
        self.rows.append((v, team, cadre, post, rank, start, end, _months(start, end)))
        return len(self.rows) - 1


def _months(start: tuple[int, int], end: tuple[int, int] | None) -> float:
    """Months of 2019 and 2020 in post (the allowance of 穗办〔2018〕31号 runs from 2019-01)."""
    first = max(start[0] + start[1] / 365, 2019.0)
    last = 2021.0 if end is None else end[0] + end[1] / 365
    return float(np.clip(np.ceil((last - first) * 12 - 1e-6), 0, 24))


def teams(ctx: Context) -> pa.Table:
    """Village teams of all poor villages in two terms of three years (2016-05 to 2019-05, then on), three cadres each.

    Provincial units, local units and self-help: one person is captain and first secretary. Pearl River Delta cities:
    two persons until June 2020, then one (粤发〔2016〕13号 art. 19; 粤农农函〔2020〕571号): the captain takes both posts, the
    secretary stays on as a member. A person keeps the number through all posts.
    """
    frame = ctx.city.frame
    rng = ctx.rng("teams")
    poor = np.flatnonzero(frame.is_poor)
    marks = _team_marks(ctx, rng, poor)
    posts = _Posts()
    for team, v in enumerate(poor):
        _village_team(posts, int(v), team, frame.helper[v] or "", marks)
    if not posts.rows:
        return _team_table(ctx, _Posts(), poor)
    return _team_table(ctx, posts, poor)


def _team_marks(ctx: Context, rng: np.random.Generator, poor: np.ndarray) -> dict[str, set[int]]:
    """Kind of defect -> villages; each village carries one at most."""
    frame = ctx.city.frame
    pearl = np.array([frame.helper[v] == HelperType.PEARL_DELTA_CITY.value for v in poor], dtype=bool)
    provincial = np.array([frame.helper[v] == HelperType.PROVINCIAL_UNIT.value for v in poor], dtype=bool)
    marks: dict[str, set[int]] = {}
    free = poor
    for kind in ("teams.no_first_secretary", "teams.released_before_exit"):
        marks[kind] = set(map(int, ctx.city.marked(kind)))
        free = np.setdiff1d(free, ctx.city.marked(kind))
    pools = {
        "teams.short_tenure": poor, "teams.gap": poor, "teams.captain_rank_low": poor[provincial],
        "teams.allowance_missing": poor[pearl], "teams.one_person_in_both_posts": poor[pearl],
    }  # fmt: skip
    for kind, pool in pools.items():
        chosen = ctx.choose(kind, np.intersect1d(pool, free), rng)
        free = np.setdiff1d(free, chosen)
        marks[kind] = set(map(int, chosen))
        for v in chosen:
            ctx.plant(kind, table="teams", village_code=frame.code[int(v)])
    return marks


def _village_team(posts: _Posts, v: int, team: int, helper: str, marks: dict[str, set[int]]) -> None:
    def is_marked(kind: str) -> bool:
        return v in marks.get(kind, set())

    provincial, pearl = helper == HelperType.PROVINCIAL_UNIT.value, helper == HelperType.PEARL_DELTA_CITY.value
    rank = 2 if is_marked("teams.captain_rank_low") else (0 if provincial else 1)
    two = pearl and not is_marked("teams.one_person_in_both_posts")
    leader = CAPTAIN if two else BOTH
    second_start = (HANDOVER[0], HANDOVER[1] + 60) if is_marked("teams.gap") else HANDOVER
    released = is_marked("teams.released_before_exit")
    first_end = (2016, 250) if released else HANDOVER
    stays: int | None = None
    if is_marked("teams.short_tenure"):
        posts.add(v, team, leader, rank, START, (2017, 90))
        stays = posts.add(v, team, leader, rank, (2017, 90), HANDOVER)
    else:
        posts.add(v, team, leader, rank, START, first_end)
    posts.add(v, team, MEMBER, 2, START, first_end)
    if two:
        posts.add(v, team, SECRETARY, 2, START, first_end)
    if released:
        return
    if two:
        captain = posts.add(v, team, CAPTAIN, rank, second_start, SWITCH, stays)
        gone = is_marked("teams.no_first_secretary")
        left = (2020, 61) if gone else SWITCH
        secretary = posts.add(v, team, SECRETARY, 2, HANDOVER, left)
        posts.add(v, team, MEMBER, 2, left, None, secretary)
        posts.add(v, team, CAPTAIN if gone else BOTH, rank, SWITCH, None, captain)
    elif is_marked("teams.no_first_secretary"):
        captain = posts.add(v, team, BOTH, rank, second_start, (2020, 61))
        posts.add(v, team, CAPTAIN, rank, (2020, 61), None, captain)
    else:
        posts.add(v, team, BOTH, rank, second_start, None, stays)
    k = posts.add(v, team, MEMBER, 2, HANDOVER, None)
    if is_marked("teams.allowance_missing"):
        posts.rows[k] = (*posts.rows[k][:-1], posts.rows[k][-1] - 4)


def _team_table(ctx: Context, posts: _Posts, poor: np.ndarray) -> pa.Table:
    frame = ctx.city.frame
    rng = ctx.rng("team rows")
    n = len(posts.rows)
    v, team, cadre, post, rank = (np.array([r[k] for r in posts.rows], dtype=np.int64) for k in range(5))
    start = np.array([r[5] for r in posts.rows], dtype=np.int64).reshape(n, 2)
    ends = np.array([r[6] or (2020, 1) for r in posts.rows], dtype=np.int64).reshape(n, 2)
    stays = np.array([r[6] is None for r in posts.rows], dtype=bool)
    months = np.array([r[7] for r in posts.rows], dtype=float)
    helper = np.array([values(HelperType).index(frame.helper[k] or values(HelperType)[0]) for k in v], dtype=np.int64)
    at_home = np.isin(cadre, cadre[post == SECRETARY])  # the city of the village sends a secretary beside the captain
    guided = np.array([frame.helper_city[k] == "440100" for k in v], dtype=bool) & ~at_home
    theirs = [frame.helper_city[k] or (ctx.code if frame.helper[k] != "provincial_unit" else None) for k in v]
    sender = [ctx.code if home else other for home, other in zip(at_home, theirs, strict=True)]
    leads = post != MEMBER
    return pa.table({
        "post_id": ctx.number("T", np.arange(n)), "team_id": ctx.number("G", team),
        "cadre_id": ctx.number("C", cadre - 1),
        "team_level": text(np.full(n, 3), ("city", "county", "town", "village")),
        "town_code": text(frame.town[v], frame.town_codes),
    } | ctx.place(v) | {
        "post": text(post, POSTS), "helper_type": text(helper, values(HelperType)),
        "sender_city_code": pa.array(sender, pa.string()).dictionary_encode(),
        "sender_unit": text(team % 40, [f"示范帮扶单位{k + 1:02d}" for k in range(40)]), "rank": text(rank, RANKS),
        "from_date": day(start[:, 0], start[:, 1]), "to_date": day(ends[:, 0], ends[:, 1], stays),
        "days_in_village": whole(rng.integers(205, 290, n), kind=pa.int16()),
        "has_local_post": boolean(np.where(leads & (helper == 1), 1, -1)),
        "has_party_branch": boolean(np.ones(n, bool)),
        "months_allowance_paid": whole(months, ~guided, pa.int16()),
        "allowance_yuan_per_month": whole(np.full(n, 2640), ~guided),
        "work_fund_yuan_per_month": whole(np.full(n, 1000), ~guided),
        "is_promoted": boolean((rng.random(n) < 0.08) & leads),
        "is_trained": boolean(rng.random(n) < 0.96),
    })  # fmt: skip


class _Visits:
    def __init__(self) -> None:
        self.rows: list[tuple[int, int, str, str, str | None, bool, int, int]] = []

    def add(
        self, year: int, of_year: int, kind: str, level: str, city: str | None, leads: bool, county: int, village: int
    ) -> None:
        self.rows.append((year, of_year, kind, level, city, leads, county, village))


def visits(ctx: Context) -> pa.Table:
    """Leaders of the helping city twice a year, a topic session a quarter, a report a half-year (a duty in the pairs of
    广州, a habit elsewhere); county leaders twice a year in every poor village; democratic parties."""
    frame = ctx.city.frame
    rng = ctx.rng("visits")
    out = _Visits()
    helper = HELPER_OF.get(ctx.code)
    skip_session, skip_report = (
        bool(ctx.wants("visits.no_topic_session")),
        bool(ctx.wants("visits.no_half_year_report")),
    )
    once = ctx.choose("visits.village_visited_once", np.flatnonzero(frame.is_poor), rng)
    for year in YEARS:
        if helper:
            n = 1 if year == 2019 and ctx.wants("visits.too_few_by_helper") else 2
            for k in range(n):
                out.add(year, int(rng.integers(20 + 180 * k, 180 + 180 * k)), "leader_visit", "city", helper, True, -1, -1)
            for q in range(4):
                if not (skip_session and year == 2019 and q == 2):
                    out.add(year, int(rng.integers(5 + 91 * q, 85 + 91 * q)), "topic_session", "city", helper, True, -1, -1)
            for half in range(2):
                if not (skip_report and year == 2020 and half == 0):
                    out.add(
                        year,
                        int(rng.integers(150 + 180 * half, 181 + 180 * half)),
                        "half_year_report",
                        "unit",
                        helper,
                        False,
                        -1,
                        -1,
                    )
        for v in np.flatnonzero(frame.is_poor):
            for k in range(1 if year == 2018 and v in once else 2):
                when = int(rng.integers(10 + 180 * k, 180 + 180 * k))
                out.add(year, when, "leader_visit", "county", ctx.code, True, int(frame.county[v]), int(v))
        if ctx.code in SUPERVISORS and year >= 2018:
            out.add(year, int(rng.integers(90, 300)), "supervision", "party", None, False, -1, -1)
    for kind, what in (
        ("visits.too_few_by_helper", {"year": 2019}), ("visits.no_topic_session", {"year": 2019, "quarter": 3}),
        ("visits.no_half_year_report", {"year": 2020, "half": 1}),
    ):  # fmt: skip
        if ctx.wants(kind):
            ctx.plant(kind, table="visits", **what)
    for v in once:
        ctx.plant("visits.village_visited_once", table="visits", village_code=frame.code[int(v)], year=2018)
    return _visit_table(ctx, rng, out)


def _visit_table(ctx: Context, rng: np.random.Generator, out: _Visits) -> pa.Table:
    frame = ctx.city.frame
    n = len(out.rows)
    year, of_year, county, village = (np.array([r[k] for r in out.rows], dtype=np.int64) for k in (0, 1, 6, 7))
    kinds, levels = [r[2] for r in out.rows], [r[3] for r in out.rows]
    is_visit = np.array([k in ("leader_visit", "supervision") for k in kinds], dtype=bool)
    homes = rng.integers(3, 12, n)
    party = SUPERVISORS.get(ctx.code)
    return pa.table({
        "visit_id": ctx.number("V", np.arange(n)), "year": whole(year, kind=pa.int16()), "date": day(year, of_year),
        "kind": pa.array(kinds, pa.string()).dictionary_encode(),
        "visitor_level": pa.array(levels, pa.string()).dictionary_encode(),
        "visitor_city_code": pa.array([r[4] for r in out.rows], pa.string()).dictionary_encode(),
        "visitor_unit": text(np.array([0 if k == "supervision" else -1 for k in kinds], dtype=np.int64), (party,)),
        "is_principal": boolean(np.array([r[5] for r in out.rows], dtype=bool)),
        "is_unannounced": boolean(rng.random(n) < 0.25),
        "county_code": text(county, frame.county_codes), "village_code": text(village, frame.code),
        "households": whole(homes, ~is_visit, pa.int16()),
        "poor_households": whole(np.ceil(homes * 0.6), ~is_visit, pa.int16()),
        "villages": whole(np.where(village >= 0, 1, 3), ~is_visit, pa.int16()),
        "problems_solved": whole(rng.integers(0, 3, n), ~is_visit, pa.int16()),
    } | ctx.codes(n))  # fmt: skip


def _town_pairs(ctx: Context, helper: str, add: Callable[..., None]) -> None:
    """A partner of the helping city for every town with a poor village (粤发〔2016〕13号 第22条), but where planted."""
    frame = ctx.city.frame
    towns = np.unique(frame.town[frame.is_poor])
    lonely = ctx.choose("pairings.town_without_pair", towns, ctx.rng("town pairs"))
    for town in towns:
        if town in lonely:
            ctx.plant("pairings.town_without_pair", table="pairings", town_code=frame.town_codes[int(town)])
            continue
        add(
            kind="counterpart", level="town", helper_city_code=helper, helper_unit=f"示范结对镇街{int(town) % 60 + 1:02d}",
            county_code=frame.county_codes[int(frame.town_county[town])], town_code=frame.town_codes[int(town)],
        )  # fmt: skip


def pairings(ctx: Context) -> pa.Table:
    """City with city, county with county, town with town, unit with village, democratic party with city; from 2016."""
    frame = ctx.city.frame
    rng = ctx.rng("pairings")
    helper = HELPER_OF.get(ctx.code)
    rows: list[dict[str, object]] = []
    start = date(2016, 6, 4)

    def add(**what: object) -> None:
        rows.append({"helper_city_code": None, "helper_county_code": None, "helper_unit": None, "helper_type": None,
        "county_code": None, "town_code": None,
                     "village_code": None, "from_date": start, "to_date": None, "has_plan": True} | what)  # fmt: skip

    if helper:
        add(kind="counterpart", level="city", helper_city_code=helper)
        districts = counties(helper)[0]
        lonely = ctx.choose("pairings.county_without_pair", np.arange(len(frame.county_codes)), rng)
        for k, county in enumerate(frame.county_codes):
            if k in lonely:
                ctx.plant("pairings.county_without_pair", table="pairings", county_code=county)
                continue
            add(kind="counterpart", level="county", helper_city_code=helper, county_code=county,
                helper_county_code=districts[k % len(districts)] if districts else None)  # fmt: skip
        _town_pairs(ctx, helper, add)
    if ctx.code in SUPERVISORS:
        add(
            kind="supervision",
            level="city",
            helper_unit=SUPERVISORS[ctx.code],
            from_date=date(2018, 1, 1),
            has_plan=None,
        )
    poor = np.flatnonzero(frame.is_poor)
    bare = ctx.choose("pairings.no_plan", poor, rng)
    changed = ctx.choose("pairings.unit_changed", np.setdiff1d(poor, bare), rng)
    for j, v in enumerate(poor):
        base = {
            "kind": "targeted", "level": "village", "helper_city_code": frame.helper_city[v],
            "helper_type": frame.helper[v],
            "county_code": frame.county_codes[int(frame.county[v])], "village_code": frame.code[v],
            "town_code": frame.town_codes[int(frame.town[v])], "has_plan": v not in bare,
        }  # fmt: skip
        unit = f"示范帮扶单位{j % 40 + 1:02d}"
        if v in changed:
            add(**base, helper_unit=unit, to_date=date(2019, 6, 30))
            add(**base, helper_unit=f"示范帮扶单位{(j + 1) % 40 + 1:02d}", from_date=date(2019, 7, 1))
            ctx.plant("pairings.unit_changed", table="pairings", village_code=frame.code[v])
        else:
            add(**base, helper_unit=unit)
        if v in bare:
            ctx.plant("pairings.no_plan", table="pairings", village_code=frame.code[v])
    names = (
        "kind",
        "level",
        "helper_city_code",
        "helper_county_code",
        "helper_unit",
        "helper_type",
        "county_code",
        "town_code",
        "village_code",
    )
    columns: dict[str, pa.Array] = {"pairing_id": ctx.number("R", np.arange(len(rows)))}
    columns |= {k: pa.array([r[k] for r in rows], pa.string()).dictionary_encode() for k in names}
    columns |= ctx.codes(len(rows)) | {k: pa.array([r[k] for r in rows], pa.date32()) for k in ("from_date", "to_date")}
    return pa.table(columns | {"has_plan": pa.array([r["has_plan"] for r in rows], pa.bool_())})
