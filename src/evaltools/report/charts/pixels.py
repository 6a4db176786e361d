"""A drawn chart as a small PNG."""

from __future__ import annotations

import io

import numpy as np
from numpy.typing import NDArray
from PIL import Image

NEAR = 16
"""Largest change of a channel (of 255) that a palette may bring to a pixel at 200 dpi: not seen on paper or screen."""
FREQUENT = 128
"""Colours that enter the palette because most pixels have them; the others because they are farthest from these."""
MOST = 1 << 15
"""A picture with more colours is a photograph, not a chart."""


def png_bytes(rgba: NDArray[np.uint8], dpi: int) -> bytes:
    """A PNG of opaque (height, width, 4) pixels.

    A chart has few colours: its pixels are written as places in a palette of 256, in half the bytes and a third of the
    time, unless that would change one of them by more than `NEAR`. Equal pixels give equal bytes.
    """
    image = Image.fromarray(rgba)
    found = sorted(image.getcolors(MOST) or (), reverse=True)
    image = _in_palette(rgba, np.array([c for _, c in found], dtype=np.int16)[:, :3]) if found else None
    out = io.BytesIO()
    (image or Image.fromarray(rgba).convert("RGB")).save(out, "PNG", dpi=(dpi, dpi))
    return out.getvalue()


def _in_palette(rgba: NDArray[np.uint8], colours: NDArray[np.int16]) -> Image.Image | None:
    """colours : (n, 3), the most frequent first. None where 256 of them are not near all."""
    near, place = _palette(colours)
    if np.abs(colours - colours[near[place]]).max() > NEAR:
        return None
    numbers = rgba.view("<u4")[..., 0] & 0xFFFFFF  # red is the lowest byte
    wide = colours.astype(np.uint32)
    table = np.zeros(1 << 24, dtype=np.uint8)
    table[wide[:, 0] | wide[:, 1] << 8 | wide[:, 2] << 16] = place
    image = Image.fromarray(table[numbers])
    image.putpalette(colours[near].astype(np.uint8).tobytes())
    return image


def _palette(colours: NDArray[np.int16]) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """(which 256 or fewer of n colours, (n,) the nearest of these): the frequent ones, then always the farthest."""
    chosen = list(range(min(FREQUENT, len(colours))))
    far = np.abs(colours[:, None, :] - colours[None, chosen, :]).max(axis=2)
    least, place = far.min(axis=1), far.argmin(axis=1)
    while len(chosen) < min(256, len(colours)):
        new = int(least.argmax())
        away = np.abs(colours - colours[new]).max(axis=1)
        place[away < least] = len(chosen)
        least = np.minimum(least, away)
        chosen.append(new)
    return np.array(chosen), place
