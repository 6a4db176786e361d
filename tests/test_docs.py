"""Every command the documentation shows is run; of those with door tests of their own the options are read."""

import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PAGES = ["README.md", "README.zh-CN.md", "CONTRIBUTING.md", *sorted(p.name for p in (ROOT / "docs").glob("*.md"))]
ASK = ("report", "synth")
"""Commands that take long and have tests of their own (tests/cli, tests/synthetic): here their options are read."""


def commands(page: str) -> list[str]:
    """The `evaltools` commands in the shell blocks of a page, without comments."""
    path = ROOT / page if (ROOT / page).exists() else ROOT / "docs" / page
    blocks = re.findall(r"^```(?:bash|shell|sh)\n(.*?)^```", path.read_text(encoding="utf-8"), re.M | re.S)
    lines = [re.sub(r"\s+#.*$", "", line).strip() for block in blocks for line in block.splitlines()]
    plain = [line.removeprefix(".venv/bin/") for line in lines]
    return [line for line in plain if line.startswith("evaltools ")]


CASES = sorted({command for page in PAGES for command in commands(page)})


@pytest.mark.parametrize("command", CASES)
def test_a_documented_command_works(command, tmp_path, evaltools):
    words = shlex.split(command)[1:]
    if words[0] in ASK:
        words.append("--help")
    elif "--out" in words:
        words[words.index("--out") + 1] = str(tmp_path / "out")
    done = evaltools(*words)
    assert done.returncode == 0, done.stderr


def test_the_mapping_shown_is_the_one_shipped():
    shown = re.findall(r"^```yaml\n(mapping: county_survey.*?)^```", (ROOT / "docs/data.md").read_text("utf-8"), re.M | re.S)
    shipped = (ROOT / "params/mappings/county_survey.yaml").read_text(encoding="utf-8")
    assert shipped.endswith(shown[0])


def test_the_readme_shows_commands():
    assert any("report --city" in c for c in CASES)
    assert any(c.startswith("evaltools check") for c in CASES)


@pytest.mark.parametrize("page", PAGES)
def test_links_lead_to_files(page):
    path = ROOT / page if (ROOT / page).exists() else ROOT / "docs" / page
    links = re.findall(r"\]\((?!https?:|#|mailto:)([^)#\s]+)", path.read_text(encoding="utf-8"))
    missing = [link for link in links if not (path.parent / link).exists()]
    assert not missing


def test_python_in_the_readme_runs(tmp_path):
    """The example of the README, with the report saved elsewhere."""
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    code = re.findall(r"^```python\n(.*?)^```", text, re.M | re.S)[0]
    code = code.replace('"reports/meizhou"', repr(str(tmp_path)) + ', formats=("html", "json")')
    done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "report.html").exists()
