"""Parameters declared = parameters given, both ways; nothing is guessed about types."""

import nbformat
import pytest

from evaltools.batch.parameters import bind, declared_parameters, read_parameter_file
from evaltools.errors import DataMissingError, ParameterError

DECLARED = {"city": "meizhou", "year": 2020, "as_of": "", "data": "data/demo", "lang": "zh"}
GIVEN = {"city": "梅州", "year": "2020", "as_of": "2020-12-31", "data": "data/demo", "lang": "zh"}


def notebook(tmp_path, *sources, tags=("parameters",)):
    cells = [nbformat.v4.new_code_cell(s, metadata={"tags": list(tags)}) for s in sources]
    path = tmp_path / "n.ipynb"
    nbformat.write(nbformat.v4.new_notebook(cells=cells), path)
    return path


def test_the_city_notebook_declares_the_five_parameters(root):
    assert list(declared_parameters(root / "notebooks" / "city_report.ipynb")) == list(DECLARED)


def test_every_city_file_gives_exactly_what_the_notebook_declares(root):
    declared = declared_parameters(root / "notebooks" / "city_report.ipynb")
    files = sorted((root / "params" / "cities").glob("*.yaml"))
    assert len(files) == 21
    for path in files:
        bound = bind(declared, read_parameter_file(path), path.name)
        assert bound["city"] == path.stem
        assert isinstance(bound["year"], int)


def test_a_misspelt_name_is_refused_with_the_nearest_one():
    with pytest.raises(ParameterError, match=r"unknown parameter 'yaer'[\s\S]*year"):
        bind(DECLARED, {**GIVEN, "yaer": "2020"}, "options")


def test_a_missing_name_is_refused():
    with pytest.raises(ParameterError, match="lang is not given"):
        bind(DECLARED, {k: v for k, v in GIVEN.items() if k != "lang"}, "x.yaml")


@pytest.mark.parametrize("year", ["2020.5", "二〇二〇", "2e3", "", "2020-12-31", True, 2020.0, None])
def test_a_wrong_type_is_refused(year):
    with pytest.raises(ParameterError, match="year"):
        bind(DECLARED, {**GIVEN, "year": year}, "options")


def test_dates_codes_and_null_stay_text(tmp_path):
    path = tmp_path / "p.yaml"
    path.write_text("code: 013001\nas_of: 2020-12-31\nflag: no\nnothing: null\nrate: 2e-2\n", encoding="utf-8")
    assert read_parameter_file(path) == {
        "code": "013001", "as_of": "2020-12-31", "flag": "no", "nothing": "null", "rate": "2e-2"
    }  # fmt: skip


@pytest.mark.parametrize("text", ["- a\n- b\n", "city: [a, b]\n", "city: {a: 1}\n", "just text\n"])
def test_a_parameter_file_is_a_flat_list_of_names(tmp_path, text):
    path = tmp_path / "p.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ParameterError, match="flat list"):
        read_parameter_file(path)


def test_broken_yaml_and_an_absent_file_have_their_own_errors(tmp_path):
    path = tmp_path / "p.yaml"
    path.write_text("city: 'open\n", encoding="utf-8")
    with pytest.raises(ParameterError, match="not YAML"):
        read_parameter_file(path)
    with pytest.raises(DataMissingError, match="no parameter file"):
        read_parameter_file(tmp_path / "absent.yaml")


def test_a_parameters_cell_holds_plain_literals_only(tmp_path):
    for source in ("year = 2000 + 20", "import os", "x, y = 1, 2", "city = name"):
        with pytest.raises(ParameterError, match="line 1"):
            declared_parameters(notebook(tmp_path, source))


def test_exactly_one_cell_is_tagged_parameters(tmp_path):
    with pytest.raises(ParameterError, match="2 cells"):
        declared_parameters(notebook(tmp_path, "a = 1", "b = 2"))
    with pytest.raises(ParameterError, match="0 cells"):
        declared_parameters(notebook(tmp_path, "a = 1", tags=()))
