"""The province's report is one more job of the batch: written whole, recorded apart, skipped when nothing changed."""

from __future__ import annotations

import json

import pytest
from bs4 import BeautifulSoup

from evaltools import batch

pytestmark = pytest.mark.slow  # the whole province, executed: a minute


def test_five_files_and_the_executed_notebook_stand_in_the_folder_province(folder):
    names = {p.name for p in folder.iterdir()}
    assert {f"report.{f}" for f in batch.FORMATS} | {"notebook.ipynb", "record.json"} == names
    assert folder.name == "province"


def test_the_manifest_lists_the_province_beside_the_cities_not_among_them(run):
    jobs, _ = run
    written = json.loads((jobs[0].out / "manifest.json").read_text(encoding="utf-8"))
    assert written["cities"] == {}
    assert written["province"]["status"] == "ok"
    assert written["province"]["parameters"]["year"] == 2020
    assert "params/assessment.yaml" in written["settings"]


def test_the_index_links_the_province_on_top(run):
    jobs, _ = run
    page = BeautifulSoup((jobs[0].out / "index.html").read_text(encoding="utf-8"), "html.parser")
    line = page.select_one("header .province")
    assert [a["href"] for a in line.find_all("a")][:2] == ["province/report.html", "province/report.docx"]
    assert not page.select(".tile")


def test_nothing_changed_nothing_is_run(run):
    jobs, _ = run
    assert [r.status for r in batch.run(jobs, workers=1).records] == ["unchanged"]


def test_changed_settings_of_the_assessment_change_the_fingerprint(run, three_cities, monkeypatch):
    from evaltools.batch import jobs as module

    (job,), _ = run
    monkeypatch.setattr(module, "settings", lambda: {"params/assessment.yaml": "other"})
    given = {"year": "2020", "as_of": "", "data": str(three_cities), "lang": "zh"}
    assert module.plan([given], notebook=job.notebook, out=job.out)[0].fingerprint != job.fingerprint


def test_the_notebook_runs_as_it_is_in_jupyter(root):
    """Run All and plain papermill use the literals of the parameters cell: the committed file gives the same ones."""
    declared = batch.parameters.declared_parameters(root / "notebooks" / "province_report.ipynb")
    assert declared == {"year": 2020, "as_of": "", "data": "data/demo", "lang": "zh"}
    assert batch.province_parameters() == {k: str(v) for k, v in declared.items()}
