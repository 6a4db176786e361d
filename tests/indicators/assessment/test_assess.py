"""A province of four cities by hand: scores, grades, ranks, common rules, determinism."""

import numpy as np
import pandas as pd
import pytest

from evaltools.indicators import Catalogue, IndicatorTable
from evaltools.indicators.assessment import AssessmentState, Evidence, Grade, ItemStatus, Ledger, Remaining, Settings
from evaltools.indicators.assessment.assess import _Work, assess
from evaltools.indicators.assessment.items import collect
from evaltools.indicators.engine.result import Measured, TableSums
from evaltools.indicators.kleene import Limit
from evaltools.terms import VerdictState, city

CITIES = ["韶关", "汕头", "梅州", "清远"]
CODES = [city(c).code for c in CITIES]
ROAD, CLINIC, RETURN = "villages.bus_share", "villages.clinic_share", "monitoring.return_rate"


def measured(values, open_rows=None, low=None, high=None):
    v = np.array(values, float)
    zero = np.zeros(v.size) if open_rows is None else np.array(open_rows, float)
    return Measured(v, v * 100, np.full(v.size, 100.0), np.full(v.size, 100.0), zero, np.zeros(v.size),
                    v if low is None else np.array(low, float), v if high is None else np.array(high, float),
                    np.full(v.size, np.nan))  # fmt: skip


@pytest.fixture(scope="module")
def catalogue():
    return Catalogue.load()


@pytest.fixture
def table(catalogue):
    """table({id: (values by city, limit)}): an IndicatorTable of city rows whose limits are typed here."""

    def make(given, missing=()):
        sums, by_table = {}, {}
        for name, (values, limit, *more) in given.items():
            by_table.setdefault(catalogue[name].table, {})[name] = (values, limit, *more)
        for name, entries in by_table.items():
            areas = pd.DataFrame({"year": 2020, "level": "city", "city_code": CODES, "area_code": CODES,
                                  "inside": pd.array([pd.NA] * len(CODES), dtype="boolean")})  # fmt: skip
            found = {k: v[0] if isinstance(v[0], Measured) else measured(v[0]) for k, v in entries.items()}
            limits = {(2020, c): {k: v[1] for k, v in entries.items()} for c in CODES}
            sums[name] = TableSums(areas, found, limits, {(2020, c): frozenset() for c in CODES})
        lost = pd.DataFrame([{"indicator": i, "table": catalogue[i].table, "reason": "absent"} for i in missing],
                            columns=["indicator", "table", "reason"])  # fmt: skip
        return IndicatorTable(catalogue, 2020, sums, lost)

    return make


@pytest.fixture
def evidence(gates_of):
    return {city(c).code: Evidence(gates_of(c), Remaining(0, 0, 100), Ledger(0, 0, 0, 5)) for c in CITIES}


ALL = Limit(1.0, ">=")


def test_a_score_by_hand(book, table, evidence):
    """梅州: buses 0.80 of 1, clinics 0.60 of 1. Chapters: infrastructure 0.80, health 0.60, gates 1 (all kept):
    (0.80 + 0.60 + 1) / 3 = 0.80, a fair city."""
    given = table({ROAD: ([1, 1, 0.8, 1], ALL), CLINIC: ([1, 1, 0.6, 1], ALL)})
    found = assess(given, evidence, book, "2020-12-31", Settings(draws=200)).city("梅州")
    assert found.score == pytest.approx(0.80)
    assert found.grade is Grade.FAIR
    scores = found.chapters.set_index("chapter")["score"]
    assert scores.to_dict() == pytest.approx({"infrastructure": 0.80, "health": 0.60, "gates": 1.0})
    assert found.chapters["weight"].tolist() == pytest.approx([1 / 3] * 3)


def test_weights_of_the_user_change_the_score_and_zero_leaves_a_chapter_out(book, table, evidence):
    """Gates 2, health 1, infrastructure 0: (2 x 1 + 1 x 0.6) / 3 = 0.8667."""
    given = table({ROAD: ([1, 1, 0.8, 1], ALL), CLINIC: ([1, 1, 0.6, 1], ALL)})
    own = Settings(weights={"gates": 2.0, "infrastructure": 0.0}, draws=200)
    found = assess(given, evidence, book, "2020-12-31", own).city("梅州")
    assert found.score == pytest.approx(2.6 / 3)
    assert "infrastructure" not in set(found.chapters["chapter"])


def test_a_rule_counts_once_however_many_indicators_measure_it(settings, item, frame):
    """Rule a: 1.0 and 0.5, mean 0.75; rule b: 0.25; the chapter (0.75 + 0.25) / 2 = 0.5, not the mean of three."""
    rows = [item("440200", "health", "a", "i1", 1.0, 1.0), item("440200", "health", "a", "i2", 0.5, 1.0),
            item("440200", "health", "b", "i3", 0.25, 1.0)]  # fmt: skip
    found = _Work(frame(rows), {"health": ("医疗", "health")}, settings, 1.645).scored("440200", None)
    assert found.point == pytest.approx(0.5)
    assert found.rules == found.bound == 2


def test_unknown_values_are_not_scored_but_counted(book, table, evidence):
    """Clinics of 汕头 unknown: the chapter has no score, the rule is bound, the others share the weight."""
    given = table({ROAD: ([1, 0.5, 1, 1], ALL), CLINIC: ([1, np.nan, 1, 1], ALL)})
    found = assess(given, evidence, book, "2020-12-31", Settings(draws=200)).city("汕头")
    assert found.score == pytest.approx((0.5 + 1) / 2)
    row = found.chapters.set_index("chapter").loc["health"]
    assert (row["bound"], row["scored"], row["weight"]) == (1, 0, 0)
    assert np.isnan(row["score"])
    assert (found.bound, found.scored) == (6, 5)
    status = found.items.set_index("indicator")["status"]
    assert status[CLINIC] == ItemStatus.EVIDENCE_MISSING.value


def test_unknown_answers_of_a_register_widen_the_score_without_moving_it(book, table, evidence):
    """Buses of 梅州: 0.9 of the known, between 0.8 and 1 whatever the unknown are; gates 1: 0.9 to 1, value 0.95."""
    m = measured([1, 1, 0.9, 1], open_rows=[0, 0, 20, 0], low=[1, 1, 0.8, 1], high=[1, 1, 1.0, 1])
    found = assess(table({ROAD: (m, ALL)}), evidence, book, "2020-12-31", Settings(draws=200)).city("梅州")
    assert (found.low, found.score, found.high) == pytest.approx((0.90, 0.95, 1.0))


def test_an_undefined_rule_and_an_absent_table_are_told_apart(book, table, evidence):
    given = table({ROAD: ([1, 1, 1, 1], None)}, missing=[CLINIC, "survey.approval_share"])
    items = assess(given, evidence, book, "2020-12-31", Settings(draws=200)).city("梅州").items.set_index("indicator")
    assert items["status"][ROAD] == ItemStatus.RULE_UNDEFINED.value
    assert items["status"][CLINIC] == ItemStatus.TABLE_ABSENT.value
    assert "survey.approval_share" not in items.index  # its rule is a gate's, which is scored once


def test_a_city_with_too_little_evidence_gets_no_grade_and_no_rank(book, table, evidence, gates_of):
    """Without gates 清远 has one rule of three bound: below one half."""
    missing = ["villages.road_200_share", "villages.power_share"]
    evidence = evidence | {"441800": Evidence(None, None, None)}
    given = table({ROAD: ([1, 1, 1, 1], ALL), CLINIC: ([1, 1, 1, np.nan], ALL)}, missing)
    found = assess(given, evidence, book, "2020-12-31", Settings(draws=200, coverage_min=0.6))
    assert found.city("清远").state is AssessmentState.EVIDENCE_MISSING
    assert found.city("清远").grade is None
    assert found.city("清远").rank is None
    assert {c.city.zh for c in found.ranked} == {"韶关", "汕头", "梅州"}


def test_ranks_rest_on_the_rules_that_all_have_in_common(book, table, evidence):
    """Clinics are known of 梅州 alone: they lower its score, never its place."""
    given = table({ROAD: ([0.9, 0.8, 1, 0.7], ALL), CLINIC: ([np.nan, np.nan, 0.1, np.nan], ALL)})
    found = assess(given, evidence, book, "2020-12-31", Settings(draws=200))
    assert CLINIC not in found.common
    assert ROAD in found.common
    assert found.city("梅州").score == pytest.approx((1 + 1 + 0.1) / 3)
    assert found.city("梅州").comparable == pytest.approx(1.0)
    assert found.city("梅州").rank.rank == 1
    assert [c.city.zh for c in found.ranked] == ["梅州", "韶关", "汕头", "清远"]


def test_no_pair_may_be_ordered_where_all_look_alike(book, table, evidence):
    found = assess(table({ROAD: ([1, 1, 1, 1], ALL)}), evidence, book, "2020-12-31", Settings(draws=200))
    assert found.pairs() == (0, 6)
    assert {(c.rank.low, c.rank.high) for c in found.ranked} == {(1, 4)}


def test_sampling_error_of_gates_enters_score_and_rank(book, table, gates_of):
    """Omission of 梅州 0.04 (0.01 to 0.08) against 0.02: score 0.5, between 0.25 and 1; gates (0.5 + 1 + 1 + 1) / 4."""
    evidence = {city(c).code: Evidence(gates_of(c)) for c in CITIES}
    evidence["441400"] = Evidence(gates_of("梅州", omission=(0.04, 0.01, 0.08)))
    found = assess(table({}), evidence, book, "2020-12-31", Settings(draws=400)).city("梅州")
    assert (found.low, found.score, found.high) == pytest.approx((3.25 / 4, 3.5 / 4, 1.0))
    assert found.rank.rank == 4
    assert found.rank.sample == (1, 4)


def test_the_helping_cities_and_jiangmen_are_not_applicable(book, table, evidence):
    evidence = evidence | {city(c).code: Evidence() for c in ("广州", "江门")}
    found = assess(table({ROAD: ([1, 1, 1, 1], ALL)}), evidence, book, "2020-12-31", Settings(draws=200))
    assert found.city("江门").state is found.city("广州").state is AssessmentState.NOT_APPLICABLE
    assert found.city("江门").triggers == ()


def test_shares_of_grades_sum_to_one_and_follow_the_weights(book, table, evidence):
    """Gates 1, infrastructure 0.7: good where the weight of infrastructure is at most 1/6, else lower; with two
    chapters the weight is uniform, so P(good) = 1/6 and P(fairly good) = 1/3 - 1/6."""
    given = table({ROAD: ([1, 1, 0.7, 1], ALL)})
    found = assess(given, evidence, book, "2020-12-31", Settings(draws=4000)).city("梅州")
    assert sum(found.by_weights.values()) == pytest.approx(1)
    assert found.by_weights[Grade.GOOD] == pytest.approx(1 / 6, abs=0.02)
    assert found.by_weights[Grade.FAIRLY_GOOD] == pytest.approx(1 / 6, abs=0.02)
    assert found.by_weights[Grade.FAIR] == pytest.approx(1 / 3, abs=0.02)


def test_the_same_input_gives_the_same_assessment(book, table, evidence):
    given = table({ROAD: ([1, 0.9, 0.8, 1], ALL), CLINIC: ([0.9, 1, 0.6, 1], ALL)})
    one, two = (assess(given, evidence, book, "2020-12-31", Settings(draws=300)) for _ in range(2))
    pd.testing.assert_frame_equal(one.to_frame(), two.to_frame())
    assert one.city("梅州").by_both == two.city("梅州").by_both
    other = assess(given, evidence, book, "2020-12-31", Settings(draws=300, seed=1))
    assert other.city("梅州").by_weights != one.city("梅州").by_weights


def test_a_gate_that_is_not_met_keeps_its_state_in_the_items(book, table, gates_of):
    evidence = {"441400": Evidence(gates_of("梅州", state=VerdictState.NOT_MET, omission=(0.04, 0.03, 0.05)))}
    items = collect(table({}), {"441400": evidence["441400"].gates}, book, "2020-12-31", [city("梅州")])
    row = items.set_index("indicator").loc["gate.omission_rate"]
    assert (row["state"], row["score"], row["chapter"]) == ("not_met", pytest.approx(0.5), "gates")
    free = items.set_index("indicator").loc["gate.wrong_inclusion_rate"]
    assert free["status"] == ItemStatus.RULE_UNDEFINED.value


def test_lower_is_better_turns_the_ends_of_an_interval(frame, item):
    row = item("440200", "monitoring", "r", RETURN, 0.04, 0.02, is_lower_better=True) | {"low": 0.02, "high": 0.08}
    found = frame([row]).iloc[0]
    assert (found["score_low"], found["score"], found["score_high"]) == pytest.approx((0.25, 0.5, 1.0))
