"""The five gates: hand-worked rates, zero findings, unknown answers, missing price index, small places."""

import math

import numpy as np
import pandas as pd
import pytest

from evaltools.errors import DataInvalidError, DataMissingError, ScopeError
from evaltools.indicators import Gate, HelpedGates, gates, helped_gates
from evaltools.indicators.targeting.verdict import surviving
from evaltools.terms import VerdictState as V
from evaltools.terms import city

HUKOU = 100_000


@pytest.fixture
def survey(make):
    """A survey of `villages` x `each` households per group, in two strata, one county; answers can be changed by group.

    never, exited : changes for the first `bad` households of the group, spread over the villages
    """

    def built(villages=30, each=10, *, never=None, exited=None, approve=None, bad_never=0, bad_exited=0, refuse=0):
        rows, seen = [], {"never": 0, "exited": 0, "all": 0}
        for turn in range(each):
            for v in range(villages):
                place = {"village_code": f"4414021002{v:02d}", "stratum": "441402-a" if v % 2 else "441402-b"}
                for status, group in (("never", "non_registered"), ("exited", "registered_labour")):
                    row = make.interview(f"{status}{v}-{turn}", registry_status=status, group=group, **place)
                    changes, bad = (never, bad_never) if status == "never" else (exited, bad_exited)
                    if changes and seen[status] < bad:
                        row |= changes
                    if seen["all"] < refuse:
                        row["approves"] = False if approve is None else approve
                    seen[status] += 1
                    seen["all"] += 1
                    rows.append(row)
        return rows

    return built


@pytest.fixture
def tables(make):
    def built(rows, *, index=True, poor=1000, exited=9000, hukou=HUKOU, extra=()):
        households = [
            make.household("HP", registry_status="poor", persons=poor),
            make.household("HE", persons=exited),
            *extra,
        ]
        villages = pd.DataFrame({"county_code": ["441402"], "year": [2020], "hukou_persons": [hukou]})
        frames = {"survey": make.typed(rows), "households": make.typed(households), "villages": villages}
        return make.tables(**frames, **({"price_index": make.index} if index else {}))

    return built


def test_zero_findings_carry_an_upper_bound_from_clustering(survey, tables, rules2020):
    """30 villages x 10: 300 / (1 + 9 x 0.05) = 206.9 effective; 1 - 0.05^(1/206.9) = 1.4376 %; 20 x 10: 2.1485 %."""
    found = gates(tables(survey(30)), rules2020)["omission_rate"]
    assert found.rate == 0
    assert found.n_effective == pytest.approx(300 / 1.45)
    assert found.high == pytest.approx(1 - 0.05 ** (1.45 / 300), rel=1e-9)
    assert (found.n, found.n_known, found.n_counted, found.n_persons, found.n_psu) == (300, 300, 0, 900, 30)
    assert found.state is V.MET
    short = gates(tables(survey(20)), rules2020)["omission_rate"]
    assert short.high == pytest.approx(0.021485, abs=1e-6)
    assert short.state is V.UNDECIDED
    assert short.households_needed == 216  # ln 0.05 / ln 0.98 = 148.28 effective, each of 1.45 households: 215.01


def test_point_estimates_weight_persons_and_effective_n_counts_households(survey, tables, rules2020):
    """6 of 300 households omitted, each of 5 persons while the others have 3: 30 / (30 + 882) = 3.289 %, not 2 %."""
    rows = survey(30, never={"surveyed_income_per_capita_yuan": 4639.0, "persons": 5}, bad_never=6)
    found = gates(tables(rows), rules2020)["omission_rate"]
    assert found.rate == pytest.approx(30 / (30 + 294 * 3))
    assert (found.n, found.n_counted) == (300, 6)
    assert found.n_effective <= 300


def test_omission_is_strictly_below_4000_yuan_in_prices_of_2014(survey, tables, rules2020):
    """The index of 2020 is 1.16 here: 4,000 yuan of 2014 are 4,640 yuan of 2020, and 4,640 itself is not below."""
    under = survey(30, never={"surveyed_income_per_capita_yuan": 4639.99}, bad_never=30)
    on = survey(30, never={"surveyed_income_per_capita_yuan": 4640.0}, bad_never=30)
    assert gates(tables(under), rules2020)["omission_rate"].rate == pytest.approx(0.1)
    assert gates(tables(on), rules2020)["omission_rate"].rate == 0


def test_without_a_price_index_nothing_is_decided_and_no_index_of_one_is_assumed(survey, tables, rules2020):
    rows = survey(30, never={"surveyed_income_per_capita_yuan": 100.0}, bad_never=300)
    found = gates(tables(rows, index=False), rules2020)
    for gate in ("omission_rate", "composite_poverty_incidence"):
        assert found[gate].state is V.EVIDENCE_MISSING
        assert "价格指数" in found[gate].reason("zh")
        assert "price index" in found[gate].reason("en")
    assert math.isnan(found["omission_rate"].rate)
    assert found["omission_rate"].unknown.share == 1
    assert found["omission_rate"].unknown.reasons == {"price_index": 300}
    assert math.isnan(found["wrong_inclusion_rate"].rate)
    assert found["wrongful_exit_rate"].state is V.MET
    assert found.overall is V.EVIDENCE_MISSING


def test_an_index_that_lacks_the_year_is_as_good_as_none(survey, tables, rules2020, make):
    frames = tables(survey(30))
    frames.frames["price_index"] = make.index[make.index["year"] < 2020]
    found = gates(frames, rules2020)["omission_rate"]
    assert found.state is V.EVIDENCE_MISSING
    assert "2020" in found.reason("zh")


def test_the_second_variant_of_omission_adds_failed_guarantees(survey, tables, rules2020):
    rows = survey(30, never={"housing_ok": False}, bad_never=15)
    found = gates(tables(rows), rules2020)
    assert found["omission_rate"].rate == 0
    (variant,) = found.variants
    assert (variant.variant.value, variant.rate, variant.n_counted) == ("income_or_guarantee", pytest.approx(0.05), 15)


def test_wrongful_exit_applies_the_exit_standard_to_verified_facts(survey, tables, rules2020):
    """Income 9,064.52 misses the line of 9,064.53 by one fen; the same household on 低保 without labour has no line."""
    under = survey(30, exited={"surveyed_income_per_capita_yuan": 9064.52}, bad_exited=30)
    assert gates(tables(under), rules2020)["wrongful_exit_rate"].rate == pytest.approx(0.1)
    covered = {"labour_capacity": "none", "is_safety_net_eligible": True, "is_dibao": True,
               "surveyed_income_per_capita_yuan": 6400.0}  # fmt: skip
    assert gates(tables(survey(30, exited=covered, bad_exited=30)), rules2020)["wrongful_exit_rate"].rate == 0
    thirsty = survey(30, exited={"drinking_water_ok": False}, bad_exited=3)
    found = gates(tables(thirsty), rules2020)["wrongful_exit_rate"]
    assert (found.rate, found.n_counted) == (pytest.approx(0.01), 3)


def test_wrong_inclusion_is_reported_without_a_verdict(survey, tables, rules2020):
    """4,160 yuan of 2016 are 4,000 yuan of 2014 (index 1.04): not below the line, so wrongly included."""
    rows = survey(30, exited={"identification_income_per_capita_yuan": 4160.0}, bad_exited=30)
    found = gates(tables(rows), rules2020)["wrong_inclusion_rate"]
    assert (found.rate, found.state, found.limit) == (pytest.approx(0.1), V.RULE_UNDEFINED, None)
    assert found.low < 0.1 < found.high
    right = survey(30, exited={"identification_income_per_capita_yuan": 4159.99}, bad_exited=30)
    assert gates(tables(right), rules2020)["wrong_inclusion_rate"].rate == 0


def test_approval_counts_households_and_every_group(survey, tables, rules2020):
    rows = survey(30, refuse=30)
    rows[0]["persons"] = 30  # a large household weighs no more than a small one
    found = gates(tables(rows), rules2020)["public_approval_rate"]
    assert (found.unit, found.n, found.n_counted) == ("households", 600, 570)
    assert found.rate == pytest.approx(0.95)
    assert found.state is V.MET


def test_unknown_answers_do_not_change_a_verdict_that_survives_both_extremes(survey, tables, rules2020):
    rows = survey(60, never={"surveyed_income_per_capita_yuan": None}, bad_never=2)
    found = gates(tables(rows), rules2020)["omission_rate"]
    assert (found.n, found.n_known, found.unknown.households) == (600, 598, 2)
    assert found.unknown.share == pytest.approx(2 / 600)
    assert found.unknown.reasons == {"income": 2}
    assert (found.unknown.state_low, found.unknown.state_high) == (V.MET, V.MET)
    assert found.state is V.MET


def test_unknown_answers_that_could_turn_the_verdict_leave_evidence_missing(survey, tables, rules2020):
    rows = survey(30, never={"surveyed_income_per_capita_yuan": None}, bad_never=30)
    found = gates(tables(rows), rules2020)["omission_rate"]
    assert found.rate == 0
    assert (found.unknown.rate_low, found.unknown.rate_high) == (0, pytest.approx(0.1))
    assert (found.unknown.state_low, found.unknown.state_high) == (V.MET, V.NOT_MET)
    assert found.state is V.EVIDENCE_MISSING
    assert "未达标" in found.reason("zh")


@pytest.mark.parametrize(
    ("known", "low", "high", "verdict"),
    [
        (V.MET, V.MET, V.MET, V.MET), (V.MET, V.MET, V.UNDECIDED, V.EVIDENCE_MISSING),
        (V.UNDECIDED, V.MET, V.UNDECIDED, V.UNDECIDED), (V.UNDECIDED, V.MET, V.NOT_MET, V.UNDECIDED),
        (V.NOT_MET, V.UNDECIDED, V.NOT_MET, V.EVIDENCE_MISSING), (V.NOT_MET, V.NOT_MET, V.NOT_MET, V.NOT_MET),
        (V.EVIDENCE_MISSING, V.MET, V.NOT_MET, V.EVIDENCE_MISSING),
    ],
)  # fmt: skip
def test_a_verdict_holds_only_if_it_survives_both_extremes(known, low, high, verdict):
    assert surviving(known, low, high) is verdict


def test_unknown_facts_of_exited_households_are_counted_by_reason(survey, tables, rules2020):
    rows = survey(30, exited={"labour_capacity": None}, bad_exited=4)
    rows[1] |= {"labour_capacity": "full", "food_ok": None}  # rows alternate: 1 is the first exited household
    rows[3] |= {"labour_capacity": "none", "is_safety_net_eligible": False, "surveyed_income_per_capita_yuan": 9000.0}
    found = gates(tables(rows), rules2020)["wrongful_exit_rate"]
    assert dict(found.unknown.reasons) == {"guarantee": 1, "labour_capacity": 2, "rule": 1}


def test_the_composite_adds_known_stocks_and_estimated_rates(survey, tables, rules2020):
    """1,000 poor + 3/300 x 90,000 + 6/300 x 9,000 of 100,000 hukou persons: (1000 + 900 + 180) / 100,000 = 2.08 %."""
    rows = survey(
        30, never={"surveyed_income_per_capita_yuan": 10.0}, bad_never=3,
        exited={"food_ok": False}, bad_exited=6,
    )  # fmt: skip
    found = gates(tables(rows), rules2020)["composite_poverty_incidence"]
    assert found.rate == pytest.approx(0.0208)
    assert found.low < 0.0208 < found.high
    assert (found.n, found.n_counted) == (600, 9)


def test_the_composite_carries_the_covariance_of_rates_that_share_villages(survey, tables, rules2020):
    """Failures of both kinds in the same villages move together: the composite varies more than if they were apart."""
    same = survey(30, each=10)
    apart = survey(30, each=10)
    for rows, exited_villages in ((same, range(3)), (apart, range(3, 6))):
        for row in rows:
            v = int(row["village_code"][-2:])
            if row["registry_status"] == "never" and v in range(3):
                row["surveyed_income_per_capita_yuan"] = 10.0
            if row["registry_status"] == "exited" and v in exited_villages:
                row["food_ok"] = False
    stocks = {"poor": 0, "exited": 50_000}
    together = gates(tables(same, **stocks), rules2020)["composite_poverty_incidence"]
    spread = gates(tables(apart, **stocks), rules2020)["composite_poverty_incidence"]
    assert together.rate == pytest.approx(spread.rate) == pytest.approx(0.1)
    assert together.se > 1.2 * spread.se


def test_zero_findings_in_both_rates_still_leave_an_interval_for_the_composite(survey, tables, rules2020):
    found = gates(tables(survey(30), poor=0), rules2020)["composite_poverty_incidence"]
    assert found.rate == 0
    assert 0.01 < found.high < 0.02


def test_a_registry_larger_than_its_villages_is_refused(survey, tables, rules2020):
    with pytest.raises(DataInvalidError, match="441402"):
        gates(tables(survey(30), exited=200_000), rules2020)


def test_a_stratum_of_one_village_is_joined_with_its_neighbour_and_said_so(survey, tables, rules2020):
    rows = survey(30, never={"surveyed_income_per_capita_yuan": 10.0}, bad_never=3)
    for row in rows:
        if row["village_code"].endswith("07"):
            row["stratum"] = "441402-c"
    found = gates(tables(rows), rules2020)
    assert np.isfinite(found["omission_rate"].se)
    assert any("441402-c" in note for note in found.notes_zh)
    assert any("441402-c" in note for note in found.notes_en)


def test_counties_are_described_and_judged_only_where_the_sample_allows(survey, tables, rules2020, make):
    rows = survey(30)
    for row in rows:
        if row["village_code"].endswith("29"):
            row |= {"county_code": "441403", "stratum": "441403-a"}
    frames = tables(rows)
    frames.frames["villages"] = pd.DataFrame(
        {"county_code": ["441402", "441403"], "year": 2020, "hukou_persons": [90_000, 10_000]}
    )
    found = gates(frames, rules2020)
    by = {(r.area_code, r.gate): r for r in found.counties}
    assert by["441402", Gate.OMISSION].n == 290
    small = by["441403", Gate.OMISSION]
    assert (small.n, small.rate, small.state) == (10, 0, V.UNDECIDED)
    assert math.isnan(small.high)
    assert "样本过小" in small.reason("zh")
    assert len(found.counties) == 10


def test_only_responding_households_of_the_year_and_main_design_count(survey, tables, rules2020, make):
    rows = survey(30)
    rows += [
        make.interview("x1", is_responded=False, approves=None), make.interview("x2", year=2019, approves=False),
        make.interview("x3", design="published_minimum", approves=False),
    ]  # fmt: skip
    found = gates(tables(rows), rules2020)
    assert found["public_approval_rate"].n == 600
    response = found.response.set_index("group")
    assert response.loc["registered_labour", ["approached", "responded"]].tolist() == [301, 300]


def test_overall_is_not_met_if_any_gate_is_and_met_only_if_all_are(survey, tables, rules2020):
    assert gates(tables(survey(40), poor=0), rules2020).overall is V.MET
    bad = survey(40, exited={"food_ok": False}, bad_exited=200)
    assert gates(tables(bad, index=False, poor=0), rules2020).overall is V.NOT_MET
    assert gates(tables(survey(20), poor=0), rules2020).overall is V.UNDECIDED


def test_a_changed_limit_changes_the_verdict(survey, tables, book):
    """3 of 300 is 1 %: undecided under 2 %, met under 5 %."""
    frames = tables(survey(30, never={"surveyed_income_per_capita_yuan": 10.0}, bad_never=3))
    before = gates(frames, book.at("2020-12-31", city="441400"))["omission_rate"]
    changed = book.with_value("gate.omission_rate_max", 0.05, reason="test").at("2020-12-31", city="441400")
    after = gates(frames, changed)["omission_rate"]
    assert (before.state, after.state) == (V.UNDECIDED, V.MET)
    assert "参照" in before.clause("zh")


def test_cities_without_tasks_have_no_gates(book, make):
    for code in ("440700", "440100"):
        found = gates(make.tables(), book.at("2020-12-31", city=code))
        assert found.overall is V.NOT_APPLICABLE
        assert {r.state for r in found.results} == {V.NOT_APPLICABLE}
        assert "不适用" in repr(found)


def test_a_helping_city_shows_the_gates_of_the_cities_it_helps(survey, tables, book):
    frames = tables(survey(30))
    found = helped_gates(city("440100"), 2020, {"441400": (frames, book.at("2020-12-31", city="441400"))})
    assert isinstance(found, HelpedGates)
    assert found.cities["441400"]["omission_rate"].state is V.MET
    assert set(found.to_frame()["city_code"]) == {"441400"}
    assert "梅州" in found._repr_html_()


def test_a_missing_or_empty_survey_is_an_error(make, survey, tables, rules2020, book):
    with pytest.raises(DataMissingError, match="survey"):
        gates(make.tables(), rules2020)
    with pytest.raises(DataMissingError, match="2020"):
        gates(tables([r | {"year": 2018} for r in survey(5)]), rules2020)
    with pytest.raises(ScopeError):
        gates(make.tables(), book.at("2020-12-31"))


def test_the_display_is_rounded_and_the_same_each_time(survey, tables, rules2020):
    found = gates(tables(survey(30)), rules2020)
    assert repr(found) == repr(gates(tables(survey(30)), rules2020))
    assert "漏评率 0.00% [0.00%–1.44%] ≤2% 达标" in repr(found)
    assert "错评率" in found._repr_html_()
    frame = found.to_frame()
    assert len(frame) == 5 + 1 + 5
    assert frame["rho"].eq(0.05).all()
