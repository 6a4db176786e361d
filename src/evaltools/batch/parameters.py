"""Strict notebook parameters: declared = given, both ways; dates, codes and null stay text.

papermill runs green on a misspelt parameter and turns `013001` into a number. Here nothing starts before
names, types, city and year are right.
"""

from __future__ import annotations

import ast
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from evaltools.errors import DataMissingError, ParameterError, nearest


def declared_parameters(notebook: Path) -> dict[str, Any]:
    """Names and default values in the one cell tagged `parameters`.

    Errors: ParameterError if the cell is absent, doubled, or holds more than plain literals.
    """
    if not notebook.exists():
        raise DataMissingError(f"no notebook {notebook.name}", where=str(notebook.parent))
    cells = [c for c in _cells(notebook) if "parameters" in c.get("metadata", {}).get("tags", [])]
    if len(cells) != 1:
        raise ParameterError(
            f"{len(cells)} cells are tagged `parameters`", where=notebook.name, expected="exactly one",
            todo="tag the cell that holds the plain assignments, and only that one",
        )  # fmt: skip
    return dict(_assignment(node, notebook.name) for node in ast.parse("".join(cells[0]["source"])).body)


def _cells(notebook: Path) -> list[dict[str, Any]]:
    """The cells, read as the JSON they are: the notebook libraries take seconds to load, and a misspelt name should
    not wait for them."""
    try:
        return json.loads(notebook.read_text(encoding="utf-8"))["cells"]
    except (ValueError, KeyError, TypeError) as err:
        raise ParameterError(
            "this file is not a notebook", where=notebook.name, expected="a Jupyter notebook, format 4 (.ipynb)",
            todo="name another file, or restore it from the repository",
        ) from err  # fmt: skip


def _assignment(node: ast.stmt, where: str) -> tuple[str, Any]:
    plain = isinstance(node, ast.Assign) and len(node.targets) == 1 and isinstance(node.targets[0], ast.Name)
    try:
        if plain:
            return node.targets[0].id, ast.literal_eval(node.value)  # type: ignore[union-attr]
    except ValueError:
        pass  # not a literal: refused below, with the line
    raise ParameterError(
        f"line {node.lineno} of the parameters cell is not `name = literal`", where=where,
        expected='plain literals such as year = 2020 or city = "meizhou"',
        todo="move anything derived into a later cell",
    )  # fmt: skip


class _TextLoader(yaml.SafeLoader):
    """YAML in which every scalar is text: types come from the notebook's declaration, never from a guess."""


_TextLoader.yaml_implicit_resolvers = {}


def read_parameter_file(path: Path) -> dict[str, str]:
    """A flat YAML mapping of parameter names to text (`as_of: 2020-12-31` stays the text it is)."""
    if not path.exists():
        raise DataMissingError(
            f"no parameter file {path.name}", where=str(path.parent),
            todo="give one like params/cities/meizhou.yaml",
        )  # fmt: skip
    try:
        content = yaml.load(path.read_text(encoding="utf-8"), Loader=_TextLoader)
    except yaml.YAMLError as err:
        raise ParameterError("this file is not YAML", where=path.name, detail=str(err).splitlines()) from err
    if not isinstance(content, dict) or any(not isinstance(v, str) for v in content.values()):
        raise ParameterError(
            "the file is not a flat list of `name: value`", where=path.name,
            expected="lines such as `city: meizhou` and `year: 2020`",
        )  # fmt: skip
    return {str(k): v for k, v in content.items()}


def bind(declared: Mapping[str, Any], given: Mapping[str, Any], where: str) -> dict[str, Any]:
    """Given values in the declared types; every declared name given, every given name declared.

    Errors: ParameterError naming what is unknown, missing or of the wrong type, with the nearest valid names.
    """
    for name in given:
        if name not in declared:
            raise ParameterError(
                f"unknown parameter {name!r}", where=where, expected=nearest(name, declared),
                todo="parameters are declared in the notebook's cell tagged `parameters`",
            )  # fmt: skip
    missing = [name for name in declared if name not in given]
    if missing:
        raise ParameterError(
            f"parameter {', '.join(missing)} is not given", where=where, expected=", ".join(declared),
            todo="add it to the parameter file or as -p NAME VALUE",
        )  # fmt: skip
    return {name: _typed(name, given[name], declared[name], where) for name in declared}


def _typed(name: str, value: Any, default: Any, where: str) -> Any:
    wanted = type(default)
    if isinstance(value, wanted) and not (isinstance(value, bool) and wanted is int):
        return value
    if isinstance(value, str) and wanted in _PARSERS:
        parsed = _PARSERS[wanted](value.strip())
        if parsed is not None:
            return parsed
    raise ParameterError(
        f"{name} = {value!r} is not of type {_WORDS.get(wanted, wanted.__name__)}", where=where,
        expected=f"a value like {default!r}",
    )  # fmt: skip


def _int(text: str) -> int | None:
    return int(text) if text.lstrip("-").isdigit() and text.isascii() else None


def _float(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None


_PARSERS = {int: _int, float: _float, bool: {"true": True, "false": False}.get}
_WORDS = {int: "whole number", float: "number", str: "text", bool: "true or false"}
