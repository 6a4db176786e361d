"""Published figures against each other and against data, by interval arithmetic on what their printing allows.

A figure is an interval: 161.5万 is anything that prints so, 近1000亿 and 1600多亿 reach as far as
`standards/claims/qualifiers.yaml` says. A relation agrees, differs by rounding, conflicts, or is not comparable.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction

import pandas as pd

from evaltools.errors import ParameterError, RuleBookError, nearest
from evaltools.standards import Claim, Claims, Derived, Relation, Relations, Rules, Span, evaluate, plain, written
from evaltools.terms import City, Term

DATA_COLUMNS = (
    "id", "label_zh", "label_en", "written", "scope", "as_of", "state", "verdict_zh", "verdict_en", "low", "high",
    "measure", "cite",
)  # fmt: skip


class ClaimState(Term):
    """What a relation between published figures comes to."""

    AGREES = "agrees", "相符", "agrees"
    ROUNDING = "differs_by_rounding", "舍入差异", "differs by rounding"
    CONFLICTS = "conflicts", "矛盾", "conflicts"
    NOT_COMPARABLE = "not_comparable", "不可比", "not comparable"


class DataState(Term):
    """What data say of a published figure."""

    SUPPORTED = "supported", "数据支持", "supported"
    CONTRADICTED = "contradicted", "与数据不符", "contradicted"
    UNDECIDED = "undecided", "不能判定", "undecided"
    NOT_VERIFIABLE = "not_verifiable", "无法核验", "not verifiable"


@dataclass(frozen=True)
class ClaimCheck:
    """One relation, checked. `left` and `right` are None where the figures are not comparable."""

    id: str
    kind: str
    label_zh: str
    label_en: str
    state: ClaimState
    left: Span | None
    right: Span | None
    explanation_zh: str
    explanation_en: str
    claims: tuple[str, ...]
    inventory: tuple[str, ...]

    def label(self, lang: str = "zh") -> str:
        return self.label_zh if lang == "zh" else self.label_en

    def explanation(self, lang: str = "zh") -> str:
        return self.explanation_zh if lang == "zh" else self.explanation_en


@dataclass(frozen=True)
class ClaimChecks:
    """All relations, checked, in the order of their file."""

    checks: tuple[ClaimCheck, ...]

    def __getitem__(self, key: str) -> ClaimCheck:
        found = {c.id: c for c in self.checks}
        if key not in found:
            raise RuleBookError(f"unknown relation {key!r}", expected=nearest(key, found), where="claims")
        return found[key]

    def __len__(self) -> int:
        return len(self.checks)

    def __iter__(self) -> Iterator[ClaimCheck]:
        return iter(self.checks)

    def counts(self) -> dict[str, int]:
        """How many relations are in each state."""
        return {s.value: sum(c.state is s for c in self.checks) for s in ClaimState}

    def to_frame(self, lang: str = "zh") -> pd.DataFrame:
        """One row per relation."""
        return pd.DataFrame([{
            "id": c.id, "label": c.label(lang), "state": c.state.value,
            "verdict": c.state.zh if lang == "zh" else c.state.en, "explanation": c.explanation(lang),
            "claims": ", ".join(c.claims),
        } for c in self.checks])  # fmt: skip

    def __repr__(self) -> str:
        return "ClaimChecks(" + ", ".join(f"{n} {s}" for s, n in self.counts().items()) + ")"

    def _repr_html_(self) -> str:
        return f"<p>{self!r}</p>" + self.to_frame()[["label", "verdict", "explanation"]].to_html(index=False, border=0)


def check_relations(claims: Claims | None = None, relations: Relations | None = None) -> ClaimChecks:
    """Check every relation between the published figures."""
    claims = claims if claims is not None else Claims.load()
    relations = relations if relations is not None else Relations.load(claims)
    return ClaimChecks(tuple(_check(r, claims) for r in relations.relations))


def compare(kind: str, left: Span, right: Span) -> ClaimState:
    """The state of a two-sided relation.

    Equality agrees when the two values are equal, or when `right` prints as `left` does; `at_most` and `reaches` agree
    when their order holds. Where the values do not but the intervals could, the difference is one of rounding.
    """
    if kind == "at_most":
        holds, could = left.value <= right.value, left.low <= right.high
    elif kind == "reaches":
        holds, could = left.value >= right.value, left.high >= right.low
    else:
        holds = left.value == right.value or abs(left.value - right.value) * 2 < left.step
        could = left.overlaps(right)
    if holds:
        return ClaimState.AGREES
    return ClaimState.ROUNDING if could else ClaimState.CONFLICTS


def _check(relation: Relation, claims: Claims) -> ClaimCheck:
    if relation.kind == "not_comparable":
        return _made(relation, ClaimState.NOT_COMPARABLE, None, None, *_differences(relation, claims))
    if relation.kind == "growth":
        return _made(relation, ClaimState.NOT_COMPARABLE, None, None, *_two_bases(relation, claims))
    left, right = (evaluate(side, claims) for side in relation.sides)
    state = compare(relation.kind, left, right)
    sign = {"at_most": "≤", "reaches": "≥"}.get(relation.kind, "=")
    said = f"{written(relation.sides[0], claims)} {sign} {written(relation.sides[1], claims)}"
    is_share = all(side.claim and claims[side.claim].unit == "share" for side in relation.sides)
    ends = [plain(span, percent=is_share) for span in (left, right)]
    shown = f" {sign if state is ClaimState.AGREES else '↔'} ".join(ends)
    zh = f"{said}：{shown}" + (f"。{relation.reason}" if relation.reason else "")
    return _made(relation, state, left, right, zh, f"{said}: {shown}")


def _made(relation: Relation, state: ClaimState, left: Span | None, right: Span | None, zh: str, en: str) -> ClaimCheck:
    return ClaimCheck(
        relation.id, relation.kind, relation.label_zh, relation.label_en, state, left, right, zh, en,
        relation.claims(), relation.inventory,
    )  # fmt: skip


def _differences(relation: Relation, claims: Claims) -> tuple[str, str]:
    found = [claims[c] for c in relation.claims()]
    names = {"entity": "对象", "unit": "单位", "scope": "范围", "as_of": "截止日", "kind": "性质"}
    differ = [k for k in names if len({getattr(c, k) for c in found}) > 1]
    is_one_name = len({c.label_zh for c in found}) == 1
    figures = "、".join(f"{_with_unit(c, claims)}（{c.label_zh}{'，' + c.scope if is_one_name else ''}）" for c in found)
    zh = f"{figures}：{'、'.join(names[k] for k in differ)}不同，不作比较。{relation.reason}"
    en = ", ".join(f"{c.written} ({c.label_en})" for c in found)
    return zh, f"{en}: they differ in {', '.join(differ)} and are not compared"


def _with_unit(claim: Claim, claims: Claims) -> str:
    """A figure as printed, with the word for what it counts: 41个县, 近1000亿元; shares and wordings have none."""
    if claim.value is None or claim.unit in ("share", "ratio", "growth_rate"):
        return claim.written
    word = claims.vocabulary.units[claim.unit].zh
    stem, mark, _ = claim.written.partition("以上")
    return f"{stem}{word}{mark}"


def growth_base(current: Fraction, multiple: Fraction, reading: str | None) -> Fraction:
    """The base behind "grew 5.44 times": `increased_by` adds the multiple to one, `times` does not.

    Raises ParameterError when the reading is not given: the wording does not settle it.
    """
    if reading not in ("increased_by", "times"):
        raise ParameterError(
            f"the base of a growth by {float(multiple)} is not settled by the wording", where="growth_base",
            expected="reading='increased_by' (增长了 n 倍) or reading='times' (是…的 n 倍)",
        )  # fmt: skip
    return current / (1 + multiple) if reading == "increased_by" else current / multiple


def _two_bases(relation: Relation, claims: Claims) -> tuple[str, str]:
    current, multiple = (evaluate(side, claims).value for side in relation.sides)
    by, times = (float(growth_base(current, multiple, r)) for r in ("increased_by", "times"))
    zh = f"须先说明基数：按“增长了”，基数为{by:,.0f}元；按“是…倍”，基数为{times:,.0f}元。{relation.reason}"
    return zh, f"the base must be given: {by:,.0f} if it grew by that multiple, {times:,.0f} if it is that multiple"


@dataclass(frozen=True)
class DerivedFigure:
    """A figure computed from published ones, with its interval, and whether it keeps the rule it is held against."""

    id: str
    label_zh: str
    label_en: str
    span: Span
    unit: str
    formula: str
    note: str
    passes: bool | None
    inventory: tuple[str, ...]


def derive(claims: Claims, relations: Relations, rules: Rules | None = None) -> tuple[DerivedFigure, ...]:
    """The derived figures; with `rules`, those that name a rule are held against it (None: no rule, or undefined)."""
    return tuple(_derive(d, claims, rules) for d in relations.derived)


def _derive(derived: Derived, claims: Claims, rules: Rules | None) -> DerivedFigure:
    span = evaluate(derived.value, claims)
    rule = rules[derived.rule] if rules is not None and derived.rule else None
    passes = rule.passes(float(span.value)) if rule is not None and rule.is_defined else None
    return DerivedFigure(
        derived.id, derived.label_zh, derived.label_en, span, derived.unit, written(derived.value, claims),
        derived.note, passes, derived.inventory,
    )  # fmt: skip


def coincidences(claims: Claims, relations: Relations) -> pd.DataFrame:
    """Figures that print the same digits but count different things: one row per pair, with what keeps them apart.

    Derived figures take part too. Pairs that a relation compares on purpose are left out.
    """
    compared = {frozenset(p) for r in relations.relations if r.kind != "not_comparable"
                for p in itertools.combinations(r.claims(), 2)}  # fmt: skip
    facts = [(c.id, f"{c.written}", _digits(c.value), c.unit, c.entity) for c in claims.values() if c.value is not None]
    for d in relations.derived:
        value = evaluate(d.value, claims).value
        if value.denominator == 1:
            facts.append((d.id, f"{value}", _digits(value), d.unit, d.entity))
    rows = [
        {"digits": a[2], "one": a[0], "one_written": a[1], "other": b[0], "other_written": b[1],
         "apart_by": "unit" if a[3] != b[3] else "entity"}
        for a, b in itertools.combinations(facts, 2)
        if a[2] == b[2] and len(a[2]) > 1 and a[3:] != b[3:] and frozenset((a[0], b[0])) not in compared
    ]  # fmt: skip
    return pd.DataFrame(rows, columns=["digits", "one", "one_written", "other", "other_written", "apart_by"])


def _digits(value: Fraction) -> str:
    """The significant digits, without scale: 66.5万 and 66.5亿 both give 665."""
    return f"{float(value):.12g}".replace(".", "").strip("0").partition("e")[0] or "0"


def against_data(claim: Claim, low: float | None, high: float | None) -> DataState:
    """What an interval from data says of a published figure.

    low, high : bounds of what the data allow, in the unit of the claim; equal for a full count, None without data.
    Supported when the data's interval lies inside the claim's, contradicted when they are apart, else undecided.
    """
    if low is None or high is None or claim.low is None or claim.high is None or math.isnan(low) or math.isnan(high):
        return DataState.NOT_VERIFIABLE
    if high < claim.low or low > claim.high:
        return DataState.CONTRADICTED
    return DataState.SUPPORTED if claim.low <= low and high <= claim.high else DataState.UNDECIDED


def check_data(
    claims: Claims, observed: Mapping[str, tuple[float | None, float | None]], city: City | str | None = None
) -> pd.DataFrame:
    """Every published figure of a city (None: of the province) against data: one row per figure.

    observed : bounds by measure, in the unit of the claim; a full count has equal bounds, a survey its interval.
    A figure without a measure, or whose measure was not observed, is not verifiable: it is listed all the same.
    """
    rows = []
    for claim in claims.of(city):
        low, high = observed.get(claim.measure, (None, None)) if claim.measure else (None, None)
        state = against_data(claim, low, high)
        rows.append({
            "id": claim.id, "label_zh": claim.label_zh, "label_en": claim.label_en, "written": claim.written,
            "scope": claim.scope, "as_of": claim.as_of, "state": state.value, "verdict_zh": state.zh,
            "verdict_en": state.en, "low": low, "high": high, "measure": claim.measure, "cite": claim.cite(),
        })  # fmt: skip
    return pd.DataFrame(rows, columns=DATA_COLUMNS)
