"""Continuity of the village teams: how many villages had a captain in office, month by month."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from matplotlib.dates import DateFormatter, YearLocator, date2num

from evaltools.report.charts.picture import Picture
from evaltools.report.charts.style import VALUE, VALUE_LIGHT, canvas, quiet, render


def continuity(months: Sequence[date], shares: Sequence[float], *, axis: str) -> Picture:
    """`months`: first days, in order; `shares`: fractions of the villages on these days."""
    with canvas(2.3) as fig:
        ax = fig.subplots()
        days, values = [float(date2num(m)) for m in months], [100 * s for s in shares]
        ax.fill_between(days, values, step="post", color=VALUE_LIGHT, linewidth=0)
        ax.step(days, values, where="post", color=VALUE, linewidth=1.6)
        ax.set_ylim(0, 104)
        ax.set_xlim(days[0], days[-1] + 1)
        ax.set_ylabel(axis)
        ax.yaxis.set_major_formatter(lambda x, _pos: f"{x:g}%")
        ax.xaxis.set_major_locator(YearLocator())
        ax.xaxis.set_major_formatter(DateFormatter("%Y"))
        quiet(ax, grid="y")
        svg, png = render(fig)
    return Picture(svg, png, {"month": [m.isoformat()[:10] for m in months], "share": list(shares)})
