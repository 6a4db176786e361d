"""What the province's report promises: no city is ranked by its order, no number is typed, nothing unknown is a yes."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from evaltools.indicators.claims import DataState
from evaltools.report import unbound_numerals
from evaltools.report.blocks import Callout, Figure, Table
from evaltools.report.inline import plain_text
from evaltools.report.province.claims import appendix_d, chapter_claims
from evaltools.report.province.desk import ProvinceDesk
from evaltools.report.province.money import chapter_money, judge
from evaltools.report.province.problems import Problem, merged, problems_of
from evaltools.terms import CITIES, VerdictState

pytestmark = pytest.mark.slow  # the whole province, executed: a minute
CHAPTERS = ("摘要", "一", "二", "三", "四", "五", "六", "七", "附录A", "附录B", "附录C", "附录D", "附录E")


def table(report, chapter, key) -> Table:
    return next(b for b in report.chapter(chapter).blocks if isinstance(b, Table) and b.key == key)


def figure(report, chapter, key) -> Figure:
    return next(b for b in report.chapter(chapter).blocks if isinstance(b, Figure) and b.key == key)


def column(found: Table, j: int) -> list[str]:
    return [plain_text(row[j]) for row in found.rows]


@pytest.mark.parametrize("name", CHAPTERS)
def test_every_chapter_of_the_notebook_is_found_in_both_languages(zh, en, name):
    assert zh.chapter(name).blocks
    assert en.chapter(name).blocks


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_every_number_in_the_page_is_bound_to_a_value(saved, lang):
    html, record = saved[lang]
    assert unbound_numerals(html, record) == []
    assert record["unbound"] == []


def test_the_english_page_has_no_chinese_but_names_and_citations(saved):
    html, _ = saved["en"]
    text = re.sub(r"<(script|style|svg)\b.*?</\1>|<[^>]+>", " ", html, flags=re.S)
    assert not [w for w in ("达标", "样本不足", "未达标", "证据缺失", "个市", "万元", "无法核验", "问题清单") if w in text]


def test_the_chinese_page_has_no_english_sentences(saved):
    html, _ = saved["zh"]
    text = re.sub(r"<(script|style|svg|code)\b.*?</\1>|<[^>]+>", " ", html, flags=re.S)
    body = text.split("附录C")[0]
    assert not re.findall(r"(?:[a-z]{3,} ){3,}", body.replace("Review of Economic Studies", ""))


def test_the_tile_map_shows_21_cities_and_those_without_tasks_as_not_applicable(zh):
    data = figure(zh, "摘要", "tiles").data
    states = dict(zip(data["city"], data["state"], strict=True))
    assert len(states) == 21
    assert {states[c.zh] for c in CITIES if not c.has_tasks} == {VerdictState.NOT_APPLICABLE.value}


def test_a_city_without_data_is_no_yes_and_is_named_with_its_reason(zh, inp):
    data = figure(zh, "摘要", "tiles").data
    states = dict(zip(data["city"], data["state"], strict=True))
    for code in inp.failures:
        city = next(c for c in CITIES if c.code == code)
        assert states[city.zh] == VerdictState.EVIDENCE_MISSING.value
        assert city.name in "".join(plain_text(x) for b in zh.chapter("一").blocks for x in getattr(b, "items", ()))
    assert VerdictState.MET.value not in {states[c.zh] for c in CITIES if c.code not in ("440900", "441400", "441800")}


@pytest.mark.parametrize(("chapter", "key"), [("二", "gate-rates"), ("二", "gate-ranks"), ("三", "assessment"), ("四", "input")])
def test_tables_stand_in_the_order_of_codes_not_of_results(zh, chapter, key):
    names = {c.name: c.code for c in CITIES}
    codes = [names[n] for n in column(table(zh, chapter, key), 0)]
    assert codes == sorted(codes)


def test_each_gate_has_a_funnel_except_the_sum_of_two_rates(zh):
    gates = set(figure(zh, "二", "funnels").data["gate"])
    assert "漏评率" in gates
    assert "综合贫困发生率" not in gates


def test_overlapping_ranks_bring_the_note_not_to_rank(zh, inp):
    sure, pairs = inp.assessment.pairs()
    titles = [plain_text(b.title) for b in zh.chapter("三").blocks if isinstance(b, Callout)]
    assert ("不得据此排名" in titles) == (sure < pairs)
    assert pairs == 3


def test_the_third_circumstance_of_admonition_has_no_rule(zh):
    assert set(column(table(zh, "三", "triggers"), 3)) == {"无规定"}


@pytest.mark.parametrize(
    ("total", "low", "high", "state"),
    [
        (100.0, 60.0, 100.0, VerdictState.MET), (99.9, 60.0, 100.0, VerdictState.UNDECIDED),
        (60.0, 60.0, 100.0, VerdictState.UNDECIDED), (59.9, 60.0, 100.0, VerdictState.NOT_MET),
        (500.0, 60.0, float("nan"), VerdictState.EVIDENCE_MISSING),
    ],
)  # fmt: skip
def test_arrivals_between_both_ends_of_what_was_due_decide_nothing(total, low, high, state):
    assert judge(total, low, high) is state


def test_pairs_without_a_rule_and_without_payments_are_counted_and_left_out(zh, inp):
    shown = inp.money.guidance
    idle = shown["due_yuan"].isna() & (shown["arrived_yuan"] == 0)
    found = table(zh, "四", "guidance")
    assert len(found.rows) == int((~idle).sum())
    assert "无规定" not in column(found, 6)


def test_synthetic_data_verify_no_published_figure_and_say_so(zh, inp):
    assert {f.data for f in inp.claims.figures} == {DataState.NOT_VERIFIABLE}
    blocks = zh.chapter("六").blocks
    assert "合成数据不能核验公布数字" in [plain_text(b.title) for b in blocks if isinstance(b, Callout)]
    found = table(zh, "六", "claims-data")
    assert set(column(found, 3)) == {"无法核验"}
    assert not {"数据支持", "与数据不符"} & {x for row in found.rows for x in map(plain_text, row)}


def test_every_published_figure_stands_in_the_appendix_with_both_verdicts(zh, inp):
    found = table(zh, "附录D", "claims-all")
    assert len(found.rows) == len(inp.claims.figures) > 200
    allowed = {"相符", "舍入差异", "矛盾", "不可比", "—"}
    assert set(column(found, 2)) == allowed
    assert set(column(found, 3)) == {"无法核验"}


def test_real_data_get_verdicts_and_no_trial(real):
    assert not [b for b in real.blocks if isinstance(b, Callout)]
    found = next(b for b in real.blocks if isinstance(b, Table) and b.key == "claims-data")
    assert {"数据支持", "与数据不符"} <= set(column(found, 3))
    assert plain_text(found.columns[-1].title) != "试算（非结论）"


def test_without_money_or_claims_the_chapters_say_so(in_language):
    desk = ProvinceDesk(in_language(money=None, claims=None))
    assert "证据缺失" in plain_text(chapter_money(desk).blocks[0].parts)
    assert "没有公布数字" in plain_text(chapter_claims(desk).blocks[0].parts)
    assert "没有公布数字" in plain_text(appendix_d(desk).blocks[0].parts)


def test_problems_of_the_same_words_share_a_row_only_where_no_number_stands(inp):
    problems = problems_of(ProvinceDesk(inp))
    rows = merged(problems)
    assert sum(len(same) for same in rows) == len(problems)
    for same in rows:
        assert len(same) == 1 or not re.search(r"\d", plain_text(same[0].finding.what))
    one = problems[0]
    numbered = replace(one.finding, what="年末仍有14户未脱贫")
    assert len(merged([Problem("440900", numbered), Problem("441400", numbered)])) == 2


def test_no_household_appears(saved):
    for html, record in saved.values():
        assert not re.search(r"\bH0?44\d{7,}", html)
        assert not re.search(r"\bH0?44\d{7,}", str(record))
