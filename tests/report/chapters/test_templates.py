"""The sentences themselves: no digits, both languages, none forgotten."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from evaltools.errors import ReportError
from evaltools.report.blocks import Bound, Ground
from evaltools.report.chapters import findings
from evaltools.report.chapters.say import Voice, templates

SOURCE = Path(findings.__file__).parent
CODE = "\n".join(p.read_text(encoding="utf-8") for p in sorted(SOURCE.glob("*.py")))


def test_no_template_holds_a_digit():
    typed = {k: t for k, entry in templates().items() for t in entry.values() if re.search(r"[0-9０-９]", t)}
    assert typed == {}


def test_no_recommendation_holds_a_digit():
    assert not re.search(r"[0-9０-９]", (SOURCE / "recommendations.yaml").read_text(encoding="utf-8"))


def test_every_english_template_is_english():
    assert [k for k, entry in templates().items() if re.search(r"[\u4e00-\u9fff]", entry["en"])] == []


def is_used(key: str) -> bool:
    """Whether the code names the key, or a pattern that ends in it: "ten.col_{k}"."""
    stem, _, tail = key.rpartition(".")
    patterns = [key, *(f"{stem}.{tail[:i]}{{" for i in range(len(tail) + 1))]
    return any(f'"{p}' in CODE for p in patterns)


def test_no_template_is_forgotten():
    assert [key for key in templates() if not is_used(key)] == []


def test_a_missing_slot_and_a_superfluous_one_are_refused():
    say = Voice("zh")
    with pytest.raises(ReportError, match="exactly"):
        say("one.pairs")
    with pytest.raises(ReportError, match="exactly"):
        say("one.pairs", cities="梅州市", more="x")


def test_an_unknown_template_names_the_nearest():
    with pytest.raises(ReportError, match=r"one\.pairs"):
        Voice("zh")("one.pair_s")


def test_a_slot_keeps_its_number_bound():
    n = Bound("26个村", 26, "villages", "villages.n", Ground("data", ("villages",), rows=26))
    parts = Voice("zh")("one.villages", villages=n)
    assert n in parts
    assert "".join(p if isinstance(p, str) else p.text for p in parts) == "列入评价的相对贫困村26个村。"


def test_english_sentences_begin_with_a_capital_and_are_spaced():
    say = Voice("en")
    assert "".join(map(str, say.sentences("one thing.", "", "two."))) == "One thing. Two."
    assert "".join(map(str, Voice("zh").sentences("甲。", "", "乙。"))) == "甲。乙。"
