"""docs/data.md says what the code does: its generated parts are current, its examples run, every rule is explained."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from evaltools.intake import contracts
from evaltools.intake.documentation import RULES, with_generated_parts
from evaltools.intake.expression import compile_expression
from evaltools.intake.vectors import FUNCTIONS
from evaltools.intake.xlsform import FROM_SAMPLE

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "data.md"
TEXT = PAGE.read_text(encoding="utf-8")


def test_the_generated_parts_are_current() -> None:
    """When this fails: write `with_generated_parts(text)` back to docs/data.md, and read what changed."""
    assert with_generated_parts(TEXT) == TEXT


def test_every_contract_and_column_is_on_the_page() -> None:
    for contract in contracts():
        assert f"### {contract.table} {contract.zh}" in TEXT
        for column in contract.columns.values():
            assert f"| {column.name} | {column.zh} |" in TEXT


def test_every_rule_that_can_be_named_in_a_violation_is_explained() -> None:
    source = "\n".join(p.read_text(encoding="utf-8") for p in (ROOT / "src/evaltools/intake").glob("*.py"))
    source = source.replace(PAGE.name, "")
    named = set(re.findall(r'"([a-z]+(?:-[a-z]+)+)"', re.sub(r"RULES: dict.*?\n}\n", "", source, flags=re.S)))
    formats = {"yyyy-mm-dd", "field-list"}
    assert named - formats == set(RULES)


def test_every_function_of_the_language_is_listed() -> None:
    for name in [*FUNCTIONS, "when", "column"]:
        assert f"{name}(" in TEXT or f"`{name}`" in TEXT, name


def test_the_columns_of_the_sample_list_are_named() -> None:
    for name in FROM_SAMPLE:
        assert name in TEXT


@pytest.mark.parametrize("text", re.findall(r'expression: "(.+?)"', TEXT))
def test_the_expressions_shown_compile(text: str) -> None:
    kinds = {"village": "text", "income": "number", "size": "number", "visited": "number"}
    found = compile_expression(text, kinds, where="docs/data.md").columns
    assert found or text == "None"  # None, the unknown, is the one that reads no column
