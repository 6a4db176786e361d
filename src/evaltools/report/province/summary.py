"""摘要: the tile map of the 21 cities, and one sentence a chapter."""

from __future__ import annotations

from collections import Counter

from evaltools.indicators.assessment import AssessmentState, Grade
from evaltools.indicators.claims import ClaimState
from evaltools.report.blocks import Block, Bullets, Callout, Chapter, Figure, Ground, Inline
from evaltools.report.charts.tiles import Tile, tile_map
from evaltools.report.province.desk import ProvinceDesk
from evaltools.report.province.money import guidance_sums
from evaltools.report.province.risk import risk_point
from evaltools.terms import CITIES, City, VerdictState

OPEN = (VerdictState.UNDECIDED, VerdictState.EVIDENCE_MISSING)


def overall_states(desk: ProvinceDesk) -> dict[City, VerdictState]:
    """The overall verdict of each of the 21 cities; without tasks 不适用, without results 证据缺失."""
    gates = desk.inp.gates
    return {
        c: VerdictState.NOT_APPLICABLE if not c.has_tasks
        else gates[c.code].overall if c.code in gates else VerdictState.EVIDENCE_MISSING
        for c in CITIES
    }  # fmt: skip


def gates_ground(desk: ProvinceDesk) -> Ground:
    """What a count of cities by verdict stands on."""
    rows = sum(max((r.n or 0) for r in g.results) for g in desk.inp.gates.values())
    return Ground("data", ("survey", "households", "villages"), "cities by overall verdict of their gates", rows)


def summary(desk: ProvinceDesk) -> Chapter:
    """One page: the verdicts, the map, grades, ranks, money, claims."""
    say, ground, states = desk.say, gates_ground(desk), overall_states(desk)
    count = Counter(states.values())
    sizes = {"met": count[VerdictState.MET], "not_met": count[VerdictState.NOT_MET]}
    sizes["open"] = sum(count[s] for s in OPEN)
    bound = {k: desk.cities_count(v, f"province.{k}", ground) for k, v in sizes.items()}
    n = desk.cities_count(len(desk.tasked), "province.n", ground)
    failed = say("psum.failed", cities=desk.names(desk.inp.failures)) if desk.inp.failures else ""
    text = say.sentences(say("psum.text", year=desk.year, n=n, **bound), failed)
    tone = "bad" if sizes["not_met"] else "good" if not sizes["open"] else "warn"
    blocks: list[Block] = [Callout(text, title=say("psum.title", **bound), tone=tone), _map(desk, states)]
    points = [p for p in (_grades(desk), _rank(desk), _money(desk), risk_point(desk), _claims(desk)) if p]
    return Chapter("", say.word("chapter.summary"), (*blocks, Bullets(tuple(points))))


def _map(desk: ProvinceDesk, states: dict[City, VerdictState]) -> Figure:
    say = desk.say
    tiles = [Tile(c.key, c.zh if desk.lang == "zh" else c.en, s) for c, s in states.items()]
    picture = tile_map(tiles, lang=desk.lang)
    groups = {"met": (VerdictState.MET,), "not_met": (VerdictState.NOT_MET,), "open": OPEN}
    told = {k: desk.names(c.code for c, s in states.items() if s in v) for k, v in groups.items()}
    n = desk.cities_count(len(desk.tasked), "province.n", gates_ground(desk))
    return Figure(
        title=say.word("psum.map"), svg=picture.svg, png=picture.png, data=picture.data, key="tiles",
        alt=say("psum.map_alt", **told), source=say("province.source", as_of=desk.as_of),
        n=say("province.n_cities", n=n),
    )  # fmt: skip


def _grades(desk: ProvinceDesk) -> Inline:
    graded = [c for c in desk.inp.assessment.cities.values() if c.state is AssessmentState.GRADED]
    ground = Ground("data", ("survey", "households", "villages"), "cities by grade", len(graded))
    counts = Counter(c.grade for c in graded)
    said = [desk.say("psum.grade", grade=desk.say.label(g), n=desk.cities_count(counts[g], f"grade.{g.value}", ground))
            for g in Grade if counts[g]]  # fmt: skip
    return desk.say("psum.grades", grades=desk.say.listed(said)) if said else ""


def _rank(desk: ProvinceDesk) -> Inline:
    sure, pairs = desk.inp.assessment.pairs()
    if not pairs:
        return ""
    tables = ("survey", "households", "villages")
    ground = Ground("data", tables, "pairs of cities whose rank intervals are apart", pairs)
    return desk.say("psum.rank", all=desk.things(pairs, "对市", "pairs of cities", "pairs", ground),
                    sure=desk.things(sure, "对", "pairs", "pairs.sure", ground))  # fmt: skip


def _money(desk: ProvinceDesk) -> Inline:
    sums = guidance_sums(desk)
    return desk.say("psum.money", **sums) if sums else ""


def _claims(desk: ProvinceDesk) -> Inline:
    claims = desk.inp.claims
    if claims is None:
        return ""
    counts, total = claims.checks.counts(), len(claims.checks)
    ground = Ground("data", ("published figures",), "relations by state", total)
    names = {"agrees": ClaimState.AGREES, "rounding": ClaimState.ROUNDING, "conflicts": ClaimState.CONFLICTS,
             "apart": ClaimState.NOT_COMPARABLE}  # fmt: skip
    slots = {k: desk.count(counts[s.value], "items", f"claims.{k}", ground) for k, s in names.items()}
    n = desk.things(total, "项", "relations", "claims.relations", ground)
    first = desk.say("psum.claims", n=n, **slots)
    return desk.say.sentences(first, desk.say("psum.claims_synthetic") if desk.inp.is_synthetic else "")
