"""Money due and money that arrived, by payer; medical costs through the lines of insurance."""

from __future__ import annotations

from collections.abc import Sequence

from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from evaltools.report.charts.picture import Picture
from evaltools.report.charts.style import DASHES, INK, LIMIT, VALUE, VALUE_LIGHT, canvas, key, quiet, render

_YI = 1e8


def due_and_arrived(
    payers: Sequence[str], due: Sequence[float], arrived: Sequence[float], *, axis: str, names: tuple[str, str]
) -> Picture:
    """`due`, `arrived`: yuan; drawn in 100 million yuan. `names`: what bar and line are called (arrived, due)."""
    with canvas(0.9 + 0.42 * len(payers)) as fig:
        ax = fig.subplots()
        for y, (asked, got) in enumerate(zip(due, arrived, strict=True)):
            ax.barh(y, got / _YI, 0.56, color=VALUE_LIGHT, edgecolor=VALUE, linewidth=0.8)
            ax.plot([asked / _YI] * 2, [y - 0.42, y + 0.42], color=LIMIT, linewidth=2, linestyle=DASHES)
            ax.text(1.02, y, f"{got / _YI:,.2f} / {asked / _YI:,.2f}", transform=ax.get_yaxis_transform(),
                    va="center", fontsize=9.5, color=INK)  # fmt: skip
        ax.set_yticks(range(len(payers)), list(payers))
        ax.set_ylim(len(payers) - 0.4, -0.6)
        ax.set_xlim(0, 1.08 * max(*due, *arrived, 1.0) / _YI)
        ax.set_xlabel(axis)
        quiet(ax)
        handles = [Patch(facecolor=VALUE_LIGHT, edgecolor=VALUE, label=names[0]),
                   Line2D([], [], color=LIMIT, linewidth=2, linestyle=DASHES, label=names[1])]  # fmt: skip
        key(fig, handles, below=True)
        svg, png = render(fig)
    return Picture(svg, png, {"payer": list(payers), "due_yuan": list(due), "arrived_yuan": list(arrived)})


def cascade(labels: Sequence[str], shares: Sequence[float], *, axis: str) -> Picture:
    """Parts of a whole, one below the other from where the last ended. The first label names the whole, the last part is
    what is left to the patient. `shares`: fractions of the parts, in order; they add up to one."""
    with canvas(0.7 + 0.34 * len(labels)) as fig:
        ax = fig.subplots()
        starts = [0.0, *(sum(shares[:i]) for i in range(len(shares)))]
        widths = [1.0, *shares]
        for y, (start, width) in enumerate(zip(starts, widths, strict=True)):
            is_left = y == len(labels) - 1
            colour = VALUE if y == 0 else "white" if is_left else VALUE_LIGHT
            ax.barh(y, 100 * width, 0.62, 100 * start, color=colour, hatch="////" if is_left else "",
                    edgecolor=VALUE, linewidth=0.8)  # fmt: skip
            ax.text(100 * (start + width), y, f" {100 * width:.1f}%", va="center", fontsize=9.5, color=INK)
        ax.set_yticks(range(len(labels)), list(labels))
        ax.set_ylim(len(labels) - 0.4, -0.6)
        ax.set_xlim(0, 112)
        ax.set_xlabel(axis)
        ax.xaxis.set_major_formatter(lambda x, _pos: f"{x:g}%" if x <= 100 else "")
        quiet(ax)
        svg, png = render(fig)
    return Picture(svg, png, {"label": list(labels), "start": starts, "share": widths})
