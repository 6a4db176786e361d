"""`evaltools check`, `template`, `synth`: tables in, tables out."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import Progress

from evaltools.cli.listing import Format, FormatOption
from evaltools.errors import DataInvalidError
from evaltools.paths import resolve, shown


def register(app: typer.Typer) -> None:
    app.command("check")(check)
    app.command("template")(template)
    app.command("synth")(synth)


def check(
    data: Annotated[Path, typer.Argument(help="Folder with tables, or one file.")],
    mapping: Annotated[Path | None, typer.Option(help="A mapping file: whose columns mean what.")] = None,
    form: FormatOption = Format.TEXT,
) -> None:
    """Check tables against their contracts: every violation with file, row, column, value and rule.

    **In:** CSV, Excel or Parquet in Chinese or canonical headers (docs/data.md), or anybody's file with a mapping.
    **Out:** the quality ledger: rows read, kept and dropped, missing shares, violations. Status 8 if any is found.

        evaltools check data/demo
        evaltools check their_survey.csv --mapping params/mappings/eph.yaml
    """
    from evaltools.intake import check_folder

    report = check_folder(resolve(data), mapping=resolve(mapping) if mapping else None)
    typer.echo(json.dumps(report.to_dict(), ensure_ascii=False, indent=1) if form is Format.JSON else str(report))
    if report.errors:
        raise DataInvalidError(f"{report.errors} violations", where=shown(resolve(data)), todo="see the list above")


def template(
    out: Annotated[Path, typer.Option(help="Folder for the templates.")] = Path("templates"),
) -> None:
    """Write Excel templates with Chinese headers, drop-down lists and notes, and the questionnaire as XLSForm.

    **Out:** one workbook a table, `questionnaire.xlsx` for ODK or KoboToolbox; filled, both are read as they are.

        evaltools template --out templates
    """
    from evaltools.intake import write_templates

    for path in write_templates(resolve(out)):
        typer.echo(shown(path))


def synth(
    out: Annotated[Path, typer.Option(help="Folder for the tables.")] = Path("data/raw/synthetic"),
    truth: Annotated[Path | None, typer.Option(help="Folder for the truth; OUT_truth if absent.")] = None,
    scale: Annotated[float, typer.Option(min=0.01, max=1.0, help="1 is the whole province.")] = 0.02,
    seed: Annotated[int, typer.Option(help="Same seed, same bytes.")] = 2020,
) -> None:
    """Write synthetic data shaped on Guangdong's published figures, with a field survey drawn from it.

    **Out:** the tables of docs/data.md, and the truth behind them in a folder of its own that no report reads.
    Everything made from it is labelled 合成数据. Scale 1 is all 161.5万 registered persons over five years.

        evaltools synth --scale 0.02 --seed 7 --out data/raw/synthetic
    """
    from evaltools.synthetic import generate

    target = resolve(out)
    beside = resolve(truth) if truth else target.with_name(target.name + "_truth")
    with Progress(*Progress.get_default_columns(), console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("")
        generate(target, beside, scale=scale, seed=seed, progress=lambda name, done, total: bar.update(
            task, description=str(name), completed=done, total=total))  # fmt: skip
    typer.echo(f"tables in {shown(target)}\ntruth in  {shown(beside)}")
