"""`evaltools rules`: what holds on a date in a city, and why something does not."""

import json

import pytest
from typer.testing import CliRunner

from evaltools.cli import app


def run(*words: str) -> str:
    done = CliRunner().invoke(app, ["rules", *words], env={"COLUMNS": "300"})
    assert done.exit_code == 0, done.output
    return done.output


def row(text: str, name: str) -> str:
    return next(line for line in text.splitlines() if name in line)


def test_a_rule_undefined_for_a_city_says_so_and_why():
    text = run("--as-of", "2020-12-31", "--city", "汕头", "--chapter", "finance")
    assert "无规定：本条不适用于汕头市，文件未作规定" in row(text, "finance.split.province")
    assert "≥20,000元/人" in row(text, "finance.per_capita_input")


def test_a_rule_that_is_not_yet_in_force_names_its_first_day():
    text = run("--as-of", "2018-06-30", "--city", "清远", "--chapter", "assets")
    line = row(text, "assets.classes")
    assert "无规定：自2020-11-26起有规定" in line
    assert "适用" not in line


def test_a_rule_the_documents_leave_open_says_what_they_do_not_fix():
    assert "未定天数" in row(run("--city", "梅州", "--chapter", "ledger"), "ledger.deadline_days")


@pytest.mark.parametrize("city", ["清远", "汕头"])
def test_programs_get_the_value_and_the_reason_apart(city):
    rows = {r["id"]: r for r in json.loads(run("--city", city, "--format", "json"))}
    split = rows["finance.split.province"]
    assert (split["limit"], split["reason"]) == (("60%", "") if city == "清远" else ("无规定", split["reason"]))
    assert bool(split["reason"]) is (city == "汕头")
    assert split["denominator"] == "财政扶贫投入总额"


def test_the_difference_of_two_dates_names_the_rules_that_changed():
    rows = {r["id"]: (r["before"], r["after"]) for r in json.loads(run("diff", "2018-12-31", "2020-12-31", "--format", "json"))}
    assert rows["health.medical_aid_share"] == ("≥70%", "≥80%")
    assert rows["teams.first_secretary.pearl_delta_city"] == ("队长、第一书记分任（两人）", "队长兼任第一书记（一人）")
    assert rows["education.living_allowance_stages"][0].endswith("大专")
    assert rows["education.living_allowance_stages"][1].endswith("大学")
    assert rows["exit.deadline"] == ("不迟于2020年12月31日", "不迟于2020年6月30日")
    assert rows["exit.household_income_line_planned"] == ("≥7,365元/人·年", "≥8,699元/人·年")
    assert "identification.household_income_max" not in rows
