"""The set-up keeps its promises: one lock for three Pythons, conda agrees with pip, two commands are enough."""

import os
import re
import subprocess
import sys
import tomllib

import pytest
import yaml
from packaging.requirements import Requirement

CONDA_NAMES = {"python-duckdb": "duckdb"}
"""conda-forge's name → PyPI's, where they differ."""


def project(root):
    return tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["project"]


def declared(root):
    found = project(root)
    return {
        r.name.lower(): str(r.specifier)
        for r in map(Requirement, [*found["dependencies"], *found["optional-dependencies"]["dev"]])
    }


def test_environment_yml_agrees_with_pyproject(root):
    content = yaml.safe_load((root / "environment.yml").read_text(encoding="utf-8"))
    entries = [d for d in content["dependencies"] if isinstance(d, str) and d != "pip"]
    entries += next(d["pip"] for d in content["dependencies"] if isinstance(d, dict))
    conda = {r.name.lower(): str(r.specifier) for r in map(Requirement, [e for e in entries if not e.startswith("-")])}
    python = next(e for e in entries if e.startswith("python>"))
    assert python.removeprefix("python") == project(root)["requires-python"]
    del conda["python"]
    assert {CONDA_NAMES.get(name, name): spec for name, spec in conda.items()} == declared(root)


def test_the_lock_holds_every_declared_dependency_with_hashes_and_no_index_address(root):
    text = (root / "requirements.lock").read_text(encoding="utf-8")
    names = {m.lower() for m in re.findall(r"^([A-Za-z0-9_.-]+)==", text, re.M)}
    assert set(declared(root)) <= names
    assert "--hash=sha256:" in text
    assert not re.search(r"https?://|--index-url|--find-links", text)
    pinned = re.split(r"^(?=[A-Za-z0-9_.-]+==)", text, flags=re.M)[1:]
    assert all("--hash=sha256:" in block for block in pinned)


@pytest.mark.parametrize("python", ["3.11", "3.12", "3.13"])
def test_the_lock_resolves_for(python, root, tmp_path):
    """Closure, markers, hashes and built wheels, asked of the registry without installing anything."""
    index = subprocess.run(
        [sys.executable, "-m", "pip", "config", "get", "global.index-url"], capture_output=True, text=True, check=False
    ).stdout.strip()
    mirror = {"UV_DEFAULT_INDEX": os.environ.get("PIP_INDEX_URL") or index}  # who has a mirror for pip, has it here too
    done = subprocess.run(
        [sys.executable, "-m", "uv", "pip", "install", "--dry-run", "--quiet", "--require-hashes",
         "--only-binary", ":all:", "--python-version", python, "--python-platform", "linux",
         "--target", str(tmp_path / "site"), "-r", str(root / "requirements.lock")],
        capture_output=True, text=True, check=False,
        env={**os.environ, **{k: v for k, v in mirror.items() if v}},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr


def test_the_readme_promises_only_targets_the_makefile_has(root):
    targets = set(re.findall(r"^([a-z-]+):", (root / "Makefile").read_text(encoding="utf-8"), re.M))
    for page in ("README.md", "README.zh-CN.md", "CONTRIBUTING.md"):
        asked = set(re.findall(r"`make ([a-z-]+)", (root / page).read_text(encoding="utf-8")))
        assert asked <= targets, page
    assert {"setup", "report", "test", "test-slow", "bench", "lab"} <= targets


def test_ci_runs_what_a_user_runs(root):
    lines = (root / ".ci" / "run").read_text(encoding="utf-8").splitlines()
    commands = [line for line in lines if line and not line.startswith(("#", "set ", "cd "))]
    assert commands == ["make test"]
