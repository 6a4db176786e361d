"""Funnels: rate against effective sample, with the limits that chance alone keeps to; small cities are hollow."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.lines import Line2D

from evaltools.report.charts.picture import Picture
from evaltools.report.charts.style import DASHES, LIMIT, MUTED, VALUE, VALUE_LIGHT, canvas, key, quiet, render


@dataclass(frozen=True)
class Panel:
    """One rate: `points` and `curve` as in `indicators.assessment.Funnel`, with a column `name` in points."""

    title: str
    points: pd.DataFrame
    curve: pd.DataFrame
    centre: float
    limit: float | None
    is_higher_better: bool


def funnels(panels: Sequence[Panel], *, words: Mapping[str, str]) -> Picture:
    """Two panels a line. `words`: axis, city, small, centre, inner, outer, limit."""
    lines = -(-len(panels) // 2)
    with canvas(0.75 + 2.65 * lines) as fig:
        axes = list(fig.subplots(lines, 2, squeeze=False).flat)
        for ax, panel in zip(axes, panels, strict=False):
            _panel(ax, panel, words["axis"])
        for ax in axes[len(panels) :]:
            ax.set_axis_off()
        key(fig, _keys(words, any(p.limit is not None for p in panels)), below=True)
        svg, png = render(fig)
    columns = ("name", "n", "rate", "inner_low", "inner_high", "outer_low", "outer_high", "place", "is_small")
    data: dict[str, list] = {"gate": [p.title for p in panels for _ in range(len(p.points))]}
    data |= {c: [v for p in panels for v in p.points[c].tolist()] for c in columns}
    return Picture(svg, png, data)


def _panel(ax: Axes, p: Panel, axis: str) -> None:
    n = p.curve["n"]
    for name, style in (("inner", (0, (4, 1.5))), ("outer", "solid")):
        for end in ("low", "high"):
            ax.plot(n, 100 * p.curve[f"{name}_{end}"], color=VALUE_LIGHT, linewidth=1.3, linestyle=style)
    ax.axhline(100 * p.centre, color=MUTED, linewidth=1.0)
    if p.limit is not None:
        ax.axhline(100 * p.limit, color=LIMIT, linewidth=1.6, linestyle=DASHES)
    small = p.points["is_small"].to_numpy(dtype=bool)
    for mask, face in ((~small, VALUE), (small, "white")):
        ax.plot(p.points["n"][mask], 100 * p.points["rate"][mask], linestyle="none", marker="o", markersize=5.5,
                markerfacecolor=face, markeredgecolor=VALUE, markeredgewidth=1.3, zorder=5)  # fmt: skip
    drawn = np.concatenate([p.points["rate"], p.curve["outer_high"], [p.limit or 0.0]])
    floor = np.concatenate([p.points["rate"], p.curve["outer_low"], [1.0 if p.limit is None else p.limit]])
    top, bottom = 100 * float(np.nanmax(drawn)), 100 * float(np.nanmin(floor))
    room = 0.12 * (top - bottom)
    ax.set_ylim(max(-0.02 * (top - bottom), bottom - room), min(100.0, top + room))
    ax.set_xlim(float(n.iloc[0]), float(n.iloc[-1]) * 1.06)
    ax.yaxis.set_major_formatter(lambda y, _pos: f"{y:g}%")
    ax.locator_params(axis="both", nbins=5)
    _names(ax, p)
    ax.set_title(p.title, loc="left")
    ax.set_xlabel(axis, fontsize=9)
    quiet(ax, grid="y")


def _names(ax: Axes, p: Panel) -> None:
    """Names of the cities beyond the inner limits on the bad side, each a line below the one before where they meet."""
    bad = ("inner_low", "outer_low") if p.is_higher_better else ("inner_high", "outer_high")
    out = p.points[p.points["place"].isin(bad)].sort_values("rate", ascending=False)
    right = float(p.curve["n"].iloc[-1])
    low, high = ax.get_ylim()
    height, last = 0.075 * (high - low), float("inf")
    for _, row in out.iterrows():
        y = min(100 * float(row["rate"]), last - height)
        last, side = y, -1 if row["n"] > 0.72 * right else 1
        ax.text(row["n"] + side * 0.025 * right, y, row["name"], fontsize=8, va="center", clip_on=True,
                ha="right" if side < 0 else "left")  # fmt: skip


def _keys(words: Mapping[str, str], has_limit: bool) -> list[Line2D]:
    dot = {"linestyle": "none", "marker": "o", "markersize": 5.5, "markeredgecolor": VALUE, "markeredgewidth": 1.3}
    keys = [
        Line2D([], [], markerfacecolor=VALUE, label=words["city"], **dot),
        Line2D([], [], markerfacecolor="white", label=words["small"], **dot),
        Line2D([], [], color=MUTED, linewidth=1.0, label=words["centre"]),
        Line2D([], [], color=VALUE_LIGHT, linewidth=1.3, linestyle=(0, (4, 1.5)), label=words["inner"]),
        Line2D([], [], color=VALUE_LIGHT, linewidth=1.3, label=words["outer"]),
    ]
    if has_limit:
        keys.append(Line2D([], [], color=LIMIT, linewidth=1.6, linestyle=DASHES, label=words["limit"]))
    return keys
