"""The house's own rules: imports point left, no room grows a second copy of itself."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ORDER = ["errors", "terms", "paths", "provenance", "kept", "standards", "intake", "estimation", "indicators", "risk",
         "report", "wide", "province", "shared", "evaluation", "batch", "cli"]  # fmt: skip
ROOMS = {name: position for position, name in enumerate(ORDER)}
ALLOWED = {
    "estimation": {"errors", "terms", "standards", "estimation"},
    "synthetic": {"errors", "terms", "paths", "provenance", "standards", "intake", "estimation", "synthetic"},
}


def imports(path: Path):
    """Rooms of evaltools that a file imports (also inside functions and under TYPE_CHECKING)."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module:
            names = [node.module] if node.module != "evaltools" else [f"evaltools.{a.name}" for a in node.names]
        elif isinstance(node, ast.Import):
            names = [a.name for a in node.names]
        else:
            continue
        yield from (n.split(".")[1] for n in names if n.startswith("evaltools."))


def files(root):
    package = root / "src" / "evaltools"
    for path in sorted(package.rglob("*.py")):
        room = path.relative_to(package).parts[0].removesuffix(".py")
        if room != "__init__":
            yield room, path


def test_imports_point_left_only(root):
    wrong = []
    for room, path in files(root):
        for other in imports(path):
            left = other in ALLOWED.get(room, ()) if room in ALLOWED else ROOMS.get(other, 99) <= ROOMS[room]
            if room == "cli" and other == "synthetic":
                left = True
            if not left:
                wrong.append(f"{path.name}: {room} imports {other}")
    assert not wrong, wrong


def test_only_the_command_line_imports_synthetic(root):
    users = {room for room, path in files(root) if "synthetic" in imports(path)}
    assert users <= {"cli", "synthetic"}


def test_no_policy_limit_stands_in_code(root):
    """Limits of policy live in YAML with their clause (indicators and report compare with `rule.value`)."""
    limits = {4000, 8000, 7365, 9820, 8699, 11599, 20000, 0.45}
    found = [
        f"{path.name}:{node.lineno} {node.value}"
        for room, path in files(root) if room in ("indicators", "report", "evaluation", "batch", "risk")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Constant) and isinstance(node.value, (int, float))
        and not isinstance(node.value, bool) and node.value in limits
    ]  # fmt: skip
    assert not found, found


@pytest.mark.parametrize("module", ["evaltools.estimation", "evaltools.standards", "evaltools.terms"])
def test_light_rooms_load_no_heavy_library(module, root):
    """`import evaltools.estimation` must not pay for Jupyter, matplotlib or scikit-learn."""
    heavy = ("matplotlib", "sklearn", "papermill", "IPython")
    code = f"import sys, {module}; print([m for m in {heavy} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
