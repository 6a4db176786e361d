"""The return-risk chapter: calibration curve, what lists of several sizes find, returns under stress."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from numpy.typing import NDArray

from evaltools.report.charts.picture import Picture
from evaltools.report.charts.style import DASHES, LIMIT, MUTED, VALUE, VALUE_LIGHT, canvas, key, quiet, render

Array = NDArray[np.float64]
LOOKS = (("o", "-", VALUE), ("s", "--", MUTED), ("^", ":", MUTED), ("D", "-.", MUTED))
"""Marker, line and colour of a rule: told apart without colour; the model comes first."""


def calibration(predicted: Array, observed: Array, low: Array, high: Array, *, words: Mapping[str, str]) -> Picture:
    """Observed against predicted shares (fractions) by group, with the interval of what was observed.

    `words`: right (the diagonal), group, x, y.
    """
    x, y, a, b = (100 * np.asarray(v, dtype=float) for v in (predicted, observed, low, high))
    with canvas(3.4, width=4.2) as fig:
        ax = fig.subplots()
        top = 1.08 * float(np.nanmax(np.r_[x, y, b]))
        ax.plot([0, top], [0, top], color=LIMIT, linewidth=1.4, linestyle=DASHES)
        ax.vlines(x, a, b, color=VALUE, linewidth=2)
        ax.plot(x, y, linestyle="-", linewidth=0.8, marker="o", markersize=7, color=VALUE)
        _percent(ax, top, top, words)
        key(fig, [Line2D([], [], marker="o", color=VALUE, linewidth=0.8, markersize=7, label=words["group"]),
                  Line2D([], [], color=LIMIT, linewidth=1.4, linestyle=DASHES, label=words["right"])], below=True)  # fmt: skip
        svg, png = render(fig)
    columns = {"predicted": x / 100, "observed": y / 100, "low": a / 100, "high": b / 100}
    return Picture(svg, png, {k: v.tolist() for k, v in columns.items()})


def _percent(ax: Axes, right: float, top: float | None, words: Mapping[str, str]) -> None:
    """Both axes in per cent from 0, named by `words` (x, y), over a quiet grid."""
    ax.set_xlim(0, right)
    ax.set_ylim(0, top)
    ax.set_xlabel(words["x"])
    ax.set_ylabel(words["y"])
    for axis in (ax.xaxis, ax.yaxis):
        axis.set_major_formatter(lambda v, _pos: f"{v:g}%")
    quiet(ax, grid="both")


@dataclass(frozen=True)
class Rule:
    """What lists of one rule find. share, recall : (k,) fractions, recall NaN where withheld."""

    name: str
    share: Array
    recall: Array


def recall_lines(rules: Sequence[Rule], *, words: Mapping[str, str]) -> Picture:
    """Share of returns that stand on a list of the riskiest share; dashed: a list drawn at random.

    `words`: random, x, y.
    """
    with canvas(3.5, width=4.8) as fig:
        ax = fig.subplots()
        drawn = [r for r in rules if not np.isnan(r.recall).all()]
        right = 100 * max(float(r.share.max()) for r in drawn) * 1.08
        ax.plot([0, right], [0, right], color=LIMIT, linewidth=1.4, linestyle=DASHES)
        handles = []
        for rule, (shape, line, colour) in zip(drawn, LOOKS, strict=False):
            at = ~np.isnan(rule.recall)
            look = {"marker": shape, "linestyle": line, "color": colour, "markersize": 6.5}
            ax.plot(100 * rule.share[at], 100 * rule.recall[at], linewidth=1.4, clip_on=False, zorder=4, **look)
            handles.append(Line2D([], [], label=rule.name, **look))
        _percent(ax, right, None, words)
        handles.append(Line2D([], [], color=LIMIT, linewidth=1.4, linestyle=DASHES, label=words["random"]))
        key(fig, handles, below=True)
        svg, png = render(fig)
    data = {"rule": [r.name for r in drawn for _ in r.share], "share": [float(s) for r in drawn for s in r.share],
            "recall": [None if np.isnan(v) else float(v) for r in drawn for v in r.recall]}  # fmt: skip
    return Picture(svg, png, data)


def scenario_bars(names: Sequence[str], now: Array, then: Array, low: Array, high: Array, *, words: Mapping[str, str]) -> Picture:
    """Predicted returns under each scenario with the model's interval; the tick on each bar is the prediction without it.

    `words`: then, range, now, x.
    """
    with canvas(1.0 + 0.36 * len(names)) as fig:
        ax = fig.subplots()
        y = np.arange(len(names))
        ax.barh(y, then, height=0.6, color=VALUE_LIGHT)
        ax.hlines(y, low, high, color=VALUE, linewidth=2.2)
        ax.vlines(now, y - 0.38, y + 0.38, color=LIMIT, linewidth=2, linestyle=DASHES)
        ax.set_yticks(y, list(names))
        ax.set_ylim(len(names) - 0.4, -0.6)
        ax.set_xlim(0, None)
        ax.set_xlabel(words["x"])
        quiet(ax)
        key(fig, [Patch(facecolor=VALUE_LIGHT, label=words["then"]),
                  Line2D([], [], color=VALUE, linewidth=2.2, label=words["range"]),
                  Line2D([], [], color=LIMIT, linewidth=2, linestyle=DASHES, label=words["now"])], below=True)  # fmt: skip
        svg, png = render(fig)
    ends = {"now": now, "then": then, "low": low, "high": high}
    return Picture(svg, png, {"name": list(names), **{k: [float(x) for x in v] for k, v in ends.items()}})


def expected_rates(
    names: Sequence[str], rate: Array, low: Array, high: Array, whole: float, *, words: Mapping[str, str]
) -> Picture:
    """Mean predicted probability by area with its interval (fractions); dashed: all areas together. Areas without a
    number (NaN) keep their row, empty.

    `words`: area, whole, x.
    """
    x, a, b = (100 * np.asarray(v, dtype=float) for v in (rate, low, high))
    with canvas(1.0 + 0.27 * len(names)) as fig:
        ax = fig.subplots()
        y = np.arange(len(names))
        ax.axvline(100 * whole, color=LIMIT, linewidth=1.4, linestyle=DASHES)
        ax.hlines(y, a, b, color=VALUE, linewidth=2)
        ax.plot(x, y, linestyle="none", marker="o", markersize=6.5, color=VALUE)
        ax.set_yticks(y, list(names))
        ax.set_ylim(len(names) - 0.4, -0.6)
        ax.set_xlim(0, None)
        ax.set_xlabel(words["x"])
        ax.xaxis.set_major_formatter(lambda v, _pos: f"{v:g}%")
        quiet(ax)
        key(fig, [Line2D([], [], marker="o", color=VALUE, linewidth=2, markersize=6.5, label=words["area"]),
                  Line2D([], [], color=LIMIT, linewidth=1.4, linestyle=DASHES, label=words["whole"])], below=True)  # fmt: skip
        svg, png = render(fig)
    ends = {"rate": x / 100, "low": a / 100, "high": b / 100}
    columns = {k: [None if np.isnan(v) else float(v) for v in values] for k, values in ends.items()}
    return Picture(svg, png, {"name": list(names), **columns, "whole": [float(whole)] * len(names)})
