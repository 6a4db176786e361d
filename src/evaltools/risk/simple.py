"""The simple rules the model must beat: income alone, income under a multiple of the line, the monitored classes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.special import expit

from evaltools.risk.columns import RATIO_FLOOR, read_line, to_numbers
from evaltools.risk.irls import ridge_logit


@dataclass(frozen=True)
class SimpleRule:
    """A score per row, higher is riskier. is_probability: whether calibration can be asked of it."""

    id: str
    zh: str
    en: str
    score: np.ndarray
    is_probability: bool


def log_ratio(frame: pd.DataFrame, welfare: str, line: str) -> np.ndarray:
    """log(welfare / line), (n,); NaN where either is missing."""
    return np.log(np.maximum(to_numbers(frame[welfare]) / read_line(frame[line]), RATIO_FLOOR))


def income_alone(train: np.ndarray, y: np.ndarray, w: np.ndarray, test: np.ndarray) -> np.ndarray:
    """Probability of a logistic regression on log(welfare / line) alone; a missing income gets the mean ratio."""
    middle = np.average(train[~np.isnan(train)], weights=w[~np.isnan(train)])
    X = np.column_stack([np.ones(len(train)), np.where(np.isnan(train), middle, train)])
    beta = ridge_logit(X, y, w, np.zeros(2))
    return expit(beta[0] + beta[1] * np.where(np.isnan(test), middle, test))


def simple_rules(
    train: pd.DataFrame, y: np.ndarray, w: np.ndarray, test: pd.DataFrame, *, welfare: str, line: str,
    multiple: float | None = None, monitored: str | None = None,
) -> list[SimpleRule]:  # fmt: skip
    """The rules for the rows of `test`, fitted where they need fitting on `train`.

    multiple: the flag is welfare < multiple x line. monitored: a boolean column, in one of the monitored classes.
    """
    ratio = log_ratio(test, welfare, line)
    out = [SimpleRule(
        "income", "只看收入", "income alone", income_alone(log_ratio(train, welfare, line), y, w, ratio), True,
    )]  # fmt: skip
    if multiple is not None:
        flag = (np.exp(np.nan_to_num(ratio, nan=np.inf)) < multiple).astype(float)
        out.append(
            SimpleRule("below_multiple", f"低于标准{multiple:g}倍", f"below {multiple:g} × the line", flag, False)
        )
    if monitored is not None:
        flag = test[monitored].astype("boolean").fillna(False).to_numpy(float)
        out.append(SimpleRule("monitored", "三类监测对象", "the monitored classes", flag, False))
    return out
