"""Drawing villages and households, with weights and replacements, and the lists for the field teams.

Villages: systematic with probability proportional to size (Madow 1949), within strata, in the order of the frame;
a village larger than the interval is taken with certainty. Households: at equal intervals from a roster, within
groups.
"""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from evaltools.errors import DataMissingError, EstimationError
from evaltools.estimation.cells import missing_columns
from evaltools.estimation.expr import Array
from evaltools.estimation.planning import Objective, PlanOptions, SamplePlan, largest_remainder, plan
from evaltools.estimation.planning import _sizes as village_sizes

ZH = {
    "city": "地市", "stratum": "层", "village_code": "行政村代码", "name": "行政村", "order": "顺序", "role": "用途",
    "size": "户数", "village_probability": "村入样概率", "is_certainty": "必选村", "household_id": "户编号",
    "group": "户类别", "household_probability": "户入样概率", "weight": "权数", "villages": "村数",
    "per_village": "每村户数", "households": "户数合计",
    "objective": "目标", "expected": "预计比例", "limit": "标准", "margin": "允许误差", "design_effect": "设计效应",
    "households_needed": "所需户数", "n_effective": "有效户数", "achieved": "达到", "is_reached": "是否达到",
    "note": "说明",
    "cost": "费用（元）", "item": "项目", "value": "内容",
}  # fmt: skip
ROLES = {"main": "正选", "replacement": "备选"}


@dataclass(frozen=True)
class Draw:
    """villages: drawn and replacement villages with their probabilities; households: the lists with weights."""

    villages: pd.DataFrame
    households: pd.DataFrame
    seed: int
    notes: tuple[str, ...]


def systematic(size: Array, n: int, rng: np.random.Generator) -> tuple[np.ndarray, Array]:
    """Places of n units drawn systematically with probability proportional to size, and everybody's probability.

    Units at or above the sampling interval are certain; the rest is drawn from what is left.
    """
    size = np.asarray(size, float)
    if n > len(size):
        raise EstimationError(f"{n} units wanted of {len(size)}", expected="no more than there are")
    certain = np.zeros(len(size), bool)
    while n > certain.sum():
        left = size[~certain].sum()
        more = ~certain & (size * (n - certain.sum()) >= left * (1 - 1e-12))
        if not more.any():
            break
        certain |= more
    probability = certain.astype(float)
    rest, wanted = np.flatnonzero(~certain), n - int(certain.sum())
    if wanted <= 0:
        return np.flatnonzero(certain), probability
    probability[rest] = size[rest] * wanted / size[rest].sum()
    ends = np.cumsum(probability[rest])
    points = rng.uniform() + np.arange(wanted)
    chosen = rest[np.minimum(np.searchsorted(ends, points * (1 - 1e-15)), len(rest) - 1)]
    return np.sort(np.concatenate([np.flatnonzero(certain), chosen])), probability


def equal_interval(count: int, n: int, rng: np.random.Generator) -> np.ndarray:
    """Places of n of `count` listed units at equal intervals from a random start."""
    if n >= count:
        return np.arange(count)
    interval = count / n
    return np.floor(rng.uniform(0, interval) + np.arange(n) * interval).astype(int).clip(0, count - 1)


def draw(villages: pd.DataFrame, sample: SamplePlan, roster: pd.DataFrame | None = None, *, seed: int,
         city: str = "city_code", stratum: str = "county_code", village: str = "village_code",
         size: str = "hukou_households", household: str = "household_id", group: str = "group",
         replacements: float = 0.2) -> Draw:  # fmt: skip
    """Draw villages, and households where a roster is given; the same seed and frame give the same lists.

    replacements: replacement villages per stratum and households per village and group, as a share of the sample
    (at least one village where there is one). Weights are 1 / (village probability x household probability).
    """
    missing_columns(villages.columns, (city, stratum, village, size))
    if villages[village].duplicated().any():
        raise EstimationError(f"{village!r} occurs twice in the frame of villages", expected="one row per village")
    frame = villages.assign(size=village_sizes(villages, size)).sort_values([city, stratum, village])
    picked, notes = [], []
    for row in sample.strata.to_dict("records"):
        part = frame[(frame[city] == row["city"]) & (frame[stratum] == row["stratum"])]
        wanted, per = int(row["villages"]), int(row["per_village"])
        if len(part) < wanted:
            raise EstimationError(
                f"stratum {row['stratum']!r} has {len(part)} villages, the plan wants {wanted}",
                todo="make the plan from the same frame",
            )
        picked.append(_villages(part, wanted, str(row["stratum"]), seed, replacements, per))
    drawn = pd.concat(picked, ignore_index=True).rename(
        columns={city: "city", stratum: "stratum", village: "village_code"}
    )
    keep = ["city", "stratum", "village_code", *(["name"] if "name" in drawn else []), "role", "order", "size",
            "village_probability", "is_certainty", "per_village"]  # fmt: skip
    households = pd.DataFrame()
    if roster is not None:
        missing_columns(roster.columns, (village, household, *([group] if sample.options.groups else [])))
        renamed = roster.rename(columns={village: "village_code", household: "household_id", group: "group"})
        households, notes = _households(drawn, renamed, sample.options.groups, seed, replacements)
    return Draw(drawn[keep], households, seed, tuple(notes))


def _rng(seed: int, *names: object) -> np.random.Generator:
    """A generator of its own for each stratum or village: lists do not change when another stratum does."""
    return np.random.default_rng([seed, *"/".join(map(str, names)).encode()])


def _villages(part: pd.DataFrame, n: int, stratum: str, seed: int, replacements: float, per: int) -> pd.DataFrame:
    chosen, probability = systematic(part["size"].to_numpy(), n, _rng(seed, "villages", stratum))
    main = part.iloc[chosen].assign(
        role="main", village_probability=probability[chosen], is_certainty=probability[chosen] >= 1, per_village=per
    )
    rest = part.drop(part.index[chosen])
    spare = min(len(rest), max(int(np.ceil(n * replacements)), 1))
    places = systematic(rest["size"].to_numpy(), spare, _rng(seed, "replacements", stratum))[0] if spare else []
    extra = rest.iloc[places].assign(
        role="replacement", village_probability=np.nan, is_certainty=False, per_village=per
    )
    both = pd.concat([main, extra])
    return both.assign(order=[*range(1, len(main) + 1), *range(1, len(extra) + 1)])


def _households(drawn: pd.DataFrame, roster: pd.DataFrame, groups: Mapping[str, float], seed: int,
                replacements: float) -> tuple[pd.DataFrame, list[str]]:  # fmt: skip
    """Household lists of all drawn villages that the roster covers; replacement villages get theirs too."""
    parts, notes = [], []
    rosters = dict(tuple(roster.groupby("village_code", sort=False)))
    for v in drawn.to_dict("records"):
        listed = rosters.get(v["village_code"])
        if listed is None:
            notes.append(f"village {v['village_code']} has no roster")
            continue
        shares = groups or {None: 1.0}
        wanted = largest_remainder(np.array(list(shares.values())), int(v["per_village"]))
        for (name, _), m in zip(shares.items(), wanted, strict=True):
            rows = listed if name is None else listed[listed["group"] == name]
            if len(rows) < m:
                notes.append(
                    f"village {v['village_code']}: {len(rows)} households of group {name or 'all'}, {m} wanted"
                )
            parts.append(_list(rows, int(min(m, len(rows))), v, name, seed, replacements))
    if not parts:
        raise EstimationError("the roster has no household of a drawn village", expected="a roster by village_code")
    return pd.concat(parts, ignore_index=True), notes


def _list(rows: pd.DataFrame, m: int, v: Mapping, group: str | None, seed: int, replacements: float) -> pd.DataFrame:
    spare = min(len(rows) - m, int(np.ceil(m * replacements)))
    rng = _rng(seed, "households", v["village_code"], group)
    both = equal_interval(len(rows), m + spare, rng)
    main = both[equal_interval(len(both), m, rng)] if m else both[:0]
    extra = np.setdiff1d(both, main)
    places = np.concatenate([main, extra]).astype(int)
    share = m / len(rows) if len(rows) else np.nan
    is_main = np.arange(len(places)) < len(main)
    probability = v["village_probability"] * share  # NaN in a replacement village: it takes over another's weight
    return pd.DataFrame({
        "city": v["city"], "stratum": v["stratum"], "village_code": v["village_code"],
        "household_id": rows["household_id"].to_numpy()[places], "group": group,
        "role": np.where(is_main, "main", "replacement"),
        "order": [*range(1, len(main) + 1), *range(1, len(extra) + 1)],
        "village_probability": v["village_probability"], "household_probability": share,
        "weight": np.where(is_main & (probability > 0), 1 / (probability or np.nan), np.nan),
    })  # fmt: skip


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
    made = plan(_only(read_table(villages), cities, columns), objectives, options, **columns)
    write_excel(out, {"目标 objectives": made.objectives, "分配 strata": made.strata}, made.notes, options, None, lang)
    return made


def draw_files(villages: str | Path, out: str | Path, objectives: list[Objective], options: PlanOptions, *, seed: int,
               roster: str | Path | None = None, cities: list[str] | None = None, lang: str = "zh",
               replacements: float = 0.2, **columns: str) -> Draw:  # fmt: skip
    """Plan and draw from files and write the field lists as Excel; what `evaltools sample draw` calls."""
    frame = _only(read_table(villages), cities, columns)
    known = {k: v for k, v in columns.items() if k in ("city", "stratum", "size")}
    made = plan(frame, objectives, options, **known)
    drawn = draw(frame, made, None if roster is None else read_table(roster), seed=seed,
                 replacements=replacements, **columns)  # fmt: skip
    sheets = {"村 villages": drawn.villages, "户 households": drawn.households, "目标 objectives": made.objectives}
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
    said = [{"item": k, "value": str(v)} for k, v in vars(options).items()] + [{"item": "seed", "value": str(seed)}]
    said += [{"item": "note", "value": n} for n in notes]
    with pd.ExcelWriter(path, engine="xlsxwriter") as writer:
        writer.book.set_properties({"created": datetime.datetime(2020, 1, 1)})  # type: ignore[union-attr]
        for name, table in {"说明 notes": pd.DataFrame(said), **sheets}.items():
            title = name.split(" ")[0 if lang == "zh" else 1]
            shown = table.rename(columns=ZH) if lang == "zh" else table
            if lang == "zh" and "用途" in shown:
                shown = shown.assign(用途=shown["用途"].map(ROLES))
            shown.to_excel(writer, sheet_name=title, index=False, freeze_panes=(1, 0))
            sheet = writer.sheets[title]
            for i, column in enumerate(shown.columns):
                longest = max([len(str(column)) * 2, *(len(str(v)) for v in shown[column].head(200))])
                sheet.set_column(i, i, min(longest + 2, 60))  # type: ignore[union-attr]
