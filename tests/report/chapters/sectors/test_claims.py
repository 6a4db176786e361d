"""附录D: published figures against each other and against the data of the city."""

from __future__ import annotations

from dataclasses import replace

import pytest

from evaltools.report.chapters import appendix_claims
from evaltools.report.chapters.desk import Desk
from evaltools.standards import Claims


def d_of(inp):
    return appendix_claims.appendix_d(Desk(inp))


def test_every_relation_of_published_figures_is_counted_and_conflicts_are_listed(made, report):
    d = report.chapter("附录D")
    assert "60项关系" in made.words(d).replace(" ", "")
    assert {r[1] for r in made.rows(d, "claims")} == {"矛盾", "舍入差异"}
    assert "文件没有单独公布梅州市的数据。" in made.words(d)


@pytest.fixture
def claimed(monkeypatch):
    """A share that is published for 梅州, and the indicator that measures it."""
    base = Claims.load()
    one = replace(base["employment.stable_rate_maoming"], area="441400", measure="employment.stable_share")
    given = Claims({**{i: base[i] for i in base}, one.id: one}, base.topics, base.vocabulary)
    monkeypatch.setattr(Claims, "load", staticmethod(lambda: given))
    return one


@pytest.mark.parametrize(
    ("value", "missing", "verdict"),
    [(0.922, 0.0, "数据支持"), (0.99, 0.0, "与数据不符"), (0.93, 0.1, "不能判定"), (None, 1.0, "无法核验")],
)
def test_a_published_figure_is_held_against_the_data(made, claimed, sector_input, value, missing, verdict):
    own = made.table(made.reading("employment.stable_share", value, missing_share=missing))
    (row,) = made.rows(d_of(sector_input(indicators=own, meta={"synthetic": False})), "claims-city")
    assert row[3] == verdict


def test_synthetic_data_verify_no_published_figure(made, claimed, sector_input):
    own = made.table(made.reading("employment.stable_share", 0.92))
    d = d_of(sector_input(indicators=own, meta={"synthetic": True}))
    (row,) = made.rows(d, "claims-city")
    assert row[2:4] == ["92.0%", "无法核验"]
    assert "合成数据" in made.words(d)


def test_a_figure_of_another_year_is_not_compared(made, claimed, sector_input):
    own = made.table(made.reading("employment.stable_share", 0.92))
    other = sector_input(indicators=own, meta={}, year=2019)
    assert appendix_claims.observed(other, [claimed]) == {}
