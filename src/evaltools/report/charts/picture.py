"""A drawn chart with the data it shows, and the words charts use in both languages."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from typing import Any

import yaml

from evaltools.errors import ReportError


@dataclass(frozen=True)
class Picture:
    """`svg`: text beginning with `<svg`; `png`: the same at 200 dpi; `data`: the values drawn (tests look here)."""

    svg: str = field(repr=False)
    png: bytes = field(repr=False)
    data: dict[str, Any]


@cache
def _table() -> dict[str, dict[str, str]]:
    text = (files("evaltools.report.charts") / "words.yaml").read_text(encoding="utf-8")
    return yaml.load(text, Loader=yaml.BaseLoader)  # BaseLoader reads every scalar as text


def words(key: str, lang: str, **slots: str) -> str:
    """The chart word `key` in `lang`, its slots filled."""
    entry = _table().get(key)
    if entry is None or lang not in entry:
        raise ReportError(
            f"no chart word {key!r} in {lang!r}", expected="an entry with zh and en", where="report/charts/words.yaml"
        )
    return entry[lang].format(**slots)


def share(x: float) -> str:
    """A fraction as the label of an axis or legend: 0.9 -> 90%."""
    return f"{100 * x:g}%"
