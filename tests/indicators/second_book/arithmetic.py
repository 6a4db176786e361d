"""Plain pandas for the second book: nullable columns, so that what is not known stays unknown, and six ways to sum up.

Dates are days since 1970-01-01 (`day`); a condition is a nullable boolean; a row counts where it is known to belong.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pandas as pd

AS_OF = "2020-11-30"
YEAR = 2020
Where = Callable[[pd.DataFrame], pd.Series]


def day(text: str) -> float:
    """A date as the frames hold it."""
    return float(pd.Timestamp(text).to_datetime64().astype("datetime64[D]").astype(int))


NOW = day(AS_OF)


def _dates(days: pd.Series) -> pd.Series:
    return pd.to_datetime(days.astype("float64"), unit="D")


def year_of(days: pd.Series) -> pd.Series:
    return _dates(days).dt.year.astype("Float64")


def month_of(days: pd.Series) -> pd.Series:
    return _dates(days).dt.month.astype("Float64")


def until(days: pd.Series, month: int, last: int) -> pd.Series:
    """Whether the day of the year is no later than the last day given of a month."""
    return month_of(days) * 100 + _dates(days).dt.day.astype("Float64") <= month * 100 + last


def months_between(later: pd.Series, earlier: pd.Series) -> pd.Series:
    """Whole months from one day to a later one; the last day of a month completes it. Negative the other way round."""

    def one(a: Any, b: Any) -> Any:
        if pd.isna(a) or pd.isna(b):
            return pd.NA
        first, last = (pd.Timestamp(0) + pd.Timedelta(days=float(x)) for x in sorted((a, b)))
        found = 12 * (last.year - first.year) + last.month - first.month
        found -= last.day < first.day and not last.is_month_end
        return found if a >= b else -found

    return pd.Series([one(a, b) for a, b in zip(later, earlier, strict=True)], later.index, dtype="Float64")


def div(a: Any, b: pd.Series) -> pd.Series:
    """a / b; by zero it is unknown."""
    return a / b.mask((b == 0).fillna(False))


def within(a: pd.Series, *words: str) -> pd.Series:
    """Whether a text is one of these; unknown where it is."""
    return a.isin(words).astype("boolean").mask(a.isna())


def pick(test: pd.Series, yes: Any, no: Any) -> pd.Series:
    """yes where the test holds, no where it fails, unknown where it is."""
    blank = pd.Series(pd.NA, test.index, dtype="Float64")
    yes, no = (x if isinstance(x, pd.Series) else pd.Series(float(x), test.index, dtype="Float64") for x in (yes, no))
    return blank.mask(test.fillna(False), yes).mask((~test).fillna(False), no)


def there(a: pd.Series) -> pd.Series:
    return a.notna().astype("boolean")


def _known(population: pd.Series, *values: pd.Series) -> pd.Series:
    found = population.fillna(False).astype(bool)
    for v in values:
        found &= v.notna()
    return found


def _weight(w: pd.Series | None, of: pd.Series) -> pd.Series:
    return pd.Series(1.0, of.index) if w is None else w.astype("float64")


def count(population: pd.Series, yes: pd.Series | None = None, w: pd.Series | None = None) -> float:
    yes = population if yes is None else yes
    k = _known(population, yes)
    return float((_weight(w, population)[k] * yes[k].astype(float)).sum())


def share(population: pd.Series, yes: pd.Series, w: pd.Series | None = None) -> float:
    k = _known(population, yes)
    weight = _weight(w, population)[k]
    return float((weight * yes[k].astype(float)).sum() / weight.sum())


def mean(population: pd.Series, x: pd.Series, w: pd.Series | None = None) -> float:
    k = _known(population, x)
    weight = _weight(w, population)[k]
    return float((weight * x[k].astype(float)).sum() / weight.sum())


def total(population: pd.Series, x: pd.Series) -> float:
    return float(x[_known(population, x)].astype(float).sum())


def median(population: pd.Series, x: pd.Series) -> float:
    return float(x[_known(population, x)].astype(float).median())


def ratio(population: pd.Series, x: pd.Series, y: pd.Series) -> float:
    k = _known(population, x, y)
    return float(x[k].astype(float).sum() / y[k].astype(float).sum())


def gather(
    ours: pd.DataFrame, theirs: pd.DataFrame, on: dict[str, str], how: str, value: str = "", where: Where | None = None,
    beside: Where | None = None, lag: int = 0,
) -> pd.Series:  # fmt: skip
    """For each row of ours what `how` makes of the rows of theirs with its keys (theirs: ours).

    where : which rows of theirs count; beside : which pairs do, ours as `our_<name>`. A row of theirs that may or may not
    count leaves the result unknown. lag : theirs of so many years before ours
    """
    keys = dict(on) | ({"year": "year"} if lag else {})
    mine = ours[list(dict.fromkeys(keys.values()))] if beside is None else ours
    mine = mine.add_prefix("our_").assign(_at=range(len(ours)))
    if lag:
        mine["our_year"] = mine["our_year"] - lag
    rows = theirs.assign(_in=where(theirs).astype("boolean") if where else True)
    rows = rows[rows["_in"].fillna(True).astype(bool)]
    if beside is None:
        rows = rows[list(dict.fromkeys([*keys, *([value] if value else []), "_in"]))]
    pairs = rows.merge(mine, left_on=list(keys), right_on=[f"our_{k}" for k in keys.values()])
    if beside is not None:
        pairs["_in"] = pairs["_in"].astype("boolean") & beside(pairs).astype("boolean")
    out = _made_of(pairs, how, value).reindex(range(len(ours)))
    if how in ("count", "sum"):
        out = out.mask(~out.index.isin(pairs["_at"]), 0.0)
    out.index = ours.index
    return out.mask(ours[list(on.values())].isna().any(axis=1))


def _made_of(pairs: pd.DataFrame, how: str, value: str) -> pd.Series:
    """By `_at`: of the pairs that count; unknown where one may or may not, or where a value that counts is unknown."""
    belongs = pairs["_in"].astype("boolean")
    sure, open_ = belongs.fillna(False).astype(bool), belongs.isna()
    at = pairs["_at"]
    if how == "count":
        return sure.groupby(at).sum().astype("Float64").mask(open_.groupby(at).any())
    found = pairs[value]
    hole = (open_ | (sure & found.isna())).groupby(at).any()
    if how == "any":
        yes, no = ((sure & (found == answer).fillna(False).astype(bool)).groupby(at).any() for answer in (True, False))
        return no.astype("boolean").mask(no, False).mask(hole | ~no).mask(yes, True)
    kept = found[sure].groupby(at[sure])
    if how == "median":
        return kept.median().astype("Float64").mask(open_.groupby(at).any())
    out = {"sum": kept.sum, "first": kept.min, "last": kept.max}[how]()
    if how == "sum":
        out = out.reindex(hole.index).fillna(0.0)
    return out.mask(hole.reindex(out.index))
