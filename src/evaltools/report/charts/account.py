"""The registry's stock–flow account as a waterfall from opening to closing, its residual a bar of its own."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from evaltools.report.binding import SUPPRESSED
from evaltools.report.charts.picture import Picture, words
from evaltools.report.charts.style import INK, LIMIT, MUTED, VALUE, VALUE_LIGHT, canvas, quiet, render


def steps(opening: float, flows: Sequence[float]) -> np.ndarray:
    """(k + 1,) level after each flow, beginning with the opening stock."""
    return np.concatenate([[opening], opening + np.cumsum(np.asarray(flows, float))])


def waterfall(
    opening: float,
    flows: Sequence[float],
    closing: float,
    labels: Sequence[str],
    *,
    unit: str,
    residual_label: str,
    lang: str = "zh",
) -> Picture:
    """`flows`: signed, in the order drawn; `labels`: one each. Inflows are light, outflows hatched; the residual
    less the level reached) is in the limit's hue, since its limit is zero. `unit` labels the axis."""
    levels = steps(opening, flows)
    residual = closing - levels[-1]
    names = [words("opening", lang), *labels, residual_label, words("closing", lang)]
    bottoms = [0.0, *np.minimum(levels[:-1], levels[1:]), min(levels[-1], closing), 0.0]
    heights = [opening, *np.abs(np.diff(levels)), abs(residual), closing]
    signs = [0, *np.sign(flows), 2, 0]
    look = {0: (VALUE, ""), 1: (VALUE_LIGHT, ""), -1: ("white", "////"), 2: (LIMIT, "xx")}
    with canvas(0.7 + 0.31 * len(names)) as fig:
        ax = fig.subplots()
        for y, (bottom, height, sign) in enumerate(zip(bottoms, heights, signs, strict=True)):
            colour, hatch = look[int(sign)]
            ax.barh(
                y,
                height,
                0.62,
                bottom,
                color=colour,
                hatch=hatch,
                edgecolor=LIMIT if sign == 2 else VALUE,
                linewidth=0.8,
            )
        shown = [opening, *flows, residual, closing]
        for y, value in enumerate(shown):
            text = f"{value:,.0f}" if y in (0, len(shown) - 1) else f"{value:+,.0f}".replace("-", "−")
            ax.text(
                bottoms[y] + heights[y], y, " " + ("0" if value == 0 else text), va="center", fontsize=9.5, color=INK
            )
        ends = [opening, *levels[1:], closing]
        for y, level in enumerate(ends):
            ax.plot([level, level], [y + 0.31, y + 0.69], color=MUTED, linewidth=0.8)
        ax.set_yticks(range(len(names)), names)
        ax.set_ylim(len(names) - 0.4, -0.6)
        ax.set_xlim(0, 1.14 * max(*(b + h for b, h in zip(bottoms, heights, strict=True)), 1.0))
        ax.set_xlabel(unit)
        ax.xaxis.set_major_formatter(lambda x, _pos: f"{x:,.0f}")
        ax.locator_params(axis="x", nbins=5)
        quiet(ax)
        svg, png = render(fig)
    return Picture(svg, png, {"label": names, "value": [float(v) for v in shown]})


def flow_bars(
    opening: float | None,
    flows: Sequence[float | None],
    closing: float | None,
    labels: Sequence[str],
    *,
    unit: str,
    lang: str = "zh",
) -> Picture:
    """Opening, flows (signed) and closing as bars from zero; None is withheld: ※ and no bar. Without every line there
    is no running level, so none is drawn."""
    names = [words("opening", lang), *labels, words("closing", lang)]
    values = [opening, *flows, closing]
    with canvas(0.7 + 0.31 * len(names)) as fig:
        ax = fig.subplots()
        for y, value in enumerate(values):
            if value is None:
                ax.text(0, y, f" {SUPPRESSED}", va="center", fontsize=9.5, color=MUTED)
                continue
            is_stock = y in (0, len(values) - 1)
            colour = VALUE if is_stock else VALUE_LIGHT if value > 0 else "white"
            hatch = "////" if value < 0 and not is_stock else ""
            ax.barh(y, abs(value), 0.62, color=colour, hatch=hatch, edgecolor=VALUE, linewidth=0.8 if value else 0)
            text = f"{abs(value):,.0f}" if is_stock or not value else f"{value:+,.0f}".replace("-", "−")
            ax.text(abs(value), y, f" {text}", va="center", fontsize=9.5, color=INK)
        ax.set_yticks(range(len(names)), names)
        ax.set_ylim(len(names) - 0.4, -0.6)
        ax.set_xlim(0, 1.14 * max(*(abs(v) for v in values if v is not None), 1.0))
        ax.set_xlabel(unit)
        ax.xaxis.set_major_formatter(lambda x, _pos: f"{x:,.0f}")
        ax.locator_params(axis="x", nbins=5)
        quiet(ax)
        svg, png = render(fig)
    return Picture(svg, png, {"label": names, "value": values})
