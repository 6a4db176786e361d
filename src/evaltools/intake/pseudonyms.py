"""Keyed pseudonyms: HMAC-SHA256 of the normalised identifier under a secret key.

Why a key: identity numbers and telephones are few enough to be tried one by one, so a plain hash hides nothing. Whoever
has the key and a pseudonym can test guesses; whoever lacks the key cannot. Therefore the key never lies in the data
folder nor in the outputs, and never in a log. The same identifier gives the same pseudonym in every table read under
the same key, which is what linking registry and survey needs.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import os
import re
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd

from evaltools.errors import DataInvalidError, DataMissingError
from evaltools.intake.identifiers import normalise_id_number, normalise_name, normalise_phone

KEY_FILE_VARIABLE = "EVALTOOLS_KEY_FILE"
MIN_KEY_BYTES = 16
PSEUDONYM = re.compile(r"[inp]-[a-z2-7]{26}")

NORMALISERS: dict[str, Callable[[str], str | None]] = {
    "id_number": normalise_id_number, "phone": normalise_phone, "name": normalise_name,
}  # fmt: skip


@dataclass(frozen=True)
class PseudonymKey:
    """A secret key. `origin` says where it came from, in words that may be printed; the key itself never is."""

    secret: bytes = field(repr=False)
    origin: str

    @property
    def fingerprint(self) -> str:
        """Eight characters that differ between keys and reveal nothing: equal fingerprints mean linkable pseudonyms."""
        return hmac.digest(self.secret, b"fingerprint", "sha256").hex()[:8]

    def pseudonym(self, kind: str, normalised: str) -> str:
        """`i-`, `n-` or `p-` and 26 characters (130 bits). The kind is part of what is hashed."""
        digest = hmac.digest(self.secret, f"{kind}\0{normalised}".encode(), "sha256")
        return f"{kind[0]}-" + base64.b32encode(digest).decode()[:26].lower()

    def column(self, values: pd.Series, kind: str) -> tuple[pd.Series, pd.Series]:
        """(pseudonyms, mask of values that are no valid identifier of this kind). Missing stays missing."""
        normalise = NORMALISERS[kind]
        known = values.dropna()
        table = {text: normalise(text) for text in known.unique()}
        hashed = {text: self.pseudonym(kind, plain) if plain else None for text, plain in table.items()}
        result = pd.Series([hashed.get(v) for v in values], index=values.index, dtype="str")
        return result, values.notna() & result.isna()


def load_key(folder: Path, key_file: str | os.PathLike[str] | None = None) -> PseudonymKey:
    """The key for a data folder: the file given, else the one named by EVALTOOLS_KEY_FILE, else the folder's own.

    The folder's own key is random, made once per machine and user and kept in the user's state directory
    (XDG_STATE_HOME, by default ~/.local/state), readable by that user alone. It depends on where the folder lies: give
    a key file to link evaluations across folders, machines or years.
    """
    named = os.fspath(key_file) if key_file is not None else os.environ.get(KEY_FILE_VARIABLE)
    if named:
        return PseudonymKey(_read_key(Path(named)), "key file given by the user")
    return PseudonymKey(_folder_key(folder), "random key of this folder on this machine")


def _read_key(path: Path) -> bytes:
    todo = (
        f"write {MIN_KEY_BYTES} or more random bytes to a file outside data and outputs; name it in {KEY_FILE_VARIABLE}"
    )
    try:
        secret = path.read_bytes().strip()
    except OSError as exc:
        raise DataMissingError(f"the key file cannot be read ({exc.strerror})", where=path.name, todo=todo) from None
    if len(secret) < MIN_KEY_BYTES:
        raise DataInvalidError(
            f"the key has {len(secret)} bytes", where=path.name, expected=f"at least {MIN_KEY_BYTES}", todo=todo
        )
    return secret


def _folder_key(folder: Path) -> bytes:
    state = Path(os.environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state") / "evaltools" / "keys"
    path = state / (hashlib.sha256(str(folder.resolve()).encode()).hexdigest()[:32] + ".key")
    try:
        state.mkdir(parents=True, exist_ok=True, mode=0o700)
        if not path.exists():
            # Two workers may start at once: write aside, then link; whoever comes second takes the first one's key.
            aside = path.with_suffix(f".{os.getpid()}-{secrets.token_hex(4)}")
            with os.fdopen(os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
                file.write(secrets.token_hex(32).encode())
            try:
                os.link(aside, path)
            except FileExistsError:
                pass
            finally:
                aside.unlink()
        return _read_key(path)
    except OSError as exc:
        raise DataMissingError(
            f"no place to keep a key for pseudonyms ({exc.strerror})", where=KEY_FILE_VARIABLE,
            expected="a key file, or a writable state directory",
            todo=f"name a key file in {KEY_FILE_VARIABLE}; the data hold names, telephones or identity numbers",
        ) from None  # fmt: skip
