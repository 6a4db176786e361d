"""An executed notebook as a document: what the chapters displayed, and what evaluators wrote and computed between them.

Cells tagged `hide` or `parameters` are left out. Markdown, tables and pictures of any other cell come out in every
format; printed text only from cells tagged `show`. A first line `# 表：标题` or `# 图：标题` names a cell's output.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from evaltools.errors import ReportError
from evaltools.report.blocks import Block, Chapter, Document, Figure, Ground, Paragraph, plain_text
from evaltools.report.display import KEY, MIME
from evaltools.report.frames import blocks_from_html, bound_text
from evaltools.report.images import to_png
from evaltools.report.libraries import load_nbformat
from evaltools.report.markdown import blocks_from_markdown
from evaltools.report.serial import decode, encode
from evaltools.report.words import words

nbformat: Any = load_nbformat()
LEFT_OUT = {"hide", "parameters", "injected-parameters", "raises-exception", "remove-cell"}
TRACEBACK = re.compile(r"Traceback \(most recent call last\)")
NAMED = re.compile(r"^\s*#\s*(?:表|图|Table|Figure|title)\s*[:：]\s*(.+?)\s*$", re.M)

Item = Document | Chapter | Block


def document_from_notebook(path: str | Path) -> Document:
    """The report an executed notebook holds.

    Errors: ReportError for a cell that failed (also where the runner missed it), a cell that was not run, or a notebook
    that shows no title page.
    """
    path = Path(path)
    notebook = read_notebook(path)
    check_executed(notebook, path.name)
    covers = [i for i in _raw_items(notebook) if isinstance(i, Document)]
    if not covers:
        raise ReportError(
            "a notebook that shows no title page", where=path.name, expected="a cell that ends in report.cover",
            todo="start from notebooks/city_report.ipynb",
        )  # fmt: skip
    cover = covers[0]
    chapters = _chapters(_items(notebook, cover.lang), words(cover.lang)["preface"])
    return replace(cover, chapters=tuple(chapters))


def _chapters(items: Iterable[Item], preface: str) -> list[Chapter]:
    """Blocks under the chapter that was opened last; a heading with an earlier chapter's number goes on with it."""
    chapters: list[Chapter] = []
    at = -1
    for item in items:
        if isinstance(item, Chapter):
            at = next((i for i, c in enumerate(chapters) if c.number and c.number == item.number), len(chapters))
            if at < len(chapters):
                chapters[at] = replace(chapters[at], blocks=(*chapters[at].blocks, *item.blocks))
            else:
                chapters.append(item)
        elif not isinstance(item, Document):
            if at < 0:
                chapters.append(Chapter("", preface))
                at = 0
            chapters[at] = replace(chapters[at], blocks=(*chapters[at].blocks, item))
    return chapters


def read_notebook(path: Path) -> Any:
    """The notebook file. Errors: ReportError when there is none or it is no notebook."""
    try:
        return nbformat.read(path, as_version=4)
    except FileNotFoundError as error:
        raise ReportError(f"no notebook {path.name}", expected="an executed .ipynb") from error
    except (nbformat.reader.NotJSONError, nbformat.ValidationError, ValueError) as error:
        raise ReportError(f"{path.name} is no readable notebook: {error}", expected="an executed .ipynb") from error


def check_executed(notebook: Any, name: str) -> None:
    """Errors: ReportError naming every cell that failed or was not run.

    A traceback that reached the notebook as display data (rich) or as printed text is an error too: the cell's result
    is not there. A cell tagged `raises-exception` fails on purpose and is left out of the report.
    """
    found = []
    for i, cell in enumerate(notebook.cells, 1):
        if cell.cell_type != "code" or "raises-exception" in _tags(cell):
            continue
        place = f"cell {i} ({_first_line(cell.source)})"
        errors = [f"{place}: {e}" for e in map(_error, cell.outputs) if e]
        found += errors
        if not errors and cell.source.strip() and cell.get("execution_count") is None:
            found.append(f"{place}: not executed")
    if found:
        raise ReportError(f"{len(found)} cell(s) of the notebook failed: {found[0]}", where=name, detail=found,
                          expected="a notebook whose cells all ran",
                          todo="correct the first failing cell and run all cells again")  # fmt: skip


def _error(output: Any) -> str:
    """What went wrong in an output, "" when nothing did."""
    if output.output_type == "error":
        return f"{output.get('ename', 'error')}: {output.get('evalue', '')}"
    data = output.get("data", {})
    texts = [output.get("text", "")] if output.output_type == "stream" else [
        _joined(data[k]) for k in ("text/plain", "text/html", "text/markdown") if k in data
    ]  # fmt: skip
    return next((_last_line(text) for text in texts if TRACEBACK.search(text)), "")


def _last_line(traceback: str) -> str:
    """The line of a traceback that says what went wrong: the last one with words in it."""
    text = re.sub(r"\x1b\[[0-9;]*m|<[^>]+>", "", traceback)
    lines = [line.strip(" │╭╮╰╯─") for line in text.splitlines()]
    return next((line for line in reversed(lines) if line), "a traceback")


def _raw_items(notebook: Any) -> Iterator[Item]:
    for cell in notebook.cells:
        for output in cell.get("outputs", []):
            payload = output.get("data", {}).get(MIME)
            if payload is not None and not isinstance(payload, list) and payload.get("block") == "document":
                yield decode(payload)


def _items(notebook: Any, lang: str) -> Iterator[Item]:
    for i, cell in enumerate(notebook.cells, 1):
        if _tags(cell) & LEFT_OUT:
            continue
        if cell.cell_type == "markdown":
            yield from blocks_from_markdown(cell.source, cell.get("attachments"), lang)
        elif cell.cell_type == "code":
            for output in cell.outputs:
                yield from _from_output(cell, i, output, lang)


def _from_output(cell: Any, i: int, output: Any, lang: str) -> Iterator[Item]:
    if output.output_type == "stream":
        if "show" in _tags(cell) and output.get("name") == "stdout":
            yield from _printed(output.text, cell, i)
        return
    data, metadata = output.get("data", {}), output.get("metadata", {})
    if MIME in data:
        yield from _ours(data, metadata)
    elif "image/svg+xml" in data or "image/png" in data or "image/jpeg" in data:
        yield _picture(data, cell, lang)
    elif "text/html" in data:
        name = _name(cell, lang, "extra_table")
        yield from blocks_from_html(_joined(data["text/html"]), name, _ground(cell, i), _ref(i), lang)
    elif "text/markdown" in data:
        yield from _computed_prose(_joined(data["text/markdown"]), cell, i, lang)
    elif "text/plain" in data and "show" in _tags(cell):
        yield from _printed(_joined(data["text/plain"]), cell, i)


def _ours(data: Any, metadata: Any) -> Iterator[Item]:
    payload = data[MIME]
    if isinstance(payload, list):
        yield from decode(payload)
    elif payload.get("block") == "figure":
        svg = metadata.get(KEY, {}).get("svg", "")
        png = base64.b64decode(_joined(data.get("image/png", "")))
        yield decode({**payload, "svg": svg, "png": encode(png)})
    else:
        yield decode(payload)


def _picture(data: Any, cell: Any, lang: str) -> Figure:
    svg = _joined(data.get("image/svg+xml", ""))
    raw = _joined(data.get("image/png", "") or data.get("image/jpeg", ""))
    title = _name(cell, lang, "extra_figure")
    png = to_png(base64.b64decode(raw)) if raw else b""
    return Figure(title, svg[svg.find("<svg") :] if svg else "", png, {}, title)


def _computed_prose(text: str, cell: Any, i: int, lang: str) -> Iterator[Item]:
    """Markdown that a cell computed: its numbers are bound to the cell, not typed."""
    for block in blocks_from_markdown(text, None, lang):
        if isinstance(block, Paragraph):
            yield Paragraph(bound_text(plain_text(block.parts), _ref(i), _ground(cell, i)))
        else:
            yield block


def _printed(text: str, cell: Any, i: int) -> Iterator[Item]:
    for row in text.splitlines():
        if row.strip():
            yield Paragraph(bound_text(row.strip(), _ref(i), _ground(cell, i)))


def _ground(cell: Any, i: int) -> Ground:
    """The code of the cell is the formula."""
    return Ground("notebook", formula=cell.source.strip()[:500], rows=f"cell {i}")


def _ref(i: int) -> str:
    return f"notebook:cell-{i}"


def _name(cell: Any, lang: str, default: str) -> str:
    found = NAMED.search(cell.source)
    return found[1] if found else words(lang)[default]


def _tags(cell: Any) -> set[str]:
    return set(cell.get("metadata", {}).get("tags", []))


def _joined(text: Any) -> str:
    return text if isinstance(text, str) else "".join(text)


def _first_line(source: str) -> str:
    return source.strip().split("\n")[0][:60]
