"""What a batch will do: one job per city, each with the fingerprint of all that its report depends on."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib.metadata import version
from pathlib import Path
from typing import Any

from evaltools import terms
from evaltools.batch.parameters import bind, declared_parameters, read_parameter_file
from evaltools.errors import DataMissingError, ParameterError, ScopeError
from evaltools.paths import project_root, resolve, shown
from evaltools.standards import RuleBook

FORMATS = ("html", "docx", "pdf", "xlsx", "json")
LIBRARIES = ("pandas", "numpy", "duckdb", "matplotlib", "papermill", "pypandoc-binary", "typst")


@dataclass(frozen=True)
class Job:
    """One city's report. `fingerprint` changes when inputs, parameters, rules, code or notebook change."""

    city: str
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

    Everything that can be wrong with parameters is found here, before a kernel starts: ParameterError for
    names and types, ScopeError for city, year and date, DataMissingError for the data folder.
    """
    declared = declared_parameters(notebook)
    bound = [bind(declared, one, where) for one in given]
    for one in bound:
        one["city"] = terms.city(one["city"]).key
    for one in {json.dumps(p, sort_keys=True): p for p in bound}.values():
        check_scope(one)
    wanted = _formats(formats)
    rest = [RuleBook.load().digest, code_digest(), file_digest(notebook), versions(), wanted]
    inputs = {data: hash_inputs(resolve(data)) for data in {str(p["data"]) for p in bound}}

    def fingerprint(parameters: dict[str, Any]) -> str:
        content = [inputs[str(parameters["data"])], rest, parameters]
        return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()

    jobs = {p["city"]: Job(str(p["city"]), p, notebook, out, wanted, fingerprint(p)) for p in bound}
    return list(jobs.values())


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
    book = RuleBook.load()
    for moment in {f"{year}-12-31", as_of or f"{year}-12-31"}:
        book.at(as_of=moment)  # ScopeError outside the years the rules cover
    if as_of and year is not None and int(as_of[:4]) < int(year):
        raise ScopeError(
            f"as_of {as_of} lies before the year {year} that is evaluated",
            expected=f"a date from {year}-01-01 on", todo="leave as_of empty for 31 December of the year",
        )  # fmt: skip
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


def hash_inputs(folder: Path) -> dict[str, str]:
    """SHA-256 of every file in a data folder (relative name → digest)."""
    files = sorted(p for p in folder.rglob("*") if p.is_file() and not p.name.startswith("."))
    return {p.relative_to(folder).as_posix(): file_digest(p) for p in files}


def file_digest(path: Path) -> str:
    with path.open("rb") as handle:
        return hashlib.file_digest(handle, "sha256").hexdigest()


@lru_cache(maxsize=1)
def code_digest() -> str:
    """Digest of the package's code and data files (rules, contracts, templates, fonts)."""
    root = Path(__file__).resolve().parents[1]
    parts = hashlib.sha256()
    for path in sorted(p for p in root.rglob("*") if p.is_file() and "__pycache__" not in p.parts):
        parts.update(path.relative_to(root).as_posix().encode() + b"\0" + path.read_bytes())
    return parts.hexdigest()


def versions() -> dict[str, str]:
    """Versions of what shapes a report."""
    return {name: version(name) for name in ("evaltools", *LIBRARIES)}
