"""A broken table of one city costs that city its report, and no other (in small: tests/batch/test_run.py)."""

import shutil

import pandas as pd
import pytest

from evaltools import batch
from evaltools.errors import DataInvalidError
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
def test_one_broken_city_leaves_twenty_good_reports(root, demo, tmp_path):
    broken = break_weight(shutil.copytree(demo, tmp_path / "data"))
    cities = tuple(c.key for c in CITIES)
    manifest = run(root, broken, tmp_path / "out", cities, batch.FORMATS)
    check(manifest, tmp_path / "out", cities)
    assert len(manifest.records) == 21
