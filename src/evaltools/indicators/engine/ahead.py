"""Of single cities with small files one thread reads ahead while another computes.

Their arrays are short: two threads that compute would wait for their turn at the interpreter longer than they gain, and
decoding a file needs no turn. Small tables should come first, so that the large ones are there when it is theirs.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor

from evaltools.indicators.engine.entry import Indicator
from evaltools.indicators.engine.gather import lookups
from evaltools.indicators.engine.reading import Selection
from evaltools.indicators.engine.scan import Scan
from evaltools.indicators.engine.source import Setting


def ready(setting: Setting, entries: Mapping[str, Sequence[Indicator]], tables: Sequence[str]) -> Iterator[str]:
    """The tables in their order, each once it and those that its entries look up have been opened and decoded."""
    with ThreadPoolExecutor(1) as pool:
        begun = {t: pool.submit(_read, setting, entries[t]) for t in tables}
        try:
            for table, reading in begun.items():
                reading.result()
                yield table
        finally:
            pool.shutdown(cancel_futures=True)  # after an error the rest is not read


def _read(setting: Setting, entries: Sequence[Indicator]) -> None:
    """Open the tables that some entries of one table read, and decode the columns."""
    tables = [t for t in dict.fromkeys(t for e in entries for t in e.tables) if setting.tables.has(t)]
    for table in tables:
        setting.reader(table)
    if entries[0].table not in tables:
        return
    for period in ("year", "cumulative"):
        some = [e for e in entries if e.period == period and set(e.tables) <= set(tables)]
        if not some:
            continue
        scan = Scan(setting, some, setting.year if period == "cumulative" else None)
        _decode(setting, scan.table, scan.names, scan.selection)
        for (table, selection), joins in lookups(setting, scan.contract, scan.joins, scan.years).items():
            _decode(setting, table, frozenset().union(*(j.theirs for j in joins)), selection)


def _decode(setting: Setting, table: str, names: Iterable[str], selection: Selection) -> None:
    """Read columns that are there, to be kept."""
    here = setting.columns(table)
    setting.reader(table).keep([n for n in names if n in here], selection)
