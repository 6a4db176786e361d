"""Pictures that evaluators bring: any raster format becomes PNG, the one that every writer takes."""

from __future__ import annotations

import io
import tempfile
from pathlib import Path

from evaltools.errors import ReportError
from evaltools.report import fonts

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


def printed_width(raw: bytes, most: float = 15.4, tallest: float = 17.0) -> float:
    """Width in cm at which a PNG prints: as wide as the text, no taller than a page, not blown up past 72 dpi."""
    width, height = png_size(raw)
    return round(min(most, tallest * width / max(height, 1), width / 72 * 2.54), 2)


def rasterised(svg: str, where: str) -> bytes:
    """An SVG picture as PNG for Word, drawn by the engine of the PDF. Errors: ReportError when it cannot be drawn."""
    import typst

    source = b'#set page(width: 16cm, height: auto, margin: 0pt)\n#image("picture.svg", width: 100%)'
    with tempfile.TemporaryDirectory(prefix="evaltools-svg-") as name:
        folder = Path(name)
        (folder / "picture.svg").write_text(svg, "utf-8")
        (folder / "main.typ").write_bytes(source)
        faces = [str(p.parent) for p in fonts.shipped()[:1]]
        try:
            made = typst.compile(str(folder / "main.typ"), root=name, font_paths=faces, ignore_system_fonts=True,
                                 format="png", ppi=200.0)  # fmt: skip
        except typst.TypstError as error:
            raise ReportError(f"an SVG picture that cannot be drawn: {error}", where=where) from error
    return bytes(made[0]) if isinstance(made, list) else bytes(made)
