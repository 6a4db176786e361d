"""How the rows of a file are cut into row groups, and in what order they stand, changes no number."""

import shutil
from dataclasses import replace

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from evaltools.indicators import compute_indicators
from evaltools.indicators.engine.columns import Columns, put_together, united
from evaltools.indicators.engine.parquet import File
from evaltools.indicators.engine.reading import Reader
from evaltools.intake import load_contract, open_tables
from evaltools.intake.described import Described

CITY = "440700"
TABLES = ("households", "persons", "events", "loans", "survey", "villages")


def texts(values):
    return pa.array(values, pa.string()).dictionary_encode()


def test_texts_of_several_parts_keep_their_rows_and_say_where_each_stands():
    parts = [texts(["b", None, "a"]), texts([]), texts(["a", "c"])]
    one, places = united(parts)
    assert one.to_pylist() == ["b", None, "a", "a", "c"]
    assert [one.dictionary.take(pa.array(p)).to_pylist() for p in places] == [p.dictionary.to_pylist() for p in parts]


def test_parts_put_together_know_the_texts_of_every_row_group():
    groups = ((["x", "y"], {0: [0, 1]}), (["y", "z"], {3: [1, 0]}))
    parts = [
        Columns({"id": texts(words)}, {"id": "text"}, 2, {"id": {g: np.array(at, dtype=np.int32) for g, at in of.items()}})
        for words, of in groups
    ]
    whole = put_together(parts)
    words = whole.dictionary("id").to_pylist()
    assert {g: [words[i] for i in at] for g, at in whole.groups["id"].items()} == {0: ["x", "y"], 3: ["z", "y"]}
    few = whole.with_texts("id", pa.array(["y"]))
    assert (few.arrays["id"].to_pylist(), few.dictionary("id").to_pylist(), few.count) == (["y", "y"], ["y"], 2)


def test_columns_that_others_look_up_are_decoded_once_and_share_equal_dictionaries(tmp_path, monkeypatch):
    ids = pa.array(["a", "b", "a", "b", "c", "b"]).dictionary_encode()
    pq.write_table(pa.table({"visit_id": ids, "year": [2019] * 4 + [2020] * 2}), tmp_path / "v.parquet", row_group_size=2)
    kinds, read = {"visit_id": "text", "year": "number"}, []
    tables = File._tables
    monkeypatch.setattr(File, "_tables", lambda self, some, wanted: read.append([*wanted]) or tables(self, some, wanted))
    file = replace(File(tmp_path / "v.parquet", Described.of(tmp_path / "v.parquet")), keys=frozenset({"visit_id"}))
    for _ in range(2):
        arrays, groups, count = file.read([0, 1, 2], kinds)
        assert (arrays["visit_id"].to_pylist(), count) == (ids.to_pylist(), 6)
        words = arrays["visit_id"].dictionary.to_pylist()
        assert [words[i] for i in groups["visit_id"][2]] == file.kept["visit_id", 2].dictionary.to_pylist()
    assert read == [["visit_id"], ["year"], ["year"]]
    assert file.kept["visit_id", 1].dictionary.equals(file.kept["visit_id", 0].dictionary)


def test_a_selection_of_all_years_is_none(tmp_path):
    path = tmp_path / "visits.parquet"
    for years, is_within in (([2019, 2020], True), ([2018, 2020], False), ([2019, None], False)):
        pq.write_table(pa.table({"visit_id": ["a", "b"], "year": pa.array(years, pa.int32())}), path)
        assert Reader(load_contract("visits"), File(path, Described.of(path))).is_within((2019, 2020)) == is_within


@pytest.fixture(scope="module")
def as_stored(demo):
    return compute_indicators(open_tables(demo, city=CITY), years=(2019, 2020)).to_frame()


@pytest.mark.parametrize("order", ["as they stand", "shuffled", "year after year"])
def test_row_groups_and_the_order_of_rows_change_no_number(order, demo, as_stored, tmp_path):
    for file in demo.iterdir():
        shutil.copy(file, tmp_path / file.name)
    rng = np.random.default_rng(1)
    for name in TABLES:
        table = pq.read_table(demo / f"{name}.parquet", filters=[("city_code", "=", CITY)])
        if order == "shuffled":
            table = table.take(pa.array(rng.permutation(len(table))))
        elif order == "year after year" and "year" in table.column_names:
            table = table.take(pa.array(np.argsort(table.column("year").to_numpy(), kind="stable")))
        pq.write_table(table, tmp_path / f"{name}.parquet", row_group_size=257, store_schema=False)
    found = compute_indicators(open_tables(tmp_path, city=CITY), years=(2019, 2020)).to_frame()
    counted = as_stored["se"].isna()  # registers are added up exactly; weights of a survey are not whole numbers
    assert counted.sum() > 60_000
    assert (~counted).sum() > 50
    assert found[counted].equals(as_stored[counted])
    pd.testing.assert_frame_equal(found, as_stored, rtol=1e-12, atol=1e-14)
