"""`evaltools claims`: the published figures, checked against each other and against data."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum
from typing import Annotated

import pandas as pd
import typer

from evaltools.cli.listing import Format, FormatOption, LangOption, show
from evaltools.indicators.claims import DerivedFigure, check_relations, coincidences, derive
from evaltools.standards import Claims, Relations


class What(StrEnum):
    RELATIONS = "relations"
    FIGURES = "figures"
    DERIVED = "derived"
    COINCIDENCES = "coincidences"


def register(app: typer.Typer) -> None:
    app.command("claims")(claims)


def claims(
    what: Annotated[What, typer.Option(help="The checks, the figures, what follows from them, or equal digits.")] = (
        What.RELATIONS
    ),
    form: FormatOption = Format.TEXT,
    lang: LangOption = "zh",
) -> None:
    """Check the published figures of the documents against each other.

    **Out:** for each relation (a sum, a partition, a product, two dates): agrees, differs by rounding, conflicts, or
    cannot be compared, with the arithmetic. Equal digits of different things are listed apart and never joined.

        evaltools claims
        evaltools claims --what figures --format json
    """
    facts = Claims.load()
    relations = Relations.load(facts)
    if what is What.FIGURES:
        keys = ("label", "written", "entity", "as_of", "kind", "cite")
        heads = ("公布数", "原文写法", "对象", "截止", "性质", "出处") if lang == "zh" else keys
        show(facts.to_frame(), form, "", dict(zip(keys, heads, strict=True)))
    elif what is What.COINCIDENCES:
        show(coincidences(facts, relations), form)
    elif what is What.DERIVED:
        show(_derived(derive(facts, relations), lang), form)
    else:
        frame = check_relations(facts, relations).to_frame(lang)
        heads = ("关系", "结论", "说明") if lang == "zh" else ("relation", "verdict", "explanation")
        show(frame, form, "", dict(zip(("label", "verdict", "explanation"), heads, strict=True)))


def _derived(figures: Iterable[DerivedFigure], lang: str) -> pd.DataFrame:
    """What follows from published figures: value with the bounds that their rounding allows."""
    rows = [
        (d.id, d.label_zh if lang == "zh" else d.label_en, *(f"{float(x):,.6g}" for x in
         (d.span.value, d.span.low, d.span.high)), d.unit, d.formula) for d in figures
    ]  # fmt: skip
    return pd.DataFrame(rows, columns=["id", "label", "value", "low", "high", "unit", "formula"])
