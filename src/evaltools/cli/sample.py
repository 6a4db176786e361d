"""`evaltools sample`: sizes that can decide, and the lists for the field teams."""

from __future__ import annotations

import typer

group = typer.Typer(no_args_is_help=True, rich_markup_mode="markdown")


def register(app: typer.Typer) -> None:
    app.add_typer(group, name="sample", help="Sample sizes, and the village and household lists for the field teams.")
