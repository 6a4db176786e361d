"""Under nbval: a changed number in a block fails, changed pixels do not."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient
from nbformat.v4 import new_code_cell, new_notebook

SETUP = """
from pathlib import Path
from evaltools.report.binding import num
from evaltools.report.blocks import Chapter, Figure, Ground, Paragraph, Table
def chapter(name):
    rate, pixels, drawn = (float(x) for x in Path(name).read_text().split())
    bound = num(rate, ref="r", ground=Ground("data", ("survey",), "mean", 412), unit="share")
    png = b"\\x89PNG\\r\\n\\x1a\\n" + bytes([int(pixels)]) * 20
    figure = Figure("图", f"<svg>{pixels}</svg>", png, {"x": [drawn]}, "图")
    return Chapter("二", "质量", (Paragraph("漏评率", bound), figure, Table("表", ("率",), ((bound,),))))
"""
STORED = "0.0123 1 0.5"
CHANGED = {"same": STORED, "pixels": "0.0123 2 0.5", "number": "0.0124 1 0.5", "drawn": "0.0123 1 0.6"}


@pytest.fixture(scope="module")
def outcome(tmp_path_factory) -> str:
    """What nbval says of an executed notebook after something was changed under each cell but the first."""
    folder: Path = tmp_path_factory.mktemp("nbval")
    for name in CHANGED:
        (folder / name).write_text(STORED, "utf-8")
    notebook = new_notebook(cells=[new_code_cell(SETUP.strip()), *(new_code_cell(f'chapter("{n}")') for n in CHANGED)])
    notebook.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3", "language": "python"}
    NotebookClient(notebook, kernel_name="python3", resources={"metadata": {"path": str(folder)}}).execute()
    nbformat.write(notebook, folder / "n.ipynb")
    for name, given in CHANGED.items():
        (folder / name).write_text(given, "utf-8")
    command = [sys.executable, "-m", "pytest", "--nbval", "-rA", "-p", "no:cacheprovider", "n.ipynb"]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False).stdout


def verdict(outcome: str, name: str) -> str:
    cell = list(CHANGED).index(name) + 1
    found = re.search(rf"^(PASSED|FAILED) \S*n\.ipynb::.*Cell {cell}\b", outcome, re.M)
    assert found, outcome
    return found[1]


def test_unchanged_and_repainted_chapters_pass(outcome):
    assert verdict(outcome, "same") == "PASSED"
    assert verdict(outcome, "pixels") == "PASSED"


def test_a_changed_number_in_a_block_fails_and_is_shown(outcome):
    assert verdict(outcome, "number") == "FAILED"
    assert "1.24%" in outcome


def test_changed_chart_data_fail(outcome):
    assert verdict(outcome, "drawn") == "FAILED"
