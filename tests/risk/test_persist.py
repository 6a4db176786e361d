"""A saved model comes back whole; anything else is refused, and nothing in a file is ever run."""

import json
import zipfile

import numpy as np
import pytest
import skops.io as sio

from evaltools.errors import ModelError
from evaltools.risk import ReturnRiskClassifier, persist


@pytest.fixture
def saved(model, tmp_path):
    path = tmp_path / "model.skops"
    return path, model.save(path)


def test_comes_back_with_the_same_numbers(model, saved, later):
    X = later[0].head(300)
    back = ReturnRiskClassifier.load(saved[0], digest=saved[1])
    np.testing.assert_array_equal(back.predict_proba(X), model.predict_proba(X))
    np.testing.assert_array_equal(back.predict_interval(X), model.predict_interval(X))
    assert back.explain(X).top(3).equals(model.explain(X).top(3))
    assert back.get_params() == model.get_params()
    assert back.training_["events"] == model.training_["events"]


def test_updates_are_kept(model, tmp_path, later):
    import copy

    moved = copy.deepcopy(model).recalibrate(rate=0.4, as_of="2021-06-30")
    moved.save(tmp_path / "m.skops")
    back = ReturnRiskClassifier.load(tmp_path / "m.skops")
    assert back.updates_[-1]["as_of"] == "2021-06-30"
    np.testing.assert_array_equal(back.predict_proba(later[0]), moved.predict_proba(later[0]))
    back.recalibrate(rate=0.2, as_of="2021-12-31")


def test_saving_twice_gives_the_same_digest(model, tmp_path):
    assert model.save(tmp_path / "a.skops") == model.save(tmp_path / "b.skops")


def test_one_changed_number_is_refused(saved, tmp_path):
    def change(raw):
        raw["state"]["fitted"]["model_"]["link"]["level"] += 0.5

    with pytest.raises(ModelError, match="digest"):
        ReturnRiskClassifier.load(rewritten(saved[0], tmp_path, change))


def test_one_changed_array_is_refused(saved, tmp_path):
    def change(raw):
        raw["state"]["fitted"]["model_"]["shapes"][0]["heights"][0] += 1e-9

    with pytest.raises(ModelError, match="digest"):
        ReturnRiskClassifier.load(rewritten(saved[0], tmp_path, change))


def test_another_whole_file_is_refused_when_the_digest_is_known(saved, few, tmp_path):
    few.save(tmp_path / "other.skops")
    with pytest.raises(ModelError, match="digest"):
        ReturnRiskClassifier.load(tmp_path / "other.skops", digest=saved[1])


@pytest.mark.parametrize(("key", "value"), [("evaltools", "0.0.1"), ("format", 99)])
def test_another_version_is_refused_with_both_versions_named(saved, tmp_path, key, value):
    with pytest.raises(ModelError, match=str(value)) as caught:
        ReturnRiskClassifier.load(rewritten(saved[0], tmp_path, lambda raw: raw.update({key: value})))
    assert "fit and save the model again" in str(caught.value)


def test_objects_that_could_run_code_are_refused_unloaded(tmp_path):
    path = tmp_path / "evil.skops"
    sio.dump({"format": 1, "evaltools": "x", "digest": "x", "state": Trap()}, path)
    with pytest.raises(ModelError, match="no model of evaltools needs"):
        ReturnRiskClassifier.load(path)
    assert not Trap.woken


class Trap:
    woken = False

    def __setstate__(self, state):
        Trap.woken = True


@pytest.mark.parametrize("content", [b"", b"not a zip", b"PK\x03\x04 torn"])
def test_a_damaged_file_is_refused(tmp_path, content):
    path = tmp_path / "damaged.skops"
    path.write_bytes(content)
    with pytest.raises(ModelError, match="not a readable model file"):
        ReturnRiskClassifier.load(path)


def test_a_zip_without_a_schema_is_refused(tmp_path):
    path = tmp_path / "zip.skops"
    with zipfile.ZipFile(path, "w") as z:
        z.writestr("schema.json", json.dumps({"hello": 1}))
    with pytest.raises(ModelError):
        ReturnRiskClassifier.load(path)


def test_no_file(tmp_path):
    with pytest.raises(ModelError, match="no model file here"):
        ReturnRiskClassifier.load(tmp_path / "none.skops")


def test_a_foreign_dictionary_is_refused(tmp_path):
    sio.dump({"hello": np.ones(3)}, tmp_path / "d.skops")
    with pytest.raises(ModelError, match="not a model file of evaltools"):
        persist.load(tmp_path / "d.skops")


def rewritten(path, tmp_path, change):
    raw = sio.load(path, trusted=[])
    change(raw)
    out = tmp_path / "changed.skops"
    sio.dump(raw, out)
    return out
