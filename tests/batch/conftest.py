"""A small notebook and a small data folder: a batch is tested without the cost of whole reports."""

from __future__ import annotations

import nbformat
import pytest

from evaltools.batch import plan

CITIES = ("meizhou", "shanwei", "foshan")
DEFAULTS = {"city": "meizhou", "year": "2020", "as_of": "", "lang": "zh"}


@pytest.fixture
def data(tmp_path):
    folder = tmp_path / "data"
    folder.mkdir()
    for key in CITIES:
        (folder / f"{key}.txt").write_text(f"{key} has 3 villages", encoding="utf-8")
    return folder


@pytest.fixture
def notebook(tmp_path):
    """Builds a parameterised notebook from code cells; the first cell declares the five parameters."""

    def build(*code: str):
        first = 'city = "meizhou"\nyear = 2020\nas_of = ""\ndata = "data/demo"\nlang = "zh"'
        cells = [nbformat.v4.new_code_cell(first, metadata={"tags": ["parameters"]})]
        cover = (
            "from evaltools.report import Document\n"
            'meta = {"city": city, "year": year, "as_of": f"{year}-12-31", "lang": lang, "synthetic": True}\n'
            'Document(title="小报告", meta=meta)'
        )
        cells += [nbformat.v4.new_code_cell(cover), nbformat.v4.new_markdown_cell("# 一章\n\n正文。")]
        cells += [nbformat.v4.new_code_cell(c) for c in code]
        book = nbformat.v4.new_notebook(cells=cells)
        book.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3", "language": "python"}
        path = tmp_path / "small.ipynb"
        nbformat.write(book, path)
        return path

    return build


@pytest.fixture
def jobs(data, tmp_path):
    """Plans the three cities with the small notebook, HTML and JSON only."""

    def build(notebook, cities=CITIES):
        given = [{**DEFAULTS, "city": c, "data": str(data)} for c in cities]
        return plan(given, notebook=notebook, out=tmp_path / "reports", formats=("html", "json"))

    return build
