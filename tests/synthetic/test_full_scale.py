"""Scale 1: the published totals, under 90 s and 4 GiB on two cores. Slow: `make test-slow`."""

from __future__ import annotations

import resource
import subprocess
import sys
import time

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

pytestmark = pytest.mark.slow

COMMAND = (
    "from evaltools.synthetic import generate; import sys; generate(sys.argv[1], sys.argv[2], scale=1.0, seed=2020)"
)


@pytest.fixture(scope="module")
def full(tmp_path_factory):
    root = tmp_path_factory.mktemp("full")
    start = time.perf_counter()
    subprocess.run([sys.executable, "-c", COMMAND, str(root / "data"), str(root / "truth")], check=True)
    seconds = time.perf_counter() - start
    gib = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024**2
    return root, seconds, gib


def test_the_full_province_is_written_in_90_seconds_and_4_gib(full):
    _, seconds, gib = full
    assert seconds < 90
    assert gib < 4


def test_the_full_province_has_the_published_totals(full):
    root, _, _ = full
    rows = pq.read_table(
        root / "data" / "households.parquet",
        columns=["year", "registry_status", "persons", "change_in"],
        filters=[("registry_status", "!=", "never")],
    )
    now = rows.filter(
        pc.and_(
            pc.equal(rows["year"], 2020),
            pc.is_in(rows["registry_status"], options=pc.SetLookupOptions(value_set=pa.array(["poor", "exited"]))),
        )
    )
    assert pc.sum(now["persons"]).as_py() == 1_615_000
    assert now.num_rows == 650_000
    first = rows.filter(pc.and_(pc.equal(rows["year"], 2016), pc.equal(rows["change_in"], "registered")))
    assert first.num_rows == 708_000
    villages = pq.read_table(
        root / "data" / "villages.parquet", columns=["year", "is_poor_village", "helper_type", "city_code"]
    ).to_pandas()
    poor = villages[(villages["year"] == 2020) & villages["is_poor_village"]]
    assert len(poor) == 2277
    assert poor["helper_type"].value_counts().to_dict() == {
        "pearl_delta_city": 1719,
        "provincial_unit": 246,
        "local_unit": 229,
        "own_city": 83,
    }
