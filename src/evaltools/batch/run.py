"""Run many cities and the province: unchanged ones are skipped, each is isolated, progress is shown, the manifest is written."""

from __future__ import annotations

import shutil
import warnings
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from joblib import Parallel, delayed

from evaltools.batch.execute import run_city
from evaltools.batch.jobs import Job
from evaltools.batch.manifest import CityRecord, RunManifest, finished, header
from evaltools.batch.prepare import Told, prepare
from evaltools.errors import ReportError

Progress = Callable[[CityRecord, int, int], None]
"""Called as cities finish with (record, done, total)."""


def run(
    jobs: Sequence[Job], *, workers: int = 2, force: bool = False, progress: Progress | None = None,
    told: Told | None = None,
) -> RunManifest:  # fmt: skip
    """Make the reports of `jobs`, and `index.html` and `manifest.json` over all.

    A city whose fingerprint and outputs are those of its last run is not run again (`force` runs it anyway).
    The manifest is written after every city, so that a killed run loses only what was under way. What all cities read
    of the province is made before the first of them; `told` gets a line for each such result.
    """
    out = jobs[0].out
    out.mkdir(parents=True, exist_ok=True)
    shutil.rmtree(out / ".staging", ignore_errors=True)  # what a killed run left half done
    top, records = header(jobs), dict[str, CityRecord]()
    waiting: list[Job] = []
    for job in jobs:
        kept = None if force else finished(job)
        if kept:
            _note(records, _unchanged(kept), progress, len(jobs))
        else:
            waiting.append(job)
    prepare(waiting, told)
    for record in _each(waiting, workers):
        _note(records, record, progress, len(jobs))
        _manifest(jobs, records, top).write(out / "manifest.json")
    manifest = _manifest(jobs, records, top)
    manifest.write(out / "manifest.json")
    _index(manifest, out)
    shutil.rmtree(out / ".staging", ignore_errors=True)
    return manifest


def _each(jobs: Sequence[Job], workers: int) -> Iterator[CityRecord]:
    if workers == 1 or len(jobs) <= 1:
        yield from map(run_city, jobs)
        return
    pool = Parallel(n_jobs=min(workers, len(jobs)), backend="loky", return_as="generator_unordered")
    # loky replaces a worker that has grown by 300 MB and says so; the city that it was to take goes to the next one
    warnings.filterwarnings("ignore", message="A worker stopped while some jobs were given to the executor")
    yield from pool(delayed(run_city)(job) for job in jobs)  # type: ignore[misc] # joblib types this as a list of Any


def _unchanged(record: CityRecord) -> CityRecord:
    return CityRecord(**{**record.__dict__, "status": "unchanged", "seconds": 0.0})


def _note(records: dict[str, CityRecord], record: CityRecord, progress: Progress | None, total: int) -> None:
    records[record.city] = record
    if progress:
        progress(record, len(records), total)


def _manifest(jobs: Sequence[Job], records: dict[str, CityRecord], top: dict) -> RunManifest:
    return RunManifest(tuple(records[j.city] for j in jobs if j.city in records), top)


def _index(manifest: RunManifest, out: Path) -> None:
    from evaltools.report import write_index

    try:
        write_index(manifest.records, out)
    except OSError as err:
        raise ReportError("the index page could not be written", where=str(out)) from err
