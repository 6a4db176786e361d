"""Each city's state while a batch runs: a bar where somebody watches, a line a city where a log is kept."""

from __future__ import annotations

import sys

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from evaltools import terms
from evaltools.batch import CityRecord

MARKS = {"ok": "✓", "unchanged": "=", "failed": "✗"}


class Board:
    """`with Board(cities) as board: run(..., progress=board.done, told=board.told)`."""

    def __init__(self, cities: list[str]) -> None:
        self.states = dict.fromkeys(cities, "·")
        self.console = Console(stderr=True)
        self.bar = Progress(
            SpinnerColumn(), TextColumn("{task.description}"), BarColumn(24), MofNCompleteColumn(),
            TimeElapsedColumn(), console=self.console, transient=True, disable=not sys.stderr.isatty(),
        )  # fmt: skip
        self.task = self.bar.add_task(self._line(), total=len(cities))

    def __enter__(self) -> Board:
        self.bar.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.bar.stop()

    def done(self, record: CityRecord, count: int, total: int) -> None:
        """A report has ended: show it."""
        self.states[record.city] = MARKS[record.status]
        self.bar.update(self.task, completed=count, description=self._line())
        name = _name(record.city)
        self.console.print(
            f"[{count:>2}/{total}] {MARKS[record.status]} {name} {record.status} {record.seconds:.1f} s",
            markup=False, highlight=False,
        )  # fmt: skip

    def told(self, line: str) -> None:
        """What is made for all cities together: a line."""
        self.console.print(line, markup=False, highlight=False)

    def _line(self) -> str:
        return " ".join(f"{_name(c)}{mark}" for c, mark in self.states.items()) if len(self.states) < 6 else (
            "".join(self.states.values())
        )


def _name(key: str) -> str:
    return terms.place_label(key).removesuffix("市")
