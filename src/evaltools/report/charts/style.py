"""One look for all charts: a hue for values, a hue for limits, marker shapes for states, bytes that repeat.

Charts are drawn on `matplotlib.figure.Figure` without pyplot, so that no notebook backend decides whether they exist.
Text is drawn as outlines: a chart looks the same with no font installed and the network cut.
"""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure as Canvas

from evaltools.report.charts.pixels import png_bytes
from evaltools.report.fonts import chart_family
from evaltools.terms import VerdictState

VALUE = "#174a7c"
"""Values: a dark blue (grey level about a quarter)."""
VALUE_LIGHT = "#9dbbd8"
"""The same hue, lighter: areas and second-rank values."""
LIMIT = "#d55e00"
"""Limits, always dashed too: the vermilion of Okabe and Ito, told from blue in every common colour blindness."""
DASHES = (0, (2.2, 1.1))
INK, MUTED, RULE_LINE = "#222222", "#666666", "#cccccc"

FONT_KEY = 9.5
"""Points of the legend."""
WIDTH = 6.3
"""Inches: the text width of an A4 page in the official layout."""

MARKERS: dict[VerdictState, dict[str, Any]] = {
    VerdictState.MET: {"marker": "o", "markerfacecolor": VALUE},
    VerdictState.NOT_MET: {"marker": "X", "markerfacecolor": VALUE},
    VerdictState.UNDECIDED: {"marker": "D", "markerfacecolor": "white"},
    VerdictState.RULE_UNDEFINED: {"marker": "s", "markerfacecolor": VALUE_LIGHT},
    VerdictState.NOT_APPLICABLE: {"marker": "_", "markerfacecolor": "white"},
    VerdictState.EVIDENCE_MISSING: {"marker": "v", "markerfacecolor": "white"},
}
"""The state is the shape; colour only repeats it."""


def rc() -> Any:
    """Settings of every chart; `svg.hashsalt` makes element ids repeat."""
    return {
        "font.family": chart_family(),
        "font.size": 10,
        "axes.unicode_minus": False,
        "axes.spines.top": False,
        "axes.spines.right": False,
        "axes.edgecolor": MUTED,
        "axes.labelcolor": INK,
        "axes.titlesize": 10.5,
        "axes.labelsize": 10,
        "xtick.labelsize": 9.5,
        "ytick.labelsize": 10,
        "xtick.color": INK,
        "ytick.color": INK,
        "text.color": INK,
        "legend.frameon": False,
        "legend.fontsize": FONT_KEY,
        "figure.facecolor": "white",
        "axes.facecolor": "white",
        "hatch.linewidth": 0.6,
        "svg.hashsalt": "evaltools",
        "svg.fonttype": "path",
        "savefig.facecolor": "white",
    }


@contextmanager
def canvas(height: float, *, width: float = WIDTH) -> Iterator[Canvas]:
    """A figure of `width` × `height` inches under the common settings."""
    with mpl.rc_context(rc()):
        yield Canvas(figsize=(width, height), layout="constrained")


def render(fig: Canvas, *, dpi: int = 200) -> tuple[str, bytes]:
    """(SVG text, PNG bytes) of a figure; equal figures give equal bytes: no date, no program name."""
    with mpl.rc_context(rc()):
        engine = fig.get_layout_engine()
        if engine is not None:
            engine.execute(fig)  # lay out once, not once a format
            fig.set_layout_engine("none")
        svg, agg = io.StringIO(), FigureCanvasAgg(fig)
        # the backends' own printers: `savefig` would draw once more for each format, to lay out what is laid out
        FigureCanvasSVG(fig).print_svg(svg, metadata={"Date": None, "Creator": None})
        fig.set_dpi(dpi)
        agg.draw()
    text = svg.getvalue()
    return text[text.index("<svg") :], png_bytes(np.asarray(agg.buffer_rgba()), dpi)


def quiet(ax: Axes, *, grid: str | None = "x") -> None:
    """Drop what carries no data: ticks on the category axis, heavy grid."""
    ax.tick_params(length=0)
    ax.tick_params(axis="y", pad=9)
    if grid:
        ax.grid(axis=grid, color=RULE_LINE, linewidth=0.6)  # pyright: ignore[reportArgumentType]
        ax.set_axisbelow(True)


def key(fig: Canvas, handles: Sequence[Artist], *, below: bool = False) -> None:
    """The legend above or below the axes, in as many columns as fit the width of the figure."""
    if handles:
        widths = [_ems(str(h.get_label())) + 4.2 for h in handles]
        fits = fig.get_figwidth() * 72 / FONT_KEY
        columns = max((n for n in range(1, len(handles) + 1) if _row(widths, n) <= fits), default=1)
        place = "outside lower center" if below else "outside upper left"
        fig.legend(handles=list(handles), loc=place, ncols=columns, columnspacing=1.2, handletextpad=0.5)


def _ems(text: str) -> float:
    """Width of a text in font sizes: a Chinese character is one, a Latin one about half."""
    return sum(1.0 if ord(c) > 0x2E7F else 0.56 for c in text)


def _row(widths: Sequence[float], columns: int) -> float:
    """Width of a legend filled column by column, in font sizes."""
    n, full = divmod(len(widths), columns)
    sizes = [n + 1] * full + [n] * (columns - full)
    starts = [sum(sizes[:i]) for i in range(columns)]
    return sum(max(widths[i : i + size]) for i, size in zip(starts, sizes, strict=True))


def marker(state: VerdictState) -> dict[str, Any]:
    """Line2D keywords of the dot of a state."""
    return {"markeredgecolor": VALUE, "markeredgewidth": 1.4, "markersize": 8, **MARKERS[state]}
