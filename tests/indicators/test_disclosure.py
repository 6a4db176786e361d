"""Small counts and their complements are withheld, and nothing printed gives them away."""

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evaltools.errors import DataInvalidError
from evaltools.indicators import protect

RULES = {"method.min_cell_households": SimpleNamespace(value=10)}
PARTS = ["met", "not_met"]


def table(*rows, columns=("county", "met", "not_met", "n")):
    return pd.DataFrame(rows, columns=list(columns))


def shown(protected, row):
    return [None if pd.isna(v) else int(v) for v in protected.frame.iloc[row][[*PARTS, "n"]]]


def test_a_small_count_goes_with_its_complement_and_the_total_stays():
    out = protect(table(("a", 97, 3, 100)), RULES, counts=PARTS, total="n")
    assert shown(out, 0) == [None, None, 100]
    assert out.audit["reason"].tolist() == ["complement", "small"]


@pytest.mark.parametrize(("count", "is_shown"), [(0, True), (1, False), (9, False), (10, True)])
def test_one_to_nine_are_small_zero_and_ten_are_not(count, is_shown):
    out = protect(table(("a", 100 - count, count, 100)), RULES, counts=PARTS, total="n")
    assert (shown(out, 0)[1] is not None) == is_shown


def test_a_small_total_takes_its_whole_row_along():
    out = protect(table(("a", 5, 0, 5), ("b", 40, 20, 60), ("c", 30, 30, 60)), RULES, counts=PARTS, total="n")
    assert shown(out, 0) == [None, None, None]


def test_a_cell_cannot_be_had_from_the_column_either():
    rows = (("a", 97, 3, 100), ("b", 60, 40, 100), ("c", 50, 50, 100), ("", 207, 93, 300))
    out = protect(table(*rows), RULES, counts=PARTS, total="n", total_row={"county": ""})
    assert shown(out, 3) == [207, 93, 300]
    assert shown(out, 0) == [None, None, 100]
    assert sum(v is None for r in (1, 2) for v in shown(out, r)) == 2


def test_sums_that_no_row_prints_are_taken_as_known():
    rows = (("a", 97, 3, 100), ("b", 60, 40, 100), ("c", 50, 50, 100))
    careful = protect(table(*rows), RULES, counts=PARTS, total="n")
    lax = protect(table(*rows), RULES, counts=PARTS, total="n", sums_known=False)
    assert careful.frame[PARTS].isna().to_numpy().sum() == 4
    assert lax.frame[PARTS].isna().to_numpy().sum() == 2


def test_withheld_parts_of_a_line_together_reach_the_limit():
    """3 and 4 withheld beside a printed total of 100 and a printed 93 would say 'seven between them'."""
    frame = table(("a", 93, 3, 4, 100), columns=("county", "met", "not_met", "unknown", "n"))
    out = protect(frame, RULES, counts=["met", "not_met", "unknown"], total="n")
    assert out.frame[["met", "not_met", "unknown"]].isna().all(axis=None)


def test_a_full_adverse_cell_is_withheld_and_a_full_good_one_is_printed():
    frame = table(("a", 0, 25, 25), ("b", 30, 0, 30), ("c", 50, 50, 100))
    out = protect(frame, RULES, counts=PARTS, total="n", adverse=["not_met"], sums_known=False)
    assert shown(out, 0) == [None, None, 25]
    assert shown(out, 1) == [30, 0, 30]
    assert set(out.audit["reason"]) == {"full", "complement"}


def test_companions_go_with_their_count_and_the_audit_holds_no_value():
    frame = table(("a", 97, 3, 100, 300, 0.03), columns=("county", "met", "not_met", "n", "persons_not_met", "share"))
    out = protect(
        frame, RULES, counts=PARTS, total="n", companions={"not_met": ["persons_not_met", "share"]}, name="exits"
    )
    assert out.frame[["persons_not_met", "share"]].isna().all(axis=None)
    assert list(out.audit.columns) == ["table", "row", "column", "reason"]
    assert out.audit["table"].eq("exits").all()


def test_sections_have_their_own_sums():
    frame = pd.DataFrame({
        "status": ["poor", "poor", "exited", "exited"], "met": [20, 3, 50, 60], "not_met": [20, 37, 50, 40],
        "n": [40, 40, 100, 100],
    })  # fmt: skip
    out = protect(frame, RULES, counts=PARTS, total="n", within=["status"])
    assert out.frame["met"].isna().tolist() == [True, True, False, False]


def test_counts_alone_hide_only_themselves_when_no_sum_is_known():
    frame = pd.DataFrame({"bin": [1, 2, 3], "households": [4, 50, 60]})
    out = protect(frame, RULES, counts=["households"], sums_known=False)
    assert out.frame["households"].isna().tolist() == [True, False, False]
    careful = protect(frame, RULES, counts=["households"])
    assert careful.frame["households"].isna().tolist() == [True, True, False]


def test_the_callers_table_is_not_changed():
    frame = table(("a", 97, 3, 100))
    before = frame.copy()
    protect(frame, RULES, counts=PARTS, total="n")
    pd.testing.assert_frame_equal(frame, before)


@pytest.mark.parametrize("bad", [(97.5, 2.5, 100), (-1, 101, 100), (97, None, 100), (97, 2, 100)])
def test_what_is_no_partition_of_counts_is_refused(bad):
    with pytest.raises(DataInvalidError):
        protect(table(("a", *bad)), RULES, counts=PARTS, total="n")


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(*[st.integers(0, 30)] * 3), min_size=1, max_size=6))
def test_no_withheld_count_follows_from_what_is_printed(rows):
    """Solve for the withheld cells: the printed table with its sums must leave each of them free."""
    cells = np.array(rows, dtype=float)
    cells = np.vstack([cells, cells.sum(axis=0)])
    frame = pd.DataFrame(cells, columns=["x", "y", "z"]).assign(n=cells.sum(axis=1))
    frame["county"] = [*(f"c{i}" for i in range(len(rows))), ""]
    out = protect(frame, RULES, counts=["x", "y", "z"], total="n", total_row={"county": ""})
    grid = out.frame[["x", "y", "z", "n"]]
    hidden = grid.isna().to_numpy()
    values = frame[["x", "y", "z", "n"]].to_numpy()
    small = (values > 0) & (values < 10)
    assert hidden[small].all()
    if values[-1, -1] < 10 or not hidden.any():
        return  # a section whose grand total is small is withheld whole
    place = {tuple(c): k for k, c in enumerate(np.argwhere(hidden))}
    lines = [[(i, j) for j in range(4)] for i in range(len(values))]
    lines += [[*((i, j) for i in range(len(values)))] for j in range(4)]
    equations = np.zeros((len(lines), len(place)))
    for k, line in enumerate(lines):
        for cell in line:
            if cell in place:
                equations[k, place[cell]] = -1.0 if cell == line[-1] else 1.0
    rank = np.linalg.matrix_rank(equations)
    for k in range(len(place)):
        unit = np.eye(len(place))[k]
        assert np.linalg.matrix_rank(np.vstack([equations, unit])) == rank + 1
