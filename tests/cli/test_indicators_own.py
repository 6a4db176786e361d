"""`evaltools indicators` with entries of one's own: what is refused, what is listed, what goes on."""

import json

import pandas as pd
import pytest
from typer.testing import CliRunner

from evaltools.cli import app
from evaltools.errors import EvaltoolsError, ParameterError, RuleBookError

ENTRY = """\
table: loans
chapter: finance
observation: loan
indicators:
  - id: own.small_share
    label: {zh: 三万元以内的贷款, en: loans of 30 thousand yuan or less}
    measure: passes(amount_yuan, 'own.amount_max')
    statistic: share
    unit: share
    every: own.amount_max
    direction: higher
"""
RULE = """\
chapter: {id: own, zh: 委托约定, en: Commission}
rules:
  - id: own.amount_max
    label: {zh: 委托方要求的额度, en: amount asked for}
    unit: yuan
    comparison: "<="
    level: loan
    population: poor_households
    applies_to: {cities: all, pairs: none, villages: all}
    values:
      - {from: 2020-01-01, value: 30000, status: prescribed, document: 粤发〔2016〕13号, clause: 第14条, confirmed: 2026-11-22}
"""


@pytest.fixture
def own(tmp_path):
    (tmp_path / "rules").mkdir()
    (tmp_path / "rules" / "own.yaml").write_text(RULE, encoding="utf-8")
    (tmp_path / "own.yaml").write_text(ENTRY, encoding="utf-8")
    return tmp_path


def run(*words):
    return CliRunner().invoke(app, ["indicators", *map(str, words)])


def refusal(*words) -> EvaltoolsError:
    error = run(*words).exception
    assert isinstance(error, EvaltoolsError)
    return error


def test_an_entry_of_ones_own_is_held_against_a_rule_of_ones_own(own, root):
    words = ("--catalogue", own / "own.yaml", "--rules", own / "rules", "--city", "梅州", "--data", root / "data" / "demo")
    rows = {r["indicator"]: r for r in json.loads(run(*words, "--chapter", "finance", "--format", "json").stdout)}
    loans = pd.read_parquet(root / "data" / "demo" / "loans.parquet")
    here = loans[(loans["city_code"] == "441400") & (loans["year"] == 2020)]
    assert rows["own.small_share"]["value"] == pytest.approx((here["amount_yuan"] <= 30000).mean())
    assert rows["own.small_share"]["state"] == "not_met"


def test_without_the_rule_the_entry_is_refused_with_file_entry_and_key(own):
    error = refusal("--catalogue", own / "own.yaml")
    assert (type(error), error.exit_status) == (RuleBookError, 5)
    assert "own.yaml" in error.where
    assert "entry own.small_share, key every" in error.where


def test_an_absent_table_is_listed_for_programs_too_and_the_rest_goes_on(root, tmp_path):
    data = tmp_path / "data"
    data.mkdir()
    for path in (root / "data" / "demo").iterdir():
        if path.stem != "loans":
            (data / path.name).symlink_to(path)
    done = run("--city", "梅州", "--data", data, "--chapter", "finance", "--format", "json")
    assert done.exit_code == 0
    assert "not available: finance.loans_conform_share (table loans is absent)" in done.stderr
    assert [r for r in json.loads(done.stdout) if r["indicator"].startswith("finance.")]


def test_an_unknown_chapter_or_level_is_refused_and_never_an_empty_table():
    error = refusal("--chapter", "houses")
    assert (type(error), error.exit_status) == (RuleBookError, 5)
    assert "housing" in error.expected
    assert isinstance(refusal("--city", "梅州", "--level", "street", "--chapter", "housing"), ParameterError)
