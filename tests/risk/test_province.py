"""The province's model on the synthetic demo: against the true probabilities, city by city, and its card."""

import numpy as np
import pandas as pd
import pytest

import evaltools.risk as risk
from evaltools.errors import RuleBookError
from evaltools.risk import RiskInputError, card, metrics
from evaltools.risk.card import model_card
from evaltools.risk.city import city_risk
from evaltools.risk.features import return_sample
from evaltools.risk.province import exit_lines, fit_province, specification
from evaltools.standards import RuleBook


@pytest.fixture(scope="module")
def tables(demo):
    return [pd.read_parquet(demo / f"{t}.parquet") for t in ("households", "villages")]


@pytest.fixture(scope="module")
def province(tables):
    return fit_province(*tables, RuleBook.load(), 2020, draws=20, most_fits=2)


def test_every_public_name_is_where_it_is_said_to_be():
    assert all(getattr(risk, name) is not None for name in risk.__all__)


def test_lines_come_from_the_rule_book_and_end_with_the_year():
    lines = exit_lines(RuleBook.load(), [2016, 2019, 2020], 2019)
    assert list(lines) == [2016, 2019]


@pytest.mark.slow
def test_ranks_a_later_year_nearly_as_well_as_the_truth(tables, root):
    book = RuleBook.load()
    known = return_sample(*tables, exit_lines(book, list(range(2016, 2021)), 2020)).labelled()
    before = (known.keys["year"] < 2019).to_numpy()
    train, test = known.take(before), known.take(~before)
    fitted = specification().fit(train.X, train.y, groups=train.keys["village_code"])
    truth = pd.read_parquet(root / "data/demo_truth/return_probability.parquet").set_index(["household_id", "year"])
    index = pd.MultiIndex.from_frame(test.keys[["household_id", "year"]].astype({"year": "int64"}))
    p, q = fitted.predict_proba(test.X)[:, 1], truth["return_probability"].reindex(index).to_numpy()
    ones = np.ones(len(p))
    assert metrics.auc(test.y, q, ones) - metrics.auc(test.y, p, ones) < 0.03


@pytest.mark.slow
def test_the_province_is_read_city_by_city(province):
    assert province.report.earns_its_place()["income"]
    city = city_risk(province, "441400", quotas={"elderly": 0.2})
    low, high = city.expected[1:]
    assert low < city.expected[0] < high
    assert city.watch.frame["household_id"].str.startswith("H4414").all()
    assert city.counties["listed"].sum() == len(city.watch.frame)
    assert set(city.scenarios["area"]) == {"441400"}
    items = model_card(province, city)
    assert all(i.text_zh and i.text_en and "{" not in i.text_zh for i in items)


@pytest.mark.slow
def test_a_city_without_exited_households_has_no_chapter(province):
    with pytest.raises(RiskInputError, match="does not apply"):
        city_risk(province, "440100")


@pytest.mark.slow
def test_a_card_that_asks_for_an_unknown_value_is_refused(province, monkeypatch):
    entry = {"item": "1", "zh": "甲", "en": "a", "text_zh": "{nothing}", "text_en": "x"}
    monkeypatch.setattr(card, "read_yaml", lambda name: [entry])
    with pytest.raises(RuleBookError, match="nothing"):
        model_card(province)
