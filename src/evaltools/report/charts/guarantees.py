"""Guarantees by county as a heat table: darker is worse, the figure stands in the cell."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence

import numpy as np
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.patches import Patch

from evaltools.report.charts.picture import Picture, words
from evaltools.report.charts.style import INK, MUTED, RULE_LINE, VALUE, canvas, key, render

_SCALE = LinearSegmentedColormap.from_list("shortfall", ["#ffffff", "#c9dbec", VALUE])


def heat_table(
    places: Sequence[str],
    columns: Sequence[str],
    shortfall: np.ndarray,
    texts: Sequence[Sequence[str]],
    *,
    is_hidden: np.ndarray,
    title: str,
    lang: str = "zh",
) -> Picture:
    """`shortfall`, `is_hidden`: (places, columns); shares in fractions, NaN where nothing is known. Darker is a larger
    share. `texts`: what stands in each cell; a hidden cell is hatched. `title` names what the shade means."""
    values = np.asarray(shortfall, float)
    top = float(np.nanmax(values, initial=0.0)) or 1.0
    with canvas(1.0 + 0.32 * len(places)) as fig:
        ax = fig.subplots()
        ax.pcolormesh(np.nan_to_num(values), cmap=_SCALE, vmin=0.0, vmax=top, edgecolors=RULE_LINE, linewidth=0.8)
        for i, row in enumerate(texts):
            for j, text in enumerate(row):
                if is_hidden[i, j]:
                    ax.fill(
                        [j, j + 1, j + 1, j],
                        [i, i, i + 1, i + 1],
                        fill=False,
                        hatch="////",
                        edgecolor=MUTED,
                        linewidth=0,
                    )
                ax.text(
                    j + 0.5,
                    i + 0.5,
                    text,
                    ha="center",
                    va="center",
                    fontsize=9.5,
                    color=_ink_on(np.nan_to_num(values[i, j]) / top),
                )
        ax.set_xticks(np.arange(len(columns)) + 0.5, [_wrapped(c) for c in columns])
        ax.set_yticks(np.arange(len(places)) + 0.5, places)
        ax.invert_yaxis()
        ax.xaxis.tick_top()
        ax.tick_params(length=0)
        for spine in ax.spines.values():
            spine.set_visible(False)
        handles = [Patch(facecolor=_SCALE(0.75), label=title)]
        if is_hidden.any():
            handles.append(
                Patch(facecolor="white", edgecolor=MUTED, hatch="////", linewidth=0, label=words("suppressed", lang))
            )
        key(fig, handles, below=True)
        svg, png = render(fig)
    return Picture(
        svg,
        png,
        {
            "place": [p for p in places for _ in columns],
            "column": [c for _ in places for c in columns],
            "share": values.ravel().tolist(),
            "is_hidden": np.asarray(is_hidden).ravel().tolist(),
        },
    )


def _wrapped(name: str, width: int = 11) -> str:
    """A long column head on two lines, broken at a space."""
    return "\n".join(textwrap.wrap(name, width, break_long_words=False)) if len(name) > width else name


def _ink_on(shade: float) -> str:
    """Black or white, whichever stands out against the shade (0 to 1) of the scale."""
    red, green, blue, _ = _SCALE(shade)
    return "white" if 0.2126 * red + 0.7152 * green + 0.0722 * blue < 0.5 else INK
