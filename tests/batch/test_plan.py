"""Everything that can be wrong with a request is found before a kernel starts."""

import pytest

from evaltools.batch import cities_named, plan
from evaltools.errors import DataMissingError, ParameterError, ScopeError

GOOD = {"city": "梅州", "year": "2020", "as_of": "", "data": "data/demo", "lang": "zh"}


def planned(root, tmp_path, **changes):
    formats = changes.pop("formats", ("html",))
    book = root / "notebooks" / "city_report.ipynb"
    return plan([{**GOOD, **changes}], notebook=book, out=tmp_path, formats=formats)


@pytest.mark.parametrize(
    ("changes", "error", "says"),
    [
        ({"city": "meizou"}, ScopeError, "meizhou"),
        ({"year": "2015"}, ScopeError, "2016"),
        ({"year": "2021"}, ScopeError, "2020"),
        ({"year": "MMXX"}, ParameterError, "year"),
        ({"as_of": "2020-13-01"}, ScopeError, "YYYY-MM-DD"),
        ({"as_of": "2018-06-30"}, ScopeError, "2020"),
        ({"lang": "fr"}, ParameterError, "zh or en"),
        ({"data": "data/nowhere"}, DataMissingError, "nowhere"),
        ({"yera": "2020"}, ParameterError, "did you mean year"),
        ({"formats": ("docs",)}, ParameterError, "docx"),
    ],
)
def test_a_wrong_request_is_refused_with_its_own_error(root, tmp_path, changes, error, says):
    with pytest.raises(error, match=says):
        planned(root, tmp_path, **changes)


def test_the_city_is_named_in_any_way_and_planned_once(root, tmp_path):
    assert [j.city for j in planned(root, tmp_path)] == ["meizhou"]
    assert [c.key for c in cities_named("梅州，meizhou、441400, 清远")] == ["meizhou", "qingyuan"]
    assert len(cities_named("all")) == 21


def test_relative_data_means_the_project_root_wherever_the_command_runs(root, tmp_path, monkeypatch):
    before = planned(root, tmp_path)[0].fingerprint
    monkeypatch.chdir(tmp_path)
    assert planned(root, tmp_path)[0].fingerprint == before


def test_the_fingerprint_changes_with_a_rule(root, tmp_path, monkeypatch):
    from evaltools.batch import jobs as module

    before = planned(root, tmp_path)[0].fingerprint
    changed = module.RuleBook.load().with_value("gate.omission_rate_max", 0.03, reason="test")
    monkeypatch.setattr(module.RuleBook, "load", staticmethod(lambda: changed))
    assert planned(root, tmp_path)[0].fingerprint != before
