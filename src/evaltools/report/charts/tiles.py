"""The 21 cities as a grid of tiles, west to east and north to south. A grid, no map: no boundary is drawn."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.patches import Rectangle

from evaltools.errors import ReportError
from evaltools.report.charts.picture import Picture
from evaltools.report.charts.style import INK, MUTED, RULE_LINE, VALUE, canvas, key, marker, render
from evaltools.standards import load_yaml
from evaltools.terms import VerdictState, city

GRID = Path(__file__).parents[1] / "tiles.yaml"
FILL = {
    VerdictState.MET: "#dfeaf4", VerdictState.NOT_MET: VALUE, VerdictState.UNDECIDED: "#9dbbd8",
    VerdictState.EVIDENCE_MISSING: "#ffffff",
}  # fmt: skip
"""Shade of a tile; white with a dashed edge for missing evidence, grey edge for cities that it does not apply to."""


@dataclass(frozen=True)
class Tile:
    """A city: its name, its state, and a second line such as "漏评率、认可度"; `key` as in terms.CITIES."""

    key: str
    name: str
    state: VerdictState
    line: str = ""


def tile_map(tiles: Sequence[Tile], *, lang: str = "zh") -> Picture:
    """One square a city. The state stands in the square in words and as a mark; the shade only repeats it."""
    places = load_yaml(GRID, error=ReportError)
    shown = sorted(tiles, key=lambda t: city(t.key).code)
    columns = max(int(p["column"]) for p in places.values())
    rows = max(int(p["row"]) for p in places.values())
    with canvas(0.5 + rows * 0.86) as fig:
        ax = fig.subplots()
        for tile in shown:
            _tile(ax, tile, places[tile.key], lang)
        ax.set_xlim(0.92, columns + 1.02)
        ax.set_ylim(rows + 1.02, 0.92)
        ax.set_axis_off()
        present = [s for s in VerdictState if any(t.state is s for t in shown)]
        # One legend mark a state that occurs, in the order of the vocabulary.
        key(fig, [Line2D([], [], linestyle="none", label=getattr(s, lang), **marker(s)) for s in present], below=True)
        svg, png = render(fig)
    data = {"city": [t.name for t in shown], "state": [t.state.value for t in shown], "line": [t.line for t in shown]}
    return Picture(svg, png, data)


def _tile(ax: Axes, tile: Tile, place: Mapping[str, str], lang: str) -> None:
    x, y = int(place["column"]), int(place["row"])
    fill, off = FILL.get(tile.state, "#ffffff"), tile.state not in FILL
    edge = RULE_LINE if off else VALUE
    style = (0, (3, 2)) if tile.state is VerdictState.EVIDENCE_MISSING else "solid"
    ax.add_patch(Rectangle((x, y), 0.94, 0.94, facecolor=fill, edgecolor=edge, linewidth=1.2, linestyle=style))
    ink = "white" if tile.state is VerdictState.NOT_MET else MUTED if off else INK
    size = 10.5 if lang == "zh" else 8.0
    ax.text(x + 0.08, y + 0.26, tile.name, color=ink, fontsize=size, va="center", ha="left")
    if not off:
        look = marker(tile.state) | {"markersize": 7}
        if tile.state is VerdictState.NOT_MET:
            look |= {"markerfacecolor": "white", "markeredgecolor": "white"}
        ax.plot([x + 0.82], [y + 0.26], linestyle="none", **look)  # type: ignore[arg-type]
    words = getattr(tile.state, lang)
    ax.text(x + 0.08, y + 0.58, words if lang == "zh" else _short(words), color=ink, fontsize=7.0, va="center")
    if tile.line:
        ax.text(x + 0.08, y + 0.8, tile.line, color=ink, fontsize=7.0, va="center")


def _short(words: str) -> str:
    """English states are long: what fits in a tile."""
    return words.replace(" with this sample", "").replace("evidence missing", "no evidence")
