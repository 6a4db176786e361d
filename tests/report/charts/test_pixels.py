"""A palette may not change a chart: exact where it can be, near where not, and left out where it would be seen."""

import io

import numpy as np
from PIL import Image

from evaltools.report.charts.pixels import NEAR, png_bytes


def picture(colours, side=40):
    """(side, side, 4) opaque pixels, the colours in turn."""
    flat = np.resize(np.asarray(colours, dtype=np.uint8), (side * side, 3))
    return np.dstack([flat.reshape(side, side, 3), np.full((side, side), 255, np.uint8)])


def read(raw):
    image = Image.open(io.BytesIO(raw))
    return image.mode, np.asarray(image.convert("RGB")).astype(int)


def test_up_to_256_colours_are_kept_exactly():
    rgba = picture([(i, 255 - i, i // 2) for i in range(256)])
    mode, back = read(png_bytes(rgba, 200))
    assert mode == "P"
    assert (back == rgba[..., :3]).all()


def test_more_colours_than_that_change_less_than_can_be_seen():
    rgba = picture([(i % 256, i % 256 + i // 256 * 3, 0) for i in range(240)] + [(i, i, 40) for i in range(240)])
    mode, back = read(png_bytes(rgba, 200))
    assert mode == "P"
    assert 0 < np.abs(back - rgba[..., :3]).max() <= NEAR


def test_a_picture_that_a_palette_would_change_visibly_keeps_its_colours():
    rng = np.random.default_rng(1)
    rgba = picture(rng.integers(0, 256, (1600, 3)))
    mode, back = read(png_bytes(rgba, 200))
    assert mode == "RGB"
    assert (back == rgba[..., :3]).all()


def test_equal_pixels_are_equal_bytes_and_the_resolution_is_written():
    rgba = picture([(1, 2, 3), (200, 10, 10)])
    assert png_bytes(rgba, 200) == png_bytes(rgba.copy(), 200)
    assert round(Image.open(io.BytesIO(png_bytes(rgba, 200))).info["dpi"][0]) == 200
