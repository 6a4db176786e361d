"""The words for reasons: what a term is called, in Chinese and English, and which cause it speaks of.

Names come from `words.yaml`; a column it does not know is called by its own name.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib.resources import files

import yaml

from evaltools.errors import RuleBookError
from evaltools.risk.columns import Term


@dataclass(frozen=True)
class Word:
    """zh, en: the term's name; cause: an entry of causes in measures.yaml, or None."""

    zh: str
    en: str
    cause: str | None = None


@cache
def dictionary() -> dict[str, Word]:
    """Term name -> words. Raises RuleBookError for an entry without both languages."""
    text = files("evaltools.risk").joinpath("words.yaml").read_text(encoding="utf-8")
    out = {}
    for name, entry in yaml.safe_load(text).items():
        if not {"zh", "en"} <= set(entry):
            raise RuleBookError(f"words.yaml: {name!r} lacks zh or en", expected="zh, en and, if it has one, cause")
        out[name] = Word(entry["zh"], entry["en"], entry.get("cause"))
    return out


def word(term: Term | str) -> Word:
    """The words for a term or a column; the column's own name where no word is known."""
    name = term.name if isinstance(term, Term) else term
    return dictionary().get(name, Word(name, name))


def sentence(name: Word, value: str, is_up: bool, odds: float, lang: str) -> str:
    """One reason as a sentence: 家庭人数（6）：返贫几率为平均户的 1.8 倍."""
    if lang == "zh":
        return f"{name.zh}（{value}）{'升高' if is_up else '降低'}风险，几率×{odds:.2f}"
    return f"{name.en} ({value}) {'raises' if is_up else 'lowers'} the risk, odds ×{odds:.2f}"
