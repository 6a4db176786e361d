"""The coverage page: every item of the policy inventory, its rules, tables, indicators, claims and report chapter.

`evaltools indicators --coverage --out docs/coverage.md` writes it. An item with nothing behind it is refused.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from evaltools.errors import RuleBookError
from evaltools.indicators.engine.catalogue import Catalogue
from evaltools.standards import Block, Claims, Fields, load_yaml

FILE = Path(__file__).parent / "inventory.yaml"
QUALITATIVE = "qualitative, recorded"
WORDS = "附录C"
"""Where the report lists what is recorded in words."""


@dataclass(frozen=True)
class Item:
    """One item. by : code that computes it beside the catalogue; evidence : what is recorded in words, never scored;
    lacks : the part no contract column can tell."""

    id: str
    zh: str
    en: str
    by: str
    evidence: str
    evidence_en: str
    lacks: str
    rules: tuple[str, ...]
    tables: tuple[str, ...]
    indicators: tuple[str, ...]
    claims: tuple[str, ...]
    chapters: tuple[str, ...]

    @property
    def kind(self) -> str:
        """measured, published (figures checked, nothing in data), or qualitative."""
        if self.indicators or self.by:
            return "measured"
        return QUALITATIVE if self.evidence else "published"


def coverage(catalogue: Catalogue | None = None, claims: Claims | None = None) -> tuple[Item, ...]:
    """All items in the order of the inventory. RuleBookError names an item that nothing stands behind."""
    catalogue = Catalogue.load() if catalogue is None else catalogue  # an empty one is false, and not the packaged one
    claims = Claims.load() if claims is None else claims
    top = Fields(load_yaml(FILE), FILE.name, "inventory")
    top.only(("report_chapters", "claims_chapter", "items"))
    places, published = top.block["report_chapters"], claims.inventory()
    return tuple(
        _item(str(k), v, catalogue, published, places, top.text("claims_chapter")) for k, v in top.block["items"].items()
    )


def _item(
    name: str, block: Block, catalogue: Catalogue, published: Mapping[str, tuple[str, ...]],
    places: Mapping[str, str], claims_chapter: str,
) -> Item:  # fmt: skip
    f = Fields(block, FILE.name, name)
    f.only(("zh", "en", "by", "chapter", "evidence", "evidence_en", "lacks"))
    if ("evidence" in block) != ("evidence_en" in block):
        f.fail("evidence", "evidence in one language", expected="evidence: and evidence_en:")
    entries = [e for e in catalogue.values() if name in e.inventory]
    rules = [r for r in catalogue.book.entries.values() if name in r.inventory]
    claims = published.get(name, ())
    codes = _once([e.chapter for e in entries] + [r.chapter for r in rules])
    own = f.text("chapter", "") or (WORDS if "evidence" in block and not entries else "")
    chapters = _once(([own] if own else [places[c] for c in codes]) + ([claims_chapter] if claims else []))
    item = Item(
        name, f.text("zh"), f.text("en"), f.text("by", ""), f.text("evidence", ""), f.text("evidence_en", ""),
        f.text("lacks", ""), tuple(sorted(r.id for r in rules)),
        _once(t for e in entries for t in e.tables), tuple(sorted(e.id for e in entries)), claims,
        chapters or (("附录A",) if f.text("by", "") else ()),
    )  # fmt: skip
    if not (item.indicators or item.by or item.claims or item.evidence) or not item.chapters:
        raise RuleBookError(
            f"nothing stands behind {name}", where=f"{FILE.name}, entry {name}",
            expected="an indicator or claim that names the item, by: code, or evidence: what is recorded in words",
        )  # fmt: skip
    return item


def qualitative() -> tuple[Item, ...]:
    """The items that nothing in the data measures: what is to be recorded of them in words."""
    return tuple(i for i in _packaged() if i.kind == QUALITATIVE)


@cache
def _packaged() -> tuple[Item, ...]:
    return coverage()


def _once(names: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(names))


def coverage_page(items: tuple[Item, ...] | None = None) -> str:
    """The page in Markdown."""
    items = items or coverage()
    count = {k: sum(i.kind == k for i in items) for k in ("measured", "published", QUALITATIVE)}
    lines = [
        "# Coverage of the policy inventory", "",
        "Written by `evaltools indicators --coverage --out docs/coverage.md`; a test compares it with the catalogue.",
        "",
        f"{len(items)} items: {count['measured']} measured, {count['published']} published figures only (checked in"
        f" appendix D), {count[QUALITATIVE]} recorded as qualitative evidence and never scored.", "",
        "| item | title | rules | tables | indicators, code | claims | report chapter |",
        "|---|---|---|---|---|---|---|",
    ]  # fmt: skip
    for i in items:
        measured = [*i.indicators, *([f"`{i.by}`"] if i.by else [])]
        shown = ", ".join(measured) or (f"{QUALITATIVE}: {i.evidence}" if i.evidence else "published figure only")
        shown += f"; not in the data: {i.lacks}" if i.lacks else ""
        cells = (i.id, f"{i.zh} ({i.en})", ", ".join(i.rules) or "–", ", ".join(i.tables) or "–", shown,
                 ", ".join(i.claims) or "–", ", ".join(i.chapters))  # fmt: skip
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines) + "\n"
