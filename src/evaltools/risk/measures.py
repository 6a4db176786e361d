"""Which measure fits which cause: the matrix of `measures.yaml`, checked when it is read."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from evaltools.errors import RuleBookError, nearest
from evaltools.risk.wording import dictionary, read_yaml


@dataclass(frozen=True)
class Label:
    """A cause or a measure. document and clause: where the measure is provided for ("" for causes)."""

    id: str
    zh: str
    en: str
    document: str = ""
    clause: str = ""


@dataclass(frozen=True)
class Matrix:
    """causes, measures: id -> label; fits: cause -> measures, the first comes first on a visit."""

    causes: dict[str, Label]
    measures: dict[str, Label]
    fits: dict[str, tuple[str, ...]]

    def for_causes(self, causes: list[str], most: int = 3) -> list[str]:
        """Measures for a household's causes, strongest cause first, each once, at most `most`."""
        found: list[str] = []
        for cause in causes:
            found += [m for m in self.fits.get(cause, ()) if m not in found]
        return found[:most]


@cache
def matrix() -> Matrix:
    """Read and check measures.yaml. Raises RuleBookError for an unknown cause or measure."""
    raw = read_yaml("measures.yaml")
    causes = {k: Label(k, v["zh"], v["en"]) for k, v in raw["causes"].items()}
    measures = {k: Label(k, v["zh"], v["en"], v["document"], v["clause"]) for k, v in raw["measures"].items()}
    fits = {k: tuple(v) for k, v in raw["fits"].items()}
    for cause, chosen in fits.items():
        _known(cause, causes, "cause")
        for measure in chosen:
            _known(measure, measures, "measure")
    for cause in {w.cause for w in dictionary().values() if w.cause is not None}:
        _known(cause, fits, "cause")
    return Matrix(causes, measures, fits)


def _known(name: str, valid: dict, what: str) -> None:
    if name not in valid:
        raise RuleBookError(f"measures.yaml: unknown {what} {name!r}", expected=nearest(name, valid))
