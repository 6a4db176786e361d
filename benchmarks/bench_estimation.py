"""Survey estimates from Parquet: `python benchmarks/bench_estimation.py [rows]` (7,080,000 by default).

Limits of the issue at 7.08 million rows: FGT 0/1/2 with errors, overall and by 21 cities, under 0.6 s and 0.5 GiB; by
2,277 villages within twice that; Gini, ARPR and quantiles by city under 2 s. Every task runs in a process of its own,
so that its peak memory is its own; times are also given as multiples of reading the same bytes.
"""

from __future__ import annotations

import importlib.util
import json
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

VILLAGES, UNITS, CHUNK = 2277, 5, 1_000_000
R_ROWS = 708_000  # R holds everything in memory: a tenth is enough for a ratio
R_SCRIPT = """
suppressMessages(library(survey)); d <- read.csv(commandArgs(TRUE)[1], colClasses = c(city_code = "character"))
t <- proc.time()[3]
s <- svydesign(id = ~psu, strata = ~county_code, weights = ~weight, data = d, nest = TRUE)
s <- update(s, g0 = as.numeric(income < line), g1 = ifelse(income < line, 1 - income / line, 0),
            g2 = ifelse(income < line, (1 - income / line)^2, 0))
x <- svymean(~g0 + g1 + g2, s); y <- svyby(~g0 + g1 + g2, ~city_code, s, svymean)
cat(proc.time()[3] - t, sum(SE(x)), "\\n")
"""


def write(path: Path, rows: int) -> None:
    """Persons in 21 cities, 97 counties, 2,277 villages of 5 sampling units each; sorted by place."""
    rng, writer = np.random.default_rng(1), None
    effect = rng.normal(0, 0.3, VILLAGES * UNITS)
    for start in range(0, rows, CHUNK):
        n = min(CHUNK, rows - start)
        unit = ((start + np.arange(n)) * (VILLAGES * UNITS) // rows).astype(np.int64)
        village = unit // UNITS
        county = village * 97 // VILLAGES
        city = county * 21 // 97
        text = {
            "city_code": (city, [f"44{i:02d}00" for i in range(21)]),
            "psu": (unit, [f"P{i:08d}" for i in range(VILLAGES * UNITS)]),
            "county_code": (county, [f"44{i:04d}" for i in range(97)]),
            "village_code": (village, [f"44{i:010d}" for i in range(VILLAGES)]),
        }  # fmt: skip
        columns = {k: pa.DictionaryArray.from_arrays(pa.array(c, pa.int32()), pa.array(v)).cast(pa.string())
                   for k, (c, v) in text.items()}  # fmt: skip
        columns["income"] = pa.array(np.round(np.exp(9.3 + effect[unit] + rng.normal(0, 0.7, n)), 2))
        columns["line"] = pa.array(4000.0 + 1000.0 * (city % 3))
        columns["weight"] = pa.array(rng.uniform(0.5, 3, n))
        table = pa.table(columns)
        writer = writer or pq.ParquetWriter(path, table.schema)
        writer.write_table(table, row_group_size=250_000)
    if writer is not None:
        writer.close()


def run(task: str, path: str) -> None:
    """One task, twice (the second is warm); prints seconds, processor seconds, peak MiB."""
    from evaltools.estimation import SurveyDesign, arpr, fgt, gini, quantile

    design = SurveyDesign(weight="weight", stratum="county_code", psu="psu")
    texts = ", ".join(f"sum(length({c}))" for c in ("psu", "county_code", "city_code"))
    columns = (
        f"sum(income), sum(line), sum(weight), {texts}"  # sums: a maximum would be read from the file's statistics
    )
    tasks = {
        "read the bytes": lambda: duckdb.sql(f"SELECT {columns} FROM '{path}'").fetchall(),
        "FGT 0/1/2, overall and by city": lambda: fgt(path, "income", "line", design, by="city_code", overall=True),
        "FGT 0/1/2, by village": lambda: fgt(path, "income", "line", design, by="village_code"),
        "Gini, by city": lambda: gini(path, "income", design, by="city_code"),
        "ARPR, by city": lambda: arpr(path, "income", design, by="city_code"),
        "quantiles, by city": lambda: quantile(path, "income", design, [0.25, 0.5, 0.75], by="city_code"),
    }
    for _ in range(2):
        wall, cpu = time.perf_counter(), time.process_time()
        tasks[task]()
        wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    print(json.dumps([wall, cpu, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024]))


TASKS = ("read the bytes", "FGT 0/1/2, overall and by city", "FGT 0/1/2, by village", "Gini, by city", "ARPR, by city",
         "quantiles, by city")  # fmt: skip


def measured(task: str, path: Path) -> tuple[float, float, float]:
    done = subprocess.run(
        [sys.executable, __file__, "--task", task, str(path)], capture_output=True, text=True, check=True
    )
    wall, cpu, memory = json.loads(done.stdout.splitlines()[-1])
    return wall, cpu, memory


def against_r(folder: Path) -> None:
    """FGT at a tenth of the rows in R's survey, design set-up included, over ours; said where R is not there."""
    small = folder / "small.parquet"
    write(small, R_ROWS)
    ours, _, _ = measured("FGT 0/1/2, overall and by city", small)
    if shutil.which("Rscript") is None:
        print("R survey: not installed")
    else:
        duckdb.sql(f"COPY (SELECT * EXCLUDE village_code FROM '{small}') TO '{folder / 'small.csv'}' (HEADER)")
        (folder / "fgt.R").write_text(R_SCRIPT)
        done = subprocess.run(
            ["Rscript", str(folder / "fgt.R"), str(folder / "small.csv")], capture_output=True, text=True, check=False
        )
        if done.returncode:
            print("R survey: not installed or failed")
        else:
            seconds = float(done.stdout.split()[0])
            print(f"R survey at {R_ROWS:,} rows: {seconds:.1f} s, ours {ours:.2f} s: {seconds / ours:.0f} x")
    if importlib.util.find_spec("svy") is None:
        print("svy: not installed")


def main() -> None:
    rows = int(float(sys.argv[1])) if len(sys.argv) > 1 else 7_080_000
    with tempfile.TemporaryDirectory() as name:
        path = Path(name) / "persons.parquet"
        write(path, rows)
        print(f"{rows:,} rows")
        base = None
        for task in TASKS:
            wall, cpu, memory = measured(task, path)
            base = base or wall
            times = f"{wall:7.2f} s  processor {cpu:6.2f} s  {memory / 1024:5.2f} GiB"
            print(f"{task:34} {times}  {wall / base:5.1f} x reading")
        against_r(Path(name))


if __name__ == "__main__":
    if sys.argv[1:2] == ["--task"]:
        run(sys.argv[2], sys.argv[3])
    else:
        main()
