"""Results of the whole province that every city's report reads: made once, kept under the digest of what they depend on."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import pickle
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeVar

from evaltools.paths import project_root
from evaltools.provenance import code_digest, versions

T = TypeVar("T")
FOLDER = ".cache"
MOST = 6
"""Results of one kind that stay on disk; the oldest go."""


def kept(kind: str, depends_on: Mapping[str, Any], make: Callable[[], T]) -> T:
    """What `make` returns, read from disk where the same was made before.

    kind : a word, the name of the sub-folder of `.cache/` in the project root; depends_on : everything outside the
    code that shapes the result (digests of inputs and rules, year, date), JSON-able. Code and library versions are
    added here. Only results that may be published are kept: the folder holds no household.
    A file that cannot be read is made anew; where nothing can be written the result is returned all the same.
    """
    content = [kind, dict(depends_on), code_digest(), versions()]
    digest = hashlib.sha256(json.dumps(content, sort_keys=True, default=str).encode()).hexdigest()
    path = project_root() / FOLDER / kind / f"{digest}.pickle"
    try:
        with path.open("rb") as handle:
            return pickle.load(handle)
    except (OSError, pickle.UnpicklingError, EOFError, AttributeError, ImportError, ValueError):
        pass
    result = make()
    with contextlib.suppress(OSError):  # a read-only checkout: nothing to keep it in
        _write(path, result)
    return result


def _write(path: Path, result: object) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as out:
            pickle.dump(result, out)
        Path(name).replace(path)
    finally:
        Path(name).unlink(missing_ok=True)
    rest = sorted(path.parent.glob("*.pickle"), key=lambda p: p.stat().st_mtime, reverse=True)[MOST:]
    for old in rest:
        old.unlink(missing_ok=True)
