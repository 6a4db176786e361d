"""What the model refuses, and what it says; and the rules it states when it goes on."""

import numpy as np
import pandas as pd
import pytest

from evaltools.errors import ModelError
from evaltools.risk import ReturnRiskClassifier, RiskInputError, RiskWarning

WELFARE, LINE = "income_yuan", "line_yuan"


@pytest.fixture
def rows(households):
    X, y, _, _ = households
    return X.head(1500).copy(), y[:1500].copy()


def refused(X, y, *words, **kwargs):
    with pytest.raises(RiskInputError) as caught:
        ReturnRiskClassifier(WELFARE, LINE).fit(X, y, **kwargs)
    assert isinstance(caught.value, ModelError)
    assert isinstance(caught.value, ValueError)
    for word in words:
        assert word in str(caught.value)


def test_one_class_only(rows):
    refused(rows[0], np.zeros(1500), "one class")


def test_three_classes(rows):
    refused(rows[0], np.arange(1500) % 3, "3 classes")


def test_fewer_events_than_thirty(rows):
    X, y = rows
    y[:] = 0
    y[:29] = 1
    refused(X, y, "29 event", "at least 30", "pool more years")


def test_a_missing_label_is_not_a_no(rows):
    X, y = rows
    refused(X, pd.Series(y).astype("Float64").where(np.arange(1500) != 7), "label is missing")


def test_infinite_values_name_their_column_and_row(rows):
    X, y = rows
    X.loc[5, "noise"] = np.inf
    refused(X, y, "'noise'", "row 5", "infinite")


def test_infinite_values_at_prediction(model, rows):
    X, _ = rows
    X.loc[3, "noise"] = -np.inf
    with pytest.raises(RiskInputError, match="infinite"):
        model.predict_proba(X)


@pytest.mark.parametrize("bad", [-1.0, np.nan, np.inf])
def test_weights_that_are_negative_missing_or_infinite(rows, bad):
    X, y = rows
    w = np.ones(1500)
    w[4] = bad
    refused(X, y, "weight", sample_weight=w)


def test_all_weights_zero(rows):
    refused(*rows, "zero", sample_weight=np.zeros(1500))


def test_a_line_of_zero(rows):
    X, y = rows
    X.loc[9, LINE] = 0
    refused(X, y, "line", "zero or negative", "row 9")


def test_a_column_that_is_a_sum_of_others_is_named(rows):
    X, y = rows
    X["sum"] = X["noise"] + 2 * X["head_age"].fillna(50)
    X["head_age"] = X["head_age"].fillna(50)
    refused(X, y, "repeat each other", "noise", "head_age", "sum", "full rank")


def test_a_copy_of_a_column_is_named(rows):
    X, y = rows
    X["copy"] = 3 * X["ill_members"] + 1
    refused(X, y, "ill_members", "copy")


def test_a_total_of_whole_numbers_beside_its_parts_is_bookkeeping(rows):
    X, y = rows
    rng = np.random.default_rng(0)
    X["children"], X["adults"] = rng.integers(0, 4, 1500), rng.integers(1, 4, 1500)
    X["persons"] = X["children"] + X["adults"]
    with pytest.warns(RiskWarning, match="persons"):
        fitted = ReturnRiskClassifier(WELFARE, LINE).fit(X, y)
    assert "follow from children, adults" in fitted.training_["left_out"]["persons"]


@pytest.mark.parametrize("leak", ["label", "score", "word", "flag"])
def test_a_column_that_gives_the_label_away_is_named(rows, leak):
    X, y = rows
    rng = np.random.default_rng(0)
    X["leak"] = {
        "label": y, "score": y * 10 + rng.normal(size=1500), "word": np.where(y, "returned", "held"),
        "flag": np.where((y == 1) & (rng.random(1500) < 0.5), 1, 0),
    }[leak]  # fmt: skip
    refused(X, y, "separate", "leak")


def test_a_large_group_without_any_event_is_named(rows):
    X, y = rows
    X["safe"] = np.where((y == 0) & (np.random.default_rng(0).random(1500) < 0.4), "a", "b")
    refused(X, y, "safe", "no event where")


def test_rare_levels_are_pooled_not_refused(rows):
    X, y = rows
    X["rare_code"] = 1
    X.loc[:20, "rare_code"] = 2
    y[:20] = 0
    assert ReturnRiskClassifier(WELFARE, LINE).fit(X, y).predict_proba(X).shape == (1500, 2)


def test_constant_empty_and_identifying_columns_are_left_out_with_a_warning(rows):
    X, y = rows
    X["constant"], X["empty"] = 1, np.nan
    X["household_id"] = [f"H{i:09d}" for i in range(1500)]
    with pytest.warns(RiskWarning) as said:
        fitted = ReturnRiskClassifier(WELFARE, LINE).fit(X, y)
    left = fitted.training_["left_out"]
    assert left["constant"] == "constant"
    assert "missing" in left["empty"]
    assert "identifier" in left["household_id"]
    assert {"constant", "empty", "household_id"} <= {str(w.message).split("'")[1] for w in said}


def test_a_sampling_weight_is_no_feature_but_another_weight_is(rows):
    X, y = rows
    more = X.assign(weight=np.arange(1500) % 7 + 1.0, birth_weight=np.arange(1500) % 11)
    with pytest.warns(RiskWarning, match="'weight' is not used: a sampling weight"):
        fitted = ReturnRiskClassifier(WELFARE, LINE).fit(more, y)
    names = {t.name for t in fitted.model_.plan.terms}
    assert "weight" not in names
    assert "birth_weight" in names


def test_a_second_line_is_a_price_not_an_amount(rows):
    X, y = rows
    X["extreme_line_yuan"] = X[LINE] * np.random.default_rng(0).uniform(0.42, 0.44, 1500)
    with pytest.warns(RiskWarning, match="another line"):
        ReturnRiskClassifier(WELFARE, LINE).fit(X, y)


def test_nothing_left_to_learn_from(rows):
    with pytest.raises(RiskInputError, match="no column is left"):
        ReturnRiskClassifier().fit(pd.DataFrame({"a": np.ones(1500)}), rows[1])


def test_a_missing_column_at_prediction(model, rows):
    with pytest.raises(RiskInputError, match="head_age"):
        model.predict_proba(rows[0].drop(columns="head_age"))


def test_calendar_columns_that_tell_the_same_are_bookkeeping_but_a_doubled_amount_is_a_mistake(rows):
    X, y = rows[0], rows[1]
    dated = X.assign(wave=np.arange(len(X)) % 3 + 2, quarter=np.arange(len(X)) % 3 + 2)
    with pytest.warns(RiskWarning, match="'quarter' is not used: its values follow from wave"):
        fitted = ReturnRiskClassifier(WELFARE, LINE).fit(dated, y)
    assert "quarter" in fitted.training_["left_out"]
    with pytest.raises(RiskInputError, match="repeat each other"):
        ReturnRiskClassifier(WELFARE, LINE).fit(X.assign(age=X["head_age"], twice=2.0 * X["head_age"]), y)


@pytest.mark.parametrize(
    ("settings", "word"),
    [
        ({"welfare": "incme_yuan", "line": LINE}, "did you mean income_yuan"),
        ({"line": LINE}, "without welfare"),
        ({"welfare": WELFARE, "money": ["support_yuan"]}, "without line"),
        ({"welfare": WELFARE, "line": LINE, "money": "support_yuan"}, "list of column names"),
        ({"welfare": WELFARE, "line": LINE, "time": "wave"}, "not a column"),
    ],
)
def test_settings_that_cannot_be_meant(rows, settings, word):
    with pytest.raises(RiskInputError, match=word):
        ReturnRiskClassifier(**settings).fit(*rows)


def test_dates_and_lists_are_no_features(rows):
    X, y = rows
    with pytest.raises(TypeError, match="dates"):
        ReturnRiskClassifier(WELFARE, LINE).fit(X.assign(when=pd.Timestamp("2020-01-01")), y)
    with pytest.raises(TypeError, match="list"):
        ReturnRiskClassifier(WELFARE, LINE).fit(X.assign(many=[[1, 2]] * 1500), y)


def test_a_column_name_twice(rows):
    X, y = rows
    refused(pd.concat([X, X[["noise"]]], axis=1), y, "twice", "noise")


def test_groups_of_another_length(rows):
    refused(*rows, "groups", groups=np.zeros(10))
