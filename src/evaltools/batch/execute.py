"""One city: papermill runs the notebook, the writers make the documents, the folder appears whole."""

from __future__ import annotations

import logging
import os
import shutil
import time
import traceback
from pathlib import Path
from typing import Any

from evaltools.batch.jobs import Job
from evaltools.batch.manifest import CityRecord, save_record
from evaltools.errors import ERRORS, EvaltoolsError, ReportError
from evaltools.paths import project_root
from evaltools.provenance import file_digest

EXECUTED = "notebook.ipynb"
KERNEL_START = "Kernel died before replying"
ONE_THREAD = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")


def run_city(job: Job) -> CityRecord:
    """Execute, convert, record. Never raises for a failing city: its record says why, and other cities go on."""
    began = time.monotonic()
    for name in ONE_THREAD:  # OpenMP spins when kernels share cores: seconds become a minute
        os.environ.setdefault(name, "1")
    logging.getLogger("papermill").setLevel(logging.ERROR)
    stage = job.out / ".staging" / f"{job.city}-{os.getpid()}"
    shutil.rmtree(stage, ignore_errors=True)
    stage.mkdir(parents=True)
    try:
        attempts = _execute(job, stage / EXECUTED)
        summary = _write_documents(job, stage)
        record = _record(job, "ok", began, attempts=attempts, summary=summary, outputs=_digests(stage))
        save_record(record, stage)
        _move_into_place(stage, job.folder)
    except Exception as err:  # a batch must survive whatever one city brings
        record = _record(job, "failed", began, reason=_reason(err), exit_status=_status(err))
        _keep_for_inspection(stage, job)
    finally:
        shutil.rmtree(stage, ignore_errors=True)
    return record


def _record(job: Job, status: str, began: float, **more: Any) -> CityRecord:
    seconds = round(time.monotonic() - began, 2)
    return CityRecord(job.city, status, job.fingerprint, dict(job.parameters), seconds, **more)  # type: ignore[arg-type]


def _execute(job: Job, target: Path) -> int:
    """Number of attempts; a kernel that dies at its start (two may race for a port) gets a second one."""
    from evaltools.report.libraries import load_nbformat

    load_nbformat()
    import papermill  # here and below: loading it takes seconds, which planning, skipping and --help need not pay
    from nbclient.exceptions import DeadKernelError
    from papermill.engines import papermill_engines

    from evaltools.batch.engine import NAME, SavedOnce

    papermill_engines.register(NAME, SavedOnce)
    for attempt in (1, 2):
        try:
            papermill.execute_notebook(
                str(job.notebook), str(target), parameters=dict(job.parameters), kernel_name="python3",
                engine_name=NAME, cwd=str(project_root()), progress_bar=False, log_output=False,
                extra_arguments=["--log-level=ERROR"],
            )  # fmt: skip
            return attempt
        except (DeadKernelError, RuntimeError) as err:
            at_start = isinstance(err, DeadKernelError) or KERNEL_START in str(err)
            if attempt == 2 or not at_start:
                raise
    raise AssertionError("unreachable")


def _write_documents(job: Job, stage: Path) -> dict[str, Any]:
    # Imported here: the parent process plans and records without loading the writers.
    from evaltools.report import document_from_notebook, write

    document = document_from_notebook(stage / EXECUTED)
    write(document, stage, formats=job.formats)
    return dict(document.meta.get("summary", {}))


def _digests(stage: Path) -> dict[str, str]:
    return {p.relative_to(stage).as_posix(): file_digest(p) for p in sorted(stage.rglob("*")) if p.is_file()}


def _move_into_place(stage: Path, folder: Path) -> None:
    """Old folder aside, new one in, old one away: at no moment is a half-written report under its name."""
    old = stage.with_name(stage.name + "-old")
    shutil.rmtree(old, ignore_errors=True)
    if folder.exists():
        folder.rename(old)
    stage.rename(folder)
    shutil.rmtree(old, ignore_errors=True)


def _keep_for_inspection(stage: Path, job: Job) -> None:
    """The failed notebook is saved under `failed/`; an older report of the city no longer stands as current."""
    failed = job.out / "failed" / job.city
    shutil.rmtree(failed, ignore_errors=True)
    failed.mkdir(parents=True)
    if (stage / EXECUTED).exists():
        shutil.copy2(stage / EXECUTED, failed / EXECUTED)
    if job.folder.exists():
        job.folder.rename(failed / "previous_report")


def _reason(err: Exception) -> str:
    from papermill.exceptions import PapermillExecutionError

    if isinstance(err, PapermillExecutionError):
        return f"cell {err.exec_count}: {err.ename}: {err.evalue}"
    if isinstance(err, EvaltoolsError):
        return str(err)
    last = traceback.extract_tb(err.__traceback__)[-1]
    return f"{type(err).__name__}: {err} ({Path(last.filename).name}:{last.lineno})"


def _status(err: Exception) -> int:
    """The exit status that the error had inside the notebook, found by its class name in papermill's wrapper."""
    from papermill.exceptions import PapermillExecutionError

    if isinstance(err, EvaltoolsError):
        return err.exit_status
    if isinstance(err, PapermillExecutionError):

        return next((e.exit_status for e in ERRORS if e.__name__ == err.ename), ReportError.exit_status)
    return 1
