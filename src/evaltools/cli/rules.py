"""`evaltools rules`: the rules in force, and what changed between two dates."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import pandas as pd
import typer

from evaltools.cli.listing import Format, FormatOption, LangOption, show
from evaltools.paths import resolve
from evaltools.standards import RuleBook

AsOf = Annotated[str, typer.Option("--as-of", help="Date (YYYY-MM-DD) whose rules are shown.")]
City = Annotated[str | None, typer.Option("--city", "-c", help="City whose rules are shown; the province if absent.")]
Chapter = Annotated[str | None, typer.Option(help="Only this chapter of the rule book, such as exit or finance.")]
Extra = Annotated[Path | None, typer.Option("--rules", help="A folder with rule entries of your own.")]

group = typer.Typer(no_args_is_help=False, rich_markup_mode="markdown")


def register(app: typer.Typer) -> None:
    app.add_typer(group, name="rules", help="The rules in force for a date and a city; `diff` compares two dates.")


@group.callback(invoke_without_command=True)
def rules(
    ctx: typer.Context, as_of: AsOf = "2020-12-31", city: City = None, chapter: Chapter = None,
    extra: Extra = None, form: FormatOption = Format.TEXT, lang: LangOption = "zh",
) -> None:  # fmt: skip
    """List the rules in force: value, comparison, population, status, document and clause.

    **In:** a date and a city. **Out:** one row a rule; a rule that is undefined for the city says so and why.

        evaltools rules --as-of 2018-06-30 --city 清远
        evaltools rules --chapter exit --format json
        evaltools rules diff 2018-12-31 2020-12-31
    """
    if ctx.invoked_subcommand:
        return
    found = _book(extra).at(as_of, city=city)
    frame = found.to_frame(lang)
    if chapter:
        chosen = {rule.id for rule in found.chapter(chapter)}
        frame = frame[frame["id"].isin(chosen)]
    heads = ("编号", "规则", "限值", "适用", "依据") if lang == "zh" else ("id", "rule", "limit", "applies", "citation")
    keys = ("id", "label", "limit", "applicability", "cite")
    show(_said(frame, lang) if form is Format.TEXT else frame, form, repr(found), dict(zip(keys, heads, strict=True)))


def _said(frame: pd.DataFrame, lang: str) -> pd.DataFrame:
    """What people read: beside 无规定 the reason; a rule without a value applies nowhere yet."""
    is_open = frame["reason"] != ""
    mark = "：" if lang == "zh" else ": "
    limit = frame["limit"].where(~is_open, frame["limit"] + mark + frame["reason"])
    return frame.assign(limit=limit, applicability=frame["applicability"].where(~is_open, "—"))


@group.command("diff")
def diff(
    before: Annotated[str, typer.Argument(help="First date, YYYY-MM-DD.")],
    after: Annotated[str, typer.Argument(help="Second date, YYYY-MM-DD.")],
    city: City = None, extra: Extra = None, form: FormatOption = Format.TEXT, lang: LangOption = "zh",
) -> None:  # fmt: skip
    """List the rules whose value, or whose being defined, differs between two dates."""
    frame = _book(extra).diff(before, after, city=city, lang=lang)
    heads = ("编号", "规则", before, after, "依据") if lang == "zh" else ("id", "rule", before, after, "citation")
    keys = ("id", "label", "before", "after", "cite_after")
    show(frame, form, f"{len(frame)} {'条有变化' if lang == 'zh' else 'changed'}", dict(zip(keys, heads, strict=True)))


def _book(extra: Path | None) -> RuleBook:
    return RuleBook.load(resolve(extra)) if extra else RuleBook.load()
