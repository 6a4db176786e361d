"""Every door to a report opens from any working directory: the command, papermill, nbconvert."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

BIN = Path(sys.executable).parent


def run(*words, cwd, **more):
    return subprocess.run([str(w) for w in words], cwd=cwd, capture_output=True, text=True, check=False, **more)


def test_the_command_from_a_foreign_directory(tmp_path):
    done = run(BIN / "evaltools", "report", "--city", "江门市", "--formats", "html,json", "--out", tmp_path / "out",
               cwd=tmp_path)  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "out" / "jiangmen" / "report.html").exists()
    assert "index.html" in done.stdout
    assert "江门 ok" in done.stderr
    manifest = json.loads((tmp_path / "out" / "manifest.json").read_text(encoding="utf-8"))
    record = manifest["cities"]["jiangmen"]
    assert {"status", "reason", "seconds", "parameters", "outputs"} <= set(record)
    assert record["parameters"]["year"] == 2020


def test_plain_papermill_with_a_city_file(tmp_path, root):
    out = tmp_path / "out.ipynb"
    done = run(BIN / "papermill", root / "notebooks" / "city_report.ipynb", out, "-f",
               root / "params" / "cities" / "jiangmen.yaml", cwd=tmp_path)  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "江门市" in out.read_text(encoding="utf-8")


@pytest.mark.slow
def test_nbconvert_execute_from_a_foreign_directory(tmp_path, root):
    done = run(BIN / "jupyter", "nbconvert", "--to", "notebook", "--execute", "--output-dir", tmp_path,
               root / "notebooks" / "tutorials" / "01_first_city.ipynb", cwd=tmp_path)  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "漏评率" in (tmp_path / "01_first_city.ipynb").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("words", "status", "says"),
    [
        (["report", "--city", "meizou"], 4, "meizhou"),
        (["report", "--city", "梅州", "--year", "2025"], 4, "2020"),
        (["report", "--city", "梅州", "-p", "yaer", "2020"], 3, "year"),
        (["report", "--city", "梅州", "-p", "year", "zwanzig"], 3, "whole number"),
        (["report", "--city", "梅州", "--data", "data/nowhere"], 7, "nowhere"),
        (["report"], 3, "--city"),
        (["report", "-f", "params/cities/atlantis.yaml"], 7, "atlantis"),
        (["report", "--city", "梅州", "--formats", "odt"], 3, "docx"),
        (["rules", "--as-of", "2031-01-01"], 4, "2020-12-31"),
        (["report", "--no-such-option"], 2, "no-such-option"),
    ],
)
def test_a_wrong_command_ends_with_its_own_status_and_says_what_to_do(words, status, says, evaltools):
    done = evaltools(*words)
    assert done.returncode == status, done.stderr
    assert says in done.stderr
    assert "Traceback" not in done.stderr


def test_a_refusal_in_a_process_of_its_own(tmp_path):
    done = run(BIN / "evaltools", "report", "--city", "meizou", cwd=tmp_path)
    assert done.returncode == 4, done.stderr
    assert "meizhou" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("command", ["", "report", "rules", "indicators", "claims", "check", "template", "sample", "synth"])
def test_help_says_what_goes_in_and_what_comes_out(command, evaltools):
    done = evaltools(*command.split(), "--help")
    assert done.returncode == 0, done.stderr
    assert "Usage" in done.stdout
    assert len(done.stdout.splitlines()) > 10


@pytest.mark.parametrize("words", [["rules", "--city", "清远", "--as-of", "2018-06-30"], ["claims"], ["indicators"]])
def test_lists_are_json_on_request(words, evaltools):
    done = evaltools(*words, "--format", "json")
    assert done.returncode == 0, done.stderr
    assert len(json.loads(done.stdout)) > 20
