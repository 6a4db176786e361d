"""Scores with the cut-offs of the grades, and ranks with the interval that sample and weights leave open."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from numpy.typing import NDArray

from evaltools.report.charts.picture import Picture
from evaltools.report.charts.style import (
    DASHES,
    INK,
    LIMIT,
    MUTED,
    VALUE,
    VALUE_LIGHT,
    canvas,
    key,
    quiet,
    render,
)

Array = NDArray[np.float64]
BAND = "#ececec"


def score_dots(
    names: Sequence[str], score: Array, low: Array, high: Array, cutoffs: Mapping[str, float], *,
    words: Mapping[str, str], bold: int | None = None,
) -> Picture:  # fmt: skip
    """Scores in points (0 to 100) with the range of what is not known; dashed lines: cut-offs, grade -> points.

    `words`: score, range, cutoff (legend), axis. `bold`: the row of the city that the report is about.
    """
    with canvas(1.05 + 0.29 * len(names)) as fig:
        ax = fig.subplots()
        y = np.arange(len(names))
        ax.hlines(y, low, high, color=VALUE, linewidth=2.2)
        ax.plot(score, y, linestyle="none", marker="o", markersize=7, color=VALUE, clip_on=False, zorder=5)
        lowest = float(np.nanmin(low))
        shown = {g: c for g, c in cutoffs.items() if c >= max([x for x in cutoffs.values() if x <= lowest], default=0)}
        left = max(0.0, min(lowest, *(shown.values() or [100.0])) - 1.5)
        right = min(100.4, max(float(np.nanmax(high)), *(shown.values() or [0.0])) + 1.5)
        for grade, cut in shown.items():
            ax.axvline(cut, color=LIMIT, linewidth=1.6, linestyle=DASHES, zorder=1.5)
            ax.text(cut, -0.78, f" {grade}", color=LIMIT, ha="left", va="center", fontsize=9)
        ax.set_xlim(left, right)
        ax.set_xlabel(words["axis"])
        _rows(ax, names, bold, grid=None)
        dot = {"linestyle": "none", "marker": "o", "markersize": 7, "color": VALUE}
        handles = [Line2D([], [], label=words["score"], **dot), Line2D([], [], color=VALUE, linewidth=2.2,
                   label=words["range"])]  # fmt: skip
        if cutoffs:
            handles.append(Line2D([], [], color=LIMIT, linewidth=1.6, linestyle=DASHES, label=words["cutoff"]))
        key(fig, handles, below=True)
        svg, png = render(fig)
    data = {"name": list(names), "score": score.tolist(), "low": low.tolist(), "high": high.tolist(),
            "cutoffs": list(cutoffs.values())}  # fmt: skip
    return Picture(svg, png, data)


def rank_intervals(
    names: Sequence[str], rank: Array, sample: tuple[Array, Array], both: tuple[Array, Array], *,
    words: Mapping[str, str], bold: int | None = None,
) -> Picture:  # fmt: skip
    """Ranks, 1 at the left. Thick: what the sample allows; thin and light: sample and weights together.

    `sample`, `both`: (low, high), each (cities,). `words`: rank, sample, both, axis.
    """
    n = len(names)
    with canvas(1.0 + 0.29 * n) as fig:
        ax = fig.subplots()
        y = np.arange(n)
        ax.hlines(y, *both, color=VALUE_LIGHT, linewidth=8, zorder=1)
        ax.hlines(y, *sample, color=VALUE, linewidth=2.2, zorder=2)
        ax.plot(rank, y, linestyle="none", marker="o", markersize=7, markerfacecolor="white", markeredgecolor=VALUE,
                markeredgewidth=1.6, zorder=5)  # fmt: skip
        ax.set_xlim(0.4, n + 0.6)
        ax.set_xticks(range(1, n + 1))
        ax.set_xlabel(words["axis"])
        _rows(ax, names, bold)
        look = {"linestyle": "none", "marker": "o", "markersize": 7, "markerfacecolor": "white", "color": VALUE}
        handles = [
            Line2D([], [], label=words["rank"], **look),
            Line2D([], [], color=VALUE, linewidth=2.2, label=words["sample"]),
            Patch(facecolor=VALUE_LIGHT, label=words["both"]),
        ]
        key(fig, handles, below=True)
        svg, png = render(fig)
    ends = {"rank": rank, "sample_low": sample[0], "sample_high": sample[1], "low": both[0], "high": both[1]}
    return Picture(svg, png, {"name": list(names), **{k: [int(x) for x in v] for k, v in ends.items()}})


def chapter_dots(
    names: Sequence[str], score: Array, low: Array, high: Array, others: tuple[Array, Array], *,
    words: Mapping[str, str],
) -> Picture:  # fmt: skip
    """One row a chapter: the city's score with its range, on the grey band from the lowest to the highest city.

    Points 0 to 100; score NaN where there is none or it is withheld, with its range where that may be told.
    `words`: score, range, band, axis, none.
    """
    with canvas(1.0 + 0.29 * len(names)) as fig:
        ax = fig.subplots()
        y = np.arange(len(names))
        ax.barh(y, others[1] - others[0], left=others[0], height=0.62, color=BAND, zorder=0)
        ax.hlines(y, low, high, color=VALUE, linewidth=2.2)
        ax.plot(score, y, linestyle="none", marker="o", markersize=7, color=VALUE, clip_on=False, zorder=5)
        drawn = np.concatenate([score, low, others[0]])
        ax.set_xlim(max(0.0, (float(np.nanmin(drawn)) if not np.isnan(drawn).all() else 0.0) - 4), 101)
        for i in np.flatnonzero(np.isnan(score) & np.isnan(low)):
            ax.text(0.01, float(i), words["none"], transform=ax.get_yaxis_transform(), va="center", color=MUTED)
        ax.set_xlabel(words["axis"])
        _rows(ax, names, None)
        handles = [
            Line2D([], [], linestyle="none", marker="o", markersize=7, color=VALUE, label=words["score"]),
            Line2D([], [], color=VALUE, linewidth=2.2, label=words["range"]),
            Patch(facecolor=BAND, label=words["band"]),
        ]
        key(fig, handles, below=True)
        svg, png = render(fig)
    ends = {"score": score, "low": low, "high": high, "lowest": others[0], "highest": others[1]}
    return Picture(svg, png, {"name": list(names), **{k: v.tolist() for k, v in ends.items()}})


def _rows(ax: Axes, names: Sequence[str], bold: int | None, *, grid: str | None = "x") -> None:
    """One labelled row a name, the first on top; the report's own city in bold and underlaid."""
    ax.set_yticks(range(len(names)), names)
    ax.set_ylim(len(names) - 0.4, -0.8)
    ax.spines["left"].set_visible(False)
    quiet(ax, grid=grid)
    if bold is not None:
        ax.axhspan(bold - 0.5, bold + 0.5, color=BAND, zorder=-1)
        label = ax.get_yticklabels()[bold]
        label.set_fontweight("bold")
        label.set_color(INK)
