"""Two processes give what one gives, and nothing is lost with the second."""

import os
import shutil
import signal
import time

import pytest

from evaltools.indicators import compute_indicators
from evaltools.indicators.engine import beside
from evaltools.indicators.engine import run as engine
from evaltools.intake import open_tables

pytestmark = pytest.mark.skipif(not beside.is_possible(), reason="one processor, or processes cannot be copied here")
HERE = os.getpid()


def as_it_is(_, found):
    return found


def test_every_job_is_done_once_by_two_processes(caplog):
    found = beside.done({str(i): lambda i=i: (i, os.getpid(), time.sleep(0.02)) for i in range(20)}, as_it_is)
    assert not caplog.text  # what the second process handed over was not done again
    assert {name: value[0] for name, value in found.items()} == {str(i): i for i in range(20)}
    assert len({value[1] for value in found.values()}) == 2


def test_each_result_is_finished_in_the_first_process_and_jobs_of_its_own_are_never_handed_over():
    seen = []

    def own():
        yield from ((f"own {i}", os.getpid) for i in range(3))

    def finished(name, found):
        seen.append(os.getpid())
        return name, found

    found = beside.done({str(i): lambda: time.sleep(0.02) for i in range(8)}, finished, own())
    assert {n: x for n, x in found.items() if n.startswith("own")} == {f"own {i}": (f"own {i}", HERE) for i in range(3)}
    assert seen == [HERE] * 11
    assert all(name == said for name, (said, _) in found.items())


@pytest.mark.parametrize("end", [lambda: os.kill(os.getpid(), signal.SIGKILL), lambda: 1 / 0, lambda: os._exit(0)])
def test_what_the_second_process_leaves_undone_is_done_by_the_first(end, caplog):
    def job(i):
        time.sleep(0.05)  # time enough for the second process to take one
        if os.getpid() != HERE:
            end()
        return i

    assert beside.done({str(i): lambda i=i: job(i) for i in range(8)}, as_it_is) == {str(i): i for i in range(8)}
    assert "the second process ended early" in caplog.text


def test_an_error_is_raised_wherever_it_happens():
    def fails():
        raise ValueError("seen")

    with pytest.raises(ValueError, match="seen"):
        beside.done({str(i): fails if i == 7 else lambda i=i: i for i in range(8)}, as_it_is)


def test_two_processes_give_the_same_numbers(demo, monkeypatch):
    one = compute_indicators(open_tables(demo), years=(2019, 2020)).to_frame()
    monkeypatch.setattr(engine, "LARGE", 0)
    assert compute_indicators(open_tables(demo), years=(2019, 2020)).to_frame().equals(one)


def test_of_single_cities_they_give_the_same_and_say_what_is_missing(demo, tmp_path, monkeypatch):
    for file in demo.iterdir():
        if file.name != "schools.parquet":
            shutil.copy(file, tmp_path / file.name)
    tables = [open_tables(tmp_path, city="441400") for _ in range(2)]
    one = compute_indicators(tables[0])
    monkeypatch.setattr(engine, "LARGE_FILES", 0)
    monkeypatch.setattr(engine, "LARGE_FILE", 50_000)
    both = compute_indicators(tables[1])
    assert both.to_frame().equals(one.to_frame())
    assert both.missing.equals(one.missing)
    assert set(both.missing["table"]) == {"schools"}
    assert set(tables[1].quality.tables) == set(tables[0].quality.tables)  # the ledger stays with the first process


def test_villages_are_not_opened_where_no_entry_needs_them(demo, monkeypatch):
    """A fault in a table that is not asked for stops nothing."""
    monkeypatch.setattr(engine, "LARGE", 0)
    monkeypatch.setattr(engine, "LARGE_FILES", 0)
    for tables in (open_tables(demo), open_tables(demo, city="441400")):
        compute_indicators(tables, only=["schools.students_per_teacher"])
        assert set(tables.quality.tables) == {"schools"}
