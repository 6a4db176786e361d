"""Pseudonyms link what belongs together, and need the key."""

from __future__ import annotations

import os
import stat
import threading
from pathlib import Path

import pandas as pd
import pytest

from evaltools.errors import DataInvalidError, DataMissingError
from evaltools.intake.pseudonyms import PSEUDONYM, PseudonymKey, load_key

GOOD = "440102198001011235"


def test_the_same_identifier_gives_the_same_pseudonym_however_it_is_written() -> None:
    key = PseudonymKey(b"k" * 32, "test")
    written = pd.Series([GOOD, "440102 19800101 1235", "440102800101123", None, "nonsense"], dtype="str")
    found, wrong = key.column(written, "id_number")
    assert found[0] == found[1] == found[2]
    assert PSEUDONYM.fullmatch(found[0])
    assert found[3:].isna().all()
    assert wrong.tolist() == [False, False, False, False, True]


def test_another_key_or_kind_gives_another_pseudonym() -> None:
    one, two = PseudonymKey(b"a" * 32, ""), PseudonymKey(b"b" * 32, "")
    assert one.pseudonym("name", "陈") != two.pseudonym("name", "陈")
    assert one.pseudonym("phone", "1")[2:] != one.pseudonym("name", "1")[2:]
    assert one.fingerprint != two.fingerprint


def test_a_fixed_key_gives_the_pseudonym_worked_out_apart() -> None:
    import base64
    import hashlib
    import hmac

    digest = hmac.new(b"k" * 32, b"id_number\x00" + GOOD.encode(), hashlib.sha256).digest()
    expected = "i-" + base64.b32encode(digest).decode().lower()[:26]
    assert PseudonymKey(b"k" * 32, "").pseudonym("id_number", GOOD) == expected


def test_the_key_is_not_in_its_own_display() -> None:
    assert "kkkk" not in repr(PseudonymKey(b"k" * 32, "test"))


def test_a_folder_key_is_random_kept_outside_the_data_and_private(tmp_path: Path, own_state: Path) -> None:
    data, other = tmp_path / "a", tmp_path / "b"
    data.mkdir()
    other.mkdir()
    key = load_key(data)
    assert load_key(data).secret == key.secret
    assert load_key(other).secret != key.secret
    assert list(data.iterdir()) == []
    kept = list((own_state / "evaltools" / "keys").iterdir())
    assert len(kept) == 2
    assert all(stat.S_IMODE(p.stat().st_mode) == 0o600 for p in kept)


def test_two_workers_that_start_at_once_get_one_key(tmp_path: Path) -> None:
    found: list[bytes] = []
    threads = [threading.Thread(target=lambda: found.append(load_key(tmp_path).secret)) for _ in range(8)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    assert len(set(found)) == 1
    assert len(found) == 8


def test_a_key_file_wins_by_argument_then_by_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    one, two = tmp_path / "one.key", tmp_path / "two.key"
    one.write_bytes(b"1" * 32)
    two.write_bytes(b"2" * 32)
    monkeypatch.setenv("EVALTOOLS_KEY_FILE", str(one))
    assert load_key(tmp_path).secret == b"1" * 32
    assert load_key(tmp_path, two).secret == b"2" * 32


def test_a_missing_or_short_key_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataMissingError, match="key file"):
        load_key(tmp_path, tmp_path / "none.key")
    short = tmp_path / "short.key"
    short.write_bytes(b"secret")
    with pytest.raises(DataInvalidError, match="6 bytes") as caught:
        load_key(tmp_path, short)
    assert "secret" not in str(caught.value).replace("secret key", "")


@pytest.mark.skipif(os.geteuid() == 0, reason="root writes everywhere")
def test_no_place_for_a_key_says_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    locked = tmp_path / "locked"
    locked.mkdir(mode=0o500)
    monkeypatch.setenv("XDG_STATE_HOME", str(locked))
    with pytest.raises(DataMissingError, match="EVALTOOLS_KEY_FILE"):
        load_key(tmp_path)


def test_a_state_folder_that_is_a_file_says_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    blocked = tmp_path / "blocked"
    blocked.write_text("")
    monkeypatch.setenv("XDG_STATE_HOME", str(blocked))
    with pytest.raises(DataMissingError, match="EVALTOOLS_KEY_FILE"):
        load_key(tmp_path)
