"""Model files: numbers and names only, written and read by skops, so that loading one runs nobody's code.

A file carries its format, the version that wrote it and a SHA-256 over every number in it. Anything else is refused.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import fields, is_dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import numpy as np

from evaltools.risk.columns import Plan, Term
from evaltools.risk.combine import Additive
from evaltools.risk.design import Piece
from evaltools.risk.faults import ModelFileError
from evaltools.risk.link import Link
from evaltools.risk.logit import LogitMember
from evaltools.risk.shapes import LevelShape, NumberShape

FORMAT = 1
KINDS: dict[str, type] = {
    c.__name__: c for c in (Additive, Link, Plan, Term, Piece, LogitMember, NumberShape, LevelShape)
}  # fmt: skip


def save(path: str | Path, content: dict[str, Any]) -> str:
    """Write `content` (dataclasses of this room, plain values, arrays); returns the digest, for the records."""
    import skops.io as sio  # here and below: loading it takes seconds, which a fit that is not saved need not pay

    state = _plain(content)
    digest = _digest(state)
    sio.dump({"format": FORMAT, "evaltools": version("evaltools"), "digest": digest, "state": state}, Path(path))
    return digest


def load(path: str | Path, digest: str | None = None) -> dict[str, Any]:
    """Read it back. digest: what `save` returned; when given, another file is refused even if it is whole.

    Raises ModelFileError when the file is absent, damaged, altered, holds code, or is from another version.
    """
    import skops.io as sio

    where = str(path)
    if not Path(path).is_file():
        raise ModelFileError("no model file here", where=where, todo="check the path, or fit and save a model")
    try:
        foreign = sio.get_untrusted_types(file=Path(path))
        if foreign:
            raise ModelFileError(
                f"the file holds objects that no model of evaltools needs: {', '.join(foreign[:5])}", where=where,
                todo="do not use it; ask its author for a file written by ReturnRiskClassifier.save",
            )  # fmt: skip
        raw = sio.load(Path(path), trusted=[])
    except (BadZipFile, KeyError, OSError, TypeError, ValueError, AttributeError, EOFError, ImportError) as error:
        if isinstance(error, ModelFileError):
            raise
        raise ModelFileError(
            f"not a readable model file ({type(error).__name__})", where=where, todo="save the model again"
        ) from None
    _check_head(raw, where)
    found = _digest(raw["state"])
    if found != raw["digest"] or (digest is not None and digest != found):
        raise ModelFileError(
            "the numbers in the file are not those that were saved (its digest differs)", where=where,
            expected=digest or raw["digest"], todo="do not use it; get the file again from its author",
        )  # fmt: skip
    return _rich(raw["state"])


def _check_head(raw: Any, where: str) -> None:
    if not isinstance(raw, dict) or set(raw) != {"format", "evaltools", "digest", "state"}:
        raise ModelFileError("not a model file of evaltools", where=where, todo="give a file written by save()")
    if raw["format"] != FORMAT or raw["evaltools"] != version("evaltools"):
        raise ModelFileError(
            f"the file is from evaltools {raw['evaltools']}, format {raw['format']}", where=where,
            expected=f"evaltools {version('evaltools')}, format {FORMAT}",
            todo="load it with that version, or fit and save the model again with this one",
        )  # fmt: skip


def _plain(value: Any) -> Any:
    if is_dataclass(value) and not isinstance(value, type):
        return {"__is__": type(value).__name__, **{f.name: _plain(getattr(value, f.name)) for f in fields(value)}}
    if isinstance(value, dict):
        return {str(k): _plain(v) for k, v in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(v) for v in value]
    if isinstance(value, np.generic):
        return value.item()
    if isinstance(value, np.ndarray) and value.dtype == object:
        return {"__is__": "objects", "values": [_plain(v) for v in value]}
    return value


def _rich(value: Any) -> Any:
    if isinstance(value, list):
        return tuple(_rich(v) for v in value)
    if not isinstance(value, dict):
        return value
    kind = value.get("__is__")
    inner = {k: _rich(v) for k, v in value.items() if k != "__is__"}
    if kind is None:
        return inner
    if kind == "objects":
        return np.array(inner["values"], dtype=object)
    if kind not in KINDS:
        raise ModelFileError(f"the file names an unknown part {kind!r}", todo="save the model again")
    return KINDS[kind](**inner)


def _digest(state: Any) -> str:
    sha = hashlib.sha256()
    _feed(sha, state)
    return sha.hexdigest()


def _feed(sha: Any, value: Any) -> None:
    if isinstance(value, dict):
        for key in sorted(value):
            sha.update(f"{key}:".encode())
            _feed(sha, value[key])
    elif isinstance(value, (list, tuple)):
        sha.update(f"[{len(value)}]".encode())
        for item in value:
            _feed(sha, item)
    elif isinstance(value, np.ndarray):
        sha.update(f"{value.dtype.str}{value.shape}".encode())
        sha.update(np.ascontiguousarray(value).tobytes())
    else:
        sha.update(json.dumps(value, ensure_ascii=False, default=repr).encode())
