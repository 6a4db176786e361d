"""The few words that the assembler and the writers add themselves (words.yaml), in both languages."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from evaltools.errors import ReportError
from evaltools.standards import load_yaml


@cache
def words(lang: str) -> dict[str, str]:
    """The words of a language, "zh" or "en"."""
    table = load_yaml(Path(__file__).with_name("words.yaml"), error=ReportError)
    return {key: str(entry["zh" if lang == "zh" else "en"]) for key, entry in table.items()}
