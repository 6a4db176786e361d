"""`evaltools report`: the reports of one city, of all, and of the province, strict about parameters."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from evaltools import batch
from evaltools.cli.progress import Board
from evaltools.errors import BatchError, ParameterError
from evaltools.errors import EvaltoolsError as _Base
from evaltools.paths import project_root, resolve, shown

Cities = Annotated[list[str] | None, typer.Option(
    "--city", "-c", help="all, or 梅州, 梅州市, meizhou, 441400; repeat it, or put commas between.")]  # fmt: skip
File = Annotated[Path | None, typer.Option(
    "-f", "--file", help="A parameter file such as params/cities/meizhou.yaml; its `city` may be `all`.")]  # fmt: skip
Province = Annotated[bool, typer.Option(
    "--province", help="The province's report too: alone, or after the cities of --city or -f.")]  # fmt: skip
Pairs = Annotated[list[str] | None, typer.Option(
    "-p", "--parameter", metavar="NAME VALUE", help="One parameter; it must be declared in the notebook.")]  # fmt: skip
Year = Annotated[str | None, typer.Option(help="Year that is evaluated.")]
AsOf = Annotated[str | None, typer.Option(help="Date (YYYY-MM-DD) whose rules hold; else 31 December of the year.")]
Data = Annotated[str | None, typer.Option(help="Folder with the tables.")]
Out = Annotated[Path, typer.Option(help="Folder for the reports.")]
Workers = Annotated[int, typer.Option(min=1, help="Reports at the same time.")]
Lang = Annotated[str | None, typer.Option(help="zh or en.")]
Formats = Annotated[str, typer.Option(help="Any of html,docx,pdf,xlsx,json.")]
Force = Annotated[bool, typer.Option("--force", help="Make reports again even if nothing has changed.")]
Notebook = Annotated[Path, typer.Option(help="The parameterised notebook of a city.")]
ProvinceNotebook = Annotated[Path, typer.Option(help="The parameterised notebook of the province.")]


def register(app: typer.Typer) -> None:
    app.command("report")(report)


def report(
    city: Cities = None, file: File = None, province: Province = False, parameter: Pairs = None, year: Year = None,
    as_of: AsOf = None, data: Data = None, out: Out = Path("reports"), workers: Workers = 2, lang: Lang = None,
    formats: Formats = "html,docx,pdf,xlsx,json", force: Force = False,
    notebook: Notebook = Path("notebooks/city_report.ipynb"),
    province_notebook: ProvinceNotebook = Path("notebooks/province_report.ipynb"),
) -> None:  # fmt: skip
    """Write reports of cities and of the province: HTML, Word, PDF, Excel annex and JSON, from the executed notebook.

    **In:** a data folder (docs/data.md) and parameters: a city's own file under params/cities and
    params/province.yaml, or -f FILE, changed by --year, --as-of, --data, --lang and -p. Parameters declared in
    the notebook = parameters given, both ways. **Out:** one folder per city under --out, the folder `province`
    with --province, index.html over all, manifest.json with what made them.

    `--city all` means the 21 cities; `--province` adds the report that sets them side by side, and by itself
    makes only that one. Reports whose inputs, parameters, rules and code have not changed are skipped. A failing
    report leaves the others whole; the command then ends with status 11 (several) or the error's own status (one).

        evaltools report --city 梅州
        evaltools report --city all --province --data data/demo --out reports
        evaltools report --province --year 2020
        evaltools report -f params/cities/meizhou.yaml -p lang en
    """
    changes = _changes(year, as_of, data, lang, parameter)
    given, where = _given(city, file, province, changes)
    target, wanted = resolve(out), formats.split(",")
    jobs = batch.plan(given, notebook=resolve(notebook), out=target, formats=wanted, where=where) if given else []
    if province:
        whole, source = _province(file, changes)
        jobs += batch.plan([whole], notebook=resolve(province_notebook), out=target, formats=wanted, where=source)
    with Board([j.city for j in jobs]) as board:
        manifest = batch.run(jobs, workers=workers, force=force, progress=board.done, told=board.told)
    _last_lines(manifest, target)


def fold_pairs(words: list[str]) -> list[str]:
    """`-p NAME VALUE`, as papermill writes it, becomes `-p NAME=VALUE`, which the parser can repeat."""
    folded, rest = [], list(words)
    while rest:
        word = rest.pop(0)
        folded.append(word)
        if word in ("-p", "--parameter") and len(rest) > 1 and "=" not in rest[0]:
            folded.append(f"{rest.pop(0)}={rest.pop(0)}")
    return folded


def _changes(
    year: str | None, as_of: str | None, data: str | None, lang: str | None, pairs: list[str] | None
) -> dict[str, str]:
    named = {"year": year, "as_of": as_of, "data": data, "lang": lang}
    changes = {name: value for name, value in named.items() if value is not None}
    if "year" in changes and "as_of" not in changes:
        changes["as_of"] = ""  # 31 December of the year asked for, not of the file's
    for pair in pairs or []:
        name, is_pair, value = pair.partition("=")
        if not is_pair:
            raise ParameterError(f"-p {pair} has no value", expected="-p NAME VALUE, such as -p year 2019")
        if name in changes and changes[name] not in ("", value):
            raise ParameterError(f"{name} is given twice: {changes[name]!r} and {value!r}", where="options")
        changes[name] = value
    return changes


def _given(
    city: list[str] | None, file: Path | None, province: bool, changes: dict[str, str]
) -> tuple[list[dict[str, str]], str]:
    """Parameters per city, and where they come from; an option changes what a file says."""
    if city is None and file is None and province:
        return [], "options"
    if (city is None) == (file is None):
        raise ParameterError(
            "give either --city or -f FILE, or --province",
            expected="--city 梅州, --city all, --province, or -f params/cities/meizhou.yaml",
        )
    if city is not None:
        named = batch.cities_named(",".join(city))
        return [{**batch.city_parameters(c), **changes} for c in named], "options and params/cities"
    assert file is not None
    path = _found(file)
    base = {**batch.read_parameter_file(path), **changes}
    if "city" in base:
        return [{**base, "city": c.key} for c in batch.cities_named(base["city"])], path.name
    if province:
        return [], path.name
    raise ParameterError(
        "parameter city is not given", where=path.name, expected="a line such as `city: meizhou` or `city: all`",
        todo="add it to the file or as -p city NAME, or give --province for the province's report",
    )  # fmt: skip


def _province(file: Path | None, changes: dict[str, str]) -> tuple[dict[str, str], str]:
    """The province's parameters and where they come from: what a parameter file says of all cities holds for it too."""
    path = None if file is None else _found(file)
    base = batch.province_parameters() if path is None else batch.read_parameter_file(path)
    if path is None:
        return {**base, **changes}, "options and params/province.yaml"
    return {k: v for k, v in {**base, **changes}.items() if k != "city"}, path.name


def _found(file: Path) -> Path:
    """A parameter file beside the project's or in the working directory."""
    is_local = file.exists() and not file.is_absolute() and not (project_root() / file).exists()
    return file if is_local else resolve(file)


def _last_lines(manifest: batch.RunManifest, out: Path) -> None:
    states = [r.status for r in manifest.records]
    made = ", ".join(f"{states.count(s)} {s}" for s in ("ok", "unchanged", "failed") if s in states)
    typer.echo(f"{len(states)} reports: {made}")
    for record in manifest.failed:
        typer.echo(f"failed: {record.city}: {record.reason.splitlines()[0]}", err=True)
    typer.echo(f"look at   {out}/index.html")
    typer.echo(f"record in {out}/manifest.json")
    if manifest.failed and len(manifest.records) == 1:
        raise _as_error(manifest.failed[0])
    if manifest.failed:
        raise BatchError(
            f"{len(manifest.failed)} of {len(states)} reports failed", where=f"{shown(out)}/manifest.json",
            todo="mend what the reasons name and run the same command again: only these will run",
            detail=[f"{r.city}: {r.reason.splitlines()[0]}" for r in manifest.failed],
        )  # fmt: skip


class _CityFailed(_Base):
    code = "city-failed"


def _as_error(record: batch.CityRecord) -> _Base:
    """The error a single city ended with, with the exit status of its class."""
    error = _CityFailed(record.reason, where=record.city)
    error.exit_status = record.exit_status or 1
    return error
