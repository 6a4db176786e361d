"""What a result was made with: commit, versions, digests of code and inputs. No clock, no path of a machine."""

from __future__ import annotations

import hashlib
import subprocess
import time
from functools import lru_cache
from importlib.metadata import version
from pathlib import Path

from evaltools.paths import project_root

LIBRARIES = ("pandas", "numpy", "duckdb", "matplotlib", "papermill", "pypandoc-binary", "typst")


SETTLED = 2_000_000_000
"""Nanoseconds after which a file that is written again has another time of change on every file system."""


def file_digest(path: Path) -> str:
    """SHA-256 of a file, hex. Read once a process as long as name, inode, size and times stay; a file written just now
    is read each time."""
    seen = path.stat()
    changed = max(seen.st_mtime_ns, seen.st_ctime_ns)
    if not 0 <= changed < time.time_ns() - SETTLED:
        return _read_digest(path)
    return _known_digest(path.absolute(), seen.st_ino, seen.st_size, seen.st_mtime_ns, seen.st_ctime_ns)


@lru_cache(maxsize=4096)
def _known_digest(path: Path, *_as_seen: int) -> str:
    return _read_digest(path)


def _read_digest(path: Path) -> str:
    with path.open("rb") as handle:
        return hashlib.file_digest(handle, "sha256").hexdigest()


def hash_inputs(folder: Path) -> dict[str, str]:
    """SHA-256 of every file in a data folder: relative name → digest."""
    files = sorted(p for p in folder.rglob("*") if p.is_file() and not p.name.startswith("."))
    return {p.relative_to(folder).as_posix(): file_digest(p) for p in files}


@lru_cache(maxsize=1)
def code_digest() -> str:
    """Digest of the package's code and the data in it (rules, contracts, templates, fonts)."""
    root = Path(__file__).resolve().parent
    parts = hashlib.sha256()
    for path in sorted(p for p in root.rglob("*") if p.is_file() and "__pycache__" not in p.parts):
        parts.update(path.relative_to(root).as_posix().encode() + b"\0" + path.read_bytes())
    return parts.hexdigest()


def versions() -> dict[str, str]:
    """Versions of what shapes a report."""
    return {name: version(name) for name in ("evaltools", *LIBRARIES)}


@lru_cache(maxsize=1)
def commit() -> tuple[str, bool]:
    """The commit the code stands at, and whether the code differs from it; ("", False) outside a checkout."""

    def git(*words: str) -> str:
        done = subprocess.run(["git", *words], cwd=project_root(), capture_output=True, text=True, check=False)
        return done.stdout.strip() if done.returncode == 0 else ""

    try:
        head = git("rev-parse", "--short=12", "HEAD")
        return head, bool(head and git("status", "--porcelain", "--", "src", "notebooks"))
    except OSError:  # no git on this machine
        return "", False
