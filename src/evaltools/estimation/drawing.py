"""Drawing villages and households, with weights and replacements, and the lists for the field teams.

Villages: systematic with probability proportional to size (Madow 1949), within strata, in the order of the frame;
a village larger than the interval is taken with certainty. Households: at equal intervals from a roster, within
groups.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from evaltools.errors import DataMissingError, EstimationError
from evaltools.estimation import wording
from evaltools.estimation.cells import missing_columns
from evaltools.estimation.expr import Array
from evaltools.estimation.planning import SamplePlan, largest_remainder
from evaltools.estimation.planning import _sizes as village_sizes


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
         replacements: float = 0.2, lang: str = "en") -> Draw:  # fmt: skip
    """Draw villages, and households where a roster is given; the same seed and frame give the same lists.

    replacements: replacement villages per stratum and households per village and group, as a share of the sample
    (at least one village where there is one). Weights are 1 / (village probability x household probability).
    lang: of the notes, "zh" or "en".
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
            "village_probability", "village_weight", "is_certainty", "per_village"]  # fmt: skip
    households = pd.DataFrame()
    if roster is not None:
        missing_columns(roster.columns, (village, household))
        if sample.options.groups and group not in roster:
            raise DataMissingError(
                f"the roster has no column {group!r}", expected=f"one of {', '.join(sample.options.groups)} in each row",
                todo="say of each household which group it is in, or plan without groups",
            )  # fmt: skip
        renamed = roster.rename(columns={village: "village_code", household: "household_id", group: "group"})
        households, notes = _households(drawn, renamed, sample.options.groups, seed, replacements, lang)
        main = drawn.loc[drawn["role"] == "main", "village_code"]
        have = int(((households["role"] == "main") & households["village_code"].isin(main)).sum())
        planned = int(sample.strata["households"].sum())
        notes = [wording.say("fewer_drawn", lang, have=have, wanted=planned), *notes] if have < planned else notes
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
    both["village_weight"] = 1 / both["village_probability"]
    return both.assign(order=[*range(1, len(main) + 1), *range(1, len(extra) + 1)])


def _households(drawn: pd.DataFrame, roster: pd.DataFrame, groups: Mapping[str, float], seed: int,
                replacements: float, lang: str) -> tuple[pd.DataFrame, list[str]]:  # fmt: skip
    """Household lists of all drawn villages that the roster covers; replacement villages get theirs too."""
    parts, notes = [], []
    rosters = dict(tuple(roster.groupby("village_code", sort=False)))
    for v in drawn.to_dict("records"):
        listed = rosters.get(v["village_code"])
        if listed is None:
            notes.append(wording.say("no_roster", lang, village=v["village_code"]))
            continue
        shares = groups or {None: 1.0}
        wanted = largest_remainder(np.array(list(shares.values())), int(v["per_village"]))
        for (name, _), m in zip(shares.items(), wanted, strict=True):
            rows = listed if name is None else listed[listed["group"] == name]
            if len(rows) < m:
                found = {"village": v["village_code"], "group": wording.group_name(name, lang), "have": len(rows)}
                notes.append(wording.say("few_households", lang, wanted=m, **found))
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
