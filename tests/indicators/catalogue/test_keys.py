"""Keys put together by their numbers are those that comparing texts gives; others are left to that."""

import numpy as np
import pyarrow as pa
import pytest

from evaltools.indicators.engine.keys import numbers_of, together


def test_texts_keep_their_place_whatever_their_order_and_however_often_they_come():
    words = [pa.array(["H44140000012", "H44140000003"]), pa.array(["H44140000003", "H44140000007", "H44140000012"])]
    one, places = together(words) or pytest.fail("keys")
    assert one.to_pylist() == ["H44140000003", "H44140000007", "H44140000012"]
    for own, at in zip(words, places, strict=True):
        assert one.take(pa.array(at)).to_pylist() == own.to_pylist()


def test_a_part_of_an_array_is_read_where_it_stands():
    words = pa.array(["H00000001", "H00000002", "H00000003", "H00000004"])
    assert [x.tolist() for x in numbers_of([words.slice(1, 2), words.slice(3)]) or []] == [[2, 3], [4]]


def test_every_number_of_eight_digits_is_read():
    rng = np.random.default_rng(5)
    numbers = np.append(rng.integers(0, 10**8, 500), [0, 99_999_999, 10_000_000])
    (found,) = numbers_of([pa.array([f"{n:08d}" for n in numbers])]) or pytest.fail("digits")
    assert found.tolist() == numbers.tolist()


@pytest.mark.parametrize("words", [
    [["H00000001"], ["G00000001"]],  # another beginning
    [["H00000001"], ["H000000001"]],  # another length
    [["H00000001", "H0000001"], ["H00000002"]],
    [["H0000000a"], ["H00000001"]], [["H0000000:"], ["H00000001"]], [["H0000000/"], ["H00000001"]],  # no digit
    [["H00000001"], []], [[], ["H00000001"]], [["1"], ["2"]], [["村00000001"], ["镇00000001"]],
    [["H00000001"], ["H99999999"]],  # too far apart
])  # fmt: skip
def test_what_is_no_run_of_numbers_is_left_to_comparing_texts(words):
    assert together([pa.array(w, pa.string()) for w in words]) is None
