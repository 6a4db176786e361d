"""Files with more rows than are held at once: whole domains at a time, with the same numbers."""

import numpy as np
import pandas as pd
import pytest

from evaltools.errors import EstimationError
from evaltools.estimation import RelativeLine, SurveyDesign, arpr, batches, fgt, gini, lines, lorenz, qsr, quantile
from evaltools.estimation.poverty import poverty_gap_at_median

DESIGN = SurveyDesign(weight="weight", stratum="stratum", psu="village")
BY = {"by": ["county", "is_poor"], "where": "inside"}
CALLS = {
    "gini": lambda d: gini(d, "income", DESIGN, **BY),
    "quintile shares": lambda d: qsr(d, "income", DESIGN, **BY),
    "lorenz": lambda d: lorenz(d, "income", DESIGN, **BY),
    "quantiles": lambda d: quantile(d, "income", DESIGN, [0.25, 0.5], **BY),
    "quantiles hf7": lambda d: quantile(d, "income", DESIGN, 0.5, rule="hf7", **BY),
    "line of all, median": lambda d: arpr(d, "income", DESIGN, **BY),
    "line of all, mean": lambda d: fgt(d, "income", RelativeLine(0.5, "mean"), DESIGN, **BY),
    "line of each": lambda d: arpr(d, "income", DESIGN, within="domain", **BY),
    "gap at the median": lambda d: poverty_gap_at_median(d, "income", DESIGN, **BY),
}


@pytest.fixture(scope="module")
def persons():
    """Four thousand persons in 60 villages that counties cut across; some incomes missing, some rows outside."""
    rng, n = np.random.default_rng(5), 4000
    village = rng.integers(0, 60, n)
    income = np.round(np.exp(9 + 0.3 * rng.normal(size=60)[village] + 0.7 * rng.normal(size=n)), 1)
    return pd.DataFrame(
        {
            "village": [f"v{v:02d}" for v in village], "stratum": village // 20, "weight": rng.uniform(0.5, 3, n),
            "county": rng.choice(["甲县", "乙县", "丙县"], n), "is_poor": rng.random(n) < 0.4,
            "income": np.where(rng.random(n) < 0.05, np.nan, income), "inside": rng.random(n) < 0.9,
        }
    )  # fmt: skip


@pytest.fixture
def stored(persons, tmp_path, monkeypatch):
    """The file, where 1,500 rows (about two domains) are held at once and 400 tell where the median is."""
    monkeypatch.setattr(batches, "HELD", 1500)
    monkeypatch.setattr(lines, "SAMPLE", 400)
    monkeypatch.setattr(lines, "MANY", 1500)
    persons.to_parquet(tmp_path / "persons.parquet")
    return tmp_path / "persons.parquet"


@pytest.mark.parametrize("name", CALLS)
def test_domains_taken_in_batches_give_the_numbers_of_all_rows_at_once(name, persons, stored, monkeypatch):
    read = []
    load = batches.load_batches
    monkeypatch.setattr(batches, "load_batches", lambda *a: (read.append(len(r.weight)) or r for r in load(*a)))
    a, b = CALLS[name](persons), CALLS[name](stored)
    assert len(read) >= 3
    assert max(read) <= 1500
    pd.testing.assert_frame_equal(a.to_frame(), b.to_frame(), check_dtype=False, rtol=1e-9)
    np.testing.assert_allclose(a.cov, b.cov, rtol=1e-7, atol=1e-12 * np.nanmax(np.abs(a.cov)))


def test_a_row_over_all_domains_holds_all_rows(persons, stored):
    a, b = (gini(d, "income", DESIGN, by="county", overall=True) for d in (persons, stored))
    np.testing.assert_allclose(a.se, b.se, rtol=1e-10)


def test_a_file_in_an_order_that_hides_its_median_is_refused(persons, tmp_path, monkeypatch):
    monkeypatch.setattr(batches, "HELD", 1500)
    monkeypatch.setattr(lines, "SAMPLE", 400)
    monkeypatch.setattr(lines, "MANY", 1500)
    misled = np.where(np.arange(len(persons)) % (len(persons) // 400) == 0, 1.0, 5.0)
    persons.assign(income=misled + persons.index * 1e-6).to_parquet(tmp_path / "p.parquet")
    with pytest.raises(EstimationError, match="was not found around the middle"):
        arpr(tmp_path / "p.parquet", "income", DESIGN, by="county")


def test_weights_that_sum_to_zero_are_an_error_in_batches_too(persons, stored):
    persons.assign(weight=0.0).to_parquet(stored)
    with pytest.raises(EstimationError, match="weights sum to zero"):
        gini(stored, "income", DESIGN, by="county")
