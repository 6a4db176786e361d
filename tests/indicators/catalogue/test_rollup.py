"""Small areas: numbered without a gap, added up to all levels, and medians of them that agree with sorting everything."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from evaltools.indicators.engine import areas as areas_module
from evaltools.indicators.engine import rollup as rollup_module
from evaltools.indicators.engine.areas import LEVELS, PLACES, Places, SmallAreas
from evaltools.indicators.engine.rollup import Rollup, largest_sum
from evaltools.indicators.engine.values import Coded, Truth

ROWS = 4000


def coded(texts):
    """A column of texts, None where unknown; words as they appear."""
    words = tuple(dict.fromkeys(t for t in texts if t is not None))
    return Coded(np.array([-1 if t is None else words.index(t) for t in texts], dtype=np.int32), words)


@pytest.fixture(scope="module")
def rows():
    """Rows of three cities and two years: some without a village, a county or a city, some that do not say inside or out."""
    rng = np.random.default_rng(4)
    village = [f"44{c}{k:02}{t:03}{i:03}" for c in ("02", "14", "52") for k in (1, 3) for t in (1, 2) for i in range(6)]
    text = rng.permutation(village)[rng.integers(0, len(village), ROWS)].astype(object)
    city, county = (np.array([v[:n].ljust(n + fill, "0") for v in text], dtype=object) for n, fill in ((4, 2), (6, 0)))
    lost = rng.random(ROWS)
    for column, share in ((text, 0.04), (county, 0.02), (city, 0.01)):
        column[lost < share] = None
    given = {"city": city, "county_code": county, "village_code": text}
    return pd.DataFrame({k: pd.Series(x, dtype=object) for k, x in given.items()}).assign(
        flag=rng.integers(0, 3, ROWS), year=rng.integers(2019, 2021, ROWS), value=rng.gamma(2, 5000, ROWS).round(-2)
    )


@pytest.fixture(scope="module")
def numbered(rows):
    """numbered(rows): number of the small area of each row, and these areas."""
    places = Places(
        {"city": ("city", 0), "county": ("county_code", 6), "town": ("village_code", 9), "village": ("village_code", 12)},
        "flag", {},
    )  # fmt: skip

    def make(some):
        found = {c: coded(some[c].tolist()) for c in ("city", "county_code", "village_code")}
        found["flag"] = Truth((some["flag"] == 0).to_numpy(), (some["flag"] == 1).to_numpy())
        return places.numbered(SimpleNamespace(count=len(some), value=found.__getitem__), some["year"].to_numpy())

    return make


@pytest.fixture(scope="module")
def rolled(rows, numbered):
    """The roll-up of two halves of the rows, and the small area of each row."""
    halves = [numbered(half) for half in (rows[: ROWS // 2], rows[ROWS // 2 :])]
    ids = np.concatenate([halves[0][0], halves[1][0] + halves[0][1].count])
    return Rollup.of([small for _, small in halves], list(LEVELS)), ids


def keys_of(rows, level):
    """(n,) what `Rollup.areas` calls the area of each row at a level, None where it lies in none."""
    side = np.array([True, False, None], dtype=object)[rows["flag"]]
    told = {"county": rows["county_code"].tolist(), "village": rows["village_code"].tolist()}
    told["town"] = [None if v is None else v[:9] for v in told["village"]]
    city = ["" if c is None else c for c in rows["city"]]
    need = LEVELS[level]
    out = []
    for i, year in enumerate(rows["year"]):
        code = city[i] if "city" in need else ""
        for place in [p for p in ("county", "town", "village") if p in need]:
            word = told[place][i]
            code = word if word is not None else code + "?" * (place == need[-1])
        shown = side[i] if "inside" in need else None
        out.append(None if "inside" in need and shown is None else (year, level, city[i] if "city" in need else "", code, shown))
    return out


def test_rows_of_one_area_have_one_number_and_none_is_without_rows(rows, numbered, monkeypatch):
    ids, small = numbered(rows)
    assert sorted(set(ids)) == list(range(small.count))
    shown = small.frame().iloc[ids].reset_index(drop=True)
    assert shown["year"].tolist() == rows["year"].tolist()
    assert shown["village"].fillna("").tolist() == rows["village_code"].fillna("").tolist()
    assert shown["inside"].tolist() == np.array([True, False, None], dtype=object)[rows["flag"]].tolist()
    assert not small.frame().duplicated().any()
    monkeypatch.setattr(areas_module, "_TABLE", 0)  # too many combinations for a table of them all
    again, same = numbered(rows.head(20))
    assert again.tolist() == pd.factorize(ids[:20], sort=True)[0].tolist()
    assert same.count == len(set(again))


@pytest.mark.parametrize("most_pieces", [500, 0])
def test_sums_of_all_levels_are_those_of_their_rows(rows, rolled, most_pieces, monkeypatch):
    monkeypatch.setattr(rollup_module, "_MANY", most_pieces)
    rollup, ids = rolled
    small = np.stack([np.bincount(ids), np.bincount(ids, rows["value"]).astype(np.int64)])
    found = rollup.added(small)
    names = [tuple(r) for r in rollup.areas.itertuples(index=False)]
    expected = {}
    for level in LEVELS:
        for key, value in zip(keys_of(rows, level), rows["value"], strict=True):
            if key is not None:
                counted = expected.setdefault(key, [0, 0])
                counted[0] += 1
                counted[1] += int(value)
    assert len(names) == len(expected)
    assert {k: found[:, i].tolist() for i, k in enumerate(names)} == expected


def test_areas_stand_by_year_level_and_code(rolled):
    areas = rolled[0].areas
    ranks = {k: i for i, k in enumerate(LEVELS)}
    keys = [(r.year, ranks[r.level], r.city_code, r.area_code, r.inside is not True) for r in areas.itertuples()]
    assert keys == sorted(keys)
    assert areas.dtypes.astype(str).tolist() == ["int32", "str", "str", "str", "object"]


@pytest.mark.parametrize("kind", ["many", "few", "alike", "even"])
def test_medians_are_those_of_sorting_each_area(rows, rolled, kind):
    rollup, ids = rolled
    chosen = {"many": slice(None), "few": slice(0, 50), "alike": slice(None), "even": slice(0, ROWS, 2)}[kind]
    values = rows["value"].to_numpy().copy()
    if kind == "alike":
        values[:] = np.where(values < 8000, 0.0, 1e9)
    found = rollup.medians(values[chosen], ids[chosen])
    names = {tuple(r): i for i, r in enumerate(rollup.areas.itertuples(index=False))}
    seen = set()
    for level in LEVELS:
        frame = pd.DataFrame({"at": [names.get(k, -1) for k in keys_of(rows, level)], "x": values})[chosen]
        for at, one in frame[frame["at"] >= 0].groupby("at")["x"]:
            assert found[at] == np.median(one)
            seen.add(at)
    assert np.isnan(found[sorted(set(range(len(found))) - seen)]).all()


def test_sums_take_32_bits_only_where_all_of_them_fit(rolled):
    rollup, _ = rolled
    ones = np.ones((1, len(rollup.sorting)), dtype=np.int64)
    assert rollup.added(ones).dtype == np.int32
    large = ones * 2**30
    assert rollup.added(large).dtype == np.int64
    assert rollup.added(large).max() >= 2**31
    assert largest_sum(np.array([[2**30, 0, 0]])) == 2**30  # where three times the greatest says too much, the exact sum


def test_nothing_adds_up_to_nothing():
    rollup = Rollup.of([], list(LEVELS))
    assert len(rollup.areas) == 0
    assert rollup.added(np.zeros((2, 4, 0), dtype=np.int32)).shape == (2, 4, 0)
    assert rollup.medians(np.empty(0), np.empty(0, dtype=np.int64)).shape == (0,)
    small = SmallAreas(np.array([2020]), {p: Coded(np.array([-1]), ()) for p in PLACES})
    assert Rollup.of([small], ["county"]).areas["area_code"].tolist() == ["?"]
