"""The words for reasons: what a term is called in Chinese and English, how its values read, which cause it speaks of.

Names come from `words.yaml`; a column it does not know is called by its own name and its values are shown as they are.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from typing import Any

import numpy as np

from evaltools.errors import RuleBookError
from evaltools.risk.columns import MISSING, Term
from evaltools.standards.yamlfile import parse_yaml

STYLES = ("ratio", "share", "yes_no", "number", "level")
ABSENT = {"zh": "未登记", "en": "not recorded"}
NEW = {"zh": "新类别", "en": "new category"}


@dataclass(frozen=True)
class Word:
    """zh, en: the term's name; style: how values read; values: level -> (zh, en); cause: an entry of measures.yaml."""

    zh: str
    en: str
    style: str = "level"
    values: dict[str, tuple[str, str]] = field(default_factory=dict)
    cause: str | None = None


def read_yaml(name: str) -> Any:
    """A YAML file of this room; every scalar stays text."""
    return parse_yaml(files("evaltools.risk").joinpath(name).read_text(encoding="utf-8"), name=name)


@cache
def dictionary() -> dict[str, Word]:
    """Term name -> words. Raises RuleBookError for an entry without both languages or of an unknown style."""
    out = {}
    for name, entry in read_yaml("words.yaml").items():
        style = entry.get("as", "level")
        if not {"zh", "en"} <= set(entry) or style not in STYLES:
            raise RuleBookError(
                f"words.yaml: {name!r} lacks zh or en, or reads as {style!r}", expected=", ".join(STYLES)
            )
        values = {k: (v[0], v[1]) for k, v in entry.get("values", {}).items()}
        out[name] = Word(entry["zh"], entry["en"], style, values, entry.get("cause"))
    return out


def word(term: Term | str) -> Word:
    """The words for a term or a column; its own name where no word is known."""
    name = term.name if isinstance(term, Term) else term
    plain = Word(name, name, _style(term) if isinstance(term, Term) else "level")
    return dictionary().get(name, plain)


def _style(term: Term) -> str:
    return {"ratio": "ratio", "money": "ratio", "category": "level"}.get(term.kind, "number")


def read_values(term: Term, shown: np.ndarray, lang: str) -> list[str]:
    """Values of a term as text. shown : (n,) numbers as the model holds them, or level codes."""
    words, spot = word(term), 0 if lang == "zh" else 1
    if term.is_category:
        labels = [words.values.get(v, (v, v))[spot] for v in term.levels]
        return [labels[c] if c >= 0 else (ABSENT if c == MISSING else NEW)[lang] for c in shown]
    x = natural(term, shown)
    if words.style == "yes_no":
        yes, no = ("是", "否") if lang == "zh" else ("yes", "no")
        return [ABSENT[lang] if np.isnan(v) else yes if v > 0 else no for v in x]
    if words.style == "share":
        return [ABSENT[lang] if np.isnan(v) else f"{v:.0%}" for v in x]
    if words.style == "ratio":
        unit = "倍" if lang == "zh" else "×"
        return [ABSENT[lang] if np.isnan(v) else f"{v:.2f}{unit}" for v in x]
    return [ABSENT[lang] if np.isnan(v) else f"{v:.3g}" for v in x]


def natural(term: Term, x: np.ndarray) -> np.ndarray:
    """Back from the model's scale: a log ratio to a multiple of the line, a money term to amount / line."""
    if term.kind == "ratio":
        return np.exp(x)
    return np.sign(x) * np.expm1(np.abs(x)) if term.kind == "money" else x


def sentence(name: Word, value: str, is_up: bool, odds: float, lang: str) -> str:
    """One reason: 家庭人口（6）：几率为一般户的1.80倍."""
    if lang == "zh":
        return f"{name.zh}（{value}）{'推高' if is_up else '降低'}返贫可能，几率×{odds:.2f}"
    return f"{name.en} ({value}) {'raises' if is_up else 'lowers'} the odds of falling back, ×{odds:.2f}"
