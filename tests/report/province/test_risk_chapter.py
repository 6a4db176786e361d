"""The province's chapter on returns: cities in the order of codes, nothing withheld can be summed back, no model is no
calm."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date
from importlib.machinery import SourceFileLoader
from pathlib import Path
from types import ModuleType, SimpleNamespace

import pandas as pd
import pytest

from evaltools.report.assemble import assemble
from evaltools.report.blocks import Callout, Document, Figure
from evaltools.report.inline import plain_text
from evaltools.report.province import risk as text_of
from evaltools.report.province.desk import ProvinceDesk
from evaltools.report.province.model import ProvinceInput
from evaltools.report.province.risk import chapter_risk, risk_point, spread_word
from evaltools.risk.published import Absence
from evaltools.standards import RuleBook

made = ModuleType("risk_results")
_FILE = Path(__file__).parents[1] / "chapters" / "risk_results.py"
SourceFileLoader("risk_results", str(_FILE)).exec_module(made)
said = made.said
DAY = date(2020, 12, 31)
OTHER = {"440900": made.city_tables("440900", households=2000, expected=(50.0, 44.0, 60.0))}
GONE = {"441800": Absence("broken_table", "households: 3 rows")}


@pytest.fixture(scope="module")
def desk():
    """The desk of the province with made-up results of two cities, one that is broken, and nothing else."""
    rules = RuleBook.load().at(DAY)

    def make(lang="zh", model=None, risk=True, reason="", **own) -> ProvinceDesk:
        found = made.risk_tables(own=own, model=model or {}, absences=GONE)
        found = replace(found, cities={**OTHER, **found.cities}) if risk else None
        inp = ProvinceInput(2020, DAY, lang, rules, SimpleNamespace(), {}, SimpleNamespace(), {}, risk=found, risk_reason=reason,
                            meta={"synthetic": True})  # fmt: skip
        return ProvinceDesk(inp)

    return make


@pytest.fixture(scope="module")
def usual(desk):
    return {lang: chapter_risk(desk(lang)) for lang in ("zh", "en")}


@pytest.fixture
def undrawn(monkeypatch):
    made.undraw(monkeypatch, (text_of, "expected_rates"))


def cells(chapter, key):
    found = next(b for b in chapter.blocks if getattr(b, "key", "") == key)
    return [[plain_text(c) for c in row] for row in found.rows]


def test_cities_stand_in_the_order_of_codes_with_their_numbers_and_the_whole_below(usual):
    rows = cells(usual["zh"], "risk-cities")
    assert [r[0] for r in rows] == ["茂名市", "梅州市", "合计"]
    assert rows[0][1:6] == ["2,000", "50.0", "44.0～60.0", "2.50%", "146"]
    assert rows[2][1:6] == ["12,857", "321.8", "282.6～410.3", "2.50%", "292"]
    assert "预计数不用于排名" in said(usual["zh"])
    assert "最高的概率偏高" in said(usual["zh"])


def test_a_withheld_list_takes_the_sum_along(desk, undrawn):
    lists = made.city_tables().lists
    lists.loc[lists["county_code"] == "", "listed"] = pd.NA
    rows = cells(chapter_risk(desk(lists=lists)), "risk-cities")
    assert [r[5] for r in rows] == ["146", "※", "※"]
    assert "名单共" not in said(chapter_risk(desk(lists=lists)))


def test_a_city_without_results_is_named_with_the_reason(usual):
    assert "清远市：返贫风险无法测算，该市数据不符合数据规范" in said(usual["zh"])


def test_without_a_model_evidence_is_missing_and_nothing_is_called_safe(desk):
    chapter = chapter_risk(desk(risk=False, reason="the folder is empty"))
    (only,) = chapter.blocks
    assert isinstance(only, Callout)
    assert plain_text(only.title) == "证据缺失"
    assert "the folder is empty" in plain_text(only.parts)
    assert risk_point(desk(risk=False)) == ""


def test_the_alarm_is_raised_once_for_the_province_and_stands_in_the_summary(desk, undrawn):
    broken = {"state": "broken", "before": "broken", "oe": (1.55, 1.39, 1.75), "after": (1.3, 1.2, 1.4)}
    alarms = [b for b in chapter_risk(desk(model=broken)).blocks if isinstance(b, Callout) and b.tone == "bad"]
    assert len(alarms) == 1
    assert "不可作为返贫率使用" in plain_text(alarms[0].parts)
    assert "只可用于排定走访先后" in plain_text(risk_point(desk(model=broken)))
    assert "只可用于排定走访先后" not in plain_text(risk_point(desk()))


def test_a_group_that_the_list_misses_is_named_and_without_one_it_is_said(desk, usual, undrawn):
    assert "没有召回率不足总体三分之一的" in said(usual["zh"])
    text = said(chapter_risk(desk(model={"findings": ("elderly",)})))
    assert "不足总体的三分之一：65岁及以上户主" in text


@pytest.mark.parametrize(
    ("interval", "key"),
    [
        ((0.9, 1.1), "slope_level"),
        ((0.79, 0.93), "slope_low"),
        ((1.01, 1.2), "slope_high"),
        ((float("nan"),) * 2, "slope_unknown"),
    ],
)
def test_words_on_the_slope_agree_with_its_interval(interval, key):
    assert spread_word(*interval) == key


def test_survival_by_year_of_exit_with_hazards_and_what_is_withheld(usual):
    rows = cells(usual["zh"], "risk-survival")
    assert [r[0] for r in rows] == ["2018", "2019", "全部"]
    assert rows[0][1:] == ["97.6%（97.1%～98.1%）", "※", "—"]
    assert rows[1][1:] == ["95.9%（94.5%～96.9%）", "—", "1.74（1.22～2.47）"]


def test_vulnerability_is_described_and_said_not_to_rank(desk, usual, undrawn):
    assert "平均可能为35.6%，不低于一半的占37.2%" in said(usual["zh"])
    assert "排序不用它" in said(usual["zh"])
    hidden = said(chapter_risk(desk(model={"vulnerability": {"n": 90, "mean": 0.1, "share": None, "r2": 0.4}})))
    assert "不低于一半的占※" in hidden
    assert "脆弱性" not in said(chapter_risk(desk(model={"vulnerability": {}})))


def test_figures_draw_the_tables(usual):
    zh = usual["zh"]
    assert [b.key for b in zh.blocks if isinstance(b, Figure)] == ["risk-rates", "risk-recall-lines", "risk-scenario-bars"]
    rates = next(b for b in zh.blocks if getattr(b, "key", "") == "risk-rates").data
    assert rates["name"] == ("茂名市", "梅州市")
    assert rates["rate"] == pytest.approx((0.025, 38.9 / 1440))


def test_every_number_is_bound_and_both_languages_say_the_same(usual):
    for lang, chapter in usual.items():
        assert assemble(Document("x", meta={"lang": lang}, chapters=(chapter,))).unbound == ()
        assert not re.search(r"H04\d{6,}", said(chapter))
    zh, en = ([type(b).__name__ for b in c.blocks] for c in (usual["zh"], usual["en"]))
    assert zh == en
    assert not [w for w in ("全省", "返贫", "名单", "户") if w in said(usual["en"])]
