"""Sums are exact whatever the order of the rows, and do not depend on how these are cut into blocks and pairs."""

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from evaltools.errors import DataInvalidError
from evaltools.indicators.engine import gather, reading, scan
from evaltools.indicators.engine import run as engine
from evaltools.indicators.engine.bits import Runs, packed
from evaltools.indicators.engine.parquet import File
from evaltools.indicators.engine.plan import must_fit
from evaltools.indicators.engine.reading import Reader, Selection
from evaltools.intake import load_contract
from evaltools.intake.described import Described

IDS = (
    "finance.loan_amount_ok_share", "finance.loan_over_amount", "finance.loan_total", "exit.registered_persons",
    "exit.exited_persons_share",
)  # fmt: skip
AMOUNTS = (50000, 60000, None, 10, 0.125)


def rows(persons=3):
    loans = [{"loan_id": f"L{i}", "household_id": f"H{i}", "amount_yuan": a} for i, a in enumerate(AMOUNTS)]
    households = [{"household_id": f"H{i}", "registry_status": s, "persons": persons}
                  for i, s in enumerate(("exited", "poor", None))]  # fmt: skip
    return {"loans": loans, "households": households}


def test_a_weight_may_be_larger_than_any_count(run):
    run(*IDS, **rows(persons=2**40 + 1))
    assert run.value("exit.registered_persons") == 2 * (2**40 + 1)
    assert run.row("exit.exited_persons_share")["unsure_rows"] == 1


def test_whole_numbers_add_up_exactly_beyond_those_a_float_holds():
    amounts = np.array([2**60 + 1, -(2**60), 2**55 + 1, 3], dtype=np.int64)
    assert Runs.of(np.array([0, 0, 1, 1])).added(amounts).tolist() == [1, 2**55 + 4]


@pytest.mark.parametrize("count", [1, 7, 8, 9, 500])
def test_ones_are_counted_in_every_run_wherever_it_begins_within_a_byte(count):
    rng = np.random.default_rng(count)
    areas = np.cumsum(rng.random(count) < 0.3)
    masks = rng.random((3, count)) < [[0.0], [0.5], [1.0]]
    runs = Runs.of(areas)
    expected = [[int(m[areas == a].sum()) for a in np.unique(areas)] for m in masks]
    # What stands after the last row means nothing: the bits of a negated mask are set there.
    assert runs.ones([~packed(~m, count) for m in masks]).tolist() == expected


def test_an_amount_too_large_to_be_added_exactly_is_refused_and_not_dropped(run):
    must_fit(np.array([2.0**61]), "loans")
    wrong = rows()
    wrong["loans"][0]["amount_yuan"] = 1e17
    with pytest.raises(DataInvalidError, match="too large"):
        run(*IDS, **wrong)


def test_the_numbers_do_not_depend_on_blocks_and_pairs(run, own, monkeypatch):
    catalogue = own("""
table: villages
observation: village
chapter: assistance
joins:
  earlier: {table: visits, on: {village_code: village_code}, where: date <= row_exit_date, count: true}
  first_kind: {table: visits, on: {village_code: village_code}, where: is_principal and date <= row_exit_date, first: kind}
indicators:
  - {id: own.n, label: {zh: 测试, en: Test}, measure: earlier, statistic: total, unit: times, cite: assistance.leader_visits_min,
     direction: higher, inventory: [CA-09]}
  - {id: own.kind, label: {zh: 测试, en: Test}, measure: first_kind == 'leader_visit', statistic: share, unit: share,
     cite: assistance.leader_visits_min, direction: higher, inventory: [CA-09]}
""")
    codes = [f"44140210020{i}" for i in range(1, 6)]
    data = {
        "villages": [{"village_code": c, "is_poor_village": True, "exit_date": "2020-06-01"} for c in codes],
        "visits": [{"visit_id": f"V{i}", "village_code": codes[i % 3], "kind": ("study", "leader_visit")[i % 2],
                    "is_principal": (True, True, False)[i // 3], "date": f"2020-0{i + 1}-01"} for i in range(8)],
    }  # fmt: skip
    found = run("own.n", "own.kind", catalogue=catalogue, **data).found.to_frame()
    # V0 .. V5 lie before June; V0 .. V5 are of a principal: the first two villages have a visit of each kind, none the fourth.
    assert run.value("own.n") == 6
    assert (run.value("own.kind"), run.row("own.kind")["open_rows"]) == (1, 2)
    monkeypatch.setattr(scan, "BLOCK", 2)
    monkeypatch.setattr(gather, "MOST_PAIRS", 1)
    monkeypatch.setattr(engine, "THREADS", 1)
    assert run("own.n", "own.kind", catalogue=catalogue, **data).found.to_frame().equals(found)


def test_row_groups_of_other_cities_are_not_read(tmp_path, monkeypatch):
    path = tmp_path / "visits.parquet"
    table = pa.table(
        {"visit_id": ["a", "b", "c", "d"], "city_code": ["441400", "441400", "445200", None], "year": [2019, 2020, 2020, 2020]}
    )
    pq.write_table(table, path, row_group_size=1)
    reader = Reader(load_contract("visits"), File(path, Described.of(path)))

    def seen(**chosen):
        found = [c.value("visit_id") for c in reader.read(["visit_id"], Selection(**chosen))]
        return [ids.values[i] for ids in found for i in ids.codes]

    assert seen(cities=("441400",), years=(2020,)) == ["b"]
    assert seen(cities=("441400",), is_partner=True) == ["a", "b", "d"]  # of no city: kept for those who look it up
    assert reader.parts(Selection(cities=("445200",))) == [(2, 3)]  # of the fourth, the file does not say
    monkeypatch.setattr(reading, "AT_ONCE", 1)
    assert reader.parts(Selection(cities=("441400",))) == [(0,), (1,), (3,)]
    assert seen(up_to=2019) == ["a"]
    assert reader.parts(Selection(up_to=2019)) == [(0,)]
    assert reader.parts(Selection(years=(2020,), cities=("441400",))) == [(1,), (3,)]
