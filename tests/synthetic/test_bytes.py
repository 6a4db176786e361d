"""Same seed, same bytes; one city does not depend on the others; the committed demo is what the generator makes."""

from __future__ import annotations

import json
from hashlib import sha256
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from evaltools.synthetic import generate
from evaltools.synthetic.write import Writers

MEGABYTE = 1024 * 1024


def digests(folder: Path) -> dict[str, str]:
    return {p.name: sha256(p.read_bytes()).hexdigest() for p in sorted(folder.iterdir())}


def test_the_same_seed_gives_the_same_bytes(small, tmp_path):
    generate(tmp_path / "data", tmp_path / "truth", scale=0.01, seed=7)
    assert digests(tmp_path / "data") == digests(small.data)
    assert digests(tmp_path / "truth") == digests(small.truth)


def test_another_seed_gives_other_households_of_the_same_shape(small, tmp_path):
    generate(tmp_path / "data", tmp_path / "truth", scale=0.01, seed=8, cities=["441400"])
    mine = pq.read_table(tmp_path / "data" / "households.parquet")
    theirs = pq.read_table(small.data / "households.parquet", filters=[("city_code", "=", "441400")])
    assert mine.schema.names == theirs.schema.names
    assert mine["wage_income_yuan"].to_pylist()[:200] != theirs["wage_income_yuan"].to_pylist()[:200]


@pytest.mark.parametrize("table", ["households", "persons", "villages", "survey", "fund_flows"])
def test_a_city_alone_has_the_rows_it_has_in_the_province(small, tmp_path_factory, table):
    folder = tmp_path_factory.getbasetemp() / "one_city"
    if not folder.exists():
        generate(folder, folder.with_name("one_city_truth"), scale=0.01, seed=7, cities=["441500"])
    alone = pq.read_table(folder / f"{table}.parquet")
    whole = pq.read_table(small.data / f"{table}.parquet", filters=[("city_code", "=", "441500")])
    assert alone.equals(whole)


def test_the_committed_demo_is_what_the_generator_makes(committed, tmp_path):
    meta = json.loads((committed.data / "meta.json").read_text(encoding="utf-8"))
    generate(tmp_path / "data", tmp_path / "truth", scale=meta["scale"], seed=meta["seed"])
    for mine, theirs in ((tmp_path / "data", committed.data), (tmp_path / "truth", committed.truth)):
        assert [p.name for p in sorted(mine.iterdir())] == [p.name for p in sorted(theirs.iterdir())]
        for path in mine.glob("*.parquet"):
            assert pq.read_table(path).equals(pq.read_table(theirs / path.name)), path.name
        for path in mine.glob("*.json"):
            assert path.read_bytes() == (theirs / path.name).read_bytes(), path.name


def test_the_committed_demo_stays_under_eight_megabytes(committed):
    size = sum(p.stat().st_size for folder in (committed.data, committed.truth) for p in folder.iterdir())
    assert size < 8 * MEGABYTE


def test_the_demo_says_that_it_is_synthetic(committed):
    meta = json.loads((committed.data / "meta.json").read_text(encoding="utf-8"))
    assert meta["synthetic"] is True


def test_every_table_lies_in_the_order_of_its_cities(committed):
    for path in committed.data.glob("*.parquet"):
        names = pq.read_schema(path).names
        if "city_code" in names:
            codes = [c for c in pq.read_table(path, columns=["city_code"])["city_code"].to_pylist() if c]
            assert codes == sorted(codes), path.name


def test_nothing_half_written_is_left_when_a_city_fails(tmp_path, monkeypatch):
    from evaltools.synthetic import generate as _  # noqa: F401
    from evaltools.synthetic import tables

    calls = []

    def fails_at_the_second(city):
        calls.append(city)
        if len(calls) == 2:
            raise RuntimeError("power cut")
        return original(city)

    original = tables.persons
    monkeypatch.setattr(tables, "persons", fails_at_the_second)
    with pytest.raises(RuntimeError, match="power cut"):
        generate(tmp_path / "data", tmp_path / "truth", scale=0.01, seed=7, cities=["441400", "441500"])
    assert not list(tmp_path.glob("*/*"))


def test_a_writer_replaces_a_file_only_when_it_is_closed(tmp_path):
    (tmp_path / "t.parquet").write_bytes(b"old")
    writer = Writers(tmp_path)
    writer.add("t", pa.table({"x": [1, 2]}))
    assert (tmp_path / "t.parquet").read_bytes() == b"old"
    writer.close()
    assert pq.read_table(tmp_path / "t.parquet")["x"].to_pylist() == [1, 2]


def test_a_row_group_of_one_year_holds_no_words_of_other_years(tmp_path, monkeypatch):
    """They would be decoded with it: of a city's events most households had none that year."""
    monkeypatch.setattr("evaltools.synthetic.write.LARGE", 3)
    ids = pa.array(["c", "a", None, "b"]).dictionary_encode()
    writer = Writers(tmp_path)
    writer.add("t", pa.table({"year": [2016, 2017, 2017, 2016], "id": ids}))
    writer.close()
    found = pq.ParquetFile(tmp_path / "t.parquet", read_dictionary=["id"])
    columns = [found.read_row_group(g).column("id").chunk(0) for g in (0, 1)]
    assert [c.to_pylist() for c in columns] == [["c", "b"], ["a", None]]
    assert [c.dictionary.to_pylist() for c in columns] == [["c", "b"], ["a"]]
