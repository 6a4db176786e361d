"""Gates × cities: one mark a cell, its rate beside it; told apart by shape, so that grey print loses nothing."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from matplotlib.lines import Line2D
from matplotlib.patches import Rectangle

from evaltools.report.charts.picture import Picture
from evaltools.report.charts.style import RULE_LINE, canvas, key, marker, render
from evaltools.terms import VerdictState

SHADE = "#e9e9e9"


def gate_matrix(
    cities: Sequence[str], gates: Sequence[str], states: Sequence[Sequence[VerdictState]],
    texts: Sequence[Sequence[str]], *, lang: str = "zh",
) -> Picture:  # fmt: skip
    """`states[c][g]` and `texts[c][g]`: verdict and rate of a city; a cell not met is shaded."""
    with canvas(0.95 + 0.31 * len(cities)) as fig:
        ax = fig.subplots()
        for i, row in enumerate(states):
            for j, state in enumerate(row):
                if state is VerdictState.NOT_MET:
                    ax.add_patch(Rectangle((j, i), 1, 1, facecolor=SHADE, linewidth=0))
                look: dict[str, Any] = {"linestyle": "none", **marker(state), "markersize": 7.5}
                ax.plot([j + 0.2], [i + 0.5], **look)  # type: ignore[arg-type]
                ax.text(j + 0.36, i + 0.5, texts[i][j], va="center", ha="left", fontsize=9.5)
        ax.hlines(range(len(cities) + 1), 0, len(gates), color=RULE_LINE, linewidth=0.6)
        ax.set_xlim(0, len(gates))
        ax.set_ylim(len(cities), 0)
        ax.set_xticks([j + 0.5 for j in range(len(gates))], [_broken(g) for g in gates])
        ax.set_yticks([i + 0.5 for i in range(len(cities))], cities)
        ax.xaxis.tick_top()
        ax.tick_params(length=0)
        for spine in ax.spines.values():
            spine.set_visible(False)
        present = [s for s in VerdictState if any(s is x for row in states for x in row)]
        key(fig, [Line2D([], [], linestyle="none", label=getattr(s, lang), **marker(s)) for s in present], below=True)
        svg, png = render(fig)
    flat = [(c, g, s.value, t) for c, row, text in zip(cities, states, texts, strict=True)
            for g, s, t in zip(gates, row, text, strict=True)]  # fmt: skip
    names = ("city", "gate", "state", "text")
    return Picture(svg, png, {n: [f[k] for f in flat] for k, n in enumerate(names)})


def _broken(name: str) -> str:
    """A long column head on two lines."""
    if len(name) <= 14 or " " not in name:
        return name
    words = name.split()
    half = min(range(1, len(words)), key=lambda k: abs(len(" ".join(words[:k])) - len(" ".join(words[k:]))))
    return " ".join(words[:half]) + "\n" + " ".join(words[half:])
