"""`evaltools indicators`: the catalogue, and its values for a city."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import pandas as pd
import typer

from evaltools import terms
from evaltools.cli.listing import Format, FormatOption, LangOption, show
from evaltools.paths import resolve
from evaltools.standards import evaluation_date

City = Annotated[str | None, typer.Option("--city", "-c", help="Compute the values of this city.")]
Chapter = Annotated[str | None, typer.Option(help="Only this chapter, such as finance or housing.")]
Level = Annotated[str, typer.Option(help="city, county, town or village.")]
Extra = Annotated[Path | None, typer.Option("--catalogue", help="A folder with indicator entries of your own.")]


def register(app: typer.Typer) -> None:
    app.command("indicators")(indicators)


def indicators(
    city: City = None, chapter: Chapter = None, level: Level = "city", year: int = 2020,
    as_of: Annotated[str | None, typer.Option(help="Date of the rules; 31 December of the year if absent.")] = None,
    data: Annotated[Path, typer.Option(help="Folder with the tables.")] = Path("data/demo"),
    extra: Extra = None, form: FormatOption = Format.TEXT, lang: LangOption = "zh",
) -> None:  # fmt: skip
    """List the indicator catalogue, or compute it for a city.

    **In:** nothing, or a city and a data folder. **Out:** one row an indicator (definition, statistic, rule, clause),
    or one row an indicator and area (value, interval, rows, missing share, state). What a table lacks is listed last.

        evaltools indicators --chapter housing
        evaltools indicators --city 梅州 --format csv
    """
    from evaltools.indicators.engine.entry import Catalogue

    catalogue = Catalogue.load(resolve(extra)) if extra else Catalogue.load()
    if city is None:
        chosen = {e.id for e in catalogue.values() if chapter in (None, e.chapter)}
        frame = catalogue.to_frame(lang)
        _definitions(frame[frame["id"].isin(chosen)], form, lang)
        return
    from evaltools.indicators.engine.run import compute_indicators
    from evaltools.intake import open_tables

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


def _definitions(frame: pd.DataFrame, form: Format, lang: str) -> None:
    keys = ("id", "label", "statistic", "unit", "rule", "source")
    heads = ("编号", "指标", "统计量", "单位", "规则", "依据") if lang == "zh" else keys
    show(frame, form, "", dict(zip(keys, heads, strict=True)))
