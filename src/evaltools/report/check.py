"""The check on a finished report: every numeral on the page is bound to data or rule, or numbers the page itself."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from bs4 import BeautifulSoup
from bs4.element import Comment, Doctype, NavigableString

from evaltools.report.assemble import NUMERAL

SILENT = ("script", "style", "svg", "template")


def unbound_numerals(html: str | bytes, report: Mapping[str, Any]) -> list[str]:
    """The numerals of an HTML report that report.json does not account for, each with the text around it.

    A numeral is accounted for when it stands in a `data` element whose id is in `report["numbers"]` with the same text
    and a ground (rows, rules, a parameter or a fact of the run), or in a structure number of `report["structure"]`.
    Typed numbers come back even where the report lists them as typed. An empty list is a pass.
    """
    soup = BeautifulSoup(html, "html.parser")
    for tag in soup(SILENT):
        tag.decompose()
    numbers, given = report["numbers"], {s["text"].strip() for s in report["structure"]}
    head = soup.find("title")
    if head is not None and head.get_text() == report["title"]:
        head.decompose()  # the page's name in the window: the title page again, where its numbers are bound
    return list(_failures(soup, numbers, given))


def _failures(soup: BeautifulSoup, numbers: Mapping[str, Any], given: set[str]) -> Iterator[str]:
    for node in soup.find_all(string=NUMERAL):
        if not isinstance(node, NavigableString) or isinstance(node, Comment | Doctype):
            continue
        text = str(node).strip()
        data = node.find_parent("data")
        mark = node.find_parent(class_="structure")
        if data is not None:
            entry = numbers.get(str(data.get("data-n", "")))
            if entry is None or entry["text"].strip() != data.get_text().strip() or not is_grounded(entry):
                yield f"{text}: a number that report.json does not hold with this text and a ground"
        elif mark is not None:
            if mark.get_text().strip() not in given:
                yield f"{text}: a structure number that report.json does not hold"
        else:
            yield from (f"{m[0]}: …{text[max(0, m.start() - 20) : m.end() + 20]}…" for m in NUMERAL.finditer(text))


def is_grounded(entry: Mapping[str, Any]) -> bool:
    """Whether a number of report.json names what it stands on."""
    if entry["kind"] == "rule":
        return bool(entry["rules"])
    if entry["kind"] in ("data", "notebook"):
        return entry["rows"] is not None and bool(entry["tables"] or entry["formula"] or entry["rules"])
    return entry["kind"] in ("parameter", "run") and bool(entry["ref"])
