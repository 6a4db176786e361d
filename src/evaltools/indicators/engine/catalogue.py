"""The catalogue: all entries by id, the packaged ones and a user's own."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import cache, cached_property
from pathlib import Path

import pandas as pd

from evaltools.errors import RuleBookError, nearest
from evaltools.indicators.engine.catalogue_files import read_files
from evaltools.indicators.engine.entry import Indicator
from evaltools.standards import RuleBook

FOLDER = Path(__file__).parents[1] / "catalogue"


class Catalogue(Mapping[str, Indicator]):
    """All indicators by id. `Catalogue.load()`; a user's own folder or file extends it."""

    def __init__(self, entries: Iterable[Indicator], book: RuleBook) -> None:
        self._entries = {e.id: e for e in entries}
        self.book = book

    @staticmethod
    def load(extra: Path | str | None = None, book: RuleBook | None = None) -> Catalogue:
        """The packaged entries and those of `extra` (a YAML file or a folder of them).

        Raises RuleBookError with file, entry and key: an unknown table, column, rule, unit, chapter, document
        or function, an expression that does not parse or gives the wrong kind, two entries with one id.
        """
        if extra is None and book is None:
            return _packaged()
        book = book or RuleBook.load()
        files = sorted(FOLDER.glob("*.yaml"))
        if extra is not None:
            path = Path(extra)
            if not path.exists():
                raise RuleBookError(
                    f"no catalogue {path.name!r}", expected="a YAML file or a folder of them", where="extra"
                )
            files += sorted(path.glob("*.yaml")) if path.is_dir() else [path]
        return Catalogue(read_files(files, book), book)

    def __getitem__(self, indicator_id: str) -> Indicator:
        if indicator_id not in self._entries:
            raise RuleBookError(
                f"unknown indicator {indicator_id!r}", where="catalogue", expected=nearest(indicator_id, self._entries)
            )
        return self._entries[indicator_id]

    def __iter__(self) -> Iterator[str]:
        return iter(self._entries)

    def __len__(self) -> int:
        return len(self._entries)

    def __contains__(self, key: object) -> bool:
        return key in self._entries

    @property
    def tables(self) -> tuple[str, ...]:
        """Tables that have indicators, in the order of the catalogue."""
        return tuple(dict.fromkeys(e.table for e in self._entries.values()))

    @cached_property
    def looked_up_by(self) -> dict[str, frozenset[str]]:
        """Table -> columns of texts by which rows of it are looked up."""
        found: dict[str, set[str]] = {}
        for join in (j for e in self._entries.values() for j in e.joins):
            found.setdefault(join.table, set()).update(k.theirs for k in join.keys if k.kind == "text")
        return {table: frozenset(columns) for table, columns in found.items()}

    def of_table(self, table: str) -> tuple[Indicator, ...]:
        """The indicators of one table."""
        return tuple(e for e in self._entries.values() if e.table == table)

    def of_chapter(self, chapter: str) -> tuple[Indicator, ...]:
        """The indicators of one chapter of the rule book."""
        return tuple(e for e in self._entries.values() if e.chapter == chapter)

    def to_frame(self, lang: str = "zh") -> pd.DataFrame:
        """One row per indicator, as an evaluator reads it."""
        return pd.DataFrame(
            [
                {
                    "id": e.id, "label": e.label(lang), "chapter": self.book.chapters[e.chapter].label(lang),
                    "observation": e.observation, "table": e.table,
                    "population": e.population.text if e.population else "",
                    "measure": e.measure.text if e.measure else "", "of": e.of.text if e.of else "",
                    "weight": e.weight or "", "statistic": e.statistic.value, "unit": e.unit, "rule": e.rule or "",
                    "source": e.cite or f"{e.document} {e.clause}".strip(), "direction": e.direction,
                    "inventory": ", ".join(e.inventory), "note": e.note,
                }
                for e in self._entries.values()
            ]
        )  # fmt: skip

    def __repr__(self) -> str:
        return f"Catalogue({len(self)} indicators of {len(self.tables)} tables)"

    def _repr_html_(self) -> str:
        return self.to_frame().to_html(index=False, border=0, max_rows=200)


@cache
def _packaged() -> Catalogue:
    book = RuleBook.load()
    return Catalogue(read_files(sorted(FOLDER.glob("*.yaml")), book), book)
