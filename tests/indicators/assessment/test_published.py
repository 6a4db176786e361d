"""What leaves the border of the assessment: nothing from which one to nine households can be worked out."""

import numpy as np
import pandas as pd
import pytest

from evaltools.indicators.assessment import Assessment, AssessmentState, CityAssessment, Settings, publish_assessment
from evaltools.terms import city


def item(chapter, rule, value, rows, *, observation="household", kind="register", unit="share", lower=False, limit=1.0):
    failing = min(value, 1 - value) * rows if unit == "share" else np.nan
    return {"chapter": chapter, "rule": rule, "indicator": f"{rule}.{rows}", "kind": kind, "observation": observation,
            "unit": unit, "is_lower_better": lower, "value": value, "low": value, "high": value, "limit": limit,
            "rows": float(rows), "failing": failing, "status": "scored", "score": min(value / limit, 1.0),
            "score_low": value, "score_high": value}  # fmt: skip


def published(book, *items, score=0.987654321):
    frame = pd.DataFrame(items)
    rules = frame.groupby(["chapter", "rule"])["score"].mean()
    chapters = rules.groupby(level=0).mean().rename("score").reset_index()
    own = CityAssessment(city("441400"), AssessmentState.GRADED, score, score, score, score,
                         chapters=chapters.assign(low=chapters["score"], high=chapters["score"]), items=frame)  # fmt: skip
    whole = Assessment(2020, "2020-12-31", Settings(), {"441400": own})
    found = publish_assessment(whole, book.at("2020-12-31", city="441400")).cities["441400"]
    return found, found.chapters.set_index("chapter"), found.items.set_index("rule")


def test_a_share_that_fails_for_a_few_households_is_withheld_with_the_score_of_its_chapter(book):
    """Eight of 1,000 fail; the other rule of the chapter is printed at 100 %, so the chapter's score would tell the eight."""
    _, chapters, items = published(book, item("a", "a.x", 0.992, 1000), item("a", "a.y", 1.0, 1000))
    assert items["withheld"].to_dict() == {"a.x": True, "a.y": False}
    assert items.loc["a.x", ["value", "score", "rows", "failing"]].isna().all()
    assert chapters.loc["a", ["score", "low", "high"]].isna().all()
    assert chapters.loc["a", "floor"] == 0.995  # (1 - 9/1000 + 1) / 2, rounded down: the same for one household as for nine
    for failing in (1, 9):
        same = published(book, item("a", "a.x", 1 - failing / 1000, 1000), item("a", "a.y", 1.0, 1000))[1]
        assert same.loc["a", "floor"] == 0.995


@pytest.mark.parametrize("other", [
    item("a", "a.x", 0.99, 1000), item("a", "a.x", 1.0, 1000), item("a", "a.x", 0.5, 14, observation="village"),
    item("a", "a.x", 0.992, 1000, kind="survey"),
])  # fmt: skip
def test_ten_households_none_villages_and_estimates_are_printed(book, other):
    _, chapters, items = published(book, other)
    assert not items["withheld"].any()
    assert np.isfinite(chapters.loc["a", "score"])
    assert np.isnan(chapters.loc["a", "floor"])


def test_a_chapter_without_such_a_share_keeps_its_score(book):
    _, chapters, _ = published(book, item("a", "a.x", 0.992, 1000), item("b", "b.x", 0.7, 1000))
    assert chapters["withheld"].to_dict() == {"a": True, "b": False}
    assert chapters.loc["b", "score"] == 0.7


def test_two_indicators_of_one_rule_are_averaged_in_the_floor_as_in_the_score(book):
    _, chapters, _ = published(book, item("a", "a.x", 0.99, 400), item("a", "a.x", 1.0, 30, observation="village"),
                               item("a", "a.y", 1.0, 20, observation="village"))  # fmt: skip
    assert chapters.loc["a", "floor"] == pytest.approx(((0.9775 + 1) / 2 + 1) / 2, abs=0.001)


@pytest.mark.parametrize("few", [
    item("a", "a.x", 0.5, 6), item("a", "a.x", 0.9, 15), item("a", "a.x", 3.0, 6, unit="ratio", limit=2.0),
])  # fmt: skip
def test_of_very_few_rows_nothing_is_told(book, few):
    assert published(book, few)[1].loc["a", "floor"] == 0.0


def test_where_a_few_households_keep_the_rule_the_floor_supposes_that_none_does(book):
    assert published(book, item("a", "a.x", 0.004, 1000))[1].loc["a", "floor"] == 0.0


def test_scores_of_the_city_are_rounded_so_that_no_digits_tell_the_withheld_part(book):
    found, _, _ = published(book, item("a", "a.x", 0.992, 1000))
    assert (found.score, found.low, found.high, found.comparable) == (0.988,) * 4
