"""Pictures that evaluators bring: any raster format becomes PNG, the one that every writer takes."""

from __future__ import annotations

import io

from evaltools.errors import ReportError

PNG = b"\x89PNG\r\n\x1a\n"


def to_png(raw: bytes) -> bytes:
    """The picture as PNG; PNG stays as it is. Errors: ReportError when it cannot be read."""
    if raw.startswith(PNG):
        return raw
    from PIL import Image, UnidentifiedImageError

    out = io.BytesIO()
    try:
        with Image.open(io.BytesIO(raw)) as image:
            image.convert("RGB").save(out, "PNG")
    except UnidentifiedImageError as error:
        raise ReportError("a picture that cannot be read", expected="PNG, JPEG, GIF or SVG") from error
    return out.getvalue()


def png_size(raw: bytes) -> tuple[int, int]:
    """Width and height of a PNG in pixels, from its header."""
    return int.from_bytes(raw[16:20], "big"), int.from_bytes(raw[20:24], "big")
