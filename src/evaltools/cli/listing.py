"""How the listing commands print: a table for people, JSON for programs."""

from __future__ import annotations

import json
from enum import StrEnum
from typing import Annotated, Any

import pandas as pd
import typer
from rich.console import Console
from rich.table import Table


class Format(StrEnum):
    TEXT = "text"
    JSON = "json"
    CSV = "csv"


FormatOption = Annotated[Format, typer.Option("--format", help="text for people; json or csv for programs.")]
LangOption = Annotated[str, typer.Option("--lang", help="zh or en.")]


def show(frame: pd.DataFrame, form: Format, title: str = "", columns: dict[str, str] | None = None) -> None:
    """Print a frame; `columns` chooses and names those that people see, programs get all."""
    if form is Format.JSON:
        typer.echo(json.dumps(records(frame), ensure_ascii=False, indent=1))
    elif form is Format.CSV:
        typer.echo(frame.to_csv(index=False), nl=False)
    else:
        _table(frame, title, columns or {c: c for c in frame.columns})


def records(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """Rows as plain JSON values; a missing value is null."""
    return json.loads(frame.to_json(orient="records", date_format="iso", force_ascii=False))


def _table(frame: pd.DataFrame, title: str, columns: dict[str, str]) -> None:
    table = Table(title=title or None, title_justify="left", show_edge=False, pad_edge=False)
    for key, name in columns.items():
        is_number = pd.api.types.is_numeric_dtype(frame[key])
        table.add_column(name, justify="right" if is_number else "left", overflow="fold")
    for row in frame[list(columns)].itertuples(index=False):
        table.add_row(*("" if pd.isna(v) else str(v) for v in row))
    Console().print(table, highlight=False)
