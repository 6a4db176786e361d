"""The one YAML reader: every scalar stays the text that was written; numbers appear only where an entry declares them.

Plain YAML turns `013001` into 5633, `2e-2` into text, `no` into False and `2018-12-31` into a date object. Here all of
them stay text, a duplicate key is refused, and every mapping remembers its line, so that an error can name the place.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable
from decimal import Decimal
from pathlib import Path
from typing import Any, NoReturn

import yaml

from evaltools.errors import EvaltoolsError, RuleBookError, nearest

_LOADER: Any = getattr(yaml, "CBaseLoader", yaml.BaseLoader)
_PLAIN_TAGS = {"tag:yaml.org,2002:str", "tag:yaml.org,2002:seq", "tag:yaml.org,2002:map"}
_NUMBER = re.compile(r"-?(0|[1-9]\d*)(\.\d+)?")
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")


class Block(dict[str, Any]):
    """A mapping that knows where it was written (`file`, `line`)."""

    file: str = ""
    line: int = 0


def load_yaml(path: Path | str, *, error: type[EvaltoolsError] = RuleBookError) -> Any:
    """Read one YAML file. Mappings come as `Block`, sequences as list, every scalar as text ("" when empty).

    Raises `error` for a file that cannot be read or parsed, a duplicate key, a key that is not text, an explicit tag.
    """
    path = Path(path)
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as exc:
        raise error(f"cannot read {path.name}: {exc}", where=str(path), expected="a YAML file in UTF-8") from exc
    return parse_yaml(text, name=path.name, error=error)


def parse_yaml(text: str, *, name: str = "<text>", error: type[EvaltoolsError] = RuleBookError) -> Any:
    """Like `load_yaml`, from text; `name` stands for the file in errors."""
    try:
        node = yaml.compose(text, Loader=_LOADER)
    except yaml.YAMLError as exc:
        raise error(f"{name} is not valid YAML: {exc}", where=name, todo="correct the line named above") from exc
    return Block() if node is None else _build(node, name, error)


def _build(node: yaml.Node, name: str, error: type[EvaltoolsError]) -> Any:
    line = node.start_mark.line + 1
    if node.tag not in _PLAIN_TAGS:
        raise error(f"explicit tag {node.tag!r}", where=f"{name}, line {line}", expected="text, lists and mappings")
    if isinstance(node, yaml.MappingNode):
        block = Block()
        block.file, block.line = name, line
        for key, value in node.value:
            if not isinstance(key, yaml.ScalarNode):
                raise error("a key that is not text", where=f"{name}, line {line}", expected="text keys")
            if key.value in block:
                raise error(
                    f"duplicate key {key.value!r}", where=f"{name}, line {key.start_mark.line + 1}",
                    expected="each key once", todo="remove or rename one of the two",
                )  # fmt: skip
            block[key.value] = _build(value, name, error)
        return block
    if isinstance(node, yaml.SequenceNode):
        return [_build(item, name, error) for item in node.value]
    return node.value


def read_number(text: object) -> int | float:
    """`"0.02"` -> 0.02, `"20000"` -> 20000. ValueError for anything but a plain decimal."""
    if not isinstance(text, str) or not _NUMBER.fullmatch(text):
        raise ValueError(f"{text!r} is not a plain decimal number")
    return float(text) if "." in text else int(text)


def read_date(text: object) -> str:
    """An ISO date, checked and returned as text."""
    if not isinstance(text, str) or not _DATE.fullmatch(text):
        raise ValueError(f"{text!r} is not a date written as YYYY-MM-DD")
    return dt.date.fromisoformat(text).isoformat()


def multiply(values: Iterable[int | float]) -> float:
    """The product in decimal arithmetic: 0.45 x 17167.7 is 7725.465, without binary dust."""
    product = Decimal(1)
    for value in values:
        product *= Decimal(repr(value))
    return float(product)


class Fields:
    """Reads the keys of one entry and refuses with file, line, entry and key."""

    def __init__(self, block: object, file: str, entry: str, error: type[EvaltoolsError] = RuleBookError) -> None:
        self.file, self.entry, self.error = file, entry, error
        if not isinstance(block, Block):
            raise error(f"{entry} is not a mapping", where=file, expected="keys with values")
        self.block = block

    def fail(self, key: str, seen: str, *, expected: str = "", todo: str = "") -> NoReturn:
        where = f"{self.file}, line {self.block.line}, entry {self.entry}, key {key}"
        raise self.error(seen, where=where, expected=expected, todo=todo)

    def only(self, allowed: Iterable[str]) -> None:
        """Refuse keys that nobody reads: a misspelt key is otherwise a silent default."""
        allowed = tuple(allowed)
        for key in self.block:
            if key not in allowed:
                self.fail(key, f"unknown key {key!r}", expected=nearest(key, allowed))

    def text(self, key: str, default: str | None = None) -> str:
        value = self.block.get(key, default)
        if not isinstance(value, str) or (value == "" and default is None):
            self.fail(key, f"{key!r} is missing or empty", expected="text", todo=f"write {key}: ...")
        return value

    def choice(self, key: str, valid: Iterable[str], default: str | None = None) -> str:
        value = self.text(key, default)
        valid = tuple(valid)
        if value not in valid:
            self.fail(key, f"unknown {key} {value!r}", expected=nearest(value, valid))
        return value

    def date(self, key: str, default: str | None = None) -> str | None:
        if key not in self.block and default is None:
            return None
        try:
            return read_date(self.block.get(key, default))
        except ValueError as exc:
            self.fail(key, str(exc), expected="a date written as YYYY-MM-DD")

    def number(self, key: str) -> int | float:
        try:
            return read_number(self.block.get(key))
        except ValueError as exc:
            self.fail(key, str(exc), expected="a plain decimal number, such as 0.02 or 20000")

    def texts(self, key: str) -> tuple[str, ...]:
        """A list of texts; absent means empty."""
        value = self.block.get(key, [])
        if not isinstance(value, list) or not all(isinstance(v, str) and v for v in value):
            self.fail(key, f"{key!r} is not a list of texts", expected="[a, b]")
        return tuple(value)

    def labels(self, key: str = "label") -> tuple[str, str]:
        """A bilingual label, written as {zh: ..., en: ...}."""
        value = self.block.get(key)
        if not isinstance(value, Block) or set(value) != {"zh", "en"} or not all(value.values()):
            self.fail(key, f"{key!r} is not a label in both languages", expected="{zh: ..., en: ...}")
        return value["zh"], value["en"]
