"""`ReturnRiskClassifier`: the face of the room, a scikit-learn classifier."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Self

import numpy as np
from scipy.special import expit
from scipy.stats import norm
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.utils.validation import check_is_fitted

from evaltools.risk import persist, training
from evaltools.risk.columns import Terms
from evaltools.risk.combine import Additive
from evaltools.risk.faults import RiskInputError
from evaltools.risk.inputs import check_labels, check_weights, to_frame
from evaltools.risk.link import level_for
from evaltools.risk.reasons import Reasons

CHUNK = 100_000
FITTED = ("classes_", "n_features_in_", "feature_names_in_", "model_", "training_", "reference_", "updates_")


class ReturnRiskClassifier(ClassifierMixin, BaseEstimator):
    """Probability that a household falls (back) into poverty, with reasons and intervals.

    Parameters
    ----------
    welfare, line : names of the income and the poverty-line column, in the same unit and for the same unit of account
        (household or person). They enter as log(welfare / line); more income never raises risk.
    money : columns of amounts, taken relative to the line. Columns that share the welfare column's unit word are too.
    random_state : seed; the same rows, seed and versions give the same model.
    time : name of a column with the period of each row. It is not a reason; it makes calibration run on later periods
        than the fit, and sets the level to the newest one.
    min_events : fewer events than this are refused. Below 30 (for mechanical checks only) the statistical refusals
        (rank, separation) are off.
    simple_below : with fewer events than this the model is the penalised logistic regression alone.
    max_rows : above this the interpretable member is fitted, and both are calibrated, on all events (half as many as
        `max_rows` at most) and a weighted draw of the others; the flexible member on all rows. `training_` says how many.
    folds : parts of the clusters that are held back in turn to calibrate on, where no later period is; at most 3 of
        them from 2,000 events on, 2 from 25,000 on.
    """

    def __init__(
        self, welfare: str | None = None, line: str | None = None, money: Any = (), random_state: int = 0, *,
        time: str | None = None, min_events: int = 30, simple_below: int = 500, max_rows: int = 500_000, folds: int = 5,
    ) -> None:  # fmt: skip
        self.welfare = welfare
        self.line = line
        self.money = money
        self.random_state = random_state
        self.time = time
        self.min_events = min_events
        self.simple_below = simple_below
        self.max_rows = max_rows
        self.folds = folds

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = True
        tags.input_tags.string = True
        tags.classifier_tags.multi_class = False
        return tags

    def fit(self, X: Any, y: Any, sample_weight: Any = None, groups: Any = None) -> Self:
        """Fit on households at t and whether each was poor at t + 1.

        X : table, one row a household. y : (n,) two classes; the second in sorted order is the event.
        sample_weight : (n,) >= 0. groups : (n,) clusters (villages, dwellings) that are never split between fit and
        calibration, and over which standard errors are robust.
        """
        frame = to_frame(self, X, reset=True)
        self.classes_, events = check_labels(y, len(frame))
        weights = check_weights(sample_weight, len(frame))
        fitted = training.train(self, frame, events, weights, groups)
        self.model_: Additive = fitted.model
        self.training_ = fitted.record
        self.reference_ = fitted.reference
        self.updates_: list[dict[str, Any]] = []
        return self

    # -- scoring ---------------------------------------------------------------------------------------------

    def decision_function(self, X: Any) -> np.ndarray:
        """Log-odds of the event, (n,)."""
        return np.concatenate([self._shifted(m.log_odds(t)) for m, t in self._chunks(X)])

    def predict_proba(self, X: Any) -> np.ndarray:
        """(n, 2) probabilities of `classes_`."""
        p = expit(self.decision_function(X))
        return np.column_stack([1 - p, p])

    def predict(self, X: Any) -> np.ndarray:
        """The likelier class. With rare events this is hardly ever the event: rank by probability instead."""
        log_odds = self.decision_function(X)
        return self.classes_[(log_odds > 0).astype(int)]

    def predict_interval(self, X: Any, level: float = 0.95) -> np.ndarray:
        """(n, 2) low and high of the event's probability: uncertainty of the model, not of the household's fate.

        Holds sampling (clustered), the disagreement of the two members and the calibration; not a new crisis.
        """
        z = float(norm.ppf(0.5 + level / 2))
        out = []
        for model, terms in self._chunks(X):
            eta = self._shifted(model.log_odds(terms))
            half = z * self.last_update[1] * np.sqrt(model.variance(terms))
            out.append(np.column_stack([expit(eta - half), expit(eta + half)]))
        return np.concatenate(out)

    def _chunks(self, X: Any):
        check_is_fitted(self, "model_")
        frame = to_frame(self, X, reset=False)
        for start in range(0, max(len(frame), 1), CHUNK):
            yield self.model_, self.model_.plan.read(frame.iloc[start : start + CHUNK])

    @property
    def last_update(self) -> tuple[float, float]:
        """(shift, slope) of the last dated update; (0, 1) before any."""
        return (self.updates_[-1]["shift"], self.updates_[-1]["slope"]) if self.updates_ else (0.0, 1.0)

    def _shifted(self, eta: np.ndarray) -> np.ndarray:
        shift, slope = self.last_update
        return shift + slope * eta

    def explain(self, X: Any) -> Reasons:
        """What each term adds to each household's log-odds: `.to_frame()`, `.top(k)` in Chinese and English words.

        baseline + parts = `decision_function(X)` exactly, updates included.
        """
        check_is_fitted(self, "model_")
        frame = to_frame(self, X, reset=False)
        shift, slope = self.last_update
        parts, terms = [], []
        for model, piece in self._chunks(frame):
            parts.append(slope * model.reasons(piece))
            terms.append(piece)
        model = self.model_
        both = Terms(np.concatenate([t.numbers for t in terms]), np.concatenate([t.codes for t in terms]))
        names = tuple(t.name for t in model.plan.terms)
        return Reasons(names, np.concatenate(parts), shift + slope * model.link.level, both, model.plan, frame.index)

    # -- keeping ---------------------------------------------------------------------------------------------

    def save(self, path: str | Path) -> str:
        """Write the fitted model; returns its digest. The file holds numbers and names, no code."""
        check_is_fitted(self, "model_")
        state = {k: getattr(self, k) for k in FITTED if hasattr(self, k)}
        return persist.save(path, {"parameters": {**self.get_params(), "money": list(self.money)}, "fitted": state})

    @classmethod
    def load(cls, path: str | Path, digest: str | None = None) -> Self:
        """Read a model that `save` wrote. Raises ModelFileError when it is altered, foreign or from another version."""
        content = persist.load(path, digest)
        model = cls(**content["parameters"])
        for name, value in content["fitted"].items():
            setattr(model, name, list(value) if name == "updates_" else value)
        return model

    # -- updating --------------------------------------------------------------------------------------------

    def recalibrate(
        self, rate: float, as_of: Any, slope: float | None = None, *, X: Any = None, sample_weight: Any = None
    ) -> Self:
        """A dated update: move the level so that the mean probability is `rate`, the newest known share of events.

        The mean is over `X` where given (the households that `rate` was observed on), otherwise over the training
        population. slope: multiply the log-odds too. Replaces earlier updates; all are kept in `updates_`.
        """
        check_is_fitted(self, "model_")
        if not 0 < float(rate) < 1:
            raise RiskInputError(f"rate={rate!r}", expected="a share strictly between 0 and 1", todo="give a fraction")
        if slope is not None and not float(slope) > 0:
            raise RiskInputError(
                f"slope={slope!r}", expected="a positive number", todo="leave it out if it is not known"
            )
        gamma = 1.0 if slope is None else float(slope)
        if X is None:
            eta, w = self.reference_["log_odds"], self.reference_["weights"]
        else:
            eta = np.concatenate([m.log_odds(t) for m, t in self._chunks(X)])
            w = check_weights(sample_weight, len(eta))
        shift = level_for(gamma * eta, w, float(rate))
        self.updates_ = [*self.updates_, {"as_of": str(as_of), "rate": float(rate), "shift": shift, "slope": gamma}]
        return self
