"""The digest of a file follows its content, however often it is asked for."""

import hashlib
import os
import time

import pytest

from evaltools import provenance


def sha(text):
    return hashlib.sha256(text.encode()).hexdigest()


@pytest.fixture
def reads(monkeypatch):
    """The paths that were read."""
    found, real = [], provenance._read_digest
    monkeypatch.setattr(provenance, "_read_digest", lambda path: (found.append(path.name), real(path))[1])
    return found


def aged(path, seconds=60):
    """The file as if it had been written a while ago. Its time of change on disk cannot be set: the clock is moved."""
    then = time.time_ns() - seconds * 1_000_000_000
    os.utime(path, ns=(then, then))


def test_a_file_that_stays_is_read_once(tmp_path, reads, monkeypatch):
    path = tmp_path / "a.csv"
    path.write_text("one")
    now = time.time_ns() + 10_000_000_000
    monkeypatch.setattr(provenance.time, "time_ns", lambda: now)
    assert [provenance.file_digest(path) for _ in range(3)] == [sha("one")] * 3
    assert reads == ["a.csv"]


def test_other_content_of_the_same_size_is_another_digest(tmp_path, monkeypatch):
    path = tmp_path / "a.csv"
    path.write_text("one")
    assert provenance.file_digest(path) == sha("one")
    path.write_text("two")  # within a tick of the clock: nothing but the content tells them apart
    assert provenance.file_digest(path) == sha("two")
    now = time.time_ns() + 10_000_000_000
    monkeypatch.setattr(provenance.time, "time_ns", lambda: now)
    assert provenance.file_digest(path) == sha("two")
    path.write_text("six")
    aged(path)
    assert provenance.file_digest(path) == sha("six")
