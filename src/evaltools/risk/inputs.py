"""What comes in: tables, labels and weights, checked once and turned into plain frames and arrays."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from scipy import sparse
from sklearn.base import BaseEstimator
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import _check_sample_weight, check_array, column_or_1d, validate_data

from evaltools.risk.faults import RiskInputError, RiskTypeError


def to_frame(estimator: BaseEstimator, X: Any, *, reset: bool) -> pd.DataFrame:
    """Any table as a DataFrame; arrays get the columns x0, x1, ... Names and widths must be those of the fit."""
    if sparse.issparse(X):
        raise RiskTypeError("a sparse matrix was passed", expected="a dense table", todo="call .toarray() first")
    if isinstance(X, pd.DataFrame):
        if X.columns.has_duplicates:
            twice = sorted({str(c) for c in X.columns[X.columns.duplicated()]})
            raise RiskInputError(f"column name(s) twice: {', '.join(twice)}", todo="give every column one name")
        if not len(X):
            raise RiskInputError("0 sample(s) in the table while a minimum of 1 is required", todo="give at least one row")
        _remember_columns(estimator, X, reset)
        return X
    array = check_array(X, dtype=None, ensure_all_finite=False, estimator=estimator)  # pyright: ignore
    if array.dtype.kind == "c":
        raise RiskInputError("Complex data not supported", todo="give real numbers")
    _remember_columns(estimator, X if hasattr(X, "columns") else array, reset)
    return pd.DataFrame(array, columns=[f"x{j}" for j in range(array.shape[1])])


def _remember_columns(estimator: BaseEstimator, table: Any, reset: bool) -> None:
    """Note the names and their number at fit; later, refuse other columns or another order, in scikit-learn's words."""
    try:
        validate_data(estimator, table, reset=reset, skip_check_array=True)
    except ValueError as error:
        raise RiskInputError(
            str(error), expected="the columns the model was fitted on, in the same order",
            todo="give them all; a column that nobody collected this year stays empty, not absent",
        ) from None  # fmt: skip


def check_labels(y: Any, n: int) -> tuple[np.ndarray, np.ndarray]:
    """(the two classes, (n,) 1.0 for the second). Raises RiskInputError for one class, three, or missing labels."""
    if y is None:
        raise RiskInputError("requires y to be passed, but the target y is None", todo="give the label of each row")
    labels = y.to_numpy(dtype=object) if isinstance(y, pd.Series) else y
    if isinstance(y, (pd.Series, pd.DataFrame)) and pd.isna(y).to_numpy().any():
        raise RiskInputError(
            "the label is missing in some rows (Input y contains NaN)",
            todo="leave out households whose outcome is not known yet, and report how many",
        )  # fmt: skip
    column = column_or_1d(labels, warn=True)
    if column.dtype == object and len({type(v) for v in column}) == 1 and isinstance(column[0], (bool, int, float, np.number)):
        column = column.astype(type(column[0]))
    if len(column) != n:
        raise RiskInputError(
            f"{n} rows of X but {len(column)} labels",
            expected="one label a row (inconsistent numbers of samples)",
            todo="align them",
        )
    if column.dtype.kind == "f" and not np.isfinite(column).all():
        raise RiskInputError("Input y contains NaN or infinity", todo="leave out households whose outcome is not known")
    check_classification_targets(column)
    classes, codes = np.unique(column, return_inverse=True)
    if len(classes) > 2:
        raise RiskInputError(
            f"Only binary classification is supported. {len(classes)} classes: {', '.join(map(str, classes[:5]))}",
            expected="returned or not", todo="give a label of two values",
        )  # fmt: skip
    if len(classes) < 2:
        raise RiskInputError(
            f"Classifier can't train when only one class is present: {classes[0]!r}", expected="events and non-events",
            todo="check the label, its window and the filter on the rows",
        )  # fmt: skip
    return classes, codes.astype(float)


def check_weights(sample_weight: Any, n: int) -> np.ndarray:
    """(n,) weights, ones by default. Raises RiskInputError for negative, missing or all-zero weights."""
    if sample_weight is None:
        return np.ones(n)
    given = np.asarray(sample_weight, dtype=float)
    probe = np.empty((n, 1))
    if np.ndim(given) and given.shape == (n,) and not (given != 0).any():
        raise RiskInputError("all weights are zero", todo="give at least the sampled rows a positive weight")
    w = _check_sample_weight(np.nan_to_num(given, posinf=1.0, neginf=1.0), probe, dtype=np.float64)
    if np.ndim(given) and not np.isfinite(given).all():
        raise RiskInputError(
            f"{int((~np.isfinite(given)).sum())} weight(s) are missing or infinite", todo="give every row a weight"
        )
    if (w < 0).any():
        raise RiskInputError(
            f"{int((w < 0).sum())} weight(s) are negative", expected="weights of zero or more", todo="correct them"
        )
    return w
