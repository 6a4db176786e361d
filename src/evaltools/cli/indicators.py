"""`evaltools indicators`: the catalogue, and its values for a city."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import pandas as pd
import typer

from evaltools import terms
from evaltools.cli.listing import Format, FormatOption, LangOption, show
from evaltools.errors import ParameterError, RuleBookError, nearest
from evaltools.paths import resolve
from evaltools.standards import RuleBook, evaluation_date

if TYPE_CHECKING:
    from evaltools.indicators import Catalogue

City = Annotated[str | None, typer.Option("--city", "-c", help="Compute the values of this city.")]
Chapter = Annotated[str | None, typer.Option(help="Only this chapter, such as finance or housing.")]
Level = Annotated[str, typer.Option(help="city, county, town or village.")]
Coverage = Annotated[bool, typer.Option("--coverage", help="Print what stands behind each item of the inventory.")]
Out = Annotated[Path | None, typer.Option(help="With --coverage: write the page to this file.")]
Extra = Annotated[Path | None, typer.Option("--catalogue", help="A folder with indicator entries of your own.")]
Own = Annotated[Path | None, typer.Option("--rules", help="A folder with rule entries of your own.")]


def register(app: typer.Typer) -> None:
    app.command("indicators")(indicators)


def indicators(
    city: City = None, chapter: Chapter = None, level: Level = "city", year: int = 2020,
    as_of: Annotated[str | None, typer.Option(help="Date of the rules; 31 December of the year if absent.")] = None,
    data: Annotated[Path, typer.Option(help="Folder with the tables.")] = Path("data/demo"),
    extra: Extra = None, form: FormatOption = Format.TEXT, lang: LangOption = "zh",
    coverage: Coverage = False, out: Out = None, rules: Own = None,
) -> None:  # fmt: skip
    """List the indicator catalogue, compute it for a city, or say what covers the policy inventory.

    **In:** nothing, or a city and a data folder. **Out:** one row an indicator (definition, statistic, rule, clause),
    or one row an indicator and area (value, interval, rows, missing share, state). What a table lacks is listed last.
    With --coverage: every item of the inventory with its rules, tables, indicators, claims and report chapter.

    An indicator is an entry in YAML, no code: docs/indicators.md says how to write one; --catalogue adds yours, which
    may be held against rules of yours (--rules).

        evaltools indicators --chapter housing
        evaltools indicators --city 梅州 --format csv
        evaltools indicators --coverage
    """
    from evaltools.indicators.engine.catalogue import Catalogue

    book = RuleBook.load(resolve(rules)) if rules else None
    catalogue = Catalogue.load(resolve(extra) if extra else None, book)
    if chapter is not None and chapter not in catalogue.book.chapters:
        close = nearest(chapter, catalogue.book.chapters)
        raise RuleBookError(f"unknown chapter {chapter!r}", where="--chapter", expected=close)
    if coverage or out is not None:
        _coverage(catalogue, coverage, out)
        return
    if city is None:
        chosen = {e.id for e in catalogue.values() if chapter in (None, e.chapter)}
        frame = catalogue.to_frame(lang)
        _definitions(frame[frame["id"].isin(chosen)], form, lang)
        return
    from evaltools.indicators.engine.areas import LEVELS
    from evaltools.indicators.engine.run import compute_indicators
    from evaltools.intake import open_tables

    if level not in LEVELS:
        raise ParameterError(f"unknown level {level!r}", where="--level", expected=nearest(level, LEVELS))
    day = evaluation_date(as_of, year)
    tables = open_tables(resolve(data), city=terms.city(city).code)
    only = [e.id for e in catalogue.values() if chapter in (None, e.chapter)]
    table = compute_indicators(tables, as_of=day, catalogue=catalogue, only=only)
    frame = table.to_frame(level, year=year)
    name = "label_zh" if lang == "zh" else "label_en"
    frame.insert(1, "label", frame["indicator"].map({k: getattr(e, name) for k, e in catalogue.items()}))
    shown = frame.assign(
        value=frame["value"].map("{:,.4g}".format), missing=frame["missing_share"].map("{:.1%}".format),
        state=[terms.label(terms.VerdictState(s), lang) for s in frame["state"]],
    )  # fmt: skip
    keys = ("label", "area_code", "value", "rows", "missing", "state")
    heads = ("指标", "地区", "数值", "行数", "缺失", "结论") if lang == "zh" else keys
    show(shown if form is Format.TEXT else frame, form, repr(table), dict(zip(keys, heads, strict=True)))
    if form is Format.TEXT and len(table.missing):
        show(table.missing, form, "数据缺失，未能计算" if lang == "zh" else "not available")
    elif len(table.missing):  # beside the rows that programs read, never among them
        for row in table.missing.to_dict("records"):
            typer.echo(f"not available: {row['indicator']} ({row['reason']})", err=True)


def _coverage(catalogue: Catalogue, wanted: bool, out: Path | None) -> None:
    """Print the coverage page, or write it to `out`."""
    from evaltools.indicators.coverage import coverage, coverage_page

    if not wanted:
        raise ParameterError("--out without --coverage", expected="--coverage --out FILE", where="--out")
    page = coverage_page(coverage(catalogue))
    if out is None:
        typer.echo(page, nl=False)
    else:
        resolve(out).write_text(page, encoding="utf-8")


def _definitions(frame: pd.DataFrame, form: Format, lang: str) -> None:
    keys = ("id", "label", "statistic", "unit", "rule", "source")
    heads = ("编号", "指标", "统计量", "单位", "规则", "依据") if lang == "zh" else keys
    show(frame, form, "", dict(zip(keys, heads, strict=True)))
