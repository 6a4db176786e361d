"""The check on the finished page: a numeral without ground does not pass."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from evaltools.report import unbound_numerals, write
from evaltools.report.blocks import Chapter, Document, Paragraph


def pages(document: Document, folder) -> tuple[str, dict]:
    made = write(document, folder, ("html", "json"))
    return made["html"].read_text("utf-8"), json.loads(made["json"].read_text("utf-8"))


def test_a_report_whose_numbers_are_all_bound_passes(written):
    html, report = written["html"].read_text("utf-8"), json.loads(written["json"].read_text("utf-8"))
    assert unbound_numerals(html, report) == []
    assert len(report["numbers"]) > 20


def test_a_typed_number_is_caught(document, tmp_path):
    typed = Chapter("四", "村", (Paragraph("共走访37个村。"),))
    html, report = pages(replace(document, chapters=(*document.chapters, typed)), tmp_path)
    assert any(found.startswith("37:") for found in unbound_numerals(html, report))
    assert [u["numeral"] for u in report["unbound"]] == ["37"]


@pytest.mark.parametrize("typed", ["<p>37</p>", "<caption>表9-9</caption>", "<td>１２</td>", "<p>3.5%</p>"])
def test_a_number_slipped_into_the_page_is_caught(written, typed):
    html, report = written["html"].read_text("utf-8"), json.loads(written["json"].read_text("utf-8"))
    assert unbound_numerals(html.replace("</main>", typed + "</main>"), report)


def test_a_number_changed_on_the_page_is_caught(written):
    html, report = written["html"].read_text("utf-8"), json.loads(written["json"].read_text("utf-8"))
    assert ">1.23%</data>" in html
    found = unbound_numerals(html.replace(">1.23%</data>", ">1.13%</data>"), report)
    assert found
    assert found[0].startswith("1.13%")


def test_a_number_that_lost_its_rows_is_caught(written):
    html, report = written["html"].read_text("utf-8"), json.loads(written["json"].read_text("utf-8"))
    mark = next(k for k, n in report["numbers"].items() if n["kind"] == "data")
    report["numbers"][mark]["rows"] = None
    assert unbound_numerals(html, report)


def test_a_structure_number_nobody_gave_is_caught(written):
    html, report = written["html"].read_text("utf-8"), json.loads(written["json"].read_text("utf-8"))
    slipped = html.replace("</main>", '<span class="structure">表7-7</span></main>')
    assert unbound_numerals(slipped, report) == ["表7-7: a structure number that report.json does not hold"]


def test_every_entry_of_the_record_says_where_it_stands_and_on_what(written):
    report = json.loads(written["json"].read_text("utf-8"))
    for entry in report["numbers"].values():
        assert entry["where"]
        assert entry["rules"] or entry["rows"] is not None or entry["kind"] in ("parameter", "run")


def test_other_data_change_the_numbers_bound_to_data_and_no_others(make_document, tmp_path):
    one, two = (pages(make_document(rate), tmp_path / str(rate))[1]["numbers"] for rate in (0.0123, 0.0345))
    changed = {a["ref"] for a, b in zip(one.values(), two.values(), strict=True) if a["text"] != b["text"]}
    assert changed == {"gate.omission_rate"}
