"""Each city is isolated; outputs are whole or absent; a second run does only what is needed."""

import json
import os
import signal
import subprocess
import sys
import textwrap
import time

import papermill
import pytest

from evaltools import batch
from evaltools.batch import execute

READ = "from pathlib import Path\nprint(Path(data, city + '.txt').read_text())"


def files(folder):
    return {p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file()}


def test_one_broken_city_leaves_the_others_whole(notebook, jobs, data):
    (data / "shanwei.txt").unlink()
    planned = jobs(notebook(READ))
    manifest = batch.run(planned, workers=2)
    out = planned[0].out
    assert {r.city: r.status for r in manifest.records} == {"meizhou": "ok", "shanwei": "failed", "foshan": "ok"}
    assert "FileNotFoundError" in manifest.failed[0].reason
    assert {"report.html", "report.json", "notebook.ipynb", "record.json"} <= files(out / "meizhou")
    assert not (out / "shanwei").exists()
    assert (out / "failed" / "shanwei" / "notebook.ipynb").exists(), "the failed notebook is kept to look at"
    assert (out / "index.html").exists()
    written = json.loads((out / "manifest.json").read_text(encoding="utf-8"))
    assert written["cities"]["shanwei"]["status"] == "failed"
    assert written["rule_book_digest"]
    assert set(written["inputs"]) == {"meizhou.txt", "foshan.txt"}
    assert not (out / ".staging").exists()


def test_a_second_run_skips_what_has_not_changed_and_force_runs_it(notebook, jobs):
    planned = jobs(notebook(READ))
    batch.run(planned)
    again = batch.run(planned)
    assert [r.status for r in again.records] == ["unchanged"] * 3
    assert [r.status for r in batch.run(planned[:1], force=True).records] == ["ok"]


def test_changed_inputs_parameters_or_a_lost_output_make_a_city_run_again(notebook, jobs, data, tmp_path):
    book = notebook(READ)
    planned = jobs(book, ("meizhou",))
    batch.run(planned, workers=1)
    (planned[0].folder / "report.html").write_text("tampered", encoding="utf-8")
    assert batch.run(planned, workers=1).records[0].status == "ok"
    (data / "meizhou.txt").write_text("meizhou has 4 villages", encoding="utf-8")
    assert batch.run(jobs(book, ("meizhou",)), workers=1).records[0].status == "ok"
    given = [{"city": "meizhou", "year": "2019", "as_of": "", "lang": "zh", "data": str(data)}]
    other = batch.plan(given, notebook=book, out=tmp_path / "reports", formats=("html", "json"))
    assert other[0].fingerprint != planned[0].fingerprint


def test_a_city_that_fails_after_success_does_not_keep_its_old_report_as_current(notebook, jobs, data):
    book = notebook(READ)
    batch.run(jobs(book, ("meizhou",)), workers=1)
    (data / "meizhou.txt").unlink()
    planned = jobs(book, ("meizhou",))
    assert batch.run(planned, workers=1).failed
    assert not planned[0].folder.exists()
    assert (planned[0].out / "failed" / "meizhou" / "previous_report" / "report.html").exists()


@pytest.mark.parametrize(
    "code",
    ["1/0", "from IPython.display import display\n"
            "display({'text/plain': 'Traceback (most recent call last): ZeroDivisionError: x'}, raw=True)"],
    ids=["plain error", "a rich traceback that papermill takes for output"],
)  # fmt: skip
def test_an_error_cell_fails_the_city_even_where_papermill_misses_it(notebook, jobs, code):
    record = batch.run(jobs(notebook(code), ("meizhou",)), workers=1).records[0]
    assert record.status == "failed"
    assert "ZeroDivisionError" in record.reason
    assert record.exit_status != 0


def test_the_exit_status_of_an_error_in_the_notebook_is_kept(notebook, jobs):
    code = "from evaltools.errors import DataInvalidError\nraise DataInvalidError('negative income')"
    assert batch.run(jobs(notebook(code), ("meizhou",)), workers=1).records[0].exit_status == 8


def test_a_kernel_that_dies_at_its_start_gets_one_more_try(notebook, jobs, monkeypatch):
    tries = []
    real = papermill.execute_notebook

    def flaky(*args, **kwargs):
        tries.append(1)
        if len(tries) == 1:
            raise RuntimeError("Kernel died before replying to kernel_info")
        return real(*args, **kwargs)

    monkeypatch.setattr(papermill, "execute_notebook", flaky)
    record = execute.run_city(jobs(notebook(READ), ("meizhou",))[0])
    assert (record.status, record.attempts, len(tries)) == ("ok", 2, 2)


def test_a_kernel_that_dies_twice_is_a_failure_and_not_a_loop(notebook, jobs, monkeypatch):
    def dead(*_, **__):
        raise RuntimeError("Kernel died before replying to kernel_info")

    monkeypatch.setattr(papermill, "execute_notebook", dead)
    assert execute.run_city(jobs(notebook(READ), ("meizhou",))[0]).status == "failed"


def test_a_killed_batch_leaves_no_half_report_and_the_next_run_finishes_the_rest(notebook, jobs, data, tmp_path, root):
    slow = READ + "\nimport time\ntime.sleep(0 if city == 'meizhou' else 60)"
    book = notebook(slow)
    script = textwrap.dedent(f"""
        from pathlib import Path
        from evaltools import batch
        given = [dict(city=c, year="2020", as_of="", lang="zh", data={str(data)!r}) for c in ("meizhou", "shanwei")]
        batch.run(batch.plan(given, notebook=Path({str(book)!r}), out=Path({str(tmp_path / "reports")!r}),
                             formats=("html", "json")), workers=1)
    """)
    process = subprocess.Popen([sys.executable, "-c", script], cwd=root, start_new_session=True)
    done = tmp_path / "reports" / "meizhou" / "record.json"
    deadline = time.monotonic() + 60
    while not done.exists() and time.monotonic() < deadline:
        time.sleep(0.1)
    time.sleep(1)
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    assert done.exists()
    assert not (tmp_path / "reports" / "shanwei").exists()
    outputs = json.loads(done.read_text(encoding="utf-8"))["outputs"]
    assert all((done.parent / name).exists() for name in outputs)
    planned = jobs(book, ("meizhou", "foshan"))
    book_now = [j for j in planned if j.city == "meizhou"]
    assert batch.run(book_now, workers=1).records[0].status == "unchanged"
    assert not (tmp_path / "reports" / ".staging").exists(), "what the killed run left half done is cleared"


def test_the_provinces_failure_is_counted_like_a_citys_and_stops_none(notebook, jobs, data, tmp_path):
    """A notebook without the parameter `city` speaks of the province: its record stands apart from the cities'."""
    import nbformat

    small = notebook(READ)
    book = nbformat.read(small, as_version=4)
    book.cells[0].source = book.cells[0].source.split("\n", 1)[1]
    whole = tmp_path / "province.ipynb"
    nbformat.write(book, whole)
    cities = jobs(small, ("meizhou",))
    given = {"year": "2020", "as_of": "", "lang": "zh", "data": str(data)}
    both = [*cities, *batch.plan([given], notebook=whole, out=cities[0].out, formats=("html", "json"))]
    manifest = batch.run(both, workers=2)
    assert {r.city: r.status for r in manifest.records} == {"meizhou": "ok", "province": "failed"}
    written = json.loads((cities[0].out / "manifest.json").read_text(encoding="utf-8"))
    assert set(written["cities"]) == {"meizhou"}
    assert "NameError" in written["province"]["reason"], "its cells read a city that nobody gave"
    assert len(written["notebook"]) == 2
    assert "未生成" in (cities[0].out / "index.html").read_text(encoding="utf-8")
    assert (cities[0].out / "failed" / "province" / "notebook.ipynb").exists()
