"""Indicators of a sample: each statistic as its estimator gives it, its verdicts, and which rows lie where."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from evaltools.estimation import SurveyDesign, mean, proportion, quantile, ratio, total
from evaltools.indicators import Catalogue, compute_indicators
from evaltools.indicators.targeting.verdict import Method, interval_of, state_of_rate, surviving
from evaltools.standards import RuleBook
from evaltools.terms import VerdictState as V

INCOME, LINE = "surveyed_income_per_capita_yuan", 9064.53  # exit.household_income_line_actual in 2020
ENTRIES = {
    "mean": ("mean", "yuan_per_person_year", f"measure: {INCOME}, rule: exit.household_income_line_actual"),
    "by_person": ("mean", "yuan_per_person_year", f"measure: {INCOME}, weight: persons"),
    "median": ("median", "yuan_per_person_year", f"measure: {INCOME}, rule: exit.household_income_line_actual"),
    "total": ("total", "yuan", f"measure: {INCOME}"),
    "count": ("count", "households", "measure: approves"),
    "ratio": ("ratio", "yuan_per_person_year", f"measure: {INCOME} * persons, of: persons"),
    "share": ("share", "share", "measure: approves, rule: gate.public_approval_min"),
    "nobody": ("share", "share", "measure: approves, population: persons > 100, rule: gate.public_approval_min"),
}


@pytest.fixture(scope="module")
def catalogue(tmp_path_factory):
    lines = ["table: survey", "observation: survey", "chapter: evaluation", "indicators:"]
    for name, (statistic, unit, more) in ENTRIES.items():
        source = "" if "rule:" in more else ", cite: evaluation.satisfaction_survey"
        lines.append(
            f"  - {{id: own.{name}, label: {{zh: 测试, en: {name}}}, statistic: {statistic}, unit: {unit}, direction: none, "
            f"inventory: [TP-01], {more}{source}}}"
        )
    path = tmp_path_factory.mktemp("own") / "own.yaml"
    path.write_text("\n".join(lines), encoding="utf-8")
    return Catalogue.load(extra=path)


@pytest.fixture(scope="module")
def interviews(make):
    """Two counties of a city with eight villages each in two strata; some answers are unknown in the first alone."""
    rng = np.random.default_rng(3)
    return [
        make.interview(
            f"{v}-{k}", village_code=f"44140{2 + v // 8}1002{v:02d}", county_code=f"44140{2 + v // 8}", stratum=f"{v // 4}",
            weight=float(rng.uniform(1, 3)), persons=int(rng.integers(1, 6)),
            approves=None if v < 8 and k == 0 else bool(rng.uniform() < 0.97),
            surveyed_income_per_capita_yuan=float(rng.lognormal(9.6, 0.3)),
        )
        for v in range(16) for k in range(12)
    ]  # fmt: skip


def computed(make, catalogue, rows, **tables):
    ids = [f"own.{name}" for name in ENTRIES]
    return compute_indicators(make.tables(survey=make.typed(rows), **tables), catalogue=catalogue, only=ids).to_frame()


@pytest.fixture(scope="module")
def found(make, catalogue, interviews):
    return computed(make, catalogue, interviews)


@pytest.mark.parametrize("level", ["city", "county"])
def test_every_statistic_is_what_its_estimator_gives(interviews, found, level):
    frame = pd.DataFrame(interviews).assign(
        approves=lambda d: d["approves"].astype(float), all=lambda d: d[INCOME] * d["persons"]
    )
    design, by = SurveyDesign(weight="weight", stratum="stratum", psu="village_code"), f"{level}_code"
    wanted = {
        "mean": mean(frame, INCOME, design, by), "by_person": mean(frame, INCOME, design.with_size("persons"), by),
        "median": quantile(frame, INCOME, design, 0.5, by), "total": total(frame, INCOME, design, by),
        "count": total(frame, "approves", design, by), "ratio": ratio(frame, "all", "persons", design, by),
        "share": proportion(frame, "approves", design, by),
    }  # fmt: skip
    for name, e in wanted.items():
        rows = found[(found["indicator"] == f"own.{name}") & (found["level"] == level)].sort_values("area_code")
        assert rows["value"].to_numpy() == pytest.approx(e.estimate, rel=1e-12), name
        assert rows["se"].to_numpy() == pytest.approx(e.se, rel=1e-9), name
        if name != "share":
            assert rows["low"].to_numpy() == pytest.approx(e.ci_low, rel=1e-9), name


def test_incomes_above_a_line_meet_it_and_an_unknown_answer_takes_a_verdict_back(make, catalogue, interviews, found):
    assert set(found.loc[found["indicator"].isin(["own.mean", "own.median"]), "state"]) == {V.MET}
    rows = [r | {INCOME: None} if r["interview_id"] == "0-1" else r for r in interviews]
    less = computed(make, catalogue, rows)
    states = less[less["indicator"] == "own.mean"].set_index("area_code")["state"]
    assert (states["441402"], states["441403"]) == (V.EVIDENCE_MISSING, V.MET)


def test_a_population_without_rows_has_no_evidence(found):
    nobody = found[found["indicator"] == "own.nobody"]
    assert nobody["value"].isna().all()
    assert (nobody["rows"] == 0).all()
    assert set(nobody["state"]) == {V.EVIDENCE_MISSING}


def test_villages_of_unknown_status_count_in_their_county_but_on_neither_side(make, catalogue, interviews):
    codes = sorted({r["village_code"] for r in interviews})
    villages = pd.DataFrame({"village_code": codes[1:], "year": 2020, "city_code": "441400", "is_poor_village": True})
    villages.loc[:6, "is_poor_village"] = False
    found = computed(make, catalogue, interviews, villages=make.typed(villages.to_dict("records")))
    rows = found[found["indicator"] == "own.count"].set_index(["level", "area_code", "inside"])["rows"]
    inside, outside = (rows["city_split"]["441400"][side] for side in (True, False))
    assert (inside, outside) == (96, 84 - 7)
    assert found.loc[(found["indicator"] == "own.mean") & (found["level"] == "county"), "rows"].tolist() == [96, 96]


def test_an_interview_without_a_city_counts_in_the_province_alone(make, catalogue, interviews):
    rows = [r | {"city_code": None} if r["interview_id"] == "15-3" else r for r in interviews]
    found = computed(make, catalogue, rows)
    counts = found[found["indicator"] == "own.mean"].set_index(["level", "area_code"])["rows"].to_dict()
    assert counts == {("province", ""): 192, ("city", "441400"): 191, ("county", "441402"): 96, ("county", "441403"): 95}


def test_the_verdict_of_a_share_survives_both_treatments_of_unknown_answers(interviews, found):
    frame = pd.DataFrame(interviews).assign(known=lambda d: d["approves"].astype(float))
    frame = frame.assign(low=frame["known"].fillna(0.0), high=frame["known"].fillna(1.0))
    design = SurveyDesign(weight="weight", stratum="stratum", psu="village_code")
    rules = RuleBook.load().at("2020-12-31", city="441400")
    rule, method = rules["gate.public_approval_min"], Method.of(rules)
    share = found[found["indicator"] == "own.share"].set_index("area_code")
    for county in ("441402", "441403"):
        one = {n: proportion(frame, n, design, "county_code").one(county_code=county) for n in ("known", "low", "high")}
        states = [state_of_rate(one[n], rule, method) for n in ("known", "low", "high")]
        assert share.loc[county, "state"] == surviving(*states)
        assert (share.loc[county, "low"], share.loc[county, "high"]) == pytest.approx(interval_of(one["known"], method)[:2])
    assert share["open_rows"].to_dict() == {"": 8, "441400": 8, "441402": 8, "441403": 0}
