"""The stored outputs of the notebooks are a regression: a changed rule or estimator makes nbval fail."""

import subprocess
import sys

import nbformat
import pytest

CHANGED_RULE = (
    "from evaltools.standards import RuleBook\n"
    "_changed = RuleBook.load().with_value('gate.omission_rate_max', 0.05, reason='x')\n"
    "RuleBook.load = staticmethod(lambda extra=None: _changed)\n"
)
CHANGED_ESTIMATOR = (
    "import evaltools.indicators.targeting.sample as _s, evaltools.intake.tables as _t\n"
    "_load = _t.Tables.load\n"
    "def _heavier(self, table, *a, **k):\n"
    "    frame = _load(self, table, *a, **k)\n"
    "    return frame.assign(weight=frame['weight'] ** 2) if 'weight' in frame else frame\n"
    "_t.Tables.load = _heavier\n"
)


def nbval(path, root):
    """Outcome of nbval on a notebook: (passed, failed cells)."""
    sanitize = str(root / "tests" / "notebooks" / "sanitize.cfg")
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "--nbval", "--nbval-sanitize-with", sanitize, "-p", "no:cacheprovider",
         "-c", str(root / "pyproject.toml"), "--rootdir", str(path.parent), str(path)],
        cwd=path.parent, capture_output=True, text=True, check=False,
    )  # fmt: skip
    return done.returncode, done.stdout


@pytest.fixture
def copy(root, tmp_path):
    """The tutorial up to its gates, with stored outputs, and lines put before the import."""

    def build(before: str):
        book = nbformat.read(root / "notebooks" / "tutorials" / "01_first_city.ipynb", as_version=4)
        last = max(i for i, c in enumerate(book.cells) if c.source == "meizhou.gates")
        book.cells = book.cells[: last + 1]
        code = next(c for c in book.cells if c.cell_type == "code")
        code.source = before + code.source
        path = tmp_path / "copy.ipynb"
        nbformat.write(book, path)
        return path

    return build


@pytest.mark.parametrize(
    "before", [CHANGED_RULE, pytest.param(CHANGED_ESTIMATOR, marks=pytest.mark.slow)], ids=["rule", "weights"]
)
def test_a_changed_rule_or_estimate_makes_the_regression_fail(copy, root, before):
    status, text = nbval(copy(before), root)
    assert status == 1
    assert "Cell outputs differ" in text


EXECUTED_ELSEWHERE = {"province_report.ipynb"}
"""Too slow for nbval and stored without outputs: tests/report/province executes it once and reads what comes out."""


def test_every_notebook_is_stored_with_outputs_and_without_errors(root):
    for path in sorted((root / "notebooks").rglob("*.ipynb")):
        if ".ipynb_checkpoints" in path.parts or path.name in EXECUTED_ELSEWHERE:
            continue
        code = [c for c in nbformat.read(path, as_version=4).cells if c.cell_type == "code"]
        outputs = [o for c in code for o in c.outputs]
        assert outputs, f"{path.name} stores no outputs: nothing would be compared"
        assert not [o for o in outputs if o.output_type == "error"], path.name


def test_notebooks_stay_thin(root):
    """One parameters cell of plain literals, then sentence – call – display: no def, no loop, no reading of files."""
    import ast

    banned = (ast.FunctionDef, ast.For, ast.While, ast.ClassDef, ast.Lambda)
    for path in sorted((root / "notebooks").rglob("*.ipynb")):
        for cell in nbformat.read(path, as_version=4).cells:
            if cell.cell_type == "code":
                found = [type(n).__name__ for n in ast.walk(ast.parse(cell.source)) if isinstance(n, banned)]
                assert not found, f"{path.name}: {found}"
                assert "read_csv" not in cell.source
