"""The language of the catalogue: three-valued, closed, and checked against the contract before anything runs."""

import datetime as dt

import numpy as np
import pytest

from evaltools.errors import RuleBookError
from evaltools.indicators.engine.catalogue_files import rule_types
from evaltools.indicators.engine.functions import days_of
from evaltools.indicators.engine.language import compile_expression
from evaltools.indicators.engine.values import Coded, Truth
from evaltools.intake import load_contract


class Three:
    """Three rows by hand, the last of them mostly unknown; every rule of numbers is 10."""

    columns = {  # noqa: RUF012 a constant
        "food_ok": Truth(np.array([True, False, False]), np.array([False, True, False])),
        "loan_yuan": np.array([10.0, np.nan, 0.0]),
        "registry_status": Coded(np.array([0, 1, -1]), ("poor", "exited")),
        "housing_grade": Coded(np.array([1, 0, -1]), ("D", "A")),
        "housing_completed_date": np.array([days_of(dt.date(2019, 4, 30)), days_of(dt.date(2019, 5, 1)), np.nan]),
    }

    def column(self, name):
        return self.columns[name]

    def rule(self, name):
        return Coded(np.array(0), (("A", "B"),)) if name == "housing.safe_grades" else np.float64(10)


def shown(value):
    """Values as Python writes them; None where unknown."""
    if isinstance(value, Truth):
        return [True if y else False if n else None for y, n in zip(value.yes, value.no, strict=True)]
    if isinstance(value, Coded):
        return [value.values[c] if c >= 0 else None for c in value.codes]
    return [None if np.isnan(x) else x for x in value]


@pytest.fixture(scope="module")
def compiled(book):
    types = rule_types(book)

    def build(text, kind=None, table="households", names=None):
        return compile_expression(text, load_contract(table), types, where="test", kind=kind, names=names)

    return build


@pytest.fixture(scope="module")
def evaluated(compiled):
    def run(text):
        return shown(compiled(text).step.value(Three(), {}))

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
        ("months(date('2020-02-29'), date('2019-12-31')) + 0 * loan_yuan", [2, None, 2]),  # the month's last day
        ("months(date('2019-12-31'), date('2020-02-29')) + 0 * loan_yuan", [-2, None, -2]),
        ("months(date('2020-02-28'), date('2019-12-31')) + 0 * loan_yuan", [1, None, 1]),
        ("month(housing_completed_date)", [4, 5, None]), ("food_ok == (loan_yuan > 5)", [True, None, None]),
        ("prefix(registry_status, 1)", ["p", "e", None]), ("registry_status < 'poor'", [False, True, None]),
        ("when(food_ok, registry_status, 'none')", ["poor", "none", None]),
        ("when(food_ok, food_ok, loan_yuan > 1)", [True, None, None]),
        ("unknown_if(food_ok, registry_status)", [None, "exited", None]),
        ("loan_yuan in [0, 10]", [True, None, True]), ("is_missing(registry_status)", [False, False, True]),
        ("abs(0 - loan_yuan)", [10, None, 0]), ("prefix(registry_status, 2) == 'po'", [True, False, None]),
    ],
)  # fmt: skip
def test_expressions_know_a_third_answer(evaluated, text, expected):
    assert evaluated(text) == expected


def test_a_rule_keeps_its_comparison(compiled):
    over = compiled("passes(loan_yuan, 'finance.loan_amount_max')")
    assert (over.kind, over.rules) == ("boolean", {"finance.loan_amount_max"})
    under = compiled("passes(loan_yuan, 'identification.household_income_max')")
    assert shown(over.step.value(Three(), {})) == [True, None, True]  # 10 <= 10
    assert shown(under.step.value(Three(), {})) == [False, None, True]  # 10 < 10
    grades = compiled("passes(housing_grade, 'housing.safe_grades')")
    assert shown(grades.step.value(Three(), {})) == [True, False, None]


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
