"""All formats from one document: equal documents, equal bytes; all or none."""

from __future__ import annotations

import json
import time

import pytest

from evaltools.errors import ReportError
from evaltools.report import write, writers


def test_two_writes_are_identical_in_every_format(make_document, tmp_path):
    one = write(make_document(), tmp_path / "one")
    time.sleep(2.1)  # a zip keeps time in steps of two seconds
    two = write(make_document(), tmp_path / "two")
    assert sorted(one) == ["docx", "html", "json", "pdf", "xlsx"]
    for name in one:
        assert one[name].read_bytes() == two[name].read_bytes(), name


def test_another_number_changes_every_format_that_shows_it(make_document, written, tmp_path):
    other = write(make_document(0.0345), tmp_path)
    changed = {name for name in written if other[name].read_bytes() != written[name].read_bytes()}
    assert changed == {"html", "docx", "pdf", "json"}  # the number stands in prose, and the annex holds tables


def test_one_failing_writer_leaves_the_old_files_as_they_were(make_document, written, tmp_path, monkeypatch):
    before = {n: p.read_bytes() for n, p in write(make_document(), tmp_path).items()}

    def broken(_):
        raise ReportError("the PDF could not be set")

    real = writers.writer
    monkeypatch.setattr(writers, "writer", lambda name: broken if name == "pdf" else real(name))
    with pytest.raises(ReportError, match="could not be set"):
        write(make_document(0.0345), tmp_path)
    assert {p.suffix[1:]: p.read_bytes() for p in tmp_path.iterdir()} == before


def test_only_the_formats_asked_for_are_written(document, tmp_path):
    write(document, tmp_path, ("json", "html"))
    assert sorted(p.name for p in tmp_path.iterdir()) == ["report.html", "report.json"]


def test_an_unknown_format_names_the_nearest(document, tmp_path):
    with pytest.raises(ReportError, match=r"did you mean docx\?"):
        write(document, tmp_path, ("doc",))
    with pytest.raises(ReportError, match="no format"):
        write(document, tmp_path, ())


def test_the_record_holds_chapters_numbers_structure_and_meta(written):
    report = json.loads(written["json"].read_text("utf-8"))
    assert report["meta"]["summary"] == {"overall": "undecided"}
    assert [c["number"] for c in report["chapters"]] == ["", "二", "附录E"]
    assert {"text": "表2-1", "kind": "table", "anchor": "table-2-1"} in report["structure"]
    figure = next(b for b in report["chapters"][0]["blocks"] if b["block"] == "figure")
    assert figure["data"]["estimate"] == [0.3, 0.5, 0.9]
    assert "svg" not in figure
    rule = next(n for n in report["numbers"].values() if n["ref"] == "rule:gate.omission_rate_max")
    assert (rule["text"], rule["value"], rule["rules"]) == ("≤2%", 0.02, ["gate.omission_rate_max"])


def test_a_report_in_english_speaks_english_where_the_writers_speak(make_document, tmp_path):
    from dataclasses import replace

    document = make_document()
    english = replace(document, meta={**document.meta, "lang": "en"}, chapters=())
    page = write(english, tmp_path, ("html",))["html"].read_text("utf-8")
    assert '<html lang="en">' in page
    assert "Contents" in page
    assert "目录" not in page
