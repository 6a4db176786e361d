"""The parameters of the assessment: weights, cut-offs of the grades, draws. All are our own; no document sets them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from evaltools.errors import ParameterError
from evaltools.paths import resolve
from evaltools.standards import Fields, load_yaml
from evaltools.terms import Term

FILE = Path("params") / "assessment.yaml"


class Grade(Term):
    """The four grades, best first; values are the codes of the rule `assessment.grades`."""

    GOOD = "good", "好", "good"
    FAIRLY_GOOD = "fairly_good", "较好", "fairly good"
    FAIR = "fair", "一般", "fair"
    POOR = "poor", "较差", "poor"


@dataclass(frozen=True)
class Settings:
    """Parameters of the assessment.

    weights : chapter -> weight where it differs from `default_weight`; cutoffs : grade -> lowest score (0 to 1),
        falling, without POOR; coverage_min : share of binding rules with evidence that a grade needs;
    draws, seed : random sets of weights; level : of rank intervals, two-sided; settled : share of draws that settles
    gates_are_problems : whether a gate not met counts as an outstanding problem (突出问题), which no document defines
    """

    weights: Mapping[str, float] = field(default_factory=dict)
    default_weight: float = 1.0
    cutoffs: Mapping[Grade, float] = field(
        default_factory=lambda: {Grade.GOOD: 0.95, Grade.FAIRLY_GOOD: 0.90, Grade.FAIR: 0.80}
    )
    coverage_min: float = 0.5
    draws: int = 2000
    seed: int = 20201231
    level: float = 0.90
    settled: float = 0.95
    gates_are_problems: bool = True

    def weight(self, chapter: str) -> float:
        """The weight of a chapter before weights are made to sum to one."""
        return self.weights.get(chapter, self.default_weight)

    @property
    def has_equal_weights(self) -> bool:
        """Whether nobody changed the weights."""
        return all(w == self.default_weight for w in self.weights.values())

    def grade(self, score: float) -> Grade:
        """The grade of a score: the first whose cut-off it reaches."""
        return next((g for g, least in self.cutoffs.items() if score >= least), Grade.POOR)

    @staticmethod
    def load(path: Path | str | None = None, chapters: Iterable[str] = ()) -> Settings:
        """Read `params/assessment.yaml` or another file of that form. `chapters` : names that weights may use.

        Errors: ParameterError with file, line and key for an unknown key or chapter, a number outside its range, or
        cut-offs that do not fall.
        """
        where = Path(path) if path is not None else resolve(FILE)
        top = Fields(load_yaml(where, error=ParameterError), where.name, "assessment", ParameterError)
        top.only(("weights", "grades", "coverage_min", "sensitivity", "level", "settled", "gates_are_problems"))
        weights, default = _weights(top, tuple(chapters))
        draws = _part(top, "sensitivity", ("draws", "seed"))
        return Settings(
            weights, default, _cutoffs(top), _between(top, "coverage_min", 0, 1), _whole(draws, "draws", 100),
            _whole(draws, "seed", 0), _between(top, "level", 0.5, 1), _between(top, "settled", 0.5, 1),
            top.choice("gates_are_problems", ("true", "false")) == "true",
        )  # fmt: skip


def _part(top: Fields, key: str, allowed: tuple[str, ...]) -> Fields:
    part = Fields(top.block.get(key), top.file, key, ParameterError)
    part.only(allowed)
    return part


def _weights(top: Fields, chapters: tuple[str, ...]) -> tuple[dict[str, float], float]:
    part = _part(top, "weights", ("default", "chapters"))
    default = _between(part, "default", 0, 1e6)
    named = part.block.get("chapters")
    if named == "":
        return {}, default
    given = Fields(named, top.file, "weights.chapters", ParameterError)
    if chapters:
        given.only(chapters)
    return {str(k): _between(given, str(k), 0, 1e6) for k in given.block}, default


def _cutoffs(top: Fields) -> dict[Grade, float]:
    wanted = (Grade.GOOD, Grade.FAIRLY_GOOD, Grade.FAIR)
    part = _part(top, "grades", tuple(g.value for g in wanted))
    found = {g: _between(part, g.value, 0, 1) for g in wanted}
    scores = list(found.values())
    if scores != sorted(scores, reverse=True) or len(set(scores)) < len(scores):
        part.fail("grades", f"cut-offs {scores} do not fall", expected="good > fairly_good > fair")
    return found


def _between(part: Fields, key: str, low: float, high: float) -> float:
    x: Any = float(part.number(key))
    if not low <= x <= high:
        part.fail(key, f"{x:g} is outside its range", expected=f"a number from {low:g} to {high:g}")
    return x


def _whole(part: Fields, key: str, least: int) -> int:
    x = part.number(key)
    if not isinstance(x, int) or x < least:
        part.fail(key, f"{x} is outside its range", expected=f"a whole number from {least}")
    return x
