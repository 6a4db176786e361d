"""Refusals that save an evaluator from a meaningless model: columns that repeat each other or give the label away.

statsmodels only warns on a rank-deficient design, and such a model ranked at random on a later wave. So: a number
that is a sum of others is refused by name. Three cases are not mistakes but bookkeeping: a whole-number total beside its
whole-number parts (persons = children + adults + elderly), shares that fill a whole, and the calendar (within one year
wave and quarter are one). There the later column of the identity is left out, with a warning. A category nested in
another (a town in a county) is no fault either; its redundant indicators are dropped.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from evaltools.risk.columns import Plan, Terms
from evaltools.risk.combine import Rows
from evaltools.risk.faults import RiskInputError

TOLERANCE = 1e-10  # share of a column's variance that the others leave unexplained
EXPECTED = 30.0  # a level with no event at all where this many were expected gives the label away
SURE = 10  # so does a level of at least this many rows that are all events
CALENDAR = frozenset({"year", "quarter", "month", "wave", "period", "round"})  # last words of columns that date a row
ALONE = 0.25  # or a number that puts this share of the events beyond every non-event


def check_rank_and_separation(plan: Plan, rows: Rows) -> tuple[Plan, Rows, dict[str, str]]:
    """The plan and rows without redundant totals, and why each was left out. Raises RiskInputError otherwise."""
    _check_separation(plan, rows)
    drop = _redundant(plan, rows.terms.numbers, rows.w)
    if not drop:
        return plan, rows, {}
    reasons = {plan.numbers[j].name: reason for j, reason in drop.items()}
    keep = [j for j in range(len(plan.numbers)) if j not in drop]
    terms = tuple(t for t in plan.terms if t.is_category or t.name not in reasons)
    return (
        replace(plan, terms=terms),
        replace(rows, terms=Terms(rows.terms.numbers[:, keep], rows.terms.codes)),
        reasons,
    )


def _redundant(plan: Plan, x: np.ndarray, w: np.ndarray) -> dict[int, str]:
    """Number columns that are exact sums of earlier ones, by index; raises unless they are whole-number identities."""
    if len(x) <= x.shape[1]:
        return {}
    gone = np.isnan(x)
    mean = np.array([np.average(c[~g], weights=w[~g]) if w[~g].sum() > 0 else 0.0 for c, g in zip(x.T, gone.T, strict=True)])
    z = np.where(gone, 0.0, x - mean)
    size = np.sqrt((z**2).sum(axis=0))
    usable = np.flatnonzero(size > 0)
    z = z[:, usable] / size[usable]
    gram = z.T @ z
    kept: list[int] = []
    drop: dict[int, str] = {}
    for k in range(len(usable)):
        involved = _dependence(gram, kept, k)
        if involved is None:
            kept.append(k)
            continue
        names = [plan.numbers[usable[i]].name for i in (*involved, k)]
        told_twice = all(n.rsplit("_", 1)[-1].lower() in CALENDAR for n in names)
        if not told_twice and (len(involved) == 1 or not _is_bookkeeping(x[:, usable[[*involved, k]]])):
            raise RiskInputError(
                f"the columns {', '.join(names)} repeat each other: {names[-1]} is a linear combination of the others",
                expected="columns that each add something (full rank)", todo="leave one of them out",
            )  # fmt: skip
        drop[int(usable[k])] = f"its values follow from {', '.join(names[:-1])}"
    return drop


def _dependence(gram: np.ndarray, kept: list[int], k: int) -> list[int] | None:
    """The kept columns that column k is a sum of, or None if it is not. gram: of columns centred and of length one."""
    if not kept:
        return None
    coefficients = np.linalg.solve(gram[np.ix_(kept, kept)], gram[kept, k])
    if gram[k, k] - coefficients @ gram[kept, k] > TOLERANCE:
        return None
    return [kept[i] for i in np.flatnonzero(np.abs(coefficients) > 1e-6)]


def _is_bookkeeping(x: np.ndarray) -> bool:
    """Whole numbers, or shares of one whole: an identity of how the table is kept, not a mistake."""
    known = x[~np.isnan(x).any(axis=1)]
    whole = bool((known == np.round(known)).all())
    shares = bool(len(known)) and known.min() >= 0 and known.max() <= 1 and np.ptp(known.sum(axis=1)) < 1e-9
    return whole or bool(shares)


def _check_separation(plan: Plan, rows: Rows) -> None:
    guilty = []
    for j, term in enumerate(plan.numbers):
        said = _number_gives_away(rows.terms.numbers[:, j], rows.y)
        guilty += [f"{term.name}: {said}"] if said else []
    for j, term in enumerate(plan.categories):
        for code in np.unique(rows.terms.codes[:, j]):
            said = _level_gives_away(rows.terms.codes[:, j] == code, rows.y, rows.w)
            guilty += [f"{term.name}: level {term.levels[code] if code >= 0 else 'missing'!r} {said}"] if said else []
    if guilty:
        raise RiskInputError(
            f"{len({g.split(':')[0] for g in guilty})} column(s) separate events from non-events: "
            + ", ".join(sorted({g.split(":")[0] for g in guilty})),
            expected="columns known at the end of year t that do not foretell the label with certainty",
            todo="look for columns made from the outcome or dated after it, and leave them out", detail=guilty,
        )  # fmt: skip


def _number_gives_away(x: np.ndarray, y: np.ndarray) -> str | None:
    known = ~np.isnan(x)
    events, others = x[known & (y > 0)], x[known & (y <= 0)]
    if min(len(events), len(others)) >= SURE:
        alone = max(int((events > others.max()).sum()), int((events < others.min()).sum()))
        if alone >= max(SURE, ALONE * len(events)):
            return f"{alone} of {len(events)} events lie where no non-event does"
    values = np.unique(x[known])
    if len(values) == 2:
        for value in values:
            said = _level_gives_away(known & (x == value), y, np.ones(len(y)))
            if said:
                return f"value {value:g} {said}"
    return _level_gives_away(~known, y, np.ones(len(y))) if (~known).any() else None


def _level_gives_away(rows: np.ndarray, y: np.ndarray, w: np.ndarray) -> str | None:
    n, events = int(rows.sum()), int(y[rows].sum())
    if n >= SURE and events == n:
        return f"holds {n} rows, all of them events"
    expected = w[rows].sum() * np.average(y, weights=w)
    if events == 0 and expected >= EXPECTED:
        return f"holds {n} rows and no event where {expected:.0f} were expected"
    return None
