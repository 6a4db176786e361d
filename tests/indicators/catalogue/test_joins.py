"""What is gathered from other tables, sums over years, rules of each unit, and answers that are none."""

import pytest

from evaltools.errors import RuleBookError
from evaltools.terms import VerdictState as V

HEAD = """
table: villages
observation: village
chapter: assistance
joins:
{joins}
indicators:
  - id: own.test
    label: {{zh: 测试, en: Test}}
    measure: {measure}
    statistic: {statistic}
    unit: {unit}
    {source}
    direction: higher
    inventory: [CA-09]
"""
VISITS = (
    "  n: {table: visits, on: {village_code: village_code, year: year}, where: \"kind == 'leader_visit'\", count: true}"
)


def text(joins=VISITS, measure="n", statistic="total", unit="times", source="cite: assistance.leader_visits_min"):
    return HEAD.format(joins=joins, measure=measure, statistic=statistic, unit=unit, source=source)


def village(code="441402100201", **changes):
    return {"village_code": code, "is_poor_village": True, "helper_type": "pearl_delta_city"} | changes


def visit(number, **changes):
    return {"visit_id": f"V{number}", "kind": "leader_visit", "visitor_level": "city", "date": "2020-05-01",
            "is_principal": True} | changes  # fmt: skip


def test_a_count_of_another_tables_rows_is_zero_where_there_are_none(run, own):
    rows = [visit(1), visit(2), visit(3, kind="study"), visit(4, year=2019), visit(5, village_code="441402100202")]
    three = [village(), village("441402100202"), village("441402100203")]
    run("own.test", catalogue=own(text()), villages=three, visits=rows)
    assert run.value("own.test") == 3
    assert run.value("own.test", "village", "441402100201") == 2
    assert run.value("own.test", "village", "441402100202") == 1
    assert run.value("own.test", "village", "441402100203") == 0


def test_a_row_that_may_or_may_not_belong_leaves_the_count_unknown(run, own):
    joins = "  n: {table: visits, on: {village_code: village_code, year: year}, where: is_principal, count: true}"
    rows = [visit(1), visit(2, is_principal=None)]
    run("own.test", catalogue=own(text(joins)), villages=[village()], visits=rows)
    assert (run.row("own.test")["rows"], run.row("own.test")["open_rows"]) == (0, 1)


def test_a_sum_is_unknown_with_one_unknown_amount_and_zero_without_rows(run, own):
    joins = "  n: {table: visits, on: {village_code: village_code, year: year}, sum: poor_households}"
    rows = [
        visit(1, poor_households=3),
        visit(2, poor_households=None),
        visit(3, village_code="441402100202", poor_households=4),
    ]
    three = [village(), village("441402100202"), village("441402100203")]
    run("own.test", catalogue=own(text(joins, unit="households")), villages=three, visits=rows)
    assert (run.value("own.test"), run.row("own.test")["open_rows"]) == (4, 1)
    assert run.value("own.test", "village", "441402100203") == 0


def test_the_year_before_is_unknown_where_it_is_not_in_the_data(run, own):
    joins = "  before: {table: villages, on: {village_code: village_code}, lag: 1, first: collective_income_yuan}"
    rows = [
        village(collective_income_yuan=130),
        village(year=2019, collective_income_yuan=100),
        village("441402100202", collective_income_yuan=50),
    ]
    run("own.test", catalogue=own(text(joins, "collective_income_yuan - before", unit="yuan")), villages=rows)
    assert run.value("own.test") == 30
    assert run.row("own.test")["open_rows"] == 1


@pytest.mark.parametrize(
    ("flags", "value", "unknown"),
    [([True, None], 1, 0), ([False, False], 0, 0), ([False, None], None, 1), ([], None, 1)],
)
def test_any_is_true_with_one_known_row_and_unknown_without_rows(run, own, flags, value, unknown):
    joins = "  n: {table: visits, on: {village_code: village_code, year: year}, any: is_unannounced}"
    rows = [visit(i, is_unannounced=f) for i, f in enumerate(flags)] + [
        visit(9, village_code="441402100209", is_unannounced=True)
    ]
    run("own.test", catalogue=own(text(joins, "n", "share", "share")), villages=[village()], visits=rows)
    row = run.row("own.test")
    assert row["open_rows"] == unknown
    if value is not None:
        assert row["value"] == value


def test_a_condition_may_compare_their_columns_with_ours(run, own):
    joins = "  n: {table: visits, on: {village_code: village_code}, where: date <= row_exit_date, count: true}"
    rows = [visit(1, date="2020-05-01"), visit(2, date="2020-06-01"), visit(3, date="2020-06-02")]
    run("own.test", catalogue=own(text(joins)), villages=[village(exit_date="2020-06-01")], visits=rows)
    assert run.value("own.test") == 2


def test_an_absent_table_of_a_join_is_named(run, own):
    run("own.test", catalogue=own(text()), villages=[village()])
    assert run.found.missing["reason"].tolist() == ["table visits is absent"]


@pytest.mark.parametrize(
    ("joins", "key"),
    [
        ("  n: {table: vsits, on: {village_code: village_code}, count: true}", "table"),
        ("  n: {table: visits, on: {vilage_code: village_code}, count: true}", "on"),
        ("  n: {table: visits, on: {date: village_code}, count: true}", "on"),
        ("  n: {table: visits, on: {village_code: village_code}, where: \"kind == 'vist'\", count: true}", "where"),
        ("  n: {table: visits, on: {village_code: village_code}, where: \"colour == 'red'\", count: true}", "where"),
        ("  n: {table: visits, on: {village_code: village_code}}", "count"),
        ("  n: {table: visits, on: {village_code: village_code}, count: true, sum: villages}", "count"),
        ("  n: {table: visits, on: {village_code: village_code}, sum: kind}", "sum"),
        ("  n: {table: visits, on: {village_code: village_code, year: year}, lag: 1, count: true}", "lag"),
        ("  n: {table: teams, on: {village_code: village_code}, lag: 1, count: true}", "lag"),
        ("  hukou_persons: {table: visits, on: {village_code: village_code}, count: true}", "joins"),
    ],
)  # fmt: skip
def test_a_wrong_join_is_refused_with_file_join_and_key(own, joins, key):
    with pytest.raises(RuleBookError) as error:
        own(text(joins, "1"))
    assert "own.yaml" in str(error.value)
    assert f"key {key}" in str(error.value)


LEDGER = """
table: issues
observation: issue
chapter: ledger
indicators:
  - id: own.test
    label: {zh: 测试, en: Test}
    statistic: count
    unit: cases
    period: cumulative
    cite: ledger.artefacts
    direction: none
    inventory: [RL-05]
"""


def test_cumulative_takes_all_rows_up_to_the_year_of_the_report(run, own):
    rows = [
        {"issue_id": f"I{y}", "year": y, "topic": "funds", "found_date": f"{y}-03-01"} for y in (2018, 2019, 2020, 2021)
    ]
    assert run("own.test", catalogue=own(LEDGER), issues=rows).value("own.test") == 3
    assert run("own.test", catalogue=own(LEDGER), issues=rows, as_of="2019-06-30").value("own.test") == 2


def test_cumulative_needs_a_register_with_years(own):
    with pytest.raises(RuleBookError, match="key period"):
        own(LEDGER.replace("table: issues", "table: teams"))


EVERY = "every: finance.loan_amount_max"
LOANS = """
table: loans
observation: loan
chapter: finance
indicators:
  - id: own.test
    label: {{zh: 测试, en: Test}}
    measure: passes(amount_yuan, 'finance.loan_amount_max')
    statistic: {statistic}
    unit: {unit}
    {source}
    direction: higher
    inventory: [FI-08]
"""


@pytest.mark.parametrize(
    ("amounts", "state"),
    [
        ([50000, 49999.99], V.MET), ([50000, 50000.01], V.NOT_MET), ([50000, None], V.EVIDENCE_MISSING),
        ([60000, None], V.NOT_MET),
    ],
)  # fmt: skip
def test_a_rule_of_each_unit_is_met_when_all_known_units_keep_it(run, own, amounts, state):
    rows = [{"loan_id": f"L{i}", "amount_yuan": a} for i, a in enumerate(amounts)]
    catalogue = own(LOANS.format(statistic="share", unit="share", source=EVERY))
    assert run("own.test", catalogue=catalogue, loans=rows).row("own.test")["limit"] == 1.0
    assert run.state("own.test") == state


def test_a_rule_that_is_undefined_or_only_claimed_sets_no_limit(run, own):
    for rule in ("finance.loan_overdue_max", "mobilisation.heyuan_six"):
        catalogue = own(LOANS.format(statistic="share", unit="share", source=f"every: {rule}"))
        run("own.test", catalogue=catalogue, loans=[{"loan_id": "L1", "amount_yuan": 1.0}])
        assert run.state("own.test") == V.RULE_UNDEFINED


def test_every_is_refused_for_what_is_no_share(own):
    with pytest.raises(RuleBookError, match="key every"):
        own(LOANS.format(statistic="count", unit="items", source=EVERY))


def test_no_answer_is_unknown_and_not_a_no(run, own):
    catalogue = own(
        LOANS.format(statistic="share", unit="share", source="cite: finance.loan_amount_max").replace(
            "passes(amount_yuan, 'finance.loan_amount_max')", "unknown_if(purpose == 'other', used_by == 'household')"
        )
    )
    rows = [
        {"loan_id": "1", "purpose": "industry", "used_by": "household"},
        {"loan_id": "2", "purpose": "industry", "used_by": "enterprise"},
        {"loan_id": "3", "purpose": "other", "used_by": "household"}, {"loan_id": "4", "used_by": "household"},
    ]  # fmt: skip
    row = run("own.test", catalogue=catalogue, loans=rows).row("own.test")
    assert (row["value"], row["rows"], row["open_rows"], row["low"], row["high"]) == (0.5, 2, 2, 0.25, 0.75)


@pytest.mark.parametrize(
    ("define", "message"),
    [
        ("{unused: hous_ok}", "unknown column 'hous_ok'"), ("{unused: housing_ok and}", "does not parse"),
        ("{a: b, b: a}", "nested"), ("{unused: \"open('/etc/passwd')\"}", "unknown function 'open'"),
    ],
)  # fmt: skip
def test_a_definition_is_checked_at_load_whether_an_entry_uses_it_or_not(define, message, own):
    with pytest.raises(RuleBookError, match=message) as error:
        own(f"""
table: households
observation: household
chapter: housing
define: {define}
indicators:
  - {{id: own.n, label: {{zh: 测试, en: Test}}, statistic: count, unit: households, cite: exit.guarantee.food, direction: none,
     inventory: [HH-04]}}
""")
    assert "own.yaml, key define" in str(error.value)


def test_an_id_is_one_that_a_command_line_and_a_file_can_hold(own):
    with pytest.raises(RuleBookError, match="'Own X' is no id"):
        own("""
table: households
observation: household
chapter: housing
indicators:
  - {id: Own X, label: {zh: 测试, en: Test}, statistic: count, unit: households, cite: exit.guarantee.food, direction: none,
     inventory: [HH-04]}
""")
