"""The language of the catalogue: three-valued, closed, and checked against the contract before anything runs."""

import duckdb
import pytest

from evaltools.errors import RuleBookError
from evaltools.indicators.engine.entry import rule_types
from evaltools.indicators.engine.language import compile_expression
from evaltools.intake import load_contract

ROWS = """SELECT * FROM (VALUES
  (1, TRUE, 10.0, 'poor', DATE '2019-04-30'), (2, FALSE, NULL, 'exited', DATE '2019-05-01'), (3, NULL, 0.0, NULL, NULL)
) AS t(n, food_ok, loan_yuan, registry_status, housing_completed_date)"""


@pytest.fixture(scope="module")
def compiled(book):
    types = rule_types(book)

    def build(text, kind=None, table="households", names=None):
        return compile_expression(text, load_contract(table), types, where="test", kind=kind, names=names)

    return build


@pytest.fixture(scope="module")
def evaluated(compiled):
    def run(text):
        sql = compiled(text).sql
        return [row[0] for row in duckdb.sql(f"SELECT {sql} FROM ({ROWS}) ORDER BY n").fetchall()]

    return run


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("food_ok", [True, False, None]), ("not food_ok", [False, True, None]),
        ("food_ok and loan_yuan > 5", [True, False, False]), ("food_ok or loan_yuan > 5", [True, None, None]),
        ("food_ok or loan_yuan >= 0", [True, None, True]), ("loan_yuan > 0 and food_ok", [True, False, False]),
        ("is_missing(loan_yuan)", [False, True, False]), ("loan_yuan + 1", [11, None, 1]),
        ("1 / loan_yuan", [0.1, None, None]), ("-loan_yuan < 0", [True, None, False]),
        ("registry_status in ['poor', 'removed']", [True, False, None]),
        ("registry_status not in ['poor']", [False, True, None]), ("registry_status != 'poor'", [False, True, None]),
        ("min(loan_yuan, 5)", [5, None, 0]), ("max(loan_yuan, 5)", [10, None, 5]),
        ("0 <= loan_yuan < 10", [False, None, True]),
        ("when(food_ok, loan_yuan, 7)", [10, 7, None]), ("when(is_missing(food_ok), 1, 2)", [2, 2, 1]),
        ("month_day(housing_completed_date) <= '04-30'", [True, False, None]),
        ("days(date('2019-05-01'), housing_completed_date)", [1, 0, None]),
        ("months(date('2019-05-30'), housing_completed_date)", [1, 0, None]),
        ("year(housing_completed_date)", [2019, 2019, None]), ("floor(loan_yuan / 3)", [3, None, 0]),
        ("abs(0 - loan_yuan)", [10, None, 0]), ("prefix(registry_status, 2) == 'po'", [True, False, None]),
    ],
)  # fmt: skip
def test_expressions_know_a_third_answer(evaluated, text, expected):
    assert evaluated(text) == expected


def test_a_rule_is_a_column_of_its_city_and_year_and_keeps_its_comparison(compiled):
    over = compiled("passes(loan_yuan, 'finance.loan_amount_max')")
    assert over.sql == '("loan_yuan" <= "rule:finance.loan_amount_max")'
    assert (over.kind, over.rules) == ("boolean", {"finance.loan_amount_max"})
    under = compiled("passes(loan_yuan, 'identification.household_income_max')")
    assert " < " in under.sql
    assert "list_contains" in compiled("passes(housing_grade, 'housing.safe_grades')").sql


def test_a_defined_name_stands_for_its_expression(compiled):
    made = compiled("rich and food_ok", names={"rich": "loan_yuan > 5"})
    assert made.columns == {"loan_yuan", "food_ok"}
    with pytest.raises(RuleBookError, match="nested"):
        compiled("a", names={"a": "a or a"})


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("loan_yuann > 1", "unknown column 'loan_yuann'"), ("loan_yuan >", "does not parse"),
        ("loan_yuan > 'a'", "number compared with text"), ("food_ok + 1", "is boolean"),
        ("registry_status == 'exitd'", "never 'exitd'"), ("registry_status in ['exitd']", "never 'exitd'"),
        ("rule('exit.nothing') > 1", "unknown rule"), ("passes(loan_yuan, 'finance.loan_unsecured')", "is number"),
        ("open('/etc/passwd')", "unknown function 'open'"), ("read_csv('x.csv')", "unknown function 'read_csv'"),
        ("villages.has_bus", "Attribute is not allowed"), ("(lambda: 1)()", "plain function calls"),
        ("[x for x in [1]]", "ListComp is not allowed"), ("loan_yuan if food_ok else 0", "IfExp is not allowed"),
        ("__import__('os')", "unknown function"), ("loan_yuan ** 2", "operator is not allowed"),
        ("loan_yuan is None", "comparison is not allowed"), ("food_ok > True", "have no order"),
        ("date('2020-13-01') > housing_completed_date", "not a date"), ("min(loan_yuan)", "takes 2 to 10"),
        ("when(food_ok, 1)", "needs condition"), ("when(food_ok, 1, 'a')", "gives number or text"),
        ("1" + " + 1" * 400, "more than"), ("not " * 40 + "food_ok", "nested deeper"),
        ("None == food_ok", "constant of type"),
    ],
)  # fmt: skip
def test_what_the_language_does_not_hold_is_refused_with_its_place(compiled, text, complaint):
    with pytest.raises(RuleBookError, match="test") as error:
        compiled(text)
    assert complaint in str(error.value)


def test_identifying_columns_cannot_be_read(compiled):
    with pytest.raises(RuleBookError, match="unknown column"):
        compiled("head_name == 'x'")


def test_a_text_with_a_quote_stays_a_text(evaluated):
    assert evaluated('prefix(registry_status, 2) == "p\'; DROP TABLE t; --"') == [False, False, None]
