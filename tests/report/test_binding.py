"""Numbers become text in one place; each keeps its value and its ground."""

from __future__ import annotations

import pytest

from evaltools.errors import ReportError
from evaltools.indicators.value import Source, Value
from evaltools.report.agreement import agrees, check_agreement
from evaltools.report.binding import cite, count, day, interval, level, limit, num, param, size
from evaltools.report.blocks import Bound, Ground
from evaltools.standards import RuleBook

DATA = Ground("data", ("survey",), "mean", 10)


def value(x, unit="fraction", **more) -> Value:
    source = Source(("survey",), "omitted / never registered", 412, ("gate.omission_rate_max",))
    return Value("gates.omission_rate", x, unit, "漏评率", "omission rate", source, **more)


@pytest.mark.parametrize(
    ("x", "unit", "fmt", "text"),
    [
        (0.01234, "fraction", None, "1.23%"),
        (0.01234, "fraction", "pct1", "1.2%"),
        (1615000, "persons", "wan_persons", "161.50万人"),
        (650000, "households", None, "650,000户"),
        (8698.6, "yuan", None, "8,699元"),
        (1.2345e8, "yuan", "yi_yuan", "1.23亿元"),
        (-0.00001, "fraction", None, "0.00%"),
        (-0.021, "fraction", "points1", "−2.1个百分点"),
    ],
)
def test_fractions_become_per_cent_and_counts_take_their_words(x, unit, fmt, text):
    bound = num(value(x, unit), fmt)
    assert (bound.text, bound.value) == (text, x)
    assert agrees(bound)


def test_a_value_keeps_its_rows_and_rules():
    ground = num(value(0.01)).source
    assert (ground.kind, ground.rows, ground.rules) == ("data", 412, ("gate.omission_rate_max",))


def test_unknown_and_suppressed_values_show_signs_not_numbers():
    assert num(value(None)).text == "—"
    assert num(value(float("nan"))).value is None
    assert num(value(None, suppressed=True)).text == "※"


def test_a_plain_number_without_ground_is_refused():
    with pytest.raises(ReportError, match=r"the plain number 0\.05"):
        num(0.05)


def test_an_unknown_format_names_the_known_ones():
    with pytest.raises(ReportError, match="wan_persons"):
        num(value(0.05), "percentage")


def test_interval_and_level_are_those_of_the_value():
    v = value(0.0123, low=0.004, high=0.0305, level=0.9, n=412)
    assert (interval(v).text, interval(v).value) == ("0.40%～3.05%", (0.004, 0.0305))
    assert level(v).text == "90%"
    assert size(v).text == "412户"
    assert interval(value(0.01)).text == "—"


def test_limits_and_citations_come_from_the_rule():
    rule = RuleBook.load().at("2020-12-31", city="meizhou")["gate.omission_rate_max"]
    assert limit(rule).text == "≤2%"
    assert limit(rule, sign=False).text == "2%"
    assert cite(rule).text == rule.cite("zh")
    assert limit(rule).source.rules == ("gate.omission_rate_max",)


def test_dates_and_parameters_are_bound_to_what_the_reader_gave():
    assert day("as_of", "2020-12-31").text == "2020年12月31日"
    assert day("as_of", "2020-12-31", "en").text == "31 December 2020"
    assert param("year", 2020, "2020年").ref == "parameter:year"
    assert count(2277, "village", "frame", DATA).text == "2,277个村"


@pytest.mark.parametrize("text", ["1.24%", "0.123", "一点二三", "12.3%"])
def test_a_text_that_shows_another_number_than_its_value_is_refused(text):
    with pytest.raises(ReportError, match="does not show the value"):
        check_agreement(Bound(text, 0.0123, "share", "x", DATA), "二")


def test_a_text_with_words_around_its_number_agrees():
    for text, x in (("≤2%", 0.02), ("161.50万人", 1615000), ("第3条", 3), ("8,699元/人·年", 8699), ("≥90%", 0.9)):
        assert agrees(Bound(text, x, "", "x", DATA)), text
