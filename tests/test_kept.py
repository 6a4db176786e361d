"""A result of the whole province is made once, and again when anything it depends on has changed."""

import pytest

from evaltools import kept as module
from evaltools.kept import MOST, kept


@pytest.fixture
def root(tmp_path, monkeypatch):
    monkeypatch.setattr(module, "project_root", lambda: tmp_path)
    return tmp_path


def test_the_same_is_made_once(root):
    made = []
    for _ in range(2):
        assert kept("sums", {"year": 2020}, lambda: made.append(1) or 7.5) == 7.5
    assert made == [1]


def test_another_input_or_other_code_is_made_anew(root, monkeypatch):
    assert kept("sums", {"inputs": "a"}, lambda: 1) == 1
    assert kept("sums", {"inputs": "b"}, lambda: 2) == 2
    monkeypatch.setattr(module, "code_digest", lambda: "other")
    assert kept("sums", {"inputs": "a"}, lambda: 3) == 3


def test_a_broken_file_is_made_anew(root):
    kept("sums", {}, lambda: 1)
    (file,) = (root / ".cache" / "sums").glob("*.pickle")
    file.write_bytes(b"half")
    assert kept("sums", {}, lambda: 2) == 2


def test_old_results_go(root):
    for year in range(MOST + 3):
        kept("sums", {"year": year}, lambda: 0)
    assert len(list((root / ".cache" / "sums").iterdir())) == MOST


def test_what_fails_is_not_kept(root):
    with pytest.raises(ZeroDivisionError):
        kept("sums", {}, lambda: 1 / 0)
    assert kept("sums", {}, lambda: 5) == 5
