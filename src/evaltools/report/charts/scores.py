"""Shares against what is asked of them: loans that conform, assets whose rights and criteria are kept."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from matplotlib.lines import Line2D

from evaltools.report.charts.picture import Picture, words
from evaltools.report.charts.style import DASHES, LIMIT, VALUE, canvas, key, marker, quiet, render
from evaltools.terms import VerdictState


@dataclass(frozen=True)
class Score:
    """One row: `value` a fraction, None where withheld; `low`, `high`: between which a withheld one lies; `limit`: what
    is asked, None without a rule; `text`: as printed in the table."""

    label: str
    value: float | None
    low: float | None
    high: float | None
    limit: float | None
    state: VerdictState
    text: str


def score_rows(rows: Sequence[Score], *, axis: str, lang: str = "zh") -> Picture:
    """A dot a row, or a bar where only bounds may be published; the limit dashed. `axis` names the quantity."""
    with canvas(0.9 + 0.3 * len(rows)) as fig:
        ax = fig.subplots()
        for y, r in enumerate(rows):
            if r.limit is not None:
                ax.plot([100 * r.limit] * 2, [y - 0.42, y + 0.42], color=LIMIT, linewidth=2, linestyle=DASHES)
            if r.value is not None:
                ax.plot([100 * r.value], [y], linestyle="none", clip_on=False, zorder=5, **marker(r.state))
            elif r.low is not None and r.high is not None:
                ax.plot([100 * r.low, 100 * r.high], [y, y], color=VALUE, linewidth=4, solid_capstyle="butt")
            ax.text(1.02, y, r.text, transform=ax.get_yaxis_transform(), va="center", ha="left", fontsize=9.5)
        ax.set_yticks(range(len(rows)), [r.label for r in rows])
        ax.set_ylim(len(rows) - 0.4, -0.6)
        drawn = [v for r in rows for v in (r.value, r.low) if v is not None]
        ax.set_xlim(_floor(min(drawn, default=0.0)), 101)
        ax.set_xlabel(axis)
        ax.xaxis.set_major_formatter(lambda x, _pos: f"{x:g}%")
        ax.locator_params(axis="x", nbins=6)
        quiet(ax)
        key(fig, _keys(rows, lang), below=True)
        svg, png = render(fig)
    names = ("label", "value", "low", "high", "limit", "text")
    return Picture(svg, png, {n: [getattr(r, n) for r in rows] for n in names} | {"state": [r.state.value for r in rows]})


def _floor(least: float) -> float:
    """The left end of the axis in per cent: whole tens below the least, never above 80."""
    return min(80.0, 10.0 * int(max(0.0, 100 * least - 5) // 10))


def _keys(rows: Sequence[Score], lang: str) -> list[Line2D]:
    states = [s for s in VerdictState if any(r.state is s and r.value is not None for r in rows)]
    keys = [Line2D([], [], linestyle="none", label=getattr(s, lang), **marker(s)) for s in states]
    if any(r.value is None and r.low is not None for r in rows):
        keys.append(Line2D([], [], color=VALUE, linewidth=4, label=words("bound", lang)))
    if any(r.limit is not None for r in rows):
        keys.append(Line2D([], [], color=LIMIT, linewidth=2, linestyle=DASHES, label=words("limit", lang)))
    return keys
