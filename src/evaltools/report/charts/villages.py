"""Villages: the distribution of collective income, and coverage from the lowest county to the highest."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator

from evaltools.report.charts.picture import Picture, share, words
from evaltools.report.charts.style import DASHES, INK, LIMIT, MUTED, VALUE, VALUE_LIGHT, canvas, key, quiet, render

YUAN_PER_WAN = 10_000


def collective_income(yuan: np.ndarray, *, lang: str = "zh") -> Picture:
    """`yuan`: (villages,) collective income a year, no missing values. A histogram with the median, the middle half
    and the mean: a few rich villages pull the mean, so it is drawn as the lesser mark."""
    wan = np.sort(np.asarray(yuan, float)) / YUAN_PER_WAN
    low, median, high = np.quantile(wan, [0.25, 0.5, 0.75])
    counts, edges = np.histogram(wan, bins=_nice_bins(wan))
    with canvas(2.9) as fig:
        ax = fig.subplots()
        ax.axvspan(low, high, color="#e9e9e9", linewidth=0, label=words("quartiles", lang))
        ax.bar(edges[:-1], counts, np.diff(edges), align="edge", color=VALUE_LIGHT, edgecolor="white", linewidth=0.6)
        ax.axvline(median, color=VALUE, linewidth=2.2, label=f"{words('median', lang)} {median:,.1f}")
        ax.axvline(
            wan.mean(),
            color=MUTED,
            linewidth=1.6,
            linestyle=(0, (1, 1)),
            label=f"{words('mean', lang)} {wan.mean():,.1f}",
        )
        ax.set_xlim(edges[0], edges[-1])
        ax.yaxis.set_major_locator(MaxNLocator(nbins=6, integer=True))
        ax.set_xlabel(words("collective_axis", lang))
        ax.set_ylabel(words("villages", lang))
        quiet(ax, grid="y")
        key(fig, ax.get_legend_handles_labels()[0])
        svg, png = render(fig)
    return Picture(
        svg,
        png,
        {
            "edges_wan_yuan": edges.tolist(),
            "villages": counts.tolist(),
            "median_wan_yuan": float(median),
            "quartiles_wan_yuan": [float(low), float(high)],
            "mean_wan_yuan": float(wan.mean()),
        },
    )


def _nice_bins(values: np.ndarray, most: int = 24) -> np.ndarray:
    """Edges at multiples of 1, 2 or 5 × 10^k from at or below the smallest value, at most `most` bins."""
    low, high = float(values.min()), float(values.max())
    rough = max(high - low, 1e-9) / most
    power = 10.0 ** np.floor(np.log10(rough))
    width = next(power * m for m in (1, 2, 5, 10) if power * m >= rough)
    first = width * np.floor(low / width)
    return first + width * np.arange(int(np.floor((high - first) / width)) + 2)


def coverage_dumbbells(
    items: Sequence[str],
    lowest: np.ndarray,
    city: np.ndarray,
    highest: np.ndarray,
    targets: np.ndarray,
    *,
    lang: str = "zh",
) -> Picture:
    """All arrays (items,), fractions, NaN where unknown; `targets` NaN where no rule sets one."""
    n = len(items)
    y = np.arange(n)
    ends = lowest != highest  # where all counties are equal the city's mark says it all
    with canvas(0.8 + 0.36 * n) as fig:
        ax = fig.subplots()
        ax.hlines(y, 100 * lowest, 100 * highest, color=VALUE_LIGHT, linewidth=3)
        ax.plot(
            100 * lowest[ends],
            y[ends],
            linestyle="none",
            marker="<",
            markersize=8,
            color=VALUE,
            clip_on=False,
            zorder=4,
        )
        ax.plot(
            100 * highest[ends],
            y[ends],
            linestyle="none",
            marker=">",
            markersize=8,
            color=VALUE,
            clip_on=False,
            zorder=4,
        )
        ax.plot(
            100 * city,
            y,
            linestyle="none",
            marker="o",
            markersize=8,
            markerfacecolor="white",
            markeredgecolor=VALUE,
            markeredgewidth=1.6,
            clip_on=False,
            zorder=5,
        )
        ax.vlines(100 * targets, y - 0.36, y + 0.36, color=LIMIT, linewidth=2, linestyle=DASHES, clip_on=False)
        drawn = np.concatenate([lowest, city, highest, targets])
        floor = 100 * float(np.nanmin(drawn)) if not np.isnan(drawn).all() else 0.0
        ax.set_xlim(max(0.0, floor - 0.12 * (100 - floor) - 1), 100)
        ax.set_yticks(y, items)
        ax.set_ylim(n - 0.5, -0.5)
        ax.xaxis.set_major_formatter(lambda x, _pos: share(x / 100))
        ax.set_xlabel(words("coverage_axis", lang))
        ax.spines["left"].set_visible(False)
        quiet(ax)
        key(fig, _keys(lang, bool(np.isfinite(targets).any())))
        svg, png = render(fig)
    return Picture(
        svg,
        png,
        {
            "item": list(items),
            "lowest": lowest.tolist(),
            "city": city.tolist(),
            "highest": highest.tolist(),
            "target": targets.tolist(),
        },
    )


def _keys(lang: str, has_target: bool) -> list[Line2D]:
    plain = {"linestyle": "none", "markersize": 8}
    keys = [
        Line2D([], [], marker="<", color=VALUE, label=words("lowest_county", lang), **plain),
        Line2D(
            [],
            [],
            marker="o",
            markerfacecolor="white",
            markeredgecolor=VALUE,
            color=INK,
            label=words("whole_city", lang),
            **plain,
        ),
        Line2D([], [], marker=">", color=VALUE, label=words("highest_county", lang), **plain),
    ]
    target = Line2D([], [], color=LIMIT, linewidth=2, linestyle=DASHES, label=words("limit", lang))
    return [*keys, target] if has_target else keys
