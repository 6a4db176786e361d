"""The catalogue over the full-size province: `python benchmarks/bench_indicators.py [FOLDER]`.

FOLDER holds tables at scale 1 (`evaltools synth --scale 1 --out FOLDER --truth ...`); without one they are generated, which
takes a minute and a half of processor time. Limits of the issue: all indicators, five years, all areas under 20 s and 2 GiB on
two cores; one city under 1 s; ten times the rows at most twelve times. Every task runs in a process of its own, so that its peak
memory is its own; times are also given as multiples of reading the columns of the two large tables.

Last figures on two shared cores whose speed changes by 1.6 within minutes, in a slow spell (wall seconds, processor seconds,
multiples of reading, peak memory): reading 2.8 to 3.5, 5.3 to 6.2; province 17.8 to 18.7, 31 to 33, 5.2 times, 1.6 GiB; one city
twenty times in a row 0.67 to 0.94 (median 0.83), 1.3 to 1.7, 0.3 times, 0.45 GiB; ten times the rows 4.6 times. Memory that two
processes share is counted once. A table of which each year of a city is a row group, and the rows of a village stand together,
is the fastest to read; rows in another order give the same numbers.
"""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import duckdb

YEARS = range(2016, 2021)
TASKS = ("read the large tables", "province, five years", "one city, one year")


def run(task: str, folder: str) -> None:
    """One task; prints seconds and processor seconds. The catalogue is loaded before the clock starts."""
    from evaltools.indicators import Catalogue, compute_indicators
    from evaltools.intake import open_tables

    Catalogue.load()
    tasks = {
        TASKS[0]: lambda: [_read(Path(folder) / f"{name}.parquet") for name in ("households", "persons")],
        TASKS[1]: lambda: compute_indicators(open_tables(folder), years=YEARS),
        TASKS[2]: lambda: compute_indicators(open_tables(folder, city="441400")),
    }
    wall, cpu = time.perf_counter(), _used()
    tasks[task]()
    print(json.dumps([time.perf_counter() - wall, _used() - cpu]))


def _used() -> float:
    """Processor seconds of this process and of its second."""
    both = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(r.ru_utime + r.ru_stime for r in both)


def _read(path: Path) -> None:
    """Decode every column: a maximum of a hash, which the file's statistics do not hold."""
    with duckdb.connect() as db:
        db.execute("SET threads = 2")
        names = [row[0] for row in db.execute(f"DESCRIBE SELECT * FROM '{path}'").fetchall()]
        hashes = ", ".join(f'max(hash("{n}"))' for n in names)
        db.execute(f"SELECT {hashes} FROM '{path}'").fetchall()


def measured(task: str, folder: Path) -> tuple[float, float, float]:
    """Wall and processor seconds, and the peak MiB of the task's processes."""
    command = [sys.executable, __file__, "--task", task, str(folder)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        peak = 0.0
        while process.poll() is None:
            peak = max(peak, _held(process.pid))
            time.sleep(0.1)
        wall, cpu = json.loads(process.communicate()[0].splitlines()[-1])
    return wall, cpu, peak


def _held(process: int) -> float:
    """MiB of a process and its children (Linux); what they share is counted once."""
    held = 0
    try:
        children = Path(f"/proc/{process}/task/{process}/children").read_text().split()
        for one in (process, *children):
            lines = Path(f"/proc/{one}/smaps_rollup").read_text().splitlines()
            held += sum(int(line.split()[1]) for line in lines if line.startswith("Pss:"))
    except OSError:  # it has just ended
        pass
    return held / 1024


def generated(folder: Path, scale: float) -> Path:
    """The province at a scale, without its truth."""
    from evaltools.synthetic import generate

    generate(folder / "data", folder / "truth", scale=scale, seed=2020)
    return folder / "data"


def main() -> None:
    """Print one row a task and the growth from a tenth of the rows."""
    with tempfile.TemporaryDirectory() as temporary:
        given = Path(sys.argv[1]) if len(sys.argv) > 1 else None
        whole = given or generated(Path(temporary) / "whole", 1.0)
        tenth = generated(Path(temporary) / "tenth", 0.1)
        print(f"{'task':24} {'wall s':>8} {'cpu s':>8} {'x read':>7} {'MiB':>7}   load {os.getloadavg()[0]:.1f}")
        read = None
        cpu_of = {}
        for name, folder, task in (
            (TASKS[0], whole, TASKS[0]), (TASKS[1], whole, TASKS[1]), (TASKS[2], whole, TASKS[2]),
            ("a tenth of the rows", tenth, TASKS[1]),
        ):  # fmt: skip
            wall, cpu, memory = measured(task, folder)
            read = cpu if read is None else read
            cpu_of[name] = cpu
            print(f"{name:24} {wall:8.1f} {cpu:8.1f} {cpu / read:7.1f} {memory:7.0f}", flush=True)
        print(f"ten times the rows: {cpu_of[TASKS[1]] / cpu_of['a tenth of the rows']:.1f} times the processor time")


if __name__ == "__main__":
    if sys.argv[1:2] == ["--task"]:
        run(sys.argv[2], sys.argv[3])
    else:
        main()
