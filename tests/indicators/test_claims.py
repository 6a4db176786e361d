"""The published figures against each other: what A26 of the inventory found by hand must come out of the engine."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import pytest

from evaltools.errors import ParameterError, RuleBookError
from evaltools.indicators.claims import (
    ClaimState,
    DataState,
    against_data,
    check_data,
    check_relations,
    coincidences,
    compare,
    derive,
    growth_base,
)  # fmt: skip
from evaltools.standards import Claims, Expression, Relations, RuleBook, Span, evaluate

CLAIMS = Claims.load()
RELATIONS = Relations.load(CLAIMS)
CHECKS = check_relations(CLAIMS, RELATIONS)
DERIVED = {d.id: d for d in derive(CLAIMS, RELATIONS, RuleBook.load().at("2020-12-31"))}


@pytest.mark.parametrize(
    ("relation", "state", "left", "right"),
    [
        ("villages.by_helper", "agrees", 2277, 246 + 1719 + 37 + 46 + 229),
        ("villages.by_helper_2016", "agrees", 2277, 1719 + 247 + 311),
        ("persons.plan_sum", "agrees", 1_765_000, 500_000 + 600_000 + 665_000),
        ("persons.plan_registered", "conflicts", 1_615_000, 1_765_000),
        ("inputs.guidance_total", "agrees", 477_000_000, 477 * 500_000 * 2),
        ("inputs.first_secretaries", "agrees", 4554, 2 * 2277),
        ("inputs.total", "conflicts", 100_000_000_000, 160_000_000_000),
        ("inputs.teams", "conflicts", 27_855, 13_112),
        ("eastwest.funds", "differs_by_rounding", 67_200_000_000, 67_100_000_000),
        ("lines.base_2018", "agrees", Fraction(7365 * 100, 45), Fraction(9820 * 100, 60)),
        ("lines.base_2020", "differs_by_rounding", Fraction(8699 * 100, 45), Fraction(11599 * 100, 60)),
        ("infrastructure.clinic_target", "conflicts", Fraction("0.985"), 1),
        ("areas.with_tasks", "agrees", 14, 14),
        ("areas.all_cities", "agrees", 21, 21),
    ],
)
def test_relation_comes_out_as_the_inventory_found(relation, state, left, right):
    check = CHECKS[relation]
    assert check.state == state
    assert (check.left.value, check.right.value) == (left, right)


def test_rounding_of_three_terms_is_one_and_a_half_units_either_way():
    right = CHECKS["eastwest.funds"].right
    assert (right.low, right.high) == (66_950_000_000, 67_250_000_000)


def test_nearly_and_more_than_keep_their_side():
    june, november = CLAIMS["inputs.total_2020_06"], CLAIMS["inputs.total_2020_11"]
    assert (june.written, november.written) == ("近1000亿", "1600多亿")
    assert june.high == june.value
    assert november.low == november.value
    assert november.high == 170_000_000_000
    assert "不计算增长" in CHECKS["inputs.total"].explanation_zh


@pytest.mark.parametrize(
    "relation",
    [
        "supervision.rounds", "supervision.forty_one", "coincidence.sixty_six", "coincidence.one_one_one_two",
        "industry.reach", "employment.workshops", "consumption.provinces", "eastwest.counties", "guarantee.medical_aid",
        "villages.partition_dates", "inputs.cadres_kinds", "industry.shanwei_growth", "guarantees.wording",
    ],
)  # fmt: skip
def test_figures_that_look_alike_are_not_compared(relation):
    assert CHECKS[relation].state is ClaimState.NOT_COMPARABLE
    assert CHECKS[relation].left is None


def test_growth_by_5_44_needs_its_base_and_both_readings_are_shown():
    assert round(float(growth_base(Fraction(339_100), Fraction("5.44"), "increased_by"))) == 52_655
    assert round(float(growth_base(Fraction(339_100), Fraction("5.44"), "times"))) == 62_335
    with pytest.raises(ParameterError, match="not settled by the wording"):
        growth_base(Fraction(339_100), Fraction("5.44"), None)
    text = CHECKS["industry.shanwei_growth"].explanation_zh
    assert "52,655" in text
    assert "62,335" in text


def test_coincidences_of_41_137_and_66_5_are_seen_and_not_joined():
    frame = coincidences(CLAIMS, RELATIONS)
    pairs = {frozenset((a, b)) for a, b in zip(frame["one"], frame["other"], strict=True)}
    for pair in (
        ("supervision.counties", "supervision.member_units"), ("supervision.party_villages", "employment.stable"),
        ("villages.shanwei", "villages_not_exited_2019"), ("inputs.enterprise_funds", "population.plan_2018"),
    ):  # fmt: skip
        assert frozenset(pair) in pairs
    joined = {frozenset(r.claims()) for r in RELATIONS.relations if r.kind == "equal"}
    assert not pairs & joined


def test_what_is_not_compared_is_told_apart_by_what_it_counts():
    said = CHECKS["supervision.forty_one"].explanation_zh
    for figure in ("41个县（挂牌督战县）", "41个单位（领导小组成员单位）", "41个村（民主监督走访贫困村）",
                   "41万人（贫困劳动力稳定就业）"):  # fmt: skip
        assert figure in said


def test_shares_are_shown_in_per_cent():
    assert "98.5% [98.45%, 98.55%] ↔ 100%" in CHECKS["infrastructure.clinic_target"].explanation_zh


JOIN = "relations:\n  - {id: x, kind: %s, label: {zh: 甲, en: a}, %s}\n"


@pytest.mark.parametrize(
    ("kind", "rest"),
    [
        ("equal", "left: supervision.counties, right: supervision.party_villages"),
        ("equal", "left: inputs.enterprise_funds, right: population.plan_2018"),
        ("sum", "left: areas.counties_with_tasks, right: {sum: [supervision.counties, supervision.member_units]}"),
        ("sum", "left: eastwest.cadres_sent, right: {sum: [eastwest.cadres_sent, eastwest.cadres_received]}"),
        ("partition", "left: villages.shanwei, right: {sum: [areas.counties_with_tasks, supervision.counties]}"),
        ("at_most", "left: {sum: [supervision.counties, areas.counties_with_tasks]}, right: villages.shanwei"),
        ("equal", "left: no.such, right: areas.cities"), ("equal", "left: areas.cities"),
        ("sum", "left: areas.cities, right: {power: [2, 3]}"), ("sum", "left: areas.cities, right: {sum: [2]}"),
        ("similar", "left: areas.cities, right: areas.cities"),
        ("not_comparable", "claims: [areas.cities, areas.counties_with_tasks]"),
        ("not_comparable", "claims: [areas.cities], reason: r"),
        ("not_comparable", "claims: [industry.leaders_section2, industry.leaders_section3], reason: r"),
        ("conflict", "left: inputs.total_2020_06, right: inputs.total_2020_11"),
        ("growth", "left: areas.cities, right: areas.cities, reason: r"),
        ("equal", "left: population.guarantees_2019, right: population.guarantees_2020"),
    ],
)  # fmt: skip
def test_relations_without_sense_are_refused_with_file_entry_and_key(tmp_path: Path, kind, rest):
    path = tmp_path / "relations.yaml"
    path.write_text(JOIN % (kind, rest), encoding="utf-8")
    with pytest.raises(RuleBookError) as caught:
        Relations.load(CLAIMS, path)
    assert "relations.yaml" in caught.value.where
    assert "entry x" in caught.value.where


def own(tmp_path: Path, relation: str) -> ClaimState:
    path = tmp_path / "relations.yaml"
    path.write_text(f"relations:\n  - {relation}\n", encoding="utf-8")
    return check_relations(CLAIMS, Relations.load(CLAIMS, path)).checks[0].state


FACT = """\
topic: {id: own, zh: 自定, en: Own}
claims:
  - id: own.figure
    label: {zh: 甲, en: a}
    value: 93.98
    scale: "%"
    qualifier: rounded
    unit: share
    entity: exit_rate
    scope: 全省
    level: province
    as_of: 2019-12-31
    kind: rate
    document: 粤农农函〔2020〕571号
    clause: 前言
"""


@pytest.mark.parametrize(
    ("printed", "state"),
    [("93.98", "agrees"), ("94", "agrees"), ("93.97", "conflicts"), ("94.0", "agrees"), ("93", "conflicts")],
)
def test_a_printed_share_agrees_when_the_quotient_prints_so(tmp_path, printed, state):
    (tmp_path / "own.yaml").write_text(FACT.replace("93.98", printed), encoding="utf-8")
    claims = Claims.load(tmp_path)
    (tmp_path / "relations.yaml").write_text(
        "relations:\n  - {id: x, kind: share, label: {zh: 甲, en: a}, left: own.figure,"
        " right: {quotient: [villages.exited_2019, villages.poor_2020_06]}}\n",
        encoding="utf-8",
    )
    assert check_relations(claims, Relations.load(claims, tmp_path / "relations.yaml"))["x"].state == state


def test_changing_a_relation_changes_its_state(tmp_path):
    parts = "villages.helped_by_provincial_units, villages.helped_by_pearl_delta, villages.shantou, villages.huizhou"
    head = "{id: x, kind: partition, label: {zh: 甲, en: a}, left: villages.poor_2020_06, "
    wrong = head + f"right: {{sum: [{parts}]}}}}"
    assert own(tmp_path, wrong) == "conflicts"


def test_derived_figures_are_those_worked_out_by_hand():
    expected = {
        "persons_per_household_2016": 2.493, "villages_not_exited_2019": 137, "villages_exited_share_2019": 0.9398,
        "persons_exited_share_2019": 0.9907, "fiscal_input_registered": 32_300_000_000, "parks_total": 230,
        "village_fund_total": 34_155_000_000, "cadre_cost_27_months": 98_280, "teams_unexplained": 14_743,
        "guidance_villages_city": 74, "guidance_villages_district": 330, "guidance_villages_enterprise": 73,
        "mean_micro_credit": 32_846, "counterpart_per_household": 110_778, "local_employment_share": 0.559,
        "village_helpers": 3845, "eastwest_county_growth": 6.326, "counterpart_household_size": 3.11,
    }  # fmt: skip
    for name, value in expected.items():
        assert float(DERIVED[name].span.value) == pytest.approx(value, rel=2e-3), name
    assert DERIVED["mean_micro_credit"].passes is True
    assert DERIVED["parks_total"].passes is None


def span(value, low, high, step=0):
    return Span(Fraction(value), Fraction(low), Fraction(high), Fraction(step))


@pytest.mark.parametrize(
    ("kind", "left", "right", "state"),
    [
        ("equal", span(5, 5, 5), span(5, 4, 6), "agrees"),
        ("equal", span(5, 4, 6), span(6, 5, 7), "differs_by_rounding"),
        ("equal", span(5, 4, 6), span(7, 6, 8), "differs_by_rounding"),
        ("equal", span(5, 4, 6), span(8, 7, 9), "conflicts"),
        ("share", span(5, 4, 6, 1), span("5.4", 5, 6), "agrees"),
        ("share", span(5, 4, 6, 1), span("5.6", 5, 6), "differs_by_rounding"),
        ("at_most", span(5, 4, 6), span(5, 4, 6), "agrees"),
        ("at_most", span(6, 5, 7), span(5, 4, 6), "differs_by_rounding"),
        ("at_most", span(8, 7, 9), span(5, 4, 6), "conflicts"), ("reaches", span(5, 5, 5), span(5, 5, 5), "agrees"),
        ("reaches", span(4, 4, 5), span(5, 5, 5), "differs_by_rounding"),
        ("reaches", span(4, 4, 4), span(5, 5, 5), "conflicts"),
    ],
)  # fmt: skip
def test_states_follow_from_values_and_intervals(kind, left, right, state):
    assert compare(kind, left, right) == state


def test_interval_of_a_quotient_takes_the_far_ends():
    quotient = Expression("quotient", terms=(Expression("claim", claim="industry.persons_by_leaders"),
                                             Expression("claim", claim="industry.households_by_leaders")))  # fmt: skip
    found = evaluate(quotient, CLAIMS)
    assert found.value == Fraction(13, 4)
    assert float(found.low) == pytest.approx(123_500 / 45_000)
    assert float(found.high) == pytest.approx(136_500 / 35_000)


def test_a_quotient_by_what_may_be_zero_is_refused():
    zero = Expression("quotient", terms=(Expression("number", number=Fraction(1)), Expression("number")))
    with pytest.raises(RuleBookError, match="zero"):
        evaluate(zero, CLAIMS)


@pytest.mark.parametrize(
    ("low", "high", "state"),
    [
        (1_614_600, 1_615_400, DataState.SUPPORTED), (1_600_000, 1_615_000, DataState.UNDECIDED),
        (1_500_000, 1_600_000, DataState.CONTRADICTED), (1_700_000, 1_800_000, DataState.CONTRADICTED),
        (1_615_000, 1_615_000, DataState.SUPPORTED), (None, None, DataState.NOT_VERIFIABLE),
        (float("nan"), 1.0, DataState.NOT_VERIFIABLE),
    ],
)  # fmt: skip
def test_data_support_contradict_or_leave_open_a_published_figure(low, high, state):
    assert against_data(CLAIMS["population.registered_2020_11"], low, high) is state


def test_every_figure_is_listed_against_data_and_only_measured_ones_are_judged(tmp_path):
    measured = FACT.replace("    kind: rate\n", "    kind: rate\n    measure: village.exit_share\n")
    (tmp_path / "own.yaml").write_text(measured, encoding="utf-8")
    claims = Claims.load(tmp_path)
    frame = check_data(claims, {"village.exit_share": (0.9398, 0.9398)}).set_index("id")
    assert len(frame) == len(claims.of(None))
    assert frame.loc["own.figure", "state"] == "supported"
    assert set(frame.drop("own.figure")["state"]) == {"not_verifiable"}
    again = check_data(claims, {"village.exit_share": (0.91, 0.92)}).set_index("id")
    assert again.loc["own.figure", "state"] == "contradicted"


def test_figures_of_a_city_are_those_of_that_city():
    found = {c.id for c in CLAIMS.of("汕尾")}
    assert {"villages.shanwei", "industry.collective_income_shanwei"} <= found
    assert all(CLAIMS[c].area == "441500" for c in found)
    assert list(check_data(CLAIMS, {}, city="汕尾")["id"]) == [c.id for c in CLAIMS.of("441500")]


def test_wording_alone_cannot_be_verified():
    assert against_data(CLAIMS["population.guarantees_2019"], 1.0, 1.0) is DataState.NOT_VERIFIABLE


def test_every_state_occurs_and_display_is_plain():
    assert set(CHECKS.counts()) == {s.value for s in ClaimState}
    assert all(CHECKS.counts().values())
    assert repr(CHECKS).startswith("ClaimChecks(")
    for lang in ("zh", "en"):
        frame = CHECKS.to_frame(lang)
        assert len(frame) == len(CHECKS) == len(RELATIONS.relations)
        assert frame["explanation"].str.len().min() > 0
    with pytest.raises(RuleBookError, match=r"villages\.by_helper"):
        CHECKS["villages.by_helpers"]
