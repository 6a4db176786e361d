"""The coverage page is the catalogue's own, every item of the inventory has something behind it."""

import importlib
from pathlib import Path

import pytest
from typer.testing import CliRunner

from evaltools.cli import app
from evaltools.errors import RuleBookError
from evaltools.indicators import Catalogue, coverage
from evaltools.standards import Claims

PAGE = Path(__file__).parents[3] / "docs" / "coverage.md"
COUNTS = {
    "HH": 12,
    "V": 11,
    "DM": 9,
    "TA": 5,
    "RM": 9,
    "IN": 16,
    "EM": 12,
    "SS": 11,
    "ED": 9,
    "HE": 11,
    "HO": 9,
    "IF": 11,
    "LE": 7,
    "FI": 19,
    "AS": 19,
    "CA": 14,
    "TM": 11,
    "PB": 11,
    "SM": 9,
    "EW": 17,
    "TP": 5,
    "RL": 9,
    "CV": 6,
    "LI": 7,
    "OT": 17,
    "X": 22,
}
"""Items of each system, counted by hand in the inventory (AS: seven of assets, twelve of assessment; no OT-09)."""


@pytest.fixture(scope="module")
def items():
    return coverage.coverage()


def test_the_page_is_what_the_catalogue_gives(items):
    assert PAGE.read_text(encoding="utf-8") == coverage.coverage_page(items)


def test_the_command_writes_the_page(tmp_path):
    done = CliRunner().invoke(app, ["indicators", "--coverage", "--out", str(tmp_path / "page.md")])
    assert done.exit_code == 0, done.output
    assert (tmp_path / "page.md").read_text(encoding="utf-8") == PAGE.read_text(encoding="utf-8")
    assert CliRunner().invoke(app, ["indicators", "--coverage"]).output.startswith("# Coverage of the policy inventory")
    assert CliRunner().invoke(app, ["indicators", "--out", str(tmp_path / "x.md")]).exit_code != 0


def test_every_item_of_the_inventory_is_there_and_none_is_blank(items):
    found: dict[str, int] = {}
    for item in items:
        system = item.id.rstrip("0123456789.-")
        found[system] = found.get(system, 0) + 1
        assert item.kind
        assert item.chapters
    assert found == COUNTS


def test_every_id_the_catalogue_names_is_an_item(items):
    known = {i.id for i in items}
    assert {i for e in Catalogue.load().values() for i in e.inventory} <= known


def test_an_item_that_nothing_stands_behind_is_refused():
    with pytest.raises(RuleBookError, match="nothing stands behind"):
        coverage.coverage(Catalogue([], Catalogue.load().book), Claims.load())


def test_the_code_named_beside_the_catalogue_exists(items):
    for name in {i.by for i in items if i.by}:
        module, _, attribute = name.rpartition(".")
        assert hasattr(importlib.import_module(module), attribute), name
