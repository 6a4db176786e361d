"""Errors say seen, expected, next step; every class has its own exit status; the README lists them."""

import pickle
import re

import pytest

from evaltools import errors


def test_every_error_class_has_its_own_code_and_exit_status():
    assert len({e.exit_status for e in errors.ERRORS}) == len(errors.ERRORS)
    assert len({e.code for e in errors.ERRORS}) == len(errors.ERRORS)
    known = {e for e in vars(errors).values() if isinstance(e, type) and issubclass(e, errors.EvaltoolsError)}
    assert known == set(errors.ERRORS)
    assert not {0, 2} & {e.exit_status for e in errors.ERRORS}, "0 is success, 2 is the parser's usage error"


@pytest.mark.parametrize("page", ["README.md", "README.zh-CN.md"])
def test_the_readme_lists_every_exit_status(root, page):
    text = (root / page).read_text(encoding="utf-8")
    listed = {int(s): code for s, code in re.findall(r"^\| (\d+) \| `([a-z-]+)` \|", text, re.M)}
    assert listed == {e.exit_status: e.code for e in errors.ERRORS}


def test_a_message_says_seen_where_expected_and_next_step():
    err = errors.DataInvalidError("negative weight", where="survey.csv row 7", expected=">= 0", todo="mend it")
    text = str(err)
    assert "[data-invalid] negative weight" in text
    for part in ("survey.csv row 7", ">= 0", "mend it"):
        assert part in text


def test_long_details_are_cut_and_counted():
    text = str(errors.DataInvalidError("many", detail=[f"row {i}" for i in range(25)]))
    assert "row 19" in text
    assert "row 20" not in text
    assert "5 more" in text


def test_an_error_survives_the_way_between_processes():
    err = errors.RuleUndefinedError("no rule", where="汕头", detail=["x"])
    again = pickle.loads(pickle.dumps(err))
    assert (str(again), type(again), again.exit_status) == (str(err), type(err), err.exit_status)


def test_nearest_names_come_first():
    assert errors.nearest("meizou", ["meizhou", "huizhou", "foshan"]).startswith("did you mean meizhou")
