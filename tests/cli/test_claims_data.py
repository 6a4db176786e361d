"""`evaltools claims --data`: every published figure with both verdicts; synthetic data verify none."""

from __future__ import annotations

import json
import shutil

import pytest
from typer.testing import CliRunner

from evaltools.cli import app
from evaltools.errors import DataMissingError, ParameterError


@pytest.fixture(scope="module")
def villages(demo, tmp_path_factory):
    """`villages(synthetic)`: a folder with the villages of the demo alone."""

    def make(synthetic: bool):
        folder = tmp_path_factory.mktemp("villages")
        shutil.copy(demo / "villages.parquet", folder)
        (folder / "meta.json").write_text(json.dumps({"synthetic": synthetic}), encoding="utf-8")
        return folder

    return make


def listed(*words):
    done = CliRunner().invoke(app, ["claims", *map(str, words), "--format", "json", "--lang", "en"])
    assert done.exit_code == 0, done.output
    return {r["id"]: r for r in json.loads(done.stdout)}, done.stderr


def test_real_data_speak_of_the_figures_that_they_measure(villages):
    figures, said = listed("--data", villages(False), "--year", "2020")
    assert figures["infrastructure.fibre"]["data"] == "supported"
    assert figures["villages.poor_2020_11"]["data"] == "contradicted"
    assert figures["villages.poor_2020_11"]["value"] == 2277
    assert figures["villages.poor_2020_11"]["measured"] < 2277
    assert figures["eastwest.funds_total"]["data"] == "not verifiable", "no such table here"
    assert figures["infrastructure.clinic"]["relation"] == "conflicts"
    assert said == ""


def test_synthetic_data_verify_nothing_and_it_is_said(villages):
    figures, said = listed("--data", villages(True))
    assert {r["data"] for r in figures.values()} == {"not verifiable"}
    assert figures["infrastructure.fibre"]["trial"] == "supported"
    assert "verify none" in said


def test_without_data_the_figures_have_no_verdict_on_data():
    figures, _ = listed("--what", "figures")
    assert len(figures) > 200
    assert not {"data", "trial", "measured"} & set(figures["villages.poor_2020_11"])


@pytest.mark.parametrize(
    ("words", "error"),
    [(["--what", "derived", "--data", "data/demo"], ParameterError), (["--data", "data/nowhere"], DataMissingError)],
)
def test_a_wrong_request_is_refused(words, error):
    assert isinstance(CliRunner().invoke(app, ["claims", *words]).exception, error)
