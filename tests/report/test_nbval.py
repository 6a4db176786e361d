"""Under nbval: a changed number in a block fails, changed pixels do not."""

from __future__ import annotations

import re
import subprocess
import sys
import textwrap
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient
from nbformat.v4 import new_code_cell, new_notebook

SOURCE = """
NAME = "same.txt"
from evaltools.report.blocks import Chapter, Figure, Ground, Paragraph, Table
from evaltools.report.binding import num
from pathlib import Path
rate, pixels, drawn = (float(x) for x in Path(NAME).read_text().split())
g = Ground("data", ("survey",), "mean", 412)
bound = num(rate, ref="r", ground=g, unit="share")
PNG = b"\\x89PNG\\r\\n\\x1a\\n" + bytes([int(pixels)]) * 20
Chapter("二", "质量", (Paragraph("漏评率", bound), Figure("图", f"<svg>{pixels}</svg>", PNG, {"x": [drawn]}, "图"),
                      Table("表", ("率",), ((bound,),))))
"""


GIVEN = {"same": "0.0123 1 0.5", "pixels": "0.0123 2 0.5", "number": "0.0124 1 0.5", "drawn": "0.0123 1 0.6"}


@pytest.fixture(scope="module")
def outcome(tmp_path_factory) -> str:
    """What one nbval run says of four copies of one executed notebook, three of them with something changed."""
    folder: Path = tmp_path_factory.mktemp("nbval")
    for name, given in GIVEN.items():
        (folder / f"{name}.txt").write_text(given, "utf-8")
    notebook = new_notebook(cells=[new_code_cell(textwrap.dedent(SOURCE).strip())])
    notebook.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3", "language": "python"}
    NotebookClient(notebook, kernel_name="python3", resources={"metadata": {"path": str(folder)}}).execute()
    for name in GIVEN:
        notebook.cells[0].source = notebook.cells[0].source.replace("same.txt", f"{name}.txt")
        nbformat.write(notebook, folder / f"{name}.ipynb")
        notebook.cells[0].source = notebook.cells[0].source.replace(f"{name}.txt", "same.txt")
    command = [sys.executable, "-m", "pytest", "--nbval", "-v", "-p", "no:cacheprovider", str(folder)]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False).stdout


def verdict(outcome: str, name: str) -> str:
    found = re.search(rf"^\S*{name}\.ipynb::.*?(PASSED|FAILED)", outcome, re.M)
    assert found, outcome
    return found[1]


def test_unchanged_and_repainted_notebooks_pass(outcome):
    assert verdict(outcome, "same") == "PASSED"
    assert verdict(outcome, "pixels") == "PASSED"


def test_a_changed_number_in_a_block_fails_and_is_shown(outcome):
    assert verdict(outcome, "number") == "FAILED"
    assert "1.24%" in outcome


def test_changed_chart_data_fail(outcome):
    assert verdict(outcome, "drawn") == "FAILED"
