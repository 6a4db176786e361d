"""Libraries without the parts of theirs that cost seconds to load and that nothing here uses."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import ModuleType


@contextmanager
def absent(*names: str) -> Iterator[None]:
    """Modules that a library uses where they are installed are as if they were not, while it is loaded. One that is
    loaded already stays what it is."""
    hidden = [n for n in names if n not in sys.modules]
    for name in hidden:
        sys.modules[name] = None  # type: ignore[assignment] # what makes `import` raise ImportError
    try:
        yield
    finally:
        for name in hidden:
            del sys.modules[name]


def load_nbformat() -> ModuleType:
    """nbformat. It loads jsonschema, which would compile the grammars of international addresses (three seconds) for a
    check of formats that no notebook asks for."""
    with absent("rfc3987_syntax", "rfc3987"):
        return importlib.import_module("nbformat")
