"""Whole or not at all, also when the process is killed."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time

import pytest

from evaltools.report import staged_folder, write_whole


def test_a_file_is_replaced_whole(tmp_path):
    path = write_whole(tmp_path / "a" / "x.txt", "旧")
    write_whole(path, b"new")
    assert path.read_bytes() == b"new"
    assert [p.name for p in path.parent.iterdir()] == ["x.txt"]


def test_a_failed_write_leaves_the_old_file_and_nothing_else(tmp_path):
    path = write_whole(tmp_path / "x.txt", "old")
    with pytest.raises(TypeError):
        write_whole(path, 5)  # pyright: ignore[reportArgumentType]
    assert path.read_text("utf-8") == "old"
    assert list(tmp_path.iterdir()) == [path]


def fill(folder, text):
    with staged_folder(folder) as stage:
        (stage / "report.html").write_text(text, "utf-8")


def test_a_folder_takes_the_place_of_the_old_one(tmp_path):
    fill(tmp_path / "meizhou", "old")
    with staged_folder(tmp_path / "meizhou") as stage:
        (stage / "report.html").write_text("new", "utf-8")
        assert (tmp_path / "meizhou" / "report.html").read_text("utf-8") == "old"
    assert (tmp_path / "meizhou" / "report.html").read_text("utf-8") == "new"
    assert [p.name for p in tmp_path.iterdir()] == ["meizhou"]


def test_a_failure_inside_leaves_the_old_folder(tmp_path):
    fill(tmp_path / "meizhou", "old")

    def interrupted():
        with staged_folder(tmp_path / "meizhou") as stage:
            (stage / "report.html").write_text("half", "utf-8")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert (tmp_path / "meizhou" / "report.html").read_text("utf-8") == "old"
    assert [p.name for p in tmp_path.iterdir()] == ["meizhou"]


def test_a_killed_run_leaves_no_half_folder_and_the_next_one_clears_up(tmp_path):
    script = (
        "import sys, time\nfrom evaltools.report import staged_folder\n"
        f"with staged_folder({str(tmp_path / 'meizhou')!r}) as s:\n"
        "    (s / 'report.html').write_text('half'); print('ready', flush=True); time.sleep(60)\n"
    )
    run = subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True)
    assert run.stdout is not None
    assert run.stdout.readline().strip() == "ready"
    os.kill(run.pid, signal.SIGKILL)
    run.wait()
    assert not (tmp_path / "meizhou").exists()
    time.sleep(0.05)
    fill(tmp_path / "meizhou", "whole")
    assert [p.name for p in tmp_path.iterdir()] == ["meizhou"]
    assert (tmp_path / "meizhou" / "report.html").read_text("utf-8") == "whole"


def test_a_run_killed_between_the_two_moves_gets_its_old_folder_back(tmp_path):
    fill(tmp_path / "meizhou", "old")
    (tmp_path / "meizhou").rename(tmp_path / ".meizhou.old")

    def failing():
        with staged_folder(tmp_path / "meizhou"):
            raise ValueError

    with pytest.raises(ValueError):
        failing()
    assert (tmp_path / "meizhou" / "report.html").read_text("utf-8") == "old"
