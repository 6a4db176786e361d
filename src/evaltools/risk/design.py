"""The columns of the interpretable member: ramps of numbers, indicators of levels and of missing values.

A ramp clips a number to [low, high] and subtracts low; its coefficient is the slope on that stretch, so a curve is
monotone exactly when its slopes agree in sign, and every odds ratio reads "per unit, between low and high".
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass

import numpy as np

from evaltools.risk.columns import Plan, Terms

RATIO_KNOTS = (0.005, 0.10, 0.25, 0.50, 0.75, 0.995)  # quantiles; risk bends most near the line
PLAIN_KNOTS = (0.005, 0.995)  # clipped, so that one absurd value carries no weight
STRAIGHT_KNOTS = (0.0, 1.0)  # income where events are few: as in income alone, no two incomes are made equal
MIN_ROWS, MIN_EVENTS = 30, 5  # a level with fewer rows, events or non-events joins the pooled levels


@dataclass(frozen=True)
class Piece:
    """One design column. kind: ramp (low, high) | missing | level (codes pooled in it)."""

    term: int  # index into plan.terms
    kind: str
    low: float = 0.0
    high: float = 0.0
    codes: tuple[int, ...] = ()
    mean: float = 0.0
    scale: float = 1.0


def ramp(x: np.ndarray, low: float, high: float) -> np.ndarray:
    """clip(x, low, high) - low; NaN stays NaN."""
    return np.clip(x, low, high) - low


def make_pieces(plan: Plan, terms: Terms, y: np.ndarray, w: np.ndarray, *, bends: bool) -> list[Piece]:
    """The design columns for these rows. bends=False gives income one straight ramp (few events)."""
    pieces: list[Piece] = []
    for j, x in _number_columns(plan, terms):
        known = x[~np.isnan(x)]
        if not len(known):
            continue  # in this fold nobody has a value: nothing to learn, and at scoring it counts as the average
        income = RATIO_KNOTS if bends else STRAIGHT_KNOTS
        knots = _knots(known, income if plan.terms[j].is_monotone else PLAIN_KNOTS)
        for low, high in itertools.pairwise(knots):
            pieces.append(_scaled(Piece(j, "ramp", float(low), float(high)), ramp(x, low, high), w))
        if len(x) - len(known) >= MIN_ROWS:
            pieces.append(_scaled(Piece(j, "missing"), np.isnan(x).astype(float), w))
    for j, codes in _category_columns(plan, terms):
        for group in _levels(codes, y):
            pieces.append(_scaled(Piece(j, "level", codes=group), np.isin(codes, group).astype(float), w))
    return [p for p in pieces if p.scale > 0]


def _knots(known: np.ndarray, at: tuple[float, ...]) -> np.ndarray:
    knots = np.unique(np.quantile(known, at))
    if len(knots) < 2:
        knots = np.unique([known.min(), known.max()])
    return knots


def _levels(codes: np.ndarray, y: np.ndarray) -> list[tuple[int, ...]]:
    """Groups of level codes that get an indicator; the largest level is the reference and gets none."""
    seen, counts = np.unique(codes, return_counts=True)
    reference = seen[np.argmax(counts)]
    own, pooled = [], []
    for code in seen[seen != reference]:
        (own if _is_large(codes == code, y) else pooled).append(int(code))
    groups = [(c,) for c in own]
    if pooled and _is_large(np.isin(codes, pooled), y):
        groups.append(tuple(pooled))
    return groups


def _is_large(rows: np.ndarray, y: np.ndarray) -> bool:
    n, events = int(rows.sum()), int(y[rows].sum())
    return n >= MIN_ROWS and min(events, n - events) >= MIN_EVENTS


def _scaled(piece: Piece, column: np.ndarray, w: np.ndarray) -> Piece:
    known = ~np.isnan(column)
    mean = float(np.average(column[known], weights=w[known])) if w[known].sum() > 0 else 0.0
    scale = float(np.sqrt(np.average((column[known] - mean) ** 2, weights=w[known]))) if w[known].sum() > 0 else 0.0
    scale = scale if scale > 1e-9 * (1 + abs(mean)) else 0.0
    return Piece(piece.term, piece.kind, piece.low, piece.high, piece.codes, mean, scale)


def build(plan: Plan, pieces: list[Piece], terms: Terms) -> np.ndarray:
    """(n, 1 + p): a column of ones, then each piece centred and scaled; a missing number sits at its mean."""
    numbers, categories = dict(_number_columns(plan, terms)), dict(_category_columns(plan, terms))
    out = np.empty((len(terms), len(pieces) + 1))
    out[:, 0] = 1.0
    for k, piece in enumerate(pieces, start=1):
        if piece.kind == "level":
            column = np.isin(categories[piece.term], piece.codes).astype(float)
        elif piece.kind == "missing":
            column = np.isnan(numbers[piece.term]).astype(float)
        else:
            column = ramp(numbers[piece.term], piece.low, piece.high)
            column[np.isnan(column)] = piece.mean
        out[:, k] = (column - piece.mean) / piece.scale
    return out


def _number_columns(plan: Plan, terms: Terms):
    index = [j for j, t in enumerate(plan.terms) if not t.is_category]
    return [(j, terms.numbers[:, k]) for k, j in enumerate(index)]


def _category_columns(plan: Plan, terms: Terms):
    index = [j for j, t in enumerate(plan.terms) if t.is_category]
    return [(j, terms.codes[:, k]) for k, j in enumerate(index)]
