"""The record of a run: per-city records written with their outputs, and `manifest.json` over all of them."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Literal

from evaltools.batch.jobs import Job, settings
from evaltools.paths import resolve, shown
from evaltools.provenance import code_digest, commit, file_digest, hash_inputs, versions
from evaltools.standards import RuleBook
from evaltools.terms import PROVINCE_KEY

RECORD = "record.json"
Status = Literal["ok", "unchanged", "failed"]


@dataclass(frozen=True)
class CityRecord:
    """How one city, or the province, ended. `reason` is the error's text, empty when all is well; `seconds` is wall time."""

    city: str
    status: Status
    fingerprint: str
    parameters: Mapping[str, Any]
    seconds: float = 0.0
    reason: str = ""
    exit_status: int = 0
    attempts: int = 1
    summary: Mapping[str, Any] = field(default_factory=dict)
    outputs: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class RunManifest:
    """All reports of a run with what made them: the cities', and the province's where it was asked for."""

    records: tuple[CityRecord, ...]
    header: Mapping[str, Any]

    @property
    def failed(self) -> tuple[CityRecord, ...]:
        return tuple(r for r in self.records if r.status == "failed")

    def write(self, path: Path) -> None:
        each = {r.city: _plain(r) for r in self.records}
        whole = {PROVINCE_KEY: each.pop(PROVINCE_KEY)} if PROVINCE_KEY in each else {}
        content = {**self.header, "cities": each, **whole}
        write_whole(path, json.dumps(content, ensure_ascii=False, indent=1, sort_keys=True) + "\n")


def header(jobs: Iterable[Job]) -> dict[str, Any]:
    """What all reports of a run share: versions, commit, digests of rules, code, settings and inputs."""
    all_jobs = list(jobs)
    job = all_jobs[0]
    data = resolve(str(job.parameters["data"]))
    head, modified = commit()
    return {
        "schema": "evaltools.manifest.v1", "versions": versions(), "commit": head + ("+" if modified else ""),
        "rule_book_digest": RuleBook.load().digest, "code_digest": code_digest(),
        "notebook": {shown(n): file_digest(n) for n in dict.fromkeys(j.notebook for j in all_jobs)},
        "settings": settings(), "data": shown(data), "inputs": hash_inputs(data), "formats": list(job.formats),
    }  # fmt: skip


def finished(job: Job) -> CityRecord | None:
    """The record of an earlier run that still holds: same fingerprint, every output there and unchanged."""
    try:
        kept = json.loads((job.folder / RECORD).read_text(encoding="utf-8"))
        record = CityRecord(**kept)
    except (FileNotFoundError, json.JSONDecodeError, TypeError):
        return None  # none, or from another version: the city is simply run again
    whole = all(_same(job.folder / name, digest) for name, digest in record.outputs.items())
    return record if whole and record.outputs and record.fingerprint == job.fingerprint else None


def _same(path: Path, digest: str) -> bool:
    return path.is_file() and file_digest(path) == digest


def save_record(record: CityRecord, folder: Path) -> None:
    """Beside the outputs, before the folder moves into place: record and report appear together."""
    write_whole(folder / RECORD, json.dumps(_plain(record), ensure_ascii=False, indent=1, sort_keys=True))


def write_whole(path: Path, text: str) -> None:
    """Whole or not at all: written beside, then moved over."""
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    beside.write_text(text, encoding="utf-8")
    beside.replace(path)


def _plain(record: CityRecord) -> dict[str, Any]:
    return asdict(record)
