"""Every indicator is kept twice: by its entry in the catalogue, and in plain pandas from the clause it cites.

A changed population, comparison, limit, statistic or denominator of an entry shows here; so does a new entry that nobody
has worked out a second time. Limits are typed by hand.
"""

import importlib
import math
from pathlib import Path

import pytest

from evaltools.indicators import Catalogue

BOOKS = sorted(p.stem for p in Path(__file__).parent.glob("again_*.py"))
NOT_IN_2020 = {"counties.exit_plan_ratio", "counties.exit_plan_met_share"}
"""Asked of the years 2016 to 2018 only."""


@pytest.fixture(scope="module")
def second(by_pandas) -> dict[str, dict[str, float]]:
    return {name: importlib.import_module(name).values(by_pandas) for name in BOOKS}


def same(a: float, b: float) -> bool:
    """To the last digit a report shows: the engine adds amounts as whole thousandths."""
    return math.isclose(a, b, rel_tol=1e-5, abs_tol=1e-6)


@pytest.mark.parametrize("name", BOOKS)
def test_both_books_agree(name, second, by_engine):
    wrong = {
        k: (float(by_engine[k]), v)
        for k, v in second[name].items()
        if k not in NOT_IN_2020 and not same(float(by_engine[k]), v)
    }
    assert not wrong, wrong


def test_every_entry_is_kept_twice(second):
    kept = [k for book in second.values() for k in book]
    assert len(kept) == len(set(kept))
    assert set(kept) == set(Catalogue.load())


def test_what_is_not_asked_in_the_year_has_no_value(by_engine):
    assert set(by_engine.index[by_engine.isna()]) == NOT_IN_2020
