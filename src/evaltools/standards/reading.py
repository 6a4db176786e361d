"""Reads the folders of rule files, and checks the values that a user puts in place of theirs."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from evaltools.errors import RuleBookError, nearest
from evaltools.standards.entry import Item, RuleEntry, parse_value, read_entry
from evaltools.standards.vocabulary import Vocabulary, Word
from evaltools.standards.yamlfile import Block, Fields, load_yaml

NOT_RULES = ("vocabulary.yaml", "documents.yaml")


def read_rules(
    folders: list[Path],
    words: Vocabulary,
    entries: Mapping[str, RuleEntry] | None = None,
    chapters: Mapping[str, Word] | None = None,
) -> tuple[dict[str, RuleEntry], dict[str, Word]]:
    """Entries by id and chapters by id, from every *.yaml of the folders, added to those already read.

    Each id may occur once, and every factor of a derived rule must be a rule with numbers of its own.
    """
    found, heads = dict(entries or {}), dict(chapters or {})
    for folder in folders:
        for path in sorted(folder.glob("*.yaml")):
            if path.name not in NOT_RULES:
                _read_file(path, words, found, heads)
    for entry in found.values():
        for factor in entry.product:
            if factor not in found or found[factor].unit.kind != "number" or found[factor].product:
                raise RuleBookError(
                    f"factor {factor!r} is not a rule with numbers of its own",
                    where=f"{entry.file}, entry {entry.id}, key product", expected=nearest(factor, found),
                )  # fmt: skip
    return found, heads


def _read_file(path: Path, words: Vocabulary, entries: dict[str, RuleEntry], chapters: dict[str, Word]) -> None:
    top = Fields(load_yaml(path), path.name, "file")
    top.only(("chapter", "rules"))
    head = Fields(top.block.get("chapter", ""), path.name, "chapter")
    head.only(("id", "zh", "en"))
    chapter = head.text("id")
    word = Word(chapter, head.text("zh"), head.text("en"))
    known = chapters.setdefault(chapter, word)
    if known != word:
        head.fail("id", f"chapter {chapter!r} is called {known.zh} ({known.en}) already",
                  expected="the same labels", todo="copy them, or give a chapter of your own another id")  # fmt: skip
    blocks = top.block.get("rules")
    if not isinstance(blocks, list) or not blocks:
        top.fail("rules", "no list of rules", expected="rules: [...]")
    for number, block in enumerate(blocks, 1):
        entry = read_entry(block, path.name, number, chapter, words)
        if entry.id in entries:
            raise RuleBookError(
                f"two entries with the id {entry.id!r}",
                where=f"{path.name} and {entries[entry.id].file}, entry {entry.id}, key id",
                expected="each id once", todo="rename one; to try another value use book.with_value(...)",
            )  # fmt: skip
        entries[entry.id] = entry


def check_value(entry: RuleEntry, value: Any) -> tuple[Any, tuple[Item, ...]]:
    """A user's value, of the kind and inside the range of the entry."""
    where = f"with_value {entry.id}"
    kind = entry.unit.kind
    if kind == "number":
        if isinstance(value, bool) or not isinstance(value, (int, float)) or value != value:
            raise RuleBookError(f"{value!r} is not a number", where=where, expected=f"a number in {entry.unit.en}")
        if (entry.low is not None and value < entry.low) or (entry.high is not None and value > entry.high):
            raise RuleBookError(f"{value} is outside [{entry.low}, {entry.high}]", where=where, expected="in range")
        return value, ()
    if kind == "boolean" and isinstance(value, bool):
        return value, ()
    if kind in ("date", "month_day") and isinstance(value, str):
        return parse_value(value, entry.unit, Fields(Block(), "with_value", entry.id))
    known = {i.code: i for v in entry.values for i in v.items}
    codes = list(value) if kind == "list" and isinstance(value, (list, tuple)) else [value]
    if kind not in ("code", "list") or not codes or not all(c in known for c in codes):
        raise RuleBookError(f"{value!r} is not a {kind} of this rule", where=where, expected=nearest(str(value), known))
    return (codes[0] if kind == "code" else tuple(codes)), tuple(known[c] for c in codes)
