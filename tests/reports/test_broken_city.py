"""A broken table of one city costs that city its report, and no other (in small: tests/batch/test_run.py)."""

import shutil

import pandas as pd
import pytest
from bs4 import BeautifulSoup

from evaltools import batch, kept
from evaltools.errors import DataInvalidError
from evaltools.province import ProvinceEvaluation
from evaltools.terms import CITIES

BROKEN = "heyuan"


def break_weight(folder):
    """One negative weight in Heyuan's survey."""
    survey = pd.read_parquet(folder / "survey.parquet")
    row = survey.index[(survey["city_code"] == "441600") & (survey["year"] == 2020) & (survey["design"] == "main")][0]
    survey.loc[row, "weight"] = -1.0
    survey.to_parquet(folder / "survey.parquet", index=False)
    return folder


def run(root, data, out, cities, formats):
    given = [{"city": c, "year": "2020", "as_of": "", "data": str(data), "lang": "zh"} for c in cities]
    notebook = root / "notebooks" / "city_report.ipynb"
    return batch.run(batch.plan(given, notebook=notebook, out=out, formats=formats), workers=2)


def check(manifest, out, cities):
    assert [r.city for r in manifest.failed] == [BROKEN]
    (record,) = manifest.failed
    assert record.exit_status == DataInvalidError.exit_status
    assert "weight" in record.reason or "户权重" in record.reason
    assert "survey.parquet" in record.reason
    assert not (out / BROKEN).exists()
    assert all((out / c / "report.html").exists() for c in cities if c != BROKEN)


@pytest.mark.slow
def test_a_negative_weight_stops_its_city_and_not_its_neighbour(root, part_of_demo, tmp_path):
    cities = (BROKEN, "jiangmen")
    broken = break_weight(part_of_demo(tmp_path / "data", "441600", "440700"))
    check(run(root, broken, tmp_path / "out", cities, ("html", "json")), tmp_path / "out", cities)


@pytest.mark.slow
def test_the_provinces_report_goes_on_without_a_broken_city_and_says_so(part_of_demo, tmp_path, monkeypatch):
    broken = break_weight(part_of_demo(tmp_path / "data", "441400", "441600"))
    monkeypatch.setattr(kept, "project_root", lambda: tmp_path)
    for out in ("new", "kept"):  # the assessment is made, then read from disk
        ProvinceEvaluation.open(broken, 2020).report.save(tmp_path / out, formats=("html", "json"))
    record, page = ((tmp_path / "new" / name).read_bytes() for name in ("report.json", "report.html"))
    assert record == (tmp_path / "kept" / "report.json").read_bytes()
    text = BeautifulSoup(page, "html.parser").get_text()
    reason = text[text.index("河源市没有门槛结果") :][:200]
    assert "survey" in reason
    assert "weight" in reason
    assert "梅州市没有门槛结果" not in text
    assert "不含这些市：河源市" in text[text.index("附录C") :]


@pytest.mark.slow
def test_one_broken_city_leaves_twenty_good_reports(root, demo, tmp_path):
    broken = break_weight(shutil.copytree(demo, tmp_path / "data"))
    cities = tuple(c.key for c in CITIES)
    manifest = run(root, broken, tmp_path / "out", cities, batch.FORMATS)
    check(manifest, tmp_path / "out", cities)
    assert len(manifest.records) == 21
