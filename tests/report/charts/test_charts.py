"""Charts: what is drawn is the data; states are told by shape; bytes repeat. Pictures are looked at, data is tested."""

from __future__ import annotations

import re
from dataclasses import replace

import numpy as np
import pytest

from evaltools.errors import ReportError
from evaltools.report.charts import account, gates, guarantees, income, picture, style, villages
from evaltools.report.charts.gates import GateMark
from evaltools.report.charts.income import Bins
from evaltools.terms import VerdictState as State

MARKS = [
    GateMark("漏评率", 0.004, 0.0008, 0.0124, 0.02, "<=", State.MET, "0.40%　达标"),
    GateMark("错退率", 0.041, 0.028, 0.0577, 0.02, "<=", State.NOT_MET, "4.10%　未达标"),
    GateMark("错评率", 0.012, 0.005, 0.024, None, "<=", State.RULE_UNDEFINED, "1.20%　无规定"),
    GateMark("综合贫困发生率", None, None, None, 0.02, "<=", State.EVIDENCE_MISSING, "证据缺失"),
    GateMark("群众认可度", 0.943, 0.925, 0.958, 0.9, ">=", State.MET, "94.30%　达标"),
]


def grey(colour: str) -> float:
    r, g, b = (int(colour[i : i + 2], 16) for i in (1, 3, 5))
    return 0.2126 * r + 0.7152 * g + 0.0722 * b


@pytest.fixture(scope="module")
def strip():
    return gates.gate_strip(MARKS, level=0.90)


def test_the_strip_holds_exactly_what_it_was_given(strip):
    for name in ("value", "low", "high", "limit", "comparison"):
        assert strip.data[name] == [getattr(m, name) for m in MARKS]
    assert strip.data["state"] == [m.state.value for m in MARKS]


def test_equal_charts_are_equal_bytes_and_hold_no_date(strip):
    again = gates.gate_strip(MARKS, level=0.90)
    assert (again.svg, again.png) == (strip.svg, strip.png)
    assert not re.search(r"<dc:date>|20\d\d-\d\d-\d\d", strip.svg)


def test_another_value_is_another_picture(strip):
    assert gates.gate_strip([replace(MARKS[0], value=0.005), *MARKS[1:]], level=0.90).svg != strip.svg


def test_text_is_outlines_so_that_no_font_is_needed(strip):
    assert strip.svg.startswith("<svg")
    assert "<text" not in strip.svg


def test_every_state_has_a_shape_of_its_own():
    assert len({look["marker"] for look in style.MARKERS.values()}) == len(State)
    assert set(style.MARKERS) == set(State)


def test_values_and_limits_stay_apart_in_grey():
    assert abs(grey(style.VALUE) - grey(style.LIMIT)) > 40
    assert abs(grey(style.VALUE) - grey(style.VALUE_LIGHT)) > 60


def test_the_axis_shows_everything_and_never_cuts_the_limit():
    low, high = gates._span(MARKS[:3])
    assert low == 0
    assert high > 5.77
    low, high = gates._span(MARKS[4:])
    assert low < 90
    assert high == 100


def test_pairs_are_drawn_city_by_city():
    panels = [[MARKS[0], MARKS[3]], [MARKS[4], MARKS[4]]]
    drawn = gates.pair_gates(["梅州市", "清远市"], panels, level=0.90)
    assert drawn.data["city"] == ["梅州市", "清远市"] * 2
    assert drawn.data["value"] == [0.004, None, 0.943, 0.943]


def test_a_withheld_bin_is_never_zero():
    bins = Bins.of([0, 1000, 2000, 3000], [40, None, 0])
    assert np.isnan(bins.counts[1])
    assert bins.counts[2] == 0
    near = Bins.of([900.0, 1000.0, 1100.0], [11, 12])
    drawn = income.income_lines(bins, near, actual=1000.0, planned=None, band=0.1)
    assert drawn.data["near_counts"] == [11, 12]
    assert drawn.data["line_planned"] is None


def test_only_the_bins_within_the_band_are_just_above():
    bins = Bins.of(1000 * np.array([0.9, 0.95, 1.0, 1.05, 1.1]), [1, 2, 3, 4])
    assert income._just_above(bins, 1000.0, 0.05).tolist() == [False, False, True, False]
    assert income._just_above(bins, 1000.0, 0.10).tolist() == [False, False, True, True]
    assert not income._just_above(bins, None, 0.05).any()


def test_the_heat_table_keeps_place_item_and_what_is_hidden():
    values = np.array([[0.0, 0.5], [np.nan, 0.25]])
    drawn = guarantees.heat_table(["甲", "乙"], ["住房", "饮水"], values, [["0.0%", "50.0%"], ["※", "25.0%"]],
                                  is_hidden=np.isnan(values), title="占比")  # fmt: skip
    assert drawn.data["place"] == ["甲", "甲", "乙", "乙"]
    assert drawn.data["share"][:2] == [0.0, 0.5]
    assert drawn.data["is_hidden"] == [False, False, True, False]


def test_figures_in_dark_cells_are_white():
    assert guarantees._ink_on(1.0) == "white"
    assert guarantees._ink_on(0.0) == style.INK


def test_the_account_ends_where_it_should_and_shows_what_is_left():
    assert account.steps(100, [20, -50]).tolist() == [100, 120, 70]
    drawn = account.waterfall(100, [20, -50], 64, ["新识别", "脱贫退出"], unit="人", residual_label="差额")
    assert drawn.data == {"label": ["年初", "新识别", "脱贫退出", "差额", "年末"], "value": [100, 20, -50, -6, 64]}


def test_the_median_is_drawn_beside_the_mean_that_a_rich_village_pulls():
    drawn = villages.collective_income(np.array([5, 6, 7, 8, 300]) * 1e4)
    assert drawn.data["median_wan_yuan"] == 7
    assert drawn.data["mean_wan_yuan"] == 65.2
    assert sum(drawn.data["villages"]) == 5


@pytest.mark.parametrize("values", [[0.0, 0.0], [3.2, 97.0, 41.0], [-5.0, 12.0], [1e-3, 2e-3], [17.0]])
def test_bins_are_round_and_hold_every_value(values):
    edges = villages._nice_bins(np.array(values))
    assert np.histogram(values, edges)[0].sum() == len(values)
    assert len(edges) <= 27


def test_coverage_keeps_unknown_counties_unknown():
    lowest, city, highest = np.array([0.5, np.nan]), np.array([0.8, 0.9]), np.array([1.0, np.nan])
    drawn = villages.coverage_dumbbells(["通客车", "道路"], lowest, city, highest, np.array([1.0, np.nan]))
    assert drawn.data["city"] == [0.8, 0.9]
    assert np.isnan(drawn.data["lowest"][1])


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_legends_fit_the_width_of_the_page(lang):
    from matplotlib.lines import Line2D

    with style.canvas(2.0) as fig:
        fig.subplots().plot([0, 1])
        names = [*(getattr(s, lang) for s in list(State)[:4]), picture.words("interval", lang, level="90%")]
        style.key(fig, [Line2D([], [], label=n) for n in names], below=True)
        fig.draw_without_rendering()
        box = fig.legends[0].get_window_extent()
    assert box.x0 >= 0
    assert box.x1 <= fig.bbox.x1


def test_a_word_that_is_not_in_the_table_is_refused():
    with pytest.raises(ReportError, match="no chart word"):
        picture.words("colour", "zh")


def test_chart_words_hold_no_number():
    assert not [t for e in picture._table().values() for t in e.values() if re.search(r"\d", t)]


def test_a_withheld_flow_has_no_bar_and_stays_unknown_in_the_data():
    drawn = account.flow_bars(77, [76, None], None, ["返贫纳入", "脱贫退出"], unit="人")
    assert drawn.data["label"] == ["年初", "返贫纳入", "脱贫退出", "年末"]
    assert drawn.data["value"] == [77, 76, None, None]
