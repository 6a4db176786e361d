"""One writer per format; `write` makes them all from one assembled document, or none."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from evaltools.errors import ReportError, nearest
from evaltools.report.assemble import Assembled, all_texts, assemble
from evaltools.report.blocks import Document, Figure
from evaltools.report.fonts import check_glyphs

FORMATS = ("html", "docx", "pdf", "xlsx", "json")


def write(
    document: Document, folder: str | Path, formats: Sequence[str] = FORMATS, *, stem: str = "report"
) -> dict[str, Path]:  # fmt: skip
    """Write `document` into `folder` (made if absent) as `report.html`, `.docx`, `.pdf`, `.xlsx`, `.json`.

    Returns the path of each format. Equal documents give equal bytes: every date in a file is the document's `as_of`.
    Nothing is left under these names when a writer fails. Errors: ReportError for an unknown format, a character that
    no font holds (PDF), a reference to nothing, a number whose text does not show its value.
    """
    folder = Path(folder)
    unknown = [f for f in formats if f not in FORMATS]
    if unknown or not formats:
        seen = f"format {unknown[0]!r}" if unknown else "no format"
        raise ReportError(seen, expected=nearest((unknown or [""])[0], FORMATS))
    built = assemble(document)
    if "pdf" in formats:
        check_glyphs((where, built.text(text)) for where, _, text in all_texts(built.document))
        check_glyphs((i.where, text) for c in built.chapters for i in c.items for text in drawn(i.block))
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".writing-", dir=folder) as temporary:
        made = {f: Path(temporary) / f"{stem}.{f}" for f in dict.fromkeys(formats)}
        for name, path in made.items():
            path.write_bytes(writer(name)(built))
        for name, path in made.items():
            path.replace(folder / f"{stem}.{name}")
    return {name: folder / f"{stem}.{name}" for name in made}


def drawn(block: object) -> Iterator[str]:
    """The labels that a figure draws, from its data."""
    for values in block.data.values() if isinstance(block, Figure) else ():
        yield from (v for v in values if isinstance(v, str)) if isinstance(values, tuple) else ()


def writer(name: str) -> Callable[[Assembled], bytes]:
    """The function that makes the bytes of a format; writers are loaded when used."""
    if name == "html":
        from evaltools.report.writers.web import web_bytes

        return web_bytes
    if name == "json":
        from evaltools.report.writers.record import json_bytes

        return json_bytes
    if name == "docx":
        from evaltools.report.writers.word import docx_bytes

        return docx_bytes
    if name == "pdf":
        from evaltools.report.writers.pdf import pdf_bytes

        return pdf_bytes
    from evaltools.report.writers.excel import xlsx_bytes

    return xlsx_bytes
