"""The list under a budget: who is on it, why, with which measure; quotas, second lists, ties, privacy."""

import numpy as np
import pandas as pd
import pytest

from evaltools.errors import RuleBookError
from evaltools.risk import RiskInputError
from evaltools.risk import measures as measures_module
from evaltools.risk.measures import matrix
from evaltools.risk.watchlist import watch_list
from evaltools.risk.wording import dictionary


@pytest.fixture(scope="module")
def people(later):
    X = later[0].head(1000).reset_index(drop=True)
    keys = pd.DataFrame({"household_id": [f"H{i:06d}" for i in range(1000)], "county_code": X["county_code"]})
    return X, keys


def test_each_area_lists_its_riskiest_tenth(model, people):
    X, keys = people
    found = watch_list(model, X, keys, budget=0.1)
    p = pd.Series(model.predict_proba(X)[:, 1], index=keys["household_id"])
    for area, part in found.frame.groupby("area"):
        mine = p[(keys["county_code"] == area).to_numpy()]
        assert len(part) == int(np.ceil(0.1 * len(mine)))
        assert set(part["household_id"]) == set(mine.sort_values(ascending=False).head(len(part)).index)
        assert part["rank"].tolist() == list(range(1, len(part) + 1))
        assert part["probability"].is_monotonic_decreasing


def test_visits_per_area_are_kept(model, people):
    X, keys = people
    visits = {"441402": 3, "441403": 0, "441421": 7}
    found = watch_list(model, X, keys, budget=visits)
    assert found.frame["area"].value_counts().to_dict() == {"441402": 3, "441421": 7}
    assert found.areas.set_index("area")["listed"].to_dict() == visits


def test_an_area_without_a_budget_is_an_error(model, people):
    with pytest.raises(RiskInputError, match="no budget for area"):
        watch_list(model, *people, budget={"441402": 3})


def test_a_quota_is_filled_by_the_riskiest_of_the_group_at_no_extra_visit(model, people):
    X, keys = people
    old = (X["head_age"] > 70).to_numpy()
    plain = watch_list(model, X, keys, budget=0.1)
    with_quota = watch_list(model, X, keys, budget=0.1, groups={"elderly": old}, quotas={"elderly": 0.6})
    assert len(plain.frame) == len(with_quota.frame)
    is_old = dict(zip(keys["household_id"], old, strict=True))
    for _, part in with_quota.frame.groupby("area"):
        members = part["household_id"].map(is_old)
        assert members.sum() >= np.ceil(0.6 * len(part))
    entered = with_quota.frame[with_quota.frame["via"] == "quota:elderly"]
    assert len(entered) > 0
    assert entered["household_id"].map(is_old).all()
    assert not with_quota.shortfalls


def test_a_group_too_small_for_its_quota_is_named(model, people):
    X, keys = people
    two = np.zeros(len(X), bool)
    two[np.flatnonzero(keys["county_code"] == "441402")[:2]] = True
    found = watch_list(model, X, keys, budget=0.1, groups={"few": two}, quotas={"few": 0.5})
    assert found.shortfalls["441402", "few"] > 0
    assert len(found.frame) == len(watch_list(model, X, keys, budget=0.1).frame)


def test_a_second_list_adds_the_riskiest_of_a_group(model, people):
    X, keys = people
    old = (X["head_age"] > 70).to_numpy()
    found = watch_list(model, X, keys, budget=0.05, groups={"elderly": old}, lists={"elderly": 0.2})
    extra = found.frame[found.frame["via"] == "list:elderly"]
    assert len(extra) > 0
    assert (found.areas["listed"] >= found.areas["budget"]).all()


def test_ties_at_the_cut_are_counted_and_broken_the_same_way_every_time(model, people):
    X, _keys = people
    same = pd.concat([X.iloc[[0]]] * 40, ignore_index=True)
    ids = pd.DataFrame({"household_id": [f"H{i:02d}" for i in range(39, -1, -1)], "county_code": "441402"})
    found = watch_list(model, same, ids, budget=0.25)
    assert found.areas["tied_out"].tolist() == [30]
    assert sorted(found.frame["household_id"]) == [f"H{i:02d}" for i in range(10)]


def test_reasons_causes_and_measures_stand_beside_each_household(model, people):
    X, keys = people
    found = watch_list(model, X.assign(ill_members=3), keys, budget=0.1, support=X[["support_yuan"]])
    assert (found.frame["reasons_zh"] != "").all()
    assert found.frame["reasons_zh"].str.contains("患病成员数").mean() > 0.8
    assert found.frame["reasons_en"].str.contains("ill members").mean() > 0.8
    first = found.frame[found.frame["causes"] == "illness"]
    assert first["measures_zh"].str.contains("医疗救助").all()
    assert (found.frame["low"] <= found.frame["probability"]).all()
    by_id = pd.Series(X["support_yuan"].to_numpy(), index=keys["household_id"])
    np.testing.assert_array_equal(found.frame["support_yuan"], by_id[found.frame["household_id"]])
    assert found.causes()["households"].sum() == len(found.frame)


@pytest.mark.parametrize("bad", ["440102198001011235", "44010219800101123X", "13800138000"])
def test_identity_and_telephone_numbers_are_refused(model, people, bad):
    X, keys = people
    with pytest.raises(RiskInputError, match="pseudonyms"):
        watch_list(model, X.head(5), keys.head(5).assign(household_id=["a", "b", bad, "c", "d"]))


def test_a_household_twice_is_refused(model, people):
    X, keys = people
    with pytest.raises(RiskInputError, match="twice"):
        watch_list(model, X.head(2), keys.head(2).assign(household_id="H1"))


@pytest.mark.parametrize("budget", [0, 1.5, -0.1])
def test_impossible_budgets(model, people, budget):
    with pytest.raises(RiskInputError, match="budget"):
        watch_list(model, *people, budget=budget)


def test_a_quota_for_an_unknown_group(model, people):
    with pytest.raises(RiskInputError, match="name the group"):
        watch_list(model, *people, quotas={"elderly": 0.2})


def test_every_cause_of_a_term_has_a_measure_in_force():
    known = matrix()
    assert {w.cause for w in dictionary().values() if w.cause} <= set(known.fits)
    assert all(known.fits.values())


def test_measures_cite_documents_of_the_source_list(root):
    listed = (root / "src/evaltools/standards/documents.yaml").read_text(encoding="utf-8")
    for one in matrix().measures.values():
        assert f"- id: {one.document}\n" in listed, one
        assert one.clause.startswith("第"), one


def test_the_manual_names_the_document_and_clause_of_every_measure(root):
    page = (root / "docs" / "risk.md").read_text(encoding="utf-8")
    for cause, fits in matrix().fits.items():
        row = next(line for line in page.splitlines() if line.startswith(f"| {matrix().causes[cause].zh} ("))
        for name in fits:
            one = matrix().measures[name]
            assert f"{one.zh} ({one.document} {one.clause})" in row


def test_a_matrix_with_an_unknown_measure_is_refused(monkeypatch):
    raw = {"causes": {"a": {"zh": "甲", "en": "a"}}, "measures": {}, "fits": {"a": ["nothing"]}}
    monkeypatch.setattr(measures_module, "read_yaml", lambda name: raw)
    matrix.cache_clear()
    with pytest.raises(RuleBookError, match="nothing"):
        matrix()
    matrix.cache_clear()
