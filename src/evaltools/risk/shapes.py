"""What a fitted member says of one term: a curve over a number or a value per level, on the log-odds scale.

Both members are sums of shapes; so is their combination, which is why reasons add up exactly. Shapes are plain
arrays: scoring is interpolation and look-up, and a saved model holds numbers only.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from evaltools.risk.columns import MISSING

CELLS = 4_096
MOST_IN_A_CELL = 4
FEW = 2_000


def placed(edges: np.ndarray, x: np.ndarray) -> np.ndarray:
    """(n,) how many edges are at or below each x: `np.searchsorted(edges, x, side="right")`, several times as fast on
    many rows. A table over equal cells tells the edges below a cell; those inside it are compared one by one. NaN comes
    somewhere: the caller overwrites it."""
    if len(x) < FEW or len(edges) < 8 or not edges[-1] > edges[0]:
        return np.searchsorted(edges, x, side="right")
    scale = CELLS / (edges[-1] - edges[0])
    cell_of = np.clip((edges - edges[0]) * scale, 0, CELLS - 1).astype(np.intp)
    inside = np.bincount(cell_of, minlength=CELLS)
    if inside.max() > MOST_IN_A_CELL or not np.isfinite(scale):
        return np.searchsorted(edges, x, side="right")
    with np.errstate(invalid="ignore"):
        cell = np.nan_to_num((x - edges[0]) * scale)
        out = (np.cumsum(inside) - inside)[np.clip(cell, 0, CELLS - 1).astype(np.intp)]
        padded = np.r_[edges, np.full(MOST_IN_A_CELL, np.inf)]
        for _ in range(int(inside.max())):
            out += x >= padded[out]
    return out


@dataclass(frozen=True)
class NumberShape:
    """knots, heights : (k,) a clamped piecewise-linear curve (interpretable member). edges : (b-1,), steps : (b,) a
    step function (flexible member). missing : value where the number is absent."""

    knots: np.ndarray
    heights: np.ndarray
    edges: np.ndarray
    steps: np.ndarray
    missing: float

    def __call__(self, x: np.ndarray) -> np.ndarray:
        out = np.interp(x, self.knots, self.heights) if len(self.knots) else np.zeros(len(x))
        if len(self.steps):
            out += self.steps[placed(self.edges, x)]
        out[np.isnan(x)] = self.missing
        return out

    def scaled(self, factor: float) -> NumberShape:
        return replace(self, heights=self.heights * factor, steps=self.steps * factor, missing=self.missing * factor)

    def shifted(self, by: float) -> NumberShape:
        heights, steps = self.heights, self.steps
        if len(heights):
            heights = heights + by
        else:
            steps = steps + by
        return replace(self, heights=heights, steps=steps, missing=self.missing + by)


@dataclass(frozen=True)
class LevelShape:
    """values : (levels,); missing : where the category is absent. A level never seen at fit says nothing: 0."""

    values: np.ndarray
    missing: float

    def __call__(self, codes: np.ndarray) -> np.ndarray:
        out = self.values[np.maximum(codes, 0)]
        return np.where(codes >= 0, out, np.where(codes == MISSING, self.missing, 0.0))

    def scaled(self, factor: float) -> LevelShape:
        return replace(self, values=self.values * factor, missing=self.missing * factor)

    def shifted(self, by: float) -> LevelShape:
        return replace(self, values=self.values + by, missing=self.missing + by)


Shape = NumberShape | LevelShape


def centred(shape: Shape, x: np.ndarray, w: np.ndarray, *, has_missing: bool) -> tuple[Shape, float]:
    """The shape with weighted mean zero over the training rows, and the mean that was taken out (it joins the
    intercept). A state the training rows never showed (missing, unseen) then counts as the average household."""
    mean = float(np.average(shape(x), weights=w))
    out = shape.shifted(-mean)
    return (out if has_missing else replace(out, missing=0.0)), mean


def added(a: Shape, b: Shape) -> Shape:
    """The sum of an interpretable and a flexible shape of the same term."""
    if isinstance(a, LevelShape) and isinstance(b, LevelShape):
        return LevelShape(a.values + b.values, a.missing + b.missing)
    if isinstance(a, NumberShape) and isinstance(b, NumberShape):
        curve, step = (a, b) if len(a.knots) else (b, a)
        return NumberShape(curve.knots, curve.heights, step.edges, step.steps, a.missing + b.missing)
    raise TypeError("shapes of different terms")
