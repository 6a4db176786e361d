"""Word: clean HTML through pandoc (real tables, pictures, headings), then the official layout by python-docx.

pandoc is the one that ships with the package, never another on the machine; every date in the file is `as_of`.
"""

from __future__ import annotations

import io
import os
import subprocess
import tempfile
import zipfile
from datetime import UTC, date, datetime
from html import escape
from pathlib import Path

from evaltools.errors import DataMissingError, ReportError
from evaltools.report.assemble import Assembled, Placed
from evaltools.report.blocks import Figure
from evaltools.report.images import rasterised
from evaltools.report.markup import Pen
from evaltools.report.words import words
from evaltools.report.writers.word_layout import lay_out

EPOCH = date(1980, 1, 1)


def docx_bytes(built: Assembled) -> bytes:
    """The Word file. Errors: ReportError with pandoc's message."""
    with tempfile.TemporaryDirectory(prefix="evaltools-docx-") as name:
        folder = Path(name)
        (folder / "report.html").write_text(word_html(built, folder), "utf-8")
        raw = run_pandoc(folder, ["report.html", "--from=html", "--to=docx", "--output=raw.docx"], stamp(built))
        if raw:
            raise ReportError(f"pandoc: {raw}", where="Word")
        laid_out = lay_out((folder / "raw.docx").read_bytes(), built, moment(built))
    return repacked(laid_out)


def word_html(built: Assembled, folder: Path) -> str:
    """The document as HTML for pandoc; pictures are written to `folder` as PNG."""

    def picture(placed: Placed) -> str:
        figure = placed.block
        if not isinstance(figure, Figure):
            raise TypeError(f"{type(figure).__name__} is no figure")
        name = f"{placed.anchor}.png"
        (folder / name).write_bytes(figure.png or rasterised(figure.svg, placed.where))
        return name

    document, pen, say = built.document, Pen("word", built, picture=picture), words(built.lang)

    def styled(style: str, content: str) -> str:
        return f'<div data-custom-style="{style}"><p>{content}</p></div>'

    parts = [styled("CoverMark", escape(say["synthetic"]))] if document.is_synthetic else []
    parts.append(styled("CoverTitle", pen.inline(document.title)))
    parts += [styled("CoverSubtitle", pen.inline(document.subtitle))] if document.subtitle else []
    colon = escape(say["colon"])
    parts += [styled("CoverLine", f"{escape(k)}{colon}{pen.inline(v)}") for k, v in document.meta["lines"]]
    parts += [pen.chapter(c) for c in built.chapters]
    return f'<!DOCTYPE html>\n<html lang="zh-CN"><body>\n{chr(10).join(parts)}\n</body></html>\n'


def run_pandoc(folder: Path, arguments: list[str], epoch: int) -> str:
    """Run the package's pandoc in `folder`; returns its error text, "" when all is well."""
    import pypandoc

    program = Path(pypandoc.__file__).resolve().parent / "files" / ("pandoc.exe" if os.name == "nt" else "pandoc")
    if not program.exists():
        raise DataMissingError("pandoc is not installed", expected="the package pypandoc-binary",
                               todo="install the locked requirements (make setup)")  # fmt: skip
    environment = {**os.environ, "SOURCE_DATE_EPOCH": str(epoch)}
    done = subprocess.run(
        [str(program), *arguments], cwd=folder, env=environment, capture_output=True, text=True, check=False
    )
    return "" if done.returncode == 0 else (done.stderr.strip() or f"exit status {done.returncode}")


def moment(built: Assembled) -> datetime:
    """The document's date as a moment: `as_of` at midnight UTC; 1980, the earliest of a zip, where none is given."""
    given = str(built.document.meta.get("as_of") or EPOCH.isoformat())[:10]
    return datetime.combine(max(date.fromisoformat(given), EPOCH), datetime.min.time(), UTC)


def stamp(built: Assembled) -> int:
    """SOURCE_DATE_EPOCH of a document."""
    return int(moment(built).timestamp())


def repacked(archive: bytes) -> bytes:
    """The same zip with its members in order and one date, so that equal documents are equal files."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(archive)) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        names = sorted(old.namelist(), key=lambda n: (n != "[Content_Types].xml", n))
        for name in names:
            info = zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0))
            info.compress_type, info.external_attr, info.create_system = zipfile.ZIP_DEFLATED, 0o600 << 16, 3
            new.writestr(info, old.read(name), compresslevel=6)
    return out.getvalue()
