"""Where the project lives: relative paths mean the project root, never the working directory."""

from __future__ import annotations

import os
from pathlib import Path

from evaltools.errors import DataMissingError

MARK = Path("notebooks") / "city_report.ipynb"


def project_root() -> Path:
    """The folder that holds `notebooks/` and `params/`.

    Looked for in EVALTOOLS_ROOT, then in the checkout this package runs from, then upwards from the working
    directory (an installed copy used inside a checkout). Errors: DataMissingError where none is found.
    """
    named = os.environ.get("EVALTOOLS_ROOT")
    if named:
        return Path(named).resolve()
    checkout = Path(__file__).resolve().parents[2]
    for folder in (checkout, Path.cwd(), *Path.cwd().parents):
        if (folder / MARK).exists():
            return folder
    raise DataMissingError(
        "no project root was found", expected=f"a folder with {MARK.as_posix()}",
        todo="run inside a checkout of the project, or set EVALTOOLS_ROOT to it",
    )  # fmt: skip


def resolve(path: str | os.PathLike[str]) -> Path:
    """An absolute path as it is; a relative one against the project root, whatever the working directory."""
    given = Path(path).expanduser()
    return given if given.is_absolute() else project_root() / given


def shown(path: str | os.PathLike[str]) -> str:
    """A path as a report may show it: relative to the project root, or its last part alone.

    Reports and manifests are passed around; where somebody's home folder lies is nobody's business.
    """
    given = Path(path)
    try:
        return given.resolve().relative_to(project_root()).as_posix()
    except (ValueError, DataMissingError):
        return given.name
