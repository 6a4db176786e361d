"""The page over all reports: the province on top, a tile grid of the cities' states, a table to search and sort.

A city's entry is the batch's record. Its `summary` is what the report said of itself in `Document.meta["summary"]`:
`{"overall": state, "gates": {label: {"text": "1.23%", "value": 0.0123, "state": state}}}`, states as in `VerdictState`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol

from evaltools import terms
from evaltools.errors import ReportError
from evaltools.report.staging import write_whole
from evaltools.report.words import words
from evaltools.report.writers.web import asset, environment
from evaltools.standards import load_yaml
from evaltools.terms import VerdictState

FILES = (("file_docx", "report.docx"), ("file_pdf", "report.pdf"), ("file_xlsx", "report.xlsx"),
         ("file_json", "report.json"), ("file_notebook", "notebook.ipynb"))  # fmt: skip
STATES = (*(s.value for s in VerdictState), "failed", "none")


class Entry(Protocol):
    """What the page needs of a city's record: `status` ok, unchanged or failed; `reason` when it failed."""

    @property
    def city(self) -> str: ...
    @property
    def status(self) -> str: ...
    @property
    def reason(self) -> str: ...
    @property
    def summary(self) -> Mapping[str, Any]: ...
    @property
    def parameters(self) -> Mapping[str, Any]: ...


def write_index(entries: Iterable[Entry], out: str | Path) -> Path:
    """Write `index.html` into `out`, whole or not at all; returns its path. Equal entries give equal bytes."""
    given = list(entries)
    records = sorted((e for e in given if e.city != terms.PROVINCE_KEY), key=lambda e: terms.city(e.city).code)
    whole = next((e for e in given if e.city == terms.PROVINCE_KEY), None)
    lang = str(given[0].parameters.get("lang", "zh")) if given else "zh"
    gates = list(dict.fromkeys(g for e in records for g in e.summary.get("gates", {})))
    cities = [_city(e, gates, Path(out), lang) for e in records]
    page = environment().get_template("index.html").render(
        tag="zh-Hans" if lang == "zh" else "en", say=words(lang), css=asset("report.css"), own=asset("index.css"),
        js=asset("report.js"), gates=gates, cities=cities, tally=_tally(cities),
        province=_province(whole, Path(out), lang) if whole else None,
        synthetic=any(e.summary.get("synthetic") for e in given),
    )  # fmt: skip
    return write_whole(Path(out) / "index.html", page)


def _city(entry: Entry, gates: Sequence[str], out: Path, lang: str) -> dict[str, Any]:
    city, say, tiles = terms.city(entry.city), words(lang), _tiles()
    failed = entry.status == "failed"
    state = "failed" if failed else str(entry.summary.get("overall") or "none")
    if state not in STATES:
        raise ReportError(f"state {state!r}", expected=f"one of {', '.join(STATES)}", where=f"summary of {city.key}")
    found = {} if failed else entry.summary.get("gates", {})
    return {
        "name": city.label(lang), "short": city.zh if lang == "zh" else city.en, "role": terms.label(city.role, lang),
        "state": state, "state_text": _word(state, lang), "reason": _first_lines(entry.reason) if failed else "",
        "href": "" if failed else f"{city.key}/", "files": _files(entry, out, say),
        "gates": [_gate(found.get(g), lang) for g in gates],
        "column": tiles[city.key]["column"], "row": tiles[city.key]["row"],
    }  # fmt: skip


def _province(entry: Entry, out: Path, lang: str) -> dict[str, Any]:
    """The province's own line above the cities: it has no verdict, only cities have."""
    failed, say = entry.status == "failed", words(lang)
    page = f"{entry.city}/report.html"
    return {
        "name": say["index_province"], "href": page if not failed and (out / page).exists() else "",
        "files": _files(entry, out, say), "state_text": _word("failed", lang) if failed else "",
        "reason": _first_lines(entry.reason) if failed else "",
    }  # fmt: skip


def _files(entry: Entry, out: Path, say: Mapping[str, str]) -> list[tuple[str, str]]:
    """(word, address) of the files beside the page that are there; a failed report has none."""
    if entry.status == "failed":
        return []
    return [(say[k], f"{entry.city}/{f}") for k, f in FILES if (out / entry.city / f).exists()]


def _gate(found: Mapping[str, Any] | None, lang: str) -> dict[str, Any]:
    if not found:
        return {"text": "—", "state": "none", "state_text": "", "sort": None}
    state = str(found.get("state") or "none")
    word = _word(state, lang) if state != "none" else ""
    return {"text": found.get("text", "—"), "state": state, "state_text": word, "sort": found.get("value")}


def _word(state: str, lang: str) -> str:
    if state in ("failed", "none"):
        return words(lang)[f"index_{state}"]
    return terms.label(VerdictState(state), lang)


def _tally(cities: Sequence[Mapping[str, Any]]) -> list[tuple[str, str, int]]:
    """(word, state, how many cities) of the states that occur."""
    counts = {s: sum(c["state"] == s for c in cities) for s in STATES}
    text = {c["state"]: c["state_text"] for c in cities}
    return [(text[s], s, n) for s, n in counts.items() if n]


def _tiles() -> Mapping[str, Mapping[str, str]]:
    return load_yaml(Path(__file__).with_name("tiles.yaml"), error=ReportError)


def _first_lines(reason: str) -> str:
    """The first two lines of an error: what was seen and where; the manifest holds all of it."""
    return " ".join(line.strip() for line in reason.splitlines()[:2])[:220]
