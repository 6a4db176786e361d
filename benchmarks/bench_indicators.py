"""The catalogue over the full-size province: `python benchmarks/bench_indicators.py [FOLDER]`.

FOLDER holds tables at scale 1 (`evaltools synth --scale 1 --out FOLDER --truth ...`); without one they are generated, which
takes a minute and a half of processor time. Limits of the issue: all indicators, five years, all areas under 20 s and 2 GiB on
two cores; one city under 1 s; ten times the rows at most twelve times. Every task runs in a process of its own, so that its peak
memory is its own; times are also given as multiples of reading the columns of the two large tables.

Last figures on two shared cores whose speed changes by 1.6 within minutes (wall seconds, processor seconds, multiples of
reading, peak memory): reading 2.8, 5.3; province 23 to 26, 40 to 44, 8 times, 1.8 GiB; one city 1.3 to 1.5, 1.9 to 2.2, 0.4
times, 0.45 GiB. The limits of time are not reached, that of memory is. A table of which each year of a city is a row group, and
the rows of a village stand together, is the fastest to read; rows in another order give the same numbers.
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
    """One task; prints seconds, processor seconds, peak MiB. The catalogue is loaded before the clock starts."""
    from evaltools.indicators import Catalogue, compute_indicators
    from evaltools.intake import open_tables

    Catalogue.load()
    tasks = {
        TASKS[0]: lambda: [_read(Path(folder) / f"{name}.parquet") for name in ("households", "persons")],
        TASKS[1]: lambda: compute_indicators(open_tables(folder), years=YEARS),
        TASKS[2]: lambda: compute_indicators(open_tables(folder, city="441400")),
    }
    wall, cpu = time.perf_counter(), _used()[0]
    tasks[task]()
    print(json.dumps([time.perf_counter() - wall, _used()[0] - cpu, _used()[1]]))


def _used() -> tuple[float, float]:
    """Processor seconds, and peak MiB: of this process and its second together, though they share what was read before."""
    both = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(r.ru_utime + r.ru_stime for r in both), sum(r.ru_maxrss for r in both) / 1024


def _read(path: Path) -> None:
    """Decode every column: a maximum of a hash, which the file's statistics do not hold."""
    with duckdb.connect() as db:
        db.execute("SET threads = 2")
        names = [row[0] for row in db.execute(f"DESCRIBE SELECT * FROM '{path}'").fetchall()]
        hashes = ", ".join(f'max(hash("{n}"))' for n in names)
        db.execute(f"SELECT {hashes} FROM '{path}'").fetchall()


def measured(task: str, folder: Path) -> tuple[float, float, float]:
    done = subprocess.run(
        [sys.executable, __file__, "--task", task, str(folder)], capture_output=True, text=True, check=True
    )
    wall, cpu, memory = json.loads(done.stdout.splitlines()[-1])
    return wall, cpu, memory


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
