"""Contracts are complete, consistent, and refused where they are not."""

from __future__ import annotations

from pathlib import Path

import pytest

from evaltools import terms
from evaltools.errors import RuleBookError
from evaltools.intake import contracts, load_contract
from evaltools.intake.contract import read_contract
from evaltools.intake.expression import compile_expression, kinds_of
from evaltools.intake.headers import plain

MINIMAL = """
table: things
zh: 事物
unit_of_observation: one thing
meaning: Things.
key: [thing_id]
columns:
  thing_id: {type: text, zh: 编号, required: true, nullable: false, meaning: Number.}
  amount_yuan: {type: number, unit: yuan, zh: 金额, required: true, nullable: true, min: 0, meaning: Amount.}
"""


def write(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "things.yaml"
    path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.parametrize("contract", contracts(), ids=lambda c: c.table)
def test_every_contract_is_documented_and_its_row_rules_compile(contract) -> None:
    kinds = kinds_of(contract)
    for check in contract.checks:
        assert compile_expression(check.rule, kinds, where=check.id, kind="boolean").columns
    for column in contract.columns.values():
        assert column.meaning[0].isupper() or not column.meaning[0].isalpha()
        assert column.zh
        assert column.type not in ("integer", "number") or column.unit
    for reference in contract.references:
        assert set(reference.to) <= set(load_contract(reference.table).columns)


def test_one_file_name_means_one_table() -> None:
    seen: dict[str, str] = {}
    for contract in contracts():
        for name in (contract.table, contract.zh, *contract.aliases):
            assert seen.setdefault(plain(name), contract.table) == contract.table


def test_headers_stay_different_after_blanks_and_brackets_are_normalised() -> None:
    for contract in contracts():
        seen: dict[str, str] = {}
        for column in contract.columns.values():
            for name in (column.name, column.zh, *column.aliases, column.output):
                assert seen.setdefault(plain(name), column.name) == column.name, (contract.table, name)


def test_vocabularies_come_from_terms_with_their_labels() -> None:
    status = load_contract("households").columns["registry_status"]
    assert status.values == {m.value: m.zh for m in terms.RegistryStatus}


def test_canonical_tables_hold_what_the_verdicts_need() -> None:
    households = load_contract("households")
    assert {"labour_capacity", "is_dibao", "is_tekun", "food_ok", "drinking_water_ok", "change_in"} <= set(
        households.columns
    )
    assert households.columns["drinking_water_ok"].dtype == "boolean"
    assert households.columns["exit_year"].dtype == "Int64"
    assert households.columns["persons"].dtype == "int64"
    assert set(load_contract("survey").key) == {"interview_id"}


@pytest.mark.parametrize(
    ("change", "names"),
    [
        (("type: number, unit: yuan", "type: number"), "unit"),
        (("type: number", "type: money"), "money"),
        (("unit: yuan", "unit: dollars"), "dollars"),
        (("meaning: Amount.", "meaning: ''"), "meaning"),
        (("min: 0", "least: 0"), "least"),
        (("min: 0", "min: 1e3"), "min"),
        (("key: [thing_id]", "key: [thing]"), "thing"),
        (("key: [thing_id]", "key: [amount_yuan]"), "amount_yuan"),
        (("zh: 金额", "zh: 编号"), "编号"),
        (("key: [thing_id]", "key: [thing_id]\ncity_column: town"), "town"),
        (("min: 0,", "min: 0, identifying: name,"), "pseudonym"),
        (
            (
                "type: number, unit: yuan, zh: 金额, required: true, nullable: true, min: 0",
                "type: category, zh: 金额, required: true, nullable: true",
            ),
            "values",
        ),
        (("zh: 事物", "zh: 事物\nzh: 事物"), "duplicate"),
        (("min: 0,", "min: 0, values: {a: 甲},"), "values"),
    ],
)
def test_an_incomplete_contract_is_refused_with_its_place(tmp_path: Path, change: tuple[str, str], names: str) -> None:
    read_contract(write(tmp_path, MINIMAL))
    with pytest.raises(RuleBookError, match=names) as caught:
        read_contract(write(tmp_path, MINIMAL.replace(*change, 1)))
    assert "things.yaml" in str(caught.value)


def test_an_unknown_table_is_refused_with_the_nearest() -> None:
    with pytest.raises(RuleBookError, match="households"):
        load_contract("housholds")


def test_a_contract_shows_itself_in_jupyter() -> None:
    shown = load_contract("loans")._repr_html_()
    assert "amount_yuan" in shown
    assert "贷款金额" in shown
