"""Incomes of registered households with both exit lines, and how many stand just above them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from evaltools.report.charts.picture import Picture, share, words
from evaltools.report.charts.style import LIMIT, MUTED, VALUE, VALUE_LIGHT, canvas, key, quiet, render

_ACTUAL, _PLANNED = (0, (4, 1.2)), (0, (1, 1))


@dataclass(frozen=True)
class Bins:
    """A histogram: `edges` (k + 1,) yuan a year; `counts` (k,) households, NaN where disclosure control removed one."""

    edges: np.ndarray
    counts: np.ndarray

    @staticmethod
    def of(edges: Sequence[float], counts: Sequence[float | None]) -> Bins:
        return Bins(np.asarray(edges, float), np.array([np.nan if c is None else c for c in counts], float))


def income_lines(
    whole: Bins, near: Bins, *, actual: float | None, planned: float | None, band: float, lang: str = "zh"
) -> Picture:
    """Left all incomes, right the neighbourhood of the lines; bins within `band` above the actual line are dark.

    `actual`, `planned`: yuan a year, None where no line exists. `band`: fraction of the line, e.g. 0.05.
    Bins removed by disclosure control are marked with a cross on the axis, not drawn as zero.
    """
    with canvas(3.3) as fig:
        left, right = fig.subplots(1, 2, width_ratios=[1.25, 1])
        for ax, bins, title in ((left, whole, "income_all"), (right, near, "income_zoom")):
            above = _just_above(bins, actual, band)
            _bars(ax, bins, above)
            _lines(ax, actual, planned)
            ax.set_title(words(title, lang), loc="left")
            ax.xaxis.set_major_formatter(lambda x, _pos: f"{x:,.0f}")
            ax.locator_params(axis="x", nbins=4)
        left.set_ylabel(words("households", lang))
        fig.supxlabel(words("income_axis", lang), fontsize=10)
        is_cut = bool(np.isnan(whole.counts).any() or np.isnan(near.counts).any())
        key(fig, _keys(actual, planned, band, is_cut, lang))
        svg, png = render(fig)
    return Picture(
        svg,
        png,
        {
            "whole_edges": whole.edges.tolist(),
            "whole_counts": whole.counts.tolist(),
            "near_edges": near.edges.tolist(),
            "near_counts": near.counts.tolist(),
            "line_actual": actual,
            "line_planned": planned,
            "band": band,
        },
    )


def _just_above(bins: Bins, line: float | None, band: float) -> np.ndarray:
    """(k,) whether a bin lies within [line, (1 + band) × line), up to a tenth of a bin."""
    if line is None:
        return np.zeros(bins.counts.shape, bool)
    slack = 0.1 * np.diff(bins.edges)
    return (bins.edges[:-1] >= line - slack) & (bins.edges[1:] <= (1 + band) * line + slack)


def _bars(ax: Axes, bins: Bins, dark: np.ndarray) -> None:
    colours = np.where(dark, VALUE, VALUE_LIGHT)
    ax.bar(
        bins.edges[:-1],
        np.nan_to_num(bins.counts),
        np.diff(bins.edges),
        align="edge",
        color=colours,
        edgecolor="white",
        linewidth=0.5,
    )
    hidden = np.isnan(bins.counts)
    middles = (bins.edges[:-1] + bins.edges[1:]) / 2
    if hidden.any():
        ax.plot(
            middles[hidden],
            np.zeros(hidden.sum()),
            linestyle="none",
            marker="x",
            markersize=4,
            color=MUTED,
            clip_on=False,
        )
    ax.set_xlim(bins.edges[0], bins.edges[-1])
    quiet(ax, grid="y")


def _lines(ax: Axes, actual: float | None, planned: float | None) -> None:
    """The actual line long-dashed, the planned one dotted: told apart without colour."""
    for line, dashes in ((actual, _ACTUAL), (planned, _PLANNED)):
        if line is not None:
            ax.axvline(line, color=LIMIT, linewidth=2, linestyle=dashes)


def _keys(actual: float | None, planned: float | None, band: float, is_cut: bool, lang: str) -> list[Artist]:
    keys: list[Artist] = []
    if actual is not None:
        keys.append(Line2D([], [], color=LIMIT, linewidth=2, linestyle=_ACTUAL, label=words("line_actual", lang)))
    if planned is not None:
        keys.append(Line2D([], [], color=LIMIT, linewidth=2, linestyle=_PLANNED, label=words("line_planned", lang)))
    if actual is not None:
        keys.append(Patch(color=VALUE, label=words("just_above", lang, band=share(band))))
    if is_cut:
        keys.append(
            Line2D([], [], linestyle="none", marker="x", markersize=5, color=MUTED, label=words("suppressed", lang))
        )
    return keys
