"""A published figure is held only against an indicator of the same thing, in its unit, its year, its area."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd
import pytest

from evaltools.errors import RuleBookError
from evaltools.indicators import Catalogue
from evaltools.indicators.assessment.observed import (
    Observed,
    data_state,
    measures,
    observe,
    reconcile,
    summed_up,
    to_frame,
)
from evaltools.indicators.claims import ClaimState, DataState, check_relations
from evaltools.standards import Claims, RuleBook

CLAIMS = Claims.load()
CATALOGUE = Catalogue.load()
RULES = RuleBook.load().at("2020-12-31")
DAY = "2020-12-31"


class Table:
    """What `observe` needs of an indicator table: one row a (indicator, level, city)."""

    catalogue = CATALOGUE

    def __init__(self, *rows, year=2020):
        self.year, self.rows = year, rows

    def to_frame(self, level, indicators, year):
        assert year == self.year
        columns = ["indicator", "level", "city_code", "value", "numerator", "denominator", "open_rows", "unsure_rows",
                   "low", "high", "rows"]  # fmt: skip
        return pd.DataFrame(self.rows, columns=columns)


def row(indicator, value, *, level="province", city="440000", yes=500.0, whole=1000.0, unknown=0, low=None, high=None):
    ends = (value if low is None else low, value if high is None else high)
    return (indicator, level, city, value, yes, whole, unknown, 0, *ends, 1000)


def seen(*rows, year=2020):
    return observe(CLAIMS, Table(*rows, year=year), RULES, DAY)


def test_every_measure_names_an_indicator_of_the_catalogue_in_the_figures_unit():
    found = measures(CLAIMS, CATALOGUE)
    assert len(found) > 40
    assert found["villages.helped_by_pearl_delta"] == "villages.by_pearl_delta_city"


@pytest.mark.parametrize(("measure", "says"), [("villages.no_such", "unknown indicator"), ("villages.poor_villages", "is in")])
def test_a_measure_that_is_unknown_or_in_another_unit_is_refused(measure, says):
    wrong = replace(CLAIMS["infrastructure.clinic"], measure=measure)
    with pytest.raises(RuleBookError, match=says):
        measures({"infrastructure.clinic": wrong}, CATALOGUE)


def test_a_figure_of_another_year_is_not_measured():
    assert "villages.exited_2019" not in seen(row("villages.exited", 2140.0))
    assert seen(row("villages.exited", 2140.0), year=2019)["villages.exited_2019"].value == 2140


def test_a_citys_figure_reads_the_city_and_the_provinces_the_province():
    rows = (row("villages.poor_villages", 2277.0), row("villages.poor_villages", 137.0, level="city", city="441500"))
    found = seen(*rows)
    assert found["villages.poor_2020_11"].value == 2277
    assert found["villages.shanwei"].value == 137


def test_a_value_without_bounds_is_left_out():
    assert not seen(row("villages.clinic_share", 0.985, low=float("nan")))


@pytest.mark.parametrize("part", [{"yes": 995.0}, {"yes": 9.0}, {"unknown": 3}])
def test_few_households_are_not_shown_by_a_share_or_by_what_is_left_of_it(part):
    assert "population.exited_share_2020" in seen(row("exit.exited_persons_share", 0.5))
    assert not seen(row("exit.exited_persons_share", 0.5, **part))


def test_few_households_of_one_city_withhold_the_province_too():
    city = row("exit.exited_persons_share", 0.99, level="city", city="441400", yes=996.0)
    assert not seen(row("exit.exited_persons_share", 0.5), city)


def test_villages_are_no_households():
    assert "infrastructure.clinic" in seen(row("villages.clinic_share", 0.985, yes=995.0))


@pytest.mark.parametrize(
    ("low", "high", "state"),
    [
        (0.985, 0.985, DataState.SUPPORTED), (0.98, 0.98, DataState.CONTRADICTED), (0.97, 0.99, DataState.UNDECIDED),
    ],
)  # fmt: skip
def test_a_share_is_supported_inside_its_rounding_contradicted_apart_from_it(low, high, state):
    assert data_state(CLAIMS["infrastructure.clinic"], Observed("x", low, low, high, 1, DAY)) is state


def test_later_data_can_contradict_a_cumulative_figure_but_not_support_it():
    claim = CLAIMS["eastwest.investment"]  # 758亿, as of 26 November 2020

    def state(value, day):
        return data_state(claim, Observed("x", value, value, value, 1, day))

    assert state(75_800_000_000.0, "2020-11-26") is DataState.SUPPORTED
    assert state(75_800_000_000.0, DAY) is DataState.UNDECIDED
    assert state(90_000_000_000.0, DAY) is DataState.UNDECIDED
    assert state(60_000_000_000.0, DAY) is DataState.CONTRADICTED


def test_synthetic_data_leave_every_figure_not_verifiable():
    checks = check_relations(CLAIMS)
    found = seen(row("villages.clinic_share", 0.985))
    synthetic = {f.claim.id: f for f in reconcile(CLAIMS, checks, found, is_synthetic=True)}
    real = {f.claim.id: f for f in reconcile(CLAIMS, checks, found, is_synthetic=False)}
    assert {f.data for f in synthetic.values()} == {DataState.NOT_VERIFIABLE}
    assert synthetic["infrastructure.clinic"].trial is DataState.SUPPORTED
    assert real["infrastructure.clinic"].data is DataState.SUPPORTED
    assert real["infrastructure.parcel"].data is DataState.NOT_VERIFIABLE
    assert len(real) == len(CLAIMS)


def test_a_figure_in_several_relations_is_called_by_the_gravest_of_those_that_say_something_of_it():
    assert summed_up([ClaimState.AGREES, ClaimState.CONFLICTS, ClaimState.ROUNDING]) is ClaimState.CONFLICTS
    assert summed_up([ClaimState.NOT_COMPARABLE, ClaimState.AGREES]) is ClaimState.AGREES
    assert summed_up([ClaimState.NOT_COMPARABLE]) is ClaimState.NOT_COMPARABLE
    assert summed_up([]) is None
    figures = {f.claim.id: f for f in reconcile(CLAIMS, check_relations(CLAIMS), {}, is_synthetic=False)}
    assert figures["infrastructure.clinic"].relation is ClaimState.CONFLICTS
    assert figures["consumption.halls"].relation is None


def test_the_listing_keeps_the_verdict_and_the_trial_apart():
    found = reconcile(CLAIMS, check_relations(CLAIMS), seen(row("villages.clinic_share", 0.985)), is_synthetic=True)
    one = to_frame(found, "en").set_index("id").loc["infrastructure.clinic"]
    assert (one["data"], one["trial"], one["measured"]) == ("not verifiable", "supported", 0.985)
