"""Gates as dots with the interval of their verdict and the limit: one city, or the cities a helping city helps."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure as Canvas
from matplotlib.lines import Line2D

from evaltools.report.charts.picture import Picture, share, words
from evaltools.report.charts.style import DASHES, LIMIT, MUTED, VALUE, canvas, key, marker, quiet, render
from evaltools.terms import VerdictState


@dataclass(frozen=True)
class GateMark:
    """One row: fractions (0.02 is 2 %); `low`, `high` are the interval the verdict used; None where not computed.

    `text` stands at the right, as it is printed in the report's table; `comparison` is that of the rule.
    """

    label: str
    value: float | None
    low: float | None
    high: float | None
    limit: float | None
    comparison: str
    state: VerdictState
    text: str = ""


def gate_strip(marks: Sequence[GateMark], *, level: float, lang: str = "zh") -> Picture:
    """Rates with a ceiling above, rates with a floor below, each group on its own axis in per cent.

    `level` is that of the intervals (0.90, two-sided).
    """
    floors = [m for m in marks if m.comparison.startswith(">")]
    ceilings = [m for m in marks if not m.comparison.startswith(">")]
    groups = [g for g in (ceilings, floors) if g]
    with canvas(0.35 + 0.42 * len(groups) + 0.29 * len(marks)) as fig:
        axes = fig.subplots(len(groups), 1, squeeze=False, height_ratios=[len(g) + 0.3 for g in groups])[:, 0]
        for ax, group in zip(axes, groups, strict=True):
            _rows(ax, group, lang)
            ax.set_xlim(*_span(group))
            _percent(ax)
        _legend(fig, marks, level, lang)
        svg, png = render(fig)
    return Picture(svg, png, _columns(marks))


def pair_gates(
    cities: Sequence[str], panels: Sequence[Sequence[GateMark]], *, level: float, lang: str = "zh"
) -> Picture:
    """One panel a gate, one row a helped city. `panels[g][c]` is gate g of city c; its `label` names the gate."""
    columns = 2
    lines = -(-len(panels) // columns)
    with canvas(0.7 + lines * (0.95 + 0.36 * len(cities))) as fig:
        grid = fig.subplots(lines, columns, squeeze=False)
        for i, ax in enumerate(grid.flat):
            if i >= len(panels):
                ax.set_axis_off()
                continue
            row = list(panels[i])
            _rows(ax, row, lang, cities)
            ax.set_title(row[0].label, loc="left")
            ax.set_xlim(*_span(row))
            _percent(ax)
        _legend(fig, [m for row in panels for m in row], level, lang)
        svg, png = render(fig)
    flat = [(c, m) for row in panels for c, m in zip(cities, row, strict=True)]
    return Picture(svg, png, {"city": [c for c, _ in flat], **_columns([m for _, m in flat])})


def _rows(ax: Axes, marks: Sequence[GateMark], lang: str, labels: Sequence[str] | None = None) -> None:
    """Dots, intervals and limits; the first mark on top; texts at the right edge."""
    for y, m in enumerate(marks):
        if m.low is not None and m.high is not None:
            ax.plot([100 * m.low, 100 * m.high], [y, y], color=VALUE, linewidth=2.2, solid_capstyle="butt")
        if m.limit is not None:
            ax.plot([100 * m.limit] * 2, [y - 0.42, y + 0.42], color=LIMIT, linewidth=2, linestyle=DASHES)
        if m.value is not None:
            ax.plot([100 * m.value], [y], linestyle="none", clip_on=False, zorder=5, **marker(m.state))
        elif labels is not None:
            ax.text(0.02, y, getattr(m.state, lang), transform=ax.get_yaxis_transform(), va="center", color=MUTED)
        if m.text:
            ax.text(1.02, y, m.text, transform=ax.get_yaxis_transform(), va="center", ha="left", fontsize=9.5)
    names = labels if labels is not None else [m.label for m in marks]
    ax.set_yticks(range(len(marks)), names)
    ax.set_ylim(len(marks) - 0.4, -0.6)
    ax.spines["left"].set_visible(False)
    quiet(ax)


def _span(marks: Sequence[GateMark]) -> tuple[float, float]:
    """Axis limits in per cent: everything drawn, and the limit never at the edge."""
    drawn = [100 * v for m in marks for v in (m.low, m.high, m.value, m.limit) if v is not None]
    if not drawn:
        return 0.0, 100.0
    if marks[0].comparison.startswith(">"):
        low = min(drawn)
        return max(0.0, low - 0.15 * (100 - low) - 1), 100.0
    return 0.0, min(100.0, 1.12 * max(drawn))


def _percent(ax: Axes) -> None:
    ax.xaxis.set_major_formatter(lambda x, _pos: f"{x:g}%")
    ax.locator_params(axis="x", nbins=6)


def _legend(fig: Canvas, marks: Sequence[GateMark], level: float, lang: str) -> None:
    """Only the states that occur, then interval and limit; in the margin below."""
    states = [s for s in VerdictState if any(m.state is s and m.value is not None for m in marks)]
    handles = [Line2D([], [], linestyle="none", label=getattr(s, lang), **marker(s)) for s in states]
    handles.append(Line2D([], [], color=VALUE, linewidth=2.2, label=words("interval", lang, level=share(level))))
    handles.append(Line2D([], [], color=LIMIT, linewidth=2, linestyle=DASHES, label=words("limit", lang)))
    key(fig, handles, below=True)


def _columns(marks: Sequence[GateMark]) -> dict[str, list[Any]]:
    names = ("label", "value", "low", "high", "limit", "comparison")
    return {**{n: [getattr(m, n) for m in marks] for n in names}, "state": [m.state.value for m in marks]}
