"""Plans and lists from files to files: what `evaltools sample` reads and the Excel workbooks that it writes."""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from evaltools.errors import DataMissingError
from evaltools.estimation import wording
from evaltools.estimation.cells import missing_columns
from evaltools.estimation.drawing import Draw, draw
from evaltools.estimation.form_list import form_list
from evaltools.estimation.planning import Objective, PlanOptions, SamplePlan, plan


def read_table(path: str | Path) -> pd.DataFrame:
    """A frame of villages or a roster from Parquet, CSV or Excel; codes stay text."""
    path = Path(path)
    if not path.exists():
        raise DataMissingError(f"no such file: {path}", expected="a Parquet, CSV or Excel file")
    if path.suffix == ".parquet":
        return pd.read_parquet(path)
    names = ("village_code", "county_code", "city_code", "town_code", "household_id", "stratum", "city")
    codes: dict[str, Any] = dict.fromkeys(names, str)
    if path.suffix in (".xlsx", ".xls"):
        return pd.read_excel(path, dtype=codes)
    return pd.read_csv(path, dtype=codes)


def plan_files(villages: str | Path, out: str | Path, objectives: list[Objective], options: PlanOptions, *,
               cities: list[str] | None = None, lang: str = "zh", **columns: str) -> SamplePlan:  # fmt: skip
    """Plan from a file of villages and write the plan as Excel; what `evaltools sample plan` calls."""
    made = plan(_only(read_table(villages), cities, columns), objectives, options, lang=lang, **columns)
    write_excel(out, {"目标 objectives": made.objectives, "分配 strata": made.strata}, made.notes, options, None, lang)
    return made


def draw_files(villages: str | Path, out: str | Path, objectives: list[Objective], options: PlanOptions, *, seed: int,
               roster: str | Path | None = None, cities: list[str] | None = None, lang: str = "zh",
               replacements: float = 0.2, form: str | Path | None = None, year: int = 2020, **columns: str) -> Draw:  # fmt: skip
    """Plan and draw from files and write the field lists as Excel; what `evaltools sample draw` calls.

    form : also write the list that the questionnaire looks households up in (CSV; UTF-8, codes as text).
    """
    if form is not None and roster is None:
        raise DataMissingError("no roster for the form's list", where="form", expected="roster: the households of the villages")
    frame = _only(read_table(villages), cities, columns)
    known = {k: v for k, v in columns.items() if k in ("city", "stratum", "size")}
    made = plan(frame, objectives, options, lang=lang, **known)
    households = None if roster is None else read_table(roster)
    drawn = draw(frame, made, households, seed=seed, replacements=replacements, lang=lang, **columns)
    if form is not None and households is not None:
        form_list(drawn, frame, households, year=year).to_csv(form, index=False)
    sheets = {"村 villages": drawn.villages, "目标 objectives": made.objectives}
    sheets |= {"户 households": drawn.households} if roster is not None else {}
    write_excel(out, sheets, (*made.notes, *drawn.notes), options, seed, lang)
    return drawn


def _only(frame: pd.DataFrame, cities: list[str] | None, columns: Mapping[str, str]) -> pd.DataFrame:
    """The latest year of a village frame, of the cities asked for."""
    if "year" in frame:
        frame = frame[frame["year"] == frame["year"].max()]
    if cities is None:
        return frame
    city = columns.get("city", "city_code")
    missing_columns(frame.columns, [city])
    absent = set(cities) - set(frame[city])
    if absent:
        raise DataMissingError(f"no village of {', '.join(sorted(absent))} in the frame", expected="codes of the frame")
    return frame[frame[city].isin(cities)]


def write_excel(path: str | Path, sheets: Mapping[str, pd.DataFrame], notes: tuple[str, ...], options: PlanOptions,
                seed: int | None, lang: str) -> None:  # fmt: skip
    """Sheets with a first page that says how they were made; the same lists give the same bytes."""
    settings = {**vars(options), "seed": seed}
    settings["groups"] = "; ".join(f"{wording.group_name(g, lang)} {s:.0%}" for g, s in options.groups.items())
    said = [{"item": wording.heading(k, lang), "value": str(v)} for k, v in settings.items() if v is not None]
    said += [{"item": wording.heading("note", lang), "value": n} for n in notes]
    with pd.ExcelWriter(path, engine="xlsxwriter") as writer:
        writer.book.set_properties({"created": datetime.datetime(2020, 1, 1)})  # type: ignore[union-attr]
        for name, table in {"说明 notes": pd.DataFrame(said), **sheets}.items():
            title = name.split(" ")[0 if lang == "zh" else 1]
            shown = _worded(table, lang)
            shown.to_excel(writer, sheet_name=title, index=False, freeze_panes=(1, 0))
            sheet = writer.sheets[title]
            for i, column in enumerate(shown.columns):
                longest = max([len(str(column)) * 2, *(len(str(v)) for v in shown[column].head(200))])
                sheet.set_column(i, i, min(longest + 2, 60))  # type: ignore[union-attr]


def _worded(table: pd.DataFrame, lang: str) -> pd.DataFrame:
    """A table as its reader sees it: cities by name beside their code, headings, roles and groups in words."""
    shown = table.copy()
    if "city" in shown:
        shown.insert(1, "city_name", [wording.city_name(str(c), lang) for c in shown["city"]])
    if lang == "zh":
        for column in {"role", "is_certainty", "is_reached"} & set(shown):
            shown[column] = shown[column].map(wording.VALUES)
        if "group" in shown:
            shown["group"] = [wording.group_name(None if pd.isna(g) else g, lang) for g in shown["group"]]
    return shown.rename(columns=lambda c: wording.heading(c, lang))
