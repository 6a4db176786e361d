"""`evaltools claims`: the published figures, checked against each other and against data."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import pandas as pd
import typer

from evaltools.cli.listing import Format, FormatOption, LangOption, show
from evaltools.errors import DataMissingError, ParameterError
from evaltools.indicators.claims import ClaimChecks, DerivedFigure, check_relations, coincidences, derive
from evaltools.paths import resolve, shown
from evaltools.standards import Claims, Relations, RuleBook, evaluation_date

if TYPE_CHECKING:
    from evaltools.indicators.assessment.observed import Observed
    from evaltools.intake import Tables

FIGURE_HEADS = {
    "zh": {"label": "公布数", "written": "原文写法", "as_of": "截止", "relation": "相互核对", "data": "与数据",
           "cite": "出处"},
    "en": {"label": "figure", "written": "as printed", "as_of": "as of", "relation": "each other", "data": "data",
           "cite": "source"},
}  # fmt: skip
MEASURED = {"measured": ("数据值", "measured"), "measured_low": ("下界", "low"), "measured_high": ("上界", "high")}
SYNTHETIC = {
    "zh": "合成数据按公布的总量生成，不能核验任何公布数字：结论一律为“无法核验”，trial 一栏不是结论。",
    "en": "synthetic data are made from the published totals and verify none of them: every verdict is 'not verifiable', "
          "and the column trial is no finding.",
}  # fmt: skip


class What(StrEnum):
    RELATIONS = "relations"
    FIGURES = "figures"
    DERIVED = "derived"
    COINCIDENCES = "coincidences"


def register(app: typer.Typer) -> None:
    app.command("claims")(claims)


def claims(
    what: Annotated[What | None, typer.Option(
        help="The checks, the figures, what follows from them, or equal digits; figures with --data.")] = None,
    data: Annotated[Path | None, typer.Option(help="Folder with the tables: figures are held against them.")] = None,
    year: Annotated[int, typer.Option(help="Year of the data; figures of other years are not verifiable.")] = 2020,
    as_of: Annotated[str, typer.Option(help="Date (YYYY-MM-DD) of the data; else 31 December of the year.")] = "",
    form: FormatOption = Format.TEXT,
    lang: LangOption = "zh",
) -> None:  # fmt: skip
    """Check the published figures of the documents against each other, and against data.

    **In:** nothing, or with --data a folder of tables (docs/data.md).
    **Out:** for each relation (a sum, a partition, a product, two dates): agrees, differs by rounding, conflicts, or
    cannot be compared, with the arithmetic. With --data, for each figure that and: supported, contradicted, undecided,
    or not verifiable. Synthetic data verify nothing: they are made from these figures. Equal digits of different things
    are listed apart and never joined.

        evaltools claims
        evaltools claims --data data/demo --year 2020
        evaltools claims --what figures --format json
    """
    if data is not None and what not in (None, What.FIGURES):
        raise ParameterError(f"--what {what} with --data", expected="--what figures: only figures meet data")
    facts = Claims.load()
    relations = Relations.load(facts)
    if data is not None or what is What.FIGURES:
        _show_figures(facts, check_relations(facts, relations), data, evaluation_date(as_of, year).isoformat(), form, lang)
    elif what is What.COINCIDENCES:
        show(coincidences(facts, relations), form)
    elif what is What.DERIVED:
        show(_derived(derive(facts, relations), lang), form)
    else:
        frame = check_relations(facts, relations).to_frame(lang)
        heads = ("关系", "结论", "说明") if lang == "zh" else ("relation", "verdict", "explanation")
        show(frame, form, "", dict(zip(("label", "verdict", "explanation"), heads, strict=True)))


def _show_figures(facts: Claims, checks: ClaimChecks, data: Path | None, day: str, form: Format, lang: str) -> None:
    """Every figure with what its relations come to and, with data, what they say of it."""
    from evaltools.indicators.assessment.observed import reconcile, to_frame

    seen: dict[str, Observed] = {}
    synthetic = False
    if data is not None:
        tables = _opened(data)
        synthetic = tables.is_synthetic
        seen = _observed(facts, tables, day)
    figures = to_frame(reconcile(facts, checks, seen, is_synthetic=synthetic), lang)
    frame = facts.to_frame(lang).drop(columns=["as_of", "label", "written", "cite"])
    heads, at = dict(FIGURE_HEADS["zh" if lang == "zh" else "en"]), int(lang != "zh")
    if data is None:
        heads.pop("data")
        figures = figures.drop(columns=["data", "trial", *MEASURED])
    elif not synthetic:
        heads |= {k: v[at] for k, v in MEASURED.items()}
    if synthetic:
        typer.echo(SYNTHETIC["zh" if lang == "zh" else "en"], err=True)
    show(figures.merge(frame, on="id"), form, "", heads)


def _opened(data: Path) -> Tables:
    from evaltools.intake import open_tables

    folder = resolve(data)
    if not folder.is_dir():
        raise DataMissingError(f"no data folder {data}", where=shown(folder), expected="a folder with tables")
    return open_tables(folder)


def _observed(facts: Claims, tables: Tables, day: str) -> dict[str, Observed]:
    """What the tables say of the figures: the province and its cities, in one scan."""
    from evaltools.indicators import Catalogue, compute_indicators
    from evaltools.indicators.assessment.observed import measures, observe

    book, catalogue = RuleBook.load(), Catalogue.load()
    wanted = measures(facts, catalogue).values()
    table = compute_indicators(
        tables, book, as_of=day, catalogue=catalogue, levels=("province", "city"), only=wanted
    )  # fmt: skip
    return observe(facts, table, book.at(day), day)


def _derived(figures: Iterable[DerivedFigure], lang: str) -> pd.DataFrame:
    """What follows from published figures: value with the bounds that their rounding allows."""
    rows = [
        (d.id, d.label_zh if lang == "zh" else d.label_en, *(f"{float(x):,.6g}" for x in
         (d.span.value, d.span.low, d.span.high)), d.unit, d.formula) for d in figures
    ]  # fmt: skip
    return pd.DataFrame(rows, columns=["id", "label", "value", "low", "high", "unit", "formula"])
