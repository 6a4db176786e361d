"""The assessment of the cities: scores by chapter, grades, ranks, triggers. No document sets a weight."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import ndtri

from evaltools.indicators.assessment.evidence import Evidence
from evaltools.indicators.assessment.funnel import Funnel, funnel
from evaltools.indicators.assessment.items import BINDING, ItemStatus, collect
from evaltools.indicators.assessment.ranks import RankSet, rank_of, rank_set, sample_ranks
from evaltools.indicators.assessment.result import Assessment, AssessmentState, CityAssessment, Rank
from evaltools.indicators.assessment.score import at, group_means, score_of, simplex, weighted
from evaltools.indicators.assessment.settings import Grade, Settings
from evaltools.indicators.assessment.triggers import Standing, triggers
from evaltools.indicators.engine.result import IndicatorTable
from evaltools.indicators.targeting.result import Gate, GateResult, Gates
from evaltools.standards import RuleBook
from evaltools.terms import CITIES, City, VerdictState

Array = NDArray[np.float64]
CHAPTER_COLUMNS = ["chapter", "label_zh", "label_en", "weight", "bound", "scored", "items", "met", "not_met", "open",
                   "score", "low", "high"]  # fmt: skip
_BINDING = frozenset(s.value for s in BINDING)


def assess(
    table: IndicatorTable, evidence: Mapping[str, Evidence], book: RuleBook, as_of: str, settings: Settings
) -> Assessment:
    """Assess the cities of `evidence` that have tasks; the others are listed as 不适用.

    table : indicators of the report's year at level "city"; evidence : city code -> what the triggers need
    """
    cities = [c for c in CITIES if c.code in evidence and c.has_tasks]
    gates = {c.code: g for c in cities if (g := evidence[c.code].gates) is not None}
    frame = collect(table, gates, book, as_of, cities)
    frame = frame[[settings.weight(ch) > 0 for ch in frame["chapter"]]].reset_index(drop=True)
    chapters = {c: (w.zh, w.en) for c, w in book.chapters.items() if c in set(frame["chapter"])}
    level = float(book.at(as_of)["method.confidence_one_sided"].value)
    work = _Work(frame, chapters, settings, float(ndtri(level)))
    own = {c.code: work.scored(c.code, None) for c in cities}
    graded = [c for c in cities if own[c.code].coverage >= settings.coverage_min and np.isfinite(own[c.code].point)]
    common = work.common([c.code for c in graded])
    ranks = _ranks(work, graded, common, settings) if len(graded) > 1 and common else {}
    found = {
        c.code: _city(c, own[c.code], c in graded, ranks.get(c.code), evidence[c.code], book, as_of, settings)
        for c in cities
    }
    other = {c.code: CityAssessment(c, AssessmentState.NOT_APPLICABLE) for c in CITIES
             if c.code in evidence and not c.has_tasks}  # fmt: skip
    return Assessment(
        int(as_of[:4]), as_of, settings, dict(sorted((found | other).items())), common,
        gate_ranks(gates, settings, level), funnels(gates, level),
    )  # fmt: skip


@dataclass(frozen=True)
class _Scores:
    """One city over one set of items. point, low, high : scores at the values and at both ends; drawn : (B,) with
    redrawn samples; random : (B,) under random weights; both : (B,); chapters : see CityAssessment"""

    point: float
    low: float
    high: float
    drawn: Array
    random: Array
    both: Array
    chapters: pd.DataFrame
    items: pd.DataFrame
    bound: int
    rules: int

    @property
    def coverage(self) -> float:
        return self.rules / self.bound if self.bound else 0.0


class _Work:
    """The items of all cities and the draws they share: the same weights for every city, samples of their own.

    z : how many standard deviations the ends of the surveyed indicators' intervals are away
    """

    def __init__(
        self, frame: pd.DataFrame, chapters: Mapping[str, tuple[str, str]], settings: Settings, z: float
    ) -> None:
        self.frame, self.chapters, self.settings, self.z = frame, list(chapters), settings, z
        self.labels = dict(chapters)
        self.weights = np.array([settings.weight(c) for c in chapters], dtype=float)
        rng = np.random.default_rng(settings.seed)
        self.random = simplex(settings.draws, len(chapters), rng) if chapters else np.zeros((settings.draws, 0))
        codes = sorted(frame["city_code"].unique())
        self.u = {c: rng.standard_normal(settings.draws) for c in codes}

    def common(self, codes: Sequence[str]) -> tuple[str, ...]:
        """Indicators that every one of these cities has a score for."""
        mine = self.frame[self.frame["city_code"].isin(list(codes)) & (self.frame["status"] == ItemStatus.SCORED.value)]
        count = mine.groupby("indicator")["city_code"].nunique()
        return tuple(sorted(str(i) for i in count.index[count == len(codes)]))

    def scored(self, code: str, only: Sequence[str] | None) -> _Scores:
        """The scores of a city over all its items, or over the indicators of `only`."""
        items = self.frame[self.frame["city_code"] == code]
        used = items[items["status"] == ItemStatus.SCORED.value]
        used = used if only is None else used[used["indicator"].isin(list(only))]
        pick, group = _groups(used, self.chapters)
        value, low, high, limit = (used[c].to_numpy(dtype=float) for c in ("value", "low", "high", "limit"))
        lower = used["is_lower_better"].to_numpy(dtype=bool)
        share = (used["unit"] == "share").to_numpy(dtype=bool)

        def by_chapter(scores: Array) -> Array:
            rules = group_means(scores, pick, len(group))
            return group_means(rules, group, len(self.chapters))

        moved = at(self._moves(code), value, low, high, lower, self.z)
        is_register = (used["kind"] == "register").to_numpy(dtype=bool)
        inside = np.clip(moved, np.minimum(low, high), np.maximum(low, high))
        drawn = by_chapter(score_of(np.where(is_register, inside, moved), limit, lower, share))
        point, bad, good = (by_chapter(used[c].to_numpy(dtype=float)) for c in ("score", "score_low", "score_high"))
        binding = items[items["status"].isin(_BINDING)]
        return _Scores(
            float(weighted(point, self.weights)), float(weighted(bad, self.weights)),
            float(weighted(good, self.weights)), weighted(drawn, self.weights), weighted(point, self.random),
            weighted(drawn, self.random), self._chapters(items, point, bad, good), items.reset_index(drop=True),
            binding["rule"].nunique(), used["rule"].nunique(),
        )  # fmt: skip

    def _moves(self, code: str) -> Array:
        """(B,) one common move of all surveyed indicators of a city: their covariance is not known, and moving them
        together never makes an interval too short."""
        return self.u[code]

    def _chapters(self, items: pd.DataFrame, point: Array, bad: Array, good: Array) -> pd.DataFrame:
        """One row per chapter with a binding rule."""
        known = ~np.isnan(point)
        total = self.weights[known].sum()
        bound, scored, states = (defaultdict[str, Any](f) for f in (set, set, list))
        for chapter, rule, status, state in items[["chapter", "rule", "status", "state"]].itertuples(index=False):
            if status in _BINDING:
                bound[chapter].add(rule)
            if status == ItemStatus.SCORED.value:
                scored[chapter].add(rule)
                states[chapter].append(state)
        rows = []
        for k, chapter in enumerate(self.chapters):
            if not bound[chapter]:
                continue
            met, not_met = (states[chapter].count(s.value) for s in (VerdictState.MET, VerdictState.NOT_MET))
            n = len(states[chapter])
            weight = float(self.weights[k] / total) if known[k] and total else 0.0
            ends = (float(point[k]), float(bad[k]), float(good[k]))
            counts = (len(bound[chapter]), len(scored[chapter]), n, met, not_met, n - met - not_met)
            rows.append((chapter, *self.labels[chapter], weight, *counts, *ends))
        return pd.DataFrame(rows, columns=CHAPTER_COLUMNS)


def _groups(used: pd.DataFrame, chapters: Sequence[str]) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """(rule of each item, chapter of each rule) as positions: a rule counts once, however many tables measure it."""
    keys = list(zip(used["chapter"], used["rule"], strict=True))
    rules = sorted(set(keys))
    place = {key: i for i, key in enumerate(rules)}
    pick = np.array([place[k] for k in keys], dtype=np.intp)
    return pick, np.array([chapters.index(ch) for ch, _ in rules], dtype=np.intp)


def _ranks(work: _Work, graded: Sequence[City], common: Sequence[str], settings: Settings) -> dict[str, tuple]:
    """code -> (comparable score, Rank) over the rules all have in common."""
    scores = [work.scored(c.code, common) for c in graded]
    point = np.array([s.point for s in scores])
    parts = zip(*((s.drawn, s.random, s.both) for s in scores), strict=True)
    drawn, random, both = (np.stack(x, axis=1) for x in parts)
    r: RankSet = rank_set(point, drawn, random, both, settings.level)
    return {
        c.code: (
            float(point[i]),
            Rank(
                int(r.rank[i]), len(graded), (int(r.sample_low[i]), int(r.sample_high[i])),
                (int(r.weights_low[i]), int(r.weights_high[i])), int(r.low[i]), int(r.high[i]),
            ),
        )
        for i, c in enumerate(graded)
    }  # fmt: skip


def _city(
    city: City, own: _Scores, is_graded: bool, ranked: tuple[float, Rank] | None, evidence: Evidence, book: RuleBook,
    as_of: str, settings: Settings,
) -> CityAssessment:  # fmt: skip
    comparable, rank = ranked if ranked else (None, None)
    has_score = bool(np.isfinite(own.point))
    by_weights = _shares(own.random, settings) if is_graded else {}
    by_both = _shares(own.both, settings) if is_graded else {}
    worse = by_both.get(Grade.FAIR, 0.0) + by_both.get(Grade.POOR, 0.0)
    grade = settings.grade(own.point) if is_graded else None
    place = (rank.rank, rank.low, rank.high, rank.of) if rank else (None, None, None, 0)
    return CityAssessment(
        city, AssessmentState.GRADED if is_graded else AssessmentState.EVIDENCE_MISSING,
        own.point if has_score else None, own.low if has_score else None, own.high if has_score else None, comparable,
        grade, settings.grade(own.low) if is_graded else None, settings.grade(own.high) if is_graded else None,
        by_weights, by_both, own.bound, own.rules, own.coverage, own.chapters, own.items, rank,
        triggers(evidence, Standing(grade, worse, *place), book.at(as_of, city=city), settings),
    )  # fmt: skip


def _shares(scores: Array, settings: Settings) -> dict[Grade, float]:
    """Share of draws with each grade."""
    cuts = list(settings.cutoffs.values())
    place = np.sum(scores[:, None] < np.array(cuts)[None, :], axis=1)
    return {g: float((place == i).mean()) for i, g in enumerate(Grade)}


def gate_ranks(gates: Mapping[str, Gates], settings: Settings, level: float) -> dict[Gate, pd.DataFrame]:
    """Ranks of the cities by each rate with what the sample allows; gates with fewer than two known rates are left out.

    Rates move as in the scores: two halves of a normal curve through the ends of the interval. level : one-sided
    confidence of each end
    """
    out = {}
    z = float(ndtri(level))
    for position, gate in enumerate(Gate):
        known = _known(gates, gate)
        if len(known) < 2:
            continue
        rng = np.random.default_rng([settings.seed, position])
        value, low, high = (np.array([getattr(r, c) for r in known]) for c in ("rate", "low", "high"))
        lower = np.full(len(known), gate is not Gate.APPROVAL)
        sign = np.where(lower, -1.0, 1.0)
        u = rng.standard_normal((settings.draws, len(known)))
        drawn = np.stack([at(u[:, j], value[j : j + 1], low[j : j + 1], high[j : j + 1], lower[:1], z)[:, 0]
                          for j in range(len(known))], axis=1)  # fmt: skip
        rank_low, rank_high = sample_ranks(sign * value, sign * drawn, settings.level)
        out[gate] = pd.DataFrame({
            "city_code": [r.area_code for r in known], "rate": value, "low": low, "high": high,
            "rank": rank_of(sign * value), "rank_low": rank_low, "rank_high": rank_high,
        })  # fmt: skip
    return out


def funnels(gates: Mapping[str, Gates], level: float) -> dict[Gate, Funnel]:
    """The funnels of the gates with at least three known rates; the composite rate is a sum, not a share of a sample,
    and chance limits of a share do not hold for it."""
    found = {g: funnel(_known(gates, g), level) for g in Gate if g is not Gate.COMPOSITE}
    return {g: f for g, f in found.items() if f is not None}


def _known(gates: Mapping[str, Gates], gate: Gate) -> list[GateResult]:
    """The cities' results of a gate that have a rate and an interval, by city code."""
    found = [gates[code][gate.value] for code in sorted(gates)]
    return [r for r in found if all(np.isfinite(x) for x in (r.rate, r.low, r.high))]
