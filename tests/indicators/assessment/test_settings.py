import pytest

from evaltools.errors import ParameterError
from evaltools.indicators.assessment import Grade, Settings
from evaltools.indicators.assessment.settings import FILE

GOOD = """
weights: {default: 1, chapters: {gates: 2, covid: 0}}
grades: {good: 0.95, fairly_good: 0.90, fair: 0.80}
coverage_min: 0.5
sensitivity: {draws: 500, seed: 7}
level: 0.90
settled: 0.95
gates_are_problems: false
"""


def load(tmp_path, text, **more):
    path = tmp_path / "assessment.yaml"
    path.write_text(text, encoding="utf-8")
    return Settings.load(path, **more)


def test_the_committed_file_loads_with_equal_weights(root, book):
    found = Settings.load(root / FILE, book.chapters)
    assert found.has_equal_weights
    assert found.weight("gates") == found.weight("housing") == 1


def test_a_file_is_read_as_written(tmp_path):
    found = load(tmp_path, GOOD, chapters=("gates", "covid", "health"))
    assert (found.weight("gates"), found.weight("covid"), found.weight("health")) == (2, 0, 1)
    assert (found.draws, found.seed, found.gates_are_problems, found.has_equal_weights) == (500, 7, False, False)


@pytest.mark.parametrize(("score", "grade"), [
    (1.0, Grade.GOOD), (0.95, Grade.GOOD), (0.9499999, Grade.FAIRLY_GOOD), (0.90, Grade.FAIRLY_GOOD),
    (0.8999999, Grade.FAIR), (0.80, Grade.FAIR), (0.7999999, Grade.POOR), (0.0, Grade.POOR),
])  # fmt: skip
def test_a_grade_holds_from_its_cut_off_on(score, grade):
    assert Settings().grade(score) is grade


@pytest.mark.parametrize(("old", "new", "key"), [
    ("good: 0.95", "good: 0.85", "grades"), ("fair: 0.80", "fair: 0.90", "grades"), ("good: 0.95", "good: 1.5", "good"),
    ("coverage_min: 0.5", "coverage_min: 2", "coverage_min"), ("draws: 500", "draws: 5", "draws"),
    ("draws: 500", "draws: 500.5", "draws"), ("level: 0.90", "level: 0.2", "level"), ("covid: 0", "covid: -1", "covid"),
    ("gates: 2", "gate: 2", "gate"), ("settled: 0.95", "setled: 0.95", "setled"),
    ("gates_are_problems: false", "gates_are_problems: no", "gates_are_problems"),
])  # fmt: skip
def test_a_wrong_value_is_refused_with_its_key(tmp_path, old, new, key):
    with pytest.raises(ParameterError) as err:
        load(tmp_path, GOOD.replace(old, new), chapters=("gates", "covid"))
    assert key in err.value.where
    assert "assessment.yaml" in err.value.where


def test_the_grades_are_those_of_the_rule_book(book):
    rule = book.at("2020-12-31")["assessment.grades"]
    assert tuple(rule.value) == tuple(g.value for g in Grade)
    assert [i.label("zh") for i in rule.items] == [g.zh for g in Grade]


def test_the_documents_give_no_weights(book):
    assert not book.at("2020-12-31", city="441400")["assessment.weights"].is_defined
