"""What a batch will do: a job per city and one for the province, each with the fingerprint of all its report needs."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from evaltools import terms
from evaltools.batch.parameters import bind, declared_parameters, read_parameter_file
from evaltools.errors import DataMissingError, ParameterError
from evaltools.paths import project_root, resolve, shown
from evaltools.provenance import code_digest, file_digest, hash_inputs, versions
from evaltools.standards import RuleBook, evaluation_date

FORMATS = ("html", "docx", "pdf", "xlsx", "json")
SETTINGS = ("params/assessment.yaml",)
"""Files beside data, rules and code that shape a report."""


@dataclass(frozen=True)
class Job:
    """One report. `fingerprint` changes when inputs, parameters, settings, rules, code or notebook change."""

    city: str
    """A city's key, or `terms.PROVINCE_KEY` for the report of the province."""
    parameters: Mapping[str, Any]
    notebook: Path
    out: Path
    formats: tuple[str, ...]
    fingerprint: str

    @property
    def folder(self) -> Path:
        return self.out / self.city


def plan(
    given: Sequence[Mapping[str, Any]], *, notebook: Path, out: Path, formats: Iterable[str] = FORMATS,
    where: str = "options",
) -> list[Job]:  # fmt: skip
    """One job per entry of `given` (parameter name → value; the `city` of an entry may be any of its names).

    A notebook that declares no `city` speaks of the whole province.

    Everything that can be wrong with parameters is found here, before a kernel starts: ParameterError for
    names and types, ScopeError for city, year and date, DataMissingError for the data folder.
    """
    declared = declared_parameters(notebook)
    bound = [bind(declared, one, where) for one in given]
    for one in bound:
        if "city" in declared:
            one["city"] = terms.city(one["city"]).key
    for one in {json.dumps(p, sort_keys=True): p for p in bound}.values():
        check_scope(one)
    wanted = _formats(formats)
    rest = [RuleBook.load().digest, code_digest(), file_digest(notebook), versions(), wanted, settings()]
    inputs = {data: hash_inputs(resolve(data)) for data in {str(p["data"]) for p in bound}}

    def fingerprint(parameters: dict[str, Any]) -> str:
        content = [inputs[str(parameters["data"])], rest, parameters]
        return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()

    jobs = {str(p.get("city", terms.PROVINCE_KEY)): p for p in bound}
    return [Job(key, p, notebook, out, wanted, fingerprint(p)) for key, p in jobs.items()]


def settings() -> dict[str, str]:
    """Digests of the settings files that are there."""
    found = {name: project_root() / name for name in SETTINGS}
    return {name: file_digest(path) for name, path in found.items() if path.is_file()}


def cities_named(text: str) -> list[terms.City]:
    """The cities meant by `all`, by one name, or by several with commas between them, in any of their names."""
    if text.strip().lower() == "all":
        return list(terms.CITIES)
    parts = [part for part in text.replace("，", ",").replace("、", ",").split(",") if part.strip()]
    if not parts:
        raise ParameterError("no city is given", expected="all, or names such as 梅州,清远")
    return list(dict.fromkeys(terms.city(part) for part in parts))


def check_scope(parameters: Mapping[str, Any]) -> None:
    """Year and date inside the rule book, language known, data folder there: ScopeError and kin if not."""
    year, as_of, lang = parameters.get("year"), str(parameters.get("as_of") or ""), parameters.get("lang", "zh")
    if lang not in ("zh", "en"):
        raise ParameterError(f"lang = {lang!r}", expected="zh or en")
    RuleBook.load().at(as_of=evaluation_date(as_of, int(str(year))))
    folder = resolve(str(parameters.get("data", "")))
    if not folder.is_dir():
        raise DataMissingError(
            f"no data folder {parameters.get('data')!r}", where=shown(folder),
            expected="a folder with households.parquet, survey.parquet and the other tables of docs/data.md",
            todo="give --data DIR; relative paths start at the project root",
        )  # fmt: skip


def _formats(formats: Iterable[str]) -> tuple[str, ...]:
    wanted = tuple(dict.fromkeys(f.strip().lower() for f in formats if f.strip()))
    unknown = [f for f in wanted if f not in FORMATS]
    if unknown or not wanted:
        raise ParameterError(f"unknown format {', '.join(unknown) or '(none)'}", expected=", ".join(FORMATS))
    return wanted


def city_parameters(city: terms.City) -> dict[str, str]:
    """The committed parameter file of a city: the defaults of `evaltools report --city`."""
    return read_parameter_file(project_root() / "params" / "cities" / f"{city.key}.yaml")


def province_parameters() -> dict[str, str]:
    """The committed parameter file of the province: the defaults of `evaltools report --province`."""
    return read_parameter_file(project_root() / "params" / "province.yaml")
