"""What all cities read of the province is made once, before the first of them, and never stops a report."""

import pandas as pd
import pytest

from evaltools import batch
from evaltools.batch import prepare as module
from evaltools.batch.jobs import Job
from evaltools.wide import Shared


@pytest.fixture
def folder(tmp_path):
    """A data folder with one table."""
    pd.DataFrame({"region_code": ["440000"], "name": ["广东省"], "level": ["province"]}).to_csv(
        tmp_path / "regions.csv", index=False
    )
    return tmp_path


@pytest.fixture
def job(folder):
    def make(city, year=2020, as_of="", data=None):
        given = {"city": city, "year": year, "as_of": as_of, "data": str(data or folder), "lang": "zh"}
        return Job(city, given, folder / "n.ipynb", folder / "out", ("html",), city)

    return make


@pytest.fixture
def made(monkeypatch):
    """Calls of a province-wide result that answers `made.answer`."""

    class Calls(list):
        answer = Shared(1)

        def make(self, data, year, as_of, book):
            self.append((year, as_of.isoformat()))
            return self.answer

    calls = Calls()
    monkeypatch.setattr(module, "PROVINCE_WIDE", (("sums", calls.make),))
    return calls


def test_each_folder_year_and_date_is_prepared_once(job, made):
    jobs = [job("meizhou"), job("shanwei"), job("heyuan", as_of="2020-12-31"), job("meizhou", 2019)]
    said = []
    module.prepare(jobs, said.append)
    assert made == [(2020, "2020-12-31"), (2019, "2019-12-31")]
    assert len(said) == 2
    assert all(line.startswith("sums of the province") for line in said)


def test_cities_without_tasks_and_folders_without_tables_prepare_nothing(job, made, tmp_path):
    empty = tmp_path / "empty"
    empty.mkdir()
    module.prepare([job("guangzhou"), job("jiangmen"), job("meizhou", data=empty), job("meizhou", data=empty / "no")])
    assert made == []


def test_what_could_not_be_made_and_who_was_left_out_is_told(job, made):
    said = []
    made.answer = Shared(None, "3 rows without a village")
    module.prepare([job("meizhou")], said.append)
    assert said[-1] == "sums: none, the reports say so: 3 rows without a village"
    made.answer = Shared(1, left_out={"441500": "x"})
    module.prepare([job("meizhou")], said.append)
    assert said[-1] == "sums: without 汕尾"


def test_preparation_comes_before_the_reports_and_only_for_those_that_run(notebook, jobs, made, data, folder):
    (data / "regions.csv").write_bytes((folder / "regions.csv").read_bytes())
    planned = jobs(notebook("print(1)"), ("meizhou",))
    made.answer = Shared(None, "broken")
    assert [r.status for r in batch.run(planned, workers=1).records] == ["ok"], "a failed preparation stops no report"
    assert len(made) == 1
    batch.run(planned, workers=1)
    assert len(made) == 1, "nothing to run, nothing to prepare"
